//! Pages, blog posts and folders of v2.

use std::sync::Arc;

use serde_json::{Value, json};

use super::page::{self, DEFAULT_LIMIT};
use super::shape::{self, BodyFormat};
use crate::http::{Answer, Call, parse_id};
use crate::site::{Detail, Edit, Filter, Item, Kind, NewItem, Order, Refusal, Site, Status};

pub(super) fn list_pages(call: &Call) -> Result<Answer, Refusal> {
    list(call, Kind::Page)
}

pub(super) fn list_blog_posts(call: &Call) -> Result<Answer, Refusal> {
    list(call, Kind::BlogPost)
}

fn list(call: &Call, kind: Kind) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let mut filter = Filter::of(kind);
    if call.path("id").is_empty() {
        filter.spaces = ids(call, "space-id")?;
        let chosen = ids(call, "id")?;
        filter.ids = (!chosen.is_empty()).then(|| chosen.into_iter().collect());
    } else {
        let space = call.id("id")?;
        site.visible_space(call.person, space).ok_or_else(|| not_found("space"))?;
        filter.spaces = vec![space];
        filter.roots_only = call.query.get("depth") == Some("root");
    }
    filter.title = call.query.get("title").map(str::to_owned);
    answer(call, &site, filter)
}

/// The rest of a list, common to those by space and by label.
pub(super) fn answer(call: &Call, site: &Site, mut filter: Filter) -> Result<Answer, Refusal> {
    if let Some(statuses) = statuses(call)? {
        filter.statuses = statuses;
    }
    let cut = page::cut(call, DEFAULT_LIMIT)?;
    let order = page::order(call, Order::BY_ID)?;
    let format = shape::body_format(call)?;
    if format == BodyFormat::View {
        return Err(Refusal::Invalid("Lists answer 'storage' or 'atlas_doc_format'".to_owned()));
    }
    let listed = site.list(call.person, &filter, order, cut.after.as_ref(), cut.limit);
    Ok(page::answer(call, site, &listed, |item| shape::listed(site, item, format)))
}

/// `status`, repeated or with commas. What the sandbox never holds (`deleted`, `historical`)
/// matches nothing.
fn statuses(call: &Call) -> Result<Option<Vec<Status>>, Refusal> {
    let words = call.query.all("status");
    if words.is_empty() {
        return Ok(None);
    }
    let mut found = Vec::new();
    for word in words {
        match (Status::parse(word), word) {
            (Some(status), _) => found.push(status),
            (None, "any") => {
                found.extend([Status::Current, Status::Archived, Status::Draft, Status::Trashed]);
            }
            (None, "deleted" | "historical") => {}
            (None, _) => {
                return Err(Refusal::Invalid(format!(
                    "Provided value {{{word}}} for 'status' is not a content status"
                )));
            }
        }
    }
    Ok(Some(found))
}

pub(super) fn ids(call: &Call, name: &str) -> Result<Vec<u64>, Refusal> {
    call.query
        .all(name)
        .into_iter()
        .map(|word| {
            parse_id(word).ok_or_else(|| {
                Refusal::Invalid(format!(
                    "Provided value {{{word}}} for '{name}' is not the correct type. Expected type is long"
                ))
            })
        })
        .collect()
}

pub(super) fn get_page(call: &Call) -> Result<Answer, Refusal> {
    get(call, Kind::Page)
}

pub(super) fn get_blog_post(call: &Call) -> Result<Answer, Refusal> {
    get(call, Kind::BlogPost)
}

fn get(call: &Call, kind: Kind) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let item = find(call, &site, kind)?;
    let format = shape::body_format(call)?;
    if let Some(wanted) = statuses(call)?
        && !wanted.contains(&item.status)
    {
        return Err(not_found(kind.as_str()));
    }
    let mut value = match call.query.number("version")? {
        None => shape::listed(&site, item, format),
        Some(number) => past(&site, item, number, format)?,
    };
    value["_links"]["base"] = json!(call.base());
    include(call, &site, item, &mut value);
    Ok(Answer::Json(value))
}

