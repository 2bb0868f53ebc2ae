//! Confluence Data Center: v1 throughout, everything by `expand`. Cloud's v1 remains have the same
//! shapes and are read here too.

use futures_util::Stream;
use futures_util::stream::{StreamExt, TryStreamExt};
use reqwest::Method;
use serde_json::json;
use url::Url;

use crate::link::{self, Interface};
use crate::listing::{Incomplete, by_start, entries};
use crate::restriction::Subjects;
use crate::session::{Admits, answered, no_confluence, not_admitted};
use crate::wire::{self, Content, Listing, Reference, instant, label_names};
use crate::{
    AncestorRef, BodyFormat, ContentId, ContentKind, Deployment, ErrorKind, NewPage, Page,
    PageMeta, PageRights, PageUpdate, Result, Session, Space,
};

/// What [`PageRights`] is read from.
pub(crate) const RIGHTS: &str =
    "metadata.labels,restrictions.read.restrictions.user,restrictions.read.restrictions.group";

const META: &str = "space,version,ancestors";
const PAGE: &str = "space,version,ancestors,metadata.labels";
pub(crate) const PAGE_WITH_BODY: &str = "space,version,ancestors,metadata.labels,body.storage";

pub(crate) fn spaces(session: &Session) -> impl Stream<Item = Result<Space>> + Send + use<> {
    let url = session.endpoint(Interface::V1, &["space"], &[("expand", "homepage")]);
    let pages = by_start(session, url, |space: &wire::Space| space.id.as_deref());
    let pages = pages.map_err(no_confluence);
    let deployment = session.deployment().clone();
    entries(pages, move |space, base| read_space(&deployment, space, base).map(Some))
}

pub(crate) async fn space(session: &Session, key: &str) -> Result<Space> {
    let url = session.endpoint(Interface::V1, &["space", key], &[("expand", "homepage")]);
    let space: wire::Space = session.get(url.clone()).await?;
    let base = space.links.as_ref().and_then(|links| links.base.clone());
    read_space(session.deployment(), space, base.as_deref())
        .ok()
        .filter(|space| space.key.eq_ignore_ascii_case(key))
        .ok_or_else(|| answered(&url, ErrorKind::Unreadable, "a space without the key asked for"))
}

pub(crate) fn contents(
    session: &Session,
    space: &Space,
    kind: &'static str,
) -> impl Stream<Item = Result<PageMeta>> + Send + use<> {
    let pages = listing(session, &space.key, kind, META);
    let deployment = session.deployment().clone();
    entries(pages, move |content, base| meta_with_parent(&deployment, content, base).map(Some))
}

/// Current contents: Data Center knows no archived ones (its statuses are `current`, `trashed`,
/// `draft`, `historical`), and pages of an archived space are current.
fn listing(
    session: &Session,
    space_key: &str,
    kind: &'static str,
    expand: &str,
) -> impl Stream<Item = Result<Listing<Content>>> + Send + use<> {
    let query =
        [("spaceKey", space_key), ("type", kind), ("status", "current"), ("expand", expand)];
    let url = session.endpoint(Interface::V1, &["content"], &query);
    by_start(session, url, |content: &Content| content.id.as_deref())
}

pub(crate) async fn page(
    session: &Session,
    id: &ContentId,
    body: BodyFormat,
    admits: Admits<'_>,
) -> Result<Page> {
    let query = [("expand", expansion(body))];
    let url = session.endpoint(Interface::V1, &["content", id.as_str()], &query);
    let content: Content = session.get(url.clone()).await?;
    let labels_given = content.metadata.as_ref().is_some_and(|data| data.labels.is_some());
    let page = read_page(session, content, None, &url)?;
    if !admits(&page.meta) {
        return Err(not_admitted(&url));
    }
    match page.labels {
        None if labels_given => Ok(Page { labels: Some(labels(session, id).await?), ..page }),
        _ => Ok(page),
    }
}

