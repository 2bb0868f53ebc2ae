//! What can be wrong with a document.

/// Why a document could not be read.
#[derive(Debug, thiserror::Error)]
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
}

impl AdfError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotJson(_) => "adf_not_json",
            Self::TooDeep => "adf_too_deep",
            Self::NotADocument => "adf_not_a_document",
            Self::TooLarge => "adf_too_large",
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
