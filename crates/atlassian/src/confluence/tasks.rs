//! Tasks in the text of pages. Cloud only: Data Center's interface has none.

use futures_util::Stream;
use futures_util::stream::StreamExt;
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use super::unreadable;
use crate::fields::Fields;
use crate::link::Interface;
use crate::listing::{Incomplete, by_link, entries};
use crate::{ContentId, Result, Session};

/// Whether a task is done. An open set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskStatus {
    /// To do.
    Incomplete,
    /// Done.
    Complete,
    /// What Confluence says else.
    Other(String),
}

/// A task in the text of a page or blog post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its id in the site.
    pub id: String,
    /// Its id in the body of its content.
    pub local_id: Option<String>,
    /// The page or blog post.
    pub container_id: Option<String>,
    /// Whether it is done.
    pub status: TaskStatus,
    /// Its text in storage format.
    pub storage: Option<String>,
    /// The account that is to do it.
    pub assigned_to: Option<String>,
    /// The account that wrote it.
    pub created_by: Option<String>,
    /// The account that has done it.
    pub completed_by: Option<String>,
    /// When it is due.
    pub due_at: Option<Timestamp>,
    /// When it was done.
    pub completed_at: Option<Timestamp>,
}

/// Which tasks are listed; `None` does not choose.
#[derive(Clone, Debug, Default)]
pub struct TaskFilter {
    /// Those of one page.
    pub page: Option<ContentId>,
    /// Those that are done, or are not.
    pub status: Option<TaskStatus>,
    /// Those of one account.
    pub assigned_to: Option<String>,
}

impl Session {
    /// Tasks that the credential may see. Cloud only.
    pub fn tasks(&self, filter: &TaskFilter) -> impl Stream<Item = Result<Task>> + Send + use<> {
        if !self.is_cloud() {
            return self.nothing_offered("tasks cannot be listed").left_stream();
        }
        let mut query = vec![("body-format", "storage"), ("limit", "250")];
        query.extend(filter.page.as_ref().map(|page| ("page-id", page.as_str())));
        query.extend(filter.status.as_ref().map(|status| ("status", status.word())));
        query.extend(filter.assigned_to.as_ref().map(|account| ("assigned-to", account.as_str())));
        let url = self.endpoint(Interface::V2, &["tasks"], &query);
        let read = |value: Value, _: Option<&str>| read(Fields(&value)).map(Some);
        entries(by_link(self, vec![url]), read).right_stream()
    }

    /// One task. Cloud only.
    pub async fn task(&self, id: &str) -> Result<Task> {
        if !self.is_cloud() {
            return Err(self.not_offered("tasks cannot be read"));
        }
        let url = self.endpoint(Interface::V2, &["tasks", id], &[("body-format", "storage")]);
        let value: Value = self.get(url.clone()).await?;
        read(Fields(&value)).map_err(|Incomplete| unreadable(&url, "a task without an id"))
    }

    /// Says that a task is done, or is not. Cloud only.
    pub async fn set_task_status(&self, id: &str, done: bool) -> Result<Task> {
        if !self.is_cloud() {
            return Err(self.not_offered("tasks cannot be changed"));
        }
        let url = self.endpoint(Interface::V2, &["tasks", id], &[("body-format", "storage")]);
        let status = if done { TaskStatus::Complete } else { TaskStatus::Incomplete };
        let body = json!({"status": status.word()});
        let value: Value = self.send(Method::PUT, url.clone(), body).await?;
        read(Fields(&value)).map_err(|Incomplete| unreadable(&url, "a task without an id"))
    }
}

impl TaskStatus {
    fn word(&self) -> &str {
        match self {
            Self::Incomplete => "incomplete",
            Self::Complete => "complete",
            Self::Other(word) => word,
        }
    }

    fn from_word(word: &str) -> Self {
        match word {
            "incomplete" => Self::Incomplete,
            "complete" => Self::Complete,
            other => Self::Other(other.to_owned()),
        }
    }
}

fn read(fields: Fields<'_>) -> Result<Task, Incomplete> {
    Ok(Task {
        id: fields.text("/id").ok_or(Incomplete)?,
        local_id: fields.text("/localId"),
        container_id: fields.first_text(&["/pageId", "/blogPostId"]),
        status: TaskStatus::from_word(&fields.text("/status").unwrap_or_default()),
        storage: fields.text("/body/storage/value"),
        assigned_to: fields.first_text(&["/assignedTo"]),
        created_by: fields.first_text(&["/createdBy"]),
        completed_by: fields.first_text(&["/completedBy"]),
        due_at: fields.time("/dueAt"),
        completed_at: fields.time("/completedAt"),
    })
}
