//! Versions of pages and blog posts.

use futures_util::Stream;
use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use super::{moved_on, unreadable};
use crate::cloud::{self, both_kinds};
use crate::fields::Fields;
use crate::link::Interface;
use crate::listing::{Incomplete, by_link, entries};
use crate::{
    BodyFormat, ContentId, ContentKind, ErrorKind, Page, PageUpdate, Result, Session, data_center,
};

/// One version of a page or blog post.
#[derive(Clone, Debug, PartialEq)]
pub struct ContentVersion {
    /// Counted from 1. Deleting a version renumbers the later ones.
    pub number: i64,
    /// When it was made.
    pub at: Option<Timestamp>,
    /// The account that made it.
    pub by: Option<String>,
    /// What was said of it.
    pub message: String,
    /// Whether watchers were left in peace.
    pub minor_edit: bool,
}

impl Session {
    /// All versions, newest first. On Data Center one request a version: it lists none.
    pub fn versions(
        &self,
        content: &ContentId,
    ) -> impl Stream<Item = Result<ContentVersion>> + Send + use<> {
        if self.is_cloud() {
            let addresses = both_kinds(self, content, &["versions"], &[("limit", "250")]);
            let read = |value: Value, _: Option<&str>| read(Fields(&value)).map(Some);
            return entries(by_link(self, addresses.into()), read).left_stream();
        }
        let (session, content) = (self.clone(), content.clone());
        let walk = stream::try_unfold(Before::Newest, move |place| {
            let (session, content) = (session.clone(), content.clone());
            async move {
                let url = match place {
                    Before::Newest => data_center_version(&session, &content, None, "version"),
                    Before::Number(number) if number > 1 => {
                        data_center_version(&session, &content, Some(number - 1), "version")
                    }
                    Before::Number(_) => return Ok(None),
                };
                let value: Value = session.get(url.clone()).await?;
                let version = value.pointer("/version").unwrap_or(&Value::Null);
                let version = read(Fields(version));
                let version =
                    version.map_err(|Incomplete| unreadable(&url, "content without a version"))?;
                // A number that does not fall would never end.
                if matches!(place, Before::Number(number) if version.number >= number) {
                    return Err(unreadable(&url, "another version than was asked for"));
                }
                let next = Before::Number(version.number);
                Ok(Some((version, next)))
            }
        });
        walk.right_stream()
    }

    /// The content as it was in one version, without labels.
    pub async fn page_version(
        &self,
        content: &ContentId,
        number: i64,
        body: BodyFormat,
    ) -> Result<Page> {
        if self.is_cloud() {
            let number = number.to_string();
            let mut query = vec![("version", number.as_str())];
            query.extend(cloud::body_query(body));
            let addresses = both_kinds(self, content, &[], &query);
            let (value, url) = self.get_first_visible(addresses.into()).await?;
            return cloud::read_page(self, value, kind_of(&url), &url);
        }
        let url = data_center_version(self, content, Some(number), data_center::expansion(body));
        let past = match self.get(url.clone()).await {
            Ok(value) => data_center::read_page(self, value, None, &url),
            // The newest version is no historical one.
            Err(error) if error.kind == ErrorKind::NotVisible => {
                let page = self.page(content, body).await?;
                if page.meta.version == number { Ok(page) } else { Err(error) }
            }
            Err(error) => Err(error),
        };
        past.map(|page| Page { labels: None, ..page })
    }

    /// Makes a new version that is like version `number`, title and all; only when the content
    /// still has `base_version`. On Cloud that is looked at first, since its interface takes no
    /// base. Never sent twice.
    pub async fn restore_version(
        &self,
        content: &ContentId,
        base_version: i64,
        number: i64,
        message: &str,
    ) -> Result<Page> {
        if !self.is_cloud() {
            let past = self.page_version(content, number, BodyFormat::Storage).await?;
            let base = self.deployment().base();
            let storage =
                past.storage.ok_or_else(|| unreadable(base, "a version without a body"))?;
            let update = PageUpdate {
                base_version,
                title: past.meta.title,
                storage,
                message: Some(message.to_owned()),
            };
            return match past.meta.kind {
                ContentKind::BlogPost => self.update_blog_post(content, &update).await,
                ContentKind::Page | ContentKind::Folder => self.update_page(content, &update).await,
            };
        }
        let now = self.page(content, BodyFormat::None).await?;
        let path = ["content", content.as_str(), "version"];
        let url = self.endpoint(Interface::V1, &path, &[]);
        if now.meta.version != base_version {
            return Err(moved_on(&url, now.meta.version, base_version));
        }
        let body = json!({
            "operationKey": "restore",
            "params": {"versionNumber": number, "message": message, "restoreTitle": true},
        });
        self.order(Method::POST, url, Some(body)).await?;
        self.page(content, BodyFormat::Storage).await
    }

    /// Removes one version for good, but not the newest. The later ones are renumbered.
    pub async fn delete_version(&self, content: &ContentId, number: i64) -> Result<()> {
        let path = ["content", content.as_str(), "version", &number.to_string()];
        self.order(Method::DELETE, self.endpoint(Interface::V1, &path, &[]), None).await
    }
}

/// How far a walk from version to version has come.
#[derive(Clone, Copy)]
enum Before {
    Newest,
    Number(i64),
}

fn data_center_version(
    session: &Session,
    content: &ContentId,
    number: Option<i64>,
    expand: &str,
) -> Url {
    let number = number.map(|number| number.to_string());
    let mut query = vec![("expand", expand)];
    if let Some(number) = &number {
        query.extend([("status", "historical"), ("version", number)]);
    }
    session.endpoint(Interface::V1, &["content", content.as_str()], &query)
}

/// The kind that an address of v2 is for.
pub(super) fn kind_of(url: &Url) -> ContentKind {
    if url.path().contains("/blogposts/") { ContentKind::BlogPost } else { ContentKind::Page }
}

fn read(fields: Fields<'_>) -> Result<ContentVersion, Incomplete> {
    Ok(ContentVersion {
        number: fields.number("/number").ok_or(Incomplete)?,
        at: fields.time("/createdAt").or_else(|| fields.time("/when")),
        by: fields.text("/authorId").or_else(|| fields.account("/by")),
        message: fields.text("/message").unwrap_or_default(),
        minor_edit: fields.flag("/minorEdit").unwrap_or(false),
    })
}
