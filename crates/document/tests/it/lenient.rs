//! Bodies that are not well-formed, deep ones and long ones. What takes more than linear time here
//! does not end within the patience of anybody.

use document::{View, ViewOptions, plain_text, sections, to_markdown};

fn codes(storage: &str) -> (String, Vec<&'static str>) {
    let view = to_markdown(storage, &ViewOptions::default());
    (view.markdown, view.warnings.iter().map(|warning| warning.code).collect())
}

/// Does all that can be done with a page.
fn use_up(page: &str, view: &View) {
    let words: usize = sections(view).iter().map(|section| section.markdown.len()).sum();
    assert!(words <= 2 * view.markdown.len() + 16);
    assert!(plain_text(page).len() <= 2 * page.len());
}

#[test]
fn what_cannot_be_a_tag_is_text() {
    assert_eq!(codes("<p>a < b <3 <</p>"), ("a < b <3 <".into(), vec!["stray_less_than"; 3]));
    assert_eq!(codes("a <b"), ("a \\<b".into(), vec!["stray_less_than"]));
    let (markdown, warnings) = codes(r#"<p>a</p><img alt="<p>b</p>"#);
    assert_eq!(warnings, ["stray_less_than"]);
    assert!(markdown.starts_with("a\n\n\\<img") && markdown.ends_with("\n\nb"), "{markdown}");
}

#[test]
fn tags_that_do_not_pair_lose_no_text() {
    assert_eq!(
        codes("<p><strong>a</p><p>b</p>"),
        ("**a**\n\nb".into(), vec!["mismatched_end_tag"])
    );
    assert_eq!(codes("<p>a</em> b</p></p>"), ("a b".into(), vec!["stray_end_tag"; 2]));
    assert_eq!(codes("<ul><li>a<li>b</ul>"), ("- a\n\n  - b".into(), vec!["mismatched_end_tag"]));
    assert_eq!(codes("<p>a <em>b"), ("a *b*".into(), vec!["unclosed_element"]));
}

#[test]
fn elements_without_content_may_stay_open_or_be_closed_twice() {
    assert_eq!(codes("<p>a<br>b</p>"), ("a\\\nb".into(), vec!["void_element"]));
    assert_eq!(codes("<p>a<br></br>b</p>"), ("a\\\nb".into(), vec![]));
}

#[test]
fn sections_that_do_not_end_are_text() {
    assert_eq!(
        codes("<p>a<![CDATA[b</p>"),
        ("a\\<![CDATA[b".into(), vec!["unclosed_section", "stray_less_than"])
    );
    assert_eq!(codes("a<!-- b"), ("a\\<!-- b".into(), vec!["unclosed_section", "stray_less_than"]));
}

#[test]
fn comments_declarations_and_prologues_are_not_shown() {
    assert_eq!(
        codes("<?xml version=\"1.0\"?><!DOCTYPE x><p>a<!-- <p>b</p> -->c</p>"),
        ("ac".into(), vec![])
    );
}

#[test]
fn table_parts_outside_tables_are_blocks() {
    assert_eq!(codes("<tr><td>a</td><td>b</td></tr><li>c</li>").0, "a\n\nb\n\n- c");
    assert_eq!(
        codes("<table><p>a</p><tr>b<td>c</td></tr></table>").0,
        "<table>a\n<tr>b<td>c</td></tr>\n</table>"
    );
}

#[test]
fn attributes_are_read_however_they_are_quoted() {
    assert_eq!(
        codes("<p><a  title = 'x>y' href='u\"v' >l</a><a href=w>m</a></p>").0,
        "[l](u\"v)[m](w)"
    );
}

#[test]
fn warnings_are_few() {
    assert!(codes(&"< ".repeat(100_000)).1.len() <= 64);
}

#[test]
fn deep_pages_are_shown() {
    const LEVELS: usize = 100_000;
    for (open, close) in [
        ("<ul><li>", "</li></ul>"),
        ("<ol><li>a", "</li></ol>"),
        ("<blockquote>", "</blockquote>"),
        ("<div>", "</div>"),
        ("<p>", "</p>"),
        ("<strong>", "</strong>"),
        ("<code>", "</code>"),
        ("<code><u>", "</u></code>"),
        ("<span>a ", "</span>"),
        ("<a href=\"u\">", "</a>"),
        ("<pre>", "</pre>"),
        ("<h1>", "</h1>"),
        ("<table><tr><td>", "</td></tr></table>"),
        ("<table><tr><td>a", "b</td></tr></table>"),
        ("<table><tr><td colspan=\"2\">", "</td></tr></table>"),
        ("<ac:task-list><ac:task><ac:task-body>", "</ac:task-body></ac:task></ac:task-list>"),
        (
            "<ac:structured-macro ac:name=\"m\"><ac:rich-text-body>",
            "</ac:rich-text-body></ac:structured-macro>",
        ),
        (
            "<p><ac:structured-macro ac:name=\"m\"><ac:rich-text-body>a",
            "</ac:rich-text-body></ac:structured-macro></p>",
        ),
        (
            "<ac:structured-macro ac:name=\"m\"><ac:parameter ac:name=\"p\">",
            "</ac:parameter></ac:structured-macro>",
        ),
        (
            "<ac:structured-macro ac:name=\"code\"><ac:plain-text-body>",
            "</ac:plain-text-body></ac:structured-macro>",
        ),
        ("<ac:link><ac:link-body>", "</ac:link-body></ac:link>"),
        ("<ac:image><ac:caption>a", "</ac:caption></ac:image>"),
        ("<ac:inline-comment-marker ac:ref=\"r\">a", "</ac:inline-comment-marker>"),
        ("<ac:adf-extension><ac:adf-node type=\"x\">", "</ac:adf-node></ac:adf-extension>"),
        ("<ac:adf-extension><ac:adf-fallback>", "</ac:adf-fallback></ac:adf-extension>"),
        (
            "<ac:layout><ac:layout-section><ac:layout-cell>",
            "</ac:layout-cell></ac:layout-section></ac:layout>",
        ),
        ("<at:x at:a=\"b\">", "</at:x>"),
    ] {
        let page = [open.repeat(LEVELS), "end".to_owned(), close.repeat(LEVELS)].concat();
        for options in [ViewOptions::default(), ViewOptions { comments: true, layouts: true }] {
            let view = to_markdown(&page, &options);
            assert!(view.markdown.contains("end") || open.contains("parameter"), "{open}");
            use_up(&page, &view);
        }
    }
}

#[test]
fn pages_that_never_close_anything_are_shown() {
    for part in [
        "<p>",
        "<li>",
        "<td>",
        "<table>",
        "</p>",
        "<a href=\"",
        "<a '",
        "</a",
        "<!--",
        "<![CDATA[",
        "<?",
        "<!D",
        "<",
        "&",
        "&amp",
        "`",
        "*",
        "[",
        "](",
        "!",
        "<br/>",
        "&nbsp;",
        " &nbsp;",
        "\u{a0}",
        "<strong>a</strong>",
        "<a href=\"u\">",
        "<em>",
        "</p><p><em>",
        "<ac:link>",
        "<ac:image>",
        "<h1>",
        "<ac:structured-macro>",
        "<ac:adf-extension>",
        "<ac:parameter>",
        "<hr/>",
        "#",
        "1. ",
        "_",
        "~",
    ] {
        let page = part.repeat(1_000_000 / part.len());
        let view = to_markdown(&page, &ViewOptions { comments: true, layouts: true });
        use_up(&page, &view);
        let in_code = format!("<p><code>{page}</code></p><pre>{page}</pre>");
        use_up(&in_code, &to_markdown(&in_code, &ViewOptions::default()));
    }
}

#[test]
fn long_tables_and_pages_are_shown() {
    let rows = "<tr><td>a <strong>b</strong></td><td><p>c</p></td></tr>".repeat(20_000);
    let view =
        to_markdown(&format!("<table><tbody>{rows}</tbody></table>"), &ViewOptions::default());
    assert_eq!(view.markdown.lines().count(), 20_001);
    let page = "<h2>A</h2><p>b</p>".repeat(60_000);
    let view = to_markdown(&page, &ViewOptions::default());
    assert_eq!(view.markdown.lines().count(), 4 * 60_000 - 1);
    assert!(sections(&view).len() < 2_000, "small ones join the one before");
}

#[test]
fn a_body_beyond_all_reason_is_refused_with_a_warning() {
    let page = "a".repeat((32 << 20) + 1);
    assert_eq!(codes(&page), (String::new(), vec!["too_large"]));
}
