//! What is directly below a piece of content.

use serde_json::{Map, Value, json};

use super::{Expand, Window, shape, window};
use crate::http::Call;
use crate::site::{Detail, Item, Kind, Resolution, Site};

const DEFAULT_LIMIT: usize = 25;

/// `expand=children.page,children.comment` inside a piece of content, and `…/child`.
pub(crate) fn children(call: &Call, site: &Site, item: &Item, expand: &Expand) -> Value {
    let own = format!("/rest/api/content/{}/child", item.id);
    let mut map = Map::new();
    let mut left = Map::new();
    for kind in [Kind::Page, Kind::Comment, Kind::Attachment] {
        let name = kind.as_str();
        let Some(inner) = expand.get(name) else {
            left.insert(name.to_owned(), json!(format!("{own}/{name}")));
            continue;
        };
        let cut = Window { start: 0, limit: DEFAULT_LIMIT };
        let (shown, _) = window(below(call, site, item, kind).into_iter(), &cut);
        let results: Vec<Value> =
            shown.into_iter().map(|child| shape::content(call, site, child, inner)).collect();
        let size = results.len();
        let part = json!({
            "results": results,
            "start": 0,
            "limit": cut.limit,
            "size": size,
            "_links": {"self": format!("{}{own}/{name}", call.base())},
        });
        map.insert(name.to_owned(), part);
    }
    map.insert("_expandable".to_owned(), Value::Object(left));
    map.insert("_links".to_owned(), json!({"self": format!("{}{own}", call.base())}));
    Value::Object(map)
}

/// What lies directly below, of one kind, visible to the caller.
pub(crate) fn below<'a>(call: &Call, site: &'a Site, item: &Item, kind: Kind) -> Vec<&'a Item> {
    let ids = match kind {
        Kind::Page => site.children_through_folders(item.id),
        _ => site.contained(item.id).to_vec(),
    };
    ids.into_iter()
        .filter_map(|id| site.visible(call.person, id))
        .filter(|item| item.kind == kind)
        .collect()
}

/// Where a comment is: `footer`, `inline` or `resolved`.
pub(crate) fn location(item: &Item) -> &'static str {
    match &item.detail {
        Detail::Comment { inline: Some(_), resolved: Resolution::Resolved } => "resolved",
        Detail::Comment { inline: Some(_), .. } => "inline",
        _ => "footer",
    }
}
