//! Tables: rows of pipes where these can say it, HTML where cells span or hold blocks.

use super::{Close, Gap, Last, Opening, Place, Renderer, Syntax, block::shows_something};
use crate::{
    BlockKind,
    element::Element,
    scan::{Node, Tree},
};

#[derive(Clone, Copy, Debug)]
pub(super) struct Table {
    form: Form,
    rows: u32,
    /// Cells of the row that is being written.
    cells: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// So many columns.
    Pipes(u32),
    Html,
}

impl Renderer<'_> {
    pub(super) fn table(&mut self, at: u32, node: Node) -> u32 {
        let form = form(self.tree, at);
        if form == Form::Pipes(0) {
            return self.block(at, node, None);
        }
        self.end_line();
        self.write_gap(false);
        self.push_frame(at, node.next, node.next, Close::Table, Some(BlockKind::Other));
        self.start_blocks();
        self.tables.push(Table { form, rows: 0, cells: 0 });
        self.context.place = Place::Flow;
        if form == Form::Html {
            self.out.push_str("<table>");
        }
        at + 1
    }

    pub(super) fn leave_table(&mut self) {
        self.finish_line();
        if self.tables.pop().is_some_and(|table| table.form == Form::Html) {
            self.newline();
            self.out.push_str("</table>");
        }
        self.gap = Gap::Blank;
        self.last = Last::Other;
    }

    pub(super) fn row(&mut self, at: u32, node: Node) -> u32 {
        let in_table = self.frames.last().is_some_and(|frame| frame.close == Close::Table);
        let Some(table) = self.tables.last_mut().filter(|_| in_table) else {
            return self.block(at, node, None);
        };
        table.cells = 0;
        let Table { form, rows, .. } = *table;
        self.finish_line();
        self.gap = Gap::None;
        match form {
            Form::Html => {
                self.newline();
                self.out.push_str("<tr>");
            }
            Form::Pipes(_) => {
                if rows > 0 {
                    self.newline();
                }
                self.out.push('|');
            }
        }
        self.push_frame(at, node.next, node.next, Close::Row, None);
        at + 1
    }

    pub(super) fn leave_row(&mut self) {
        self.finish_line();
        let Some(table) = self.tables.last_mut() else { return };
        table.rows += 1;
        let Table { form, rows, cells } = *table;
        match form {
            Form::Html => self.out.push_str("</tr>"),
            Form::Pipes(columns) => {
                for _ in cells..columns {
                    self.out.push_str("  |");
                }
                if rows == 1 {
                    self.newline();
                    self.out.push('|');
                    for _ in 0..columns {
                        self.out.push_str("---|");
                    }
                }
            }
        }
    }

    pub(super) fn cell(&mut self, at: u32, node: Node) -> u32 {
        let in_row = self.frames.last().is_some_and(|frame| frame.close == Close::Row);
        let Some(table) = self.tables.last_mut().filter(|_| in_row) else {
            return self.block(at, node, None);
        };
        table.cells += 1;
        let form = table.form;
        self.finish_line();
        self.gap = Gap::None;
        if form == Form::Html {
            self.open_html_cell(&node);
        } else {
            self.out.push(' ');
        }
        self.push_frame(at, node.next, node.next, Close::Cell, Some(BlockKind::TableCell));
        // An empty cell is a place to write in, so that it is a block too.
        self.start_blocks();
        self.context.opening = Opening::Cell;
        self.context.single_line = true;
        self.context.syntax = if form == Form::Html { Syntax::Html } else { Syntax::Row };
        if form == Form::Html && needs_lines(self.tree, at) {
            self.context.opening = Opening::Paragraph;
            self.context.single_line = false;
            self.context.syntax = Syntax::Markdown;
            self.gap = Gap::Blank;
            self.last = Last::Nothing;
        }
        at + 1
    }

    fn open_html_cell(&mut self, node: &Node) {
        let header = node.element == Element::HeaderCell;
        self.out.push_str(if header { "<th" } else { "<td" });
        for name in ["colspan", "rowspan"] {
            let Some(span) = self.tree.attribute(node, name) else { continue };
            if self.tree.text(span.clone()) != "1" {
                self.out.push(' ');
                self.out.push_str(name);
                self.out.push_str("=\"");
                self.attribute_value(span, true);
                self.out.push('"');
            }
        }
        self.out.push('>');
    }

    pub(super) fn leave_cell(&mut self) {
        self.finish_line();
        self.end_block();
        let Some(&table) = self.tables.last() else { return };
        if table.form != Form::Html {
            self.out.push_str(" |");
            return;
        }
        if !self.context.single_line {
            self.blank_line();
            self.newline();
        }
        let node = self.frames.last().and_then(|frame| self.tree.nodes.get(frame.node as usize));
        let header = node.is_some_and(|node| node.element == Element::HeaderCell);
        self.out.push_str(if header { "</th>" } else { "</td>" });
        self.gap = Gap::None;
    }
}

/// Pipes hold a table whose cells span nothing, stand in rows and fit on one line each. Its rows are
/// filled up to the longest; where that would be most of the table, HTML says it shorter.
fn form(tree: &Tree<'_>, table: u32) -> Form {
    let mut size = Size::default();
    for (place, node) in tree.children(table) {
        let fits = match node.element {
            Element::Row => row_columns(tree, place).map(|cells| size.add_row(cells)),
            Element::TableSection => {
                tree.children(place).try_for_each(|(row, inside)| match inside.element {
                    Element::Row => row_columns(tree, row).map(|cells| size.add_row(cells)),
                    _ => is_ignored(tree, &inside).then_some(()),
                })
            }
            _ => is_ignored(tree, &node).then_some(()),
        };
        if fits.is_none() {
            return Form::Html;
        }
    }
    if size.is_mostly_filling() { Form::Html } else { Form::Pipes(size.columns) }
}

#[derive(Default)]
struct Size {
    columns: u32,
    rows: u64,
    cells: u64,
}

impl Size {
    fn add_row(&mut self, cells: u32) {
        self.columns = self.columns.max(cells);
        self.rows += 1;
        self.cells += u64::from(cells);
    }

    fn is_mostly_filling(&self) -> bool {
        const SMALL: u64 = 64;
        self.rows * u64::from(self.columns) > 4 * self.cells + SMALL
    }
}

/// The number of cells of a row, if pipes can hold it.
fn row_columns(tree: &Tree<'_>, row: u32) -> Option<u32> {
    let mut cells = 0;
    for (place, node) in tree.children(row) {
        match node.element {
            Element::HeaderCell | Element::DataCell => {
                let spans = ["colspan", "rowspan"].iter().any(|name| {
                    tree.attribute_text(&node, name).is_some_and(|span| span.trim() != "1")
                });
                if spans || needs_lines(tree, place) {
                    return None;
                }
                cells += 1;
            }
            _ if is_ignored(tree, &node) => {}
            _ => return None,
        }
    }
    Some(cells)
}

fn needs_lines(tree: &Tree<'_>, cell: u32) -> bool {
    (cell + 1..).zip(tree.descendants(cell)).any(|(place, inside)| match inside.element {
        // An empty one is not shown.
        Element::Heading(_) => shows_something(tree, place),
        Element::Row | Element::DataCell | Element::HeaderCell => true,
        element => element.needs_lines(),
    })
}

/// What may stand between the parts of a table without being shown: widths and indentation.
fn is_ignored(tree: &Tree<'_>, node: &Node) -> bool {
    match node.element {
        Element::Columns | Element::Silent => true,
        Element::Text => tree.is_blank(node),
        _ => false,
    }
}
