//! The console's pages.

mod overview;
mod times;

use askama::Template;
use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use gateway::{Caller, Overview, Transport};
use http::header::{CACHE_CONTROL, REFRESH, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use serde::Deserialize;
use serde_json::Value;
use store::TokenKind;

use crate::assets;
use crate::denial::Denial;
use crate::failure::{Failure, Surface};
use crate::observe::RequestId;
use crate::paste::{PasteLine, Secret, paste_lines};
use crate::server::{Auth, Edge};
use crate::sign_in::{self, ended_session_cookie, session_cookie};
use crate::words::Word;

/// The variable that paste lines read the token from.
const TOKEN_VARIABLE: &str = "WEIR_TOKEN";

/// A page with a run going asks again by itself, in seconds.
const REFRESH_AFTER: HeaderValue = HeaderValue::from_static("15");

/// What every page of the frame shows.
struct Frame {
    assets: &'static str,
    version: &'static str,
    /// Whether there is a session to end.
    signed_in: bool,
}

impl Frame {
    fn of(edge: &Edge) -> Self {
        Self {
            assets: assets::folder(),
            version: edge.options.version,
            signed_in: edge.options.auth == Auth::Token,
        }
    }
}

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    frame: Frame,
    view: overview::View,
    paste: Paste,
}

#[derive(Template)]
#[template(path = "start.html")]
struct StartPage {
    frame: Frame,
    progress: Progress,
}

/// Which of the first steps are done.
struct Progress {
    connected: bool,
    mirrored: bool,
    let_in: bool,
}

impl Progress {
    fn done(&self) -> usize {
        [self.connected, self.mirrored, self.let_in].iter().filter(|done| **done).count()
    }
}

struct Paste {
    /// None when agents need no token.
    variable: Option<&'static str>,
    lines: Vec<PasteLine>,
}

/// `/`: what is connected and how to connect an agent; before that, what to do first.
pub(crate) async fn overview(
    State(edge): State<Edge>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, Page> {
    let overview = edge.gateway.overview(&caller).await?;
    if overview.sites.is_empty() {
        return start_page(&edge, &caller, &overview).await;
    }
    let view = overview::View::of(overview, edge.gateway.environment().now());
    let runs = view.runs;
    let mut response = page(&OverviewPage { frame: Frame::of(&edge), view, paste: paste(&edge) })?;
    if runs {
        response.headers_mut().insert(REFRESH, REFRESH_AFTER);
    }
    Ok(response)
}

/// `/start`: the first-start page, whatever is connected by now.
pub(crate) async fn start(
    State(edge): State<Edge>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, Page> {
    let overview = edge.gateway.overview(&caller).await?;
    start_page(&edge, &caller, &overview).await
}

async fn start_page(edge: &Edge, caller: &Caller, overview: &Overview) -> Result<Response, Page> {
    let tokens = edge.gateway.list_tokens(caller).await?;
    let progress = Progress {
        connected: overview.sites.iter().any(|site| site.visibility.is_some()),
        mirrored: overview.sites.iter().any(|site| site.pages > 0),
        let_in: edge.options.auth == Auth::None
            || tokens
                .iter()
                .any(|token| token.kind == TokenKind::Mcp && token.revoked_at.is_none()),
    };
    page(&StartPage { frame: Frame::of(edge), progress })
}

fn paste(edge: &Edge) -> Paste {
    let url = edge.authorities.url("/mcp");
    match edge.options.auth {
        Auth::None => Paste { variable: None, lines: paste_lines(&url, Secret::NotNeeded) },
        Auth::Token => Paste {
            variable: Some(TOKEN_VARIABLE),
            lines: paste_lines(&url, Secret::Variable(TOKEN_VARIABLE)),
        },
    }
}

fn page(template: &impl Template) -> Result<Response, Page> {
    let html = template.render().map_err(|error| Failure::internal("rendering a page", error))?;
    Ok(([(CACHE_CONTROL, "no-store")], Html(html)).into_response())
}

/// A failure as people see it.
pub(crate) struct Page(Failure);

impl<E: Into<Failure>> From<E> for Page {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        self.0.respond(Surface::Console)
    }
}

#[derive(Deserialize)]
pub(crate) struct Code {
    #[serde(default)]
    code: String,
}

/// Opens a one-time link: begins a session and goes to the first page.
pub(crate) async fn sign_in(
    State(edge): State<Edge>,
    Extension(request): Extension<RequestId>,
    method: Method,
    headers: HeaderMap,
    code: Result<Query<Code>, QueryRejection>,
) -> Response {
    // What looks ahead, a HEAD request or a browser's prefetch, must not spend the link.
    if method != Method::GET || is_prefetch(&headers) {
        return Failure::Denied(Denial::SignInLinkPrefetched).respond(Surface::Console);
    }
    let code = code.map(|Query(query)| query.code).unwrap_or_default();
    let Some(session) = edge.options.sign_in.redeem(&code) else {
        return Failure::Denied(Denial::SignInLinkSpent).respond(Surface::Console);
    };
    if let Err(failure) = leave_event(&edge, request, "sign_in/redeem").await {
        edge.options.sign_in.sign_out(&session);
        return failure.respond(Surface::Console);
    }
    to_first_page(&session_cookie(&session, &edge.authorities))
}

/// Whoever holds a link, or a session, is the local owner.
async fn leave_event(edge: &Edge, request: RequestId, action: &str) -> Result<(), Failure> {
    let mut owner = edge.gateway.local_owner(Transport::Console).await?;
    owner.request = request.0;
    Ok(edge.gateway.administered(&owner, action, "console".to_owned(), Value::Null).await?)
}

fn is_prefetch(headers: &HeaderMap) -> bool {
    ["sec-purpose", "purpose"].iter().any(|name| {
        headers
            .get(*name)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.contains("prefetch"))
    })
}

/// Ends the session of the browser that asks.
pub(crate) async fn sign_out(
    State(edge): State<Edge>,
    Extension(request): Extension<RequestId>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if !edge.authorities.is_own_form(&uri, &headers) {
        return Failure::Denied(Denial::ForeignForm).respond(Surface::Console);
    }
    if let Some(session) = sign_in::session_of(&headers, &edge.authorities) {
        let signed_in = edge.options.sign_in.is_signed_in(session);
        edge.options.sign_in.sign_out(session);
        if signed_in && let Err(failure) = leave_event(&edge, request, "sign_in/end").await {
            return failure.respond(Surface::Console);
        }
    }
    to_first_page(&ended_session_cookie(&edge.authorities))
}

fn to_first_page(cookie: &str) -> Response {
    let headers: [(HeaderName, &str); 2] = [(SET_COOKIE, cookie), (CACHE_CONTROL, "no-store")];
    (headers, Redirect::to("/")).into_response()
}

/// No such page.
pub(crate) async fn unknown(uri: Uri) -> Response {
    match Surface::of(uri.path()) {
        Surface::Console => Failure::UnknownPage.respond(Surface::Console),
        Surface::Program => Failure::UnknownRoute.respond(Surface::Program),
    }
}
