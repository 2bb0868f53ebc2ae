//! One issue: read, created, edited, deleted, assigned.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::edit::{self, Wish};
use super::http::{Call, Refusal, Reply};
use super::rights::may_write;
use super::shape::{object, schema};
use super::state::{ChangeItem, Field, Issue, Jira, Project};
use super::transitions;
use super::value::{FieldKind, FieldValue};

/// As many issues as one bulk request may create.
const MOST_AT_ONCE: usize = 50;

/// Which fields a request asks for.
pub(super) struct Selection<'a> {
    asked: Vec<&'a str>,
}

impl<'a> Selection<'a> {
    pub(super) fn new(asked: &'a [String], default: &'a str) -> Self {
        let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
        let only_without = asked.iter().all(|word| word.starts_with('-'));
        Self { asked: if only_without { [vec![default], asked].concat() } else { asked } }
    }

    fn takes(&self, field: &Field) -> bool {
        let mut takes = false;
        for word in &self.asked {
            match *word {
                "*all" => takes = true,
                "*navigable" => {
                    takes |= !matches!(field.id.as_str(), "comment" | "worklog" | "attachment");
                }
                word if word.strip_prefix('-') == Some(&field.id) => return false,
                word => takes |= word == field.id,
            }
        }
        takes
    }
}

/// An issue as reads and searches answer it.
pub(super) fn show(
    call: &Call<'_>,
    jira: &Jira,
    issue: &Issue,
    selection: &Selection<'_>,
    expand: &[String],
) -> Value {
    let fields: Vec<&Field> = jira.fields.iter().filter(|field| selection.takes(field)).collect();
    let values =
        fields.iter().map(|field| (field.id.as_str(), call.field_value(jira, issue, field)));
    let mut shown = json!({
        "expand": "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations",
        "id": issue.id.to_string(),
        "self": format!("{}/issue/{}", call.root, issue.id),
        "key": issue.key,
        "fields": object(values),
    });
    let wants = |word: &str| expand.iter().any(|asked| asked == word);
    if wants("names") {
        shown["names"] = fields.iter().map(|field| (field.id.clone(), json!(field.name))).collect();
    }
    if wants("schema") {
        shown["schema"] = fields.iter().map(|field| (field.id.clone(), schema(field))).collect();
    }
    if wants("renderedFields") {
        let rendered = fields.iter().map(|field| (field.id.clone(), rendered(issue, field)));
        shown["renderedFields"] = rendered.collect();
    }
    if wants("transitions") {
        shown["transitions"] = transitions::shown(call, jira, issue, wants("transitions.fields"));
    }
    if wants("changelog") {
        let mut histories: Vec<Value> =
            issue.history.iter().map(|change| call.change(change)).collect();
        if call.api.is_cloud() {
            histories.reverse();
        }
        let total = histories.len();
        shown["changelog"] =
            json!({"startAt": 0, "maxResults": total, "total": total, "histories": histories});
    }
    shown
}

/// Text with markup as HTML; null for everything else.
fn rendered(issue: &Issue, field: &Field) -> Value {
    match issue.values.get(&field.id) {
        Some(FieldValue::Rich(rich)) => {
            let escaped = rich.wiki.replace('&', "&amp;").replace('<', "&lt;");
            json!(format!("<p>{}</p>", escaped.replace('\n', "<br/>")))
        }
        _ => Value::Null,
    }
}

pub(super) fn get(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let issue = call.issue(jira)?;
    let words = |name| call.query.all(name).into_iter().map(str::to_owned).collect::<Vec<_>>();
    let (fields, expand) = (words("fields"), words("expand"));
    let mut shown = show(call, jira, issue, &Selection::new(&fields, "*all"), &expand);
    if call.query.get("properties").is_some() {
        shown["properties"] = json!({});
    }
    Ok(Reply::Json(shown))
}

/// Oldest first, in pages (Cloud).
pub(super) fn changelog(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let issue = call.issue(jira)?;
    let page = call.page(&issue.history, 100, |change| call.change(change))?;
    Ok(Reply::Json(Value::Object(page)))
}

