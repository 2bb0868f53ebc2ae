//! `--auth none`: the local owner of this very machine.

use store::TokenKind;
use web::Auth;

use crate::world::{World, bearer, list_tools, serve_refused};

#[tokio::test]
async fn this_machine_is_served_without_a_token() {
    let world = World::with(Auth::None, None).await;
    assert_eq!(world.post("/mcp", &[], &list_tools()).await.status, 200);
    assert_eq!(world.get("/api/v1/tokens", &[]).await.status, 200);
    assert_eq!(world.get("/metrics", &[]).await.status, 200);
    let page = world.get("/", &[]).await;
    assert_eq!(page.status, 200);
    assert!(!page.text.contains("Sign out"));
}

#[tokio::test]
async fn what_a_proxy_sends_on_is_refused() {
    let world = World::with(Auth::None, None).await;
    for header in [
        ("forwarded", "for=192.0.2.1"),
        ("x-forwarded-for", "192.0.2.1"),
        ("x-forwarded-host", "weir.example"),
        ("x-forwarded-proto", "https"),
        ("x-real-ip", "192.0.2.1"),
        ("via", "1.1 proxy.example"),
        ("cf-connecting-ip", "192.0.2.1"),
    ] {
        for path in ["/api/v1/overview", "/metrics", "/"] {
            let answer = world.get(path, &[header]).await;
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (403, "auth_none_forwarded"),
                "{path}"
            );
        }
        assert_eq!(world.post("/mcp", &[header], &list_tools()).await.status, 403);
    }
}

#[tokio::test]
async fn a_bad_token_is_refused_although_none_is_needed() {
    let world = World::with(Auth::None, None).await;
    let (name, value) = bearer("weir_mcp_unknown");
    assert_eq!(world.post("/mcp", &[(name, &value)], &list_tools()).await.status, 401);
    let wrong_kind = world.token("Mira", TokenKind::Api).await;
    let (name, value) = bearer(&wrong_kind);
    assert_eq!(world.post("/mcp", &[(name, &value)], &list_tools()).await.status, 401);
}

#[tokio::test]
async fn foreign_pages_are_refused_without_a_token_too() {
    let world = World::with(Auth::None, None).await;
    let rebound = world.post("/mcp", &[("host", "evil.example")], &list_tools()).await;
    assert_eq!((rebound.status, rebound.code().as_str()), (403, "host_not_served"));
    let foreign = world.post("/mcp", &[("origin", "https://evil.example")], &list_tools()).await;
    assert_eq!((foreign.status, foreign.code().as_str()), (403, "origin_not_served"));
}

#[tokio::test]
async fn it_does_not_start_where_others_could_reach_it() {
    let open = serve_refused(Auth::None, "0.0.0.0:0", None).await;
    assert_eq!(open.code(), "auth_none_on_network");
    let public = serve_refused(Auth::None, "127.0.0.1:0", Some("https://weir.example")).await;
    assert_eq!(public.code(), "auth_none_with_public_url");
    let unusable = serve_refused(Auth::Token, "127.0.0.1:0", Some("ftp://weir.example")).await;
    assert_eq!(unusable.code(), "public_url_unusable");
}
