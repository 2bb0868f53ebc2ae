//! From a request to a handler of Jira and from its outcome to a response.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Extension, RawPathParams, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::rights::may_write;
use super::state::{Issue, Jira, Project};
use crate::http::{Part, Query, Shared, parts};
use crate::site::{Person, Site};

/// Which interface a request came in by: they differ in markup, in how people are named, and in
/// how lists are paged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    /// Version 3: ADF.
    Cloud3,
    /// Version 2 of Cloud: wiki markup, otherwise like version 3.
    Cloud2,
    DataCenter,
}

impl Api {
    pub(super) fn is_cloud(self) -> bool {
        self != Self::DataCenter
    }
}

/// One request, with the person who sent it.
pub(crate) struct Call<'a> {
    pub site: &'a Site,
    pub api: Api,
    pub person: Person,
    pub query: Query,
    pub now: Timestamp,
    /// What every `self` link begins with. On Cloud that is the gateway, never the site
    /// (Atlassian's change of 2026-07-14).
    pub root: String,
    pub shared: &'a Shared,
    pub headers: HeaderMap,
    parameters: Vec<(String, String)>,
    body: Bytes,
}

/// What each handler is: it reads or changes the state and answers at once.
pub(super) type Handler = fn(&Call<'_>, &mut Jira) -> Result<Reply, Refusal>;

/// What a handler says.
pub(super) enum Reply {
    Json(Value),
    Created(Value),
    /// 201 without a body.
    CreatedNothing,
    Empty,
}

/// Why Jira did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub status: StatusCode,
    pub body: Box<Value>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        let body = json!({"errorMessages": [message.into()], "errors": {}});
        Self { status, body: Box::new(body) }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(super) fn field(name: &str, message: impl Into<String>) -> Self {
        Self::fields(vec![(name.to_owned(), message.into())])
    }

    /// What is wrong with which field.
    pub(super) fn fields(fields: Vec<(String, String)>) -> Self {
        let errors: Map<String, Value> =
            fields.into_iter().map(|(name, text)| (name, json!(text))).collect();
        let body = json!({"errorMessages": [], "errors": errors});
        Self { status: StatusCode::BAD_REQUEST, body: Box::new(body) }
    }

    pub(super) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    pub(super) fn no_issue() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "Issue does not exist or you do not have permission to see it.",
        )
    }

    fn no_project(word: &str) -> Self {
        let message = format!("No project could be found with key '{word}'.");
        Self::new(StatusCode::NOT_FOUND, message)
    }
}

impl Call<'_> {
    /// A part of the path; empty when the route has no such part.
    pub(super) fn path(&self, name: &str) -> &str {
        self.parameters.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The body as JSON.
    pub(super) fn json(&self) -> Result<Value, Refusal> {
        serde_json::from_slice(&self.body).ok().filter(Value::is_object).ok_or_else(|| {
            Refusal::invalid(
                "Invalid request payload. Refer to the REST API documentation and try again.",
            )
        })
    }

    /// The body as a form with files.
    pub(super) fn form(&self) -> Option<Vec<Part<'_>>> {
        parts(self.header("content-type"), &self.body)
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as one JSON string.
    pub(super) fn text(&self) -> Option<String> {
        serde_json::from_slice(&self.body).ok()
    }

    /// A number in the query.
    pub(super) fn number(&self, name: &str, default: usize) -> Result<usize, Refusal> {
        let Some(word) = self.query.get(name) else { return Ok(default) };
        word.parse().map_err(|_| {
            Refusal::invalid(format!("The value '{word}' of the parameter '{name}' is no number."))
        })
    }

    /// The issue in the path.
    pub(super) fn issue<'j>(&self, jira: &'j Jira) -> Result<&'j Issue, Refusal> {
        jira.visible_issue(self.site, self.person, self.path("issue")).ok_or_else(Refusal::no_issue)
    }

    /// The issue in the path, when the person may change it.
    pub(super) fn writable<'j>(&self, jira: &'j Jira) -> Result<&'j Issue, Refusal> {
        let issue = self.issue(jira)?;
        let project = jira.project(issue.project).ok_or_else(Refusal::no_issue)?;
        if may_write(self.site, self.person, project) {
            Ok(issue)
        } else {
            Err(Refusal::forbidden("You do not have permission to edit issues in this project."))
        }
    }

    /// The project in the path.
    pub(super) fn project<'j>(&self, jira: &'j Jira) -> Result<&'j Project, Refusal> {
        let word = self.path("project");
        jira.visible_project(self.site, self.person, word).ok_or_else(|| Refusal::no_project(word))
    }

    /// The part of `all` that `startAt` and `maxResults` ask for, in the envelope that lists of
    /// both products share.
    pub(super) fn page<T>(
        &self,
        all: &[T],
        default: usize,
        show: impl Fn(&T) -> Value,
    ) -> Result<Map<String, Value>, Refusal> {
        let start = self.number("startAt", 0)?;
        let most = self.number("maxResults", default)?.clamp(1, default.max(100));
        let shown: Vec<Value> = all.iter().skip(start).take(most).map(show).collect();
        let last = start + shown.len() >= all.len();
        let mut page = Map::new();
        page.insert("startAt".to_owned(), json!(start));
        page.insert("maxResults".to_owned(), json!(most));
        page.insert("total".to_owned(), json!(all.len()));
        page.insert("isLast".to_owned(), json!(last));
        page.insert("values".to_owned(), Value::Array(shown));
        Ok(page)
    }
}

/// The handlers of one path, as axum takes them.
pub(super) fn methods(api: Api, handlers: &[(MethodFilter, Handler)]) -> MethodRouter<Arc<Shared>> {
    handlers.iter().fold(MethodRouter::new(), |router, (method, handler)| {
        router.on(*method, on(api, *handler))
    })
}

fn on(
    api: Api,
    handler: Handler,
) -> impl Fn(
    State<Arc<Shared>>,
    Extension<Person>,
    RawPathParams,
    RawQuery,
    HeaderMap,
    Bytes,
) -> std::future::Ready<Response>
+ Clone
+ Send
+ Sync
+ 'static {
    move |State(shared), Extension(person), parameters, RawQuery(query), headers, body| {
        let parameters =
            parameters.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        // Always the site before Jira.
        let site = shared.site();
        let mut jira = shared.jira();
        let call = Call {
            site: &site,
            api,
            person,
            query: Query::parse(query.as_deref().unwrap_or_default()),
            now: (shared.now)(),
            root: root(&shared, api),
            shared: &shared,
            headers,
            parameters,
            body,
        };
        std::future::ready(render(handler(&call, &mut jira)))
    }
}

fn root(shared: &Shared, api: Api) -> String {
    let gateway = format!("https://api.atlassian.com/ex/jira/{}", shared.cloud_id);
    match api {
        Api::Cloud3 => format!("{gateway}/rest/api/3"),
        Api::Cloud2 => format!("{gateway}/rest/api/2"),
        Api::DataCenter => format!("{}/rest/api/2", shared.jira_data_center_base),
    }
}

fn render(outcome: Result<Reply, Refusal>) -> Response {
    match outcome {
        Ok(Reply::Json(body)) => axum::Json(body).into_response(),
        Ok(Reply::Created(body)) => (StatusCode::CREATED, axum::Json(body)).into_response(),
        Ok(Reply::CreatedNothing) => StatusCode::CREATED.into_response(),
        Ok(Reply::Empty) => StatusCode::NO_CONTENT.into_response(),
        Err(refusal) => (refusal.status, axum::Json(refusal.body)).into_response(),
    }
}
