//! Spaces are made, changed and removed through v1 on both products: that of v2 needs a site with
//! roles, and removes nothing.

use reqwest::Method;
use serde_json::{Value, json};

use super::long_tasks::LongTaskId;
use super::unreadable;
use crate::link::Interface;
use crate::{Result, Session, Space, data_center, wire};

/// A space to create.
#[derive(Clone, Debug)]
pub struct NewSpace {
    /// Letters and digits, unique in the site.
    pub key: String,
    /// The name to show.
    pub name: String,
    /// What the space is for, in plain text; may be empty.
    pub description: String,
}

/// What to change of a space; `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct SpaceUpdate {
    /// The name to show.
    pub name: Option<String>,
    /// What the space is for, in plain text.
    pub description: Option<String>,
}

impl Session {
    /// Makes a space with Confluence's own permissions for new ones. Never sent twice.
    pub async fn create_space(&self, new: &NewSpace) -> Result<Space> {
        let url = self.endpoint(Interface::V1, &["space"], &[]);
        let body = json!({
            "key": new.key,
            "name": new.name,
            "description": plain(&new.description),
        });
        let made: wire::Space = self.send(Method::POST, url.clone(), body).await?;
        self.read_space(made, &url)
    }

    /// Changes a space.
    pub async fn update_space(&self, key: &str, update: &SpaceUpdate) -> Result<Space> {
        let url = self.endpoint(Interface::V1, &["space", key], &[]);
        let mut body = json!({});
        if let Some(name) = &update.name {
            body["name"] = name.as_str().into();
        }
        if let Some(description) = &update.description {
            body["description"] = plain(description);
        }
        let saved: wire::Space = self.send(Method::PUT, url.clone(), body).await?;
        self.read_space(saved, &url)
    }

    /// Removes a space with all that is in it, for good. It is gone when the task has ended.
    pub async fn delete_space(&self, key: &str) -> Result<LongTaskId> {
        let url = self.endpoint(Interface::V1, &["space", key], &[]);
        LongTaskId::read(&self.remove::<Value>(url.clone()).await?, &url)
    }
}

impl Session {
    fn read_space(&self, space: wire::Space, url: &url::Url) -> Result<Space> {
        let base = space.links.as_ref().and_then(|links| links.base.clone());
        data_center::read_space(self.deployment(), space, base.as_deref())
            .map_err(|_| unreadable(url, "a space without id or key"))
    }
}

fn plain(text: &str) -> Value {
    json!({"plain": {"value": text, "representation": "plain"}})
}
