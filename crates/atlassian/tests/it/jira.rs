//! Jira's wire cases that a well-built server never makes, and how requests look.

use atlassian::jira::{
    BulkStatus, IssueFields, IssueSearch, Markup, RichText, Session, StatusCategory, Visibility,
};
use atlassian::{Credential, Deployment, DeploymentKind, ErrorKind, Http, Product};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use futures_util::TryStreamExt;
use serde_json::{Value, json};

use crate::sandboxed::World;
use crate::server::{Server, cut, json as answer, options, status};

const BOTH: [DeploymentKind; 2] = [DeploymentKind::Cloud, DeploymentKind::DataCenter];

fn session(server: &Server, kind: DeploymentKind) -> Session {
    let credential = match kind {
        DeploymentKind::Cloud => {
            Credential::ApiToken { username: "ada@example.com".into(), token: "s3cret".into() }
        }
        DeploymentKind::DataCenter => Credential::PersonalToken { token: "s3cret".into() },
    };
    let base = match kind {
        DeploymentKind::Cloud => server.origin().to_owned(),
        DeploymentKind::DataCenter => format!("{}/jira", server.origin()),
    };
    let deployment = Deployment::new(Product::Jira, &base, Some(kind)).unwrap();
    Session::new(Http::new(options()).unwrap(), deployment, credential)
}

fn query(jql: &str) -> IssueSearch {
    IssueSearch { jql: jql.to_owned(), ..IssueSearch::default() }
}

async fn keys(session: &Session, jql: &str) -> atlassian::Result<Vec<String>> {
    let found: Vec<_> = session.search(query(jql)).try_collect().await?;
    Ok(found.into_iter().filter_map(|issue| issue.key).collect())
}

#[tokio::test]
async fn each_product_is_asked_at_its_own_address() {
    let server = Server::start(|_, _| answer(json!({"id": 1, "key": "A-1"}))).await;
    let [cloud, data_center] = BOTH.map(|kind| session(&server, kind));
    for session in [&cloud, &data_center] {
        session.issue("A-1", &["summary", "labels"], &["names"]).await.unwrap();
        session.issue("a/b?c#d", &[], &[]).await.unwrap();
    }
    assert_eq!(
        server.targets(),
        [
            "/rest/api/3/issue/A-1?fields=summary%2Clabels&expand=names",
            "/rest/api/3/issue/a%2Fb%3Fc%23d",
            "/jira/rest/api/2/issue/A-1?fields=summary%2Clabels&expand=names",
            "/jira/rest/api/2/issue/a%2Fb%3Fc%23d",
        ]
    );
    assert_eq!((cloud.markup(), data_center.markup()), (Markup::Adf, Markup::Wiki));
    let browse = |session: &Session| session.browse("A-1").unwrap().path().to_owned();
    assert_eq!(
        (browse(&cloud), browse(&data_center)),
        ("/browse/A-1".into(), "/jira/browse/A-1".into())
    );
    assert_eq!(cloud.user_field(Some("x")), json!({"accountId": "x"}));
    assert_eq!(data_center.user_field(None), json!({"name": null}));
}

