//! Content of Data Center: list, read, create, update, delete.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::http::{Answer, Call, parse_id};
use crate::site::{
    Detail, Edit, Filter, Inline, Item, Key, Kind, NewItem, Order, Position, Refusal, Resolution,
    Site, Status,
};
use crate::v1::{self, Expand, Window, shape};

const DEFAULT_LIMIT: usize = 25;
/// What a single item and a scan expand when nothing is asked for.
const DEFAULT_EXPAND: [&str; 3] = ["history", "space", "version"];

pub(super) fn expand_or_default(call: &Call) -> Expand {
    match call.query.get("expand") {
        Some(_) => Expand::parse(call.query.all("expand")),
        None => Expand::parse(DEFAULT_EXPAND),
    }
}

pub(super) fn list(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let Some(filter) = filter(call, &site)? else {
        let key = call.query.get("spaceKey").unwrap_or_default();
        return Err(Refusal::NotFound(format!("No space with key : {key}")));
    };
    let expand = Expand::parse(call.query.all("expand"));
    Ok(Answer::Json(page(call, &site, &filter, &expand)?))
}

/// One page of a list by `start` and `limit`.
pub(super) fn page(
    call: &Call,
    site: &Site,
    filter: &Filter,
    expand: &Expand,
) -> Result<Value, Refusal> {
    let window = Window::of(call, DEFAULT_LIMIT, v1::cap(expand))?;
    let enough = window.start + window.limit;
    let listed = site.list(call.person, filter, Order::BY_ID, None, enough);
    let shown = listed.ids.iter().skip(window.start).filter_map(|id| site.item(*id));
    let results: Vec<Value> = shown.map(|item| shape::content(call, site, item, expand)).collect();
    Ok(v1::list(call, &window, &results, listed.next.is_some()))
}

/// `None` when a space is named that the caller cannot see.
fn filter(call: &Call, site: &Site) -> Result<Option<Filter>, Refusal> {
    let mut filter = Filter::of(kind(call.query.get("type"))?);
    filter.statuses = statuses(call)?;
    if let Some(key) = call.query.get("spaceKey").filter(|key| !key.is_empty()) {
        let Some(space) = site.visible_space_key(call.person, key) else { return Ok(None) };
        filter.spaces = vec![space.id];
    }
    filter.title = call.query.get("title").map(str::to_owned);
    let ids: BTreeSet<u64> = call.query.all("ids").into_iter().filter_map(parse_id).collect();
    filter.ids = (!ids.is_empty()).then_some(ids);
    Ok(Some(filter))
}

pub(super) fn kind(word: Option<&str>) -> Result<Kind, Refusal> {
    match word {
        None | Some("" | "page") => Ok(Kind::Page),
        Some("blogpost") => Ok(Kind::BlogPost),
        Some("comment") => Ok(Kind::Comment),
        Some("attachment") => Ok(Kind::Attachment),
        Some(other) => Err(Refusal::Invalid(format!("Unknown content type: {other}"))),
    }
}

/// Current unless asked; `any` is what is current or in the trash.
fn statuses(call: &Call) -> Result<Vec<Status>, Refusal> {
    let mut found = Vec::new();
    for word in call.query.all("status") {
        match (word, Status::parse(word)) {
            ("any", _) => found.extend([Status::Current, Status::Trashed]),
            (_, Some(status)) => found.push(status),
            ("historical", None) => {}
            (other, None) => {
                return Err(Refusal::Invalid(format!("Unknown status: {other}")));
            }
        }
    }
    if found.is_empty() {
        found.push(Status::Current);
    }
    Ok(found)
}

/// Everything of a space, by a cursor that stays true while content comes and goes.
pub(super) fn scan(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let missing = || Refusal::NotFound("No space with that key".to_owned());
    let filter = filter(call, &site)?.ok_or_else(missing)?;
    let expand = expand_or_default(call);
    let limit = call.query.number("limit")?.unwrap_or(DEFAULT_LIMIT).min(v1::cap(&expand));
    let after = match call.query.get("cursor").filter(|cursor| !cursor.is_empty()) {
        None => None,
        Some(cursor) => {
            let id = cursor.strip_prefix("content:false:").and_then(parse_id);
            let id = id.ok_or_else(|| Refusal::Invalid(format!("Invalid cursor: {cursor}")))?;
            Some(Key { number: 0, text: String::new(), id })
        }
    };
    let listed = site.list(call.person, &filter, Order::BY_ID, after.as_ref(), limit);
    let shown = listed.ids.iter().filter_map(|id| site.item(*id));
    let results: Vec<Value> =
        shown.map(|item| shape::content(call, &site, item, &expand)).collect();
    let mut links = json!({"base": call.base(), "context": call.context()});
    let next = listed.next.map(|key| format!("content:false:{}", key.id));
    if let Some(next) = &next {
        let mut query = call.query.without(&["cursor"]);
        query.append_pair("cursor", next);
        links["next"] = json!(format!("/rest/api/content/scan?{}", query.finish()));
    }
    let size = results.len();
    let mut body = json!({
        "results": results,
        "cursor": call.query.get("cursor").unwrap_or_default(),
        "limit": limit,
        "size": size,
        "_links": links,
    });
    if let Some(next) = next {
        body["nextCursor"] = json!(next);
    }
    Ok(Answer::Json(body))
}

