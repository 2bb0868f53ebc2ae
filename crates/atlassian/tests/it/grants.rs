//! OAuth grants over their whole life.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use atlassian::{
    ConsentError, Credential, ErrorKind, MemoryTokens, OAuthApp, Session, TokenLock, TokenSet,
    TokenSource, TokenStore, TokenStoreError,
};
use futures_util::future::{BoxFuture, join_all};
use secrecy::ExposeSecret;
use tokio::sync::Barrier;

use crate::realm::{READING, World};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// A process: its own source over a store that others share.
fn session(world: &World, app: &OAuthApp, store: impl TokenStore + 'static) -> Session {
    let (http, clock) = (world.http.clone(), world.clock());
    let source = TokenSource::of_person(http.clone(), app.clone(), Arc::new(store), clock);
    Session::new(http, world.gateway(), Credential::Grant(source))
}

async fn granted(world: &World) -> (OAuthApp, MemoryTokens) {
    let (app, store) = (world.cloud_app(&READING), MemoryTokens::default());
    world.grant(&app, &store).await;
    (app, store)
}

async fn kind(session: &Session) -> Result<(), ErrorKind> {
    session.space("ENG").await.map(|_| ()).map_err(|error| error.kind)
}

#[tokio::test]
async fn a_grant_is_renewed_by_itself_and_survives_restarts() {
    let world = World::start().await;
    let (app, store) = granted(&world).await;
    for restart in 1..=3 {
        let session = session(&world, &app, store.clone());
        kind(&session).await.unwrap();
        assert_eq!(world.token_requests(), restart);
        // A minute before its end a token is not used any more.
        world.pass(HOUR - 59);
    }
    let tokens = store.load().await.unwrap().unwrap();
    assert!(tokens.scopes.contains(&"read:page:confluence".to_owned()), "{:?}", tokens.scopes);
}

#[tokio::test]
async fn two_hundred_calls_with_one_expired_token_cause_one_refresh() {
    let world = World::start().await;
    let (app, store) = granted(&world).await;
    let session = session(&world, &app, store);
    kind(&session).await.unwrap();
    world.pass(2 * HOUR);
    let calls = join_all((0..200).map(|_| kind(&session))).await;
    assert!(calls.iter().all(Result::is_ok));
    assert_eq!(world.token_requests(), 2, "the code, and one refresh");
}

#[tokio::test]
async fn a_token_that_the_site_refuses_early_is_renewed_once_for_all() {
    let world = World::start().await;
    let (app, store) = granted(&world).await;
    let mut tokens = store.load().await.unwrap().unwrap();
    tokens.access_token = "stale".into();
    store.save(&tokens).await.unwrap();
    let session = session(&world, &app, store);
    let calls = join_all((0..50).map(|_| kind(&session))).await;
    assert!(calls.iter().all(Result::is_ok), "{calls:?}");
    assert_eq!(world.token_requests(), 2);
}

#[tokio::test]
async fn a_missing_scope_spends_no_refresh_token() {
    let world = World::start().await;
    let app = world.cloud_app(&["read:space:confluence", "offline_access"]);
    let store = MemoryTokens::default();
    world.grant(&app, &store).await;
    let session = session(&world, &app, store);
    let error = session.labels(&"1".parse().unwrap()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::ScopeMissing { scope: Some("read:page:confluence") });
    assert_eq!(world.token_requests(), 1);
}

#[tokio::test]
async fn a_token_that_another_process_has_renewed_is_taken_from_the_store() {
    let world = World::start().await;
    let (app, store) = granted(&world).await;
    let (one, other) = (session(&world, &app, store.clone()), session(&world, &app, store));
    kind(&one).await.unwrap();
    kind(&other).await.unwrap();
    world.pass(2 * HOUR);
    let (first, second) = tokio::join!(kind(&one), kind(&other));
    assert_eq!((first, second), (Ok(()), Ok(())));
    assert_eq!(world.token_requests(), 2);
    // Past the leeway, where a second use of the old refresh token would have ended the grant.
    world.pass(2 * HOUR);
    kind(&other).await.unwrap();
    kind(&one).await.unwrap();
    assert_eq!(world.token_requests(), 3);
}

/// Dies between what the server gave and what it keeps, once.
#[derive(Clone)]
struct Crashing {
    kept: MemoryTokens,
    crash: Arc<AtomicBool>,
}

