//! The shapes of v1, Cloud and Data Center. What is not expanded is named in `_expandable`.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Expand, is_cloud, restriction};
use crate::cloud::{tiny, web_link};
use crate::http::{Call, Surface};
use crate::site::{Detail, Item, Kind, Person, Site, Space, Version};

/// Cloud says `Z`; Data Center gives the offset without a colon.
pub(crate) fn time(call: &Call, at: Timestamp) -> String {
    let format = match call.surface {
        Surface::CloudV2 | Surface::CloudV1 => "%Y-%m-%dT%H:%M:%S.%3fZ",
        Surface::DataCenter => "%Y-%m-%dT%H:%M:%S.%3f+0000",
    };
    at.strftime(format).to_string()
}

pub(crate) fn person(call: &Call, site: &Site, person: Person) -> Value {
    let account = site.account(person);
    let picture = json!({
        "path": format!("{}/images/icons/profilepics/default.svg", call.context()),
        "width": 48,
        "height": 48,
        "isDefault": true,
    });
    if is_cloud(call) {
        json!({
            "type": "known",
            "accountId": account.account_id,
            "accountType": "atlassian",
            "email": account.email,
            "publicName": account.display_name,
            "profilePicture": picture,
            "displayName": account.display_name,
            "isExternalCollaborator": false,
            "isGuest": false,
            "locale": "en_US",
            "accountStatus": "active",
            "timeZone": account.time_zone,
            "_expandable": {"operations": "", "personalSpace": ""},
            "_links": {"self": format!("{}/rest/api/user?accountId={}", call.base(), account.account_id)},
        })
    } else {
        json!({
            "type": "known",
            "username": account.username,
            "userKey": account.user_key,
            "profilePicture": picture,
            "displayName": account.display_name,
            "_links": {"self": format!("{}/rest/api/user?key={}", call.base(), account.user_key)},
            "_expandable": {"status": ""},
        })
    }
}

pub(crate) fn version(call: &Call, site: &Site, item: &Item, version: &Version) -> Value {
    let number = version.number;
    let links = if is_cloud(call) {
        json!({"self": format!("{}/rest/api/content/{}/version/{number}", call.base(), item.id)})
    } else {
        json!({"self": format!("{}/rest/experimental/content/{}/version/{number}", call.base(), item.id)})
    };
    let mut value = json!({
        "by": person(call, site, version.by),
        "when": time(call, version.at),
        "friendlyWhen": version.at.strftime("%b %d, %Y").to_string(),
        "message": version.message,
        "number": number,
        "minorEdit": version.minor,
        "_expandable": {"content": format!("/rest/api/content/{}", item.id)},
        "_links": links,
    });
    if !is_cloud(call) {
        value["hidden"] = json!(false);
        value["syncRev"] = json!("0.confluence$content$1.1");
    }
    value
}

pub(crate) fn space(call: &Call, site: &Site, space: &Space, expand: &Expand) -> Value {
    let key = &space.key;
    let mut map = Map::new();
    map.insert("id".to_owned(), json!(space.id));
    map.insert("key".to_owned(), json!(key));
    map.insert("name".to_owned(), json!(space.name));
    map.insert("status".to_owned(), json!("current"));
    map.insert("type".to_owned(), json!(if key.starts_with('~') { "personal" } else { "global" }));
    let mut left = Map::new();
    if let Some(inner) = expand.get("description") {
        let mut description = Map::new();
        for format in ["plain", "view"].into_iter().filter(|format| inner.has(format)) {
            let value = json!({"value": space.description, "representation": format, "embeddedContent": []});
            description.insert(format.to_owned(), value);
        }
        map.insert("description".to_owned(), Value::Object(description));
    } else {
        left.insert("description".to_owned(), json!(""));
    }
    match (expand.get("homepage"), space.homepage.and_then(|id| site.item(id))) {
        (Some(inner), Some(page)) if site.may_view(call.person, page) => {
            map.insert("homepage".to_owned(), content(call, site, page, inner));
        }
        (_, Some(page)) => {
            left.insert("homepage".to_owned(), json!(format!("/rest/api/content/{}", page.id)));
        }
        (_, None) => {}
    }
    for name in ["metadata", "icon", "operations", "permissions"] {
        left.insert(name.to_owned(), json!(""));
    }
    map.insert("_expandable".to_owned(), Value::Object(left));
    let links = json!({
        "webui": web_space(call, key),
        "self": format!("{}/rest/api/space/{key}", call.base()),
    });
    map.insert("_links".to_owned(), links);
    Value::Object(map)
}

pub(crate) fn web_space(call: &Call, key: &str) -> String {
    if is_cloud(call) { format!("/spaces/{key}") } else { format!("/display/{key}") }
}

/// Ids on the wire: attachments carry a prefix on both products.
pub(crate) fn id(item: &Item) -> String {
    match item.kind {
        Kind::Attachment => format!("att{}", item.id),
        _ => item.id.to_string(),
    }
}

