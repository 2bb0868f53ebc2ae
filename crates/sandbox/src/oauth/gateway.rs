//! `api.atlassian.com`: the same site under `/ex/{product}/{cloudId}`.

use std::sync::Arc;

use axum::extract::{OriginalUri, Request, State};
use axum::http::uri::PathAndQuery;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde_json::json;
use tower::ServiceExt;

use crate::http::Shared;

/// Marks a request that came through the gateway: other credentials count there.
#[derive(Clone, Copy)]
pub(crate) struct ThroughGateway;

/// Hands what lies under `/ex` on to the site.
pub(crate) fn gateway(shared: Arc<Shared>, site: Router) -> Router {
    Router::new().fallback(pass_on).with_state((shared, site))
}

async fn pass_on(
    State((shared, site)): State<(Arc<Shared>, Router)>,
    mut request: Request,
) -> Response {
    let Some(uri) = on_site(request.uri(), &shared.cloud_id) else {
        let body = Json(json!({"code": 404, "message": "Not Found"}));
        return (StatusCode::NOT_FOUND, body).into_response();
    };
    *request.uri_mut() = uri;
    request.extensions_mut().remove::<OriginalUri>();
    request.extensions_mut().insert(ThroughGateway);
    site.oneshot(request).await.into_response()
}

/// The address on the site itself, of this site and of an interface of the product named.
fn on_site(uri: &Uri, cloud_id: &str) -> Option<Uri> {
    let target = uri.path_and_query()?.as_str().strip_prefix("/ex/")?;
    let (product, target) = target.split_once('/')?;
    let target = target.strip_prefix(cloud_id).filter(|target| target.starts_with('/'))?;
    let of_product = match product {
        "confluence" => target.starts_with("/wiki/"),
        "jira" => target.starts_with("/rest/"),
        _ => false,
    };
    of_product.then(|| target.parse::<PathAndQuery>().ok().map(Uri::from)).flatten()
}
