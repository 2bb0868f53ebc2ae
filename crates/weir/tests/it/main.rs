//! The program as its users run it, and the house rules that no compiler checks.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops where it fails")]

mod architecture;
mod bad_input;
mod beside;
mod convert;
mod corpus;
mod demo;
mod errors;
mod generated;
mod house;
mod mirror;
mod questions;
mod serve;
mod stdio;
