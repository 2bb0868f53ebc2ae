//! What every request passes before a handler sees it: the counter, the faults, the credential.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::{StreamExt, stream};
use serde_json::json;

use super::answer::scope_missing;
use super::{Shared, Surface, html_login, unauthorized};
use crate::faults::Strike;
use crate::oauth::{Issuer, Opened, ThroughGateway};
use crate::scopes;
use crate::site::Person;

/// Counts the request and lets a fault strike.
pub(crate) async fn admit(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let name = format!("{} {}", request.method(), path.unwrap_or("(no such path)"));
    let faults = shared.faults();
    let strike = shared.counters().count(name, &faults);
    if faults.delay_ms > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(faults.delay_ms)).await;
    }
    let mut response = match strike {
        Strike::None => next.run(request).await,
        Strike::RateLimit => rate_limited(request.uri().path()),
        Strike::Unavailable => {
            (StatusCode::SERVICE_UNAVAILABLE, "<html><body>Service Unavailable</body></html>")
                .into_response()
        }
        Strike::Cut => cut(next.run(request).await).await,
    };
    response.headers_mut().extend(date(&shared).map(|date| (header::DATE, date)));
    response
}

/// The sandbox's own clock, which its starter may have set; otherwise the server would add the
/// machine's.
fn date(shared: &Shared) -> Option<HeaderValue> {
    let date = jiff::fmt::rfc2822::DateTimePrinter::new();
    HeaderValue::try_from(date.timestamp_to_rfc9110_string(&(shared.now)()).ok()?).ok()
}

fn rate_limited(path: &str) -> Response {
    let confluence = ["/wiki/", "/confluence/"].iter().any(|context| path.starts_with(context));
    let reason = if confluence { "confluence-burst-based" } else { "jira-burst-based" };
    let headers = [
        ("retry-after", "0"),
        ("x-ratelimit-limit", "100"),
        ("x-ratelimit-remaining", "0"),
        ("ratelimit-reason", reason),
    ];
    let body = json!({"code": 429, "message": "Rate limit exceeded"});
    (StatusCode::TOO_MANY_REQUESTS, headers, axum::Json(body)).into_response()
}

/// Promises the whole body and breaks off in the middle of it.
async fn cut(response: Response) -> Response {
    let (mut head, body) = response.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    let half = bytes.slice(..bytes.len() / 2);
    let broken = async {
        // Lets the first half out before the connection goes.
        tokio::task::yield_now().await;
        Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
    };
    let pieces = stream::iter([Ok::<Bytes, std::io::Error>(half)]).chain(stream::once(broken));
    Response::from_parts(head, Body::from_stream(pieces))
}

/// Who sends the request and may send it, or the answer for nobody.
pub(crate) async fn identify(
    State((shared, surface)): State<(Arc<Shared>, Surface)>,
    mut request: Request,
    next: Next,
) -> Response {
    let through_gateway = request.extensions().get::<ThroughGateway>().is_some();
    let known = match authorization(request.headers()) {
        Some(shown) if through_gateway => known_to_gateway(&shared, &shown),
        Some(shown) => known_to_site(&shared, surface, &shown),
        None => None,
    };
    match known {
        Some(Known { person, scopes }) => {
            let (method, path) = (request.method(), request.uri().path());
            if scopes.is_some_and(|scopes| !may(surface, &scopes, method, path)) {
                return scope_missing(surface);
            }
            request.extensions_mut().insert(person);
            next.run(request).await
        }
        None if shared.faults().html_login => html_login(),
        None => unauthorized(surface, request.headers().contains_key(header::AUTHORIZATION)),
    }
}

/// Who it is, and to what a token limits them.
struct Known {
    person: Person,
    scopes: Option<BTreeSet<String>>,
}

impl From<Opened> for Known {
    fn from(opened: Opened) -> Self {
        Self { person: opened.person, scopes: Some(opened.scopes) }
    }
}

enum Shown {
    Basic { name: String, password: String },
    Bearer(String),
}

