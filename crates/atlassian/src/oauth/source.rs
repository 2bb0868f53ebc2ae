use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::SignedDuration;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use super::endpoint::{Grant, request};
use super::{Clock, OAuthApp, TokenSet, TokenStore, TokenStoreError};
use crate::{Error, ErrorKind, Http, Result};

/// Renewed this long before its end, so that no request leaves with a token that ends on its way.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);

/// Fresh access tokens of one grant; cheap to clone. All sessions of the grant in this process share
/// one, so that one renewal serves them all.
#[derive(Clone)]
pub struct TokenSource(Arc<Inner>);

struct Inner {
    http: Http,
    app: OAuthApp,
    kind: Kind,
    store: Arc<dyn TokenStore>,
    clock: Clock,
    current: RwLock<Option<TokenSet>>,
    renewal: Mutex<Renewal>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Person,
    Service,
}

/// What the last renewal left behind.
#[derive(Default)]
struct Renewal {
    /// A refresh token that the server refused for good: asking with it again helps nobody.
    dead: Option<SecretString>,
}

impl TokenSource {
    /// The grant of a person, whose tokens the store holds.
    pub fn of_person(http: Http, app: OAuthApp, store: Arc<dyn TokenStore>, clock: Clock) -> Self {
        Self::new(http, app, Kind::Person, store, clock)
    }

    /// The grant of an application itself (client credentials): a service account on Cloud or Data
    /// Center. There is no refresh token; a new one is asked for with the secret.
    pub fn of_service(http: Http, app: OAuthApp, store: Arc<dyn TokenStore>, clock: Clock) -> Self {
        Self::new(http, app, Kind::Service, store, clock)
    }

    fn new(
        http: Http,
        app: OAuthApp,
        kind: Kind,
        store: Arc<dyn TokenStore>,
        clock: Clock,
    ) -> Self {
        let (current, renewal) = (RwLock::default(), Mutex::default());
        Self(Arc::new(Inner { http, app, kind, store, clock, current, renewal }))
    }

    /// An access token with at least a minute to live.
    ///
    /// # Errors
    /// [`ErrorKind::ReauthRequired`], [`ErrorKind::AppMisconfigured`],
    /// [`ErrorKind::TokensUnsaved`], or what any request may end in.
    pub async fn access_token(&self) -> Result<SecretString> {
        self.token(None).await
    }

    /// Another access token than the one that the site has just refused.
    pub(crate) async fn instead_of(&self, refused: &SecretString) -> Result<SecretString> {
        self.token(Some(refused)).await
    }

    pub(crate) fn client_id(&self) -> &str {
        &self.0.app.client_id
    }

    async fn token(&self, refused: Option<&SecretString>) -> Result<SecretString> {
        if let Some(token) = self.0.current_serving(refused) {
            return Ok(token);
        }
        // In a task of its own: a caller who leaves must not tear a renewal apart between what the
        // server gave and what the store keeps.
        let (inner, refused) = (self.0.clone(), refused.cloned());
        let renewal = tokio::spawn(async move { inner.renewed(refused.as_ref()).await });
        renewal.await.unwrap_or_else(|error| Err(failed(ErrorKind::Transient, &error.to_string())))
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TokenSource").finish_non_exhaustive()
    }
}

impl Inner {
    async fn renewed(&self, refused: Option<&SecretString>) -> Result<SecretString> {
        let mut renewal = self.renewal.lock().await;
        if let Some(token) = self.current_serving(refused) {
            return Ok(token);
        }
        let _lock = self.store.lock().await.map_err(|error| unsaved(&error))?;
        let stored = self.store.load().await.map_err(|error| unsaved(&error))?;
        // Another process was faster.
        if let Some(stored) = stored.as_ref().filter(|stored| self.serves(stored, refused)) {
            return Ok(self.adopt(stored.clone()));
        }
        let tokens = match self.kind {
            Kind::Service => self.request(&Grant::ClientCredentials).await?,
            Kind::Person => {
                let token = stored.and_then(|stored| stored.refresh_token);
                self.refresh(token.as_ref(), &mut renewal).await?
            }
        };
        self.store.save(&tokens).await.map_err(|error| unsaved(&error))?;
        Ok(self.adopt(tokens))
    }

    async fn refresh(
        &self,
        token: Option<&SecretString>,
        renewal: &mut Renewal,
    ) -> Result<TokenSet> {
        let Some(token) = token else {
            return Err(failed(ErrorKind::ReauthRequired, "there is no refresh token"));
        };
        let is = |dead: &SecretString| dead.expose_secret() == token.expose_secret();
        if renewal.dead.as_ref().is_some_and(is) {
            return Err(failed(ErrorKind::ReauthRequired, "the refresh token was refused before"));
        }
        let tokens = self.request(&Grant::Refresh { token }).await;
        if matches!(&tokens, Err(error) if error.kind == ErrorKind::ReauthRequired) {
            renewal.dead = Some(token.clone());
        }
        tokens
    }

    async fn request(&self, grant: &Grant<'_>) -> Result<TokenSet> {
        request(&self.http, &self.app, &self.clock, grant).await
    }

    fn current_serving(&self, refused: Option<&SecretString>) -> Option<SecretString> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        let serving = current.as_ref().filter(|tokens| self.serves(tokens, refused));
        serving.map(|tokens| tokens.access_token.clone())
    }

    fn serves(&self, tokens: &TokenSet, refused: Option<&SecretString>) -> bool {
        let is_refused = refused
            .is_some_and(|refused| refused.expose_secret() == tokens.access_token.expose_secret());
        !is_refused && tokens.expires_at.duration_since((self.clock)()) > MARGIN
    }

    fn adopt(&self, tokens: TokenSet) -> SecretString {
        let token = tokens.access_token.clone();
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(tokens);
        token
    }
}

fn unsaved(error: &TokenStoreError) -> Error {
    failed(ErrorKind::TokensUnsaved, &error.0)
}

/// Before any request.
fn failed(kind: ErrorKind, detail: &str) -> Error {
    Error { kind, status: None, method: "POST", path: String::new(), detail: detail.to_owned() }
}
