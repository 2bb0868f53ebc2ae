//! The index as its users see it, filled from a real store.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod filtering;
mod folder;
mod following;
mod searching;
mod wiki;
