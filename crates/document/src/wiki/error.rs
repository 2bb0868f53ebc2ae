//! What cannot be said in wiki markup.

use crate::WriteError;

/// Why text was not read or written. Lines are counted from 1.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WikiError {
    /// More than 8 MiB.
    #[error("the text is longer than 8 MiB; read it in parts")]
    TooLarge,
    /// The Markdown cannot be read.
    #[error(transparent)]
    Markdown(#[from] WriteError),
    /// What wiki markup has no words for.
    #[error("line {line}: {construct} cannot be said in wiki markup; {advice}")]
    Unsupported {
        /// Of the block that holds it.
        line: usize,
        /// What it is.
        construct: String,
        /// What to do.
        advice: &'static str,
    },
}

impl WikiError {
    /// A stable name of the kind of error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "wiki_too_large",
            Self::Markdown(error) => error.code(),
            Self::Unsupported { .. } => "wiki_unsupported",
        }
    }

    /// The line of the Markdown, from 1.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::TooLarge => None,
            Self::Markdown(error) => error.line(),
            Self::Unsupported { line, .. } => Some(*line),
        }
    }
}
