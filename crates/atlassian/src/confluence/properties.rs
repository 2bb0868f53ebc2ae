//! Content properties: JSON that programs keep with a page or blog post, by key.

use futures_util::Stream;
use futures_util::stream::StreamExt;
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use super::unreadable;
use crate::cloud::both_kinds;
use crate::fields::Fields;
use crate::link::Interface;
use crate::listing::{Incomplete, by_link, by_start, entries};
use crate::session::answered;
use crate::{ContentId, ErrorKind, Result, Session};

/// A property of a page or blog post.
#[derive(Clone, Debug, PartialEq)]
pub struct ContentProperty {
    /// Its key, unique with the content.
    pub key: String,
    /// Its value.
    pub value: Value,
    /// Its version; 0 where the answer gives none.
    pub version: i64,
    /// When the version was made.
    pub version_at: Option<Timestamp>,
    /// The id of the property (Cloud).
    pub id: Option<String>,
}

impl Session {
    /// All properties that the credential may see.
    pub fn properties(
        &self,
        content: &ContentId,
    ) -> impl Stream<Item = Result<ContentProperty>> + Send + use<> {
        let read = |value: Value, _: Option<&str>| read(&value).map(Some);
        if self.is_cloud() {
            let addresses = both_kinds(self, content, &["properties"], &[("limit", "250")]);
            entries(by_link(self, addresses.into()), read).left_stream()
        } else {
            let url = self.endpoint(
                Interface::V1,
                &["content", content.as_str(), "property"],
                &[("expand", "version")],
            );
            let pages = by_start(self, url, |property: &Value| property["key"].as_str());
            entries(pages, read).right_stream()
        }
    }

    /// The property of this key; [`ErrorKind::NotVisible`] when there is none.
    pub async fn property(&self, content: &ContentId, key: &str) -> Result<ContentProperty> {
        if self.is_cloud() {
            return Ok(found(self, content, key).await?.0);
        }
        let path = ["content", content.as_str(), "property", key];
        let url = self.endpoint(Interface::V1, &path, &[("expand", "version")]);
        let value: Value = self.get(url.clone()).await?;
        whole(&value, &url)
    }

    /// Makes a property of a key that the content has not yet. Never sent twice.
    pub async fn create_property(
        &self,
        content: &ContentId,
        key: &str,
        value: &Value,
    ) -> Result<ContentProperty> {
        let body = json!({"key": key, "value": value});
        let addresses = if self.is_cloud() {
            both_kinds(self, content, &["properties"], &[]).to_vec()
        } else {
            vec![self.endpoint(Interface::V1, &["content", content.as_str(), "property"], &[])]
        };
        let url = addresses.first().unwrap_or(self.deployment().base()).clone();
        let requests = addresses.into_iter().map(|url| (url, body.clone()));
        let made: Value = self.send_first_visible(Method::POST, requests).await?;
        whole(&made, &url)
    }

    /// Makes version `base_version + 1` of a property; [`ErrorKind::Conflict`] when it has
    /// another version. Never sent twice.
    pub async fn update_property(
        &self,
        content: &ContentId,
        key: &str,
        base_version: i64,
        value: &Value,
    ) -> Result<ContentProperty> {
        let body = json!({"key": key, "value": value, "version": {"number": base_version + 1}});
        let url = if self.is_cloud() {
            found(self, content, key).await?.1
        } else {
            self.endpoint(Interface::V1, &["content", content.as_str(), "property", key], &[])
        };
        let saved: Value = self.send(Method::PUT, url.clone(), body).await?;
        whole(&saved, &url)
    }

    /// Removes a property for good.
    pub async fn delete_property(&self, content: &ContentId, key: &str) -> Result<()> {
        let url = if self.is_cloud() {
            found(self, content, key).await?.1
        } else {
            self.endpoint(Interface::V1, &["content", content.as_str(), "property", key], &[])
        };
        self.order(Method::DELETE, url, None).await
    }
}

/// The property of a key on Cloud, and its address, which goes by its id.
async fn found(
    session: &Session,
    content: &ContentId,
    key: &str,
) -> Result<(ContentProperty, Url)> {
    let addresses = both_kinds(session, content, &["properties"], &[("key", key)]);
    let (listing, mut url): (Value, Url) = session.get_first_visible(addresses.into()).await?;
    let property = Fields(&listing).list("/results").find_map(|entry| read(entry.0).ok());
    let property = property
        .filter(|property| property.key == key)
        .ok_or_else(|| answered(&url, ErrorKind::NotVisible, "no property of this key"))?;
    let id = property.id.clone();
    let id = id.ok_or_else(|| unreadable(&url, "a property without an id"))?;
    url.set_query(None);
    if let Ok(mut path) = url.path_segments_mut() {
        path.push(&id);
    }
    Ok((property, url))
}

fn whole(value: &Value, url: &Url) -> Result<ContentProperty> {
    read(value).map_err(|Incomplete| unreadable(url, "a property without a key"))
}

fn read(value: &Value) -> Result<ContentProperty, Incomplete> {
    let fields = Fields(value);
    Ok(ContentProperty {
        key: fields.text("/key").ok_or(Incomplete)?,
        value: fields.at("/value").cloned().unwrap_or_default(),
        version: fields.number("/version/number").unwrap_or(0),
        version_at: fields.time("/version/createdAt").or_else(|| fields.time("/version/when")),
        id: fields.text("/id"),
    })
}
