//! What is below a piece of content: children and descendants, by type.

use serde_json::{Map, Value, json};

use super::content;
use crate::http::{Answer, Call};
use crate::site::{Item, Kind, Refusal, Site};
use crate::v1::{self, Expand, Window, shape};

const DEFAULT_LIMIT: usize = 25;
const ATTACHMENTS_DEFAULT_LIMIT: usize = 50;

/// A map from type to list; only the types in `expand` are filled.
pub(super) fn children(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let item = content::found(call, &site)?;
    let expand = Expand::parse(call.query.all("expand"));
    let mut value = v1::children(call, &site, item, &expand);
    value["_links"]["base"] = json!(call.base());
    value["_links"]["context"] = json!(call.context());
    Ok(Answer::Json(value))
}

pub(super) fn children_of_type(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let item = content::found(call, &site)?;
    let kind = content::kind(Some(call.path("type")))?;
    let everything = kind == Kind::Comment && call.query.get("depth") == Some("all");
    let below = if everything {
        comments_below(call, &site, item)
    } else {
        v1::below(call, &site, item, kind)
    };
    let location = call.query.all("location");
    let name = call.query.get("filename");
    let kept = below
        .into_iter()
        .filter(|item| {
            kind != Kind::Comment || location.is_empty() || location.contains(&v1::location(item))
        })
        .filter(|item| name.is_none_or(|name| item.title() == name))
        .collect();
    answer(call, &site, kind, kept)
}

/// A map from type to where its descendants are.
pub(super) fn descendants(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let item = content::found(call, &site)?;
    let own = format!("/rest/api/content/{}/descendant", item.id);
    let mut map = Map::new();
    for name in ["page", "comment", "attachment"] {
        map.insert(name.to_owned(), json!(format!("{own}/{name}")));
    }
    let links = json!({
        "self": format!("{}{own}", call.base()),
        "base": call.base(),
        "context": call.context(),
    });
    Ok(Answer::Json(json!({"_expandable": map, "_links": links})))
}

pub(super) fn descendants_of_type(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let item = content::found(call, &site)?;
    let kind = content::kind(Some(call.path("type")))?;
    let below = match kind {
        Kind::Page => site
            .descendants(item.id, u32::MAX)
            .into_iter()
            .filter_map(|(id, _)| site.visible(call.person, id))
            .filter(|item| item.kind == Kind::Page)
            .collect(),
        Kind::Comment => comments_below(call, &site, item),
        _ => v1::below(call, &site, item, kind),
    };
    answer(call, &site, kind, below)
}

/// Comments and the replies to them, each comment before its replies.
fn comments_below<'a>(call: &Call, site: &'a Site, item: &Item) -> Vec<&'a Item> {
    let mut found = Vec::new();
    let mut open = v1::below(call, site, item, Kind::Comment);
    open.reverse();
    while let Some(comment) = open.pop() {
        found.push(comment);
        open.extend(v1::below(call, site, comment, Kind::Comment).into_iter().rev());
    }
    found
}

fn answer(call: &Call, site: &Site, kind: Kind, below: Vec<&Item>) -> Result<Answer, Refusal> {
    let expand = Expand::parse(call.query.all("expand"));
    let default = if kind == Kind::Attachment { ATTACHMENTS_DEFAULT_LIMIT } else { DEFAULT_LIMIT };
    let window = Window::of(call, default, v1::cap(&expand))?;
    let (shown, more) = v1::window(below.into_iter(), &window);
    let results: Vec<Value> =
        shown.into_iter().map(|item| shape::content(call, site, item, &expand)).collect();
    Ok(Answer::Json(v1::list(call, &window, &results, more)))
}
