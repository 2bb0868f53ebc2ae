//! What the view does not show stays with the words that it was with, or the edit is refused.

use document::{PatchError, PatchOptions, patch};

const TASKS: &str = "<ac:task-list><ac:task><ac:task-id>1</ac:task-id><ac:task-uuid>u-1</ac:task-uuid><ac:task-status>incomplete</ac:task-status><ac:task-body>pay invoice</ac:task-body></ac:task><ac:task><ac:task-id>2</ac:task-id><ac:task-uuid>u-2</ac:task-uuid><ac:task-status>complete</ac:task-status><ac:task-body>call Bob</ac:task-body></ac:task></ac:task-list>";

fn page_of_tasks(between: &str) -> String {
    TASKS.replace("><", &format!(">{between}<"))
}

#[track_caller]
fn is_refused(storage: &str, edited: &str) {
    match patch(storage, edited, &PatchOptions::default()) {
        Err(PatchError::HiddenLost { .. }) => {}
        other => unreachable!("{storage}\n{edited}\n{other:?}"),
    }
}

#[track_caller]
fn moves(storage: &str, edited: &str, expected: &str) {
    let patched = patch(storage, edited, &PatchOptions::default()).unwrap();
    assert_eq!(patched.storage, expected);
}

#[test]
fn the_ids_of_a_task_do_not_go_to_another_task() {
    for between in ["", "\n"] {
        let page = page_of_tasks(between);
        is_refused(&page, "- [ ] order paper\n- [x] call Bob\n- [ ] pay invoice");
        is_refused(&page, "- [ ] call Bob\n- [ ] pay invoice");
        is_refused(&page, "- [ ] pay invoice\n  - [x] call Bob");
    }
    let new = "<ac:task><ac:task-id>3</ac:task-id><ac:task-status>incomplete</ac:task-status><ac:task-body>order paper</ac:task-body></ac:task>";
    let list = "<ac:task-list>";
    moves(
        TASKS,
        "- [ ] order paper\n- [ ] pay invoice\n- [x] call Bob",
        &TASKS.replacen(list, &format!("{list}{new}"), 1),
    );
}

#[test]
fn the_ids_of_an_item_do_not_go_to_another_item() {
    let items = r#"<ul><li local-id="A">one</li><li local-id="B">two</li></ul>"#;
    is_refused(items, "- new\n- two\n- one");
    let link = r#"<ul><li local-id="l1"><p local-id="p1"><a href="https://e.org">link</a></p><ul><li><p>sub</p></li></ul></li></ul>"#;
    is_refused(link, "- [link](https://e.org)\n- added\n  - sub");
    let paragraphs =
        r#"<ul><li><p local-id="p1">one</p></li><li><p local-id="p2">two</p></li></ul>"#;
    for edited in ["- one\n  - two", "- one\n\ntwo"] {
        is_refused(paragraphs, edited);
    }
}

