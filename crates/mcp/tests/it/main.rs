//! The protocol over its real transports, with a gateway that serves two mirrored pages.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops where it fails")]

mod clients;
mod legacy;
mod modern;
mod mount;
mod streams;
mod world;
