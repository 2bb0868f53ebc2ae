//! Which token opens which route.

use gateway::LOCAL_OWNER;
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};
use store::{OpenSpaces, TokenKind};

use crate::world::{World, bearer, list_tools};

const API_ROUTES: [(Method, &str); 8] = [
    (Method::GET, "/api/v1/overview"),
    (Method::POST, "/api/v1/call"),
    (Method::POST, "/api/v1/runs"),
    (Method::GET, "/api/v1/runs/some-source"),
    (Method::GET, "/api/v1/tokens"),
    (Method::POST, "/api/v1/tokens"),
    (Method::DELETE, "/api/v1/tokens/some-token"),
    (Method::POST, "/api/v1/sign-in"),
];

#[tokio::test]
async fn mcp_asks_for_a_token_before_anything_else() {
    let world = World::new().await;
    for method in [Method::GET, Method::POST, Method::DELETE, Method::PUT, Method::OPTIONS] {
        let answer = world.send(method.clone(), "/mcp", &[], None).await;
        assert_eq!((answer.status, answer.header("www-authenticate")), (401, "Bearer"), "{method}");
    }
    let answer = world.post("/mcp", &[], &json!("no request")).await;
    assert_eq!(answer.code(), "unauthenticated");
}

#[tokio::test]
async fn a_token_of_an_agent_opens_mcp_and_nothing_else() {
    let world = World::new().await;
    let token = world.token("Mira", TokenKind::Mcp).await;
    let (name, value) = bearer(&token);
    let listed = world.post("/mcp", &[(name, &value)], &list_tools()).await;
    assert_eq!(listed.status, 200);
    assert!(listed.json()["result"]["tools"].is_array());
    for (method, path) in API_ROUTES {
        let answer = world.send(method, path, &[(name, &value)], None).await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "invalid_token"), "{path}");
    }
    assert_eq!(world.get("/metrics", &[(name, &value)]).await.status, 401);
    assert_eq!(world.get("/", &[(name, &value)]).await.status, 401);
}

#[tokio::test]
async fn a_token_of_a_program_opens_the_api_and_not_mcp() {
    let world = World::new().await;
    let token = world.token("Mira", TokenKind::Api).await;
    let (name, value) = bearer(&token);
    assert_eq!(world.get("/api/v1/overview", &[(name, &value)]).await.status, 200);
    assert_eq!(world.get("/metrics", &[(name, &value)]).await.status, 200);
    let answer = world.post("/mcp", &[(name, &value)], &list_tools()).await;
    assert_eq!((answer.status, answer.code().as_str()), (401, "invalid_token"));
    assert_eq!(answer.header("www-authenticate"), "Bearer error=\"invalid_token\"");
    assert_eq!(world.get("/", &[(name, &value)]).await.status, 401);
}

#[tokio::test]
async fn without_a_token_the_api_is_closed_known_or_unknown() {
    let world = World::new().await;
    for (method, path) in API_ROUTES {
        let answer = world.send(method, path, &[], None).await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "unauthenticated"), "{path}");
    }
    for path in ["/api/v1/no-such", "/api", "/api/", "/metrics"] {
        assert_eq!(world.get(path, &[]).await.status, 401, "{path}");
    }
}

#[tokio::test]
async fn an_expired_or_revoked_token_opens_nothing() {
    let world = World::new().await;
    let soon = Timestamp::from_second(1_780_000_000).unwrap() + SignedDuration::from_hours(1);
    let expiring = world.token_until("Mira", TokenKind::Mcp, Some(soon)).await;
    let (name, value) = bearer(&expiring);
    assert_eq!(world.post("/mcp", &[(name, &value)], &list_tools()).await.status, 200);
    world.pass_seconds(3_601);
    let answer = world.post("/mcp", &[(name, &value)], &list_tools()).await;
    assert_eq!((answer.status, answer.code().as_str()), (401, "invalid_token"));

    let owner = world.owner_token().await;
    let (name, value) = bearer(&owner);
    let tokens = world.get("/api/v1/tokens", &[(name, &value)]).await.json();
    let own = tokens["tokens"]
        .as_array()
        .unwrap()
        .iter()
        .find(|token| token["kind"] == "api")
        .and_then(|token| token["id"].as_str())
        .unwrap()
        .to_owned();
    let path = format!("/api/v1/tokens/{own}");
    assert_eq!(world.send(Method::DELETE, &path, &[(name, &value)], None).await.status, 204);
    assert_eq!(world.get("/api/v1/tokens", &[(name, &value)]).await.status, 401);
}

#[tokio::test]
async fn what_is_no_bearer_token_is_refused() {
    let world = World::new().await;
    let token = world.token("Mira", TokenKind::Mcp).await;
    for value in ["Basic dXNlcjpwYXNz", "Bearer", "Bearer ", &token, "Bearer weir_mcp_unknown"] {
        let answer = world.post("/mcp", &[("authorization", value)], &list_tools()).await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "invalid_token"), "{value}");
    }
    let (name, value) = bearer(&token);
    let twice = [(name, value.as_str()), (name, value.as_str())];
    assert_eq!(world.post("/mcp", &twice, &list_tools()).await.status, 401);
    let lower_case = format!("bearer {token}");
    let answer = world.post("/mcp", &[("authorization", &lower_case)], &list_tools()).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn administration_is_the_local_owners_by_a_token_that_opens_all() {
    let world = World::new().await;
    let new_token = json!({"name": "x", "kind": "mcp", "opens": "all"});
    let narrow = OpenSpaces::Keys(["ENG".to_owned()].into());
    let tokens = [
        world.token("Mira", TokenKind::Api).await,
        world.token_that_opens(LOCAL_OWNER, narrow).await,
    ];
    for token in &tokens {
        refuses_administration(&world, token, &new_token).await;
    }
}

async fn refuses_administration(world: &World, token: &str, new_token: &Value) {
    let (name, value) = bearer(token);
    for (method, path, body) in [
        (Method::GET, "/api/v1/tokens", None),
        (Method::POST, "/api/v1/tokens", Some(new_token)),
        (Method::DELETE, "/api/v1/tokens/x", None),
        (Method::POST, "/api/v1/runs", Some(&json!({}))),
        (Method::POST, "/api/v1/sign-in", None),
    ] {
        let answer = world.send(method, path, &[(name, &value)], body).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "owner_only"), "{path}");
    }
}
