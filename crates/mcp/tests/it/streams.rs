//! The framing of stdio, on streams in memory.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::world::{VERSION, World, get_page, modern_request, request};

/// Sends the lines, closes the input, and returns what was written until the server ended: nothing
/// but JSON.
async fn conversation(lines: &[Value]) -> Vec<Value> {
    let world = World::new().await;
    let (mut input, server_input) = tokio::io::duplex(1 << 20);
    let (server_output, mut output) = tokio::io::duplex(1 << 20);
    let server = tokio::spawn(mcp::serve_streams(
        world.gateway.clone(),
        world.caller.clone(),
        VERSION,
        server_input,
        server_output,
    ));
    for line in lines {
        input.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }
    drop(input);
    let mut written = String::new();
    output.read_to_string(&mut written).await.unwrap();
    server.await.unwrap().unwrap();
    written.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn a_client_that_initializes_is_answered_and_its_hanging_up_ends_the_server() {
    let initialize = json!({
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    });
    let mut call = request("tools/call", get_page("101"));
    call["id"] = json!(2);
    let answers = conversation(&[
        request("initialize", initialize),
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        call,
    ])
    .await;
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[0]["result"]["protocolVersion"], "2025-06-18");
    assert_eq!(answers[1]["id"], 2);
    assert!(answers[1]["result"]["content"][0]["text"].as_str().unwrap().contains("green button"));
}

#[tokio::test]
async fn a_client_that_discovers_needs_no_handshake() {
    let mut list = modern_request("tools/list", json!({}));
    list["id"] = json!(2);
    let answers = conversation(&[modern_request("server/discover", json!({})), list]).await;
    assert_eq!(answers[0]["result"]["cacheScope"], "private");
    assert_eq!(answers[1]["result"]["tools"][0]["name"], "search");
}

#[tokio::test]
async fn a_client_that_says_nothing_ends_the_server_without_an_error() {
    assert!(conversation(&[]).await.is_empty());
}
