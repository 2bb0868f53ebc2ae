//! Columns of tables. Storage knows no columns, only cells side by side: when one version adds, drops
//! or moves a column, what the other writes into a row would come to stand under another heading.

use super::order::Descendant;
use crate::{
    diff::parts::{PartKind, Parts},
    element::Element,
};

/// The tables of the base that both versions changed, one of them its columns; or both its rows where
/// cells reach down into other rows.
pub(super) fn unfit(
    base: &Parts<'_>,
    theirs: &Descendant<'_, '_>,
    ours: &Descendant<'_, '_>,
) -> Vec<u32> {
    let is_unfit = |&table: &u32| {
        let (Some(left), Some(right)) = (theirs.find(table), ours.find(table)) else {
            return false;
        };
        let hash = base.part(table).hash;
        let (left, right) = (theirs.parts.part(left).hash, ours.parts.part(right).hash);
        let by_both = left != hash && right != hash && left != right;
        by_both && {
            let versions = [theirs, ours].map(|version| TableChange { base, version, table });
            versions.iter().any(TableChange::has_other_columns)
                || (reaches_down(base, table) && versions.iter().all(TableChange::has_other_rows))
        }
    };
    tables(base).filter(is_unfit).collect()
}

fn tables<'p>(parts: &'p Parts<'_>) -> impl Iterator<Item = u32> + 'p {
    (1..parts.len()).filter(|part| parts.part(*part).kind == PartKind::Table)
}

/// A table of the base and what became of it in one version.
struct TableChange<'c, 'p, 's> {
    base: &'c Parts<'s>,
    version: &'c Descendant<'p, 's>,
    table: u32,
}

impl TableChange<'_, '_, '_> {
    fn rows(&self) -> impl Iterator<Item = u32> {
        rows(self.version.parts, self.version.place[self.table as usize])
    }

    /// Each row of the base that is still in this table, with its place here.
    fn kept_rows(&self) -> impl Iterator<Item = (u32, u32)> {
        self.rows().filter_map(|row| Some((self.version.origin(row)?, row)))
    }

    fn has_other_rows(&self) -> bool {
        let here = self.rows().map(|row| self.version.origin(row));
        !here.eq(rows(self.base, self.table).map(Some))
    }

    fn has_other_columns(&self) -> bool {
        self.lost_its_header()
            || self.kept_rows().any(|(origin, row)| !self.has_same_cells(origin, row))
            || self.has_replaced_column()
    }

    fn header(&self) -> Option<u32> {
        rows(self.base, self.table).next().filter(|row| is_header(self.base, *row))
    }

    fn lost_its_header(&self) -> bool {
        self.header().is_some_and(|row| !self.version.has(row))
    }

    /// Whether a row still has its cells, as wide as they were, in order and no others.
    fn has_same_cells(&self, origin: u32, row: u32) -> bool {
        let parts = self.version.parts;
        let shape = |parts: &Parts<'_>, cell| {
            let (head, _) = parts.shell(cell);
            [span(head, "colspan"), span(head, "rowspan")]
        };
        let here = parts.children(row).map(|cell| (self.version.origin(cell), shape(parts, cell)));
        here.eq(self.base.children(origin).map(|cell| (Some(cell), shape(self.base, cell))))
    }

    /// Whether another column took the place of one, as far as can be told: its top cell is another,
    /// and below a heading any value is, or below a value all are.
    fn has_replaced_column(&self) -> bool {
        let mut rows_before = rows(self.base, self.table);
        let Some(top) = rows_before.next() else { return false };
        let differs = |cell: u32| {
            let here = self.version.find(cell);
            here.is_none_or(|here| self.version.parts.part(here).hash != self.base.part(cell).hash)
        };
        let (mut kept, mut changed) = (vec![0_u32; self.base.children(top).count()], Vec::new());
        changed.resize(kept.len(), 0);
        for (row, _) in self.kept_rows().filter(|(row, _)| *row != top) {
            for (column, cell) in self.base.children(row).take(kept.len()).enumerate() {
                kept[column] += 1;
                changed[column] += u32::from(differs(cell));
            }
        }
        let is_header = is_header(self.base, top);
        let has_rows_below = rows_before.next().is_some();
        let is_replaced = |(kept, changed): (u32, u32)| {
            let all = kept == changed && has_rows_below;
            all || (is_header && changed > 0)
        };
        let below = kept.into_iter().zip(changed).map(is_replaced);
        self.base.children(top).zip(below).any(|(cell, replaced)| replaced && differs(cell))
    }
}

fn is_header(parts: &Parts<'_>, row: u32) -> bool {
    let is_heading = |cell: u32| parts.part(cell).element == Element::HeaderCell;
    parts.children(row).all(is_heading)
}

fn reaches_down(parts: &Parts<'_>, table: u32) -> bool {
    rows(parts, table)
        .flat_map(|row| parts.children(row))
        .any(|cell| span(parts.shell(cell).0, "rowspan") != 1)
}

/// Whether a table has rows of different lengths, those left out that reach into others.
pub(super) fn is_ragged(parts: &Parts<'_>, table: u32) -> bool {
    let mut widths = rows(parts, table).filter_map(|row| width(parts, row));
    let first = widths.next();
    widths.any(|width| Some(width) != first)
}

/// The rows of a table, not those of tables in its cells.
fn rows<'p>(parts: &'p Parts<'_>, table: u32) -> impl Iterator<Item = u32> + 'p {
    let is_row = |part: u32| parts.part(part).kind == PartKind::TableRow;
    parts.children(table).flat_map(move |child| {
        let alone = is_row(child).then_some(child);
        let inside = alone.is_none().then(|| parts.children(child)).into_iter().flatten();
        alone.into_iter().chain(inside.filter(move |part| is_row(*part)))
    })
}

/// The columns that a row takes; `None` if a cell reaches into other rows.
fn width(parts: &Parts<'_>, row: u32) -> Option<u32> {
    let width = |cell| {
        let (head, _) = parts.shell(cell);
        (span(head, "rowspan") == 1).then(|| span(head, "colspan"))
    };
    parts.children(row).map(width).sum()
}

/// How many columns or rows a cell takes, by its start tag.
fn span(head: &str, attribute: &str) -> u32 {
    let value = head.split_once(attribute).and_then(|(_, rest)| {
        let rest = rest.trim_start().strip_prefix('=')?.trim_start();
        rest.get(1..)?.split(|next: char| !next.is_ascii_digit()).next()?.parse().ok()
    });
    value.unwrap_or(1)
}
