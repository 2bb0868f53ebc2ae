//! When to ask again.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// Whether the same request may succeed later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    Never,
    /// After the client's own back-off.
    Backoff,
    /// Not before the server's time has passed.
    After(Duration),
}

/// The client's own patience.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    pub(crate) base_delay: Duration,
    pub(crate) max_wait: Duration,
    pub(crate) max_attempts: u32,
}

impl Patience {
    /// How long to wait before the attempt after `attempt` (counted from 1), or `None` to give up.
    ///
    /// The back-off doubles from attempt to attempt up to the ceiling and is spread by `jitter`
    /// (0 to 1) over 0.7 to 1.3 of its length. The server's own time is never undercut, and is
    /// spread upwards so that many clients do not come back at once.
    pub(crate) fn wait(&self, retry: Retry, attempt: u32, jitter: f64) -> Option<Duration> {
        if attempt >= self.max_attempts {
            return None;
        }
        let jitter = jitter.clamp(0.0, 1.0);
        let doubled = self.base_delay.saturating_mul(2_u32.saturating_pow(attempt - 1));
        let backoff = doubled.min(self.max_wait).mul_f64(0.7 + 0.6 * jitter);
        match retry {
            Retry::Never => None,
            Retry::Backoff => Some(backoff),
            Retry::After(asked) if asked > self.max_wait => None,
            Retry::After(asked) => Some(backoff.max(asked.mul_f64(1.0 + 0.3 * jitter))),
        }
    }
}

/// How long the server asks to wait: `Retry-After` in seconds or as an HTTP date (RFC 9110 section
/// 10.2.3), else `X-RateLimit-Reset`, which Atlassian's gateway sends alone.
///
/// Points in time are measured against the answer's own `Date`, so no clock of this machine is
/// involved; without it they are not used.
pub(crate) fn wait_asked_for(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let now = date(headers);
    let until =
        |time: Timestamp| Some(Duration::try_from(time.duration_since(now?)).unwrap_or_default());
    if let Some(after) = text(RETRY_AFTER.as_str()) {
        let seconds = after.parse().ok().map(Duration::from_secs);
        return seconds.or_else(|| until(http_date(after)?));
    }
    until(instant(text("x-ratelimit-reset")?)?)
}

/// When the server says that it answered.
pub(crate) fn date(headers: &HeaderMap) -> Option<Timestamp> {
    http_date(headers.get(DATE)?.to_str().ok()?.trim())
}

fn http_date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text).ok()
}

/// ISO 8601, with or without seconds; some gateways send seconds since 1970.
fn instant(text: &str) -> Option<Timestamp> {
    match text.parse::<i64>() {
        Ok(seconds) => Timestamp::from_second(seconds).ok(),
        Err(_) => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn asked(headers: &[(&'static str, &'static str)]) -> Option<u64> {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        wait_asked_for(&headers.collect()).map(|wait| wait.as_secs())
    }

    #[test]
    fn the_servers_time_is_read_in_all_its_forms() {
        const NOW: (&str, &str) = ("date", "Fri, 20 Nov 2026 14:00:00 GMT");
        for (headers, expected) in [
            (vec![("retry-after", "0")], Some(0)),
            (vec![("retry-after", " 120 ")], Some(120)),
            (vec![NOW, ("retry-after", "Fri, 20 Nov 2026 14:00:30 GMT")], Some(30)),
            (vec![NOW, ("retry-after", "Fri, 20 Nov 2026 13:00:00 GMT")], Some(0)),
            (vec![("retry-after", "Fri, 20 Nov 2026 14:00:30 GMT")], None),
            (vec![NOW, ("retry-after", "soon")], None),
            (vec![NOW, ("retry-after", "-5")], None),
            (vec![NOW, ("x-ratelimit-reset", "2026-11-20T14:05:00Z")], Some(300)),
            (vec![NOW, ("x-ratelimit-reset", "2026-11-20T14:05Z")], Some(300)),
            (vec![NOW, ("x-ratelimit-reset", "2026-11-20T15:05:00+01:00")], Some(300)),
            (vec![NOW, ("x-ratelimit-reset", "1795183500")], Some(300)),
            (vec![("x-ratelimit-reset", "2026-11-20T14:05Z")], None),
            (vec![("retry-after", "1"), NOW, ("x-ratelimit-reset", "2026-11-20T14:05Z")], Some(1)),
            (vec![], None),
        ] {
            assert_eq!(asked(&headers), expected, "{headers:?}");
        }
    }

    const PATIENCE: Patience = Patience {
        base_delay: Duration::from_secs(2),
        max_wait: Duration::from_secs(30),
        max_attempts: 7,
    };

    #[test]
    fn the_back_off_doubles_up_to_the_ceiling_and_ends() {
        let waits: Vec<_> = (1..=7)
            .map(|attempt| PATIENCE.wait(Retry::Backoff, attempt, 0.5).map(|wait| wait.as_secs()))
            .collect();
        assert_eq!(waits, [Some(2), Some(4), Some(8), Some(16), Some(30), Some(30), None]);
    }

    #[test]
    fn a_wait_beyond_the_ceiling_is_the_callers_to_decide() {
        assert_eq!(PATIENCE.wait(Retry::After(Duration::from_secs(31)), 1, 0.5), None);
        assert_eq!(PATIENCE.wait(Retry::Never, 1, 0.5), None);
    }

    proptest! {
        #[test]
        fn a_wait_keeps_the_servers_time_and_the_bounds(
            seconds in 0_u64..=30, attempt in 1_u32..7, jitter in -1.0_f64..2.0,
        ) {
            let asked = Duration::from_secs(seconds);
            let wait = PATIENCE.wait(Retry::After(asked), attempt, jitter).unwrap();
            prop_assert!(wait >= asked);
            prop_assert!(wait <= PATIENCE.max_wait.mul_f64(1.3));
            let backoff = PATIENCE.wait(Retry::Backoff, attempt, jitter).unwrap();
            prop_assert!(backoff >= PATIENCE.base_delay.mul_f64(0.7));
            prop_assert!(backoff <= PATIENCE.max_wait.mul_f64(1.3));
        }
    }
}