#[tokio::test]
async fn answers_are_read_whatever_they_lack() {
    let server = Server::start(|_, _| {
        answer(json!({
            "id": 7, "key": null, "self": "https://evil.example/rest/api/3/issue/7",
            "fields": {
                "summary": null, "labels": [null, "x", 3], "assignee": {"displayName": "gone"},
                "status": {"name": "Odd", "statusCategory": {"key": "brand-new"}},
                "priority": {"id": 3}, "created": "yesterday", "updated": "2026-11-20T12:00:00.000+0100",
                "description": 5, "issuelinks": [{"id": "1", "type": {}}, {"id": "2",
                    "type": {"name": "Blocks"}, "inwardIssue": {"key": "B-2", "fields": null}}],
                "comment": {"comments": [{"id": 1, "author": null, "body": null,
                    "visibility": {"type": "planet", "value": "Mars"}}]},
                "customfield_99999": {"brand": ["new"]},
            },
        }))
    })
    .await;
    for kind in BOTH {
        let session = session(&server, kind);
        let issue = session.issue("A-7", &[], &[]).await.unwrap();
        assert_eq!((issue.id.as_str(), &issue.key), ("7", &None));
        assert_eq!((issue.summary(), issue.assignee(), issue.description()), (None, None, None));
        assert_eq!(issue.labels(), ["x", "3"]);
        let odd = issue.status().unwrap();
        assert_eq!(odd.category, Some(StatusCategory::Other("brand-new".to_owned())));
        assert_eq!(issue.priority().unwrap().name, "3");
        assert_eq!(issue.created(), None);
        assert_eq!(issue.updated(), "2026-11-20T11:00:00Z".parse().ok());
        let links = issue.links();
        assert_eq!((links.len(), links[0].does.as_str()), (1, "Blocks"));
        let (comments, total) = issue.comments().unwrap();
        assert_eq!((total, &comments[0].author, &comments[0].body), (1, &None, &None));
        let planet = Visibility::Other { kind: "planet".to_owned(), value: "Mars".to_owned() };
        assert_eq!(comments[0].visibility, Some(planet));
        assert_eq!(issue.field("customfield_99999"), Some(&json!({"brand": ["new"]})));
        // Whatever `self` says, the site is asked.
        assert_eq!(session.deployment().base().host_str(), Some("127.0.0.1"));
    }
    assert!(
        server.seen().iter().all(|seen| seen.headers["host"].to_str().unwrap().starts_with("127."))
    );
}

#[tokio::test]
async fn an_answer_without_its_list_is_no_empty_one() {
    for body in [json!({}), json!({"issues": null}), json!({"issues": [{"key": "A-1"}]}), json!([])]
    {
        let shown = body.clone();
        let server = Server::start(move |_, _| answer(body.clone())).await;
        for kind in BOTH {
            let session = session(&server, kind);
            let errors = [
                session.search_page(&query("x = 1"), 5, None).await.unwrap_err(),
                session.comments("A-1").await.unwrap_err(),
                session.transitions("A-1").await.unwrap_err(),
                session.create_issues(&[IssueFields::default()]).await.unwrap_err(),
            ];
            for error in errors {
                assert_eq!(error.kind, ErrorKind::Unreadable, "{shown}");
            }
        }
    }
}

#[tokio::test]
async fn a_search_follows_tokens_to_their_end_and_gives_each_issue_once() {
    let server = Server::start(|number, _| {
        answer(match number {
            0 => json!({"issues": [{"id": "1", "key": "A-1"}], "nextPageToken": "t1", "isLast": false}),
            // A page of issues that may not be seen is empty, and not the end.
            1 => json!({"issues": [], "nextPageToken": "t2"}),
            2 => json!({"issues": [{"id": "1", "key": "A-1"}, {"id": "2", "key": "A-2"}],
                "nextPageToken": "t3", "isLast": true}),
            _ => json!({"issues": [{"id": "9", "key": "A-9"}]}),
        })
    })
    .await;
    let session = session(&server, DeploymentKind::Cloud);
    assert_eq!(keys(&session, "project = A").await.unwrap(), ["A-1", "A-2"]);
    let tokens: Vec<_> = server.seen().iter().map(|seen| seen.query("nextPageToken")).collect();
    assert_eq!(tokens, [None, Some("t1".to_owned()), Some("t2".to_owned())]);
    assert_eq!(server.seen()[0].query("fields").as_deref(), Some("id,key"));
}

