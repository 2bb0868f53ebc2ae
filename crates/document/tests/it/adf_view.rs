//! ADF as Markdown: each node and mark by an example, any JSON, and real documents beside the storage
//! format of the same pages.

use std::{fs, path::Path};

use document::{
    View, ViewOptions,
    adf::{self, AdfError, AdfView},
};
use proptest::{collection::vec, prelude::*, sample::select};
use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};
use serde_json::{Value, json};

fn view(document: &Value) -> AdfView {
    adf::to_markdown(document, &ViewOptions::default()).unwrap()
}

#[track_caller]
fn shows(content: &Value, expected: &str) {
    let document = json!({"type": "doc", "version": 1, "content": content});
    let AdfView { markdown, warnings } = view(&document);
    assert_eq!(markdown, expected.trim_matches('\n'));
    assert_eq!(warnings, []);
}

/// A paragraph of text runs with the names of their marks.
fn runs(runs: &[(&str, &[&str])]) -> Value {
    let content: Vec<_> = runs
        .iter()
        .map(|(text, marks)| {
            let marks: Vec<_> = marks.iter().map(|name| json!({"type": name})).collect();
            json!({"type": "text", "text": text, "marks": marks})
        })
        .collect();
    json!({"type": "paragraph", "content": content})
}

fn paragraph(text: &str) -> Value {
    runs(&[(text, &[])])
}

fn around(kind: &str, content: &Value) -> Value {
    json!({"type": kind, "content": content})
}

#[test]
fn marks_enclose_each_other_in_one_order() {
    shows(&json!([runs(&[("a", &["em", "strong"]), (" b", &["strong", "em"])])]), "***a b***");
    shows(&json!([runs(&[("a", &["strong"]), ("b", &["strong", "code"])])]), "**a`b`**");
    shows(
        &json!([runs(&[("del", &["strike"]), (" ", &[]), ("u", &["underline"])])]),
        "~~del~~ <u>u</u>",
    );
    shows(&json!([runs(&[("2 * 3 <b> [x](y)", &[])])]), "2 * 3 \\<b> [x\\](y)");
}

#[test]
fn a_link_over_several_runs_is_one_link() {
    let link =
        json!({"type": "link", "attrs": {"href": "https://e.org/?a=1&b=\"2\"", "title": "t"}});
    let content = json!([
        {"type": "text", "text": "see ", "marks": [link]},
        {"type": "text", "text": "this", "marks": [{"type": "strong"}, link]},
    ]);
    shows(&json!([around("paragraph", &content)]), "[see **this**](https://e.org/?a=1&b=\"2\")");
}

#[test]
fn marks_that_only_say_how_text_is_drawn_are_not_shown() {
    let marks = json!([
        {"type": "textColor", "attrs": {"color": "#ff0000"}},
        {"type": "backgroundColor", "attrs": {"color": "#ff0000"}},
        {"type": "subsup", "attrs": {"type": "sup"}},
        {"type": "annotation", "attrs": {"id": "50b132b2-0b7d", "annotationType": "inlineComment"}},
    ]);
    let document = json!({"type": "paragraph",
        "marks": [
            {"type": "alignment", "attrs": {"align": "center"}},
            {"type": "indentation", "attrs": {"level": 1}},
            {"type": "fontSize", "attrs": {"fontSize": "small"}},
        ],
        "content": [{"type": "text", "text": "x", "marks": marks}]});
    assert_eq!(view(&document).markdown, "<sup>x</sup>");
    let options = ViewOptions { comments: true, layouts: false };
    let commented = adf::to_markdown(&document, &options).unwrap();
    assert_eq!(commented.markdown, "<mark comment=\"50b132b2\"><sup>x</sup></mark>");
    assert_eq!(commented.warnings, []);
}

