//! What becomes of a table that two versions changed: no value comes to stand in another column.

use std::collections::{BTreeMap, BTreeSet};

use document::{ConflictReason, MergeError, PartKind, merge};
use proptest::{prelude::*, sample::Index};

fn row(cells: &[&str]) -> String {
    let cells: Vec<_> = cells.iter().map(|cell| format!("<td>{cell}</td>")).collect();
    format!("<tr>{}</tr>", cells.concat())
}

fn table(rows: &[&[&str]]) -> String {
    let rows: String = rows.iter().map(|cells| row(cells)).collect();
    format!("<p>Above</p><table><tbody>{rows}</tbody></table>")
}

/// Whoever is `theirs`, the table is all that is in the way.
#[track_caller]
fn does_not_fit(base: &str, theirs: &str, ours: &str) {
    for (theirs, ours) in [(theirs, ours), (ours, theirs)] {
        let conflicts = match merge(base, theirs, ours) {
            Err(MergeError::Conflicts(conflicts)) => conflicts,
            _ => Vec::new(),
        };
        let found = conflicts.iter().find(|found| found.reason == ConflictReason::DoesNotFit);
        let found = found.expect(base);
        assert_eq!(found.kind, PartKind::Table);
        for (shown, storage) in [(&found.base, base), (&found.theirs, theirs), (&found.ours, ours)]
        {
            let view = document::to_markdown(storage, &document::ViewOptions::default()).markdown;
            let expected = view.trim_start_matches("Above").trim();
            assert_eq!(shown.as_deref().map(str::trim), Some(expected));
        }
    }
}

#[test]
fn a_value_of_a_column_that_moved_is_not_written_into_another() {
    let base = table(&[&["Name", "May", "June"], &["web", "1", "1"], &["db", "2", "1"]]);
    let without = table(&[&["Name", "June"], &["web", "1"], &["db", "1"]]);
    let swapped = table(&[&["Name", "June", "May"], &["web", "1", "1"], &["db", "1", "2"]]);
    let wider = table(&[
        &["Name", "April", "May", "June"],
        &["web", "1", "1", "1"],
        &["db", "2", "2", "1"],
    ]);
    let cell = base.replace(&row(&["web", "1", "1"]), &row(&["web", "5", "1"]));
    let added = base.replace("</tbody>", &format!("{}</tbody>", row(&["dns", "7", "8"])));
    for columns in [without, swapped, wider] {
        does_not_fit(&base, &columns, &cell);
        does_not_fit(&base, &columns, &added);
    }
}

#[test]
fn a_column_of_which_nothing_is_left_is_another_column() {
    let head = |name: &str| format!("<tr><th>Name</th><th>{name}</th></tr>");
    let page = |name: &str, rows: &[&[&str]]| {
        let rows: String = rows.iter().map(|cells| row(cells)).collect();
        format!("<p>Above</p><table><tbody>{}{rows}</tbody></table>", head(name))
    };
    let base = page("Age", &[&["Ada", "36"], &["Alan", "41"]]);
    let other = page("City", &[&["Ada", "London"], &["Alan", "Wilmslow"]]);
    let added = page("Age", &[&["Ada", "36"], &["Alan", "41"], &["Emmy", "53"]]);
    does_not_fit(&base, &other, &added);
    // It was but named anew.
    let renamed = page("Years", &[&["Ada", "36"], &["Alan", "41"]]);
    assert_eq!(
        merge(&base, &renamed, &added).unwrap().storage,
        added.replace("<th>Age</th>", "<th>Years</th>")
    );
}

#[test]
fn a_cell_that_reaches_further_changes_columns() {
    let base = table(&[&["a", "b", "c"], &["d", "e", "f"], &["g", "h", "i"]]);
    let joined = base.replace("<td>d</td><td>e</td>", "<td colspan=\"2\">d</td>");
    does_not_fit(&base, &joined, &base.replace("<td>i</td>", "<td>j</td>"));
}

#[test]
fn rows_below_a_cell_that_reaches_down_are_changed_by_one_side() {
    let base = "<p>Above</p><table><tbody><tr><td rowspan=\"2\">a</td><td>b</td></tr><tr><td>c</td></tr>\
                <tr><td>d</td><td>e</td></tr></tbody></table>";
    let without_first = base.replace("<tr><td rowspan=\"2\">a</td><td>b</td></tr>", "");
    let without_second = base.replace("<tr><td>c</td></tr>", "");
    does_not_fit(base, &without_first, &without_second);
}

#[test]
fn a_table_that_one_side_left_alone_takes_new_columns() {
    let base = table(&[&["a", "b"], &["c", "d"]]);
    let theirs = base.replace("</tr>", "<td>x</td></tr>");
    let ours = base.replace("Above", "Before");
    assert_eq!(merge(&base, &theirs, &ours).unwrap().storage, theirs.replace("Above", "Before"));
}

/// A table as people see it: names of columns, and by them the values of each row.
#[derive(Clone, Debug)]
struct Sheet {
    columns: Vec<String>,
    rows: Vec<BTreeMap<String, String>>,
}

const KEY: &str = "Key";

