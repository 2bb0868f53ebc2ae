//! The stages that come before any page: tools, arguments, sites.

use gateway::{Refusal, Transport};
use serde_json::{Value, json};
use store::{OpenSpaces, Visibility};

use crate::world::{World, column, opens, page};

#[tokio::test]
async fn an_unknown_tool_is_refused_by_its_code() {
    let world = World::new().await;
    world.silent_site("wiki", Visibility::Mapped).await;
    let owner = world.owner().await;
    for tool in ["", "nothing", "Search", "confluence_delete_page"] {
        assert_eq!(world.code(&owner, tool, json!({})).await, "unknown_tool", "{tool}");
    }
}

#[tokio::test]
async fn bad_arguments_are_told_apart_and_never_repeated() {
    let world = World::new().await;
    world.silent_site("wiki", Visibility::Mapped).await;
    let owner = world.owner().await;
    let page_id = "a page is named by its id";
    let cases: &[(&str, Value, &str)] = &[
        ("search", json!({}), "`query` is missing"),
        ("search", json!({"query": ""}), "`query` must not be empty"),
        ("search", json!({"query": "a", "limit": 5}), "there is an unknown argument"),
        ("fetch", json!({"id": "hunter2"}), page_id),
        ("confluence_search", json!({"query": "a", "limit": 51}), "`limit` must be a whole number"),
        ("confluence_search", json!({"query": "title = \"a"}), "the CQL in `query` leaves a quote"),
        ("confluence_get_page", json!({"page_id": "hunter2"}), page_id),
        ("confluence_get_page", json!({"page_id": "12.5"}), page_id),
        ("confluence_get_page", json!({"page_id": true}), "`page_id` must be a string"),
        ("confluence_get_page", json!({"title": "hunter2"}), "give `page_id`, or `title` together"),
        ("confluence_get_page", json!({}), "give `page_id`, or `title` together"),
        ("confluence_get_page", json!({"page_id": "1", "max_tokens": 1}), "`max_tokens` must be"),
        ("confluence_get_page", json!({"page_id": "1", "cursor": "hunter2"}), "`cursor` must be"),
        ("confluence_get_page_children", json!({}), "`parent_id` is missing"),
        ("confluence_get_page_children", json!({"parent_id": "1", "cursor": "x"}), "`cursor` must"),
        ("confluence_list_spaces", json!({"limit": "many"}), "`limit` must be a whole number"),
        ("confluence_list_spaces", json!({"site": "hunter2"}), "`site` must be one of `wiki`"),
        (
            "confluence_get_page",
            json!({"page_id": "https://hunter2.example/wiki/spaces/ENG/pages/1"}),
            "the address is not one of this site",
        ),
    ];
    for (tool, arguments, expected) in cases {
        let refusal = world.refused(&owner, tool, arguments.clone()).await;
        assert_eq!(refusal.code, "invalid_arguments", "{tool} {arguments}");
        assert!(refusal.message.contains(expected), "{tool} {arguments}: {}", refusal.message);
        assert!(!refusal.message.contains("hunter2"), "{tool} {arguments}: {}", refusal.message);
    }
    let events = world.events().await;
    assert_eq!(events.len(), cases.len());
    assert!(events.iter().all(|event| event.body.code == "invalid_arguments"));
    assert!(events.iter().all(|event| !format!("{event:?}").contains("hunter2")));
}

#[tokio::test]
async fn the_tools_are_listed_without_a_site_argument_while_there_is_one_site() {
    let world = World::new().await;
    world.silent_site("wiki", Visibility::Mapped).await;
    let tools = world.gateway.list_tools(&world.owner().await).await.unwrap();
    assert_eq!(tools.len(), 6);
    assert!(tools.iter().all(|tool| tool.input_schema["properties"].get("site").is_none()));
}

#[tokio::test]
async fn without_a_site_the_caller_is_told_to_connect_one() {
    let world = World::new().await;
    let owner = world.owner().await;
    let refusal: Refusal = world.refused(&owner, "search", json!({"query": "a"})).await;
    assert_eq!(refusal.code, "no_site");
}

#[tokio::test]
async fn a_token_that_opens_nothing_is_shown_nothing() {
    let world = World::new().await;
    let site = world.silent_site("wiki", Visibility::Mapped).await;
    world.put(&site.id, &["ENG"], &[page("ENG", "1", "One")]).await;
    let caller = world.caller("robin", None, OpenSpaces::None).await;
    assert!(world.ask(&caller, "search", json!({"query": "gateway"})).await.items.is_empty());
    assert!(world.ask(&caller, "confluence_list_spaces", json!({})).await.items.is_empty());
    assert_eq!(world.code(&caller, "fetch", json!({"id": "1"})).await, "not_found");
}

#[tokio::test]
async fn space_keys_are_told_apart_without_regard_to_case() {
    let world = World::new().await;
    let site = world.silent_site("wiki", Visibility::Mapped).await;
    world.put(&site.id, &["ENG"], &[page("ENG", "1", "One")]).await;
    let caller = world.caller("robin", None, opens(&["ENG"])).await;
    let titled = json!({"title": "One", "space_key": "eng"});
    assert_eq!(column(&world.ask(&caller, "confluence_get_page", titled).await, "id"), ["1"]);
    let filtered = json!({"query": "gateway", "spaces_filter": "eng"});
    assert_eq!(column(&world.ask(&caller, "confluence_search", filtered).await, "id"), ["1"]);
}

#[tokio::test]
async fn callers_of_each_transport_pass_the_same_door() {
    let world = World::new().await;
    let site = world.silent_site("wiki", Visibility::Mapped).await;
    world.put(&site.id, &["ENG"], &[page("ENG", "1", "One")]).await;
    for transport in [Transport::Stdio, Transport::Http, Transport::Console, Transport::CommandLine]
    {
        let caller = world.gateway.local_owner(transport).await.unwrap();
        world.ask(&caller, "fetch", json!({"id": "1"})).await;
        let events = world.events().await;
        assert_eq!(events.last().unwrap().body.transport, transport.as_str());
    }
}

#[tokio::test]
async fn a_search_says_that_the_index_is_not_up_to_date_yet() {
    let world = World::new().await;
    let site = world.silent_site("wiki", Visibility::Mapped).await;
    world.put(&site.id, &["ENG"], &[page("ENG", "1", "One")]).await;
    let caller = world.caller("robin", None, OpenSpaces::All).await;
    let restarted = world.restarted().await;
    for (tool, arguments, searches) in [
        ("search", json!({"query": "gateway"}), true),
        ("confluence_search", json!({"query": "gateway"}), true),
        ("confluence_list_spaces", json!({}), false),
    ] {
        let before = restarted.ask(&caller, tool, arguments).await;
        assert_eq!(before.facts.contains_key("search_index"), searches, "{tool}");
    }
    restarted.gateway.catch_up_indexes().await.unwrap();
    let after = restarted.ask(&caller, "search", json!({"query": "gateway"})).await;
    assert!(!after.items.is_empty() && !after.facts.contains_key("search_index"));
}
