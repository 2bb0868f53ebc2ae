//! Listings as streams that hold one page of a listing at a time.

use std::collections::HashSet;

use futures_util::stream::{self, Stream, TryStreamExt};
use serde::de::DeserializeOwned;
use url::Url;

use crate::wire::Listing;
use crate::{Error, ErrorKind, Result, Session};

/// Data Center lowers larger limits to its own, which differ from endpoint to endpoint.
pub(crate) const START_LIMIT: &str = "200";

/// An entry that lacks what makes it one, such as its id.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Incomplete;

/// The pages of a Cloud listing, from link to link.
///
/// Of `addresses` the first that is visible is read: the interface has one address for each kind
/// of content, and an id does not tell its kind. An empty page ends the listing even when it names
/// a next one.
pub(crate) fn by_link<T: DeserializeOwned + Send + 'static>(
    session: &Session,
    addresses: Vec<Url>,
) -> impl Stream<Item = Result<Listing<T>>> + Send + use<T> {
    let session = session.clone();
    stream::try_unfold(Some(addresses), move |addresses| {
        let session = session.clone();
        async move {
            let Some(addresses) = addresses else { return Ok(None) };
            let (mut listing, url): (Listing<T>, Url) =
                session.get_first_visible(addresses).await?;
            url.path().clone_into(&mut listing.path);
            let next = match listing.next() {
                Some(link) if !listing.results.is_empty() => {
                    Some(vec![session.next_address(&url, link)?])
                }
                _ => None,
            };
            Ok(Some((listing, next)))
        }
    })
}

/// The pages of a Data Center listing.
///
/// The server may lower the limit and count `start` of its next link by the limit asked for, so
/// the place of the next page is counted here. Its last page may repeat entries of the page
/// before, so keys are remembered and repeated entries dropped; a page of nothing new ends the
/// listing.
pub(crate) fn by_start<T: DeserializeOwned + Send + 'static>(
    session: &Session,
    address: Url,
    key: fn(&T) -> Option<&str>,
) -> impl Stream<Item = Result<Listing<T>>> + Send + use<T> {
    let session = session.clone();
    let seen: HashSet<String> = HashSet::new();
    stream::try_unfold((Some(0_usize), seen), move |(start, mut seen)| {
        let (session, mut url) = (session.clone(), address.clone());
        async move {
            let Some(start) = start else { return Ok(None) };
            url.query_pairs_mut()
                .append_pair("start", &start.to_string())
                .append_pair("limit", START_LIMIT);
            let mut listing: Listing<T> = session.get(url.clone()).await?;
            url.path().clone_into(&mut listing.path);
            let length = listing.results.len();
            listing
                .results
                .retain(|entry| key(entry).is_none_or(|key| seen.insert(key.to_owned())));
            let goes_on = listing.next().is_some() && !listing.results.is_empty();
            let next = goes_on.then_some(start + length);
            Ok(Some((listing, (next, seen))))
        }
    })
}

/// The entries of a listing. `read` makes an item of an entry, passes it over (`None`), or says
/// that it is incomplete, which fails the listing: an entry that cannot be read must not look like
/// one that is not there.
pub(crate) fn entries<T, U, R>(
    pages: impl Stream<Item = Result<Listing<T>>> + Send,
    read: R,
) -> impl Stream<Item = Result<U>> + Send
where
    T: Send,
    U: Send,
    R: Fn(T, Option<&str>) -> Result<Option<U>, Incomplete> + Send,
{
    pages
        .map_ok(move |page| {
            let base = page.links.as_ref().and_then(|links| links.base.as_deref());
            let read = page.results.into_iter().filter_map(|entry| read(entry, base).transpose());
            let read: Vec<Result<U>> =
                read.map(|item| item.map_err(|Incomplete| incomplete_entry(&page.path))).collect();
            stream::iter(read)
        })
        .try_flatten()
}

fn incomplete_entry(path: &str) -> Error {
    Error {
        kind: ErrorKind::Unreadable,
        status: Some(200),
        method: "GET",
        path: path.to_owned(),
        detail: "an entry of a listing without an id".to_owned(),
    }
}
