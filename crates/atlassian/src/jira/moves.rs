use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use super::Session;
use super::fields::texts;
use crate::Result;
use crate::fields::Fields;

/// How far a task of the site has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkProgress {
    /// Its state.
    pub status: BulkStatus,
    /// 0 to 100, where the answer says so.
    pub percent: Option<i64>,
    /// The ids of the issues that are done.
    pub processed: Vec<String>,
    /// Why others are not, by id.
    pub failed: BTreeMap<String, Vec<String>>,
    /// How many issues could not be found, or not be seen.
    pub inaccessible: i64,
}

/// The state of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BulkStatus {
    /// It waits.
    Enqueued,
    /// It is under way.
    Running,
    /// It is over; single issues may have failed.
    Complete,
    /// It ended early.
    Failed,
    /// What Jira says else: `CANCELLED`, `DEAD`, …
    Other(String),
}

impl BulkStatus {
    /// Whether it is worth asking again.
    pub fn is_under_way(&self) -> bool {
        matches!(self, Self::Enqueued | Self::Running)
    }
}

impl Session {
    /// Moves issues to a project and an issue type, both by id or key as
    /// [`Session::create_issue_types`] gives them; fields and status are carried over as far as the
    /// project has them. The site does it later: the answer is the task's id for
    /// [`Session::bulk_progress`]. Keys change, and the old ones go on leading to the issues.
    ///
    /// Data Center does not offer it.
    pub async fn move_issues(
        &self,
        issues: &[&str],
        project: &str,
        issue_type: &str,
    ) -> Result<String> {
        if !self.is_cloud() {
            return Err(self.0.not_offered("issues are moved in the browser"));
        }
        let target = format!("{project},{issue_type}");
        let body = json!({"sendBulkNotification": false, "targetToSourcesMapping": { target: {
            "issueIdsOrKeys": issues,
            "inferClassificationDefaults": true,
            "inferFieldDefaults": true,
            "inferStatusDefaults": true,
            "inferSubtaskTypeDefault": true,
        }}});
        let task = self.send(Method::POST, &["bulk", "issues", "move"], body).await?;
        Fields(&task)
            .first_text(&["/taskId"])
            .ok_or_else(|| self.unreadable("a task without an id"))
    }

    /// How far a task has come. Data Center does not offer it.
    pub async fn bulk_progress(&self, task: &str) -> Result<BulkProgress> {
        if !self.is_cloud() {
            return Err(self.0.not_offered("there are no bulk operations"));
        }
        let progress = self.read(&["bulk", "queue", task], &[]).await?;
        let fields = Fields(&progress);
        let status = fields
            .first_text(&["/status"])
            .ok_or_else(|| self.unreadable("a task without a status"))?;
        let failed = fields.at("/failedAccessibleIssues").and_then(Value::as_object);
        Ok(BulkProgress {
            status: match status.as_str() {
                "ENQUEUED" => BulkStatus::Enqueued,
                "RUNNING" => BulkStatus::Running,
                "COMPLETE" => BulkStatus::Complete,
                "FAILED" => BulkStatus::Failed,
                _ => BulkStatus::Other(status),
            },
            percent: fields.number("/progressPercent"),
            processed: texts(fields, "/processedAccessibleIssues"),
            failed: failed
                .into_iter()
                .flatten()
                .map(|(id, reasons)| (id.clone(), texts(Fields(reasons), "")))
                .collect(),
            inaccessible: fields.number("/invalidOrInaccessibleIssueCount").unwrap_or(0),
        })
    }
}
