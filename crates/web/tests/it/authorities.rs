//! `Host` and `Origin`, on every route.

use reqwest::Method;
use web::Auth;

use crate::world::World;

const ROUTES: [&str; 9] = [
    "/",
    "/start",
    "/sign-in?code=x",
    "/mcp",
    "/metrics",
    "/healthz",
    "/readyz",
    "/api/v1/overview",
    "/no-such-page",
];

#[tokio::test]
async fn a_foreign_host_is_refused_everywhere() {
    let world = World::new().await;
    for path in ROUTES {
        for host in ["evil.example", "127.0.0.1.evil.example", "192.168.1.5"] {
            let answer = world.get(path, &[("host", host)]).await;
            assert_eq!((answer.status, answer.code().as_str()), (403, "host_not_served"), "{path}");
        }
    }
}

#[tokio::test]
async fn where_other_machines_reach_the_listener_probes_alone_answer_by_any_name() {
    let world = World::on("0.0.0.0:0", Auth::Token, None).await;
    for path in ROUTES {
        // As a kubelet asks: by the address of the pod.
        let answer = world.get(path, &[("host", "10.42.0.17:8420")]).await;
        if ["/healthz", "/readyz"].contains(&path) {
            assert_eq!(answer.status, 200, "{path}");
        } else {
            assert_eq!((answer.status, answer.code().as_str()), (403, "host_not_served"), "{path}");
        }
    }
    let foreign = [("host", "10.42.0.17"), ("origin", "https://evil.example")];
    assert_eq!(world.get("/healthz", &foreign).await.code(), "origin_not_served");
}

#[tokio::test]
async fn a_foreign_origin_is_refused_everywhere() {
    let world = World::new().await;
    for path in ROUTES {
        for origin in ["https://evil.example", "null", "http://127.0.0.1.evil.example"] {
            for method in [Method::GET, Method::POST] {
                let answer = world.send(method, path, &[("origin", origin)], None).await;
                let code = answer.code();
                assert_eq!((answer.status, code.as_str()), (403, "origin_not_served"), "{path}");
            }
        }
    }
}

#[tokio::test]
async fn the_names_of_the_loopback_and_its_origins_are_served() {
    let world = World::new().await;
    let port = world.address.port();
    for host in [format!("localhost:{port}"), format!("[::1]:{port}"), "127.0.0.1".to_owned()] {
        assert_eq!(world.get("/healthz", &[("host", &host)]).await.status, 200, "{host}");
    }
    let own = format!("http://localhost:{port}");
    assert_eq!(world.get("/healthz", &[("origin", &own)]).await.status, 200);
}

#[tokio::test]
async fn the_public_address_is_served() {
    let world = World::with(Auth::Token, Some("https://weir.example")).await;
    let public = [("host", "weir.example"), ("origin", "https://weir.example")];
    assert_eq!(world.get("/healthz", &public).await.status, 200);
    let other_scheme = [("host", "weir.example"), ("origin", "http://weir.example")];
    assert_eq!(world.get("/healthz", &other_scheme).await.status, 403);
}