#[tokio::test]
async fn a_search_that_leads_to_itself_ends_in_an_error() {
    let server = Server::start(|number, _| {
        answer(json!({"issues": [{"id": number.to_string()}], "nextPageToken": "same"}))
    })
    .await;
    let error = keys(&session(&server, DeploymentKind::Cloud), "a = b").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreadable);
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_search_of_data_center_counts_what_it_was_given() {
    // The server lowers the limit, and the total grows meanwhile.
    let server = Server::start(|number, seen| {
        let start: usize = seen.query("startAt").unwrap().parse().unwrap();
        let ids: Vec<Value> = (start..5.min(start + 2)).map(|id| json!({"id": id})).collect();
        answer(json!({"startAt": start, "maxResults": 2, "total": 4 + number, "issues": ids}))
    })
    .await;
    let session = session(&server, DeploymentKind::DataCenter);
    let found: Vec<_> = session.search(query("a = b")).try_collect().await.unwrap();
    assert_eq!(found.len(), 5);
    let starts: Vec<_> = server.seen().iter().map(|seen| seen.query("startAt").unwrap()).collect();
    assert_eq!(starts, ["0", "2", "4", "5"], "the last page is empty, whatever the total says");
}

#[tokio::test]
async fn reads_are_repeated_after_limits_and_cuts_and_writes_are_not() {
    let server = Server::start(|number, seen| match (seen.method.as_str(), number) {
        ("GET", 0) => {
            (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "0")], "slow down").into_response()
        }
        ("GET", 1) => cut(r#"{"id": "1", "#),
        ("GET", 2) => status(503, "<html>later</html>"),
        ("GET", _) => answer(json!({"id": "1"})),
        _ => (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "7")], "slow down").into_response(),
    })
    .await;
    let session = session(&server, DeploymentKind::Cloud);
    assert_eq!(session.issue("A-1", &[], &[]).await.unwrap().id, "1");
    let error = session.create_issue(&IssueFields::default()).await.unwrap_err();
    assert!(
        matches!(&error.kind, ErrorKind::RateLimited { retry_after: Some(wait), .. } if wait.as_secs() == 7)
    );
    assert_eq!(server.seen().len(), 5);
}

