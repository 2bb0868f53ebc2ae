//! Markdown as ADF: each construct by an example, the way there and back over generated and real
//! documents, and any text.

use document::{
    ViewOptions,
    adf::{self, AdfOptions, Target},
};
use proptest::{collection::vec, prelude::*, sample::select};
use pulldown_cmark::{Event, Options, Parser};
use serde_json::{Value, json};

use crate::{adf_schema, adf_view};

const CONFLUENCE: AdfOptions = AdfOptions { target: Target::Confluence };
const SHOWN: ViewOptions = ViewOptions { comments: false, layouts: true };

fn view(document: &Value) -> String {
    adf::to_markdown(document, &SHOWN).unwrap().markdown
}

fn written(markdown: &str) -> Value {
    let document = adf::from_markdown(markdown, &CONFLUENCE).unwrap();
    assert_eq!(adf_schema::wrong(&document), [""; 0], "{markdown}");
    document
}

/// The content of the document that `markdown` makes.
#[track_caller]
fn makes(markdown: &str, expected: &Value) {
    assert_eq!(&written(markdown)["content"], expected, "{markdown}");
}

/// What ADF says in another way: the view of the document that `markdown` makes.
#[track_caller]
fn becomes(markdown: &str, expected: &str) {
    assert_eq!(view(&written(markdown)), expected);
}

