//! The client over real HTTP.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod credentials;
mod errors;
mod grants;
mod jira;
mod limits;
mod listings;
mod matrix;
mod network;
mod operations;
mod places;
mod quota;
mod realm;
mod retries;
mod sandboxed;
mod secrets;
mod server;
mod traffic;
