//! Reads of Atlassian, with the credential that was chosen. What the token does not open is left
//! out of every answer, as if Atlassian had not given it.

use std::pin::pin;

use atlassian::{BodyFormat, ContentId, ErrorKind, Page, PageMeta, SearchHit, Session};
use futures_util::{StreamExt, TryStreamExt, future};
use search::{Candidate, Query};
use store::{ContentKind, OpenSpaces};

use super::{
    Found, LIVE_CANDIDATES, Listing, Seen, SeenPage, SeenSpace, SiteParts, stale_cursor,
    without_title,
};
use crate::cql::{self, SpaceScope};
use crate::error::ToolError;
use crate::output::Origin;
use crate::reference::PageTarget;

pub(super) async fn page(
    parts: &SiteParts,
    session: &Session,
    target: &PageTarget,
) -> Result<SeenPage, ToolError> {
    let page = match target {
        PageTarget::Id(id) => page_by_id(parts, session, id, BodyFormat::Storage).await?,
        PageTarget::Title { space_key, title } => session
            .page_by_title(space_key, title, BodyFormat::Storage)
            .await
            .map_err(unseen)?
            .ok_or(ToolError::NotFound)?,
    };
    let asked_key = match target {
        PageTarget::Id(_) => None,
        PageTarget::Title { space_key, .. } => Some(space_key.as_str()),
    };
    let parent = page.meta.parent_id.clone();
    let mut seen = seen(page.meta, asked_key);
    if !parts.sight.admits_space(seen.space_key.as_deref()) || is_gone(&seen.status) {
        return Err(ToolError::NotFound);
    }
    seen.labels = page.labels.unwrap_or_default();
    seen.breadcrumb = match page.ancestors {
        Some(ancestors) => {
            Some(ancestors.into_iter().filter_map(|ancestor| ancestor.title).collect())
        }
        None => super::mirror::breadcrumb(parts, &seen.id, parent.as_deref()).await?,
    };
    Ok(SeenPage { page: seen, storage: page.storage.unwrap_or_default() })
}

/// What may not be seen costs Atlassian's time for an id that nobody has.
async fn page_by_id(
    parts: &SiteParts,
    session: &Session,
    id: &ContentId,
    body: BodyFormat,
) -> Result<Page, ToolError> {
    let admits = |meta: &PageMeta| {
        parts.sight.admits_space(meta.space_key.as_deref()) && !is_gone(&meta.status)
    };
    session.page_if(id, body, &admits).await.map_err(unseen)
}

/// A child is in its parent's space; the parent itself is read only when that has to be known.
pub(super) async fn children(
    parts: &SiteParts,
    session: &Session,
    parent: &ContentId,
    after: Option<&ContentId>,
    limit: usize,
) -> Result<Listing<Seen>, ToolError> {
    let space_key = match parts.sight.opens {
        OpenSpaces::All => None,
        OpenSpaces::Keys(_) | OpenSpaces::None => {
            page_by_id(parts, session, parent, BodyFormat::None).await?.meta.space_key
        }
    };
    let mut children = pin!(session.children(parent));
    if let Some(after) = after {
        loop {
            match children.next().await {
                Some(child) if child.as_ref().is_ok_and(|child| child.id == *after) => break,
                Some(child) => drop(child.map_err(unseen)?),
                None => return Err(stale_cursor()),
            }
        }
    }
    let children: Vec<Seen> = children
        .map_ok(|child| seen(child, space_key.as_deref()))
        .try_filter(|child| future::ready(!is_gone(&child.status)))
        .take(limit + 1)
        .try_collect()
        .await
        .map_err(unseen)?;
    Ok(Listing::cut(children, limit, |child| &child.id))
}

pub(super) async fn spaces(
    parts: &SiteParts,
    session: &Session,
) -> Result<Vec<SeenSpace>, ToolError> {
    Ok(session
        .spaces()
        .try_filter(|space| future::ready(parts.sight.admits_space(Some(&space.key))))
        .map_ok(|space| SeenSpace {
            key: space.key,
            name: space.name,
            kind: space.kind,
            url: space.url,
            origin: Origin::Live,
        })
        .try_collect()
        .await?)
}

/// Ranked here: Confluence orders its answer by its own score of our CQL, not of the question.
pub(super) async fn search(
    parts: &SiteParts,
    session: &Session,
    query: &Query,
    scope: &SpaceScope,
) -> Result<Vec<Found>, ToolError> {
    let asked = cql::probes(query, scope)
        .into_iter()
        .map(|cql| async move { search_cql(parts, session, &cql, LIVE_CANDIDATES).await });
    let mut found: Vec<Found> = future::try_join_all(asked).await?.into_iter().flatten().collect();
    let mut known = std::collections::HashSet::new();
    found.retain(|one| known.insert(one.page.id.clone()));
    let candidates: Vec<Candidate> = found
        .iter()
        .map(|one| Candidate {
            title: one.page.title.clone(),
            breadcrumb: one.page.breadcrumb.clone().unwrap_or_default(),
            excerpt: one.snippet.clone(),
        })
        .collect();
    let mut found: Vec<Option<Found>> = found.into_iter().map(Some).collect();
    Ok(search::rank(query, &candidates)
        .into_iter()
        .filter_map(|at| found.get_mut(at).and_then(Option::take))
        .collect())
}

pub(super) async fn search_cql(
    parts: &SiteParts,
    session: &Session,
    cql: &str,
    limit: u32,
) -> Result<Vec<Found>, ToolError> {
    let answer = session.search(cql, limit, None).await?;
    Ok(answer
        .hits
        .into_iter()
        .map(found)
        .filter(|one| parts.sight.admits_space(one.page.space_key.as_deref()))
        .collect())
}

fn found(hit: SearchHit) -> Found {
    let mut page = seen(hit.meta, None);
    page.breadcrumb = Some(hit.breadcrumb);
    Found { page, section: Vec::new(), anchor: None, snippet: hit.excerpt }
}

/// `space_key`: where the page must be, when Atlassian does not say.
fn seen(meta: PageMeta, space_key: Option<&str>) -> Seen {
    Seen {
        id: meta.id.as_str().to_owned(),
        kind: match meta.kind {
            atlassian::ContentKind::Page => ContentKind::Page,
            atlassian::ContentKind::BlogPost => ContentKind::BlogPost,
            atlassian::ContentKind::Folder => ContentKind::Folder,
        },
        space_key: meta.space_key.or_else(|| space_key.map(str::to_owned)),
        title: meta.title,
        url: without_title(meta.url, meta.id.as_str()),
        version: (meta.version > 0).then_some(meta.version),
        version_at: meta.version_at,
        status: meta.status,
        labels: Vec::new(),
        breadcrumb: None,
        origin: Origin::Live,
    }
}

/// Atlassian still answers for a page in the trash, with this status.
fn is_gone(status: &str) -> bool {
    matches!(status, "trashed" | "deleted")
}

/// A named object that Atlassian does not show is one that does not exist.
fn unseen(error: atlassian::Error) -> ToolError {
    match error.kind {
        ErrorKind::NotVisible | ErrorKind::Forbidden => ToolError::NotFound,
        _ => error.into(),
    }
}
