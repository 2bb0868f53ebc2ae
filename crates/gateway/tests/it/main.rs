//! The door as its callers use it: a real store, a real index, a simulated Atlassian.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops where it fails")]

mod dispatch;
mod events;
mod leaks;
mod sites;
mod tokens;
mod visibility;
mod world;
