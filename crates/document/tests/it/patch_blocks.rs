//! Blocks, rows and items that come, go and move.

use document::{
    BlockEdit, BlockId, EditError, PatchOptions, StringEdit, ViewOptions, block_ids, edit_blocks,
    edit_strings, to_markdown,
};

use crate::patch_text::{becomes, edited};

const PAGE: &str = r##"<h1 local-id="aaaa11">Title</h1><p local-id="bbbb22">First &ndash; one.</p>
<p local-id="cccc33">Second <span style="color: red;">two</span>.</p><ul local-id="dddd44"><li local-id="eeee55"><p>apple</p></li><li><p>pear</p><ul><li><p>green</p></li></ul></li></ul>
<table data-layout="wide" ac:local-id="ffff66"><colgroup><col style="width: 10px;" /><col style="width: 20px;" /></colgroup><tbody><tr><th><p>Name</p></th><th><p>Size</p></th></tr><tr local-id="r1"><td data-highlight-colour="#fff"><p local-id="c1">a</p></td><td><p>1</p></td></tr><tr><td><p /></td><td>2 &lt; 3</td></tr></tbody></table><p>End.</p>"##;

#[test]
fn a_new_block_stands_where_it_was_written() {
    becomes(
        PAGE,
        "one.\n",
        "one.\n\nNew **one** & more.\n",
        &PAGE.replace("one.</p>\n", "one.</p><p>New <strong>one</strong> &amp; more.</p>\n"),
    );
    becomes(PAGE, "# Title", "Before.\n\n# Title", &format!("<p>Before.</p>{PAGE}"));
    becomes(PAGE, "End.", "End.\n\n## More", &format!("{PAGE}<h2>More</h2>"));
}

#[test]
fn a_block_that_goes_takes_its_own_bytes_alone() {
    let gone = r#"<p local-id="bbbb22">First &ndash; one.</p>"#;
    becomes(PAGE, "First – one.\n\n", "", &PAGE.replace(gone, ""));
    becomes(PAGE, "\n\nEnd.", "", &PAGE.replace("<p>End.</p>", ""));
}

#[test]
fn a_block_that_moves_keeps_its_bytes() {
    let moved = r#"<p local-id="cccc33">Second <span style="color: red;">two</span>.</p>"#;
    let expected = PAGE.replace(moved, "") + moved;
    let markdown = to_markdown(PAGE, &ViewOptions::default()).markdown;
    let without = markdown.replace("Second two.\n\n", "") + "\n\nSecond two.";
    assert_eq!(edited(PAGE, &markdown, &without), expected);
}

