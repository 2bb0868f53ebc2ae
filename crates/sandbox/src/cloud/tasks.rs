//! Tasks of v2.

use serde_json::{Value, json};

use super::page::{self, DEFAULT_LIMIT};
use super::shape::{self, BodyFormat};
use super::{pages, shape::time};
use crate::http::{Answer, Call};
use crate::site::{Key, Kind, Refusal, Site, Task};

pub(super) fn list(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let cut = page::cut(call, DEFAULT_LIMIT)?;
    let format = shape::body_format(call)?;
    let carriers = [pages::ids(call, "page-id")?, pages::ids(call, "blogpost-id")?].concat();
    let assigned = call.query.all("assigned-to");
    let status = match call.query.get("status") {
        None => None,
        Some("complete") => Some(true),
        Some("incomplete") => Some(false),
        Some(other) => {
            return Err(Refusal::Invalid(format!(
                "Provided value {{{other}}} for 'status' must be 'complete' or 'incomplete'"
            )));
        }
    };
    let wanted = |task: &Task| {
        (carriers.is_empty() || carriers.contains(&task.container))
            && (assigned.is_empty()
                || task.assigned_to.as_deref().is_some_and(|account| assigned.contains(&account)))
            && status.is_none_or(|complete| task.complete == complete)
    };
    let tasks = site.tasks(call.person);
    let keyed = (0_i64..).zip(tasks.iter().filter(|task| wanted(task))).map(|(number, task)| {
        (Key { number, text: String::new(), id: 0 }, one(&site, task, format))
    });
    Ok(page::take(call, &cut, keyed))
}

pub(super) fn get(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let task = found(call, &site)?;
    Ok(Answer::Json(one(&site, &task, shape::body_format(call)?)))
}

pub(super) fn update(call: &Call) -> Result<Answer, Refusal> {
    let request = call.json()?;
    let complete = match request["status"].as_str() {
        Some("complete") => true,
        Some("incomplete") => false,
        _ => {
            return Err(Refusal::Invalid("status must be 'complete' or 'incomplete'".to_owned()));
        }
    };
    let task = found(call, &call.shared.site())?;
    call.change(|site| site.set_task(call.person, &task, complete, call.now()))?;
    get(call)
}

fn found(call: &Call, site: &Site) -> Result<Task, Refusal> {
    let id = call.path("id");
    let mut tasks = site.tasks(call.person).into_iter();
    tasks.find(|task| task.id() == id).ok_or_else(|| pages::not_found("task"))
}

fn one(site: &Site, task: &Task, format: BodyFormat) -> Value {
    let Some(item) = site.item(task.container) else { return Value::Null };
    let carrier = if item.kind == Kind::BlogPost { "blogPostId" } else { "pageId" };
    let author = &site.account(item.author).account_id;
    let mut value = json!({
        "id": task.id(),
        "localId": task.local_id.to_string(),
        "spaceId": item.space.to_string(),
        carrier: item.id.to_string(),
        "status": if task.complete { "complete" } else { "incomplete" },
        "body": shape::body(format, &task.body),
        "createdBy": author,
        "createdAt": time(item.first().at),
        "updatedAt": time(item.latest().at),
    });
    if let Some(account) = &task.assigned_to {
        value["assignedTo"] = json!(account);
    }
    if task.complete {
        value["completedBy"] = json!(site.account(item.latest().by).account_id);
        value["completedAt"] = json!(time(item.latest().at));
    }
    value
}