#[test]
fn what_stands_in_a_line_is_a_token_or_a_link() {
    let inline = json!([
        {"type": "mention", "attrs": {"id": "712020:aa", "text": "@Ana B."}},
        {"type": "hardBreak"},
        {"type": "mention", "attrs": {"id": "712020:aa"}},
        {"type": "text", "text": " "},
        {"type": "date", "attrs": {"timestamp": "1714608000000"}},
        {"type": "text", "text": " "},
        {"type": "date", "attrs": {"timestamp": "-1"}},
        {"type": "text", "text": " "},
        {"type": "status", "attrs": {"text": "LIVE", "color": "green", "style": "bold"}},
        {"type": "status", "attrs": {"text": "off", "color": "neutral"}},
        {"type": "text", "text": " "},
        {"type": "emoji", "attrs": {"shortName": ":white_check_mark:", "text": "✅"}},
        {"type": "emoji", "attrs": {"shortName": ":own:", "text": ":own:"}},
        {"type": "emoji", "attrs": {"shortName": ":plain:"}},
        {"type": "text", "text": " "},
        {"type": "inlineCard", "attrs": {"url": "https://e.org/1"}},
        {"type": "text", "text": " "},
        {"type": "inlineCard", "attrs": {"data": {"url": "https://e.org/2", "name": "Two"}}},
        {"type": "text", "text": " "},
        {"type": "placeholder", "attrs": {"text": "who?"}},
        {"type": "text", "text": " "},
        {"type": "mediaInline", "attrs": {"id": "f1", "collection": "c", "alt": "a.pdf"}},
        {"type": "mediaInline", "attrs": {"type": "image", "id": "i1", "collection": "c"}},
    ]);
    shows(
        &json!([around("paragraph", &inline)]),
        "[@Ana B.](user:712020:aa)\\\n[@user](user:712020:aa) <time>2024-05-02</time> \
         <time>1969-12-31</time> <status colour=\"Green\">LIVE</status><status>off</status> \
         ✅:own::plain: <https://e.org/1> [Two](https://e.org/2) <placeholder>who?</placeholder> \
         [a.pdf](media:f1?collection=c)![](media:i1?collection=c)",
    );
}

#[test]
fn lists_nest_and_keep_their_numbers() {
    let inner = json!({"type": "orderedList", "attrs": {"order": 3.0}, "content": [
        around("listItem", &json!([paragraph("three")])),
        around("listItem", &json!([paragraph("four"), paragraph("more")])),
    ]});
    let list =
        around("bulletList", &json!([around("listItem", &json!([paragraph("one"), inner]))]));
    shows(&json!([list]), "- one\n\n  3. three\n  4. four\n\n     more");
}

#[test]
fn tasks_nest_inside_their_list_and_decisions_have_a_state() {
    let task = |state: &str, text: &str| {
        json!({"type": "taskItem", "attrs": {"localId": "1", "state": state},
        "content": [{"type": "text", "text": text}]})
    };
    let tasks = json!({"type": "taskList", "attrs": {"localId": ""}, "content": [
        task("DONE", "one"),
        {"type": "taskList", "attrs": {"localId": ""}, "content": [task("TODO", "two")]},
        {"type": "blockTaskItem", "attrs": {"localId": "2", "state": "TODO"},
         "content": [paragraph("three"), paragraph("more")]},
    ]});
    let decisions = json!({"type": "decisionList", "attrs": {"localId": ""}, "content": [
        {"type": "decisionItem", "attrs": {"localId": "", "state": "DECIDED"},
         "content": [{"type": "text", "text": "four"}]},
    ]});
    shows(
        &json!([tasks, decisions]),
        "- [x] one\n  - [ ] two\n- [ ] three\n\n  more\n\n* <decision state=\"DECIDED\"/> four",
    );
}

#[test]
fn panels_have_the_names_of_storage_format() {
    for (kind, head) in [
        ("info", "INFO"),
        ("success", "TIP"),
        ("warning", "NOTE"),
        ("error", "WARNING"),
        ("note", "ADF-PANEL panel-type=\"note\""),
        ("tip", "ADF-PANEL panel-type=\"tip\""),
    ] {
        let panel = json!({"type": "panel", "attrs": {"panelType": kind, "localId": "1"},
            "content": [paragraph("text")]});
        shows(&json!([panel]), &format!("> [!{head}]\n> text"));
    }
    let custom = json!({"type": "panel",
        "attrs": {"panelType": "custom", "panelIcon": ":car:", "panelColor": "#fff0b3"},
        "content": [around("heading", &json!([{"type": "text", "text": "Go"}]))]});
    shows(
        &json!([custom]),
        "> [!ADF-PANEL panel-type=\"custom\" panel-icon=\":car:\" panel-color=\"#fff0b3\"]\n>\n> # Go",
    );
}

