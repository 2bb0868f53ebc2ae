//! What becomes of pages and blog posts: drafts, titles, trash, archive, move and copy.

use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use super::long_tasks::LongTaskId;
use super::versions::kind_of;
use super::{moved_on, storage_body, unreadable};
use crate::cloud::{self, both_kinds};
use crate::fields::Fields;
use crate::link::Interface;
use crate::wire::{CloudContent, Content};
use crate::{BodyFormat, ContentId, ContentKind, NewPage, Page, Result, Session, data_center};

/// Where a page goes relative to another content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// Its sibling, right before it. Cloud only.
    Before,
    /// Its sibling, right after it. Cloud only.
    After,
    /// Its last child.
    Append,
}

/// Where a copy goes.
#[derive(Clone, Debug)]
pub enum CopyTo {
    /// The root of the space of this key.
    Space(String),
    /// Below a page or folder.
    Below(ContentId),
}

/// What a copy takes along beside the body.
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "one switch for each part, as the interface has them"
)]
pub struct CopyParts {
    /// Files.
    pub attachments: bool,
    /// Restrictions.
    pub restrictions: bool,
    /// Content properties.
    pub properties: bool,
    /// Labels.
    pub labels: bool,
}

/// How the titles of a copied tree differ from those of the original.
#[derive(Clone, Debug, Default)]
pub struct CopyTitles {
    /// Put in front of each title.
    pub prefix: String,
    /// What is replaced in each title; empty for nothing.
    pub search: String,
    /// By what.
    pub replace: String,
}

impl Session {
    /// Creates a page that only its author sees. Never sent twice.
    pub async fn create_draft(&self, new: &NewPage) -> Result<Page> {
        if self.is_cloud() {
            cloud::create(self, new, "draft").await
        } else {
            data_center::create(self, new, "draft").await
        }
    }

    /// The draft of this id: one that was never published, or on Cloud the changes to a page that
    /// are not published yet.
    pub async fn draft(&self, id: &ContentId, body: BodyFormat) -> Result<Page> {
        if self.is_cloud() {
            let mut query = vec![("get-draft", "true")];
            query.extend(cloud::body_query(body));
            let addresses = both_kinds(self, id, &[], &query);
            let (value, url) = self.get_first_visible(addresses.into()).await?;
            return cloud::read_page(self, value, kind_of(&url), &url);
        }
        self.data_center_content(id, "draft", body).await
    }

    /// Publishes a draft that was never published, as version 1.
    pub async fn publish_draft(&self, id: &ContentId, title: &str, storage: &str) -> Result<Page> {
        let version = json!({"number": 1});
        if self.is_cloud() {
            let body = json!({
                "id": id.as_str(),
                "status": "current",
                "title": title,
                "body": storage_body(storage),
                "version": version,
            });
            return self.put_page(id, body).await;
        }
        let body = json!({
            "id": id.as_str(),
            "type": "page",
            "status": "current",
            "title": title,
            "body": {"storage": storage_body(storage)},
            "version": version,
        });
        self.put_data_center(id, Some("draft"), body).await
    }

    /// Gives a page another title and leaves its body alone; only when it still has
    /// `base_version`. On Cloud that is looked at first, since its interface takes no base.
    pub async fn rename_page(
        &self,
        id: &ContentId,
        base_version: i64,
        title: &str,
    ) -> Result<Page> {
        if !self.is_cloud() {
            let body = json!({
                "id": id.as_str(),
                "type": "page",
                "title": title,
                "version": {"number": base_version + 1},
            });
            return self.put_data_center(id, None, body).await;
        }
        let now = self.page(id, BodyFormat::None).await?;
        let url = self.endpoint(Interface::V2, &["pages", id.as_str(), "title"], &[]);
        if now.meta.version != base_version {
            return Err(moved_on(&url, now.meta.version, base_version));
        }
        let body = json!({"status": "current", "title": title});
        let content: CloudContent = self.send(Method::PUT, url.clone(), body).await?;
        cloud::read_page(self, content, ContentKind::Page, &url)
    }

