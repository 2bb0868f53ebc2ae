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
mod runs;
mod sites;
mod tokens;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use store::{Db, Environment, Keyring, Organization, PrincipalId};
use tokio_util::task::TaskTracker;

use indexes::{Indexes, Place};

pub use caller::{Caller, LOCAL_OWNER, Transport};
pub use dispatch::{Call, Outcome, ToolDescription};
pub use error::{AdministrationError, GatewayError};
pub use overview::{Overview, RunOverview, SiteOverview, SourceOverview};
pub use refusal::Refusal;
pub use runs::{AskedRun, MIRROR_RUN, enqueue_run};
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
    indexes: Indexes,
    rights: rights::RightsCache,
    /// Each call under way; see [`Gateway::dispatch`].
    calls: TaskTracker,
    organization: Organization,
    local_owner: PrincipalId,
    /// See [`Gateway::act_with`].
    acts_with: OnceLock<store::Credential>,
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
    ///
    /// Its process holds the data folder: it writes the indexes.
    pub async fn new(options: GatewayOptions) -> Result<Self, GatewayError> {
        let place = options.indexes.clone().map_or(Place::Memory, Place::Written);
        Self::with_indexes(options, place).await
    }

    /// Makes a gateway beside the process that holds the data folder: calls leave their events, and
    /// the indexes are read as that process leaves them.
    pub async fn beside(options: GatewayOptions) -> Result<Self, GatewayError> {
        let place = options.indexes.clone().map_or(Place::Memory, Place::Read);
        Self::with_indexes(options, place).await
    }

    async fn with_indexes(options: GatewayOptions, place: Place) -> Result<Self, GatewayError> {
        let GatewayOptions { environment, db, keyring, http, indexes: _ } = options;
        let organization = store::organization(&db).await?;
        let local_owner = caller::ensure_local_owner(&environment, &db, &organization.id).await?;
        let inner = Inner {
            environment,
            db,
            keyring,
            http,
            indexes: Indexes::new(place),
            rights: rights::RightsCache::default(),
            calls: TaskTracker::new(),
            organization,
            local_owner,
            acts_with: OnceLock::new(),
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