/// A piece of content in its current version.
pub(crate) fn content(call: &Call, site: &Site, item: &Item, expand: &Expand) -> Value {
    content_at(call, site, item, item.latest(), expand)
}

/// A piece of content as it was in one version.
pub(crate) fn content_at(
    call: &Call,
    site: &Site,
    item: &Item,
    at: &Version,
    expand: &Expand,
) -> Value {
    let id = id(item);
    let own = format!("/rest/api/content/{id}");
    let historical = at.number != item.latest().number;
    let mut map = Map::new();
    map.insert("id".to_owned(), json!(id));
    map.insert("type".to_owned(), json!(item.kind.as_str()));
    let status = if historical { "historical" } else { item.status.as_str() };
    map.insert("status".to_owned(), json!(status));
    map.insert("title".to_owned(), json!(at.title));
    let mut left = Map::new();
    let mut put = |name: &str, unexpanded: String, make: &dyn Fn(&Expand) -> Value| {
        match expand.get(name) {
            Some(inner) => map.insert(name.to_owned(), make(inner)),
            None => left.insert(name.to_owned(), json!(unexpanded)),
        };
    };
    let key = site.space_key(item.space);
    put("space", format!("/rest/api/space/{key}"), &|inner| {
        site.space(item.space).map_or(Value::Null, |found| space(call, site, found, inner))
    });
    put("history", format!("{own}/history"), &|inner| history(call, site, item, inner));
    put("version", String::new(), &|_| version(call, site, item, at));
    if item.kind.is_node() || item.kind == Kind::BlogPost {
        put("ancestors", String::new(), &|inner| {
            let above = visible_ancestors(call, site, item);
            above.into_iter().map(|item| content(call, site, item, inner)).collect()
        });
    }
    if item.kind == Kind::Comment {
        // The comments that this one answers.
        put("ancestors", String::new(), &|inner| {
            let above =
                site.ancestors(item).into_iter().filter(|above| above.kind == Kind::Comment);
            above.map(|item| content(call, site, item, inner)).collect()
        });
    }
    put("container", container_path(site, item), &|inner| container(call, site, item, inner));
    put("body", String::new(), &|inner| body(call, site, item, at, inner));
    put("metadata", String::new(), &|inner| metadata(call, site, item, inner));
    put("restrictions", format!("{own}/restriction/byOperation"), &|inner| {
        restriction::expanded(call, site, item, inner)
    });
    put("children", format!("{own}/child"), &|inner| super::children(call, site, item, inner));
    put("descendants", format!("{own}/descendant"), &|_| json!({}));
    put("operations", String::new(), &|_| operations(call, site, item));
    map.insert("extensions".to_owned(), extensions(item));
    if is_cloud(call) {
        map.insert("macroRenderedOutput".to_owned(), json!({}));
    }
    map.insert("_expandable".to_owned(), Value::Object(left));
    map.insert("_links".to_owned(), links(call, site, item, &id));
    Value::Object(map)
}

fn links(call: &Call, site: &Site, item: &Item, id: &str) -> Value {
    let mut links = json!({
        "webui": web_link(site, item),
        "self": format!("{}/rest/api/content/{id}", call.base()),
    });
    match item.kind {
        Kind::Page | Kind::BlogPost => {
            links["tinyui"] = json!(format!("/x/{}", tiny(item.id)));
            let edit = format!("/pages/resumedraft.action?draftId={id}");
            links[if is_cloud(call) { "editui" } else { "edit" }] = json!(edit);
        }
        Kind::Attachment => {
            let page = item.parent.unwrap_or_default();
            let title = item.title();
            let download =
                format!("/download/attachments/{page}/{title}?version={}", item.latest().number);
            links["download"] = json!(download);
        }
        _ => {}
    }
    links
}

/// Folders do not exist on Data Center; nobody sees what he may not.
pub(crate) fn visible_ancestors<'a>(call: &Call, site: &'a Site, item: &Item) -> Vec<&'a Item> {
    site.ancestors(item)
        .into_iter()
        .filter(|above| is_cloud(call) || !above.kind.is_cloud_only())
        .filter(|above| site.may_view(call.person, above))
        .collect()
}

fn container_path(site: &Site, item: &Item) -> String {
    let container = site.container(item);
    if container.id == item.id {
        format!("/rest/api/space/{}", site.space_key(item.space))
    } else {
        format!("/rest/api/content/{}", container.id)
    }
}

fn container(call: &Call, site: &Site, item: &Item, expand: &Expand) -> Value {
    let container = site.container(item);
    if container.id == item.id {
        site.space(item.space).map_or(Value::Null, |found| space(call, site, found, expand))
    } else {
        content(call, site, container, expand)
    }
}

