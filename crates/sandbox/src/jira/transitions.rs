//! The way of an issue through its workflow.

use serde_json::{Map, Value, json};

use super::edit;
use super::http::{Call, Refusal, Reply};
use super::metadata::form_field;
use super::rights::may_write;
use super::state::{Category, ChangeItem, Issue, Jira, Transition};
use super::value::FieldValue;

pub(super) fn list(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let issue = call.issue(jira)?;
    let fields = call.query.all("expand").contains(&"transitions.fields");
    Ok(Reply::Json(json!({
        "expand": "transitions",
        "transitions": shown(call, jira, issue, fields),
    })))
}

/// What the person may do with the issue now, as a list.
pub(super) fn shown(call: &Call<'_>, jira: &Jira, issue: &Issue, fields: bool) -> Value {
    let open = open(call, jira, issue).into_iter().map(|transition| {
        let mut shown = json!({
            "id": transition.id.to_string(),
            "name": transition.name,
            "to": jira.status(transition.to).map(|status| call.status(status)),
            "hasScreen": transition.resolution,
            "isGlobal": transition.from.is_empty(),
            "isInitial": false,
            "isAvailable": true,
            "isConditional": false,
        });
        if fields {
            shown["fields"] = Value::Object(screen(call, jira, issue, transition));
        }
        shown
    });
    open.collect()
}

fn open<'j>(call: &Call<'_>, jira: &'j Jira, issue: &Issue) -> Vec<&'j Transition> {
    let project = jira.project(issue.project);
    let may = project.is_some_and(|project| may_write(call.site, call.person, project));
    let workflow = jira.workflow(issue.project).iter();
    workflow
        .filter(|transition| {
            may && (transition.from.is_empty() || transition.from.contains(&issue.status))
        })
        .collect()
}

fn screen(
    call: &Call<'_>,
    jira: &Jira,
    issue: &Issue,
    transition: &Transition,
) -> Map<String, Value> {
    let field = jira.field("resolution").filter(|_| transition.resolution);
    let form = field
        .zip(jira.project(issue.project))
        .map(|(field, project)| (field.id.clone(), form_field(call, jira, project, field, true)));
    form.into_iter().collect()
}

pub(super) fn perform(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let mut body = call.json()?;
    let issue = call.writable(jira)?;
    let id = issue.id;
    let wanted = &body["transition"]["id"];
    let wanted = wanted.as_str().map_or_else(|| wanted.to_string(), str::to_owned);
    if wanted == "null" {
        return Err(Refusal::invalid("Missing 'transition' identifier"));
    }
    let open = open(call, jira, issue);
    let Some(transition) = open.iter().find(|transition| transition.id.to_string() == wanted)
    else {
        return Err(Refusal::invalid(format!(
            "It is not possible to perform this transition: no valid transition with the id {wanted} leads away from the status of the issue."
        )));
    };
    let transition = (*transition).clone();
    let named = body["fields"].as_object_mut().and_then(|fields| fields.remove("resolution"));
    let resolution = resolution(jira, &transition, named.as_ref())?;
    let project = jira.project(issue.project).ok_or_else(Refusal::no_issue)?;
    let wish = edit::wish(call, jira, project, Some(issue), &body)?;
    edit::grant(call, jira, id, wish);
    let items = move_along(call, jira, id, &transition, resolution);
    edit::record(call, jira, id, items);
    Ok(Reply::Empty)
}

fn resolution(
    jira: &Jira,
    transition: &Transition,
    named: Option<&Value>,
) -> Result<Option<u64>, Refusal> {
    match named {
        None if transition.resolution => {
            Err(Refusal::field("resolution", "Resolution is required."))
        }
        None => Ok(None),
        Some(_) if !transition.resolution => Err(Refusal::field(
            "resolution",
            "Field 'resolution' cannot be set. It is not on the appropriate screen, or unknown.",
        )),
        Some(value) => {
            let found = jira.resolutions.iter().find(|one| {
                value["name"].as_str().is_some_and(|name| one.name.eq_ignore_ascii_case(name))
                    || value["id"].as_str() == Some(&one.id.to_string())
            });
            let invalid = || Refusal::field("resolution", "Specify a valid resolution");
            found.map(|one| Some(one.id)).ok_or_else(invalid)
        }
    }
}

/// Sets the status, and with it the resolution: done issues have one, others none.
fn move_along(
    call: &Call<'_>,
    jira: &mut Jira,
    id: u64,
    transition: &Transition,
    resolution: Option<u64>,
) -> Vec<ChangeItem> {
    let Some(issue) = jira.issues.get(&id) else { return Vec::new() };
    let name = |id: u64| jira.status(id).map(|status| status.name.clone());
    let item = |field: &str, from, to| ChangeItem {
        field: field.to_owned(),
        field_id: field.to_owned(),
        custom: false,
        from,
        to,
    };
    let told = |id: Option<u64>| {
        let name = jira.resolutions.iter().find(|one| Some(one.id) == id);
        (id.map(|id| id.to_string()), name.map(|one| one.name.clone()))
    };
    let mut items = Vec::new();
    if issue.status != transition.to {
        let from = (Some(issue.status.to_string()), name(issue.status));
        items.push(item("status", from, (Some(transition.to.to_string()), name(transition.to))));
    }
    let before = issue.id_of("resolution");
    let done = jira.status(transition.to).is_some_and(|status| status.category == Category::Done);
    let first = jira.resolutions.first().map(|one| one.id);
    let after = if done { resolution.or(before).or(first) } else { None };
    if before != after {
        items.push(item("resolution", told(before), told(after)));
    }
    let Some(issue) = jira.issues.get_mut(&id) else { return items };
    issue.status = transition.to;
    if before != after {
        match after {
            Some(id) => {
                issue.values.insert("resolution".to_owned(), FieldValue::Id(id));
                let now = FieldValue::Instant(call.now);
                issue.values.insert("resolutiondate".to_owned(), now);
            }
            None => {
                issue.values.remove("resolution");
                issue.values.remove("resolutiondate");
            }
        }
    }
    items
}
