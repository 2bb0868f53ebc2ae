//! Listings as streams that hold one page of a listing at a time.

use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use futures_util::stream::{self, Stream, TryStreamExt};
use serde::de::DeserializeOwned;
use url::Url;

use crate::session::answered;
use crate::wire::Listing;
use crate::{Error, ErrorKind, Result, Session};

/// Data Center lowers larger limits to its own, which differ from endpoint to endpoint.
pub(crate) const START_LIMIT: &str = "200";

/// An entry that lacks what makes it one, such as its id.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Incomplete;

/// Empty pages in a row after which a listing is taken for one without an end.
const MOST_EMPTY: usize = 50;

/// Pages after which a listing is taken for one without an end. Cloud lists 250 entries a page, and
/// Data Center 200 unless it lowers the limit: no space comes near to a million contents.
const MOST_PAGES: usize = 4_000;

/// How far a listing has come, in as much memory as [`MOST_PAGES`] allows.
#[derive(Default)]
struct Course {
    pages: usize,
    /// Empty ones in a row.
    empty: usize,
    /// Hashes of the addresses that were read.
    read: HashSet<u64>,
}

impl Course {
    /// Counts a page that goes on; fails when it is one too many.
    fn count<T>(&mut self, url: &Url, listing: &Listing<T>) -> Result<()> {
        self.pages += 1;
        self.empty = if listing.results.is_empty() { self.empty + 1 } else { 0 };
        match listing.next() {
            Some(_) if self.empty >= MOST_EMPTY => Err(unreadable(url, "a listing of empty pages")),
            Some(_) if self.pages >= MOST_PAGES => Err(unreadable(url, "a listing without an end")),
            Some(_) | None => Ok(()),
        }
    }

    /// Fails when the page behind `next` was read before. Two links of one hash are all but
    /// impossible, and only a listing of the one site would fail.
    fn follow(&mut self, url: &Url, next: Url) -> Result<Url> {
        let hasher = BuildHasherDefault::<DefaultHasher>::default();
        self.read.insert(hasher.hash_one(url));
        if self.read.contains(&hasher.hash_one(&next)) {
            return Err(unreadable(url, "the listing leads in a circle"));
        }
        Ok(next)
    }
}

fn unreadable(url: &Url, detail: &str) -> Error {
    answered(url, ErrorKind::Unreadable, detail)
}

/// The pages of a Cloud listing, from link to link.
///
/// Of `addresses` the first that is visible is read: the interface has one address for each kind
/// of content, and an id does not tell its kind. An empty page that names a next one does not end
/// the listing: what the credential may not see is taken out of a page after it was cut, and
/// whoever stops there takes everything behind it for gone.
pub(crate) fn by_link<T: DeserializeOwned + Send + 'static>(
    session: &Session,
    addresses: Vec<Url>,
) -> impl Stream<Item = Result<Listing<T>>> + Send + use<T> {
    let session = session.clone();
    stream::try_unfold((Some(addresses), Course::default()), move |(addresses, mut course)| {
        let session = session.clone();
        async move {
            let Some(addresses) = addresses else { return Ok(None) };
            let (mut listing, url): (Listing<T>, Url) =
                session.get_first_visible(addresses).await?;
            url.path().clone_into(&mut listing.path);
            course.count(&url, &listing)?;
            let next = match listing.next() {
                Some(link) => Some(vec![course.follow(&url, session.next_address(&url, link)?)?]),
                None => None,
            };
            Ok(Some((listing, (next, course))))
        }
    })
}

/// The pages of a Data Center listing.
///
/// The server may lower the limit and count `start` of its next link by the limit asked for, so
/// the place of the next page is counted here. Its last page may repeat entries of the page
/// before, so keys are remembered and repeated entries dropped; a page of repeated entries alone
/// ends the listing. An empty page that names a next one does not: the place goes on by the limit.
pub(crate) fn by_start<T: DeserializeOwned + Send + 'static>(
    session: &Session,
    address: Url,
    key: fn(&T) -> Option<&str>,
) -> impl Stream<Item = Result<Listing<T>>> + Send + use<T> {
    let session = session.clone();
    let seen: HashSet<String> = HashSet::new();
    let course = Course::default();
    stream::try_unfold((Some(0_usize), seen, course), move |(start, mut seen, mut course)| {
        let (session, mut url) = (session.clone(), address.clone());
        async move {
            let Some(start) = start else { return Ok(None) };
            url.query_pairs_mut()
                .append_pair("start", &start.to_string())
                .append_pair("limit", START_LIMIT);
            let mut listing: Listing<T> = session.get(url.clone()).await?;
            url.path().clone_into(&mut listing.path);
            course.count(&url, &listing)?;
            let length = match listing.results.len() {
                0 => {
                    listing.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(0).max(1)
                }
                length => length,
            };
            let before = listing.results.len();
            listing
                .results
                .retain(|entry| key(entry).is_none_or(|key| seen.insert(key.to_owned())));
            let repeats = before > 0 && listing.results.is_empty();
            let next = (listing.next().is_some() && !repeats).then_some(start + length);
            Ok(Some((listing, (next, seen, course))))
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
