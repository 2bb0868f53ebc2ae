//! The shapes of v2 (official `OpenAPI` document of 2026-05-31, with the nulls that the live
//! service answers where the document allows none).

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use crate::http::Call;
use crate::site::{Detail, Item, Kind, Refusal, Site, Space, Version};

/// `2026-05-31T08:15:00.000Z`
pub(crate) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// `/spaces/ENG/pages/98305/Some+title`, relative to the context path.
pub(crate) fn web_link(site: &Site, item: &Item) -> String {
    let key = site.space_key(item.space);
    let title: String = form_urlencoded::byte_serialize(item.title().as_bytes()).collect();
    match item.kind {
        Kind::Page => format!("/spaces/{key}/pages/{}/{title}", item.id),
        Kind::BlogPost => {
            let day = item.first().at.strftime("%Y/%m/%d");
            format!("/spaces/{key}/blog/{day}/{}/{title}", item.id)
        }
        Kind::Folder | Kind::Whiteboard | Kind::Database | Kind::Embed => {
            format!("/spaces/{key}/{}/{}", item.kind.as_str(), item.id)
        }
        Kind::Comment => {
            let page = site.container(item);
            let page_link = if page.id == item.id { String::new() } else { web_link(site, page) };
            format!("{page_link}?focusedCommentId={}", item.id)
        }
        Kind::Attachment => {
            let page = item.parent.unwrap_or_default();
            format!(
                "/pages/viewpageattachments.action?pageId={page}&preview=%2F{page}%2F{}%2F{title}",
                item.id
            )
        }
    }
}

pub(super) fn version(site: &Site, version: &Version) -> Value {
    json!({
        "number": version.number,
        "message": version.message,
        "minorEdit": version.minor,
        "authorId": site.account(version.by).account_id,
        "createdAt": time(version.at),
        "ncsStepVersion": null,
    })
}

/// Which body a caller wants. Without the parameter the body is an empty object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyFormat {
    None,
    Storage,
    View,
}

pub(super) fn body_format(call: &Call) -> Result<BodyFormat, Refusal> {
    match call.query.get("body-format") {
        None | Some("") => Ok(BodyFormat::None),
        Some("storage") => Ok(BodyFormat::Storage),
        Some("view" | "export_view" | "styled_view" | "anonymous_export_view") => {
            Ok(BodyFormat::View)
        }
        Some("atlas_doc_format" | "editor") => {
            Err(Refusal::Invalid("The sandbox holds storage format only".to_owned()))
        }
        Some(other) => Err(Refusal::Invalid(format!(
            "Provided value {{{other}}} for 'body-format' is not a body format"
        ))),
    }
}

pub(super) fn body(format: BodyFormat, storage: &str) -> Value {
    match format {
        BodyFormat::None => json!({}),
        BodyFormat::Storage => json!({"storage": {"representation": "storage", "value": storage}}),
        // Not rendered: macros stay as they are.
        BodyFormat::View => json!({"view": {"representation": "view", "value": storage}}),
    }
}

/// A page, blog post or folder without its body.
pub(super) fn content(site: &Site, item: &Item) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("id".to_owned(), json!(item.id.to_string()));
    if item.kind.is_cloud_only() {
        map.insert("type".to_owned(), json!(item.kind.as_str()));
    }
    map.insert("status".to_owned(), json!(item.status.as_str()));
    map.insert("title".to_owned(), json!(item.title()));
    map.insert("spaceId".to_owned(), json!(item.space.to_string()));
    let author = &site.account(item.author).account_id;
    if item.kind != Kind::BlogPost {
        let parent = item.parent.and_then(|id| site.item(id));
        map.insert("parentId".to_owned(), json!(parent.map(|parent| parent.id.to_string())));
        map.insert("parentType".to_owned(), json!(parent.map(|parent| parent.kind.as_str())));
        map.insert("position".to_owned(), json!(item.position));
        map.insert("ownerId".to_owned(), json!(author));
        map.insert("lastOwnerId".to_owned(), Value::Null);
    }
    map.insert("authorId".to_owned(), json!(author));
    map.insert("createdAt".to_owned(), json!(time(item.first().at)));
    map.insert("version".to_owned(), version(site, item.latest()));
    if let Detail::Embed { target } = &item.detail {
        map.insert("embedUrl".to_owned(), json!(target));
    }
    map.insert("_links".to_owned(), links(site, item));
    map
}

