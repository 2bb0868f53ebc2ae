//! A server that answers what a test tells it to, for wire cases that a well-built one never makes.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use atlassian::{Credential, Deployment, DeploymentKind, Http, HttpOptions, Session};
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

/// One request as the server saw it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    /// The client's end of the connection.
    pub(crate) peer: SocketAddr,
}

impl Seen {
    pub(crate) fn target(&self) -> String {
        self.uri.to_string()
    }

    pub(crate) fn query(&self, wanted: &str) -> Option<String> {
        let query = self.uri.query().unwrap_or_default();
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
    }
}

/// Stops when dropped.
pub(crate) struct Server {
    origin: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// `answer` gets the number of the request, counted from 0, and the request.
    pub(crate) async fn start<R: IntoResponse + 'static>(
        answer: impl Fn(usize, &Seen) -> R + Send + Sync + 'static,
    ) -> Self {
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let (log, answer) = (seen.clone(), Arc::new(answer));
        let handle = move |request: Request| {
            let (log, answer) = (log.clone(), answer.clone());
            async move { respond(&log, &*answer, request).await }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(handle);
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let task = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Self { origin, seen, task }
    }

    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn targets(&self) -> Vec<String> {
        self.seen().iter().map(Seen::target).collect()
    }

    pub(crate) fn cloud(&self) -> Session {
        session(&self.origin, DeploymentKind::Cloud, options())
    }

    pub(crate) fn data_center(&self) -> Session {
        session(&self.origin, DeploymentKind::DataCenter, options())
    }

    pub(crate) fn cloud_with(&self, change: impl FnOnce(&mut HttpOptions)) -> Session {
        let mut options = options();
        change(&mut options);
        session(&self.origin, DeploymentKind::Cloud, options)
    }
}

async fn respond<R: IntoResponse>(
    log: &Mutex<Vec<Seen>>,
    answer: &(impl Fn(usize, &Seen) -> R + ?Sized),
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let ConnectInfo(peer) = parts.extensions.get().copied().unwrap();
    let seen = Seen { method: parts.method, uri: parts.uri, headers: parts.headers, body, peer };
    let number = {
        let mut log = log.lock().unwrap();
        log.push(seen.clone());
        log.len() - 1
    };
    answer(number, &seen).into_response()
}

/// Defaults without waiting.
pub(crate) fn options() -> HttpOptions {
    HttpOptions { base_delay: Duration::ZERO, ..HttpOptions::new(Arc::new(|| 0.5)) }
}

pub(crate) fn session(url: &str, kind: DeploymentKind, options: HttpOptions) -> Session {
    let credential = match kind {
        DeploymentKind::Cloud => {
            Credential::ApiToken { username: "ada@example.com".into(), token: "s3cret".into() }
        }
        DeploymentKind::DataCenter => Credential::PersonalToken { token: "s3cret".into() },
    };
    let deployment = Deployment::from_url(url, Some(kind)).unwrap();
    Session::new(Http::new(options).unwrap(), deployment, credential)
}

pub(crate) fn json(value: Value) -> Response {
    axum::Json(value).into_response()
}

pub(crate) fn status(status: u16, text: &'static str) -> Response {
    (StatusCode::from_u16(status).unwrap(), text).into_response()
}

/// A success whose body breaks off with the connection.
pub(crate) fn cut(start: &'static str) -> Response {
    let broken = std::io::Error::other("cut");
    let chunks = [Ok(start), Err(broken)];
    let body = Body::from_stream(futures_util::stream::iter(chunks));
    ([("content-type", "application/json")], body).into_response()
}

/// What v2 answers for the current user's and other small questions in these tests.
pub(crate) fn user() -> Response {
    json(
        serde_json::json!({"type": "known", "accountId": "5b:1", "displayName": "Ada", "email": ""}),
    )
}
