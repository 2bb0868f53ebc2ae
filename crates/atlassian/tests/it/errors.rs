use atlassian::{BodyFormat, ConfigurationError, ErrorKind, Http, PageUpdate};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse};
use serde_json::json;

use crate::server::{Server, json, options, status};

#[tokio::test]
async fn a_login_page_is_no_page() {
    let login = "<!DOCTYPE html><html><title>Log in</title></html>";
    let server = Server::start(move |number, _| match number {
        0 => Html(login).into_response(),
        1 => {
            (StatusCode::FOUND, [("location", "/login.action?os_destination=%2F")]).into_response()
        }
        _ => ([("content-type", "application/json")], login).into_response(),
    })
    .await;
    let session = server.data_center();
    for _ in 0..3 {
        let error = session.page(&"1".parse().unwrap(), BodyFormat::None).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::HtmlLogin);
    }
}

#[tokio::test]
async fn a_proxys_404_is_no_deleted_page() {
    let page = Html("<html><h1>HTTP Status 404 – Not Found</h1></html>");
    let server = Server::start(move |_, _| (StatusCode::NOT_FOUND, page)).await;
    let id = "1".parse().unwrap();
    for session in [server.cloud(), server.data_center()] {
        let error = session.page(&id, BodyFormat::None).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotConfluence);
        assert_eq!(error.status, Some(404));
    }
}

#[tokio::test]
async fn a_stale_write_names_both_versions() {
    let server = Server::start(|_, _| {
        let title = "Version must be incremented when updating a page. Current Version: [9]. Provided version: [4]";
        let body = json!({"errors": [{"status": 409, "code": "CONFLICT", "title": title}]});
        (StatusCode::CONFLICT, axum::Json(body))
    })
    .await;
    let update =
        PageUpdate { base_version: 3, title: "T".into(), storage: "<p/>".into(), message: None };
    let error = server.cloud().update_page(&"12".parse().unwrap(), &update).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict { current: Some(9), provided: Some(4) });
    assert_eq!((error.method, error.path.as_str()), ("PUT", "/wiki/api/v2/pages/12"));
}

#[tokio::test]
async fn an_anonymous_answer_means_that_the_token_was_not_accepted() {
    let server = Server::start(|_, _| json(json!({"type": "anonymous", "displayName": "A"}))).await;
    for session in [server.cloud(), server.data_center()] {
        let error = session.current_user().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unauthorized);
    }
}

#[tokio::test]
async fn only_a_full_round_of_404_means_not_visible() {
    for (second, expected) in [(404, ErrorKind::NotVisible), (403, ErrorKind::Forbidden)] {
        let server = Server::start(move |_, seen| {
            status(if seen.target().contains("blogposts") { second } else { 404 }, "")
        })
        .await;
        let error = server.cloud().page(&"1".parse().unwrap(), BodyFormat::None).await;
        assert_eq!(error.unwrap_err().kind, expected);
        assert_eq!(server.seen().len(), 2);
    }
}

#[tokio::test]
async fn success_without_the_expected_content_is_unreadable() {
    for body in ["", "null", "[]", "{}", r#"{"id":"abc"}"#, "Everything is fine"] {
        let server = Server::start(move |_, _| {
            ([("content-type", "application/json")], body).into_response()
        })
        .await;
        for session in [server.cloud(), server.data_center()] {
            let error = session.page(&"1".parse().unwrap(), BodyFormat::None).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Unreadable, "{body}");
        }
    }
}

#[test]
fn a_broken_certificate_authority_is_a_configuration_error() {
    for bytes in [&b"nonsense"[..], b"-----BEGIN CERTIFICATE-----\nAAAA", b""] {
        let mut options = options();
        options.extra_ca = vec![bytes.to_vec()];
        let error = Http::new(options).err();
        assert!(
            matches!(
                error,
                Some(ConfigurationError::Certificate(_) | ConfigurationError::Client(_))
            ),
            "{error:?}"
        );
    }
}
