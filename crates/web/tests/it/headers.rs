//! What stands on every answer.

use crate::world::World;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; \
     base-uri 'none'";

#[tokio::test]
async fn every_answer_carries_the_policy() {
    let world = World::new().await;
    for path in ["/", "/healthz", "/mcp", "/api/v1/overview", "/sign-in", "/assets/x/weir.css"] {
        let answer = world.get(path, &[]).await;
        assert_eq!(answer.header("content-security-policy"), POLICY, "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert_eq!(answer.header("referrer-policy"), "same-origin");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(answer.header("strict-transport-security"), "", "only over TLS");
    }
}

#[tokio::test]
async fn refusals_are_not_kept_by_anybody() {
    let world = World::new().await;
    for path in ["/", "/mcp", "/api/v1/overview", "/no-such-page"] {
        assert_eq!(world.get(path, &[]).await.header("cache-control"), "no-store", "{path}");
    }
}

#[tokio::test]
async fn each_answer_has_a_number_of_our_own() {
    let world = World::new().await;
    let first = world.get("/healthz", &[("x-request-id", "theirs")]).await;
    let second = world.get("/healthz", &[]).await;
    assert_eq!(first.header("x-request-id").len(), 36);
    assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
}
