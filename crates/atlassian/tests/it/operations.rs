use atlassian::{BodyFormat, ContentKind, NewPage, PageUpdate, Restriction, RestrictionSubject};
use futures_util::TryStreamExt;
use serde_json::{Value, json};

use crate::server::{Server, json, status};

/// A page as Cloud really answers: null where the specification forbids it, fields that it does
/// not know.
fn cloud_page() -> Value {
    json!({
        "id": "98310", "status": "current", "title": "Deploy <runbook>", "spaceId": "65538",
        "parentId": null, "parentType": null, "position": 57, "authorId": "5b:9",
        "ownerId": "5b:9", "lastOwnerId": null, "subtype": null, "createdAt": "2026-01-01T00:00:00.000Z",
        "version": {"number": 4, "message": "", "minorEdit": false, "authorId": "5b:1",
            "createdAt": "2026-02-03T04:05:06.789Z", "ncsStepVersion": "x"},
        "body": {"storage": {"representation": "storage", "value": "<p>a&nbsp;b</p>"}},
        "labels": {"results": [{"id": "1", "name": "runbook", "prefix": "global"}],
            "meta": {"hasMore": false, "cursor": ""}, "_links": {"self": "/wiki/api/v2/x"}},
        "sourceTemplateEntityId": null,
        "_links": {"editui": "/pages/resumedraft.action?draftId=98310",
            "webui": "/spaces/ENG/pages/98310/Deploy+runbook", "tinyui": "/x/BoAB",
            "base": "https://example.atlassian.net/wiki"}
    })
}

fn data_center_page() -> Value {
    json!({
        "id": "98310", "type": "page", "status": "current", "title": "Deploy <runbook>",
        "space": {"id": 65538, "key": "ENG", "name": "Engineering", "type": "global"},
        "position": -1,
        "ancestors": [
            {"id": "1", "type": "page", "status": "current", "title": "Home"},
            {"id": "2", "type": "page", "status": "current", "title": "Runbooks"}],
        "version": {"by": {"type": "known", "username": "ada", "userKey": "ff8080",
            "displayName": "Ada"}, "when": "2026-02-03T05:05:06.789+0100", "number": 4},
        "metadata": {"labels": {"results": [{"prefix": "global", "name": "runbook", "id": "1"}],
            "start": 0, "limit": 200, "size": 1}, "_expandable": {}},
        "body": {"storage": {"value": "<p>a&nbsp;b</p>", "representation": "storage"}},
        "extensions": {"position": "none"},
        "_links": {"webui": "/display/ENG/Deploy+runbook", "base": "https://wiki.example.com",
            "context": "", "self": "https://wiki.example.com/rest/api/content/98310"}
    })
}

#[tokio::test]
async fn a_page_is_read_in_one_call_on_both_products() {
    let server = Server::start(|_, seen| {
        json(if seen.target().starts_with("/wiki") { cloud_page() } else { data_center_page() })
    })
    .await;
    let id = "98310".parse().unwrap();
    let cloud = server.cloud().page(&id, BodyFormat::Storage).await.unwrap();
    let data_center = server.data_center().page(&id, BodyFormat::Storage).await.unwrap();
    assert_eq!(
        server.targets(),
        [
            "/wiki/api/v2/pages/98310?include-labels=true&include-version=true&body-format=storage",
            "/rest/api/content/98310?expand=space%2Cversion%2Cancestors%2Cmetadata.labels%2Cbody.storage",
        ]
    );
    for page in [&cloud, &data_center] {
        assert_eq!(page.meta.title, "Deploy <runbook>");
        assert_eq!(page.storage.as_deref(), Some("<p>a&nbsp;b</p>"));
        assert_eq!(page.labels.as_deref(), Some(&["runbook".to_owned()][..]));
        assert_eq!((page.meta.kind, page.meta.version), (ContentKind::Page, 4));
        assert_eq!(page.meta.space_id, "65538");
        assert_eq!(page.meta.space_key.as_deref(), Some("ENG"));
        assert_eq!(page.meta.version_at.unwrap().to_string(), "2026-02-03T04:05:06.789Z");
    }
    assert_eq!(
        cloud.meta.url,
        "https://example.atlassian.net/wiki/spaces/ENG/pages/98310/Deploy+runbook"
    );
    assert_eq!((cloud.meta.parent_id, cloud.meta.position), (None, Some(57)));
    assert_eq!(data_center.meta.url, "https://wiki.example.com/display/ENG/Deploy+runbook");
    assert_eq!(data_center.meta.parent_id.as_deref(), Some("2"));
    assert_eq!(data_center.meta.version_by.as_deref(), Some("ff8080"));
    assert_eq!(data_center.ancestors.unwrap()[0].title.as_deref(), Some("Home"));
}

