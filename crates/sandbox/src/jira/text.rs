//! A value as one line of text: in histories, in queries, in order.

use super::state::{Field, Issue, Jira};
use super::value::{FieldKind, FieldValue};
use crate::site::Site;

pub(super) fn of(
    site: &Site,
    jira: &Jira,
    project: u64,
    field: &Field,
    value: &FieldValue,
) -> String {
    match value {
        FieldValue::Text(text) => text.clone(),
        FieldValue::Rich(rich) => rich.wiki.clone(),
        FieldValue::Number(number) => number.to_string(),
        FieldValue::Instant(at) => at.to_string(),
        FieldValue::Names(names) => names.join(" "),
        FieldValue::Person(person) => site.account(*person).display_name.clone(),
        FieldValue::Json(value) => value.to_string(),
        FieldValue::Id(id) => name(jira, project, field, *id),
        FieldValue::Ids(ids) => {
            ids.iter().map(|id| name(jira, project, field, *id)).collect::<Vec<_>>().join(", ")
        }
        FieldValue::Cascade(first, second) => {
            let names = [Some(*first), *second].into_iter().flatten();
            names.map(|id| name(jira, project, field, id)).collect::<Vec<_>>().join(" - ")
        }
    }
}

/// The name of what a number of this field stands for.
pub(super) fn name(jira: &Jira, project: u64, field: &Field, id: u64) -> String {
    let project = jira.project(project);
    let found = match field.kind {
        FieldKind::Priority => jira.priorities.iter().find(|one| one.id == id).map(|one| &one.name),
        FieldKind::Resolution => {
            jira.resolutions.iter().find(|one| one.id == id).map(|one| &one.name)
        }
        FieldKind::Security => {
            jira.security_levels.iter().find(|one| one.id == id).map(|one| &one.name)
        }
        FieldKind::Parent => jira.issues.get(&id).map(|issue| &issue.key),
        FieldKind::Components => project
            .and_then(|project| project.components.iter().find(|one| one.id == id))
            .map(|one| &one.name),
        FieldKind::Versions => project
            .and_then(|project| project.versions.iter().find(|one| one.id == id))
            .map(|one| &one.name),
        _ => field.choice(id).map(|choice| &choice.name),
    };
    found.cloned().unwrap_or_default()
}

/// Everything in an issue that a search for words looks at, apart from its comments.
pub(super) fn searchable(issue: &Issue) -> String {
    let texts = issue.values.values().filter_map(|value| match value {
        FieldValue::Text(text) => Some(text.as_str()),
        FieldValue::Rich(rich) => Some(rich.wiki.as_str()),
        _ => None,
    });
    texts.collect::<Vec<_>>().join("\n")
}
