//! Which routes leave an event: one each, of what changes something or reads pages; none of what shows
//! the state of this installation.

use reqwest::Method;
use serde_json::{Value, json};
use store::RunState;

use crate::world::{World, bearer, list_tools};

/// The actions of all events, first to last.
async fn actions(world: &World) -> Vec<String> {
    let organization = store::organization(world.gateway.db()).await.unwrap();
    let mut events =
        store::events(world.gateway.db(), &organization.id, None, 1_000).await.unwrap();
    events.sort_by_key(|event| event.seq);
    events.into_iter().map(|event| event.body.action).collect()
}

#[tokio::test]
async fn each_route_leaves_the_events_that_the_documents_say() {
    let world = World::new().await;
    let source = world.connect(Some(RunState::Succeeded)).await;
    let (_, api) = bearer(&world.owner_token().await);
    let (_, mcp) = bearer(&world.token("ana", store::TokenKind::Mcp).await);
    let session = world.session().await;
    let link = world.sign_in.mint(None);
    let tokens = world.get("/api/v1/tokens", &[("authorization", &api)]).await.json();
    let token = tokens["tokens"][0]["id"].as_str().unwrap().to_owned();

    let (get, post, delete) = (Method::GET, Method::POST, Method::DELETE);
    let call = json!({"name": "confluence_list_spaces", "arguments": {}});
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call});
    let new = json!({"name": "n", "principal": "ana", "kind": "mcp", "opens": "all"});
    let list = json!({"tool": "confluence_list_spaces"});
    let run = format!("/api/v1/runs/{source}");
    let revoke = format!("/api/v1/tokens/{token}");
    let routes: [(&Method, &str, &str, Option<Value>, &[&str]); 20] = [
        (&get, "/healthz", "", None, &[]),
        (&get, "/readyz", "", None, &[]),
        (&get, "/metrics", "api", None, &[]),
        (&post, "/mcp", "mcp", Some(list_tools()), &[]),
        (&post, "/mcp", "mcp", Some(call), &["tools/call"]),
        (&get, "/api/v1/overview", "api", None, &[]),
        (&post, "/api/v1/call", "api", Some(list), &["tools/call"]),
        (&post, "/api/v1/call", "api", Some(json!({"tool": "none"})), &["tools/call"]),
        (&post, "/api/v1/runs", "api", Some(json!({})), &["runs/start"]),
        (&post, "/api/v1/runs", "api", Some(json!({"source": "none"})), &[]),
        (&get, &run, "api", None, &[]),
        (&get, "/api/v1/tokens", "api", None, &[]),
        (&post, "/api/v1/tokens", "api", Some(new), &["tokens/issue"]),
        (&post, "/api/v1/sign-in", "api", None, &["sign_in/mint"]),
        (&get, "/", "session", None, &[]),
        (&get, "/start", "session", None, &[]),
        (&get, &link, "", None, &["sign_in/redeem"]),
        (&get, &link, "", None, &[]),
        (&post, "/sign-out", "session", None, &["sign_in/end"]),
        (&delete, &revoke, "api", None, &["tokens/revoke"]),
    ];
    let origin = format!("http://{}", world.address);
    for (method, path, who, body, expected) in routes {
        let before = actions(&world).await.len();
        let mut headers = vec![("origin", origin.as_str())];
        match who {
            "api" => headers.push(("authorization", &api)),
            "mcp" => headers.extend([
                ("authorization", mcp.as_str()),
                ("accept", "application/json, text/event-stream"),
                ("mcp-protocol-version", "2025-11-25"),
            ]),
            "session" => headers.push(("cookie", &session)),
            _ => headers.clear(),
        }
        let answer = world.send(method.clone(), path, &headers, body.as_ref()).await;
        let left = actions(&world).await.split_off(before);
        assert_eq!(left, expected, "{method} {path}: {answer:?}");
    }
}
