//! What is said about the difference of two versions of a page.

use document::{BlockChange, Change, Colour, Diff, PartKind, Span, ViewOptions, diff};
use proptest::{prelude::*, sample::Index};

use crate::{corpus, laws};

fn compare(before: &str, after: &str) -> Diff {
    diff(before, after, &ViewOptions::default())
}

/// The diff as text, which has all that data has but the bytes. Ids that are made of what a block
/// says are left out.
#[track_caller]
fn says(before: &str, after: &str, expected: &str) {
    let mut text = compare(before, after).to_text(Colour::Never);
    let hashed = |text: &str| {
        let mut places = text.match_indices(" [").map(|(at, _)| at);
        places.find(|at| text.get(at + 7..at + 9) == Some("] "))
    };
    while let Some(at) = hashed(&text) {
        text.replace_range(at..at + 8, "");
    }
    assert_eq!(text, expected.trim_start_matches('\n'), "\n{before}\n{after}");
}

#[test]
fn a_changed_word_is_found_under_its_headings() {
    let before = "<h1>Guide</h1><p>Intro.</p><h2>Rollback</h2><p local-id=\"f0f0f0\">It takes five minutes.</p>";
    let after = before.replace("five", "ten");
    says(
        before,
        &after,
        "
@@ Guide › Rollback › paragraph [f0f0f0] changed @@
-It takes five minutes.
+It takes ten minutes.
",
    );
    let diff = compare(before, &after);
    let [block] = diff.blocks.as_slice() else { panic!("{diff:?}") };
    let range = block.after.clone().unwrap();
    assert_eq!(&after[range.start as usize..], "<p local-id=\"f0f0f0\">It takes ten minutes.</p>");
    let words = [
        Span::Same("It takes ".into()),
        Span::Removed("five".into()),
        Span::Added("ten".into()),
        Span::Same(" minutes.".into()),
    ];
    assert_eq!(block.change, Change::Changed { words: words.to_vec() });
}

#[test]
fn data_is_plain_json() {
    let diff =
        compare("<p local-id=\"f0f0f0\">one two</p>", "<p local-id=\"f0f0f0\">one three</p>");
    let json = serde_json::json!({
        "blocks": [{
            "kind": "paragraph",
            "id": "f0f0f0",
            "path": [],
            "before": { "start": 0, "end": 32 },
            "after": { "start": 0, "end": 34 },
            "moved": false,
            "change": "changed",
            "words": [
                { "op": "same", "text": "one " },
                { "op": "removed", "text": "two" },
                { "op": "added", "text": "three" },
            ],
        }],
        "spacing_only": false,
    });
    assert_eq!(serde_json::to_value(&diff).unwrap(), json);
}

#[test]
fn words_are_those_of_unicode() {
    let words = |before: &str, after: &str| {
        let diff = compare(&format!("<p>{before}</p>"), &format!("<p>{after}</p>"));
        let Some(Change::Changed { words }) = diff.blocks.first().map(|block| &block.change) else {
            panic!("{diff:?}")
        };
        words.clone()
    };
    let spans = words("문서를 다시 읽는다", "문서를 함께 읽는다");
    assert_eq!(spans[1..3], [Span::Removed("다시".into()), Span::Added("함께".into())]);
    let spans = words("the naïve plan", "the naive plan");
    assert_eq!(spans[1..3], [Span::Removed("naïve".into()), Span::Added("naive".into())]);
}

#[test]
fn what_has_next_to_nothing_in_common_is_replaced_as_a_whole() {
    let diff = compare(
        "<p>We roll the deployment back by hand, the way that was agreed.</p>",
        "<p>Nobody ever knew, until now, what happened to either server of the two.</p>",
    );
    let Change::Changed { words } = &diff.blocks[0].change else { panic!("{diff:?}") };
    assert!(matches!(words.as_slice(), [Span::Removed(_), Span::Added(_)]), "{words:?}");
}

