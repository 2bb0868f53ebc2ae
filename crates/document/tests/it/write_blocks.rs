//! Markdown to storage: blocks and what stands in them.

use crate::{refuses, writes, writes_for_data_center};

#[test]
fn paragraphs_and_headings_hold_marks_and_breaks() {
    writes("*a *b* **c** c*", "<p><em>a b <strong>c</strong> c</em></p>");
    writes(
        "# A\n\na **b** *c* ~~d~~ `e < f`\\\ng <u>h</u> H<sub>2</sub>O x<sup>2</sup>\n\nT\n---",
        "<h1>A</h1><p>a <strong>b</strong> <em>c</em> <del>d</del> <code>e &lt; f</code><br />g <u>h</u> H<sub>2</sub>O x<sup>2</sup></p><h2>T</h2>",
    );
    writes("## a<br>b", "<h2>a<br />b</h2>");
    writes("a\nb\n\n---", "<p>a b</p><hr />");
}

#[test]
fn text_is_encoded() {
    writes(
        "a & b < c > d \"e\" \u{a0}f &copy; \\*g\\*",
        "<p>a &amp; b &lt; c &gt; d \"e\" &nbsp;f © *g*</p>",
    );
}

#[test]
fn lists_nest_and_keep_their_numbers() {
    writes(
        "- a\n  - b\n\n    c\n- d",
        "<ul><li><p>a</p><ul><li><p>b</p><p>c</p></li></ul></li><li><p>d</p></li></ul>",
    );
    writes(
        "3. a\n4.\n\ntext\n\n1. b",
        "<ol start=\"3\"><li><p>a</p></li><li><p /></li></ol><p>text</p><ol start=\"1\"><li><p>b</p></li></ol>",
    );
    writes_for_data_center("1. a", "<ol><li><p>a</p></li></ol>");
    writes_for_data_center("2. a", "<ol start=\"2\"><li><p>a</p></li></ol>");
}

#[test]
fn quotes_hold_blocks() {
    writes(
        "> a\n>\n> - b\n>\n> > c",
        "<blockquote><p>a</p><ul><li><p>b</p></li></ul><blockquote><p>c</p></blockquote></blockquote>",
    );
}

#[test]
fn code_keeps_its_language_its_parameters_and_every_character() {
    writes(
        "```python title=\"a \\&quot;b&quot;\" collapse=\"true\"\nif a < b && c[d[0]]>1:\n\tpass\n```",
        "<ac:structured-macro ac:name=\"code\" ac:schema-version=\"1\"><ac:parameter ac:name=\"language\">python</ac:parameter><ac:parameter ac:name=\"title\">a \\\"b\"</ac:parameter><ac:parameter ac:name=\"collapse\">true</ac:parameter><ac:plain-text-body><![CDATA[if a < b && c[d[0]]]]><![CDATA[>1:\n\tpass]]></ac:plain-text-body></ac:structured-macro>",
    );
    writes(
        "```\na\n\n```",
        "<ac:structured-macro ac:name=\"code\" ac:schema-version=\"1\"><ac:plain-text-body><![CDATA[a\n\n]]></ac:plain-text-body></ac:structured-macro>",
    );
    writes(
        "    a *b* <macro:toc/>",
        "<ac:structured-macro ac:name=\"code\" ac:schema-version=\"1\"><ac:plain-text-body><![CDATA[a *b* <macro:toc/>]]></ac:plain-text-body></ac:structured-macro>",
    );
}

#[test]
fn tasks_nest_and_count() {
    writes(
        "- [x] a **b**\n- [ ] c\n  - [ ] d\n- [ ] ",
        "<ac:task-list><ac:task><ac:task-id>1</ac:task-id><ac:task-status>complete</ac:task-status><ac:task-body>a <strong>b</strong></ac:task-body></ac:task><ac:task><ac:task-id>2</ac:task-id><ac:task-status>incomplete</ac:task-status><ac:task-body>c<ac:task-list><ac:task><ac:task-id>3</ac:task-id><ac:task-status>incomplete</ac:task-status><ac:task-body>d</ac:task-body></ac:task></ac:task-list></ac:task-body></ac:task><ac:task><ac:task-id>4</ac:task-id><ac:task-status>incomplete</ac:task-status><ac:task-body></ac:task-body></ac:task></ac:task-list>",
    );
}

