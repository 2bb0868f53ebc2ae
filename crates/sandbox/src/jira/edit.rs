//! Reads what a request wants to set, and sets it, with a record in the issue's history.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value};

use super::http::{Api, Call, Refusal};
use super::rights::may_browse;
use super::state::{Change, ChangeItem, Comment, Field, Issue, Jira, Link, Project, Worklog};
use super::value::{FieldKind, FieldValue, Rich};
use crate::site::Person;

/// What a request wants of the fields of an issue; `None` clears a field.
#[derive(Default)]
pub(super) struct Wish {
    pub values: BTreeMap<String, Option<FieldValue>>,
    pub issue_type: Option<u64>,
    pub comments: Vec<(Rich, Option<String>)>,
    pub worklogs: Vec<(u64, Timestamp, Option<Rich>)>,
    /// Kind, source, target; `None` stands for the issue itself.
    pub links: Vec<(u64, Option<u64>, Option<u64>)>,
}

const UNKNOWN: &str = "cannot be set. It is not on the appropriate screen, or unknown.";

/// Reads `fields` and `update` of a request for an issue of `project`. `before` is the issue that
/// there is, when there is one.
pub(super) fn wish(
    call: &Call<'_>,
    jira: &Jira,
    project: &Project,
    before: Option<&Issue>,
    body: &Value,
) -> Result<Wish, Refusal> {
    let reader = Reader { call, jira, project };
    let (empty, mut wish, mut wrong) = (Map::new(), Wish::default(), Vec::new());
    let fields = body["fields"].as_object().unwrap_or(&empty);
    for (name, value) in fields {
        if let Err(message) = reader.field(&mut wish, name, value) {
            wrong.push((name.clone(), message));
        }
    }
    for (name, operations) in body["update"].as_object().unwrap_or(&empty) {
        let done = if fields.contains_key(name) {
            Err(format!("Field '{name}' cannot appear in both 'fields' and 'update'"))
        } else {
            reader.operations(&mut wish, before, name, operations)
        };
        if let Err(message) = done {
            wrong.push((name.clone(), message));
        }
    }
    if wrong.is_empty() { Ok(wish) } else { Err(Refusal::fields(wrong)) }
}

/// A document in the markup of the interface.
pub(super) fn rich(call: &Call<'_>, value: &Value) -> Result<Rich, String> {
    if call.api == Api::Cloud3 {
        return Rich::from_adf(value).ok_or_else(|| {
            "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
                .to_owned()
        });
    }
    value.as_str().map(Rich::from_wiki).ok_or_else(|| "Operation value must be a string".to_owned())
}

/// The account that `{"accountId": …}` (Cloud) or `{"name": …}` (Data Center) names.
pub(super) fn person(call: &Call<'_>, value: &Value) -> Result<Option<Person>, String> {
    let keys: &[&str] = if call.api.is_cloud() { &["accountId", "id"] } else { &["name", "key"] };
    if value.is_null() {
        return Ok(None);
    }
    let Some(word) = keys.iter().find_map(|key| value.get(key)) else {
        return Err("data was not an object".to_owned());
    };
    // An empty name of Data Center clears the field, as null does.
    let Some(word) = word.as_str().filter(|word| !word.is_empty()) else { return Ok(None) };
    match call.site.people().find(|(_, account)| {
        if call.api.is_cloud() {
            account.account_id == word
        } else {
            account.username == word || account.user_key == word
        }
    }) {
        Some((person, _)) => Ok(Some(person)),
        None if call.api.is_cloud() => Err("Specify a valid value for assignee".to_owned()),
        None => Err(format!("User '{word}' does not exist.")),
    }
}

struct Reader<'a> {
    call: &'a Call<'a>,
    jira: &'a Jira,
    project: &'a Project,
}

