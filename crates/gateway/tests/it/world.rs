//! A gateway with what it stands on, and shorthands for asking it.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use atlassian::{Credential, Deployment, DeploymentKind, Http, HttpOptions};
use gateway::{
    Call, Caller, Gateway, GatewayOptions, IssueToken, NewSite, Outcome, Output, Refusal, Transport,
};
use jiff::Timestamp;
use sandbox::{Content, Faults, Options, Sandbox};
use secrecy::ExposeSecret;
use serde_json::Value;
use store::{
    Ancestor, ContentKind, ContentStatus, Db, Environment, Event, Keyring, OpenSpaces, PageHeader,
    Rights, Run, RunCounts, RunId, RunState, Scope, Site, SiteId, Source, SourceId, SpaceRecord,
    TokenKind, Visibility,
};

/// 2026-11-20T12:00:00Z
const START: i64 = 1_795_176_000;

pub(crate) const SECRET: &str = "ATATT-a-secret-that-must-stay-inside";

pub(crate) struct World {
    pub(crate) gateway: Gateway,
    pub(crate) environment: Environment,
    seconds: Arc<AtomicI64>,
}

/// A page of the mirror, as a mirror would have stored it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mirrored {
    pub(crate) id: String,
    pub(crate) space: String,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) parent: Option<String>,
    pub(crate) ancestors: Vec<Ancestor>,
    pub(crate) clauses: BTreeSet<store::Clause>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::on("sqlite::memory:").await
    }

    pub(crate) async fn in_folder(folder: &Path) -> Self {
        Self::on(&format!("sqlite:{}", folder.join("weir.sqlite").display())).await
    }

    async fn on(database: &str) -> Self {
        let seconds = Arc::new(AtomicI64::new(START));
        let environment = environment(Arc::clone(&seconds));
        let db = Db::open(&environment, database).await.unwrap();
        Self::over(environment, db, seconds).await
    }

    /// The same store with a new gateway, whose index is empty.
    pub(crate) async fn restarted(&self) -> Self {
        let db = self.gateway.db().clone();
        Self::over(self.environment.clone(), db, Arc::clone(&self.seconds)).await
    }

    async fn over(environment: Environment, db: Db, seconds: Arc<AtomicI64>) -> Self {
        let http = HttpOptions { base_delay: Duration::ZERO, ..HttpOptions::new(Arc::new(|| 0.5)) };
        let gateway = Gateway::new(GatewayOptions {
            environment: environment.clone(),
            db,
            keyring: Keyring::from_bytes([7; 32]),
            http: Http::new(http).unwrap(),
            indexes: None,
        })
        .await
        .unwrap();
        Self { gateway, environment, seconds }
    }

    /// A site that nobody answers for.
    pub(crate) async fn silent_site(&self, name: &str, visibility: Visibility) -> Site {
        let base = format!("https://{name}.invalid/wiki");
        let new = NewSite {
            name: name.to_owned(),
            deployment: Deployment::from_url(&base, Some(DeploymentKind::Cloud)).unwrap(),
            credential: Credential::PersonalToken { token: SECRET.into() },
            visibility,
            owner: None,
        };
        self.gateway.connect_site(new).await.unwrap()
    }

    pub(crate) async fn sandbox(&self, content: Content) -> Sandbox {
        let options = Options {
            now: self.environment.now.clone(),
            random: self.environment.random.clone(),
            port: 0,
            faults: Faults::default(),
        };
        Sandbox::start(options, content).await.unwrap()
    }

    /// The sandbox's Cloud site by its service account.
    pub(crate) async fn connect(&self, sandbox: &Sandbox, visibility: Visibility) -> Site {
        let cloud = &sandbox.access().cloud;
        let new = NewSite {
            name: "wiki".to_owned(),
            deployment: Deployment::from_url(&cloud.url, Some(DeploymentKind::Cloud)).unwrap(),
            credential: Credential::ApiToken {
                username: cloud.username.clone(),
                token: cloud.api_token.clone().into(),
            },
            visibility,
            owner: None,
        };
        self.gateway.connect_site(new).await.unwrap()
    }

    pub(crate) async fn connect_data_center(
        &self,
        sandbox: &Sandbox,
        visibility: Visibility,
    ) -> Site {
        let data_center = &sandbox.access().data_center;
        let kind = Some(DeploymentKind::DataCenter);
        let new = NewSite {
            name: "data-center".to_owned(),
            deployment: Deployment::from_url(&data_center.url, kind).unwrap(),
            credential: Credential::PersonalToken {
                token: data_center.personal_token.clone().into(),
            },
            visibility,
            owner: None,
        };
        self.gateway.connect_site(new).await.unwrap()
    }

    /// Lets time go by.
    pub(crate) fn wait_minutes(&self, minutes: i64) {
        self.seconds.fetch_add(60 * minutes, Ordering::SeqCst);
    }

    /// Runs the mirror over all spaces and brings the index up.
    pub(crate) async fn mirror(&self, site: &Site) {
        assert_eq!(self.run_mirror(site).await.state, RunState::Succeeded);
    }

    /// As [`mirror`](Self::mirror), however the run ends.
    pub(crate) async fn run_mirror(&self, site: &Site) -> Run {
        let source = self.source(&site.id, Scope::AllSpaces).await;
        let session = self.gateway.session_for_mirror(&site.id).await.unwrap();
        let db = self.gateway.db();
        let run = mirror::run(&self.environment, db, site, &source, &session, &|_| {});
        let run = run.await.unwrap();
        self.gateway.catch_up_indexes().await.unwrap();
        run
    }

    async fn source(&self, site: &SiteId, scope: Scope) -> Source {
        let id = SourceId::new(&self.environment);
        let name = id.to_string();
        let source = Source { id, site: site.clone(), name, scope };
        let mut write = self.gateway.db().write().await.unwrap();
        store::put_source(&mut write, &source).await.unwrap();
        write.commit().await.unwrap();
        source
    }

    /// Puts pages as a mirror of all spaces would, and brings the index up.
    pub(crate) async fn put(&self, site: &SiteId, spaces: &[&str], pages: &[Mirrored]) {
        let source = self.source(site, Scope::AllSpaces).await;
        let now = self.environment.now();
        let mut write = self.gateway.db().write().await.unwrap();
        for key in spaces {
            store::put_space(&mut write, site, &space_record(key)).await.unwrap();
            store::note_rights(&mut write, site, key, now).await.unwrap();
        }
        for page in pages {
            let rights = Rights { space_key: page.space.clone(), clauses: page.clauses.clone() };
            let acl_class = store::intern_rights(&mut write, site, &rights).await.unwrap();
            let header = PageHeader {
                content_id: page.id.clone(),
                kind: ContentKind::Page,
                space_key: page.space.clone(),
                parent_id: page.parent.clone(),
                title: page.title.clone(),
                status: ContentStatus::Current,
                version: 1,
                version_at: now,
                version_by: None,
                url: format!("https://wiki.invalid/wiki/spaces/{}/pages/{}", page.space, page.id),
                labels: Vec::new(),
                ancestors: page.ancestors.clone(),
                acl_class,
                checked_at: now,
            };
            let body = Some(page.body.as_bytes());
            store::put_page(&mut write, &self.environment, site, &header, body).await.unwrap();
        }
        let run = Run {
            id: RunId::new(&self.environment),
            source: source.id,
            state: RunState::Succeeded,
            started_at: now,
            ended_at: Some(now),
            counts: RunCounts::default(),
            error: None,
            held: Vec::new(),
        };
        store::put_run(&mut write, &run).await.unwrap();
        write.commit().await.unwrap();
        self.gateway.catch_up_indexes().await.unwrap();
    }

    pub(crate) async fn owner(&self) -> Caller {
        self.gateway.local_owner(Transport::Stdio).await.unwrap()
    }

    /// A caller by a token, as over HTTP.
    pub(crate) async fn caller(
        &self,
        principal: &str,
        account: Option<&str>,
        opens: OpenSpaces,
    ) -> Caller {
        let new = IssueToken {
            name: format!("{principal}'s agent"),
            principal: principal.to_owned(),
            kind: TokenKind::Mcp,
            atlassian_account: account.map(str::to_owned),
            opens,
            expires_at: None,
        };
        let issued = self.gateway.issue_token(&self.owner().await, new).await.unwrap();
        let secret = issued.secret.expose_secret();
        let caller = self.gateway.caller_for_token(secret, TokenKind::Mcp, Transport::Http).await;
        caller.unwrap().unwrap()
    }

    pub(crate) async fn call(&self, caller: &Caller, tool: &str, arguments: Value) -> Outcome {
        let Value::Object(arguments) = arguments else { panic!("not an object") };
        self.gateway.dispatch(caller, Call { tool: tool.to_owned(), arguments }).await
    }

    pub(crate) async fn ask(&self, caller: &Caller, tool: &str, arguments: Value) -> Output {
        let outcome = self.call(caller, tool, arguments.clone()).await;
        outcome.result.unwrap_or_else(|refusal| panic!("{tool} {arguments}: {refusal:?}"))
    }

    pub(crate) async fn refused(&self, caller: &Caller, tool: &str, arguments: Value) -> Refusal {
        let outcome = self.call(caller, tool, arguments.clone()).await;
        outcome.result.map(|_| panic!("{tool} {arguments} was answered")).unwrap_err()
    }

    pub(crate) async fn code(&self, caller: &Caller, tool: &str, arguments: Value) -> &'static str {
        self.refused(caller, tool, arguments).await.code
    }

    /// All events of tools, first to last.
    pub(crate) async fn events(&self) -> Vec<Event> {
        let organization = store::organization(self.gateway.db()).await.unwrap();
        let mut events =
            store::events(self.gateway.db(), &organization.id, None, 10_000).await.unwrap();
        events.retain(|event| event.body.action == "tools/call");
        events.sort_by_key(|event| event.seq);
        events
    }
}

