//! The console's one-time links and sessions.

use reqwest::Method;
use serde_json::json;
use web::Auth;

use crate::world::{World, bearer};

#[tokio::test]
async fn a_link_signs_one_browser_in_once() {
    let world = World::new().await;
    let link = world.sign_in.mint(None);
    let first = world.get(&link, &[]).await;
    assert_eq!((first.status, first.header("location")), (303, "/"));
    let cookie = first.header("set-cookie");
    let port = world.address.port();
    assert!(cookie.starts_with(&format!("weir_session_{port}=")), "{cookie}");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{cookie}");

    let session = cookie.split(';').next().unwrap();
    assert_eq!(world.get("/", &[("cookie", session)]).await.status, 200);

    let second = world.get(&link, &[]).await;
    assert_eq!((second.status, second.code().as_str()), (401, "sign_in_link_spent"));
    assert_eq!(second.header("set-cookie"), "");
}

#[tokio::test]
async fn a_link_is_spent_by_nobody_who_only_looks_at_it() {
    let world = World::new().await;
    let link = world.sign_in.mint(None);
    assert_eq!(world.send(Method::HEAD, &link, &[], None).await.status, 403);
    let prefetch = world.get(&link, &[("sec-purpose", "prefetch;prerender")]).await;
    assert_eq!(prefetch.code(), "sign_in_link_prefetched");
    assert_eq!(world.get(&link, &[]).await.status, 303);
}

#[tokio::test]
async fn an_old_or_invented_link_signs_nobody_in() {
    let world = World::new().await;
    let link = world.sign_in.mint(None);
    for path in ["/sign-in", "/sign-in?code=", "/sign-in?code=invented", "/sign-in?code=a&code=b"] {
        assert_eq!(world.get(path, &[]).await.code(), "sign_in_link_spent", "{path}");
    }
    world.pass_seconds(601);
    assert_eq!(world.get(&link, &[]).await.code(), "sign_in_link_spent");
}

#[tokio::test]
async fn who_is_not_signed_in_is_told_how_to_sign_in() {
    let world = World::new().await;
    for path in ["/", "/start", "/no-such-page"] {
        let page = world.get(path, &[("cookie", "weir_session_1=x; other=y")]).await;
        assert_eq!((page.status, page.code().as_str()), (401, "not_signed_in"), "{path}");
        assert!(page.text.contains("<code>weir sign-in</code>"));
        assert!(page.text.starts_with("<!doctype html>"));
    }
}

#[tokio::test]
async fn signing_out_ends_the_session_and_only_a_page_of_ours_can() {
    let world = World::new().await;
    let session = world.session().await;
    let cookie = ("cookie", session.as_str());
    let own = format!("http://{}", world.address);
    for headers in [
        vec![cookie],
        vec![cookie, ("origin", "http://127.0.0.1:1")],
        vec![cookie, ("sec-fetch-site", "same-site")],
    ] {
        let answer = world.send(Method::POST, "/sign-out", &headers, None).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "foreign_form"));
    }
    assert_eq!(world.get("/", &[cookie]).await.status, 200);

    let answer = world.send(Method::POST, "/sign-out", &[cookie, ("origin", &own)], None).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/"));
    assert!(answer.header("set-cookie").ends_with("; Max-Age=0"));
    assert_eq!(world.get("/", &[cookie]).await.status, 401);
    assert_eq!(world.get("/sign-out", &[]).await.status, 405);
}

#[tokio::test]
async fn over_tls_the_cookie_is_bound_to_the_host() {
    let world = World::with(Auth::Token, Some("https://weir.example")).await;
    let answer = world.get(&world.sign_in.mint(None), &[("host", "weir.example")]).await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-weir_session=") && cookie.ends_with("; Secure"), "{cookie}");
    assert_eq!(answer.header("strict-transport-security"), "max-age=31536000");
}

#[tokio::test]
async fn the_owners_command_line_mints_links() {
    let world = World::new().await;
    let token = world.owner_token().await;
    let (name, value) = bearer(&token);
    let minted = world.post("/api/v1/sign-in", &[(name, &value)], &json!({})).await;
    assert_eq!(minted.status, 201);
    let url = minted.json()["url"].as_str().unwrap().to_owned();
    let path = url.strip_prefix(&format!("http://{}", world.address)).unwrap();
    assert_eq!(world.get(path, &[]).await.status, 303);
}

#[tokio::test]
async fn what_a_token_opened_ends_when_it_is_revoked() {
    let world = World::new().await;
    let (name, lost) = bearer(&world.owner_token().await);
    let tokens = world.get("/api/v1/tokens", &[(name, &lost)]).await.json();
    let id = tokens["tokens"][0]["id"].as_str().unwrap();
    let (_, kept) = bearer(&world.owner_token().await);
    let mint = async || {
        let minted = world.post("/api/v1/sign-in", &[(name, &lost)], &json!({})).await.json();
        minted["url"].as_str().unwrap().replace(&format!("http://{}", world.address), "")
    };
    let (redeemed, waiting) = (mint().await, mint().await);
    let answer = world.get(&redeemed, &[]).await;
    let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
    assert_eq!(world.get("/", &[("cookie", &cookie)]).await.status, 200);

    let path = format!("/api/v1/tokens/{id}");
    let revoked = world.send(Method::DELETE, &path, &[(name, &kept)], None).await;
    assert_eq!(revoked.status, 204);
    assert_ne!(world.get("/", &[("cookie", &cookie)]).await.status, 200);
    assert_ne!(world.get(&waiting, &[]).await.status, 303);
}
