//! OAuth 2.0: consent, tokens, and keeping them fresh.

mod app;
mod endpoint;
mod sites;
mod source;
mod tokens;

pub use app::{AuthorizationServer, Consent, ConsentError, OAuthApp};
pub use sites::{CloudSite, SiteChoiceError, accessible_sites, choose_site};
pub use source::TokenSource;
pub use tokens::{MemoryTokens, TokenLock, TokenSet, TokenStore, TokenStoreError};

/// The clock of the program: tokens say for how many seconds they live, and the next process has to
/// know until when.
pub type Clock = std::sync::Arc<dyn Fn() -> jiff::Timestamp + Send + Sync>;
