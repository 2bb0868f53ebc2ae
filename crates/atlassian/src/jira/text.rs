use serde_json::Value;

use super::Session;
use crate::session::answered;
use crate::{Error, ErrorKind, Result};

/// The markup of a site's texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Markup {
    /// The Atlassian Document Format, as JSON: Cloud.
    Adf,
    /// Wiki markup: Data Center.
    Wiki,
}

/// A text with markup, as the site gives and takes it: descriptions, comments, some custom fields.
#[derive(Clone, Debug, PartialEq)]
pub enum RichText {
    /// A document of the Atlassian Document Format.
    Adf(Value),
    /// Wiki markup.
    Wiki(String),
}

impl RichText {
    /// Reads a field: text is wiki markup, an object a document; null and all else is none.
    pub fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(Self::Wiki(text.clone())),
            Value::Object(_) => Some(Self::Adf(value.clone())),
            _ => None,
        }
    }

    /// Its markup.
    pub fn markup(&self) -> Markup {
        match self {
            Self::Adf(_) => Markup::Adf,
            Self::Wiki(_) => Markup::Wiki,
        }
    }
}

/// As fields of a request hold it.
impl From<RichText> for Value {
    fn from(text: RichText) -> Self {
        match text {
            RichText::Adf(document) => document,
            RichText::Wiki(text) => Self::String(text),
        }
    }
}

impl Session {
    /// The text for a request; refused here when it is in the other product's markup, of which
    /// Jira would say no more than that it is not valid.
    pub(super) fn written(&self, text: &RichText) -> Result<Value> {
        if text.markup() == self.markup() {
            return Ok(text.clone().into());
        }
        let message = match self.markup() {
            Markup::Adf => "this site takes texts in the Atlassian Document Format",
            Markup::Wiki => "this site takes texts in wiki markup",
        };
        let base = self.deployment().base();
        let error = answered(base, ErrorKind::bad_request(message), message);
        Err(Error { status: None, ..error })
    }
}
