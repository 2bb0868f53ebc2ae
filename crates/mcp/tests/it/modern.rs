//! 2026-07-28: each request stands alone.

use serde_json::{Value, json};

use crate::world::{HOSTILE_TITLE, VERSION, World, boundary, get_page, modern_request, request};

#[tokio::test]
async fn discover_names_the_server_and_its_revisions() {
    let endpoint = World::new().await.serve_http().await;
    let answer = endpoint.modern("server/discover", json!({})).await;
    let result = &answer.body["result"];
    assert_eq!(
        result["supportedVersions"],
        json!(["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"])
    );
    assert_eq!(result["capabilities"], json!({"tools": {}}));
    assert_eq!(result["cacheScope"], "private");
    assert!(result["ttlMs"].is_u64());
    assert_eq!(result["resultType"], "complete");
    let server = &result["_meta"]["io.modelcontextprotocol/serverInfo"];
    assert_eq!((&server["name"], &server["version"]), (&json!("weir"), &json!(VERSION)));
}

#[tokio::test]
async fn the_list_of_tools_is_the_callers_own_and_always_in_the_same_order() {
    let endpoint = World::new().await.serve_http().await;
    let first = endpoint.modern("tools/list", json!({})).await;
    let second = endpoint.modern("tools/list", json!({})).await;
    let result = &first.body["result"];
    assert_eq!(result, &second.body["result"]);
    assert_eq!(result["cacheScope"], "private");
    assert!(result["ttlMs"].is_u64());
    assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "weir");
}

#[tokio::test]
async fn every_tool_says_what_it_does() {
    let endpoint = World::new().await.serve_http().await;
    let answer = endpoint.modern("tools/list", json!({})).await;
    let tools = answer.body["result"]["tools"].as_array().unwrap();
    for tool in tools {
        let name = tool["name"].as_str().unwrap();
        assert!(name.len() <= 64 && !tool["title"].as_str().unwrap().is_empty());
        assert_eq!(tool["inputSchema"]["type"], "object", "{name}");
        for hint in ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"] {
            assert!(tool["annotations"][hint].is_boolean(), "{name} {hint}");
        }
    }
    let search = tools.iter().find(|tool| tool["name"] == "search").unwrap();
    assert_eq!(search["annotations"]["readOnlyHint"], true);
    assert_eq!(search["_meta"], json!({"anthropic/alwaysLoad": true}));
}

#[tokio::test]
async fn a_page_is_read_inside_a_boundary_that_is_new_each_time() {
    let endpoint = World::new().await.serve_http().await;
    let first = endpoint.modern("tools/call", get_page("102")).await;
    let second = endpoint.modern("tools/call", get_page("102")).await;
    assert_eq!(first.body["result"]["isError"], false);
    assert_eq!(first.body["result"]["resultType"], "complete");
    assert_eq!(first.body["result"]["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "weir");
    assert!(first.body["result"].get("structuredContent").is_none());

    let text = first.text();
    let key = boundary(text);
    let (ours, theirs) = text.split_once(&format!("\n<<<untrusted {key}\n")).unwrap();
    let (theirs, after) = theirs.split_once(&format!("\n{key}>>>\n")).unwrap();
    assert!(ours.contains("id: 102") && !ours.contains("obey"));
    assert!(theirs.contains(HOSTILE_TITLE) && theirs.contains("Keys rotate each quarter."));
    assert_eq!(after, "");
    assert_ne!(key, boundary(second.text()));
}

#[tokio::test]
async fn search_and_fetch_answer_in_exactly_the_shapes_of_chatgpt() {
    let endpoint = World::new().await.serve_http().await;
    let search = json!({"name": "search", "arguments": {"query": "how do I deploy the gateway"}});
    let found = endpoint.modern("tools/call", search).await;
    let structured = &found.body["result"]["structuredContent"];
    assert_eq!(serde_json::from_str::<Value>(found.text()).unwrap(), *structured);
    let first = structured["results"][0].as_object().unwrap();
    assert_eq!(first.keys().collect::<Vec<_>>(), ["id", "title", "url"]);
    assert_eq!(first["id"], "101");
    assert!(first["url"].as_str().unwrap().starts_with("http"));

    let fetch = json!({"name": "fetch", "arguments": {"id": first["id"]}});
    let read = endpoint.modern("tools/call", fetch).await;
    let structured = &read.body["result"]["structuredContent"];
    assert_eq!(serde_json::from_str::<Value>(read.text()).unwrap(), *structured);
    let keys: Vec<_> = structured.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["id", "title", "text", "url", "metadata"]);
    assert!(structured["text"].as_str().unwrap().contains("green button"));
}

#[tokio::test]
async fn a_tool_that_declares_an_output_schema_answers_structured_content() {
    let endpoint = World::new().await.serve_http().await;
    let listed = endpoint.modern("tools/list", json!({})).await;
    let declared: Vec<_> = listed.body["result"]["tools"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|tool| tool.get("outputSchema").is_some())
        .map(|tool| tool["name"].as_str().unwrap())
        .collect();
    assert_eq!(declared, ["search", "fetch"]);
}

#[tokio::test]
async fn a_tool_that_does_not_exist_is_a_protocol_error() {
    let endpoint = World::new().await.serve_http().await;
    let call = json!({"name": "no_such_tool", "arguments": {}});
    let answer = endpoint.modern("tools/call", call).await;
    assert_eq!(answer.code(), -32602);
    assert_eq!(answer.body["error"]["message"], "Unknown tool: no_such_tool");
}

#[tokio::test]
async fn arguments_that_do_not_fit_are_an_error_that_the_model_reads() {
    let endpoint = World::new().await.serve_http().await;
    let call = json!({"name": "search", "arguments": {}});
    let answer = endpoint.modern("tools/call", call).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["result"]["isError"], true);
    assert!(answer.text().contains("(invalid_arguments)"), "{}", answer.text());
}

