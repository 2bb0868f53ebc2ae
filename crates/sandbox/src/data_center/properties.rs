//! Content properties of Data Center, each by its key.

use serde_json::{Value, json};

use super::content;
use crate::http::{Answer, Call};
use crate::site::{Property, Refusal, Site, no_property};
use crate::v1::{self, Window, shape};

const DEFAULT_LIMIT: usize = 10;
const MOST: usize = 200;

pub(super) fn list(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let item = content::found(call, &site)?;
    let cut = Window::of(call, DEFAULT_LIMIT, MOST)?;
    let all = item.properties.iter();
    let (shown, more) =
        v1::window(all.map(|(key, property)| one(call, &site, key, property)), &cut);
    Ok(Answer::Json(v1::list(call, &cut, &shown, more)))
}

pub(super) fn get(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let item = content::found(call, &site)?;
    let key = call.path("key");
    let property = item.properties.get(key).ok_or_else(|| no_property(key))?;
    Ok(Answer::Json(one(call, &site, key, property)))
}

pub(super) fn create(call: &Call) -> Result<Answer, Refusal> {
    let request = call.json()?;
    let key = request["key"].as_str().unwrap_or_default();
    let value = request["value"].clone();
    let id = found(call)?;
    call.change(|site| site.create_property(call.person, id, key, value, call.now()))?;
    written(call, id, key)
}

pub(super) fn update(call: &Call) -> Result<Answer, Refusal> {
    let request = call.json()?;
    let key = call.path("key");
    let number =
        request["version"]["number"].as_u64().and_then(|number| u32::try_from(number).ok());
    let number = number.ok_or_else(|| Refusal::Invalid("version.number is required".to_owned()))?;
    let value = request["value"].clone();
    let id = found(call)?;
    call.change(|site| site.update_property(call.person, id, key, value, number, call.now()))?;
    written(call, id, key)
}

pub(super) fn delete(call: &Call) -> Result<Answer, Refusal> {
    let id = found(call)?;
    call.change(|site| site.delete_property(call.person, id, call.path("key")))?;
    Ok(Answer::Empty)
}

fn found(call: &Call) -> Result<u64, Refusal> {
    let site = call.shared.site();
    content::found(call, &site).map(|item| item.id)
}

fn written(call: &Call, id: u64, key: &str) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let property = site.item(id).and_then(|item| item.properties.get(key));
    Ok(Answer::Json(one(call, &site, key, property.ok_or_else(|| no_property(key))?)))
}

fn one(call: &Call, site: &Site, key: &str, property: &Property) -> Value {
    json!({
        "id": property.id.to_string(),
        "key": key,
        "value": property.value,
        "version": {
            "number": property.version,
            "message": "",
            "minorEdit": false,
            "when": shape::time(call, property.at),
            "by": shape::person(call, site, property.by),
        },
        "_expandable": {"content": format!("/rest/api/content/{}", call.path("id"))},
    })
}
