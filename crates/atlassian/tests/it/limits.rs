use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use atlassian::{DeploymentKind, ErrorKind};
use axum::body::Body;
use axum::response::IntoResponse;
use futures_util::future::join_all;
use tokio::sync::Barrier;

use crate::server::{Server, options, session, status, user};

/// 64 KiB of spaces, which deflate to a run of zero bits between a head and a tail.
fn gzip_of_64_kib() -> Vec<u8> {
    const HEAD: [u8; 22] =
        [31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 237, 193, 129, 0, 0, 0, 0, 128, 32, 149, 253, 41];
    const TAIL: [u8; 9] = [106, 148, 25, 44, 180, 0, 0, 1, 0];
    [&HEAD[..], &[23, 169, 10], &[0; 63], &TAIL].concat()
}

#[tokio::test]
async fn an_answer_over_the_limit_is_refused_by_its_announced_length() {
    let server = Server::start(|_, _| " ".repeat(2000)).await;
    let session = server.cloud_with(|options| options.max_body = 1999);
    let error = session.current_user().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TooLarge);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn an_answer_over_the_limit_is_refused_while_it_streams() {
    let server = Server::start(|_, _| {
        let endless = std::iter::repeat_with(|| Ok::<_, std::io::Error>(" ".repeat(1024)));
        Body::from_stream(futures_util::stream::iter(endless))
    })
    .await;
    let session = server.cloud_with(|options| options.max_body = 100_000);
    let error = session.current_user().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TooLarge);
}

#[tokio::test]
async fn the_limit_counts_after_decompression() {
    let server = Server::start(|_, seen| {
        assert!(seen.headers["accept-encoding"].to_str().unwrap().contains("gzip"));
        ([("content-encoding", "gzip")], gzip_of_64_kib())
    })
    .await;
    let small = server.cloud_with(|options| options.max_body = 60_000);
    assert_eq!(small.current_user().await.unwrap_err().kind, ErrorKind::TooLarge);
    let large = server.cloud_with(|options| options.max_body = 70_000);
    let error = large.current_user().await.unwrap_err();
    assert_eq!((error.kind, error.detail.as_str()), (ErrorKind::Unreadable, "an empty body"));
}

#[tokio::test]
async fn a_long_refusal_is_read_no_further_than_needed() {
    let server = Server::start(|_, _| {
        let endless = std::iter::repeat_with(|| Ok::<_, std::io::Error>("no ".repeat(1024)));
        let body = Body::from_stream(futures_util::stream::iter(endless));
        (axum::http::StatusCode::BAD_REQUEST, body)
    })
    .await;
    let error = server.cloud().current_user().await.unwrap_err();
    assert!(matches!(error.kind, ErrorKind::BadRequest { .. }), "{error:?}");
    assert!(error.detail.len() < 1000);
}

#[tokio::test]
async fn a_server_that_never_answers_ends_by_the_time_limit() {
    let server = Server::start(|_, _| {
        Body::from_stream(futures_util::stream::pending::<Result<String, std::io::Error>>())
            .into_response()
    })
    .await;
    let session = server.cloud_with(|options| options.request_timeout = Duration::from_millis(50));
    assert_eq!(session.current_user().await.unwrap_err().kind, ErrorKind::TimedOut);
    // Not sent again. On a busy machine the limit may pass before the server has seen it.
    assert_eq!(session.requests(), 1);
}

#[tokio::test]
async fn a_host_that_is_not_there_is_unreachable_at_once() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let session = session(&origin, DeploymentKind::DataCenter, options());
    let error = session.current_user().await.unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Unreachable { .. }), "{error:?}");
    assert_eq!(error.kind.code(), "atlassian_unreachable");
    assert_eq!(session.requests(), 1);
}

#[tokio::test]
async fn no_more_requests_are_under_way_than_allowed() {
    // Each three requests meet before any is answered, so that all three permits are needed.
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (entered, highest, meeting) = (now, most.clone(), Arc::new(Barrier::new(3)));
    let server = Server::start(move |_, _| {
        highest.fetch_max(entered.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        let (left, meeting) = (entered.clone(), meeting.clone());
        let rest = async move {
            meeting.wait().await;
            left.fetch_sub(1, Ordering::SeqCst);
            Ok::<_, std::io::Error>(r#"{"accountId":"5b:1"}"#)
        };
        Body::from_stream(futures_util::stream::once(rest)).into_response()
    })
    .await;
    let session = server.cloud_with(|options| options.concurrency = 3);
    let calls = (0..30).map(|_| session.current_user());
    assert!(join_all(calls).await.iter().all(Result::is_ok));
    assert_eq!(most.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn one_connection_serves_many_requests_refusals_included() {
    let server = Server::start(|number, _| match number % 3 {
        0 => user(),
        1 => status(404, "No user\n"),
        _ => status(503, "busy"),
    })
    .await;
    let session = server.cloud_with(|options| options.max_attempts = 1);
    for _ in 0..9 {
        let _ = session.current_user().await;
    }
    let seen = server.seen();
    assert_eq!(seen.len(), 9);
    assert!(seen.iter().all(|request| request.peer == seen[0].peer));
}
