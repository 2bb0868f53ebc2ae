//! The revisions that open with `initialize`: 2025-03-26, 2025-06-18, 2025-11-25.

use serde_json::{Value, json};

use crate::world::{VERSION, World, get_page};

const REVISIONS: [&str; 3] = ["2025-03-26", "2025-06-18", "2025-11-25"];

fn initialize(revision: &str) -> Value {
    json!({
        "protocolVersion": revision,
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    })
}

#[tokio::test]
async fn initialize_agrees_on_each_revision() {
    let endpoint = World::new().await.serve_http().await;
    for revision in REVISIONS {
        let answer = endpoint.legacy(revision, "initialize", initialize(revision)).await;
        let result = &answer.body["result"];
        assert_eq!(result["protocolVersion"], revision);
        assert_eq!(result["serverInfo"]["name"], "weir");
        assert_eq!(result["serverInfo"]["version"], VERSION);
        assert_eq!(result["capabilities"], json!({"tools": {}}));
        assert!(result["instructions"].as_str().unwrap().chars().count() <= 1_500);
        assert!(!answer.headers.contains_key("mcp-session-id"), "there are no sessions");
    }
}

#[tokio::test]
async fn initialize_with_an_older_revision_offers_our_newest() {
    let endpoint = World::new().await.serve_http().await;
    let answer = endpoint.legacy("2024-11-05", "initialize", initialize("2024-11-05")).await;
    assert_eq!(answer.body["result"]["protocolVersion"], "2025-11-25");
}

#[tokio::test]
async fn tools_are_listed_and_called_without_a_session() {
    let endpoint = World::new().await.serve_http().await;
    for revision in REVISIONS {
        let listed = endpoint.legacy(revision, "tools/list", json!({})).await;
        assert_eq!(listed.body["result"]["tools"][0]["name"], "search");
        assert!(listed.body["result"].get("resultType").is_none(), "a word of 2026-07-28");

        let read = endpoint.legacy(revision, "tools/call", get_page("101")).await;
        assert_eq!(read.status, 200);
        assert!(read.text().contains("Push the green button twice."), "{}", read.text());
        assert!(read.body["result"].get("_meta").is_none());
    }
}

#[tokio::test]
async fn a_request_without_the_version_header_is_served() {
    let endpoint = World::new().await.serve_http().await;
    let answer = endpoint.post(&[], &crate::world::request("tools/list", json!({}))).await;
    assert!(answer.body["result"]["tools"].is_array());
}

#[tokio::test]
async fn a_revision_that_is_not_known_is_refused() {
    let endpoint = World::new().await.serve_http().await;
    assert_eq!(endpoint.legacy("1999-01-01", "tools/list", json!({})).await.status, 400);
}

#[tokio::test]
async fn notifications_are_accepted_without_a_body() {
    let endpoint = World::new().await.serve_http().await;
    let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let answer = endpoint.post(&[("mcp-protocol-version", "2025-11-25")], &initialized).await;
    assert_eq!((answer.status, answer.body), (202, Value::String(String::new())));
}

#[tokio::test]
async fn what_is_not_offered_is_an_unknown_method() {
    let endpoint = World::new().await.serve_http().await;
    for method in ["prompts/list", "resources/list", "resources/templates/list"] {
        assert_eq!(endpoint.legacy("2025-11-25", method, json!({})).await.code(), -32601);
    }
    let argument = json!({"ref": {"type": "ref/prompt", "name": "x"}, "argument": {"name": "a", "value": "b"}});
    assert_eq!(endpoint.legacy("2025-11-25", "completion/complete", argument).await.code(), -32601);
}
