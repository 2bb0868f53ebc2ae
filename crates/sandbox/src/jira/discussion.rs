//! What people add to an issue: comments, work, watchers, links.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::edit;
use super::http::{Call, Refusal, Reply};
use super::rights::may_read;
use super::state::{Attachment, Comment, Issue, Jira};
use crate::site::Person;

pub(super) fn comments(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let issue = call.issue(jira)?;
    let mut all = call.comments(issue);
    if call.query.get("orderBy") == Some("-created") {
        all.reverse();
    }
    let mut page = call.page(&all, 100, |comment| call.comment(issue, comment))?;
    let shown = page.remove("values").unwrap_or_default();
    page.remove("isLast");
    page.insert("comments".to_owned(), shown);
    Ok(Reply::Json(Value::Object(page)))
}

pub(super) fn comment(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let issue = call.issue(jira)?;
    Ok(Reply::Json(call.comment(issue, find(call, issue)?)))
}

fn find<'i>(call: &Call<'_>, issue: &'i Issue) -> Result<&'i Comment, Refusal> {
    let id = call.path("comment");
    let found = issue.comments.iter().find(|comment| comment.id.to_string() == id);
    found.filter(|comment| may_read(call.site, call.person, comment)).ok_or_else(|| {
        Refusal::new(StatusCode::NOT_FOUND, format!("Can not find a comment for the id: {id}."))
    })
}

/// A text and whom it is for, as a request gives them.
fn written(call: &Call<'_>, body: &Value) -> Result<(super::value::Rich, Option<String>), Refusal> {
    let text = &body["body"];
    if text.is_null() || text.as_str().is_some_and(|text| text.trim().is_empty()) {
        return Err(Refusal::field("comment", "Comment body can not be empty!"));
    }
    let rich = edit::rich(call, text)
        .map_err(|_| Refusal::field("comment", "Comment body is not valid!"))?;
    let group = edit::visibility(body);
    if let Some(group) = group.as_ref().filter(|group| call.site.group(group).is_none()) {
        let message = format!("Group: {group} does not exist.");
        return Err(Refusal::field("commentLevel", message));
    }
    Ok((rich, group))
}

pub(super) fn add_comment(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let body = call.json()?;
    let issue = commentable(call, jira)?;
    let (rich, group) = written(call, &body)?;
    let id = edit::add_comment(call, jira, issue, rich, group);
    shown(call, jira, issue, id).map(Reply::Created)
}

/// Who may not comment is told so about the field (both products).
fn commentable(call: &Call<'_>, jira: &Jira) -> Result<u64, Refusal> {
    call.writable(jira).map(|issue| issue.id).map_err(|refusal| {
        if refusal.status == StatusCode::FORBIDDEN {
            let name = &call.site.account(call.person).display_name;
            let message =
                format!("{name}, you do not have the permission to comment on this issue.");
            return Refusal::field("comment", message);
        }
        refusal
    })
}

fn shown(call: &Call<'_>, jira: &Jira, issue: u64, comment: u64) -> Result<Value, Refusal> {
    let issue = jira.issues.get(&issue).ok_or_else(Refusal::no_issue)?;
    let comment = issue.comments.iter().find(|one| one.id == comment);
    comment.map(|comment| call.comment(issue, comment)).ok_or_else(Refusal::no_issue)
}

/// One's own; administrators edit and delete every comment.
fn own_comment(call: &Call<'_>, jira: &Jira) -> Result<(u64, u64), Refusal> {
    let issue = call.issue(jira)?;
    let comment = find(call, issue)?;
    if comment.author != call.person && !call.site.account(call.person).administrator {
        return Err(Refusal::invalid(
            "You do not have the permission to edit or delete this comment.",
        ));
    }
    Ok((issue.id, comment.id))
}

pub(super) fn edit_comment(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let body = call.json()?;
    let (issue, id) = own_comment(call, jira)?;
    let (rich, group) = written(call, &body)?;
    if let Some(issue) = jira.issues.get_mut(&issue) {
        issue.updated = call.now;
        for comment in issue.comments.iter_mut().filter(|comment| comment.id == id) {
            comment.body = rich.clone();
            comment.editor = call.person;
            comment.updated = call.now;
            if body.get("visibility").is_some() {
                comment.group.clone_from(&group);
            }
        }
    }
    shown(call, jira, issue, id).map(Reply::Json)
}

pub(super) fn delete_comment(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let (issue, id) = own_comment(call, jira)?;
    if let Some(issue) = jira.issues.get_mut(&issue) {
        issue.updated = call.now;
        issue.comments.retain(|comment| comment.id != id);
    }
    Ok(Reply::Empty)
}

pub(super) fn worklogs(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let issue = call.issue(jira)?;
    let mut page = call.page(&issue.worklogs, 5000, |worklog| call.worklog(issue, worklog))?;
    let shown = page.remove("values").unwrap_or_default();
    page.remove("isLast");
    page.insert("worklogs".to_owned(), shown);
    Ok(Reply::Json(Value::Object(page)))
}