pub(crate) async fn page_by_title(
    session: &Session,
    space_key: &str,
    title: &str,
    body: BodyFormat,
) -> Result<Option<Page>> {
    let query = [
        ("spaceKey", space_key),
        ("title", title),
        ("type", "page"),
        ("status", "current"),
        ("expand", expansion(body)),
    ];
    let url = session.endpoint(Interface::V1, &["content"], &query);
    let listing: Listing<Content> = session.get(url.clone()).await?;
    let base = listing.links.and_then(|links| links.base);
    let mut found = listing.results.into_iter();
    match found.find(|content| content.title.as_deref() == Some(title)) {
        Some(content) => read_page(session, content, base.as_deref(), &url).map(Some),
        None => Ok(None),
    }
}

pub(crate) fn children(
    session: &Session,
    id: &ContentId,
) -> impl Stream<Item = Result<PageMeta>> + Send + use<> {
    let path = ["content", id.as_str(), "child", "page"];
    let url = session.endpoint(Interface::V1, &path, &[("expand", "space,version")]);
    let parent = id.to_string();
    let pages = by_start(session, url, |content: &Content| content.id.as_deref());
    let deployment = session.deployment().clone();
    entries(pages, move |content, base| {
        let meta = meta_with_parent(&deployment, content, base)?;
        Ok(Some(PageMeta {
            parent_id: Some(parent.clone()),
            parent_kind: Some("page".to_owned()),
            ..meta
        }))
    })
}

pub(crate) async fn ancestors(session: &Session, id: &ContentId) -> Result<Vec<AncestorRef>> {
    let query = [("expand", "ancestors")];
    let url = session.endpoint(Interface::V1, &["content", id.as_str()], &query);
    let content: Content = session.get(url.clone()).await?;
    let ancestors = content.ancestors.and_then(read_ancestors);
    ancestors.ok_or_else(|| answered(&url, ErrorKind::Unreadable, "content without ancestors"))
}

pub(crate) async fn labels(session: &Session, id: &ContentId) -> Result<Vec<String>> {
    let url = session.endpoint(Interface::V1, &["content", id.as_str(), "label"], &[]);
    let pages = by_start(session, url, |label: &wire::Label| label.name.as_deref());
    pages.map_ok(|page| label_names(page.results)).try_concat().await
}

pub(crate) fn rights(
    session: &Session,
    space: &Space,
) -> impl Stream<Item = Result<PageRights>> + Send + use<> {
    let pages = listing(session, &space.key, "page", RIGHTS);
    let posts = listing(session, &space.key, "blogpost", RIGHTS);
    entries(pages.chain(posts), |content, _| Ok(read_rights(content)))
}

pub(crate) async fn create(session: &Session, new: &NewPage, status: &str) -> Result<Page> {
    let mut body = json!({
        "type": "page",
        "title": new.title,
        "space": {"key": new.space_key},
        "body": {"storage": {"value": new.storage, "representation": "storage"}},
    });
    // Left out unless needed: `current` is what it is without.
    if status != "current" {
        body["status"] = status.into();
    }
    if let Some(parent) = &new.parent_id {
        body["ancestors"] = json!([{"id": parent.as_str()}]);
    }
    let query = [("expand", PAGE_WITH_BODY)];
    let url = session.endpoint(Interface::V1, &["content"], &query);
    let content: Content = session.send(Method::POST, url.clone(), body).await?;
    read_page(session, content, None, &url)
}

pub(crate) async fn update(
    session: &Session,
    id: &ContentId,
    kind: ContentKind,
    update: &PageUpdate,
) -> Result<Page> {
    let url = session.endpoint(Interface::V1, &["content", id.as_str()], &[]);
    let mut body = json!({
        "id": id.as_str(),
        "type": if kind == ContentKind::BlogPost { "blogpost" } else { "page" },
        "title": update.title,
        "body": {"storage": {"value": update.storage, "representation": "storage"}},
        "version": {"number": update.base_version + 1},
    });
    if let Some(message) = &update.message {
        body["version"]["message"] = message.as_str().into();
    }
    let content: Content = session.send(Method::PUT, url.clone(), body).await?;
    read_page(session, content, None, &url)
}

pub(crate) fn expansion(body: BodyFormat) -> &'static str {
    match body {
        BodyFormat::None => PAGE,
        BodyFormat::Storage => PAGE_WITH_BODY,
    }
}

