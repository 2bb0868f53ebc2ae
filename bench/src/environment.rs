//! Time and randomness, as they are handed to what is measured.

use std::sync::Arc;

use jiff::Timestamp;
use rand::RngExt;
use store::Environment;

/// The real clock and the system's randomness.
pub fn real() -> Environment {
    Environment { now: Arc::new(now), random: Arc::new(|bytes| rand::rng().fill(bytes)) }
}

/// A clock that stands still, so that answers differ by what they say alone; the system's
/// randomness.
pub fn standing() -> Environment {
    Environment { now: Arc::new(|| Timestamp::UNIX_EPOCH), ..real() }
}

/// The wall clock.
#[expect(clippy::disallowed_methods, reason = "the one place where this program reads the clock")]
pub fn now() -> Timestamp {
    Timestamp::now()
}