impl Sheet {
    fn new(columns: usize, values: &[Vec<u8>]) -> Self {
        let columns: Vec<_> =
            (0..=columns).map(|at| if at == 0 { KEY.into() } else { format!("C{at}") }).collect();
        let rows = values.iter().enumerate().map(|(number, values)| {
            let value = |at: usize| match at {
                0 => format!("r{number}"),
                _ => values[at % values.len()].to_string(),
            };
            columns.iter().enumerate().map(|(at, name)| (name.clone(), value(at))).collect()
        });
        Self { rows: rows.collect(), columns }
    }

    fn edit(&mut self, edit: &SheetEdit, side: &str, number: usize) {
        let SheetEdit { what, row, column, value } = edit;
        match what {
            0 | 1 if !self.rows.is_empty() => {
                let row = row.index(self.rows.len());
                let name = &self.columns[column.index(self.columns.len())];
                if name != KEY {
                    self.rows[row].insert(name.clone(), value.to_string());
                }
            }
            2 => {
                let values = self.columns.iter().map(|name| match name.as_str() {
                    KEY => (name.clone(), format!("{side}{number}")),
                    _ => (name.clone(), value.to_string()),
                });
                let values = values.collect();
                self.rows.insert(row.index(self.rows.len() + 1), values);
            }
            3 if self.rows.len() > 1 => drop(self.rows.remove(row.index(self.rows.len()))),
            4 => {
                let name = format!("{side}C{number}");
                self.rows.iter_mut().for_each(|row| {
                    row.insert(name.clone(), format!("{value}{value}"));
                });
                self.columns.insert(column.index(self.columns.len() + 1), name);
            }
            5 => {
                let at = column.index(self.columns.len());
                if self.columns[at] != KEY {
                    self.columns.remove(at);
                }
            }
            6 => {
                let name = self.columns.remove(column.index(self.columns.len()));
                self.columns.insert(row.index(self.columns.len() + 1), name);
            }
            _ => {}
        }
    }

    fn storage(&self, tag: &str) -> String {
        let names: Vec<_> =
            self.columns.iter().map(|name| format!("<{tag}>{name}</{tag}>")).collect();
        let mut rows = format!("<tr>{}</tr>", names.concat());
        for values in &self.rows {
            let cells: Vec<_> = self.columns.iter().map(|name| values[name].as_str()).collect();
            rows.push_str(&row(&cells));
        }
        format!("<table><tbody>{rows}</tbody></table>")
    }

    /// Row, column and value of each cell.
    fn read(storage: &str) -> BTreeSet<(String, String, String)> {
        let rows = storage.split("<tr>").skip(1).map(|row| {
            let row = row.split("</tr>").next().unwrap().replace("th>", "td>");
            let cells = row.split("<td>").skip(1);
            cells.map(|cell| cell.split('<').next().unwrap().to_owned()).collect::<Vec<_>>()
        });
        let mut rows = rows.collect::<Vec<_>>().into_iter();
        let columns = rows.next().unwrap();
        let key = columns.iter().position(|name| name == KEY).unwrap();
        rows.flat_map(|row| {
            let values = columns.iter().zip(&row);
            let cell =
                |(name, value): (&String, &String)| (row[key].clone(), name.clone(), value.clone());
            values.map(cell).collect::<Vec<_>>()
        })
        .collect()
    }
}

#[derive(Clone, Debug)]
struct SheetEdit {
    what: u8,
    row: Index,
    column: Index,
    value: u8,
}

fn sheet_edits() -> impl Strategy<Value = Vec<SheetEdit>> {
    let edit = (0..7_u8, any::<Index>(), any::<Index>(), 0..4_u8);
    let edit = edit.prop_map(|(what, row, column, value)| SheetEdit { what, row, column, value });
    // A row in the place of another may as well be that row with another key.
    let is_known = |edits: &Vec<SheetEdit>| {
        !(edits.iter().any(|edit| edit.what == 2) && edits.iter().any(|edit| edit.what == 3))
    };
    prop::collection::vec(edit, 1..4).prop_filter("rows keep their keys", is_known)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    /// Many values are the same, so that columns cannot be told apart by what they hold;
    /// but a new column is not called anew and holds what the one before it held.
    #[test]
    fn no_cell_has_a_value_that_none_of_the_versions_has_there(
        columns in 1..5_usize,
        values in prop::collection::vec(prop::collection::vec(0..3_u8, 1..4), 1..4),
        their_edits in sheet_edits(),
        our_edits in sheet_edits(),
        tag in prop::sample::select(vec!["th", "td"]),
    ) {
        let base = Sheet::new(columns, &values);
        let edited = |edits: &[SheetEdit], side: &str| {
            let mut sheet = base.clone();
            for (number, edit) in edits.iter().enumerate() {
                sheet.edit(edit, side, number);
            }
            sheet.storage(tag)
        };
        let [base, theirs, ours] = [base.storage(tag), edited(&their_edits, "t"), edited(&our_edits, "o")];
        if let Ok(merged) = merge(&base, &theirs, &ours) {
            let known: BTreeSet<_> = [&base, &theirs, &ours].iter().flat_map(|storage| Sheet::read(storage)).collect();
            let result = Sheet::read(&merged.storage);
            let strange: Vec<_> = result.difference(&known).collect();
            prop_assert!(strange.is_empty(), "{strange:?}\n{base}\n{theirs}\n{ours}\n{}", merged.storage);
        }
    }
}