impl Reader<'_> {
    fn field(&self, wish: &mut Wish, name: &str, value: &Value) -> Result<(), String> {
        match name {
            // Read before; a project cannot be changed by an edit.
            "project" => return Ok(()),
            "issuetype" => {
                wish.issue_type = Some(issue_type(self.jira, self.project, value)?);
                return Ok(());
            }
            _ => {}
        }
        let field = self.settable(name)?;
        wish.values.insert(field.id.clone(), self.value(field, value)?);
        Ok(())
    }

    fn settable(&self, name: &str) -> Result<&Field, String> {
        let field = self.jira.field(name).filter(|field| {
            !matches!(field.kind, FieldKind::Own | FieldKind::Json | FieldKind::Instant)
                && field.kind != FieldKind::Resolution
        });
        field.ok_or_else(|| format!("Field '{name}' {UNKNOWN}"))
    }

    /// `[{"set": …}]`, `[{"add": …}, {"remove": …}]`
    fn operations(
        &self,
        wish: &mut Wish,
        before: Option<&Issue>,
        name: &str,
        operations: &Value,
    ) -> Result<(), String> {
        let operations = operations.as_array().ok_or("Operation value must be an array")?;
        for operation in operations.iter().filter_map(Value::as_object) {
            for (verb, value) in operation {
                match (name, verb.as_str()) {
                    ("comment", "add") => wish.comments.push(self.comment(value)?),
                    ("worklog", "add") => wish.worklogs.push(worklog(self.call, value)?),
                    ("issuelinks", "add") => wish.links.push(self.link(value)?),
                    (_, "set") => self.field(wish, name, value)?,
                    (_, "add" | "remove") => {
                        let field = self.settable(name)?;
                        let now = match wish.values.get(name) {
                            Some(value) => value.clone(),
                            None => before.and_then(|issue| issue.values.get(name)).cloned(),
                        };
                        let one = Value::Array(vec![value.clone()]);
                        let change = self.value(field, &one)?;
                        let after = combined(now, change, verb == "add")?;
                        wish.values.insert(name.to_owned(), after);
                    }
                    _ => return Err(format!("Operation '{verb}' is not supported by this field")),
                }
            }
        }
        Ok(())
    }

    fn comment(&self, value: &Value) -> Result<(Rich, Option<String>), String> {
        let body = rich(self.call, &value["body"])?;
        Ok((body, visibility(value)))
    }

    fn link(&self, value: &Value) -> Result<(u64, Option<u64>, Option<u64>), String> {
        let kind =
            find_link_type(self.jira, &value["type"]).ok_or("No issue link type with that name")?;
        let end = |side: &str| match value.get(side).and_then(|issue| issue["key"].as_str()) {
            None => Ok(None),
            Some(key) => self
                .jira
                .visible_issue(self.call.site, self.call.person, key)
                .map(|issue| Some(issue.id))
                .ok_or("Issue does not exist or you do not have permission to see it."),
        };
        Ok((kind, end("inwardIssue")?, end("outwardIssue")?))
    }

    fn value(&self, field: &Field, value: &Value) -> Result<Option<FieldValue>, String> {
        if value.is_null() && !matches!(field.id.as_str(), "summary" | "priority") {
            return Ok(None);
        }
        let value = match field.kind {
            FieldKind::Text => FieldValue::Text(text(field, value)?),
            FieldKind::Rich if value == "" => return Ok(None),
            FieldKind::Rich => FieldValue::Rich(rich(self.call, value)?),
            FieldKind::Number => {
                FieldValue::Number(value.as_f64().ok_or("Operation value must be a number")?)
            }
            FieldKind::Date => FieldValue::Text(date(value)?),
            FieldKind::Labels => FieldValue::Names(labels(value)?),
            FieldKind::Person => match person(self.call, value)? {
                Some(person) => self.assignable(field, person)?,
                None => return Ok(None),
            },
            FieldKind::Priority => {
                let known = self.jira.priorities.iter().map(|one| (one.id, one.name.as_str()));
                FieldValue::Id(by_name_or_id("Priority name", "name", known, value)?)
            }
            FieldKind::Security => {
                let known = self.jira.security_levels.iter().map(|one| (one.id, one.name.as_str()));
                FieldValue::Id(by_name_or_id("Security level", "name", known, value)?)
            }
            FieldKind::Components => {
                let known =
                    || self.project.components.iter().map(|one| (one.id, one.name.as_str()));
                FieldValue::Ids(each(value, |one| {
                    by_name_or_id("Component name", "name", known(), one)
                })?)
            }
            FieldKind::Versions => {
                let known = || self.project.versions.iter().map(|one| (one.id, one.name.as_str()));
                FieldValue::Ids(each(value, |one| {
                    by_name_or_id("Version name", "name", known(), one)
                })?)
            }
            FieldKind::Parent => FieldValue::Id(self.parent(value)?),
            FieldKind::Option => FieldValue::Id(self.option(field, value)?),
            FieldKind::Options => FieldValue::Ids(each(value, |one| self.option(field, one))?),
            FieldKind::Cascade => self.cascade(field, value)?,
            FieldKind::Instant | FieldKind::Resolution | FieldKind::Json | FieldKind::Own => {
                return Err(format!("Field '{}' {UNKNOWN}", field.id));
            }
        };
        let empty = matches!(&value, FieldValue::Names(names) if names.is_empty())
            || matches!(&value, FieldValue::Ids(ids) if ids.is_empty());
        Ok(if empty { None } else { Some(value) })
    }

    fn assignable(&self, field: &Field, person: Person) -> Result<FieldValue, String> {
        let may = may_browse(self.call.site, person, self.project);
        if field.id == "assignee" && !may {
            let account = self.call.site.account(person);
            return Err(format!("User '{}' cannot be assigned issues.", account.username));
        }
        Ok(FieldValue::Person(person))
    }

    fn parent(&self, value: &Value) -> Result<u64, String> {
        let word = value["key"].as_str().or_else(|| value["id"].as_str()).unwrap_or_default();
        let parent = self.jira.visible_issue(self.call.site, self.call.person, word);
        parent
            .filter(|parent| parent.project == self.project.id)
            .map(|parent| parent.id)
            .ok_or_else(|| "Could not find issue by id or key.".to_owned())
    }

    fn option(&self, field: &Field, value: &Value) -> Result<u64, String> {
        let options = field.options_for(self.project.id);
        let known =
            options.iter().filter(|one| !one.disabled).map(|one| (one.id, one.name.as_str()));
        by_name_or_id("Option value", "value", known, value)
    }

    fn cascade(&self, field: &Field, value: &Value) -> Result<FieldValue, String> {
        let first = self.option(field, value)?;
        let Some(child) = value.get("child").filter(|child| !child.is_null()) else {
            return Ok(FieldValue::Cascade(first, None));
        };
        let options = field.options_for(self.project.id);
        let below = options.iter().find(|one| one.id == first).map_or(&[][..], |one| &one.below);
        let known = below.iter().map(|one| (one.id, one.name.as_str()));
        Ok(FieldValue::Cascade(first, Some(by_name_or_id("Option value", "value", known, child)?)))
    }
}