pub(super) fn create(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let plan = plan(call, jira, &call.json()?)?;
    let id = carry_out(call, jira, plan);
    Ok(Reply::Created(created(call, jira, id)))
}

/// Each by itself: what cannot be created is told by its place in the request.
pub(super) fn create_many(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let body = call.json()?;
    let updates = body["issueUpdates"].as_array().map_or(&[][..], Vec::as_slice);
    if updates.is_empty() || updates.len() > MOST_AT_ONCE {
        return Err(Refusal::invalid(format!("Give 1 to {MOST_AT_ONCE} issues.")));
    }
    let (mut issues, mut errors) = (Vec::new(), Vec::new());
    for (number, update) in updates.iter().enumerate() {
        match plan(call, jira, update) {
            Ok(plan) => {
                let id = carry_out(call, jira, plan);
                issues.push(created(call, jira, id));
            }
            Err(refusal) => errors.push(json!({
                "status": refusal.status.as_u16(),
                "elementErrors": refusal.body,
                "failedElementNumber": number,
            })),
        }
    }
    let answer = json!({"issues": issues, "errors": errors});
    if issues.is_empty() {
        // Whoever reads only `errorMessages` of a 400 learns nothing here.
        return Err(Refusal { status: StatusCode::BAD_REQUEST, body: Box::new(answer) });
    }
    Ok(Reply::Created(answer))
}

fn created(call: &Call<'_>, jira: &Jira, id: u64) -> Value {
    let key = jira.issues.get(&id).map(|issue| issue.key.as_str());
    json!({"id": id.to_string(), "key": key, "self": format!("{}/issue/{id}", call.root)})
}

/// An issue that can be created.
struct Plan {
    project: u64,
    issue_type: u64,
    wish: Wish,
}

fn plan(call: &Call<'_>, jira: &Jira, body: &Value) -> Result<Plan, Refusal> {
    let fields = &body["fields"];
    let project = project(call, jira, &fields["project"])?;
    let issue_type = edit::issue_type(jira, project, &fields["issuetype"])
        .map_err(|message| Refusal::field("issuetype", message))?;
    let mut wish = edit::wish(call, jira, project, None, body)?;
    wish.issue_type = None;
    if !wish.values.contains_key("summary") {
        return Err(Refusal::field("summary", "You must specify a summary of the issue."));
    }
    let sub_task = jira.issue_type(issue_type).is_some_and(|kind| kind.level < 0);
    let parent = wish.values.get("parent").is_some_and(Option::is_some);
    if sub_task && !parent {
        return Err(Refusal::field(
            "parent",
            "Issue type is a sub-task but parent issue key or id not specified.",
        ));
    }
    Ok(Plan { project: project.id, issue_type, wish })
}

fn project<'j>(call: &Call<'_>, jira: &'j Jira, named: &Value) -> Result<&'j Project, Refusal> {
    let invalid = || {
        let cloud = "Specify a valid project ID or key";
        let message = if call.api.is_cloud() { cloud } else { "valid project is required" };
        Refusal::field("project", message)
    };
    let word = named["key"].as_str().map(str::to_owned).or_else(|| match &named["id"] {
        Value::String(id) => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    });
    let word = word.ok_or_else(invalid)?;
    let project = jira.visible_project(call.site, call.person, &word).ok_or_else(invalid)?;
    if project.archived || !may_write(call.site, call.person, project) {
        return Err(Refusal::field("project", "You cannot create issues in this project."));
    }
    Ok(project)
}

