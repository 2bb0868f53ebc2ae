//! `weir convert`.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::house::{House, Ran};

fn feed(house: &House, arguments: &[&str], input: &[u8]) -> Ran {
    let mut child = house
        .weir(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    Ran::of(&child.wait_with_output().unwrap())
}

#[test]
fn a_page_on_standard_input_becomes_markdown() {
    let ran = feed(
        &House::new(),
        &["convert", "to-markdown"],
        b"<h1>Hello</h1><p>a <strong>b</strong></p>",
    )
    .ok();
    assert_eq!(ran.out.trim(), "# Hello\n\na **b**");
}

#[test]
fn a_page_in_a_file_becomes_markdown() {
    let house = House::new();
    let file = house.path().join("page.xhtml");
    std::fs::write(&file, "<p>x</p>").unwrap();
    let ran = house.run(&["convert", "to-markdown", file.to_str().unwrap()]).ok();
    assert_eq!(ran.out.trim(), "x");
}

#[test]
fn what_is_not_well_formed_is_converted_with_a_warning() {
    let ran = feed(&House::new(), &["convert", "to-markdown"], b"<p>one<p>two</div>").ok();
    assert!(ran.out.contains("one") && ran.out.contains("two"), "{ran:?}");
    assert!(ran.err.contains("warning"), "{ran:?}");
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let ran = feed(&House::new(), &["convert", "to-markdown"], b"<p>\xff</p>");
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.contains("input_not_utf8"), "{ran:?}");
}

#[test]
fn a_batch_answers_each_line_in_order_and_an_error_in_its_place() {
    let lines = [
        json!({"id": 1, "op": "to_markdown", "source": "<p>one</p>"}).to_string(),
        json!({"id": "two", "op": "sideways", "source": ""}).to_string(),
        "{\"id\": 3}".to_owned(),
        "not json".to_owned(),
        json!({"id": 5, "op": "to_markdown", "source": "<p>five</p>"}).to_string(),
    ];
    let ran = feed(&House::new(), &["convert", "batch"], lines.join("\n").as_bytes()).ok();
    let answers: Vec<Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers[0]["id"], 1);
    assert_eq!(answers[0]["output"].as_str().unwrap().trim(), "one");
    assert!(answers[0]["micros"].is_u64());
    assert_eq!(
        answers[1],
        json!({"id": "two", "error": {"code": "operation_unknown", "message": "`sideways` is not an operation; use `to_markdown`, `to_storage`, `to_adf`, `to_wiki`, `patch`, `diff` or `merge`"}})
    );
    assert_eq!(answers[2]["id"], 3);
    assert_eq!(answers[2]["error"]["code"], "request_malformed");
    assert_eq!(answers[3]["id"], Value::Null);
    assert_eq!(answers[4]["output"].as_str().unwrap().trim(), "five");
}

#[test]
fn a_line_of_a_batch_that_is_no_utf_8_is_refused_under_its_id() {
    let line = b"{\"id\": 7, \"op\": \"to_markdown\", \"source\": \"<p>\xff</p>\"}\n";
    let ran = feed(&House::new(), &["convert", "batch"], line).ok();
    let answer: Value = serde_json::from_str(ran.out.trim()).unwrap();
    assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(7), &json!("request_malformed")));
}

#[test]
fn markdown_becomes_storage_format_for_cloud_and_for_data_center() {
    let markdown = b"See [the runbook](wiki:OPS/Runbook).";
    let page = |body: &str| {
        format!(
            "<p>See <ac:link><ri:page ri:space-key=\"OPS\" ri:content-title=\"Runbook\" />{body}</ac:link>.</p>"
        )
    };
    let house = House::new();
    let ran = feed(&house, &["convert", "to-storage"], markdown).ok();
    assert_eq!(ran.out.trim(), page("<ac:link-body>the runbook</ac:link-body>"));
    let ran = feed(&house, &["convert", "to-storage", "--flavour", "data-center"], markdown).ok();
    let body = "<ac:plain-text-link-body><![CDATA[the runbook]]></ac:plain-text-link-body>";
    assert_eq!(ran.out.trim(), page(body));
}