fn body(call: &Call, site: &Site, item: &Item, at: &Version, expand: &Expand) -> Value {
    let mut map = Map::new();
    let mut left = Map::new();
    let formats =
        ["storage", "view", "export_view", "styled_view", "anonymous_export_view", "editor"];
    for format in formats {
        if expand.has(format) {
            let value = storage(call, site, &at.body);
            let part = json!({
                "value": value,
                "representation": format,
                "embeddedContent": [],
                "_expandable": {"content": format!("/rest/api/content/{}", item.id)},
            });
            map.insert(format.to_owned(), part);
        } else {
            left.insert(format.to_owned(), json!(""));
        }
    }
    map.insert("_expandable".to_owned(), Value::Object(left));
    Value::Object(map)
}

/// Bodies name people by account id; Data Center knows user keys only.
fn storage(call: &Call, site: &Site, body: &str) -> String {
    if is_cloud(call) || !body.contains("ri:account-id=\"") {
        return body.to_owned();
    }
    let mut parts = body.split("ri:account-id=\"");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let id = part.split('"').next().unwrap_or_default();
        match site.find_person(id) {
            Some(person) => {
                text.push_str("ri:userkey=\"");
                text.push_str(&site.account(person).user_key);
                text.push_str(&part[id.len()..]);
            }
            None => {
                text.push_str("ri:account-id=\"");
                text.push_str(part);
            }
        }
    }
    text
}

fn metadata(call: &Call, site: &Site, item: &Item, expand: &Expand) -> Value {
    let mut map = Map::new();
    let mut left = Map::new();
    if expand.has("labels") {
        map.insert("labels".to_owned(), labels(call, site, item));
    } else {
        left.insert("labels".to_owned(), json!(""));
    }
    if let Detail::Attachment { media_type, comment, .. } = &item.detail {
        map.insert("mediaType".to_owned(), json!(media_type));
        map.insert("comment".to_owned(), json!(comment));
    }
    for name in ["currentuser", "properties", "frontend", "editorHtml"] {
        left.insert(name.to_owned(), json!(""));
    }
    map.insert("_expandable".to_owned(), Value::Object(left));
    Value::Object(map)
}

/// All labels of an item, as they stand inside the item.
fn labels(call: &Call, site: &Site, item: &Item) -> Value {
    let results: Vec<Value> = item.labels.iter().map(|name| label(site, name)).collect();
    let size = results.len();
    json!({
        "results": results,
        "start": 0,
        "limit": 200,
        "size": size,
        "_links": {"self": format!("{}/rest/api/content/{}/label", call.base(), item.id)},
    })
}

pub(crate) fn label(site: &Site, name: &str) -> Value {
    json!({"prefix": "global", "name": name, "id": site.label_id(name).to_string(), "label": name})
}

pub(crate) fn history(call: &Call, site: &Site, item: &Item, expand: &Expand) -> Value {
    let mut map = Map::new();
    let mut left = Map::new();
    map.insert("latest".to_owned(), json!(true));
    map.insert("createdBy".to_owned(), person(call, site, item.author));
    map.insert("createdDate".to_owned(), json!(time(call, item.first().at)));
    let before = item.versions.len().checked_sub(2).and_then(|at| item.versions.get(at));
    for (name, found) in [("lastUpdated", Some(item.latest())), ("previousVersion", before)] {
        match (expand.has(name), found) {
            (true, Some(found)) => {
                map.insert(name.to_owned(), version(call, site, item, found));
            }
            (false, _) => {
                left.insert(name.to_owned(), json!(""));
            }
            (true, None) => {}
        }
    }
    for name in ["contributors", "nextVersion"] {
        left.insert(name.to_owned(), json!(""));
    }
    map.insert("_expandable".to_owned(), Value::Object(left));
    let own = format!("{}/rest/api/content/{}/history", call.base(), id(item));
    map.insert("_links".to_owned(), json!({"self": own}));
    Value::Object(map)
}

fn operations(call: &Call, site: &Site, item: &Item) -> Value {
    let edit = if site.may_edit(call.person, item) { &["update", "delete"][..] } else { &[] };
    std::iter::once(&"read")
        .chain(edit)
        .map(|operation| json!({"operation": operation, "targetType": item.kind.as_str()}))
        .collect()
}

fn extensions(item: &Item) -> Value {
    match &item.detail {
        Detail::None | Detail::Embed { .. } => json!({"position": item.position}),
        Detail::Comment { inline: None, .. } => json!({"location": "footer"}),
        Detail::Comment { inline: Some(inline), resolved } => json!({
            "location": super::location(item),
            "resolution": {"status": resolved.as_str()},
            "inlineProperties": {
                "markerRef": inline.marker,
                "originalSelection": inline.selection,
            },
        }),
        Detail::Attachment { media_type, comment, file_id, bytes } => json!({
            "mediaType": media_type,
            "fileSize": bytes.len(),
            "comment": comment,
            "fileId": file_id,
        }),
    }
}