#[test]
fn added_and_removed_blocks_stand_where_they_are() {
    says(
        "<p>First thing.</p><p>Second thing.</p><p>Third thing.</p>",
        "<p>First thing.</p><p>Third thing.</p><ul><li>New</li></ul>",
        "
@@ paragraph removed @@
-Second thing.
@@ list added @@
+- New
",
    );
}

#[test]
fn a_moved_block_is_not_removed_and_added() {
    let (one, two, three) =
        ("<p>One of these.</p>", "<p>Two of them.</p>", "<p>Three are here.</p>");
    says(
        &[one, two, three].concat(),
        &[three, one, two].concat(),
        "
@@ paragraph moved @@
 Three are here.
",
    );
}

#[test]
fn an_id_holds_a_block_that_moved_and_changed() {
    let before = "<p local-id=\"abcdef\">Alpha.</p><p>Beta.</p><p>Gamma.</p>";
    let after = "<p>Beta.</p><p>Gamma.</p><p local-id=\"abcdef\">Omega is said in other words.</p>";
    says(
        before,
        after,
        "
@@ paragraph [abcdef] moved and changed @@
-Alpha.
+Omega is said in other words.
",
    );
}

#[test]
fn what_markdown_does_not_show_is_shown_as_storage() {
    let cases = [
        ("<p>a <span style=\"color: red;\">b</span></p>", "red", "blue"),
        ("<p style=\"text-align: left;\">a</p>", "left", "right"),
        (
            "<ac:structured-macro ac:name=\"toc\" ac:macro-id=\"1a\"></ac:structured-macro>",
            "1a",
            "2b",
        ),
        (
            "<ac:structured-macro ac:name=\"info\" ac:macro-id=\"1a\"><ac:rich-text-body><p>a</p>\
             </ac:rich-text-body></ac:structured-macro>",
            "1a",
            "2b",
        ),
        ("<table class=\"x\"><tbody><tr><td>a</td></tr></tbody></table>", "x", "y"),
        ("<table><tbody><tr><td class=\"x\">a</td></tr></tbody></table>", "x", "y"),
        (
            "<table><colgroup><col style=\"width: 9px\" /></colgroup><tbody><tr><td>a</td></tr></tbody></table>",
            "9",
            "8",
        ),
        (
            "<ac:layout><ac:layout-section ac:type=\"two\"><ac:layout-cell><p>a</p></ac:layout-cell></ac:layout-section></ac:layout>",
            "two",
            "one",
        ),
        ("<p>a</p><!-- old --><p>b</p>", "old", "new"),
        (
            "<p>a <ac:inline-comment-marker ac:ref=\"77\">b</ac:inline-comment-marker></p>",
            "77",
            "88",
        ),
    ];
    for (before, old, new) in cases {
        let diff = compare(before, &before.replacen(old, new, 1));
        let [BlockChange { change: Change::Invisible { storage }, .. }] = diff.blocks.as_slice()
        else {
            panic!("{before}: {diff:?}")
        };
        let removed = storage.iter().filter(|span| matches!(span, Span::Removed(_)));
        let removed: String = removed.map(Span::text).collect();
        assert!(removed.contains(old), "{before}: {storage:?}");
    }
    says(
        "<p>Before.</p><p style=\"margin-left: 30.0px;\">Somewhat indented.</p>",
        "<p>Before.</p><p style=\"margin-left: 60.0px;\">Somewhat indented.</p>",
        "
@@ paragraph changed, not visible in Markdown @@
-<p style=\"margin-left: 30.0px;\">Somewhat indented.</p>
+<p style=\"margin-left: 60.0px;\">Somewhat indented.</p>
",
    );
}

#[test]
fn options_decide_what_is_visible() {
    let before =
        "<p>a <ac:inline-comment-marker ac:ref=\"0123456789\">b</ac:inline-comment-marker></p>";
    let after = "<p>a b</p>";
    let shown = ViewOptions { comments: true, layouts: true };
    assert!(matches!(compare(before, after).blocks[0].change, Change::Invisible { .. }));
    assert!(matches!(diff(before, after, &shown).blocks[0].change, Change::Changed { .. }));
}

