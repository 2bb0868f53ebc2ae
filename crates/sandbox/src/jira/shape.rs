//! What Jira shows, in the shapes of its REST interfaces (Cloud version 3, Data Center version 2).

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::http::{Api, Call};
use super::rights::may_read;
use super::state::{
    Attachment, Change, ChangeItem, Choice, Comment, Component, Field, Issue, IssueType, Jira,
    Project, Release, Status, Worklog,
};
use super::value::{FieldKind, FieldValue, Rich};
use crate::site::Person;

impl Call<'_> {
    /// `2026-11-20T13:00:00.000+0100`, in the time zone of the person who asks.
    pub(super) fn time(&self, at: Timestamp) -> Value {
        let zone = TimeZone::get(&self.site.account(self.person).time_zone);
        let local = at.to_zoned(zone.unwrap_or(TimeZone::UTC));
        json!(local.strftime("%Y-%m-%dT%H:%M:%S.%3f%z").to_string())
    }

    pub(super) fn user(&self, person: Person) -> Value {
        let account = self.site.account(person);
        let avatar = format!("{}/universal_avatar/view/type/user/avatar/1", self.root);
        let mut user = if self.api.is_cloud() {
            json!({
                "self": format!("{}/user?accountId={}", self.root, account.account_id),
                "accountId": account.account_id,
                "accountType": "atlassian",
            })
        } else {
            json!({
                "self": format!("{}/user?username={}", self.root, account.username),
                "name": account.username,
                "key": account.user_key,
            })
        };
        // On Cloud people decide who sees their address; here only their own account does.
        if !self.api.is_cloud() || person == self.person {
            user["emailAddress"] = json!(account.email);
        }
        user["avatarUrls"] =
            json!({"48x48": avatar, "24x24": avatar, "16x16": avatar, "32x32": avatar});
        user["displayName"] = json!(account.display_name);
        user["active"] = json!(true);
        user["timeZone"] = json!(account.time_zone);
        user
    }

    pub(super) fn rich(&self, rich: &Rich) -> Value {
        if self.api == Api::Cloud3 { rich.adf.clone() } else { json!(rich.wiki) }
    }

    pub(super) fn status(&self, status: &Status) -> Value {
        let (id, key, name, color) = status.category.words();
        json!({
            "self": format!("{}/status/{}", self.root, status.id),
            "description": "",
            "iconUrl": format!("{}/images/icons/statuses/generic.png", self.root),
            "name": status.name,
            "id": status.id.to_string(),
            "statusCategory": {
                "self": format!("{}/statuscategory/{id}", self.root),
                "id": id, "key": key, "colorName": color, "name": name,
            },
        })
    }

    pub(super) fn issue_type(&self, kind: &IssueType) -> Value {
        let mut shown = json!({
            "self": format!("{}/issuetype/{}", self.root, kind.id),
            "id": kind.id.to_string(),
            "description": "",
            "iconUrl": format!("{}/images/icons/issuetypes/{}.png", self.root, kind.id),
            "name": kind.name,
            "subtask": kind.level < 0,
        });
        if self.api.is_cloud() {
            shown["hierarchyLevel"] = json!(kind.level);
        }
        shown
    }

    pub(super) fn project_short(&self, project: &Project) -> Value {
        json!({
            "self": format!("{}/project/{}", self.root, project.id),
            "id": project.id.to_string(),
            "key": project.key,
            "name": project.name,
            "projectTypeKey": "software",
            "simplified": false,
            "avatarUrls": {"48x48": format!("{}/universal_avatar/view/type/project/avatar/1", self.root)},
            "archived": project.archived,
        })
    }

    pub(super) fn component(&self, component: &Component, project: &Project) -> Value {
        let mut shown = json!({
            "self": format!("{}/component/{}", self.root, component.id),
            "id": component.id.to_string(),
            "name": component.name,
            "description": component.description,
            "assigneeType": "PROJECT_DEFAULT",
            "project": project.key,
            "projectId": project.id,
        });
        if let Some(lead) = component.lead {
            shown["lead"] = self.user(lead);
        }
        shown
    }

    pub(super) fn release(&self, release: &Release, project: &Project) -> Value {
        let mut shown = json!({
            "self": format!("{}/version/{}", self.root, release.id),
            "id": release.id.to_string(),
            "description": release.description,
            "name": release.name,
            "archived": release.archived,
            "released": release.released,
            "projectId": project.id,
        });
        if let Some(date) = &release.date {
            shown["releaseDate"] = json!(date);
        }
        shown
    }

    pub(super) fn choice(&self, choice: &Choice) -> Value {
        let mut shown = json!({
            "self": format!("{}/customFieldOption/{}", self.root, choice.id),
            "value": choice.name,
            "id": choice.id.to_string(),
        });
        if !choice.below.is_empty() {
            shown["children"] = choice.below.iter().map(|below| self.choice(below)).collect();
        }
        if !self.api.is_cloud() {
            shown["disabled"] = json!(choice.disabled);
        }
        shown
    }

    fn named(&self, kind: &str, id: u64, name: &str) -> Value {
        json!({
            "self": format!("{}/{kind}/{id}", self.root),
            "id": id.to_string(),
            "name": name,
            "iconUrl": format!("{}/images/icons/{kind}/{id}.svg", self.root),
        })
    }

    pub(super) fn priority(&self, jira: &Jira, id: u64) -> Value {
        let name = jira.priorities.iter().find(|known| known.id == id);
        self.named("priority", id, name.map_or("", |known| &known.name))
    }

    pub(super) fn comment(&self, issue: &Issue, comment: &Comment) -> Value {
        let mut shown = json!({
            "self": format!("{}/issue/{}/comment/{}", self.root, issue.id, comment.id),
            "id": comment.id.to_string(),
            "author": self.user(comment.author),
            "body": self.rich(&comment.body),
            "updateAuthor": self.user(comment.editor),
            "created": self.time(comment.created),
            "updated": self.time(comment.updated),
        });
        if let Some(group) = &comment.group {
            shown["visibility"] = json!({"type": "group", "value": group});
        }
        if self.api.is_cloud() {
            shown["jsdPublic"] = json!(true);
        }
        shown
    }

    /// Those that the person may read, oldest first.
    pub(super) fn comments<'i>(&self, issue: &'i Issue) -> Vec<&'i Comment> {
        let all = issue.comments.iter();
        all.filter(|comment| may_read(self.site, self.person, comment)).collect()
    }

    pub(super) fn worklog(&self, issue: &Issue, worklog: &Worklog) -> Value {
        let mut shown = json!({
            "self": format!("{}/issue/{}/worklog/{}", self.root, issue.id, worklog.id),
            "author": self.user(worklog.author),
            "updateAuthor": self.user(worklog.author),
            "created": self.time(worklog.created),
            "updated": self.time(worklog.created),
            "started": self.time(worklog.started),
            "timeSpent": time_spent(worklog.seconds),
            "timeSpentSeconds": worklog.seconds,
            "id": worklog.id.to_string(),
            "issueId": issue.id.to_string(),
        });
        if let Some(comment) = &worklog.comment {
            shown["comment"] = self.rich(comment);
        }
        shown
    }

    pub(super) fn attachment(&self, attachment: &Attachment) -> Value {
        let at = if self.api.is_cloud() {
            format!("{}/attachment/content/{}", self.root, attachment.id)
        } else {
            let base = &self.shared.jira_data_center_base;
            format!("{base}/secure/attachment/{}/{}", attachment.id, attachment.name)
        };
        json!({
            "self": format!("{}/attachment/{}", self.root, attachment.id),
            "id": attachment.id.to_string(),
            "filename": attachment.name,
            "author": self.user(attachment.author),
            "created": self.time(attachment.created),
            "size": attachment.size,
            "mimeType": attachment.media_type,
            "content": at,
        })
    }

    pub(super) fn change(&self, change: &Change) -> Value {
        let items: Vec<Value> = change.items.iter().map(|item| self.change_item(item)).collect();
        json!({
            "id": change.id.to_string(),
            "author": self.user(change.author),
            "created": self.time(change.at),
            "items": items,
        })
    }

    fn change_item(&self, item: &ChangeItem) -> Value {
        let mut shown = json!({
            "field": item.field,
            "fieldtype": if item.custom { "custom" } else { "jira" },
            "from": item.from.0,
            "fromString": item.from.1,
            "to": item.to.0,
            "toString": item.to.1,
        });
        if self.api.is_cloud() {
            shown["fieldId"] = json!(item.field_id);
        }
        shown
    }

    /// One field of an issue as it stands in `fields`; null when it is not set.
    pub(super) fn field_value(&self, jira: &Jira, issue: &Issue, field: &Field) -> Value {
        if field.kind == FieldKind::Own {
            return self.own_value(jira, issue, &field.id);
        }
        let Some(value) = issue.values.get(&field.id) else {
            return match field.kind {
                FieldKind::Labels | FieldKind::Components | FieldKind::Versions => json!([]),
                _ => Value::Null,
            };
        };
        let choice = |id: &u64| field.choice(*id).map(|choice| self.choice(choice));
        match value {
            FieldValue::Text(text) => json!(text),
            FieldValue::Rich(rich) => self.rich(rich),
            FieldValue::Number(number) => json!(number),
            FieldValue::Instant(at) => self.time(*at),
            FieldValue::Names(names) => json!(names),
            FieldValue::Person(person) => self.user(*person),
            FieldValue::Json(value) => value.clone(),
            FieldValue::Cascade(id, below) => {
                let mut shown = choice(id).unwrap_or_default();
                if let Some(shown) = shown.as_object_mut() {
                    shown.remove("children");
                }
                if let Some(below) = below.as_ref().and_then(choice) {
                    shown["child"] = below;
                }
                shown
            }
            FieldValue::Id(id) => match field.kind {
                FieldKind::Priority => self.priority(jira, *id),
                FieldKind::Resolution => {
                    let name = jira.resolutions.iter().find(|known| known.id == *id);
                    self.named("resolution", *id, name.map_or("", |known| &known.name))
                }
                FieldKind::Security => {
                    let name = jira.security_levels.iter().find(|known| known.id == *id);
                    self.named("securitylevel", *id, name.map_or("", |known| &known.name))
                }
                FieldKind::Parent => jira
                    .issues
                    .get(id)
                    .filter(|parent| jira.may_view(self.site, self.person, parent))
                    .map_or(Value::Null, |parent| self.issue_short(jira, parent)),
                _ => choice(id).unwrap_or_default(),
            },
            FieldValue::Ids(ids) => match (field.kind, jira.project(issue.project)) {
                (FieldKind::Components, Some(project)) => {
                    let known = project.components.iter().filter(|known| ids.contains(&known.id));
                    known.map(|known| self.component(known, project)).collect()
                }
                (FieldKind::Versions, Some(project)) => {
                    let known = project.versions.iter().filter(|known| ids.contains(&known.id));
                    known.map(|known| self.release(known, project)).collect()
                }
                _ => ids.iter().filter_map(choice).collect(),
            },
        }
    }

    fn own_value(&self, jira: &Jira, issue: &Issue, field: &str) -> Value {
        match field {
            "project" => jira.project(issue.project).map(|project| self.project_short(project)),
            "issuetype" => jira.issue_type(issue.kind).map(|kind| self.issue_type(kind)),
            "status" => jira.status(issue.status).map(|status| self.status(status)),
            "creator" => Some(self.user(issue.creator)),
            "created" => Some(self.time(issue.created)),
            "updated" => Some(self.time(issue.updated)),
            "comment" => {
                let comments = self.comments(issue);
                let shown: Vec<Value> =
                    comments.iter().map(|comment| self.comment(issue, comment)).collect();
                Some(json!({
                    "comments": shown,
                    "self": format!("{}/issue/{}/comment", self.root, issue.id),
                    "maxResults": shown.len(), "total": shown.len(), "startAt": 0,
                }))
            }
            "worklog" => {
                let most = 20;
                let shown: Vec<Value> =
                    issue.worklogs.iter().take(most).map(|log| self.worklog(issue, log)).collect();
                let total = issue.worklogs.len();
                Some(json!({"worklogs": shown, "maxResults": most, "total": total, "startAt": 0}))
            }
            "watches" => Some(json!({
                "self": format!("{}/issue/{}/watchers", self.root, issue.key),
                "watchCount": issue.watchers.len(),
                "isWatching": issue.watchers.contains(&self.person),
            })),
            "votes" => Some(json!({"votes": 0, "hasVoted": false})),
            "attachment" => {
                Some(issue.attachments.iter().map(|one| self.attachment(one)).collect())
            }
            "subtasks" => Some(self.sub_tasks(jira, issue)),
            "issuelinks" => Some(self.links(jira, issue)),
            "timespent" => {
                let seconds: u64 = issue.worklogs.iter().map(|log| log.seconds).sum();
                (seconds > 0).then(|| json!(seconds))
            }
            _ => None,
        }
        .unwrap_or_default()
    }

    fn sub_tasks(&self, jira: &Jira, issue: &Issue) -> Value {
        let below = jira.children(issue.id).filter(|child| {
            jira.issue_type(child.kind).is_some_and(|kind| kind.level < 0)
                && jira.may_view(self.site, self.person, child)
        });
        below.map(|child| self.issue_short(jira, child)).collect()
    }

    fn links(&self, jira: &Jira, issue: &Issue) -> Value {
        let links = jira.links.values().filter_map(|link| {
            let (side, other) = match issue.id {
                id if id == link.source => ("outwardIssue", link.target),
                id if id == link.target => ("inwardIssue", link.source),
                _ => return None,
            };
            let other = jira.issues.get(&other)?;
            if !jira.may_view(self.site, self.person, other) {
                return None;
            }
            let mut shown = json!({
                "id": link.id.to_string(),
                "self": format!("{}/issueLink/{}", self.root, link.id),
                "type": self.link_type(jira, link.kind),
            });
            shown[side] = self.issue_short(jira, other);
            Some(shown)
        });
        links.collect()
    }

    pub(super) fn link_type(&self, jira: &Jira, id: u64) -> Value {
        let Some(kind) = jira.link_types.iter().find(|kind| kind.id == id) else {
            return Value::Null;
        };
        json!({
            "self": format!("{}/issueLinkType/{id}", self.root),
            "id": id.to_string(), "name": kind.name,
            "inward": kind.inward, "outward": kind.outward,
        })
    }

    /// An issue where another one names it.
    fn issue_short(&self, jira: &Jira, issue: &Issue) -> Value {
        json!({
            "id": issue.id.to_string(),
            "key": issue.key,
            "self": format!("{}/issue/{}", self.root, issue.id),
            "fields": {
                "summary": issue.text("summary"),
                "status": jira.status(issue.status).map(|status| self.status(status)),
                "priority": issue.id_of("priority").map(|id| self.priority(jira, id)),
                "issuetype": jira.issue_type(issue.kind).map(|kind| self.issue_type(kind)),
            },
        })
    }
}

