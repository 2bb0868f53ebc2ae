//! The state of the simulated site: people, groups, spaces, content and its tree.
//!
//! One state serves both products. Whoever reads it names the [`Person`] who asks; who may
//! see what is decided in [`rights`] and nowhere else.

mod change;
mod conversion;
mod copy;
mod listing;
mod long_task;
mod person;
mod property;
mod rights;
mod space;
mod task;
mod template;
mod tree;
mod version;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

pub(crate) use change::{Edit, NewItem, Position, Refusal};
use conversion::Conversion;
pub(crate) use copy::{CopyTo, Copying, Titles};
pub(crate) use listing::{Filter, Key, Listed, Order, SortField};
pub(crate) use long_task::LongTask;
pub(crate) use person::{Account, Credentials, Group, Person};
pub(crate) use property::no_property;
pub(crate) use rights::{Subject, Subjects};
pub(crate) use task::Task;
pub(crate) use template::Template;

/// What a piece of content is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    Page,
    BlogPost,
    Folder,
    Whiteboard,
    Database,
    /// A smart link.
    Embed,
    Comment,
    Attachment,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::Page,
        Self::BlogPost,
        Self::Folder,
        Self::Whiteboard,
        Self::Database,
        Self::Embed,
        Self::Comment,
        Self::Attachment,
    ];

    /// The word that v1, the query language and `parentType` use.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::BlogPost => "blogpost",
            Self::Folder => "folder",
            Self::Whiteboard => "whiteboard",
            Self::Database => "database",
            Self::Embed => "embed",
            Self::Comment => "comment",
            Self::Attachment => "attachment",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// What stands in the tree without being a page: Data Center knows none of them.
    pub(crate) fn is_cloud_only(self) -> bool {
        matches!(self, Self::Folder | Self::Whiteboard | Self::Database | Self::Embed)
    }

    /// What the tree of a space is made of.
    pub(crate) fn is_node(self) -> bool {
        self == Self::Page || self.is_cloud_only()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Status {
    Current,
    Archived,
    Draft,
    Trashed,
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Archived => "archived",
            Self::Draft => "draft",
            Self::Trashed => "trashed",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Current, Self::Archived, Self::Draft, Self::Trashed]
            .into_iter()
            .find(|status| status.as_str() == word)
    }
}

/// One saved state of a piece of content.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub number: u32,
    pub at: Timestamp,
    pub by: Person,
    pub message: String,
    pub minor: bool,
    pub title: String,
    /// Storage format; empty for folders and attachments.
    pub body: Arc<str>,
}

/// What only some kinds have.
#[derive(Clone, Debug)]
pub(crate) enum Detail {
    None,
    /// `marker` and `selection` are there for an inline comment.
    Comment {
        inline: Option<Inline>,
        resolved: Resolution,
    },
    Embed {
        target: String,
    },
    Attachment {
        media_type: String,
        comment: String,
        file_id: String,
        bytes: Arc<[u8]>,
    },
}

/// What became of an inline comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resolution {
    Open,
    Resolved,
    Reopened,
}

