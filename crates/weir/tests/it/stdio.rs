//! `weir mcp` with rmcp's own client.

use std::sync::Arc;

use rmcp::ServiceExt;
use rmcp::model::CallToolRequestParams;
use rmcp::transport::TokioChildProcess;
use sandbox::Content;
use serde_json::json;

use crate::house::{House, sandbox};

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_lists_and_calls_tools_of_a_site_that_is_not_mirrored() {
    for data_center in [false, true] {
        let sandbox = sandbox(Content::demo()).await;
        let house = House::new();
        let house = Arc::new(if data_center {
            house.on_data_center(&sandbox)
        } else {
            house.on_cloud(&sandbox)
        });
        let mut command = house.weir(&["mcp"]);
        // Without a data folder nothing is written anywhere.
        command.env_remove("WEIR_DATA");
        let transport = TokioChildProcess::new(tokio::process::Command::from(command)).unwrap();
        let client = ().serve(transport).await.unwrap();
        let tools = client.list_all_tools().await.unwrap();
        let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_ref()).collect();
        for name in [
            "search",
            "fetch",
            "confluence_search",
            "confluence_get_page",
            "confluence_get_page_children",
            "confluence_list_spaces",
        ] {
            assert!(names.contains(&name), "{name} is not among {names:?}");
        }
        let id = sandbox.control().page_id("OPS", "Roll back a deployment").unwrap();
        let arguments = json!({"page_id": id}).as_object().cloned().unwrap();
        let answer = client
            .call_tool(CallToolRequestParams::new("confluence_get_page").with_arguments(arguments))
            .await
            .unwrap();
        let text = answer.content[0].as_text().unwrap().text.clone();
        assert!(text.contains("fg rollback booking-service"), "{text}");
        client.cancel().await.unwrap();
        assert!(!house.data().exists(), "a data folder was made");
    }
}
