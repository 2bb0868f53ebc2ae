//! What a handler holds: one site, with the rule of what may be seen inside.

mod live;
mod mirror;

use std::collections::{BTreeSet, HashSet};

use atlassian::{ContentId, Session};
use jiff::{SignedDuration, Timestamp};
use search::{Index, Query};
use store::{ContentKind, Db, SiteId};

use crate::arguments::InvalidArguments;
use crate::cql::{Cql, SpaceScope};
use crate::error::ToolError;
use crate::output::Origin;
use crate::reference::{PageReference, PageTarget};
use crate::sight::{Coverage, Sight};

/// How long a mirrored page is answered without asking Atlassian, where Atlassian may be asked.
/// The same hour as the gateway's `MAX_RIGHTS_AGE`.
pub const FRESH: SignedDuration = SignedDuration::from_hours(1);

/// How many results a live search ranks.
const LIVE_CANDIDATES: u32 = 50;

/// What a handle is made of. Only the gateway has these together.
pub struct SiteParts {
    /// The store; a handle reads content only.
    pub db: Db,
    /// The one site.
    pub site: SiteId,
    /// The rule of what may be seen.
    pub sight: Sight,
    /// How much the mirror holds.
    pub coverage: Coverage,
    /// The site's index; `None` when nothing is mirrored.
    pub index: Option<Index>,
    /// The session of the credential that was chosen, where Atlassian may be asked at all.
    pub live: Option<Session>,
    /// The time of the call.
    pub now: Timestamp,
}

/// One site as one caller may see it. Reads the mirror where it is fresh or where Atlassian may not
/// be asked, else Atlassian; whatever the rule does not admit does not exist.
pub struct SiteHandle {
    parts: SiteParts,
}

/// What is known of a page, wherever it was read.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) id: String,
    pub(crate) kind: ContentKind,
    pub(crate) space_key: Option<String>,
    pub(crate) title: String,
    pub(crate) url: String,
    /// `None` where a listing does not say.
    pub(crate) version: Option<i64>,
    pub(crate) version_at: Option<Timestamp>,
    /// As Confluence calls it: `current`, `archived`.
    pub(crate) status: String,
    pub(crate) labels: Vec<String>,
    /// Titles from the root down; `None` where one call does not tell.
    pub(crate) breadcrumb: Option<Vec<String>>,
    pub(crate) origin: Origin,
}

/// A page with its body in storage format.
pub(crate) struct SeenPage {
    pub(crate) page: Seen,
    pub(crate) storage: String,
}

/// A page that a search found.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) page: Seen,
    /// Headings from the top of the page to the best section; empty when only the page is known.
    pub(crate) section: Vec<String>,
    pub(crate) anchor: Option<String>,
    pub(crate) snippet: String,
}

/// A space.
#[derive(Clone, Debug)]
pub(crate) struct SeenSpace {
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) url: String,
    pub(crate) origin: Origin,
}

/// One page of a listing.
pub(crate) struct Listing<T> {
    pub(crate) items: Vec<T>,
    /// The last item's id or key, when more follow.
    pub(crate) next: Option<String>,
}

impl<T> Listing<T> {
    /// Of one item more than asked for.
    fn cut(mut items: Vec<T>, limit: usize, name: impl Fn(&T) -> &str) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|last| name(last).to_owned());
        Self { items, next }
    }
}

impl SiteHandle {
    /// Made by the gateway, for one call.
    pub fn new(parts: SiteParts) -> Self {
        Self { parts }
    }

    /// Seconds since the mirror was last known to be right; `None` without a mirror.
    pub(crate) fn mirror_age_seconds(&self) -> Option<i64> {
        let at = self.parts.coverage.mirrored_at?;
        Some(self.parts.now.duration_since(at).as_secs().max(0))
    }

