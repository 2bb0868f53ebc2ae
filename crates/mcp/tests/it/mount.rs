//! What the service refuses wherever it is mounted.

use serde_json::json;

use crate::world::{World, get_page, request};

#[tokio::test]
async fn a_request_that_nobody_vouches_for_is_refused() {
    let endpoint = World::new().await.serve_http().await;
    let answer = endpoint.post(&[("x-nobody", "1")], &request("tools/list", json!({}))).await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.headers["www-authenticate"], "Bearer");
}

#[tokio::test]
async fn only_post_is_served() {
    let endpoint = World::new().await.serve_http().await;
    for method in [reqwest::Method::GET, reqwest::Method::DELETE, reqwest::Method::PUT] {
        let answer = endpoint
            .client
            .request(method, &endpoint.url)
            .header("accept", "text/event-stream")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 405);
        assert_eq!(answer.headers()["allow"], "POST");
    }
}

#[tokio::test]
async fn a_foreign_host_or_origin_is_refused() {
    let endpoint = World::new().await.serve_http().await;
    let list = request("tools/list", json!({}));
    assert_eq!(endpoint.post(&[("host", "evil.example")], &list).await.status, 403);
    assert_eq!(endpoint.post(&[("origin", "https://evil.example")], &list).await.status, 403);
    assert_eq!(endpoint.post(&[("origin", "null")], &list).await.status, 403);
    assert_eq!(endpoint.post(&[("origin", "http://127.0.0.1:3000")], &list).await.status, 200);
}

#[tokio::test]
async fn clients_that_accept_json_by_any_name_are_served() {
    let endpoint = World::new().await.serve_http().await;
    let call = request("tools/call", get_page("101"));
    for accept in ["*/*", "application/json", "application/json;q=0.9, text/event-stream"] {
        let answer = endpoint.post(&[("accept", accept)], &call).await;
        assert_eq!(answer.status, 200, "{accept}");
        assert_eq!(answer.headers["content-type"], "application/json");
    }
    assert_eq!(endpoint.post(&[("accept", "text/html")], &call).await.status, 406);
}

#[tokio::test]
async fn a_body_beyond_four_mebibytes_is_refused() {
    let endpoint = World::new().await.serve_http().await;
    let query = "a".repeat(4 * 1024 * 1024);
    let call = json!({"name": "search", "arguments": {"query": query}});
    let answer = endpoint.post(&[], &request("tools/call", call)).await;
    assert_eq!((answer.status, answer.code()), (413, -32600));
}

#[tokio::test]
async fn a_body_that_is_no_request_is_told_what_is_wrong_with_it() {
    let endpoint = World::new().await.serve_http().await;
    let cases = [
        ("{\"jsonrpc\": ", -32700, "no JSON"),
        ("", -32700, "no JSON"),
        ("[]", -32600, "batches are not served"),
        ("{\"jsonrpc\": \"1.0\"}", -32600, "no JSON-RPC message"),
        ("42", -32600, "no JSON-RPC message"),
    ];
    for (body, code, wanted) in cases {
        let answer = endpoint.post_text(&[], body.to_owned()).await;
        assert_eq!((answer.status, answer.code()), (400, code), "{body}");
        assert_eq!(answer.body["id"], json!(null));
        assert!(answer.body["error"]["message"].as_str().unwrap().contains(wanted), "{answer:?}");
    }
}

#[tokio::test]
async fn a_call_without_the_name_of_a_tool_is_told_what_to_send() {
    let endpoint = World::new().await.serve_http().await;
    for call in [
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call"}),
        request("tools/call", json!({"arguments": {}})),
        request("tools/call", json!({"name": "search", "arguments": "deploy"})),
    ] {
        let answer = endpoint.post(&[], &call).await;
        assert_eq!(answer.code(), -32602, "{answer:?}");
    }
    let unknown = endpoint.post(&[], &request("tools/guess", json!({}))).await;
    assert_eq!(unknown.code(), -32601);
}
