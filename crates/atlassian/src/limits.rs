//! What a server allows, remembered: points of an application for each hour, bursts of one endpoint,
//! buckets of Data Center.
//!
//! Atlassian tells what is left of the points only when most are spent, so they are counted here
//! (developer.atlassian.com, rate limiting: one point a call, one for each object read, two for
//! each person, group or permission; writes one).

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde::de::IgnoredAny;
use url::Url;

use crate::answer::{Answer, shorten};
use crate::retry::{date, wait_asked_for};

const HOUR: i64 = 3_600;

/// An endpoint of one tenant, whatever the ids in its path: what bursts are counted for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Endpoint {
    tenant: String,
    method: Method,
    path: String,
}

impl Endpoint {
    pub(crate) fn of(method: &Method, url: &Url) -> Self {
        let segments = url.path().split('/').enumerate().map(|(place, segment)| {
            // The cloud id on the gateway is the tenant's.
            let is_id = segment.bytes().any(|byte| byte.is_ascii_digit())
                && !matches!(segment, "v2" | "2" | "3")
                && place > 3;
            if is_id { "*" } else { segment }
        });
        let path = segments.collect::<Vec<_>>().join("/");
        Self { tenant: url.origin().ascii_serialization(), method: method.clone(), path }
    }
}

/// Who calls what.
pub(crate) struct Caller<'a> {
    /// The OAuth application, if it is one: points are counted for it, over all tenants.
    pub(crate) application: Option<&'a str>,
    pub(crate) endpoint: Endpoint,
}

impl Caller<'_> {
    /// Whom a quota holds.
    fn key(&self) -> &str {
        self.application.unwrap_or(&self.endpoint.tenant)
    }
}

/// Why a request has to wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pause {
    pub(crate) wait: Duration,
    pub(crate) reason: Option<String>,
    /// Of the whole application, until its quota is renewed.
    pub(crate) is_quota: bool,
}

#[derive(Default)]
pub(crate) struct Limits {
    applications: Mutex<HashMap<String, Application>>,
    endpoints: Mutex<HashMap<Endpoint, Held>>,
}

#[derive(Default)]
struct Application {
    spent: u64,
    held: Option<Held>,
}

#[derive(Clone)]
struct Held {
    until: Instant,
    reason: Option<String>,
}

impl Held {
    fn pause(&self, is_quota: bool, now: Instant) -> Option<Pause> {
        let wait = self.until.saturating_duration_since(now);
        let reason = self.reason.clone();
        (!wait.is_zero()).then_some(Pause { wait, reason, is_quota })
    }
}

impl Limits {
    /// Whether a request has to wait, and how long.
    pub(crate) fn pause(&self, caller: &Caller<'_>, now: Instant) -> Option<Pause> {
        let held = locked(&self.applications).get(caller.key()).and_then(|one| one.held.clone());
        held.and_then(|held| held.pause(true, now)).or_else(|| {
            let mut endpoints = locked(&self.endpoints);
            let pause = endpoints.get(&caller.endpoint).and_then(|held| held.pause(false, now));
            if pause.is_none() {
                endpoints.remove(&caller.endpoint);
            }
            pause
        })
    }

    /// Counts what an answer cost, and heeds what it says of the next one: a spent quota holds the
    /// whole application, a burst or an empty bucket only the endpoint.
    pub(crate) fn heed(&self, caller: &Caller<'_>, answer: &Answer, now: Instant) {
        let endpoint = &caller.endpoint;
        if let Some(application) = caller.application {
            let points = points(&endpoint.method, &endpoint.path, answer);
            locked(&self.applications).entry(application.to_owned()).or_default().spent += points;
        }
        let headers = &answer.headers;
        if answer.status != StatusCode::TOO_MANY_REQUESTS {
            if let Some(wait) = bucket_is_empty(headers) {
                self.hold_endpoint(endpoint, Held { until: now + wait, reason: None });
            }
            return;
        }
        let reason = headers.get("ratelimit-reason").and_then(|reason| reason.to_str().ok());
        let reason = reason.map(shorten);
        if reason.as_deref().is_some_and(|reason| reason.contains("quota")) {
            if let Some(wait) = wait_asked_for(headers).or_else(|| until_next_hour(headers)) {
                let held = Held { until: now + wait, reason };
                let mut applications = locked(&self.applications);
                applications.entry(caller.key().to_owned()).or_default().held = Some(held);
            }
        } else if let Some(wait) = wait_asked_for(headers) {
            self.hold_endpoint(endpoint, Held { until: now + wait, reason });
        }
    }

