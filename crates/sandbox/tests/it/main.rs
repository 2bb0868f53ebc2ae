//! The sandbox over real HTTP.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod attachments;
mod cloud;
mod cql;
mod data_center;
mod demo;
mod faults;
mod jira;
mod load;
mod oauth;
mod rights;
mod scale;
mod state;
mod support;
