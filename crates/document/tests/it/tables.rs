use crate::{shows, view};

#[test]
fn plain_tables_are_rows_of_pipes() {
    shows(
        r#"<table><colgroup><col style="width: 10px" /></colgroup><thead><tr><th>A</th><th><p>B</p></th></tr></thead><tbody><tr><td>a | b</td><td><p>c</p><p><strong>d</strong><br/>e</p></td></tr><tr><td><code>x|y</code></td></tr></tbody></table>"#,
        "| A | B |\n|---|---|\n| a \\| b | c<br>**d**<br>e |\n| `x\\|y` |  |",
    );
}

#[test]
fn numbered_columns_are_cells() {
    shows(
        r#"<table><tbody><tr><th class="numberingColumn" /><th>A</th></tr><tr><td class="numberingColumn">1</td><td>a</td></tr></tbody></table>"#,
        "|  | A |\n|---|---|\n| 1 | a |",
    );
}

#[test]
fn spans_make_html_in_which_marks_are_tags() {
    shows(
        r#"<table><tbody><tr><th colspan="2"><p>Head</p></th></tr><tr><td rowspan="2">a &lt; b</td><td><strong>b</strong> <code>c</code> <a href="u?a=1&amp;b=2">l</a> <ac:image><ri:attachment ri:filename="i.png" /></ac:image></td></tr><tr><td>*</td></tr></tbody></table>"#,
        "<table>\n<tr><th colspan=\"2\">Head</th></tr>\n<tr><td rowspan=\"2\">a &lt; b</td><td><strong>b</strong> <code>c</code> <a href=\"u?a=1&amp;b=2\">l</a> <img src=\"attachment:i.png\"></td></tr>\n<tr><td>*</td></tr>\n</table>",
    );
}

#[test]
fn cells_with_blocks_hold_markdown_between_blank_lines() {
    shows(
        "<table><tr><td>x</td><td><ul><li>a</li><li><strong>b</strong></li></ul><p>c</p></td></tr></table><p>d</p>",
        "<table>\n<tr><td>x</td><td>\n\n- a\n- **b**\n\nc\n\n</td></tr>\n</table>\n\nd",
    );
}

#[test]
fn tables_nest() {
    shows(
        "<ul><li><table><tr><td><table><tr><td>in</td></tr></table></td></tr></table></li></ul>",
        "- <table>\n  <tr><td>\n\n  | in |\n  |---|\n\n  </td></tr>\n  </table>",
    );
}

#[test]
fn an_empty_heading_in_a_cell_needs_no_lines() {
    shows("<table><tr><th><p>a</p><h1></h1></th></tr></table>", "| a |\n|---|");
}

#[test]
fn cells_hold_tokens() {
    shows(
        r#"<table><tr><th>s</th></tr><tr><td><ac:structured-macro ac:name="status"><ac:parameter ac:name="title">a|b</ac:parameter></ac:structured-macro> <time datetime="2024-05-01" /> <ac:link><ri:page ri:content-title="a|b" /></ac:link></td></tr></table>"#,
        "| s |\n|---|\n| <status>a\\|b</status> <time>2024-05-01</time> [a\\|b](wiki:a\\|b) |",
    );
}

#[test]
fn a_table_without_rows_is_nothing() {
    shows("<p>a</p><table><tbody></tbody></table><p>b</p>", "a\n\nb");
}

#[test]
fn rows_of_very_different_lengths_are_not_filled_up() {
    let row = |cells: usize| format!("<tr>{}</tr>", "<td>x</td>".repeat(cells));
    let storage = format!("<table>{}{}</table>", row(1_000), row(1).repeat(1_000));
    let view = view(&storage);
    assert!(view.markdown.len() < 2 * storage.len(), "{}", view.markdown.len());
    assert!(view.markdown.starts_with("<table>\n<tr><td>x</td><td>x</td>"));
}
