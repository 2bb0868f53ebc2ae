//! Labels of v2. Writing them is v1.

use super::page::{self, DEFAULT_LIMIT};
use super::{pages, shape};
use crate::http::{Answer, Call};
use crate::site::{Filter, Key, Kind, Refusal};

pub(super) fn of_page(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let kind = if call.uri.path().contains("/blogposts/") { Kind::BlogPost } else { Kind::Page };
    let item = pages::find(call, &site, kind)?;
    let cut = page::cut(call, DEFAULT_LIMIT)?;
    let none = call.query.get("prefix").is_some_and(|prefix| prefix != "global");
    let keyed = item
        .labels
        .iter()
        .filter(|_| !none)
        .map(|name| (Key { number: 0, text: name.clone(), id: 0 }, shape::label(&site, name)));
    Ok(page::take(call, &cut, keyed))
}

/// Labels of content that the caller may see.
pub(super) fn list(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let cut = page::cut(call, DEFAULT_LIMIT)?;
    let ids = pages::ids(call, "label-id")?;
    let keyed = site
        .labels()
        .iter()
        .filter(|(_, entry)| ids.is_empty() || ids.contains(&entry.id))
        .filter(|(_, entry)| entry.items.iter().any(|id| site.visible(call.person, *id).is_some()))
        .map(|(name, _)| (Key { number: 0, text: name.clone(), id: 0 }, shape::label(&site, name)));
    Ok(page::take(call, &cut, keyed))
}

pub(super) fn pages(call: &Call) -> Result<Answer, Refusal> {
    labelled(call, Kind::Page)
}

pub(super) fn blog_posts(call: &Call) -> Result<Answer, Refusal> {
    labelled(call, Kind::BlogPost)
}

fn labelled(call: &Call, kind: Kind) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let id = call.id("id")?;
    let (name, _) = site
        .labels()
        .iter()
        .find(|(_, entry)| entry.id == id)
        .ok_or_else(|| pages::not_found("label"))?;
    let mut filter = Filter::of(kind);
    filter.label = Some(name.clone());
    filter.spaces = pages::ids(call, "space-id")?;
    pages::answer(call, &site, filter)
}
