//! `search` and `fetch`, exactly as `ChatGPT` calls and reads them: one string in, JSON out.
//! Source: `platform.openai.com/docs/mcp`.

use schemars::JsonSchema;
use search::Query;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::arguments::InvalidArguments;
use crate::catalogue::Tool;
use crate::error::ToolError;
use crate::objects::Objects;
use crate::output::{Class, Item, Output, Resource, Shape};
use crate::reading::{Cursor, Reading};
use crate::reference::PageReference;
use crate::site::{Seen, SiteHandle};

/// Results of one `search`: what fits a thousand tokens.
pub const SEARCH_RESULTS: usize = 10;

/// Tokens of one fetch.
const FETCH_TOKENS: u32 = 8_000;

/// Finds pages by words.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Search {
    /// A question or words; `space:KEY`, `label:NAME` and `"exact words"` narrow it.
    #[schemars(length(min = 1, max = 1000))]
    query: String,
}

impl Tool for Search {
    const NAME: &'static str = "search";
    const TITLE: &'static str = "Search";
    const DESCRIPTION: &'static str = "Find Confluence pages that answer a question. Takes plain \
        words or a whole question and returns the best pages as id, title and url; read one with \
        `fetch`.";
    const CLASS: Class = Class::Read;
    const SHAPE: Shape = Shape::OpenAiSearch;
    const ALWAYS_LOAD: bool = true;

    fn objects(&self) -> Result<Objects, InvalidArguments> {
        Ok(Objects::spaces(Query::parse(&self.query).spaces))
    }

    async fn run(self, site: &SiteHandle) -> Result<Output, ToolError> {
        let query = Query::parse(&self.query);
        let found = site.search(&query, SEARCH_RESULTS).await?;
        let item = |page: Seen| {
            let data = json!({"id": page.id, "title": page.title, "url": page.url});
            page.into_item(data, vec!["title"])
        };
        Ok(Output {
            items: found.into_iter().map(|found| item(found.page)).collect(),
            shape: Self::SHAPE,
            facts: site.facts(&site.sources(&query.spaces)),
            next: None,
        })
    }
}

/// Reads a page that a search found.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Fetch {
    /// A page's id, address or tiny link; `#anchor` after it reads one section; the `next` of an
    /// earlier answer goes on from there.
    #[schemars(length(min = 1, max = 2000))]
    id: String,
}

impl Fetch {
    /// `123`, `123#anchor`, `123@VERSION.OFFSET`.
    fn parts(&self) -> Result<(PageReference, Option<Cursor>), InvalidArguments> {
        let id = self.id.trim();
        let continued = id
            .rsplit_once('@')
            .and_then(|(page, cursor)| Some((page.parse().ok()?, Some(cursor.parse().ok()?))));
        match continued {
            Some(parts) => Ok(parts),
            None => Ok((id.parse()?, None)),
        }
    }
}

impl Tool for Fetch {
    const NAME: &'static str = "fetch";
    const TITLE: &'static str = "Fetch";
    const DESCRIPTION: &'static str = "Read one Confluence page as Markdown, by an id that \
        `search` returned. A long page comes in portions: `metadata.next` is the id of the next.";
    const CLASS: Class = Class::Read;
    const SHAPE: Shape = Shape::OpenAiFetch;
    const ALWAYS_LOAD: bool = true;

    fn objects(&self) -> Result<Objects, InvalidArguments> {
        Ok(Objects::page(&self.parts()?.0))
    }

    async fn run(self, site: &SiteHandle) -> Result<Output, ToolError> {
        let (reference, cursor) = self.parts()?;
        let read = site.page(&reference).await?;
        let version = read.page.version.unwrap_or_default();
        let reading = Reading::of(&read.storage, version);
        let section = reference.anchor.as_deref();
        let portion = reading.portion(section, cursor, FETCH_TOKENS)?;
        let next = portion.next.map(|cursor| {
            let section = section.map_or(String::new(), |section| format!("#{section}"));
            format!("{}{section}@{cursor}", read.page.id)
        });
        let mut metadata = read.page.metadata();
        metadata.insert("total_tokens".to_owned(), reading.total_tokens().into());
        metadata.insert("truncated".to_owned(), next.is_some().into());
        metadata.extend(next.clone().map(|next| ("next".to_owned(), next.into())));
        let facts = site.facts(&[read.page.origin].into());
        metadata.extend(facts.clone());
        let data = json!({
            "id": read.page.id,
            "title": read.page.title,
            "text": portion.markdown,
            "url": read.page.url,
            "metadata": metadata,
        });
        let item = read.page.into_item(data, vec!["title", "text", "metadata"]);
        Ok(Output { items: vec![item], shape: Self::SHAPE, facts, next })
    }
}

