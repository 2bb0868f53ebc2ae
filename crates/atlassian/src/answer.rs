//! What an answer means, decided on status, body and headers together.

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION, WWW_AUTHENTICATE};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use url::Url;

use crate::retry::{Retry, wait_asked_for};
use crate::{ErrorKind, FieldError};

/// Messages are for a line of a log or a dialogue.
const MAX_MESSAGE: usize = 300;

/// What a proxy that refuses a request says only in HTML of its own.
const TOO_LARGE_A_REQUEST: &str = "the request is larger than the server accepts";

/// A whole answer of the server.
pub(crate) struct Answer {
    pub(crate) url: Url,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Why there is no result, and whether asking again may help.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: ErrorKind,
    pub(crate) status: Option<u16>,
    pub(crate) detail: String,
    pub(crate) retry: Retry,
}

impl Answer {
    /// The value that the answer holds.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        if !self.status.is_success() {
            return Err(self.refusal());
        }
        if self.is_html() {
            return Err(self.failure(ErrorKind::HtmlLogin, "an HTML page".to_owned()));
        }
        if self.body.iter().all(u8::is_ascii_whitespace) {
            return Err(self.failure(ErrorKind::Unreadable, "an empty body".to_owned()));
        }
        serde_json::from_slice(&self.body).map_err(|error| self.unreadable(&error))
    }

    /// That the server did what it was asked to, where the answer need not hold anything: an empty
    /// one (204), a text, or something that no caller wants.
    pub(crate) fn accepted(&self) -> Result<(), Failure> {
        if !self.status.is_success() {
            return Err(self.refusal());
        }
        if self.is_html() {
            return Err(self.failure(ErrorKind::HtmlLogin, "an HTML page".to_owned()));
        }
        Ok(())
    }

    /// serde's own text may quote the body, so only kind and place of the error are told.
    fn unreadable(&self, error: &serde_json::Error) -> Failure {
        let what = match error.classify() {
            Category::Eof => "JSON that ends too early",
            Category::Data => "JSON of an unexpected shape",
            Category::Syntax | Category::Io => "a body that is not JSON",
        };
        let place = format!("{what}, line {} column {}", error.line(), error.column());
        let retry = if error.is_eof() { Retry::Backoff } else { Retry::Never };
        Failure { retry, ..self.failure(ErrorKind::Unreadable, place) }
    }

    fn failure(&self, kind: ErrorKind, detail: String) -> Failure {
        Failure { kind, status: Some(self.status.as_u16()), detail, retry: Retry::Never }
    }

    /// Where a redirect leads that may be followed: no login page, and no way out of https.
    pub(crate) fn elsewhere(&self) -> Option<Url> {
        if !self.status.is_redirection() || self.redirect() == ErrorKind::HtmlLogin {
            return None;
        }
        let to = self.url.join(self.header(LOCATION.as_str())?).ok()?;
        let safe = to.scheme() == "https" || (to.scheme() == "http" && self.url.scheme() == "http");
        safe.then_some(to)
    }

    pub(crate) fn refusal(&self) -> Failure {
        let message = self.message();
        let asked = wait_asked_for(&self.headers);
        let kind = match self.status.as_u16() {
            300..=399 => self.redirect(),
            401 | 403 if self.names_missing_scope(&message) => {
                ErrorKind::ScopeMissing { scope: None }
            }
            401 => ErrorKind::Unauthorized,
            403 | 404 if self.login_failed() => ErrorKind::Unauthorized,
            403 if message.to_ascii_lowercase().contains("xsrf check failed") => {
                ErrorKind::XsrfCheckFailed
            }
            403 => ErrorKind::Forbidden,
            404 if self.is_html() => ErrorKind::NotConfluence,
            404 => ErrorKind::NotVisible,
            408 => ErrorKind::TimedOut,
            409 => ErrorKind::Conflict {
                current: number_after(&message, "current version"),
                provided: number_after(&message, "provided version"),
            },
            410 => ErrorKind::Gone,
            429 => ErrorKind::RateLimited {
                reason: self.header("ratelimit-reason").map(shorten),
                retry_after: asked,
            },
            500..=599 => ErrorKind::Transient,
            413 => ErrorKind::bad_request(TOO_LARGE_A_REQUEST),
            _ => ErrorKind::BadRequest { message: message.clone(), fields: self.fields() },
        };
        let retry = match (self.status.as_u16(), asked) {
            (429 | 502..=504, Some(wait)) => Retry::After(wait),
            (429 | 502..=504, None) => Retry::Backoff,
            _ => Retry::Never,
        };
        Failure { retry, ..self.failure(kind, message) }
    }

    fn redirect(&self) -> ErrorKind {
        let location = self.header(LOCATION.as_str()).and_then(|to| self.url.join(to).ok());
        let Some(mut location) = location else {
            return ErrorKind::Redirected { to: String::new() };
        };
        location.set_query(None);
        location.set_fragment(None);
        let path = location.path().to_ascii_lowercase();
        let login = ["login", "signin", "sign-in", "sso", "saml"];
        let identity_host =
            location.host_str().is_some_and(|host| host.starts_with("id.atlassian"));
        if identity_host || login.iter().any(|word| path.contains(word)) {
            return ErrorKind::HtmlLogin;
        }
        ErrorKind::Redirected { to: shorten(location.as_str()) }
    }

    fn names_missing_scope(&self, message: &str) -> bool {
        message.to_ascii_lowercase().contains("scope does not match")
            || self
                .header(WWW_AUTHENTICATE.as_str())
                .is_some_and(|challenge| challenge.contains("insufficient_scope"))
    }

    /// Confluence may treat a failed log-in as an anonymous request and refuse that instead; its
    /// authentication filter then says so in this header.
    fn login_failed(&self) -> bool {
        self.header("x-seraph-loginreason").is_some_and(|reason| {
            reason.contains("AUTHENTICATED_FAILED") || reason.contains("AUTHENTICATION_DENIED")
        })
    }

    fn is_html(&self) -> bool {
        let declared = self.header(CONTENT_TYPE.as_str()).unwrap_or_default();
        let start: Vec<u8> = self.body.trim_ascii_start().iter().copied().take(14).collect();
        let start = start.to_ascii_lowercase();
        declared.starts_with("text/html")
            || start.starts_with(b"<!doctype html")
            || start.starts_with(b"<html")
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// What Jira says of single fields.
    fn fields(&self) -> Vec<FieldError> {
        let body = serde_json::from_slice::<ErrorBody>(&self.body).ok();
        FieldError::all(body.and_then(|body| body.errors).as_ref())
    }

    /// What the server says in any of its error shapes, as one short line.
    fn message(&self) -> String {
        if self.is_html() {
            return "an HTML page".to_owned();
        }
        match serde_json::from_slice::<ErrorBody>(&self.body) {
            Ok(body) => shorten(&body.text()),
            Err(_) => shorten(&String::from_utf8_lossy(&self.body)),
        }
    }
}

