//! How far work has come that went on after its answer.

use serde_json::json;

use crate::http::{Answer, Call};
use crate::site::Refusal;

/// What is answered when work has begun.
pub(super) fn begun(call: &Call, id: u64) -> Answer {
    Answer::Accepted(json!({
        "id": id.to_string(),
        "links": {"status": format!("{}/rest/api/longtask/{id}", call.context())},
    }))
}

pub(crate) fn long_task(call: &Call) -> Result<Answer, Refusal> {
    let id = call.id("id")?;
    call.change(|site| {
        let task = site
            .poll_long_task(id)
            .ok_or_else(|| Refusal::NotFound(format!("No long task with id: {id}")))?;
        Ok(Answer::Json(json!({
            "id": id.to_string(),
            "name": {"key": task.name, "args": []},
            "elapsedTime": 100,
            "percentageComplete": task.percent(),
            "successful": task.is_finished(),
            "finished": task.is_finished(),
            "messages": [],
            "_links": {"self": format!("{}/rest/api/longtask/{id}", call.base())},
        })))
    })
}