#[test]
fn items_of_several_kinds_are_several_lists() {
    writes(
        "- a\n- [ ] b\n- c",
        "<ul><li><p>a</p></li></ul><ac:task-list><ac:task><ac:task-id>1</ac:task-id><ac:task-status>incomplete</ac:task-status><ac:task-body>b</ac:task-body></ac:task></ac:task-list><ul><li><p>c</p></li></ul>",
    );
}

#[test]
fn tables_hold_lines() {
    writes(
        "| A | B |\n|---|--:|\n| a \\| b<br>c | `x\\|y` |\n|  | d |",
        "<table><tbody><tr><th><p>A</p></th><th><p style=\"text-align: right;\">B</p></th></tr><tr><td><p>a | b<br />c</p></td><td><p style=\"text-align: right;\"><code>x|y</code></p></td></tr><tr><td><p /></td><td><p style=\"text-align: right;\">d</p></td></tr></tbody></table>",
    );
}

#[test]
fn tables_in_html_hold_spans_and_blocks() {
    writes(
        "<table>\n<tr><th colspan=\"2\">a &lt; <strong>b</strong></th></tr>\n<tr><td>\n\n- c\n\n</td><td rowspan=\"2\"></td></tr>\n</table>\n\nd",
        "<table><tbody><tr><th colspan=\"2\"><p>a &lt; <strong>b</strong></p></th></tr><tr><td><ul><li><p>c</p></li></ul></td><td rowspan=\"2\"><p /></td></tr></tbody></table><p>d</p>",
    );
}

#[test]
fn parts_of_a_table_that_lack_what_is_around_them_get_it() {
    writes(
        "<table><td>a<td>b<tr><td>c</table>",
        "<table><tbody><tr><td><p>a</p></td><td><p>b</p></td></tr><tr><td><p>c</p></td></tr></tbody></table>",
    );
    writes("<table>\n\na\n\n</table>", "<table><tbody><tr><td><p>a</p></td></tr></tbody></table>");
    writes("<ul>a</ul>", "<ul><li><p>a</p></li></ul>");
    writes("<tr><td>a", "<p>&lt;tr&gt;&lt;td&gt;a</p>");
}

#[test]
fn a_table_without_rows_and_a_list_without_items_are_left_out() {
    writes("a\n\n<table></table>\n\n<ul>\n</ul>\n\nb", "<p>a</p><p>b</p>");
    writes(
        "<table><tr><td>\n\na\n\n<table></table>",
        "<table><tbody><tr><td><p>a</p></td></tr></tbody></table>",
    );
}

#[test]
fn what_is_open_at_the_end_of_its_container_ends_there() {
    writes(
        "> <table>\n> <tr><td>a\n\nb</td>",
        "<blockquote><table><tbody><tr><td><p>a</p></td></tr></tbody></table></blockquote><p>b&lt;/td&gt;</p>",
    );
}

#[test]
fn html_that_says_more_than_markdown_is_text() {
    writes("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>");
    writes(
        "a <b onclick=\"x()\">b</b> <img src=\"i.png\" onerror=\"x()\"> <iframe src=\"u\">",
        "<p>a <strong>b</strong> <ac:image><ri:url ri:value=\"i.png\" /></ac:image> &lt;iframe src=\"u\"&gt;</p>",
    );
    writes("a <u>b **c</u> d**", "<p>a &lt;u&gt;b <strong>c&lt;/u&gt; d</strong></p>");
    writes("a </u> <!-- b --> <?c?>", "<p>a &lt;/u&gt;  &lt;?c?&gt;</p>");
}

#[test]
fn a_row_with_more_cells_than_columns_is_refused() {
    refuses("| a | b |\n|---|---|\n| 1 | 2 |\n| 1 | 2 | three |", "row_too_long", 4);
    refuses("- x\n\n  > | a |\n  > |---|\n  > 1 | `b` |", "row_too_long", 5);
    // Nothing is lost of a cell that is empty.
    writes(
        "| a |\n|---|\n| 1 \\| 2 | | |",
        "<table><tbody><tr><th><p>a</p></th></tr><tr><td><p>1 | 2</p></td></tr></tbody></table>",
    );
}
