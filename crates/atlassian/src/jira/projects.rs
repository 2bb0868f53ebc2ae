use serde_json::Value;

use super::{Session, User};
use crate::Result;
use crate::fields::Fields;

/// The most that Cloud lists in one answer.
const LIMIT: &str = "50";

/// Projects after which a listing is taken for one without an end.
const MOST: usize = 100_000;

/// A project.
#[derive(Clone, Debug, PartialEq)]
pub struct Project {
    /// The numeric id.
    pub id: String,
    /// The key, such as `ENG`.
    pub key: String,
    /// The name to show.
    pub name: String,
    /// An open set: `software`, `business`, `service_desk`, …
    pub kind: Option<String>,
    /// Whether it is archived, when the answer says so.
    pub archived: Option<bool>,
    /// Wiki markup or plain text, when the answer holds it.
    pub description: Option<String>,
    /// Who leads it, when the answer says so.
    pub lead: Option<User>,
    /// The types that its issues can have; empty where the answer names none (lists).
    pub issue_types: Vec<IssueType>,
}

/// A type of issues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueType {
    /// Its id.
    pub id: String,
    /// Its name, in the language of the site.
    pub name: String,
    /// Whether its issues are below another one.
    pub subtask: bool,
    /// -1 sub-task, 0 standard, 1 epic (Cloud).
    pub level: Option<i64>,
}

/// A version of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Whether it is released.
    pub released: bool,
    /// Whether it is archived.
    pub archived: bool,
    /// `2026-11-26`
    pub release_date: Option<String>,
}

/// A component of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Who leads it.
    pub lead: Option<User>,
}

impl Project {
    pub(super) fn read(fields: Fields<'_>) -> Option<Self> {
        let key = fields.first_text(&["/key"])?;
        Some(Self {
            id: fields.first_text(&["/id"])?,
            name: fields.first_text(&["/name"]).unwrap_or_else(|| key.clone()),
            key,
            kind: fields.first_text(&["/projectTypeKey"]),
            archived: fields.at("/archived").and_then(Value::as_bool),
            description: fields.first_text(&["/description"]),
            lead: User::at(fields, "/lead"),
            issue_types: fields.list("/issueTypes").filter_map(IssueType::read).collect(),
        })
    }
}

impl IssueType {
    pub(super) fn read(fields: Fields<'_>) -> Option<Self> {
        let id = fields.first_text(&["/id"])?;
        Some(Self {
            name: fields.first_text(&["/name"]).unwrap_or_else(|| id.clone()),
            id,
            subtask: fields.at("/subtask").and_then(Value::as_bool).unwrap_or(false),
            level: fields.number("/hierarchyLevel"),
        })
    }
}

impl Version {
    fn read(fields: Fields<'_>) -> Option<Self> {
        let flag = |pointer| fields.at(pointer).and_then(Value::as_bool).unwrap_or(false);
        let id = fields.first_text(&["/id"])?;
        Some(Self {
            name: fields.first_text(&["/name"]).unwrap_or_else(|| id.clone()),
            id,
            description: fields.first_text(&["/description"]),
            released: flag("/released"),
            archived: flag("/archived"),
            release_date: fields.first_text(&["/releaseDate"]),
        })
    }
}

impl Component {
    fn read(fields: Fields<'_>) -> Option<Self> {
        let id = fields.first_text(&["/id"])?;
        Some(Self {
            name: fields.first_text(&["/name"]).unwrap_or_else(|| id.clone()),
            id,
            description: fields.first_text(&["/description"]),
            lead: User::at(fields, "/lead"),
        })
    }
}

impl Session {
    /// All projects that the credential may browse; those that are archived only when asked for.
    pub async fn projects(&self, archived: bool) -> Result<Vec<Project>> {
        if self.is_cloud() {
            let mut query = vec![("status", "live")];
            query.extend(archived.then_some(("status", "archived")));
            return self.search_cloud(&query, MOST).await;
        }
        let archived = archived.to_string();
        let projects = self.read(&["project"], &[("includeArchived", &archived)]).await?;
        self.each(&projects, "", Project::read)
    }

    /// Projects whose key or name contains these words, at most `limit`; archived ones are left
    /// out. Data Center has no such search: all are listed, and the others left out here.
    pub async fn search_projects(&self, words: &str, limit: usize) -> Result<Vec<Project>> {
        if self.is_cloud() {
            return self.search_cloud(&[("query", words)], limit).await;
        }
        let words = words.to_lowercase();
        let mut found = self.projects(false).await?;
        found.retain(|project| {
            let names = [&project.key, &project.name];
            names.iter().any(|name| name.to_lowercase().contains(&words))
        });
        found.truncate(limit);
        Ok(found)
    }

    /// One project with its issue types.
    pub async fn project(&self, key: &str) -> Result<Project> {
        let project = self.read(&["project", key], &[]).await?;
        Project::read(Fields(&project)).ok_or_else(|| self.unreadable("a project without an id"))
    }

    /// The versions of a project, in their order.
    pub async fn versions(&self, project: &str) -> Result<Vec<Version>> {
        let versions = self.read(&["project", project, "versions"], &[]).await?;
        self.each(&versions, "", Version::read)
    }

    /// The components of a project.
    pub async fn components(&self, project: &str) -> Result<Vec<Component>> {
        let components = self.read(&["project", project, "components"], &[]).await?;
        self.each(&components, "", Component::read)
    }

    async fn search_cloud(&self, query: &[(&str, &str)], limit: usize) -> Result<Vec<Project>> {
        let query = [query, &[("maxResults", LIMIT), ("orderBy", "key")]].concat();
        self.pages(&["project", "search"], &query, "/values", limit, Project::read).await
    }

    /// The entries of a listing that is paged by `startAt`, at most `limit`.
    ///
    /// The place of the next page is counted here: servers lower `maxResults` at will.
    pub(super) async fn pages<T>(
        &self,
        segments: &[&str],
        query: &[(&str, &str)],
        list: &str,
        limit: usize,
        read: impl Fn(Fields<'_>) -> Option<T>,
    ) -> Result<Vec<T>> {
        let mut found = Vec::new();
        loop {
            let start = found.len().to_string();
            let query = [query, &[("startAt", start.as_str())]].concat();
            let page = self.read(segments, &query).await?;
            let entries = self.each(&page, list, &read)?;
            let read_here = entries.len();
            found.extend(entries);
            let fields = Fields(&page);
            let last = fields.at("/isLast").and_then(Value::as_bool);
            let total = fields.number("/total").and_then(|total| usize::try_from(total).ok());
            let more = match (last, total) {
                (Some(last), _) => !last,
                (None, Some(total)) => found.len() < total,
                (None, None) => false,
            };
            if found.len() >= limit || read_here == 0 || !more {
                found.truncate(limit);
                return Ok(found);
            }
        }
    }
}
