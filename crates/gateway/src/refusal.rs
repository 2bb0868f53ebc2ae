//! What a caller is told when the answer is no. Every text here is for the outside.

use atlassian::ErrorKind;
use tools::{InvalidArguments, ToolError};

use crate::GatewayError;

/// Why a call was refused. `code` is stable; one code has one text, whoever asks for whatever,
/// except where the text is about the caller's own arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// `unknown_tool`, `invalid_arguments`, `not_found`, `space_not_open`, `connect_account`,
    /// `rights_stale`, `no_site`, `atlassian_*`, `cancelled`, `internal`.
    pub code: &'static str,
    /// A sentence.
    pub message: String,
    /// The next step.
    pub hint: Option<String>,
}

impl Refusal {
    fn new(code: &'static str, message: &str, hint: &str) -> Self {
        Self { code, message: message.to_owned(), hint: Some(hint.to_owned()) }
    }

    pub(crate) fn unknown_tool() -> Self {
        Self::new("unknown_tool", "there is no tool of that name", "List the tools to see them.")
    }

    pub(crate) fn invalid_arguments(error: &InvalidArguments) -> Self {
        Self { code: "invalid_arguments", message: error.to_string(), hint: None }
    }

    /// For a page that is hidden, one that is not mirrored, and one that never was.
    pub(crate) fn not_found() -> Self {
        Self::new(
            "not_found",
            "there is no such page, or you may not see it",
            "Search for its title with confluence_search.",
        )
    }

    /// For a key that the token does not open, whether or not there is such a space: the answer
    /// depends on the token alone, so it says nothing about the site.
    pub(crate) fn space_not_open() -> Self {
        Self::new(
            "space_not_open",
            "a space that you named is not open to you",
            "Use a space that confluence_list_spaces shows, or ask the operator to open it.",
        )
    }

    pub(crate) fn connect_account() -> Self {
        Self::new(
            "connect_account",
            "only your own Atlassian account can answer this, and none is connected",
            "Ask with plain words for what is mirrored, or connect your account.",
        )
    }

    /// Says nothing of what is there: the operator's own run has not read the rights.
    pub(crate) fn rights_stale() -> Self {
        Self::new(
            "rights_stale",
            "who may read these pages was not checked for an hour, so they are not shown",
            "Try again in a few minutes; the operator sees the reason with `weir status`.",
        )
    }

    pub(crate) fn no_site() -> Self {
        Self::new(
            "no_site",
            "no Atlassian site is connected for you",
            "Ask the operator to connect one: `weir serve` with CONFLUENCE_URL and its credential set.",
        )
    }

    /// Nobody reads it: for the event of a call whose caller hung up.
    pub(crate) fn cancelled() -> Self {
        Self::new("cancelled", "the caller left before the answer", "Ask again.")
    }

    pub(crate) fn internal() -> Self {
        Self::new(
            "internal",
            "something failed inside, so nothing was done",
            "Try again; the operator finds the cause in the log.",
        )
    }
}

/// A refusal with what only the operator may read.
pub(crate) struct Stopped {
    pub(crate) refusal: Refusal,
    /// For the log and the event.
    pub(crate) inside: Option<String>,
    pub(crate) decision: Decision,
}

/// What the event says of the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Allow,
    Deny,
}

impl Decision {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        }
    }
}

impl From<Refusal> for Stopped {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, inside: None, decision: Decision::Deny }
    }
}

/// An error while deciding is a denial.
impl From<GatewayError> for Stopped {
    fn from(error: GatewayError) -> Self {
        Self { refusal: Refusal::internal(), inside: Some(chain(&error)), decision: Decision::Deny }
    }
}

impl From<store::StoreError> for Stopped {
    fn from(error: store::StoreError) -> Self {
        GatewayError::from(error).into()
    }
}

impl From<search::SearchError> for Stopped {
    fn from(error: search::SearchError) -> Self {
        GatewayError::from(error).into()
    }
}

/// The handler ran because it was allowed to; what failed then is no decision, except that what
/// came back may not be seen.
impl From<ToolError> for Stopped {
    fn from(error: ToolError) -> Self {
        let (refusal, decision) = match &error {
            ToolError::InvalidArguments(error) => {
                return Refusal::invalid_arguments(error).into();
            }
            ToolError::NotFound => return Refusal::not_found().into(),
            ToolError::NeedsOwnAccount => return Refusal::connect_account().into(),
            ToolError::Atlassian(error) => (of_atlassian(error), Decision::Allow),
            ToolError::Store(_) | ToolError::Search(_) | ToolError::Interrupted(_) => {
                (Refusal::internal(), Decision::Deny)
            }
        };
        let inside = match &error {
            ToolError::Atlassian(error) => Some(inside_of_atlassian(error)),
            error => Some(chain(error)),
        };
        Self { refusal, inside, decision }
    }
}

/// Atlassian's own words stay inside: they may be anybody's.
fn of_atlassian(error: &atlassian::Error) -> Refusal {
    let hint = match error.kind {
        ErrorKind::BadRequest { .. } => "Check the CQL in `query`, or ask with plain words.",
        ref kind => kind.hint(),
    };
    Refusal::new(error.kind.code(), &error.kind.to_string(), hint)
}

/// What was asked for and how it was answered. Not Atlassian's words: they repeat the question.
fn inside_of_atlassian(error: &atlassian::Error) -> String {
    tracing::debug!(path = error.path, detail = error.detail, "Atlassian refused");
    let status = error.status.map_or("no answer".to_owned(), |status| status.to_string());
    format!("{} {}: {status}", error.method, error.path)
}

/// An error and what caused it, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
