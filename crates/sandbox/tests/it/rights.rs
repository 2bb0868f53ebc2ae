use reqwest::Method;
use sandbox::Content;
use serde_json::json;

use crate::support::{Bed, each, json_of, outcome};

/// Home / Open / Secret (reader) / Below (service) and a page aside.
async fn bed() -> Bed {
    let content = Content::empty()
        .page("ENG", None, "Home", "<p>kingfisher</p>")
        .page("ENG", Some("Home"), "Open", "<p>kingfisher</p>")
        .page("ENG", Some("Home"), "Secret", "<p>kingfisher</p>")
        .page("ENG", Some("Secret"), "Below", "<p>kingfisher</p>")
        .page("ENG", Some("Secret"), "Beside", "<p>kingfisher</p>");
    let bed = Bed::start(content).await;
    let reader = bed.account("reader").account_id.clone();
    let service = bed.account("service").account_id.clone();
    bed.control().restrict(&bed.id("ENG", "Secret"), &[&reader], &[]);
    bed.control().restrict(&bed.id("ENG", "Below"), &[&service], &[]);
    bed
}

/// Service is named on Below, but not on Secret above it; reader the other way round.
const MATRIX: [(&str, &[&str]); 4] = [
    ("service", &["Home", "Open"]),
    ("reader", &["Home", "Open", "Secret", "Beside"]),
    ("outsider", &[]),
    ("administrator", &["Home", "Open", "Secret", "Below", "Beside"]),
];

#[tokio::test]
async fn every_read_on_cloud_obeys_the_rights_of_the_caller() {
    let bed = bed().await;
    let space = bed.control().page_id("ENG", "Home").unwrap();
    let space = json_of(
        bed.cloud("administrator", Method::GET, &format!("/api/v2/pages/{space}"))
            .send()
            .await
            .unwrap(),
    )
    .await["spaceId"]
        .as_str()
        .unwrap()
        .to_owned();
    for (role, visible) in MATRIX {
        let get = async |path: &str| outcome(bed.cloud(role, Method::GET, path)).await;
        for title in ["Home", "Open", "Secret", "Below", "Beside"] {
            let id = bed.id("ENG", title);
            let expected = if visible.contains(&title) { 200 } else { 404 };
            for tail in
                ["", "/labels", "/versions", "/ancestors", "/footer-comments", "/attachments"]
            {
                let path = format!("/api/v2/pages/{id}{tail}");
                assert_eq!(get(&path).await.0, expected, "{role} {title} {tail}");
            }
            let path = format!("/rest/api/content/{id}/restriction");
            assert_eq!(get(&path).await.0, expected, "{role} {title}");
        }
        assert_eq!(each(&get("/api/v2/pages").await.1, "title"), visible, "{role}");
        let (status, list) = get(&format!("/api/v2/spaces/{space}/pages")).await;
        if role == "outsider" {
            assert_eq!(status, 404);
        } else {
            assert_eq!(each(&list, "title"), visible);
        }
        let found = get("/rest/api/content/search?cql=text~kingfisher%20order%20by%20id").await.1;
        assert_eq!(each(&found, "title"), visible, "{role}");
        let found = get("/rest/api/search?cql=text~kingfisher&limit=1").await.1;
        assert_eq!(found["totalSize"], json!(visible.len()), "totals count only what is visible");
        let spaces = get("/api/v2/spaces").await.1;
        assert_eq!(spaces["results"].as_array().unwrap().len(), usize::from(role != "outsider"));
    }
}

#[tokio::test]
async fn every_read_on_data_center_obeys_the_rights_of_the_caller() {
    let bed = bed().await;
    for (role, visible) in MATRIX {
        let get = async |path: &str| outcome(bed.data_center(role, Method::GET, path)).await;
        for title in ["Home", "Open", "Secret", "Below", "Beside"] {
            let id = bed.id("ENG", title);
            let expected = if visible.contains(&title) { 200 } else { 404 };
            for tail in [
                "",
                "/child/page",
                "/history",
                "/label",
                "/restriction/byOperation",
                "/descendant/page",
            ] {
                let path = format!("/rest/api/content/{id}{tail}");
                assert_eq!(get(&path).await.0, expected, "{role} {title} {tail}");
            }
        }
        assert_eq!(each(&get("/rest/api/content").await.1, "title"), visible, "{role}");
        assert_eq!(get("/rest/api/space/ENG").await.0, if role == "outsider" { 404 } else { 200 });
        let found = get("/rest/api/search?cql=text~kingfisher").await.1;
        assert_eq!(found["totalSize"], json!(visible.len()));
    }
}

#[tokio::test]
async fn invisible_children_and_ancestors_are_left_out() {
    let bed = bed().await;
    let home = bed.id("ENG", "Home");
    let children = bed.get(&format!("/api/v2/pages/{home}/direct-children")).await;
    assert_eq!(each(&children, "title"), ["Open"]);
    let below = bed.get(&format!("/api/v2/pages/{home}/descendants?depth=5")).await;
    assert_eq!(each(&below, "title"), ["Open"]);
}

