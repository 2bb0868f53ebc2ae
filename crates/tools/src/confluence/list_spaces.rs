//! `confluence_list_spaces`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::arguments::InvalidArguments;
use crate::catalogue::Tool;
use crate::error::ToolError;
use crate::objects::Objects;
use crate::output::{Class, Item, Output, Resource, Shape};
use crate::site::{SeenSpace, SiteHandle};

/// Lists spaces.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct ListSpaces {
    /// How many spaces.
    #[serde(default = "default_limit")]
    #[schemars(range(min = 1, max = 100))]
    limit: usize,
    /// The `next` of an earlier answer, to go on.
    #[schemars(length(max = 255))]
    cursor: Option<String>,
}

fn default_limit() -> usize {
    50
}

impl Tool for ListSpaces {
    const NAME: &'static str = "confluence_list_spaces";
    const TITLE: &'static str = "List spaces";
    const DESCRIPTION: &'static str = "List the spaces that can be searched and read here, with key, \
        name and address.";
    const CLASS: Class = Class::Read;
    const SHAPE: Shape = Shape::List;

    fn objects(&self) -> Result<Objects, InvalidArguments> {
        Ok(Objects::none())
    }

    async fn run(self, site: &SiteHandle) -> Result<Output, ToolError> {
        let spaces = site.spaces(self.cursor.as_deref(), self.limit).await?;
        let sources = match spaces.items.as_slice() {
            [] => site.sources(&[]),
            items => items.iter().map(|space| space.origin).collect(),
        };
        Ok(Output {
            items: spaces.items.into_iter().map(item).collect(),
            shape: Self::SHAPE,
            facts: site.facts(&sources),
            next: spaces.next,
        })
    }
}

fn item(space: SeenSpace) -> Item {
    let data = json!({
        "name": space.name,
        "key": space.key,
        "kind": space.kind,
        "url": space.url,
        "source": space.origin.as_str(),
    });
    Item {
        resource: Resource::Space { key: space.key.clone() },
        space_key: Some(space.key),
        origin: space.origin,
        data,
        untrusted: vec!["name"],
    }
}
