//! Templates: Cloud alone has them in its interface.

use serde_json::{Value, json};

use super::{Expand, Window, list, shape, window};
use crate::http::{Answer, Call};
use crate::site::{Refusal, Site, Template};

const DEFAULT_LIMIT: usize = 25;
const MOST: usize = 200;

/// Those of a space, or without one those of the whole site.
pub(crate) fn page_templates(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let space = match call.query.get("spaceKey") {
        None => None,
        Some(key) => {
            let space = site.visible_space_key(call.person, key);
            let missing = || Refusal::Forbidden("The space cannot be viewed".to_owned());
            Some(space.ok_or_else(missing)?.id)
        }
    };
    let expand = Expand::parse(call.query.all("expand"));
    let of_space = site.templates().iter().filter(|template| template.space == space);
    let cut = Window::of(call, DEFAULT_LIMIT, MOST)?;
    let (shown, more) = window(of_space.map(|template| one(call, &site, template, &expand)), &cut);
    Ok(Answer::Json(list(call, &cut, &shown, more)))
}

/// The sandbox has none.
pub(crate) fn blueprints(call: &Call) -> Result<Answer, Refusal> {
    let cut = Window::of(call, DEFAULT_LIMIT, MOST)?;
    Ok(Answer::Json(list(call, &cut, &[], false)))
}

pub(crate) fn template(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let id = call.path("id");
    let template = site.templates().iter().find(|template| template.id.to_string() == id);
    let visible = template.filter(|template| {
        template.space.is_none_or(|space| site.visible_space(call.person, space).is_some())
    });
    let missing = || Refusal::NotFound(format!("No template found with id: {id}"));
    let expand = Expand::parse(call.query.all("expand"));
    Ok(Answer::Json(one(call, &site, visible.ok_or_else(missing)?, &expand)))
}

fn one(call: &Call, site: &Site, template: &Template, expand: &Expand) -> Value {
    let mut value = json!({
        "templateId": template.id.to_string(),
        "name": template.name,
        "description": "",
        "labels": [],
        "templateType": "page",
        "editorVersion": "v2",
        "_expandable": {},
        "_links": {"self": format!("{}/rest/api/template/{}", call.base(), template.id)},
    });
    if let Some(space) = template.space.and_then(|space| site.space(space)) {
        value["space"] = shape::space(call, site, space, &Expand::default());
    }
    if expand.has_path("body.storage") {
        let body = &*template.body;
        let storage = json!({"value": body, "representation": "storage", "embeddedContent": []});
        value["body"] = json!({"storage": storage});
    }
    value
}
