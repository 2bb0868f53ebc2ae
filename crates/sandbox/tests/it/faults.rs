use reqwest::{Method, StatusCode};
use sandbox::{Content, Faults};

use crate::support::{Bed, outcome};

fn one_page() -> Content {
    Content::empty().page("ENG", None, "Home", "<p>Welcome</p>")
}

async fn statuses(bed: &Bed, count: usize) -> Vec<u16> {
    let mut seen = Vec::new();
    for _ in 0..count {
        seen.push(outcome(bed.cloud("service", Method::GET, "/api/v2/spaces")).await.0);
    }
    seen
}

#[tokio::test]
async fn every_third_request_is_rate_limited() {
    let faults = Faults { rate_limit_every: Some(3), ..Faults::default() };
    let bed = Bed::with_faults(one_page(), faults).await;
    assert_eq!(statuses(&bed, 6).await, [200, 200, 429, 200, 200, 429]);
    bed.control().set_faults(Faults { rate_limit_every: Some(1), ..Faults::default() });
    let response = bed.cloud("service", Method::GET, "/api/v2/spaces").send().await.unwrap();
    assert_eq!(response.headers()["retry-after"], "0");
    assert_eq!(response.headers()["ratelimit-reason"], "confluence-burst-based");
}

#[tokio::test]
async fn every_second_request_is_unavailable_until_switched_off() {
    let faults = Faults { unavailable_every: Some(2), ..Faults::default() };
    let bed = Bed::with_faults(one_page(), faults).await;
    assert_eq!(statuses(&bed, 4).await, [200, 503, 200, 503]);
    bed.control().set_faults(Faults::default());
    assert_eq!(statuses(&bed, 3).await, [200, 200, 200]);
}

#[tokio::test]
async fn a_cut_body_is_an_error_for_the_reader() {
    let faults = Faults { cut_every: Some(1), ..Faults::default() };
    let bed = Bed::with_faults(one_page(), faults).await;
    let response = bed.cloud("service", Method::GET, "/api/v2/spaces").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.bytes().await.is_err());
}

#[tokio::test]
async fn a_login_page_answers_a_bad_credential_with_200() {
    let faults = Faults { html_login: true, ..Faults::default() };
    let bed = Bed::with_faults(one_page(), faults).await;
    for url in [&bed.sandbox.access().cloud.url, &bed.sandbox.access().data_center.url] {
        let response = bed
            .bare(&format!("{url}/rest/api/user/current"))
            .bearer_auth("old")
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    }
    assert_eq!(statuses(&bed, 1).await, [200]);
}

#[tokio::test]
async fn the_search_lags_behind_the_site() {
    let bed = Bed::start(one_page()).await;
    bed.control().set_faults(Faults { index_lag: 3, ..Faults::default() });
    bed.control().create("ENG", None, "Kingfisher", "<p>new</p>");
    let mut found = Vec::new();
    for _ in 0..5 {
        let answer = bed.get("/rest/api/search?cql=title~kingfisher").await;
        found.push(answer["totalSize"].as_u64().unwrap());
    }
    assert_eq!(found, [0, 0, 0, 1, 1]);
    assert_eq!(
        bed.get("/api/v2/pages?title=Kingfisher").await["results"].as_array().unwrap().len(),
        1
    );
}

#[tokio::test]
async fn requests_are_counted_by_method_and_path_template() {
    let bed = Bed::start(one_page()).await;
    let id = bed.id("ENG", "Home");
    bed.get(&format!("/api/v2/pages/{id}")).await;
    bed.get(&format!("/api/v2/pages/{id}?body-format=storage")).await;
    bed.dc(&format!("/rest/api/content/{id}")).await;
    let requests = bed.control().requests();
    assert_eq!(requests["GET /wiki/api/v2/pages/{id}"], 2);
    assert_eq!(requests["GET /confluence/rest/api/content/{id}"], 1);
}

#[tokio::test]
async fn removed_endpoints_of_v1_answer_410() {
    let bed = Bed::start(one_page()).await;
    let id = bed.id("ENG", "Home");
    for path in [
        "/rest/api/content".to_owned(),
        format!("/rest/api/content/{id}"),
        "/rest/api/space".to_owned(),
    ] {
        let (status, error) = outcome(bed.cloud("service", Method::GET, &path)).await;
        assert_eq!(status, 410, "{path}");
        let message = error["message"].as_str().unwrap();
        assert!(
            message.ends_with("GoneException: This deprecated endpoint has been removed."),
            "{message}"
        );
    }
}

#[tokio::test]
async fn a_form_without_the_marker_fails_the_xsrf_check() {
    let bed = Bed::start(one_page()).await;
    let path = format!("/rest/api/content/{}/label", bed.id("ENG", "Home"));
    let form = |path: &str| bed.cloud("service", Method::POST, path).form(&[("name", "x")]);
    let (status, text) = outcome(form(&path)).await;
    assert_eq!((status, text.as_str()), (403, Some("XSRF check failed")));
    let marked = form(&path).header("X-Atlassian-Token", "no-check");
    assert_eq!(outcome(marked).await.0, 400, "the form is no JSON");
}
