//! Why Markdown does not become storage format.

use thiserror::Error;

/// What the writer cannot say in storage format, or will not. Lines are counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WriteError {
    /// More than 32 MiB.
    #[error("the text is longer than 32 MiB; write it to several pages")]
    TooLarge,
    /// More than 32 lists and quotes within each other.
    #[error("line {line}: lists and quotes nest too deep here; keep to 32 levels")]
    TooDeep {
        /// Where the first begins that is too deep.
        line: usize,
    },
    /// More than 64 marks and tags within each other in one line.
    #[error(
        "line {line}: more than 64 marks and tags nest here; close each, or write \\< to mean the text"
    )]
    MarksTooDeep {
        /// Where the line begins.
        line: usize,
    },
    /// A macro that runs scripts or markup, or a parameter or attribute that leads to a script.
    #[error(
        "line {line}: `{construct}` would run a script; take it out, or add it in Confluence's editor"
    )]
    ScriptNotAllowed {
        /// Where its block begins.
        line: usize,
        /// How it begins in storage format.
        construct: String,
    },
    /// XML 1.0 has no way to say most control characters, not even as a reference.
    #[error("line {line}: U+{character:04X} cannot stand on a page; take it out")]
    CharacterNotAllowed {
        /// Where it stands.
        line: usize,
        /// Its code point.
        character: u32,
    },
    /// An address that runs a script, or one of Confluence's own that names no page: `wiki:`.
    #[error(
        "line {line}: a link may not lead to `{address}`; use an address of http, https or mailto, or \
         name a page as wiki:SPACE/Title"
    )]
    AddressNotAllowed {
        /// Where the link begins.
        line: usize,
        /// The address.
        address: String,
    },
    /// `<macro:…`, `<adf:…` or `<at:…` that is not a token.
    #[error(
        "line {line}: `{token}` is not a whole token; write each parameter as name=\"value\" with <, \
         >, \" and ` in values as &lt;, &gt;, &quot; and &#96;, or write \\< to mean the text"
    )]
    TokenMalformed {
        /// Where it begins.
        line: usize,
        /// How it begins.
        token: String,
    },
    /// The beginning of a token without its end in the same paragraph, or the reverse.
    #[error(
        "line {line}: `{token}` has no partner in its paragraph; write both the start and the end tag, \
         or \\< to mean the text"
    )]
    TokenUnpaired {
        /// Where it stands.
        line: usize,
        /// The tag.
        token: String,
    },
    /// A token where storage format has no place for what it stands for.
    #[error("line {line}: `{token}` cannot stand here; {advice}")]
    TokenMisplaced {
        /// Where it stands.
        line: usize,
        /// The token.
        token: String,
        /// What to do.
        advice: &'static str,
    },
    /// A date that is no day of any calendar.
    #[error("line {line}: `{date}` is no day; write a date as <time>2024-05-01</time>")]
    DateInvalid {
        /// Where the line begins.
        line: usize,
        /// What stands for the day.
        date: String,
    },
    /// What Confluence Data Center does not know.
    #[error("line {line}: `{token}` needs Confluence Cloud; take it out or write it as text")]
    NeedsCloud {
        /// Where it stands.
        line: usize,
        /// The token.
        token: String,
    },
    /// A row whose last cells no column holds, so that their text would be lost.
    #[error(
        "line {line}: the row `{row}` has more cells than the table has columns, which are {columns}; \
         give its first row and the line below as many cells, or write \\| to mean the character"
    )]
    RowTooLong {
        /// Where it stands.
        line: usize,
        /// How it begins.
        row: String,
        /// Of the table.
        columns: usize,
    },
    /// Text for one line that Markdown reads as a block.
    #[error("line {line}: only text fits here, without lists, tables, quotes or code blocks")]
    NotInline {
        /// Where the block begins.
        line: usize,
    },
}

impl WriteError {
    /// A stable name for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::TooDeep { .. } => "too_deep",
            Self::MarksTooDeep { .. } => "marks_too_deep",
            Self::ScriptNotAllowed { .. } => "script_not_allowed",
            Self::CharacterNotAllowed { .. } => "character_not_allowed",
            Self::AddressNotAllowed { .. } => "address_not_allowed",
            Self::TokenMalformed { .. } => "token_malformed",
            Self::TokenUnpaired { .. } => "token_unpaired",
            Self::TokenMisplaced { .. } => "token_misplaced",
            Self::DateInvalid { .. } => "date_invalid",
            Self::NeedsCloud { .. } => "needs_cloud",
            Self::RowTooLong { .. } => "row_too_long",
            Self::NotInline { .. } => "not_inline",
        }
    }

    /// The line of the Markdown, from 1.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::TooLarge => None,
            Self::TooDeep { line }
            | Self::MarksTooDeep { line }
            | Self::ScriptNotAllowed { line, .. }
            | Self::CharacterNotAllowed { line, .. }
            | Self::AddressNotAllowed { line, .. }
            | Self::TokenMalformed { line, .. }
            | Self::TokenUnpaired { line, .. }
            | Self::TokenMisplaced { line, .. }
            | Self::DateInvalid { line, .. }
            | Self::NeedsCloud { line, .. }
            | Self::RowTooLong { line, .. }
            | Self::NotInline { line } => Some(*line),
        }
    }
}
