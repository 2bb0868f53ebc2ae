use reqwest::Method;
use sandbox::Content;
use serde_json::{Value, json};

use crate::support::{Bed, each, outcome};

fn site() -> Content {
    Content::empty()
        .page("ENG", None, "Home", "<p>Welcome</p>")
        .page("ENG", Some("Home"), "Runbook", "<p>Restart the checkout service</p>")
        .folder("ENG", Some("Home"), "Archive of decisions")
        .page("ENG", Some("Archive of decisions"), "Decision 1", "<p>We use Rust</p>")
        .page("ENG", Some("Runbook"), "Pager", "<p>Who is on call</p>")
        .blog_post("ENG", "We shipped", "<p>At last</p>")
}

#[tokio::test]
async fn a_list_goes_on_by_start_and_limit_relative_to_the_context() {
    let bed = Bed::start(site()).await;
    let first = bed.dc("/rest/api/content?spaceKey=ENG&type=page&limit=3").await;
    assert_eq!(each(&first, "title"), ["Home", "Runbook", "Decision 1"]);
    assert_eq!(
        (&first["start"], &first["limit"], &first["size"]),
        (&json!(0), &json!(3), &json!(3))
    );
    assert_eq!(first["_links"]["context"], "/confluence");
    let next = first["_links"]["next"].as_str().unwrap();
    assert_eq!(next, "/rest/api/content?spaceKey=ENG&type=page&limit=3&start=3");
    let second = bed.dc(next).await;
    assert_eq!(each(&second, "title"), ["Pager"]);
    assert_eq!(second["_links"]["next"], Value::Null);
}

#[tokio::test]
async fn the_limit_is_lowered_in_silence() {
    let bed = Bed::start(site()).await;
    let limit = |expand: &str| format!("/rest/api/content?spaceKey=ENG&limit=5000&expand={expand}");
    assert_eq!(bed.dc(&limit("")).await["limit"], 1000);
    assert_eq!(bed.dc(&limit("version")).await["limit"], 200);
    assert_eq!(bed.dc(&limit("body.storage")).await["limit"], 50);
    assert_eq!(bed.dc(&limit("body.export_view")).await["limit"], 25);
}

#[tokio::test]
async fn what_is_not_expanded_is_named_in_expandable() {
    let bed = Bed::start(site()).await;
    let id = bed.id("ENG", "Runbook");
    let page = bed.dc(&format!("/rest/api/content/{id}?expand=version")).await;
    assert_eq!(page["version"]["number"], 1);
    assert_eq!(page["version"]["when"], "2026-11-20T12:00:00.000+0000");
    assert_eq!(page["_expandable"]["body"], "");
    assert_eq!(page["_expandable"]["space"], "/rest/api/space/ENG");
    assert_eq!(page["body"], Value::Null);
    let wanted =
        "body.storage,space,ancestors,metadata.labels,history,restrictions.read.restrictions.user";
    let page = bed.dc(&format!("/rest/api/content/{id}?expand={wanted}")).await;
    assert_eq!(page["body"]["storage"]["value"], "<p>Restart the checkout service</p>");
    assert!(page["space"]["id"].is_number(), "space ids are numbers here");
    assert_eq!(page["ancestors"][0]["title"], "Home");
    assert_eq!(page["metadata"]["labels"]["results"], json!([]));
    assert_eq!(page["restrictions"]["read"]["restrictions"]["user"]["size"], 0);
    assert_eq!(page["history"]["createdBy"]["username"], "administrator");
    assert_eq!(page["_expandable"]["version"], "");
}

#[tokio::test]
async fn a_page_without_expand_comes_with_history_space_and_version() {
    let bed = Bed::start(site()).await;
    let page = bed.dc(&format!("/rest/api/content/{}", bed.id("ENG", "Home"))).await;
    for part in ["history", "space", "version"] {
        assert!(page[part].is_object(), "{part}");
    }
    assert!(page["id"].is_string());
    assert_eq!(page["_links"]["base"], json!(bed.sandbox.access().data_center.url));
}