pub(super) fn get(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let item = found(call, &site)?;
    let statuses = statuses(call)?;
    let historical = call.query.all("status").contains(&"historical");
    let expand = expand_or_default(call);
    let mut value = match call.query.number("version")? {
        Some(number) if number > 0 => {
            let version = item.versions.iter().find(|v| usize::try_from(v.number) == Ok(number));
            let version = version.ok_or_else(|| v1::no_content(call.path("id")))?;
            shape::content_at(call, &site, item, version, &expand)
        }
        _ if statuses.contains(&item.status) || historical => {
            shape::content(call, &site, item, &expand)
        }
        _ => return Err(v1::no_content(call.path("id"))),
    };
    finish(call, &mut value);
    Ok(Answer::Json(value))
}

/// The links that only a single item has.
fn finish(call: &Call, value: &mut Value) {
    value["_links"]["base"] = json!(call.base());
    value["_links"]["context"] = json!(call.context());
    value["_links"]["collection"] = json!("/rest/api/content");
}

/// Visible, and of a kind that Data Center knows.
pub(super) fn found<'a>(call: &Call, site: &'a Site) -> Result<&'a Item, Refusal> {
    v1::find(call, site)
        .ok()
        .filter(|item| !item.kind.is_cloud_only())
        .ok_or_else(|| v1::no_content(call.path("id")))
}

pub(super) fn history(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let item = found(call, &site)?;
    let expand = match call.query.get("expand") {
        Some(_) => Expand::parse(call.query.all("expand")),
        None => Expand::parse(["previousVersion", "nextVersion", "lastUpdated"]),
    };
    let mut value = shape::history(call, &site, item, &expand);
    value["_links"]["base"] = json!(call.base());
    value["_links"]["context"] = json!(call.context());
    Ok(Answer::Json(value))
}

pub(super) fn create(call: &Call) -> Result<Answer, Refusal> {
    let request = call.json()?;
    let new = new_item(call, &request)?;
    let id = call.change(|site| {
        let id = site.create(call.person, new)?;
        for label in request["metadata"]["labels"].as_array().into_iter().flatten() {
            if let Some(name) = label["name"].as_str() {
                site.add_label(call.person, id, name)?;
            }
        }
        Ok(id)
    })?;
    written(call, id)
}

fn new_item(call: &Call, request: &Value) -> Result<NewItem, Refusal> {
    let kind = kind(request["type"].as_str())?;
    let parent = match kind {
        Kind::Comment => id_of(&request["container"])?,
        Kind::Attachment => {
            return Err(Refusal::Invalid("Attachments are not created here".to_owned()));
        }
        Kind::BlogPost => None,
        _ => last_ancestor(request)?,
    };
    let site = call.shared.site();
    let (space, title, parent) = if kind == Kind::Comment {
        // A reply names the comment that it answers as its ancestor.
        let reply_to = last_ancestor(request)?.or(parent);
        let named = request["container"]["type"].as_str();
        let carried = parent.and_then(|id| site.visible(call.person, id));
        let carrier = carried
            .filter(|container| named.is_none_or(|named| named == container.kind.as_str()))
            .and(reply_to)
            .and_then(|id| site.visible(call.person, id));
        let carrier = carrier
            .ok_or_else(|| Refusal::NotFound("No container found for the comment".to_owned()))?;
        let title = format!("Re: {}", site.container(carrier).title());
        (carrier.space, title, Some(carrier.id))
    } else {
        let key = request["space"]["key"].as_str().unwrap_or_default();
        let space = site
            .visible_space_key(call.person, key)
            .ok_or_else(|| Refusal::NotFound(format!("No space with key : {key}")))?;
        (space.id, request["title"].as_str().unwrap_or_default().to_owned(), parent)
    };
    let detail = match kind {
        Kind::Comment => Detail::Comment { inline: inline(request), resolved: Resolution::Open },
        _ => Detail::None,
    };
    let status = match request["status"].as_str() {
        Some("draft") => Status::Draft,
        _ => Status::Current,
    };
    let body = storage(request)?.unwrap_or_default();
    Ok(NewItem { kind, space, parent, title, body, status, at: call.now(), detail })
}

