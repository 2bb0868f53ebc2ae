//! Arguments are checked against the schema that was shown to the caller, so that the two cannot
//! disagree, and every complaint names its argument.

use serde_json::{Map, Value};

/// What is wrong with the arguments: a sentence for the caller. Holds no more of the caller's
/// input than the name of an argument.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InvalidArguments {
    message: String,
}

impl InvalidArguments {
    /// A sentence that says which argument and what would be right.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

/// Returns the arguments without nulls, each of the type and within the bounds of `schema`.
/// A number where the schema says string becomes a string: models write ids both ways.
pub(crate) fn check(
    schema: &Map<String, Value>,
    arguments: Map<String, Value>,
) -> Result<Map<String, Value>, InvalidArguments> {
    let empty = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    let mut checked = Map::new();
    for (name, value) in arguments {
        if value.is_null() {
            continue;
        }
        let Some(property) = properties.get(&name) else {
            return Err(unknown_argument(properties));
        };
        checked.insert(name.clone(), check_one(&name, property, value)?);
    }
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    for name in required.filter_map(Value::as_str) {
        if !checked.contains_key(name) {
            return Err(InvalidArguments::new(format!("`{name}` is missing")));
        }
    }
    Ok(checked)
}

/// The caller's own name for it is not repeated: it may be anything.
fn unknown_argument(properties: &Map<String, Value>) -> InvalidArguments {
    let names: Vec<_> = properties.keys().map(|name| format!("`{name}`")).collect();
    InvalidArguments::new(match names.as_slice() {
        [] => "this tool takes no arguments".to_owned(),
        names => format!("there is an unknown argument; this tool takes {}", names.join(", ")),
    })
}

fn check_one(name: &str, property: &Value, value: Value) -> Result<Value, InvalidArguments> {
    match property.get("type").and_then(Value::as_str) {
        Some("string") => check_string(name, property, value),
        Some("integer") => check_integer(name, property, value),
        Some("boolean") if !value.is_boolean() => {
            Err(InvalidArguments::new(format!("`{name}` must be true or false")))
        }
        _ => Ok(value),
    }
}

fn check_string(name: &str, property: &Value, value: Value) -> Result<Value, InvalidArguments> {
    let text = match value {
        Value::String(text) => text,
        Value::Number(number) if number.is_u64() => number.to_string(),
        _ => return Err(InvalidArguments::new(format!("`{name}` must be a string"))),
    };
    let bound = |key| property.get(key).and_then(Value::as_u64);
    let length = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
    if bound("minLength").is_some_and(|least| length < least) || text.trim().is_empty() {
        return Err(InvalidArguments::new(format!("`{name}` must not be empty")));
    }
    if let Some(most) = bound("maxLength").filter(|most| length > *most) {
        return Err(InvalidArguments::new(format!("`{name}` must have at most {most} characters")));
    }
    Ok(Value::String(text))
}

fn check_integer(name: &str, property: &Value, value: Value) -> Result<Value, InvalidArguments> {
    let bound = |key| property.get(key).and_then(Value::as_u64);
    let least = bound("minimum").unwrap_or(0);
    let most = bound("maximum").unwrap_or(u64::MAX);
    match value.as_u64() {
        Some(number) if (least..=most).contains(&number) => Ok(value),
        _ => Err(InvalidArguments::new(format!(
            "`{name}` must be a whole number from {least} to {most}"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn complaint(arguments: Value) -> String {
        let schema = json!({
            "properties": {
                "query": {"type": "string", "maxLength": 5},
                "limit": {"type": "integer", "minimum": 1, "maximum": 50},
                "outline": {"type": "boolean"},
            },
            "required": ["query"],
        });
        let Value::Object(arguments) = arguments else { panic!("not an object") };
        let Value::Object(schema) = schema else { panic!("not an object") };
        match check(&schema, arguments) {
            Ok(checked) => Value::Object(checked).to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn arguments_are_held_to_the_schema_and_each_complaint_names_its_argument() {
        for (arguments, expected) in [
            (json!({"query": "a", "limit": null}), r#"{"query":"a"}"#),
            (json!({"query": 12}), r#"{"query":"12"}"#),
            (json!({}), "`query` is missing"),
            (json!({"query": null}), "`query` is missing"),
            (json!({"query": " "}), "`query` must not be empty"),
            (json!({"query": "abcdef"}), "`query` must have at most 5 characters"),
            (json!({"query": ["a"]}), "`query` must be a string"),
            (json!({"query": "a", "limit": 0}), "`limit` must be a whole number from 1 to 50"),
            (json!({"query": "a", "limit": 1.5}), "`limit` must be a whole number from 1 to 50"),
            (json!({"query": "a", "limit": "1"}), "`limit` must be a whole number from 1 to 50"),
            (json!({"query": "a", "outline": "yes"}), "`outline` must be true or false"),
            (
                json!({"query": "a", "SECRET": 1}),
                "there is an unknown argument; this tool takes `query`, `limit`, `outline`",
            ),
        ] {
            assert_eq!(complaint(arguments.clone()), expected, "{arguments}");
        }
    }
}
