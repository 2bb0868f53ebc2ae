use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::changes::Change;
use super::fields::texts;
use super::{Comment, IssueType, RichText, Session, Transition, User};
use crate::Result;
use crate::fields::Fields;

/// An issue as far as it was asked for.
///
/// `fields` are kept as the site gave them; the methods read the known ones. What was not asked for
/// is absent, what is not set is null, and for the methods both are none.
#[derive(Clone, Debug, PartialEq)]
pub struct Issue {
    /// The numeric id, which never changes.
    pub id: String,
    /// The key, which changes when the issue is moved; absent where only ids were asked for.
    pub key: Option<String>,
    /// By id of the field.
    pub fields: Map<String, Value>,
    /// The names of the fields, when asked for (`names`).
    pub names: BTreeMap<String, String>,
    /// Fields as HTML, when asked for (`renderedFields`).
    pub rendered: Map<String, Value>,
    /// The history, when asked for (`changelog`). Cloud may give its newest part alone:
    /// [`Session::changelogs`] gives it whole.
    pub changes: Option<Vec<Change>>,
    /// What can be done with it now, when asked for (`transitions`).
    pub transitions: Option<Vec<Transition>>,
    /// The properties asked for.
    pub properties: Map<String, Value>,
}

/// Something of which only id and name matter: a priority, a resolution, a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its id; empty where the answer gives none.
    pub id: String,
    /// Its name, in the language of the site.
    pub name: String,
}

/// A status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Its id.
    pub id: String,
    /// Its name, in the language of the site.
    pub name: String,
    /// To which part of the work it belongs.
    pub category: Option<StatusCategory>,
}

/// The part of the work that a status belongs to, the same on every site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatusCategory {
    /// `new`
    ToDo,
    /// `indeterminate`
    InProgress,
    /// `done`
    Done,
    /// Any other key, such as `undefined`.
    Other(String),
}

/// An issue where another one names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueReference {
    /// Its id, where the answer gives it.
    pub id: Option<String>,
    /// Its key.
    pub key: String,
    /// Its summary, where the answer gives it.
    pub summary: Option<String>,
    /// Its status, where the answer gives it.
    pub status: Option<Status>,
    /// Its type, where the answer gives it.
    pub issue_type: Option<IssueType>,
}

/// A link between two issues, seen from one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueLink {
    /// Its id.
    pub id: String,
    /// The name of its type, such as `Blocks`.
    pub kind: String,
    /// What this issue does to the other one: `blocks`, `is blocked by`.
    pub does: String,
    /// The other issue.
    pub other: IssueReference,
}

/// A file of an issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media_type: Option<String>,
    /// Its size in bytes.
    pub size: Option<u64>,
    /// Who uploaded it.
    pub author: Option<User>,
    /// When.
    pub created: Option<Timestamp>,
}

impl Named {
    fn read(fields: Fields<'_>) -> Option<Self> {
        let name = fields.first_text(&["/name", "/value", "/id"])?;
        Some(Self { id: fields.first_text(&["/id"]).unwrap_or_default(), name })
    }
}

impl Status {
    pub(super) fn read(fields: Fields<'_>) -> Option<Self> {
        let name = fields.first_text(&["/name", "/id"])?;
        let category = fields.first_text(&["/statusCategory/key"]).map(|key| match key.as_str() {
            "new" => StatusCategory::ToDo,
            "indeterminate" => StatusCategory::InProgress,
            "done" => StatusCategory::Done,
            _ => StatusCategory::Other(key),
        });
        Some(Self { id: fields.first_text(&["/id"]).unwrap_or_default(), name, category })
    }

    pub(super) fn at(fields: Fields<'_>, pointer: &str) -> Option<Self> {
        Self::read(Fields(fields.at(pointer)?))
    }
}

impl IssueReference {
    fn read(fields: Fields<'_>) -> Option<Self> {
        Some(Self {
            id: fields.first_text(&["/id"]),
            key: fields.first_text(&["/key"])?,
            summary: fields.first_text(&["/fields/summary"]),
            status: Status::at(fields, "/fields/status"),
            issue_type: fields
                .at("/fields/issuetype")
                .and_then(|kind| IssueType::read(Fields(kind))),
        })
    }
}

impl IssueLink {
    fn read(fields: Fields<'_>) -> Option<Self> {
        let (side, other) = [("outward", "/outwardIssue"), ("inward", "/inwardIssue")]
            .into_iter()
            .find_map(|(side, at)| Some((side, IssueReference::read(Fields(fields.at(at)?))?)))?;
        Some(Self {
            id: fields.first_text(&["/id"])?,
            kind: fields.first_text(&["/type/name"]).unwrap_or_default(),
            does: fields.first_text(&[&format!("/type/{side}"), "/type/name"]).unwrap_or_default(),
            other,
        })
    }
}

impl Attachment {
    pub(super) fn read(fields: Fields<'_>) -> Option<Self> {
        Some(Self {
            id: fields.first_text(&["/id"])?,
            name: fields.first_text(&["/filename"]).unwrap_or_default(),
            media_type: fields.first_text(&["/mimeType"]),
            size: fields.number("/size").and_then(|size| u64::try_from(size).ok()),
            author: User::at(fields, "/author"),
            created: fields.time("/created"),
        })
    }
}

