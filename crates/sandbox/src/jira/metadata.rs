//! Fields, options, types: what an issue can be made of.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::http::{Call, Refusal, Reply};
use super::rights::may_write;
use super::shape::schema;
use super::state::{Choice, Field, Jira, Project};
use super::value::FieldKind;

#[expect(clippy::unnecessary_wraps, reason = "every handler has this signature")]
pub(super) fn server_info(call: &Call<'_>, _jira: &mut Jira) -> Result<Reply, Refusal> {
    Ok(Reply::Json(if call.api.is_cloud() {
        json!({
            "baseUrl": call.shared.jira_cloud_base,
            "version": "1001.0.0-SNAPSHOT",
            "versionNumbers": [1001, 0, 0],
            "deploymentType": "Cloud",
            "buildNumber": 100_300,
            "serverTime": call.time(call.now),
            "serverTitle": "Jira",
        })
    } else {
        json!({
            "baseUrl": call.shared.jira_data_center_base,
            "version": "11.3.0",
            "versionNumbers": [11, 3, 0],
            "deploymentType": "Server",
            "buildNumber": 11_030_000,
            "serverTime": call.time(call.now),
            "serverTitle": "Jira",
        })
    }))
}

#[expect(clippy::unnecessary_wraps, reason = "every handler has this signature")]
pub(super) fn fields(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    // `issuekey` is a column that has no schema: a client must bear that.
    let key = json!({
        "id": "issuekey", "key": "issuekey", "name": "Key", "custom": false, "orderable": false,
        "navigable": true, "searchable": false, "clauseNames": ["id", "issue", "issuekey", "key"],
    });
    let shown = jira.fields.iter().map(|field| show(call, field));
    Ok(Reply::Json([key].into_iter().chain(shown).collect()))
}

/// In pages, by words and types (Cloud).
pub(super) fn field_search(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let wanted = call.query.get("query").unwrap_or_default().to_lowercase();
    let kinds = call.query.all("type");
    let found: Vec<&Field> = jira
        .fields
        .iter()
        .filter(|field| field.name.to_lowercase().contains(&wanted))
        .filter(|field| {
            let kind = if field.custom().is_some() { "custom" } else { "system" };
            kinds.is_empty() || kinds.contains(&kind)
        })
        .collect();
    let page = call.page(&found, 50, |field| {
        json!({"id": field.id, "name": field.name, "schema": schema(field), "description": ""})
    });
    Ok(Reply::Json(Value::Object(page?)))
}

fn show(call: &Call<'_>, field: &Field) -> Value {
    let mut clauses = vec![json!(field.name)];
    match field.custom() {
        Some(number) => clauses.insert(0, json!(format!("cf[{number}]"))),
        None => clauses = vec![json!(field.id)],
    }
    let own = field.kind == FieldKind::Own;
    let mut shown = json!({
        "id": field.id,
        "name": field.name,
        "custom": field.custom().is_some(),
        "orderable": !own,
        "navigable": !matches!(field.id.as_str(), "comment" | "worklog" | "attachment"),
        "searchable": true,
        "clauseNames": clauses,
        "schema": schema(field),
    });
    if call.api.is_cloud() {
        shown["key"] = json!(field.id);
    }
    shown
}

/// Contexts and options are the administrators' (Cloud).
fn administered<'j>(call: &Call<'_>, jira: &'j Jira) -> Result<&'j Field, Refusal> {
    if !call.site.account(call.person).administrator {
        return Err(Refusal::forbidden(
            "Only Jira administrators can access custom field contexts.",
        ));
    }
    let field = jira.field(call.path("field")).filter(|field| field.custom().is_some());
    field.ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, "The custom field was not found."))
}

pub(super) fn contexts(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let field = administered(call, jira)?;
    let page = call.page(&field.contexts, 50, |context| {
        json!({
            "id": context.id.to_string(), "name": context.name, "description": "",
            "isGlobalContext": context.projects.is_empty(), "isAnyIssueType": true,
        })
    });
    Ok(Reply::Json(Value::Object(page?)))
}