#[test]
fn expands_quotes_code_and_rules_are_blocks() {
    let expand = json!({"type": "expand", "attrs": {"title": "More \"here\""}, "content": [
        {"type": "nestedExpand", "attrs": {}, "content": [paragraph("in")]}]});
    let code = json!({"type": "codeBlock", "attrs": {"language": "rust", "wrap": true},
        "content": [{"type": "text", "text": "fn a() {\n    \"```\"\n}\n"}]});
    let plain = json!({"type": "codeBlock", "content": [{"type": "text", "text": "<a>&amp;"}]});
    shows(
        &json!([expand, around("blockquote", &json!([paragraph("q")])), code, plain,
            {"type": "rule"}, paragraph("end")]),
        "> [!EXPAND title=\"More &quot;here&quot;\"]\n>\n> > [!EXPAND]\n> > in\n\n> q\n\n\
         ````rust\nfn a() {\n    \"```\"\n}\n````\n\n```\n<a>&amp;\n```\n\n---\n\nend",
    );
}

#[test]
fn a_table_is_pipes_until_a_cell_spans_or_holds_blocks() {
    let cell = |kind: &str, content: Value| {
        json!({"type": kind, "attrs": {"colwidth": [10.0]},
        "content": content})
    };
    let row = |cells: Value| around("tableRow", &cells);
    let head = row(json!([
        cell("tableHeader", json!([paragraph("A")])),
        cell("tableHeader", json!([paragraph("B")]))
    ]));
    let body = row(json!([
        cell("tableCell", json!([paragraph("1|2"), paragraph("3")])),
        cell("tableCell", json!([]))
    ]));
    shows(
        &json!([{"type": "table", "attrs": {"layout": "default"}, "content": [head, body]}]),
        "| A | B |\n|---|---|\n| 1\\|2<br>3 |  |",
    );
    let wide = row(json!([{"type": "tableHeader", "attrs": {"colspan": 2, "rowspan": 1},
        "content": [paragraph("A")]}]));
    let list = around("bulletList", &json!([around("listItem", &json!([paragraph("x")]))]));
    let body = row(json!([cell("tableCell", json!([list])), cell("tableCell", json!([]))]));
    shows(
        &json!([around("table", &json!([wide, body]))]),
        "<table>\n<tr><th colspan=\"2\">A</th></tr>\n<tr><td>\n\n- x\n\n</td><td></td></tr>\n</table>",
    );
}

#[test]
fn media_have_their_id_and_collection_for_an_address() {
    let media = json!({"type": "media", "attrs":
        {"type": "file", "id": "i 1", "collection": "c?1", "alt": "a [1].png", "width": 10}});
    let linked = json!({"type": "media", "attrs": {"type": "external", "url": "https://e.org/i.png"},
        "marks": [{"type": "border", "attrs": {"size": 1, "color": "#091e4224"}},
            {"type": "link", "attrs": {"href": "https://e.org"}}]});
    shows(
        &json!([
            {"type": "mediaSingle", "attrs": {"layout": "center"}, "content": [media,
                around("caption", &json!([{"type": "text", "text": "Fig", "marks": [{"type": "em"}]}]))]},
            around("mediaSingle", &json!([linked])),
            around("mediaGroup", &json!([media, media])),
        ]),
        "![a \\[1\\].png](<media:i 1?collection=c%3F1>)<figcaption>*Fig*</figcaption>\n\n\
         [![](https://e.org/i.png)](https://e.org)\n\n\
         [a \\[1\\].png](<media:i 1?collection=c%3F1>) [a \\[1\\].png](<media:i 1?collection=c%3F1>)",
    );
}

#[test]
fn cards_of_their_own_say_so() {
    shows(
        &json!([
            {"type": "blockCard", "attrs": {"url": "https://e.org/b"}},
            {"type": "embedCard", "attrs": {"url": "https://e.org/e", "layout": "center"}},
            {"type": "blockCard", "attrs": {"datasource": {"id": "d", "views": []}}},
        ]),
        "[https://e.org/b](https://e.org/b \"card:block\")\n\n\
         [https://e.org/e](https://e.org/e \"card:embed\")\n\n\
         <adf:block-card datasource=\"{&quot;id&quot;:&quot;d&quot;,&quot;views&quot;:[]}\"/>",
    );
}

