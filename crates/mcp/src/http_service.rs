//! The tower service that the HTTP edge mounts.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use gateway::{Caller, Gateway};
use http::header::{ACCEPT, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use tower::Service;

use crate::wire::{self, HttpTransport};

/// How `/mcp` is reached. Hosts and origins are checked by the edge for all routes; they are
/// checked here once more, so that the service is safe wherever it is mounted.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// What the server calls itself by.
    pub version: &'static str,
    /// Names and addresses, with a port or without, that a `Host` header may give.
    pub allowed_hosts: Vec<String>,
    /// What an `Origin` header may give: scheme, host, and a port or `:*`. A request without the
    /// header passes.
    pub allowed_origins: Vec<String>,
}

/// Serves MCP over Streamable HTTP without sessions, answering JSON.
#[derive(Clone)]
pub struct HttpService(HttpTransport);

/// Makes the service for `/mcp`. Each request must carry a [`Caller`] in its extensions.
pub fn http_service(gateway: Gateway, options: HttpOptions) -> HttpService {
    HttpService(wire::http_transport(gateway, options))
}

impl<B> Service<Request<B>> for HttpService
where
    B: Body + Send + 'static,
    B::Data: Send + 'static,
    B::Error: fmt::Display,
{
    type Response = Response<BoxBody<Bytes, Infallible>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<Request<B>>::poll_ready(&mut self.0, context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        if request.extensions().get::<Caller>().is_none() {
            return Box::pin(std::future::ready(Ok(refuse_unknown_caller())));
        }
        complete_accept(request.headers_mut());
        Box::pin(self.0.call(request))
    }
}

fn refuse_unknown_caller() -> Response<BoxBody<Bytes, Infallible>> {
    let body = Full::new(Bytes::from_static(b"{\"code\":\"unauthenticated\"}\n")).boxed();
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The protocol has clients accept both JSON and an event stream. Some send `*/*`, JSON alone, or
/// nothing; since every answer here is JSON, they are served too.
fn complete_accept(headers: &mut HeaderMap) {
    let takes_json = headers.get_all(ACCEPT).iter().all(|value| {
        value.to_str().is_ok_and(|value| {
            value.contains("*/*")
                || value.contains("application/json")
                || value.contains("application/*")
        })
    });
    if takes_json {
        headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
    }
}
