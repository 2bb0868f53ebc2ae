//! The edge over real HTTP.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops where it fails")]

mod api;
mod auth_none;
mod authorities;
mod connections;
mod console;
mod events;
mod hang_up;
mod headers;
mod paste;
mod probes;
mod sign_in;
mod tokens;
mod world;
