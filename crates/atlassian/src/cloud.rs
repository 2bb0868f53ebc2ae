//! Confluence Cloud: v2 wherever it has the operation, v1 for what v2 lacks for good.

use futures_util::Stream;
use futures_util::stream::TryStreamExt;
use reqwest::Method;
use serde_json::json;
use url::Url;

use crate::link::{self, Interface};
use crate::listing::{Incomplete, by_link, entries};
use crate::session::{Admits, answered, no_confluence, not_admitted};
use crate::wire::{self, CloudContent, Listing, Reference, instant, label_names};
use crate::{
    AncestorRef, BodyFormat, ContentId, ContentKind, Deployment, ErrorKind, NewPage, Page,
    PageMeta, PageRights, PageUpdate, Result, Session, Space, data_center,
};

/// The most that v2 lists in one answer.
const LIMIT: usize = 250;
const LIMIT_QUERY: (&str, &str) = ("limit", "250");

/// Deeper trees do not exist; a longer walk is a server that runs in a circle.
const MAX_ANCESTOR_CALLS: usize = 20;

pub(crate) fn spaces(session: &Session) -> impl Stream<Item = Result<Space>> + Send + use<> {
    let url = session.endpoint(Interface::V2, &["spaces"], &[LIMIT_QUERY]);
    let deployment = session.deployment().clone();
    let pages = by_link(session, vec![url]).map_err(no_confluence);
    entries(pages, move |space, base| data_center::read_space(&deployment, space, base).map(Some))
}

pub(crate) async fn space(session: &Session, key: &str) -> Result<Space> {
    let query = [("keys", key), ("limit", "1")];
    let url = session.endpoint(Interface::V2, &["spaces"], &query);
    let listing: Listing<wire::Space> = session.get(url.clone()).await.map_err(no_confluence)?;
    let base = listing.links.as_ref().and_then(|links| links.base.as_deref());
    let spaces = listing.results.into_iter();
    let mut spaces =
        spaces.filter_map(|space| data_center::read_space(session.deployment(), space, base).ok());
    spaces
        .find(|space| space.key.eq_ignore_ascii_case(key))
        .ok_or_else(|| answered(&url, ErrorKind::NotVisible, "no space of this key in the answer"))
}

pub(crate) fn pages(
    session: &Session,
    space: &Space,
) -> impl Stream<Item = Result<PageMeta>> + Send + use<> {
    let query = [("status", "current"), ("status", "archived"), LIMIT_QUERY];
    contents(session, space, "pages", ContentKind::Page, &query)
}

pub(crate) fn blog_posts(
    session: &Session,
    space: &Space,
) -> impl Stream<Item = Result<PageMeta>> + Send + use<> {
    let query = [("status", "current"), LIMIT_QUERY];
    contents(session, space, "blogposts", ContentKind::BlogPost, &query)
}

fn contents(
    session: &Session,
    space: &Space,
    collection: &str,
    kind: ContentKind,
    query: &[(&str, &str)],
) -> impl Stream<Item = Result<PageMeta>> + Send + use<> {
    let url = session.endpoint(Interface::V2, &["spaces", &space.id, collection], query);
    let key = space.key.clone();
    let deployment = session.deployment().clone();
    entries(by_link(session, vec![url]), move |content, base| {
        let meta = meta(&deployment, content, kind, base)?;
        Ok(Some(PageMeta { space_key: Some(key.clone()), ..meta }))
    })
}

pub(crate) async fn folder(session: &Session, id: &ContentId) -> Result<PageMeta> {
    let url = session.endpoint(Interface::V2, &["folders", id.as_str()], &[]);
    let content: CloudContent = session.get(url.clone()).await?;
    meta(session.deployment(), content, ContentKind::Folder, None).map_err(|_| no_id(&url))
}

pub(crate) async fn page(
    session: &Session,
    id: &ContentId,
    body: BodyFormat,
    admits: Admits<'_>,
) -> Result<Page> {
    let mut query = vec![("include-labels", "true"), ("include-version", "true")];
    query.extend(body_query(body));
    let kinds = [ContentKind::Page, ContentKind::BlogPost];
    let mut refused = no_id(session.deployment().base());
    for (url, kind) in both_kinds(session, id, &[], &query).into_iter().zip(kinds) {
        let content: CloudContent = match session.get(url.clone()).await {
            Ok(content) => content,
            Err(error) if error.kind == ErrorKind::NotVisible => {
                refused = error;
                continue;
            }
            Err(error) => return Err(error),
        };
        let labels_asked = content.labels.is_some();
        let page = read_page(session, content, kind, &url)?;
        if !admits(&page.meta) {
            // And on to the next address, as for an id that nobody has.
            refused = not_admitted(&url);
            continue;
        }
        return match page.labels {
            None if labels_asked => Ok(Page { labels: Some(labels(session, id).await?), ..page }),
            _ => Ok(page),
        };
    }
    Err(refused)
}

