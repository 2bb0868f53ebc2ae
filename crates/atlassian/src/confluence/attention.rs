//! Who liked and viewed a content. Cloud only.

use futures_util::Stream;
use futures_util::stream::StreamExt;
use jiff::Timestamp;
use serde_json::Value;
use url::Url;

use super::unreadable;
use crate::cloud::both_kinds;
use crate::fields::Fields;
use crate::link::Interface;
use crate::listing::{Incomplete, by_link, entries};
use crate::{ContentId, Result, Session};

/// How often a content was viewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Views {
    /// Times.
    pub views: u64,
    /// Different accounts.
    pub viewers: u64,
}

impl Session {
    /// How many accounts like a page or blog post. Cloud only.
    pub async fn likes(&self, id: &ContentId) -> Result<u64> {
        if !self.is_cloud() {
            return Err(self.not_offered("likes cannot be read"));
        }
        let addresses = both_kinds(self, id, &["likes", "count"], &[]);
        let (answer, url) = self.get_first_visible(addresses.into()).await?;
        count(&answer, &url)
    }

    /// The accounts that like a page or blog post. Cloud only.
    pub fn liking_users(
        &self,
        id: &ContentId,
    ) -> impl Stream<Item = Result<String>> + Send + use<> {
        if !self.is_cloud() {
            return self.nothing_offered("likes cannot be read").left_stream();
        }
        let addresses = both_kinds(self, id, &["likes", "users"], &[("limit", "250")]);
        let read = |value: Value, _: Option<&str>| {
            Fields(&value).text("/accountId").map(Some).ok_or(Incomplete)
        };
        entries(by_link(self, addresses.into()), read).right_stream()
    }

    /// How often a content was viewed, since a time or ever. Cloud only.
    pub async fn views(&self, id: &ContentId, since: Option<Timestamp>) -> Result<Views> {
        if !self.is_cloud() {
            return Err(self.not_offered("views are not counted"));
        }
        let since = since.map(|since| since.to_string());
        let query: Vec<_> = since.iter().map(|since| ("fromDate", since.as_str())).collect();
        let mut counts = [0; 2];
        for (place, what) in counts.iter_mut().zip(["views", "viewers"]) {
            let path = ["analytics", "content", id.as_str(), what];
            let url = self.endpoint(Interface::V1, &path, &query);
            *place = count(&self.get(url.clone()).await?, &url)?;
        }
        let [views, viewers] = counts;
        Ok(Views { views, viewers })
    }
}

fn count(answer: &Value, url: &Url) -> Result<u64> {
    let count = Fields(answer).number("/count").and_then(|count| u64::try_from(count).ok());
    count.ok_or_else(|| unreadable(url, "an answer without a count"))
}
