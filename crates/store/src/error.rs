/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address is wrong, or the file or server cannot be reached or brought up to date.
    #[error("the database could not be opened")]
    Open(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The file of SQLite is none, or parts of it are overwritten.
    #[error("the database file is damaged")]
    Damaged(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// There is no database at the address, or one without tables. Nothing was made.
    #[error("there is no database yet")]
    Absent,
    /// An older Weir has written here, and this process may not bring it up to date.
    #[error("the data was written by an older Weir")]
    OlderSchema,
    /// A newer Weir has written here. Nothing was changed.
    #[error("the data was written by a newer Weir; start that version, or restore a backup")]
    NewerSchema,
    /// Another key sealed it, or the sealed text was altered or moved.
    #[error("a sealed secret cannot be opened with this key")]
    WrongKey,
    /// What the write refers to does not exist.
    #[error("not found")]
    NotFound,
    /// The database refused or failed.
    #[error("a query failed")]
    Query(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    /// A stable name for programs and documents.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Open(_) => "store_not_opened",
            Self::Damaged(_) => "store_damaged",
            Self::Absent => "store_absent",
            Self::OlderSchema => "store_is_older",
            Self::NewerSchema => "store_is_newer",
            Self::WrongKey => "wrong_key",
            Self::NotFound => "not_found",
            Self::Query(_) => "store_failed",
        }
    }
}

/// The result of a store function.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

pub(crate) fn open_failed(error: sqlx::Error) -> StoreError {
    if is_damage(&error) {
        StoreError::Damaged(error.into())
    } else {
        StoreError::Open(error.into())
    }
}

pub(crate) fn query_failed(error: sqlx::Error) -> StoreError {
    if is_damage(&error) {
        StoreError::Damaged(error.into())
    } else {
        StoreError::Query(error.into())
    }
}

/// `SQLITE_CORRUPT` with its extended codes, and `SQLITE_NOTADB`
/// (<https://www.sqlite.org/rescode.html>); PostgreSQL's codes have five characters.
fn is_damage(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    let code = code.filter(|code| code.len() < 5).and_then(|code| code.parse::<u32>().ok());
    code.is_some_and(|code| matches!(code & 0xff, 11 | 26))
}
