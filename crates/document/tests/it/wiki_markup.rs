//! Wiki markup as Markdown and back: each construct by an example, the way there and back over
//! generated markup, and any text.

use crate::adf_laws::meaning;
use document::wiki;
use proptest::{collection::vec, prelude::*, sample::select};
use pulldown_cmark::{Event, Options, Parser};

fn markdown(wiki: &str) -> String {
    wiki::to_markdown(wiki).unwrap()
}

/// Both say the same, and each leads to the other.
#[track_caller]
fn same(wiki: &str, expected: &str) {
    assert_eq!(markdown(wiki), expected, "{wiki}");
    assert_eq!(wiki::from_markdown(expected).unwrap(), wiki, "{expected}");
}

#[track_caller]
fn reads(wiki: &str, expected: &str) {
    assert_eq!(markdown(wiki), expected, "{wiki}");
}

#[track_caller]
fn writes(markdown: &str, expected: &str) {
    assert_eq!(wiki::from_markdown(markdown).unwrap(), expected, "{markdown}");
}

#[track_caller]
fn refuses(markdown: &str, line: usize, message: &str) {
    let error = wiki::from_markdown(markdown).unwrap_err();
    assert_eq!((error.line(), error.to_string().as_str()), (Some(line), message));
}

#[test]
fn marks_stand_between_spaces_or_in_braces() {
    same(
        "*a* _b_ -c- +d+ x{^}2{^} H{~}2{~}O {{x < y}}",
        "**a** *b* ~~c~~ <u>d</u> x<sup>2</sup> H<sub>2</sub>O `x < y`",
    );
    same("*a _b_*", "**a *b***");
    same("{*}#{*} a", "**#** a");
    same("*a\\\\ b* c\nd", "**a\\\nb** c\\\nd");
    writes("**a\\\\\\\nb**", "*a&#92;\\\\ b*");
    reads("??who?? 2*3*4 a_b_c well-known - no", r"*who* 2\*3\*4 a_b_c well-known - no");
    reads("a -- b --- c {color:red}red{color}", "a – b — c red");
    reads("*not closed, _nor this", r"\*not closed, \_nor this");
}

#[test]
fn text_that_looks_like_markup_is_escaped() {
    same(r"\*a\* \{b} \[c] \!d", r"\*a\* {b} [c] !d");
    same(r"\# a", r"\# a");
    same(r"h1\. a", "h1. a");
    same(r"\|a", r"\|a");
    same("C:\\dir", "C:\\dir");
    writes(r"a\\*b\*", r"a&#92;\*b\*");
    reads(r"a\-b &#42; AT&T", "a-b * AT&T");
}

#[test]
fn headings_rules_and_paragraphs_are_blocks() {
    same("h2. Title\n\none\ntwo\n\n----\n\nthree", "## Title\n\none\\\ntwo\n\n---\n\nthree");
    reads("a\\\\b\\\\\nc", "a\\\nb\\\nc");
    reads("bq. said", "> said");
}

#[test]
fn lists_nest_and_mix() {
    same("* a\n** b\n*# c\n*# d\n* e\nmore", "- a\n  - b\n\n  1. c\n  2. d\n- e\\\n  more");
    same("# a\n{noformat}\nx\n{noformat}\n# b", "1. a\n\n   ```\n   x\n   ```\n2. b");
    same("* [ ] a\n** [x] b", "- [ ] a\n  - [x] b");
    same("** a", "- - a");
    same("* |a|\n* b", "- \\|a|\n- b");
    reads("- a\n- b", "- a\n- b");
}

#[test]
fn tables_have_headers_and_lines() {
    same(
        "||A||B||\n|1\\\\ 2|*x*|\n| |a\\|b|",
        "| A | B |\n|---|---|\n| 1<br>2 | **x** |\n|  | a\\|b |",
    );
    reads(
        "|a [b|https://e.org] !c.png|width=3!|d|",
        "| a [b](https://e.org) ![](attachment:c.png) | d |\n|---|---|",
    );
    same("||A||\n|{{a\\|b}}|\n|c&#92;|", "| A |\n|---|\n| `a\\|b` |\n| c\\\\ |");
    same("|a\n* b\\|&#92;|", "<table>\n<tr><td>\n\na\n\n- b|\\\\\n\n</td></tr>\n</table>");
    reads("|* a\n* b|c|", "<table>\n<tr><td>\n\n- a\n- b\n\n</td><td>c</td></tr>\n</table>");
}