#[test]
fn macros_are_macros_and_apps_keep_their_adf_name() {
    let attributes = |key: &str, parameters: Value| {
        json!({"extensionType": "com.atlassian.confluence.macro.core", "extensionKey": key,
            "layout": "default", "localId": "l", "parameters": parameters})
    };
    let toc = attributes(
        "toc",
        json!({"macroParams": {"maxLevel": {"value": "3"}, "": {"value": "<x>"}},
            "macroMetadata": {"schemaVersion": {"value": "1"}}}),
    );
    let diagram = attributes(
        "plantuml",
        json!({"macroParams": {"title": {"value": "T"}, "__bodyContent": {"value": "a -> b"}}}),
    );
    let app = json!({"extensionType": "com.atlassian.ecosystem", "extensionKey": "app/1",
        "parameters": {"n": 1}});
    shows(
        &json!([
            {"type": "extension", "attrs": toc},
            {"type": "extension", "attrs": diagram},
            {"type": "bodiedExtension", "attrs": attributes("excerpt", json!({"hidden": true})),
             "content": [paragraph("body")]},
            around("paragraph", &json!([
                {"type": "text", "text": "in "},
                {"type": "inlineExtension", "attrs": attributes("jira", json!({"macroParams": {"key": {"value": "A-1"}}}))},
                {"type": "inlineExtension", "attrs": {"extensionType": "com.atlassian.confluence.macro.core",
                    "extensionKey": "unit", "text": "5 kg"}},
            ])),
            {"type": "extension", "attrs": app},
        ]),
        "<macro:toc maxLevel=\"3\" _=\"&lt;x&gt;\"/>\n\n\
         ```macro:plantuml title=\"T\"\na -> b\n```\n\n\
         > [!EXCERPT hidden=\"true\"]\n> body\n\n\
         in <macro:jira key=\"A-1\"/><macro:unit>5 kg</macro:unit>\n\n\
         <adf:extension extension-type=\"com.atlassian.ecosystem\" extension-key=\"app/1\" \
         parameters=\"{&quot;n&quot;:1}\"/>",
    );
}

#[test]
fn synced_blocks_have_their_resource() {
    let attributes = json!({"resourceId": "r-1", "localId": "l"});
    shows(
        &json!([
            {"type": "syncBlock", "attrs": attributes},
            {"type": "bodiedSyncBlock", "attrs": attributes, "content": [paragraph("body")]},
        ]),
        "<adf:sync-block resource-id=\"r-1\"/>\n\n\
         > [!ADF-BODIED-SYNC-BLOCK resource-id=\"r-1\"]\n> body",
    );
}

#[test]
fn layouts_are_shown_on_demand_with_the_widths_of_their_columns() {
    let column = |width: f64, text: &str| {
        json!({"type": "layoutColumn", "attrs": {"width": width},
        "content": [paragraph(text)]})
    };
    let section = |columns: Value| around("layoutSection", &columns);
    let document = json!({"type": "doc", "version": 1, "content": [
        section(json!([column(33.33, "a"), column(66.66, "b")])),
        section(json!([column(40.0, "c"), column(60.0, "d")])),
    ]});
    assert_eq!(view(&document).markdown, "a\n\nb\n\nc\n\nd");
    let options = ViewOptions { comments: false, layouts: true };
    assert_eq!(
        adf::to_markdown(&document, &options).unwrap().markdown,
        "<!-- section two_left_sidebar -->\n\n<!-- cell -->\n\na\n\n<!-- cell -->\n\nb\n\n\
         <!-- /section -->\n\n<!-- section 40_60 -->\n\n<!-- cell -->\n\nc\n\n<!-- cell -->\n\nd\n\n\
         <!-- /section -->",
    );
}

#[test]
fn what_the_schema_does_not_know_keeps_its_text_and_name() {
    let document = json!({"type": "doc", "content": [
        {"type": "hologram", "attrs": {"depthOfField": 2}, "content": [paragraph("kept")]},
        around("paragraph", &json!([
            {"type": "text", "text": "a", "marks": [{"type": "glow"}, {"type": "strong"}]},
            {"type": "sparkle", "content": [{"type": "text", "text": "b"}]},
            {"type": "mention", "attrs": {"text": "@Ana"}},
            {"type": "date", "attrs": {"timestamp": "soon"}},
            {"type": "text", "text": "c", "marks": [{"type": "link"}]},
            7,
        ])),
    ]});
    let AdfView { markdown, warnings } = view(&document);
    assert_eq!(
        markdown,
        "> [!ADF-HOLOGRAM depth-of-field=\"2\"]\n> kept\n\n\
         **<adf:glow/>a**<adf:sparkle/>b@Ana<adf:date timestamp=\"soon\"/>c",
    );
    let said: Vec<_> = warnings.iter().map(|warning| (warning.code, warning.at.as_str())).collect();
    assert_eq!(
        said,
        [
            ("unknown_node", "/content/0"),
            ("unknown_mark", "/content/1/content/0"),
            ("unknown_node", "/content/1/content/1"),
            ("missing_attribute", "/content/1/content/2"),
            ("invalid_date", "/content/1/content/3"),
            ("missing_attribute", "/content/1/content/4"),
            ("not_a_node", "/content/1/content/5"),
        ],
    );
}