pub(crate) async fn page_by_title(
    session: &Session,
    space_key: &str,
    title: &str,
    body: BodyFormat,
) -> Result<Option<Page>> {
    let space = space(session, space_key).await?;
    let mut query = vec![("space-id", space.id.as_str()), ("title", title), ("status", "current")];
    query.extend(body_query(body));
    let url = session.endpoint(Interface::V2, &["pages"], &query);
    let listing: Listing<CloudContent> = session.get(url.clone()).await?;
    let mut found = listing.results.into_iter();
    let Some(content) = found.find(|content| content.title.as_deref() == Some(title)) else {
        return Ok(None);
    };
    let mut page = read_page(session, content, ContentKind::Page, &url)?;
    page.meta.space_key = Some(space.key);
    Ok(Some(page))
}

pub(crate) fn children(
    session: &Session,
    id: &ContentId,
) -> impl Stream<Item = Result<PageMeta>> + Send + use<> {
    let below = |collection| {
        let path = [collection, id.as_str(), "direct-children"];
        session.endpoint(Interface::V2, &path, &[LIMIT_QUERY])
    };
    let addresses = vec![below("pages"), below("folders")];
    let parent = id.to_string();
    let deployment = session.deployment().clone();
    entries(by_link(session, addresses), move |content: CloudContent, base| {
        let Some(kind) = content.kind.as_deref().and_then(ContentKind::from_type) else {
            return Ok(None);
        };
        let meta = meta(&deployment, content, kind, base)?;
        Ok(Some(PageMeta { parent_id: Some(parent.clone()), ..meta }))
    })
}

/// One answer holds the nearest 250; what lies above is asked of the highest of them.
pub(crate) async fn ancestors(session: &Session, id: &ContentId) -> Result<Vec<AncestorRef>> {
    let mut chain: Vec<AncestorRef> = Vec::new();
    let mut addresses = Vec::from(both_kinds(session, id, &["ancestors"], &[LIMIT_QUERY]));
    addresses.truncate(1);
    for _ in 0..MAX_ANCESTOR_CALLS {
        let (listing, url): (Listing<Reference>, Url) =
            session.get_first_visible(addresses).await?;
        let whole = listing.results.len() < LIMIT;
        let read: Option<Vec<_>> = listing.results.into_iter().map(ancestor).collect();
        let Some(mut above) = read else { return Err(no_id(&url)) };
        above.append(&mut chain);
        chain = above;
        let Some(highest) = chain.first().filter(|_| !whole) else { return Ok(chain) };
        let Some(collection) = collection(&highest.kind) else {
            return Err(answered(&url, ErrorKind::Unreadable, "an ancestor of unknown kind"));
        };
        let path = [collection, &highest.id, "ancestors"];
        addresses = vec![session.endpoint(Interface::V2, &path, &[LIMIT_QUERY])];
    }
    let base = session.deployment().base();
    Err(answered(base, ErrorKind::Unreadable, "the ancestors have no end"))
}

fn ancestor(reference: Reference) -> Option<AncestorRef> {
    let kind = reference.kind.unwrap_or_default();
    Some(AncestorRef { id: reference.id?, kind, title: reference.title })
}

fn collection(kind: &str) -> Option<&'static str> {
    match kind {
        "page" => Some("pages"),
        "folder" => Some("folders"),
        "whiteboard" => Some("whiteboards"),
        "database" => Some("databases"),
        "embed" => Some("embeds"),
        _ => None,
    }
}

pub(crate) async fn labels(session: &Session, id: &ContentId) -> Result<Vec<String>> {
    let addresses = both_kinds(session, id, &["labels"], &[LIMIT_QUERY]);
    let pages = by_link::<wire::Label>(session, addresses.into());
    let labels = pages.map_ok(|page| label_names(page.results));
    labels.try_concat().await
}

