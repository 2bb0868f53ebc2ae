//! Refusals and errors of the edge itself: one list, each with a stable code, shown as a page to
//! people and as JSON to programs.

use askama::Template;
use axum::Json;
use axum::response::{Html, IntoResponse, Response};
use gateway::{AdministrationError, GatewayError, Refusal};
use http::header::{CACHE_CONTROL, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde_json::json;

use crate::assets;
use crate::denial::Denial;
use crate::words::{Word, words};

/// Who reads the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Surface {
    Console,
    Program,
}

impl Surface {
    pub(crate) fn of(path: &str) -> Self {
        let program = ["/api/", "/mcp", "/metrics", "/healthz", "/readyz"]
            .iter()
            .any(|prefix| path.starts_with(prefix));
        if program { Self::Program } else { Self::Console }
    }
}

/// What went wrong before, or instead of, a handler's answer.
#[derive(Debug)]
pub(crate) enum Failure {
    Denied(Denial),
    UnknownPage,
    UnknownRoute,
    UnknownRecord(&'static str),
    InvalidBody(String),
    AccountWithoutSite,
    Administration(AdministrationError),
    DatabaseUnreachable,
    Refused(Refusal),
    /// What was being done, for the log; the cause stays inside.
    Internal {
        doing: &'static str,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// What the outside is told.
struct Told {
    status: StatusCode,
    code: &'static str,
    message: String,
    hint: String,
}

impl Failure {
    pub(crate) fn internal(
        doing: &'static str,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self::Internal { doing, source: Box::new(source) }
    }

    pub(crate) fn respond(self, surface: Surface) -> Response {
        if let Self::Internal { doing, source } = &self {
            tracing::error!(error = source.as_ref() as &dyn std::error::Error, "{doing} failed");
        }
        let challenge = match &self {
            Self::Denied(denial) => denial.challenge(),
            _ => None,
        };
        let told = self.told();
        let mut response = match surface {
            Surface::Console => page(&told),
            Surface::Program => {
                let body = json!({"code": told.code, "message": told.message, "hint": told.hint});
                (told.status, Json(body)).into_response()
            }
        };
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(challenge) = challenge {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }

    fn told(self) -> Told {
        let told = |status, code, message: &str, hint: &str| Told {
            status,
            code,
            message: message.to_owned(),
            hint: hint.to_owned(),
        };
        match self {
            Self::Denied(denial) => {
                let (code, message, hint) = denial.said();
                told(denial.status(), code, message, hint)
            }
            Self::UnknownPage => told(
                StatusCode::NOT_FOUND,
                "not_found",
                "There is no such page.",
                "Go to the first page.",
            ),
            Self::UnknownRoute => told(
                StatusCode::NOT_FOUND,
                "not_found",
                "There is no such address.",
                "The README of the crate `web` lists the addresses of this interface.",
            ),
            Self::UnknownRecord(what) => Told {
                status: StatusCode::NOT_FOUND,
                code: "not_found",
                message: format!("There is no such {what}."),
                hint: "`weir status` shows the sources, `weir token list` the tokens.".to_owned(),
            },
            Self::InvalidBody(message) => Told {
                status: StatusCode::UNPROCESSABLE_ENTITY,
                code: "invalid_body",
                message,
                hint: String::new(),
            },
            Self::AccountWithoutSite => told(
                StatusCode::CONFLICT,
                "account_without_site",
                "An account belongs to a site, and no site is connected yet.",
                "Connect the site first, then make the token.",
            ),
            Self::Administration(error) => {
                told(administration_status(&error), error.code(), &error.to_string(), error.hint())
            }
            Self::DatabaseUnreachable => told(
                StatusCode::SERVICE_UNAVAILABLE,
                "database_unreachable",
                "The database does not answer.",
                "`weir doctor` says more.",
            ),
            Self::Refused(refusal) => Told {
                status: refusal_status(refusal.code),
                code: refusal.code,
                message: refusal.message,
                hint: refusal.hint.unwrap_or_default(),
            },
            Self::Internal { .. } => told(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "Weir could not do this.",
                "Try again. The log of the server tells the cause under this request's number.",
            ),
        }
    }
}

impl From<Denial> for Failure {
    fn from(denial: Denial) -> Self {
        Self::Denied(denial)
    }
}

impl From<GatewayError> for Failure {
    fn from(error: GatewayError) -> Self {
        match error {
            GatewayError::AccountWithoutSite => Self::AccountWithoutSite,
            GatewayError::Administration(error) => Self::Administration(error),
            error => Self::internal("a question to the gateway", error),
        }
    }
}

impl From<store::StoreError> for Failure {
    fn from(error: store::StoreError) -> Self {
        Self::internal("a question to the store", error)
    }
}

/// As a program sees it: handlers of the JSON API return it. Pages call `respond` themselves.
impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        self.respond(Surface::Program)
    }
}

fn administration_status(error: &AdministrationError) -> StatusCode {
    match error {
        AdministrationError::OwnerOnly => StatusCode::FORBIDDEN,
        AdministrationError::OwnerUnsaid
        | AdministrationError::Empty(_)
        | AdministrationError::Ended => StatusCode::UNPROCESSABLE_ENTITY,
        AdministrationError::SiteUnknown(_) => StatusCode::NOT_FOUND,
        AdministrationError::SiteNameTaken(_) | AdministrationError::AccountDiffers(_) => {
            StatusCode::CONFLICT
        }
    }
}

fn refusal_status(code: &str) -> StatusCode {
    match code {
        "not_found" | "unknown_tool" => StatusCode::NOT_FOUND,
        "invalid_arguments" => StatusCode::UNPROCESSABLE_ENTITY,
        "internal" => StatusCode::INTERNAL_SERVER_ERROR,
        code if code.starts_with("atlassian_") => StatusCode::BAD_GATEWAY,
        _ => StatusCode::FORBIDDEN,
    }
}

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage<'a> {
    assets: &'a str,
    status: u16,
    code: &'a str,
    message: &'a str,
    hint: Vec<Word<'a>>,
}

fn page(told: &Told) -> Response {
    let page = FailurePage {
        assets: assets::folder(),
        status: told.status.as_u16(),
        code: told.code,
        message: &told.message,
        hint: words(&told.hint),
    };
    match page.render() {
        Ok(html) => (told.status, Html(html)).into_response(),
        Err(_) => (told.status, told.message.clone()).into_response(),
    }
}
