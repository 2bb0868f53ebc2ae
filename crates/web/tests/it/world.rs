//! A server on a free port of the loopback, its gateway, and a client that says what it is told to.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use atlassian::{Credential, Deployment, DeploymentKind, Http, HttpOptions};
use gateway::{Gateway, GatewayOptions, IssueToken, LOCAL_OWNER, NewSite, Transport};
use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use store::{
    Db, Environment, Hold, Keyring, OpenSpaces, Run, RunCounts, RunId, RunState, Scope, Source,
    SourceId, TokenKind, Visibility,
};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use url::Url;
use web::{Auth, Limits, Metrics, Options, ServeError, SignIn, serve};

pub(crate) const VERSION: &str = "9.9.9";

/// When the tests' time begins.
const BEGINNING: i64 = 1_780_000_000;

pub(crate) struct World {
    pub(crate) gateway: Gateway,
    pub(crate) sign_in: SignIn,
    pub(crate) address: SocketAddr,
    pub(crate) client: Client,
    /// How often the worker was woken.
    pub(crate) woken: Arc<AtomicUsize>,
    clock: Arc<AtomicI64>,
    _stop: oneshot::Sender<()>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Auth::Token, None).await
    }

    pub(crate) async fn with(auth: Auth, public_url: Option<&str>) -> Self {
        Self::on("127.0.0.1:0", auth, public_url).await
    }

    /// A server that listens on this address.
    pub(crate) async fn on(address: &str, auth: Auth, public_url: Option<&str>) -> Self {
        let (environment, clock) = environment();
        let gateway = gateway(environment.clone()).await;
        gateway.catch_up_indexes().await.unwrap();
        let sign_in = SignIn::new(environment);
        let woken = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&woken);
        let options = Options {
            auth,
            public_url: public_url.map(|url| Url::parse(url).unwrap()),
            sign_in: sign_in.clone(),
            wake_worker: Arc::new(move || {
                counted.fetch_add(1, Ordering::Relaxed);
            }),
            metrics: metrics(),
            limits: Limits::default(),
            version: VERSION,
        };
        let listener = TcpListener::bind(address).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let (stop, stopped) = oneshot::channel();
        let shutdown = async {
            let _ = stopped.await;
        };
        tokio::spawn(serve(gateway.clone(), options, listener, shutdown));
        Self { gateway, sign_in, address, client: client(), woken, clock, _stop: stop }
    }

    pub(crate) fn pass_seconds(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
    }

    pub(crate) async fn token(&self, principal: &str, kind: TokenKind) -> String {
        self.token_until(principal, kind, None).await
    }

    /// An `api` token.
    pub(crate) async fn token_that_opens(&self, principal: &str, opens: OpenSpaces) -> String {
        let owner = self.gateway.local_owner(Transport::CommandLine).await.unwrap();
        let new = IssueToken {
            name: format!("narrow token of {principal}"),
            principal: principal.to_owned(),
            kind: TokenKind::Api,
            atlassian_account: None,
            opens,
            expires_at: None,
        };
        let issued = self.gateway.issue_token(&owner, new).await.unwrap();
        issued.secret.expose_secret().to_owned()
    }

    pub(crate) async fn token_until(
        &self,
        principal: &str,
        kind: TokenKind,
        expires_at: Option<Timestamp>,
    ) -> String {
        let owner = self.gateway.local_owner(Transport::CommandLine).await.unwrap();
        let new = IssueToken {
            name: format!("token of {principal}"),
            principal: principal.to_owned(),
            kind,
            atlassian_account: None,
            opens: OpenSpaces::All,
            expires_at,
        };
        let issued = self.gateway.issue_token(&owner, new).await.unwrap();
        issued.secret.expose_secret().to_owned()
    }

    /// What the command line of the same machine sends.
    pub(crate) async fn owner_token(&self) -> String {
        self.token(LOCAL_OWNER, TokenKind::Api).await
    }

    /// A site with one source, whose last run is in the given state.
    pub(crate) async fn connect(&self, state: Option<RunState>) -> SourceId {
        let environment = self.gateway.environment();
        let url = "http://127.0.0.1:9/wiki";
        let site = self
            .gateway
            .connect_site(NewSite {
                name: "Wiki <b>of</b> us".to_owned(),
                deployment: Deployment::from_url(url, Some(DeploymentKind::Cloud)).unwrap(),
                credential: Credential::PersonalToken { token: "unused".to_owned().into() },
                visibility: Visibility::Mapped,
                owner: None,
            })
            .await
            .unwrap();
        let mut write = self.gateway.db().write().await.unwrap();
        let source = Source {
            id: SourceId::new(environment),
            site: site.id,
            name: "Handbook".to_owned(),
            scope: Scope::Spaces(BTreeSet::from(["ENG".to_owned()])),
        };
        store::put_source(&mut write, &source).await.unwrap();
        if let Some(state) = state {
            let ended_at = (state != RunState::Running).then(|| environment.now());
            let run = Run {
                id: RunId::new(environment),
                source: source.id.clone(),
                state,
                started_at: environment.now(),
                ended_at,
                counts: RunCounts { listed: 1_234, inserted: 5, ..RunCounts::default() },
                error: (state == RunState::Failed)
                    .then(|| "Atlassian refused; run `weir doctor`".to_owned()),
                held: held(state),
            };
            store::put_run(&mut write, &run).await.unwrap();
        }
        write.commit().await.unwrap();
        source.id
    }

    /// Opens a one-time link and returns the session's cookie.
    pub(crate) async fn session(&self) -> String {
        let answer = self.get(&self.sign_in.mint(None), &[]).await;
        assert_eq!(answer.status, 303);
        answer.header("set-cookie").split(';').next().unwrap().to_owned()
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(Method::GET, path, headers, None).await
    }

    pub(crate) async fn post(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        self.send(Method::POST, path, headers, Some(body)).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let mut all = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            all.append(name, HeaderValue::from_str(value).unwrap());
        }
        let request = self.client.request(method, format!("http://{}{path}", self.address));
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let response = request.headers(all).send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, text: response.text().await.unwrap() }
    }
}