/// How a field is described: `schema` of the field list and of forms.
pub(super) fn schema(field: &Field) -> Value {
    let (kind, items) = match field.kind {
        FieldKind::Text | FieldKind::Rich => ("string", None),
        FieldKind::Number => ("number", None),
        FieldKind::Date => ("date", None),
        FieldKind::Instant => ("datetime", None),
        FieldKind::Labels => ("array", Some("string")),
        FieldKind::Person => ("user", None),
        FieldKind::Priority => ("priority", None),
        FieldKind::Resolution => ("resolution", None),
        FieldKind::Security => ("securitylevel", None),
        FieldKind::Components => ("array", Some("component")),
        FieldKind::Versions => ("array", Some("version")),
        FieldKind::Parent => ("issuelink", None),
        FieldKind::Option => ("option", None),
        FieldKind::Options => ("array", Some("option")),
        FieldKind::Cascade => ("option-with-child", None),
        FieldKind::Json => ("array", Some("json")),
        FieldKind::Own => own_schema(&field.id),
    };
    let mut schema = json!({"type": kind});
    if let Some(items) = items {
        schema["items"] = json!(items);
    }
    match field.custom() {
        Some(number) => {
            schema["custom"] = json!(custom_type(field.kind));
            schema["customId"] = json!(number);
        }
        None => schema["system"] = json!(field.id),
    }
    schema
}

