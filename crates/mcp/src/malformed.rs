//! What a body over HTTP gets that is no request of the protocol.

use std::convert::Infallible;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};

/// JSON-RPC 2.0 section 5.1.
const PARSE_ERROR: i32 = -32700;
const INVALID_REQUEST: i32 = -32600;

/// For a body that the transport could not read as one message.
pub(crate) fn unreadable(body: &[u8]) -> Response<BoxBody<Bytes, Infallible>> {
    let (code, message) = if let Err(error) = serde_json::from_slice::<Value>(body) {
        (PARSE_ERROR, format!("the body is no JSON: {error}"))
    } else if body.trim_ascii_start().starts_with(b"[") {
        // Only the revision 2025-03-26 had them: docs/decisions/0009-what-is-no-request.md.
        (INVALID_REQUEST, "batches are not served; send each request by itself".to_owned())
    } else {
        let wanted = "an object with `jsonrpc`: \"2.0\", `method`, and an `id` for a request";
        (INVALID_REQUEST, format!("the body is no JSON-RPC message; send {wanted}"))
    };
    error(StatusCode::BAD_REQUEST, code, &message)
}

/// For a body of more than `limit` bytes.
pub(crate) fn too_long(limit: usize) -> Response<BoxBody<Bytes, Infallible>> {
    let message = format!("the body is longer than {limit} bytes; send less");
    error(StatusCode::PAYLOAD_TOO_LARGE, INVALID_REQUEST, &message)
}

/// For a body that ended before its length.
pub(crate) fn cut_off() -> Response<BoxBody<Bytes, Infallible>> {
    error(StatusCode::BAD_REQUEST, PARSE_ERROR, "the body was cut off; send it again")
}

fn error(status: StatusCode, code: i32, message: &str) -> Response<BoxBody<Bytes, Infallible>> {
    let body =
        json!({ "jsonrpc": "2.0", "id": null, "error": { "code": code, "message": message } });
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())).boxed());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
