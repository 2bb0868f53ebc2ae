//! From a request to a handler and from its outcome to a response.

mod answer;
mod form;
mod gate;
mod query;
mod record;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use axum::body::Bytes;
use axum::extract::{Extension, OriginalUri, RawPathParams, RawQuery, State};
use axum::http::{HeaderMap, Method, Uri, header};
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter};
use jiff::Timestamp;
use serde_json::Value;

pub(crate) use answer::{Answer, html_login, unauthorized};
pub(crate) use form::{Part, parts};
pub(crate) use gate::{admit, identify};
pub(crate) use query::Query;
pub use record::Exchange;
pub(crate) use record::{Recorder, record};

use crate::faults::{Counters, Faults};
use crate::index::Index;
use crate::jira::Jira;
use crate::oauth::Grants;
use crate::people::SERVICE;
use crate::scopes::reading_scopes;
use crate::site::{Person, Refusal, Site};

/// What both listeners and the control share.
pub(crate) struct Shared {
    site: RwLock<Site>,
    /// Locked after the site, never before it.
    jira: Mutex<Jira>,
    index: Mutex<Index>,
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    pub random: Arc<dyn Fn(&mut [u8]) + Send + Sync>,
    faults: RwLock<Faults>,
    counters: Mutex<Counters>,
    recorder: RwLock<Option<Recorder>>,
    grants: Mutex<Grants>,
    /// Where the authorization server and the gateway are.
    pub api_origin: String,
    pub cloud_base: String,
    pub data_center_base: String,
    pub jira_cloud_base: String,
    pub jira_data_center_base: String,
    pub cloud_id: String,
}

impl Shared {
    /// The origins are those of the two listeners.
    pub(crate) fn new(
        mut site: Site,
        jira: Jira,
        options: crate::Options,
        cloud_origin: String,
        data_center_origin: &str,
        api_origin: String,
        cloud_id: String,
    ) -> Self {
        let mut index = Index::default();
        index.note(site.take_changed(), None);
        let grants = Grants::new(options.random.as_ref(), SERVICE, reading_scopes());
        Self {
            site: RwLock::new(site),
            jira: Mutex::new(jira),
            index: Mutex::new(index),
            now: options.now,
            random: options.random,
            faults: RwLock::new(options.faults),
            counters: Mutex::new(Counters::default()),
            recorder: RwLock::default(),
            cloud_base: format!("{cloud_origin}/wiki"),
            data_center_base: format!("{data_center_origin}/confluence"),
            jira_cloud_base: cloud_origin,
            jira_data_center_base: format!("{data_center_origin}/jira"),
            grants: Mutex::new(grants),
            api_origin,
            cloud_id,
        }
    }

