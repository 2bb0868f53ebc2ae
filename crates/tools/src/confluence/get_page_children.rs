//! `confluence_get_page_children`.

use atlassian::ContentId;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::object;
use crate::arguments::InvalidArguments;
use crate::catalogue::Tool;
use crate::error::ToolError;
use crate::objects::Objects;
use crate::output::{Class, Item, Output, Shape};
use crate::reference::PageReference;
use crate::site::{Seen, SiteHandle};

/// Lists what is directly below a page.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct GetPageChildren {
    /// The parent's id, address or tiny link.
    parent_id: PageReference,
    /// How many children.
    #[serde(default = "default_limit")]
    #[schemars(range(min = 1, max = 50))]
    limit: usize,
    /// The `next` of an earlier answer, to go on.
    #[schemars(length(max = 100))]
    cursor: Option<String>,
}

fn default_limit() -> usize {
    25
}

impl Tool for GetPageChildren {
    const NAME: &'static str = "confluence_get_page_children";
    const TITLE: &'static str = "List child pages";
    const DESCRIPTION: &'static str = "List the pages and folders directly below a page, with id, \
        title and address.";
    const CLASS: Class = Class::Read;
    const SHAPE: Shape = Shape::List;

    fn objects(&self) -> Result<Objects, InvalidArguments> {
        Ok(Objects::parent(&self.parent_id))
    }

    async fn run(self, site: &SiteHandle) -> Result<Output, ToolError> {
        let after: Option<ContentId> =
            self.cursor.as_deref().map(str::parse).transpose().map_err(|_| {
                InvalidArguments::new("`cursor` must be one that an earlier answer gave as `next`")
            })?;
        let children = site.children(&self.parent_id, after.as_ref(), self.limit).await?;
        let sources = match children.items.as_slice() {
            [] => site.sources(&[]),
            items => items.iter().map(|child| child.origin).collect(),
        };
        Ok(Output {
            items: children.items.into_iter().map(item).collect(),
            shape: Self::SHAPE,
            facts: site.facts(&sources),
            next: children.next,
        })
    }
}

fn item(child: Seen) -> Item {
    let data = object([
        ("title", Some(child.title.clone().into())),
        ("id", Some(child.id.clone().into())),
        ("kind", Some(json!(child.kind))),
        ("space_key", child.space_key.clone().map(Value::from)),
        ("url", Some(child.url.clone().into())),
        ("version", child.version.map(Value::from)),
        ("updated_at", child.version_at.map(|at| at.to_string().into())),
        ("source", Some(child.origin.as_str().into())),
    ]);
    child.into_item(data, vec!["title"])
}