#[test]
fn markdown_that_a_page_cannot_hold_is_refused_with_its_line() {
    let ran = feed(&House::new(), &["convert", "to-storage"], b"a\n\n[x](javascript:y)");
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.contains("Line 3") && ran.err.contains("address_not_allowed"), "{ran:?}");
    let ran = feed(&House::new(), &["convert", "to-storage", "--json"], b"<macro:toc");
    let error: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.status, &error["error"]["code"]), (Some(1), &json!("token_malformed")));
}

#[test]
fn adf_becomes_the_same_markdown() {
    let adf = json!({"type": "doc", "version": 1, "content": [
        {"type": "paragraph", "content": [{"type": "text", "text": "a", "marks": [{"type": "strong"}]}]}]});
    let house = House::new();
    let arguments = ["convert", "to-markdown", "--from", "adf"];
    let ran = feed(&house, &arguments, adf.to_string().as_bytes()).ok();
    assert_eq!(ran.out.trim(), "**a**");
    let ran = feed(&house, &arguments, b"<p>a</p>");
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.contains("adf_not_json"), "{ran:?}");
}

const PAGE: &str = "<p local-id=\"1\">Ask&nbsp;<ac:link><ri:user ri:account-id=\"5b\" /></ac:link> for the key.</p>\n<p>x</p>";

#[test]
fn an_edit_changes_the_bytes_of_its_words_and_no_others() {
    let house = House::new();
    let original = house.path().join("page.xhtml");
    std::fs::write(&original, PAGE).unwrap();
    let original = original.to_str().unwrap();
    let view = house.run(&["convert", "to-markdown", original]).ok().out;
    let edited = view.replace("key", "badge");
    let ran = feed(&house, &["convert", "patch", original], edited.as_bytes()).ok();
    assert_eq!(ran.out, format!("{}\n", PAGE.replace("key", "badge")));
    let ran = feed(&house, &["convert", "patch", original, "-", "--diff"], edited.as_bytes()).ok();
    assert!(ran.out.contains("-Ask") && ran.out.contains("+Ask"), "{ran:?}");
    let ran = feed(&house, &["convert", "patch", original, "--json"], edited.as_bytes()).ok();
    let patched: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(patched["changed"].as_array().map(Vec::len), Some(1));
}

#[test]
fn an_edit_that_loses_a_token_is_refused_unless_allowed() {
    let house = House::new();
    let original = house.path().join("page.xhtml");
    std::fs::write(&original, PAGE).unwrap();
    let original = original.to_str().unwrap();
    let edited = "Ask\u{a0}for the key.\n\nx";
    let ran = feed(&house, &["convert", "patch", original], edited.as_bytes());
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.contains("mention:5b") && ran.err.contains("tokens_lost"), "{ran:?}");
    let allowed = ["convert", "patch", original, "--allow-remove", "mention:5b"];
    let ran = feed(&house, &allowed, edited.as_bytes()).ok();
    assert!(!ran.out.contains("ri:user"), "{ran:?}");
}

#[test]
fn an_outline_lists_headings_and_blocks_with_their_ids() {
    let page = b"<h1>A</h1><p local-id=\"0f6a1c\">b</p><h2>C</h2>";
    let house = House::new();
    let ran = feed(&house, &["convert", "outline"], page).ok();
    assert_eq!(ran.out.lines().count(), 2);
    assert!(ran.out.contains("# A") && ran.out.contains("## C"), "{ran:?}");
    let ran = feed(&house, &["convert", "outline", "--blocks", "--json"], page).ok();
    let blocks: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(blocks["blocks"][1]["excerpt"], "b");
    assert_eq!(blocks["blocks"][1]["kind"], "paragraph");
}

