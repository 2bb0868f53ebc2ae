//! Where an answer is looked for: the mirror, Atlassian, or both.

use sandbox::Content;
use serde_json::json;
use store::VisibleClasses;
use tools::{Coverage, Origin, Sight, ToolError};

use crate::world::{Edition, World, column, everybody, run, search};

const HOUR: i64 = 3600;

async fn world() -> World {
    let content = Content::empty().page("ENG", None, "Live engineering", "<p>gateway</p>").page(
        "OPS",
        None,
        "Live operations",
        "<p>gateway</p>",
    );
    let world = World::new(content).await;
    world.mirrored("ENG", "501", "Mirrored engineering", "<p>The gateway is here.</p>").await;
    world
}

#[tokio::test]
async fn a_fresh_mirror_answers_without_a_call() {
    let world = world().await;
    let session = world.session(Edition::Cloud);
    let site = world.handle(Some(session.clone()), everybody(), world.covers(&["ENG"]));
    let page = run(&site, "confluence_get_page", json!({"page_id": "501"})).await.unwrap();
    assert_eq!(page.items[0].origin, Origin::Mirror);
    assert_eq!(page.facts["source"], "mirror");
    assert_eq!(page.facts["mirror_age_seconds"], 0);
    assert_eq!(search(&site, "gateway space:ENG").await, ["Mirrored engineering"]);
    assert_eq!(session.requests(), 0);
}

#[tokio::test]
async fn what_is_not_mirrored_is_searched_live_beside_the_mirror() {
    let world = world().await;
    let session = world.session(Edition::Cloud);
    let site = world.handle(Some(session.clone()), everybody(), world.covers(&["ENG"]));
    let output = run(&site, "confluence_search", json!({"query": "gateway"})).await.unwrap();
    assert_eq!(column(&output, "title"), ["Mirrored engineering", "Live operations"]);
    assert_eq!(column(&output, "source"), ["mirror", "live"]);
    assert_eq!(output.facts["source"], "live+mirror");
    assert!(session.requests() <= 2);
}

#[tokio::test]
async fn a_mirror_of_everything_leaves_nothing_to_ask() {
    let world = world().await;
    let session = world.session(Edition::Cloud);
    let coverage = Coverage { everything: true, ..world.covers(&[]) };
    let site = world.handle(Some(session.clone()), everybody(), coverage);
    assert_eq!(search(&site, "gateway").await, ["Mirrored engineering"]);
    let spaces = run(&site, "confluence_list_spaces", json!({})).await.unwrap();
    assert_eq!(column(&spaces, "key"), ["ENG"]);
    assert_eq!(session.requests(), 0);
}

#[tokio::test]
async fn an_old_mirror_is_not_trusted_where_atlassian_can_be_asked() {
    let world = world().await;
    let coverage = Coverage { everything: true, ..world.covers(&[]) };
    world.pass(2 * HOUR);
    let live = world.handle(Some(world.session(Edition::Cloud)), everybody(), coverage.clone());
    let answer = run(&live, "confluence_get_page", json!({"page_id": "501"})).await;
    assert!(matches!(answer, Err(ToolError::NotFound)), "Atlassian has no such page any more");
    assert!(search(&live, "gateway").await.contains(&"Live operations".to_owned()));

    let mirror = world.handle(None, everybody(), coverage);
    let page = run(&mirror, "confluence_get_page", json!({"page_id": "501"})).await.unwrap();
    assert_eq!(page.facts["mirror_age_seconds"], 2 * HOUR);
}

#[tokio::test]
async fn without_atlassian_there_is_only_the_mirror_and_what_is_visible_in_it() {
    let world = world().await;
    let site = world.handle(None, everybody(), world.covers(&["ENG"]));
    assert_eq!(search(&site, "gateway").await, ["Mirrored engineering"]);
    let live = world.id("OPS", "Live operations");
    let answer = run(&site, "confluence_get_page", json!({"page_id": live})).await;
    assert!(matches!(answer, Err(ToolError::NotFound)));
    let cql = run(&site, "confluence_search", json!({"query": "type = page"})).await;
    assert!(matches!(cql, Err(ToolError::NeedsOwnAccount)));

    let nothing = Sight { visible: VisibleClasses::Some([].into()), ..everybody() };
    let site = world.handle(None, nothing, world.covers(&["ENG"]));
    assert!(search(&site, "gateway").await.is_empty());
    let answer = run(&site, "confluence_get_page", json!({"page_id": "501"})).await;
    assert!(matches!(answer, Err(ToolError::NotFound)));
}
