//! Outcomes as responses: bodies, headers, and errors in the words of each surface
//! (reference: Confluence Cloud REST v2 and v1, Confluence Data Center REST).

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{Call, Surface};
use crate::site::Refusal;

/// What a handler says.
pub(crate) enum Answer {
    Json(Value),
    Created(Value),
    /// Goes on as a long task.
    Accepted(Value),
    /// A v2 list: the `Link` header comes with it even when there is no next page.
    List {
        body: Value,
        next: Option<String>,
    },
    Empty,
    /// 200 without a body.
    Done,
    Bytes {
        media_type: String,
        bytes: Vec<u8>,
    },
    Redirect(String),
}

pub(super) fn render(call: &Call, outcome: Result<Answer, Refusal>) -> Response {
    match outcome {
        Ok(Answer::Json(body)) => axum::Json(body).into_response(),
        Ok(Answer::Created(body)) => (StatusCode::CREATED, axum::Json(body)).into_response(),
        Ok(Answer::Accepted(body)) => (StatusCode::ACCEPTED, axum::Json(body)).into_response(),
        Ok(Answer::List { body, next }) => {
            let mut response = axum::Json(body).into_response();
            let base = format!("<{}>; rel=\"base\"", call.base());
            let link = match next {
                Some(next) => format!("<{next}>; rel=\"next\", {base}"),
                None => base,
            };
            if let Ok(link) = HeaderValue::from_str(&link) {
                response.headers_mut().insert(header::LINK, link);
            }
            response
        }
        Ok(Answer::Empty) => StatusCode::NO_CONTENT.into_response(),
        Ok(Answer::Done) => StatusCode::OK.into_response(),
        Ok(Answer::Bytes { media_type, bytes }) => {
            ([(header::CONTENT_TYPE, media_type)], bytes).into_response()
        }
        Ok(Answer::Redirect(to)) => (StatusCode::FOUND, [(header::LOCATION, to)]).into_response(),
        Err(refusal) => match call.surface {
            Surface::CloudV2 => v2_error(refusal),
            Surface::CloudV1 => v1_error(refusal, true),
            Surface::DataCenter => v1_error(refusal, false),
        },
    }
}

fn v2_error(refusal: Refusal) -> Response {
    let (status, code, title) = match refusal {
        Refusal::NotFound(what) => (StatusCode::NOT_FOUND, "NOT_FOUND", what),
        Refusal::Forbidden(what) => (StatusCode::FORBIDDEN, "FORBIDDEN", what),
        Refusal::Invalid(what) => (StatusCode::BAD_REQUEST, "INVALID_REQUEST_PARAMETER", what),
        Refusal::TitleTaken { .. } => (
            StatusCode::BAD_REQUEST,
            "INVALID_REQUEST_PARAMETER",
            "A page with this title already exists: A page already exists with the same TITLE in this space".to_owned(),
        ),
        Refusal::Conflict { current, provided } => (
            StatusCode::CONFLICT,
            "CONFLICT",
            format!(
                "Version must be incremented when updating a page. Current Version: [{current}]. Provided version: [{provided}]"
            ),
        ),
        Refusal::Broken => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "INTERNAL_SERVER_ERROR",
            "Internal Server Error".to_owned(),
        ),
        Refusal::Gone => (StatusCode::GONE, "GONE", "This endpoint has been removed".to_owned()),
    };
    let error = json!({"status": status.as_u16(), "code": code, "title": title, "detail": ""});
    (status, axum::Json(json!({"errors": [error]}))).into_response()
}

fn v1_error(refusal: Refusal, cloud: bool) -> Response {
    let (status, class, message) = match refusal {
        Refusal::NotFound(what) => (StatusCode::NOT_FOUND, "NotFoundException", what),
        Refusal::Forbidden(what) => (StatusCode::FORBIDDEN, "PermissionException", what),
        Refusal::Invalid(what) => (StatusCode::BAD_REQUEST, "BadRequestException", what),
        Refusal::TitleTaken { title, space } => (
            StatusCode::BAD_REQUEST,
            "BadRequestException",
            format!(
                "A page with this title already exists: A page already exists with the title {title} in the space with key {space}"
            ),
        ),
        Refusal::Conflict { current, .. } => (
            StatusCode::CONFLICT,
            "ConflictException",
            format!("Version must be incremented on update. Current version is: {current}"),
        ),
        Refusal::Broken => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "ServiceException",
            "Internal Server Error".to_owned(),
        ),
        Refusal::Gone => (
            StatusCode::GONE,
            "GoneException",
            "This deprecated endpoint has been removed.".to_owned(),
        ),
    };
    let message = if cloud {
        format!("com.atlassian.confluence.api.service.exceptions.{class}: {message}")
    } else {
        message
    };
    let body = json!({
        "statusCode": status.as_u16(),
        "data": {
            "authorized": status != StatusCode::FORBIDDEN,
            "valid": true,
            "allowedInReadOnlyMode": true,
            "errors": [],
            "successful": false,
        },
        "message": message,
        "reason": status.canonical_reason(),
    });
    (status, axum::Json(body)).into_response()
}

/// Plain text, as the filter in front of the real endpoints answers.
pub(super) fn xsrf() -> Response {
    (StatusCode::FORBIDDEN, "XSRF check failed").into_response()
}

/// A token that lacks a scope. On Cloud the text alone tells it from a stale one.
pub(super) fn scope_missing(surface: Surface) -> Response {
    let (status, message) = match surface {
        Surface::CloudV2 | Surface::CloudV1 => {
            (StatusCode::UNAUTHORIZED, "Unauthorized; scope does not match")
        }
        Surface::DataCenter => (StatusCode::FORBIDDEN, "The scope of the token does not suffice"),
    };
    (status, axum::Json(json!({"code": status.as_u16(), "message": message}))).into_response()
}

/// No credential, or a wrong one.
pub(crate) fn unauthorized(surface: Surface, tried: bool) -> Response {
    match surface {
        Surface::CloudV2 | Surface::CloudV1 => (
            StatusCode::UNAUTHORIZED,
            [(header::WWW_AUTHENTICATE, "Basic realm=\"protected-area\"")],
            axum::Json(json!({"code": 401, "message": "Unauthorized"})),
        )
            .into_response(),
        Surface::DataCenter if tried => {
            let reason =
                (header::HeaderName::from_static("x-seraph-loginreason"), "AUTHENTICATED_FAILED");
            let page = "<html><head><title>Unauthorized (401)</title></head><body><h1>Unauthorized (401)</h1>\
                <p>Encountered a \"401 - Unauthorized\" error while loading this page.</p></body></html>";
            (
                StatusCode::UNAUTHORIZED,
                [reason, (header::CONTENT_TYPE, "text/html;charset=UTF-8")],
                page,
            )
                .into_response()
        }
        Surface::DataCenter => {
            let body = json!({
                "statusCode": 401,
                "message": "User not permitted to use confluence",
                "reason": "Unauthorized",
            });
            (StatusCode::UNAUTHORIZED, axum::Json(body)).into_response()
        }
    }
}

/// The login page that answers 200 where a credential was not accepted.
pub(crate) fn html_login() -> Response {
    let page = "<!DOCTYPE html><html><head><title>Log in</title></head><body>\
        <form action=\"/login\" method=\"post\"><input name=\"username\"><input name=\"password\" type=\"password\">\
        <button>Log in</button></form></body></html>";
    let mut response = Response::new(Body::from(page));
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html;charset=UTF-8"));
    response
}
