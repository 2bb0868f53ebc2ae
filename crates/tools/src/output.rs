//! What a handler answers.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// What a tool does to the objects that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Changes nothing.
    Read,
    /// Creates or changes.
    Write,
    /// Removes.
    Delete,
}

/// The object that an item is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    /// A space by its key.
    Space {
        /// As Confluence writes it.
        key: String,
    },
    /// A page, blog post or folder by its content id.
    Page {
        /// Digits.
        id: String,
    },
    /// The site as a whole.
    Site,
}

/// Where an item was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Atlassian, in this call.
    Live,
    /// The local copy.
    Mirror,
}

impl Origin {
    /// `live` or `mirror`, as answers say it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Mirror => "mirror",
        }
    }
}

/// How the answer is rendered, last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Shape {
    /// `ChatGPT`'s exact `{"results":[{id,title,url}]}`.
    OpenAiSearch,
    /// `ChatGPT`'s exact `{id,title,text,url,metadata}`.
    OpenAiFetch,
    /// One Markdown document with facts about it.
    Page,
    /// A list of items.
    List,
}

/// Items, each naming its object, plus facts about the whole.
#[derive(Clone, Debug, Serialize)]
pub struct Output {
    /// In the order in which they are to be read.
    pub items: Vec<Item>,
    /// How to render them.
    pub shape: Shape,
    /// What holds for the whole answer, `source` and `mirror_age_seconds` among it. Never a count
    /// of anything: items may still be dropped.
    pub facts: BTreeMap<String, Value>,
    /// The cursor of the continuation, when there is one.
    pub next: Option<String>,
}

/// One object of an answer.
#[derive(Clone, Debug, Serialize)]
pub struct Item {
    /// What the item is about.
    pub resource: Resource,
    /// The space that the object is in; `None` when Atlassian did not say.
    pub space_key: Option<String>,
    /// Where it was read.
    pub origin: Origin,
    /// An object whose keys are in reading order.
    pub data: Value,
    /// The top-level fields of `data` that Atlassian or its users wrote.
    pub untrusted: Vec<&'static str>,
}
