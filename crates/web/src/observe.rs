//! Around every request: its number, its span in the log, its place in the metrics.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderValue, Method};
use tracing::Instrument as _;

use crate::server::Edge;

/// The number of a request: in the log, in events, and in the answer's `x-request-id`. What a
/// client sends under that name is ignored, since it would end up in the log.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) String);

pub(crate) async fn request(
    State(edge): State<Edge>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = edge.gateway.environment().uuid().to_string();
    // Only the path: a query may hold the code of a sign-in link.
    let span = tracing::info_span!(
        "request", id, method = %request.method(), path = request.uri().path()
    );
    let method = method_label(request.method());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    request.extensions_mut().insert(RequestId(id.clone()));

    let begun = Instant::now();
    let mut response = next.run(request).instrument(span).await;
    let status = response.status().as_u16().to_string();

    metrics::counter!(
        "weir_http_requests_total", "method" => method, "route" => route.clone(), "status" => status
    )
    .increment(1);
    metrics::histogram!("weir_http_request_duration_seconds", "route" => route)
        .record(begun.elapsed().as_secs_f64());
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", id);
    }
    response
}

/// Methods are the client's to invent; a label must not be.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
