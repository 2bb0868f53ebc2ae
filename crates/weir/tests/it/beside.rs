//! An agent on a data folder that other processes use: it changes nothing of theirs and keeps
//! nobody out.

use std::sync::Arc;

use rmcp::model::CallToolRequestParams;
use rmcp::service::RunningService;
use rmcp::transport::TokioChildProcess;
use rmcp::{RoleClient, ServiceExt};
use sandbox::{Content, Sandbox};
use serde_json::{Value, json};
use store::Db;

use crate::house::{House, run, sandbox};

type Agent = RunningService<RoleClient, ()>;

async fn agent(house: &House, arguments: &[&str]) -> Agent {
    let command = tokio::process::Command::from(house.weir(arguments));
    ().serve(TokioChildProcess::new(command).unwrap()).await.unwrap()
}

/// The text of the answer, and whether it is one.
async fn call(agent: &Agent, tool: &'static str, arguments: Value) -> (String, bool) {
    let arguments = arguments.as_object().cloned().unwrap();
    let request = CallToolRequestParams::new(tool).with_arguments(arguments);
    let answer = agent.call_tool(request).await.unwrap();
    (answer.content[0].as_text().unwrap().text.clone(), answer.is_error != Some(true))
}

/// The same folder for another person: the account of the sandbox with that role.
fn as_role(house: &House, sandbox: &Sandbox, role: &str) -> Arc<House> {
    let account =
        sandbox.access().accounts.iter().find(|account| account.role == role).unwrap().clone();
    let other = House::new().on_cloud(sandbox);
    Arc::new(
        other
            .with("CONFLUENCE_USERNAME", &account.email)
            .with("CONFLUENCE_API_TOKEN", &account.api_token)
            .with("WEIR_DATA", house.data().to_str().unwrap()),
    )
}

pub(crate) async fn stored(house: &House) -> (Vec<store::Site>, Vec<store::Credential>) {
    let url = format!("sqlite:{}", house.data().join("weir.db").display());
    let db = Db::open_existing(&url).await.unwrap();
    let organization = store::organization(&db).await.unwrap();
    let sites = store::sites(&db, &organization.id).await.unwrap();
    let mut credentials = Vec::new();
    for site in &sites {
        credentials.extend(store::credentials(&db, &site.id).await.unwrap());
    }
    (sites, credentials)
}

fn content() -> Content {
    Content::empty().page("ENG", None, "Home", "<p>the heron stands at home</p>").page(
        "ENG",
        Some("Home"),
        "Secret",
        "<p>the heron is secret</p>",
    )
}

/// A mirror by the service account, which alone may view the second page.
async fn mirrored() -> (Sandbox, Arc<House>, String) {
    let sandbox = sandbox(content()).await;
    let service = sandbox.access().accounts.iter().find(|account| account.role == "service");
    let service = service.unwrap().account_id.clone();
    let secret = sandbox.control().page_id("ENG", "Secret").unwrap();
    sandbox.control().restrict(&secret, &[&service], &[]);
    let house = Arc::new(House::new().on_cloud(&sandbox));
    run(&house, &["sync", "all"]).await.ok();
    (sandbox, house, secret)
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_an_agent_nor_a_search_changes_the_credential_of_the_folder() {
    let (sandbox, house, _) = mirrored().await;
    let before = stored(&house).await;
    assert_eq!((before.0.len(), before.1.len()), (1, 1));
    let reader = as_role(&house, &sandbox, "reader");
    let agent = agent(&reader, &["mcp"]).await;
    let (text, answered) = call(&agent, "confluence_search", json!({"query": "heron"})).await;
    assert!(answered && text.contains("Home"), "{text}");
    run(&reader, &["search", "heron"]).await.ok();
    assert_eq!(stored(&house).await, before);
    agent.cancel().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mirror_answers_whom_it_was_read_with_and_atlassian_anybody_else() {
    let (sandbox, house, secret) = mirrored().await;
    for (who, may) in [(Arc::clone(&house), true), (as_role(&house, &sandbox, "reader"), false)] {
        let agent = agent(&who, &["mcp"]).await;
        let (text, answered) =
            call(&agent, "confluence_get_page", json!({"page_id": secret})).await;
        assert_eq!(answered, may, "{text}");
        let (found, _) = call(&agent, "confluence_search", json!({"query": "heron"})).await;
        assert!(found.contains("Home"), "{found}");
        assert_eq!(found.contains("Secret"), may, "{found}");
        assert_eq!(found.contains("source: mirror"), may, "{found}");
        agent.cancel().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_an_agent_is_open_the_folder_is_free_and_it_sees_what_comes_in() {
    let (sandbox, house, _) = mirrored().await;
    let agent = agent(&house, &["mcp"]).await;
    let ask = async || call(&agent, "confluence_search", json!({"query": "bittern"})).await.0;
    assert!(!ask().await.contains("Marsh"));
    sandbox.control().create("ENG", None, "Marsh", "<p>the bittern booms</p>");
    run(&house, &["sync"]).await.ok();
    run(&house, &["status"]).await.ok();
    let found = ask().await;
    assert!(found.contains("Marsh") && found.contains("source: mirror"), "{found}");
    agent.cancel().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_store_an_agent_and_a_search_make_none() {
    let sandbox = sandbox(content()).await;
    let house = Arc::new(House::new().on_cloud(&sandbox));
    let agent = agent(&house, &["mcp"]).await;
    let (text, answered) = call(&agent, "confluence_search", json!({"query": "heron"})).await;
    assert!(answered && text.contains("Home"), "{text}");
    agent.cancel().await.unwrap();
    let found = run(&house, &["search", "--json", "heron"]).await.ok().json();
    assert_eq!(found["facts"]["source"], "live", "{found}");
    assert!(!house.data().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_holds_a_site_needs_no_settings_that_name_it() {
    let (sandbox, house, _) = mirrored().await;
    let bare = Arc::new(House::new().with("WEIR_DATA", house.data().to_str().unwrap()));
    let home = sandbox.control().page_id("ENG", "Home").unwrap();
    sandbox.control().update(&home, None, Some("<p>the osprey stands at home</p>"));
    run(&bare, &["sync"]).await.ok();
    let missing = run(&bare, &["sync", "NOPE"]).await;
    assert!(missing.err.contains("space_unknown"), "{missing:#?}");
    let agent = agent(&bare, &["mcp"]).await;
    assert!(call(&agent, "search", json!({"query": "osprey"})).await.0.contains("Home"));
    agent.cancel().await.unwrap();
}
