//! Rate limits over whole listings.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use atlassian::{Credential, ErrorKind, Http, HttpOptions, MemoryTokens, Session, TokenSource};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use futures_util::TryStreamExt;
use serde_json::json;

use crate::realm::{READING, World};
use crate::server::{Server, json, options, user};

#[tokio::test]
async fn points_are_counted_for_the_application_by_what_was_read() {
    let world = World::start().await;
    let (app, store) = (world.cloud_app(&READING), MemoryTokens::default());
    world.grant(&app, &store).await;
    let source = TokenSource::of_person(
        world.http.clone(),
        app.clone(),
        std::sync::Arc::new(store),
        world.clock(),
    );
    let session = Session::new(world.http.clone(), world.gateway(), Credential::Grant(source));
    assert_eq!(world.http.points_spent(&app.client_id), 0);
    let space = session.space("ENG").await.unwrap();
    assert_eq!(world.http.points_spent(&app.client_id), 2);
    let pages: Vec<_> = session.pages_in_space(&space).try_collect().await.unwrap();
    assert_eq!(world.http.points_spent(&app.client_id), 2 + 1 + pages.len() as u64);
}

/// 20 pages of a listing of 50 spaces, with a wall in the middle.
async fn walled(reason: &'static str, after: &'static str, refusals: usize) -> Server {
    let walls = AtomicUsize::new(0);
    Server::start(move |_, seen| {
        let place: usize = seen.query("cursor").map_or(0, |cursor| cursor.parse().unwrap());
        if place == 10 && walls.fetch_add(1, Ordering::SeqCst) < refusals {
            let headers = [("ratelimit-reason", reason), ("retry-after", after)];
            return (StatusCode::TOO_MANY_REQUESTS, headers, "{}").into_response();
        }
        let space = |number: usize| json!({"id": number, "key": format!("S{number}"), "name": "x"});
        let results: Vec<_> = (place * 50..place * 50 + 50).map(space).collect();
        let next = (place < 19).then(|| format!("/wiki/api/v2/spaces?cursor={}", place + 1));
        json(json!({"results": results, "_links": {"next": next}}))
    })
    .await
}

#[tokio::test]
async fn a_quota_wall_holds_a_listing_that_then_goes_on_where_it_was() {
    let server = walled("confluence-quota-global-based", "1", 1).await;
    let session = server.cloud_with(|options| {
        options.max_wait = Duration::ZERO;
        options.max_quota_wait = Duration::from_hours(1);
    });
    let spaces: Vec<_> = session.spaces().try_collect().await.unwrap();
    let ids: Vec<_> = spaces.iter().map(|space| space.id.parse::<usize>().unwrap()).collect();
    assert_eq!(ids, (0..1_000).collect::<Vec<_>>());
    assert_eq!(session.requests(), 21);
}

#[tokio::test]
async fn a_quota_that_is_renewed_too_late_refuses_at_once_without_a_request() {
    let server = walled("confluence-quota-tenant-based", "1800", 1).await;
    let session = server.cloud_with(|_| {});
    let error = session.spaces().try_collect::<Vec<_>>().await.unwrap_err();
    assert!(matches!(error.kind, ErrorKind::RateLimited { .. }), "{error:?}");
    let asked = server.seen().len();
    // Whatever it is, it is of the same application.
    let error = session.current_user().await.unwrap_err();
    let ErrorKind::RateLimited { reason, retry_after } = &error.kind else { panic!("{error:?}") };
    assert_eq!(reason.as_deref(), Some("confluence-quota-tenant-based"));
    assert!(retry_after.is_some_and(|wait| wait > Duration::from_secs(1_700)));
    assert_eq!((error.status, server.seen().len()), (None, asked));
}

#[tokio::test]
async fn a_burst_refuses_its_own_endpoint_alone() {
    let server = Server::start(|_, seen| {
        if seen.target().contains("/spaces") {
            let headers = [("ratelimit-reason", "confluence-burst-based"), ("retry-after", "60")];
            return (StatusCode::TOO_MANY_REQUESTS, headers, "{}").into_response();
        }
        user()
    })
    .await;
    let session = server.cloud();
    for _ in 0..2 {
        let error = session.spaces().try_collect::<Vec<_>>().await.unwrap_err();
        assert!(matches!(error.kind, ErrorKind::RateLimited { .. }), "{error:?}");
    }
    session.current_user().await.unwrap();
    assert_eq!(server.seen().len(), 2, "the second listing was not even asked for");
}

#[tokio::test]
async fn another_client_does_not_wait_for_this_one() {
    let server = walled("confluence-quota-global-based", "1800", 1).await;
    assert!(server.cloud().spaces().try_collect::<Vec<_>>().await.is_err());
    let other = Http::new(HttpOptions { max_attempts: 1, ..options() }).unwrap();
    let credential = Credential::PersonalToken { token: "x".into() };
    let session = Session::new(other, server.cloud().deployment().clone(), credential);
    assert_eq!(session.spaces().try_collect::<Vec<_>>().await.unwrap().len(), 1_000);
}
