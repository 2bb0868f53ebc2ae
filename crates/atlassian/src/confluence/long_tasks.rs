//! Work that goes on after the answer.

use std::fmt;

use serde_json::Value;
use url::Url;

use super::unreadable;
use crate::fields::Fields;
use crate::link::Interface;
use crate::{Result, Session};

/// The id of a task that a deletion, an archiving or a copy began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LongTaskId(String);

impl LongTaskId {
    /// The id as Confluence names it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn read(answer: &Value, url: &Url) -> Result<Self> {
        let id = Fields(answer).text("/id");
        id.map(Self).ok_or_else(|| unreadable(url, "a long task without an id"))
    }
}

impl fmt::Display for LongTaskId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// How far a task has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LongTask {
    /// 0 to 100, where the answer says so.
    pub percent: Option<i64>,
    /// Whether it has ended, well or not.
    pub finished: bool,
    /// Whether it has done all that it should. Says nothing before it is finished.
    pub successful: bool,
    /// What Confluence says of it: its words, to be treated as data.
    pub messages: Vec<String>,
}

impl Session {
    /// How far a task has come.
    pub async fn long_task(&self, id: &LongTaskId) -> Result<LongTask> {
        let url = self.endpoint(Interface::V1, &["longtask", id.as_str()], &[]);
        let answer: Value = self.get(url).await?;
        let task = Fields(&answer);
        let said = task.list("/messages").chain(task.list("/errors"));
        let percent = task.number("/percentageComplete");
        Ok(LongTask {
            percent,
            finished: task.flag("/finished").unwrap_or(percent == Some(100)),
            successful: task.flag("/successful").unwrap_or(false),
            messages: said.filter_map(|message| message.text("/translation")).collect(),
        })
    }
}