#[test]
fn a_node_alone_is_shown_and_other_json_is_refused() {
    assert_eq!(view(&paragraph("alone")).markdown, "alone");
    for other in [json!(null), json!([]), json!("doc"), json!({"content": []})] {
        let error = adf::to_markdown(&other, &ViewOptions::default()).unwrap_err();
        assert_eq!(error.code(), "adf_not_a_document");
    }
    assert!(matches!(adf::parse("{"), Err(AdfError::NotJson(_))));
}

#[test]
fn depth_is_bounded_in_text_and_free_in_values() {
    let deep = "[".repeat(200) + &"]".repeat(200);
    assert!(matches!(adf::parse(&deep), Err(AdfError::TooDeep)));
    let mut document = paragraph("bottom");
    for _ in 0..300 {
        document = around("blockquote", &json!([document]));
    }
    let AdfView { markdown, warnings } = view(&document);
    assert!(markdown.ends_with("bottom"));
    assert_eq!(warnings.iter().map(|warning| warning.code).collect::<Vec<_>>(), ["too_deep"]);
}

const KINDS: [&str; 46] = [
    "doc",
    "paragraph",
    "text",
    "heading",
    "bulletList",
    "orderedList",
    "listItem",
    "taskList",
    "taskItem",
    "blockTaskItem",
    "decisionList",
    "decisionItem",
    "panel",
    "expand",
    "nestedExpand",
    "table",
    "tableRow",
    "tableCell",
    "tableHeader",
    "media",
    "mediaSingle",
    "mediaGroup",
    "mediaInline",
    "caption",
    "blockCard",
    "embedCard",
    "inlineCard",
    "blockquote",
    "codeBlock",
    "rule",
    "hardBreak",
    "mention",
    "emoji",
    "date",
    "status",
    "placeholder",
    "extension",
    "bodiedExtension",
    "inlineExtension",
    "layoutSection",
    "layoutColumn",
    "syncBlock",
    "bodiedSyncBlock",
    "nothing",
    "strong",
    "link",
];

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        Just(json!(3)),
        Just(json!(-2.5)),
        Just(json!({"value": "v"})),
        Just(json!({"url": "u", "name": "n"})),
        "[a-z<>&\"*|`\\\\ \n]{0,6}".prop_map(Value::String),
    ]
}

