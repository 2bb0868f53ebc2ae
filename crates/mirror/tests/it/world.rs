//! A sandbox, a store in memory, and a source of the sandbox's spaces.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use atlassian::{Credential, Deployment, DeploymentKind, Http, HttpOptions, Session};
use jiff::Timestamp;
use mirror::{MirrorError, Progress};
use sandbox::{AccountAccess, Content, Control, Faults, Sandbox};
use store::{
    AclClass, Db, Environment, PageHeader, Product, Rights, Run, RunState, Scope, Site, SiteId,
    Source, SourceId, VisibleClasses,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Face {
    Cloud,
    DataCenter,
}

pub(crate) struct World {
    pub(crate) face: Face,
    pub(crate) sandbox: Sandbox,
    pub(crate) mirror: Mirror,
}

/// One store of the world's site. Several may follow one sandbox.
pub(crate) struct Mirror {
    pub(crate) environment: Environment,
    pub(crate) db: Db,
    pub(crate) site: Site,
    pub(crate) source: Source,
    pub(crate) session: Session,
}

/// What the store holds of a page, free of the moment and of the order in which it was learnt.
#[derive(Debug, PartialEq)]
pub(crate) struct Stored {
    pub(crate) header: PageHeader,
    pub(crate) rights: Rights,
    pub(crate) body: String,
}

impl World {
    pub(crate) async fn start(face: Face, content: Content) -> Self {
        Self::with_scope(face, content, Scope::AllSpaces).await
    }

    pub(crate) async fn with_scope(face: Face, content: Content, scope: Scope) -> Self {
        let environment = environment(1);
        let options = sandbox::Options {
            now: environment.now.clone(),
            random: environment.random.clone(),
            port: 0,
            faults: Faults::default(),
        };
        let sandbox = Sandbox::start(options, content).await.unwrap();
        let mirror = Mirror::of(&sandbox, face, scope).await;
        Self { face, sandbox, mirror }
    }

    pub(crate) fn control(&self) -> &Control {
        self.sandbox.control()
    }

    pub(crate) fn id(&self, title: &str) -> String {
        self.control().page_id("ENG", title).unwrap()
    }

    pub(crate) async fn run(&self) -> Run {
        self.mirror.run().await.unwrap()
    }

    /// A run that leaves nothing behind.
    pub(crate) async fn sync(&self) -> Run {
        self.mirror.sync().await
    }

    /// Another store, whose session lets each fault through.
    pub(crate) async fn fragile_mirror(&self) -> Mirror {
        let mut mirror = Mirror::of(&self.sandbox, self.face, Scope::AllSpaces).await;
        mirror.session = session(&self.sandbox, self.face, self.account("service"), 1);
        mirror
    }

    /// A run during which every n-th request fails, from the first such progress on.
    pub(crate) async fn run_with_faults(
        &self,
        mirror: &Mirror,
        every: u32,
        from: impl Fn(&Progress) -> bool + Send + Sync,
    ) -> Result<Run, MirrorError> {
        let progress = |progress: Progress| {
            if from(&progress) {
                let faults = Faults { unavailable_every: Some(every), ..Faults::default() };
                self.control().set_faults(faults);
            }
        };
        let run = mirror.run_with(&progress).await;
        self.control().set_faults(Faults::default());
        run
    }

    /// The page titled so in space ENG.
    pub(crate) async fn stored(&self, title: &str) -> Option<Stored> {
        let mut pages = self.mirror.snapshot().await;
        let id = pages.iter().find(|(_, page)| page.header.title == title)?.0.clone();
        pages.remove(&id)
    }

    pub(crate) fn account(&self, role: &str) -> &AccountAccess {
        self.sandbox.access().accounts.iter().find(|account| account.role == role).unwrap()
    }

    /// What restrictions call this account.
    pub(crate) fn account_key(&self, role: &str) -> String {
        let account = self.account(role);
        match self.face {
            Face::Cloud => account.account_id.clone(),
            Face::DataCenter => account.user_key.clone(),
        }
    }

    /// Requests for single pages and blog posts so far, as the sandbox counted them.
    pub(crate) fn page_reads(&self) -> u64 {
        let single = |request: &str| {
            request.ends_with("/pages/{id}")
                || request.ends_with("/blogposts/{id}")
                || request.ends_with("/content/{id}")
        };
        let requests = self.control().requests();
        requests.iter().filter(|(request, _)| single(request)).map(|(_, count)| count).sum()
    }

    /// As this account, without the mirror.
    pub(crate) fn session_of(&self, role: &str) -> Session {
        session(&self.sandbox, self.face, self.account(role), 1)
    }

    /// Only this account, which must be able to see the page itself, and the mirror.
    pub(crate) fn restrict_to(&self, title: &str, roles: &[&str]) {
        let keys: Vec<String> = roles.iter().map(|role| self.account_key(role)).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        self.control().restrict(&self.id(title), &keys, &[]);
    }
}

impl Mirror {
    pub(crate) async fn of(sandbox: &Sandbox, face: Face, scope: Scope) -> Self {
        let environment = environment(2);
        let db = Db::in_memory(&environment).await.unwrap();
        Self::in_store(sandbox, face, scope, environment, db).await
    }

    pub(crate) async fn in_store(
        sandbox: &Sandbox,
        face: Face,
        scope: Scope,
        environment: Environment,
        db: Db,
    ) -> Self {
        let organization = store::organization(&db).await.unwrap().id;
        let (product, base_url) = match face {
            Face::Cloud => (Product::ConfluenceCloud, sandbox.access().cloud.url.clone()),
            Face::DataCenter => {
                (Product::ConfluenceDataCenter, sandbox.access().data_center.url.clone())
            }
        };
        let name = "sandbox".to_owned();
        let site = Site { id: SiteId::new(&environment), organization, name, product, base_url };
        let source = Source {
            id: SourceId::new(&environment),
            site: site.id.clone(),
            name: "all".to_owned(),
            scope,
        };
        let mut write = db.write().await.unwrap();
        store::put_site(&mut write, &site).await.unwrap();
        store::put_source(&mut write, &source).await.unwrap();
        write.commit().await.unwrap();
        let service = sandbox.access().accounts.iter().find(|account| account.role == "service");
        let session = session(sandbox, face, service.unwrap(), 6);
        Self { environment, db, site, source, session }
    }

    pub(crate) async fn run(&self) -> Result<Run, MirrorError> {
        self.run_with(&|_| ()).await
    }

    pub(crate) async fn run_with(
        &self,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Run, MirrorError> {
        let Self { environment, db, site, source, session } = self;
        mirror::run(environment, db, site, source, session, progress).await
    }

    pub(crate) async fn sync(&self) -> Run {
        let run = self.run().await.unwrap();
        assert_eq!(run.state, RunState::Succeeded, "{run:?}");
        assert_eq!(run.error, None);
        run
    }

    pub(crate) async fn last_change(&self) -> i64 {
        store::last_change(&self.db, &self.site.id).await.unwrap()
    }

    /// How many pages are stored and shown to nobody.
    pub(crate) async fn withheld(&self) -> usize {
        let mut count = 0;
        for space in store::spaces(&self.db, &self.site.id).await.unwrap() {
            let headers = store::headers_after(&self.db, &self.site.id, &space.key, None, 20_000);
            let headers = headers.await.unwrap().into_iter();
            count += headers.filter(|header| header.acl_class == AclClass::WITHHELD).count();
        }
        count
    }

    /// The pages that somebody may see.
    pub(crate) async fn snapshot(&self) -> BTreeMap<String, Stored> {
        let rights = store::all_rights(&self.db, &self.site.id).await.unwrap();
        let mut pages = BTreeMap::new();
        for space in store::spaces(&self.db, &self.site.id).await.unwrap() {
            let headers = store::headers_after(&self.db, &self.site.id, &space.key, None, 20_000);
            for header in headers.await.unwrap() {
                let id = header.content_id.clone();
                let all = VisibleClasses::All;
                let page = store::page(&self.db, &self.site.id, &all, &id).await.unwrap();
                let Some(page) = page else {
                    assert_eq!(header.acl_class, AclClass::WITHHELD);
                    continue;
                };
                assert_eq!(page.header, header);
                let rights = rights[&header.acl_class].clone();
                let header = PageHeader {
                    checked_at: Timestamp::UNIX_EPOCH,
                    acl_class: AclClass(0),
                    ..header
                };
                let body = String::from_utf8(page.body).unwrap();
                pages.insert(id, Stored { header, rights, body });
            }
        }
        pages
    }

    pub(crate) async fn titles(&self) -> BTreeSet<String> {
        self.snapshot().await.into_values().map(|page| page.header.title).collect()
    }
}

/// `attempts` 1 lets every fault through to the mirror.
pub(crate) fn session(
    sandbox: &Sandbox,
    face: Face,
    account: &AccountAccess,
    attempts: u32,
) -> Session {
    let mut options = HttpOptions::new(Arc::new(|| 0.0));
    options.max_attempts = attempts;
    options.base_delay = std::time::Duration::ZERO;
    let access = sandbox.access();
    let (url, kind, credential) = match face {
        Face::Cloud => (
            &access.cloud.url,
            DeploymentKind::Cloud,
            Credential::ApiToken {
                username: account.email.clone(),
                token: account.api_token.clone().into(),
            },
        ),
        Face::DataCenter => (
            &access.data_center.url,
            DeploymentKind::DataCenter,
            Credential::PersonalToken { token: account.personal_token.clone().into() },
        ),
    };
    let deployment = Deployment::from_url(url, Some(kind)).unwrap();
    Session::new(Http::new(options).unwrap(), deployment, credential)
}

/// A clock that goes one second on at each look, and numbers from a seed.
pub(crate) fn environment(seed: u64) -> Environment {
    let seconds = AtomicI64::new(1_767_225_600);
    let random = Random::new(seed);
    Environment {
        now: Arc::new(move || {
            Timestamp::from_second(seconds.fetch_add(1, Ordering::Relaxed)).unwrap()
        }),
        random: Arc::new(move |bytes| bytes.fill_with(|| random.next().to_le_bytes()[0])),
    }
}

/// A small generator, so that a seed names a test case.
pub(crate) struct Random(AtomicU64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// splitmix64, Steele, Lea and Flood 2014.
    pub(crate) fn next(&self) -> u64 {
        let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }
}

/// [`engineering`] and as many pages more below Home, titled `Page 0` and so on.
pub(crate) fn engineering_and(pages: usize) -> Content {
    (0..pages).fold(engineering(), |content, number| {
        let title = format!("Page {number}");
        content.page("ENG", Some("Home"), &title, &format!("<p>Number {number}.</p>"))
    })
}

/// Space ENG: a home page, a tree of runbooks and a page beside it.
pub(crate) fn engineering() -> Content {
    Content::empty()
        .page("ENG", None, "Home", "<p>Welcome to <strong>engineering</strong>.</p>")
        .page("ENG", Some("Home"), "Runbooks", "<p>All runbooks.</p>")
        .page("ENG", Some("Runbooks"), "Deploy", "<p>How to deploy &mdash; carefully.</p>")
        .page("ENG", Some("Deploy"), "Rollback", "<p>How to roll back.</p>")
        .page("ENG", Some("Home"), "Decisions", "<p>Why we did it.</p>")
}