fn text(field: &Field, value: &Value) -> Result<String, String> {
    let text = value.as_str().ok_or("Operation value must be a string")?;
    if field.id == "summary" && text.trim().is_empty() {
        return Err("You must specify a summary of the issue.".to_owned());
    }
    if field.id == "summary" && text.contains(['\n', '\r']) {
        return Err("The summary is invalid because it contains newline characters.".to_owned());
    }
    if text.chars().count() > 255 {
        return Err(format!("{} can't exceed 255 characters.", field.name));
    }
    Ok(text.to_owned())
}

fn date(value: &Value) -> Result<String, String> {
    let text = value.as_str().ok_or("Operation value must be a string")?;
    let date = text.parse::<Date>().map_err(|_| format!("Error parsing date string: {text}"))?;
    Ok(date.to_string())
}

fn labels(value: &Value) -> Result<Vec<String>, String> {
    let mut labels = Vec::new();
    for label in value.as_array().ok_or("data was not an array")? {
        let label = label.as_str().ok_or("Operation value must be a string")?;
        if label.contains(char::is_whitespace) {
            return Err(format!("The label '{label}' contains spaces which is invalid."));
        }
        labels.push(label.to_owned());
    }
    labels.sort();
    labels.dedup();
    Ok(labels)
}

fn each(value: &Value, read: impl Fn(&Value) -> Result<u64, String>) -> Result<Vec<u64>, String> {
    value.as_array().ok_or("data was not an array")?.iter().map(read).collect()
}

