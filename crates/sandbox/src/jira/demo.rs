//! The Jira of the demo organization, read from `demo/jira.json`; `demo/README.md` describes it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::description::{DemoCategory, DemoIssue, DemoKind, DemoProject, Description};
use super::edit::add_link;
use super::state::{
    Attachment, Category, Choice, Comment, Component, Context, Field, Issue, IssueType, Jira,
    LinkType, Named, Project, Release, SecurityLevel, Status, Transition, Worklog,
};
use super::value::{FieldKind, FieldValue, Rich};
use crate::content::everybody;
use crate::demo::{person, subjects};
use crate::error::SandboxError;
use crate::site::{Person, Site};

/// System fields that a request can set, then those that only show.
const SYSTEM_FIELDS: [(&str, &str, FieldKind); 27] = [
    ("summary", "Summary", FieldKind::Text),
    ("description", "Description", FieldKind::Rich),
    ("environment", "Environment", FieldKind::Rich),
    ("assignee", "Assignee", FieldKind::Person),
    ("reporter", "Reporter", FieldKind::Person),
    ("priority", "Priority", FieldKind::Priority),
    ("labels", "Labels", FieldKind::Labels),
    ("components", "Components", FieldKind::Components),
    ("fixVersions", "Fix versions", FieldKind::Versions),
    ("versions", "Affects versions", FieldKind::Versions),
    ("duedate", "Due date", FieldKind::Date),
    ("parent", "Parent", FieldKind::Parent),
    ("security", "Security Level", FieldKind::Security),
    ("resolution", "Resolution", FieldKind::Resolution),
    ("resolutiondate", "Resolved", FieldKind::Instant),
    ("project", "Project", FieldKind::Own),
    ("issuetype", "Issue Type", FieldKind::Own),
    ("status", "Status", FieldKind::Own),
    ("creator", "Creator", FieldKind::Own),
    ("created", "Created", FieldKind::Own),
    ("updated", "Updated", FieldKind::Own),
    ("comment", "Comment", FieldKind::Own),
    ("worklog", "Log Work", FieldKind::Own),
    ("timespent", "Time Spent", FieldKind::Own),
    ("attachment", "Attachment", FieldKind::Own),
    ("subtasks", "Sub-tasks", FieldKind::Own),
    ("issuelinks", "Linked Issues", FieldKind::Own),
];

/// Builds the demo organization's Jira around the people of the site; ages count back from `now`.
pub(crate) fn build(site: &Site, now: Timestamp, text: &[u8]) -> Result<Jira, SandboxError> {
    let description: Description = serde_json::from_slice(text)
        .map_err(|error| SandboxError::Load(format!("demo/jira.json: {error}")))?;
    let mut jira = configuration(site, &description)?;
    for project in &description.projects {
        place_project(site, &mut jira, project)?;
    }
    jira.fields.extend(custom_fields(&jira, &description)?);
    for project in &description.projects {
        for issue in &project.issues {
            Placing { site, now, project, issue }.place(&mut jira)?;
        }
    }
    for link in &description.links {
        let kind = by_name(jira.link_types.iter().map(|one| (one.id, &one.name)), &link.kind)?;
        let end =
            |key: &str| jira.find_issue(key).map(|issue| issue.id).ok_or_else(|| nothing(key));
        let (source, target) = (end(&link.source)?, end(&link.target)?);
        add_link(&mut jira, kind, source, target);
    }
    Ok(jira)
}

fn nothing(name: &str) -> SandboxError {
    SandboxError::Load(format!("demo/jira.json: nothing is called {name}"))
}

fn by_name<'a>(
    mut known: impl Iterator<Item = (u64, &'a String)>,
    name: &str,
) -> Result<u64, SandboxError> {
    known.find(|(_, known)| *known == name).map(|(id, _)| id).ok_or_else(|| nothing(name))
}