impl Resolution {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved => "resolved",
            Self::Reopened => "reopened",
        }
    }

    /// Taking up what was dealt with is not the same as never having dealt with it.
    pub(crate) fn set(self, resolved: bool) -> Self {
        match (self, resolved) {
            (_, true) => Self::Resolved,
            (Self::Resolved, false) => Self::Reopened,
            (now, false) => now,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Inline {
    pub marker: String,
    pub selection: String,
}

/// One piece of content. `parent` is the page or folder above it, or the container of a
/// comment or attachment; it is kept while the item lies in the trash.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub id: u64,
    pub kind: Kind,
    pub space: u64,
    pub parent: Option<u64>,
    /// Place among the siblings; not dense.
    pub position: i64,
    pub status: Status,
    pub author: Person,
    /// Oldest first, never empty.
    pub versions: Vec<Version>,
    pub labels: BTreeSet<String>,
    pub view: Subjects,
    pub edit: Subjects,
    pub properties: BTreeMap<String, Property>,
    pub likes: BTreeSet<Person>,
    /// How often each person has viewed it.
    pub views: BTreeMap<Person, u64>,
    pub detail: Detail,
}

/// JSON that a program keeps with a content.
#[derive(Clone, Debug)]
pub(crate) struct Property {
    pub id: u64,
    pub value: serde_json::Value,
    pub version: u32,
    pub at: Timestamp,
    pub by: Person,
}

impl Item {
    /// The newest saved state.
    pub(crate) fn latest(&self) -> &Version {
        &self.versions[self.versions.len() - 1]
    }

    pub(crate) fn first(&self) -> &Version {
        &self.versions[0]
    }

    pub(crate) fn title(&self) -> &str {
        &self.latest().title
    }

    pub(crate) fn body(&self) -> &Arc<str> {
        &self.latest().body
    }

    /// Another title or body in the same version, as drafts have it.
    pub(crate) fn rewrite(&mut self, title: Option<String>, body: Option<Arc<str>>, at: Timestamp) {
        if let Some(version) = self.versions.last_mut() {
            version.title = title.unwrap_or_else(|| version.title.clone());
            version.body = body.unwrap_or_else(|| Arc::clone(&version.body));
            version.at = at;
        }
    }

    /// The comment's marker, when this is an inline comment.
    pub(crate) fn inline(&self) -> Option<&Inline> {
        match &self.detail {
            Detail::Comment { inline, .. } => inline.as_ref(),
            Detail::None | Detail::Embed { .. } | Detail::Attachment { .. } => None,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Space {
    pub id: u64,
    pub key: String,
    pub name: String,
    pub description: String,
    pub created: Timestamp,
    pub author: Person,
    pub homepage: Option<u64>,
    /// Who may view and edit; administrators always may.
    pub readers: Subjects,
}

/// Everything that the sandbox knows.
pub(crate) struct Site {
    accounts: Vec<Account>,
    groups: BTreeMap<String, Group>,
    spaces: BTreeMap<u64, Space>,
    space_keys: HashMap<String, u64>,
    items: HashMap<u64, Item>,
    /// Pages and folders without a parent, in order, by space.
    roots: HashMap<u64, Vec<u64>>,
    /// Pages and folders below a page or folder, in order.
    children: HashMap<u64, Vec<u64>>,
    /// Comments and attachments, oldest first.
    contained: HashMap<u64, Vec<u64>>,
    /// Lower-cased title to pages, blog posts and folders, whatever their status.
    titles: HashMap<(u64, String), Vec<u64>>,
    /// Label to its own id and what carries it.
    labels: BTreeMap<String, LabelEntry>,
    next_content: u64,
    next_space: u64,
    next_label: u64,
    next_property: u64,
    long_tasks: BTreeMap<u64, LongTask>,
    templates: Vec<Template>,
    conversions: BTreeMap<u64, Conversion>,
    orders: listing::Orders,
    /// Items whose indexed text is older than the item.
    changed: Vec<u64>,
}

#[derive(Clone, Debug)]
pub(crate) struct LabelEntry {
    pub id: u64,
    pub items: BTreeSet<u64>,
}

/// Real ids are large and not dense; code that takes an id for an index shall fail.
const FIRST_CONTENT: u64 = 98_305;
const FIRST_SPACE: u64 = 32_770;
const FIRST_LABEL: u64 = 524_289;
const FIRST_PROPERTY: u64 = 786_433;

impl Site {
    pub(crate) fn new(accounts: Vec<Account>, groups: Vec<Group>) -> Self {
        Self {
            accounts,
            groups: groups.into_iter().map(|group| (group.name.clone(), group)).collect(),
            spaces: BTreeMap::new(),
            space_keys: HashMap::new(),
            items: HashMap::new(),
            roots: HashMap::new(),
            children: HashMap::new(),
            contained: HashMap::new(),
            titles: HashMap::new(),
            labels: BTreeMap::new(),
            next_content: FIRST_CONTENT,
            next_space: FIRST_SPACE,
            next_label: FIRST_LABEL,
            next_property: FIRST_PROPERTY,
            long_tasks: BTreeMap::new(),
            templates: Vec::new(),
            conversions: BTreeMap::new(),
            orders: listing::Orders::default(),
            changed: Vec::new(),
        }
    }

    /// Without a check of rights; for the sandbox itself and after a check.
    pub(crate) fn item(&self, id: u64) -> Option<&Item> {
        self.items.get(&id)
    }

    pub(crate) fn spaces(&self) -> impl Iterator<Item = &Space> {
        self.spaces.values()
    }

    pub(crate) fn space(&self, id: u64) -> Option<&Space> {
        self.spaces.get(&id)
    }

    pub(crate) fn space_by_key(&self, key: &str) -> Option<&Space> {
        self.space_keys.get(&key.to_lowercase()).and_then(|id| self.spaces.get(id))
    }

    /// The key of a space that is known to exist.
    pub(crate) fn space_key(&self, id: u64) -> &str {
        self.spaces.get(&id).map_or("", |space| space.key.as_str())
    }

    /// Pages, blog posts and folders with this title, whatever their status.
    pub(crate) fn titled(&self, space: u64, title: &str) -> &[u64] {
        self.titles.get(&(space, title.to_lowercase())).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn labels(&self) -> &BTreeMap<String, LabelEntry> {
        &self.labels
    }

    /// The id of a label that some item carries or has carried.
    pub(crate) fn label_id(&self, name: &str) -> u64 {
        self.labels.get(name).map_or(0, |entry| entry.id)
    }

    /// Ids of the comments and attachments of an item, oldest first.
    pub(crate) fn contained(&self, id: u64) -> &[u64] {
        self.contained.get(&id).map_or(&[], Vec::as_slice)
    }

    /// The attachment with this file id.
    pub(crate) fn attachment_by_file(&self, file: &str) -> Option<&Item> {
        self.items.values().find(
            |item| matches!(&item.detail, Detail::Attachment { file_id, .. } if file_id == file),
        )
    }

    /// Hands over what changed since the last call, for the search index.
    pub(crate) fn take_changed(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.changed)
    }
}