fn attributes() -> impl Strategy<Value = Value> {
    const NAMES: [&str; 18] = [
        "text",
        "level",
        "order",
        "language",
        "id",
        "url",
        "timestamp",
        "color",
        "panelType",
        "title",
        "colspan",
        "alt",
        "extensionKey",
        "extensionType",
        "parameters",
        "state",
        "data",
        "href",
    ];
    vec((select(&NAMES[..]), value()), 0..4)
        .prop_map(|pairs| pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// Nodes of every kind within each other, whether that is allowed or not.
fn node() -> impl Strategy<Value = Value> {
    const MARKS: [&str; 9] =
        ["strong", "em", "code", "link", "strike", "subsup", "annotation", "textColor", "odd"];
    let mark = (select(&MARKS[..]), attributes())
        .prop_map(|(kind, attributes)| json!({"type": kind, "attrs": attributes}));
    let leaf = (value(), vec(mark, 0..3))
        .prop_map(|(text, marks)| json!({"type": "text", "text": text, "marks": marks}));
    leaf.prop_recursive(6, 40, 5, |inner| {
        (select(&KINDS[..]), attributes(), vec(inner, 0..5)).prop_map(
            |(kind, attributes, content)| json!({"type": kind, "attrs": attributes, "content": content}),
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_tree_of_nodes_has_a_view_and_its_words(node in node()) {
        for options in [ViewOptions::default(), ViewOptions { comments: true, layouts: true }] {
            adf::to_markdown(&node, &options).unwrap();
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,80}") {
        let _ = adf::parse(&text);
    }

    /// Words of a paragraph survive whatever their marks.
    #[test]
    fn text_neither_gains_nor_loses_letters(
        words in vec(("[a-z*_`\\[\\]()~!.|+ <&-]{1,8}", vec(select(&["strong", "em", "code", "strike"][..]), 0..3)), 1..6),
    ) {
        let pieces: Vec<_> = words.iter().map(|(text, marks)| (text.as_str(), marks.as_slice())).collect();
        let letters = |text: &str| text.chars().filter(char::is_ascii_lowercase).collect::<String>();
        let wanted: String = words.iter().map(|(text, _)| text.as_str()).collect();
        let read: String = Parser::new_ext(&view(&runs(&pieces)).markdown, Options::ENABLE_STRIKETHROUGH)
            .filter_map(|event| match event {
                Event::Text(text) | Event::Code(text) => Some(text.to_string()),
                _ => None,
            })
            .collect();
        prop_assert_eq!(letters(&read), letters(&wanted));
    }
}

pub(crate) struct Document {
    pub(crate) name: String,
    pub(crate) value: Value,
}

/// The documents beside the repository; none where they are not.
pub(crate) fn corpus() -> Vec<Document> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/adf");
    let Ok(entries) = fs::read_dir(&folder) else {
        eprintln!("no corpus of ADF documents beside the repository, not tested");
        return Vec::new();
    };
    let mut documents: Vec<_> = entries
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            Document { name, value: adf::parse(&fs::read_to_string(path).unwrap()).unwrap() }
        })
        .collect();
    documents.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(documents.len() > 100, "the corpus is not whole");
    documents
}

/// Every text of a document reaches the view.
#[test]
fn texts_of_real_documents_reach_the_view() {
    for Document { name, value } in corpus() {
        let view = view(&value);
        let shown = letters(&view.markdown.replace("&amp;", "&").replace("&lt;", "<"));
        let mut open = vec![&value];
        while let Some(node) = open.pop() {
            let text = node.get("text").and_then(Value::as_str).unwrap_or_default();
            assert!(shown.contains(&letters(text)), "{name}: {text}");
            open.extend(node.get("content").and_then(Value::as_array).into_iter().flatten());
        }
        assert!(name.starts_with("fixture") || view.warnings.is_empty(), "{name}");
    }
}

fn letters(text: &str) -> String {
    text.chars().filter(|character| character.is_alphanumeric()).collect()
}

/// The storage format of the pages whose ADF is in the corpus, too.
fn pairs() -> Vec<(Document, View)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/storage");
    let pages: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().collect();
    let mut pairs = Vec::new();
    for document in corpus() {
        let prefix = document.name.trim_end_matches(".json");
        let page = pages.iter().find(|page| {
            document.name.starts_with("real")
                && page.file_name().to_string_lossy().starts_with(prefix)
        });
        if let Some(page) = page {
            let storage = fs::read_to_string(page.path()).unwrap();
            pairs.push((document, document::to_markdown(&storage, &ViewOptions::default())));
        }
    }
    pairs
}

#[test]
fn the_words_of_a_page_are_the_same_in_adf_and_storage_format() {
    let (mut same, mut all) = (0, 0);
    for (document, storage) in pairs() {
        let (ours, theirs) = (words(&view(&document.value).markdown), words(&storage.markdown));
        let common = common(&ours, &theirs);
        let longer = ours.len().max(theirs.len());
        println!("{}: {common} of {longer} words", document.name);
        same += common;
        all += longer;
    }
    println!("words in both: {same} of {all}");
    assert_eq!(same, all);
}

/// What a reader of the page sees, word by word: neither addresses nor the alternative texts of
/// pictures, for which storage format has the names of files.
fn words(markdown: &str) -> Vec<String> {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let (mut text, mut unseen) = (String::new(), 0);
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::Start(Tag::Image { .. } | Tag::Link { link_type: LinkType::Autolink, .. }) => {
                unseen += 1;
            }
            Event::End(TagEnd::Image) => unseen -= 1,
            Event::End(TagEnd::Link) if unseen > 0 => unseen -= 1,
            Event::Text(words) | Event::Code(words) if unseen == 0 => text.push_str(&words),
            Event::Start(_) | Event::SoftBreak | Event::HardBreak | Event::Html(_) => {
                text.push(' ');
            }
            _ => {}
        }
    }
    text.split_whitespace().map(str::to_owned).collect()
}

/// The length of the longest common subsequence.
fn common(ours: &[String], theirs: &[String]) -> usize {
    let mut row = vec![0; theirs.len() + 1];
    for word in ours {
        let mut diagonal = 0;
        for (at, other) in theirs.iter().enumerate() {
            let above = row[at + 1];
            row[at + 1] = if word == other { diagonal + 1 } else { above.max(row[at]) };
            diagonal = above;
        }
    }
    row[theirs.len()]
}
