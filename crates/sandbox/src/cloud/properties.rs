//! Content properties of v2, each by an id of its own.

use serde_json::{Value, json};

use super::page::{self, DEFAULT_LIMIT};
use super::shape::time;
use super::{comments, pages};
use crate::http::{Answer, Call, parse_id};
use crate::site::{Item, Key, Property, Refusal, Site};

pub(super) fn list(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let item = comments::carrier(call, &site)?;
    let cut = page::cut(call, DEFAULT_LIMIT)?;
    let wanted = call.query.get("key");
    let keyed = item
        .properties
        .iter()
        .filter(|(key, _)| wanted.is_none_or(|wanted| wanted == key.as_str()))
        .map(|(key, property)| {
            (Key { number: 0, text: key.clone(), id: 0 }, shape(&site, key, property))
        });
    Ok(page::take(call, &cut, keyed))
}

pub(super) fn get(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let item = comments::carrier(call, &site)?;
    let (key, property) = found(call, item)?;
    Ok(Answer::Json(shape(&site, key, property)))
}

pub(super) fn create(call: &Call) -> Result<Answer, Refusal> {
    let request = call.json()?;
    let key = request["key"].as_str().unwrap_or_default();
    let id = carried(call)?;
    let value = request["value"].clone();
    call.change(|site| site.create_property(call.person, id, key, value, call.now()))?;
    written(call, id, key)
}

pub(super) fn update(call: &Call) -> Result<Answer, Refusal> {
    let request = call.json()?;
    let id = carried(call)?;
    let key = {
        let site = call.shared.site();
        found(call, comments::carrier(call, &site)?)?.0.to_owned()
    };
    if request["key"].as_str() != Some(key.as_str()) {
        return Err(Refusal::Invalid("The key of a property cannot change".to_owned()));
    }
    let number =
        request["version"]["number"].as_u64().and_then(|number| u32::try_from(number).ok());
    let number = number.ok_or_else(|| Refusal::Invalid("version.number is required".to_owned()))?;
    let value = request["value"].clone();
    call.change(|site| site.update_property(call.person, id, &key, value, number, call.now()))?;
    written(call, id, &key)
}

pub(super) fn delete(call: &Call) -> Result<Answer, Refusal> {
    let id = carried(call)?;
    let key = {
        let site = call.shared.site();
        found(call, comments::carrier(call, &site)?)?.0.to_owned()
    };
    call.change(|site| site.delete_property(call.person, id, &key))?;
    Ok(Answer::Empty)
}

fn carried(call: &Call) -> Result<u64, Refusal> {
    let site = call.shared.site();
    comments::carrier(call, &site).map(|item| item.id)
}

fn found<'a>(call: &Call, item: &'a Item) -> Result<(&'a str, &'a Property), Refusal> {
    let id = parse_id(call.path("property"));
    let found = item.properties.iter().find(|(_, property)| Some(property.id) == id);
    found
        .map(|(key, property)| (key.as_str(), property))
        .ok_or_else(|| pages::not_found("property"))
}

fn written(call: &Call, id: u64, key: &str) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let property = site.item(id).and_then(|item| item.properties.get(key));
    let property = property.ok_or_else(|| pages::not_found("property"))?;
    Ok(Answer::Json(shape(&site, key, property)))
}

fn shape(site: &Site, key: &str, property: &Property) -> Value {
    json!({
        "id": property.id.to_string(),
        "key": key,
        "value": property.value,
        "version": {
            "number": property.version,
            "message": "",
            "minorEdit": false,
            "authorId": site.account(property.by).account_id,
            "createdAt": time(property.at),
        },
    })
}
