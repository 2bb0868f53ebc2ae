//! Confluence Cloud: REST v2 under `/wiki/api/v2` and what is left of v1 under
//! `/wiki/rest/api`.

mod comments;
mod labels;
mod likes;
mod page;
mod pages;
mod permissions;
mod properties;
mod shape;
mod spaces;
mod tasks;
mod tree;
mod versions;

use std::sync::Arc;

use axum::Router;
use axum::routing::{MethodFilter, MethodRouter};

use crate::http::{Handler, Shared, Surface, methods};
use crate::v1;

pub(crate) use shape::{tiny, web_link};

const GET: MethodFilter = MethodFilter::GET;
const POST: MethodFilter = MethodFilter::POST;
const PUT: MethodFilter = MethodFilter::PUT;
const DELETE: MethodFilter = MethodFilter::DELETE;

/// All paths of Cloud that need a credential.
pub(crate) fn router() -> Router<Arc<Shared>> {
    let version_2 = page_routes()
        .merge(blog_post_routes())
        .merge(node_routes())
        .merge(property_routes())
        .merge(other_routes());
    Router::new()
        .nest("/wiki/api/v2", version_2)
        .nest("/wiki/rest/api", version_1().merge(removed()))
        .route("/wiki/download/attachments/{page}/{name}", v1(&[(GET, v1::download_by_name)]))
}

fn v2(handlers: &[(MethodFilter, Handler)]) -> MethodRouter<Arc<Shared>> {
    methods(Surface::CloudV2, handlers)
}

fn v1(handlers: &[(MethodFilter, Handler)]) -> MethodRouter<Arc<Shared>> {
    methods(Surface::CloudV1, handlers)
}

fn page_routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/pages", v2(&[(GET, pages::list_pages), (POST, pages::create_page)]))
        .route(
            "/pages/{id}",
            v2(&[(GET, pages::get_page), (PUT, pages::update_page), (DELETE, pages::delete_page)]),
        )
        .route("/pages/{id}/title", v2(&[(PUT, pages::rename_page)]))
        .route("/pages/{id}/children", v2(&[(GET, tree::child_pages)]))
        .route("/pages/{id}/direct-children", v2(&[(GET, tree::direct_children)]))
        .route("/pages/{id}/descendants", v2(&[(GET, tree::descendants)]))
        .route("/pages/{id}/ancestors", v2(&[(GET, tree::ancestors)]))
        .route("/pages/{id}/versions", v2(&[(GET, versions::list)]))
        .route("/pages/{id}/versions/{number}", v2(&[(GET, versions::get)]))
        .route("/pages/{id}/labels", v2(&[(GET, labels::of_page)]))
        .route("/pages/{id}/attachments", v2(&[(GET, comments::attachments)]))
        .route("/pages/{id}/footer-comments", v2(&[(GET, comments::footer_of)]))
        .route("/pages/{id}/inline-comments", v2(&[(GET, comments::inline_of)]))
}

fn blog_post_routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/blogposts", v2(&[(GET, pages::list_blog_posts), (POST, pages::create_blog_post)]))
        .route(
            "/blogposts/{id}",
            v2(&[
                (GET, pages::get_blog_post),
                (PUT, pages::update_blog_post),
                (DELETE, pages::delete_blog_post),
            ]),
        )
        .route("/blogposts/{id}/versions", v2(&[(GET, versions::list)]))
        .route("/blogposts/{id}/versions/{number}", v2(&[(GET, versions::get)]))
        .route("/blogposts/{id}/labels", v2(&[(GET, labels::of_page)]))
        .route("/blogposts/{id}/attachments", v2(&[(GET, comments::attachments)]))
        .route("/blogposts/{id}/footer-comments", v2(&[(GET, comments::footer_of)]))
        .route("/blogposts/{id}/inline-comments", v2(&[(GET, comments::inline_of)]))
}

