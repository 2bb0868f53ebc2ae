//! `confluence_get_page`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::arguments::InvalidArguments;
use crate::catalogue::Tool;
use crate::error::ToolError;
use crate::objects::Objects;
use crate::output::{Class, Output, Shape};
use crate::reading::Reading;
use crate::reference::PageReference;
use crate::site::SiteHandle;

/// Reads one page.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct GetPage {
    /// The page's id, address or tiny link. Instead of it: `title` with `space_key`.
    page_id: Option<PageReference>,
    /// The page's exact title.
    #[schemars(length(max = 500))]
    title: Option<String>,
    /// The key of the space that the title is in.
    #[schemars(length(max = 255))]
    space_key: Option<String>,
    /// True: only the headings, with their sizes and anchors, instead of the text.
    #[serde(default)]
    outline: bool,
    /// Only this section: a heading, a path of headings with ` > ` between, or an anchor.
    #[schemars(length(max = 500))]
    section: Option<String>,
    /// The most text to answer, in tokens.
    #[serde(default = "default_max_tokens")]
    #[schemars(range(min = 200, max = 20_000))]
    max_tokens: u32,
    /// The `next` of an earlier answer, to go on reading.
    #[schemars(length(max = 100))]
    cursor: Option<String>,
}

fn default_max_tokens() -> u32 {
    8_000
}

impl GetPage {
    fn reference(&self) -> Result<PageReference, InvalidArguments> {
        match (&self.page_id, &self.title, &self.space_key) {
            (Some(page), _, _) => Ok(page.clone()),
            (None, Some(title), Some(space_key)) => Ok(PageReference::by_title(space_key, title)),
            (None, _, _) => {
                Err(InvalidArguments::new("give `page_id`, or `title` together with `space_key`"))
            }
        }
    }
}

impl Tool for GetPage {
    const NAME: &'static str = "confluence_get_page";
    const TITLE: &'static str = "Read a Confluence page";
    const DESCRIPTION: &'static str = "Read one page as Markdown, with its version, etag, place and \
        labels. A long page comes in portions: go on with `cursor`, or ask for its `outline` and \
        read one `section`.";
    const CLASS: Class = Class::Read;
    const SHAPE: Shape = Shape::Page;
    const ALWAYS_LOAD: bool = true;

    fn objects(&self) -> Result<Objects, InvalidArguments> {
        Ok(Objects::page(&self.reference()?))
    }

    async fn run(self, site: &SiteHandle) -> Result<Output, ToolError> {
        let reference = self.reference()?;
        let cursor = self.cursor.as_deref().map(str::parse).transpose()?;
        let read = site.page(&reference).await?;
        let reading = Reading::of(&read.storage, read.page.version.unwrap_or_default());
        let section = self.section.as_deref().or(reference.anchor.as_deref());
        let portion = if self.outline {
            None
        } else {
            Some(reading.portion(section, cursor, self.max_tokens)?)
        };
        let next = portion.as_ref().and_then(|portion| portion.next);
        let shows_outline = self.outline || (next.is_some() && cursor.is_none());

        let mut facts = site.facts(&[read.page.origin].into());
        facts.insert("total_tokens".to_owned(), reading.total_tokens().into());
        facts.insert("truncated".to_owned(), next.is_some().into());
        let mut data = serde_json::Map::new();
        data.insert("title".to_owned(), read.page.title.clone().into());
        data.insert("id".to_owned(), read.page.id.clone().into());
        data.insert("url".to_owned(), read.page.url.clone().into());
        data.extend(read.page.metadata());
        data.insert("source".to_owned(), read.page.origin.as_str().into());
        if shows_outline {
            data.insert("outline".to_owned(), reading.outline().into());
        }
        data.extend(portion.map(|portion| ("markdown".to_owned(), portion.markdown.into())));
        let untrusted = vec!["title", "breadcrumb", "labels", "outline", "markdown"];
        let item = read.page.into_item(Value::Object(data), untrusted);
        let next = next.map(|cursor| cursor.to_string());
        Ok(Output { items: vec![item], shape: Self::SHAPE, facts, next })
    }
}