fn carry_out(call: &Call<'_>, jira: &mut Jira, plan: Plan) -> u64 {
    let id = jira.new_id();
    let status = jira.first_status(plan.project);
    let medium = jira.priorities.iter().find(|one| one.name == "Medium").map(|one| one.id);
    let mut wish = plan.wish;
    let mut key = String::new();
    if let Some(project) = jira.project_mut(plan.project) {
        project.last_number += 1;
        key = format!("{}-{}", project.key, project.last_number);
    }
    let reporter = Some(FieldValue::Person(call.person));
    wish.values.entry("reporter".to_owned()).or_insert(reporter);
    wish.values.entry("priority".to_owned()).or_insert(medium.map(FieldValue::Id));
    let values = std::mem::take(&mut wish.values);
    jira.keys.insert(key.clone(), id);
    jira.issues.insert(
        id,
        Issue {
            id,
            key,
            project: plan.project,
            kind: plan.issue_type,
            status,
            creator: call.person,
            created: call.now,
            updated: call.now,
            // Set here and not by the wish: creation has no history.
            values: values.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
            comments: Vec::new(),
            worklogs: Vec::new(),
            watchers: [call.person].into(),
            attachments: Vec::new(),
            history: Vec::new(),
        },
    );
    edit::grant(call, jira, id, wish);
    id
}

pub(super) fn update(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let body = call.json()?;
    let issue = call.writable(jira)?;
    let project = jira.project(issue.project).ok_or_else(Refusal::no_issue)?;
    let (id, wish) = (issue.id, edit::wish(call, jira, project, Some(issue), &body)?);
    edit::grant(call, jira, id, wish);
    if call.api.is_cloud() && call.query.flag("returnIssue") {
        return get(call, jira);
    }
    Ok(Reply::Empty)
}

pub(super) fn assign(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let body = call.json()?;
    let issue = call.writable(jira)?;
    let project = jira.project(issue.project).ok_or_else(Refusal::no_issue)?;
    let (id, fields) = (issue.id, json!({"fields": {"assignee": body}}));
    let automatic = ["accountId", "name"].iter().any(|key| body[key] == "-1");
    let wish = if automatic {
        let lead = Some(FieldValue::Person(project.lead));
        Wish { values: [("assignee".to_owned(), lead)].into(), ..Wish::default() }
    } else {
        edit::wish(call, jira, project, Some(issue), &fields)?
    };
    edit::grant(call, jira, id, wish);
    Ok(Reply::Empty)
}

pub(super) fn delete(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let id = call.writable(jira)?.id;
    let is_sub_task =
        |issue: &Issue| jira.issue_type(issue.kind).is_some_and(|kind| kind.level < 0);
    let below: Vec<u64> =
        jira.children(id).filter(|issue| is_sub_task(issue)).map(|issue| issue.id).collect();
    if !below.is_empty() && !call.query.flag("deleteSubtasks") {
        return Err(Refusal::invalid(
            "The issue has subtasks. You must specify the 'deleteSubtasks' parameter to delete this issue and all its subtasks.",
        ));
    }
    for gone in below.into_iter().chain([id]) {
        jira.issues.remove(&gone);
        jira.keys.retain(|_, issue| *issue != gone);
        jira.links.retain(|_, link| link.source != gone && link.target != gone);
    }
    for issue in jira.issues.values_mut() {
        if issue.id_of("parent") == Some(id) {
            issue.values.remove("parent");
        }
    }
    Ok(Reply::Empty)
}

/// Takes an issue to another project under a new key; the old key goes on naming it.
pub(super) fn relocate(call: &Call<'_>, jira: &mut Jira, id: u64, project: u64, issue_type: u64) {
    let status = jira.first_status(project);
    let Some(target) = jira.project_mut(project) else { return };
    target.last_number += 1;
    let key = format!("{}-{}", target.key, target.last_number);
    let own: Vec<String> = jira
        .fields
        .iter()
        .filter(|field| {
            let of_project = matches!(field.kind, FieldKind::Components | FieldKind::Versions);
            of_project || field.kind == FieldKind::Parent
        })
        .map(|field| field.id.clone())
        .collect();
    jira.keys.insert(key.clone(), id);
    let Some(issue) = jira.issues.get_mut(&id) else { return };
    let item = ChangeItem {
        field: "Key".to_owned(),
        field_id: "issuekey".to_owned(),
        custom: false,
        from: (None, Some(issue.key.clone())),
        to: (None, Some(key.clone())),
    };
    issue.key = key;
    issue.project = project;
    issue.kind = issue_type;
    issue.status = status;
    issue.values.retain(|name, _| !own.contains(name));
    edit::record(call, jira, id, vec![item]);
}
