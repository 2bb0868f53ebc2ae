//! `confluence_get_page`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::arguments::InvalidArguments;
use crate::catalogue::Tool;
use crate::error::ToolError;
use crate::objects::Objects;
use crate::output::{Class, Output, Shape};
use crate::reading::{Cursor, Portion, Reading};
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
    /// The most text to answer, outline included, in tokens.
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

/// What of the page is answered, within `max_tokens` together.
struct Text {
    outline: Option<String>,
    portion: Option<Portion>,
}

impl GetPage {
    /// The first portion of several comes with the outline, which takes a quarter at most.
    fn text(
        &self,
        reading: &Reading,
        section: Option<&str>,
        cursor: Option<Cursor>,
    ) -> Result<Text, ToolError> {
        if self.outline {
            return Ok(Text { outline: Some(reading.outline(self.max_tokens)), portion: None });
        }
        let portion = reading.portion(section, cursor, self.max_tokens)?;
        if portion.next.is_none() || cursor.is_some() {
            return Ok(Text { outline: None, portion: Some(portion) });
        }
        let outline = reading.outline(self.max_tokens / 4);
        let left = self.max_tokens.saturating_sub(document::estimate_tokens(&outline));
        let portion = reading.portion(section, None, left)?;
        Ok(Text { outline: Some(outline), portion: Some(portion) })
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
        let Text { outline, portion } = self.text(&reading, section, cursor)?;
        let next = portion.as_ref().and_then(|portion| portion.next);

        let mut facts = site.facts(&[read.page.origin].into());
        facts.insert("total_tokens".to_owned(), reading.total_tokens().into());
        facts.insert("truncated".to_owned(), next.is_some().into());
        let mut data = serde_json::Map::new();
        data.insert("title".to_owned(), read.page.title.clone().into());
        data.insert("id".to_owned(), read.page.id.clone().into());
        data.insert("url".to_owned(), read.page.url.clone().into());
        data.extend(read.page.metadata());
        data.insert("source".to_owned(), read.page.origin.as_str().into());
        data.extend(outline.map(|outline| ("outline".to_owned(), outline.into())));
        data.extend(portion.map(|portion| ("markdown".to_owned(), portion.markdown.into())));
        let untrusted = vec!["title", "breadcrumb", "labels", "outline", "markdown"];
        let item = read.page.into_item(Value::Object(data), untrusted);
        let next = next.map(|cursor| cursor.to_string());
        Ok(Output { items: vec![item], shape: Self::SHAPE, facts, next })
    }
}
