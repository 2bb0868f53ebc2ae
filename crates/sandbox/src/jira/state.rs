//! The state of the simulated Jira: configuration, projects and issues. People and groups are
//! those of the site.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use super::value::{FieldKind, FieldValue, Rich};
use crate::site::{Person, Subjects};

/// Everything that the simulated Jira knows.
#[derive(Default)]
pub(crate) struct Jira {
    pub priorities: Vec<Named>,
    pub resolutions: Vec<Named>,
    pub link_types: Vec<LinkType>,
    pub statuses: Vec<Status>,
    pub issue_types: Vec<IssueType>,
    pub workflows: BTreeMap<String, Vec<Transition>>,
    pub security_levels: Vec<SecurityLevel>,
    /// System fields first, then custom ones.
    pub fields: Vec<Field>,
    pub projects: Vec<Project>,
    pub issues: BTreeMap<u64, Issue>,
    /// Keys in capitals, those from before a move among them.
    pub keys: HashMap<String, u64>,
    pub links: BTreeMap<u64, Link>,
    pub tasks: BTreeMap<u64, Task>,
    pub last_id: u64,
}

/// Something that is known by id and name alone.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub id: u64,
    pub name: String,
}

#[derive(Clone, Debug)]
pub(crate) struct LinkType {
    pub id: u64,
    pub name: String,
    /// How the source is seen from the target: `is blocked by`.
    pub inward: String,
    /// How the target is seen from the source: `blocks`.
    pub outward: String,
}

/// The three groups that every status belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Category {
    ToDo,
    InProgress,
    Done,
}

