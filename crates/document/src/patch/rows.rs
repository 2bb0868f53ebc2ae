//! New rows of tables that are written with tags.

use std::ops::Range;

use super::{
    line::{Refusal, refuse},
    lower::Lowering,
    reading::{Kind, Node},
    structure::Added,
};
use crate::{
    Block, BlockKind,
    element::Element,
    scan::{Node as Element_, Tree},
    write::write_blocks,
};

const STAYS: &str = "rows and columns of a table with spans stay as they are";

impl Lowering<'_> {
    /// Notes that `news`, which stand next to each other, are whole rows. What is the same before and
    /// after them may be told in several ways, so that they begin anywhere in a row and end there in
    /// the next one. `before` is what the view has in front of them.
    pub(super) fn note_rows(
        &mut self,
        news: &[usize],
        before: Option<usize>,
    ) -> Result<(), Refusal> {
        let (text, first) = (self.text_of(news), news.first().copied().unwrap_or_default());
        let before = before.and_then(|before| self.old.nodes.get(before));
        let place = before.and_then(|before| self.row_beside(before));
        let (Some(start), Some((at, beside))) = (text.find("<tr>"), place) else {
            return refuse(text, STAYS);
        };
        let Some(columns) = self.plain_columns(beside) else { return refuse(text, STAYS) };
        let (end_of_last, rows) = text.split_at(start);
        let rows = NewRows { markdown: format!("<table>\n{rows}{end_of_last}\n</table>"), columns };
        self.new_rows.insert(first, rows);
        self.added.push(Added { new: first, at });
        Ok(())
    }

    /// The text of nodes up to the next one.
    fn text_of(&self, news: &[usize]) -> &str {
        let node = |at: Option<&usize>| at.and_then(|at| self.new.nodes.get(*at));
        let start = node(news.first()).map_or(0, |node| node.range.start);
        let next = node(news.last()).and_then(|last| self.new.nodes.get(last.next));
        let end = next.map_or(self.new.text.len(), |next| next.range.start);
        self.new.slice(&(start..end))
    }

    /// Where rows stand that follow what `before` shows, and a row next to them.
    fn row_beside(&self, before: &Node) -> Option<(usize, u32)> {
        let blocks = &self.page.view.blocks;
        let begins = before.kind == Kind::Tags && self.old.slice(&before.range).contains("<table");
        let edge = if begins { before.range.end } else { before.range.start + 1 };
        let after = blocks.partition_point(|block| (block.view.start as usize) < edge);
        let is_cell = |block: &&Block| block.kind == BlockKind::TableCell;
        let cell = if begins {
            blocks.get(after..)?.iter().find(is_cell)
        } else {
            blocks.get(..after)?.iter().rev().find(is_cell)
        };
        let place = self.page.parent(self.page.element_starting(cell?.source.start)?)?;
        let row = self.page.node(place).filter(|row| row.element == Element::Row)?;
        Some((if begins { row.start } else { row.end } as usize, place))
    }

    /// How many cells each row of the table has that the row at `place` is of, when none of them spans.
    fn plain_columns(&self, place: u32) -> Option<usize> {
        let around = self.page.ancestors(place);
        let (table, _) = around.into_iter().find(|(_, node)| node.element == Element::Table)?;
        let rows = self.source_rows(table);
        let mut widths = rows.into_iter().map(|row| {
            let cells = self.source_cells(row);
            cells.iter().all(|(_, cell)| !spans(self.page.tree, cell)).then_some(cells.len())
        });
        let columns = widths.next()??;
        widths.all(|width| width == Some(columns)).then_some(columns)
    }

    /// The storage of rows that were noted.
    pub(super) fn written_rows(&self, rows: &NewRows) -> Result<String, Refusal> {
        let mut originals = self.originals.borrow_mut();
        let storage = match write_blocks(&rows.markdown, self.options.flavour, &mut originals) {
            Ok(storage) => storage,
            Err(error) => return refuse(error.to_string(), "the row cannot be written"),
        };
        match only_rows(&storage, rows.columns) {
            Some(range) => Ok(storage.get(range).unwrap_or_default().to_owned()),
            None => refuse(
                &*rows.markdown,
                "a new row has as many cells as the others, none of which spans",
            ),
        }
    }
}

/// Rows that the page does not have yet.
pub(super) struct NewRows {
    /// As a table.
    markdown: String,
    /// Cells of each.
    columns: usize,
}

/// The rows of storage that is one table, if each has `columns` cells.
fn only_rows(storage: &str, columns: usize) -> Option<Range<usize>> {
    let tree = Tree::scan(storage);
    let table = tree.nodes.first().filter(|it| it.element == Element::Table)?;
    let (section, _) = tree.child(0, Element::TableSection)?;
    let rows: Vec<(u32, Element_)> = tree.children(section).collect();
    let is_plain = |(row, node): &(u32, Element_)| {
        let cells: Vec<(u32, Element_)> = tree.children(*row).collect();
        let all_plain = cells.iter().all(|(_, cell)| !spans(&tree, cell));
        node.element == Element::Row && cells.len() == columns && all_plain
    };
    let only = table.outer() == (0..storage.len()) && rows.iter().all(is_plain);
    let (first, last) = (rows.first()?.1, rows.last()?.1);
    only.then_some(first.start as usize..last.end as usize)
}

fn spans(tree: &Tree<'_>, cell: &Element_) -> bool {
    let span = |name| tree.attribute_text(cell, name).is_some_and(|span| span.trim() != "1");
    span("colspan") || span("rowspan")
}
