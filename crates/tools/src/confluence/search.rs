//! `confluence_search`.

use ::search::Query;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::object;
use crate::arguments::InvalidArguments;
use crate::catalogue::Tool;
use crate::cql::Cql;
use crate::error::ToolError;
use crate::objects::Objects;
use crate::output::{Class, Item, Origin, Output, Shape};
use crate::site::{Found, SiteHandle};

/// Characters of a snippet: about a hundred tokens.
const SNIPPET: usize = 400;

/// Finds pages by words or CQL.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Search {
    /// Plain words or a whole question (`space:KEY`, `label:NAME`, `"exact words"` narrow it), or CQL.
    #[schemars(length(min = 1, max = 2000))]
    query: String,
    /// How many results, best first.
    #[serde(default = "default_limit")]
    #[schemars(range(min = 1, max = 50))]
    limit: usize,
    /// Space keys, separated by commas, to search in.
    #[schemars(length(max = 1000))]
    spaces_filter: Option<String>,
}

fn default_limit() -> usize {
    10
}

/// How the text is meant.
enum Asked {
    Words(Query),
    Cql(Cql),
}

impl Search {
    fn asked(&self) -> Result<Asked, InvalidArguments> {
        if let Some(cql) = Cql::recognise(&self.query) {
            return cql.map(Asked::Cql);
        }
        let mut query = Query::parse(&self.query);
        for key in self.spaces() {
            if !query.spaces.contains(&key) {
                query.spaces.push(key);
            }
        }
        Ok(Asked::Words(query))
    }

    fn spaces(&self) -> Vec<String> {
        let keys = self.spaces_filter.iter().flat_map(|keys| keys.split(','));
        keys.map(str::trim).filter(|key| !key.is_empty()).map(str::to_owned).collect()
    }
}

impl Tool for Search {
    const NAME: &'static str = "confluence_search";
    const TITLE: &'static str = "Search Confluence";
    const DESCRIPTION: &'static str = "Find pages and blog posts, by plain words, a whole question \
        or CQL. Answers the best section of each page with a snippet, its place, address and \
        version. Prefer words; CQL is for conditions such as `label = \"runbook\" and lastmodified \
        > now(\"-7d\")`.";
    const CLASS: Class = Class::Read;
    const SHAPE: Shape = Shape::List;

    fn objects(&self) -> Result<Objects, InvalidArguments> {
        Ok(match self.asked()? {
            Asked::Words(query) => Objects::spaces(query.spaces),
            Asked::Cql(_) => Objects::spaces(self.spaces()).live_only(),
        })
    }

    async fn run(self, site: &SiteHandle) -> Result<Output, ToolError> {
        let (found, sources) = match self.asked()? {
            Asked::Words(query) => {
                (site.search(&query, self.limit).await?, site.sources(&query.spaces))
            }
            Asked::Cql(cql) => {
                let found = site.search_cql(&cql, &self.spaces(), self.limit).await?;
                (found, [Origin::Live].into())
            }
        };
        Ok(Output {
            items: found.into_iter().map(item).collect(),
            shape: Self::SHAPE,
            facts: site.facts(&sources),
            next: None,
        })
    }
}

fn item(found: Found) -> Item {
    let Found { page, section, anchor, snippet } = found;
    let data = object([
        ("title", Some(page.title.clone().into())),
        ("id", Some(page.id.clone().into())),
        ("space_key", page.space_key.clone().map(Value::from)),
        ("kind", Some(json!(page.kind))),
        ("breadcrumb", page.breadcrumb().map(Value::from)),
        ("section", (!section.is_empty()).then(|| section.join(" > ").into())),
        ("anchor", anchor.map(Value::from)),
        ("snippet", Some(shortened(&snippet).into())),
        ("url", Some(page.url.clone().into())),
        ("version", page.version.map(Value::from)),
        ("updated_at", page.version_at.map(|at| at.to_string().into())),
        ("source", Some(page.origin.as_str().into())),
    ]);
    page.into_item(data, vec!["title", "breadcrumb", "section", "anchor", "snippet"])
}

fn shortened(snippet: &str) -> String {
    let snippet = snippet.trim();
    match snippet.char_indices().nth(SNIPPET) {
        None => snippet.to_owned(),
        Some((end, _)) => format!("{}…", snippet[..end].trim_end()),
    }
}
