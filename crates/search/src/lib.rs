#![doc = include_str!("../README.md")]

mod analysis;
mod catch_up;
mod error;
mod folder;
mod index;
mod lexeme;
mod plain;
mod query;
mod rank;
mod schema;
mod search;
mod snippet;
mod stop_words;
mod wanted;

pub use error::{Result, SearchError};
pub use index::Index;
pub use query::Query;
pub use rank::{Candidate, rank};
pub use search::Hit;
