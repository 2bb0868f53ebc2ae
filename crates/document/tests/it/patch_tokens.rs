//! What is no text neither vanishes nor doubles nor becomes something else.

use document::{PatchError, PatchOptions, TokenKind, ViewOptions, patch, to_markdown};

use crate::patch_text::becomes;

const PAGE: &str = include_str!("page.xhtml");

/// How the view of the page shows each token, and the token's name.
const TOKENS: [(&str, &str); 12] = [
    ("[@user](user:712020:aa-bb)", "mention:712020:aa-bb"),
    ("<status colour=\"Green\">STABLE</status>", "macro:status"),
    ("<time>2026-03-04</time>", "date"),
    ("✅", "emoji::check_mark:"),
    ("<macro:toc maxLevel=\"3\"/>", "macro:toc"),
    ("![](attachment:flow.png)<figcaption>How a request *flows*</figcaption>", "image:flow.png"),
    ("[@user](userkey:8a7f)", "mention:8a7f"),
    ("<mark comment=\"e8e647e6\">old way</mark>", "comment:e8e647e6-0000"),
    ("<macro:jira server=\"Our Jira\" key=\"HAR-12\"/>", "macro:jira"),
    ("```macro:plantuml\na -> b : hi\n```", "macro:plantuml"),
    ("<placeholder>Add your own</placeholder>", "placeholder"),
    ("<at:var name=\"team\"/>", "template:at:var"),
];

fn options() -> PatchOptions {
    let view = ViewOptions { comments: true, layouts: true };
    PatchOptions { view, ..PatchOptions::default() }
}

fn markdown() -> String {
    to_markdown(PAGE, &options().view).markdown
}

#[test]
fn a_token_that_vanishes_refuses_the_write_unless_it_is_named() {
    for (shown, name) in TOKENS {
        let edited = markdown().replacen(shown, "", 1);
        assert_ne!(edited, markdown(), "{shown}");
        match patch(PAGE, &edited, &options()) {
            Err(PatchError::TokensLost { tokens }) => {
                assert_eq!(tokens.iter().map(ToString::to_string).collect::<Vec<_>>(), [name]);
            }
            other => unreachable!("{shown}: {other:?}"),
        }
        let allowed = PatchOptions { allow_remove: vec![name.to_owned()], ..options() };
        let patched = patch(PAGE, &edited, &allowed).expect(&edited);
        assert_eq!(patched.removed.len(), 1, "{shown}");
    }
}

#[test]
fn a_token_that_doubles_refuses_the_write() {
    for (shown, name) in TOKENS {
        let between = if shown.starts_with("```") { "\n\n" } else { " " };
        let edited = markdown().replacen(shown, &format!("{shown}{between}{shown}"), 1);
        match patch(PAGE, &edited, &options()) {
            Err(PatchError::TokensDoubled { tokens }) => assert_eq!(tokens[0].to_string(), name),
            // A typed emoji is a character, and text is not put into a comment.
            Ok(patched) if shown == "✅" => assert_eq!(patched.added, []),
            Err(PatchError::Unsupported { .. })
                if name.starts_with("comment") || name.starts_with("image") => {}
            other => unreachable!("{shown}: {other:?}"),
        }
    }
}

#[test]
fn a_macro_is_doubled_however_it_is_written() {
    // White space around the body, what the view hides, and the order of parameters differ in a copy.
    let page = r#"<ac:structured-macro ac:name="info"><ac:parameter ac:name="serverId">x</ac:parameter><ac:parameter ac:name="icon">false</ac:parameter><ac:parameter ac:name="title">T &amp; U</ac:parameter><ac:rich-text-body>
  <p>Ask <span style="color: red;">first</span>.</p>
</ac:rich-text-body></ac:structured-macro>"#;
    let view = to_markdown(page, &ViewOptions::default()).markdown;
    let twice = format!("{view}\n\n{view}");
    let error = patch(page, &twice, &PatchOptions::default()).unwrap_err();
    assert_eq!(error.code(), "tokens_doubled");
    let other = view.replace("first", "later");
    let patched = patch(page, &format!("{view}\n\n{other}"), &PatchOptions::default()).unwrap();
    assert_eq!(patched.added.len(), 1);
}

