use document::{estimate_tokens, plain_text, sections};

use crate::view;

/// A paragraph of at least 40 tokens.
fn long(word: &str) -> String {
    format!("<p>{}</p>", format!("{word} ").repeat(90))
}

#[test]
fn a_page_is_split_at_its_headings_with_their_path() {
    let storage = format!(
        "<p>lead</p><h1>Install *it*</h1>{}<h2>On <code>Linux</code></h2>{}<h2>On Mac</h2>{}<h1>Use</h1>{}",
        long("a"),
        long("b"),
        long("c"),
        long("d"),
    );
    let sections = sections(&view(&storage));
    let paths: Vec<_> = sections.iter().map(|section| section.path.join(" / ")).collect();
    assert_eq!(
        paths,
        ["", "Install *it*", "Install *it* / On Linux", "Install *it* / On Mac", "Use"]
    );
    assert_eq!(sections[0].markdown, "lead");
    assert_eq!((sections[0].level, sections[0].anchor.as_deref()), (0, None));
    assert_eq!((sections[2].level, sections[2].anchor.as_deref()), (2, Some("On-Linux")));
    assert!(sections[2].markdown.starts_with("## On `Linux`\n\nb b"));
    assert_eq!(sections[2].tokens, estimate_tokens(&sections[2].markdown));
}

#[test]
fn small_sections_join_the_one_before_under_the_same_parent() {
    let storage = format!(
        "<h1>A</h1>{}<h2>B</h2>{}<h2>C</h2><p>few</p><h1>D</h1><p>few</p><h2>E</h2>{}",
        long("a"),
        long("b"),
        long("e"),
    );
    let sections = sections(&view(&storage));
    let paths: Vec<_> = sections.iter().map(|section| section.path.join("/")).collect();
    assert_eq!(paths, ["A", "A/B", "D", "D/E"]);
    assert!(sections[1].markdown.ends_with("## C\n\nfew"), "C joins B");
    assert_eq!(sections[2].markdown, "# D\n\nfew", "D has another parent than B");
}

#[test]
fn headings_inside_other_blocks_do_not_split() {
    let storage = format!(
        "<h1>A</h1>{}<ul><li><h2>in a list</h2></li></ul><table><tr><td><h2>in a cell</h2></td></tr></table><blockquote><h2>quoted</h2></blockquote>",
        long("a")
    );
    assert_eq!(sections(&view(&storage)).len(), 1);
}

#[test]
fn a_heading_that_comes_again_has_another_anchor() {
    let storage = format!("<h1>A b</h1>{0}<h1>A b</h1>{0}", long("x"));
    let anchors: Vec<_> =
        sections(&view(&storage)).into_iter().filter_map(|section| section.anchor).collect();
    assert_eq!(anchors, ["A-b", "A-b.1"]);
}

#[test]
fn a_heading_is_named_by_its_words() {
    let storage = format!(
        r#"<h2>A <a href="u(1)">l\ink</a> &lt;T&gt; <ac:structured-macro ac:name="anchor"><ac:parameter ac:name="">a&gt;b</ac:parameter></ac:structured-macro><strong>b</strong>: <code>c</code> <ac:structured-macro ac:name="status"><ac:parameter ac:name="title">NEW</ac:parameter></ac:structured-macro></h2>{}"#,
        long("x")
    );
    assert_eq!(&*sections(&view(&storage))[0].path[0], r"A l\ink <T> b: c NEW");
}

#[test]
fn every_byte_of_the_view_is_in_one_section_but_for_blank_lines() {
    let storage = format!("<p>l</p><h1>A</h1>{}<h3>B</h3><p>c</p><h2>C</h2>{0}", long("a"));
    let view = view(&storage);
    let joined: Vec<_> = sections(&view).into_iter().map(|section| section.markdown).collect();
    assert_eq!(joined.join("\n\n"), view.markdown);
}

#[test]
fn plain_text_has_words_titles_and_code_and_no_markup() {
    let storage = r#"<h2>A&amp;B</h2><p>one <strong>tw</strong>o<br/>three</p>text<ac:structured-macro ac:name="info"><ac:parameter ac:name="icon">false</ac:parameter><ac:parameter ac:name="title">Head</ac:parameter><ac:rich-text-body><p>body</p></ac:rich-text-body></ac:structured-macro><ac:structured-macro ac:name="code"><ac:plain-text-body><![CDATA[a < b]]></ac:plain-text-body></ac:structured-macro><ac:task-list><ac:task><ac:task-id>77</ac:task-id><ac:task-status>complete</ac:task-status><ac:task-body>task</ac:task-body></ac:task></ac:task-list><p><ac:link><ri:page ri:content-title="Run book" /></ac:link> <time datetime="2024-05-01" /></p><ac:adf-extension><ac:adf-node type="panel"><ac:adf-content><p>once</p></ac:adf-content></ac:adf-node><ac:adf-fallback><p>once</p></ac:adf-fallback></ac:adf-extension>"#;
    assert_eq!(
        plain_text(storage),
        "A&B\none two\nthree\ntext Head\nbody\na < b\ntask\nRun book 2024-05-01\nonce"
    );
}

#[test]
fn a_long_heading_is_cut_where_it_is_repeated() {
    let storage = format!("<h1>{}</h1>{}<h2>B</h2>{1}", "a&amp;".repeat(5_000), long("x"));
    let sections = sections(&view(&storage));
    let path = &sections[1].path;
    assert_eq!(path[0].chars().count(), 201);
    assert!(path[0].ends_with("a&…"), "{}", path[0]);
    assert_eq!(&*path[1], "B");
    assert!(sections[0].markdown.len() > 10_000, "the section itself has it whole");
}

#[test]
fn a_heading_of_tags_without_an_end_is_read_in_linear_time() {
    // With a look at the rest of the line for each `<` this would take minutes.
    let storage = format!("<h1><code>{}</code></h1>", "&lt;a".repeat(200_000));
    let sections = sections(&view(&storage));
    assert!(sections[0].path[0].starts_with("<a<a<a"));
}
