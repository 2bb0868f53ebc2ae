//! Bodies in another representation. Nothing is rendered here: the value stays what it is.

use serde_json::json;

use crate::http::{Answer, Call, parse_id};
use crate::site::Refusal;

/// Cloud answers an id; the result is there when it is asked for the second time.
pub(crate) fn begin_conversion(call: &Call) -> Result<Answer, Refusal> {
    let to = call.path("id");
    let value = value(call, to)?;
    let id = call.change(|site| Ok(site.keep_conversion(to, &value)))?;
    Ok(Answer::Json(json!({"asyncId": id.to_string()})))
}

pub(crate) fn conversion(call: &Call) -> Result<Answer, Refusal> {
    let word = call.path("id");
    call.change(|site| {
        let found = parse_id(word).and_then(|id| site.ask_for_conversion(id));
        let missing = || Refusal::NotFound(format!("No conversion found with id: {word}"));
        let found = found.ok_or_else(missing)?;
        if !found.is_done() {
            return Ok(Answer::Json(json!({"renderTaskId": word, "status": "WORKING"})));
        }
        Ok(Answer::Json(json!({
            "value": found.value,
            "representation": found.representation,
            "renderTaskId": word,
            "status": "COMPLETED",
        })))
    })
}

/// Data Center answers the result.
pub(crate) fn convert(call: &Call) -> Result<Answer, Refusal> {
    let to = call.path("to");
    Ok(Answer::Json(json!({"value": value(call, to)?, "representation": to})))
}

fn value(call: &Call, to: &str) -> Result<String, Refusal> {
    let request = call.json()?;
    let known = ["storage", "view", "export_view", "styled_view", "editor"];
    if !known.contains(&to) {
        return Err(Refusal::Invalid(format!("Cannot convert to '{to}'")));
    }
    match (request["representation"].as_str(), request["value"].as_str()) {
        (Some("storage" | "wiki" | "editor"), Some(value)) => Ok(value.to_owned()),
        (_, None) => Err(Refusal::Invalid("value is required".to_owned())),
        (from, _) => {
            Err(Refusal::Invalid(format!("Cannot convert from '{}'", from.unwrap_or_default())))
        }
    }
}
