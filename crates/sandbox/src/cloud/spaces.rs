//! Spaces of v2.

use serde_json::json;

use super::page::{self, DEFAULT_LIMIT};
use super::{pages, shape};
use crate::http::{Answer, Call};
use crate::site::{Key, Refusal, Space};

pub(super) fn list(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let cut = page::cut(call, DEFAULT_LIMIT)?;
    let ids = pages::ids(call, "ids")?;
    let keys = call.query.all("keys");
    let kind = call.query.get("type");
    let status = call.query.get("status");
    let wanted = |space: &Space| {
        site.may_view_space(call.person, space)
            && (ids.is_empty() || ids.contains(&space.id))
            && (keys.is_empty() || keys.iter().any(|key| key.eq_ignore_ascii_case(&space.key)))
            && kind.is_none_or(|kind| (kind == "personal") == space.key.starts_with('~'))
            && kind.is_none_or(|kind| matches!(kind, "personal" | "global"))
            && status.is_none_or(|status| status == "current")
    };
    let (sort, descending) = match call.query.get("sort") {
        Some(word) => (word.trim_start_matches('-'), word.starts_with('-')),
        None => ("id", false),
    };
    let mut keyed = Vec::new();
    for space in site.spaces().filter(|space| wanted(space)) {
        let text = match sort {
            "id" => String::new(),
            "key" => space.key.to_lowercase(),
            "name" => space.name.to_lowercase(),
            other => {
                return Err(Refusal::Invalid(format!(
                    "Provided value {{{other}}} for 'sort' is not a sort order"
                )));
            }
        };
        keyed.push((text, space));
    }
    keyed.sort_by(|(a, x), (b, y)| (a, x.id).cmp(&(b, y.id)));
    if descending {
        keyed.reverse();
    }
    let description = description_format(call);
    let values = (0_i64..).zip(keyed).map(|(number, (_, space))| {
        let key = Key { number, text: String::new(), id: 0 };
        (key, shape::space(&site, space, description))
    });
    Ok(page::take(call, &cut, values))
}

pub(super) fn get(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let space =
        site.visible_space(call.person, call.id("id")?).ok_or_else(|| pages::not_found("space"))?;
    let mut value = shape::space(&site, space, description_format(call));
    value["_links"]["base"] = json!(call.base());
    if call.query.flag("include-labels") {
        value["labels"] = json!({
            "results": [],
            "meta": {"hasMore": false},
            "_links": {"self": format!("/wiki/api/v2/spaces/{}/labels", space.id)},
        });
    }
    Ok(Answer::Json(value))
}

fn description_format(call: &Call) -> Option<&str> {
    call.query.get("description-format").filter(|format| matches!(*format, "plain" | "view"))
}