fn authorization(headers: &HeaderMap) -> Option<Shown> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, secret) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(Shown::Bearer(secret.trim().to_owned()));
    }
    let pair = String::from_utf8(STANDARD.decode(secret.trim()).ok()?).ok()?;
    let (name, password) = pair.split_once(':')?;
    let basic = Shown::Basic { name: name.to_owned(), password: password.to_owned() };
    scheme.eq_ignore_ascii_case("basic").then_some(basic)
}

/// API tokens with scopes, Basic or Bearer, and access tokens: what the site itself never accepts.
fn known_to_gateway(shared: &Shared, shown: &Shown) -> Option<Known> {
    let grants = shared.grants();
    match shown {
        Shown::Basic { name, password } => {
            let opened = grants.scoped(password)?;
            let site = shared.site();
            let own = site.account(opened.person).email.eq_ignore_ascii_case(name);
            own.then(|| opened.into())
        }
        Shown::Bearer(token) => {
            let opened = grants.opened(Issuer::Cloud, token, (shared.now)());
            opened.or_else(|| grants.scoped(token)).map(Known::from)
        }
    }
}

/// Cloud site: Basic with e-mail address and API token without scopes. Data Center: Bearer with a
/// personal token or access token, or Basic with the username, where the personal token serves as
/// password.
fn known_to_site(shared: &Shared, surface: Surface, shown: &Shown) -> Option<Known> {
    let whole = |person| Known { person, scopes: None };
    if let (Shown::Bearer(token), Surface::DataCenter) = (shown, surface) {
        let opened = shared.grants().opened(Issuer::DataCenter, token, (shared.now)());
        if let Some(opened) = opened {
            return Some(opened.into());
        }
    }
    let site = shared.site();
    let people = site.people();
    let mut with_credentials = people
        .filter_map(|(person, account)| Some((person, account, account.credentials.as_ref()?)));
    let found = with_credentials.find(|(_, account, credentials)| match (shown, surface) {
        (Shown::Basic { name, password }, Surface::CloudV2 | Surface::CloudV1) => {
            account.email.eq_ignore_ascii_case(name) && credentials.api_token == *password
        }
        (Shown::Basic { name, password }, Surface::DataCenter) => {
            account.username == *name && credentials.personal_token == *password
        }
        (Shown::Bearer(token), Surface::DataCenter) => credentials.personal_token == *token,
        (Shown::Bearer(_), Surface::CloudV2 | Surface::CloudV1) => false,
    });
    found.map(|(person, _, _)| whole(person))
}

/// Data Center knows few scopes, each of which includes the ones before.
fn may(surface: Surface, scopes: &BTreeSet<String>, method: &Method, path: &str) -> bool {
    match surface {
        Surface::CloudV2 | Surface::CloudV1 => scopes::allow(scopes, method, path),
        Surface::DataCenter => {
            let writes = ["WRITE", "ADMIN", "SYSTEM_ADMIN"];
            method == Method::GET || writes.iter().any(|scope| scopes.contains(*scope))
        }
    }
}

/// v1 of Cloud refuses a write that a form on a foreign page could have sent, unless it is
/// marked with `X-Atlassian-Token: no-check`; Data Center refuses files alone. JSON, and methods
/// that no form has, pass.
pub(super) fn check_xsrf(surface: Surface, method: &Method, headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let media_type = text("content-type").map(|value| value.split(';').next().unwrap_or_default());
    let from_form = match media_type {
        Some(kind) => matches!(
            kind.trim(),
            "application/x-www-form-urlencoded" | "multipart/form-data" | "text/plain"
        ),
        None => method == Method::POST,
    };
    let guarded = match surface {
        Surface::CloudV1 => true,
        Surface::DataCenter => media_type.is_some_and(|kind| kind.trim() == "multipart/form-data"),
        Surface::CloudV2 => false,
    };
    !guarded
        || method == Method::GET
        || !from_form
        || matches!(text("x-atlassian-token"), Some("no-check" | "nocheck"))
}
