//! Blog posts. They are listed, read, trashed and restored as pages are.

use reqwest::Method;
use serde_json::json;

use super::storage_body;
use crate::link::Interface;
use crate::wire::{CloudContent, Content};
use crate::{ContentId, ContentKind, Page, PageUpdate, Result, Session, cloud, data_center};

/// A blog post to create.
#[derive(Clone, Debug)]
pub struct NewBlogPost {
    /// The space.
    pub space_key: String,
    /// The title.
    pub title: String,
    /// The body in storage format.
    pub storage: String,
}

impl Session {
    /// Publishes a blog post. Never sent twice.
    pub async fn create_blog_post(&self, new: &NewBlogPost) -> Result<Page> {
        if !self.is_cloud() {
            let body = json!({
                "type": "blogpost",
                "title": new.title,
                "space": {"key": new.space_key},
                "body": {"storage": storage_body(&new.storage)},
            });
            let query = [("expand", data_center::PAGE_WITH_BODY)];
            let url = self.endpoint(Interface::V1, &["content"], &query);
            let content: Content = self.send(Method::POST, url.clone(), body).await?;
            return data_center::read_page(self, content, None, &url);
        }
        let space = self.space(&new.space_key).await?;
        let body = json!({
            "spaceId": space.id,
            "status": "current",
            "title": new.title,
            "body": storage_body(&new.storage),
        });
        let url = self.endpoint(Interface::V2, &["blogposts"], &[]);
        let content: CloudContent = self.send(Method::POST, url.clone(), body).await?;
        let mut page = cloud::read_page(self, content, ContentKind::BlogPost, &url)?;
        page.meta.space_key = Some(space.key);
        Ok(page)
    }

    /// [`Session::update_page`] of a blog post.
    pub async fn update_blog_post(&self, id: &ContentId, update: &PageUpdate) -> Result<Page> {
        if self.is_cloud() {
            cloud::update(self, id, ContentKind::BlogPost, update).await
        } else {
            data_center::update(self, id, ContentKind::BlogPost, update).await
        }
    }
}