fn past(site: &Site, item: &Item, number: usize, format: BodyFormat) -> Result<Value, Refusal> {
    let version = item
        .versions
        .iter()
        .find(|version| usize::try_from(version.number) == Ok(number))
        .ok_or_else(|| not_found(item.kind.as_str()))?;
    let mut value = Value::Object(shape::content(site, item));
    value["title"] = json!(version.title);
    value["version"] = shape::version(site, version);
    value["body"] = shape::body(format, &version.body);
    if version.number != item.latest().number {
        value["status"] = json!("historical");
    }
    Ok(value)
}

/// `include-…`: parts that come with the page on demand, at most 50 of each.
fn include(call: &Call, site: &Site, item: &Item, value: &mut Value) {
    const MOST: usize = 50;
    let part = |results: Vec<Value>, total: usize, name: &str| {
        json!({
            "results": results,
            "meta": {"hasMore": total > MOST},
            "_links": {"self": format!("/wiki/api/v2/{}s/{}/{name}", item.kind.as_str(), item.id)},
        })
    };
    if call.query.flag("include-labels") {
        let labels = item.labels.iter().take(MOST).map(|name| shape::label(site, name)).collect();
        value["labels"] = part(labels, item.labels.len(), "labels");
    }
    if call.query.flag("include-versions") {
        let newest = item.versions.iter().rev().take(MOST);
        let versions = newest.map(|version| shape::version(site, version)).collect();
        value["versions"] = part(versions, item.versions.len(), "versions");
    }
    if call.query.flag("include-operations") {
        let mut operations = vec![json!({"operation": "read", "targetType": item.kind.as_str()})];
        if site.may_edit(call.person, item) {
            for operation in ["update", "delete"] {
                operations.push(json!({"operation": operation, "targetType": item.kind.as_str()}));
            }
        }
        let total = operations.len();
        value["operations"] = part(operations, total, "operations");
    }
    for (flag, name) in [("include-properties", "properties"), ("include-likes", "likes")] {
        if call.query.flag(flag) {
            value[name] = part(Vec::new(), 0, name);
        }
    }
    if call.query.get("include-version") == Some("false")
        && let Some(map) = value.as_object_mut()
    {
        map.remove("version");
    }
    if call.query.flag("include-favorited-by-current-user-status") {
        value["isFavoritedByCurrentUser"] = json!(false);
    }
    if call.query.flag("include-direct-children") {
        let children =
            site.children(item.id).iter().filter_map(|id| site.visible(call.person, *id));
        let children: Vec<Value> = children.map(shape::child).collect();
        let total = children.len();
        value["directChildren"] =
            part(children.into_iter().take(MOST).collect(), total, "direct-children");
    }
}

/// The item in the path, when it is of this kind and visible.
pub(super) fn find<'a>(call: &Call, site: &'a Site, kind: Kind) -> Result<&'a Item, Refusal> {
    let id = call.id("id")?;
    site.visible(call.person, id)
        .filter(|item| item.kind == kind)
        .ok_or_else(|| not_found(kind.as_str()))
}

pub(super) fn not_found(what: &str) -> Refusal {
    Refusal::NotFound(format!("Cannot find {what} or you do not have permission to view it"))
}

pub(super) fn create_page(call: &Call) -> Result<Answer, Refusal> {
    create(call, Kind::Page)
}

pub(super) fn create_blog_post(call: &Call) -> Result<Answer, Refusal> {
    create(call, Kind::BlogPost)
}

/// A folder, whiteboard, database or smart link.
pub(super) fn create_node(call: &Call) -> Result<Answer, Refusal> {
    create(call, node_kind(call))
}

/// The kind that the collection in the path is of.
pub(super) fn node_kind(call: &Call) -> Kind {
    match call.uri.path().split('/').nth(4) {
        Some("folders") => Kind::Folder,
        Some("whiteboards") => Kind::Whiteboard,
        Some("databases") => Kind::Database,
        Some("embeds") => Kind::Embed,
        _ => Kind::Page,
    }
}

