//! Why an edit is refused.

use std::fmt;

use serde::Serialize;

use super::Token;
use crate::{BlockId, BlockKind, Warning};

/// A block of the original that an edit is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BlockName {
    /// The block's id; `None` for what is no block.
    pub id: Option<BlockId>,
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

/// What a result keeps to whatever the edit is; checked before it is given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Law {
    /// The result is a well-formed body.
    WellFormed,
    /// Items stand in lists of their kind, bodies in their links and macros, cells in rows.
    Placement,
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
    /// Something would still be said, but without what the view does not show of it: its id, its
    /// attributes, hidden parameters.
    #[error(
        "block {block}: {construct} would lose its id, its attributes or what else the view does not show of it; make the edit in smaller steps, or move whole blocks"
    )]
    HiddenLost {
        /// Where it stands on the page.
        block: BlockName,
        /// The start tag of the element.
        construct: String,
    },
    /// The view of the result would not be the edited view; the result was thrown away.
    #[error(
        "block {block}: the page would read “{shown}” there; write this in the Markdown that the page is shown in"
    )]
    NotAsEdited {
        /// The block near which it shows first, with the text that was asked for.
        block: BlockName,
        /// What would stand there; empty for nothing.
        shown: String,
    },
    /// The result would break another law and was thrown away.
    #[error(
        "the page would not be sound ({law:?}), so nothing was written; make the edit in smaller steps, one block at a time"
    )]
    LawBroken {
        /// The law.
        law: Law,
    },
    /// More than 64 marks and tags nest in a line, of the page or of the edit.
    #[error(
        "block {block}: more than 64 marks and tags nest here; close each, or write \\< to mean the text"
    )]
    MarksTooDeep {
        /// The block.
        block: BlockName,
    },
    /// The edit adds or changes a macro that runs scripts or markup, or an address that runs a script.
    #[error(
        "`{construct}` would run a script; leave it as it is, or change it in Confluence's editor"
    )]
    ScriptNotAllowed {
        /// How it begins in storage format.
        construct: String,
    },
    /// A comment of the source, which the view does not show, would go with words around it.
    #[error(
        "the edit would remove `{remark}`, which the page holds out of sight; keep the words around it, \
         or change this in Confluence's editor"
    )]
    RemarkLost {
        /// How it begins.
        remark: String,
    },
    /// Nothing is left of a page that said something.
    #[error(
        "the edited text is empty, which would leave nothing of the page; keep some of it, or delete the page in Confluence"
    )]
    PageEmptied,
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
            Self::HiddenLost { .. } => "hidden_lost",
            Self::NotAsEdited { .. } => "not_as_edited",
            Self::LawBroken { .. } => "law_broken",
            Self::MarksTooDeep { .. } => "marks_too_deep",
            Self::ScriptNotAllowed { .. } => "script_not_allowed",
            Self::RemarkLost { .. } => "remark_lost",
            Self::PageEmptied => "page_emptied",
            Self::TooLarge => "too_large",
        }
    }
}

/// Why an edit of strings or blocks was not made. Nothing is written then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The text to replace is empty.
    #[error("edit {index}: `old_string` is empty; quote the text to replace")]
    EmptyString {
        /// Which edit, from 0.
        index: usize,
    },
    /// The text to replace is not in the view.
    #[error("edit {index}: `old_string` is not on the page{}", shown("; did you mean", .candidates))]
    NoMatch {
        /// Which edit, from 0.
        index: usize,
        /// Lines that say something like it.
        candidates: Vec<String>,
    },
    /// The text to replace stands in several places.
    #[error(
        "edit {index}: `old_string` is on the page {count} times; quote more around it, or set `replace_all`{}",
        shown("; it is on", .candidates)
    )]
    SeveralMatches {
        /// Which edit, from 0.
        index: usize,
        /// How many.
        count: usize,
        /// The lines of the first few.
        candidates: Vec<String>,
    },
    /// The page has no block of this id.
    #[error("no block has the id {id}; ask for the page's blocks again")]
    UnknownBlock {
        /// The id.
        id: BlockId,
    },
    /// Without the block, the lists before and after it would be one.
    #[error(
        "without the block {id} the lists around it would be one; write their items as one list first"
    )]
    ListsWouldJoin {
        /// The block's id.
        id: BlockId,
    },
    /// Two edits are about the same text.
    #[error("two edits are about the same block; make them one after the other")]
    Overlap,
    /// The edited view could not be carried back.
    #[error(transparent)]
    Patch(#[from] PatchError),
}

impl EditError {
    /// A stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::EmptyString { .. } => "empty_string",
            Self::NoMatch { .. } => "no_match",
            Self::SeveralMatches { .. } => "several_matches",
            Self::UnknownBlock { .. } => "unknown_block",
            Self::ListsWouldJoin { .. } => "lists_would_join",
            Self::Overlap => "overlapping_edits",
            Self::Patch(error) => error.code(),
        }
    }
}

fn shown(lead: &str, candidates: &[String]) -> String {
    if candidates.is_empty() { String::new() } else { format!("{lead} {}", candidates.join("; ")) }
}

fn list(tokens: &[Token]) -> String {
    let names: Vec<String> = tokens.iter().map(Token::to_string).collect();
    names.join(", ")
}
