//! One pool of connections, with limits on everything that a server could draw out.

use std::error::Error as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Method, Response, redirect};
use tokio::sync::Semaphore;
use url::Url;

use crate::answer::{Answer, Failure};
use crate::form::Form;
use crate::realm::is_loopback;
use crate::retry::{Patience, Retry, date};
use crate::{ConfigurationError, Credential, Error, ErrorKind, Result};

/// Of a refusal only the message matters.
const MAX_REFUSAL: u64 = 64 * 1024;

/// Where the random part of a wait comes from: a number from 0 to 1 at each call.
type Jitter = Arc<dyn Fn() -> f64 + Send + Sync>;

/// How a client behaves towards servers.
#[derive(Clone)]
pub struct HttpOptions {
    /// The `User-Agent` of every request.
    pub user_agent: String,
    /// Limit for connecting, TLS included.
    pub connect_timeout: Duration,
    /// Limit for one request from connecting to the last byte of the answer.
    pub request_timeout: Duration,
    /// Limit for one answer in bytes, after decompression.
    pub max_body: u64,
    /// How often one request is sent at most. Only requests that read are sent again.
    pub max_attempts: u32,
    /// The wait after the first failed attempt; doubled after each further one.
    pub base_delay: Duration,
    /// Ceiling of a wait. A server that asks for more gets no further attempt: the error says how
    /// long it asked for.
    pub max_wait: Duration,
    /// How many requests are under way at once at most.
    pub concurrency: usize,
    /// A random number from 0 to 1 at each call; spreads the waits.
    pub jitter: Jitter,
    /// Accepts any certificate. For servers under test only.
    pub accept_invalid_certificates: bool,
    /// Certificate authorities to trust beside the operating system's, each PEM (also bundles) or
    /// DER.
    pub extra_ca: Vec<Vec<u8>>,
}

impl HttpOptions {
    /// 10 s to connect, 60 s a request, 32 MiB an answer, 4 attempts that wait 2 s, 4 s, 8 s (at
    /// most 30 s), 64 requests at once: enough for a thousand reads a second from a site that takes
    /// 50 ms for each. Who crawls limits himself further.
    pub fn new(jitter: Arc<dyn Fn() -> f64 + Send + Sync>) -> Self {
        Self {
            user_agent: concat!("weir/", env!("CARGO_PKG_VERSION")).to_owned(),
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_mins(1),
            max_body: 32 * 1024 * 1024,
            max_attempts: 4,
            base_delay: Duration::from_secs(2),
            max_wait: Duration::from_secs(30),
            concurrency: 64,
            jitter,
            accept_invalid_certificates: false,
            extra_ca: Vec::new(),
        }
    }
}

/// One pool of connections with limits; cheap to clone, to be shared by all sessions.
///
/// Trusts the operating system's certificate authorities and uses the system's proxy, except to this
/// very machine: a proxy would look for the host at its own. Follows no redirect: a credential never
/// leaves the host that it was given for.
#[derive(Clone)]
pub struct Http(Arc<Inner>);

struct Inner {
    client: reqwest::Client,
    /// For loopback hosts.
    direct: reqwest::Client,
    permits: Semaphore,
    patience: Patience,
    max_body: u64,
    jitter: Jitter,
}

/// What a session keeps of what went to and fro.
#[derive(Default)]
pub(crate) struct Traffic {
    /// Requests sent.
    pub(crate) sent: AtomicU64,
    /// `Date` of the last answer that had one, in seconds since 1970; 0 before.
    pub(crate) date: AtomicI64,
}

/// One request, as often as it is sent.
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) body: Option<Payload>,
}

/// What a request carries.
pub(crate) enum Payload {
    Json(serde_json::Value),
    Form(Form),
}

impl Http {
    /// Sets the client up; opens no connection.
    ///
    /// # Errors
    /// A certificate authority that cannot be read, or options that no client can be made of.
    pub fn new(options: HttpOptions) -> Result<Self, ConfigurationError> {
        let client = client_by(Route::System, &options)?;
        let direct = client_by(Route::Direct, &options)?;
        let permits = options.concurrency.clamp(1, Semaphore::MAX_PERMITS);
        Ok(Self(Arc::new(Inner {
            client,
            direct,
            permits: Semaphore::new(permits),
            patience: Patience {
                base_delay: options.base_delay,
                max_wait: options.max_wait,
                max_attempts: options.max_attempts.max(1),
            },
            max_body: options.max_body,
            jitter: options.jitter,
        })))
    }

