//! The store's behaviour, each on SQLite in memory, on a SQLite file and on PostgreSQL.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops where it fails")]

mod content;
mod events;
mod harness;
mod identity;
mod jobs;
mod opening;
mod postgres;
mod rights;
mod schema;
mod sealing;
mod sources;
mod transactions;