/// Folders, whiteboards, databases and smart links, which differ in their name alone.
fn node_routes() -> Router<Arc<Shared>> {
    ["folders", "whiteboards", "databases", "embeds"].into_iter().fold(
        Router::new(),
        |router, name| {
            router
                .route(&format!("/{name}"), v2(&[(POST, pages::create_node)]))
                .route(
                    &format!("/{name}/{{id}}"),
                    v2(&[(GET, pages::get_node), (DELETE, pages::delete_node)]),
                )
                .route(
                    &format!("/{name}/{{id}}/direct-children"),
                    v2(&[(GET, tree::direct_children)]),
                )
                .route(&format!("/{name}/{{id}}/descendants"), v2(&[(GET, tree::descendants)]))
                .route(&format!("/{name}/{{id}}/ancestors"), v2(&[(GET, tree::ancestors)]))
        },
    )
}

/// Content properties of pages and blog posts.
fn property_routes() -> Router<Arc<Shared>> {
    ["pages", "blogposts"].into_iter().fold(Router::new(), |router, name| {
        router
            .route(
                &format!("/{name}/{{id}}/properties"),
                v2(&[(GET, properties::list), (POST, properties::create)]),
            )
            .route(
                &format!("/{name}/{{id}}/properties/{{property}}"),
                v2(&[
                    (GET, properties::get),
                    (PUT, properties::update),
                    (DELETE, properties::delete),
                ]),
            )
    })
}

fn other_routes() -> Router<Arc<Shared>> {
    let one_comment: &[(MethodFilter, Handler)] =
        &[(GET, comments::get), (PUT, comments::update), (DELETE, comments::delete)];
    Router::new()
        .route("/spaces", v2(&[(GET, spaces::list)]))
        .route("/spaces/{id}", v2(&[(GET, spaces::get)]))
        .route("/spaces/{id}/pages", v2(&[(GET, pages::list_pages)]))
        .route("/spaces/{id}/blogposts", v2(&[(GET, pages::list_blog_posts)]))
        .route("/spaces/{id}/permissions", v2(&[(GET, permissions::of_space)]))
        .route("/spaces/{id}/role-assignments", v2(&[(GET, permissions::role_assignments)]))
        .route("/space-roles", v2(&[(GET, permissions::roles)]))
        .route("/pages/{id}/operations", v2(&[(GET, permissions::operations)]))
        .route("/blogposts/{id}/operations", v2(&[(GET, permissions::operations)]))
        .route("/pages/{id}/likes/count", v2(&[(GET, likes::count)]))
        .route("/pages/{id}/likes/users", v2(&[(GET, likes::users)]))
        .route("/blogposts/{id}/likes/count", v2(&[(GET, likes::count)]))
        .route("/blogposts/{id}/likes/users", v2(&[(GET, likes::users)]))
        .route("/tasks", v2(&[(GET, tasks::list)]))
        .route("/tasks/{id}", v2(&[(GET, tasks::get), (PUT, tasks::update)]))
        .route("/users-bulk", v2(&[(POST, permissions::users)]))
        .route("/labels", v2(&[(GET, labels::list)]))
        .route("/labels/{id}/pages", v2(&[(GET, labels::pages)]))
        .route("/labels/{id}/blogposts", v2(&[(GET, labels::blog_posts)]))
        .route("/footer-comments", v2(&[(GET, comments::footer), (POST, comments::create_footer)]))
        .route("/footer-comments/{id}", v2(one_comment))
        .route("/footer-comments/{id}/children", v2(&[(GET, comments::replies)]))
        .route("/inline-comments", v2(&[(GET, comments::inline), (POST, comments::create_inline)]))
        .route("/inline-comments/{id}", v2(one_comment))
        .route("/inline-comments/{id}/children", v2(&[(GET, comments::replies)]))
        .route(
            "/attachments/{id}",
            v2(&[(GET, comments::attachment), (DELETE, comments::delete_attachment)]),
        )
        .route("/content/convert-ids-to-types", v2(&[(POST, tree::types)]))
}

