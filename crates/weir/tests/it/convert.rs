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
        json!({"id": "two", "error": {"code": "operation_unknown", "message": "`sideways` is not an operation; use `to_markdown`"}})
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
