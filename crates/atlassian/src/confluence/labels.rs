//! Labels: v1 on both products, since v2 only reads them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::link::Interface;
use crate::{ContentId, Result, Session};

impl Session {
    /// Gives a content these labels beside those that it has. Confluence writes them in small
    /// letters, and refuses one with spaces or other signs than `-`, `_` and `.`.
    pub async fn add_labels(&self, id: &ContentId, names: &[&str]) -> Result<()> {
        let url = self.endpoint(Interface::V1, &["content", id.as_str(), "label"], &[]);
        let label = |name: &&str| json!({"prefix": "global", "name": name});
        let labels: Vec<Value> = names.iter().map(label).collect();
        self.order(Method::POST, url, Some(labels.into())).await
    }

    /// Takes a label away.
    pub async fn remove_label(&self, id: &ContentId, name: &str) -> Result<()> {
        let path = ["content", id.as_str(), "label"];
        let url = self.endpoint(Interface::V1, &path, &[("name", name)]);
        self.order(Method::DELETE, url, None).await
    }
}