fn configuration(site: &Site, description: &Description) -> Result<Jira, SandboxError> {
    let named = |names: &[String]| {
        (1..).zip(names).map(|(id, name)| Named { id, name: name.clone() }).collect()
    };
    let statuses: Vec<Status> = (10_000..)
        .zip(&description.statuses)
        .map(|(id, status)| Status {
            id,
            name: status.name.clone(),
            category: match status.category {
                DemoCategory::ToDo => Category::ToDo,
                DemoCategory::InProgress => Category::InProgress,
                DemoCategory::Done => Category::Done,
            },
        })
        .collect();
    let status = |name: &String| by_name(statuses.iter().map(|one| (one.id, &one.name)), name);
    let mut workflows = BTreeMap::new();
    for (name, transitions) in &description.workflows {
        let transitions: Result<Vec<Transition>, SandboxError> = transitions
            .iter()
            .map(|transition| {
                Ok(Transition {
                    id: transition.id,
                    name: transition.name.clone(),
                    to: status(&transition.to)?,
                    from: transition.from.iter().map(status).collect::<Result<_, _>>()?,
                    resolution: transition.resolution,
                })
            })
            .collect();
        workflows.insert(name.clone(), transitions?);
    }
    let levels: Result<Vec<SecurityLevel>, SandboxError> = (10_100..)
        .zip(&description.security_levels)
        .map(|(id, level)| {
            let members = subjects(site, &level.members)?;
            Ok(SecurityLevel { id, name: level.name.clone(), members })
        })
        .collect();
    let link_types = (10_000..).zip(&description.link_types).map(|(id, kind)| LinkType {
        id,
        name: kind.name.clone(),
        inward: kind.inward.clone(),
        outward: kind.outward.clone(),
    });
    let issue_types = (10_000..).zip(&description.issue_types);
    let fields = SYSTEM_FIELDS
        .into_iter()
        .chain([("watches", "Watchers", FieldKind::Own), ("votes", "Votes", FieldKind::Own)]);
    Ok(Jira {
        priorities: named(&description.priorities),
        resolutions: named(&description.resolutions),
        link_types: link_types.collect(),
        issue_types: issue_types
            .map(|(id, kind)| IssueType { id, name: kind.name.clone(), level: kind.level })
            .collect(),
        workflows,
        security_levels: levels?,
        fields: fields
            .map(|(id, name, kind)| Field {
                id: id.to_owned(),
                name: name.to_owned(),
                kind,
                contexts: Vec::new(),
            })
            .collect(),
        statuses,
        ..Jira::default()
    })
}

fn custom_fields(jira: &Jira, description: &Description) -> Result<Vec<Field>, SandboxError> {
    let mut ids = 10_300..;
    let mut fields = Vec::new();
    for field in &description.custom_fields {
        let mut contexts = Vec::new();
        for context in &field.contexts {
            let project = |key: &String| {
                jira.find_project(key).map(|project| project.id).ok_or_else(|| nothing(key))
            };
            let projects = context.projects.iter().map(project).collect::<Result<_, _>>()?;
            let mut choice = |name: &String, below: Vec<Choice>| Choice {
                id: ids.next().unwrap_or_default(),
                name: name.clone(),
                disabled: context.disabled.contains(name),
                below,
            };
            let mut options = Vec::new();
            for name in &context.options {
                let below = context.below.get(name).into_iter().flatten();
                let below = below.map(|name| choice(name, Vec::new())).collect();
                options.push(choice(name, below));
            }
            let id = field.number + 200 + contexts.len() as u64;
            contexts.push(Context { id, name: context.name.clone(), projects, options });
        }
        fields.push(Field {
            id: format!("customfield_{}", field.number),
            name: field.name.clone(),
            kind: match field.kind {
                DemoKind::Number => FieldKind::Number,
                DemoKind::Json => FieldKind::Json,
                DemoKind::Option => FieldKind::Option,
                DemoKind::Options => FieldKind::Options,
                DemoKind::Cascade => FieldKind::Cascade,
                DemoKind::Rich => FieldKind::Rich,
                DemoKind::Person => FieldKind::Person,
            },
            contexts,
        });
    }
    Ok(fields)
}

