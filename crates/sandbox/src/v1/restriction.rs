//! Restrictions: who may read and who may update one piece of content. Never inherited in
//! these answers, except in Data Center's `relevantViewRestrictions`.

use serde_json::{Map, Value, json};

use super::{Expand, Window, find, is_cloud, list, shape, window};
use crate::http::{Answer, Call};
use crate::site::{Item, Refusal, Site, Subjects};

const OPERATIONS: [&str; 2] = ["read", "update"];
const DEFAULT_LIMIT: usize = 100;
const INSIDE_LIMIT: usize = 200;

pub(crate) fn restrictions(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let item = find(call, &site)?;
    Ok(Answer::Json(both(call, &site, item)?))
}

fn both(call: &Call, site: &Site, item: &Item) -> Result<Value, Refusal> {
    let cut = Window::of(call, DEFAULT_LIMIT, INSIDE_LIMIT)?;
    let expand = default_expand(call);
    let results: Vec<_> = OPERATIONS
        .iter()
        .map(|operation| one(call, site, item, operation, &cut, &expand))
        .collect();
    let mut value = list(call, &Window { start: 0, limit: cut.limit }, &results, false);
    value["restrictionsHash"] =
        json!(format!("{:x}", item.view.people.len() + item.view.groups.len()));
    Ok(value)
}

/// A map from operation to its restriction.
pub(crate) fn restrictions_by_operation(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let item = find(call, &site)?;
    let cut = Window { start: 0, limit: INSIDE_LIMIT };
    let expand = default_expand(call);
    let mut map = Map::new();
    for operation in OPERATIONS {
        map.insert(operation.to_owned(), one(call, &site, item, operation, &cut, &expand));
    }
    let own = format!("{}/rest/api/content/{}/restriction/byOperation", call.base(), item.id);
    map.insert(
        "_links".to_owned(),
        json!({"self": own, "base": call.base(), "context": call.context()}),
    );
    Ok(Answer::Json(Value::Object(map)))
}

pub(crate) fn restriction(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let item = find(call, &site)?;
    let operation = call.path("operation");
    if !OPERATIONS.contains(&operation) {
        return Err(Refusal::Invalid(format!("Unknown operation: {operation}")));
    }
    let cut = Window::of(call, DEFAULT_LIMIT, INSIDE_LIMIT)?;
    let mut value = one(call, &site, item, operation, &cut, &default_expand(call));
    value["_links"]["base"] = json!(call.base());
    value["_links"]["context"] = json!(call.context());
    Ok(Answer::Json(value))
}

/// Cloud expands users and groups by itself; Data Center expands groups only, and users on
/// demand.
fn default_expand(call: &Call) -> Expand {
    match call.query.get("expand") {
        Some(_) => Expand::parse(call.query.all("expand")),
        None if is_cloud(call) => Expand::parse(["restrictions.user", "restrictions.group"]),
        None => Expand::parse(["restrictions.user", "restrictions.group", "group"]),
    }
}

fn one(
    call: &Call,
    site: &Site,
    item: &Item,
    operation: &str,
    cut: &Window,
    expand: &Expand,
) -> Value {
    let subjects = if operation == "read" { &item.view } else { &item.edit };
    let wanted = |kind: &str| {
        expand.has_path(&format!("restrictions.{kind}"))
            || expand.has_path(&format!("{operation}.restrictions.{kind}"))
            || expand.has(kind)
    };
    let mut inside = Map::new();
    let mut left = Map::new();
    if wanted("user") {
        let users = subjects.people.iter().map(|person| shape::person(call, site, *person));
        inside.insert("user".to_owned(), part(users, cut));
    } else {
        left.insert("user".to_owned(), json!(""));
    }
    if wanted("group") {
        let groups = subjects.groups.iter().map(|name| group(call, site, name));
        inside.insert("group".to_owned(), part(groups, cut));
    } else {
        left.insert("group".to_owned(), json!(""));
    }
    inside.insert("_expandable".to_owned(), Value::Object(left));
    json!({
        "operation": operation,
        "restrictions": inside,
        "_expandable": {"content": format!("/rest/api/content/{}", item.id)},
        "_links": {
            "self": format!("{}/rest/api/content/{}/restriction/byOperation/{operation}", call.base(), item.id),
        },
    })
}

fn part(all: impl Iterator<Item = Value>, cut: &Window) -> Value {
    let (results, _) = window(all, cut);
    let size = results.len();
    json!({"results": results, "start": cut.start, "limit": cut.limit, "size": size})
}

pub(crate) fn group(call: &Call, site: &Site, name: &str) -> Value {
    let mut value = json!({
        "type": "group",
        "name": name,
        "_links": {"self": format!("{}/rest/api/group/{name}", call.base())},
    });
    if is_cloud(call) {
        value["id"] = json!(site.group(name).map(|group| group.id.clone()));
    }
    value
}

/// `expand=restrictions.read.restrictions.user,…` inside a piece of content.
pub(super) fn expanded(call: &Call, site: &Site, item: &Item, expand: &Expand) -> Value {
    let cut = Window { start: 0, limit: INSIDE_LIMIT };
    let own = format!("/rest/api/content/{}/restriction/byOperation", item.id);
    let mut map = Map::new();
    let mut left = Map::new();
    for operation in OPERATIONS {
        match expand.get(operation) {
            Some(inner) => {
                map.insert(operation.to_owned(), one(call, site, item, operation, &cut, inner));
            }
            None => {
                left.insert(operation.to_owned(), json!(format!("{own}/{operation}")));
            }
        }
    }
    map.insert("_expandable".to_owned(), Value::Object(left));
    map.insert("_links".to_owned(), json!({"self": format!("{}{own}", call.base())}));
    Value::Object(map)
}

