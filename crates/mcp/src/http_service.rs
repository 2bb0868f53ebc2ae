//! The tower service that the HTTP edge mounts.

use std::convert::Infallible;
use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use gateway::{Caller, Gateway};
use http::header::{ACCEPT, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use tower::Service;

use crate::malformed;
use crate::wire::{self, HttpTransport};

/// What a request may measure, in bytes: as much as the transport itself takes.
const MAX_BODY: usize = 4 * 1024 * 1024;

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
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Response = Response<BoxBody<Bytes, Infallible>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<Request<Full<Bytes>>>::poll_ready(&mut self.0, context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        if request.extensions().get::<Caller>().is_none() {
            return Box::pin(std::future::ready(Ok(refuse_unknown_caller())));
        }
        complete_accept(request.headers_mut());
        Box::pin(answer(self.0.clone(), request))
    }
}

async fn answer<B>(
    mut transport: HttpTransport,
    request: Request<B>,
) -> Result<Response<BoxBody<Bytes, Infallible>>, Infallible>
where
    B: Body + Send + 'static,
    B::Data: Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let (head, body) = request.into_parts();
    let body = match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Ok(malformed::too_long(MAX_BODY)),
        Err(_) => return Ok(malformed::cut_off()),
    };
    let says_json = says_json(&head.headers);
    let response = transport.call(Request::from_parts(head, Full::new(body.clone()))).await?;
    // The transport gives a body that it cannot read the status of a wrong content type.
    if response.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE && says_json {
        return Ok(malformed::unreadable(&body));
    }
    Ok(response)
}

fn says_json(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|value| {
        value.get(.."application/json".len()).is_some_and(|start| start == "application/json")
    })
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
