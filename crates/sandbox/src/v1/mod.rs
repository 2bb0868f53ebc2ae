//! The older interface: what is left of it on Cloud, and all of Data Center. Handlers here
//! serve both; [`Surface`] says for whom.

mod analytics;
mod attachment;
mod conversion;
mod copy;
mod expand;
mod label;
mod long_task;
mod people;
mod restriction;
mod search;
pub(crate) mod shape;
mod space;
mod template;
mod tree;
mod version;
mod write;

use crate::http::{Answer, Call, Surface};
use crate::site::{Item, Refusal, Site};

pub(crate) use analytics::{viewers, views};
pub(crate) use attachment::{
    download, download_by_name, media, upload, upload_data, upload_version,
};
pub(crate) use conversion::{begin_conversion, conversion, convert};
pub(crate) use copy::{archive, copy, copy_hierarchy};
pub(crate) use expand::Expand;
pub(crate) use label::{add_labels, labels, remove_label};
pub(crate) use long_task::long_task;
pub(crate) use people::{
    current_user, group, groups, member_of, members, permission_check, search_users, user,
};
pub(crate) use restriction::group as group_shape;
pub(crate) use restriction::{
    add_restricted, relevant_view_restrictions, remove_restricted, restriction, restrictions,
    restrictions_by_operation, set_restrictions,
};
pub(crate) use search::{cap, content_search, search};
pub(crate) use space::{create_space, delete_space, update_space};
pub(crate) use template::{blueprints, page_templates, template};
pub(crate) use tree::{below, children, location};
pub(crate) use version::{delete_version, restore_version};
pub(crate) use write::move_page;

/// What Atlassian has removed.
pub(crate) fn gone(_: &Call) -> Result<Answer, Refusal> {
    Err(Refusal::Gone)
}

/// The content in the path, visible to the caller.
pub(crate) fn find<'a>(call: &Call, site: &'a Site) -> Result<&'a Item, Refusal> {
    let word = call.path("id");
    let id = word.strip_prefix("att").unwrap_or(word);
    crate::http::parse_id(id)
        .and_then(|id| site.visible(call.person, id))
        .ok_or_else(|| no_content(word))
}

pub(crate) fn no_content(id: &str) -> Refusal {
    Refusal::NotFound(format!("No content found with id: ContentId{{id={id}}}"))
}

/// `start` and `limit` of a list; the limit is lowered in silence to what the server allows.
pub(crate) struct Window {
    pub start: usize,
    pub limit: usize,
}

impl Window {
    pub(crate) fn of(call: &Call, default: usize, most: usize) -> Result<Self, Refusal> {
        let start = call.query.number("start")?.unwrap_or(0);
        let limit = call.query.number("limit")?.unwrap_or(default).min(most);
        Ok(Self { start, limit })
    }
}

/// A list by `start` and `limit`, with links relative to the context path.
pub(crate) fn list(
    call: &Call,
    window: &Window,
    results: &[serde_json::Value],
    more: bool,
) -> serde_json::Value {
    let path = call.uri.path();
    let relative = path.strip_prefix(call.context()).unwrap_or(path);
    let mut links = serde_json::json!({
        "self": format!("{}{relative}", call.base()),
        "base": call.base(),
        "context": call.context(),
    });
    if more {
        let mut query = call.query.without(&["start", "limit"]);
        query.append_pair("limit", &window.limit.to_string());
        query.append_pair("start", &(window.start + window.limit).to_string());
        links["next"] = serde_json::json!(format!("{relative}?{}", query.finish()));
    }
    let size = results.len();
    serde_json::json!({
        "results": results,
        "start": window.start,
        "limit": window.limit,
        "size": size,
        "_links": links,
    })
}

/// The part of a list that a window shows, and whether there is more.
pub(crate) fn window<T>(items: impl Iterator<Item = T>, window: &Window) -> (Vec<T>, bool) {
    let mut rest = items.skip(window.start);
    let shown: Vec<T> = rest.by_ref().take(window.limit).collect();
    (shown, rest.next().is_some())
}

pub(crate) fn is_cloud(call: &Call) -> bool {
    call.surface != Surface::DataCenter
}
