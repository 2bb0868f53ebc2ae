//! A fresh store for each test, on each engine, with a clock and randomness that tests set.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, Executor, PgConnection, SqliteConnection};
use store::{
    AclClass, ContentKind, ContentStatus, Db, Environment, OrganizationId, PageHeader, Principal,
    PrincipalId, PrincipalKind, Product, Rights, Site, SiteId,
};
use tempfile::TempDir;

use crate::postgres;

/// An open store and what a test needs to handle it.
pub(crate) struct Store {
    pub(crate) db: Db,
    pub(crate) environment: Environment,
    pub(crate) clock: Clock,
    pub(crate) url: String,
    pub(crate) organization: OrganizationId,
    _folder: Option<TempDir>,
}

impl Store {
    pub(crate) async fn in_memory() -> Self {
        Self::open("sqlite::memory:".to_owned(), None).await
    }

    pub(crate) async fn in_file() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // A path is taken literally: nothing in it is an option or an escape.
        let path = folder.path().join("a b%20c?mode=ro.sqlite");
        Self::open(format!("sqlite:{}", path.display()), Some(folder)).await
    }

    pub(crate) async fn on_postgres() -> Option<Self> {
        Some(Self::open(postgres::new_database().await?, None).await)
    }

    async fn open(url: String, folder: Option<TempDir>) -> Self {
        let clock = Clock::new();
        let environment = environment(&clock);
        let db = Db::open(&environment, &url).await.unwrap();
        let organization = store::organization(&db).await.unwrap().id;
        Self { db, environment, clock, url, organization, _folder: folder }
    }

    /// Opens what is open once more, like another process.
    pub(crate) async fn open_again(&self) -> store::Result<Db> {
        Db::open(&self.environment, &self.url).await
    }

    /// Does to the database what no function of the store does.
    pub(crate) async fn tamper(&self, statement: &'static str) {
        if let Some(path) = self.url.strip_prefix("sqlite:") {
            let options = SqliteConnectOptions::new().filename(path);
            let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
            connection.execute(statement).await.unwrap();
        } else {
            let mut connection = PgConnection::connect(&self.url).await.unwrap();
            connection.execute(statement).await.unwrap();
        }
    }

    pub(crate) async fn site(&self, name: &str) -> SiteId {
        let site = Site {
            id: SiteId::new(&self.environment),
            organization: self.organization.clone(),
            name: name.to_owned(),
            product: Product::ConfluenceCloud,
            base_url: format!("https://{name}.example.com/wiki"),
        };
        let mut write = self.db.write().await.unwrap();
        store::put_site(&mut write, &site).await.unwrap();
        write.commit().await.unwrap();
        site.id
    }

    pub(crate) async fn principal(&self, name: &str) -> PrincipalId {
        let principal = Principal {
            id: PrincipalId::new(&self.environment),
            organization: self.organization.clone(),
            kind: PrincipalKind::User,
            name: name.to_owned(),
        };
        let mut write = self.db.write().await.unwrap();
        store::put_principal(&mut write, &principal, "weir:local", name).await.unwrap();
        write.commit().await.unwrap();
        principal.id
    }

    /// The class of a space without restrictions.
    pub(crate) async fn open_class(&self, site: &SiteId, space_key: &str) -> AclClass {
        let rights = Rights { space_key: space_key.to_owned(), clauses: BTreeSet::new() };
        self.class(site, &rights).await
    }

    pub(crate) async fn class(&self, site: &SiteId, rights: &Rights) -> AclClass {
        let mut write = self.db.write().await.unwrap();
        let class = store::intern_rights(&mut write, site, rights).await.unwrap();
        write.commit().await.unwrap();
        class
    }

    pub(crate) async fn put(
        &self,
        site: &SiteId,
        header: &PageHeader,
        body: &str,
    ) -> store::PutPage {
        let mut write = self.db.write().await.unwrap();
        let done =
            store::put_page(&mut write, &self.environment, site, header, Some(body.as_bytes()));
        let done = done.await.unwrap();
        write.commit().await.unwrap();
        done
    }

    /// A page of the space `ENG`.
    pub(crate) fn header(&self, content_id: &str, class: AclClass) -> PageHeader {
        PageHeader {
            content_id: content_id.to_owned(),
            kind: ContentKind::Page,
            space_key: "ENG".to_owned(),
            parent_id: None,
            title: format!("Page {content_id}"),
            status: ContentStatus::Current,
            version: 1,
            version_at: self.environment.now(),
            version_by: Some("5b10a2844c20165700ede21g".to_owned()),
            url: format!("https://example.com/wiki/{content_id}"),
            labels: vec!["runbook".to_owned()],
            ancestors: Vec::new(),
            acl_class: class,
            checked_at: self.environment.now(),
        }
    }
}

/// Time that stands still until a test moves it.
#[derive(Clone)]
pub(crate) struct Clock(Arc<AtomicI64>);

impl Clock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicI64::new(1_767_225_600_000)))
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::SeqCst)).unwrap()
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }
}

/// Bytes that never repeat, the same in each run.
pub(crate) fn environment(clock: &Clock) -> Environment {
    let clock = clock.clone();
    let counter = AtomicU64::new(0);
    let random = move |bytes: &mut [u8]| {
        for chunk in bytes.chunks_mut(32) {
            let number = counter.fetch_add(1, Ordering::SeqCst);
            chunk.copy_from_slice(&Sha256::digest(number.to_le_bytes())[..chunk.len()]);
        }
    };
    Environment { now: Arc::new(move || clock.now()), random: Arc::new(random) }
}

/// Makes of each `async fn name(store: Store)` three tests; of those after `; shared` two, where
/// another process could open the database too.
macro_rules! on_each_engine {
    ($($name:ident),* $(,)? $(; shared $($shared:ident),* $(,)?)?) => {
        mod sqlite_in_memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::harness::Store::in_memory().await).await;
            })*
        }

        $crate::harness::on_shared_engines! { $($name,)* $($($shared,)*)? }
    };
}
pub(crate) use on_each_engine;

macro_rules! on_shared_engines {
    ($($name:ident,)*) => {
        mod sqlite_file {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::harness::Store::in_file().await).await;
            })*
        }

        mod postgresql {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                if let Some(store) = $crate::harness::Store::on_postgres().await {
                    super::$name(store).await;
                }
            })*
        }
    };
}
pub(crate) use on_shared_engines;