pub(super) fn project_mapping(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let field = administered(call, jira)?;
    let mapped: Vec<Value> = field
        .contexts
        .iter()
        .flat_map(|context| {
            let id = context.id.to_string();
            if context.projects.is_empty() {
                return vec![json!({"contextId": id, "isGlobalContext": true})];
            }
            let projects = context.projects.iter();
            projects
                .map(|project| json!({"contextId": id, "projectId": project.to_string()}))
                .collect()
        })
        .collect();
    Ok(Reply::Json(Value::Object(call.page(&mapped, 50, Value::clone)?)))
}

pub(super) fn options(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let field = administered(call, jira)?;
    let context = field.contexts.iter().find(|one| one.id.to_string() == call.path("context"));
    let context = context.ok_or_else(|| {
        Refusal::new(StatusCode::NOT_FOUND, "The custom field context was not found.")
    })?;
    let shown = |option: &Choice, above: Option<&Choice>| {
        let mut shown =
            json!({"id": option.id.to_string(), "value": option.name, "disabled": option.disabled});
        if let Some(above) = above {
            shown["optionId"] = json!(above.id.to_string());
        }
        shown
    };
    let all: Vec<Value> = context
        .options
        .iter()
        .flat_map(|option| {
            let below = option.below.iter().map(|below| shown(below, Some(option)));
            [shown(option, None)].into_iter().chain(below).collect::<Vec<_>>()
        })
        .collect();
    Ok(Reply::Json(Value::Object(call.page(&all, 100, Value::clone)?)))
}

/// Data Center: the options of a field, of one project or of all contexts.
pub(super) fn custom_options(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let number = call.path("field").trim_start_matches("customfield_");
    let missing = || Refusal::new(StatusCode::NOT_FOUND, "The custom field was not found.");
    let field = jira.field(&format!("customfield_{number}")).ok_or_else(missing)?;
    let project = call.query.all("projectIds").first().and_then(|id| id.parse().ok());
    let options: Vec<&Choice> = match project {
        Some(project) => field.options_for(project).iter().collect(),
        None => field.contexts.iter().flat_map(|context| &context.options).collect(),
    };
    let wanted = call.query.get("query").unwrap_or_default().to_lowercase();
    let all: Vec<&Choice> = options
        .into_iter()
        .flat_map(|option| [option].into_iter().chain(&option.below))
        .filter(|option| option.name.to_lowercase().contains(&wanted))
        .collect();
    let page = call.number("page", 1)?.max(1);
    let most = call.number("maxResults", 100)?.max(1);
    let shown = all.iter().skip((page - 1) * most).take(most).map(|option| {
        let below: Vec<u64> = option.below.iter().map(|below| below.id).collect();
        json!({
            "self": format!("{}/customFieldOption/{}", call.root, option.id),
            "id": option.id, "value": option.name, "disabled": option.disabled,
            "childrenIds": below,
        })
    });
    Ok(Reply::Json(json!({"options": shown.collect::<Vec<_>>(), "total": all.len()})))
}

#[expect(clippy::unnecessary_wraps, reason = "every handler has this signature")]
pub(super) fn issue_types(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    Ok(Reply::Json(jira.issue_types.iter().map(|kind| call.issue_type(kind)).collect()))
}

#[expect(clippy::unnecessary_wraps, reason = "every handler has this signature")]
pub(super) fn statuses(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    Ok(Reply::Json(jira.statuses.iter().map(|status| call.status(status)).collect()))
}

#[expect(clippy::unnecessary_wraps, reason = "every handler has this signature")]
pub(super) fn priorities(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    Ok(Reply::Json(jira.priorities.iter().map(|one| call.priority(jira, one.id)).collect()))
}

#[expect(clippy::unnecessary_wraps, reason = "every handler has this signature")]
pub(super) fn link_types(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let shown: Vec<Value> =
        jira.link_types.iter().map(|kind| call.link_type(jira, kind.id)).collect();
    Ok(Reply::Json(json!({"issueLinkTypes": shown})))
}

/// A page of create metadata: Cloud names the list after its content, Data Center `values`.
fn create_page(call: &Call<'_>, name: &str, mut page: Map<String, Value>) -> Reply {
    if call.api.is_cloud() {
        let values = page.remove("values").unwrap_or_default();
        page.remove("isLast");
        page.insert(name.to_owned(), values);
    }
    Reply::Json(Value::Object(page))
}

