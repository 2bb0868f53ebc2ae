//! The shape of `demo/jira.json`; `demo/README.md` says what each part means.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Description {
    pub priorities: Vec<String>,
    pub resolutions: Vec<String>,
    pub link_types: Vec<DemoLinkType>,
    pub statuses: Vec<DemoStatus>,
    pub issue_types: Vec<DemoIssueType>,
    pub workflows: BTreeMap<String, Vec<DemoTransition>>,
    pub security_levels: Vec<DemoSecurityLevel>,
    pub custom_fields: Vec<DemoField>,
    pub projects: Vec<DemoProject>,
    pub links: Vec<DemoLink>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DemoLinkType {
    pub name: String,
    pub inward: String,
    pub outward: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DemoStatus {
    pub name: String,
    pub category: DemoCategory,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum DemoCategory {
    ToDo,
    InProgress,
    Done,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DemoIssueType {
    pub name: String,
    pub level: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DemoTransition {
    pub id: u64,
    pub name: String,
    pub to: String,
    #[serde(default)]
    pub from: Vec<String>,
    #[serde(default)]
    pub resolution: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DemoSecurityLevel {
    pub name: String,
    pub members: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DemoField {
    pub number: u64,
    pub name: String,
    pub kind: DemoKind,
    #[serde(default)]
    pub contexts: Vec<DemoContext>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum DemoKind {
    Number,
    Json,
    Option,
    Options,
    Cascade,
    Rich,
    Person,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DemoContext {
    pub name: String,
    #[serde(default)]
    pub projects: Vec<String>,
    pub options: Vec<String>,
    #[serde(default)]
    pub disabled: Vec<String>,
    #[serde(default)]
    pub below: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DemoProject {
    pub key: String,
    pub name: String,
    pub description: String,
    pub lead: String,
    pub workflow: String,
    pub readers: Option<Vec<String>>,
    pub writers: Option<Vec<String>>,
    #[serde(default)]
    pub archived: bool,
    pub issue_types: Vec<String>,
    pub components: Vec<DemoComponent>,
    pub versions: Vec<DemoRelease>,
    pub issues: Vec<DemoIssue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DemoComponent {
    pub name: String,
    #[serde(default)]
    pub description: String,
    pub lead: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DemoRelease {
    pub name: String,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub released: bool,
    pub release_date: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DemoIssue {
    #[serde(rename = "type")]
    pub kind: String,
    /// The number of an issue of the same project.
    pub parent: Option<u64>,
    pub summary: String,
    pub description: Option<String>,
    pub status: String,
    pub resolution: Option<String>,
    pub priority: String,
    pub assignee: Option<String>,
    pub reporter: Option<String>,
    pub security: Option<String>,
    #[serde(default)]
    pub labels: Vec<String>,
    #[serde(default)]
    pub components: Vec<String>,
    #[serde(default)]
    pub versions: Vec<String>,
    #[serde(default)]
    pub fix_versions: Vec<String>,
    pub due_in_days: Option<i64>,
    pub days_ago: u32,
    pub updated_days_ago: Option<u32>,
    #[serde(default)]
    pub custom: BTreeMap<String, Value>,
    #[serde(default)]
    pub comments: Vec<DemoComment>,
    #[serde(default)]
    pub worklogs: Vec<DemoWorklog>,
    #[serde(default)]
    pub attachments: Vec<DemoAttachment>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DemoComment {
    pub author: String,
    pub days_ago: u32,
    pub body: String,
    pub group: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DemoWorklog {
    pub author: String,
    pub days_ago: u32,
    pub minutes: u64,
    pub comment: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DemoAttachment {
    pub name: String,
    pub media_type: String,
    pub size: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DemoLink {
    #[serde(rename = "type")]
    pub kind: String,
    pub source: String,
    pub target: String,
}
