//! Jira: projects and issues, the platform of Cloud (version 3) and of Data Center (version 2).
//!
//! An [`Issue`] keeps every field as the site gave it, custom ones too, and reads the known ones on
//! demand. Texts with markup are [`RichText`]: ADF on Cloud, wiki markup on Data Center; nothing is
//! converted here. `self` links are never followed and never decide which site is asked.

mod changes;
mod comments;
mod fields;
mod issue;
mod issues;
mod moves;
mod people;
mod projects;
mod search;
mod text;
mod transitions;
mod work;

use reqwest::Method;
use serde_json::Value;
use url::Url;

use crate::fields::Fields;
use crate::link::Interface;
use crate::session::answered;
use crate::{Credential, Deployment, DeploymentKind, Error, ErrorKind, Http, Result};

pub use changes::{Change, ChangeItem, IssueChanges};
pub use comments::{Comment, Visibility};
pub use fields::{AllowedValue, Field, FieldContext, FieldOption, FieldSchema, FormField};
pub use issue::{Attachment, Issue, IssueLink, IssueReference, Named, Status, StatusCategory};
pub use issues::{CreatedIssue, CreatedIssues, IssueFields, RefusedIssue};
pub use moves::{BulkProgress, BulkStatus};
pub use people::{Assignable, User};
pub use projects::{Component, IssueType, Project, Version};
pub use search::{IssuePage, IssueSearch};
pub use text::{Markup, RichText};
pub use transitions::{Transition, TransitionRequest};
pub use work::{Watchers, Worklog};

/// A Jira with a credential: every operation is a method here.
///
/// Cheap to clone. Streams are lazy and hold one page of a listing at a time. Issues are named by
/// key or id. What has no name a site could know (an empty one) is [`ErrorKind::NotVisible`]
/// without a request.
///
/// Jira has no conditional update: of two writers the last one wins. Who must not lose a change
/// reads the issue before it is written, and compares.
#[derive(Clone)]
pub struct Session(crate::Session);

impl From<crate::Session> for Session {
    /// Of a session whose deployment is one of [`Product::Jira`](crate::Product::Jira).
    fn from(session: crate::Session) -> Self {
        Self(session)
    }
}

impl Session {
    /// Joins the three; sends nothing. The deployment is one of
    /// [`Product::Jira`](crate::Product::Jira).
    pub fn new(http: Http, deployment: Deployment, credential: Credential) -> Self {
        Self(crate::Session::new(http, deployment, credential))
    }

    /// The site.
    pub fn deployment(&self) -> &Deployment {
        self.0.deployment()
    }

    /// Requests sent so far by this session and its clones (retries counted).
    pub fn requests(&self) -> u64 {
        self.0.requests()
    }

    /// The markup of texts that the site takes and gives.
    pub fn markup(&self) -> Markup {
        if self.is_cloud() { Markup::Adf } else { Markup::Wiki }
    }

    /// The address of an issue for a browser; none through the gateway when the site's own address
    /// is not known.
    pub fn browse(&self, key: &str) -> Option<Url> {
        let mut url = self.deployment().site()?.clone();
        url.path_segments_mut().ok()?.pop_if_empty().extend(["browse", key]);
        Some(url)
    }
}

impl Session {
    fn is_cloud(&self) -> bool {
        self.deployment().kind() == DeploymentKind::Cloud
    }

    /// The address of an endpoint. Segments that no address can hold name nothing.
    fn endpoint(&self, segments: &[&str], query: &[(&str, &str)]) -> Result<Url> {
        if segments.iter().any(|segment| matches!(*segment, "" | "." | "..")) {
            let base = self.deployment().base();
            let error = answered(base, ErrorKind::NotVisible, "nothing has such a name");
            return Err(Error { status: None, ..error });
        }
        Ok(self.0.endpoint(Interface::Jira, segments, query))
    }

    async fn read(&self, segments: &[&str], query: &[(&str, &str)]) -> Result<Value> {
        self.0.get(self.endpoint(segments, query)?).await
    }

    async fn send(&self, method: Method, segments: &[&str], body: Value) -> Result<Value> {
        self.0.send(method, self.endpoint(segments, &[])?, body).await
    }

    async fn order(
        &self,
        method: Method,
        segments: &[&str],
        query: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<()> {
        self.0.order(method, self.endpoint(segments, query)?, body).await
    }

    /// Of an answer that lacks what makes it one.
    fn unreadable(&self, what: &str) -> Error {
        answered(self.deployment().base(), ErrorKind::Unreadable, what)
    }

    /// Reads each entry of a list that must be there: an answer without it must not pass for one
    /// that is empty, nor an entry that cannot be read for one that is not there.
    fn each<T>(
        &self,
        answer: &Value,
        list: &str,
        read: impl Fn(Fields<'_>) -> Option<T>,
    ) -> Result<Vec<T>> {
        let entries = answer.pointer(list).and_then(Value::as_array);
        let entries = entries.ok_or_else(|| self.unreadable("an answer without its list"))?;
        let read = entries.iter().map(|entry| read(Fields(entry)));
        read.collect::<Option<_>>().ok_or_else(|| self.unreadable("an entry without an id"))
    }
}
