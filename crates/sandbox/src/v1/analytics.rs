//! How often content was viewed: Cloud alone counts.

use serde_json::json;

use super::find;
use crate::http::{Answer, Call};
use crate::site::Refusal;

pub(crate) fn views(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let item = find(call, &site)?;
    Ok(Answer::Json(json!({"id": item.id, "count": item.views.values().sum::<u64>()})))
}

pub(crate) fn viewers(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let item = find(call, &site)?;
    Ok(Answer::Json(json!({"id": item.id, "count": item.views.len()})))
}
