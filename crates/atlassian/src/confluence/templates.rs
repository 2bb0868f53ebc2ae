//! Templates for new pages. Cloud only: Data Center has them in no supported interface.

use futures_util::Stream;
use futures_util::stream::{StreamExt, TryStreamExt};
use serde_json::Value;

use super::unreadable;
use crate::fields::Fields;
use crate::link::Interface;
use crate::listing::{Incomplete, by_start, entries};
use crate::{Result, Session};

/// A template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Its id.
    pub id: String,
    /// The name to show.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// `page`, `blueprint`, … An open set.
    pub kind: String,
    /// The key of its space; none for those of the whole site.
    pub space_key: Option<String>,
    /// The storage format, of a template that is read alone.
    pub storage: Option<String>,
}

impl Session {
    /// The templates and blueprints of a space, or with none those of the whole site. Cloud only.
    pub fn templates(
        &self,
        space_key: Option<&str>,
    ) -> impl Stream<Item = Result<Template>> + Send + use<> {
        if !self.is_cloud() {
            return self.nothing_offered("templates cannot be listed").left_stream();
        }
        let query: Vec<_> = space_key.map(|key| ("spaceKey", key)).into_iter().collect();
        let listing = |kind| {
            let url = self.endpoint(Interface::V1, &["template", kind], &query);
            by_start(self, url, |template: &Value| template["templateId"].as_str())
        };
        let pages =
            listing("page").chain(listing("blueprint")).map_err(crate::session::no_confluence);
        let read = |value: Value, _: Option<&str>| read(Fields(&value)).map(Some);
        entries(pages, read).right_stream()
    }

    /// One template with its body. Cloud only.
    pub async fn template(&self, id: &str) -> Result<Template> {
        if !self.is_cloud() {
            return Err(self.not_offered("templates cannot be read"));
        }
        let url = self.endpoint(Interface::V1, &["template", id], &[("expand", "body.storage")]);
        let value: Value = self.get(url.clone()).await?;
        read(Fields(&value)).map_err(|Incomplete| unreadable(&url, "a template without an id"))
    }
}

fn read(fields: Fields<'_>) -> Result<Template, Incomplete> {
    Ok(Template {
        id: fields.text("/templateId").ok_or(Incomplete)?,
        name: fields.text("/name").unwrap_or_default(),
        description: fields.text("/description").unwrap_or_default(),
        kind: fields.text("/templateType").unwrap_or_default(),
        space_key: fields.text("/space/key"),
        storage: fields.text("/body/storage/value"),
    })
}