#[tokio::test]
async fn what_may_not_be_seen_answers_like_what_does_not_exist() {
    let bed = bed().await;
    let secret = bed.id("ENG", "Secret");
    let get = async |id: &str| {
        outcome(bed.cloud("outsider", Method::GET, &format!("/api/v2/pages/{id}"))).await
    };
    assert_eq!(get(&secret).await, get("999999999").await);
    let put = |id: &str| {
        let body = json!({"id": id, "status": "current", "title": "x", "version": {"number": 2},
            "body": {"representation": "storage", "value": ""}});
        bed.cloud("outsider", Method::PUT, &format!("/api/v2/pages/{id}")).json(&body)
    };
    assert_eq!(outcome(put(&secret)).await, outcome(put("999999999")).await);
}

#[tokio::test]
async fn an_edit_restriction_forbids_writing_and_not_reading() {
    let bed = bed().await;
    let open = bed.id("ENG", "Open");
    let restriction = json!([{"operation": "update",
        "restrictions": {"user": [{"type": "known", "accountId": bed.account("reader").account_id}]}}]);
    let request = bed
        .cloud("administrator", Method::PUT, &format!("/rest/api/content/{open}/restriction"))
        .json(&restriction);
    assert_eq!(outcome(request).await.0, 200);
    let edit = |role: &str, number: u32| {
        let body = json!({"id": open, "status": "current", "title": "Open", "version": {"number": number},
            "body": {"representation": "storage", "value": "<p>x</p>"}});
        bed.cloud(role, Method::PUT, &format!("/api/v2/pages/{open}")).json(&body)
    };
    assert_eq!(outcome(edit("service", 2)).await.0, 403);
    assert_eq!(outcome(edit("reader", 2)).await.0, 200);
    bed.get(&format!("/api/v2/pages/{open}")).await;
}

#[tokio::test]
async fn a_group_opens_a_page_for_its_members() {
    let bed = bed().await;
    let below = bed.id("ENG", "Below");
    let outsider = bed.account("outsider").account_id.clone();
    bed.control().restrict(&bed.id("ENG", "Secret"), &[], &["weir-service"]);
    assert_eq!(bed.get(&format!("/api/v2/pages/{below}")).await["title"], "Below");
    bed.control().join(&outsider, "weir-service");
    let request = bed.cloud("outsider", Method::GET, &format!("/api/v2/pages/{below}"));
    assert_eq!(outcome(request).await.0, 404, "the space stays closed");
}

#[tokio::test]
async fn a_permission_check_answers_no_with_200() {
    let bed = bed().await;
    let check = |role: &str, of: &str, title: &str| {
        let body = json!({"subject": {"type": "user", "identifier": bed.account(of).account_id},
            "operation": "read"});
        let path = format!("/rest/api/content/{}/permission/check", bed.id("ENG", title));
        bed.cloud(role, Method::POST, &path).json(&body)
    };
    let (status, answer) = outcome(check("administrator", "service", "Below")).await;
    assert_eq!((status, &answer["hasPermission"]), (200, &json!(false)));
    let (_, answer) = outcome(check("administrator", "reader", "Secret")).await;
    assert_eq!(answer["hasPermission"], true);
    assert_eq!(outcome(check("service", "reader", "Open")).await.0, 403);
    let (_, answer) = outcome(check("service", "service", "Open")).await;
    assert_eq!(answer["hasPermission"], true);
}

#[tokio::test]
async fn nobody_gets_in_without_a_good_credential() {
    let bed = bed().await;
    let access = bed.sandbox.access();
    for url in [
        format!("{}/api/v2/pages", access.cloud.url),
        format!("{}/rest/api/user/current", access.cloud.url),
        format!("{}/rest/api/content", access.data_center.url),
    ] {
        assert_eq!(outcome(bed.bare(&url)).await.0, 401, "{url}");
        assert_eq!(outcome(bed.bare(&url).bearer_auth("wrong")).await.0, 401, "{url}");
        let basic = bed.bare(&url).basic_auth("service@example.com", Some("wrong"));
        assert_eq!(outcome(basic).await.0, 401, "{url}");
    }
    let cloud_token_elsewhere = bed
        .bare(&format!("{}/rest/api/content", access.data_center.url))
        .bearer_auth(&access.cloud.api_token);
    assert_eq!(outcome(cloud_token_elsewhere).await.0, 401);
    let tenant = access.cloud.url.replace("/wiki", "/_edge/tenant_info");
    let (status, info) = outcome(bed.bare(&tenant)).await;
    assert_eq!(status, 200);
    assert_eq!(info["cloudId"].as_str().unwrap().len(), 36);
}