/// `{"id": "1"}`, `{"name": "High"}`; options have a `value` instead of a name.
fn by_name_or_id<'a>(
    what: &str,
    key: &str,
    mut known: impl Iterator<Item = (u64, &'a str)>,
    value: &Value,
) -> Result<u64, String> {
    let id = value["id"].as_str().map(str::to_owned);
    let id = id.or_else(|| value["id"].as_u64().map(|id| id.to_string()));
    let found = match (&id, value[key].as_str()) {
        (Some(id), _) => known.find(|(known, _)| known.to_string() == *id),
        (None, Some(name)) => known.find(|(_, known)| known.eq_ignore_ascii_case(name)),
        (None, None) => return Err(format!("Specify a valid 'id' or '{key}'")),
    };
    found.map(|(id, _)| id).ok_or_else(|| {
        let given = id.as_deref().or_else(|| value[key].as_str()).unwrap_or_default();
        format!("{what} '{given}' is not valid")
    })
}

/// The issue type that a request names, when the project has it.
pub(super) fn issue_type(jira: &Jira, project: &Project, value: &Value) -> Result<u64, String> {
    let of_project = jira.issue_types.iter().filter(|kind| project.issue_types.contains(&kind.id));
    let known = of_project.map(|kind| (kind.id, kind.name.as_str()));
    by_name_or_id("Issue type", "name", known, value)
        .map_err(|_| "Specify a valid issue type".to_owned())
}

pub(super) fn find_link_type(jira: &Jira, value: &Value) -> Option<u64> {
    let known = jira.link_types.iter().map(|kind| (kind.id, kind.name.as_str()));
    by_name_or_id("Link type", "name", known, value).ok()
}

/// The group that alone may read a comment.
pub(super) fn visibility(value: &Value) -> Option<String> {
    let visibility = value.get("visibility")?;
    visibility["value"].as_str().map(str::to_owned)
}

/// Seconds, start and text of `{"timeSpent": "1h 30m", "started": …, "comment": …}`.
pub(super) fn worklog(
    call: &Call<'_>,
    value: &Value,
) -> Result<(u64, Timestamp, Option<Rich>), String> {
    let spent = value["timeSpentSeconds"]
        .as_u64()
        .or_else(|| seconds(value["timeSpent"].as_str()?))
        .filter(|seconds| *seconds > 0)
        .ok_or("Invalid time duration entered")?;
    let started = match value["started"].as_str() {
        None => call.now,
        Some(text) => Timestamp::strptime("%Y-%m-%dT%H:%M:%S%.f%z", text)
            .map_err(|_| format!("Error parsing time: {text}"))?,
    };
    let comment = match &value["comment"] {
        Value::Null => None,
        comment => Some(rich(call, comment)?),
    };
    Ok((spent, started, comment))
}

/// `1w 2d 3h 30m`: a week has five days of eight hours, as Jira has it by default.
fn seconds(text: &str) -> Option<u64> {
    text.split_whitespace()
        .map(|part| {
            let (digits, unit) = part.split_at_checked(part.len().checked_sub(1)?)?;
            let unit = match unit {
                "w" => 5 * 8 * 3600,
                "d" => 8 * 3600,
                "h" => 3600,
                "m" => 60,
                _ => return None,
            };
            digits.parse::<u64>().ok()?.checked_mul(unit)
        })
        .sum()
}

/// `add` and `remove` of a list.
fn combined(
    before: Option<FieldValue>,
    change: Option<FieldValue>,
    add: bool,
) -> Result<Option<FieldValue>, String> {
    match (before, change) {
        (before, None) => Ok(before),
        (None, Some(change @ (FieldValue::Names(_) | FieldValue::Ids(_)))) => {
            Ok(if add { Some(change) } else { None })
        }
        (Some(FieldValue::Names(mut names)), Some(FieldValue::Names(change))) => {
            names.retain(|name| !change.contains(name));
            names.extend(change.into_iter().filter(|_| add));
            names.sort();
            Ok((!names.is_empty()).then_some(FieldValue::Names(names)))
        }
        (Some(FieldValue::Ids(mut ids)), Some(FieldValue::Ids(change))) => {
            ids.retain(|id| !change.contains(id));
            ids.extend(change.into_iter().filter(|_| add));
            Ok((!ids.is_empty()).then_some(FieldValue::Ids(ids)))
        }
        _ => Err("Operation is not supported by this field".to_owned()),
    }
}