    /// Points spent by an application since this client was made.
    pub(crate) fn spent(&self, application: &str) -> u64 {
        locked(&self.applications).get(application).map_or(0, |one| one.spent)
    }

    fn hold_endpoint(&self, endpoint: &Endpoint, held: Held) {
        locked(&self.endpoints).insert(endpoint.clone(), held);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Quotas are renewed at the top of the hour in UTC, by the server's own clock.
fn until_next_hour(headers: &HeaderMap) -> Option<Duration> {
    let second = date(headers)?.as_second();
    u64::try_from(HOUR - second.rem_euclid(HOUR)).ok().map(Duration::from_secs)
}

/// Data Center's bucket, when nothing is left in it: one token comes back after a part of the
/// interval (confluence.atlassian.com, adjusting your code for rate limiting).
fn bucket_is_empty(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    let interval = number("x-ratelimit-interval-seconds")?;
    let rate = number("x-ratelimit-fillrate").filter(|rate| *rate > 0)?;
    let empty = number("x-ratelimit-remaining")? == 0;
    empty.then(|| Duration::from_millis(interval.min(60) * 1_000 / rate))
}

/// The lists in which objects come, in the words of both products.
#[derive(Deserialize)]
struct Counted {
    #[serde(default, alias = "issues", alias = "values")]
    results: Option<Vec<IgnoredAny>>,
}

fn points(method: &Method, path: &str, answer: &Answer) -> u64 {
    let reads = *method == Method::GET || path.ends_with("/search/jql");
    if !reads || !answer.status.is_success() {
        return 1;
    }
    let counted: Result<Counted, _> = serde_json::from_slice(&answer.body);
    let objects = match counted {
        Ok(Counted { results: Some(results) }) => results.len() as u64,
        Ok(Counted { results: None }) => 1,
        Err(_) => 0,
    };
    let identities = ["/user", "/group", "/permission", "/myself"];
    let each = if identities.iter().any(|word| path.contains(word)) { 2 } else { 1 };
    1 + objects * each
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use reqwest::StatusCode;
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn answer(status: u16, headers: &[(&'static str, &'static str)], body: &'static str) -> Answer {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        Answer {
            url: Url::parse("https://api.atlassian.com/").unwrap(),
            status: StatusCode::from_u16(status).unwrap(),
            headers: headers.collect(),
            body: Bytes::from_static(body.as_bytes()),
        }
    }

    fn caller(application: Option<&'static str>, method: &Method, path: &str) -> Caller<'static> {
        let url = format!("https://api.atlassian.com/ex/confluence/1-2/wiki{path}");
        Caller { application, endpoint: Endpoint::of(method, &Url::parse(&url).unwrap()) }
    }

    const APP: Option<&str> = Some("app");

    #[test]
    fn a_call_costs_one_point_one_for_each_object_and_two_for_each_identity() {
        let (limits, now) = (Limits::default(), Instant::now());
        for (method, path, status, body, expected) in [
            (Method::GET, "/api/v2/pages", 200, r#"{"results":[{},{},{}]}"#, 4),
            (Method::GET, "/api/v2/pages/7", 200, r#"{"id":"7"}"#, 2),
            (Method::GET, "/api/v2/spaces/7/permissions", 200, r#"{"results":[{},{}]}"#, 5),
            (Method::GET, "/rest/api/user/current", 200, r#"{"accountId":"x"}"#, 3),
            (Method::PUT, "/api/v2/pages/7", 200, r#"{"id":"7"}"#, 1),
            (Method::GET, "/api/v2/pages/7", 404, "{}", 1),
        ] {
            let before = limits.spent("app");
            limits.heed(&caller(APP, &method, path), &answer(status, &[], body), now);
            assert_eq!(limits.spent("app") - before, expected, "{method} {path}");
        }
        limits.heed(&caller(None, &Method::GET, "/x"), &answer(200, &[], "{}"), now);
        assert_eq!(limits.spent("https://api.atlassian.com"), 0, "of applications alone");
    }

    #[test]
    fn a_spent_quota_holds_the_application_until_the_next_hour() {
        let (limits, now) = (Limits::default(), Instant::now());
        let headers = [
            ("date", "Fri, 20 Nov 2026 14:59:30 GMT"),
            ("ratelimit-reason", "confluence-quota-global-based"),
        ];
        let pages = caller(APP, &Method::GET, "/api/v2/pages");
        limits.heed(&pages, &answer(429, &headers, ""), now);
        let spaces = caller(APP, &Method::POST, "/api/v2/spaces");
        let pause = limits.pause(&spaces, now).unwrap();
        assert_eq!((pause.wait.as_secs(), pause.is_quota), (30, true));
        assert_eq!(pause.reason.as_deref(), Some("confluence-quota-global-based"));
        let other = caller(Some("another"), &Method::GET, "/api/v2/pages");
        assert_eq!(limits.pause(&other, now), None);
        assert_eq!(limits.pause(&pages, now + Duration::from_secs(30)), None);
    }

    #[test]
    fn a_burst_holds_its_endpoint_of_its_tenant_and_method_alone() {
        let (limits, now) = (Limits::default(), Instant::now());
        let headers = [("retry-after", "5"), ("ratelimit-reason", "confluence-burst-based")];
        let seven = caller(APP, &Method::GET, "/api/v2/pages/7");
        limits.heed(&seven, &answer(429, &headers, ""), now);
        let eight = caller(APP, &Method::GET, "/api/v2/pages/8");
        assert_eq!(limits.pause(&eight, now).map(|pause| pause.is_quota), Some(false));
        let elsewhere = "https://api.atlassian.com/ex/confluence/3-4/wiki/api/v2/pages/7";
        let elsewhere = Endpoint::of(&Method::GET, &Url::parse(elsewhere).unwrap());
        for free in [
            caller(APP, &Method::PUT, "/api/v2/pages/7"),
            caller(APP, &Method::GET, "/api/v2/pages"),
            Caller { application: APP, endpoint: elsewhere },
        ] {
            assert_eq!(limits.pause(&free, now), None, "{:?}", free.endpoint);
        }
        assert_eq!(limits.pause(&seven, now + Duration::from_secs(5)), None);
    }

    #[test]
    fn an_empty_bucket_of_data_center_is_waited_for() {
        let (limits, now) = (Limits::default(), Instant::now());
        let content = caller(None, &Method::GET, "/rest/api/content");
        let headers = |left| {
            [
                ("x-ratelimit-remaining", left),
                ("x-ratelimit-interval-seconds", "10"),
                ("x-ratelimit-fillrate", "5"),
            ]
        };
        limits.heed(&content, &answer(200, &headers("1"), "{}"), now);
        assert_eq!(limits.pause(&content, now), None);
        limits.heed(&content, &answer(200, &headers("0"), "{}"), now);
        assert_eq!(limits.pause(&content, now).unwrap().wait, Duration::from_secs(2));
    }

    #[test]
    fn a_refusal_that_says_no_time_holds_nobody() {
        let (limits, now) = (Limits::default(), Instant::now());
        let pages = caller(APP, &Method::GET, "/api/v2/pages");
        let headers = [("x-failure-category", "FAILURE CLIENT RATE LIMITED")];
        limits.heed(&pages, &answer(429, &headers, ""), now);
        assert_eq!(limits.pause(&pages, now), None);
    }
}
