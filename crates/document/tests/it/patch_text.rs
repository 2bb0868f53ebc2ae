//! Words that are exchanged change nothing else.

use document::{PatchOptions, View, ViewOptions, patch, to_markdown};

use crate::splices::{Page, Random};

const PAGE: &str = include_str!("page.xhtml");

/// The page after one string of its view was exchanged for another.
#[track_caller]
pub(crate) fn edited(storage: &str, from: &str, to: &str) -> String {
    let View { markdown, .. } = to_markdown(storage, &ViewOptions::default());
    assert!(markdown.contains(from), "{markdown}");
    let edited = markdown.replacen(from, to, 1);
    patch(storage, &edited, &PatchOptions::default()).expect(&edited).storage
}

#[test]
fn an_unchanged_view_changes_nothing() {
    let view = to_markdown(PAGE, &ViewOptions::default());
    let patched = patch(PAGE, &format!("{}\n", view.markdown), &PatchOptions::default()).unwrap();
    assert_eq!(patched.storage, PAGE);
    assert_eq!(patched.changed, []);
    assert_eq!(patched.view_diff, "");
}

#[test]
fn each_word_of_a_page_can_be_exchanged_alone() {
    let page = Page::new(PAGE.to_owned()).unwrap();
    assert!(page.places.len() > 60, "{}", page.places.len());
    for place in 0..page.places.len() {
        page.exchange(place).try_patch().unwrap();
    }
}

#[test]
fn random_splices_are_exact() {
    let page = Page::new(PAGE.to_owned()).unwrap();
    let mut random = Random(1);
    for _ in 0..1500 {
        page.splice(&mut random).try_patch().unwrap();
    }
}

#[track_caller]
pub(crate) fn becomes(storage: &str, from: &str, to: &str, expected: &str) {
    assert_eq!(edited(storage, from, to), expected);
}

