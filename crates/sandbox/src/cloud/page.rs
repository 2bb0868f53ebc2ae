//! Lists by cursor: the parameters, the cursor itself, the links.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::http::{Answer, Call};
use crate::site::{Item, Key, Listed, Order, Refusal, Site};

/// Where a list starts and how long it may be.
pub(super) struct Cut {
    pub after: Option<Key>,
    pub limit: usize,
}

/// v2 lists: 25 unless asked, 250 at most (attachments: 50 unless asked).
pub(super) const DEFAULT_LIMIT: usize = 25;
const MAX_LIMIT: usize = 250;

pub(super) fn cut(call: &Call, default: usize) -> Result<Cut, Refusal> {
    let limit = call.query.number("limit")?.unwrap_or(default);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Refusal::Invalid(format!(
            "Provided value {{{limit}}} for 'limit' is not in the range 1 to {MAX_LIMIT}"
        )));
    }
    let after = match call.query.get("cursor") {
        None | Some("") => None,
        Some(cursor) => Some(
            decode(cursor)
                .ok_or_else(|| Refusal::Invalid("The provided cursor is not valid".to_owned()))?,
        ),
    };
    Ok(Cut { after, limit })
}

/// The parameter `sort`, one of those that the endpoint knows.
pub(super) fn order(call: &Call, default: Order) -> Result<Order, Refusal> {
    match call.query.get("sort") {
        None | Some("") => Ok(default),
        Some(word) => Order::parse(word).ok_or_else(|| {
            Refusal::Invalid(format!("Provided value {{{word}}} for 'sort' is not a sort order"))
        }),
    }
}

/// The answer to a list of content.
pub(super) fn answer(
    call: &Call,
    site: &Site,
    listed: &Listed,
    shape: impl Fn(&Item) -> Value,
) -> Answer {
    let results = listed.ids.iter().filter_map(|id| site.item(*id)).map(shape).collect::<Vec<_>>();
    list(call, &results, listed.next.as_ref())
}

/// The answer to a list of anything. `next` is where to go on.
pub(super) fn list(call: &Call, results: &[Value], next: Option<&Key>) -> Answer {
    let next = next.map(|key| {
        let mut query = call.query.without(&["cursor"]);
        query.append_pair("cursor", &encode(key));
        format!("{}?{}", call.uri.path(), query.finish())
    });
    let mut links = json!({"base": call.base()});
    if let Some(next) = &next {
        links["next"] = json!(next);
    }
    Answer::List { body: json!({"results": results, "_links": links}), next }
}

/// Cuts a list that is not content: `keyed` is in order, keys grow.
pub(super) fn take(call: &Call, cut: &Cut, keyed: impl Iterator<Item = (Key, Value)>) -> Answer {
    let mut rest = keyed.filter(|(key, _)| cut.after.as_ref().is_none_or(|after| key > after));
    let taken: Vec<(Key, Value)> = rest.by_ref().take(cut.limit).collect();
    let next = rest.next().and_then(|_| taken.last().map(|(key, _)| key.clone()));
    list(call, &taken.into_iter().map(|(_, value)| value).collect::<Vec<_>>(), next.as_ref())
}

/// Opaque to everybody else.
fn encode(key: &Key) -> String {
    URL_SAFE_NO_PAD.encode(json!([key.number, key.text, key.id]).to_string())
}

fn decode(cursor: &str) -> Option<Key> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (number, text, id) = serde_json::from_slice(&bytes).ok()?;
    Some(Key { number, text, id })
}
