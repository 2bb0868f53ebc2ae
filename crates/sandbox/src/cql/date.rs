//! Dates in queries: minute granularity, in the time zone of the person who asks
//! (vendor page "CQL fields").

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Unit};

use super::{CqlError, Value};

/// The span of time that a value names: a day, a minute or an instant. The second bound is
/// exclusive.
pub(super) fn range(
    value: &Value,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<(Timestamp, Timestamp), CqlError> {
    match value {
        Value::Word(word) => literal(word, zone),
        Value::Function(name, offset) => {
            let start = function(name, offset.as_deref(), now, zone)?;
            Ok((start, start))
        }
    }
}

fn literal(word: &str, zone: &TimeZone) -> Result<(Timestamp, Timestamp), CqlError> {
    let bad =
        || CqlError(format!("The date '{word}' must have the form yyyy-MM-dd or yyyy-MM-dd HH:mm"));
    let word_dashed = word.replace('/', "-");
    let at = |time: DateTime| zone.to_timestamp(time).map_err(|_| bad());
    if let Ok(date) = Date::strptime("%Y-%m-%d", &word_dashed) {
        let next = date.tomorrow().map_err(|_| bad())?;
        return Ok((at(date.at(0, 0, 0, 0))?, at(next.at(0, 0, 0, 0))?));
    }
    let minute = DateTime::strptime("%Y-%m-%d %H:%M", &word_dashed).map_err(|_| bad())?;
    let next = minute.checked_add(Span::new().minutes(1)).map_err(|_| bad())?;
    Ok((at(minute)?, at(next)?))
}

fn function(
    name: &str,
    offset: Option<&str>,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<Timestamp, CqlError> {
    let unknown = || CqlError(format!("No function exists with name: {name}"));
    let local = now.to_zoned(zone.clone());
    let day = local.date();
    let civil = match name {
        "now" => local.datetime(),
        "startofday" => day.at(0, 0, 0, 0),
        "startofweek" => {
            let back = i64::from(day.weekday().to_sunday_zero_offset());
            day.checked_sub(Span::new().days(back)).map_err(|_| unknown())?.at(0, 0, 0, 0)
        }
        "startofmonth" => day.first_of_month().at(0, 0, 0, 0),
        "startofyear" => day.first_of_year().at(0, 0, 0, 0),
        _ => return Err(unknown()),
    };
    let moved = match offset {
        None => civil,
        Some(offset) => {
            let span = span(name, offset)?;
            civil.checked_add(span).map_err(|_| unknown())?
        }
    };
    zone.to_timestamp(moved).map_err(|_| unknown())
}

/// `-4w`, `+1d`, `-30m`; without a unit the function's own.
fn span(function: &str, offset: &str) -> Result<Span, CqlError> {
    let bad = || CqlError(format!("The offset '{offset}' must have the form (+/-)nn(y|M|w|d|h|m)"));
    let digits = offset.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let count: i64 = digits.parse().map_err(|_| bad())?;
    let unit = match (&offset[digits.len()..], function) {
        ("y", _) | ("", "startofyear") => Unit::Year,
        ("M", _) | ("", "startofmonth") => Unit::Month,
        ("w", _) | ("", "startofweek") => Unit::Week,
        ("d" | "", _) => Unit::Day,
        ("h", _) => Unit::Hour,
        ("m", _) => Unit::Minute,
        _ => return Err(bad()),
    };
    let span = match unit {
        Unit::Year => Span::new().try_years(count),
        Unit::Month => Span::new().try_months(count),
        Unit::Week => Span::new().try_weeks(count),
        Unit::Hour => Span::new().try_hours(count),
        Unit::Minute => Span::new().try_minutes(count),
        _ => Span::new().try_days(count),
    };
    span.map_err(|_| bad())
}
