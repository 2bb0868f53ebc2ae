use reqwest::Method;
use sandbox::Content;
use serde_json::{Value, json};

use crate::support::{Bed, each, outcome};

async fn bed() -> Bed {
    let content = Content::empty()
        .page("ENG", None, "Home", "<p>Home</p>")
        .page("ENG", Some("Home"), "A", "<p>Aaa</p>")
        .page("ENG", Some("A"), "A1", "<p>Aaa one</p>")
        .page("ENG", Some("Home"), "B", "<p>Bbb</p>")
        .page("ENG", Some("Home"), "C", "<p>Ccc</p>")
        .page("OPS", None, "Ops", "<p>Ops</p>");
    Bed::start(content).await
}

async fn children(bed: &Bed, title: &str) -> Vec<String> {
    let id = bed.id("ENG", title);
    let list = bed.get(&format!("/api/v2/pages/{id}/direct-children")).await;
    each(&list, "title").into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_created_page_is_read_listed_and_found() {
    let bed = bed().await;
    let home = bed.get(&format!("/api/v2/pages/{}", bed.id("ENG", "Home"))).await;
    let new = json!({"spaceId": home["spaceId"], "status": "current", "title": "New & shiny",
        "parentId": home["id"], "body": {"storage": {"representation": "storage", "value": "<p>Kingfisher</p>"}}});
    let (status, page) =
        outcome(bed.cloud("service", Method::POST, "/api/v2/pages").json(&new)).await;
    assert_eq!(status, 200, "{page}");
    assert_eq!(page["_links"]["webui"].as_str().unwrap().rsplit('/').next(), Some("New+%26+shiny"));
    assert_eq!(page["authorId"], json!(bed.account("service").account_id));
    assert_eq!(children(&bed, "Home").await.last().map(String::as_str), Some("New & shiny"));
    assert_eq!(bed.get("/rest/api/search?cql=text~kingfisher").await["totalSize"], 1);
    let (status, error) =
        outcome(bed.cloud("service", Method::POST, "/api/v2/pages").json(&new)).await;
    assert_eq!(status, 400);
    assert!(error["errors"][0]["title"].as_str().unwrap().contains("already exists"));
}

#[tokio::test]
async fn a_page_moves_without_a_new_version() {
    let bed = bed().await;
    let (a, b, c) = (bed.id("ENG", "A"), bed.id("ENG", "B"), bed.id("ENG", "C"));
    let put = |id: &str, position: &str, target: &str| {
        bed.cloud(
            "service",
            Method::PUT,
            &format!("/rest/api/content/{id}/move/{position}/{target}"),
        )
    };
    let (status, answer) = outcome(put(&c, "before", &a)).await;
    assert_eq!((status, &answer["pageId"]), (200, &json!(c)));
    assert_eq!(children(&bed, "Home").await, ["C", "A", "B"]);
    assert_eq!(outcome(put(&c, "after", &a)).await.0, 200);
    assert_eq!(children(&bed, "Home").await, ["A", "C", "B"]);
    assert_eq!(outcome(put(&a, "append", &b)).await.0, 200);
    assert_eq!(children(&bed, "B").await, ["A"]);
    let moved = bed.get(&format!("/api/v2/pages/{a}")).await;
    assert_eq!((&moved["parentId"], &moved["version"]["number"]), (&json!(b), &json!(1)));
    assert_eq!(outcome(put(&b, "append", &a)).await.0, 400, "not below itself");
    assert_eq!(outcome(put(&b, "append", "777")).await.0, 404);
    assert_eq!(outcome(put(&b, "sideways", &a)).await.0, 400);
}

#[tokio::test]
async fn a_page_takes_what_is_below_it_into_another_space() {
    let bed = bed().await;
    bed.control().move_to(&bed.id("ENG", "A"), &bed.id("OPS", "Ops"));
    assert!(bed.control().page_id("OPS", "A1").is_some());
    assert_eq!(bed.control().page_id("ENG", "A1"), None);
    let below = bed.get(&format!("/api/v2/pages/{}/descendants", bed.id("OPS", "Ops"))).await;
    assert_eq!(each(&below, "title"), ["A", "A1"]);
    assert_eq!(below["results"][1]["depth"], 2);
}

#[tokio::test]
async fn a_trashed_page_answers_200_and_a_purged_one_404() {
    let bed = bed().await;
    let id = bed.id("ENG", "A");
    let path = format!("/api/v2/pages/{id}");
    let delete = |query: &str| bed.cloud("service", Method::DELETE, &format!("{path}{query}"));
    assert_eq!(outcome(delete("?purge=true")).await.0, 400, "only from the trash");
    assert_eq!(outcome(delete("")).await.0, 204);
    assert_eq!(bed.get(&path).await["status"], "trashed");
    assert_eq!(children(&bed, "Home").await, ["B", "C", "A1"], "what is below moves up");
    assert_eq!(each(&bed.get("/api/v2/pages?status=trashed").await, "title"), ["A"]);
    assert!(!each(&bed.get("/api/v2/pages").await, "title").contains(&"A"));
    assert_eq!(bed.get("/rest/api/search?cql=title=A").await["totalSize"], 0);
    assert_eq!(outcome(delete("?purge=true")).await.0, 204);
    let (status, error) = outcome(bed.cloud("service", Method::GET, &path)).await;
    assert_eq!((status, &error["errors"][0]["code"]), (404, &json!("NOT_FOUND")));
}

#[tokio::test]
async fn a_trashed_page_is_restored_below_its_old_parent() {
    let bed = bed().await;
    let id = bed.id("ENG", "B");
    bed.control().trash(&id);
    let body = json!({"id": id, "status": "current", "title": "B", "version": {"number": 2},
        "body": {"representation": "storage", "value": "ignored"}});
    let (status, page) =
        outcome(bed.cloud("service", Method::PUT, &format!("/api/v2/pages/{id}")).json(&body))
            .await;
    assert_eq!((status, &page["status"]), (200, &json!("current")));
    assert_eq!(page["body"]["storage"]["value"], "<p>Bbb</p>");
    assert_eq!(children(&bed, "Home").await, ["A", "C", "B"]);
    let orphan = bed.id("ENG", "A1");
    bed.control().trash(&orphan);
    bed.control().trash(&bed.id("ENG", "A"));
    bed.control().restore(&orphan);
    assert_eq!(bed.get(&format!("/api/v2/pages/{orphan}")).await["parentId"], Value::Null);
}

#[tokio::test]
async fn a_new_title_is_a_new_version() {
    let bed = bed().await;
    let id = bed.id("ENG", "A");
    let body = json!({"status": "current", "title": "Aardvark"});
    let request =
        bed.cloud("service", Method::PUT, &format!("/api/v2/pages/{id}/title")).json(&body);
    let (status, page) = outcome(request).await;
    assert_eq!((status, &page["version"]["number"]), (200, &json!(2)));
    assert_eq!(bed.control().page_id("ENG", "Aardvark"), Some(id.clone()));
    let versions = bed.get(&format!("/api/v2/pages/{id}/versions?body-format=storage")).await;
    assert_eq!(versions["results"][0]["number"], 2);
    assert_eq!(versions["results"][1]["page"]["title"], "A");
    let first = bed.get(&format!("/api/v2/pages/{id}/versions/1")).await;
    assert_eq!((&first["prevVersion"], &first["nextVersion"]), (&Value::Null, &json!(2)));
    let old = bed.get(&format!("/api/v2/pages/{id}?version=1")).await;
    assert_eq!((&old["title"], &old["status"]), (&json!("A"), &json!("historical")));
}

#[tokio::test]
async fn labels_are_written_through_v1_and_read_through_v2() {
    let bed = bed().await;
    let id = bed.id("ENG", "A");
    let path = format!("/rest/api/content/{id}/label");
    let body =
        json!([{"prefix": "global", "name": "runbook"}, {"prefix": "global", "name": "on-call"}]);
    let (status, all) = outcome(bed.cloud("service", Method::POST, &path).json(&body)).await;
    assert_eq!((status, each(&all, "name")), (200, vec!["on-call", "runbook"]));
    let labels = bed.get(&format!("/api/v2/pages/{id}/labels")).await;
    assert_eq!(each(&labels, "name"), ["on-call", "runbook"]);
    let label = labels["results"][1]["id"].as_str().unwrap();
    assert_eq!(each(&bed.get(&format!("/api/v2/labels/{label}/pages")).await, "title"), ["A"]);
    assert_eq!(
        outcome(bed.cloud("service", Method::DELETE, &format!("{path}/runbook"))).await.0,
        204
    );
    assert_eq!(
        outcome(bed.cloud("service", Method::DELETE, &format!("{path}?name=runbook"))).await.0,
        404
    );
    assert_eq!(each(&bed.get("/api/v2/labels").await, "name"), ["on-call"]);
}

#[tokio::test]
async fn restrictions_are_set_read_and_obeyed() {
    let bed = bed().await;
    let id = bed.id("ENG", "A");
    let path = format!("/rest/api/content/{id}/restriction");
    let service = &bed.account("service").account_id;
    let only = |account: &str| json!([{"operation": "read", "restrictions": {"user": [{"type": "known", "accountId": account}]}}]);
    let lockout =
        bed.cloud("service", Method::PUT, &path).json(&only(&bed.account("reader").account_id));
    assert_eq!(outcome(lockout).await.0, 400);
    let (status, set) =
        outcome(bed.cloud("service", Method::PUT, &path).json(&only(service))).await;
    assert_eq!(status, 200, "{set}");
    assert_eq!(
        set["results"][0]["restrictions"]["user"]["results"][0]["accountId"],
        json!(service)
    );
    assert_eq!(
        outcome(bed.cloud("reader", Method::GET, &format!("/api/v2/pages/{id}"))).await.0,
        404
    );
    let read = bed.get(&format!("{path}/byOperation/read")).await;
    assert_eq!(read["restrictions"]["user"]["size"], 1);
    let found = bed
        .get("/rest/api/content/search?cql=title=A&expand=restrictions.read.restrictions.user,restrictions.read.restrictions.group,metadata.labels")
        .await;
    let restrictions = &found["results"][0]["restrictions"]["read"]["restrictions"];
    assert_eq!(restrictions["user"]["results"][0]["accountId"], json!(service));
    assert_eq!(restrictions["group"]["size"], 0);
    let (status, _) = outcome(bed.cloud("service", Method::PUT, &path).json(&json!([]))).await;
    assert_eq!(status, 200);
    assert_eq!(
        outcome(bed.cloud("reader", Method::GET, &format!("/api/v2/pages/{id}"))).await.0,
        200
    );
}

#[tokio::test]
async fn comments_are_made_answered_and_deleted() {
    let bed = bed().await;
    let id = bed.id("ENG", "A");
    let text = |value: &str| json!({"representation": "storage", "value": value});
    let new = json!({"pageId": id, "body": text("<p>First</p>")});
    let (status, first) =
        outcome(bed.cloud("reader", Method::POST, "/api/v2/footer-comments").json(&new)).await;
    assert_eq!((status, &first["pageId"]), (201, &json!(id)));
    let reply = json!({"parentCommentId": first["id"], "body": text("<p>Second</p>")});
    let (status, reply) =
        outcome(bed.cloud("service", Method::POST, "/api/v2/footer-comments").json(&reply)).await;
    assert_eq!((status, &reply["parentCommentId"]), (201, &first["id"]));
    let list = bed.get(&format!("/api/v2/pages/{id}/footer-comments?body-format=storage")).await;
    assert_eq!(each(&list, "id"), [first["id"].as_str().unwrap()]);
    let path = format!("/api/v2/footer-comments/{}", first["id"].as_str().unwrap());
    assert_eq!(
        each(&bed.get(&format!("{path}/children")).await, "id"),
        [reply["id"].as_str().unwrap()]
    );
    assert_eq!(outcome(bed.cloud("reader", Method::DELETE, &path)).await.0, 204);
    assert_eq!(outcome(bed.cloud("reader", Method::GET, &path)).await.0, 404);
    assert_eq!(bed.get("/api/v2/footer-comments").await["results"], json!([]));
}

#[tokio::test]
async fn an_inline_comment_marks_its_text_on_the_page() {
    let bed = bed().await;
    let id = bed.id("ENG", "A");
    let new = |selection: &str, count: u32| {
        json!({"pageId": id, "body": {"representation": "storage", "value": "<p>Really?</p>"},
            "inlineCommentProperties": {"textSelection": selection,
                "textSelectionMatchCount": count, "textSelectionMatchIndex": 0}})
    };
    let post =
        |body: Value| bed.cloud("reader", Method::POST, "/api/v2/inline-comments").json(&body);
    assert_eq!(outcome(post(new("nowhere", 1))).await.0, 400);
    assert_eq!(outcome(post(new("Aaa", 2))).await.0, 400);
    let (status, comment) = outcome(post(new("Aaa", 1))).await;
    assert_eq!((status, &comment["resolutionStatus"]), (201, &json!("open")));
    let marker = comment["properties"]["inlineMarkerRef"].as_str().unwrap();
    let page = bed.get(&format!("/api/v2/pages/{id}?body-format=storage")).await;
    assert_eq!(
        page["body"]["storage"]["value"],
        json!(format!(
            "<p><ac:inline-comment-marker ac:ref=\"{marker}\">Aaa</ac:inline-comment-marker></p>"
        ))
    );
    assert_eq!(page["version"]["number"], 1);
    let list = bed.get(&format!("/api/v2/pages/{id}/inline-comments")).await;
    assert_eq!(list["results"][0]["properties"]["inlineOriginalSelection"], "Aaa");
}

#[tokio::test]
async fn folders_hold_pages_and_are_deleted() {
    let bed = bed().await;
    let home = bed.get(&format!("/api/v2/pages/{}", bed.id("ENG", "Home"))).await;
    let new = json!({"spaceId": home["spaceId"], "title": "Drawer", "parentId": home["id"]});
    let (status, folder) =
        outcome(bed.cloud("service", Method::POST, "/api/v2/folders").json(&new)).await;
    assert_eq!((status, &folder["type"]), (200, &json!("folder")));
    let folder = folder["id"].as_str().unwrap();
    bed.control().move_to(&bed.id("ENG", "A"), folder);
    let page = bed.get(&format!("/api/v2/pages/{}", bed.id("ENG", "A"))).await;
    assert_eq!((&page["parentId"], &page["parentType"]), (&json!(folder), &json!("folder")));
    let children = bed.get(&format!("/api/v2/folders/{folder}/direct-children")).await;
    assert_eq!(each(&children, "type"), ["page"]);
    let above = bed.get(&format!("/api/v2/pages/{}/ancestors", bed.id("ENG", "A1"))).await;
    assert_eq!(each(&above, "type"), ["page", "folder", "page"]);
    let two = bed.get(&format!("/api/v2/pages/{}/ancestors?limit=2", bed.id("ENG", "A1"))).await;
    assert_eq!(each(&two, "type"), ["folder", "page"], "the nearest ones");
    assert_eq!(
        outcome(bed.cloud("service", Method::GET, &format!("/api/v2/pages/{folder}"))).await.0,
        404
    );
    assert_eq!(
        outcome(bed.cloud("service", Method::DELETE, &format!("/api/v2/folders/{folder}"))).await.0,
        204
    );
    let (_, types) = outcome(
        bed.cloud("service", Method::POST, "/api/v2/content/convert-ids-to-types")
            .json(&json!({"contentIds": [home["id"], "1"]})),
    )
    .await;
    assert_eq!(types["results"][home["id"].as_str().unwrap()], "page");
    assert_eq!(types["results"]["1"], Value::Null);
}

#[tokio::test]
async fn a_draft_belongs_to_its_author_until_it_is_published() {
    let bed = bed().await;
    let home = bed.get(&format!("/api/v2/pages/{}", bed.id("ENG", "Home"))).await;
    let new = json!({"spaceId": home["spaceId"], "status": "draft", "title": "Sketch",
        "body": {"representation": "storage", "value": "<p>1</p>"}});
    let (_, draft) = outcome(bed.cloud("service", Method::POST, "/api/v2/pages").json(&new)).await;
    let id = draft["id"].as_str().unwrap();
    let path = format!("/api/v2/pages/{id}");
    assert_eq!(outcome(bed.cloud("reader", Method::GET, &path)).await.0, 404);
    assert!(!each(&bed.get("/api/v2/pages").await, "title").contains(&"Sketch"));
    let publish = json!({"id": id, "status": "current", "title": "Sketch", "version": {"number": 1},
        "body": {"representation": "storage", "value": "<p>2</p>"}});
    let (status, page) = outcome(bed.cloud("service", Method::PUT, &path).json(&publish)).await;
    assert_eq!((status, &page["version"]["number"]), (200, &json!(1)));
    assert_eq!(outcome(bed.cloud("reader", Method::GET, &path)).await.0, 200);
}

#[tokio::test]
async fn bad_parameters_are_refused_with_their_name() {
    let bed = bed().await;
    for (path, part) in [
        ("/api/v2/pages?limit=251", "limit"),
        ("/api/v2/pages?limit=0", "limit"),
        ("/api/v2/pages?limit=many", "limit"),
        ("/api/v2/pages?cursor=%21", "cursor"),
        ("/api/v2/pages?sort=colour", "sort"),
        ("/api/v2/pages?status=odd", "status"),
        ("/api/v2/pages?space-id=ENG", "space-id"),
        ("/api/v2/pages?body-format=wiki", "body-format"),
        ("/api/v2/pages/abc", "id"),
    ] {
        let (status, error) = outcome(bed.cloud("service", Method::GET, path)).await;
        assert_eq!(status, 400, "{path}");
        assert_eq!(error["errors"][0]["code"], "INVALID_REQUEST_PARAMETER");
        assert!(error["errors"][0]["title"].as_str().unwrap().contains(part), "{path}: {error}");
    }
    for method in [Method::POST, Method::PUT] {
        let path = if method == Method::POST {
            "/api/v2/pages".to_owned()
        } else {
            format!("/api/v2/pages/{}", bed.id("ENG", "A"))
        };
        let (status, _) = outcome(bed.cloud("service", method, &path).body("{")).await;
        assert_eq!(status, 400);
    }
}
