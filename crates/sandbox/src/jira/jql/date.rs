//! Dates in queries: in the time zone of the person who asks, relative ones from now on.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::{JqlError, Value};

/// The instant that a value names.
pub(super) fn instant(
    field: &str,
    value: &Value,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<Timestamp, JqlError> {
    match value {
        Value::Word(word) => literal(field, word, now, zone),
        Value::Function(name, offset) => function(name, offset.as_deref(), now, zone),
    }
}

fn literal(
    field: &str,
    word: &str,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<Timestamp, JqlError> {
    let bad = || {
        JqlError(format!(
            "Date value '{word}' for field '{field}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
        ))
    };
    if word.eq_ignore_ascii_case("now") {
        return Ok(now);
    }
    let dashed = word.replace('/', "-");
    let civil = match Date::strptime("%Y-%m-%d", &dashed) {
        Ok(date) => Some(date.at(0, 0, 0, 0)),
        Err(_) => DateTime::strptime("%Y-%m-%d %H:%M", &dashed).ok(),
    };
    let civil = match civil {
        Some(civil) => civil,
        None => {
            let span = period(word).ok_or_else(bad)?;
            now.to_zoned(zone.clone()).datetime().checked_add(span).map_err(|_| bad())?
        }
    };
    zone.to_timestamp(civil).map_err(|_| bad())
}

/// `-4w 2d`: the sign of the first part holds for all.
fn period(text: &str) -> Option<Span> {
    let (sign, parts) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut span = Span::new();
    for part in parts.split_whitespace() {
        let digits = part.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let count: i64 = digits.parse().ok()?;
        let count = count.checked_mul(sign)?;
        span = match &part[digits.len()..] {
            "y" => span.try_years(count),
            "M" => span.try_months(count),
            "w" => span.try_weeks(count),
            "d" => span.try_days(count),
            "h" => span.try_hours(count),
            "m" => span.try_minutes(count),
            _ => return None,
        }
        .ok()?;
    }
    (!span.is_zero()).then_some(span)
}

fn function(
    name: &str,
    offset: Option<&str>,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<Timestamp, JqlError> {
    let unknown = || JqlError(format!("Unable to find JQL function '{name}()'."));
    let day = now.to_zoned(zone.clone()).date();
    let monday = || {
        let back = i64::from(day.weekday().to_sunday_zero_offset());
        day.checked_sub(Span::new().days(back)).map_err(|_| unknown())
    };
    let (civil, unit) = match name {
        "now" => return Ok(now),
        "startofday" => (day, "d"),
        "endofday" => (day.tomorrow().map_err(|_| unknown())?, "d"),
        "startofweek" => (monday()?, "w"),
        "endofweek" => (monday()?.checked_add(Span::new().weeks(1)).map_err(|_| unknown())?, "w"),
        "startofmonth" => (day.first_of_month(), "M"),
        "endofmonth" => (day.last_of_month().tomorrow().map_err(|_| unknown())?, "M"),
        "startofyear" => (day.first_of_year(), "y"),
        "endofyear" => (day.last_of_year().tomorrow().map_err(|_| unknown())?, "y"),
        _ => return Err(unknown()),
    };
    let mut civil = civil.at(0, 0, 0, 0);
    if let Some(offset) = offset {
        let numeric = offset.ends_with(|c: char| c.is_ascii_digit());
        let span = period(&if numeric { format!("{offset}{unit}") } else { offset.to_owned() });
        let span = span.ok_or_else(|| {
            JqlError(format!("The offset '{offset}' of the function '{name}()' is invalid."))
        })?;
        civil = civil.checked_add(span).map_err(|_| unknown())?;
    }
    zone.to_timestamp(civil).map_err(|_| unknown())
}
