//! Jira over the people of the site: Cloud under `/rest/api/3` (ADF) and `/rest/api/2` (wiki
//! markup), Data Center under `/jira/rest/api/2`. One state is behind all three.

mod bulk;
mod demo;
mod description;
mod discussion;
mod edit;
mod http;
mod issues;
mod jql;
mod metadata;
mod people;
mod projects;
mod rights;
mod search;
mod shape;
mod state;
mod text;
mod transitions;
mod value;

use std::sync::Arc;

use axum::Router;
use axum::routing::{MethodFilter, MethodRouter};

use crate::http::Shared;
use http::{Api, Handler, methods};

pub(crate) use demo::build;
pub(crate) use state::Jira;

const GET: MethodFilter = MethodFilter::GET;
const POST: MethodFilter = MethodFilter::POST;
const PUT: MethodFilter = MethodFilter::PUT;
const DELETE: MethodFilter = MethodFilter::DELETE;

/// All paths of Jira Cloud, below the site's own address.
pub(crate) fn cloud() -> Router<Arc<Shared>> {
    let version = |api| common(api).merge(cloud_alone(api));
    Router::new()
        .nest("/rest/api/3", version(Api::Cloud3))
        .nest("/rest/api/2", version(Api::Cloud2))
}

/// All paths of Jira Data Center, below its context path.
pub(crate) fn data_center() -> Router<Arc<Shared>> {
    let api = Api::DataCenter;
    let paths = common(api).merge(data_center_alone(api));
    Router::new().nest("/jira/rest/api/2", paths)
}

fn common(api: Api) -> Router<Arc<Shared>> {
    let on = |handlers: &[(MethodFilter, Handler)]| methods(api, handlers);
    Router::new()
        .route("/serverInfo", on(&[(GET, metadata::server_info)]))
        .route("/myself", on(&[(GET, people::myself)]))
        .route("/user", on(&[(GET, people::user)]))
        .route("/user/search", on(&[(GET, people::search)]))
        .route("/user/assignable/search", on(&[(GET, people::assignable)]))
        .route("/project", on(&[(GET, projects::list)]))
        .route("/project/{project}", on(&[(GET, projects::get)]))
        .route("/project/{project}/versions", on(&[(GET, projects::versions)]))
        .route("/project/{project}/components", on(&[(GET, projects::components)]))
        .route("/project/{project}/statuses", on(&[(GET, projects::statuses)]))
        .route("/field", on(&[(GET, metadata::fields)]))
        .route("/issuetype", on(&[(GET, metadata::issue_types)]))
        .route("/status", on(&[(GET, metadata::statuses)]))
        .route("/priority", on(&[(GET, metadata::priorities)]))
        .route("/issueLinkType", on(&[(GET, metadata::link_types)]))
        .route("/issue/createmeta/{project}/issuetypes", on(&[(GET, metadata::create_types)]))
        .route(
            "/issue/createmeta/{project}/issuetypes/{type}",
            on(&[(GET, metadata::create_fields)]),
        )
        .route("/issueLink", on(&[(POST, discussion::link)]))
        .route("/issueLink/{id}", on(&[(DELETE, discussion::unlink)]))
        .merge(issue_paths(&on))
}

fn issue_paths(
    on: &dyn Fn(&[(MethodFilter, Handler)]) -> MethodRouter<Arc<Shared>>,
) -> Router<Arc<Shared>> {
    Router::new()
        .route("/issue", on(&[(POST, issues::create)]))
        .route("/issue/bulk", on(&[(POST, issues::create_many)]))
        .route(
            "/issue/{issue}",
            on(&[(GET, issues::get), (PUT, issues::update), (DELETE, issues::delete)]),
        )
        .route("/issue/{issue}/assignee", on(&[(PUT, issues::assign)]))
        .route("/issue/{issue}/editmeta", on(&[(GET, metadata::edit_fields)]))
        .route(
            "/issue/{issue}/transitions",
            on(&[(GET, transitions::list), (POST, transitions::perform)]),
        )
        .route(
            "/issue/{issue}/comment",
            on(&[(GET, discussion::comments), (POST, discussion::add_comment)]),
        )
        .route(
            "/issue/{issue}/comment/{comment}",
            on(&[
                (GET, discussion::comment),
                (PUT, discussion::edit_comment),
                (DELETE, discussion::delete_comment),
            ]),
        )
        .route(
            "/issue/{issue}/worklog",
            on(&[(GET, discussion::worklogs), (POST, discussion::add_worklog)]),
        )
        .route("/issue/{issue}/attachments", on(&[(POST, discussion::attach)]))
        .route(
            "/issue/{issue}/watchers",
            on(&[
                (GET, discussion::watchers),
                (POST, discussion::watch),
                (DELETE, discussion::unwatch),
            ]),
        )
}

fn cloud_alone(api: Api) -> Router<Arc<Shared>> {
    let on = |handlers: &[(MethodFilter, Handler)]| methods(api, handlers);
    Router::new()
        .route("/search", on(&[(GET, search::gone), (POST, search::gone)]))
        .route("/search/jql", on(&[(GET, search::by_token), (POST, search::by_token)]))
        .route("/project/search", on(&[(GET, projects::search)]))
        .route("/field/search", on(&[(GET, metadata::field_search)]))
        .route("/field/{field}/context", on(&[(GET, metadata::contexts)]))
        .route("/field/{field}/context/projectmapping", on(&[(GET, metadata::project_mapping)]))
        .route("/field/{field}/context/{context}/option", on(&[(GET, metadata::options)]))
        .route("/issue/{issue}/changelog", on(&[(GET, issues::changelog)]))
        .route("/changelog/bulkfetch", on(&[(POST, bulk::changelogs)]))
        .route("/bulk/issues/move", on(&[(POST, bulk::move_issues)]))
        .route("/bulk/queue/{task}", on(&[(GET, bulk::progress)]))
}

fn data_center_alone(api: Api) -> Router<Arc<Shared>> {
    let on = |handlers: &[(MethodFilter, Handler)]| methods(api, handlers);
    Router::new()
        .route("/search", on(&[(GET, search::by_start), (POST, search::by_start)]))
        .route("/customFields/{field}/options", on(&[(GET, metadata::custom_options)]))
}
