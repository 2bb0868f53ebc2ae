//! Moments as people read them.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};

/// A moment in the words of a page.
pub(crate) struct Moment {
    /// For `datetime`: RFC 3339, in UTC.
    pub(crate) datetime: String,
    /// For `title`: the full moment.
    pub(crate) title: String,
    /// `38 min ago`, or the day once it is a day past.
    pub(crate) text: String,
}

impl Moment {
    pub(crate) fn of(at: Timestamp, now: Timestamp) -> Self {
        let utc = at.to_zoned(TimeZone::UTC);
        Self {
            datetime: at.round(Unit::Second).unwrap_or(at).to_string(),
            title: utc.strftime("%-d %B %Y %H:%M:%S UTC").to_string(),
            text: match now.duration_since(at).as_secs() {
                ..1 => "just now".to_owned(),
                seconds @ ..60 => format!("{seconds} s ago"),
                seconds @ ..3_600 => format!("{} min ago", seconds / 60),
                seconds @ ..86_400 => format!("{} h ago", seconds / 3_600),
                _ => utc.strftime("%-d %B %H:%M").to_string(),
            },
        }
    }
}

/// A duration of a run: `3.1 s`, `2 min 5 s`, `1 h 12 min`.
pub(crate) fn duration(from: Timestamp, to: Timestamp) -> String {
    let milliseconds = to.duration_since(from).as_millis().max(0);
    let seconds = milliseconds / 1_000;
    match seconds {
        ..60 => format!("{seconds}.{} s", milliseconds % 1_000 / 100),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn moments_are_relative_for_a_day() {
        let now = at("2026-11-20T12:00:00Z");
        let text = |moment: &str| Moment::of(at(moment), now).text;
        assert_eq!(text("2026-11-20T12:00:05Z"), "just now");
        assert_eq!(text("2026-11-20T11:59:42Z"), "18 s ago");
        assert_eq!(text("2026-11-20T11:22:00Z"), "38 min ago");
        assert_eq!(text("2026-11-20T09:00:00Z"), "3 h ago");
        assert_eq!(text("2026-11-19T10:20:00Z"), "19 November 10:20");
    }

    #[test]
    fn durations_keep_two_units() {
        let from = at("2026-11-20T12:00:00Z");
        assert_eq!(duration(from, at("2026-11-20T12:00:03.149Z")), "3.1 s");
        assert_eq!(duration(from, at("2026-11-20T12:02:05Z")), "2 min 5 s");
        assert_eq!(duration(from, at("2026-11-20T13:12:40Z")), "1 h 12 min");
        assert_eq!(duration(from, at("2026-11-20T11:00:00Z")), "0.0 s");
    }
}
