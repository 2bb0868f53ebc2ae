//! What no edit may do to a page, whatever it asks for.

use document::{
    PatchError, PatchOptions, StorageOptions, ViewOptions, patch, to_markdown, to_storage,
};

use crate::{patch_text::edited, refuses};

fn patched(page: &str, edited: &str) -> Result<String, PatchError> {
    patch(page, edited, &PatchOptions::default()).map(|patched| patched.storage)
}

fn code(page: &str, edited: &str) -> &'static str {
    match patched(page, edited) {
        Ok(storage) => unreachable!("{edited}\n{storage}"),
        Err(error) => error.code(),
    }
}

#[test]
fn a_link_that_moves_in_front_of_a_changed_line_is_no_fault() {
    let page = r#"<p>aaaa bbbb <ac:link><ri:page ri:content-title="T" /></ac:link> cc</p>"#;
    let result = patched(page, "[T](wiki:T) ddd cc").unwrap();
    assert_eq!(to_markdown(&result, &ViewOptions::default()).markdown, "[T](wiki:T) ddd cc");
}

#[test]
fn elements_of_templates_are_those_that_confluence_has() {
    for token in [
        r#"<at:var name="x" name="y"/>"#,
        r#"<at:var name="x" onclick="y" xmlns:q="z"/>"#,
        r#"<at:a:b name="x"/>"#,
        r#"<at:x name="x"/>"#,
    ] {
        refuses(token, "token_misplaced", 1);
        assert!(patched("<p>a</p>", &format!("a {token}")).is_err(), "{token}");
    }
    assert!(patched("<p>a</p>", r#"a <at:var name="x" rawxhtml="true"/>"#).is_ok());
}

#[test]
fn new_rows_and_columns_take_the_look_of_their_neighbours_and_no_id() {
    let cell = |name: &str, id: &str, text: &str| {
        format!(
            r#"<{name} id="{id}" data-cell-id="{id}" class="x" data-highlight-colour="red">{text}</{name}>"#
        )
    };
    let like = |name: &str, text: &str| {
        format!(r#"<{name} class="x" data-highlight-colour="red">{text}</{name}>"#)
    };
    let (h, c) = (cell("th", "h-1", "h"), cell("td", "c-1", "a"));
    let page = format!(
        r#"<table><tbody><tr>{h}</tr><tr data-row-id="r" style="y">{c}</tr></tbody></table>"#
    );
    assert_eq!(
        edited(&page, "| a |", "| a |\n| b |"),
        page.replace("</tbody>", &format!(r#"<tr style="y">{}</tr></tbody>"#, like("td", "b")))
    );
    assert_eq!(
        patched(&page, "| h | i |\n|---|---|\n| a | b |").unwrap(),
        page.replace("</th>", &format!("</th>{}", like("th", "i")))
            .replace("</td>", &format!("</td>{}", like("td", "b")))
    );
}

#[test]
fn an_element_that_is_parted_keeps_its_id_once() {
    let page = r#"<p><a name="k" id="anc" href="https://a.org" title="t">one two three</a></p>"#;
    let result = edited(
        page,
        "[one two three](https://a.org)",
        "[one](https://a.org) two [three](https://a.org)",
    );
    assert_eq!(
        result,
        r#"<p><a name="k" id="anc" href="https://a.org" title="t">one</a> two <a href="https://a.org" title="t">three</a></p>"#
    );
}

#[test]
fn marks_that_nest_without_end_are_refused_by_name() {
    for (tag, count) in [
        ("<u>", 16_000),
        ("<status>", 16_000),
        ("<macro:x>", 8_000),
        (r#"<mark comment="a">"#, 8_000),
    ] {
        assert_eq!(code("<p>a b</p>", &tag.repeat(count)), "marks_too_deep", "{tag}");
        assert_eq!(code("<p>a b</p>", &format!("a {}", tag.repeat(65))), "marks_too_deep", "{tag}");
    }
    let nested =
        |depth: usize| format!("a {}b{}", "<u><sub>".repeat(depth), "</sub></u>".repeat(depth));
    refuses(&nested(33), "marks_too_deep", 1);
    assert!(to_storage(&nested(32), &StorageOptions::default()).is_ok());
}

#[test]
fn comments_without_end_are_read_once() {
    // Reading each of them to the end of the text would take hours.
    let _ = patch("<p>a b</p>", &"<!-- ".repeat(200_000), &PatchOptions::default());
    let _ = patch("<p>a b</p>", &format!("{}>", "<!-- ".repeat(200_000)), &PatchOptions::default());
}

#[test]
fn nothing_that_runs_a_script_is_added() {
    for token in [
        r#"<macro:widget url="javascript:alert(1)"/>"#,
        r#"<macro:iframe src=" Java&#10;Script:alert(1)"/>"#,
        r#"<macro:iframe src="data:text/html,x"/>"#,
        r#"<macro:html-include _="https://a.org"/>"#,
        "```macro:html\n<script>a</script>\n```",
        "> [!PANEL link=\"vbscript:x\"]\n> b",
    ] {
        refuses(token, "script_not_allowed", 1);
        assert_eq!(code("<p>a</p>", &format!("a\n\n{token}")), "script_not_allowed", "{token}");
    }
    for token in [
        r#"<macro:iframe src="https://a.org"/>"#,
        r#"<macro:excerpt-include _="Data: a"/>"#,
        "<status>JavaScript: b</status>",
        "> [!PANEL title=\"JavaScript: the parts\"]\n> b",
        "```js title=\"JavaScript: x\"\njavascript:alert(1)\n```",
        "[JavaScript: c](<wiki:JavaScript: c>)",
    ] {
        assert!(patched("<p>a</p>", &format!("a\n\n{token}")).is_ok(), "{token}");
    }
}

#[test]
fn what_runs_scripts_on_a_page_stays_as_it_is() {
    let html = r#"<ac:structured-macro ac:name="html"><ac:plain-text-body><![CDATA[<b>x</b>]]></ac:plain-text-body></ac:structured-macro>"#;
    let page = format!("<p>a</p>{html}<p>b</p>");
    let view = to_markdown(&page, &ViewOptions::default()).markdown;
    assert_eq!(patched(&page, &view.replace("a\n", "c\n")).unwrap(), page.replace(">a<", ">c<"));
    assert_eq!(code(&page, &view.replace("<b>", "<i>")), "script_not_allowed");
    let fence = "```macro:html\n<b>x</b>\n```";
    assert_eq!(
        patched(&page, &format!("a\n\nb\n\n{fence}")).unwrap(),
        format!("<p>a</p><p>b</p>{html}")
    );
}

#[test]
fn what_the_source_says_out_of_sight_goes_only_with_its_block() {
    for remark in ["<!-- keep me -->", "<?app keep?>"] {
        let page = format!("<p>one {remark}two</p><p>three</p>");
        let four = format!("<p>four{remark}</p><p>three</p>");
        assert_eq!(patched(&page, "four\n\nthree").unwrap(), four);
        assert_eq!(edited(&page, "three", "four"), page.replace("three", "four"));
        assert_eq!(edited(&page, "one two\n\n", ""), "<p>three</p>");
    }
    let data = "<ac:structured-macro ac:name=\"code\"><ac:plain-text-body><![CDATA[<!-- a -->]]>\
                </ac:plain-text-body></ac:structured-macro>";
    assert_eq!(edited(data, "<!-- a -->", "b"), data.replace("<!-- a -->", "b"));
}

#[test]
fn a_link_that_leads_elsewhere_forgets_what_it_led_to() {
    let page = r#"<p><a href="https://a.org" data-linked-resource-id="7" class="x" data-linked-resource-default-alias="f">b</a></p>"#;
    assert_eq!(
        edited(page, "https://a.org", "https://b.org"),
        r#"<p><a href="https://b.org" class="x">b</a></p>"#
    );
}
