use std::time::Duration;

use atlassian::{ErrorKind, NewPage, PageUpdate};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::json;

use crate::server::{Server, cut, json, status, user};

#[tokio::test]
async fn a_read_is_sent_again_after_each_failure_that_may_pass() {
    let server = Server::start(|number, _| match number {
        0 => (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "0")]).into_response(),
        1 => status(503, "busy"),
        2 => status(502, "<html>bad gateway</html>"),
        3 => status(504, ""),
        4 => cut(r#"{"accountId":"#),
        5 => (StatusCode::OK, [("content-type", "application/json")], r#"{"accountId":"5"#)
            .into_response(),
        _ => user(),
    })
    .await;
    let session = server.cloud_with(|options| options.max_attempts = 7);
    assert_eq!(session.current_user().await.unwrap().account, "5b:1");
    assert_eq!(session.requests(), 7);
}

#[tokio::test]
async fn attempts_end() {
    let server = Server::start(|_, _| status(503, "busy")).await;
    let session = server.cloud();
    let error = session.current_user().await.unwrap_err();
    assert_eq!((error.kind, error.status), (ErrorKind::Transient, Some(503)));
    assert_eq!(server.seen().len(), 4);
    assert_eq!(session.requests(), 4);
}

#[tokio::test]
async fn an_answer_that_is_always_cut_is_an_error() {
    let server = Server::start(|_, _| cut(r#"{"results":[]}"#)).await;
    let error = server.cloud().space("ENG").await.unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Unreachable { .. }), "{error:?}");
    assert_eq!(server.seen().len(), 4);
}

#[tokio::test]
async fn a_wait_beyond_the_ceiling_is_told_instead_of_waited() {
    let server = Server::start(|_, _| {
        let headers = [
            ("retry-after", "Fri, 20 Nov 2026 15:00:00 GMT"),
            ("date", "Fri, 20 Nov 2026 14:00:00 GMT"),
            ("ratelimit-reason", "confluence-quota-global-based"),
        ];
        (StatusCode::TOO_MANY_REQUESTS, headers)
    })
    .await;
    let error = server.cloud().current_user().await.unwrap_err();
    let expected = ErrorKind::RateLimited {
        reason: Some("confluence-quota-global-based".into()),
        retry_after: Some(Duration::from_hours(1)),
    };
    assert_eq!(error.kind, expected);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn what_cannot_pass_by_itself_is_not_sent_again() {
    for refusal in [400, 401, 403, 404, 410, 500] {
        let server = Server::start(move |_, _| status(refusal, "")).await;
        server.cloud().current_user().await.unwrap_err();
        assert_eq!(server.seen().len(), 1, "{refusal}");
    }
}

#[tokio::test]
async fn writes_are_never_sent_twice() {
    let server = Server::start(|_, seen| match seen.method.as_str() {
        "GET" => json(json!({"results": [{"id": "7", "key": "ENG"}]})),
        _ => status(503, "busy"),
    })
    .await;
    let update =
        PageUpdate { base_version: 3, title: "T".into(), storage: "<p/>".into(), message: None };
    let new = NewPage {
        space_key: "ENG".into(),
        parent_id: None,
        title: "T".into(),
        storage: "<p/>".into(),
    };
    for session in [server.cloud(), server.data_center()] {
        let id = "12".parse().unwrap();
        assert_eq!(session.update_page(&id, &update).await.unwrap_err().kind, ErrorKind::Transient);
        assert_eq!(session.create_page(&new).await.unwrap_err().kind, ErrorKind::Transient);
    }
    let methods: Vec<_> = server.seen().iter().map(|seen| seen.method.to_string()).collect();
    assert_eq!(methods, ["PUT", "GET", "POST", "PUT", "POST"]);
}
