#![doc = include_str!("../README.md")]

mod caller;
mod credentials;
mod dispatch;
mod error;
mod everywhere;
mod eyes;
mod indexes;
mod overview;
mod record;
mod refusal;
mod rights;
mod sites;
mod tokens;

use std::path::PathBuf;
use std::sync::Arc;

use store::{Db, Environment, Keyring, Organization, PrincipalId};

pub use caller::{Caller, LOCAL_OWNER, Transport};
pub use credentials::CredentialFor;
pub use dispatch::{Call, Outcome, ToolDescription};
pub use error::GatewayError;
pub use overview::{Overview, RunOverview, SiteOverview, SourceOverview};
pub use refusal::Refusal;
pub use sites::NewSite;
pub use tokens::{IssueToken, IssuedToken, TokenView};
pub use tools::{Class, Item, Origin, Output, Resource, Shape};

/// The one door. Cheap to clone.
#[derive(Clone)]
pub struct Gateway {
    inner: Arc<Inner>,
}

struct Inner {
    environment: Environment,
    db: Db,
    keyring: Keyring,
    http: atlassian::Http,
    indexes: indexes::Indexes,
    rights: rights::RightsCache,
    organization: Organization,
    local_owner: PrincipalId,
}

/// What a gateway is made of.
pub struct GatewayOptions {
    /// Time and randomness.
    pub environment: Environment,
    /// The store.
    pub db: Db,
    /// Opens and seals the credentials.
    pub keyring: Keyring,
    /// The pool of connections to Atlassian.
    pub http: atlassian::Http,
    /// The folder that holds one index a site; `None` keeps them in memory.
    pub indexes: Option<PathBuf>,
}

impl Gateway {
    /// Makes the gateway, and the local owner's principal in a store that has none.
    pub async fn new(options: GatewayOptions) -> Result<Self, GatewayError> {
        let GatewayOptions { environment, db, keyring, http, indexes } = options;
        let organization = store::organization(&db).await?;
        let local_owner = caller::ensure_local_owner(&environment, &db, &organization.id).await?;
        let indexes = indexes::Indexes::new(indexes);
        let inner = Inner {
            environment,
            db,
            keyring,
            http,
            indexes,
            rights: rights::RightsCache::default(),
            organization,
            local_owner,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Time and randomness, as they were handed in.
    pub fn environment(&self) -> &Environment {
        &self.inner.environment
    }

    /// The store.
    pub fn db(&self) -> &Db {
        &self.inner.db
    }

    fn is_local_owner(&self, caller: &Caller) -> bool {
        caller.principal == self.inner.local_owner
    }
}
