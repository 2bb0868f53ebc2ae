//! Atlassian Document Format (ADF), the JSON in which Jira Cloud keeps descriptions and comments and
//! Confluence Cloud offers its pages, as the same Markdown that storage format is shown in.
//!
//! A document is read by way of storage format: each node becomes the element that Confluence itself
//! makes of it, and [`crate::to_markdown`] shows that. One set of rules decides how a page looks,
//! whichever of the two it came in.
//!
//! Nodes and marks: `@atlaskit/adf-schema` 57.7.22 (its published JSON schema).

mod error;
mod extension;
mod inline;
mod storage;

use serde_json::Value;

pub use error::AdfError;

use crate::ViewOptions;

/// Markdown made from a document in ADF.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdfView {
    /// As [`crate::View::markdown`].
    pub markdown: String,
    /// What of the document could not be read as its schema says, at most a few dozen.
    pub warnings: Vec<AdfWarning>,
}

/// Something in a document that is not as ADF wants it. Its text is shown all the same.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct AdfWarning {
    /// Stable name: `unknown_node`, `unknown_mark`, `not_a_node`, `missing_attribute`,
    /// `invalid_date`, `too_deep`.
    pub code: &'static str,
    /// Where in the document, as a JSON pointer (RFC 6901): `/content/3/content/0`.
    pub at: String,
    /// For people.
    pub message: String,
}

/// Reads a document from its JSON text.
///
/// # Errors
/// [`AdfError::NotJson`], and [`AdfError::TooDeep`] for JSON that nests deeper than 128 levels, which
/// is about thirty lists in each other: editors do not make such documents, and reading deeper ones
/// would take stack without bound.
pub fn parse(json: &str) -> Result<Value, AdfError> {
    serde_json::from_str(json).map_err(AdfError::from_json)
}

/// Shows a document, or a single node, in ADF as Markdown. `document` may come from anywhere and
/// be nested to any depth.
///
/// What the schema does not know is shown as a token with its name, `<adf:some-node/>`, and its text,
/// with a warning.
///
/// # Errors
/// [`AdfError::NotADocument`] when `document` is no object with a `type`, and [`AdfError::TooLarge`]
/// when its text is longer than 32 MiB.
pub fn to_markdown(document: &Value, options: &ViewOptions) -> Result<AdfView, AdfError> {
    let (storage, mut warnings) = storage::from_document(document)?;
    if storage.len() > crate::view::LONGEST_BODY {
        return Err(AdfError::TooLarge);
    }
    let view = crate::to_markdown(&storage, options);
    warnings.extend(view.warnings.into_iter().map(|warning| AdfWarning {
        code: warning.code,
        at: String::new(),
        message: warning.message,
    }));
    Ok(AdfView { markdown: view.markdown, warnings })
}