#[test]
fn blocks_in_a_new_layout_have_not_changed() {
    let page = "<h1>Title</h1><p>One.</p><p /><p>Two.</p><p /><ul><li>Three</li></ul>";
    let wrapped = format!(
        "<ac:layout><ac:layout-section ac:type=\"single\"><ac:layout-cell>{page}</ac:layout-cell>\
         </ac:layout-section></ac:layout>"
    );
    for (before, after) in [(page, wrapped.as_str()), (wrapped.as_str(), page)] {
        let diff = compare(before, after);
        assert!(!diff.is_empty());
        for block in &diff.blocks {
            assert_eq!(block.kind, PartKind::Layout, "{diff:?}");
            assert!(matches!(block.change, Change::Invisible { .. }), "{diff:?}");
        }
    }
}

#[test]
fn blocks_in_a_new_macro_have_moved_into_it() {
    let page = "<p>One thing.</p><p>Another thing.</p>";
    let after = "<p>One thing.</p><ac:structured-macro ac:name=\"info\"><ac:parameter ac:name=\"title\">\
        Note</ac:parameter><ac:rich-text-body><p>Another thing.</p></ac:rich-text-body>\
        </ac:structured-macro>";
    says(
        page,
        after,
        "
@@ macro added @@
+> [!INFO title=\"Note\"]
+> …
@@ paragraph moved @@
 Another thing.
",
    );
}

#[test]
fn a_table_is_compared_by_rows() {
    let row = |a: &str, b: &str| format!("<tr><td><p>{a}</p></td><td>{b}</td></tr>");
    let table = |rows: &[String]| format!("<table><tbody>{}</tbody></table>", rows.concat());
    let before = table(&[row("Name", "Count"), row("web", "3"), row("db", "1"), row("mail", "2")]);
    let after = table(&[
        row("Name", "Count"),
        row("web", "4"),
        row("cache", "7"),
        row("db", "1"),
        row("mail", "2"),
    ]);
    says(
        &before,
        &after,
        "
@@ table row changed @@
-| web | 3 |
+| web | 4 |
@@ table row added @@
+| cache | 7 |
",
    );
}

#[test]
fn a_cell_with_blocks_is_compared_block_by_block() {
    let table = |text: &str| {
        format!(
            "<table><tbody><tr><td><ul><li>one</li><li>{text}</li></ul></td><td>b</td></tr></tbody></table>"
        )
    };
    says(
        &table("two of it"),
        &table("three of it"),
        "
@@ list item changed @@
-- two of it
+- three of it
",
    );
    says(
        "<table><tbody><tr><td>a and b</td><td>c</td></tr></tbody></table>",
        "<table><tbody><tr><td>a and b<ul><li>new</li></ul></td><td>c</td></tr></tbody></table>",
        "
@@ list added @@
+- new
",
    );
    says(
        "<table><tbody><tr><td>a</td></tr></tbody></table>",
        "<table><tbody><tr><td colspan=\"2\">a</td></tr></tbody></table>",
        "
@@ table row changed @@
-| a |
+<table>
+<tr><td colspan=\"2\">a</td></tr>
+</table>
",
    );
}

#[test]
fn an_item_is_compared_without_the_items_below_it() {
    says(
        "<ul><li>Top of it<ul><li>Inner one</li><li>Inner two</li></ul></li></ul>",
        "<ul><li>Top of all<ul><li>Inner one</li><li>Inner 2</li></ul></li></ul>",
        "
@@ list item changed @@
-- Top of it
+- Top of all
@@ list item changed @@
-- Inner two
+- Inner 2
",
    );
}

#[test]
fn frames_are_compared_without_what_they_hold() {
    says(
        "<ol start=\"1\"><li>One</li><li>Two</li></ol><h2>Same</h2><ac:task-list><ac:task><ac:task-id>1</ac:task-id>\
         <ac:task-status>incomplete</ac:task-status><ac:task-body>Do it</ac:task-body></ac:task></ac:task-list>",
        "<ol start=\"5\"><li>One</li><li>Two</li></ol><h3>Same</h3><ac:task-list><ac:task><ac:task-id>1</ac:task-id>\
         <ac:task-status>complete</ac:task-status><ac:task-body>Do it</ac:task-body></ac:task></ac:task-list>",
        "
@@ list changed @@
-1. …
+5. …
@@ heading changed @@
-## Same
+### Same
@@ Same › task changed @@
-- [ ] Do it
+- [x] Do it
",
    );
    let panel = |name: &str| {
        format!(
            "<ac:structured-macro ac:name=\"{name}\"><ac:rich-text-body><p>It holds.</p></ac:rich-text-body></ac:structured-macro>"
        )
    };
    says(
        &panel("info"),
        &panel("warning"),
        "
@@ macro changed @@
-> [!INFO]
+> [!WARNING]
 > …
",
    );
}

#[test]
fn of_long_code_the_changed_lines_are_shown() {
    let code = |line: &str| {
        let lines: Vec<_> =
            (1..=9).map(|n| if n == 5 { line.to_owned() } else { format!("line {n}") }).collect();
        format!(
            "<ac:structured-macro ac:name=\"code\"><ac:parameter ac:name=\"language\">sh</ac:parameter>\
             <ac:plain-text-body><![CDATA[{}]]></ac:plain-text-body></ac:structured-macro>",
            lines.join("\n")
        )
    };
    says(
        &code("rm -r old"),
        &code("rm -r new"),
        "
@@ code changed @@
 …
 line 3
 line 4
-rm -r old
+rm -r new
 line 6
 line 7
 …
",
    );
}

#[test]
fn the_hidden_copy_of_an_adf_node_is_not_shown() {
    let panel = |body: &str, copy: &str| {
        format!(
            "<ac:adf-extension><ac:adf-node type=\"panel\"><ac:adf-attribute key=\"panel-type\">note</ac:adf-attribute>\
             <ac:adf-content><p>{body}</p></ac:adf-content></ac:adf-node><ac:adf-fallback><div><p>{copy}</p></div>\
             </ac:adf-fallback></ac:adf-extension>"
        )
    };
    let diff =
        compare(&panel("Old text here", "Old text here"), &panel("New text here", "New text here"));
    let kinds: Vec<_> = diff.blocks.iter().map(|block| &block.change).collect();
    assert!(
        matches!(kinds.as_slice(), [Change::Changed { .. }, Change::Invisible { .. }]),
        "{kinds:?}"
    );
}

#[test]
fn white_space_between_blocks_is_no_change_of_a_block() {
    let diff = compare("<p>a</p><p>b</p>", "<p>a</p>\n<p>b</p>\n");
    assert_eq!(diff.blocks, []);
    assert!(diff.spacing_only && !diff.is_empty());
    assert_eq!(diff.to_text(Colour::Never), "@@ white space between blocks differs @@\n");
}

#[test]
fn no_page_steers_the_terminal_or_the_console() {
    let before = "<h1>\u{1b}]0;title\u{7}&lt;b&gt;</h1><p>a</p>";
    let after = "<h1>\u{1b}]0;title\u{7}&lt;b&gt;</h1><p>a \u{1b}[2J \u{202e}&lt;script&gt;</p>";
    let diff = compare(before, after);
    let text = diff.to_text(Colour::Never);
    assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text:?}");
    let html = diff.to_html();
    assert!(!html.contains("<script") && !html.contains("<b>"), "{html}");
    assert!(!html.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{html}");
}

#[test]
fn colours_mark_changed_words() {
    let text = compare("<p>one two three</p>", "<p>one 2 three</p>").to_text(Colour::Always);
    assert!(text.contains("\u{1b}[31m-one \u{1b}[4mtwo\u{1b}[24m three\u{1b}[0m\n"), "{text:?}");
    assert!(text.contains("\u{1b}[32m+one \u{1b}[4m2\u{1b}[24m three\u{1b}[0m\n"), "{text:?}");
}

#[test]
fn html_says_in_words_what_its_elements_mean() {
    let html = compare(
        "<h1>A &amp; B</h1><p local-id=\"f0f0f0\">one two three</p>",
        "<h1>A &amp; B</h1><p local-id=\"f0f0f0\">one 2 three</p>",
    )
    .to_html();
    assert_eq!(
        html,
        "<article class=\"diff-block diff-changed\">\n\
         <p class=\"diff-where\">A &amp; B › paragraph [f0f0f0]: changed</p>\n\
         <pre class=\"diff-text\">one <del><span class=\"visually-hidden\">removed: </span>two</del>\
         <ins><span class=\"visually-hidden\">added: </span>2</ins> three</pre>\n\
         </article>\n"
    );
}

/// So many blocks that work by the square of their number would be felt.
#[test]
fn pages_of_which_nothing_is_left_compare_in_linear_time() {
    let page = |text: &str, count: usize| format!("<p>{text}</p>").repeat(count);
    let (before, after) = (page("x", 100_000), page("y", 100_000));
    assert_eq!(compare(&before, &after).blocks.len(), 200_000);
    assert_eq!(compare(&page("x", 20_000), &after).blocks.len(), 120_000);
    assert!(document::merge(&before, &after, &page("z", 100_000)).is_err());
}

#[test]
fn what_moves_between_cells_of_a_layout_has_moved() {
    let cells = |cells: [&str; 2]| {
        format!(
            "<ac:layout><ac:layout-section ac:type=\"two_equal\"><ac:layout-cell>{}</ac:layout-cell>\
             <ac:layout-cell>{}</ac:layout-cell></ac:layout-section></ac:layout>",
            cells[0], cells[1]
        )
    };
    let [a, b, c] = ["<p>About apples.</p>", "<p>Or bananas.</p>", "<p>Even cherries.</p>"];
    says(
        &cells([&[a, b].concat(), c]),
        &cells([a, &[b, c].concat()]),
        "
@@ paragraph moved @@
 Or bananas.
",
    );
    let swapped = compare(&cells([a, c]), &cells([c, a]));
    assert_eq!(swapped.blocks.len(), 1, "{swapped:?}");
    assert!(swapped.blocks[0].moved);
}

#[test]
fn what_leaves_a_frame_that_is_not_shown_has_moved() {
    let warning = |inner: &str| format!("<div class=\"warn\">{inner}</div>");
    let [a, b] = ["<p>About apples.</p>", "<p>Or bananas.</p>"];
    says(
        &warning(&[a, b].concat()),
        &(warning(a) + b),
        "
@@ paragraph moved @@
 Or bananas.
",
    );
    let rows = |head: &str, body: &str| {
        format!("<table><thead>{head}</thead><tbody>{body}</tbody></table>")
    };
    let [a, b, c] = ["a", "b", "c"].map(|text| format!("<tr><td>{text}</td></tr>"));
    let diff = compare(&rows(&format!("{a}{b}"), &c), &rows(&a, &format!("{b}{c}")));
    assert_eq!(diff.blocks.len(), 1, "{diff:?}");
    assert!(diff.blocks[0].moved && !diff.spacing_only);
    let empty = |class: &str| format!("<div class=\"{class}\"></div>");
    let diff = compare(&(empty("x") + &empty("y")), &(empty("y") + &empty("x")));
    assert!(!diff.spacing_only, "{diff:?}");
}

/// What holds for the diff of any two texts.
fn check(before: &str, after: &str) {
    let diff = compare(before, after);
    assert_eq!(diff.is_empty(), before == after, "{before}\n{after}");
    assert_eq!(diff, compare(before, after));
    if diff.spacing_only {
        let without = |page: &str| page.replace(|next: char| next.is_ascii_whitespace(), "");
        assert_eq!(without(before), without(after));
    }
    for block in &diff.blocks {
        for (range, version) in [(&block.before, before), (&block.after, after)] {
            let Some(range) = range else { continue };
            assert!(version.get(range.start as usize..range.end as usize).is_some(), "{block:?}");
        }
        if let Change::Changed { words } = &block.change {
            assert!(words.iter().any(|span| !matches!(span, Span::Same(_))), "{block:?}");
        }
    }
    let text = diff.to_text(Colour::Never);
    assert!(!text.contains('\u{1b}'));
    let mut html = diff.to_html();
    for tag in [
        "article class=\"diff-block diff-added\"",
        "article class=\"diff-block diff-removed\"",
        "article class=\"diff-block diff-changed\"",
        "article class=\"diff-block diff-invisible\"",
        "article class=\"diff-block diff-moved\"",
        "/article",
        "p class=\"diff-where\"",
        "/p",
        "pre class=\"diff-text\"",
        "/pre",
        "span class=\"visually-hidden\"",
        "/span",
        "ins",
        "/ins",
        "del",
        "/del",
    ] {
        html = html.replace(&format!("<{tag}>"), "");
    }
    assert!(!html.contains(['<', '>', '"', '\'']), "{html}");
}

fn edited(page: &str, cuts: &[(Index, usize, Index, bool)]) -> String {
    // At tags only, so that most results are well-formed enough to be read as pages.
    let mut parts: Vec<String> = page.split_inclusive('>').map(str::to_owned).collect();
    for (from, length, to, copies) in cuts {
        let start = from.index(parts.len());
        let end = (start + length).min(parts.len());
        let cut =
            if *copies { parts[start..end].to_vec() } else { parts.drain(start..end).collect() };
        let to = to.index(parts.len() + 1);
        parts.splice(to..to, cut);
    }
    parts.concat()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_two_mixes_of_markup_compare(before in laws::soup(), after in laws::soup()) {
        check(&before, &after);
    }

    #[test]
    fn a_damaged_page_compares_with_the_page(damaged in laws::damaged()) {
        check(laws::PAGE, &damaged);
        check(&damaged, laws::PAGE);
    }

    #[test]
    fn a_rearranged_page_compares_with_the_page(
        cuts in prop::collection::vec((any::<Index>(), 1..9_usize, any::<Index>(), any::<bool>()), 1..4),
    ) {
        let after = edited(laws::PAGE, &cuts);
        check(laws::PAGE, &after);
        check(&after, laws::PAGE);
    }

    /// Also of frames that no view shows, with the same in several of them.
    #[test]
    fn a_rearranged_page_of_frames_compares_with_the_page(
        cuts in prop::collection::vec((any::<Index>(), 1..9_usize, any::<Index>(), any::<bool>()), 1..4),
    ) {
        const FRAMES: &str = "<div><p>a b</p><p>c</p></div><div class=\"x\"></div><div class=\"y\"></div>\
            <table><thead><tr><td>a</td></tr></thead><tbody><tr><td>b</td></tr><tr><td>c d</td></tr></tbody></table>\
            <ac:layout><ac:layout-section><ac:layout-cell><p>e</p><p>f g</p></ac:layout-cell><ac:layout-cell>\
            <p>h</p></ac:layout-cell></ac:layout-section></ac:layout>";
        let after = edited(FRAMES, &cuts);
        check(FRAMES, &after);
        check(&after, FRAMES);
    }

    /// A word that one version has and the other has not is found in the diff.
    #[test]
    fn no_new_word_goes_unsaid(at in any::<Index>()) {
        let places: Vec<_> = laws::PAGE.match_indices("</p>").map(|(at, _)| at).collect();
        let mut after = laws::PAGE.to_owned();
        after.insert_str(places[at.index(places.len())], " xylophone");
        let text = compare(laws::PAGE, &after).to_text(Colour::Never);
        prop_assert!(text.contains("xylophone"), "{text}");
        prop_assert_eq!(text.matches("@@\n").count(), 1, "{}", text);
    }
}

#[test]
fn an_edited_word_of_a_real_page_is_one_change() {
    for page in corpus::corpus().iter().filter(|page| page.name.starts_with("real-")) {
        assert!(compare(&page.storage, &page.storage).is_empty());
        let Some(at) = page.storage.find("</p>") else { continue };
        let mut after = page.storage.clone();
        after.insert_str(at, " xylophone");
        let diff = compare(&page.storage, &after);
        assert_eq!(diff.blocks.len(), 1, "{}: {}", page.name, diff.to_text(Colour::Never));
    }
}