#[test]
fn code_quotes_and_panels_hold_what_they_should() {
    same("{code:java}\nint *a* = {b};\n{code}", "```java\nint *a* = {b};\n```");
    same("{noformat}\n*x*\n{noformat}", "```\n*x*\n```");
    same("{code:title=A.java|java}\nx\n{code}", "```java title=\"A.java\"\nx\n```");
    same("{quote}\na\n\n* b\n{quote}", "> a\n>\n> - b");
    same("{panel:title=T}\na\n{panel}", "> [!PANEL title=\"T\"]\n> a");
    for (colour, name) in
        [("#deebff", "INFO"), ("#e3fcef", "TIP"), ("#fffae6", "NOTE"), ("#ffebe6", "WARNING")]
    {
        same(&format!("{{panel:bgColor={colour}}}\na\n{{panel}}"), &format!("> [!{name}]\n> a"));
    }
    reads("{code}a{code} b {quote}c{quote}", "```\na\n```\n\nb\n\n> c");
    same("* {quote}\na\n{quote}", "- > a");
    same("* a\n{panel:title=t}\n\n{panel}", "- a\n\n  > [!PANEL title=\"t\"]");
    reads("{panel} never closed", "{panel} never closed");
}

#[test]
fn links_mentions_files_and_pictures_are_known() {
    same("[text|https://e.org/?a=1]", "[text](https://e.org/?a=1)");
    reads("[https://e.org/\\[x]", "[https://e.org/\\[x](https://e.org/%5Bx)");
    same("{{a}}\\}\\}", "`a`}}");
    same("[a *b*|https://e.org]", "[a **b**](https://e.org)");
    same("see https://e.org/x, ABC-12", "see <https://e.org/x>, ABC-12");
    same("[~ana.b] [~accountid:7:a]", "[@ana.b](username:ana.b) [@user](user:7:a)");
    same("[^a b.pdf] [it|^a.pdf]", "[a b.pdf](<attachment:a b.pdf>) [it](attachment:a.pdf)");
    same("[#top] [up|#top]", "[top](#top) [up](#top)");
    same("!a b.png! !c.png|alt=\"x, y\"!", "![](<attachment:a b.png>) ![x, y](attachment:c.png)");
    same("!https://e.org/i.png!", "![](https://e.org/i.png)");
    same("a&#98;!c.png!d", "ab![](attachment:c.png)d");
    writes("*a\\*b![](attachment:c.png)*", "_a\\*&#98;!c.png!_");
    same("{anchor:here}x", "<macro:anchor _=\"here\"/>x");
    reads("[not a link] !no picture! [x|y]", r"[not a link] !no picture! [x|y]");
}

#[test]
fn what_wiki_markup_lacks_is_said_in_another_way() {
    writes(
        "<status colour=\"Green\">LIVE</status> <time>2024-05-02</time> ✅",
        "*LIVE* 2024-05-02 ✅",
    );
    writes("- # a\n  b", "* *a*\nb");
    writes("3. a", "# a");
    writes("**a __b__**", "*a b*");
    writes("> [!EXPAND title=\"More\"]\n> a", "{panel:title=More}\na\n{panel}");
    writes("![](attachment:a.png)<figcaption>b</figcaption>", "!a.png!\nb");
}

#[test]
fn what_wiki_markup_cannot_hold_is_refused_with_its_line() {
    refuses(
        "a\n\n<macro:toc/>",
        3,
        "line 3: the macro `toc` cannot be said in wiki markup; Jira has none of that name: write what it shows",
    );
    refuses(
        "a\n\n|b|\n|---|\n|c|d|",
        5,
        "line 5: the row `|c|d|` has more cells than the table has columns, which are 1; give its first row and the line below as many cells, or write \\| to mean the character",
    );
    refuses(
        "> > a",
        1,
        "line 1: a quote in another cannot be said in wiki markup; put one after the other",
    );
    refuses(
        "- a\n\n  | b |\n  |---|",
        3,
        "line 3: a table in a list item cannot be said in wiki markup; move it out",
    );
    refuses(
        "<table>\n<tr><td colspan=\"2\">a</td></tr>\n</table>",
        1,
        "line 1: a table cell that spans others cannot be said in wiki markup; repeat its text",
    );
    refuses(
        "[P](wiki:OPS/P)",
        1,
        "line 1: a link to a page by its title cannot be said in wiki markup; write its URL, which begins \
         with https://",
    );
    let error = wiki::from_markdown("a\n\n<adf:sync-block/>").unwrap_err();
    assert_eq!((error.code(), error.line()), ("needs_cloud", Some(3)));
}

