//! A site in three forms: Cloud, Data Center, mirrored.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use atlassian::{Credential, Deployment, DeploymentKind, Http, HttpOptions, Session};
use jiff::Timestamp;
use sandbox::{Content, Faults, Options, Sandbox};
use search::Index;
use serde_json::{Value, json};
use store::{
    AclClass, ContentKind, ContentStatus, Db, Environment, OpenSpaces, PageHeader, Product, Rights,
    Site, SiteId, SpaceRecord, VisibleClasses,
};
use tools::{Coverage, Output, Sight, SiteHandle, SiteParts, ToolError};

/// 2026-11-20T12:00:00Z
const START: i64 = 1_795_176_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edition {
    Cloud,
    DataCenter,
}

pub(crate) const PRODUCTS: [Edition; 2] = [Edition::Cloud, Edition::DataCenter];

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    environment: Environment,
    clock: Arc<AtomicI64>,
    db: Db,
    site: SiteId,
    index: Index,
}

pub(crate) fn everybody() -> Sight {
    Sight { visible: VisibleClasses::All, opens: OpenSpaces::All }
}

pub(crate) fn opens(keys: &[&str]) -> OpenSpaces {
    OpenSpaces::Keys(keys.iter().map(|key| (*key).to_owned()).collect())
}

impl World {
    pub(crate) async fn new(content: Content) -> Self {
        let clock = Arc::new(AtomicI64::new(START));
        let environment = environment(&clock);
        let options = Options {
            now: environment.now.clone(),
            random: environment.random.clone(),
            port: 0,
            faults: Faults::default(),
        };
        let sandbox = Sandbox::start(options, content).await.unwrap();
        let db = Db::in_memory(&environment).await.unwrap();
        let site = Site {
            id: SiteId::new(&environment),
            organization: store::organization(&db).await.unwrap().id,
            name: "wiki".to_owned(),
            product: Product::ConfluenceCloud,
            base_url: "https://wiki.example.com/wiki".to_owned(),
        };
        let mut write = db.write().await.unwrap();
        store::put_site(&mut write, &site).await.unwrap();
        write.commit().await.unwrap();
        let index = Index::in_memory().unwrap();
        Self { sandbox, environment, clock, db, site: site.id, index }
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn id(&self, space: &str, title: &str) -> String {
        self.sandbox.control().page_id(space, title).unwrap()
    }

    /// As the service account.
    pub(crate) fn session(&self, product: Edition) -> Session {
        let access = self.sandbox.access();
        let (kind, url) = match product {
            Edition::Cloud => (DeploymentKind::Cloud, &access.cloud.url),
            Edition::DataCenter => (DeploymentKind::DataCenter, &access.data_center.url),
        };
        self.session_at(product, kind, url)
    }

    /// With what the service account signs in to `product`, at an address that may be another.
    pub(crate) fn session_at(&self, product: Edition, kind: DeploymentKind, url: &str) -> Session {
        let access = self.sandbox.access();
        let credential = match product {
            Edition::Cloud => Credential::ApiToken {
                username: access.cloud.username.clone(),
                token: access.cloud.api_token.clone().into(),
            },
            Edition::DataCenter => Credential::PersonalToken {
                token: access.data_center.personal_token.clone().into(),
            },
        };
        let http = HttpOptions { base_delay: Duration::ZERO, ..HttpOptions::new(Arc::new(|| 0.5)) };
        Session::new(
            Http::new(http).unwrap(),
            Deployment::from_url(url, Some(kind)).unwrap(),
            credential,
        )
    }

    pub(crate) fn live(&self, product: Edition) -> SiteHandle {
        self.handle(Some(self.session(product)), everybody(), Coverage::default())
    }

    pub(crate) fn handle(
        &self,
        live: Option<Session>,
        sight: Sight,
        coverage: Coverage,
    ) -> SiteHandle {
        SiteHandle::new(SiteParts {
            db: self.db.clone(),
            site: self.site.clone(),
            sight,
            coverage,
            index: Some(self.index.clone()),
            live,
            now: self.environment.now(),
        })
    }

    /// A mirror of these spaces that has just ended its run.
    pub(crate) fn covers(&self, spaces: &[&str]) -> Coverage {
        Coverage {
            mirrored_at: Some(self.environment.now()),
            everything: false,
            spaces: spaces.iter().map(|key| (*key).to_owned()).collect(),
        }
    }

    /// A page of the mirror that everybody may view.
    pub(crate) async fn mirrored(&self, space: &str, id: &str, title: &str, body: &str) {
        let space_record = SpaceRecord {
            space_id: format!("space-{space}"),
            key: space.to_owned(),
            name: format!("Space {space}"),
            kind: "global".to_owned(),
            url: format!("https://wiki.example.com/wiki/spaces/{space}"),
            homepage_id: None,
        };
        let rights = Rights { space_key: space.to_owned(), clauses: BTreeSet::new() };
        let mut write = self.db.write().await.unwrap();
        store::put_space(&mut write, &self.site, &space_record).await.unwrap();
        let class = store::intern_rights(&mut write, &self.site, &rights).await.unwrap();
        let header = self.header(space, id, title, class);
        let environment = &self.environment;
        store::put_page(&mut write, environment, &self.site, &header, Some(body.as_bytes()))
            .await
            .unwrap();
        write.commit().await.unwrap();
        self.index.catch_up(&self.db, &self.site).await.unwrap();
    }

    fn header(&self, space: &str, id: &str, title: &str, class: AclClass) -> PageHeader {
        PageHeader {
            content_id: id.to_owned(),
            kind: ContentKind::Page,
            space_key: space.to_owned(),
            parent_id: None,
            title: title.to_owned(),
            status: ContentStatus::Current,
            version: 3,
            version_at: self.environment.now(),
            version_by: None,
            url: format!("https://wiki.example.com/wiki/spaces/{space}/pages/{id}"),
            labels: Vec::new(),
            ancestors: Vec::new(),
            acl_class: class,
            checked_at: self.environment.now(),
        }
    }
}

fn environment(clock: &Arc<AtomicI64>) -> Environment {
    let now = Arc::clone(clock);
    let state = AtomicU64::new(7);
    Environment {
        now: Arc::new(move || Timestamp::from_second(now.load(Ordering::SeqCst)).unwrap()),
        random: Arc::new(move |bytes| {
            for byte in bytes {
                let next = state.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
                *byte = u8::try_from((next >> 56) ^ (next >> 17) & 0xff).unwrap();
            }
        }),
    }
}

pub(crate) async fn run(
    site: &SiteHandle,
    tool: &str,
    arguments: Value,
) -> Result<Output, ToolError> {
    let Value::Object(arguments) = arguments else { panic!("not an object") };
    tools::definition(tool).unwrap().prepare(arguments)?.run(site).await
}

/// What a caller reads of an answer, without its origin.
pub(crate) fn column(output: &Output, field: &str) -> Vec<String> {
    let text = |item: &tools::Item| item.data[field].as_str().unwrap_or_default().to_owned();
    output.items.iter().map(text).collect()
}

pub(crate) async fn search(site: &SiteHandle, query: &str) -> Vec<String> {
    column(&run(site, "confluence_search", json!({"query": query})).await.unwrap(), "title")
}
