//! What Cloud does with many issues at once.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::http::{Call, Refusal, Reply};
use super::issues::relocate;
use super::rights::may_write;
use super::state::{Jira, Task};

const MOST_ISSUES: usize = 1000;

/// Histories of several issues, without those that may not be seen; the token is an index.
pub(super) fn changelogs(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let body = call.json()?;
    let asked = body["issueIdsOrKeys"].as_array().map_or(&[][..], Vec::as_slice);
    if asked.is_empty() || asked.len() > MOST_ISSUES {
        return Err(Refusal::invalid(format!("Give 1 to {MOST_ISSUES} issue IDs or keys.")));
    }
    let fields: Vec<&str> =
        body["fieldIds"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let most = body["maxResults"].as_u64().unwrap_or(1000).clamp(1, 10_000);
    let most = usize::try_from(most).unwrap_or(1000);
    let start: usize = match body["nextPageToken"].as_str() {
        None => 0,
        Some(token) => token
            .parse()
            .map_err(|_| Refusal::invalid("The provided next page token is invalid."))?,
    };
    let mut all = Vec::new();
    for word in asked.iter().filter_map(Value::as_str) {
        let Some(issue) = jira.visible_issue(call.site, call.person, word) else { continue };
        for change in &issue.history {
            let of_field = |id: &str| fields.is_empty() || fields.contains(&id);
            if change.items.iter().any(|item| of_field(&item.field_id)) {
                let mut shown = call.change(change);
                // Milliseconds here, where every other answer has text.
                shown["created"] = json!(change.at.as_millisecond());
                all.push((issue.id, shown));
            }
        }
    }
    let mut logs: BTreeMap<u64, Vec<Value>> = BTreeMap::new();
    for (issue, change) in all.iter().skip(start).take(most) {
        logs.entry(*issue).or_default().push(change.clone());
    }
    let logs: Vec<Value> = logs
        .into_iter()
        .map(|(issue, changes)| json!({"issueId": issue.to_string(), "changeHistories": changes}))
        .collect();
    let mut answer = json!({"issueChangeLogs": logs});
    if start + most < all.len() {
        answer["nextPageToken"] = json!((start + most).to_string());
    }
    Ok(Reply::Json(answer))
}

/// Bulk operations have an error shape of their own.
fn refused(message: impl Into<String>) -> Refusal {
    let body = json!({"errors": [{"message": message.into()}]});
    Refusal { status: StatusCode::BAD_REQUEST, body: Box::new(body) }
}

/// Moves to the project and type that each key of the mapping names: `PROJECT,TYPE[,PARENT]`.
pub(super) fn move_issues(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let body = call.json()?;
    let mapping = body["targetToSourcesMapping"]
        .as_object()
        .ok_or_else(|| refused("targetToSourcesMapping: must not be null"))?;
    let mut task =
        Task { owner: call.person, issues: Vec::new(), failed: BTreeMap::new(), asked: 0 };
    for (target, sources) in mapping {
        let mut words = target.split(',');
        let (project, kind) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let project = jira
            .visible_project(call.site, call.person, project)
            .filter(|project| may_write(call.site, call.person, project))
            .ok_or_else(|| refused("Destination project does not exist."))?;
        let kind = project.issue_types.iter().find(|id| id.to_string() == kind);
        let kind = *kind.ok_or_else(|| {
            refused("Destination issue type does not exist in the destination project.")
        })?;
        let project = project.id;
        for word in sources["issueIdsOrKeys"].as_array().into_iter().flatten() {
            let word = word.as_str().unwrap_or_default();
            let issue = jira.visible_issue(call.site, call.person, word);
            let Some((id, from)) = issue.map(|issue| (issue.id, issue.project)) else { continue };
            let may =
                jira.project(from).is_some_and(|from| may_write(call.site, call.person, from));
            if may && from != project {
                relocate(call, jira, id, project, kind);
                task.issues.push(id);
            } else {
                let reason = if may { "The issue is there already." } else { "Not allowed." };
                task.failed.insert(id, reason.to_owned());
            }
        }
    }
    let id = jira.new_id();
    jira.tasks.insert(id, task);
    Ok(Reply::Created(json!({"taskId": id.to_string()})))
}

/// Under way at the first look, complete at the second.
pub(super) fn progress(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let id = call.path("task").to_owned();
    let missing = || refused(format!("There is no task with the id {id}."));
    let task = id.parse().ok().and_then(|id: u64| jira.tasks.get_mut(&id));
    let task = task.filter(|task| task.owner == call.person).ok_or_else(missing)?;
    task.asked += 1;
    let running = task.asked == 1;
    let at = call.now.as_millisecond();
    let failed: BTreeMap<String, Vec<&String>> =
        task.failed.iter().map(|(id, reason)| (id.to_string(), vec![reason])).collect();
    let mut shown = json!({
        "taskId": id,
        "status": if running { "RUNNING" } else { "COMPLETE" },
        "progressPercent": if running { 50 } else { 100 },
        "submittedBy": {"accountId": call.site.account(task.owner).account_id},
        "created": at, "started": at, "updated": at,
        "totalIssueCount": task.issues.len() + task.failed.len(),
        "invalidOrInaccessibleIssueCount": 0,
    });
    if !running {
        shown["processedAccessibleIssues"] = json!(task.issues);
        shown["failedAccessibleIssues"] = json!(failed);
    }
    Ok(Reply::Json(shown))
}