pub(super) fn add_worklog(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let body = call.json()?;
    let id = call.writable(jira)?.id;
    let (seconds, started, comment) =
        edit::worklog(call, &body).map_err(|message| Refusal::field("timeLogged", message))?;
    let worklog = edit::add_worklog(call, jira, id, seconds, started, comment);
    let issue = jira.issues.get(&id).ok_or_else(Refusal::no_issue)?;
    let worklog = issue.worklogs.iter().find(|one| one.id == worklog);
    let worklog = worklog.ok_or_else(Refusal::no_issue)?;
    Ok(Reply::Created(call.worklog(issue, worklog)))
}

/// The size of each file is kept, not its bytes.
pub(super) fn attach(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    if !matches!(call.header("x-atlassian-token"), "no-check" | "nocheck") {
        return Err(Refusal::forbidden("XSRF check failed"));
    }
    let id = call.writable(jira)?.id;
    let files = call.form().unwrap_or_default();
    let mut shown = Vec::new();
    for part in files.iter().filter(|part| part.name == "file") {
        let attachment = Attachment {
            id: jira.new_id(),
            name: part.file_name.clone().unwrap_or_default(),
            media_type: part.media_type.clone().unwrap_or_default(),
            size: part.bytes.len() as u64,
            author: call.person,
            created: call.now,
        };
        shown.push(call.attachment(&attachment));
        if let Some(issue) = jira.issues.get_mut(&id) {
            issue.updated = call.now;
            issue.attachments.push(attachment);
        }
    }
    if shown.is_empty() {
        return Err(Refusal::invalid("The request holds no part named 'file'."));
    }
    Ok(Reply::Json(Value::Array(shown)))
}

pub(super) fn watchers(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let issue = call.issue(jira)?;
    let people: Vec<Value> = issue.watchers.iter().map(|person| call.user(*person)).collect();
    Ok(Reply::Json(json!({
        "self": format!("{}/issue/{}/watchers", call.root, issue.key),
        "isWatching": issue.watchers.contains(&call.person),
        "watchCount": people.len(),
        "watchers": people,
    })))
}

/// The body is the account alone, as a JSON string; without one it is the account that asks.
pub(super) fn watch(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let id = call.issue(jira)?.id;
    let person = match call.text() {
        Some(word) => account(call, &word)?,
        None => call.person,
    };
    if let Some(issue) = jira.issues.get_mut(&id) {
        issue.watchers.insert(person);
    }
    Ok(Reply::Empty)
}

pub(super) fn unwatch(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let id = call.issue(jira)?.id;
    let name = if call.api.is_cloud() { "accountId" } else { "username" };
    let word = call.query.get(name).unwrap_or_default();
    let person = account(call, word)?;
    if let Some(issue) = jira.issues.get_mut(&id) {
        issue.watchers.remove(&person);
    }
    Ok(Reply::Empty)
}

fn account(call: &Call<'_>, word: &str) -> Result<Person, Refusal> {
    let key = if call.api.is_cloud() { "accountId" } else { "name" };
    let found = edit::person(call, &json!({ key: word })).ok().flatten();
    found.ok_or_else(|| Refusal::invalid(format!("The user \"{word}\" does not exist.")))
}

pub(super) fn link(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let body = call.json()?;
    let kind = edit::find_link_type(jira, &body["type"]).ok_or_else(|| {
        Refusal::new(StatusCode::NOT_FOUND, "No issue link type with that name was found.")
    })?;
    let end = |side: &str| {
        let issue = &body[side];
        let word = issue["key"].as_str().or_else(|| issue["id"].as_str()).unwrap_or_default();
        let found = jira.visible_issue(call.site, call.person, word);
        found.map(|issue| issue.id).ok_or_else(Refusal::no_issue)
    };
    // The inward issue is the one that the outward words are said of.
    let (source, target) = (end("inwardIssue")?, end("outwardIssue")?);
    edit::add_link(jira, kind, source, target);
    if !body["comment"].is_null() {
        let (rich, group) = written(call, &body["comment"])?;
        edit::add_comment(call, jira, source, rich, group);
    }
    Ok(Reply::CreatedNothing)
}

pub(super) fn unlink(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let id = call.path("id");
    let sees = |issue: u64| {
        jira.issues.get(&issue).is_some_and(|issue| jira.may_view(call.site, call.person, issue))
    };
    let found = jira
        .links
        .values()
        .find(|link| link.id.to_string() == id && sees(link.source) && sees(link.target))
        .map(|link| link.id);
    let missing =
        || Refusal::new(StatusCode::NOT_FOUND, format!("No issue link with id '{id}' exists."));
    jira.links.remove(&found.ok_or_else(missing)?);
    Ok(Reply::Empty)
}