    /// The page, from the mirror or by one call to Atlassian.
    pub(crate) async fn page(&self, reference: &PageReference) -> Result<SeenPage, ToolError> {
        let mirrored = match &reference.target {
            PageTarget::Id(id) => mirror::page(&self.parts, id).await?,
            PageTarget::Title { space_key, title } => {
                mirror::page_by_title(&self.parts, space_key, title).await?
            }
        };
        match (mirrored, &self.parts.live) {
            (Some(page), None) => mirror::seen_page(&self.parts, page).await,
            (Some(page), Some(_)) if self.is_fresh(page.header.checked_at) => {
                mirror::seen_page(&self.parts, page).await
            }
            (_, Some(session)) => live::page(&self.parts, session, &reference.target).await,
            (None, None) => Err(ToolError::NotFound),
        }
    }

    /// The children of a page that may be seen, those after the child `after`.
    pub(crate) async fn children(
        &self,
        parent: &PageReference,
        after: Option<&ContentId>,
        limit: usize,
    ) -> Result<Listing<Seen>, ToolError> {
        let parent_id = match &parent.target {
            PageTarget::Id(id) => id.clone(),
            PageTarget::Title { .. } => {
                let page = self.page(parent).await?.page;
                page.id.parse().map_err(|_| ToolError::NotFound)?
            }
        };
        match (mirror::header(&self.parts, &parent_id).await?, &self.parts.live) {
            (Some(parent), Some(_)) if self.holds_whole(&parent.space_key) => {
                mirror::children(&self.parts, &parent_id, after, limit).await
            }
            (_, Some(session)) => {
                live::children(&self.parts, session, &parent_id, after, limit).await
            }
            (Some(_), None) => mirror::children(&self.parts, &parent_id, after, limit).await,
            (None, None) => Err(ToolError::NotFound),
        }
    }

