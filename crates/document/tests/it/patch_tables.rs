//! Rows, columns and cells of tables.

use document::{PatchError, PatchOptions, ViewOptions, patch, to_markdown};

const TABLE: &str =
    "<table><tbody><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></tbody></table>";

/// Why the exchange of one string of the view is refused.
#[track_caller]
fn refused(storage: &str, from: &str, to: &str) -> PatchError {
    let markdown = to_markdown(storage, &ViewOptions::default()).markdown;
    assert!(markdown.contains(from), "{markdown}");
    let edited = markdown.replacen(from, to, 1);
    patch(storage, &edited, &PatchOptions::default()).expect_err(&edited)
}

#[test]
fn a_row_with_more_cells_than_columns_is_refused_and_named() {
    for (from, to, row) in [
        ("| 1 | 2 |", "| 1 | 2 | three |", "| 1 | 2 | three |"),
        ("| 1 | 2 |", "| 1 | 2 |\n| 3 | 4 | a \\| b", "| 3 | 4 | a \\| b"),
    ] {
        let error = refused(TABLE, from, to);
        assert_eq!(error.code(), "unsupported_edit");
        assert!(error.to_string().contains(&format!("{row}: the row has more cells")), "{error}");
    }
    // Also where the table is new, or in a quote.
    let error = refused("<p>x</p>", "x", "x\n\n> | a |\n> |---|\n> | b | c |");
    assert!(error.to_string().contains("| b | c |: the row has more cells"), "{error}");
}

/// With a comparison that grows with the square of the rows this would take minutes.
#[test]
fn all_cells_of_a_long_table_change_at_once() {
    let page = |word: &str| {
        let row = |at| format!("<tr><td>{word}{at}</td><td>x</td></tr>");
        let rows = (0..20_000).map(row).collect::<Vec<_>>().concat();
        format!("<table><tbody><tr><th>A</th><th>B</th></tr>{rows}</tbody></table>")
    };
    let edited = to_markdown(&page("b"), &ViewOptions::default()).markdown;
    let patched = patch(&page("a"), &edited, &PatchOptions::default()).unwrap();
    assert!(patched.storage == page("b"), "{}", patched.storage.len());
    let column = edited.lines().enumerate().map(|(at, line)| match at {
        0 => "| B |\n".to_owned(),
        1 => "|---|\n".to_owned(),
        _ => format!("| {}\n", line.split_once(" | ").unwrap().1),
    });
    let patched = patch(&page("b"), &column.collect::<String>(), &PatchOptions::default()).unwrap();
    assert_eq!(patched.storage.matches("<td>").count(), 20_000);
}

/// A table that takes tags, as a cell of it holds a list.
const WITH_LIST: &str = "<table><tbody><tr><th>A</th><th>B</th></tr>\
    <tr><td>one</td><td><ul><li>x</li><li>y</li></ul></td></tr>\
    <tr><td>three</td><td>four</td></tr></tbody></table>";

#[test]
fn a_row_comes_beside_one_whose_cell_holds_a_list() {
    let view = to_markdown(WITH_LIST, &ViewOptions::default()).markdown;
    let row = "<tr><td>new</td><td>a &lt; <strong>b</strong></td></tr>\n";
    let stored = "<tr><td><p>new</p></td><td><p>a &lt; <strong>b</strong></p></td></tr>";
    let places: Vec<usize> = view.match_indices("<tr>").skip(1).map(|(at, _)| at).collect();
    let in_storage: Vec<usize> =
        WITH_LIST.match_indices("<tr>").skip(1).map(|(at, _)| at).collect();
    let ends = [view.find("</table>").unwrap(), WITH_LIST.find("</tbody>").unwrap()];
    let ends = std::iter::once((ends[0], ends[1]));
    for (place, source) in places.into_iter().zip(in_storage).chain(ends) {
        let edited = [&view[..place], row, &view[place..]].concat();
        let patched = patch(WITH_LIST, &edited, &PatchOptions::default()).expect(&edited);
        let expected = [&WITH_LIST[..source], stored, &WITH_LIST[source..]].concat();
        assert_eq!(patched.storage, expected, "{edited}");
        let twice = [&view[..place], row, row, &view[place..]].concat();
        let patched = patch(WITH_LIST, &twice, &PatchOptions::default()).expect(&twice);
        let expected = [&WITH_LIST[..source], stored, stored, &WITH_LIST[source..]].concat();
        assert_eq!(patched.storage, expected, "{twice}");
    }
}

#[test]
fn a_new_row_comes_first_where_no_row_is_a_heading() {
    let storage = WITH_LIST.replace("th>", "td>");
    let view = to_markdown(&storage, &ViewOptions::default()).markdown;
    let edited = view.replacen("<tr>", "<tr><td>z</td><td>w</td></tr>\n<tr>", 1);
    let patched = patch(&storage, &edited, &PatchOptions::default()).expect(&edited);
    let row = "<tr><td><p>z</p></td><td><p>w</p></td></tr>";
    assert_eq!(patched.storage, storage.replacen("<tr>", &format!("{row}<tr>"), 1));
}

#[test]
fn a_row_of_tags_with_other_columns_is_refused() {
    let row = "<tr><td>three</td>";
    refused(WITH_LIST, row, &format!("<tr><td>new</td></tr>\n{row}"));
    refused(WITH_LIST, row, &format!("<tr><td>a</td><td>b</td><td>c</td></tr>\n{row}"));
    refused(WITH_LIST, row, &format!("<tr><td colspan=\"2\">new</td></tr>\n{row}"));
    let spanning = WITH_LIST.replace("<td>three</td><td>", "<td colspan=\"2\">");
    refused(&spanning, "<tr><td>one", "<tr><td>a</td><td>b</td></tr>\n<tr><td>one");
}