#[tokio::test]
async fn more_labels_than_one_answer_holds_are_fetched() {
    let server = Server::start(|_, seen| {
        if seen.target().contains("/labels") {
            let label = |name: &str| json!({"id": name, "name": name, "prefix": "global"});
            return json(json!({"results": [label("a"), label("b")]}));
        }
        let mut page = cloud_page();
        page["labels"]["meta"]["hasMore"] = true.into();
        json(page)
    })
    .await;
    let page = server.cloud().page(&"98310".parse().unwrap(), BodyFormat::None).await.unwrap();
    assert_eq!(page.labels.unwrap(), ["a", "b"]);
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_blog_post_is_found_by_its_id_alone() {
    let server = Server::start(|_, seen| {
        if seen.target().contains("/pages/") { status(404, "") } else { json(cloud_page()) }
    })
    .await;
    let post = server.cloud().page(&"98310".parse().unwrap(), BodyFormat::None).await.unwrap();
    assert_eq!(post.meta.kind, ContentKind::BlogPost);
}

#[tokio::test]
async fn an_update_names_the_version_after_its_base() {
    let server = Server::start(|_, seen| {
        json(if seen.target().starts_with("/wiki") { cloud_page() } else { data_center_page() })
    })
    .await;
    let update = PageUpdate {
        base_version: 3,
        title: "Deploy".into(),
        storage: "<p/>".into(),
        message: Some("why".into()),
    };
    let id = "98310".parse().unwrap();
    assert_eq!(server.cloud().update_page(&id, &update).await.unwrap().meta.version, 4);
    assert_eq!(server.data_center().update_page(&id, &update).await.unwrap().meta.version, 4);
    let storage = json!({"representation": "storage", "value": "<p/>"});
    let version = json!({"number": 4, "message": "why"});
    let seen = server.seen();
    assert_eq!(
        seen[0].body,
        json!({"id": "98310", "status": "current", "title": "Deploy", "body": storage, "version": version})
    );
    assert_eq!(
        seen[1].body,
        json!({"id": "98310", "type": "page", "title": "Deploy", "body": {"storage": storage}, "version": version})
    );
}

#[tokio::test]
async fn a_new_page_names_its_space_and_parent() {
    let server = Server::start(|_, seen| match (seen.method.as_str(), seen.target()) {
        ("GET", _) => json(json!({"results": [{"id": "65538", "key": "ENG"}]})),
        (_, target) if target.starts_with("/wiki") => json(cloud_page()),
        _ => json(data_center_page()),
    })
    .await;
    let new = NewPage {
        space_key: "ENG".into(),
        parent_id: Some("2".parse().unwrap()),
        title: "Deploy".into(),
        storage: "<p/>".into(),
    };
    server.cloud().create_page(&new).await.unwrap();
    server.data_center().create_page(&new).await.unwrap();
    let seen = server.seen();
    assert_eq!(
        (&seen[1].body["spaceId"], &seen[1].body["parentId"]),
        (&json!("65538"), &json!("2"))
    );
    assert_eq!(seen[2].body["space"], json!({"key": "ENG"}));
    assert_eq!(seen[2].body["ancestors"], json!([{"id": "2"}]));
}

fn subjects(users: std::ops::Range<usize>, limit: usize) -> Value {
    let users: Vec<_> = users.map(|user| json!({"accountId": format!("5b:{user}")})).collect();
    let list = |results: Vec<Value>| json!({"results": results, "limit": limit});
    json!({"operation": "read", "restrictions": {"user": list(users), "group": list(Vec::new())}})
}

#[tokio::test]
async fn a_long_restriction_is_read_to_its_end() {
    let server = Server::start(|_, seen| {
        let start: usize = seen.query("start").unwrap().parse().unwrap();
        json(subjects(start..(start + 100).min(230), 100))
    })
    .await;
    let restriction =
        server.cloud().read_restriction(&"1".parse().unwrap()).await.unwrap().unwrap();
    assert!(restriction.complete);
    assert_eq!(restriction.subjects.len(), 230);
    assert_eq!(restriction.subjects[229], RestrictionSubject::User("5b:229".into()));
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn a_restriction_that_cannot_be_read_whole_is_marked() {
    let endless = Server::start(|_, _| json(subjects(0..100, 100))).await;
    let id = "1".parse().unwrap();
    let restriction = endless.cloud().read_restriction(&id).await.unwrap().unwrap();
    assert_eq!((restriction.complete, restriction.subjects.len()), (false, 100));
    assert_eq!(endless.seen().len(), 2);
    let silent = Server::start(|_, _| json(json!({"operation": "read"}))).await;
    let restriction = silent.data_center().read_restriction(&id).await.unwrap();
    assert_eq!(restriction, Some(Restriction { subjects: Vec::new(), complete: false }));
}

#[tokio::test]
async fn rights_in_bulk_leave_out_or_mark_what_is_not_whole() {
    let content = |id: &str, labels: Value, restrictions: Value| json!({"id": id, "type": "page", "metadata": {"labels": labels}, "restrictions": restrictions});
    let labels = json!({"results": [{"name": "a", "prefix": "global"}], "limit": 200});
    let answer = json!({"results": [
        content("1", labels.clone(), json!({"read": subjects(0..0, 200)})),
        content("2", labels.clone(), json!({"read": subjects(0..1, 200)})),
        content("3", labels.clone(), json!({"read": subjects(0..2, 2)})),
        content("4", labels.clone(), json!({"_expandable": {"read": ""}})),
        content("5", json!({"results": [{"name": "a"}], "limit": 1}), json!({"read": subjects(0..0, 9)})),
        content("6", Value::Null, json!({"read": subjects(0..0, 9)})),
    ]});
    let server = Server::start(move |_, seen| {
        if seen.query("type").as_deref() == Some("blogpost") {
            return json(json!({"results": []}));
        }
        json(answer.clone())
    })
    .await;
    let space = atlassian::Space {
        id: "7".into(),
        key: "E\"NG".into(),
        name: String::new(),
        kind: String::new(),
        url: String::new(),
        homepage_id: None,
    };
    for session in [server.cloud(), server.data_center()] {
        let rights: Vec<_> = session.rights_in_space(&space).try_collect().await.unwrap();
        let complete: Vec<_> = rights
            .iter()
            .map(|rights| {
                let restriction = rights.restriction.as_ref();
                (rights.id.as_str(), restriction.map(|restriction| restriction.complete))
            })
            .collect();
        let expected = [("1", None), ("2", Some(true)), ("3", Some(false)), ("4", Some(false))];
        assert_eq!(complete, expected);
    }
    let cql = server.seen()[0].query("cql").unwrap();
    assert_eq!(cql, r#"space = "E\"NG" and type in (page, blogpost)"#);
}

#[tokio::test]
async fn search_results_become_hits_with_plain_excerpts() {
    let server = Server::start(|number, seen| {
        if number % 2 == 1 {
            return json(json!({"results": []}));
        }
        let mut content = data_center_page();
        content["version"] = Value::Null;
        let page = json!({
            "content": content, "title": "@@@hl@@@Deploy@@@endhl@@@",
            "excerpt": "the @@@hl@@@deploy@@@endhl@@@ of \u{fffd}\u{fffd} R&amp;D",
            "lastModified": "2026-02-03T04:05:06.789Z", "entity": {"type": "page"},
            "resultGlobalContainer": {"title": "Engineering", "displayUrl": "/spaces/ENG"}});
        let person = json!({"user": {"accountId": "5b:1"}, "title": "Ada", "entityType": "user"});
        let note = json!({"content": {"id": "5", "type": "attachment", "title": "x.png"}});
        let next = if seen.target().starts_with("/wiki") {
            "/rest/api/search?next=true&cursor=_sa_W%2F10%3D&limit=3&start=3&cql=type%3Dpage"
        } else {
            "/rest/api/search?limit=3&start=25&cql=type%3Dpage"
        };
        json(json!({"results": [page, person, note], "totalSize": 42, "totalCount": 42,
            "_links": {"next": next, "context": "/wiki", "base": "https://example.atlassian.net/wiki"}}))
    })
    .await;
    for (session, next) in [(server.cloud(), "cursor:_sa_W/10="), (server.data_center(), "start:3")]
    {
        let found = session.search("type = page", 3, None).await.unwrap();
        assert_eq!((found.total, found.next.as_deref()), (Some(42), Some(next)));
        assert_eq!(found.hits.len(), 1);
        let hit = &found.hits[0];
        assert_eq!(hit.excerpt, "the deploy of R&D");
        assert_eq!(hit.breadcrumb, ["Home", "Runbooks"]);
        assert_eq!(hit.meta.parent_id.as_deref(), Some("2"));
        assert!(hit.meta.version_at.is_some());
        let rest = session.search("type = page", 3, found.next.as_deref()).await.unwrap();
        assert_eq!((rest.hits.len(), rest.next), (0, None));
    }
    let seen = server.seen();
    assert_eq!(seen[1].query("cursor").as_deref(), Some("_sa_W/10="));
    assert_eq!(seen[1].query("cql").as_deref(), Some("type = page"));
    assert_eq!(seen[3].query("start").as_deref(), Some("3"));
}

#[tokio::test]
async fn a_cursor_from_elsewhere_is_refused_without_a_request() {
    let server = Server::start(|_, _| json(json!({"results": []}))).await;
    for cursor in ["/rest/api/content/1?expand=body.storage", "25", "start:x"] {
        let error = server.cloud().search("type = page", 3, Some(cursor)).await.unwrap_err();
        assert_eq!((error.kind.code(), error.status), ("atlassian_bad_request", None));
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_title_is_looked_up_in_its_space_only() {
    let server = Server::start(|_, seen| match seen.query("keys").as_deref() {
        Some("ENG") => json(json!({"results": [{"id": "7", "key": "ENG", "name": "E"}]})),
        Some(_) => json(json!({"results": []})),
        None => json(json!({"results": [cloud_page()]})),
    })
    .await;
    let session = server.cloud();
    let found =
        session.page_by_title("ENG", "Deploy <runbook>", BodyFormat::Storage).await.unwrap();
    assert_eq!(found.unwrap().storage.as_deref(), Some("<p>a&nbsp;b</p>"));
    assert_eq!(session.page_by_title("ENG", "Deploy", BodyFormat::None).await.unwrap(), None);
    assert_eq!(session.page_by_title("NOPE", "Deploy", BodyFormat::None).await.unwrap(), None);
    assert_eq!(session.space("NOPE").await.unwrap_err().kind.code(), "atlassian_not_visible");
}
