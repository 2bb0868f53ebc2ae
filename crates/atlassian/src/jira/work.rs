use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Attachment, RichText, Session, User};
use crate::Result;
use crate::fields::Fields;
use crate::form::Form;

/// Entries after which an issue's work is taken for one without an end.
const MOST: usize = 100_000;

/// Work that somebody did on an issue.
#[derive(Clone, Debug, PartialEq)]
pub struct Worklog {
    /// Its id.
    pub id: String,
    /// Who worked; none for an account that is gone.
    pub author: Option<User>,
    /// When the work began.
    pub started: Option<Timestamp>,
    /// How long it took, as people write it: `1h 30m`.
    pub spent: Option<String>,
    /// How long it took, in seconds.
    pub seconds: Option<i64>,
    /// What it was.
    pub comment: Option<RichText>,
}

/// Who is told of changes to an issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watchers {
    /// How many there are.
    pub count: usize,
    /// Whether the account of the credential is one of them.
    pub is_watching: bool,
    /// Those that the credential may see.
    pub users: Vec<User>,
}

impl Worklog {
    fn read(fields: Fields<'_>) -> Option<Self> {
        Some(Self {
            id: fields.first_text(&["/id"])?,
            author: User::at(fields, "/author"),
            started: fields.time("/started"),
            spent: fields.first_text(&["/timeSpent"]),
            seconds: fields.number("/timeSpentSeconds"),
            comment: fields.at("/comment").and_then(RichText::from_value),
        })
    }
}

impl Session {
    /// The work on an issue, oldest first.
    pub async fn worklogs(&self, key: &str) -> Result<Vec<Worklog>> {
        // Data Center answers all at once and takes no parameters.
        let query: &[(&str, &str)] = if self.is_cloud() { &[("maxResults", "1000")] } else { &[] };
        self.pages(&["issue", key, "worklog"], query, "/worklogs", MOST, Worklog::read).await
    }

    /// Notes work: `1h 30m`, begun at `started` or just now. Never sent twice.
    pub async fn add_worklog(
        &self,
        key: &str,
        spent: &str,
        started: Option<Timestamp>,
        comment: Option<&RichText>,
    ) -> Result<Worklog> {
        let mut body = json!({"timeSpent": spent});
        if let Some(started) = started {
            body["started"] = json!(started.strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string());
        }
        if let Some(comment) = comment {
            body["comment"] = self.written(comment)?;
        }
        let worklog = self.send(Method::POST, &["issue", key, "worklog"], body).await?;
        Worklog::read(Fields(&worklog)).ok_or_else(|| self.unreadable("work without an id"))
    }

    /// Adds a file to an issue. Never sent twice.
    pub async fn attach(
        &self,
        key: &str,
        name: &str,
        media_type: &str,
        bytes: &[u8],
    ) -> Result<Attachment> {
        let url = self.endpoint(&["issue", key, "attachments"], &[])?;
        let form = Form::with(&[], name, media_type, bytes);
        let added: Value = self.0.send_form(url, form).await?;
        let added = self.each(&added, "", Attachment::read)?;
        added.into_iter().next().ok_or_else(|| self.unreadable("no file after an upload"))
    }

    /// Who watches an issue.
    pub async fn watchers(&self, key: &str) -> Result<Watchers> {
        let answer = self.read(&["issue", key, "watchers"], &[]).await?;
        let fields = Fields(&answer);
        let users: Vec<User> = fields.list("/watchers").filter_map(User::read).collect();
        let count = fields.number("/watchCount").and_then(|count| usize::try_from(count).ok());
        Ok(Watchers {
            count: count.unwrap_or(users.len()),
            is_watching: fields.at("/isWatching").and_then(Value::as_bool).unwrap_or(false),
            users,
        })
    }
}
