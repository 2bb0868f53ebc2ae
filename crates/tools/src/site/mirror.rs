//! Reads of the local copy. Every one passes the visible classes to the store.

use std::collections::{BTreeSet, HashMap};

use atlassian::ContentId;
use search::Query;
use store::{ContentStatus, Page, PageHeader};

use super::{Found, Listing, Seen, SeenPage, SeenSpace, SiteParts, without_title};
use crate::error::ToolError;
use crate::output::Origin;

/// A little more than asked for, since hits may fall to the second check.
const SPARE_HITS: usize = 10;

pub(super) async fn page(parts: &SiteParts, id: &ContentId) -> Result<Option<Page>, ToolError> {
    Ok(store::page(&parts.db, &parts.site, &parts.sight.visible, id.as_str()).await?)
}

pub(super) async fn page_by_title(
    parts: &SiteParts,
    space_key: &str,
    title: &str,
) -> Result<Option<Page>, ToolError> {
    let visible = &parts.sight.visible;
    let spaces = store::spaces(&parts.db, &parts.site).await?;
    let space = spaces.iter().find(|space| space.key.eq_ignore_ascii_case(space_key));
    let Some(space) = space else { return Ok(None) };
    Ok(store::page_by_title(&parts.db, &parts.site, visible, &space.key, title).await?)
}

pub(super) async fn header(
    parts: &SiteParts,
    id: &ContentId,
) -> Result<Option<PageHeader>, ToolError> {
    Ok(headers(parts, &[id.as_str().to_owned()]).await?.into_iter().next())
}

pub(super) async fn seen_page(parts: &SiteParts, page: Page) -> Result<SeenPage, ToolError> {
    let storage = String::from_utf8_lossy(&page.body).into_owned();
    let page = seen(parts, vec![page.header]).await?.pop().ok_or(ToolError::NotFound)?;
    Ok(SeenPage { page, storage })
}

/// The way to a page that was read live, from what is mirrored: Cloud gives a page with the id of
/// its parent alone, and the way up is a second call. `None` when it is not known here.
pub(super) async fn breadcrumb(
    parts: &SiteParts,
    id: &str,
    parent: Option<&str>,
) -> Result<Option<Vec<String>>, ToolError> {
    let Some(parent) = parent else { return Ok(Some(Vec::new())) };
    let known = headers(parts, &[id.to_owned(), parent.to_owned()]).await?;
    let is_where_it_was = |header: &PageHeader| {
        header.content_id == id && header.parent_id.as_deref() == Some(parent)
    };
    let (page, parents): (Vec<_>, Vec<_>) = known.into_iter().partition(is_where_it_was);
    if !page.is_empty() {
        return Ok(seen(parts, page).await?.pop().and_then(|page| page.breadcrumb));
    }
    let parents: Vec<_> =
        parents.into_iter().filter(|header| header.content_id == parent).collect();
    Ok(seen(parts, parents).await?.pop().map(|parent| {
        let above = parent.breadcrumb.into_iter().flatten();
        above.chain([parent.title]).collect()
    }))
}

pub(super) async fn children(
    parts: &SiteParts,
    parent: &ContentId,
    after: Option<&ContentId>,
    limit: usize,
) -> Result<Listing<Seen>, ToolError> {
    let visible = &parts.sight.visible;
    let after = after.map(ContentId::as_str);
    let one_more = u32::try_from(limit + 1).unwrap_or(u32::MAX);
    let headers =
        store::children(&parts.db, &parts.site, visible, parent.as_str(), after, one_more).await?;
    Ok(Listing::cut(seen(parts, headers).await?, limit, |child| &child.id))
}

pub(super) async fn spaces(parts: &SiteParts) -> Result<Vec<SeenSpace>, ToolError> {
    let spaces = store::spaces(&parts.db, &parts.site).await?;
    Ok(spaces
        .into_iter()
        .filter(|space| parts.sight.admits_space(Some(&space.key)))
        .map(|space| SeenSpace {
            key: space.key,
            name: space.name,
            kind: space.kind,
            url: space.url,
            origin: Origin::Mirror,
        })
        .collect())
}

/// The index filters by the visible classes; what it finds is looked up in the store by the same
/// classes, because the index may lag behind a change of rights.
pub(super) async fn search(
    parts: &SiteParts,
    query: &Query,
    limit: usize,
) -> Result<Vec<Found>, ToolError> {
    let Some(index) = parts.index.clone() else { return Ok(Vec::new()) };
    let hits = {
        let query = query.clone();
        let visible = parts.sight.visible.clone();
        tokio::task::spawn_blocking(move || index.search(&query, &visible, limit + SPARE_HITS))
            .await
            .map_err(ToolError::Interrupted)??
    };
    let ids: Vec<String> = hits.iter().map(|hit| hit.content_id.clone()).collect();
    let headers = headers(parts, &ids).await?;
    let mut pages: HashMap<String, Seen> =
        seen(parts, headers).await?.into_iter().map(|page| (page.id.clone(), page)).collect();
    Ok(hits
        .into_iter()
        .filter_map(|hit| {
            let page = pages.remove(&hit.content_id)?;
            Some(Found { page, section: hit.section, anchor: hit.anchor, snippet: hit.snippet })
        })
        .take(limit)
        .collect())
}

async fn headers(parts: &SiteParts, ids: &[String]) -> Result<Vec<PageHeader>, ToolError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let visible = &parts.sight.visible;
    let headers = store::page_headers(&parts.db, &parts.site, visible, ids).await?;
    Ok(headers.into_iter().filter(|header| visible.contains(header.acl_class)).collect())
}

/// With the titles of those ancestors that may be seen themselves, as they are called now.
async fn seen(parts: &SiteParts, pages: Vec<PageHeader>) -> Result<Vec<Seen>, ToolError> {
    let ids: BTreeSet<String> =
        pages.iter().flat_map(|page| &page.ancestors).map(|one| one.id.clone()).collect();
    let ids: Vec<String> = ids.into_iter().collect();
    let titles: HashMap<String, String> = headers(parts, &ids)
        .await?
        .into_iter()
        .map(|header| (header.content_id, header.title))
        .collect();
    Ok(pages
        .into_iter()
        .map(|page| Seen {
            breadcrumb: Some(
                page.ancestors.iter().filter_map(|one| titles.get(&one.id).cloned()).collect(),
            ),
            url: without_title(page.url, &page.content_id),
            id: page.content_id,
            kind: page.kind,
            space_key: Some(page.space_key),
            title: page.title,
            version: Some(page.version),
            version_at: Some(page.version_at),
            status: match page.status {
                ContentStatus::Current => "current".to_owned(),
                ContentStatus::Archived => "archived".to_owned(),
            },
            labels: page.labels,
            origin: Origin::Mirror,
        })
        .collect())
}