#[test]
fn items_of_lists_come_go_and_move() {
    let inserted = edited(PAGE, "- apple\n", "- apple\n- plum\n");
    assert_eq!(inserted, PAGE.replace("apple</p></li>", "apple</p></li><li><p>plum</p></li>"));
    becomes(PAGE, "- apple\n", "", &PAGE.replace(r#"<li local-id="eeee55"><p>apple</p></li>"#, ""));
    let apple = r#"<li local-id="eeee55"><p>apple</p></li>"#;
    let moved =
        PAGE.replace(apple, "").replace("</ul></li></ul>", &format!("</ul></li>{apple}</ul>"));
    becomes(PAGE, "- apple\n- pear\n  - green\n", "- pear\n  - green\n- apple\n", &moved);
    becomes(
        PAGE,
        "  - green\n",
        "  - green\n  - red\n",
        &PAGE.replace("green</p></li>", "green</p></li><li><p>red</p></li>"),
    );
}

#[test]
fn rows_and_columns_of_tables_come_and_go_with_the_look_of_their_neighbours() {
    let row = r##"<tr><td data-highlight-colour="#fff"><p>b</p></td><td><p>5</p></td></tr>"##;
    becomes(
        PAGE,
        "| a | 1 |\n",
        "| a | 1 |\n| b | 5 |\n",
        &PAGE.replace("1</p></td></tr>", &format!("1</p></td></tr>{row}")),
    );
    let first = r##"<tr local-id="r1"><td data-highlight-colour="#fff"><p local-id="c1">a</p></td><td><p>1</p></td></tr>"##;
    becomes(PAGE, "| a | 1 |\n", "", &PAGE.replace(first, ""));
    becomes(
        PAGE,
        "| Name | Size |\n|---|---|\n| a | 1 |\n|  | 2 < 3 |",
        "| Name | Age | Size |\n|---|---|---|\n| a | x | 1 |\n|  |  | 2 < 3 |",
        &PAGE
            .replace(r#"10px;" />"#, r#"10px;" /><col />"#)
            .replace("Name</p></th>", "Name</p></th><th><p>Age</p></th>")
            .replace("a</p></td>", r##"a</p></td><td data-highlight-colour="#fff"><p>x</p></td>"##)
            .replace("<p /></td>", "<p /></td><td><p></p></td>"),
    );
    becomes(
        PAGE,
        "| Name | Size |\n|---|---|\n| a | 1 |\n|  | 2 < 3 |",
        "| Size |\n|---|\n| 1 |\n| 2 < 3 |",
        &PAGE
            .replace(r#"<col style="width: 10px;" />"#, "")
            .replace("<th><p>Name</p></th>", "")
            .replace(r##"<td data-highlight-colour="#fff"><p local-id="c1">a</p></td>"##, "")
            .replace("<td><p /></td>", ""),
    );
}

#[test]
fn an_empty_cell_can_be_filled_and_a_cell_can_be_emptied() {
    becomes(PAGE, "|  | 2", "| **new** | 2", &PAGE.replace("<p />", "<p><strong>new</strong></p>"));
    becomes(PAGE, "| a | 1", "|  | 1", &PAGE.replace(">a<", "><"));
}

#[test]
fn strings_are_replaced_where_they_are_unambiguous() {
    let edit = |old: &str, new: &str, replace_all| StringEdit {
        old_string: old.to_owned(),
        new_string: new.to_owned(),
        replace_all,
    };
    let options = PatchOptions::default();
    let edits = [edit("First", "1st", false), edit("Second two", "2nd **two**", false)];
    let patched = edit_strings(PAGE, &edits, &options).unwrap();
    assert_eq!(
        patched.storage,
        PAGE.replace("First", "1st").replace("Second ", "2nd ").replace(
            r#"<span style="color: red;">two</span>"#,
            r#"<strong><span style="color: red;">two</span></strong>"#
        )
    );
    assert!(patched.view_diff.contains("\n-First – one.\n+1st – one.\n"), "{}", patched.view_diff);

    let error = edit_strings(PAGE, &[edit("Second three", "x", false)], &options).unwrap_err();
    assert_eq!(error.code(), "no_match");
    assert!(error.to_string().contains("line 5: Second two."), "{error}");
    let error = edit_strings(PAGE, &[edit("apple", "x", false), edit("e", "x", false)], &options);
    let Err(EditError::SeveralMatches { index: 1, count, candidates }) = error else {
        unreachable!("{error:?}")
    };
    assert!(count > 4 && candidates.len() == 4, "{count} {candidates:?}");
    let patched = edit_strings(PAGE, &[edit("pear", "PEAR", true)], &options).unwrap();
    assert_eq!(patched.storage, PAGE.replace("pear", "PEAR"));
}

fn id(shown: &str) -> BlockId {
    let view = to_markdown(PAGE, &ViewOptions::default());
    let at = view.blocks.iter().rposition(|block| view.slice(&block.view).starts_with(shown));
    block_ids(PAGE, &view)[at.unwrap()]
}

#[track_caller]
fn by_blocks(edits: &[BlockEdit], expected: &str) {
    let patched = edit_blocks(PAGE, edits, &PatchOptions::default()).unwrap();
    assert_eq!(patched.storage, expected);
}

#[test]
fn blocks_are_edited_by_their_ids() {
    let markdown = |text: &str| text.to_owned();
    by_blocks(
        &[BlockEdit::Replace { id: id("First"), markdown: markdown("First – *two*.") }],
        &PAGE.replace("&ndash; one.", "&ndash; <em>two</em>."),
    );
    by_blocks(
        &[BlockEdit::InsertAfter { id: id("- apple"), markdown: markdown("plum") }],
        &PAGE.replace("apple</p></li>", "apple</p></li><li><p>plum</p></li>"),
    );
    by_blocks(
        &[BlockEdit::InsertBefore { id: id("# Title"), markdown: markdown("a\n\nb") }],
        &format!("<p>a</p><p>b</p>{PAGE}"),
    );
    by_blocks(&[BlockEdit::Delete { id: id("End.") }], &PAGE.replace("<p>End.</p>", ""));
    let end = "<p>End.</p>";
    by_blocks(
        &[BlockEdit::MoveBefore { id: id("End."), target: id("First") }],
        &PAGE.replace(end, "").replace("</h1>", &format!("</h1>{end}")),
    );
    let unknown = "zzzzz".parse().unwrap();
    let error = edit_blocks(PAGE, &[BlockEdit::Delete { id: unknown }], &PatchOptions::default());
    assert_eq!(error.unwrap_err().code(), "unknown_block");
}
