use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use uuid::Uuid;

type Clock = dyn Fn() -> Timestamp + Send + Sync;
type Generator = dyn Fn(&mut [u8]) + Send + Sync;

/// Time and randomness, handed in by the program or by a test.
#[derive(Clone)]
pub struct Environment {
    /// The wall clock.
    pub now: Arc<Clock>,
    /// Fills a buffer with bytes from a cryptographically secure generator.
    pub random: Arc<Generator>,
}

impl Environment {
    /// The present moment. The store keeps milliseconds.
    pub fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// A UUID of version 7 (RFC 9562), so that the text of ids sorts by the time of their making.
    pub fn uuid(&self) -> Uuid {
        let milliseconds = u64::try_from(self.now().as_millisecond()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(milliseconds, &self.bytes()).into_uuid()
    }

    /// 256 random bits in base64url, 43 characters.
    pub fn token(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes::<32>())
    }

    pub(crate) fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.random)(&mut bytes);
        bytes
    }
}
