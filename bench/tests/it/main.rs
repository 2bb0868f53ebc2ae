//! The proofs at a small count from a fixed seed, that a trial notices what it must, and what views
//! keep of pages.
#![expect(clippy::panic, reason = "a test stops where it fails")]

mod fidelity;
mod proofs;
mod trial;