fn create(call: &Call, kind: Kind) -> Result<Answer, Refusal> {
    let request = call.json()?;
    let space = required_id(&request, "spaceId")?;
    let status = new_status(&request)?;
    let parent = match (kind, optional_id(&request, "parentId")?) {
        (Kind::BlogPost, _) => None,
        (Kind::Page, None) if !call.query.flag("root-level") => {
            call.shared.site().space(space).and_then(|space| space.homepage)
        }
        (_, parent) => parent,
    };
    let new = NewItem {
        kind,
        space,
        parent,
        title: request["title"].as_str().unwrap_or_default().to_owned(),
        body: if kind.is_cloud_only() {
            Arc::from("")
        } else {
            storage(&request)?.unwrap_or_default()
        },
        status,
        at: call.now(),
        detail: match kind {
            Kind::Embed => Detail::Embed {
                target: request["embedUrl"].as_str().unwrap_or_default().to_owned(),
            },
            _ => Detail::None,
        },
    };
    let id = call.change(|site| site.create(call.person, new))?;
    Ok(Answer::Json(written(call, id)))
}

fn new_status(request: &Value) -> Result<Status, Refusal> {
    match request["status"].as_str() {
        None | Some("current") => Ok(Status::Current),
        Some("draft") => Ok(Status::Draft),
        Some(other) => Err(Refusal::Invalid(format!(
            "Provided value {{{other}}} for 'status' must be 'current' or 'draft'"
        ))),
    }
}

pub(super) fn update_page(call: &Call) -> Result<Answer, Refusal> {
    update(call, Kind::Page)
}

pub(super) fn update_blog_post(call: &Call) -> Result<Answer, Refusal> {
    update(call, Kind::BlogPost)
}

fn update(call: &Call, kind: Kind) -> Result<Answer, Refusal> {
    let status = {
        let site = call.shared.site();
        find(call, &site, kind)?.status
    };
    let id = call.id("id")?;
    let request = call.json()?;
    for name in ["id", "status", "title", "version"] {
        if request[name].is_null() {
            return Err(Refusal::Invalid(format!("{name} is required")));
        }
    }
    if text_of(&request["id"]) != Some(id.to_string()) {
        return Err(Refusal::Invalid("The id in the path and in the body differ".to_owned()));
    }
    let wanted = new_status(&request)?;
    if status == Status::Trashed && wanted == Status::Current {
        call.change(|site| site.restore(call.person, id))?;
        return Ok(Answer::Json(written(call, id)));
    }
    let number = request["version"]["number"]
        .as_u64()
        .and_then(|number| u32::try_from(number).ok())
        .ok_or_else(|| Refusal::Invalid("version.number is required".to_owned()))?;
    let edit = Edit {
        number: Some(number),
        title: request["title"].as_str().map(str::to_owned),
        body: storage(&request)?,
        message: request["version"]["message"].as_str().unwrap_or_default().to_owned(),
        minor: request["version"]["minorEdit"].as_bool().unwrap_or(false),
        at: call.now(),
    };
    let parent = optional_id(&request, "parentId")?;
    call.change(|site| {
        if status == Status::Draft {
            return save_draft(site, call, id, edit, wanted);
        }
        site.update(call.person, id, edit)?;
        match parent {
            Some(parent) if site.item(id).is_some_and(|item| item.parent != Some(parent)) => {
                site.move_to(call.person, id, crate::site::Position::Append, parent)
            }
            _ => Ok(()),
        }
    })?;
    Ok(Answer::Json(written(call, id)))
}

/// A draft has no versions: it is overwritten, and published as version 1.
fn save_draft(
    site: &mut Site,
    call: &Call,
    id: u64,
    edit: Edit,
    wanted: Status,
) -> Result<(), Refusal> {
    site.editable(call.person, id)?;
    site.revise(id, |item| item.rewrite(edit.title, edit.body, edit.at));
    if wanted == Status::Current { site.publish(call.person, id) } else { Ok(()) }
}