#[test]
fn the_anchor_of_a_comment_is_not_copied_into_another_block() {
    let view = ViewOptions { comments: true, layouts: false };
    let page = "<p>a <ac:inline-comment-marker ac:ref=\"12a4f118-0000-4000\">b</ac:inline-comment-marker></p>";
    let markdown = to_markdown(page, &view).markdown;
    let options = PatchOptions { view, ..PatchOptions::default() };
    let error = patch(page, &format!("{markdown}\n\n{markdown}"), &options).unwrap_err();
    assert_eq!(error.code(), "tokens_doubled");
}

#[test]
fn another_date_may_be_added() {
    let page = "<p>Due <time datetime=\"2026-03-04\" /></p>";
    let view = to_markdown(page, &ViewOptions::default()).markdown;
    let patched =
        patch(page, &format!("{view} or <time>2026-03-05</time>"), &PatchOptions::default());
    assert_eq!(patched.unwrap().added.len(), 1);
}

#[test]
fn a_token_that_becomes_something_else_refuses_the_write() {
    for (shown, _) in TOKENS {
        for other in ["<macro:other/>", "<macro:children depth=\"2\"/>"] {
            let edited = markdown().replacen(shown, other, 1);
            let error = patch(PAGE, &edited, &options()).unwrap_err();
            let refused =
                matches!(error, PatchError::TokensLost { .. } | PatchError::Unsupported { .. });
            assert!(refused, "{shown}: {error}");
        }
    }
}

#[test]
fn a_token_that_moves_keeps_its_bytes() {
    for (shown, name) in TOKENS {
        let alone = shown.starts_with("```") || name == "image:flow.png" || name == "macro:toc";
        if alone || name.starts_with("comment") || shown == "✅" {
            continue;
        }
        let edited =
            markdown().replacen(shown, "", 1).replacen("Slow is", &format!("Slow {shown} is"), 1);
        let patched = patch(PAGE, &edited, &options()).unwrap();
        assert_eq!((patched.removed, patched.added), (vec![], vec![]), "{shown}");
    }
}

#[test]
fn the_anchor_of_a_comment_stays_while_its_text_is_edited_unseen() {
    let view = to_markdown(PAGE, &ViewOptions::default()).markdown;
    let edited = view.replace("The old way is", "The very old *path* is");
    let patched = patch(PAGE, &edited, &PatchOptions::default()).unwrap();
    let marked = "<ac:inline-comment-marker ac:ref=\"e8e647e6-0000\">old <em>path</em></ac:inline-comment-marker>";
    assert!(patched.storage.contains(&format!("The very {marked} is")), "{}", patched.storage_diff);
    let error = patch(PAGE, &view.replace("old way ", ""), &PatchOptions::default()).unwrap_err();
    let PatchError::TokensLost { tokens } = error else { unreachable!("{error}") };
    assert_eq!(tokens[0].kind, TokenKind::Comment);
}

#[test]
fn both_copies_of_an_adf_panel_change() {
    let view = to_markdown(PAGE, &ViewOptions::default()).markdown;
    let patched = patch(PAGE, &view.replace("Purple.", "Violet & blue."), &PatchOptions::default());
    assert_eq!(patched.unwrap().storage, PAGE.replace("Purple.", "Violet &amp; blue."));
}

#[test]
fn a_page_that_is_not_well_formed_is_not_written() {
    let error = patch("<p>a<b>c</p>", "ac", &PatchOptions::default()).unwrap_err();
    assert_eq!(error.code(), "not_well_formed");
}

#[test]
fn a_date_becomes_another_day_and_nothing_else() {
    let page = "<p>on <time datetime=\"2024-05-01\" /></p>";
    becomes(page, "2024-05-01", "2024-02-29", "<p>on <time datetime=\"2024-02-29\" /></p>");
    for (from, to) in [("05-01", "13-45"), ("05-01", "02-30"), ("on", "<time>2024-13-45</time> on")]
    {
        let markdown = to_markdown(page, &ViewOptions::default()).markdown.replace(from, to);
        let error = patch(page, &markdown, &PatchOptions::default()).unwrap_err();
        assert_eq!(error.code(), "unsupported_edit", "{error}");
    }
}
