//! Faults that are switched on, and the counters that decide whom they strike.

use std::collections::BTreeMap;

/// Switched on for a whole sandbox; each is a fault seen in the wild. "Every n-th" counts all
/// requests to both products; 0 is the same as off.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// Every n-th request answers 429 with `Retry-After: 0`.
    pub rate_limit_every: Option<u32>,
    /// Every n-th request answers 503.
    pub unavailable_every: Option<u32>,
    /// Milliseconds before each answer.
    pub delay_ms: u64,
    /// Every n-th body is cut in the middle and the connection closed.
    pub cut_every: Option<u32>,
    /// 200 with an HTML login page instead of 401.
    pub html_login: bool,
    /// The search sees a change only after this many further requests.
    pub index_lag: u32,
}

/// What happens to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strike {
    None,
    RateLimit,
    Unavailable,
    Cut,
}

#[derive(Default)]
pub(crate) struct Counters {
    pub served: u64,
    pub by_path: BTreeMap<String, u64>,
}

impl Counters {
    pub(crate) fn count(&mut self, name: String, faults: &Faults) -> Strike {
        self.served += 1;
        *self.by_path.entry(name).or_default() += 1;
        let due = |every: Option<u32>| {
            every.is_some_and(|every| every > 0 && self.served.is_multiple_of(u64::from(every)))
        };
        if due(faults.rate_limit_every) {
            Strike::RateLimit
        } else if due(faults.unavailable_every) {
            Strike::Unavailable
        } else if due(faults.cut_every) {
            Strike::Cut
        } else {
            Strike::None
        }
    }
}
