//! What can fail outside of a call.

/// Why the gateway could not do what it was asked. Inside text: not for callers of tools.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// An index failed.
    #[error(transparent)]
    Search(#[from] search::SearchError),
    /// Atlassian refused or failed.
    #[error(transparent)]
    Atlassian(#[from] atlassian::Error),
    /// An Atlassian account was named, but there is no site that it could be an account of.
    #[error("an account belongs to a site, and no site is connected yet")]
    AccountWithoutSite,
    /// A sentence with the next step.
    #[error("{0}")]
    Other(String),
}
