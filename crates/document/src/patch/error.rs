//! Why an edit is refused.

use std::fmt;

use serde::Serialize;

use super::Token;
use crate::{BlockKind, Warning};

/// A block of the original that an edit is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BlockName {
    /// The block's id, if it has one.
    pub id: Option<String>,
    /// What it is; `None` for the page as a whole.
    pub kind: Option<BlockKind>,
    /// How it begins in the view.
    pub text: String,
}

impl fmt::Display for BlockName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(id) = &self.id {
            write!(formatter, "[#{id}] ")?;
        }
        write!(formatter, "“{}”", self.text)
    }
}

/// What every patch keeps to; checked on the result before it is given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Law {
    /// The result is a well-formed body.
    WellFormed,
    /// The view of the result is the edited view, up to white space and ways of writing.
    PutGet,
    /// The result differs from the original in the reported ranges only.
    Locality,
}

/// Why a patch was refused. Nothing is written then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatchError {
    /// The original is not well-formed, so that its bytes have no certain meaning.
    #[error(
        "the page is not well-formed XML ({} at byte {}) and is read-only here; repair it in Confluence's editor",
        .warning.message, .warning.at
    )]
    NotWellFormed {
        /// What is wrong first.
        warning: Warning,
    },
    /// The edit asks for something that this crate cannot carry back.
    #[error(
        "block {block}: {construct}: {reason}; edit other text, or change this in Confluence's editor"
    )]
    Unsupported {
        /// Where.
        block: BlockName,
        /// What stands in the way, as the view shows it.
        construct: String,
        /// Why.
        reason: &'static str,
    },
    /// Tokens would vanish that the edit was not allowed to remove.
    #[error("the edit would remove {}; keep them in the text, or name them in `allow_remove`", list(.tokens))]
    TokensLost {
        /// All of them.
        tokens: Vec<Token>,
    },
    /// Tokens would stand on the page more often than before.
    #[error("the edit would double {}; leave one of each, or name them in `allow_copy`", list(.tokens))]
    TokensDoubled {
        /// All of them.
        tokens: Vec<Token>,
    },
    /// The result would not be what the edit says; it was thrown away.
    #[error(
        "block {block}: the result would not read as edited ({law:?}); write this part in simpler Markdown"
    )]
    LawBroken {
        /// The law.
        law: Law,
        /// The block near which it shows first.
        block: BlockName,
    },
    /// The page or the edit is longer than this crate reads.
    #[error("the text is longer than 32 MiB; edit a smaller page")]
    TooLarge,
}

impl PatchError {
    /// A stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotWellFormed { .. } => "not_well_formed",
            Self::Unsupported { .. } => "unsupported_edit",
            Self::TokensLost { .. } => "tokens_lost",
            Self::TokensDoubled { .. } => "tokens_doubled",
            Self::LawBroken { .. } => "law_broken",
            Self::TooLarge => "too_large",
        }
    }
}

fn list(tokens: &[Token]) -> String {
    let names: Vec<String> = tokens.iter().map(Token::to_string).collect();
    names.join(", ")
}
