//! Markdown as ADF and back: over generated and real documents, and any text.

use document::{
    ViewOptions,
    adf::{self, AdfOptions, Target},
};
use proptest::{collection::vec, prelude::*, sample::select};
use pulldown_cmark::{Event, Options, Parser};
use serde_json::{Value, json};

use crate::{
    adf_schema, adf_view,
    adf_write::{CONFLUENCE, SHOWN, block, marked, text, view},
};

/// Real documents come back from their view, if the schema takes them.
#[test]
fn views_of_real_documents_lead_back_to_the_same_view() {
    let (mut valid, mut other, mut same) = (0, 0, 0);
    for document in adf_view::corpus() {
        for options in [ViewOptions::default(), SHOWN] {
            let shown = adf::to_markdown(&document.value, &options).unwrap().markdown;
            let back = adf::from_markdown(&shown, &CONFLUENCE).map(|back| {
                assert_eq!(adf_schema::wrong(&back), [""; 0], "{}", document.name);
                adf::to_markdown(&back, &options).unwrap().markdown
            });
            let is_same = back.as_ref().is_ok_and(|back| *back == shown);
            if adf_schema::faults(&document.value).is_empty() {
                assert!(is_same, "{}: {back:?}\n{shown}", document.name);
                valid += 1;
            } else {
                other += 1;
                same += usize::from(is_same);
            }
        }
    }
    println!("{valid} views of valid documents lead back, and {same} of {other} others");
    assert!(same * 100 >= other * 75);
}

mod generated {
    //! Documents that the schema takes, with words that look like markup.

    use super::*;

    fn words() -> impl Strategy<Value = String> {
        const WORDS: [&str; 40] = [
            "a",
            "b1",
            "é",
            "문서",
            "x_y",
            "*",
            "**",
            "_",
            "`",
            "~~",
            "[",
            "]",
            "](",
            "(x)",
            "<",
            ">",
            "<b>",
            "&amp;",
            "&",
            "#",
            "-",
            "+",
            "1.",
            "|",
            "\\",
            "!",
            "[!INFO]",
            ":tada:",
            "::",
            "@ana",
            "https://e.org",
            "<macro:x/>",
            "=",
            "\"q\"",
            "{",
            "^",
            "\u{a0}",
            "✅",
            "10:30:00",
            ".",
        ];
        vec((select(&WORDS[..]), select(&["", " "][..])), 1..5)
            .prop_map(|words| words.into_iter().flat_map(|(word, space)| [word, space]).collect())
    }

    fn run() -> impl Strategy<Value = Value> {
        const MARKS: [&[&str]; 8] = [
            &[],
            &[],
            &["strong"],
            &["em"],
            &["strong", "em"],
            &["strike"],
            &["underline"],
            &["code"],
        ];
        let link = json!({"type": "link", "attrs": {"href": "https://e.org/(a)?b=1&c"}});
        let plain = (words(), select(&MARKS[..])).prop_map(|(words, marks)| {
            if marks.is_empty() { text(&words) } else { marked(&words, marks) }
        });
        let linked = words().prop_map(
            move |words| json!({"type": "text", "text": format!("l{words}"), "marks": [link]}),
        );
        let atoms = select(vec![
            json!({"type": "hardBreak"}),
            json!({"type": "mention", "attrs": {"id": "a:b", "text": "@Ana (B.) [x]"}}),
            json!({"type": "mention", "attrs": {"id": "a:b"}}),
            json!({"type": "date", "attrs": {"timestamp": "1714608000000"}}),
            json!({"type": "status", "attrs": {"text": "a < b", "color": "red"}}),
            json!({"type": "inlineCard", "attrs": {"url": "https://e.org/x?a=1&b=2"}}),
            json!({"type": "placeholder", "attrs": {"text": "who"}}),
            json!({"type": "mediaInline", "attrs": {"type": "image", "id": "i", "collection": "c"}}),
            json!({"type": "mediaInline", "attrs": {"type": "file", "id": "i", "collection": "c"}}),
            json!({"type": "inlineExtension", "attrs": {"extensionKey": "jira",
                "extensionType": "com.atlassian.confluence.macro.core",
                "parameters": {"macroParams": {"key": {"value": "A-1 \"<`|>\""}}}}}),
        ]);
        prop_oneof![4 => plain, 1 => linked, 2 => atoms]
    }

    fn line() -> impl Strategy<Value = Value> {
        vec(run(), 0..5).prop_map(Value::Array)
    }