fn place_project(site: &Site, jira: &mut Jira, demo: &DemoProject) -> Result<(), SandboxError> {
    let named = |names: &Option<Vec<String>>| match names {
        None => Ok(everybody()),
        Some(names) => subjects(site, names),
    };
    if !jira.workflows.contains_key(&demo.workflow) {
        return Err(nothing(&demo.workflow));
    }
    let kinds = jira.issue_types.iter().map(|kind| (kind.id, &kind.name));
    let issue_types = demo
        .issue_types
        .iter()
        .map(|name| by_name(kinds.clone(), name))
        .collect::<Result<_, _>>()?;
    let mut components = Vec::new();
    for component in &demo.components {
        components.push(Component {
            id: jira.new_id(),
            name: component.name.clone(),
            description: component.description.clone(),
            lead: component.lead.as_ref().map(|name| person(site, name)).transpose()?,
        });
    }
    let mut versions = Vec::new();
    for version in &demo.versions {
        versions.push(Release {
            id: jira.new_id(),
            name: version.name.clone(),
            description: version.description.clone(),
            released: version.released,
            archived: false,
            date: version.release_date.clone(),
        });
    }
    let project = Project {
        id: jira.new_id(),
        key: demo.key.clone(),
        name: demo.name.clone(),
        description: demo.description.clone(),
        lead: person(site, &demo.lead)?,
        readers: named(&demo.readers)?,
        writers: named(&demo.writers)?,
        archived: demo.archived,
        issue_types,
        workflow: demo.workflow.clone(),
        components,
        versions,
        last_number: 0,
    };
    jira.projects.push(project);
    Ok(())
}

/// One issue while it is put in place.
struct Placing<'a> {
    site: &'a Site,
    now: Timestamp,
    project: &'a DemoProject,
    issue: &'a DemoIssue,
}