impl Category {
    /// Id, key, name and colour, which are the same on every Jira.
    pub(crate) fn words(self) -> (u64, &'static str, &'static str, &'static str) {
        match self {
            Self::ToDo => (2, "new", "To Do", "blue-gray"),
            Self::InProgress => (4, "indeterminate", "In Progress", "yellow"),
            Self::Done => (3, "done", "Done", "green"),
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Status {
    pub id: u64,
    pub name: String,
    pub category: Category,
}

#[derive(Clone, Debug)]
pub(crate) struct IssueType {
    pub id: u64,
    pub name: String,
    /// -1 sub-task, 0 standard, 1 epic.
    pub level: i64,
}

/// One arrow of a workflow.
#[derive(Clone, Debug)]
pub(crate) struct Transition {
    pub id: u64,
    pub name: String,
    pub to: u64,
    /// Statuses that it leads away from; empty = any.
    pub from: Vec<u64>,
    /// Whether its screen asks for a resolution.
    pub resolution: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct SecurityLevel {
    pub id: u64,
    pub name: String,
    /// Who may see an issue of this level, beside its reporter.
    pub members: Subjects,
}

/// A field of issues.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    /// `summary`, or `customfield_10030`.
    pub id: String,
    pub name: String,
    pub kind: FieldKind,
    /// Options by context; empty unless the field is chosen from a list.
    pub contexts: Vec<Context>,
}

impl Field {
    /// The number of a custom field.
    pub(crate) fn custom(&self) -> Option<u64> {
        self.id.strip_prefix("customfield_")?.parse().ok()
    }

    /// The options that an issue of this project may choose from: the project's own context goes
    /// before the global one.
    pub(crate) fn options_for(&self, project: u64) -> &[Choice] {
        let own = self.contexts.iter().find(|context| context.projects.contains(&project));
        let global = || self.contexts.iter().find(|context| context.projects.is_empty());
        own.or_else(global).map_or(&[], |context| context.options.as_slice())
    }

    /// An option of any context, its own options included.
    pub(crate) fn choice(&self, id: u64) -> Option<&Choice> {
        let options = self.contexts.iter().flat_map(|context| &context.options);
        options.flat_map(|option| [option].into_iter().chain(&option.below)).find(|o| o.id == id)
    }
}

/// Which options a field has where.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub id: u64,
    pub name: String,
    /// Empty = global.
    pub projects: Vec<u64>,
    pub options: Vec<Choice>,
}

#[derive(Clone, Debug)]
pub(crate) struct Choice {
    pub id: u64,
    pub name: String,
    pub disabled: bool,
    /// The second list of a cascading field.
    pub below: Vec<Choice>,
}

#[derive(Clone, Debug)]
pub(crate) struct Project {
    pub id: u64,
    pub key: String,
    pub name: String,
    pub description: String,
    pub lead: Person,
    /// Who may browse it; administrators always may.
    pub readers: Subjects,
    /// Who may create, edit, comment and move issues along, provided they may browse.
    pub writers: Subjects,
    pub archived: bool,
    pub issue_types: Vec<u64>,
    pub workflow: String,
    pub components: Vec<Component>,
    pub versions: Vec<Release>,
    pub last_number: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Component {
    pub id: u64,
    pub name: String,
    pub description: String,
    pub lead: Option<Person>,
}

/// A version of a project, which Jira calls just that.
#[derive(Clone, Debug)]
pub(crate) struct Release {
    pub id: u64,
    pub name: String,
    pub description: String,
    pub released: bool,
    pub archived: bool,
    pub date: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Issue {
    pub id: u64,
    pub key: String,
    pub project: u64,
    /// Its issue type.
    pub kind: u64,
    pub status: u64,
    pub creator: Person,
    pub created: Timestamp,
    pub updated: Timestamp,
    /// By id of the field; what is not set is absent.
    pub values: BTreeMap<String, FieldValue>,
    pub comments: Vec<Comment>,
    pub worklogs: Vec<Worklog>,
    pub watchers: BTreeSet<Person>,
    pub attachments: Vec<Attachment>,
    /// Oldest first.
    pub history: Vec<Change>,
}

impl Issue {
    pub(crate) fn text(&self, field: &str) -> &str {
        match self.values.get(field) {
            Some(FieldValue::Text(text)) => text,
            _ => "",
        }
    }

    pub(crate) fn person(&self, field: &str) -> Option<Person> {
        match self.values.get(field) {
            Some(FieldValue::Person(person)) => Some(*person),
            _ => None,
        }
    }

    pub(crate) fn id_of(&self, field: &str) -> Option<u64> {
        match self.values.get(field) {
            Some(FieldValue::Id(id)) => Some(*id),
            _ => None,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Comment {
    pub id: u64,
    pub author: Person,
    pub editor: Person,
    pub created: Timestamp,
    pub updated: Timestamp,
    pub body: Rich,
    /// The group that alone may read it.
    pub group: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Worklog {
    pub id: u64,
    pub author: Person,
    pub created: Timestamp,
    pub started: Timestamp,
    pub seconds: u64,
    pub comment: Option<Rich>,
}

/// What is known of a file; its bytes are not kept.
#[derive(Clone, Debug)]
pub(crate) struct Attachment {
    pub id: u64,
    pub name: String,
    pub media_type: String,
    pub size: u64,
    pub author: Person,
    pub created: Timestamp,
}

/// One act that changed an issue.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub id: u64,
    pub author: Person,
    pub at: Timestamp,
    pub items: Vec<ChangeItem>,
}

#[derive(Clone, Debug)]
pub(crate) struct ChangeItem {
    /// The name of a custom field, the id of a system field.
    pub field: String,
    pub field_id: String,
    pub custom: bool,
    /// Id and text before.
    pub from: (Option<String>, Option<String>),
    /// Id and text after.
    pub to: (Option<String>, Option<String>),
}

#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub id: u64,
    pub kind: u64,
    /// The issue that `outward` is said of.
    pub source: u64,
    pub target: u64,
}

/// A bulk operation, done at once and told in two steps.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub owner: Person,
    pub issues: Vec<u64>,
    pub failed: BTreeMap<u64, String>,
    pub asked: u32,
}

impl Jira {
    /// A number that nothing else has: real ids are large and shared by no two things of a kind.
    pub(crate) fn new_id(&mut self) -> u64 {
        self.last_id = self.last_id.max(10_000) + 1;
        self.last_id
    }

    pub(crate) fn field(&self, id: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.id == id)
    }

    pub(crate) fn status(&self, id: u64) -> Option<&Status> {
        self.statuses.iter().find(|status| status.id == id)
    }

    pub(crate) fn issue_type(&self, id: u64) -> Option<&IssueType> {
        self.issue_types.iter().find(|kind| kind.id == id)
    }

    pub(crate) fn project(&self, id: u64) -> Option<&Project> {
        self.projects.iter().find(|project| project.id == id)
    }

    pub(crate) fn project_mut(&mut self, id: u64) -> Option<&mut Project> {
        self.projects.iter_mut().find(|project| project.id == id)
    }

    /// By key or id.
    pub(crate) fn find_project(&self, word: &str) -> Option<&Project> {
        self.projects.iter().find(|project| {
            project.key.eq_ignore_ascii_case(word) || project.id.to_string() == word
        })
    }

    /// By key, an old key too, or id.
    pub(crate) fn find_issue(&self, word: &str) -> Option<&Issue> {
        let id = match word.parse() {
            Ok(id) => id,
            Err(_) => *self.keys.get(&word.to_ascii_uppercase())?,
        };
        self.issues.get(&id)
    }

    /// The arrows of the project's workflow.
    pub(crate) fn workflow(&self, project: u64) -> &[Transition] {
        let name = self.project(project).map(|project| project.workflow.as_str());
        name.and_then(|name| self.workflows.get(name)).map_or(&[], Vec::as_slice)
    }

    /// Where the way of every issue begins: the target of the first arrow.
    pub(crate) fn first_status(&self, project: u64) -> u64 {
        self.workflow(project).first().map_or(0, |transition| transition.to)
    }

    pub(crate) fn children(&self, id: u64) -> impl Iterator<Item = &Issue> {
        self.issues.values().filter(move |issue| issue.id_of("parent") == Some(id))
    }
}