fn creatable<'j>(call: &Call<'_>, jira: &'j Jira) -> Result<&'j Project, Refusal> {
    // 400 on both products, where every other request for a project answers 404.
    let project = call
        .project(jira)
        .map_err(|refusal| Refusal { status: StatusCode::BAD_REQUEST, ..refusal })?;
    if may_write(call.site, call.person, project) {
        Ok(project)
    } else {
        Err(Refusal::forbidden("You cannot create issues in this project."))
    }
}

pub(super) fn create_types(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let project = creatable(call, jira)?;
    let kinds: Vec<_> = project.issue_types.iter().filter_map(|id| jira.issue_type(*id)).collect();
    let page = call.page(&kinds, 50, |kind| call.issue_type(kind))?;
    Ok(create_page(call, "issueTypes", page))
}

pub(super) fn create_fields(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let project = creatable(call, jira)?;
    let kind = project.issue_types.iter().find(|id| id.to_string() == call.path("type"));
    let Some(kind) = kind.and_then(|id| jira.issue_type(*id)) else {
        return Err(Refusal::new(StatusCode::NOT_FOUND, "The issue type was not found."));
    };
    let required = |field: &Field| field.id == "summary" || field.id == "parent" && kind.level < 0;
    let fields: Vec<_> = jira.fields.iter().filter(|field| is_on_screen(field)).collect();
    let page = call.page(&fields, 50, |field| {
        let mut form = form_field(call, jira, project, field, required(field));
        form["fieldId"] = json!(field.id);
        form
    })?;
    Ok(create_page(call, "fields", page))
}

pub(super) fn edit_fields(call: &Call<'_>, jira: &mut Jira) -> Result<Reply, Refusal> {
    let issue = call.issue(jira)?;
    let project = jira.project(issue.project).ok_or_else(Refusal::no_issue)?;
    let may = may_write(call.site, call.person, project);
    let fields = jira.fields.iter().filter(|field| may && is_on_screen(field));
    let shown: Map<String, Value> = fields
        .map(|field| {
            let form = form_field(call, jira, project, field, field.id == "summary");
            (field.id.clone(), form)
        })
        .collect();
    Ok(Reply::Json(json!({"fields": shown})))
}

/// Whether forms have the field.
fn is_on_screen(field: &Field) -> bool {
    !matches!(
        field.kind,
        FieldKind::Own | FieldKind::Json | FieldKind::Instant | FieldKind::Resolution
    )
}

/// What a form says of a field of a project: `fields` of a transition, a create screen.
pub(super) fn form_field(
    call: &Call<'_>,
    jira: &Jira,
    project: &Project,
    field: &Field,
    required: bool,
) -> Value {
    let named = |id: u64, name: &str| json!({"self": format!("{}/{}/{id}", call.root, field.id), "id": id.to_string(), "name": name});
    let allowed: Option<Vec<Value>> = match field.kind {
        FieldKind::Priority => {
            Some(jira.priorities.iter().map(|one| named(one.id, &one.name)).collect())
        }
        FieldKind::Resolution => {
            Some(jira.resolutions.iter().map(|one| named(one.id, &one.name)).collect())
        }
        FieldKind::Components => {
            Some(project.components.iter().map(|one| call.component(one, project)).collect())
        }
        FieldKind::Versions => {
            Some(project.versions.iter().map(|one| call.release(one, project)).collect())
        }
        FieldKind::Option | FieldKind::Options | FieldKind::Cascade => {
            let options = field.options_for(project.id).iter().filter(|one| !one.disabled);
            Some(options.map(|one| call.choice(one)).collect())
        }
        _ => None,
    };
    let operations = match field.kind {
        FieldKind::Labels | FieldKind::Components | FieldKind::Versions | FieldKind::Options => {
            vec!["add", "set", "remove"]
        }
        _ => vec!["set"],
    };
    let mut form = json!({
        "required": required,
        "schema": schema(field),
        "name": field.name,
        "key": field.id,
        "hasDefaultValue": field.kind == FieldKind::Priority,
        "operations": operations,
    });
    if let Some(allowed) = allowed {
        form["allowedValues"] = Value::Array(allowed);
    }
    form
}
