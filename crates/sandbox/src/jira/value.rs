//! What a field of an issue may hold.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::site::Person;

/// What kind of value a field takes, which decides how it is read, shown and searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldKind {
    /// One line.
    Text,
    /// ADF on version 3, wiki markup on version 2.
    Rich,
    Number,
    /// `2026-11-20`
    Date,
    Instant,
    Labels,
    Person,
    Priority,
    Resolution,
    Security,
    Components,
    Versions,
    /// Another issue.
    Parent,
    Option,
    Options,
    /// An option and one below it.
    Cascade,
    /// Shown as it is kept; cannot be set.
    Json,
    /// Kept in a place of its own; cannot be set like a value: status, comments, …
    Own,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FieldValue {
    Text(String),
    Rich(Rich),
    Number(f64),
    Instant(Timestamp),
    Names(Vec<String>),
    Person(Person),
    Id(u64),
    Ids(Vec<u64>),
    Cascade(u64, Option<u64>),
    Json(Value),
}

/// A text with markup, for both versions of the interface. What was written in one markup is
/// shown in the other as plain paragraphs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rich {
    pub adf: Value,
    pub wiki: String,
}

impl Rich {
    pub(crate) fn from_wiki(wiki: &str) -> Self {
        let paragraphs: Vec<Value> = wiki
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| json!({"type": "paragraph", "content": [{"type": "text", "text": line}]}))
            .collect();
        Self {
            adf: json!({"type": "doc", "version": 1, "content": paragraphs}),
            wiki: wiki.to_owned(),
        }
    }

    /// `None` when it is no document.
    pub(crate) fn from_adf(adf: &Value) -> Option<Self> {
        let document = adf["type"] == "doc" && adf["version"] == 1 && adf["content"].is_array();
        document.then(|| Self { adf: adf.clone(), wiki: plain(adf) })
    }
}

/// The text of a document, a line for each block.
fn plain(adf: &Value) -> String {
    let mut text = String::new();
    let mut open = vec![adf];
    while let Some(node) = open.pop() {
        match node["type"].as_str().unwrap_or_default() {
            "text" => text.push_str(node["text"].as_str().unwrap_or_default()),
            "hardBreak" => text.push('\n'),
            "mention" | "emoji" | "status" => {
                text.push_str(node["attrs"]["text"].as_str().unwrap_or_default());
            }
            "paragraph" | "heading" | "codeBlock" if !text.is_empty() => text.push('\n'),
            _ => {}
        }
        open.extend(node["content"].as_array().into_iter().flatten().rev());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_in_one_markup_reads_as_paragraphs_in_the_other() {
        let adf = json!({"type": "doc", "version": 1, "content": [
            {"type": "heading", "attrs": {"level": 1}, "content": [{"type": "text", "text": "Why"}]},
            {"type": "bulletList", "content": [{"type": "listItem", "content": [
                {"type": "paragraph", "content": [
                    {"type": "text", "text": "one "}, {"type": "mention", "attrs": {"text": "@Ada"}},
                ]},
            ]}]},
            {"type": "paragraph", "content": [
                {"type": "text", "text": "two"}, {"type": "hardBreak"}, {"type": "text", "text": "three"},
            ]},
        ]});
        assert_eq!(Rich::from_adf(&adf).unwrap().wiki, "Why\none @Ada\ntwo\nthree");
        let written = Rich::from_wiki("h1. Why\n\n* one");
        assert_eq!(written.adf["content"][1]["content"][0]["text"], "* one");
        assert_eq!(Rich::from_adf(&json!({"type": "doc"})), None);
        assert_eq!(Rich::from_adf(&json!("text")), None);
    }
}
