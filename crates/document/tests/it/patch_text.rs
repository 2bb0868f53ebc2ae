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
