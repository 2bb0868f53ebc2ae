//! From a request to its [`Caller`], which is put into the request's extensions. The only place
//! where one is built for HTTP.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use gateway::{Caller, Transport};
use http::header::AUTHORIZATION;
use http::{Extensions, HeaderMap};
use store::TokenKind;

use crate::denial::Denial;
use crate::failure::{Failure, Surface};
use crate::observe::RequestId;
use crate::server::{Auth, Edge};
use crate::sign_in;

/// What proxies, tunnels and content networks add besides `X-Forwarded-*`. No client on this machine
/// sends them by itself.
const FORWARDING: [&str; 8] = [
    "forwarded",
    "via",
    "x-real-ip",
    "x-client-ip",
    "x-original-host",
    "true-client-ip",
    "cf-connecting-ip",
    "fly-client-ip",
];

/// `/mcp`: a token of kind `mcp`. Comes before anything else is looked at, so that a client that
/// probes with any method learns that it needs one.
pub(crate) async fn mcp_caller(state: State<Edge>, request: Request, next: Next) -> Response {
    by_token(state, request, next, TokenKind::Mcp).await
}

/// `/api/v1`: a token of kind `api`.
pub(crate) async fn api_caller(state: State<Edge>, request: Request, next: Next) -> Response {
    by_token(state, request, next, TokenKind::Api).await
}

/// Pages: a console session.
pub(crate) async fn console_caller(
    State(edge): State<Edge>,
    request: Request,
    next: Next,
) -> Response {
    let surface = Surface::of(request.uri().path());
    match console_session(&edge, request.headers(), request.extensions()).await {
        Ok(caller) => with_caller(caller, request, next).await,
        Err(failure) => failure.respond(surface),
    }
}

/// `/metrics`: a token of kind `api`, or a console session.
pub(crate) async fn api_or_console_caller(
    state: State<Edge>,
    request: Request,
    next: Next,
) -> Response {
    if request.headers().contains_key(AUTHORIZATION) {
        return by_token(state, request, next, TokenKind::Api).await;
    }
    match console_session(&state, request.headers(), request.extensions()).await {
        Ok(caller) => with_caller(caller, request, next).await,
        Err(Failure::Denied(Denial::NotSignedIn)) => {
            Failure::Denied(Denial::NoToken).respond(Surface::Program)
        }
        Err(failure) => failure.respond(Surface::Program),
    }
}

async fn by_token(
    State(edge): State<Edge>,
    request: Request,
    next: Next,
    kind: TokenKind,
) -> Response {
    match token_caller(&edge, request.headers(), request.extensions(), kind).await {
        Ok(caller) => with_caller(caller, request, next).await,
        Err(failure) => failure.respond(Surface::Program),
    }
}

async fn with_caller(mut caller: Caller, mut request: Request, next: Next) -> Response {
    if let Some(RequestId(id)) = request.extensions().get() {
        caller.request.clone_from(id);
    }
    request.extensions_mut().insert(caller);
    next.run(request).await
}

/// A token that is sent counts, even where none is needed: it may open less than its sender could.
async fn token_caller(
    edge: &Edge,
    headers: &HeaderMap,
    extensions: &Extensions,
    kind: TokenKind,
) -> Result<Caller, Failure> {
    match (bearer(headers), edge.options.auth) {
        (Presented::Token(secret), _) => edge
            .gateway
            .caller_for_token(secret, kind, Transport::Http)
            .await?
            .ok_or(Failure::Denied(Denial::InvalidToken)),
        (Presented::Unusable, _) => Err(Denial::InvalidToken.into()),
        (Presented::Nothing, Auth::Token) => Err(Denial::NoToken.into()),
        (Presented::Nothing, Auth::None) => {
            require_local(headers, extensions)?;
            Ok(edge.gateway.local_owner(Transport::Http).await?)
        }
    }
}

async fn console_session(
    edge: &Edge,
    headers: &HeaderMap,
    extensions: &Extensions,
) -> Result<Caller, Failure> {
    match edge.options.auth {
        Auth::None => require_local(headers, extensions)?,
        Auth::Token => {
            let session = sign_in::session_of(headers, &edge.authorities);
            if !session.is_some_and(|session| edge.options.sign_in.is_signed_in(session)) {
                return Err(Denial::NotSignedIn.into());
            }
        }
    }
    Ok(edge.gateway.local_owner(Transport::Console).await?)
}

/// `--auth none`: the peer must be this machine, and must not speak for another.
fn require_local(headers: &HeaderMap, extensions: &Extensions) -> Result<(), Denial> {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    if !peer.is_some_and(|peer| peer.to_canonical().is_loopback()) {
        return Err(Denial::NotLocal);
    }
    let forwarded = headers.keys().any(|name| {
        FORWARDING.contains(&name.as_str()) || name.as_str().starts_with("x-forwarded-")
    });
    if forwarded { Err(Denial::Forwarded) } else { Ok(()) }
}

enum Presented<'a> {
    Nothing,
    Token(&'a str),
    /// Another scheme, no text, or two headers.
    Unusable,
}

/// RFC 9110 section 11.1: the scheme is case-insensitive.
fn bearer(headers: &HeaderMap) -> Presented<'_> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Presented::Nothing };
    let token = value
        .to_str()
        .ok()
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    match (token, values.next()) {
        (Some(token), None) if !token.is_empty() => Presented::Token(token),
        _ => Presented::Unusable,
    }
}