#[test]
fn a_batch_writes_and_patches_too() {
    let lines = [
        json!({"id": 1, "op": "to_storage", "source": "**a**"}).to_string(),
        json!({"id": 2, "op": "patch", "original": "<p>a&nbsp;b</p>", "markdown": "a\u{a0}c"})
            .to_string(),
        json!({"id": 3, "op": "patch", "original": "<p>a</p>"}).to_string(),
        json!({"id": 4, "op": "to_storage", "source": "</time>"}).to_string(),
    ];
    let ran = feed(&House::new(), &["convert", "batch"], lines.join("\n").as_bytes()).ok();
    let answers: Vec<Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers[0]["output"], "<p><strong>a</strong></p>");
    assert_eq!(answers[1]["output"], "<p>a&nbsp;c</p>");
    assert_eq!(answers[2]["error"]["code"], "request_malformed");
    assert_eq!(answers[3]["error"]["code"], "token_unpaired");
}

#[test]
fn wiki_markup_is_read_and_written() {
    let house = House::new();
    let ran = feed(&house, &["convert", "to-markdown", "--from", "wiki"], b"h2. A\n*b*").ok();
    assert_eq!(ran.out.trim(), "## A\n\n**b**");
    let ran = feed(&house, &["convert", "to-wiki"], b"## A\n\n**b**").ok();
    assert_eq!(ran.out.trim(), "h2. A\n\n*b*");
    let ran = feed(&house, &["convert", "to-wiki", "--json"], b"a\n\n<macro:toc/>");
    assert_eq!(ran.status, Some(1));
    let answer: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(answer["error"]["code"], "wiki_unsupported");
}

/// Files with these names and contents.
fn files<const N: usize>(house: &House, files: [(&str, &str); N]) -> [String; N] {
    files.map(|(name, content)| {
        let path = house.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    })
}

#[test]
fn a_diff_is_text_html_or_json() {
    let house = House::new();
    let [old, new] = files(&house, [("old", "<p>five minutes</p>"), ("new", "<p>ten minutes</p>")]);
    let ran = house.run(&["convert", "diff", &old, &new]).ok();
    assert!(ran.out.contains("\n-five minutes\n+ten minutes\n"), "{ran:?}");
    assert!(!ran.out.contains('\u{1b}'), "{ran:?}");
    let ran = house.run(&["convert", "diff", "--html", &old, &new]).ok();
    assert!(ran.out.starts_with("<article"), "{ran:?}");
    let ran = house.run(&["convert", "diff", "--json", &old, &new]).ok();
    let diff: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(diff["blocks"][0]["change"], "changed");
    assert_eq!(house.run(&["convert", "diff", &old, &old]).ok().out, "");
}

#[test]
fn versions_are_merged_or_their_conflicts_listed() {
    let house = House::new();
    let [base, theirs, ours, other] = files(
        &house,
        [
            ("base", "<p>It takes five minutes.</p>"),
            ("theirs", "<p>It takes five hours.</p>"),
            ("ours", "<p>This takes five minutes.</p>"),
            ("other", "<p>It takes five days.</p>"),
        ],
    );
    let ran = house.run(&["convert", "merge", &base, &theirs, &ours]).ok();
    assert_eq!(ran.out.trim(), "<p>This takes five hours.</p>");
    let ran = house.run(&["convert", "merge", &base, &theirs, &other]);
    assert_eq!((ran.status, ran.out.as_str()), (Some(1), ""));
    for words in ["both_changed", "five minutes", "five hours", "five days", "merge_conflict"] {
        assert!(ran.err.contains(words), "{words}: {ran:?}");
    }
    let ran = house.run(&["convert", "merge", "--json", &base, &theirs, &other]);
    assert_eq!(ran.status, Some(1));
    let answer: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(answer["error"]["code"], "merge_conflict");
    assert_eq!(answer["error"]["conflicts"][0]["theirs"], "It takes five hours.");
}

