/// Why an index could not serve.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The folder cannot be used.
    #[error("the index could not be opened")]
    Open(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Reading or writing failed.
    #[error("the index failed")]
    Index(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The change log or a page could not be read.
    #[error(transparent)]
    Store(#[from] store::StoreError),
}

impl SearchError {
    pub(crate) fn open(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Open(Box::new(source))
    }

    pub(crate) fn index(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Index(Box::new(source))
    }
}

/// A result of this crate.
pub type Result<T, E = SearchError> = std::result::Result<T, E>;
