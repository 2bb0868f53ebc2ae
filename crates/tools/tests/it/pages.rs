//! How a page is read: whole, in portions, by section.

use std::fmt::Write;

use sandbox::Content;
use serde_json::{Value, json};
use tools::{SiteHandle, ToolError};

use crate::world::{Edition, World, run};

fn long_page() -> String {
    let mut body = String::from("<p>Lead.</p>");
    for part in 0..8 {
        write!(body, "<h1>Part {part}</h1><p>About part {part}.</p>").unwrap();
        for step in 0..4 {
            let sentence = format!("Step {part}-{step} says something. ").repeat(40);
            write!(body, "<h2>Step {part}-{step}</h2><p>{sentence}</p>").unwrap();
        }
    }
    body
}

async fn world() -> (World, String, SiteHandle) {
    let world = World::new(Content::empty().page("ENG", None, "Long", &long_page())).await;
    let id = world.id("ENG", "Long");
    let site = world.live(Edition::Cloud);
    (world, id, site)
}

async fn page(site: &SiteHandle, arguments: Value) -> (Value, Option<String>) {
    let mut output = run(site, "confluence_get_page", arguments).await.unwrap();
    (output.items.remove(0).data, output.next)
}

#[tokio::test]
async fn portions_fit_the_budget_and_join_to_the_whole() {
    let (_world, id, site) = world().await;
    let (whole, next) = page(&site, json!({"page_id": id, "max_tokens": 20_000})).await;
    assert_eq!(next, None);
    let mut text = String::new();
    let mut portions = 0;
    let mut arguments = json!({"page_id": id, "max_tokens": 1000});
    loop {
        let (portion, next) = page(&site, arguments.clone()).await;
        let markdown = portion["markdown"].as_str().unwrap();
        assert!(document::estimate_tokens(markdown) <= 1000);
        assert_eq!(portion.get("outline").is_some(), portions == 0, "an outline comes once");
        text.push_str(markdown);
        text.push_str("\n\n");
        portions += 1;
        let Some(next) = next else { break };
        arguments["cursor"] = next.into();
    }
    assert!(portions > 3, "{portions}");
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(&text), words(whole["markdown"].as_str().unwrap()));
}

#[tokio::test]
async fn an_outline_counts_in_and_is_cut_where_it_does_not_fit() {
    let mut body = format!("<h1>{}</h1>", "Long heading ".repeat(30_000));
    for number in 0..3000 {
        write!(body, "<h2>Heading {number}</h2><p>Words.</p>").unwrap();
    }
    let world = World::new(Content::empty().page("ENG", None, "Headings", &body)).await;
    let id = world.id("ENG", "Headings");
    let site = world.live(Edition::Cloud);
    for outline in [true, false] {
        for max_tokens in [200, 1000, 8000] {
            let arguments = json!({"page_id": id, "outline": outline, "max_tokens": max_tokens});
            let (page, _) = page(&site, arguments).await;
            let tokens = |field: &str| {
                page.get(field).map_or(0, |text| document::estimate_tokens(text.as_str().unwrap()))
            };
            let answered = tokens("outline") + tokens("markdown");
            assert!((1..=max_tokens).contains(&answered), "{max_tokens}: {answered}");
            assert_eq!(tokens("markdown") == 0, outline);
            assert!(page["outline"].as_str().unwrap().ends_with("more headings)"));
        }
    }
}

/// To hold the text above each heading would take the memory of most machines.
#[tokio::test]
async fn many_headings_below_a_long_one_are_read_and_found() {
    let long = "Long heading ".repeat(30_000);
    let mut body = format!("<h1>{long}</h1>");
    for number in 0..20_000 {
        write!(body, "<h2>B{number}</h2>").unwrap();
    }
    let world = World::new(Content::empty().page("ENG", None, "Headings", &body)).await;
    let id = world.id("ENG", "Headings");
    let site = world.live(Edition::Cloud);
    for section in ["b19999", "B19999"] {
        let (page, _) = page(&site, json!({"page_id": id, "section": section})).await;
        assert_eq!(page["markdown"], "## B19999");
    }
}

#[tokio::test]
async fn fetch_goes_on_by_the_id_that_it_gave() {
    let (world, id, site) = world().await;
    let body = long_page().repeat(6);
    world.sandbox.control().update(&id, None, Some(&body));
    let mut text = String::new();
    let mut next = id.clone();
    let mut portions = 0;
    loop {
        let output = run(&site, "fetch", json!({"id": next})).await.unwrap();
        let data = &output.items[0].data;
        assert_eq!(data["id"], id);
        assert!(document::estimate_tokens(data["text"].as_str().unwrap()) <= 8000);
        text.push_str(data["text"].as_str().unwrap());
        portions += 1;
        assert_eq!(data["metadata"]["truncated"], output.next.is_some());
        assert_eq!(data["metadata"]["next"].as_str().map(str::to_owned), output.next);
        let Some(more) = output.next else { break };
        next = more;
    }
    assert!(portions > 1);
    assert_eq!(text.matches("Step 7-3 says something.").count(), 6 * 40);
}

#[tokio::test]
async fn a_section_is_read_by_heading_path_and_anchor_with_all_below_it() {
    let (_world, id, site) = world().await;
    let (outline, _) = page(&site, json!({"page_id": id, "outline": true})).await;
    let outline_text = outline["outline"].as_str().unwrap();
    assert_eq!(outline_text.lines().count(), 8 + 32, "{outline_text}");
    assert!(outline.get("markdown").is_none());

    let (part, _) = page(&site, json!({"page_id": id, "section": "part 3"})).await;
    let markdown = part["markdown"].as_str().unwrap();
    assert!(markdown.contains("About part 3.") && markdown.contains("Step 3-3 says"));
    assert!(!markdown.contains("part 4") && !markdown.contains("part 2"));

    let (step, _) = page(&site, json!({"page_id": id, "section": "Part 3 > Step 3-1"})).await;
    let markdown = step["markdown"].as_str().unwrap();
    assert!(markdown.contains("Step 3-1 says") && !markdown.contains("Step 3-2"));

    let anchor = outline_text.lines().find(|line| line.contains("Step 3-1")).unwrap();
    if let Some((_, anchor)) = anchor.split_once('#') {
        let by_anchor = json!({"id": format!("{id}#{anchor}")});
        let fetched = run(&site, "fetch", by_anchor).await.unwrap();
        assert_eq!(fetched.items[0].data["text"], *markdown);
    }
}

#[tokio::test]
async fn a_cursor_of_another_version_or_section_is_refused() {
    let (world, id, site) = world().await;
    let (_, next) = page(&site, json!({"page_id": id, "max_tokens": 500})).await;
    let next = next.unwrap();
    let refused = |arguments: Value| {
        let site = &site;
        async move {
            let answer = run(site, "confluence_get_page", arguments).await;
            assert!(matches!(answer, Err(ToolError::InvalidArguments(_))), "{answer:?}");
        }
    };
    refused(json!({"page_id": id, "cursor": next, "section": "Part 7"})).await;
    refused(json!({"page_id": id, "cursor": "1.99999999"})).await;
    refused(json!({"page_id": id, "cursor": "nonsense"})).await;
    refused(json!({"page_id": id, "section": "No such heading"})).await;
    world.sandbox.control().update(&id, None, Some("<p>Short now.</p>"));
    refused(json!({"page_id": id, "cursor": next})).await;
}
