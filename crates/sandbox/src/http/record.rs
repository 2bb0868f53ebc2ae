//! Shows whoever wants to see it what is asked and answered.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::Shared;

/// A request and its answer, as far as the published description of an interface speaks of them: no
/// credential is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exchange {
    /// In upper case.
    pub method: String,
    /// As it was sent, percent signs and all.
    pub path: String,
    /// Without the question mark; empty when there is none.
    pub query: String,
    /// The media type of the body, with its parameters; empty without a body.
    pub content_type: String,
    /// What was sent; bytes that are no text are replaced.
    pub body: String,
    /// The answer's status.
    pub status: u16,
    /// The media type of the answer, with its parameters.
    pub answer_type: String,
    /// The answer; bytes that are no text are replaced.
    pub answer: String,
}

/// Who wants to see the exchanges of a sandbox.
pub(crate) type Recorder = Arc<dyn Fn(&Exchange) + Send + Sync>;

/// Passes the request on and tells the recorder, if there is one. Stands behind the faults, so that
/// only what the simulated site itself says is told.
pub(crate) async fn record(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    let Some(recorder) = shared.recorder() else { return next.run(request).await };
    let (head, body) = request.into_parts();
    let Ok(sent) = to_bytes(body, usize::MAX).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let asked = (head.method.to_string(), head.uri.clone(), media_type(&head.headers));
    let body = String::from_utf8_lossy(&sent).into_owned();
    let response = next.run(Request::from_parts(head, Body::from(sent))).await;
    let (head, answer) = response.into_parts();
    let Ok(answered) = to_bytes(answer, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let (method, uri, content_type) = asked;
    recorder(&Exchange {
        method,
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        content_type,
        body,
        status: head.status.as_u16(),
        answer_type: media_type(&head.headers),
        answer: String::from_utf8_lossy(&answered).into_owned(),
    });
    Response::from_parts(head, Body::from(answered))
}

fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}
