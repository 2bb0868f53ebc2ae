//! Search by JQL: Cloud hands out tokens and counts nothing, Data Center counts.

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::http::{Call, Refusal, Reply};
use super::issues::{Selection, show};
use super::jql::{JqlError, Query};
use super::state::Jira;

/// Issues on a page of Cloud that holds more than their ids.
const MOST_WITH_FIELDS: usize = 100;
/// `jira.search.views.default.max` of Data Center.
const MOST: usize = 1000;

impl From<JqlError> for Refusal {
    fn from(JqlError(message): JqlError) -> Self {
        Self::invalid(message)
    }
}

/// Removed in 2025 (Atlassian's CHANGE-2046).
pub(super) fn gone(_call: &Call<'_>, _jira: &mut Jira) -> Result<Reply, Refusal> {
    Err(Refusal::new(
        StatusCode::GONE,
        "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046",
    ))
}

/// The parameters of a search, which come in the query or, by POST, in the body.
struct Asked {
    jql: String,
    fields: Vec<String>,
    expand: Vec<String>,
    most: Option<usize>,
    start: usize,
    token: Option<String>,
}

fn asked(call: &Call<'_>) -> Result<Asked, Refusal> {
    let list = |value: &Value| -> Vec<String> {
        let words = value.as_array().map_or_else(
            || value.as_str().unwrap_or_default().split(',').map(str::to_owned).collect(),
            |all| all.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>(),
        );
        words.into_iter().filter(|word| !word.is_empty()).collect()
    };
    let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let Ok(body) = call.json() else {
        let words = |name| call.query.all(name).into_iter().map(str::to_owned).collect();
        return Ok(Asked {
            jql: call.query.get("jql").unwrap_or_default().to_owned(),
            fields: words("fields"),
            expand: words("expand"),
            most: call
                .query
                .get("maxResults")
                .map(|_| call.number("maxResults", 50))
                .transpose()?,
            start: call.number("startAt", 0)?,
            token: call.query.get("nextPageToken").map(str::to_owned),
        });
    };
    Ok(Asked {
        jql: body["jql"].as_str().unwrap_or_default().to_owned(),
        fields: list(&body["fields"]),
        expand: list(&body["expand"]),
        most: body["maxResults"].as_u64().map(size),
        start: body["startAt"].as_u64().map_or(0, size),
        token: body["nextPageToken"].as_str().map(str::to_owned),
    })
}

pub(super) fn by_token(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let asked = asked(call)?;
    let query = Query::read(call, jira, &asked.jql)?;
    if !query.restricts() {
        return Err(Refusal::invalid(
            "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.",
        ));
    }
    let start = match &asked.token {
        None => 0,
        Some(token) => place(token, &asked.jql).ok_or_else(|| {
            Refusal::invalid("The provided next page token is invalid or expired.")
        })?,
    };
    let bare = asked.fields.iter().all(|field| matches!(field.as_str(), "id" | "key"));
    let most = asked.most.unwrap_or(50).clamp(1, if bare { 5000 } else { MOST_WITH_FIELDS });
    let found = query.run()?;
    let selection = Selection::new(&asked.fields, "id");
    let issues: Vec<Value> = found
        .iter()
        .skip(start)
        .take(most)
        .map(|issue| match asked.fields.is_empty() {
            true => json!({"id": issue.id.to_string()}),
            false if bare => json!({"id": issue.id.to_string(), "key": issue.key}),
            false => show(call, jira, issue, &selection, &asked.expand),
        })
        .collect();
    let end = start + issues.len();
    let mut page = json!({"issues": issues, "isLast": end >= found.len()});
    if end < found.len() {
        page["nextPageToken"] = json!(token(end, &asked.jql));
    }
    names(call, jira, &asked, &mut page);
    Ok(Reply::Json(page))
}

pub(super) fn by_start(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let asked = asked(call)?;
    let query = Query::read(call, jira, &asked.jql)?;
    let found = query.run()?;
    let most = asked.most.unwrap_or(50).min(MOST);
    let selection = Selection::new(&asked.fields, "*navigable");
    let shown = found.iter().skip(asked.start).take(most);
    let issues: Vec<Value> =
        shown.map(|issue| show(call, jira, issue, &selection, &asked.expand)).collect();
    let mut page = json!({
        "expand": "schema,names",
        "startAt": asked.start,
        "maxResults": most,
        "total": found.len(),
        "issues": issues,
    });
    names(call, jira, &asked, &mut page);
    Ok(Reply::Json(page))
}

fn names(_call: &Call<'_>, jira: &Jira, asked: &Asked, page: &mut Value) {
    if asked.expand.iter().any(|word| word == "names") {
        page["names"] =
            jira.fields.iter().map(|field| (field.id.clone(), json!(field.name))).collect();
    }
}

/// Opaque, and good for one query alone.
fn token(place: usize, jql: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{place} {jql}"))
}

fn place(token: &str, jql: &str) -> Option<usize> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let (place, of) = text.split_once(' ')?;
    (of == jql).then(|| place.parse().ok()).flatten()
}