/// Data Center only: the direct view restriction and every inherited one, 50 a page.
pub(crate) fn relevant_view_restrictions(call: &Call) -> Result<Answer, Refusal> {
    const MOST: usize = 50;
    let site = call.shared.site();
    let item = find(call, &site)?;
    let cut = Window::of(call, MOST, MOST)?;
    let inside = Window { start: 0, limit: INSIDE_LIMIT };
    let expand = Expand::parse(["restrictions.user", "restrictions.group"]);
    let mut levels = site.ancestors(item);
    levels.push(item);
    let restricted = levels.into_iter().rev().filter(|level| !level.view.is_empty()).map(|level| {
        let mut value = one(call, &site, level, "read", &inside, &expand);
        value["content"] = shape::content(call, &site, level, &Expand::default());
        value["lastModificationDate"] = json!(shape::time(call, level.latest().at));
        value
    });
    let (shown, more) = window(restricted, &cut);
    Ok(Answer::Json(list(call, &cut, &shown, more)))
}

/// Replaces the restrictions of every operation that the request names.
pub(crate) fn set_restrictions(call: &Call) -> Result<Answer, Refusal> {
    let request = call.json()?;
    let entries = match &request {
        Value::Array(entries) => entries,
        other => other["results"]
            .as_array()
            .ok_or_else(|| Refusal::Invalid("A list of restrictions is expected".to_owned()))?,
    };
    let (id, view, edit) = {
        let site = call.shared.site();
        let item = find(call, &site)?;
        let (mut view, mut edit) = (None, None);
        for entry in entries {
            let subjects = subjects(&site, &entry["restrictions"])?;
            match entry["operation"].as_str() {
                Some("read") => view = Some(subjects),
                Some("update") => edit = Some(subjects),
                other => {
                    return Err(Refusal::Invalid(format!("Unknown operation: {}", json!(other))));
                }
            }
        }
        // On Cloud what the request leaves out is removed.
        if is_cloud(call) {
            (
                item.id,
                view.or_else(|| Some(Subjects::default())),
                edit.or_else(|| Some(Subjects::default())),
            )
        } else {
            (item.id, view, edit)
        }
    };
    call.change(|site| {
        let locks_out = |subjects: &Option<Subjects>| {
            subjects
                .as_ref()
                .is_some_and(|subjects| !subjects.is_empty() && !site.names(subjects, call.person))
        };
        if (locks_out(&view) || locks_out(&edit)) && !site.account(call.person).administrator {
            return Err(Refusal::Invalid(
                "You cannot exclude yourself from the content".to_owned(),
            ));
        }
        site.restrict(call.person, id, view, edit)
    })?;
    let site = call.shared.site();
    let item = site.item(id).ok_or_else(|| super::no_content(&id.to_string()))?;
    Ok(Answer::Json(both(call, &site, item)?))
}

/// Cloud: `PUT …/byOperation/{operation}/user?accountId=…` and `…/byGroupId/{id}`.
pub(crate) fn add_restricted(call: &Call) -> Result<Answer, Refusal> {
    change(call, true)
}

/// The same with DELETE.
pub(crate) fn remove_restricted(call: &Call) -> Result<Answer, Refusal> {
    change(call, false)
}

fn change(call: &Call, add: bool) -> Result<Answer, Refusal> {
    let operation = call.path("operation");
    let (id, mut view, mut edit, person, group) = {
        let site = call.shared.site();
        let item = find(call, &site)?;
        let account = call.query.get("accountId");
        let person = account.and_then(|account| site.find_person(account));
        let group = site.group(call.path("group")).map(|group| group.name.clone());
        (item.id, item.view.clone(), item.edit.clone(), person, group)
    };
    let subjects = match operation {
        "read" => &mut view,
        "update" => &mut edit,
        other => return Err(Refusal::Invalid(format!("Unknown operation: {other}"))),
    };
    match (person, group) {
        (Some(person), _) if add => {
            subjects.people.insert(person);
        }
        (Some(person), _) => {
            subjects.people.remove(&person);
        }
        (None, Some(group)) if add => {
            subjects.groups.insert(group);
        }
        (None, Some(group)) => {
            subjects.groups.remove(&group);
        }
        (None, None) => return Err(Refusal::NotFound("No such user or group".to_owned())),
    }
    call.change(|site| site.restrict(call.person, id, Some(view), Some(edit)))?;
    Ok(Answer::Done)
}

fn subjects(site: &Site, value: &Value) -> Result<Subjects, Refusal> {
    let list = |value: &Value| {
        value.as_array().or_else(|| value["results"].as_array()).cloned().unwrap_or_default()
    };
    let mut found = Subjects::default();
    for user in list(&value["user"]) {
        let name = ["accountId", "userKey", "username"].iter().find_map(|key| user[*key].as_str());
        let person = name.and_then(|name| site.find_person(name));
        found
            .people
            .insert(person.ok_or_else(|| Refusal::Invalid(format!("No user found: {user}")))?);
    }
    for group in list(&value["group"]) {
        let name = ["id", "name"].iter().find_map(|key| group[*key].as_str());
        let known = name.and_then(|name| site.group(name));
        found.groups.insert(
            known.ok_or_else(|| Refusal::Invalid(format!("No group found: {group}")))?.name.clone(),
        );
    }
    Ok(found)
}