/// The union of the error shapes: v2 `errors[]`, which Jira's bulk operations have too, v1 and the
/// gateway `message`, Jira's `errorMessages` and `errors` by field.
#[derive(Deserialize)]
struct ErrorBody {
    message: Option<String>,
    errors: Option<serde_json::Value>,
    #[serde(rename = "errorMessages")]
    error_messages: Option<Vec<Option<String>>>,
}

impl ErrorBody {
    fn text(&self) -> String {
        let listed = self.errors.as_ref().and_then(serde_json::Value::as_array);
        let titles = listed.into_iter().flatten().flat_map(|error| {
            ["code", "title", "detail", "message"]
                .into_iter()
                .filter_map(|key| error.get(key)?.as_str())
        });
        let messages = self.error_messages.iter().flatten().flatten().map(String::as_str);
        let fields = FieldError::all(self.errors.as_ref()).into_iter();
        let fields = fields.map(|error| format!("{}: {}", error.field, error.message));
        let parts = self.message.as_deref().into_iter().chain(titles).chain(messages);
        parts.map(str::to_owned).chain(fields).collect::<Vec<_>>().join(" ")
    }
}

/// One line without control characters and without the Java class that Cloud's v1 puts in front.
pub(crate) fn shorten(text: &str) -> String {
    let line = text
        .split(|character: char| character.is_whitespace() || character.is_control())
        .filter(|word| !word.is_empty() && !is_java_exception(word))
        .collect::<Vec<_>>()
        .join(" ");
    match line.char_indices().nth(MAX_MESSAGE) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

fn is_java_exception(word: &str) -> bool {
    word.starts_with("com.atlassian.") && word.ends_with("Exception:")
}

/// The number after `name`, as in `Current Version: [7]` and `Current version is: 7`.
fn number_after(text: &str, name: &str) -> Option<i64> {
    let text = text.to_ascii_lowercase();
    let (_, rest) = text.split_once(name)?;
    let digits = rest.trim_start_matches(" is").trim_start_matches([':', ' ', '[']);
    let end = digits.find(|character: char| !character.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn answer(status: u16, headers: &[Header], body: &'static str) -> Answer {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        Answer {
            url: Url::parse("https://x.atlassian.net/wiki/api/v2/pages/1").unwrap(),
            status: StatusCode::from_u16(status).unwrap(),
            headers: headers.collect(),
            body: Bytes::from_static(body.as_bytes()),
        }
    }

    type Header = (&'static str, &'static str);

    const JSON: &[Header] = &[("content-type", "application/json")];
    const HTML: &[Header] = &[("content-type", "text/html;charset=UTF-8")];

    fn check(cases: &[(u16, &[Header], &'static str, ErrorKind)]) {
        for (status, headers, body, expected) in cases {
            let failure = answer(*status, headers, body).read::<serde_json::Value>().unwrap_err();
            assert_eq!(failure.kind, *expected, "{status} {headers:?} {body}");
        }
    }

    #[test]
    fn credentials_that_fail_are_told_apart() {
        use ErrorKind::{Forbidden, Unauthorized, XsrfCheckFailed};
        let scope_missing = || ErrorKind::ScopeMissing { scope: None };
        check(&[
            (
                401,
                JSON,
                r#"{"code":401,"message":"Unauthorized; scope does not match"}"#,
                scope_missing(),
            ),
            (
                401,
                &[("www-authenticate", r#"Bearer error="insufficient_scope""#)],
                "",
                scope_missing(),
            ),
            (401, JSON, r#"{"code":401,"message":"Unauthorized"}"#, Unauthorized),
            (401, JSON, "Basic authentication with passwords is deprecated.", Unauthorized),
            (401, HTML, "<html>log in</html>", Unauthorized),
            (403, &[("x-seraph-loginreason", "AUTHENTICATION_DENIED")], "", Unauthorized),
            (404, &[("x-seraph-loginreason", "AUTHENTICATED_FAILED")], "", Unauthorized),
            (403, &[], "XSRF check failed", XsrfCheckFailed),
            (403, JSON, r#"{"message":"Not permitted to use confluence"}"#, Forbidden),
        ]);
    }

    #[test]
    fn what_is_not_there_is_told_apart() {
        use ErrorKind::{Gone, NotConfluence, NotVisible};
        let v2 = r#"{"errors":[{"status":404,"code":"NOT_FOUND","title":"Not Found"}]}"#;
        let v1 = r#"{"statusCode":404,"data":{"errors":[]},"message":"No space with key : x"}"#;
        let gone = r#"{"message":"GoneException: This deprecated endpoint has been removed."}"#;
        check(&[
            (404, JSON, v2, NotVisible),
            (404, JSON, v1, NotVisible),
            (404, &[("x-seraph-loginreason", "OK")], "", NotVisible),
            (404, HTML, "<!doctype html><title>HTTP Status 404</title>", NotConfluence),
            (410, JSON, gone, Gone),
        ]);
    }

    #[test]
    fn a_conflict_names_the_versions_that_the_answer_names() {
        let conflict = |current, provided| ErrorKind::Conflict { current, provided };
        let cloud = r#"{"errors":[{"status":409,"code":"CONFLICT","title":"Version must be incremented when updating a page. Current Version: [7]. Provided version: [5]","detail":null}]}"#;
        let data_center = r#"{"message":"com.atlassian.confluence.api.service.exceptions.ConflictException: Version must be incremented on update. Current version is: 12"}"#;
        let busy = r#"{"message":"content was being concurrently updated"}"#;
        check(&[
            (409, JSON, cloud, conflict(Some(7), Some(5))),
            (409, JSON, data_center, conflict(Some(12), None)),
            (409, JSON, busy, conflict(None, None)),
        ]);
    }

    #[test]
    fn limits_and_failures_of_the_server_are_told_apart() {
        const BURST: &[Header] =
            &[("retry-after", "7"), ("ratelimit-reason", "confluence-burst-based")];
        const RESET: &[Header] = &[
            ("date", "Fri, 20 Nov 2026 14:00:00 GMT"),
            ("x-ratelimit-reset", "2026-11-20T14:01Z"),
        ];
        const GATEWAY: &[Header] = &[("x-failure-category", "FAILURE CLIENT RATE LIMITED")];
        let limited = |reason: Option<&str>, seconds: Option<u64>| ErrorKind::RateLimited {
            reason: reason.map(str::to_owned),
            retry_after: seconds.map(Duration::from_secs),
        };
        check(&[
            (429, BURST, "", limited(Some("confluence-burst-based"), Some(7))),
            (429, RESET, "", limited(None, Some(60))),
            (429, GATEWAY, "", limited(None, None)),
            (408, &[], "", ErrorKind::TimedOut),
            (500, JSON, r#"{"message":"x"}"#, ErrorKind::Transient),
            (503, HTML, "<html>maintenance</html>", ErrorKind::Transient),
        ]);
    }

    #[test]
    fn a_refused_request_says_why_in_any_shape() {
        let refused = ErrorKind::bad_request;
        let v2 = r#"{"errors":[{"status":400,"code":"INVALID_REQUEST_PARAMETER","title":"Not the correct type.","detail":""}]}"#;
        let jira = r#"{"errorMessages":["No such field"],"errors":{}}"#;
        check(&[
            (400, JSON, v2, refused("INVALID_REQUEST_PARAMETER Not the correct type.")),
            (400, JSON, "Could not parse\n cql", refused("Could not parse cql")),
            (400, JSON, jira, refused("No such field")),
            (413, HTML, "<html>x</html>", refused(TOO_LARGE_A_REQUEST)),
            (
                400,
                JSON,
                r#"{"errorMessages":["Bad."],"errors":{"summary":"You must specify a summary.","x":7}}"#,
                ErrorKind::BadRequest {
                    message: "Bad. summary: You must specify a summary. x: 7".to_owned(),
                    fields: [("summary", "You must specify a summary."), ("x", "7")]
                        .map(|(field, message)| FieldError {
                            field: field.to_owned(),
                            message: message.to_owned(),
                        })
                        .into(),
                },
            ),
        ]);
    }

    #[test]
    fn redirects_to_a_login_are_told_from_others() {
        use ErrorKind::HtmlLogin;
        let to = |to: &str| ErrorKind::Redirected { to: to.to_owned() };
        check(&[
            (302, &[("location", "/login.action?os_destination=%2Frest")], "", HtmlLogin),
            (302, &[("location", "https://id.atlassian.com/?continue=x")], "", HtmlLogin),
            (302, &[("location", "https://idp.example.com/saml2?x=y")], "", HtmlLogin),
            (
                301,
                &[("location", "https://e.com/wiki/a?token=1#x")],
                "",
                to("https://e.com/wiki/a"),
            ),
            (301, &[("location", "/wiki/b")], "", to("https://x.atlassian.net/wiki/b")),
            (302, &[], "", to("")),
        ]);
    }

    #[test]
    fn a_success_without_json_is_none() {
        use ErrorKind::{HtmlLogin, Unreadable};
        check(&[
            (200, HTML, "<html>Log in</html>", HtmlLogin),
            (200, JSON, "  <!DOCTYPE html><html>", HtmlLogin),
            (200, JSON, "", Unreadable),
            (204, &[], "", Unreadable),
            (200, JSON, "Everything is fine", Unreadable),
            (200, JSON, r#"{"results":["#, Unreadable),
        ]);
    }

    #[test]
    fn only_what_may_pass_by_itself_is_asked_again() {
        let retry = |status, headers: &[Header], body| {
            answer(status, headers, body).read::<serde_json::Value>().unwrap_err().retry
        };
        assert_eq!(retry(429, &[("retry-after", "3")], ""), Retry::After(Duration::from_secs(3)));
        for status in [429, 502, 503, 504] {
            assert_eq!(retry(status, &[], ""), Retry::Backoff, "{status}");
        }
        assert_eq!(retry(200, JSON, r#"{"id":"#), Retry::Backoff);
        for status in [200, 302, 400, 401, 403, 404, 409, 410, 500] {
            assert_eq!(retry(status, &[], ""), Retry::Never, "{status}");
        }
    }

    #[test]
    fn the_detail_of_an_unreadable_answer_quotes_nothing_of_it() {
        let failure = answer(200, JSON, r#"{"results":"secret words"}"#)
            .read::<std::collections::BTreeMap<String, Vec<u8>>>()
            .unwrap_err();
        assert_eq!(failure.kind, ErrorKind::Unreadable);
        assert!(!failure.detail.contains("secret"), "{}", failure.detail);
    }

    #[test]
    fn messages_are_one_short_line() {
        let long = "word ".repeat(1000);
        assert!(shorten(&long).chars().count() <= MAX_MESSAGE + 1);
        assert_eq!(shorten("a\u{1b}[31m\r\nb"), "a [31m b");
        assert_eq!(shorten("com.atlassian.x.NotFoundException: No page"), "No page");
        assert!(shorten(&"ü".repeat(1000)).ends_with('…'));
    }

    proptest! {
        #[test]
        fn no_answer_makes_the_client_fall_over(
            status in 100_u16..1000, body in proptest::collection::vec(any::<u8>(), 0..200),
            json in r#"\{"(message|errors|data)":("\PC{0,20}"|\[\{"title":"Current Version: \PC{0,9}"\}\])\}"#,
        ) {
            for body in [Bytes::from(body), Bytes::from(json)] {
                let answer = Answer { body, ..answer(200, &[], "") };
                let answer = Answer { status: StatusCode::from_u16(status).unwrap(), ..answer };
                if let Err(failure) = answer.read::<Vec<u8>>() {
                    prop_assert!(failure.detail.chars().count() <= MAX_MESSAGE + 1);
                    prop_assert!(!failure.detail.contains(char::is_control));
                }
            }
        }
    }
}