    fn paragraph() -> impl Strategy<Value = Value> {
        line().prop_map(|line| block("paragraph", line))
    }

    fn leaf() -> impl Strategy<Value = Value> {
        let picture =
            json!({"type": "media", "attrs": {"type": "file", "id": "i", "collection": "c"}});
        prop_oneof![
            4 => line().prop_map(|line| {
                let mut line = line.as_array().unwrap().clone();
                line.push(json!({"type": "mention", "attrs": {"id": "z"}}));
                block("paragraph", Value::Array(line))
            }),
            1 => ("[a-z`~\n <&>]{0,20}", select(&["", "rust"][..])).prop_map(|(code, language)| {
                let mut block = json!({"type": "codeBlock"});
                if !language.is_empty() {
                    block["attrs"] = json!({"language": language});
                }
                if !code.is_empty() {
                    block["content"] = json!([text(&code)]);
                }
                block
            }),
            1 => line().prop_map(move |line| {
                let line: Vec<_> = line.as_array().unwrap().iter().filter(|node| {
                    !matches!(node["type"].as_str(), Some("mediaInline" | "inlineExtension"))
                }).collect();
                json!({"type": "mediaSingle", "attrs": {"layout": "center"},
                    "content": [picture, {"type": "caption", "content": line}]})
            }),
        ]
    }

    /// Blocks that lists hold. Items without a word are left out: three of them in each other are a
    /// rule to Markdown.
    fn listed() -> impl Strategy<Value = Value> {
        leaf().prop_recursive(3, 12, 3, |inner| {
            let items = vec(vec(inner, 1..3), 1..3).prop_map(|items| {
                items
                    .into_iter()
                    .map(|item| block("listItem", Value::Array(item)))
                    .collect::<Value>()
            });
            prop_oneof![
                items.clone().prop_map(|items| block("bulletList", items)),
                (items, 0..12_u32).prop_map(|(items, order)| {
                    json!({"type": "orderedList", "attrs": {"order": order}, "content": items})
                }),
            ]
        })
    }

    fn tasks() -> impl Strategy<Value = Value> {
        let task = (line(), any::<bool>()).prop_map(|(line, done)| {
            json!({"type": "taskItem", "attrs": {"localId": "", "state": if done { "DONE" } else { "TODO" }},
                "content": line})
        });
        vec(task, 1..4).prop_map(|mut tasks| {
            if tasks.len() > 2
                && let Some(last) = tasks.pop()
            {
                tasks
                    .push(json!({"type": "taskList", "attrs": {"localId": ""}, "content": [last]}));
            }
            json!({"type": "taskList", "attrs": {"localId": ""}, "content": tasks})
        })
    }

    fn heading() -> impl Strategy<Value = Value> {
        (1..7_u8, line()).prop_map(
            |(level, line)| json!({"type": "heading", "attrs": {"level": level}, "content": line}),
        )
    }

    fn panel() -> impl Strategy<Value = Value> {
        let kinds = select(&["info", "note", "warning", "error", "success"][..]);
        let inside = prop_oneof![3 => listed(), 1 => heading(), 1 => tasks(), 1 => Just(json!({"type": "rule"}))];
        (kinds, vec(inside, 1..3)).prop_map(|(kind, content)| {
            json!({"type": "panel", "attrs": {"panelType": kind}, "content": content})
        })
    }

    fn table() -> impl Strategy<Value = Value> {
        let cell = (vec(prop_oneof![5 => paragraph(), 1 => listed()], 1..3), any::<bool>());
        let cell = cell.prop_map(|(content, header)| {
            block(if header { "tableHeader" } else { "tableCell" }, Value::Array(content))
        });
        vec((cell.clone(), cell), 1..3)
            .prop_map(|rows| {
                rows.into_iter()
                    .map(|(left, right)| block("tableRow", json!([left, right])))
                    .collect::<Value>()
            })
            .prop_map(|rows| block("table", rows))
    }

    fn any_block() -> impl Strategy<Value = Value> {
        let expand = vec(prop_oneof![listed(), panel(), table()], 1..3).prop_map(|content| {
            json!({"type": "expand", "attrs": {"title": "a \"b\" <c>"}, "content": content})
        });
        prop_oneof![
            4 => listed(),
            1 => heading(),
            1 => tasks(),
            1 => panel(),
            1 => table(),
            1 => expand,
            1 => vec(listed(), 1..3).prop_map(|content| block("blockquote", Value::Array(content))),
            1 => Just(json!({"type": "rule"})),
            1 => Just(json!({"type": "blockCard", "attrs": {"url": "https://e.org/b"}})),
        ]
    }