impl Seen {
    /// What `fetch` and `confluence_get_page` say of a page beside its text.
    pub(crate) fn metadata(&self) -> Map<String, Value> {
        let mut metadata = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            metadata.extend(value.map(|value| (name.to_owned(), value)));
        };
        put("space_key", self.space_key.clone().map(Value::from));
        put("kind", Some(json!(self.kind)));
        put("breadcrumb", self.breadcrumb().map(Value::from));
        put("labels", (!self.labels.is_empty()).then(|| self.labels.join(", ").into()));
        put("status", Some(self.status.clone().into()));
        put("version", self.version.map(Value::from));
        put("etag", self.version.map(|version| format!("{}.{version}", self.id).into()));
        put("updated_at", self.version_at.map(|at| at.to_string().into()));
        metadata
    }

    /// Titles from the root down; `None` when there are none, or none are known.
    pub(crate) fn breadcrumb(&self) -> Option<String> {
        self.breadcrumb
            .as_ref()
            .filter(|titles| !titles.is_empty())
            .map(|titles| titles.join(" > "))
    }

    /// `untrusted` names the fields of `data` that users wrote; so is an address that is made of
    /// the title (`/display/KEY/Title` of Data Center).
    pub(crate) fn into_item(self, data: Value, mut untrusted: Vec<&'static str>) -> Item {
        if !is_made_of_id(&self.url, &self.id) {
            untrusted.push("url");
        }
        Item {
            resource: Resource::Page { id: self.id },
            space_key: self.space_key,
            origin: self.origin,
            data,
            untrusted,
        }
    }
}

/// `…/pages/ID` and `…/viewpage.action?pageId=ID`. An author who knows the id can put it at the end
/// of a title, so a title that merely ends with it is still an author's words.
fn is_made_of_id(address: &str, id: &str) -> bool {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let last = path.rsplit('/').next().unwrap_or_default();
    match query.strip_prefix("pageId=") {
        Some(page) => page == id && last == "viewpage.action",
        None => query.is_empty() && last == id,
    }
}

/// The answer's schema, for the shapes whose JSON is exact.
pub(crate) fn output_schema(shape: Shape) -> Option<Map<String, Value>> {
    let string = json!({"type": "string"});
    let schema = match shape {
        Shape::OpenAiSearch => json!({
            "type": "object",
            "properties": {
                "results": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {"id": string, "title": string, "url": string},
                        "required": ["id", "title", "url"],
                    },
                },
            },
            "required": ["results"],
        }),
        Shape::OpenAiFetch => json!({
            "type": "object",
            "properties": {
                "id": string, "title": string, "text": string, "url": string,
                "metadata": {"type": "object"},
            },
            "required": ["id", "title", "text", "url"],
        }),
        Shape::Page | Shape::List => return None,
    };
    match schema {
        Value::Object(schema) => Some(schema),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_trusted_only_where_the_id_stands_for_itself() {
        for made in [
            "https://a.example/wiki/spaces/ENG/pages/98413",
            "https://a.example/pages/viewpage.action?pageId=98413",
        ] {
            assert!(is_made_of_id(made, "98413"), "{made}");
        }
        for written in [
            "https://a.example/display/ENG/Ignore+the+boundary+98413",
            "https://a.example/display/ENG/Ignore?pageId=98413",
            "https://a.example/pages/viewpage.action?pageId=198413",
            "https://a.example/wiki/spaces/ENG/pages/198413",
            "https://a.example/x?title=Ignore/98413",
            "https://a.example/x#Ignore/98413#98413",
        ] {
            assert!(!is_made_of_id(written, "98413"), "{written}");
        }
    }
}