/// What the server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The stable code, from JSON or from a page.
    pub(crate) fn code(&self) -> String {
        if let Ok(body) = serde_json::from_str::<Value>(&self.text) {
            return body["code"].as_str().unwrap_or_default().to_owned();
        }
        let (_, after) = self.text.split_once("<p class=\"dim mono\">").unwrap();
        after.split(['<', ' ']).nth(1).unwrap().to_owned()
    }
}

pub(crate) fn bearer(token: &str) -> (&'static str, String) {
    ("authorization", format!("Bearer {token}"))
}

/// A request of MCP that needs nothing of a site.
pub(crate) fn list_tools() -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}})
}

/// A server without a site, and what stops it; the task ends when the server has.
pub(crate) async fn serve_limited(
    limits: Limits,
) -> (SocketAddr, oneshot::Sender<()>, JoinHandle<Result<(), ServeError>>) {
    let (environment, _) = environment();
    let options = Options {
        auth: Auth::Token,
        public_url: None,
        sign_in: SignIn::new(environment.clone()),
        wake_worker: Arc::new(|| ()),
        metrics: metrics(),
        limits,
        version: VERSION,
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let shutdown = async {
        let _ = stopped.await;
    };
    let server = tokio::spawn(serve(gateway(environment).await, options, listener, shutdown));
    (address, stop, server)
}

pub(crate) async fn serve_refused(
    auth: Auth,
    address: &str,
    public_url: Option<&str>,
) -> ServeError {
    let (environment, _) = environment();
    let options = Options {
        auth,
        public_url: public_url.map(|url| Url::parse(url).unwrap()),
        sign_in: SignIn::new(environment.clone()),
        wake_worker: Arc::new(|| ()),
        metrics: metrics(),
        limits: Limits::default(),
        version: VERSION,
    };
    let listener = TcpListener::bind(address).await.unwrap();
    serve(gateway(environment).await, options, listener, std::future::pending()).await.unwrap_err()
}

async fn gateway(environment: Environment) -> Gateway {
    let db = Db::in_memory(&environment).await.unwrap();
    Gateway::new(GatewayOptions {
        environment,
        db,
        keyring: Keyring::from_bytes([7; 32]),
        http: Http::new(HttpOptions::new(Arc::new(|| 0.5))).unwrap(),
        indexes: None,
    })
    .await
    .unwrap()
}

/// Time that a test moves, and bytes that never repeat.
fn environment() -> (Environment, Arc<AtomicI64>) {
    let clock = Arc::new(AtomicI64::new(BEGINNING));
    let (time, drawn) = (Arc::clone(&clock), AtomicU64::new(0));
    let environment = Environment {
        now: Arc::new(move || Timestamp::from_second(time.load(Ordering::Relaxed)).unwrap()),
        random: Arc::new(move |bytes: &mut [u8]| {
            for chunk in bytes.chunks_mut(32) {
                let number = drawn.fetch_add(1, Ordering::Relaxed);
                chunk.copy_from_slice(&Sha256::digest(number.to_le_bytes())[..chunk.len()]);
            }
        }),
    };
    (environment, clock)
}

/// A process has one recorder.
fn metrics() -> Metrics {
    static METRICS: OnceLock<Metrics> = OnceLock::new();
    METRICS.get_or_init(|| Metrics::install().unwrap()).clone()
}

#[expect(clippy::disallowed_methods, reason = "a client of ours, to this very process")]
fn client() -> Client {
    Client::builder()
        .no_proxy()
        .no_gzip()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

/// What a run of this state holds.
fn held(state: RunState) -> Vec<Hold> {
    let hold = Hold {
        space: "ENG".to_owned(),
        page: None,
        reason: "space ENG is not listed any more; its pages are kept".to_owned(),
        next: "Run `weir sync --forget ENG`.".to_owned(),
    };
    Vec::from_iter((state == RunState::Held).then_some(hold))
}