impl TokenStore for Crashing {
    fn lock(&self) -> BoxFuture<'_, Result<TokenLock, TokenStoreError>> {
        self.kept.lock()
    }

    fn load(&self) -> BoxFuture<'_, Result<Option<TokenSet>, TokenStoreError>> {
        self.kept.load()
    }

    fn save<'a>(&'a self, tokens: &'a TokenSet) -> BoxFuture<'a, Result<(), TokenStoreError>> {
        if self.crash.swap(false, Ordering::SeqCst) {
            let error = TokenStoreError("the disk is full".to_owned());
            return Box::pin(std::future::ready(Err(error)));
        }
        self.kept.save(tokens)
    }
}

#[tokio::test]
async fn a_crash_between_receiving_and_keeping_loses_no_grant() {
    let world = World::start().await;
    let (app, kept) = granted(&world).await;
    let store = Crashing { kept, crash: Arc::new(AtomicBool::new(true)) };
    world.pass(2 * HOUR);
    let before = session(&world, &app, store.clone());
    // What was received is not used: nobody would know it after a restart.
    assert_eq!(kind(&before).await, Err(ErrorKind::TokensUnsaved));
    world.pass(9 * 60);
    let after = session(&world, &app, store);
    kind(&after).await.unwrap();
    // The grant lives on, past the leeway of the token that was spent twice.
    world.pass(2 * HOUR);
    kind(&after).await.unwrap();
}

/// Holds a renewal up between what the server gave and what it keeps.
struct Slow {
    kept: MemoryTokens,
    saving: Arc<Barrier>,
}

impl TokenStore for Slow {
    fn lock(&self) -> BoxFuture<'_, Result<TokenLock, TokenStoreError>> {
        self.kept.lock()
    }

    fn load(&self) -> BoxFuture<'_, Result<Option<TokenSet>, TokenStoreError>> {
        self.kept.load()
    }

    fn save<'a>(&'a self, tokens: &'a TokenSet) -> BoxFuture<'a, Result<(), TokenStoreError>> {
        Box::pin(async move {
            self.saving.wait().await;
            self.saving.wait().await;
            self.kept.save(tokens).await
        })
    }
}

#[tokio::test]
async fn a_caller_who_leaves_does_not_tear_a_renewal_apart() {
    let world = World::start().await;
    let (app, kept) = granted(&world).await;
    let old = kept.load().await.unwrap().unwrap().refresh_token.unwrap();
    world.pass(2 * HOUR);
    let saving = Arc::new(Barrier::new(2));
    let session = session(&world, &app, Slow { kept: kept.clone(), saving: saving.clone() });
    let call = tokio::spawn(async move { kind(&session).await });
    saving.wait().await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    saving.wait().await;
    let _until_it_is_done = kept.lock().await.unwrap();
    let kept = kept.load().await.unwrap().unwrap();
    assert_ne!(kept.refresh_token.unwrap().expose_secret(), old.expose_secret());
}

#[tokio::test]
async fn a_wrong_secret_is_the_applications_fault_and_spends_nothing() {
    let world = World::start().await;
    let (app, store) = granted(&world).await;
    world.pass(2 * HOUR);
    let wrong = OAuthApp { client_secret: "wrong".into(), ..app.clone() };
    let misconfigured = session(&world, &wrong, store.clone());
    assert_eq!(kind(&misconfigured).await, Err(ErrorKind::AppMisconfigured));
    kind(&session(&world, &app, store)).await.unwrap();
}

#[tokio::test]
async fn an_ended_grant_asks_for_consent_and_is_not_asked_for_again_and_again() {
    let world = World::start().await;
    let (app, store) = granted(&world).await;
    let session = session(&world, &app, store.clone());
    kind(&session).await.unwrap();
    world.sandbox.control().revoke_grants();
    assert_eq!(kind(&session).await, Err(ErrorKind::ReauthRequired));
    let asked = world.token_requests();
    assert_eq!(kind(&session).await, Err(ErrorKind::ReauthRequired));
    assert_eq!(world.token_requests(), asked);
    // Consenting again is all it takes; the session goes on.
    world.grant(&app, &store).await;
    kind(&session).await.unwrap();
}

