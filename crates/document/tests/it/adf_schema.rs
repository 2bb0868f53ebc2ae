//! Whether a document is one: by the published schema of ADF where that is at hand, and by rules of
//! our own everywhere.

use std::{fs, path::Path, sync::OnceLock};

use serde_json::Value;

/// Why the schema of ADF does not take `document`; empty when it does, or is not at hand.
pub(crate) fn faults(document: &Value) -> Vec<String> {
    let Some(schema) = schema() else { return Vec::new() };
    let mut faults = Vec::new();
    // The schema says for each place which nodes may stand there, so that the innermost fault says
    // most.
    if !is_valid(schema, schema, document) {
        innermost(schema, document, "", &mut faults);
        faults.push(format!("not a document: {document}"));
    }
    faults
}

fn schema() -> Option<&'static Value> {
    static SCHEMA: OnceLock<Option<Value>> = OnceLock::new();
    let read = || {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../../shared/corpus/adf-schema-57.7.22-full.json");
        let text = fs::read_to_string(path).ok();
        if text.is_none() {
            eprintln!("no schema of ADF beside the repository, not tested");
        }
        Some(serde_json::from_str(&text?).unwrap())
    };
    SCHEMA.get_or_init(read).as_ref()
}

/// Nodes that no definition of the schema takes.
fn innermost(schema: &Value, node: &Value, at: &str, faults: &mut Vec<String>) {
    let definitions = schema["definitions"].as_object().unwrap();
    let known = definitions.values().any(|definition| is_valid(schema, definition, node));
    for (place, child) in node["content"].as_array().into_iter().flatten().enumerate() {
        innermost(schema, child, &format!("{at}/content/{place}"), faults);
    }
    if !known && faults.is_empty() {
        faults.push(format!("{at}: {node}"));
    }
}

/// JSON Schema draft 4, as far as the schema of ADF uses it.
fn is_valid(root: &Value, schema: &Value, value: &Value) -> bool {
    let rules = schema.as_object().unwrap();
    rules.iter().all(|(rule, expected)| match rule.as_str() {
        "$ref" => {
            let name = expected.as_str().unwrap().rsplit('/').next().unwrap();
            is_valid(root, &root["definitions"][name], value)
        }
        "anyOf" => expected.as_array().unwrap().iter().any(|schema| is_valid(root, schema, value)),
        "allOf" => expected.as_array().unwrap().iter().all(|schema| is_valid(root, schema, value)),
        "enum" => expected.as_array().unwrap().contains(value),
        "type" => match expected.as_str().unwrap() {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            other => unreachable!("no type {other}"),
        },
        "required" => {
            let names = expected.as_array().unwrap().iter();
            names.map(|name| name.as_str().unwrap()).all(|name| value.get(name).is_some())
        }
        "properties" => {
            let properties = expected.as_object().unwrap().iter();
            properties
                .filter_map(|(name, schema)| Some((value.get(name)?, schema)))
                .all(|(value, schema)| is_valid(root, schema, value))
        }
        "additionalProperties" => {
            let known = |name: &String| rules["properties"].get(name).is_some();
            expected == true || value.as_object().is_none_or(|object| object.keys().all(known))
        }
        "items" => {
            let mut values = value.as_array().into_iter().flatten().enumerate();
            values.all(|(place, value)| match expected {
                Value::Array(schemas) => {
                    schemas.get(place).is_none_or(|schema| is_valid(root, schema, value))
                }
                schema => is_valid(root, schema, value),
            })
        }
        "minItems" => {
            value.as_array().is_none_or(|items| items.len() as u64 >= expected.as_u64().unwrap())
        }
        "maxItems" => {
            value.as_array().is_none_or(|items| items.len() as u64 <= expected.as_u64().unwrap())
        }
        "minLength" => {
            value.as_str().is_none_or(|text| text.len() as u64 >= expected.as_u64().unwrap())
        }
        "minimum" => value.as_f64().is_none_or(|number| number >= expected.as_f64().unwrap()),
        "maximum" => value.as_f64().is_none_or(|number| number <= expected.as_f64().unwrap()),
        "pattern" => value.as_str().is_none_or(|text| fits(expected.as_str().unwrap(), text)),
        "$schema" | "description" | "definitions" => true,
        other => unreachable!("no rule {other}"),
    })
}

/// The patterns of the schema: colours.
fn fits(pattern: &str, text: &str) -> bool {
    let names = ["neutral", "purple", "blue", "red", "yellow", "green"];
    let is_number = |length: usize| {
        text.len() == length + 1
            && text.starts_with('#')
            && text.bytes().skip(1).all(|byte| byte.is_ascii_hexdigit())
    };
    match pattern {
        "^#[0-9a-fA-F]{6}$" => is_number(6),
        "^#[0-9a-fA-F]{8}$|^#[0-9a-fA-F]{6}$" => is_number(6) || is_number(8),
        "^(neutral|purple|blue|red|yellow|green|#[0-9a-fA-F]{6})$" => {
            is_number(6) || names.contains(&text)
        }
        other => unreachable!("no pattern {other}"),
    }
}

/// What is wrong with a document: by the schema, and by rules that editors have and a schema does not
/// say, or that hold where none is at hand.
pub(crate) fn wrong(document: &Value) -> Vec<String> {
    let mut wrong = faults(document);
    let (mut ids, mut open) = (Vec::new(), vec![document]);
    while let Some(node) = open.pop() {
        let content = node["content"].as_array().map_or(&[][..], Vec::as_slice);
        open.extend(content);
        ids.extend(node["attrs"].get("localId").map(Value::to_string));
        if !is_sound(node, content) {
            wrong.push(node.to_string());
        }
    }
    let given = ids.len();
    ids.sort();
    ids.dedup();
    if ids.len() < given {
        wrong.push("two nodes have one localId".to_owned());
    }
    wrong
}

fn is_sound(node: &Value, content: &[Value]) -> bool {
    const NEVER_EMPTY: [&str; 13] = [
        "bulletList",
        "orderedList",
        "taskList",
        "decisionList",
        "table",
        "tableRow",
        "listItem",
        "tableCell",
        "tableHeader",
        "panel",
        "expand",
        "nestedExpand",
        "blockquote",
    ];
    let marks: Vec<_> =
        node["marks"].as_array().into_iter().flatten().map(|mark| mark["type"].as_str()).collect();
    let code = marks.contains(&Some("code"));
    let twice = (1..marks.len()).any(|place| marks[..place].contains(&marks[place]));
    let foreign = marks.iter().any(|name| !matches!(name, Some("code" | "link")));
    let empty = content.is_empty() && NEVER_EMPTY.contains(&node["type"].as_str().unwrap());
    // Two runs of text with the same marks would be one.
    let divided = content.windows(2).any(|pair| {
        let texts = pair.iter().all(|node| node["type"] == "text");
        texts && pair[0]["marks"] == pair[1]["marks"]
    });
    !(twice || code && foreign || empty || divided || node["text"] == "")
}