fn own_schema(id: &str) -> (&'static str, Option<&'static str>) {
    match id {
        "project" => ("project", None),
        "issuetype" => ("issuetype", None),
        "status" => ("status", None),
        "creator" => ("user", None),
        "created" | "updated" => ("datetime", None),
        "comment" => ("comments-page", None),
        "watches" => ("watches", None),
        "votes" => ("votes", None),
        "timespent" => ("number", None),
        "worklog" => ("array", Some("worklog")),
        "attachment" => ("array", Some("attachment")),
        "subtasks" | "issuelinks" => ("array", Some("issuelinks")),
        _ => ("any", None),
    }
}

fn custom_type(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Rich => "com.atlassian.jira.plugin.system.customfieldtypes:textarea",
        FieldKind::Number => "com.atlassian.jira.plugin.system.customfieldtypes:float",
        FieldKind::Date => "com.atlassian.jira.plugin.system.customfieldtypes:datepicker",
        FieldKind::Person => "com.atlassian.jira.plugin.system.customfieldtypes:userpicker",
        FieldKind::Option => "com.atlassian.jira.plugin.system.customfieldtypes:select",
        FieldKind::Options => "com.atlassian.jira.plugin.system.customfieldtypes:multiselect",
        FieldKind::Cascade => "com.atlassian.jira.plugin.system.customfieldtypes:cascadingselect",
        FieldKind::Json => "com.pyxis.greenhopper.jira:gh-sprint",
        _ => "com.atlassian.jira.plugin.system.customfieldtypes:textfield",
    }
}

/// Inserts the values of `pairs` into a new object.
pub(super) fn object<'a>(pairs: impl IntoIterator<Item = (&'a str, Value)>) -> Map<String, Value> {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// `1h 30m`
fn time_spent(seconds: u64) -> String {
    match (seconds / 3600, seconds % 3600 / 60) {
        (0, minutes) => format!("{minutes}m"),
        (hours, 0) => format!("{hours}h"),
        (hours, minutes) => format!("{hours}h {minutes}m"),
    }
}
