//! Projects with their versions and components.

use serde_json::{Value, json};

use super::http::{Call, Refusal, Reply};
use super::rights::may_browse;
use super::state::{Jira, Project};

/// All at once.
#[expect(clippy::unnecessary_wraps, reason = "every handler has this signature")]
pub(super) fn list(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let archived = call.query.flag("includeArchived");
    let shown = visible(call, jira).into_iter().filter(|project| archived || !project.archived);
    Ok(Reply::Json(shown.map(|project| call.project_short(project)).collect()))
}

/// In pages, by words and states (Cloud).
pub(super) fn search(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let wanted = call.query.get("query").unwrap_or_default().to_lowercase();
    let states = call.query.all("status");
    let states = if states.is_empty() { vec!["live"] } else { states };
    let mut found: Vec<&Project> = visible(call, jira)
        .into_iter()
        .filter(|project| {
            let state = if project.archived { "archived" } else { "live" };
            let matches = project.key.to_lowercase().contains(&wanted)
                || project.name.to_lowercase().contains(&wanted);
            matches && states.contains(&state)
        })
        .collect();
    found.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(Reply::Json(Value::Object(call.page(&found, 50, |project| full(call, jira, project))?)))
}

pub(super) fn get(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let project = call.project(jira)?;
    let mut shown = full(call, jira, project);
    let kinds = project.issue_types.iter().filter_map(|id| jira.issue_type(*id));
    shown["issueTypes"] = kinds.map(|kind| call.issue_type(kind)).collect();
    shown["components"] =
        project.components.iter().map(|one| call.component(one, project)).collect();
    shown["versions"] = project.versions.iter().map(|one| call.release(one, project)).collect();
    Ok(Reply::Json(shown))
}

pub(super) fn versions(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let project = call.project(jira)?;
    Ok(Reply::Json(project.versions.iter().map(|one| call.release(one, project)).collect()))
}

pub(super) fn components(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let project = call.project(jira)?;
    Ok(Reply::Json(project.components.iter().map(|one| call.component(one, project)).collect()))
}

/// The statuses that issues of each type can have.
pub(super) fn statuses(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let project = call.project(jira)?;
    let mut ids: Vec<u64> = jira.workflow(project.id).iter().map(|arrow| arrow.to).collect();
    ids.sort_unstable();
    ids.dedup();
    let statuses: Vec<Value> =
        ids.iter().filter_map(|id| jira.status(*id)).map(|status| call.status(status)).collect();
    let kinds = project.issue_types.iter().filter_map(|id| jira.issue_type(*id));
    let shown = kinds.map(|kind| {
        json!({
            "self": format!("{}/issuetype/{}", call.root, kind.id),
            "id": kind.id.to_string(), "name": kind.name, "subtask": kind.level < 0,
            "statuses": statuses,
        })
    });
    Ok(Reply::Json(shown.collect()))
}

fn visible<'j>(call: &Call<'_>, jira: &'j Jira) -> Vec<&'j Project> {
    let all = jira.projects.iter();
    all.filter(|project| may_browse(call.site, call.person, project)).collect()
}

fn full(call: &Call<'_>, jira: &Jira, project: &Project) -> Value {
    let mut shown = call.project_short(project);
    shown["description"] = json!(project.description);
    shown["lead"] = call.user(project.lead);
    if call.query.all("expand").contains(&"insight") {
        let issues = jira.issues.values().filter(|issue| issue.project == project.id);
        shown["insight"] = json!({"totalIssueCount": issues.count()});
    }
    shown
}
