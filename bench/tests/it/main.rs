//! The proofs at a small count from a fixed seed, and that a trial notices what it must.
#![expect(clippy::panic, reason = "a test stops where it fails")]

mod proofs;
mod trial;
