//! Atlassian Document Format (ADF), the JSON in which Jira Cloud keeps descriptions and comments and
//! Confluence Cloud offers its pages, as the same Markdown that storage format is shown in.
//!
//! A document is read by way of storage format: each node becomes the element that Confluence itself
//! makes of it, and [`crate::to_markdown`] shows that. One set of rules decides how a page looks,
//! whichever of the two it came in.
//!
//! Nodes and marks: `@atlaskit/adf-schema` 57.7.22 (its published JSON schema).

mod document;
mod error;
mod extension;
mod fault;
mod inline;
mod macros;
mod phrase;
mod place;
mod run;
mod schema;
mod storage;

use serde_json::Value;

pub use error::AdfError;

use crate::{Flavour, ViewOptions, write::write_traced};

/// Where a document is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// Descriptions and comments of Jira Cloud, which has no macros and no layouts.
    #[default]
    Jira,
    /// Pages of Confluence Cloud.
    Confluence,
}

/// How to write a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AdfOptions {
    /// Where the document is for.
    pub target: Target,
}

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

/// Writes Markdown as a document in ADF that its schema takes: `CommonMark`, tables, strikethrough and
/// task lists of GitHub, and the tokens that the crate's documentation lists.
///
/// The view of the result is the Markdown again when that was a view of a document that the schema
/// takes. What ADF cannot say in the place where it stands is said in another way where nothing is
/// lost by that (the crate's documentation has the list), and refused elsewhere.
///
/// # Errors
/// [`AdfError::Markdown`] for broken tokens, [`AdfError::Misplaced`] and [`AdfError::Unsupported`] for
/// what ADF cannot hold, each with its line. What nests deeper than readers of JSON take is among it.
pub fn from_markdown(markdown: &str, options: &AdfOptions) -> Result<Value, AdfError> {
    let traced = write_traced(markdown, Flavour::Cloud)?;
    document::from_storage(&traced.storage, options.target).map_err(|fault| {
        AdfError::from_problem(fault.problem, traced.line(markdown, fault.at as usize))
    })
}
