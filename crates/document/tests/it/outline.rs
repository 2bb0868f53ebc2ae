//! A page by its headings, its blocks and its parts, in portions.

use document::{
    BlockKind, Budget, View, ViewOptions, estimate_tokens, list_blocks, outline, part, portion,
    to_markdown,
};
use proptest::prelude::*;

use crate::{laws, view};

const PAGE: &str = "<p>lead</p><h1>Install</h1><p>a</p><h2>On <em>Linux</em></h2><p>b</p>\
    <ac:structured-macro ac:name=\"expand\" ac:macro-id=\"e0e0e0e0\"><ac:rich-text-body><h1>Hidden</h1><p>c</p>\
    <h2>Deeper</h2><p>d</p></ac:rich-text-body></ac:structured-macro><p>e</p><h2>On Mac</h2><p>f</p>\
    <h1 local-id=\"useuse1\">Install</h1><ul><li>g</li><li>h</li></ul>";

fn read(view: &View, name: &str) -> String {
    let range = part(PAGE, view, name).expect(name);
    view.slice(&range).trim_end().to_owned()
}

#[test]
fn an_outline_has_the_headings_with_their_place_and_size() {
    let view = view(PAGE);
    let headings = outline(PAGE, &view);
    let lines: Vec<_> = headings
        .iter()
        .map(|it| format!("{} {} #{} {}", it.level, it.path.join(" > "), it.anchor, it.view.len()))
        .collect();
    assert_eq!(
        lines,
        [
            "1 Install #Install 101",
            "2 Install > On Linux #On-Linux 73",
            "1 Install > On Linux > Hidden #Hidden 34",
            "2 Install > On Linux > Hidden > Deeper #Deeper 15",
            "2 Install > On Mac #On-Mac 14",
            "1 Install #Install.1 18",
        ]
    );
    for heading in headings {
        assert_eq!(heading.tokens, estimate_tokens(view.slice(&heading.view)));
    }
}

#[test]
fn a_part_is_found_by_anchor_id_heading_and_path() {
    let view = view(PAGE);
    assert_eq!(read(&view, "#On-Mac"), "## On Mac\n\nf");
    assert_eq!(read(&view, "on mac"), "## On Mac\n\nf");
    assert_eq!(read(&view, "Install > On Mac"), "## On Mac\n\nf");
    assert_eq!(read(&view, "Install.1"), "# Install\n\n- g\n- h");
    assert_eq!(
        read(&view, "#useuse"),
        "# Install\n\n- g\n- h",
        "the id of a heading means its section"
    );
    assert!(read(&view, "e0e0e0").starts_with("> [!EXPAND]\n>\n> # Hidden"));
    assert_eq!(read(&view, "Deeper"), "> ## Deeper\n>\n> d", "a section ends with its macro");
    assert_eq!(part(PAGE, &view, "Nowhere"), None);
}

#[test]
fn a_listing_has_all_blocks_as_they_nest() {
    let listed = list_blocks(PAGE, &view(PAGE));
    let hidden = listed.iter().find(|block| block.excerpt == "# Hidden").unwrap();
    assert_eq!((hidden.kind, hidden.depth), (BlockKind::Heading(1), 1));
    assert_eq!(listed.iter().filter(|block| block.kind == BlockKind::ListItem).count(), 2);
    let long = format!("<p>{}</p>", "word ".repeat(100));
    let excerpt = &list_blocks(&long, &view(&long))[0].excerpt;
    assert!(excerpt.ends_with('…') && excerpt.chars().count() == 81, "{excerpt}");
}

fn portions(view: &View, budget: Budget) -> Vec<String> {
    let whole = 0..u32::try_from(view.markdown.len()).unwrap();
    let (mut from, mut read) = (0, Vec::new());
    loop {
        let portion = portion(view, &whole, from, budget);
        read.push(view.slice(&portion.view).to_owned());
        match portion.next {
            Some(next) => from = next,
            None => return read,
        }
    }
}

#[test]
fn a_portion_ends_between_blocks() {
    let view = view("<p>one</p><p>two</p><ul><li>three</li><li>four</li></ul><p>five</p>");
    assert_eq!(
        portions(&view, Budget::Characters(14)),
        ["one\n\ntwo", "- three", "- four\n\nfive"]
    );
    assert_eq!(portions(&view, Budget::Characters(1000)), [&*view.markdown]);
    assert_eq!(portions(&view, Budget::Tokens(3)), ["one\n\ntwo", "- three", "- four\n\nfive"]);
}

#[test]
fn a_portion_prefers_outer_blocks_and_full_budgets() {
    let panel = "<ac:structured-macro ac:name=\"info\"><ac:rich-text-body><p>b</p><p>c</p><p>dddddd</p></ac:rich-text-body></ac:structured-macro>";
    let page = format!("<p>aaaaaaaaaaaaaaaaaaaa</p>{panel}");
    assert_eq!(portions(&view(&page), Budget::Characters(36))[0], "aaaaaaaaaaaaaaaaaaaa");
    let page = format!("<p>a</p>{panel}");
    assert_eq!(portions(&view(&page), Budget::Characters(28))[0], "a\n\n> [!INFO]\n> b\n>\n> c\n>");
}

#[test]
fn a_portion_of_a_table_ends_between_rows_and_one_of_code_between_lines() {
    let row = "<tr><td>aa</td><td>bb</td></tr>";
    let table = view(&format!("<table>{}</table>", row.repeat(6)));
    for portion in portions(&table, Budget::Characters(40)) {
        assert!(portion.starts_with('|') && portion.ends_with('|'), "{portion}");
    }
    let code = view("<pre>one\ntwo\nthree\nfour</pre>");
    assert_eq!(portions(&code, Budget::Characters(12)), ["```\none\ntwo", "three\nfour", "```"]);
    assert_eq!(portions(&view("<p>abcdef</p>"), Budget::Characters(4)), ["abcd", "ef"]);
}

#[test]
fn a_portion_says_how_much_is_left() {
    let view = view("<p>one</p><p>two</p><p>문서</p>");
    let whole = 0..u32::try_from(view.markdown.len()).unwrap();
    let first = portion(&view, &whole, 0, Budget::Characters(6));
    assert_eq!((first.view, first.next, first.left), (0..3, Some(5), 7));
    let last = portion(&view, &whole, 10, Budget::Characters(6));
    assert_eq!((last.next, last.left), (None, 0));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn portions_make_up_the_page(storage in laws::soup(), size in 1..60_u32, tokens: bool) {
        let view = to_markdown(&storage, &ViewOptions::default());
        let budget = if tokens { Budget::Tokens(size) } else { Budget::Characters(size) };
        let read = portions(&view, budget);
        let words = |text: &str| text.split_whitespace().collect::<String>();
        prop_assert_eq!(words(&read.concat()), words(&view.markdown));
        for portion in &read {
            let cost = if tokens { estimate_tokens(portion) } else { u32::try_from(portion.chars().count()).unwrap() };
            prop_assert!(cost <= size, "{} for {}", portion, size);
        }
        for heading in outline(&storage, &view) {
            prop_assert!(part(&storage, &view, &heading.id.to_string()).is_some());
            prop_assert_eq!(heading.tokens, estimate_tokens(view.slice(&heading.view)));
        }
    }
}