pub(crate) fn rights(
    session: &Session,
    space: &Space,
) -> impl Stream<Item = Result<PageRights>> + Send + use<> {
    let key = space.key.replace('\\', r"\\").replace('"', "\\\"");
    let cql = format!("space = \"{key}\" and type in (page, blogpost)");
    let query = [("cql", cql.as_str()), ("limit", "200"), ("expand", data_center::RIGHTS)];
    let url = session.endpoint(Interface::V1, &["content", "search"], &query);
    entries(by_link(session, vec![url]), |content, _| Ok(data_center::read_rights(content)))
}

pub(crate) async fn create(session: &Session, new: &NewPage, status: &str) -> Result<Page> {
    let space = space(session, &new.space_key).await?;
    let mut body = json!({
        "spaceId": space.id,
        "status": status,
        "title": new.title,
        "body": {"representation": "storage", "value": new.storage},
    });
    if let Some(parent) = &new.parent_id {
        body["parentId"] = parent.as_str().into();
    }
    let url = session.endpoint(Interface::V2, &["pages"], &[]);
    let content: CloudContent = session.send(Method::POST, url.clone(), body).await?;
    let mut page = read_page(session, content, ContentKind::Page, &url)?;
    page.meta.space_key = Some(space.key);
    Ok(page)
}

pub(crate) async fn update(
    session: &Session,
    id: &ContentId,
    kind: ContentKind,
    update: &PageUpdate,
) -> Result<Page> {
    let collection = if kind == ContentKind::BlogPost { "blogposts" } else { "pages" };
    let url = session.endpoint(Interface::V2, &[collection, id.as_str()], &[]);
    let mut body = json!({
        "id": id.as_str(),
        "status": "current",
        "title": update.title,
        "body": {"representation": "storage", "value": update.storage},
        "version": {"number": update.base_version + 1},
    });
    if let Some(message) = &update.message {
        body["version"]["message"] = message.as_str().into();
    }
    let content: CloudContent = session.send(Method::PUT, url.clone(), body).await?;
    read_page(session, content, kind, &url)
}

pub(crate) fn body_query(body: BodyFormat) -> Option<(&'static str, &'static str)> {
    match body {
        BodyFormat::None => None,
        BodyFormat::Storage => Some(("body-format", "storage")),
    }
}

/// An id does not tell whether it is a page's or a blog post's, and v2 has an address for each.
pub(crate) fn both_kinds(
    session: &Session,
    id: &ContentId,
    below: &[&str],
    query: &[(&str, &str)],
) -> [Url; 2] {
    ["pages", "blogposts"].map(|collection| {
        let path = [&[collection, id.as_str()], below].concat();
        session.endpoint(Interface::V2, &path, query)
    })
}

pub(crate) fn read_page(
    session: &Session,
    mut content: CloudContent,
    kind: ContentKind,
    url: &Url,
) -> Result<Page> {
    let storage = content.body.take().and_then(|body| body.storage).and_then(|body| body.value);
    let labels = content.labels.take().and_then(wire::Labels::whole);
    let base = content.links.as_ref().and_then(|links| links.base.clone());
    let meta = meta(session.deployment(), content, kind, base.as_deref());
    let meta = meta.map_err(|_| no_id(url))?;
    Ok(Page { meta, storage, labels, ancestors: None })
}

fn no_id(url: &Url) -> crate::Error {
    answered(url, ErrorKind::Unreadable, "content without an id")
}

fn meta(
    deployment: &Deployment,
    content: CloudContent,
    kind: ContentKind,
    base: Option<&str>,
) -> Result<PageMeta, Incomplete> {
    let id: ContentId =
        content.id.as_deref().unwrap_or_default().parse().map_err(|_| Incomplete)?;
    let webui = content.links.and_then(|links| links.webui);
    let version = content.version;
    Ok(PageMeta {
        url: link::content_for_browser(deployment, base, webui.as_deref(), &id),
        id,
        kind,
        title: content.title.unwrap_or_default(),
        status: content.status.unwrap_or_default(),
        space_id: content.space_id.unwrap_or_default(),
        space_key: webui.as_deref().and_then(link::space_key),
        parent_id: content.parent_id,
        parent_kind: content.parent_kind,
        position: content.position.or(content.child_position),
        version: version.as_ref().and_then(|version| version.number).unwrap_or(0),
        version_at: version.as_ref().and_then(|version| instant(version.created_at.as_deref())),
        version_by: version.and_then(|version| version.author_id),
    })
}
