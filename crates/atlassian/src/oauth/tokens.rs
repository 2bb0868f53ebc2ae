use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;

/// What a grant is made of at one time. No secret of it shows in `Debug` output.
#[derive(Clone, Debug, Deserialize)]
pub struct TokenSet {
    /// Opens the interfaces.
    pub access_token: SecretString,
    /// Makes the next set; spent by that, except for ten minutes on Cloud.
    pub refresh_token: Option<SecretString>,
    /// When the access token ends.
    pub expires_at: Timestamp,
    /// What the tokens allow, as far as the server said.
    pub scopes: Vec<String>,
}

impl TokenSet {
    /// The whole set as JSON, secrets included: for a [`TokenStore`] that seals it.
    pub fn to_json(&self) -> SecretString {
        let refresh_token = self.refresh_token.as_ref().map(ExposeSecret::expose_secret);
        json!({
            "access_token": self.access_token.expose_secret(),
            "refresh_token": refresh_token,
            "expires_at": self.expires_at,
            "scopes": self.scopes,
        })
        .to_string()
        .into()
    }

    /// Reads what [`TokenSet::to_json`] wrote.
    ///
    /// # Errors
    /// Text that is none.
    pub fn from_json(json: &SecretString) -> Result<Self, TokenStoreError> {
        // serde's text could quote what it read.
        serde_json::from_str(json.expose_secret())
            .map_err(|_| TokenStoreError("the stored tokens cannot be read".to_owned()))
    }
}

/// The tokens could not be read, kept or locked. The text holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TokenStoreError(pub String);

/// Held while a grant is renewed; dropping it lets the next one in.
pub type TokenLock = Box<dyn Send + Sync>;

/// Where the tokens of one grant are kept. This crate keeps none: its caller seals them.
///
/// A rotated refresh token is worth nothing once its successor was used, so one process renews at a
/// time, under the lock, and what is received is saved before it is used.
pub trait TokenStore: Send + Sync {
    /// Waits until no other task or process renews this grant.
    fn lock(&self) -> BoxFuture<'_, Result<TokenLock, TokenStoreError>>;
    /// What was saved last, by whomever.
    fn load(&self) -> BoxFuture<'_, Result<Option<TokenSet>, TokenStoreError>>;
    /// Keeps the set so that it survives the end of the process.
    fn save<'a>(&'a self, tokens: &'a TokenSet) -> BoxFuture<'a, Result<(), TokenStoreError>>;
}

/// Tokens of this process alone: for grants that need no memory, as those of client credentials.
#[derive(Clone, Default)]
pub struct MemoryTokens {
    kept: Arc<Mutex<Option<TokenSet>>>,
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl TokenStore for MemoryTokens {
    fn lock(&self) -> BoxFuture<'_, Result<TokenLock, TokenStoreError>> {
        let turn = self.turn.clone();
        Box::pin(async move { Ok(Box::new(turn.lock_owned().await) as TokenLock) })
    }

    fn load(&self) -> BoxFuture<'_, Result<Option<TokenSet>, TokenStoreError>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(std::future::ready(Ok(kept)))
    }

    fn save<'a>(&'a self, tokens: &'a TokenSet) -> BoxFuture<'a, Result<(), TokenStoreError>> {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(tokens.clone());
        Box::pin(std::future::ready(Ok(())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_survives_its_way_through_a_store_and_shows_nothing() {
        let set = TokenSet {
            access_token: "hidden-access".into(),
            refresh_token: Some("hidden-refresh".into()),
            expires_at: Timestamp::from_second(1_795_176_000).unwrap(),
            scopes: vec!["offline_access".to_owned()],
        };
        let again = TokenSet::from_json(&set.to_json()).unwrap();
        assert_eq!(again.to_json().expose_secret(), set.to_json().expose_secret());
        assert!(!format!("{set:?} {:?}", set.to_json()).contains("hidden"));
        let error = TokenSet::from_json(&"{\"access_token\":\"hidden\"".into()).unwrap_err();
        assert!(!format!("{error:?} {error}").contains("hidden"));
    }
}
