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