    pub(crate) fn site(&self) -> RwLockReadGuard<'_, Site> {
        self.site.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn jira(&self) -> MutexGuard<'_, Jira> {
        self.jira.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn site_mut(&self) -> RwLockWriteGuard<'_, Site> {
        self.site.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The search index with everything in it that the index lag lets through by now.
    pub(crate) fn index(&self) -> MutexGuard<'_, Index> {
        let served = self.counters().served;
        let lag = u64::from(self.faults().index_lag);
        let mut index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        index.settle(&self.site(), served, lag);
        index
    }

    /// Tells the index, after a change, from when on it may know of it.
    pub(crate) fn note_changes(&self) {
        let served = self.counters().served;
        let mut index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        index.note(self.site_mut().take_changed(), Some(served));
    }

    pub(crate) fn faults(&self) -> Faults {
        self.faults.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_faults(&self, faults: Faults) {
        *self.faults.write().unwrap_or_else(PoisonError::into_inner) = faults;
    }

    pub(crate) fn recorder(&self) -> Option<Recorder> {
        self.recorder.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_recorder(&self, recorder: Recorder) {
        *self.recorder.write().unwrap_or_else(PoisonError::into_inner) = Some(recorder);
    }

    pub(crate) fn counters(&self) -> MutexGuard<'_, Counters> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn grants(&self) -> MutexGuard<'_, Grants> {
        self.grants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whom a grant of Cloud is for: the gateway's host.
    pub(crate) fn audience(&self) -> &str {
        self.api_origin.trim_start_matches("http://")
    }

    pub(crate) fn requests(&self) -> BTreeMap<String, u64> {
        self.counters().by_path.clone()
    }

    pub(crate) fn uuid(&self) -> String {
        let mut bytes = [0; 16];
        (self.random)(&mut bytes);
        crate::credentials::uuid_text(&bytes)
    }
}

/// Which of the three interfaces a request came in by: they differ in links, dates, error
/// bodies and in how people are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Surface {
    CloudV2,
    CloudV1,
    DataCenter,
}

/// One request, with the person who sent it.
pub(crate) struct Call {
    pub shared: Arc<Shared>,
    pub surface: Surface,
    pub person: Person,
    pub query: Query,
    /// The path as it was sent, for links to the next page.
    pub uri: Uri,
    parameters: Vec<(String, String)>,
    content_type: String,
    body: Bytes,
}

/// What each handler is: it reads or changes the state and answers at once.
pub(crate) type Handler = fn(&Call) -> Result<Answer, Refusal>;

impl Call {
    /// The site's address on this surface, with context path and without a slash at the end.
    pub(crate) fn base(&self) -> &str {
        match self.surface {
            Surface::CloudV2 | Surface::CloudV1 => &self.shared.cloud_base,
            Surface::DataCenter => &self.shared.data_center_base,
        }
    }

    /// `/wiki` or `/confluence`.
    pub(crate) fn context(&self) -> &'static str {
        match self.surface {
            Surface::CloudV2 | Surface::CloudV1 => "/wiki",
            Surface::DataCenter => "/confluence",
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.shared.now)()
    }

    /// A part of the path; empty when the route has no such part.
    pub(crate) fn path(&self, name: &str) -> &str {
        self.parameters.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The id in the path. What is no number is refused in the words of the surface.
    pub(crate) fn id(&self, name: &str) -> Result<u64, Refusal> {
        let word = self.path(name);
        parse_id(word).ok_or_else(|| match self.surface {
            Surface::CloudV2 => Refusal::Invalid(format!(
                "Provided value {{{word}}} for '{name}' is not the correct type. Expected type is long"
            )),
            Surface::CloudV1 | Surface::DataCenter => {
                Refusal::NotFound(format!("No content found with id: ContentId{{id={word}}}"))
            }
        })
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Result<Value, Refusal> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Refusal::Invalid(format!("Could not parse the request body: {error}")))
    }

    /// The body as a form with files.
    pub(crate) fn form(&self) -> Result<Vec<Part<'_>>, Refusal> {
        parts(&self.content_type, &self.body)
            .ok_or_else(|| Refusal::Invalid("Could not read the form".to_owned()))
    }

    /// Changes the site and lets the index know.
    pub(crate) fn change<T>(
        &self,
        act: impl FnOnce(&mut Site) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let done = act(&mut self.shared.site_mut())?;
        self.shared.note_changes();
        Ok(done)
    }
}

/// Ids are strings of digits on the wire.
pub(crate) fn parse_id(word: &str) -> Option<u64> {
    (!word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| word.parse().ok())
        .flatten()
}

/// The handlers of one path, as axum takes them.
pub(crate) fn methods(
    surface: Surface,
    handlers: &[(MethodFilter, Handler)],
) -> MethodRouter<Arc<Shared>> {
    handlers.iter().fold(MethodRouter::new(), |router, (method, handler)| {
        router.on(*method, on(surface, *handler))
    })
}

fn on(
    surface: Surface,
    handler: Handler,
) -> impl Fn(
    State<Arc<Shared>>,
    Extension<Person>,
    RawPathParams,
    RawQuery,
    Method,
    OriginalUri,
    HeaderMap,
    Bytes,
) -> std::future::Ready<Response>
+ Clone
+ Send
+ Sync
+ 'static {
    move |State(shared),
          Extension(person),
          parameters,
          RawQuery(query),
          method,
          OriginalUri(uri),
          headers,
          body| {
        let parameters =
            parameters.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let query = Query::parse(query.as_deref().unwrap_or_default());
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let content_type = content_type.unwrap_or_default().to_owned();
        let call = Call { shared, surface, person, query, uri, parameters, content_type, body };
        std::future::ready(if gate::check_xsrf(surface, &method, &headers) {
            answer::render(&call, handler(&call))
        } else {
            answer::xsrf()
        })
    }
}
