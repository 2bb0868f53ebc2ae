//! Markdown as ADF: each construct by an example.

use document::{
    ViewOptions,
    adf::{self, AdfOptions, Target},
};
use serde_json::{Value, json};

use crate::adf_schema;

pub(crate) const CONFLUENCE: AdfOptions = AdfOptions { target: Target::Confluence };
pub(crate) const SHOWN: ViewOptions = ViewOptions { comments: false, layouts: true };

pub(crate) fn view(document: &Value) -> String {
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

pub(crate) fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

pub(crate) fn marked(words: &str, marks: &[&str]) -> Value {
    let marks: Vec<_> = marks.iter().map(|name| json!({"type": name})).collect();
    json!({"type": "text", "text": words, "marks": marks})
}

pub(crate) fn block(kind: &str, content: impl Into<Value>) -> Value {
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
    becomes("a [link]() to nowhere", "a link to nowhere");
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
