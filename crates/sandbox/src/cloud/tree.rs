//! The tree of v2: children, descendants, ancestors.

use serde_json::{Map, Value, json};

use super::page::{self, DEFAULT_LIMIT};
use super::{pages, shape};
use crate::http::{Answer, Call, parse_id};
use crate::site::{Item, Key, Kind, Order, Refusal, Site, SortField, Status};

/// Deprecated, pages only.
pub(super) fn child_pages(call: &Call) -> Result<Answer, Refusal> {
    children(call, |item| item.kind == Kind::Page)
}

pub(super) fn direct_children(call: &Call) -> Result<Answer, Refusal> {
    children(call, |_| true)
}

fn children(call: &Call, keep: fn(&Item) -> bool) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let parent = node(call, &site)?;
    let cut = page::cut(call, DEFAULT_LIMIT)?;
    let order = page::order(call, Order { field: SortField::Position, descending: false })?;
    let ids: Vec<u64> = site
        .children(parent.id)
        .iter()
        .copied()
        .filter(|id| site.item(*id).is_some_and(keep))
        .collect();
    let listed = site.list_of(call.person, &ids, order, cut.after.as_ref(), cut.limit);
    Ok(page::answer(call, &site, &listed, shape::child))
}

/// Depth 2 unless asked, 5 at most, in the order of the tree.
pub(super) fn descendants(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let root = node(call, &site)?;
    let cut = page::cut(call, DEFAULT_LIMIT)?;
    let depth = call.query.number("depth")?.unwrap_or(2);
    let depth =
        u32::try_from(depth).ok().filter(|depth| (1..=5).contains(depth)).ok_or_else(|| {
            Refusal::Invalid(format!(
                "Provided value {{{depth}}} for 'depth' is not in the range 1 to 5"
            ))
        })?;
    let below = site.descendants(root.id, depth);
    let keyed = (0_i64..).zip(below).filter_map(|(number, (id, depth))| {
        let item = site.visible(call.person, id)?;
        let mut value = shape::child(item);
        if let Some(map) = value.as_object_mut() {
            map.remove("spaceId");
        }
        value["parentId"] = json!(item.parent.map(|id| id.to_string()));
        value["depth"] = json!(depth);
        Some((Key { number, text: String::new(), id: 0 }, value))
    });
    Ok(page::take(call, &cut, keyed))
}

/// From the top down, without a cursor: when `limit` cuts it, the nearest ancestors are
/// answered, and the caller asks again with the first of them.
pub(super) fn ancestors(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let item = node(call, &site)?;
    let limit = page::cut(call, DEFAULT_LIMIT)?.limit;
    let all = site.ancestors(item);
    let nearest = &all[all.len().saturating_sub(limit)..];
    let results: Vec<_> = nearest
        .iter()
        .map(|item| json!({"id": item.id.to_string(), "type": item.kind.as_str()}))
        .collect();
    Ok(page::list(call, &results, None))
}

/// `null` for what does not exist or may not be seen.
pub(super) fn types(call: &Call) -> Result<Answer, Refusal> {
    let request = call.json()?;
    let ids = request["contentIds"]
        .as_array()
        .filter(|ids| ids.len() <= 100)
        .ok_or_else(|| Refusal::Invalid("contentIds must name at most 100 ids".to_owned()))?;
    let site = call.shared.site();
    let results: Map<String, Value> = ids
        .iter()
        .map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned))
        .map(|id| {
            let item = parse_id(&id).and_then(|id| site.visible(call.person, id));
            let kind = item.map(|item| match item.kind {
                Kind::Comment if item.inline().is_some() => "inline-comment",
                Kind::Comment => "footer-comment",
                kind => kind.as_str(),
            });
            (id, json!(kind))
        })
        .collect();
    Ok(Answer::Json(json!({"results": results})))
}

/// The page or folder in the path; the route says which, the id decides.
fn node<'a>(call: &Call, site: &'a Site) -> Result<&'a Item, Refusal> {
    let kind = pages::node_kind(call);
    pages::find(call, site, kind).and_then(|item| match item.status {
        Status::Trashed => Err(pages::not_found(kind.as_str())),
        Status::Current | Status::Archived | Status::Draft => Ok(item),
    })
}