pub(crate) fn read_page(
    session: &Session,
    mut content: Content,
    base: Option<&str>,
    url: &Url,
) -> Result<Page> {
    let storage = content.body.take().and_then(|body| body.storage).and_then(|body| body.value);
    let labels = content.metadata.take().and_then(|data| data.labels);
    let own_base = content.links.as_ref().and_then(|links| links.base.clone());
    let ancestors = content.ancestors.take().and_then(read_ancestors);
    let kind = content.kind.as_deref().and_then(ContentKind::from_type);
    let meta = kind
        .ok_or(Incomplete)
        .and_then(|kind| meta(session.deployment(), content, kind, own_base.as_deref().or(base)));
    let mut meta = meta
        .map_err(|_| answered(url, ErrorKind::Unreadable, "content without an id or known type"))?;
    if let Some(parent) = ancestors.as_ref().and_then(|ancestors| ancestors.last()) {
        meta.parent_id = Some(parent.id.clone());
        meta.parent_kind = Some(parent.kind.clone());
    }
    Ok(Page { meta, storage, labels: labels.and_then(wire::Labels::whole), ancestors })
}

fn read_ancestors(references: Vec<Reference>) -> Option<Vec<AncestorRef>> {
    let read = |reference: Reference| {
        let kind = reference.kind.unwrap_or_else(|| "page".to_owned());
        Some(AncestorRef { id: reference.id?, kind, title: reference.title })
    };
    references.into_iter().map(read).collect()
}

/// Leaves out contents whose labels are not whole: those have to be asked one by one.
pub(crate) fn read_rights(content: Content) -> Option<PageRights> {
    let labels = content.metadata?.labels?.whole()?;
    let lists = content.restrictions.as_ref().and_then(|all| all.pointer("/read/restrictions"));
    let restriction = Subjects::read(lists).into_restriction();
    Some(PageRights { id: content.id?.parse().ok()?, labels, restriction })
}

pub(crate) fn read_space(
    deployment: &Deployment,
    space: wire::Space,
    base: Option<&str>,
) -> Result<Space, Incomplete> {
    let (Some(id), Some(key)) = (space.id, space.key) else { return Err(Incomplete) };
    let webui = space.links.and_then(|links| links.webui);
    let fallback = format!("/display/{key}");
    Ok(Space {
        url: link::for_browser(deployment, base, webui.as_deref(), &fallback),
        name: space.name.unwrap_or_else(|| key.clone()),
        kind: space.kind.unwrap_or_default(),
        homepage_id: space.homepage_id.or_else(|| space.homepage?.id),
        id,
        key,
    })
}

fn meta_with_parent(
    deployment: &Deployment,
    mut content: Content,
    base: Option<&str>,
) -> Result<PageMeta, Incomplete> {
    let parent = content.ancestors.take().and_then(|mut ancestors| ancestors.pop());
    let kind = content.kind.as_deref().and_then(ContentKind::from_type).ok_or(Incomplete)?;
    let meta = meta(deployment, content, kind, base)?;
    let Some(parent) = parent else { return Ok(meta) };
    Ok(PageMeta { parent_id: parent.id, parent_kind: parent.kind, ..meta })
}

/// Everything but the parent, which needs the ancestors.
pub(crate) fn meta(
    deployment: &Deployment,
    content: Content,
    kind: ContentKind,
    base: Option<&str>,
) -> Result<PageMeta, Incomplete> {
    let id: ContentId =
        content.id.as_deref().unwrap_or_default().parse().map_err(|_| Incomplete)?;
    let webui = content.links.and_then(|links| links.webui);
    let version = content.version;
    let space = content.space;
    Ok(PageMeta {
        url: link::content_for_browser(deployment, base, webui.as_deref(), &id),
        id,
        kind,
        title: content.title.unwrap_or_default(),
        status: content.status.unwrap_or_default(),
        space_id: space.as_ref().and_then(|space| space.id.clone()).unwrap_or_default(),
        space_key: space.and_then(|space| space.key),
        parent_id: None,
        parent_kind: None,
        position: content.extensions.and_then(|extensions| extensions.position),
        version: version.as_ref().and_then(|version| version.number).unwrap_or(0),
        version_at: version.as_ref().and_then(|version| instant(version.when.as_deref())),
        version_by: version.and_then(|version| version.by).and_then(wire::User::account),
    })
}