/// Sets what the wish names on an issue that there is, and records what changed.
pub(super) fn grant(call: &Call<'_>, jira: &mut Jira, id: u64, wish: Wish) {
    let mut items = Vec::new();
    for (name, after) in wish.values {
        let Some(issue) = jira.issues.get(&id) else { return };
        let before = issue.values.get(&name).cloned();
        if before == after {
            continue;
        }
        let Some(field) = jira.field(&name) else { continue };
        items.push(ChangeItem {
            field: if field.custom().is_some() { field.name.clone() } else { name.clone() },
            field_id: name.clone(),
            custom: field.custom().is_some(),
            from: told(call, jira, issue, field, before.as_ref()),
            to: told(call, jira, issue, field, after.as_ref()),
        });
        let Some(issue) = jira.issues.get_mut(&id) else { return };
        match after {
            Some(value) => issue.values.insert(name, value),
            None => issue.values.remove(&name),
        };
    }
    if let Some(kind) = wish.issue_type {
        items.extend(retype(jira, id, kind));
    }
    for (body, group) in wish.comments {
        add_comment(call, jira, id, body, group);
    }
    for (seconds, started, comment) in wish.worklogs {
        add_worklog(call, jira, id, seconds, started, comment);
    }
    for (kind, source, target) in wish.links {
        add_link(jira, kind, source.unwrap_or(id), target.unwrap_or(id));
    }
    record(call, jira, id, items);
}

fn retype(jira: &mut Jira, id: u64, kind: u64) -> Option<ChangeItem> {
    let name = |id| jira.issue_type(id).map(|kind| kind.name.clone());
    let before = jira.issues.get(&id)?.kind;
    let (from, to) = (name(before), name(kind));
    if before == kind {
        return None;
    }
    jira.issues.get_mut(&id)?.kind = kind;
    Some(ChangeItem {
        field: "issuetype".to_owned(),
        field_id: "issuetype".to_owned(),
        custom: false,
        from: (Some(before.to_string()), from),
        to: (Some(kind.to_string()), to),
    })
}

/// Notes one act in the history; nothing when nothing changed.
pub(super) fn record(call: &Call<'_>, jira: &mut Jira, id: u64, items: Vec<ChangeItem>) {
    let change = jira.new_id();
    let Some(issue) = jira.issues.get_mut(&id) else { return };
    issue.updated = call.now;
    if !items.is_empty() {
        issue.history.push(Change { id: change, author: call.person, at: call.now, items });
    }
}

pub(super) fn add_comment(
    call: &Call<'_>,
    jira: &mut Jira,
    issue: u64,
    body: Rich,
    group: Option<String>,
) -> u64 {
    let id = jira.new_id();
    if let Some(issue) = jira.issues.get_mut(&issue) {
        let (author, now) = (call.person, call.now);
        issue.updated = now;
        let comment =
            Comment { id, author, editor: author, created: now, updated: now, body, group };
        issue.comments.push(comment);
    }
    id
}

pub(super) fn add_worklog(
    call: &Call<'_>,
    jira: &mut Jira,
    issue: u64,
    seconds: u64,
    started: Timestamp,
    comment: Option<Rich>,
) -> u64 {
    let id = jira.new_id();
    if let Some(issue) = jira.issues.get_mut(&issue) {
        issue.updated = call.now;
        let (author, created) = (call.person, call.now);
        issue.worklogs.push(Worklog { id, author, created, started, seconds, comment });
    }
    id
}

pub(super) fn add_link(jira: &mut Jira, kind: u64, source: u64, target: u64) -> u64 {
    let same = |link: &&Link| (link.kind, link.source, link.target) == (kind, source, target);
    if let Some(link) = jira.links.values().find(same) {
        return link.id;
    }
    let id = jira.new_id();
    jira.links.insert(id, Link { id, kind, source, target });
    id
}

/// Id and text of a value, as the history tells them.
fn told(
    call: &Call<'_>,
    jira: &Jira,
    issue: &Issue,
    field: &Field,
    value: Option<&FieldValue>,
) -> (Option<String>, Option<String>) {
    let Some(value) = value else { return (None, None) };
    let text = super::text::of(call.site, jira, issue.project, field, value);
    let id = match value {
        FieldValue::Id(id) => Some(id.to_string()),
        FieldValue::Person(person) => {
            let account = call.site.account(*person);
            Some(if call.api.is_cloud() { &account.account_id } else { &account.user_key }.clone())
        }
        FieldValue::Ids(ids) => Some(ids.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")),
        _ => None,
    };
    (id, Some(text))
}