#[test]
fn marks_come_and_go_around_their_words_alone() {
    let page = r#"<p id="x">one &amp; <span style="color: red;">two</span> three</p>"#;
    becomes(page, "three", "**three**", &page.replace("three", "<strong>three</strong>"));
    becomes(
        page,
        "& two",
        "*& two*",
        &page.replace(
            r#"&amp; <span style="color: red;">two</span>"#,
            r#"<em>&amp; <span style="color: red;">two</span></em>"#,
        ),
    );
    becomes(page, "one", "`one`", &page.replace("one", "<code>one</code>"));
    becomes(
        page,
        "three",
        "[three](https://example.org/?a=1&b=2)",
        &page.replace("three", r#"<a href="https://example.org/?a=1&amp;b=2">three</a>"#),
    );
    let page = "<p>a <strong>b c</strong> d</p>";
    becomes(page, "**b c**", "b c", "<p>a b c d</p>");
    becomes(page, "**b c**", "b **c**", "<p>a b <strong>c</strong> d</p>");
    becomes(page, "**b c** d", "**b c d**", "<p>a <strong>b c d</strong></p>");
    becomes(page, "**b c**", "**b x c**", "<p>a <strong>b x c</strong> d</p>");
}

#[test]
fn a_link_leads_elsewhere_and_keeps_its_other_attributes() {
    becomes(
        r#"<p><a href="https://a.example" data-card-appearance="inline">here</a></p>"#,
        "(https://a.example)",
        "(https://b.example/)",
        r#"<p><a href="https://b.example/" data-card-appearance="inline">here</a></p>"#,
    );
}

#[test]
fn code_its_language_and_parameters_of_macros_change_in_place() {
    let page = PAGE;
    becomes(page, "```bash", "```zsh", &page.replace(">bash<", ">zsh<"));
    becomes(
        page,
        "\"done\" > /dev/null",
        "a[b[0]]>c",
        &page.replace("\"done\" > /dev/null", "a[b[0]]]]><![CDATA[>c"),
    );
    becomes(page, "maxLevel=\"3\"", "maxLevel=\"4\"", &page.replace(">3<", ">4<"));
    becomes(
        page,
        "Before you start",
        "First &amp; last",
        &page.replace("Before you start", "First &amp; last"),
    );
    becomes(page, "colour=\"Green\"", "colour=\"Red\"", &page.replace(">Green<", ">Red<"));
    becomes(page, "STABLE", "BETA 2", &page.replace("STABLE", "BETA 2"));
    becomes(
        page,
        "<time>2026-03-04<",
        "<time>2026-12-24<",
        &page.replace("2026-03-04", "2026-12-24"),
    );
}

#[test]
fn tasks_headings_and_numbers_of_lists_change_in_place() {
    let page = PAGE;
    becomes(page, "[x] Rotate", "[ ] Rotate", &page.replace(">complete<", ">incomplete<"));
    becomes(page, "## Steps", "### Steps", &page.replace("<h2>Steps</h2>", "<h3>Steps</h3>"));
    becomes(page, "## Steps", "Steps", &page.replace("<h2>Steps</h2>", "<p>Steps</p>"));
    becomes(page, "1. Check the", "4. Check the", &page.replace("start=\"1\"", "start=\"4\""));
}

#[test]
fn what_is_added_to_the_end_of_a_label_stands_in_its_link() {
    let page = |label: &str| {
        format!(
            "<p>a <ac:link><ri:page ri:content-title=\"S\" /><ac:link-body>{label}</ac:link-body></ac:link> x</p>"
        )
    };
    becomes(&page("Sec"), "[Sec]", "[Sec Zq]", &page("Sec Zq"));
    becomes(&page("Sec"), "[Sec]", "[Sec Zq Y]", &page("Sec Zq Y"));
    becomes(&page("Sec"), "[Sec]", "[Sec **Zq**]", &page("Sec <strong>Zq</strong>"));
    becomes(&page("Sec"), "[Sec]", "[**Sec**]", &page("<strong>Sec</strong>"));
    becomes(&page("Sec Zq"), "[Sec Zq]", "[Sec]", &page("Sec"));
    becomes(&page("Sec"), "a [Sec]", "a [b Sec]", &page("b Sec"));
    let plain = "<p><ac:link><ri:page ri:content-title=\"S\" /><ac:plain-text-link-body><![CDATA[Sec]]></ac:plain-text-link-body></ac:link> x</p>";
    becomes(plain, "[Sec]", "[Sec Zq]", &plain.replace("Sec", "Sec Zq"));
    let file = "<p><ac:link><ri:attachment ri:filename=\"a.pdf\" /><ac:link-body>Sec</ac:link-body></ac:link> x</p>";
    becomes(file, "[Sec]", "[Sec Zq]", &file.replace("Sec", "Sec Zq"));
    let anchor = "<p><a href=\"https://a.example\">Sec</a> x</p>";
    becomes(anchor, "[Sec]", "[Sec Zq]", &anchor.replace("Sec", "Sec Zq"));
    becomes(anchor, "[Sec]", "[**Sec**]", &anchor.replace("Sec", "<strong>Sec</strong>"));
    becomes("<p><strong>a</strong> b c</p>", "**a** b", "**a b**", "<p><strong>a b</strong> c</p>");
}

#[test]
fn an_edit_that_leaves_nothing_of_a_page_is_refused() {
    for edited in ["", "\n \n"] {
        let error = patch("<p>text</p>", edited, &PatchOptions::default()).unwrap_err();
        assert_eq!(error.code(), "page_emptied");
    }
    let unchanged = patch("<p></p>", "", &PatchOptions::default()).unwrap();
    assert_eq!(unchanged.storage, "<p></p>");
}

/// A part of a page is compared by itself; what only the whole of it tells must not go wrong.
#[test]
fn an_edit_amid_a_long_page_is_as_one_of_a_short_page() {
    let paragraph = |at: usize| format!("<p>paragraph {at} of many</p>");
    let before: String = (0..20).map(paragraph).collect();
    let list = "<ul><li>one</li><li>two</li></ul>";
    let page = |middle: &str| format!("{before}{middle}{before}");
    let old = page(&format!("<p>here</p>{list}"));
    becomes(
        &old,
        "here\n\n- one\n",
        "there\n\nnew\n\n- one\n- **more**\n",
        &page(
            "<p>there</p><p>new</p><ul><li>one</li><li><p><strong>more</strong></p></li><li>two</li></ul>",
        ),
    );
    becomes(&old, "here\n\n", "", &page(list));
    becomes(&old, "- two", "- two\n\nlast", &page(&format!("<p>here</p>{list}<p>last</p>")));
    // The fence takes all that follows, as it is not closed.
    let all = edited(&old, "here", "```\nhere");
    assert!(
        all.ends_with("paragraph 19 of many]]></ac:plain-text-body></ac:structured-macro>"),
        "{all}"
    );
    // A definition makes links of what stands anywhere.
    let markdown = to_markdown(&old, &ViewOptions::default()).markdown;
    let defined = markdown.replacen("here", "[here]", 1) + "\n\n[here]: https://a.example";
    if let Ok(patched) = patch(&old, &defined, &PatchOptions::default()) {
        assert!(
            patched.storage.contains("<a href=\"https://a.example\">here</a>"),
            "{}",
            patched.storage
        );
    }
}

#[test]
fn the_view_before_and_after_is_compared_by_lines() {
    let page = (0..10).map(|at| format!("<p>p{at}</p>")).collect::<Vec<_>>().concat();
    let markdown = to_markdown(&page, &ViewOptions::default()).markdown;
    let edited = markdown.replace("p4", "q4\n\nr").replace("p9", "q9");
    let patched = patch(&page, &edited, &PatchOptions::default()).unwrap();
    assert_eq!(
        patched.view_diff,
        "@@ -6,7 +6,9 @@\n \n p3\n \n-p4\n+q4\n+\n+r\n \n p5\n \n@@ -16,4 +18,4 @@\n \n p8\n \n-p9\n+q9\n"
    );
}

#[test]
fn words_stand_on_their_side_of_what_shows_no_text() {
    let empty = [
        "<ac:image />",
        "<img />",
        "<img src=\"\" />",
        "<time></time>",
        "<ac:structured-macro ac:name=\"status\" />",
        "<ac:structured-macro ac:name=\"anchor\" />",
        "<ac:structured-macro ac:name=\"a\"><ac:rich-text-body></ac:rich-text-body></ac:structured-macro>",
        "<ac:link><ri:user /></ac:link>",
    ];
    for token in empty {
        for (before, after) in [("", ""), ("a ", ""), ("", " b"), ("a ", " b"), ("a", "b")] {
            let page =
                |left: &str, right: &str| format!("<p>{before}{left}{token}{right}{after}</p>");
            let storage = page("", "");
            let view = to_markdown(&storage, &ViewOptions::default()).markdown;
            let shown = &view[before.len()..view.len() - after.len()];
            becomes(&storage, shown, &format!("{shown}word"), &page("", "word"));
            becomes(&storage, shown, &format!("word{shown}"), &page("word", ""));
        }
    }
}

#[test]
fn a_space_goes_with_the_white_space_that_it_stands_for() {
    becomes(
        "<p><strong>Secure </strong> : yes</p>",
        "**Secure** :",
        "**Secure**:",
        "<p><strong>Secure</strong>: yes</p>",
    );
    becomes("<p>a <em> b</em></p>", "a *b*", "a*b*", "<p>a<em>b</em></p>");
    becomes("<p>a <em> b</em> </p>", "a *b*", "a x *b*", "<p>a x <em> b</em> </p>");
}

#[test]
fn words_behind_a_break_keep_their_indentation() {
    becomes("<p>a<br />\n  b</p>", "\nb", "\nc b", "<p>a<br />\n  c b</p>");
}

#[test]
fn words_at_the_start_of_a_line_keep_its_indentation() {
    becomes("<p>\n  b</p>", "b", "c b", "<p>\n  c b</p>");
    becomes(
        "<ac:layout>\n<p>a</p>\n  some</ac:layout>",
        "some",
        "it's some",
        "<ac:layout>\n<p>a</p>\n  it's some</ac:layout>",
    );
}