#[tokio::test]
async fn folders_do_not_exist_and_their_pages_belong_to_the_page_above() {
    let bed = Bed::start(site()).await;
    let home = bed.id("ENG", "Home");
    let children = bed.dc(&format!("/rest/api/content/{home}/child/page")).await;
    assert_eq!(each(&children, "title"), ["Runbook", "Decision 1"]);
    let decision = bed.id("ENG", "Decision 1");
    let page = bed.dc(&format!("/rest/api/content/{decision}?expand=ancestors")).await;
    assert_eq!(page["ancestors"].as_array().unwrap().len(), 1);
    let folder = bed.id("ENG", "Archive of decisions");
    let request =
        bed.data_center("administrator", Method::GET, &format!("/rest/api/content/{folder}"));
    assert_eq!(outcome(request).await.0, 404);
}

#[tokio::test]
async fn a_page_is_created_updated_and_moved() {
    let bed = Bed::start(site()).await;
    let new = json!({"type": "page", "title": "New", "space": {"key": "ENG"},
        "ancestors": [{"id": bed.id("ENG", "Home")}],
        "body": {"storage": {"value": "<p>1</p>", "representation": "storage"}}});
    let (status, page) =
        outcome(bed.data_center("service", Method::POST, "/rest/api/content").json(&new)).await;
    assert_eq!(status, 200, "{page}");
    let id = page["id"].as_str().unwrap();
    let path = format!("/rest/api/content/{id}");
    let edit = |number: u32| {
        json!({"id": id, "type": "page", "title": "New", "version": {"number": number},
            "ancestors": [{"id": bed.id("ENG", "Runbook")}],
            "body": {"storage": {"value": "<p>2</p>", "representation": "storage"}}})
    };
    let put = |number| bed.data_center("service", Method::PUT, &path).json(&edit(number));
    let (status, error) = outcome(put(1)).await;
    assert_eq!((status, &error["reason"]), (409, &json!("Conflict")));
    assert_eq!(error["message"], "Version must be incremented on update. Current version is: 1");
    assert_eq!(outcome(put(2)).await.0, 200);
    let page = bed
        .dc(&format!("{path}?expand=ancestors,body.storage,version,history.previousVersion"))
        .await;
    assert_eq!(page["ancestors"][1]["title"], "Runbook");
    assert_eq!(page["body"]["storage"]["value"], "<p>2</p>");
    assert_eq!(page["history"]["previousVersion"]["number"], 1);
    let old = bed.dc(&format!("{path}?version=1&status=historical&expand=body.storage")).await;
    assert_eq!(
        (&old["body"]["storage"]["value"], &old["status"]),
        (&json!("<p>1</p>"), &json!("historical"))
    );
}

#[tokio::test]
async fn the_trash_is_seen_only_when_asked_for() {
    let bed = Bed::start(site()).await;
    let path = format!("/rest/api/content/{}", bed.id("ENG", "Pager"));
    assert_eq!(outcome(bed.data_center("service", Method::DELETE, &path)).await.0, 204);
    assert_eq!(outcome(bed.data_center("service", Method::GET, &path)).await.0, 404);
    assert_eq!(bed.dc(&format!("{path}?status=any")).await["status"], "trashed");
    let restore = json!({"status": "current", "version": {"number": 2}});
    let (status, _) = outcome(bed.data_center("service", Method::PUT, &path).json(&restore)).await;
    assert_eq!(status, 200);
    assert_eq!(bed.dc(&path).await["status"], "current");
    assert_eq!(outcome(bed.data_center("service", Method::DELETE, &path)).await.0, 204);
    let purge = format!("{path}?status=trashed");
    assert_eq!(outcome(bed.data_center("service", Method::DELETE, &purge)).await.0, 204);
    assert_eq!(
        outcome(bed.data_center("service", Method::GET, &format!("{path}?status=any"))).await.0,
        404
    );
}