#[test]
fn a_batch_compares_merges_and_knows_wiki_markup() {
    let lines = [
        json!({"id": 1, "op": "to_wiki", "source": "**a**"}),
        json!({"id": 2, "op": "to_markdown", "from": "wiki", "source": "*a*"}),
        json!({"id": 3, "op": "diff", "before": "<p>a b</p>", "after": "<p>a c</p>"}),
        json!({"id": 4, "op": "merge", "base": "<p>a</p>", "theirs": "<p>a</p><p>b</p>", "ours": "<p>A</p>"}),
        json!({"id": 5, "op": "merge", "base": "<p>a</p>", "theirs": "<p>b</p>", "ours": "<p>c</p>"}),
        json!({"id": 6, "op": "merge", "base": "<p>a</p>", "theirs": "<p>b</p>"}),
    ];
    let input = lines.map(|line| line.to_string()).join("\n");
    let ran = feed(&House::new(), &["convert", "batch"], input.as_bytes()).ok();
    let answers: Vec<Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers[0]["output"], "*a*");
    assert_eq!(answers[1]["output"], "**a**");
    assert_eq!(answers[2]["output"]["blocks"][0]["change"], "changed");
    assert_eq!(answers[3]["output"], "<p>A</p><p>b</p>");
    assert_eq!(answers[4]["error"]["code"], "merge_conflict");
    assert_eq!(answers[4]["error"]["conflicts"][0]["ours"], "c");
    assert_eq!(answers[5]["error"]["code"], "request_malformed");
}

/// A program on the other side may send the next line only after it has read an answer.
#[test]
fn a_batch_answers_before_the_next_line_arrives() {
    let mut child = House::new()
        .weir(&["convert", "batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    for id in 0..3 {
        writeln!(input, "{}", json!({"id": id, "op": "to_markdown", "source": "<p>x</p>"}))
            .unwrap();
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(answer["id"], id);
    }
    drop(input);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_long_page_is_read_by_part_and_in_portions() {
    let house = House::new();
    let page = "<h1>A</h1><p>one</p><h1>B</h1><p>two</p><p>three</p>";
    let part = feed(&house, &["convert", "to-markdown", "--section", "b"], page.as_bytes()).ok();
    assert_eq!(part.out, "# B\n\ntwo\n\nthree\n");

    let portion = ["convert", "to-markdown", "--section", "b", "--max-characters", "12"];
    let first = feed(&house, &portion, page.as_bytes()).ok();
    assert_eq!(first.out, "# B\n\ntwo\n");
    let start = first.err.trim().rsplit(' ').next().unwrap().to_owned();
    let rest = [&portion[..], &["--start", &start]].concat();
    let rest = feed(&house, &rest, page.as_bytes()).ok();
    assert_eq!((rest.out.as_str(), rest.err.as_str()), ("three\n", ""));

    for (arguments, code) in
        [(["--section", "C"], "section_unknown"), (["--start", "4000"], "start_unknown")]
    {
        let arguments = [&["convert", "to-markdown"][..], &arguments].concat();
        let refused = feed(&house, &arguments, page.as_bytes());
        assert_eq!(refused.status, Some(1));
        assert!(refused.err.contains(code), "{}", refused.err);
    }
    let of_adf = ["convert", "to-markdown", "--from", "adf", "--section", "b"];
    assert!(feed(&house, &of_adf, b"{}").err.contains("portion_of_storage_only"));
}

#[test]
fn markdown_becomes_adf_of_jira_and_of_confluence() {
    let house = House::new();
    let adf = feed(&house, &["convert", "to-adf"], b"**Hello** world").ok();
    let adf: Value = serde_json::from_str(&adf.out).unwrap();
    assert_eq!(adf["content"][0]["content"][0]["marks"][0]["type"], "strong");

    let toc = b"<macro:toc/>";
    assert_ne!(feed(&house, &["convert", "to-adf"], toc).status, Some(0));
    let adf = feed(&house, &["convert", "to-adf", "--target", "confluence"], toc).ok();
    assert!(adf.out.contains("extension"), "{}", adf.out);
}
