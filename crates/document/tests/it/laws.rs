//! What holds for the view of every input.

use document::{ViewOptions, plain_text, to_markdown};
use proptest::{collection::vec, prelude::*, sample::select};

use crate::promises::check;

fn check_all(storage: &str) {
    for options in [ViewOptions::default(), ViewOptions { comments: true, layouts: true }] {
        check(storage, &to_markdown(storage, &options));
    }
    assert!(plain_text(storage).len() <= 2 * storage.len());
}

const PARTS: [&str; 96] = [
    "<p>",
    "</p>",
    "<p/>",
    "<h1>",
    "</h1>",
    "<h3 local-id=\"a\">",
    "</h3>",
    "<ul>",
    "</ul>",
    "<ol start=\"3\">",
    "</ol>",
    "<li>",
    "</li>",
    "<table>",
    "</table>",
    "<tbody>",
    "</tbody>",
    "<tr>",
    "</tr>",
    "<td>",
    "</td>",
    "<td colspan=\"2\">",
    "<th>",
    "</th>",
    "<strong>",
    "</strong>",
    "<em>",
    "</em>",
    "<del>",
    "</del>",
    "<u>",
    "</u>",
    "<code>",
    "</code>",
    "<pre>",
    "</pre>",
    "<a href=\"https://e.org/?a=1&amp;b\">",
    "</a>",
    "<br/>",
    "<br>",
    "<hr/>",
    "<blockquote>",
    "</blockquote>",
    "<div class='x'>",
    "</div>",
    "<span>",
    "</span>",
    "<ac:structured-macro ac:name=\"info\" ac:macro-id=\"0123\">",
    "</ac:structured-macro>",
    "<ac:structured-macro ac:name=\"code\">",
    "<ac:structured-macro ac:name=\"status\">",
    "<ac:parameter ac:name=\"title\">",
    "</ac:parameter>",
    "<ac:parameter ac:name=\"\"/>",
    "<ac:rich-text-body>",
    "</ac:rich-text-body>",
    "<ac:plain-text-body>",
    "</ac:plain-text-body>",
    "<![CDATA[x]]>",
    "<![CDATA[",
    "]]>",
    "<ac:link ac:anchor=\"a b\">",
    "</ac:link>",
    "<ri:page ri:content-title=\"A/B (1)\"/>",
    "<ri:user ri:username=\"a_b\"/>",
    "<ac:link-body>",
    "</ac:link-body>",
    "<ac:image ac:alt=\"i]\">",
    "</ac:image>",
    "<ri:attachment ri:filename=\"a b.png\"/>",
    "<ac:caption>",
    "</ac:caption>",
    "<ac:task-list>",
    "</ac:task-list>",
    "<ac:task>",
    "</ac:task>",
    "<ac:task-status>complete</ac:task-status>",
    "<ac:task-body>",
    "</ac:task-body>",
    "<ac:adf-extension>",
    "</ac:adf-extension>",
    "<ac:adf-node type=\"decision-item\">",
    "</ac:adf-node>",
    "<ac:adf-content>",
    "</ac:adf-content>",
    "<ac:adf-fallback>",
    "</ac:adf-fallback>",
    "<ac:inline-comment-marker ac:ref=\"0123456789\">",
    "</ac:inline-comment-marker>",
    "<ac:layout-section ac:type=\"a\">",
    "</ac:layout-section>",
    "<ac:layout-cell>",
    "</ac:layout-cell>",
    "<time datetime=\"2024-05-01\"/>",
    "<ac:emoticon ac:name=\"tick\"/>",
    "<!-- c -->",
];

const TEXTS: [&str; 32] = [
    "a", "b c", " ", "\n", "\t ", "&amp;", "&lt;", "&nbsp;", "\u{a0}", "é", "문서", "*", "_", "**",
    "`", "``", "[", "](", "]", "<", ">", "#", "# ", "- ", "1. ", "|", "~", "\\", "!", "&",
    "\u{200b}", "(",
];

pub(crate) fn soup() -> impl Strategy<Value = String> {
    vec(prop_oneof![select(&PARTS[..]), select(&TEXTS[..])], 0..60).prop_map(|parts| parts.concat())
}

/// A page with pieces cut out, doubled and replaced.
pub(crate) fn damaged() -> impl Strategy<Value = String> {
    let cut = (any::<prop::sample::Index>(), 0..40_usize, select(&TEXTS[..]));
    vec(cut, 1..8).prop_map(|cuts| {
        let mut page: Vec<char> = PAGE.chars().collect();
        for (at, length, text) in cuts {
            let start = at.index(page.len() + 1);
            let end = (start + length).min(page.len());
            page.splice(start..end, text.chars());
        }
        page.into_iter().collect()
    })
}

pub(crate) const PAGE: &str = include_str!("page.xhtml");

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_has_a_view_that_keeps_its_promises(storage in ".{0,200}") {
        check_all(&storage);
    }

    #[test]
    fn any_mix_of_markup_has_a_view_that_keeps_its_promises(storage in soup()) {
        check_all(&storage);
    }

    #[test]
    fn any_damaged_page_has_a_view_that_keeps_its_promises(storage in damaged()) {
        check_all(&storage);
    }

    /// The view of a paragraph holds its letters and digits in order and adds none.
    #[test]
    fn text_neither_gains_nor_loses_letters(words in "[a-z0-9*_`#\\[\\]()~!.|+ -]{0,80}") {
        let letters = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
        let view = to_markdown(&format!("<p>{words}</p>"), &ViewOptions::default());
        prop_assert_eq!(letters(&view.markdown), letters(&words));
    }
}

#[test]
fn a_page_with_every_construct_keeps_the_promises() {
    let view = to_markdown(PAGE, &ViewOptions { comments: true, layouts: true });
    assert_eq!(view.warnings, []);
    check(PAGE, &view);
    insta::assert_snapshot!(view.markdown);
}
