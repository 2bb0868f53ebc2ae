use atlassian::{Credential, ErrorKind, Http, Session};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use futures_util::TryStreamExt;
use serde_json::json;

use crate::server::{Server, json, options, status, user};

#[tokio::test]
async fn each_deployment_gets_its_form_of_credential() {
    let server = Server::start(|_, _| user()).await;
    server.cloud().current_user().await.unwrap();
    server.data_center().current_user().await.unwrap();
    let seen = server.seen();
    assert_eq!(seen[0].target(), "/wiki/rest/api/user/current");
    assert_eq!(seen[0].headers["authorization"], "Basic YWRhQGV4YW1wbGUuY29tOnMzY3JldA==");
    assert_eq!(seen[1].target(), "/rest/api/user/current");
    assert_eq!(seen[1].headers["authorization"], "Bearer s3cret");
    assert_eq!(seen[1].headers["x-atlassian-token"], "no-check");
}

#[tokio::test]
async fn a_redirect_takes_nothing_to_another_host() {
    let other = Server::start(|_, _| user()).await;
    for code in [StatusCode::FOUND, StatusCode::MOVED_PERMANENTLY, StatusCode::TEMPORARY_REDIRECT] {
        let location = format!("{}/elsewhere?token=1", other.origin());
        let server = Server::start(move |_, _| (code, [("location", location.clone())])).await;
        let error = server.cloud().current_user().await.unwrap_err();
        let to = format!("{}/elsewhere", other.origin());
        assert_eq!(error.kind, ErrorKind::Redirected { to });
    }
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn a_link_to_another_host_is_not_followed() {
    let other = Server::start(|_, _| json(json!({"results": []}))).await;
    for path in ["/wiki/api/v2/spaces?cursor=1", "/wiki/rest/api/content/search?cursor=1"] {
        let next = format!("{}{path}", other.origin());
        let server = Server::start(move |_, _| {
            let space = json!({"id": "7", "key": "ENG", "name": "Engineering"});
            json(json!({"results": [space], "_links": {"next": next}}))
        })
        .await;
        let error = server.cloud().spaces().try_collect::<Vec<_>>().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::ForeignLink);
    }
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn the_secret_shows_in_no_error() {
    let answers: [fn() -> axum::response::Response; 4] = [
        || status(401, "Unauthorized"),
        || status(500, "boom"),
        || (StatusCode::FOUND, [("location", "/login")]).into_response(),
        || status(200, "not json"),
    ];
    for answer in answers {
        let server = Server::start(move |_, _| answer()).await;
        for session in [server.cloud(), server.data_center()] {
            let error = session.search("text ~ \"payroll\"", 5, None).await.unwrap_err();
            let shown = format!("{error} {error:?} {} {}", error.kind.code(), error.kind.hint());
            for hidden in ["s3cret", "YWRhQ", "payroll"] {
                assert!(!shown.contains(hidden), "{shown}");
            }
        }
    }
}

#[tokio::test]
async fn a_token_that_fits_into_no_header_is_refused_without_a_request() {
    let server = Server::start(|_, _| user()).await;
    let deployment = server.data_center().deployment().clone();
    let credential = Credential::PersonalToken { token: "two\nlines".into() };
    let session = Session::new(Http::new(options()).unwrap(), deployment, credential);
    let error = session.current_user().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unauthorized);
    assert!(!format!("{error:?}").contains("lines"));
    assert!(server.seen().is_empty());
}
