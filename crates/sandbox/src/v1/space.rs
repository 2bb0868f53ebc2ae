//! Spaces are made, changed and removed through v1 on both products.

use serde_json::{Value, json};

use super::long_task::begun;
use super::{Expand, shape};
use crate::content::everybody;
use crate::http::{Answer, Call};
use crate::site::Refusal;

pub(crate) fn create_space(call: &Call) -> Result<Answer, Refusal> {
    let request = call.json()?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (key, name) = (text(&request["key"]), text(&request["name"]));
    let description = text(&request["description"]["plain"]["value"]);
    let id = call.change(|site| {
        site.create_space(call.person, &key, &name, &description, call.now(), everybody())
    })?;
    saved(call, id)
}

pub(crate) fn update_space(call: &Call) -> Result<Answer, Refusal> {
    let request = call.json()?;
    let name = request["name"].as_str();
    let description = request["description"]["plain"]["value"].as_str();
    let key = call.path("key");
    let id = call.change(|site| site.update_space(call.person, key, name, description))?;
    saved(call, id)
}

pub(crate) fn delete_space(call: &Call) -> Result<Answer, Refusal> {
    let key = call.path("key");
    let task = call.change(|site| {
        site.delete_space(call.person, key)?;
        Ok(site.begin_long_task("com.atlassian.confluence.spaces.delete"))
    })?;
    Ok(begun(call, task))
}

fn saved(call: &Call, id: u64) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let space = site.space(id).ok_or_else(|| Refusal::NotFound("No such space".to_owned()))?;
    let mut value = shape::space(call, &site, space, &Expand::default());
    value["_links"]["base"] = json!(call.base());
    value["_links"]["context"] = json!(call.context());
    Ok(Answer::Json(value))
}
