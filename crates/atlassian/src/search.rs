//! CQL search, the same on Cloud's v1 and Data Center.

use std::borrow::Cow;

use url::Url;

use crate::link::{self, Interface};
use crate::session::{answered, no_confluence};
use crate::wire::{self, Listing, instant};
use crate::{
    ContentKind, Error, ErrorKind, Result, SearchHit, SearchPage, Session, data_center, excerpt,
};

/// With expansions the server answers at most so many.
const MAX_LIMIT: u32 = 200;

pub(crate) async fn search(
    session: &Session,
    cql: &str,
    limit: u32,
    cursor: Option<&str>,
) -> Result<SearchPage> {
    let limit = limit.clamp(1, MAX_LIMIT).to_string();
    let query = [
        ("cql", cql),
        ("limit", &limit),
        ("excerpt", "highlight"),
        ("expand", "content.space,content.version,content.ancestors"),
    ];
    let mut url = session.endpoint(Interface::V1, &["search"], &query);
    let place = Place::read(cursor).ok_or_else(|| foreign_cursor(&url))?;
    place.append_to(&mut url);
    let listing = session.get(url.clone()).await.map_err(no_confluence);
    let listing: Listing<wire::SearchResult> = listing?;
    let next = match listing.next() {
        Some(link) if !listing.results.is_empty() => {
            let address = session.next_address(&url, link)?;
            Some(place.after(listing.results.len(), &address).to_text())
        }
        _ => None,
    };
    let base = listing.links.as_ref().and_then(|links| links.base.as_deref());
    let total = listing.total_size.or(listing.total_count);
    let total = total.and_then(|total| u64::try_from(total).ok());
    let hits = listing.results.into_iter().filter_map(|result| hit(session, result, base));
    Ok(SearchPage { hits: hits.collect(), next, total })
}

/// Where in the results a page begins: Cloud has opaque cursors, Data Center counts.
///
/// Callers get only this, never the link itself: a link that comes back from outside could name
/// any other endpoint.
enum Place<'a> {
    Start(usize),
    Cursor(Cow<'a, str>),
}

impl<'a> Place<'a> {
    fn read(text: Option<&'a str>) -> Option<Self> {
        let Some(text) = text else { return Some(Self::Start(0)) };
        match text.split_once(':')? {
            ("start", number) => number.parse().ok().map(Self::Start),
            ("cursor", cursor) => Some(Self::Cursor(cursor.into())),
            _ => None,
        }
    }

    fn to_text(&self) -> String {
        match self {
            Self::Start(start) => format!("start:{start}"),
            Self::Cursor(cursor) => format!("cursor:{cursor}"),
        }
    }

    fn append_to(&self, url: &mut Url) {
        match self {
            Self::Start(0) => {}
            Self::Start(start) => {
                url.query_pairs_mut().append_pair("start", &start.to_string());
            }
            Self::Cursor(cursor) => {
                url.query_pairs_mut().append_pair("next", "true").append_pair("cursor", cursor);
            }
        }
    }

    fn after(&self, length: usize, next: &'a Url) -> Place<'a> {
        let value = |wanted| next.query_pairs().find(|(name, _)| name == wanted);
        match (value("cursor"), self) {
            (Some((_, cursor)), _) => Place::Cursor(cursor),
            (None, Self::Start(start)) => Place::Start(start + length),
            (None, Self::Cursor(_)) => {
                let start = value("start").and_then(|(_, start)| start.parse().ok());
                Place::Start(start.unwrap_or(length))
            }
        }
    }
}

fn foreign_cursor(url: &Url) -> Error {
    let message = "the cursor is not one that a search gave";
    let error = answered(url, ErrorKind::bad_request(message), message);
    Error { status: None, ..error }
}

/// Spaces, users, attachments and comments are no hits.
fn hit(session: &Session, result: wire::SearchResult, base: Option<&str>) -> Option<SearchHit> {
    let mut content = result.content?;
    let ancestors = content.ancestors.take().unwrap_or_default();
    let kind = ContentKind::from_type(content.kind.as_deref()?)?;
    let mut meta = data_center::meta(session.deployment(), content, kind, base).ok()?;
    if let Some(parent) = ancestors.last() {
        meta.parent_id.clone_from(&parent.id);
        meta.parent_kind.clone_from(&parent.kind);
    }
    meta.version_at = meta.version_at.or_else(|| instant(result.last_modified.as_deref()));
    let container = result.container.and_then(|container| container.display_url);
    meta.space_key = meta.space_key.or_else(|| link::space_key(&container?));
    Some(SearchHit {
        meta,
        excerpt: excerpt::plain(&result.excerpt.unwrap_or_default()),
        breadcrumb: ancestors.into_iter().filter_map(|ancestor| ancestor.title).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_survives_the_way_through_a_caller() {
        for text in ["start:25", "cursor:_sa_W10=", "cursor:a:b/c?d"] {
            assert_eq!(Place::read(Some(text)).unwrap().to_text(), text);
        }
        for foreign in ["", "25", "start:", "start:-1", "/rest/api/content/1", "link:/rest/api"] {
            assert!(Place::read(Some(foreign)).is_none(), "{foreign}");
        }
    }

    #[test]
    fn a_cursor_of_the_next_link_is_preferred_to_counting() {
        let url = |query: &str| {
            Url::parse(&format!("https://x.example/rest/api/search?{query}")).unwrap()
        };
        let first = Place::Start(50);
        assert_eq!(first.after(7, &url("cursor=a%2Fb&start=99")).to_text(), "cursor:a/b");
        assert_eq!(first.after(7, &url("start=100")).to_text(), "start:57");
    }
}