impl Placing<'_> {
    fn place(&self, jira: &mut Jira) -> Result<(), SandboxError> {
        let demo = self.issue;
        let values = self.values(jira)?;
        let id = jira.new_id();
        let project =
            jira.find_project(&self.project.key).ok_or_else(|| nothing(&self.project.key))?;
        let (project, number) = (project.id, project.last_number + 1);
        let key = format!("{}-{number}", self.project.key);
        let creator = self.reporter()?;
        let mut issue = Issue {
            id,
            key: key.clone(),
            project,
            kind: by_name(jira.issue_types.iter().map(|one| (one.id, &one.name)), &demo.kind)?,
            status: by_name(jira.statuses.iter().map(|one| (one.id, &one.name)), &demo.status)?,
            creator,
            created: self.before(demo.days_ago),
            updated: self.before(demo.updated_days_ago.unwrap_or(demo.days_ago)),
            values,
            comments: Vec::new(),
            worklogs: Vec::new(),
            watchers: [creator].into(),
            attachments: Vec::new(),
            history: Vec::new(),
        };
        for comment in &demo.comments {
            let (author, at) = (person(self.site, &comment.author)?, self.before(comment.days_ago));
            issue.comments.push(Comment {
                id: jira.new_id(),
                author,
                editor: author,
                created: at,
                updated: at,
                body: Rich::from_wiki(&comment.body),
                group: comment.group.clone(),
            });
        }
        for worklog in &demo.worklogs {
            let at = self.before(worklog.days_ago);
            issue.worklogs.push(Worklog {
                id: jira.new_id(),
                author: person(self.site, &worklog.author)?,
                created: at,
                started: at,
                seconds: worklog.minutes * 60,
                comment: Some(Rich::from_wiki(&worklog.comment)),
            });
        }
        for attachment in &demo.attachments {
            issue.attachments.push(Attachment {
                id: jira.new_id(),
                name: attachment.name.clone(),
                media_type: attachment.media_type.clone(),
                size: attachment.size,
                author: creator,
                created: issue.created,
            });
        }
        if let Some(project) = jira.project_mut(project) {
            project.last_number = number;
        }
        jira.keys.insert(key, id);
        jira.issues.insert(id, issue);
        Ok(())
    }

    fn before(&self, days: u32) -> Timestamp {
        self.now - SignedDuration::from_hours(24 * i64::from(days))
    }

    fn reporter(&self) -> Result<Person, SandboxError> {
        person(self.site, self.issue.reporter.as_deref().unwrap_or(&self.project.lead))
    }

    fn values(&self, jira: &Jira) -> Result<BTreeMap<String, FieldValue>, SandboxError> {
        let demo = self.issue;
        let mut values = BTreeMap::new();
        let mut set = |name: &str, value| values.insert(name.to_owned(), value);
        set("summary", FieldValue::Text(demo.summary.clone()));
        set("reporter", FieldValue::Person(self.reporter()?));
        let priorities = jira.priorities.iter().map(|one| (one.id, &one.name));
        set("priority", FieldValue::Id(by_name(priorities, &demo.priority)?));
        if let Some(text) = &demo.description {
            set("description", FieldValue::Rich(Rich::from_wiki(text)));
        }
        if let Some(name) = &demo.assignee {
            set("assignee", FieldValue::Person(person(self.site, name)?));
        }
        if !demo.labels.is_empty() {
            set("labels", FieldValue::Names(demo.labels.clone()));
        }
        if let Some(number) = demo.parent {
            let key = format!("{}-{number}", self.project.key);
            let parent = jira.find_issue(&key).ok_or_else(|| nothing(&key))?;
            set("parent", FieldValue::Id(parent.id));
        }
        if let Some(name) = &demo.security {
            let levels = jira.security_levels.iter().map(|one| (one.id, &one.name));
            set("security", FieldValue::Id(by_name(levels, name)?));
        }
        if let Some(name) = &demo.resolution {
            let known = jira.resolutions.iter().map(|one| (one.id, &one.name));
            set("resolution", FieldValue::Id(by_name(known, name)?));
            let days = demo.updated_days_ago.unwrap_or(demo.days_ago);
            set("resolutiondate", FieldValue::Instant(self.before(days)));
        }
        if let Some(days) = demo.due_in_days {
            let due = self.now + SignedDuration::from_hours(24 * days);
            set("duedate", FieldValue::Text(due.strftime("%Y-%m-%d").to_string()));
        }
        let project =
            jira.find_project(&self.project.key).ok_or_else(|| nothing(&self.project.key))?;
        let components = project.components.iter().map(|one| (one.id, &one.name));
        let versions = project.versions.iter().map(|one| (one.id, &one.name));
        for (name, names) in [("fixVersions", &demo.fix_versions), ("versions", &demo.versions)] {
            let ids = names.iter().map(|name| by_name(versions.clone(), name));
            let ids: Vec<u64> = ids.collect::<Result<_, _>>()?;
            if !ids.is_empty() {
                set(name, FieldValue::Ids(ids));
            }
        }
        let ids = demo.components.iter().map(|name| by_name(components.clone(), name));
        let ids: Vec<u64> = ids.collect::<Result<_, _>>()?;
        if !ids.is_empty() {
            set("components", FieldValue::Ids(ids));
        }
        for (name, value) in &demo.custom {
            let field = jira.field(name).ok_or_else(|| nothing(name))?;
            set(name, self.custom(project.id, field, value)?);
        }
        Ok(values)
    }

    /// Options and people by name.
    fn custom(
        &self,
        project: u64,
        field: &Field,
        value: &Value,
    ) -> Result<FieldValue, SandboxError> {
        let options = field.options_for(project);
        let option = |options: &[Choice], name: &Value| {
            let name = name.as_str().unwrap_or_default();
            by_name(options.iter().map(|one| (one.id, &one.name)), name)
        };
        let names = value.as_array().map_or(&[][..], Vec::as_slice);
        Ok(match field.kind {
            FieldKind::Number => FieldValue::Number(value.as_f64().unwrap_or_default()),
            FieldKind::Rich => {
                FieldValue::Rich(Rich::from_wiki(value.as_str().unwrap_or_default()))
            }
            FieldKind::Person => {
                FieldValue::Person(person(self.site, value.as_str().unwrap_or_default())?)
            }
            FieldKind::Option => FieldValue::Id(option(options, value)?),
            FieldKind::Options => {
                let ids = names.iter().map(|name| option(options, name));
                FieldValue::Ids(ids.collect::<Result<_, _>>()?)
            }
            FieldKind::Cascade => {
                let first = option(options, names.first().unwrap_or(&json!("")))?;
                let below = options.iter().find(|one| one.id == first);
                let below = below.map_or(&[][..], |one| &one.below);
                let second = names.get(1).map(|name| option(below, name)).transpose()?;
                FieldValue::Cascade(first, second)
            }
            _ => FieldValue::Json(value.clone()),
        })
    }
}