    /// Sends the call, as often as it may help, and gives the answer to `read`. Counts each sending.
    pub(crate) async fn call<T>(
        &self,
        credential: &Credential,
        traffic: &Traffic,
        call: &Call,
        read: fn(&Answer) -> Result<T, Failure>,
    ) -> Result<T> {
        let mut attempt = 1;
        loop {
            traffic.sent.fetch_add(1, Ordering::Relaxed);
            let answer = self.exchange(credential, call).await;
            if let Some(date) = answer.as_ref().ok().and_then(|answer| date(&answer.headers)) {
                traffic.date.store(date.as_second(), Ordering::Relaxed);
            }
            let failure = match answer.and_then(|answer| read(&answer)) {
                Ok(value) => return Ok(value),
                Err(failure) => failure,
            };
            let Some(wait) = self.wait(call, &failure, attempt) else {
                return Err(call.error(failure));
            };
            tracing::debug!(
                path = call.url.path(),
                status = failure.status,
                code = failure.kind.code(),
                detail = failure.detail,
                attempt,
                wait_ms = wait.as_millis(),
                "Atlassian request failed, will be sent again"
            );
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    fn wait(&self, call: &Call, failure: &Failure, attempt: u32) -> Option<Duration> {
        // A write that was cut off may have happened; whether to repeat it is the caller's to
        // decide, after reading.
        if call.method != Method::GET {
            return None;
        }
        self.0.patience.wait(failure.retry, attempt, (self.0.jitter)())
    }

    /// Opens a download and leaves its body to come. One redirect is followed, which is how Cloud
    /// gives files: the credential does not go along, and neither does a second redirect.
    pub(crate) async fn open(
        &self,
        credential: &Credential,
        traffic: &Traffic,
        url: &Url,
    ) -> Result<Response> {
        let call = Call { method: Method::GET, url: url.clone(), body: None };
        let first = match self.begin(Some(credential), traffic, &call).await? {
            Begun::Download(response) => return Ok(response),
            Begun::Elsewhere(answer) => answer,
        };
        let Some(to) = first.elsewhere() else { return Err(call.error(first.refusal())) };
        let call = Call { url: to, ..call };
        match self.begin(None, traffic, &call).await? {
            Begun::Download(response) => Ok(response),
            Begun::Elsewhere(answer) => Err(call.error(answer.refusal())),
        }
    }

    async fn begin(
        &self,
        credential: Option<&Credential>,
        traffic: &Traffic,
        call: &Call,
    ) -> Result<Begun> {
        let mut attempt = 1;
        loop {
            traffic.sent.fetch_add(1, Ordering::Relaxed);
            let failure = match self.respond(credential, call).await {
                Ok(response) if response.status().is_success() => {
                    return Ok(Begun::Download(response));
                }
                Ok(response) => {
                    let answer = refused(response).await;
                    if answer.status.is_redirection() {
                        return Ok(Begun::Elsewhere(answer));
                    }
                    answer.refusal()
                }
                Err(failure) => failure,
            };
            let Some(wait) = self.wait(call, &failure, attempt) else {
                return Err(call.error(failure));
            };
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    async fn exchange(&self, credential: &Credential, call: &Call) -> Result<Answer, Failure> {
        // Never closed; holding no permit would only mean a request more at once.
        let _permit = self.0.permits.acquire().await.ok();
        let response = self.respond(Some(credential), call).await?;
        if !response.status().is_success() {
            return Ok(refused(response).await);
        }
        let (url, status, headers) =
            (response.url().clone(), response.status(), response.headers().clone());
        let body = whole_body(response, self.0.max_body).await?;
        Ok(Answer { url, status, headers, body })
    }

    async fn respond(
        &self,
        credential: Option<&Credential>,
        call: &Call,
    ) -> Result<Response, Failure> {
        let client = if is_loopback(&call.url) { &self.0.direct } else { &self.0.client };
        let request = client.request(call.method.clone(), call.url.clone());
        let request = match credential {
            Some(credential) => credential.authorize(request),
            None => request,
        };
        let request = match &call.body {
            Some(Payload::Json(body)) => request.json(body),
            Some(Payload::Form(form)) => {
                request.header(CONTENT_TYPE, &form.content_type).body(form.bytes.clone())
            }
            None => request,
        };
        request.send().await.map_err(broken)
    }
}

/// What a download begins with.
enum Begun {
    Download(Response),
    Elsewhere(Answer),
}

async fn refused(response: Response) -> Answer {
    let (url, status, headers) =
        (response.url().clone(), response.status(), response.headers().clone());
    Answer { url, status, headers, body: start_of_body(response).await }
}

/// Of a download that breaks off after it has begun.
pub(crate) fn broken_off(url: &Url, error: reqwest::Error) -> Error {
    let call = Call { method: Method::GET, url: url.clone(), body: None };
    call.error(cut(200, error))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Route {
    /// By the proxy that the environment names.
    System,
    Direct,
}

#[expect(clippy::disallowed_methods, reason = "the one place where HTTP clients are made")]
fn client_by(route: Route, options: &HttpOptions) -> Result<reqwest::Client, ConfigurationError> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    // Without it Confluence takes a write for a forged one.
    let xsrf = HeaderName::from_static("x-atlassian-token");
    headers.insert(xsrf, HeaderValue::from_static("no-check"));
    let mut builder = reqwest::Client::builder();
    if route == Route::Direct {
        builder = builder.no_proxy();
    }
    builder
        .user_agent(&options.user_agent)
        .default_headers(headers)
        .redirect(redirect::Policy::none())
        .connect_timeout(options.connect_timeout)
        .timeout(options.request_timeout)
        .pool_max_idle_per_host(options.concurrency.max(1))
        .tcp_nodelay(true)
        .tls_certs_merge(certificates(&options.extra_ca)?)
        .tls_danger_accept_invalid_certs(options.accept_invalid_certificates)
        .build()
        .map_err(|error| ConfigurationError::Client(root_cause(&error)))
}

fn certificates(given: &[Vec<u8>]) -> Result<Vec<Certificate>, ConfigurationError> {
    let mut certificates = Vec::new();
    for bytes in given {
        let read = if bytes.trim_ascii_start().starts_with(b"-----BEGIN") {
            Certificate::from_pem_bundle(bytes)
        } else {
            Certificate::from_der(bytes).map(|certificate| vec![certificate])
        };
        let read = read.map_err(|error| ConfigurationError::Certificate(root_cause(&error)))?;
        if read.is_empty() {
            return Err(ConfigurationError::Certificate("it holds no certificate".to_owned()));
        }
        certificates.extend(read);
    }
    Ok(certificates)
}

async fn whole_body(response: Response, max: u64) -> Result<Bytes, Failure> {
    let status = response.status().as_u16();
    let too_large = || Failure {
        kind: ErrorKind::TooLarge,
        status: Some(status),
        detail: format!("more than {max} bytes"),
        retry: Retry::Never,
    };
    let announced = response.content_length().unwrap_or(0);
    if announced > max {
        return Err(too_large());
    }
    let mut body = BytesMut::with_capacity(usize::try_from(announced).unwrap_or(0));
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| cut(status, error))?;
        if (body.len() + chunk.len()) as u64 > max {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// A refusal counts, whether or not its text arrives whole.
async fn start_of_body(response: Response) -> Bytes {
    let mut body = BytesMut::new();
    let mut chunks = response.bytes_stream();
    while let Some(Ok(chunk)) = chunks.next().await {
        body.extend_from_slice(&chunk);
        if body.len() as u64 > MAX_REFUSAL {
            break;
        }
    }
    body.freeze()
}

/// No answer at all.
fn broken(error: reqwest::Error) -> Failure {
    let error = error.without_url();
    let detail = root_cause(&error);
    let (kind, retry) = if error.is_builder() {
        // The address is a parsed one, so it is the credential that fits into no header.
        (ErrorKind::Unauthorized, Retry::Never)
    } else if error.is_connect() {
        (ErrorKind::Unreachable { reason: detail.clone() }, Retry::Never)
    } else if error.is_timeout() {
        (ErrorKind::TimedOut, Retry::Never)
    } else {
        (ErrorKind::Unreachable { reason: detail.clone() }, Retry::Backoff)
    };
    Failure { kind, status: None, detail, retry }
}

/// An answer that does not arrive whole.
fn cut(status: u16, error: reqwest::Error) -> Failure {
    let error = error.without_url();
    let detail = root_cause(&error);
    let (kind, retry) = if error.is_timeout() {
        (ErrorKind::TimedOut, Retry::Never)
    } else {
        let reason = "the answer broke off".to_owned();
        (ErrorKind::Unreachable { reason }, Retry::Backoff)
    };
    Failure { kind, status: Some(status), detail, retry }
}

/// The innermost cause says what happened; the ones around it only say where.
fn root_cause(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = cause.to_string();
        source = cause.source();
    }
    text
}

impl Call {
    fn error(&self, failure: Failure) -> Error {
        Error {
            kind: failure.kind,
            status: failure.status,
            method: match self.method {
                Method::POST => "POST",
                Method::PUT => "PUT",
                Method::DELETE => "DELETE",
                _ => "GET",
            },
            path: self.url.path().to_owned(),
            detail: failure.detail,
        }
    }
}
