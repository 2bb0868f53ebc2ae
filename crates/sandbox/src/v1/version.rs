//! Restoring and deleting versions, which v2 does not do.

use super::{find, shape};
use crate::http::{Answer, Call};
use crate::site::Refusal;

pub(crate) fn restore_version(call: &Call) -> Result<Answer, Refusal> {
    let request = call.json()?;
    if request["operationKey"].as_str() != Some("restore") {
        return Err(Refusal::Invalid("operationKey must be 'restore'".to_owned()));
    }
    let params = &request["params"];
    let number = params["versionNumber"].as_u64().and_then(|number| u32::try_from(number).ok());
    let number =
        number.ok_or_else(|| Refusal::Invalid("params.versionNumber is required".to_owned()))?;
    let message = params["message"]
        .as_str()
        .ok_or_else(|| Refusal::Invalid("params.message is required".to_owned()))?;
    let with_title = params["restoreTitle"].as_bool().unwrap_or(false);
    let id = found(call)?;
    call.change(|site| {
        site.restore_version(call.person, id, number, message, with_title, call.now())
    })?;
    let site = call.shared.site();
    let item = site.item(id).ok_or_else(|| super::no_content(call.path("id")))?;
    Ok(Answer::Json(shape::version(call, &site, item, item.latest())))
}

pub(crate) fn delete_version(call: &Call) -> Result<Answer, Refusal> {
    let number = call.path("number");
    let number = number
        .parse()
        .map_err(|_| Refusal::Invalid(format!("'{number}' is not the number of a version")))?;
    let id = found(call)?;
    call.change(|site| site.delete_version(call.person, id, number))?;
    Ok(Answer::Empty)
}

fn found(call: &Call) -> Result<u64, Refusal> {
    let site = call.shared.site();
    find(call, &site).map(|item| item.id)
}