impl Issue {
    /// `None` without an id.
    pub(super) fn read(fields: Fields<'_>) -> Option<Self> {
        let object = |at| fields.at(at).and_then(Value::as_object).cloned().unwrap_or_default();
        let names = object("/names").into_iter();
        let transitions = fields.at("/transitions").filter(|all| all.is_array());
        Some(Self {
            id: fields.first_text(&["/id"])?,
            key: fields.first_text(&["/key"]),
            fields: object("/fields"),
            names: names.filter_map(|(id, name)| Some((id, name.as_str()?.to_owned()))).collect(),
            rendered: object("/renderedFields"),
            changes: fields
                .at("/changelog/histories")
                .map(|_| fields.list("/changelog/histories").filter_map(Change::read).collect()),
            transitions: transitions
                .map(|_| fields.list("/transitions").filter_map(Transition::read).collect()),
            properties: object("/properties"),
        })
    }

    /// A field as the site gave it; none when it is null.
    pub fn field(&self, id: &str) -> Option<&Value> {
        self.fields.get(id).filter(|value| !value.is_null())
    }

    fn one<T>(&self, id: &str, read: impl Fn(Fields<'_>) -> Option<T>) -> Option<T> {
        read(Fields(self.field(id)?))
    }

    fn list<T>(&self, id: &str, read: impl Fn(Fields<'_>) -> Option<T>) -> Vec<T> {
        self.field(id).map_or(Vec::new(), |list| Fields(list).list("").filter_map(read).collect())
    }

    /// A field that holds text with markup.
    pub fn rich_text(&self, id: &str) -> Option<RichText> {
        RichText::from_value(self.field(id)?)
    }

    /// The summary.
    pub fn summary(&self) -> Option<&str> {
        self.field("summary")?.as_str()
    }

    /// The description.
    pub fn description(&self) -> Option<RichText> {
        self.rich_text("description")
    }

    /// The status.
    pub fn status(&self) -> Option<Status> {
        self.one("status", Status::read)
    }

    /// The type.
    pub fn issue_type(&self) -> Option<IssueType> {
        self.one("issuetype", IssueType::read)
    }

    /// The key of the project, also where only the issue's own key tells it.
    pub fn project_key(&self) -> Option<String> {
        let own = || Some(self.key.as_deref()?.rsplit_once('-')?.0.to_owned());
        self.one("project", |project| project.first_text(&["/key"])).or_else(own)
    }

    /// The priority.
    pub fn priority(&self) -> Option<Named> {
        self.one("priority", Named::read)
    }

    /// The resolution, once there is one.
    pub fn resolution(&self) -> Option<Named> {
        self.one("resolution", Named::read)
    }

    /// Who is to do it.
    pub fn assignee(&self) -> Option<User> {
        self.one("assignee", User::read)
    }

    /// Who asked for it.
    pub fn reporter(&self) -> Option<User> {
        self.one("reporter", User::read)
    }

    /// The labels.
    pub fn labels(&self) -> Vec<String> {
        self.field("labels").map_or(Vec::new(), |labels| texts(Fields(labels), ""))
    }

    /// The components.
    pub fn components(&self) -> Vec<Named> {
        self.list("components", Named::read)
    }

    /// The versions that it is to be in.
    pub fn fix_versions(&self) -> Vec<Named> {
        self.list("fixVersions", Named::read)
    }

    /// When it was made.
    pub fn created(&self) -> Option<Timestamp> {
        Fields(self.field("created")?).time("")
    }

    /// When it was changed last.
    pub fn updated(&self) -> Option<Timestamp> {
        Fields(self.field("updated")?).time("")
    }

    /// The issue above it.
    pub fn parent(&self) -> Option<IssueReference> {
        self.one("parent", IssueReference::read)
    }

    /// The sub-tasks that the credential may see.
    pub fn sub_tasks(&self) -> Vec<IssueReference> {
        self.list("subtasks", IssueReference::read)
    }

    /// Links to issues that the credential may see.
    pub fn links(&self) -> Vec<IssueLink> {
        self.list("issuelinks", IssueLink::read)
    }

    /// The files.
    pub fn attachments(&self) -> Vec<Attachment> {
        self.list("attachment", Attachment::read)
    }

    /// The comments that the answer holds, oldest first, and how many there are in all. The answer
    /// may hold fewer: [`Session::comments`] gives them all.
    pub fn comments(&self) -> Option<(Vec<Comment>, usize)> {
        let fields = Fields(self.field("comment")?);
        let held: Vec<_> = fields.list("/comments").filter_map(Comment::read).collect();
        let total = fields.number("/total").and_then(|total| usize::try_from(total).ok());
        let total = total.unwrap_or(held.len());
        Some((held, total))
    }
}

impl Session {
    /// One issue with these fields (`*all`, `*navigable`, `-comment`, names; none: all of them),
    /// and what is to come beside them: `names`, `renderedFields`, `changelog`, `transitions`,
    /// `transitions.fields`.
    pub async fn issue(&self, key: &str, fields: &[&str], expand: &[&str]) -> Result<Issue> {
        self.issue_with_properties(key, fields, expand, &[]).await
    }

    /// [`Session::issue`] with properties of these names.
    pub async fn issue_with_properties(
        &self,
        key: &str,
        fields: &[&str],
        expand: &[&str],
        properties: &[&str],
    ) -> Result<Issue> {
        let lists = [("fields", fields), ("expand", expand), ("properties", properties)];
        let lists = lists.map(|(name, words)| (name, words.join(",")));
        let given = lists.iter().filter(|(_, words)| !words.is_empty());
        let query: Vec<(&str, &str)> = given.map(|(name, words)| (*name, words.as_str())).collect();
        let issue = self.read(&["issue", key], &query).await?;
        Issue::read(Fields(&issue)).ok_or_else(|| self.unreadable("an issue without an id"))
    }
}
