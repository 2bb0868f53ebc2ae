//! Likes of v2.

use serde_json::json;

use super::comments;
use super::page::{self, DEFAULT_LIMIT};
use crate::http::{Answer, Call};
use crate::site::{Key, Refusal};

pub(super) fn count(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let item = comments::carrier(call, &site)?;
    Ok(Answer::Json(json!({"count": item.likes.len()})))
}

pub(super) fn users(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let item = comments::carrier(call, &site)?;
    let cut = page::cut(call, DEFAULT_LIMIT)?;
    let keyed = (0_i64..).zip(&item.likes).map(|(number, person)| {
        let key = Key { number, text: String::new(), id: 0 };
        (key, json!({"accountId": site.account(*person).account_id}))
    });
    Ok(page::take(call, &cut, keyed))
}
