//! Probes and metrics.

use store::RunState;

use crate::world::World;

#[tokio::test]
async fn probes_answer_without_sign_in() {
    let world = World::new().await;
    let health = world.get("/healthz", &[]).await;
    assert_eq!((health.status, health.text.as_str()), (200, "ok\n"));
    let ready = world.get("/readyz", &[]).await;
    assert_eq!((ready.status, ready.text.as_str()), (200, "ready\n"));
}

#[tokio::test]
async fn metrics_count_requests_by_route_never_by_path() {
    let world = World::new().await;
    world.get("/healthz", &[]).await;
    world.get("/a-path-that-somebody-invented", &[]).await;
    let session = world.session().await;
    let answer = world.get("/metrics", &[("cookie", &session)]).await;
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    let counted = |route: &str| {
        answer.text.lines().any(|line| {
            line.starts_with("weir_http_requests_total")
                && line.contains(&format!("route=\"{route}\""))
        })
    };
    assert!(counted("/healthz") && counted("none"), "{}", answer.text);
    assert!(!answer.text.contains("somebody-invented"));
    assert!(answer.text.contains("weir_http_request_duration_seconds_bucket"));
}

#[tokio::test]
async fn metrics_tell_the_age_of_each_mirror() {
    let world = World::new().await;
    world.connect(Some(RunState::Succeeded)).await;
    world.pass_seconds(90);
    let session = world.session().await;
    let answer = world.get("/metrics", &[("cookie", &session)]).await;
    let age = answer.text.lines().find(|line| line.starts_with("weir_mirror_age_seconds{"));
    assert!(age.is_some_and(|age| age.ends_with(" 90")), "{}", answer.text);
}
