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

/// The process can work: its database answers. Says whether searches are complete. Needs no sign-in
/// and tells nothing else.
pub(crate) async fn readyz(State(edge): State<Edge>) -> Result<&'static str, Failure> {
    match edge.gateway.db().ping().await {
        Ok(()) if edge.gateway.indexes_are_current() => Ok("ready\n"),
        Ok(()) => Ok("ready; the search index is being brought up to date\n"),
        Err(error) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the database does not answer"
            );
            Err(Failure::DatabaseUnreachable)
        }
    }
}

/// The process's metrics, with the age of each site's mirror as it is now.
pub(crate) async fn metrics(
    State(edge): State<Edge>,
) -> Result<([(HeaderName, &'static str); 1], String), Failure> {
    for (site, seconds) in edge.gateway.mirror_ages().await? {
        metrics::gauge!("weir_mirror_age_seconds", "site" => site).set(seconds as f64);
    }
    // The format's own type: Prometheus text exposition 0.0.4.
    let content_type = (CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
    Ok(([content_type], edge.options.metrics.render()))
}
