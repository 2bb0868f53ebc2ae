//! Confluence Data Center: REST under `/confluence/rest/api`, v1 shape throughout.

mod content;
mod properties;
mod spaces;
mod tree;

use std::sync::Arc;

use axum::Router;
use axum::routing::{MethodFilter, MethodRouter};
use serde_json::json;

use crate::http::{Answer, Call, Handler, Shared, Surface, methods};
use crate::site::Refusal;
use crate::v1;

const GET: MethodFilter = MethodFilter::GET;
const POST: MethodFilter = MethodFilter::POST;
const PUT: MethodFilter = MethodFilter::PUT;
const DELETE: MethodFilter = MethodFilter::DELETE;

/// All paths of Data Center.
pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .nest("/confluence/rest/api", content_paths().merge(other_paths()))
        // atlassian-python-api 5.0.5 leaves the context path out when it follows a link to the
        // next page. Sites whose proxy answers at the root too never notice.
        .nest("/rest/api", content_paths().merge(other_paths()))
        .route("/confluence/download/attachments/{page}/{name}", dc(&[(GET, v1::download_by_name)]))
}

fn dc(handlers: &[(MethodFilter, Handler)]) -> MethodRouter<Arc<Shared>> {
    methods(Surface::DataCenter, handlers)
}

fn content_paths() -> Router<Arc<Shared>> {
    let relevant = "/content/{id}/restriction/relevantViewRestrictions";
    Router::new()
        .route("/content", dc(&[(GET, content::list), (POST, content::create)]))
        .route("/content/scan", dc(&[(GET, content::scan)]))
        .route("/content/search", dc(&[(GET, v1::content_search)]))
        .route(
            "/content/{id}",
            dc(&[(GET, content::get), (PUT, content::update), (DELETE, content::delete)]),
        )
        .route("/content/{id}/child", dc(&[(GET, tree::children)]))
        .route(
            "/content/{id}/child/{type}",
            dc(&[(GET, tree::children_of_type), (POST, v1::upload), (PUT, v1::upload_version)]),
        )
        .route("/content/{id}/child/attachment/{attachment}/data", dc(&[(POST, v1::upload_data)]))
        .route("/content/{id}/property", dc(&[(GET, properties::list), (POST, properties::create)]))
        .route(
            "/content/{id}/property/{key}",
            dc(&[(GET, properties::get), (PUT, properties::update), (DELETE, properties::delete)]),
        )
        .route("/content/{id}/version/{number}", dc(&[(DELETE, v1::delete_version)]))
        .route("/content/{id}/descendant", dc(&[(GET, tree::descendants)]))
        .route("/content/{id}/descendant/{type}", dc(&[(GET, tree::descendants_of_type)]))
        .route("/content/{id}/history", dc(&[(GET, content::history)]))
        .route(
            "/content/{id}/label",
            dc(&[(GET, v1::labels), (POST, v1::add_labels), (DELETE, v1::remove_label)]),
        )
        .route("/content/{id}/label/{label}", dc(&[(DELETE, v1::remove_label)]))
        .route(
            "/content/{id}/restriction",
            dc(&[(GET, v1::restrictions), (PUT, v1::set_restrictions)]),
        )
        .route("/content/{id}/restriction/byOperation", dc(&[(GET, v1::restrictions_by_operation)]))
        .route("/content/{id}/restriction/byOperation/{operation}", dc(&[(GET, v1::restriction)]))
        .route(relevant, dc(&[(GET, v1::relevant_view_restrictions)]))
}

fn other_paths() -> Router<Arc<Shared>> {
    Router::new()
        .route("/space", dc(&[(GET, spaces::list), (POST, v1::create_space)]))
        .route(
            "/space/{key}",
            dc(&[(GET, spaces::get), (PUT, v1::update_space), (DELETE, v1::delete_space)]),
        )
        .route("/space/{key}/permissions", dc(&[(GET, spaces::permissions)]))
        .route("/contentbody/convert/{to}", dc(&[(POST, v1::convert)]))
        .route("/longtask/{id}", dc(&[(GET, v1::long_task)]))
        .route("/space/{key}/content", dc(&[(GET, spaces::content)]))
        .route("/space/{key}/content/{type}", dc(&[(GET, spaces::content_of_type)]))
        .route("/search", dc(&[(GET, v1::search)]))
        .route("/user/current", dc(&[(GET, v1::current_user)]))
        .route("/user/memberof", dc(&[(GET, v1::member_of)]))
        .route("/user", dc(&[(GET, v1::user)]))
        .route("/group", dc(&[(GET, v1::groups)]))
        .route("/group/{group}", dc(&[(GET, v1::group)]))
        .route("/group/{group}/member", dc(&[(GET, v1::members)]))
        .route("/server-information", dc(&[(GET, server_information)]))
}

/// How a client learns which version it talks to.
#[expect(clippy::unnecessary_wraps, reason = "every handler has this signature")]
fn server_information(call: &Call) -> Result<Answer, Refusal> {
    Ok(Answer::Json(json!({
        "baseUrl": call.base(),
        "version": "10.2.14",
        "buildNumber": 10214,
        "marketplaceBuildNumber": 10214,
        "buildDate": "2026-06-01T00:00:00.000+0000",
    })))
}
