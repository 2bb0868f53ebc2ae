//! One pool of connections, with limits on everything that a server could draw out.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, Response, StatusCode};
use serde::Deserialize;
use url::Url;

use crate::answer::{Answer, Failure};
use crate::connections::{Connections, Towards, root_cause};
use crate::credential::Authorization;
use crate::form::Form;
use crate::gate::Gate;
use crate::limits::{Caller, Endpoint, Limits};
use crate::options::{HttpOptions, Jitter};
use crate::retry::{Patience, Retry, date};
use crate::{
    ConfigurationError, Credential, Deployment, DeploymentKind, Error, ErrorKind, Result, scopes,
};

/// Of a refusal only the message matters.
const MAX_REFUSAL: u64 = 64 * 1024;

/// One pool of connections with limits; cheap to clone, to be shared by all sessions.
///
/// Trusts the operating system's certificate authorities and uses the system's proxy, except to this
/// very machine: a proxy would look for the host at its own. Follows no redirect: a credential never
/// leaves the host that it was given for.
#[derive(Clone)]
pub struct Http(Arc<Inner>);

struct Inner {
    connections: Connections,
    /// Cloud ids by the origin of the site. They never change.
    tenants: Mutex<HashMap<String, String>>,
    gate: Gate,
    limits: Limits,
    /// See [`HttpOptions::max_quota_wait`].
    max_quota_wait: Duration,
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
    /// A certificate authority, client certificate, header or proxy that cannot be used, or options
    /// that no client can be made of.
    pub fn new(options: HttpOptions) -> Result<Self, ConfigurationError> {
        let connections = Connections::new(&options)?;
        Ok(Self(Arc::new(Inner {
            connections,
            tenants: Mutex::default(),
            gate: Gate::new(options.concurrency),
            limits: Limits::default(),
            max_quota_wait: options.max_quota_wait.max(options.max_wait),
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
        let mut shown = Shown::new(credential).await?;
        let caller = Caller {
            application: credential.application(),
            endpoint: Endpoint::of(&call.method, &call.url),
        };
        let mut attempt = 1;
        loop {
            self.wait_for_limits(&caller, call).await?;
            traffic.sent.fetch_add(1, Ordering::Relaxed);
            let answer = self.exchange(&shown, call).await;
            if let Ok(answer) = &answer {
                self.heed(&caller, answer);
            }
            if let Some(date) = answer.as_ref().ok().and_then(|answer| date(&answer.headers)) {
                traffic.date.store(date.as_second(), Ordering::Relaxed);
            }
            let failure = match answer.and_then(|answer| read(&answer)) {
                Ok(value) => return Ok(value),
                Err(failure) => failure,
            };
            if shown.renew(&failure.kind).await? {
                continue;
            }
            if attempt < self.0.patience.max_attempts && self.quota_will_be_renewed(&caller) {
                attempt += 1;
                continue;
            }
            let Some(wait) = self.wait(&call.method, &failure, attempt) else {
                let kind = credential.understood(failure.kind);
                return Err(call.error(Failure { kind, ..failure }));
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

    /// Points that an OAuth application has spent through this client, by its client id. Atlassian
    /// allows 65,000 in each hour, over all sites.
    pub fn points_spent(&self, client_id: &str) -> u64 {
        self.0.limits.spent(client_id)
    }

    fn heed(&self, caller: &Caller<'_>, answer: &Answer) {
        let now = Instant::now();
        self.0.limits.heed(caller, answer, now);
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            self.0.gate.refused(now);
        } else if answer.status.is_success() {
            self.0.gate.succeeded();
        }
    }

    /// Nothing is sent while a server is known to refuse it. A pause that is too long to wait for
    /// is the error that the server would answer.
    async fn wait_for_limits(&self, caller: &Caller<'_>, call: &Call) -> Result<()> {
        while let Some(pause) = self.0.limits.pause(caller, Instant::now()) {
            let most =
                if pause.is_quota { self.0.max_quota_wait } else { self.0.patience.max_wait };
            if pause.wait > most {
                let (reason, retry_after) = (pause.reason, Some(pause.wait));
                return Err(call.error(Failure {
                    kind: ErrorKind::RateLimited { reason, retry_after },
                    status: None,
                    detail: "not sent: refused for too many calls a short time ago".to_owned(),
                    retry: Retry::Never,
                }));
            }
            tokio::time::sleep(pause.wait).await;
        }
        Ok(())
    }

    /// Of a refused request: it did nothing, so that a write too is sent again.
    fn quota_will_be_renewed(&self, caller: &Caller<'_>) -> bool {
        let pause = self.0.limits.pause(caller, Instant::now());
        pause.is_some_and(|pause| pause.is_quota && pause.wait <= self.0.max_quota_wait)
    }

    /// Asks for tokens: no credential but the form. Sent again when it may help.
    pub(crate) async fn post_form<T>(
        &self,
        url: &Url,
        form: &[(&str, &str)],
        read: impl Fn(&Answer) -> Result<T, Failure>,
    ) -> Result<T> {
        let mut attempt = 1;
        loop {
            let connections = &self.0.connections;
            let request = connections.request(Towards::Elsewhere, Method::POST, url).form(form);
            let sending = async { request.send().await.map_err(broken) };
            let failure = match self.whole(sending).await.and_then(|answer| read(&answer)) {
                Ok(value) => return Ok(value),
                Err(failure) => failure,
            };
            let Some(wait) = self.0.patience.wait(failure.retry, attempt, (self.0.jitter)()) else {
                let call = Call { method: Method::POST, url: url.clone(), body: None };
                return Err(call.error(failure));
            };
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    /// The cloud id of a Cloud site (`GET /_edge/tenant_info`, without a credential), remembered.
    ///
    /// # Errors
    /// [`ErrorKind::NotCloud`] where no Cloud site answers, and always for a Data Center.
    pub async fn cloud_id(&self, deployment: &Deployment) -> Result<String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct TenantInfo {
            cloud_id: String,
        }
        if let Some(known) = deployment.cloud_id() {
            return Ok(known.to_owned());
        }
        let mut url = deployment.base().clone();
        url.set_path("/_edge/tenant_info");
        let call = Call { method: Method::GET, url, body: None };
        let not_cloud = |error: Error| Error { kind: ErrorKind::NotCloud, ..error };
        if deployment.kind() == DeploymentKind::DataCenter {
            let detail = "it is configured as a Data Center".to_owned();
            let (kind, retry) = (ErrorKind::NotCloud, Retry::Never);
            return Err(call.error(Failure { kind, status: None, detail, retry }));
        }
        let origin = call.url.origin().ascii_serialization();
        let tenants = || self.0.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = tenants().get(&origin) {
            return Ok(known.clone());
        }
        let found =
            self.call(&Credential::Certificate, &Traffic::default(), &call, Answer::read).await;
        let found: TenantInfo = found.map_err(|error| match error.kind {
            ErrorKind::NotVisible
            | ErrorKind::NotConfluence
            | ErrorKind::Unauthorized
            | ErrorKind::Forbidden
            | ErrorKind::Unreadable
            | ErrorKind::HtmlLogin
            | ErrorKind::Redirected { .. } => not_cloud(error),
            _ => error,
        })?;
        tenants().insert(origin, found.cloud_id.clone());
        Ok(found.cloud_id)
    }

    /// A wait that grows from turn to turn (counted from 0) up to that before a second attempt.
    pub(crate) async fn pause(&self, turn: u32) {
        let most = self.0.patience.base_delay;
        tokio::time::sleep(most.min(most / 8 * 2_u32.pow(turn.min(3)))).await;
    }

    fn wait(&self, method: &Method, failure: &Failure, attempt: u32) -> Option<Duration> {
        // A write that was cut off may have happened; whether to repeat it is the caller's to
        // decide, after reading.
        if *method != Method::GET {
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
        let mut shown = Shown::new(credential).await?;
        let first = match self.begin(Some(&mut shown), traffic, &call).await? {
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
        mut shown: Option<&mut Shown<'_>>,
        traffic: &Traffic,
        call: &Call,
    ) -> Result<Begun> {
        let mut attempt = 1;
        loop {
            traffic.sent.fetch_add(1, Ordering::Relaxed);
            let failure = match self.respond(shown.as_deref(), call).await {
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
            if let Some(shown) = shown.as_deref_mut()
                && shown.renew(&failure.kind).await?
            {
                continue;
            }
            let Some(wait) = self.wait(&call.method, &failure, attempt) else {
                let kind = match &shown {
                    Some(shown) => shown.credential.understood(failure.kind),
                    None => failure.kind,
                };
                return Err(call.error(Failure { kind, ..failure }));
            };
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    async fn exchange(&self, shown: &Shown<'_>, call: &Call) -> Result<Answer, Failure> {
        self.whole(self.respond(Some(shown), call)).await
    }

    /// Waits for its turn, sends, and reads the answer to its end.
    async fn whole(
        &self,
        sending: impl Future<Output = Result<Response, Failure>>,
    ) -> Result<Answer, Failure> {
        let _pass = self.0.gate.enter().await;
        let response = sending.await?;
        if !response.status().is_success() {
            return Ok(refused(response).await);
        }
        let (url, status, headers) =
            (response.url().clone(), response.status(), response.headers().clone());
        let body = whole_body(response, self.0.max_body).await?;
        Ok(Answer { url, status, headers, body })
    }

    /// Shows nothing to another host than the site's.
    async fn respond(&self, shown: Option<&Shown<'_>>, call: &Call) -> Result<Response, Failure> {
        let request = |towards| self.0.connections.request(towards, call.method.clone(), &call.url);
        let request = match shown {
            Some(shown) => shown.authorization.apply(request(Towards::Site)),
            None => request(Towards::Elsewhere),
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

/// What a request shows.
struct Shown<'a> {
    credential: &'a Credential,
    authorization: Authorization<'a>,
    renewed: bool,
}

impl<'a> Shown<'a> {
    async fn new(credential: &'a Credential) -> Result<Self> {
        Ok(Self { credential, authorization: credential.authorization().await?, renewed: false })
    }

    /// Once, after a refusal that another token may turn: whether to send the request again. It did
    /// nothing, so that even a write is.
    async fn renew(&mut self, refused: &ErrorKind) -> Result<bool> {
        if self.renewed {
            return Ok(false);
        }
        match self.credential.instead_of(&self.authorization, refused).await? {
            Some(other) => {
                (self.authorization, self.renewed) = (other, true);
                Ok(true)
            }
            None => Ok(false),
        }
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

impl Call {
    fn error(&self, failure: Failure) -> Error {
        let method = match self.method {
            Method::POST => "POST",
            Method::PUT => "PUT",
            Method::DELETE => "DELETE",
            _ => "GET",
        };
        let kind = match failure.kind {
            ErrorKind::ScopeMissing { scope: None } => {
                ErrorKind::ScopeMissing { scope: scopes::needed(method, self.url.path()) }
            }
            kind => kind,
        };
        Error {
            kind,
            status: failure.status,
            method,
            path: self.url.path().to_owned(),
            detail: failure.detail,
        }
    }
}