#[test]
fn an_item_that_is_written_anew_does_not_lose_what_is_in_it() {
    for (storage, shown) in [
        (
            r#"<ac:emoticon ac:name="tick" ac:emoji-shortname=":check_mark:" ac:emoji-id="atlassian-check_mark" ac:emoji-fallback=":check_mark:" />"#,
            ":check_mark:",
        ),
        (r#"<a href="https://e.org" local-id="l">e</a>"#, "[e](https://e.org)"),
        (
            r#"<ac:link ac:card-appearance="inline" ac:local-id="q"><ri:page ri:content-title="T" ri:version-at-save="4" /><ac:link-body>see</ac:link-body></ac:link>"#,
            "[see](wiki:T)",
        ),
        (r#"<span style="color: red;">red</span>"#, "red"),
        (r#"<strong style="color: red;">red</strong>"#, "**red**"),
        (r#"<code class="x">red</code>"#, "`red`"),
    ] {
        let page = format!("<ul><li><p>one</p></li><li><p>two {storage}</p></li></ul>");
        is_refused(&page, &format!("- one\n  - two {shown}"));
        // Words beside it may change.
        let edited = patch(&page, &format!("- one\n- ten {shown}"), &PatchOptions::default());
        assert_eq!(edited.unwrap().storage, page.replace("two", "ten"));
    }
}

#[test]
fn links_that_swap_places_keep_their_attributes() {
    let page = r#"<p><a href="https://a" local-id="1">x</a> and <a href="https://b" local-id="2">y</a></p>"#;
    is_refused(page, "[y](https://b) and [x](https://a)");
    moves(page, "[x](https://a) and [y](https://c)", &page.replace("https://b", "https://c"));
}

fn jira(server: &str, key: &str) -> String {
    format!(
        r#"<ac:structured-macro ac:name="jira"><ac:parameter ac:name="serverId">{server}</ac:parameter><ac:parameter ac:name="key">{key}</ac:parameter></ac:structured-macro>"#
    )
}

#[test]
fn macros_that_swap_places_keep_hidden_parameters() {
    let (one, other) = (jira("prod", "A-1"), jira("test", "B-2"));
    is_refused(
        &format!("<p>{one} and {other}</p>"),
        r#"<macro:jira key="B-2"/> and <macro:jira key="A-1"/>"#,
    );
    moves(
        &format!("<p>{one}</p><p>{other}</p>"),
        "<macro:jira key=\"B-2\"/>\n\n<macro:jira key=\"A-1\"/>",
        &format!("<p>{other}</p><p>{one}</p>"),
    );
}

#[test]
fn what_moves_and_changes_keeps_what_is_hidden_of_it_unless_it_may_go() {
    let page = format!("<p>see {} x</p><p>b</p>", jira("u-1", "A-1"));
    let edited = "see x\n\nb <macro:jira key=\"A-2\"/>";
    is_refused(&page, edited);
    let options =
        PatchOptions { allow_remove: vec!["macro:jira".to_owned()], ..PatchOptions::default() };
    assert!(patch(&page, edited, &options).unwrap().storage.contains("A-2"));
    is_refused(
        r#"<p>see <ac:image ac:width="300" ac:alt="one"><ri:attachment ri:filename="a.png" ri:version-at-save="2" /></ac:image> x</p><p>b</p>"#,
        "see x\n\nb ![two](attachment:a.png)",
    );
}

#[test]
fn a_refusal_names_the_block_and_the_element() {
    let page = page_of_tasks("");
    let edited = "- [ ] call Bob\n- [ ] pay invoice";
    let error = patch(&page, edited, &PatchOptions::default()).unwrap_err();
    assert_eq!(error.code(), "hidden_lost");
    let PatchError::HiddenLost { block, construct } = error else { unreachable!() };
    assert!(block.id.is_some());
    assert!(construct.starts_with("<ac:task>"), "{construct}");
}

#[test]
fn what_changes_in_its_place_keeps_its_ids() {
    let status = |id: &str, title: &str| {
        format!(
            r#"<ac:structured-macro ac:name="status" ac:macro-id="{id}"><ac:parameter ac:name="title">{title}</ac:parameter></ac:structured-macro>"#
        )
    };
    let page = |one: &str, other: &str| {
        format!(
            r#"<ul><li><p local-id="1">a {}</p></li><li><p local-id="2">b {}</p></li></ul>"#,
            status("m1", one),
            status("m2", other)
        )
    };
    moves(
        &page("DONE", "TODO"),
        "- a <status>TODO</status>\n- b <status>DONE</status>",
        &page("TODO", "DONE"),
    );
    moves(
        r#"<table><tr><td><p local-id="1">yes</p></td></tr><tr><td><p local-id="2">no</p></td></tr><tr><td><p>x</p></td></tr></table>"#,
        "| yes |\n|---|\n| no |\n| y |",
        r#"<table><tr><td><p local-id="1">yes</p></td></tr><tr><td><p local-id="2">no</p></td></tr><tr><td><p>y</p></td></tr></table>"#,
    );
}