/// Where time grew with the square of the text, these do not end.
#[test]
fn long_lines_and_deep_marks_take_linear_time() {
    let many = |part: &str| part.repeat(1_000_000 / part.len());
    for wiki in ["-", "[", "{", "!", "{*}a", "_a *b ", "{quote}{panel}", "|!", "http://", "\\\\"] {
        markdown(&format!("x {}", many(wiki)));
    }
    let nested = format!("{}b\\\n{}", many("*a **"), many("c\\\n"));
    for text in [&many("a. "), &many("1. "), &many("h1. "), &many("*a **"), &many("- "), &nested] {
        let _ = wiki::from_markdown(text);
    }
}

/// Markup and what looks like it.
fn soup() -> impl Strategy<Value = String> {
    const PARTS: [&str; 72] = [
        "a",
        "b c",
        " ",
        " ",
        "\n",
        "\n",
        "\n\n",
        "é",
        "문서",
        "h1. ",
        "bq. ",
        "* ",
        "** ",
        "# ",
        "#* ",
        "- ",
        "*",
        "_",
        "-",
        "+",
        "^",
        "~",
        "??",
        "*x*",
        "_y_",
        "{{z}}",
        "{{",
        "}}",
        "{*}",
        "{_}",
        "\\",
        "\\\\",
        "|",
        "||",
        "|c|d|\n",
        "||h||i||\n",
        "----\n",
        "{code}",
        "{code:java}",
        "{noformat}",
        "{quote}",
        "{quote}\nq\n{quote}\n",
        "{panel:title=t}",
        "{panel:bgColor=#deebff}\np\n{panel}\n",
        "{panel}",
        "{color:red}",
        "{color}",
        "{anchor:x}",
        "[t|https://e.org]",
        "[https://e.org]",
        "[~u]",
        "[^f.pdf]",
        "[#a]",
        "[",
        "]",
        "!i.png!",
        "!i.png|width=3!",
        "!",
        "https://e.org/x",
        "--",
        "---",
        "[ ] ",
        "[x] ",
        "&amp;",
        "<b>",
        "`",
        "&",
        "#",
        "1. ",
        ":)",
        "(/)",
        "{x}",
    ];
    vec(select(&PARTS[..]), 0..24).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    /// What a reader of wiki markup is shown can be written again, and then shows the same.
    #[test]
    fn views_of_wiki_markup_lead_back_to_the_same_view(wiki in soup()) {
        let shown = markdown(&wiki);
        match wiki::from_markdown(&shown) {
            Ok(written) => {
                let again = markdown(&written);
                prop_assert_eq!(meaning(&again), meaning(&shown), "{:?}\n{}", wiki, written);
                prop_assert_eq!(markdown(&wiki::from_markdown(&again).unwrap()), again);
            }
            // Containers in each other, and blocks in what holds lines only.
            Err(error) => prop_assert!(error.code() == "wiki_unsupported", "{error}\n{wiki:?}\n{shown}"),
        }
    }

    #[test]
    fn any_text_is_read(wiki in ".{0,120}") {
        let _ = wiki::from_markdown(&markdown(&wiki));
    }

    /// The view of a line holds its letters and adds none.
    #[test]
    fn text_neither_gains_nor_loses_letters(words in "[a-z0-9*_~^+{}\\[\\]|! ?\\\\-]{0,60}") {
        let letters = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
        let shown: String = Parser::new_ext(&markdown(&words), Options::ENABLE_STRIKETHROUGH)
            .filter_map(|event| match event {
                Event::Text(text) | Event::Code(text) => Some(text.to_string()),
                _ => None,
            })
            .collect();
        if !words.contains('|') && !words.contains('{') {
            prop_assert_eq!(letters(&shown), letters(&words), "{}", shown);
        }
    }
}