#[tokio::test]
async fn refusals_are_told_apart_and_name_their_fields() {
    let bodies: [(u16, &'static str, ErrorKind); 5] = [
        (410, r#"{"errorMessages":["The requested API has been removed."]}"#, ErrorKind::Gone),
        (404, r#"{"errorMessages":["Issue does not exist"],"errors":{}}"#, ErrorKind::NotVisible),
        (403, r#"{"errorMessages":[null],"errors":null}"#, ErrorKind::Forbidden),
        (401, "Client must be authenticated to access this resource.", ErrorKind::Unauthorized),
        (
            401,
            r#"{"code":401,"message":"Unauthorized; scope does not match"}"#,
            ErrorKind::ScopeMissing { scope: None },
        ),
    ];
    for (code, body, expected) in bodies {
        let server = Server::start(move |_, _| status(code, body)).await;
        for kind in BOTH {
            let error = session(&server, kind).search_page(&query("a = b"), 1, None).await;
            assert_eq!(error.unwrap_err().kind.code(), expected.code(), "{body}");
        }
    }
    let refused =
        r#"{"errorMessages":["Bad."],"errors":{"summary":"Too long.","customfield_1":["a"]}}"#;
    let server = Server::start(move |_, _| status(400, refused)).await;
    let session = session(&server, DeploymentKind::DataCenter);
    let error = session.update_issue("A-1", &IssueFields::default()).await.unwrap_err();
    let fields = match &error.kind {
        ErrorKind::BadRequest { fields, .. } => fields.as_slice(),
        _ => &[],
    };
    let named: Vec<_> =
        fields.iter().map(|one| (one.field.as_str(), one.message.as_str())).collect();
    assert_eq!(named, [("summary", "Too long."), ("customfield_1", r#"["a"]"#)]);
    assert_eq!(error.detail, r#"Bad. summary: Too long. customfield_1: ["a"]"#);
}

#[tokio::test]
async fn histories_come_in_pages_and_their_times_in_three_forms() {
    let server = Server::start(|_, seen| {
        let change = |id: &str, created: Value| json!({"id": id, "created": created, "items": []});
        answer(match seen.body["nextPageToken"].as_str() {
            None => json!({"nextPageToken": "n", "issueChangeLogs": [
                {"issueId": 1, "changeHistories": [change("b", json!(1_795_176_060_000_i64))]},
            ]}),
            Some(_) => json!({"issueChangeLogs": [{"issueId": "1", "changeHistories": [
                change("a", json!(1_795_176_000)), change("c", json!("2026-11-20T12:02:00.000+0000")),
            ]}]}),
        })
    })
    .await;
    let logs =
        session(&server, DeploymentKind::Cloud).changelogs(&["A-1"], &["status"]).await.unwrap();
    assert_eq!(logs.len(), 1);
    let order: Vec<_> = logs[0].changes.iter().map(|change| change.id.as_str()).collect();
    assert_eq!(order, ["a", "b", "c"]);
    assert_eq!(server.seen()[0].body["fieldIds"], json!(["status"]));
}

#[tokio::test]
async fn a_task_may_be_in_a_state_that_nobody_knows() {
    let server = Server::start(|_, _| answer(json!({"status": "DREAMING"}))).await;
    let progress = session(&server, DeploymentKind::Cloud).bulk_progress("1").await.unwrap();
    assert_eq!(progress.status, BulkStatus::Other("DREAMING".to_owned()));
    assert!(!progress.status.is_under_way());
}

#[tokio::test]
async fn a_listing_that_lowers_its_limit_is_read_to_its_end() {
    let server = Server::start(|_, seen| {
        let start: usize = seen.query("startAt").unwrap().parse().unwrap();
        let comments: Vec<Value> = (start..7.min(start + 3)).map(|id| json!({"id": id})).collect();
        answer(json!({"startAt": start, "maxResults": 3, "total": 7, "comments": comments}))
    })
    .await;
    for kind in BOTH {
        assert_eq!(session(&server, kind).comments("A-1").await.unwrap().len(), 7);
    }
    assert_eq!(server.seen().len(), 6);
}

#[tokio::test]
async fn a_search_is_the_same_through_faults() {
    let world = World::start(sandbox::Content::demo()).await;
    for kind in BOTH {
        let session = world.jira(kind, "service");
        world.control().set_faults(sandbox::Faults::default());
        let calm = everything(&session).await;
        let requests = session.requests();
        world.control().set_faults(sandbox::Faults {
            rate_limit_every: Some(5),
            unavailable_every: Some(7),
            cut_every: Some(3),
            ..sandbox::Faults::default()
        });
        assert_eq!(calm, everything(&session).await);
        assert!(session.requests() - requests > requests * 3 / 2, "no fault was met");
    }
    world.control().set_faults(sandbox::Faults::default());
}

/// Everything that reading all issues yields, as text.
async fn everything(session: &Session) -> Vec<String> {
    let mut seen = vec![format!("{:?} {:?}", session.current_user().await, session.fields().await)];
    for project in session.projects(true).await.unwrap() {
        let key = &project.key;
        seen.push(format!("{:?} {:?}", session.project(key).await, session.versions(key).await));
        let jql = format!("project = {key} ORDER BY key");
        for key in keys(session, &jql).await.unwrap() {
            seen.push(format!("{:?}", session.issue(&key, &[], &["changelog"]).await.unwrap()));
            seen.push(format!(
                "{:?} {:?}",
                session.comments(&key).await,
                session.transitions(&key).await
            ));
        }
    }
    seen
}

#[test]
fn texts_are_told_apart_by_their_shape() {
    assert_eq!(RichText::from_value(&json!("*b*")), Some(RichText::Wiki("*b*".to_owned())));
    let document = json!({"type": "doc"});
    assert_eq!(RichText::from_value(&document), Some(RichText::Adf(document)));
    assert_eq!(RichText::from_value(&Value::Null), None);
}