pub(super) fn rename_page(call: &Call) -> Result<Answer, Refusal> {
    {
        let site = call.shared.site();
        find(call, &site, Kind::Page)?;
    }
    let id = call.id("id")?;
    let request = call.json()?;
    let title = request["title"]
        .as_str()
        .ok_or_else(|| Refusal::Invalid("title is required".to_owned()))?
        .to_owned();
    let edit = Edit {
        number: None,
        title: Some(title),
        body: None,
        message: String::new(),
        minor: false,
        at: call.now(),
    };
    call.change(|site| site.update(call.person, id, edit))?;
    Ok(Answer::Json(written(call, id)))
}

pub(super) fn delete_page(call: &Call) -> Result<Answer, Refusal> {
    delete(call, Kind::Page)
}

pub(super) fn delete_blog_post(call: &Call) -> Result<Answer, Refusal> {
    delete(call, Kind::BlogPost)
}

pub(super) fn delete_node(call: &Call) -> Result<Answer, Refusal> {
    delete(call, node_kind(call))
}

/// Into the trash; with `purge=true` out of it for good.
fn delete(call: &Call, kind: Kind) -> Result<Answer, Refusal> {
    let id = {
        let site = call.shared.site();
        find(call, &site, kind)?.id
    };
    if call.query.flag("purge") {
        call.change(|site| site.purge(call.person, id))?;
    } else {
        call.change(|site| site.trash(call.person, id))?;
    }
    Ok(Answer::Empty)
}

pub(super) fn get_node(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let node = find(call, &site, node_kind(call))?;
    let mut value = Value::Object(shape::content(&site, node));
    value["_links"]["base"] = json!(call.base());
    include(call, &site, node, &mut value);
    Ok(Answer::Json(value))
}

/// What a write answers: the content as it is now, with its body.
fn written(call: &Call, id: u64) -> Value {
    let site = call.shared.site();
    let Some(item) = site.item(id) else { return Value::Null };
    let mut value = match item.kind {
        kind if kind.is_cloud_only() => Value::Object(shape::content(&site, item)),
        _ => shape::listed(&site, item, BodyFormat::Storage),
    };
    value["_links"]["base"] = json!(call.base());
    value
}

/// The storage body of a write, in either form that v2 takes: flat or nested.
pub(super) fn storage(request: &Value) -> Result<Option<Arc<str>>, Refusal> {
    let body = &request["body"];
    if body.is_null() {
        return Ok(None);
    }
    let (representation, value) = match body["representation"].as_str() {
        Some(representation) => (representation, &body["value"]),
        None => match body.as_object().and_then(|map| map.iter().next()) {
            Some((representation, inner)) => (representation.as_str(), &inner["value"]),
            None => return Ok(None),
        },
    };
    if representation != "storage" {
        return Err(Refusal::Invalid(format!(
            "The sandbox holds storage format only, not '{representation}'"
        )));
    }
    match value.as_str() {
        Some(value) => Ok(Some(Arc::from(value))),
        None => Err(Refusal::Invalid("body.value must be a string".to_owned())),
    }
}

fn required_id(request: &Value, name: &str) -> Result<u64, Refusal> {
    optional_id(request, name)?
        .ok_or_else(|| Refusal::Invalid(format!("Must supply {name} to create content")))
}

/// Ids come as strings; numbers are taken too, as the service does.
pub(super) fn optional_id(request: &Value, name: &str) -> Result<Option<u64>, Refusal> {
    let Some(text) = text_of(&request[name]) else { return Ok(None) };
    parse_id(&text).map(Some).ok_or_else(|| {
        Refusal::Invalid(format!(
            "Provided value {{{text}}} for '{name}' is not the correct type. Expected type is long"
        ))
    })
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