#[track_caller]
fn refuses(markdown: &str, line: usize, message: &str) {
    let error = adf::from_markdown(markdown, &CONFLUENCE).unwrap_err();
    assert_eq!((error.line(), error.to_string().as_str()), (Some(line), message));
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

fn marked(words: &str, marks: &[&str]) -> Value {
    let marks: Vec<_> = marks.iter().map(|name| json!({"type": name})).collect();
    json!({"type": "text", "text": words, "marks": marks})
}

fn block(kind: &str, content: impl Into<Value>) -> Value {
    let content: Value = content.into();
    json!({"type": kind, "content": content})
}

fn paragraph(words: &str) -> Value {
    block("paragraph", json!([text(words)]))
}

fn item(words: &str) -> Value {
    block("listItem", json!([paragraph(words)]))
}

#[test]
fn a_row_with_more_cells_than_columns_is_refused() {
    refuses(
        "a\n\n|b|\n|---|\n|c|d|",
        5,
        "line 5: the row `|c|d|` has more cells than the table has columns, which are 1; give its first row and the line below as many cells, or write \\| to mean the character",
    );
}

#[test]
fn text_has_its_marks() {
    makes(
        "a **b *c*** ~~d~~ <u>e</u> H<sub>2</sub>O `x < y`",
        &json!([block(
            "paragraph",
            json!([
                text("a "),
                marked("b ", &["strong"]),
                marked("c", &["strong", "em"]),
                text(" "),
                marked("d", &["strike"]),
                text(" "),
                marked("e", &["underline"]),
                text(" H"),
                json!({"type": "text", "text": "2", "marks": [{"type": "subsup", "attrs": {"type": "sub"}}]}),
                text("O "),
                marked("x < y", &["code"]),
            ])
        )]),
    );
    makes(
        "one\ntwo\\\nthree",
        &json!([block(
            "paragraph",
            json!([
        text("one two"), {"type": "hardBreak"}, text("three")])
        )]),
    );
    assert_eq!(written(""), json!({"type": "doc", "version": 1, "content": []}));
}

#[test]
fn code_takes_no_mark_but_a_link() {
    makes(
        "**a `b`** [`c`](https://e.org)",
        &json!([block(
            "paragraph",
            json!([
                marked("a ", &["strong"]),
                marked("b", &["code"]),
                text(" "),
                {"type": "text", "text": "c", "marks": [
                    {"type": "link", "attrs": {"href": "https://e.org"}}, {"type": "code"}]},
            ])
        )]),
    );
}

#[test]
fn links_mentions_cards_dates_and_statuses_stand_in_lines() {
    makes(
        "[see **it**](https://e.org \"T\") [@Ana B.](user:712020:aa) [@user](user:b) \
         <https://e.org/x> <time>2024-05-02</time> <status colour=\"Green\">LIVE</status> \
         <status>off</status> :tada: ✅ <placeholder>who</placeholder>",
        &json!([block(
            "paragraph",
            json!([
                {"type": "text", "text": "see ", "marks": [
                    {"type": "link", "attrs": {"href": "https://e.org", "title": "T"}}]},
                {"type": "text", "text": "it", "marks": [
                    {"type": "link", "attrs": {"href": "https://e.org", "title": "T"}},
                    {"type": "strong"}]},
                text(" "),
                {"type": "mention", "attrs": {"id": "712020:aa", "text": "@Ana B."}},
                text(" "),
                {"type": "mention", "attrs": {"id": "b"}},
                text(" "),
                {"type": "inlineCard", "attrs": {"url": "https://e.org/x"}},
                text(" "),
                {"type": "date", "attrs": {"timestamp": "1714608000000"}},
                text(" "),
                {"type": "status", "attrs": {"text": "LIVE", "color": "green"}},
                text(" "),
                {"type": "status", "attrs": {"text": "off", "color": "neutral"}},
                text(" "),
                {"type": "emoji", "attrs": {"shortName": ":tada:", "text": ":tada:"}},
                text(" ✅ "),
                {"type": "placeholder", "attrs": {"text": "who"}},
            ])
        )]),
    );
}

#[test]
fn headings_rules_quotes_code_and_panels_are_blocks() {
    makes(
        "# A\n\n---\n\n> q\n\n```rust\nfn a() {}\n```\n\n> [!TIP]\n> done\n\n\
         > [!ADF-PANEL panel-type=\"custom\" panel-color=\"#fff0b3\"]\n> own\n\n\
         > [!EXPAND title=\"More\"]\n> in",
        &json!([
            {"type": "heading", "attrs": {"level": 1}, "content": [text("A")]},
            {"type": "rule"},
            block("blockquote", json!([paragraph("q")])),
            {"type": "codeBlock", "attrs": {"language": "rust"}, "content": [text("fn a() {}")]},
            {"type": "panel", "attrs": {"panelType": "success"}, "content": [paragraph("done")]},
            {"type": "panel", "attrs": {"panelType": "custom", "panelColor": "#fff0b3"},
             "content": [paragraph("own")]},
            {"type": "expand", "attrs": {"title": "More"}, "content": [paragraph("in")]},
        ]),
    );
}

#[test]
fn lists_nest_and_count() {
    makes(
        "3. three\n4. four\n   - in",
        &json!([{"type": "orderedList", "attrs": {"order": 3}, "content": [
            item("three"),
            block("listItem", json!([paragraph("four"), block("bulletList", json!([item("in")]))])),
        ]}]),
    );
    makes(
        "-\n- a",
        &json!([block(
            "bulletList",
            json!([block("listItem", json!([{"type": "paragraph", "content": []}])), item("a")])
        )]),
    );
}

#[test]
fn tasks_and_decisions_are_lists_of_their_own() {
    makes(
        "- [x] one\n  - [ ] two\n- [ ] three\n\n  more\n- plain\n\n* <decision state=\"DECIDED\"/> yes",
        &json!([
            {"type": "taskList", "attrs": {"localId": "1"}, "content": [
                {"type": "taskItem", "attrs": {"state": "DONE", "localId": "2"}, "content": [text("one")]},
                {"type": "taskList", "attrs": {"localId": "3"}, "content": [
                    {"type": "taskItem", "attrs": {"state": "TODO", "localId": "4"},
                     "content": [text("two")]}]},
                {"type": "blockTaskItem", "attrs": {"localId": "5", "state": "TODO"},
                 "content": [paragraph("three"), paragraph("more")]},
            ]},
            block("bulletList", json!([item("plain")])),
            {"type": "decisionList", "attrs": {"localId": "6"}, "content": [
                {"type": "decisionItem", "attrs": {"localId": "7", "state": "DECIDED"},
                 "content": [text("yes")]}]},
        ]),
    );
}

#[test]
fn tables_have_header_cells_and_spans() {
    let cell = |kind: &str, words: &str| block(kind, json!([paragraph(words)]));
    makes(
        "| A | B |\n|---|---|\n| 1<br>2 | |",
        &json!([block(
            "table",
            json!([
                block("tableRow", json!([cell("tableHeader", "A"), cell("tableHeader", "B")])),
                block(
                    "tableRow",
                    json!([
                        block(
                            "tableCell",
                            json!([block(
                                "paragraph",
                                json!([
                    text("1"), {"type": "hardBreak"}, text("2")])
                            )])
                        ),
                        block("tableCell", json!([{"type": "paragraph", "content": []}])),
                    ])
                ),
            ])
        )]),
    );
    makes(
        "<table>\n<tr><td colspan=\"2\">\n\n- x\n\n</td></tr>\n</table>",
        &json!([block(
            "table",
            json!([block(
                "tableRow",
                json!([
            {"type": "tableCell", "attrs": {"colspan": 2}, "content": [
                block("bulletList", json!([item("x")]))]}])
            )])
        )]),
    );
}

#[test]
fn pictures_and_files_are_media() {
    let media = |attributes: Value| json!({"type": "media", "attrs": attributes});
    let single = |content: Value| {
        json!({"type": "mediaSingle", "attrs": {"layout": "center"},
        "content": content})
    };
    let file = json!({"type": "file", "id": "i", "collection": "c?", "alt": "a.pdf"});
    makes(
        "![A](media:i?collection=c%3F)<figcaption>*Fig*</figcaption>\n\n\
         [![](https://e.org/i.png)](https://e.org)\n\n\
         [a.pdf](media:i?collection=c%3F) [a.pdf](media:i?collection=c%3F)\n\n\
         see [a.pdf](media:i?collection=c%3F)",
        &json!([
            single(json!([
                media(json!({"type": "file", "id": "i", "collection": "c?", "alt": "A"})),
                block("caption", json!([marked("Fig", &["em"])])),
            ])),
            single(
                json!([{"type": "media", "attrs": {"type": "external", "url": "https://e.org/i.png"},
                "marks": [{"type": "link", "attrs": {"href": "https://e.org"}}]}])
            ),
            block("mediaGroup", json!([media(file.clone()), media(file.clone())])),
            block("paragraph", json!([text("see "), {"type": "mediaInline", "attrs": file}])),
        ]),
    );
}

#[test]
fn cards_macros_and_layouts_are_nodes() {
    makes(
        "[x](https://e.org \"card:block\")\n\n[y](https://e.org \"card:embed\")\n\n\
         <macro:toc maxLevel=\"3\"/>\n\n```macro:plantuml title=\"T\"\na -> b\n```\n\n\
         > [!EXCERPT]\n> in <macro:jira key=\"A-1\"/>",
        &json!([
            {"type": "blockCard", "attrs": {"url": "https://e.org"}},
            {"type": "embedCard", "attrs": {"url": "https://e.org", "layout": "center"}},
            {"type": "extension", "attrs": {"extensionType": "com.atlassian.confluence.macro.core",
                "extensionKey": "toc", "parameters": {"macroParams": {"maxLevel": {"value": "3"}}}}},
            {"type": "extension", "attrs": {"extensionType": "com.atlassian.confluence.macro.core",
                "extensionKey": "plantuml", "parameters": {"macroParams": {
                    "title": {"value": "T"}, "__bodyContent": {"value": "a -> b"}}}}},
            {"type": "bodiedExtension", "attrs": {"extensionType": "com.atlassian.confluence.macro.core",
                "extensionKey": "excerpt", "parameters": {"macroParams": {}}},
             "content": [block("paragraph", json!([text("in "), {"type": "inlineExtension",
                "attrs": {"extensionType": "com.atlassian.confluence.macro.core", "extensionKey": "jira",
                    "parameters": {"macroParams": {"key": {"value": "A-1"}}}}}]))]},
        ]),
    );
    makes(
        "<!-- section two_equal -->\n\n<!-- cell -->\n\na\n\n<!-- cell -->\n\nb\n\n<!-- /section -->",
        &json!([block(
            "layoutSection",
            json!([
                {"type": "layoutColumn", "attrs": {"width": 50.0}, "content": [paragraph("a")]},
                {"type": "layoutColumn", "attrs": {"width": 50.0}, "content": [paragraph("b")]},
            ])
        )]),
    );
}

#[test]
fn what_a_list_or_quote_cannot_hold_stands_beside_it() {
    becomes("1. a\n\n   > q\n\n   more\n2. b", "1. a\n\n> q\n\nmore\n\n2. b");
    becomes("- a\n  - b\n\n    ---\n- c", "- a\n  - b\n\n---\n\n- c");
    becomes("> a\n>\n> > b\n>\n> c", "> a\n\n> b\n\n> c");
    becomes("- # Title\n  text", "- **Title**\n\n  text");
    becomes("- [ ] a\n\n  ```\n  x\n  ```\n- [x] b", "- [ ] a\n\n```\nx\n```\n\n- [x] b");
}

#[test]
fn titles_and_pictures_are_said_in_another_way() {
    becomes("> [!INFO title=\"Heads up\"]\n> text", "> [!INFO]\n> **Heads up**\n>\n> text");
    becomes("```python title=\"a.py\"\nx\n```", "**a.py**\n\n```python\nx\n```");
    becomes("a ![b](https://e.org/i.png) c", "a [b](https://e.org/i.png) c");
    becomes("a\\\n![](https://e.org/i.png)", "a\n\n![](https://e.org/i.png)");
    becomes(
        "> [!EXPAND title=\"a\"]\n>\n> > [!EXPAND title=\"b\"]\n> > c",
        "> [!EXPAND title=\"a\"]\n>\n> > [!EXPAND title=\"b\"]\n> > c",
    );
}

#[test]
fn what_adf_cannot_hold_is_refused_with_its_line() {
    refuses(
        "a\n\n> [!INFO]\n>\n> | a |\n> |---|",
        5,
        "line 5: a table cannot stand in a panel in ADF; move it out",
    );
    refuses(
        "a\n\n[P](wiki:OPS/P)",
        3,
        "line 3: a link to a page by its title cannot be said in ADF; write its URL, which begins with https://",
    );
    refuses(
        "- a\n- ![x](attachment:x.png)",
        2,
        "line 2: a picture that is an attachment cannot be said in ADF; write its URL, or the `media:` \
         address that a view of the document has",
    );
    refuses(
        "[@ana](username:ana)",
        1,
        "line 1: a mention by user name or user key cannot be said in ADF; write it with the account id: \
         [@name](user:ACCOUNT_ID)",
    );
    refuses(
        "\n<time>2024-01-15T10:30:00Z</time>",
        2,
        "line 2: a date that is no day (`2024-01-15T10:30:00Z`) cannot be said in ADF; write a day such as 2024-05-01",
    );
    refuses(
        "<status colour=\"Pink\">x</status>",
        1,
        "line 1: a status that is `pink` cannot be said in ADF; use Grey, Purple, Blue, Red, Yellow or Green",
    );
    refuses(
        "<adf:hologram/>",
        1,
        "line 1: a node `hologram` cannot be said in ADF; ADF has none: write what it shows",
    );
    refuses(
        "<adf:sync-block/>",
        1,
        "line 1: a node `syncBlock` without `resourceId` cannot be said in ADF; write it as a view of the \
         document has it",
    );
    let broken = adf::from_markdown("a\n\n<macro:toc x=\"", &CONFLUENCE).unwrap_err();
    assert_eq!((broken.code(), broken.line()), ("token_malformed", Some(3)));
    let deep: Vec<_> = (0..30).map(|level| "  ".repeat(level) + "- a").collect();
    let deep = deep.join("\n");
    let error = adf::from_markdown(&deep, &CONFLUENCE).unwrap_err();
    assert_eq!((error.code(), error.line()), ("adf_unsupported", Some(28)));
    let deeper = adf::from_markdown(&("> ".repeat(500) + "a"), &CONFLUENCE).unwrap_err();
    assert_eq!((deeper.code(), deeper.line()), ("too_deep", Some(1)));
}

#[test]
fn jira_has_no_macros_and_takes_the_alerts_of_github() {
    let jira = AdfOptions::default();
    let error = adf::from_markdown("a\n\n<macro:toc/>", &jira).unwrap_err();
    assert_eq!((error.code(), error.line()), ("adf_unsupported", Some(3)));
    let document = adf::from_markdown("> [!CAUTION]\n> a", &jira).unwrap();
    assert_eq!(document["content"][0]["attrs"], json!({"panelType": "error"}));
}

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
