//! One event before each answer, and what it says.

use sandbox::Content;
use serde_json::json;
use sqlx::{ConnectOptions, Connection, Executor};
use store::Visibility;

use crate::world::{SECRET, World, opens, page};

#[tokio::test]
async fn each_answer_has_one_event_that_names_its_objects_and_nothing_of_their_text() {
    let world = World::new().await;
    let site = world.silent_site("wiki", Visibility::Mapped).await;
    world.put(&site.id, &["ENG"], &[page("ENG", "17", "Confidential title")]).await;
    let caller = world.caller("robin", None, opens(&["ENG"])).await;

    let calls = [
        ("search", json!({"query": "confidential words"}), None, "ok"),
        ("search", json!({"query": "words space:ENG"}), Some("space:ENG"), "ok"),
        // What a question holds there may be anything; it is no key.
        (
            "search",
            json!({"query": "words space:\"confidential plan\""}),
            Some("space:?"),
            "space_not_open",
        ),
        ("fetch", json!({"id": "17"}), Some("page:17"), "ok"),
        ("fetch", json!({"id": "18"}), Some("page:18"), "not_found"),
        ("confluence_get_page_children", json!({"parent_id": "17"}), Some("page:17"), "ok"),
        (
            "confluence_get_page",
            json!({"title": "Confidential title", "space_key": "HR"}),
            Some("space:HR"),
            "space_not_open",
        ),
        ("confluence_search", json!({"query": "type = page"}), None, "connect_account"),
        ("confluence_list_spaces", json!({}), None, "ok"),
    ];
    for (tool, arguments, object, code) in &calls {
        let before = world.events().await.len();
        let outcome = world.call(&caller, tool, arguments.clone()).await;
        let events = world.events().await;
        assert_eq!(events.len(), before + 1, "{tool}");
        let event = events.last().unwrap();
        assert_eq!(outcome.event.as_ref(), Some(&event.id));
        assert_eq!(event.body.tool.as_deref(), Some(*tool));
        assert_eq!(event.body.site.as_ref(), Some(&site.id));
        assert_eq!(event.body.object.as_deref(), *object, "{tool}");
        assert_eq!(event.body.code, *code, "{tool}");
        assert_eq!(event.body.decision, if *code == "ok" { "allow" } else { "deny" });
        assert_eq!(event.body.principal.as_ref(), Some(&caller.principal));
        assert_eq!(event.body.token, caller.token);
        assert_eq!(event.body.detail["visibility"], "mapped");
        let text = format!("{event:?}").to_lowercase();
        assert!(!text.contains("confidential"), "{text}");
        assert!(!text.contains(&SECRET.to_lowercase()), "{text}");
    }
    let organization = store::organization(world.gateway.db()).await.unwrap();
    let verified = store::verify_events(world.gateway.db(), &organization.id).await.unwrap();
    assert!(verified.is_ok());
}

#[tokio::test]
async fn an_event_that_cannot_be_written_is_a_refusal() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::in_folder(folder.path()).await;
    let site = world.silent_site("wiki", Visibility::Mapped).await;
    world.put(&site.id, &["ENG"], &[page("ENG", "1", "One")]).await;
    let caller = world.caller("robin", None, opens(&["ENG"])).await;
    world.ask(&caller, "fetch", json!({"id": "1"})).await;

    let mut second = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(folder.path().join("weir.sqlite"))
        .connect()
        .await
        .unwrap();
    second
        .execute(
            "CREATE TRIGGER full BEFORE INSERT ON event BEGIN SELECT RAISE(ABORT, 'disk full'); END",
        )
        .await
        .unwrap();
    second.close().await.unwrap();

    for (tool, arguments) in [
        ("fetch", json!({"id": "1"})),
        ("search", json!({"query": "gateway"})),
        ("nothing", json!({})),
    ] {
        let outcome = world.call(&caller, tool, arguments).await;
        assert!(outcome.event.is_none());
        let refusal = outcome.result.unwrap_err();
        assert_eq!(refusal.code, "internal");
        assert!(!format!("{refusal:?}").contains("disk full"));
    }
}

#[tokio::test]
async fn what_failed_inside_is_told_to_the_operator_alone() {
    let world = World::new().await;
    world.silent_site("wiki", Visibility::Own).await;
    let owner = world.owner().await;
    let outcome = world.call(&owner, "fetch", json!({"id": "1"})).await;
    let refusal = outcome.result.unwrap_err();
    assert_eq!(refusal.code, "atlassian_unreachable");
    assert!(refusal.hint.is_some());
    let event = world.events().await.pop().unwrap();
    assert_eq!(event.body.decision, "allow", "it was allowed, and failed then");
    assert_eq!(event.body.code, "atlassian_unreachable");
    assert!(event.body.detail["inside"].as_str().unwrap().contains("GET /wiki/api/v2/pages/1"));
    assert!(!format!("{event:?}").contains(SECRET));
}

/// Confluence repeats CQL that it cannot read.
#[tokio::test]
async fn what_atlassian_says_of_a_question_is_not_in_the_event() {
    let world = World::new().await;
    let sandbox = world.sandbox(Content::empty().page("ENG", None, "Home", "<p>x</p>")).await;
    world.connect(&sandbox, Visibility::Own).await;
    let cql = json!({"query": "title = \"confidential words\" and nonsense ="});
    let refusal = world.refused(&world.owner().await, "confluence_search", cql).await;
    assert_eq!(refusal.code, "atlassian_bad_request");
    let event = world.events().await.pop().unwrap();
    let inside = event.body.detail["inside"].as_str().unwrap();
    assert!(inside.starts_with("GET /wiki/rest/api/") && inside.ends_with(": 400"), "{inside}");
    assert!(!format!("{event:?}").contains("confidential"), "{event:?}");
}
