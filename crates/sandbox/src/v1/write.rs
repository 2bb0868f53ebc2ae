//! Moving pages.

use super::find;
use crate::http::{Answer, Call};
use crate::site::{Position, Refusal};

/// Cloud: `PUT /content/{id}/move/{before|after|append}/{target}`.
pub(crate) fn move_page(call: &Call) -> Result<Answer, Refusal> {
    let id = {
        let site = call.shared.site();
        find(call, &site)?.id
    };
    let position = match call.path("position") {
        "before" => Position::Before,
        "after" => Position::After,
        "append" => Position::Append,
        other => {
            return Err(Refusal::Invalid(format!(
                "Position '{other}' must be 'before', 'after' or 'append'"
            )));
        }
    };
    let target = call.id("target")?;
    call.change(|site| site.move_to(call.person, id, position, target))?;
    Ok(Answer::Json(serde_json::json!({"pageId": id.to_string()})))
}