    pub(super) fn document() -> impl Strategy<Value = Value> {
        vec(any_block(), 1..4)
            .prop_map(|content| json!({"type": "doc", "version": 1, "content": content}))
    }
}

/// Lines that are markup of the dialect or look like it.
fn soup() -> impl Strategy<Value = String> {
    const PARTS: [&str; 62] = [
        "a",
        " b",
        "\n",
        "\n\n",
        "\n\n",
        "# ",
        "- ",
        "1. ",
        "- [ ] ",
        "- [x] ",
        "> ",
        ">> ",
        "  ",
        "    ",
        "**",
        "*",
        "`",
        "~~",
        "[",
        "](https://e.org)",
        "](user:a)",
        "](media:i)",
        "![x](media:i?collection=c)",
        "![y](https://e.org/i.png)",
        "<https://e.org>",
        "---\n",
        "```\n",
        "```rust\n",
        "```macro:x\n",
        "| a | b |\n|---|---|\n| c | d |\n",
        "| ",
        "<table>\n<tr><td>",
        "</td></tr>\n</table>\n",
        "<td>",
        "<br>",
        "\\",
        "\\\n",
        "<u>",
        "</u>",
        "<code>",
        "</code>",
        "<status>x</status>",
        "<time>2024-05-01</time>",
        "> [!INFO]\n",
        "> [!EXPAND title=\"t\"]\n",
        "> [!ADF-PANEL panel-type=\"note\"]\n",
        "> [!XY a=\"b\"]\n",
        "<macro:toc/>",
        "<macro:i>",
        "</macro:i>",
        "<adf:date timestamp=\"1\"/>",
        "<adf:x/>",
        "<decision/> ",
        "<figcaption>",
        "</figcaption>",
        "<placeholder>",
        "</placeholder>",
        ":tada:",
        "<!-- section two_equal -->\n\n<!-- cell -->\n\n",
        "<!-- cell -->\n\n",
        "<!-- /section -->\n\n",
        "&lt;",
    ];
    vec(select(&PARTS[..]), 0..30).prop_map(|parts| parts.concat())
}

/// What a reader of Markdown finds in a view, whichever way it is escaped.
pub(crate) fn meaning(markdown: &str) -> Vec<String> {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut events: Vec<String> = Vec::new();
    let mut text = String::new();
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::Text(words) => text.push_str(&words),
            event => {
                if !text.is_empty() {
                    events.push(std::mem::take(&mut text));
                }
                events.push(format!("{event:?}"));
            }
        }
    }
    events.push(text);
    events
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn views_of_valid_documents_lead_back_to_the_same_view(document in generated::document()) {
        let faults = adf_schema::faults(&document);
        prop_assert!(faults.is_empty(), "{faults:?}");
        let shown = view(&document);
        let back = adf::from_markdown(&shown, &CONFLUENCE);
        prop_assert!(back.is_ok(), "{shown}\n{back:?}");
        let back = back.unwrap();
        prop_assert_eq!(adf_schema::wrong(&back), Vec::<String>::new());
        let again = view(&back);
        prop_assert_eq!(meaning(&again), meaning(&shown), "{}\n{}\n{}", shown, again, back);
        // White space at the edges of marks is gone now, and with it what it made ambiguous.
        prop_assert_eq!(view(&adf::from_markdown(&again, &CONFLUENCE).unwrap()), again);
    }

    #[test]
    fn any_markdown_makes_a_valid_document_or_is_refused_with_a_line(markdown in soup()) {
        for target in [Target::Jira, Target::Confluence] {
            match adf::from_markdown(&markdown, &AdfOptions { target }) {
                Ok(document) => prop_assert_eq!(adf_schema::wrong(&document), Vec::<String>::new()),
                Err(error) => {
                    let lines = markdown.lines().count().max(1);
                    prop_assert!(error.line().is_some_and(|line| (1..=lines).contains(&line)), "{error}");
                }
            }
        }
    }

    #[test]
    fn any_text_makes_a_valid_document_or_is_refused(markdown in ".{0,120}") {
        if let Ok(document) = adf::from_markdown(&markdown, &AdfOptions::default()) {
            prop_assert_eq!(adf_schema::wrong(&document), Vec::<String>::new());
        }
    }
}
