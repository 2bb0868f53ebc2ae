//! A running sandbox with a client, and shorthands for asking it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use jiff::Timestamp;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use sandbox::{AccountAccess, Content, Control, Faults, Options, Sandbox};
use serde_json::Value;

pub(crate) struct Bed {
    pub sandbox: Sandbox,
    client: Client,
    clock: Arc<AtomicI64>,
}

/// 2026-11-20T12:00:00Z
pub(crate) const START: i64 = 1_795_176_000;

impl Bed {
    pub(crate) async fn start(content: Content) -> Self {
        Self::with_faults(content, Faults::default()).await
    }

    pub(crate) async fn with_faults(content: Content, faults: Faults) -> Self {
        let clock = Arc::new(AtomicI64::new(START));
        let now = Arc::clone(&clock);
        let state = AtomicU64::new(1);
        let options = Options {
            now: Arc::new(move || Timestamp::from_second(now.load(Ordering::SeqCst)).unwrap()),
            random: Arc::new(move |bytes| {
                for byte in bytes {
                    let next = state.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
                    *byte = next.to_be_bytes()[0] ^ next.to_be_bytes()[5];
                }
            }),
            port: 0,
            faults,
        };
        let sandbox = Sandbox::start(options, content).await.unwrap();
        Self { sandbox, client: client(), clock }
    }

    /// The clock goes on by this many seconds.
    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn control(&self) -> &Control {
        self.sandbox.control()
    }

    pub(crate) fn account(&self, role: &str) -> &AccountAccess {
        self.sandbox.access().accounts.iter().find(|account| account.role == role).unwrap()
    }

    /// A request to Cloud, `path` after `/wiki`.
    pub(crate) fn cloud(&self, role: &str, method: Method, path: &str) -> RequestBuilder {
        let account = self.account(role);
        let url = format!("{}{path}", self.sandbox.access().cloud.url);
        self.client.request(method, url).basic_auth(&account.email, Some(&account.api_token))
    }

    /// A request to Data Center, `path` after `/confluence`.
    pub(crate) fn data_center(&self, role: &str, method: Method, path: &str) -> RequestBuilder {
        let token = &self.account(role).personal_token;
        let url = format!("{}{path}", self.sandbox.access().data_center.url);
        self.client.request(method, url).bearer_auth(token)
    }

    /// A request to Jira: on Data Center when the path begins with `/jira`, else on Cloud.
    pub(crate) fn jira(&self, role: &str, method: Method, path: &str) -> RequestBuilder {
        let (account, jira) = (self.account(role), &self.sandbox.access().jira);
        match path.strip_prefix("/jira") {
            Some(path) => {
                let url = format!("{}{path}", jira.data_center_url);
                self.client.request(method, url).bearer_auth(&account.personal_token)
            }
            None => {
                let url = format!("{}{path}", jira.cloud_url);
                let client = self.client.request(method, url);
                client.basic_auth(&account.email, Some(&account.api_token))
            }
        }
    }

    /// A request to any address, without a credential.
    pub(crate) fn bare(&self, url: &str) -> RequestBuilder {
        self.client.get(url)
    }

    /// Likewise, with any method.
    pub(crate) fn request(&self, method: Method, url: &str) -> RequestBuilder {
        self.client.request(method, url)
    }

    /// GET on Cloud as the service account; must answer 200.
    pub(crate) async fn get(&self, path: &str) -> Value {
        json_of(self.cloud("service", Method::GET, path).send().await.unwrap()).await
    }

    /// GET on Data Center as the service account; must answer 200.
    pub(crate) async fn dc(&self, path: &str) -> Value {
        json_of(self.data_center("service", Method::GET, path).send().await.unwrap()).await
    }

    pub(crate) fn id(&self, space: &str, title: &str) -> String {
        self.control().page_id(space, title).unwrap()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the sandbox is tested without the client that it tests"
)]
fn client() -> Client {
    Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap()
}

pub(crate) async fn json_of(response: Response) -> Value {
    let status = response.status();
    let text = response.text().await.unwrap();
    assert_eq!(status, StatusCode::OK, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// Status and body, whatever they are.
pub(crate) async fn outcome(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    (status, body)
}

/// The `field` of each result.
pub(crate) fn each<'a>(list: &'a Value, field: &str) -> Vec<&'a str> {
    list["results"].as_array().unwrap().iter().map(|item| item[field].as_str().unwrap()).collect()
}