fn version_1() -> Router<Arc<Shared>> {
    let download = "/content/{id}/child/attachment/{attachment}/download";
    Router::new()
        .route("/search", v1(&[(GET, v1::search)]))
        .route("/content/search", v1(&[(GET, v1::content_search)]))
        .route("/user/current", v1(&[(GET, v1::current_user)]))
        .route("/user/memberof", v1(&[(GET, v1::member_of)]))
        .route("/user", v1(&[(GET, v1::user)]))
        .route("/group", v1(&[(GET, v1::groups)]))
        .route("/group/{group}/membersByGroupId", v1(&[(GET, v1::members)]))
        .route(
            "/content/{id}/restriction",
            v1(&[(GET, v1::restrictions), (PUT, v1::set_restrictions)]),
        )
        .route("/content/{id}/restriction/byOperation", v1(&[(GET, v1::restrictions_by_operation)]))
        .route("/content/{id}/restriction/byOperation/{operation}", v1(&[(GET, v1::restriction)]))
        .route("/content/{id}/permission/check", v1(&[(POST, v1::permission_check)]))
        .route(
            "/content/{id}/label",
            v1(&[(POST, v1::add_labels), (DELETE, v1::remove_label), (GET, v1::gone)]),
        )
        .route("/content/{id}/label/{label}", v1(&[(DELETE, v1::remove_label)]))
        // Of the children of v1 only the upload of files is left.
        .route(
            "/content/{id}/child/{type}",
            v1(&[(GET, v1::gone), (POST, v1::upload), (PUT, v1::upload_version)]),
        )
        .route("/content/{id}/move/{position}/{target}", v1(&[(PUT, v1::move_page)]))
        .route(download, v1(&[(GET, v1::download)]))
        .route("/content/{id}/child/attachment/{attachment}/data", v1(&[(POST, v1::upload_data)]))
        .route("/content/archive", v1(&[(POST, v1::archive)]))
        .route("/content/{id}/copy", v1(&[(POST, v1::copy)]))
        .route("/content/{id}/pagehierarchy/copy", v1(&[(POST, v1::copy_hierarchy)]))
        .route("/content/{id}/version", v1(&[(POST, v1::restore_version)]))
        .route("/content/{id}/version/{number}", v1(&[(DELETE, v1::delete_version)]))
        .route(
            "/content/{id}/restriction/byOperation/{operation}/user",
            v1(&[(PUT, v1::add_restricted), (DELETE, v1::remove_restricted)]),
        )
        .route(
            "/content/{id}/restriction/byOperation/{operation}/byGroupId/{group}",
            v1(&[(PUT, v1::add_restricted), (DELETE, v1::remove_restricted)]),
        )
        .route("/search/user", v1(&[(GET, v1::search_users)]))
        .route("/template/page", v1(&[(GET, v1::page_templates)]))
        .route("/template/blueprint", v1(&[(GET, v1::blueprints)]))
        .route("/template/{id}", v1(&[(GET, v1::template)]))
        .route("/analytics/content/{id}/views", v1(&[(GET, v1::views)]))
        .route("/analytics/content/{id}/viewers", v1(&[(GET, v1::viewers)]))
        // One place for two things: a representation to convert to, and the id of a conversion.
        .route(
            "/contentbody/convert/async/{id}",
            v1(&[(POST, v1::begin_conversion), (GET, v1::conversion)]),
        )
        .route("/longtask/{id}", v1(&[(GET, v1::long_task)]))
}

/// What v2 covers was removed from v1 (CHANGE-864).
fn removed() -> Router<Arc<Shared>> {
    let gone: &[(MethodFilter, Handler)] =
        &[(GET, v1::gone), (POST, v1::gone), (PUT, v1::gone), (DELETE, v1::gone)];
    let paths = [
        "/content",
        "/content/{id}",
        "/content/{id}/child",
        "/content/{id}/history",
        "/content/{id}/property",
        "/space/{key}/content",
        "/space/{key}/content/{type}",
    ];
    let router = paths.into_iter().fold(Router::new(), |router, path| router.route(path, v1(gone)));
    router.route("/space", v1(&[(GET, v1::gone), (POST, v1::create_space)])).route(
        "/space/{key}",
        v1(&[(GET, v1::gone), (PUT, v1::update_space), (DELETE, v1::delete_space)]),
    )
}
