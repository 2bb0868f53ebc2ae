//! `/api/v1`, as the command line uses it.

use std::sync::atomic::Ordering;

use reqwest::Method;
use serde_json::{Value, json};
use store::{RunState, TokenKind};

use crate::world::{World, bearer, list_tools};

struct Owner<'a> {
    world: &'a World,
    authorization: String,
}

impl<'a> Owner<'a> {
    async fn of(world: &'a World) -> Self {
        let (_, authorization) = bearer(&world.owner_token().await);
        Self { world, authorization }
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        let headers = [("authorization", self.authorization.as_str())];
        let answer = self.world.send(method, path, &headers, body).await;
        let body = if answer.text.is_empty() { Value::Null } else { answer.json() };
        (answer.status, body)
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.send(Method::GET, path, None).await
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(Method::POST, path, Some(&body)).await
    }
}

#[tokio::test]
async fn the_overview_is_what_the_console_shows() {
    let world = World::new().await;
    let source = world.connect(Some(RunState::Succeeded)).await;
    let (status, body) = Owner::of(&world).await.get("/api/v1/overview").await;
    assert_eq!(status, 200);
    let shown = &body["sites"][0]["sources"][0];
    assert_eq!(shown["id"], source.as_str());
    assert_eq!(shown["last_run"]["counts"]["listed"], 1_234);
}

#[tokio::test]
async fn a_call_passes_the_same_door_as_over_mcp() {
    let world = World::new().await;
    let owner = Owner::of(&world).await;
    let (status, body) = owner.post("/api/v1/call", json!({"tool": "no_such_tool"})).await;
    assert_eq!((status, &body["code"]), (404, &json!("unknown_tool")));
    assert!(body["message"].is_string() && body["hint"].is_string());

    world.connect(None).await;
    let bad = json!({"tool": "search", "arguments": {}});
    let (status, body) = owner.post("/api/v1/call", bad).await;
    assert_eq!((status, &body["code"]), (422, &json!("invalid_arguments")));

    let list = json!({"tool": "confluence_list_spaces", "arguments": {}});
    let (status, body) = owner.post("/api/v1/call", list).await;
    assert!(
        status == 200 && body["output"]["items"].is_array() || status == 502,
        "{status} {body}"
    );
}

#[tokio::test]
async fn a_run_is_queued_once_and_the_worker_is_woken() {
    let world = World::new().await;
    let source = world.connect(None).await;
    let owner = Owner::of(&world).await;
    let (status, body) = owner.post("/api/v1/runs", json!({})).await;
    assert_eq!(status, 202);
    assert_eq!(body["runs"], json!([{"source": source.as_str(), "queued": true}]));
    let (_, body) = owner.post("/api/v1/runs", json!({"source": source.as_str()})).await;
    assert_eq!(body["runs"], json!([{"source": source.as_str(), "queued": false}]));
    assert_eq!(world.woken.load(Ordering::Relaxed), 2);

    let lease = std::time::Duration::from_mins(1);
    let environment = world.gateway.environment();
    let job = store::claim_job(world.gateway.db(), environment, &["mirror_run"], lease).await;
    assert_eq!(job.unwrap().unwrap().payload, json!({"source": source.as_str()}));

    let (status, body) = owner.post("/api/v1/runs", json!({"source": "no-such"})).await;
    assert_eq!((status, &body["code"]), (404, &json!("not_found")));
}

#[tokio::test]
async fn the_last_run_of_a_source_can_be_followed() {
    let world = World::new().await;
    let source = world.connect(Some(RunState::Running)).await;
    let owner = Owner::of(&world).await;
    let (status, body) = owner.get(&format!("/api/v1/runs/{source}")).await;
    assert_eq!((status, &body["run"]["state"]), (200, &json!("running")));
    let (status, _) = owner.get("/api/v1/runs/no-such").await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn a_source_without_a_run_has_none() {
    let world = World::new().await;
    let source = world.connect(None).await;
    let (status, body) = Owner::of(&world).await.get(&format!("/api/v1/runs/{source}")).await;
    assert_eq!((status, body), (200, json!({"run": null})));
}

#[tokio::test]
async fn a_token_is_made_shown_once_and_works() {
    let world = World::new().await;
    let owner = Owner::of(&world).await;
    let new = json!({
        "name": "laptop",
        "principal": "Mira",
        "kind": "mcp",
        "atlassian_account": "5b10",
        "opens": {"keys": ["ENG"]},
        "expires_at": "2030-01-01T00:00:00Z",
    });
    // An account is one of a site.
    let (status, refused) = owner.post("/api/v1/tokens", new.clone()).await;
    assert_eq!((status, &refused["code"]), (409, &json!("account_without_site")));
    world.connect(None).await;
    let (status, made) = owner.post("/api/v1/tokens", new).await;
    assert_eq!(status, 201);
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("weir_mcp_"));
    assert_eq!(made["token"]["opens"], json!({"keys": ["ENG"]}));
    let (name, value) = bearer(secret);
    assert_eq!(world.post("/mcp", &[(name, &value)], &list_tools()).await.status, 200);

    let (_, listed) = owner.get("/api/v1/tokens").await;
    assert!(!listed.to_string().contains(secret));
    let id = made["token"]["id"].as_str().unwrap();
    assert!(listed["tokens"].as_array().unwrap().iter().any(|token| token["id"] == id));

    let path = format!("/api/v1/tokens/{id}");
    assert_eq!(owner.send(Method::DELETE, &path, None).await.0, 204);
    assert_eq!(world.post("/mcp", &[(name, &value)], &list_tools()).await.status, 401);
    for unknown in ["no-such", "%ff"] {
        let path = format!("/api/v1/tokens/{unknown}");
        let (status, body) = owner.send(Method::DELETE, &path, None).await;
        assert_eq!((status, &body["code"]), (404, &json!("not_found")), "{path}");
    }
}

#[tokio::test]
async fn faults_of_a_body_are_answered_in_the_interfaces_own_shape() {
    let world = World::new().await;
    let owner = Owner::of(&world).await;
    for (path, body) in [
        ("/api/v1/tokens", json!({"name": "x"})),
        ("/api/v1/call", json!({"tool": "search", "arguments": []})),
        ("/api/v1/call", json!({"tool": "search", "argument": {}})),
        ("/api/v1/runs", json!({"sources": []})),
    ] {
        let (status, answer) = owner.post(path, body).await;
        assert_eq!((status, &answer["code"]), (422, &json!("invalid_body")), "{path}");
    }
    let nameless = json!({"name": " ", "kind": "mcp", "opens": "all"});
    let (status, answer) = owner.post("/api/v1/tokens", nameless).await;
    assert_eq!((status, &answer["code"]), (422, &json!("value_empty")));
    let ended = json!({
        "name": "x", "kind": "mcp", "opens": "all", "expires_at": "2020-01-01T00:00:00Z",
    });
    let (status, answer) = owner.post("/api/v1/tokens", ended).await;
    assert_eq!((status, &answer["code"]), (422, &json!("expiry_passed")));
    let (status, body) = owner.get("/api/v1/no-such").await;
    assert_eq!((status, &body["code"]), (404, &json!("not_found")));
}

#[tokio::test]
async fn another_principal_is_told_of_no_source() {
    let world = World::new().await;
    let source = world.connect(Some(RunState::Succeeded)).await;
    let token = world.token("Mira", TokenKind::Api).await;
    let (name, value) = bearer(&token);
    let answer = world.get(&format!("/api/v1/runs/{source}"), &[(name, &value)]).await;
    assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"));
}