fn space_record(key: &str) -> SpaceRecord {
    SpaceRecord {
        space_id: format!("id-of-{key}"),
        key: key.to_owned(),
        name: format!("Space {key}"),
        kind: "global".to_owned(),
        url: format!("https://wiki.invalid/wiki/spaces/{key}"),
        homepage_id: None,
    }
}

pub(crate) fn page(space: &str, id: &str, title: &str) -> Mirrored {
    Mirrored {
        id: id.to_owned(),
        space: space.to_owned(),
        title: title.to_owned(),
        body: format!("<p>The gateway is described in {title}.</p>"),
        ..Mirrored::default()
    }
}

/// Whom a level of restriction names.
pub(crate) fn only(accounts: &[&str]) -> store::Clause {
    accounts.iter().map(|account| store::Subject::User((*account).to_owned())).collect()
}

pub(crate) fn opens(keys: &[&str]) -> OpenSpaces {
    OpenSpaces::Keys(keys.iter().map(|key| (*key).to_owned()).collect())
}

pub(crate) fn column(output: &Output, field: &str) -> Vec<String> {
    let text = |item: &gateway::Item| item.data[field].as_str().unwrap_or_default().to_owned();
    output.items.iter().map(text).collect()
}

/// Time stands still unless it is told to go on, so that answers differ by what they say alone.
fn environment(seconds: Arc<AtomicI64>) -> Environment {
    let state = AtomicU64::new(7);
    Environment {
        now: Arc::new(move || Timestamp::from_second(seconds.load(Ordering::SeqCst)).unwrap()),
        random: Arc::new(move |bytes| {
            for byte in bytes {
                let next = state.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
                *byte = u8::try_from((next >> 56) ^ (next >> 17) & 0xff).unwrap();
            }
        }),
    }
}
