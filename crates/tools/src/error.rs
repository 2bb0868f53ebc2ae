//! Why a handler could not answer.

use crate::arguments::InvalidArguments;

/// The gateway turns each of these into a refusal with a stable code.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// The arguments cannot be used as they are.
    #[error(transparent)]
    InvalidArguments(#[from] InvalidArguments),
    /// There is no such object, or it may not be seen: the two are one.
    #[error("not found")]
    NotFound,
    /// Only Atlassian itself can answer, and this handle does not reach it.
    #[error("only the caller's own Atlassian account can answer this")]
    NeedsOwnAccount,
    /// Atlassian refused or failed.
    #[error("Atlassian did not answer")]
    Atlassian(#[source] Box<atlassian::Error>),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] store::StoreError),
    /// The index failed.
    #[error("the index failed")]
    Search(#[from] search::SearchError),
    /// A search ended before its answer.
    #[error("the search was cut short")]
    Interrupted(#[source] tokio::task::JoinError),
}

impl From<atlassian::Error> for ToolError {
    fn from(error: atlassian::Error) -> Self {
        Self::Atlassian(Box::new(error))
    }
}
