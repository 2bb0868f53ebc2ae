//! What can be wrong with a document, or with Markdown that is to become one.

use super::fault::Problem;
use crate::WriteError;

/// Why a document could not be read or written. Lines are counted from 1.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdfError {
    /// The text is not JSON.
    #[error("the document is not JSON; pass the text of one ADF document")]
    NotJson(#[source] serde_json::Error),
    /// The JSON nests deeper than 128 levels.
    #[error("the document nests deeper than 128 levels of JSON; flatten its lists")]
    TooDeep,
    /// The JSON is no node.
    #[error(
        "this is no ADF document; pass a JSON object that begins with \
         {{\"type\":\"doc\",\"version\":1,\"content\":[…]}}"
    )]
    NotADocument,
    /// The text of the document is longer than 32 MiB.
    #[error("the document is longer than 32 MiB; read it in parts")]
    TooLarge,
    /// The Markdown cannot be read.
    #[error(transparent)]
    Markdown(#[from] WriteError),
    /// A block where ADF has no place for it.
    #[error("line {line}: {construct} cannot stand in {container} in ADF; move it out")]
    Misplaced {
        /// Of the block.
        line: usize,
        /// What it is.
        construct: &'static str,
        /// What it stands in.
        container: &'static str,
    },
    /// What ADF has no node for.
    #[error("line {line}: {construct} cannot be said in ADF; {advice}")]
    Unsupported {
        /// Of the block that holds it.
        line: usize,
        /// What it is.
        construct: String,
        /// What to do.
        advice: &'static str,
    },
}

impl AdfError {
    /// A stable name of the kind of error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotJson(_) => "adf_not_json",
            Self::TooDeep => "adf_too_deep",
            Self::NotADocument => "adf_not_a_document",
            Self::TooLarge => "adf_too_large",
            Self::Markdown(error) => error.code(),
            Self::Misplaced { .. } => "adf_misplaced",
            Self::Unsupported { .. } => "adf_unsupported",
        }
    }

    /// The line of the Markdown, from 1.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::Markdown(error) => error.line(),
            Self::Misplaced { line, .. } | Self::Unsupported { line, .. } => Some(*line),
            _ => None,
        }
    }

    pub(super) fn from_problem(problem: Problem, line: usize) -> Self {
        match problem {
            Problem::Misplaced { construct, container } => {
                Self::Misplaced { line, construct, container }
            }
            Problem::Unsupported { construct, advice } => {
                Self::Unsupported { line, construct, advice }
            }
        }
    }

    pub(super) fn from_json(error: serde_json::Error) -> Self {
        // serde_json has no kind for this.
        if error.to_string().starts_with("recursion limit exceeded") {
            Self::TooDeep
        } else {
            Self::NotJson(error)
        }
    }
}
