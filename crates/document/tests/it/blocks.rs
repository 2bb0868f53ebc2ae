use document::{BlockKind, ViewOptions, to_markdown};

use crate::{shows, view};

#[test]
fn headings_stand_on_one_line() {
    shows(
        "<h1>A <strong>b</strong></h1><h6>c<br/>d</h6><h2> </h2><p>e</p>",
        "# A **b**\n\n###### c<br>d\n\ne",
    );
    shows("<h3>C #</h3>", r"### C \#");
}

#[test]
fn lists_nest_and_keep_their_numbers() {
    shows(
        "<ul><li><p>a</p><ol start=\"9\"><li>b</li><li>c</li></ol></li><li>d<ul><li>e</li></ul></li></ul>",
        "- a\n\n  9. b\n  10. c\n- d\n  - e",
    );
    shows("<ol><li><p>a</p><p>b</p></li><li/></ol>", "1. a\n\n   b\n2.");
    shows("<ul><li>a<ul><li><p /></li><li>b</li></ul></li></ul>", "- a\n\n  -\n  - b");
}

#[test]
fn lists_that_follow_each_other_stay_apart() {
    shows("<ul><li>a</li></ul><ul><li>b</li></ul><ul><li>c</li></ul>", "- a\n\n* b\n\n- c");
    shows("<ol><li>a</li></ol><ol><li>b</li></ol>", "1. a\n\n1) b");
}

#[test]
fn a_list_right_inside_a_list_belongs_to_the_item_before() {
    shows("<ul><li>a</li><ul><li>b</li></ul><li>c</li></ul>", "- a\n  - b\n- c");
}

#[test]
fn items_hold_blocks() {
    shows(
        r#"<ul><li><p>a</p><ac:structured-macro ac:name="code"><ac:plain-text-body><![CDATA[x

y]]></ac:plain-text-body></ac:structured-macro></li><li><p>b</p></li></ul>"#,
        "- a\n\n  ```\n  x\n\n  y\n  ```\n- b",
    );
}

#[test]
fn tasks_nest_inside_a_body_and_beside_a_task() {
    shows(
        "<ac:task-list><ac:task><ac:task-id>1</ac:task-id><ac:task-uuid>u</ac:task-uuid><ac:task-status>complete</ac:task-status><ac:task-body>done <strong>it</strong></ac:task-body></ac:task>\n<ac:task><ac:task-id>2</ac:task-id><ac:task-status>incomplete</ac:task-status><ac:task-body><span>todo</span><ac:task-list><ac:task><ac:task-id>3</ac:task-id><ac:task-status>incomplete</ac:task-status><ac:task-body>part</ac:task-body></ac:task></ac:task-list></ac:task-body></ac:task></ac:task-list>",
        "- [x] done **it**\n- [ ] todo\n  - [ ] part",
    );
    shows(
        "<ac:task-list><ac:task><ac:task-status>incomplete</ac:task-status><ac:task-body>a</ac:task-body></ac:task><ac:task-list><ac:task><ac:task-status>complete</ac:task-status><ac:task-body>b</ac:task-body></ac:task></ac:task-list></ac:task-list>",
        "- [ ] a\n  - [x] b",
    );
}

#[test]
fn decisions_are_list_items_and_their_fallback_is_not_repeated() {
    shows(
        r#"<ac:adf-extension><ac:adf-node type="decision-list"><ac:adf-attribute key="local-id">1</ac:adf-attribute><ac:adf-node type="decision-item"><ac:adf-attribute key="local-id">2</ac:adf-attribute><ac:adf-attribute key="state">DECIDED</ac:adf-attribute><ac:adf-content>We <strong>go</strong></ac:adf-content></ac:adf-node></ac:adf-node><ac:adf-fallback><ul><li>We go</li></ul></ac:adf-fallback></ac:adf-extension>"#,
        "- <decision state=\"DECIDED\"/> We **go**",
    );
}

#[test]
fn quotes_rules_and_preformatted_text() {
    shows(
        "<blockquote><p>a</p><p>b</p></blockquote><hr/><pre>x\n  <b>y</b><br/>z &lt;</pre>",
        "> a\n>\n> b\n\n---\n\n```\nx\n  y\nz <\n```",
    );
    shows("<ul><li><hr/></li></ul>", "- ___");
}

#[test]
fn text_and_blocks_mixed_in_one_parent_are_parted() {
    shows(
        "<div>a<p>b</p>c</div><p>d<ac:task-list><ac:task><ac:task-status>complete</ac:task-status><ac:task-body>e</ac:task-body></ac:task></ac:task-list>f</p>",
        "a\n\nb\n\nc\n\nd\n\n- [x] e\n\nf",
    );
    shows("<strong><p>a</p><p>b</p></strong>", "**a**\n\n**b**");
}

#[test]
fn layouts_are_transparent_unless_asked_for() {
    let storage = r#"<ac:layout><ac:layout-section ac:type="two_equal"><ac:layout-cell><p>left</p></ac:layout-cell><ac:layout-cell><p>right</p></ac:layout-cell></ac:layout-section></ac:layout>"#;
    shows(storage, "left\n\nright");
    let view = to_markdown(storage, &ViewOptions { layouts: true, ..ViewOptions::default() });
    assert_eq!(
        view.markdown,
        "<!-- section two_equal -->\n\n<!-- cell -->\n\nleft\n\n<!-- cell -->\n\nright\n\n<!-- /section -->"
    );
}

#[test]
fn blocks_name_their_ranges_and_ids_in_order() {
    let storage = r#"<h2 local-id="h">A</h2><ul><li local-id="l"><p local-id="p">b</p></li></ul><table><tr><td/><td>c</td></tr></table><ac:structured-macro ac:name="info" ac:macro-id="m"><ac:rich-text-body><p>d</p></ac:rich-text-body></ac:structured-macro>"#;
    let view = view(storage);
    let blocks: Vec<_> = view
        .blocks
        .iter()
        .map(|block| {
            let shown = &view.markdown[block.view.start as usize..block.view.end as usize];
            (block.kind, shown, block.local_id(storage))
        })
        .collect();
    assert_eq!(
        blocks,
        [
            (BlockKind::Heading(2), "## A", Some("h")),
            (BlockKind::ListItem, "- b", Some("l")),
            (BlockKind::Paragraph, "b", Some("p")),
            (BlockKind::Other, "|  | c |\n|---|---|", None),
            (BlockKind::TableCell, "", None),
            (BlockKind::TableCell, "c", None),
            (BlockKind::Macro, "> [!INFO]\n> d", Some("m")),
            (BlockKind::Paragraph, "d", None),
        ]
    );
    let item = &view.blocks[1].source;
    assert!(storage[item.start as usize..item.end as usize].starts_with("<li local-id=\"l\">"));
    assert!(storage[..item.end as usize].ends_with("</li>"));
}
