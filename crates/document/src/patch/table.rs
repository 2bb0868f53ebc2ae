//! Rows and columns of tables that are written with pipes.

use super::{
    align::{Step, align, align_by},
    attributes::like as tag_like,
    edit::Edit,
    line::{Refusal, refuse},
    lower::{Lowering, OperationKind},
    reading::{Node, Reading},
    structure::Added,
};
use crate::{element::Element, scan::Node as Element_, write::write_inline};

/// A table as the view has it, with the elements of its rows and cells.
struct Table {
    place: u32,
    /// Nodes of the view with their elements.
    rows: Vec<(usize, u32)>,
    columns: usize,
}

impl Table {
    /// The element of the row at `old` of the view.
    fn row(&self, old: usize) -> Option<u32> {
        let at = self.rows.binary_search_by_key(&old, |(row, _)| *row).ok()?;
        self.rows.get(at).map(|(_, place)| *place)
    }
}

impl Lowering<'_> {
    pub(super) fn table(
        &mut self,
        (old, before): (usize, &Node),
        (new, after): (usize, &Node),
    ) -> Result<(), Refusal> {
        let table = self.known_table(old, before)?;
        let news = self.new.children(new);
        let new_columns = news.first().map_or(0, |row| self.new.children(*row).len());
        let columns = self.columns(&table, &news, new_columns);
        let olds: Vec<usize> = table.rows.iter().map(|(row, _)| *row).collect();
        let same = columns.iter().all(|step| matches!(step, Step::Pair { .. }));
        let steps = if same {
            align((self.old, &olds), (self.new, &news))
        } else {
            let old_keys = row_keys(self.old, &olds, &columns, |step| match step {
                Step::Pair { old, .. } => Some(*old),
                _ => None,
            });
            let new_keys = row_keys(self.new, &news, &columns, |step| match step {
                Step::Pair { new, .. } => Some(*new),
                _ => None,
            });
            align_by((self.old, &olds, &old_keys), (self.new, &news, &new_keys))
        };
        if !same {
            self.change_columns(&table, &columns, &steps, before)?;
        }
        self.change_rows(&table, &columns, &steps, after)
    }

    fn known_table(&self, old: usize, before: &Node) -> Result<Table, Refusal> {
        let olds = self.old.children(old);
        let place = self.element(before, |element| element == Element::Table);
        let rows: Vec<u32> = place.map(|place| self.source_rows(place)).unwrap_or_default();
        let (Some(place), true) = (place, rows.len() == olds.len()) else {
            return refuse(self.old.slice(&before.range), "its rows are not known");
        };
        let columns = olds.first().map_or(0, |row| self.old.children(*row).len());
        Ok(Table { place, rows: olds.into_iter().zip(rows).collect(), columns })
    }

    pub(super) fn source_rows(&self, table: u32) -> Vec<u32> {
        let mut rows = Vec::new();
        for (place, child) in self.page.tree.children(table) {
            match child.element {
                Element::Row => rows.push(place),
                Element::TableSection => {
                    let inside = self.page.tree.children(place);
                    rows.extend(
                        inside.filter(|(_, it)| it.element == Element::Row).map(|(row, _)| row),
                    );
                }
                _ => {}
            }
        }
        rows
    }

    pub(super) fn source_cells(&self, row: u32) -> Vec<(u32, Element_)> {
        let is_cell = |element| matches!(element, Element::HeaderCell | Element::DataCell);
        self.page.tree.children(row).filter(|(_, cell)| is_cell(cell.element)).collect()
    }

    /// Which column became which: steps over the places of columns.
    fn columns(&self, table: &Table, news: &[usize], new_columns: usize) -> Vec<Step> {
        if new_columns == table.columns {
            return (0..table.columns).map(|at| Step::Pair { old: at, new: at }).collect();
        }
        let head = |reading: &Reading<'_>, row: Option<usize>| {
            row.map(|row| reading.children(row)).unwrap_or_default()
        };
        let olds = head(self.old, table.rows.first().map(|(row, _)| *row));
        let heads = head(self.new, news.first().copied());
        let place =
            |cells: &[usize], cell: usize| cells.iter().position(|it| *it == cell).unwrap_or(0);
        align((self.old, &olds), (self.new, &heads))
            .into_iter()
            .map(|step| match step {
                Step::Pair { old, new } => {
                    Step::Pair { old: place(&olds, old), new: place(&heads, new) }
                }
                Step::Gone { old } => Step::Gone { old: place(&olds, old) },
                Step::Added { new } => Step::Added { new: place(&heads, new) },
            })
            .collect()
    }

    /// Takes cells out of and puts cells into the rows that stay.
    fn change_columns(
        &mut self,
        table: &Table,
        columns: &[Step],
        rows: &[Step],
        before: &Node,
    ) -> Result<(), Refusal> {
        let mut edits = Vec::new();
        for step in rows {
            let Step::Pair { old, new } = *step else { continue };
            let Some(row) = table.row(old) else { continue };
            let cells = self.source_cells(row);
            if cells.len() != table.columns {
                return refuse(self.old.slice(&before.range), "its rows are not of one length");
            }
            let new_cells = self.new.children(new);
            let mut last: Option<Element_> = None;
            for step in columns {
                match *step {
                    Step::Pair { old, .. } => last = cells.get(old).map(|(_, cell)| *cell),
                    Step::Gone { old } => {
                        let Some((_, cell)) = cells.get(old) else { continue };
                        edits.push(Edit::new(cell.outer(), ""));
                        last = Some(*cell);
                    }
                    Step::Added { new } => {
                        let first = cells.first().map(|(_, cell)| *cell);
                        let Some(beside) = last.or(first) else { continue };
                        let text =
                            self.new_cell(new_cells.get(new).copied(), Some(beside), false)?;
                        let at = last.map_or(beside.start, |last| last.end) as usize;
                        edits.push(Edit::new(at..at, text));
                    }
                }
            }
        }
        edits.extend(self.column_widths(table, columns));
        self.did(OperationKind::Column, before, edits);
        Ok(())
    }

    /// The `col` elements, when there is one for each column.
    fn column_widths(&self, table: &Table, columns: &[Step]) -> Vec<Edit> {
        let Some((group, _)) = self.page.tree.child(table.place, Element::Columns) else {
            return Vec::new();
        };
        let widths: Vec<Element_> = self
            .page
            .tree
            .children(group)
            .filter(|(_, col)| col.element == Element::Columns)
            .map(|(_, col)| col)
            .collect();
        if widths.len() != table.columns {
            return Vec::new();
        }
        let mut edits = Vec::new();
        let mut at = widths.first().map_or(0, |col| col.start as usize);
        for step in columns {
            match *step {
                Step::Pair { old, .. } => at = widths.get(old).map_or(at, |col| col.end as usize),
                Step::Gone { old } => {
                    let Some(col) = widths.get(old) else { continue };
                    edits.push(Edit::new(col.outer(), ""));
                    at = col.end as usize;
                }
                Step::Added { .. } => edits.push(Edit::new(at..at, "<col />")),
            }
        }
        edits
    }

    fn change_rows(
        &mut self,
        table: &Table,
        columns: &[Step],
        steps: &[Step],
        after: &Node,
    ) -> Result<(), Refusal> {
        let last_body = table.rows.last().map(|(_, row)| *row);
        let mut before: Option<u32> = None;
        for (index, step) in steps.iter().enumerate() {
            match *step {
                Step::Pair { old, new } => {
                    let Some(row) = table.row(old) else { continue };
                    self.pair_cells(old, row, new, columns);
                    before = Some(row);
                }
                Step::Gone { old } => {
                    let Some(row) = table.row(old) else { continue };
                    self.rows.insert(old, row);
                    self.gone.push(old);
                    before = Some(row);
                }
                Step::Added { new } => {
                    let next =
                        steps.get(index..).unwrap_or_default().iter().find_map(
                            |step| match *step {
                                Step::Pair { old, .. } | Step::Gone { old } => table.row(old),
                                Step::Added { .. } => None,
                            },
                        );
                    let head = table.rows.first().map(|(_, row)| *row);
                    // A row after the first belongs to the body, where the first may not.
                    let beside = before.filter(|before| Some(*before) != head || next.is_none());
                    let Some(template) = beside.or(next).or(last_body) else {
                        return refuse(
                            self.new.slice(&after.range),
                            "a table without rows stays so",
                        );
                    };
                    let Some(row) = self.page.node(template) else { continue };
                    let at = if beside.is_some() { row.end } else { row.start } as usize;
                    self.templates.insert(new, template);
                    self.added.push(Added { new, at });
                }
            }
        }
        Ok(())
    }

    fn pair_cells(&mut self, old: usize, row: u32, new: usize, columns: &[Step]) {
        let (olds, news) = (self.old.children(old), self.new.children(new));
        let cells = self.source_cells(row);
        for step in columns {
            let Step::Pair { old: from, new: to } = *step else { continue };
            if let (Some(old), Some(new)) = (olds.get(from), news.get(to)) {
                if let Some((cell, _)) = cells.get(from) {
                    self.cells.insert(*old, *cell);
                }
                self.pairs.push((*old, *new));
            }
        }
    }

    /// The storage of a row like the one at `template`.
    pub(super) fn new_row(&self, new: usize, template: u32) -> Result<String, Refusal> {
        let Some(row) = self.page.node(template) else { return Ok(String::new()) };
        let cells = self.source_cells(template);
        let all_heads = cells.iter().all(|(_, cell)| cell.element == Element::HeaderCell);
        let mut out = tag_like(self.start_tag(row), "tr");
        let news = self.new.children(new);
        let old_columns = cells.len();
        for (at, cell) in news.iter().enumerate() {
            let like = cells.get(at.min(old_columns.saturating_sub(1))).map(|(_, cell)| *cell);
            out.push_str(&self.new_cell(Some(*cell), like, all_heads)?);
        }
        out.push_str("</tr>");
        Ok(out)
    }

    fn start_tag(&self, node: Element_) -> &str {
        self.page.tree.text(node.start as usize..node.inner_start as usize)
    }

    /// The storage of a cell like another one.
    fn new_cell(
        &self,
        new: Option<usize>,
        like: Option<Element_>,
        as_data: bool,
    ) -> Result<String, Refusal> {
        let markdown = new
            .and_then(|new| self.new.nodes.get(new))
            .map(|node| unpiped(self.new.slice(&node.range).trim()));
        let markdown = markdown.unwrap_or_default();
        let mut originals = self.originals.borrow_mut();
        let content = match write_inline(&markdown, self.options.flavour, &mut originals) {
            Ok(content) => content,
            Err(error) => return refuse(error.to_string(), "the cell cannot be written"),
        };
        let Some(like) = like else { return Ok(format!("<td>{content}</td>")) };
        let place = self.page.element_starting(like.start);
        let paragraph = place.and_then(|place| self.page.tree.child(place, Element::Paragraph));
        let header = like.element == Element::HeaderCell && !as_data;
        let name = if header { "th" } else { "td" };
        let tag = tag_like(self.start_tag(like), name);
        Ok(match paragraph {
            Some(_) => format!("{tag}<p>{content}</p></{name}>"),
            None => format!("{tag}{content}</{name}>"),
        })
    }

    /// Writes into a cell that shows nothing.
    pub(super) fn fill(&self, place: u32, content: &str) -> Option<Edit> {
        let cell = self.page.node(place)?;
        let paragraph = self.page.tree.child(place, Element::Paragraph).map(|(_, node)| node);
        let target = paragraph.unwrap_or(cell);
        if target.inner_start < target.end {
            let at = target.inner_start as usize;
            return Some(Edit::new(at..at, content));
        }
        let tag = self.start_tag(target);
        let name = tag.trim_start_matches('<').split([' ', '/', '>']).next().unwrap_or("p");
        let open = tag.trim_end_matches("/>").trim_end();
        Some(Edit::new(target.outer(), format!("{open}>{content}</{name}>")))
    }
}

/// Of each row, the same for two that say the same in the columns that both tables have. `column`
/// says which that is.
fn row_keys(
    reading: &Reading<'_>,
    rows: &[usize],
    columns: &[Step],
    column: impl Fn(&Step) -> Option<usize>,
) -> Vec<u64> {
    let kept: Vec<usize> = columns.iter().filter_map(column).collect();
    let key = |row: &usize| {
        let cells = reading.children(*row);
        let keys = kept.iter().filter_map(|at| cells.get(*at)).map(|cell| reading.key(*cell));
        keys.fold(0_u64, |sum, key| sum.rotate_left(5).wrapping_mul(31).wrapping_add(key))
    };
    rows.iter().map(key).collect()
}

/// The Markdown of a cell as it is outside of a table.
pub(super) fn unpiped(cell: &str) -> String {
    cell.replace("\\|", "|")
}
