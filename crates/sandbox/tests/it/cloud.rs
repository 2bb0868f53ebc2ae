use reqwest::Method;
use sandbox::Content;
use serde_json::{Value, json};

use crate::support::{Bed, each, outcome};

fn small() -> Content {
    Content::empty()
        .page("ENG", None, "Home", "<p>Welcome to engineering</p>")
        .page("ENG", Some("Home"), "Runbook", "<p>Restart the checkout service</p>")
        .page("ENG", Some("Runbook"), "Pager", "<p>Who is on call</p>")
        .page("OPS", None, "Operations", "<p>Everything about operations</p>")
}

#[tokio::test]
async fn pages_of_a_space_come_in_pages_by_cursor() {
    let bed = Bed::start(small()).await;
    let spaces = bed.get("/api/v2/spaces?keys=ENG").await;
    let space = spaces["results"][0]["id"].as_str().unwrap().to_owned();
    let mut path = format!("/api/v2/spaces/{space}/pages?limit=2");
    let mut titles = Vec::new();
    loop {
        let response = bed.cloud("service", Method::GET, &path).send().await.unwrap();
        let link = response.headers()["link"].to_str().unwrap().to_owned();
        let list: Value = response.json().await.unwrap();
        titles.extend(each(&list, "title").into_iter().map(str::to_owned));
        assert!(link.contains("rel=\"base\""), "{link}");
        match list["_links"]["next"].as_str() {
            Some(next) => {
                assert!(link.contains("rel=\"next\""));
                next.strip_prefix("/wiki").unwrap().clone_into(&mut path);
            }
            None => break,
        }
    }
    assert_eq!(titles, ["Home", "Runbook", "Pager"]);
}

#[tokio::test]
async fn a_page_without_body_format_has_an_empty_body() {
    let bed = Bed::start(small()).await;
    let id = bed.id("ENG", "Home");
    let page = bed.get(&format!("/api/v2/pages/{id}")).await;
    assert_eq!(page["body"], json!({}));
    assert_eq!(page["parentId"], Value::Null);
    assert!(page["id"].is_string());
    let page =
        bed.get(&format!("/api/v2/pages/{id}?body-format=storage&include-labels=true")).await;
    assert_eq!(page["body"]["storage"]["value"], "<p>Welcome to engineering</p>");
    assert_eq!(page["labels"]["results"], json!([]));
}

#[tokio::test]
async fn an_update_needs_the_next_version_number() {
    let bed = Bed::start(small()).await;
    let id = bed.id("ENG", "Home");
    let body = |number: u32| {
        json!({"id": id, "status": "current", "title": "Home", "version": {"number": number},
            "body": {"representation": "storage", "value": "<p>New</p>"}})
    };
    let put = |number| {
        bed.cloud("service", Method::PUT, &format!("/api/v2/pages/{id}")).json(&body(number))
    };
    let (status, error) = outcome(put(1)).await;
    assert_eq!(status, 409);
    assert_eq!(error["errors"][0]["code"], "CONFLICT");
    assert_eq!(
        error["errors"][0]["title"],
        "Version must be incremented when updating a page. Current Version: [1]. Provided version: [1]"
    );
    let (status, page) = outcome(put(2)).await;
    assert_eq!((status, &page["version"]["number"]), (200, &json!(2)));
    let page = bed.get(&format!("/api/v2/pages/{id}?body-format=storage")).await;
    assert_eq!(page["body"]["storage"]["value"], "<p>New</p>");
}

#[tokio::test]
async fn search_finds_words_and_not_sentences() {
    let bed = Bed::start(small()).await;
    let found = bed.get("/rest/api/search?cql=text~%22checkout%20service%22&limit=5").await;
    assert_eq!(found["totalSize"], 1, "{found}");
    assert_eq!(found["results"][0]["content"]["title"], "Runbook");
    let found =
        bed.get("/rest/api/search?cql=text~%22how%20do%20I%20restart%20the%20checkout%22").await;
    assert_eq!(found["totalSize"], 0);
}