#[tokio::test]
async fn a_grant_ends_by_age_and_by_idleness() {
    let world = World::start().await;
    for (steps, expected) in [
        (&[91 * DAY][..], Err(ErrorKind::ReauthRequired)),
        (&[89 * DAY], Ok(())),
        (&[80 * DAY, 80 * DAY, 80 * DAY, 80 * DAY], Ok(())),
        (&[80 * DAY, 80 * DAY, 80 * DAY, 80 * DAY, 80 * DAY], Err(ErrorKind::ReauthRequired)),
    ] {
        let (app, store) = granted(&world).await;
        let session = session(&world, &app, store);
        let mut last = Ok(());
        for step in steps {
            world.pass(*step);
            last = kind(&session).await;
        }
        assert_eq!(last, expected, "{steps:?}");
    }
}

#[tokio::test]
async fn a_spent_refresh_token_ends_the_whole_family_after_the_leeway() {
    let world = World::start().await;
    let (app, store) = granted(&world).await;
    let stolen = MemoryTokens::default();
    stolen.save(&store.load().await.unwrap().unwrap()).await.unwrap();
    world.pass(2 * HOUR);
    let owner = session(&world, &app, store);
    kind(&owner).await.unwrap();
    world.pass(11 * 60);
    assert_eq!(kind(&session(&world, &app, stolen)).await, Err(ErrorKind::ReauthRequired));
    assert_eq!(kind(&owner).await, Err(ErrorKind::ReauthRequired));
}

#[tokio::test]
async fn a_new_consent_replaces_the_scopes_of_the_old_one() {
    let world = World::start().await;
    let (app, store) = granted(&world).await;
    let session = session(&world, &app, store);
    kind(&session).await.unwrap();
    let fewer = world.cloud_app(&["read:page:confluence"]);
    let tokens = world.tokens(&fewer, "service").await;
    assert!(tokens.refresh_token.is_none(), "nobody asked for offline_access");
    let missing = ErrorKind::ScopeMissing { scope: Some("read:space:confluence") };
    assert_eq!(kind(&session).await, Err(missing));
}

#[tokio::test]
async fn consent_that_is_declined_or_forged_leads_to_no_tokens() {
    let world = World::start().await;
    let app = world.cloud_app(&READING);
    let consent = world.consent(&app);
    let back = world.decide(&consent, "service", "cancel").await;
    assert_eq!(consent.code(&back).map(|_| ()), Err(ConsentError::Declined));

    // A code that was caught on its way is worth nothing without the verifier.
    let caught = world.consent(&app);
    let code = caught.code(&world.decide(&caught, "service", "accept").await).unwrap();
    let mine = world.consent(&app);
    let error = app.exchange(&world.http, &world.clock(), &mine, &code).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::ReauthRequired);
}

#[tokio::test]
async fn a_service_account_asks_with_its_secret_each_hour() {
    let world = World::start().await;
    let store = Arc::new(MemoryTokens::default());
    let (http, clock) = (world.http.clone(), world.clock());
    let source = TokenSource::of_service(http.clone(), world.service_app(), store, clock.clone());
    let session = Session::new(http.clone(), world.gateway(), Credential::Grant(source));
    for hour in 1..=2 {
        kind(&session).await.unwrap();
        kind(&session).await.unwrap();
        assert_eq!(world.token_requests(), hour);
        world.pass(HOUR);
    }
    let wrong = OAuthApp { client_secret: "wrong".into(), ..world.service_app() };
    let source =
        TokenSource::of_service(http.clone(), wrong, Arc::new(MemoryTokens::default()), clock);
    let session = Session::new(http, world.gateway(), Credential::Grant(source));
    assert_eq!(kind(&session).await, Err(ErrorKind::AppMisconfigured));
}

#[tokio::test]
async fn a_grant_of_data_center_is_renewed_with_its_redirect_address() {
    let world = World::start().await;
    let (app, store) = (world.data_center_app(&["READ"]), MemoryTokens::default());
    world.grant(&app, &store).await;
    let (http, clock) = (world.http.clone(), world.clock());
    let shared = Arc::new(store.clone());
    let source = TokenSource::of_person(http.clone(), app.clone(), shared, clock.clone());
    let session = Session::new(http.clone(), world.data_center(), Credential::Grant(source));
    kind(&session).await.unwrap();
    world.pass(2 * HOUR);
    kind(&session).await.unwrap();

    world.pass(2 * HOUR);
    let elsewhere = OAuthApp { redirect_uri: "http://localhost:9/other".to_owned(), ..app };
    let source = TokenSource::of_person(http.clone(), elsewhere, Arc::new(store), clock);
    let session = Session::new(http, world.data_center(), Credential::Grant(source));
    assert_eq!(kind(&session).await, Err(ErrorKind::ReauthRequired));
}