    /// The spaces that may be seen, by key, those after the key `after`.
    pub(crate) async fn spaces(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Listing<SeenSpace>, ToolError> {
        let mut spaces = match &self.parts.live {
            Some(session) if !(self.parts.coverage.everything && self.is_mirror_fresh()) => {
                live::spaces(&self.parts, session).await?
            }
            _ => mirror::spaces(&self.parts).await?,
        };
        spaces.sort_by(|one, other| one.key.cmp(&other.key));
        spaces.dedup_by(|one, other| one.key == other.key);
        if after.is_some_and(|after| spaces.iter().all(|space| space.key != after)) {
            return Err(stale_cursor());
        }
        spaces.retain(|space| after.is_none_or(|after| space.key.as_str() > after));
        spaces.truncate(limit + 1);
        Ok(Listing::cut(spaces, limit, |space| &space.key))
    }

    /// The pages that answer a question best: of the mirror by its index, of the rest of the site
    /// by our own CQL where Atlassian may be asked. The two orders are interleaved, since their
    /// scores do not compare.
    pub(crate) async fn search(
        &self,
        query: &Query,
        limit: usize,
    ) -> Result<Vec<Found>, ToolError> {
        let mirrored = mirror::search(&self.parts, query, limit).await?;
        let live = match (&self.parts.live, self.unmirrored(&query.spaces)) {
            (Some(session), Some(scope)) if !scope.is_empty() => {
                live::search(&self.parts, session, query, &scope).await?
            }
            _ => Vec::new(),
        };
        Ok(interleaved(mirrored, live, limit))
    }

    /// The answer of Atlassian to CQL, in its order.
    pub(crate) async fn search_cql(
        &self,
        cql: &Cql,
        spaces: &[String],
        limit: usize,
    ) -> Result<Vec<Found>, ToolError> {
        let session = self.parts.live.as_ref().ok_or(ToolError::NeedsOwnAccount)?;
        let limit = u32::try_from(limit).unwrap_or(LIVE_CANDIDATES);
        let scope = self.asked(spaces);
        if scope.is_empty() {
            return Ok(Vec::new());
        }
        live::search_cql(&self.parts, session, &cql.within(&scope), limit).await
    }

    /// The spaces that are asked for, within those that the token opens.
    fn asked(&self, spaces: &[String]) -> SpaceScope {
        match &self.parts.sight.opens {
            _ if !spaces.is_empty() => SpaceScope::In(spaces.to_vec()),
            store::OpenSpaces::All => SpaceScope::Any,
            store::OpenSpaces::Keys(keys) => SpaceScope::In(keys.iter().cloned().collect()),
            store::OpenSpaces::None => SpaceScope::In(Vec::new()),
        }
    }

    /// Where an answer about these spaces is looked for.
    pub(crate) fn sources(&self, spaces: &[String]) -> BTreeSet<Origin> {
        let live = self.parts.live.is_some() && self.unmirrored(spaces).is_some();
        let mirror = !live || self.parts.coverage.mirrored_at.is_some();
        let asked = [(Origin::Live, live), (Origin::Mirror, mirror)];
        asked.into_iter().filter_map(|(origin, asked)| asked.then_some(origin)).collect()
    }

    /// What of the spaces asked for the mirror is not known to hold whole; `None` when it holds all.
    fn unmirrored(&self, spaces: &[String]) -> Option<SpaceScope> {
        let coverage = &self.parts.coverage;
        match self.asked(spaces) {
            SpaceScope::In(keys) => {
                let rest: Vec<_> = keys.into_iter().filter(|key| !self.holds_whole(key)).collect();
                (!rest.is_empty()).then_some(SpaceScope::In(rest))
            }
            _ if !self.is_mirror_fresh() => Some(SpaceScope::Any),
            _ if coverage.everything => None,
            _ => Some(SpaceScope::NotIn(coverage.spaces.iter().cloned().collect())),
        }
    }

    fn holds_whole(&self, space_key: &str) -> bool {
        self.is_mirror_fresh() && self.parts.coverage.holds(space_key)
    }

    fn is_mirror_fresh(&self) -> bool {
        self.parts.coverage.mirrored_at.is_some_and(|at| self.is_fresh(at))
    }

    fn is_fresh(&self, at: Timestamp) -> bool {
        self.parts.now.duration_since(at) <= FRESH
    }
}

fn interleaved(mirrored: Vec<Found>, live: Vec<Found>, limit: usize) -> Vec<Found> {
    let mut known = HashSet::new();
    let mut mirrored = mirrored.into_iter();
    let mut live = live.into_iter();
    let mut found = Vec::new();
    loop {
        let pair = [mirrored.next(), live.next()];
        if found.len() >= limit || pair.iter().all(Option::is_none) {
            found.truncate(limit);
            return found;
        }
        found.extend(pair.into_iter().flatten().filter(|one| known.insert(one.page.id.clone())));
    }
}

/// An address up to the id: the title that may follow is text of users, and Confluence finds the
/// page without it.
fn without_title(url: String, id: &str) -> String {
    let id = format!("/{id}/");
    match url.find(&id) {
        Some(at) => url[..at + id.len() - 1].to_owned(),
        None => url,
    }
}

/// What `after` of a listing must be.
fn stale_cursor() -> ToolError {
    InvalidArguments::new("`cursor` is not valid any more; ask again without it").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_ends_with_the_id() {
        let of = |path: &str| without_title(format!("https://a.example/wiki{path}"), "12");
        for (path, expected) in [
            ("/spaces/ENG/pages/12/Obey+me", "/spaces/ENG/pages/12"),
            ("/spaces/ENG/blog/2026/01/31/12/Obey+me", "/spaces/ENG/blog/2026/01/31/12"),
            ("/spaces/ENG/pages/12", "/spaces/ENG/pages/12"),
            ("/display/ENG/Obey+me", "/display/ENG/Obey+me"),
        ] {
            assert_eq!(of(path), format!("https://a.example/wiki{expected}"));
        }
    }
}
