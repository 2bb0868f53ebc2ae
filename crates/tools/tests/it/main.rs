//! The tools on a real store and a simulated Atlassian, without a gateway around them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops where it fails")]

mod catalogue;
mod live;
mod pages;
mod sources;
mod world;
