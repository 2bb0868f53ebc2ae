use reqwest::Method;
use serde_json::{Map, Value, json};

use super::Session;
use crate::answer::Answer;
use crate::fields::Fields;
use crate::http::Payload;
use crate::{FieldError, Result};

/// As many issues as the sites create in one request.
const MOST_AT_ONCE: usize = 50;

/// What an issue is made of, or what of it is changed; as Jira names and shapes it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IssueFields {
    /// Values to set, by id of the field; null clears one. Texts with markup are
    /// [`RichText`](super::RichText)s turned into values.
    pub fields: Map<String, Value>,
    /// Operations: `{"labels": [{"add": "x"}]}`. A field may stand here or above.
    pub update: Map<String, Value>,
}

impl IssueFields {
    pub(super) fn body(&self) -> Value {
        let mut body = Map::new();
        for (name, part) in [("fields", &self.fields), ("update", &self.update)] {
            if !part.is_empty() {
                body.insert(name.to_owned(), Value::Object(part.clone()));
            }
        }
        Value::Object(body)
    }
}

/// An issue that came into being.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedIssue {
    /// Its id.
    pub id: String,
    /// Its key.
    pub key: String,
}

/// What became of several issues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedIssues {
    /// Those that came into being, in the order of the request.
    pub created: Vec<CreatedIssue>,
    /// Those that did not.
    pub refused: Vec<RefusedIssue>,
}

/// An issue that was not created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedIssue {
    /// Its place in the request, from 0.
    pub index: usize,
    /// What Jira says in general; to be treated as data.
    pub messages: Vec<String>,
    /// What it says of single fields.
    pub fields: Vec<FieldError>,
}

impl CreatedIssue {
    fn read(fields: Fields<'_>) -> Option<Self> {
        Some(Self { id: fields.first_text(&["/id"])?, key: fields.first_text(&["/key"])? })
    }
}

impl RefusedIssue {
    fn read(fields: Fields<'_>) -> Option<Self> {
        let index = usize::try_from(fields.number("/failedElementNumber")?).ok()?;
        let errors = Fields(fields.at("/elementErrors").unwrap_or(&Value::Null));
        Some(Self {
            index,
            messages: super::fields::texts(errors, "/errorMessages"),
            fields: FieldError::all(errors.at("/errors")),
        })
    }
}

impl Session {
    /// Creates an issue; project, type and summary are needed at least. Never sent twice: after a
    /// broken connection, look whether it is there.
    pub async fn create_issue(&self, new: &IssueFields) -> Result<CreatedIssue> {
        let created = self.send(Method::POST, &["issue"], new.body()).await?;
        CreatedIssue::read(Fields(&created))
            .ok_or_else(|| self.unreadable("a created issue without id or key"))
    }

    /// Creates issues, each by itself: that one is refused keeps no other from coming into being.
    /// Sent in parts of 50, never twice; when a part fails as a whole, its error ends the call,
    /// and the parts before it have been created.
    pub async fn create_issues(&self, new: &[IssueFields]) -> Result<CreatedIssues> {
        let mut all = CreatedIssues { created: Vec::new(), refused: Vec::new() };
        for (number, part) in new.chunks(MOST_AT_ONCE).enumerate() {
            let updates: Vec<Value> = part.iter().map(IssueFields::body).collect();
            let url = self.endpoint(&["issue", "bulk"], &[])?;
            let body = Payload::Json(json!({"issueUpdates": updates}));
            let answer: Value = self.0.call(Method::POST, url, Some(body), bulk_answer).await?;
            let created = self.each(&answer, "/issues", CreatedIssue::read)?;
            let refused = self.each(&answer, "/errors", RefusedIssue::read)?;
            all.created.extend(created);
            let refused = refused.into_iter();
            all.refused.extend(
                refused.map(|one| RefusedIssue { index: one.index + number * MOST_AT_ONCE, ..one }),
            );
        }
        Ok(all)
    }

    /// Changes an issue. The last writer wins.
    pub async fn update_issue(&self, key: &str, change: &IssueFields) -> Result<()> {
        self.order(Method::PUT, &["issue", key], &[], Some(change.body())).await
    }

    /// Gives an issue to somebody, by the account's [`User::account`](super::User::account), or to
    /// nobody.
    pub async fn assign_issue(&self, key: &str, account: Option<&str>) -> Result<()> {
        let body = self.user_field(account);
        self.order(Method::PUT, &["issue", key, "assignee"], &[], Some(body)).await
    }

    /// Deletes an issue for good, with its sub-tasks when asked to; one that has some is refused
    /// else.
    pub async fn delete_issue(&self, key: &str, sub_tasks: bool) -> Result<()> {
        let query = [("deleteSubtasks", if sub_tasks { "true" } else { "false" })];
        self.order(Method::DELETE, &["issue", key], &query, None).await
    }
}

/// When nothing of a request could be created, Jira says so by 400, in the shape of a success.
fn bulk_answer(answer: &Answer) -> Result<Value, crate::answer::Failure> {
    if answer.status.as_u16() == 400
        && let Ok(body) = serde_json::from_slice::<Value>(&answer.body)
        && body["issues"].is_array()
        && body["errors"].is_array()
    {
        return Ok(body);
    }
    answer.read()
}
