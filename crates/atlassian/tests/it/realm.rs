//! A simulated Atlassian with its authorization server, on a clock that a test sets.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use atlassian::{
    AuthorizationServer, Clock, Consent, Credential, Deployment, DeploymentKind, Http, OAuthApp,
    Product, Realm, TokenSet, TokenStore,
};
use jiff::Timestamp;
use reqwest::header::LOCATION;
use sandbox::{AccountAccess, Content, Faults, OAuthClient, Options, Sandbox};
use url::Url;

use crate::server::options;

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) http: Http,
    now: Arc<AtomicI64>,
    random: Arc<AtomicU64>,
}

pub(crate) const READING: [&str; 6] = [
    "read:space:confluence",
    "read:page:confluence",
    "read:content-details:confluence",
    "read:content.metadata:confluence",
    "read:hierarchical-content:confluence",
    "offline_access",
];

pub(crate) fn random(state: &AtomicU64, bytes: &mut [u8]) {
    for byte in bytes {
        let next = state.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        *byte = next.to_be_bytes()[0] ^ next.to_be_bytes()[5];
    }
}

impl World {
    pub(crate) async fn start() -> Self {
        let now = Arc::new(AtomicI64::new(1_795_176_000));
        let state = Arc::new(AtomicU64::new(1));
        let (clock, source) = (now.clone(), state.clone());
        let options_of_sandbox = Options {
            now: Arc::new(move || Timestamp::from_second(clock.load(Ordering::SeqCst)).unwrap()),
            random: Arc::new(move |bytes| random(&source, bytes)),
            port: 0,
            faults: Faults::default(),
        };
        let content = Content::empty().page("ENG", None, "Home", "<p>Hello.</p>");
        let sandbox = Sandbox::start(options_of_sandbox, content).await.unwrap();
        Self { sandbox, http: Http::new(options()).unwrap(), now, random: state }
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.now.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn clock(&self) -> Clock {
        let now = self.now.clone();
        Arc::new(move || Timestamp::from_second(now.load(Ordering::SeqCst)).unwrap())
    }

    pub(crate) fn account(&self, role: &str) -> &AccountAccess {
        self.sandbox.access().accounts.iter().find(|account| account.role == role).unwrap()
    }

    pub(crate) fn realm(&self) -> Realm {
        let oauth = &self.sandbox.access().oauth;
        Realm::custom(&oauth.origin, &oauth.origin, &oauth.audience, ".sandbox.test").unwrap()
    }

    /// The Cloud site by its own address.
    pub(crate) fn site(&self) -> Deployment {
        let url = &self.sandbox.access().cloud.url;
        Deployment::in_realm(Product::Confluence, url, self.realm()).unwrap()
    }

    pub(crate) fn gateway(&self) -> Deployment {
        self.site().through_gateway(&self.sandbox.access().oauth.cloud_id).unwrap()
    }

    pub(crate) fn data_center(&self) -> Deployment {
        let url = &self.sandbox.access().data_center.url;
        Deployment::from_url(url, Some(DeploymentKind::DataCenter)).unwrap()
    }

    pub(crate) fn cloud_app(&self, scopes: &[&str]) -> OAuthApp {
        let client = &self.sandbox.access().oauth.cloud;
        app(AuthorizationServer::Cloud(self.realm()), client, scopes)
    }

    pub(crate) fn service_app(&self) -> OAuthApp {
        let client = &self.sandbox.access().oauth.service;
        app(AuthorizationServer::Cloud(self.realm()), client, &[])
    }

    pub(crate) fn data_center_app(&self, scopes: &[&str]) -> OAuthApp {
        let server = AuthorizationServer::DataCenter(self.data_center().base().clone());
        app(server, &self.sandbox.access().oauth.data_center, scopes)
    }

    pub(crate) fn consent(&self, app: &OAuthApp) -> Consent {
        app.consent(&|bytes: &mut [u8]| random(&self.random, bytes)).unwrap()
    }

    /// What the browser of `role` does: opens the page, presses a button, and comes back with this
    /// query.
    pub(crate) async fn decide(&self, consent: &Consent, role: &str, decision: &str) -> String {
        let browser = browser();
        let page = browser.get(consent.url.clone()).send().await.unwrap();
        assert_eq!(page.status(), 200, "{}", page.text().await.unwrap());
        let page = page.text().await.unwrap();
        let request = page.split("name=\"request\" value=\"").nth(1).unwrap();
        let request = request.split('"').next().unwrap();
        let form = [("request", request), ("account", role), ("decision", decision)];
        let answer = browser.post(consent.url.clone()).form(&form).send().await.unwrap();
        let back = answer.headers()[LOCATION].to_str().unwrap();
        Url::parse(back).unwrap().query().unwrap_or_default().to_owned()
    }

    /// The tokens of a person's consent, as they are saved first.
    pub(crate) async fn tokens(&self, app: &OAuthApp, role: &str) -> TokenSet {
        let consent = self.consent(app);
        let code = consent.code(&self.decide(&consent, role, "accept").await).unwrap();
        app.exchange(&self.http, &self.clock(), &consent, &code).await.unwrap()
    }

    /// Consents, and hands the tokens to a store.
    pub(crate) async fn grant(&self, app: &OAuthApp, store: &dyn TokenStore) {
        store.save(&self.tokens(app, "service").await).await.unwrap();
    }

    /// How often tokens were asked for.
    pub(crate) fn token_requests(&self) -> u64 {
        let requests = self.sandbox.control().requests();
        requests.get("POST /oauth/token").copied().unwrap_or_default()
    }

    pub(crate) fn basic(&self, role: &str, token: &str) -> Credential {
        Credential::ApiToken { username: self.account(role).email.clone(), token: token.into() }
    }
}

#[expect(clippy::disallowed_methods, reason = "a browser is not the client under test")]
fn browser() -> reqwest::Client {
    let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    builder.no_proxy().build().unwrap()
}

fn app(server: AuthorizationServer, client: &OAuthClient, scopes: &[&str]) -> OAuthApp {
    OAuthApp {
        server,
        client_id: client.client_id.clone(),
        client_secret: client.client_secret.as_str().into(),
        redirect_uri: "http://localhost:8080/callback".to_owned(),
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        pkce: true,
    }
}