fn inline(request: &Value) -> Option<Inline> {
    let properties = &request["extensions"]["inlineProperties"];
    Some(Inline {
        marker: properties["markerRef"].as_str()?.to_owned(),
        selection: properties["originalSelection"].as_str().unwrap_or_default().to_owned(),
    })
}

/// The new parent: the last of the ancestors, whether one is named or all of them.
fn last_ancestor(request: &Value) -> Result<Option<u64>, Refusal> {
    match request["ancestors"].as_array().and_then(|ancestors| ancestors.last()) {
        None => Ok(None),
        Some(ancestor) => id_of(ancestor),
    }
}

fn id_of(value: &Value) -> Result<Option<u64>, Refusal> {
    let text = match &value["id"] {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return Ok(None),
    };
    parse_id(&text).map(Some).ok_or_else(|| v1::no_content(&text))
}

fn storage(request: &Value) -> Result<Option<Arc<str>>, Refusal> {
    let body = &request["body"];
    match body["storage"]["value"].as_str() {
        Some(value) => Ok(Some(Arc::from(value))),
        None if body.as_object().is_none_or(serde_json::Map::is_empty) => Ok(None),
        None => Err(Refusal::Invalid("The sandbox holds storage format only".to_owned())),
    }
}

pub(super) fn update(call: &Call) -> Result<Answer, Refusal> {
    let request = call.json()?;
    let (id, status) = {
        let site = call.shared.site();
        let item = found(call, &site)?;
        (item.id, item.status)
    };
    let number = request["version"]["number"].as_u64().and_then(|n| u32::try_from(n).ok());
    let number = number.ok_or_else(|| {
        Refusal::Invalid(
            "Must supply an incremented version when updating Content. No version supplied."
                .to_owned(),
        )
    })?;
    let mut edit = Edit {
        number: Some(number),
        title: request["title"].as_str().map(str::to_owned),
        body: storage(&request)?,
        message: request["version"]["message"].as_str().unwrap_or_default().to_owned(),
        minor: request["version"]["minorEdit"].as_bool().unwrap_or(false),
        at: call.now(),
    };
    let parent = last_ancestor(&request)?;
    let publishes = request["status"].as_str() != Some("draft");
    call.change(|site| {
        if status == Status::Draft {
            if call.query.get("status") != Some("draft") {
                return Err(v1::no_content(call.path("id")));
            }
            site.editable(call.person, id)?;
            site.revise(id, |item| item.rewrite(edit.title, edit.body, edit.at));
            return if publishes { site.publish(call.person, id) } else { Ok(()) };
        }
        if status == Status::Trashed {
            if request["status"].as_str() != Some("current") {
                return Err(v1::no_content(call.path("id")));
            }
            edit.title = None;
            edit.body = None;
            site.check_number(id, number)?;
            site.restore(call.person, id)?;
            return site.update(call.person, id, edit);
        }
        let moved = parent.filter(|parent| {
            site.item(id).is_some_and(|item| site.parent_page(item) != Some(*parent))
        });
        site.update(call.person, id, edit)?;
        match moved {
            Some(parent) => site.move_to(call.person, id, Position::Append, parent),
            None => Ok(()),
        }
    })?;
    written(call, id)
}

fn written(call: &Call, id: u64) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let item = site.item(id).ok_or_else(|| v1::no_content(&id.to_string()))?;
    let expand = match call.query.get("expand") {
        Some(_) => Expand::parse(call.query.all("expand")),
        None => {
            Expand::parse(["history", "space", "version", "body.storage", "ancestors", "container"])
        }
    };
    let mut value = shape::content(call, &site, item, &expand);
    finish(call, &mut value);
    Ok(Answer::Json(value))
}

/// Into the trash; with `status=trashed` out of it for good.
pub(super) fn delete(call: &Call) -> Result<Answer, Refusal> {
    let (id, status) = {
        let site = call.shared.site();
        let item = found(call, &site)?;
        (item.id, item.status)
    };
    match (call.query.get("status"), status) {
        (Some("trashed"), Status::Trashed) => {
            call.change(|site| site.purge(call.person, id))?;
        }
        (_, Status::Trashed) => return Err(v1::no_content(call.path("id"))),
        _ => call.change(|site| site.trash(call.person, id))?,
    }
    Ok(Answer::Empty)
}
