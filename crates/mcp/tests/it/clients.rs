//! rmcp's own client, in each way that it opens a conversation, over both transports.

use rmcp::model::{CallToolRequestParams, CallToolResult, ProtocolVersion};
use rmcp::service::{
    ClientLifecycleMode, ClientServiceExt as _, RoleClient, RunningService, ServiceError,
};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use serde_json::{Value, json};

use crate::world::{VERSION, World, http_client};

type Client = RunningService<RoleClient, ()>;

fn lifecycles() -> [ClientLifecycleMode; 3] {
    let preferred_versions = vec![ProtocolVersion::V_2026_07_28];
    [
        ClientLifecycleMode::Initialize,
        ClientLifecycleMode::Discover { preferred_versions: preferred_versions.clone() },
        ClientLifecycleMode::Auto { preferred_versions, legacy_version: None },
    ]
}

async fn over_http(url: &str, lifecycle: ClientLifecycleMode) -> Client {
    let config = StreamableHttpClientTransportConfig::with_uri(url);
    let transport = StreamableHttpClientTransport::with_client(http_client(), config);
    ().serve_with_lifecycle(transport, lifecycle).await.unwrap()
}

async fn over_streams(world: &World, lifecycle: ClientLifecycleMode) -> Client {
    let (client_end, server_end) = tokio::io::duplex(1 << 20);
    let (reader, writer) = tokio::io::split(server_end);
    tokio::spawn(mcp::serve_streams(
        world.gateway.clone(),
        world.caller.clone(),
        VERSION,
        reader,
        writer,
    ));
    ().serve_with_lifecycle(client_end, lifecycle).await.unwrap()
}

async fn call(client: &Client, name: &str, arguments: Value) -> CallToolResult {
    let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
    let params = CallToolRequestParams::new(name.to_owned()).with_arguments(arguments);
    client.call_tool(params).await.unwrap()
}

/// Lists the tools, calls each, and meets the two kinds of error.
async fn use_everything(client: &Client) {
    assert_eq!(client.peer_info().unwrap().server_info.clone().unwrap().name, "weir");
    let names: Vec<String> =
        client.list_all_tools().await.unwrap().into_iter().map(|tool| tool.name.into()).collect();
    for name in &names {
        let arguments = match name.as_str() {
            "search" | "confluence_search" => json!({"query": "gateway"}),
            "fetch" => json!({"id": "101"}),
            "confluence_get_page" => json!({"page_id": "101"}),
            "confluence_get_page_children" => json!({"parent_id": "101"}),
            _ => json!({}),
        };
        let result = call(client, name, arguments).await;
        assert_ne!(result.is_error, Some(true), "{name}: {result:?}");
    }
    assert_eq!(names.len(), 6);
    let refused = call(client, "confluence_get_page", json!({"page_id": "999"})).await;
    assert_eq!(refused.is_error, Some(true));
    let unknown = client.call_tool(CallToolRequestParams::new("no_such_tool")).await;
    assert!(matches!(unknown, Err(ServiceError::McpError(error)) if error.code.0 == -32602));
}

#[tokio::test]
async fn a_client_over_http_uses_everything_and_comes_back() {
    let world = World::new().await;
    let endpoint = world.serve_http().await;
    for lifecycle in lifecycles() {
        for _connection in 0..2 {
            let client = over_http(&endpoint.url, lifecycle.clone()).await;
            use_everything(&client).await;
            client.cancel().await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_client_over_streams_uses_everything_and_comes_back() {
    let world = World::new().await;
    for lifecycle in lifecycles() {
        for _connection in 0..2 {
            let client = over_streams(&world, lifecycle.clone()).await;
            use_everything(&client).await;
            client.cancel().await.unwrap();
        }
    }
}
