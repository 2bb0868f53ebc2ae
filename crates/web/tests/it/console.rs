//! What the pages say.

use reqwest::Method;
use store::{RunState, TokenKind};
use web::Auth;

use crate::world::World;

async fn page(world: &World, path: &str) -> String {
    let session = world.session().await;
    let answer = world.get(path, &[("cookie", &session)]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.text
}

#[tokio::test]
async fn before_a_site_is_connected_the_first_page_says_what_to_do() {
    let world = World::new().await;
    let page = page(&world, "/").await;
    assert!(page.contains("<h1>Nothing is connected yet</h1>"));
    assert!(page.contains("0 of 3"));
    assert_eq!(page.matches("st waiting\">Now").count(), 1);
    assert_eq!(page.matches("st off\">Then").count(), 2);
}

#[tokio::test]
async fn first_steps_are_ticked_off_as_they_are_taken() {
    let world = World::new().await;
    world.connect(None).await;
    world.token("Mira", TokenKind::Mcp).await;
    let page = page(&world, "/start").await;
    assert!(page.contains("<h1>First steps</h1>"));
    assert!(page.contains("2 of 3"), "connected, and somebody let in");
    assert_eq!(page.matches("st waiting\">Now").count(), 1);
}

#[tokio::test]
async fn the_first_page_shows_the_site_its_source_and_its_last_run() {
    let world = World::new().await;
    world.connect(Some(RunState::Succeeded)).await;
    world.pass_seconds(38 * 60);
    let page = page(&world, "/").await;
    assert!(page.contains("1 site, 1 source."));
    assert!(page.contains("Wiki &#60;b&#62;of&#60;/b&#62; us"), "names are text, not markup");
    assert!(page.contains("Confluence Cloud · 127.0.0.1:9/wiki"));
    assert!(page.contains("visibility <strong>mapped</strong>"));
    for fact in ["Handbook", "Spaces ENG", "38 min ago", "0.0 s", "1,234", "st ok\">Live"] {
        assert!(page.contains(fact), "{fact}");
    }
}

#[tokio::test]
async fn a_failed_run_says_why_and_what_to_do() {
    let world = World::new().await;
    world.connect(Some(RunState::Failed)).await;
    let page = page(&world, "/").await;
    assert!(page.contains("st denied\">Failed"));
    assert!(page.contains("Atlassian refused; run <code>weir doctor</code>"));
}

#[tokio::test]
async fn a_held_run_says_what_it_left_and_what_to_do() {
    let world = World::new().await;
    world.connect(Some(RunState::Held)).await;
    let page = page(&world, "/").await;
    assert!(page.contains("st waiting\">Held") && page.contains("st waiting\">Last run held"));
    assert!(page.contains("space ENG is not listed any more; its pages are kept. "), "{page}");
    assert!(page.contains("Run <code>weir sync --forget ENG</code>."));
}

#[tokio::test]
async fn a_page_with_a_run_going_asks_again_by_itself() {
    let world = World::new().await;
    world.connect(Some(RunState::Running)).await;
    let session = world.session().await;
    let answer = world.get("/", &[("cookie", &session)]).await;
    assert_eq!(answer.header("refresh"), "15");
    assert!(answer.text.contains("st run\">Running"));
}

#[tokio::test]
async fn a_line_for_each_agent_names_this_server() {
    let world = World::new().await;
    world.connect(None).await;
    let page = page(&world, "/").await;
    let url = format!("http://{}/mcp", world.address);
    assert_eq!(page.matches(&url).count(), 4);
    assert_eq!(page.matches("WEIR_TOKEN").count(), 5, "once in each line, once explained");
    assert!(page.contains("weir token create NAME"));
}

#[tokio::test]
async fn under_auth_none_the_lines_need_no_token() {
    let world = World::with(Auth::None, None).await;
    world.connect(None).await;
    let page = world.get("/", &[]).await.text;
    assert!(!page.contains("WEIR_TOKEN") && !page.contains("weir token create"));
}

#[tokio::test]
async fn pages_hold_no_style_and_no_script_of_their_own() {
    let world = World::new().await;
    world.connect(Some(RunState::Failed)).await;
    let session = world.session().await;
    for path in ["/", "/start", "/no-such-page"] {
        let html = world.get(path, &[("cookie", &session)]).await.text;
        assert!(!html.contains("style=") && !html.contains("<style"), "{path}");
        assert!(!html.contains(" onclick=") && !html.contains("javascript:"), "{path}");
        assert_eq!(html.matches("<script").count(), html.matches("<script src=\"/assets/").count());
        assert_eq!(html.matches("<h1>").count(), 1, "{path}");
    }
}

#[tokio::test]
async fn assets_are_named_by_their_content_and_kept_for_ever() {
    let world = World::new().await;
    let page = page(&world, "/").await;
    let folder = page.split('"').find(|value| value.starts_with("/assets/")).unwrap();
    let folder = folder.rsplit_once('/').unwrap().0;
    for (name, content_type) in [
        ("pico.min.css", "text/css; charset=utf-8"),
        ("weir.css", "text/css; charset=utf-8"),
        ("weir.js", "text/javascript; charset=utf-8"),
    ] {
        let asset = world.get(&format!("{folder}/{name}"), &[("accept-encoding", "gzip")]).await;
        assert_eq!(asset.status, 200);
        assert_eq!(asset.header("content-type"), content_type);
        assert_eq!(asset.header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(asset.header("content-encoding"), "gzip");
    }
    assert_eq!(world.get("/assets/0000000000000000/weir.css", &[]).await.status, 404);
    assert_eq!(world.get(&format!("{folder}/../secret"), &[]).await.status, 401);
}

#[tokio::test]
async fn a_page_that_does_not_exist_is_a_whole_page_with_its_code() {
    let world = World::new().await;
    let session = world.session().await;
    let answer = world.get("/no-such-page", &[("cookie", &session)]).await;
    assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"));
    assert!(answer.text.starts_with("<!doctype html>"));
    let wrong_method = world.send(Method::DELETE, "/", &[("cookie", &session)], None).await;
    assert_eq!(wrong_method.status, 405);
}