#[tokio::test]
async fn a_refusal_ends_with_its_code() {
    let endpoint = World::new().await.serve_http().await;
    let answer = endpoint.modern("tools/call", get_page("999")).await;
    assert_eq!(answer.body["result"]["isError"], true);
    assert!(answer.text().contains("(not_found)"), "{}", answer.text());
}

#[tokio::test]
async fn headers_must_say_what_the_body_says() {
    let endpoint = World::new().await.serve_http().await;
    let body = modern_request("tools/call", get_page("101"));
    let version = ("mcp-protocol-version", "2026-07-28");
    let method = ("mcp-method", "tools/call");
    let name = ("mcp-name", "confluence_get_page");
    for headers in [
        vec![version, method, ("mcp-name", "search")],
        vec![version, ("mcp-method", "tools/list"), name],
        vec![version, method],
        vec![version, name],
        vec![("mcp-protocol-version", "2025-11-25"), method, name],
        vec![method, name],
    ] {
        let answer = endpoint.post(&headers, &body).await;
        assert_eq!((answer.status, answer.code()), (400, -32020), "{headers:?}");
    }
    let encoded = ("mcp-name", "=?base64?Y29uZmx1ZW5jZV9nZXRfcGFnZQ==?=");
    assert_eq!(endpoint.post(&[version, method, encoded], &body).await.status, 200);
}

#[tokio::test]
async fn a_request_without_its_metadata_is_refused() {
    let endpoint = World::new().await.serve_http().await;
    let headers = [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/list")];
    let answer = endpoint.post(&headers, &request("tools/list", json!({}))).await;
    assert_eq!((answer.status, answer.code()), (400, -32602));
}

#[tokio::test]
async fn a_later_revision_is_refused_with_ours() {
    let endpoint = World::new().await.serve_http().await;
    let mut body = modern_request("tools/list", json!({}));
    body["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2099-01-01");
    let headers = [("mcp-protocol-version", "2099-01-01"), ("mcp-method", "tools/list")];
    let answer = endpoint.post(&headers, &body).await;
    assert_eq!((answer.status, answer.code()), (400, -32022));
    assert_eq!(answer.body["error"]["data"]["requested"], "2099-01-01");
}

#[tokio::test]
async fn what_is_not_offered_is_an_unknown_method() {
    let endpoint = World::new().await.serve_http().await;
    for method in ["prompts/list", "resources/list", "resources/templates/list", "ping", "no/such"]
    {
        let answer = endpoint.modern(method, json!({})).await;
        assert_eq!((answer.status, answer.code()), (404, -32601), "{method}");
    }
}
