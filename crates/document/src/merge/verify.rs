//! The result is read again before anybody gets it.

use super::{
    ConflictReason,
    order::{Descendant, Key},
    tree::{Found, Output, Place},
};
use crate::{
    diff::parts::{PartKind, Parts},
    scan::Tree,
};

/// What is wrong with a merged page: it is not well-formed, it does not consist of the parts that were
/// written, or its rows do not fit their table.
pub(super) fn check(
    output: &Output,
    theirs: &Descendant<'_, '_>,
    ours: &Descendant<'_, '_>,
) -> Option<Found> {
    let read = Parts::read(&output.storage);
    let as_written = read
        .all
        .iter()
        .map(|part| (part.form, part.outer.start))
        .eq(output.written.iter().map(|written| (written.form, written.start)));
    let fits = as_written
        && Tree::scan(&output.storage).warnings.is_empty()
        && !output.written.iter().zip(0..).any(|(written, part)| {
            read.part(part).kind == PartKind::Table
                && is_ragged(&read, part)
                && was_even(written.key, theirs, ours)
        });
    (!fits).then_some(Found { reason: ConflictReason::DoesNotFit, place: Place::Part(0) })
}

/// Whether the rows of a table were of one length in both versions. One may have added a row and the
/// other a column.
fn was_even(table: Key, theirs: &Descendant<'_, '_>, ours: &Descendant<'_, '_>) -> bool {
    let Key::Base(table) = table else { return false };
    [theirs, ours]
        .iter()
        .all(|version| version.find(table).is_some_and(|place| !is_ragged(version.parts, place)))
}

/// Whether a table has rows of different lengths, those left out that reach into others.
fn is_ragged(parts: &Parts<'_>, table: u32) -> bool {
    let mut widths = rows(parts, table).filter_map(|row| width(parts, row));
    let first = widths.next();
    widths.any(|width| Some(width) != first)
}

fn rows<'p>(parts: &'p Parts<'_>, table: u32) -> impl Iterator<Item = u32> + 'p {
    parts
        .children(table)
        .flat_map(|child| match parts.part(child).kind {
            PartKind::TableRow => child..child + 1,
            _ => child + 1..parts.part(child).next,
        })
        .filter(move |row| {
            let part = parts.part(*row);
            part.kind == PartKind::TableRow
                && (part.parent == table || parts.part(part.parent).parent == table)
        })
}

/// The columns that a row takes; `None` if a cell reaches into other rows.
fn width(parts: &Parts<'_>, row: u32) -> Option<u32> {
    parts
        .children(row)
        .map(|cell| {
            let (head, _) = parts.shell(cell);
            if head.contains("rowspan") {
                return None;
            }
            let span = head.split("colspan=").nth(1).and_then(|rest| rest.get(1..));
            let digits = span.map(|span| {
                span.split(|next: char| !next.is_ascii_digit()).next().unwrap_or_default()
            });
            Some(digits.and_then(|digits| digits.parse().ok()).unwrap_or(1))
        })
        .sum()
}
