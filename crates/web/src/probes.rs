//! For those who watch the process rather than use it.

use axum::extract::State;
use http::header::{CONTENT_TYPE, HeaderName};

use crate::failure::Failure;
use crate::server::Edge;

/// Where they answer.
pub(crate) const HEALTHZ: &str = "/healthz";
pub(crate) const READYZ: &str = "/readyz";

/// The process answers. Needs no sign-in and tells nothing.
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// The process can work: its database answers. Needs no sign-in and tells nothing else.
pub(crate) async fn readyz(State(edge): State<Edge>) -> Result<&'static str, Failure> {
    match edge.gateway.db().ping().await {
        Ok(()) => Ok("ready\n"),
        Err(error) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the database does not answer"
            );
            Err(Failure::DatabaseUnreachable)
        }
    }
}

/// The process's metrics.
pub(crate) async fn metrics(State(edge): State<Edge>) -> ([(HeaderName, &'static str); 1], String) {
    // The format's own type: Prometheus text exposition 0.0.4.
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], edge.options.metrics.render())
}