    /// Puts a page or blog post into the trash; what is below a page moves up. On Cloud it is
    /// still answered there, with the status `trashed`.
    pub async fn trash(&self, id: &ContentId) -> Result<()> {
        let addresses = if self.is_cloud() {
            both_kinds(self, id, &[], &[]).to_vec()
        } else {
            vec![self.endpoint(Interface::V1, &["content", id.as_str()], &[])]
        };
        let orders = addresses.into_iter().map(|url| (url, None));
        self.order_first_visible(Method::DELETE, orders).await
    }

    /// Removes a page or blog post that is in the trash for good.
    pub async fn purge(&self, id: &ContentId) -> Result<()> {
        let addresses = if self.is_cloud() {
            both_kinds(self, id, &[], &[("purge", "true")]).to_vec()
        } else {
            let query = [("status", "trashed")];
            vec![self.endpoint(Interface::V1, &["content", id.as_str()], &query)]
        };
        let orders = addresses.into_iter().map(|url| (url, None));
        self.order_first_visible(Method::DELETE, orders).await
    }

    /// Takes a page or blog post out of the trash.
    pub async fn restore(&self, id: &ContentId) -> Result<Page> {
        if !self.is_cloud() {
            let trashed = self.data_center_content(id, "trashed", BodyFormat::None).await?;
            let kind = match trashed.meta.kind {
                ContentKind::BlogPost => "blogpost",
                ContentKind::Page | ContentKind::Folder => "page",
            };
            let body = json!({
                "id": id.as_str(),
                "type": kind,
                "status": "current",
                "title": trashed.meta.title,
                "version": {"number": trashed.meta.version + 1},
            });
            return self.put_data_center(id, Some("trashed"), body).await;
        }
        let addresses =
            both_kinds(self, id, &[], &[("body-format", "storage"), ("status", "trashed")]);
        let (value, url) = self.get_first_visible(addresses.into()).await?;
        let trashed = cloud::read_page(self, value, kind_of(&url), &url)?;
        let storage = trashed.storage.ok_or_else(|| unreadable(&url, "content without a body"))?;
        let body = json!({
            "id": id.as_str(),
            "status": "current",
            "title": trashed.meta.title,
            "body": storage_body(&storage),
            "version": {"number": trashed.meta.version + 1},
        });
        self.put_page(id, body).await
    }

    /// Archives pages: they are listed with that status, and not found by a search. Cloud only:
    /// Data Center archives whole spaces. The pages are archived when the task has ended.
    pub async fn archive(&self, pages: &[ContentId]) -> Result<LongTaskId> {
        if !self.is_cloud() {
            return Err(self.not_offered("single pages cannot be archived"));
        }
        let url = self.endpoint(Interface::V1, &["content", "archive"], &[]);
        let page = |id: &ContentId| json!({"id": id.as_str().parse::<i64>().unwrap_or_default()});
        let body = json!({"pages": pages.iter().map(page).collect::<Vec<Value>>()});
        LongTaskId::read(&self.send::<Value>(Method::POST, url.clone(), body).await?, &url)
    }

    /// Moves a page with all that is below it. On Cloud its version stays; on Data Center, which
    /// knows [`Position::Append`] alone, it grows.
    pub async fn move_page(
        &self,
        id: &ContentId,
        position: Position,
        target: &ContentId,
    ) -> Result<()> {
        if self.is_cloud() {
            let place = match position {
                Position::Before => "before",
                Position::After => "after",
                Position::Append => "append",
            };
            let path = ["content", id.as_str(), "move", place, target.as_str()];
            return self.order(Method::PUT, self.endpoint(Interface::V1, &path, &[]), None).await;
        }
        if position != Position::Append {
            return Err(self.not_offered("a page is moved below another one only"));
        }
        let now = self.page(id, BodyFormat::None).await?;
        let body = json!({
            "id": id.as_str(),
            "type": "page",
            "title": now.meta.title,
            "ancestors": [{"id": target.as_str()}],
            "version": {"number": now.meta.version + 1},
        });
        self.put_data_center(id, None, body).await.map(drop)
    }

