//! Accounts: Cloud names them by `accountId`, Data Center by `username` and `key`.

use axum::http::StatusCode;
use serde_json::Value;

use super::http::{Call, Refusal, Reply};
use super::rights::may_browse;
use super::state::Jira;
use crate::site::{Account, Person};

#[expect(clippy::unnecessary_wraps, reason = "every handler has this signature")]
pub(super) fn myself(call: &Call<'_>, _jira: &mut Jira) -> Result<Reply, Refusal> {
    let mut user = call.user(call.person);
    user["locale"] = Value::from("en_US");
    Ok(Reply::Json(user))
}

pub(super) fn user(call: &Call<'_>, _jira: &mut Jira) -> Result<Reply, Refusal> {
    let (names, what): (&[&str], &str) = if call.api.is_cloud() {
        (&["accountId"], "Either the accountId or a query parameter must be provided.")
    } else {
        (
            &["username", "key"],
            "Either the 'username' or the 'key' query parameters need to be provided",
        )
    };
    let Some(word) = names.iter().find_map(|name| call.query.get(name)) else {
        return Err(Refusal::invalid(what));
    };
    let found = call.site.people().find(|(_, account)| is(call, account, word));
    match found {
        Some((person, _)) => Ok(Reply::Json(call.user(person))),
        None if call.api.is_cloud() => Err(Refusal::new(
            StatusCode::NOT_FOUND,
            "Specified user does not exist or you do not have required permissions",
        )),
        None => {
            let message = format!("The user named '{word}' does not exist");
            Err(Refusal::new(StatusCode::NOT_FOUND, message))
        }
    }
}

fn is(call: &Call<'_>, account: &Account, word: &str) -> bool {
    if call.api.is_cloud() {
        account.account_id == word
    } else {
        account.username == word || account.user_key == word
    }
}

pub(super) fn search(call: &Call<'_>, _jira: &mut Jira) -> Result<Reply, Refusal> {
    let wanted = wanted(call)
        .ok_or_else(|| Refusal::invalid("The query or username parameter must be provided."))?;
    listed(call, &wanted, |_| true)
}

pub(super) fn assignable(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let issue = call
        .query
        .get("issueKey")
        .map(|key| jira.visible_issue(call.site, call.person, key).ok_or_else(Refusal::no_issue));
    let project = match (issue.transpose()?, call.query.get("project")) {
        (Some(issue), _) => jira.project(issue.project),
        (None, Some(word)) => jira.visible_project(call.site, call.person, word),
        (None, None) => {
            return Err(Refusal::invalid("You must specify one of project, issueKey or issueId."));
        }
    };
    let project = project.ok_or_else(|| {
        Refusal::new(StatusCode::NOT_FOUND, "No project could be found for the given parameters.")
    })?;
    let wanted = wanted(call).unwrap_or_default();
    listed(call, &wanted, |person| may_browse(call.site, person, project))
}

/// What the names of people are compared with.
fn wanted(call: &Call<'_>) -> Option<String> {
    let names: &[&str] =
        if call.api.is_cloud() { &["query", "accountId", "username"] } else { &["username"] };
    names.iter().find_map(|name| call.query.get(name)).map(str::to_lowercase)
}

fn listed(
    call: &Call<'_>,
    wanted: &str,
    admits: impl Fn(Person) -> bool,
) -> Result<Reply, Refusal> {
    let start = call.number("startAt", 0)?;
    let most = call.number("maxResults", 50)?.min(1000);
    let matches = |account: &Account| {
        let name = account.display_name.to_lowercase();
        // Data Center takes a dot for everybody.
        (wanted == "." && !call.api.is_cloud())
            || name.split(' ').any(|part| part.starts_with(wanted))
            || name.starts_with(wanted)
            || account.email.starts_with(wanted)
            || account.account_id == wanted
            || !call.api.is_cloud() && account.username.starts_with(wanted)
    };
    let found = call.site.people().filter(|(person, account)| admits(*person) && matches(account));
    Ok(Reply::Json(found.skip(start).take(most).map(|(person, _)| call.user(person)).collect()))
}