/// The same with the body, as lists answer it.
pub(super) fn listed(site: &Site, item: &Item, format: BodyFormat) -> Value {
    let mut map = content(site, item);
    map.insert("body".to_owned(), body(format, item.body()));
    Value::Object(map)
}

fn links(site: &Site, item: &Item) -> Value {
    let web = web_link(site, item);
    let key = site.space_key(item.space);
    match item.kind {
        Kind::Page | Kind::BlogPost => json!({
            "editui": format!("/pages/resumedraft.action?draftId={}", item.id),
            "webui": web,
            "edituiv2": format!("/spaces/{key}/pages/edit-v2/{}", item.id),
            "tinyui": format!("/x/{}", tiny(item.id)),
        }),
        _ => json!({"webui": web}),
    }
}

/// The short form of an id in `/x/…` links.
pub(crate) fn tiny(id: u64) -> String {
    use base64::Engine;
    let bytes = id.to_le_bytes();
    let used = bytes.iter().rposition(|byte| *byte != 0).map_or(1, |at| at + 1);
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&bytes[..used])
}

pub(super) fn space(site: &Site, space: &Space, description: Option<&str>) -> Value {
    json!({
        "id": space.id.to_string(),
        "key": space.key,
        "name": space.name,
        "type": if space.key.starts_with('~') { "personal" } else { "global" },
        "status": "current",
        "authorId": site.account(space.author).account_id,
        "spaceOwnerId": site.account(space.author).account_id,
        "createdAt": time(space.created),
        "homepageId": space.homepage.map(|id| id.to_string()),
        "description": description.map(|format| {
            json!({format: {"representation": format, "value": space.description}})
        }),
        "icon": null,
        "currentActiveAlias": space.key,
        "_links": {"webui": format!("/spaces/{}", space.key)},
    })
}

pub(super) fn label(site: &Site, name: &str) -> Value {
    json!({"id": site.label_id(name).to_string(), "name": name, "prefix": "global"})
}

/// A child in `direct-children`.
pub(super) fn child(item: &Item) -> Value {
    json!({
        "id": item.id.to_string(),
        "status": item.status.as_str(),
        "title": item.title(),
        "type": item.kind.as_str(),
        "spaceId": item.space.to_string(),
        "childPosition": item.position,
    })
}

pub(super) fn comment(site: &Site, item: &Item, format: BodyFormat) -> Value {
    let container = site.container(item);
    let carrier = if container.kind == Kind::BlogPost { "blogPostId" } else { "pageId" };
    let mut value = json!({
        "id": item.id.to_string(),
        "status": item.status.as_str(),
        "title": item.title(),
        carrier: container.id.to_string(),
        "version": version(site, item.latest()),
        "body": body(format, item.body()),
        "_links": links(site, item),
    });
    if item.parent != Some(container.id) {
        value["parentCommentId"] = json!(item.parent.map(|id| id.to_string()));
    }
    if let Detail::Comment { inline: Some(inline), resolved } = &item.detail {
        value["resolutionStatus"] = json!(resolved.as_str());
        value["properties"] = json!({
            "inlineMarkerRef": inline.marker,
            "inlineOriginalSelection": inline.selection,
            "inline-marker-ref": inline.marker,
            "inline-original-selection": inline.selection,
        });
    }
    value
}

pub(super) fn attachment(site: &Site, item: &Item) -> Value {
    let page = item.parent.unwrap_or_default();
    let title: String = form_urlencoded::byte_serialize(item.title().as_bytes()).collect();
    let download = format!(
        "/download/attachments/{page}/{title}?version={}&modificationDate={}&cacheVersion=1&api=v2",
        item.latest().number,
        item.latest().at.as_millisecond()
    );
    let (media_type, comment, file_id, size) = match &item.detail {
        Detail::Attachment { media_type, comment, file_id, bytes } => {
            (media_type.as_str(), comment.as_str(), file_id.as_str(), bytes.len())
        }
        _ => ("", "", "", 0),
    };
    json!({
        "id": format!("att{}", item.id),
        "status": item.status.as_str(),
        "title": item.title(),
        "createdAt": time(item.first().at),
        "pageId": page.to_string(),
        "mediaType": media_type,
        "mediaTypeDescription": null,
        "comment": comment,
        "fileId": file_id,
        "fileSize": size,
        "webuiLink": web_link(site, item),
        "downloadLink": download,
        "version": version(site, item.latest()),
        "_links": {"webui": web_link(site, item), "download": download},
    })
}
