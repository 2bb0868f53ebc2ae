//! Labels of v1: on Cloud the only way to write them.

use serde_json::{Value, json};

use super::{Window, find, list, shape, window};
use crate::http::{Answer, Call};
use crate::site::{Item, Refusal, Site};

const DEFAULT_LIMIT: usize = 200;

pub(crate) fn labels(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let item = find(call, &site)?;
    let none = call.query.get("prefix").is_some_and(|prefix| prefix != "global");
    let names = item.labels.iter().filter(|_| !none);
    let cut = Window::of(call, DEFAULT_LIMIT, DEFAULT_LIMIT)?;
    let (shown, more) = window(names.map(|name| shape::label(&site, name)), &cut);
    Ok(Answer::Json(list(call, &cut, &shown, more)))
}

/// One label or a list of them; answers all labels of the content.
pub(crate) fn add_labels(call: &Call) -> Result<Answer, Refusal> {
    let id = found(call)?;
    let request = call.json()?;
    let wanted = match &request {
        Value::Array(many) => many.iter().collect(),
        one => vec![one],
    };
    let mut names = Vec::new();
    for label in wanted {
        let name = label["name"].as_str();
        names.push(name.ok_or_else(|| Refusal::Invalid("A label needs a name".to_owned()))?);
    }
    call.change(|site| {
        for name in &names {
            site.add_label(call.person, id, name)?;
        }
        Ok(())
    })?;
    let site = call.shared.site();
    let all = site.item(id).map(|item| all(&site, item)).unwrap_or_default();
    let cut = Window { start: 0, limit: DEFAULT_LIMIT };
    Ok(Answer::Json(list(call, &cut, &all, false)))
}

fn all(site: &Site, item: &Item) -> Vec<Value> {
    item.labels.iter().map(|name| shape::label(site, name)).collect()
}

/// The name comes in the path or as `name`.
pub(crate) fn remove_label(call: &Call) -> Result<Answer, Refusal> {
    let id = found(call)?;
    let name = match call.path("label") {
        "" => call.query.get("name").unwrap_or_default(),
        name => name,
    };
    let carried = call.change(|site| site.remove_label(call.person, id, name))?;
    if carried {
        Ok(Answer::Empty)
    } else {
        Err(Refusal::NotFound(format!("No label found with name: {}", json!(name))))
    }
}

fn found(call: &Call) -> Result<u64, Refusal> {
    let site = call.shared.site();
    find(call, &site).map(|item| item.id)
}