#[tokio::test]
async fn a_scan_goes_on_by_cursor() {
    let bed = Bed::start(site()).await;
    let mut path = "/rest/api/content/scan?spaceKey=ENG&limit=2&expand=version".to_owned();
    let mut titles = Vec::new();
    loop {
        let list = bed.dc(&path).await;
        titles.extend(each(&list, "title").into_iter().map(str::to_owned));
        match list["_links"]["next"].as_str() {
            Some(next) => {
                assert!(list["nextCursor"].as_str().unwrap().starts_with("content:false:"));
                next.clone_into(&mut path);
            }
            None => break,
        }
    }
    assert_eq!(titles, ["Home", "Runbook", "Decision 1", "Pager"]);
}

#[tokio::test]
async fn relevant_view_restrictions_hold_the_inherited_ones() {
    let bed = Bed::start(site()).await;
    let service = bed.account("service").account_id.clone();
    bed.control().restrict(&bed.id("ENG", "Runbook"), &[&service], &[]);
    let pager = bed.id("ENG", "Pager");
    bed.control().restrict(&pager, &[], &["confluence-users"]);
    let path = format!("/rest/api/content/{pager}/restriction/relevantViewRestrictions");
    let list = bed.dc(&path).await;
    let users = &list["results"][1]["restrictions"]["user"]["results"];
    assert_eq!(users[0]["userKey"], json!(bed.account("service").user_key));
    assert_eq!(
        list["results"][0]["restrictions"]["group"]["results"][0]["name"],
        "confluence-users"
    );
    let direct = bed.dc(&format!("/rest/api/content/{pager}/restriction/byOperation")).await;
    assert_eq!(direct["read"]["restrictions"]["user"]["size"], 0);
    assert_eq!(direct["read"]["restrictions"]["group"]["size"], 1);
}

#[tokio::test]
async fn comments_are_children_with_a_location() {
    let bed = Bed::start(site()).await;
    let home = bed.id("ENG", "Home");
    let new = json!({"type": "comment", "container": {"id": home, "type": "page"},
        "body": {"storage": {"value": "<p>Nice</p>", "representation": "storage"}}});
    let (status, comment) =
        outcome(bed.data_center("reader", Method::POST, "/rest/api/content").json(&new)).await;
    assert_eq!(status, 200, "{comment}");
    let list = bed
        .dc(&format!(
            "/rest/api/content/{home}/child/comment?expand=body.storage,extensions&depth=all"
        ))
        .await;
    assert_eq!(list["results"][0]["body"]["storage"]["value"], "<p>Nice</p>");
    assert_eq!(list["results"][0]["extensions"]["location"], "footer");
}

#[tokio::test]
async fn spaces_people_and_the_server_introduce_themselves() {
    let bed = Bed::start(site()).await;
    let spaces = bed.dc("/rest/api/space?limit=10&expand=homepage").await;
    assert_eq!(spaces["results"][0]["key"], "ENG");
    let space = bed.dc("/rest/api/space/ENG?expand=description.plain").await;
    assert_eq!(space["description"]["plain"]["representation"], "plain");
    let me = bed.dc("/rest/api/user/current").await;
    assert_eq!(me["userKey"], json!(bed.account("service").user_key));
    assert_eq!(me["accountId"], Value::Null);
    assert_eq!(bed.dc("/rest/api/server-information").await["version"], "10.2.14");
    let (status, error) =
        outcome(bed.data_center("service", Method::GET, "/rest/api/space/NOPE")).await;
    assert_eq!(status, 404);
    assert_eq!(error["message"], "No space with key : NOPE");
    assert_eq!(error["data"]["successful"], false);
    assert_eq!(error["reason"], "Not Found");
}

#[tokio::test]
async fn a_username_with_the_token_as_password_is_accepted_too() {
    let bed = Bed::start(site()).await;
    let account = bed.account("reader").clone();
    let url = format!("{}/rest/api/user/current", bed.sandbox.access().data_center.url);
    let request = bed.bare(&url).basic_auth(&account.username, Some(&account.personal_token));
    let (status, me) = outcome(request).await;
    assert_eq!((status, &me["username"]), (200, &json!("reader")));
}