    /// Copies one page, under a title of its own if one is given. Cloud only. Never sent twice.
    pub async fn copy_page(
        &self,
        id: &ContentId,
        to: &CopyTo,
        title: Option<&str>,
        parts: CopyParts,
    ) -> Result<Page> {
        if !self.is_cloud() {
            return Err(self.not_offered("pages cannot be copied"));
        }
        let mut body = parts.body();
        body["destination"] = match to {
            CopyTo::Space(key) => json!({"type": "space", "value": key}),
            CopyTo::Below(parent) => json!({"type": "parent_content", "value": parent.as_str()}),
        };
        if let Some(title) = title {
            body["pageTitle"] = title.into();
        }
        let url = self.endpoint(Interface::V1, &["content", id.as_str(), "copy"], &[]);
        let copy: Value = self.send(Method::POST, url.clone(), body).await?;
        let copy =
            Fields(&copy).id("/id").ok_or_else(|| unreadable(&url, "a copy without an id"))?;
        self.page(&copy, BodyFormat::Storage).await
    }

    /// Copies a page with all that is below it, below another page. Cloud only. The copy is there
    /// when the task has ended. Never sent twice.
    pub async fn copy_hierarchy(
        &self,
        id: &ContentId,
        below: &ContentId,
        titles: &CopyTitles,
        parts: CopyParts,
    ) -> Result<LongTaskId> {
        if !self.is_cloud() {
            return Err(self.not_offered("pages cannot be copied"));
        }
        let mut body = parts.body();
        body["copyDescendants"] = true.into();
        body["destinationPageId"] = below.as_str().into();
        body["titleOptions"] = json!({
            "prefix": titles.prefix, "search": titles.search, "replace": titles.replace,
        });
        let path = ["content", id.as_str(), "pagehierarchy", "copy"];
        let url = self.endpoint(Interface::V1, &path, &[]);
        LongTaskId::read(&self.send::<Value>(Method::POST, url.clone(), body).await?, &url)
    }
}

impl Session {
    async fn put_page(&self, id: &ContentId, body: Value) -> Result<Page> {
        let addresses = both_kinds(self, id, &[], &[]);
        let mut refused = None;
        for url in addresses {
            match self.send::<CloudContent>(Method::PUT, url.clone(), body.clone()).await {
                Ok(content) => return cloud::read_page(self, content, kind_of(&url), &url),
                Err(error) if error.kind == crate::ErrorKind::NotVisible => {
                    refused.get_or_insert(error)
                }
                Err(error) => return Err(error),
            };
        }
        Err(refused.unwrap_or_else(|| self.not_offered("no address to ask")))
    }

    async fn put_data_center(
        &self,
        id: &ContentId,
        status: Option<&str>,
        body: Value,
    ) -> Result<Page> {
        let query: Vec<_> = status.map(|status| ("status", status)).into_iter().collect();
        let url = self.endpoint(Interface::V1, &["content", id.as_str()], &query);
        let content: Content = self.send(Method::PUT, url.clone(), body).await?;
        data_center::read_page(self, content, None, &url)
    }

    async fn data_center_content(
        &self,
        id: &ContentId,
        status: &str,
        body: BodyFormat,
    ) -> Result<Page> {
        let query = [("status", status), ("expand", data_center::expansion(body))];
        let url: Url = self.endpoint(Interface::V1, &["content", id.as_str()], &query);
        let content: Content = self.get(url.clone()).await?;
        data_center::read_page(self, content, None, &url)
    }
}

impl CopyParts {
    fn body(self) -> Value {
        json!({
            "copyAttachments": self.attachments,
            "copyPermissions": self.restrictions,
            "copyProperties": self.properties,
            "copyLabels": self.labels,
        })
    }
}
