//! The demo site, read from the folder `demo/` that is built into the program. Its
//! `README.md` describes the layout.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rust_embed::RustEmbed;
use serde::Deserialize;

use crate::content::{everybody, refused};
use crate::error::SandboxError;
use crate::jira::{self, Jira};
use crate::people::USERS;
use crate::site::{
    Account, Detail, Inline, Item, Kind, NewItem, Person, Resolution, Site, Status, Subjects,
    Version,
};

#[derive(RustEmbed)]
#[folder = "demo/"]
struct Files;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    accounts: Roles,
    people: Vec<DemoPerson>,
    groups: Vec<DemoGroup>,
    spaces: Vec<DemoSpace>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Roles {
    service: Role,
    reader: Role,
    outsider: Role,
    administrator: Role,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Role {
    name: String,
    #[serde(default)]
    groups: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoPerson {
    username: String,
    name: String,
    email: String,
    account_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoGroup {
    name: String,
    members: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoSpace {
    key: String,
    name: String,
    #[serde(default)]
    description: String,
    readers: Option<Vec<String>>,
    pages: Vec<DemoPage>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoPage {
    slug: String,
    title: String,
    #[serde(default)]
    kind: DemoKind,
    author: Option<String>,
    editor: Option<String>,
    #[serde(default)]
    created_days_ago: u32,
    updated_days_ago: Option<u32>,
    #[serde(default = "one")]
    version: u32,
    #[serde(default)]
    labels: Vec<String>,
    #[serde(default)]
    view: Vec<String>,
    #[serde(default)]
    attachments: Vec<DemoAttachment>,
    #[serde(default)]
    comments: Vec<DemoComment>,
    #[serde(default)]
    children: Vec<DemoPage>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum DemoKind {
    #[default]
    Page,
    Blogpost,
    Folder,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoAttachment {
    name: String,
    media_type: String,
    #[serde(default)]
    comment: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoComment {
    author: String,
    days_ago: u32,
    body: String,
    inline: Option<String>,
    #[serde(default)]
    resolved: bool,
}

fn one() -> u32 {
    1
}

/// Puts the demo site on an empty site and makes its Jira; ages count back from `now`.
pub(crate) fn place(site: &mut Site, now: Timestamp) -> Result<Jira, SandboxError> {
    let text = file("site.json")?;
    let description: Description = serde_json::from_slice(&text)
        .map_err(|error| SandboxError::Load(format!("demo/site.json: {error}")))?;
    place_people(site, &description)?;
    for space in &description.spaces {
        place_space(site, space, now)?;
    }
    jira::build(site, now, &file("jira.json")?)
}

fn file(path: &str) -> Result<Vec<u8>, SandboxError> {
    Files::get(path)
        .map(|file| file.data.into_owned())
        .ok_or_else(|| SandboxError::Load(format!("demo/{path} is missing")))
}

fn place_people(site: &mut Site, description: &Description) -> Result<(), SandboxError> {
    for (number, person) in description.people.iter().enumerate() {
        let person = site.add_account(Account {
            account_id: person.account_id.clone(),
            user_key: format!("ff8080810000000000000000000001{number:02}"),
            username: person.username.clone(),
            display_name: person.name.clone(),
            email: person.email.clone(),
            time_zone: "UTC".to_owned(),
            administrator: false,
            credentials: None,
        });
        site.add_to_group(USERS, person);
    }
    for group in &description.groups {
        for member in &group.members {
            let person = person(site, member)?;
            site.add_to_group(&group.name, person);
        }
    }
    let Roles { service, reader, outsider, administrator } = &description.accounts;
    let roles = [
        ("service", service),
        ("reader", reader),
        ("outsider", outsider),
        ("administrator", administrator),
    ];
    for (username, role) in roles {
        let person = person(site, username)?;
        site.set_display_name(person, &role.name);
        for group in &role.groups {
            site.add_to_group(group, person);
        }
    }
    Ok(())
}

pub(crate) fn person(site: &Site, name: &str) -> Result<Person, SandboxError> {
    site.find_person(name)
        .ok_or_else(|| SandboxError::Load(format!("demo/site.json: nobody is called {name}")))
}

/// Groups and usernames in one list.
pub(crate) fn subjects(site: &Site, names: &[String]) -> Result<Subjects, SandboxError> {
    let mut found = Subjects::default();
    for name in names {
        if site.group(name).is_some() {
            found.groups.insert(name.clone());
        } else {
            found.people.insert(person(site, name)?);
        }
    }
    Ok(found)
}

fn place_space(site: &mut Site, space: &DemoSpace, now: Timestamp) -> Result<(), SandboxError> {
    let readers = match &space.readers {
        None => everybody(),
        Some(names) => subjects(site, names)?,
    };
    let oldest = space.pages.iter().map(|page| page.created_days_ago).max().unwrap_or(0);
    let at = days_before(now, oldest);
    let id = site.add_space(&space.key, &space.name, &space.description, at, readers);
    let mut home = None;
    for page in &space.pages {
        let page = Placing { site, space, space_id: id, now }.page(page, None)?;
        home = home.or(Some(page));
    }
    if let Some(home) = home {
        site.set_homepage(id, home);
    }
    Ok(())
}

/// One space while its pages are put in place.
struct Placing<'a> {
    site: &'a mut Site,
    space: &'a DemoSpace,
    space_id: u64,
    now: Timestamp,
}

impl Placing<'_> {
    fn page(&mut self, page: &DemoPage, parent: Option<u64>) -> Result<u64, SandboxError> {
        let what = format!("demo page {}/{}", self.space.key, page.slug);
        let kind = match page.kind {
            DemoKind::Page => Kind::Page,
            DemoKind::Blogpost => Kind::BlogPost,
            DemoKind::Folder => Kind::Folder,
        };
        let body = match kind {
            Kind::Folder => Arc::from(""),
            _ => self.body(&page.slug)?,
        };
        let author = match &page.author {
            Some(name) => person(self.site, name)?,
            // Whoever stands first in `people` comes right after the four accounts.
            None => Person(crate::people::ROLES.len()),
        };
        let editor = match &page.editor {
            Some(name) => person(self.site, name)?,
            None => author,
        };
        let view = subjects(self.site, &page.view)?;
        let new = NewItem {
            kind,
            space: self.space_id,
            parent: if kind == Kind::BlogPost { None } else { parent },
            title: page.title.clone(),
            body,
            status: Status::Current,
            at: days_before(self.now, page.created_days_ago),
            detail: Detail::None,
        };
        let id = self
            .site
            .create(crate::people::ADMINISTRATOR, new)
            .map_err(|refusal| refused(&what, &refusal))?;
        let updated = days_before(self.now, page.updated_days_ago.unwrap_or(page.created_days_ago));
        self.site.revise(id, |item| {
            item.author = author;
            age(item, page.version, editor, updated);
            item.view = view;
        });
        for label in &page.labels {
            self.site
                .add_label(crate::people::ADMINISTRATOR, id, label)
                .map_err(|refusal| refused(&what, &refusal))?;
        }
        self.attachments(page, id, &what)?;
        self.comments(page, id, &what)?;
        for child in &page.children {
            self.page(child, Some(id))?;
        }
        Ok(id)
    }

    fn body(&self, slug: &str) -> Result<Arc<str>, SandboxError> {
        let path = format!("pages/{}/{slug}.xhtml", self.space.key);
        let text = String::from_utf8(file(&path)?)
            .map_err(|_| SandboxError::Load(format!("demo/{path} is not UTF-8")))?;
        Ok(Arc::from(text.trim_end()))
    }

    fn attachments(&mut self, page: &DemoPage, id: u64, what: &str) -> Result<(), SandboxError> {
        for attachment in &page.attachments {
            let path = format!("attachments/{}/{}", self.space.key, attachment.name);
            let bytes = file(&path)?;
            let new = NewItem {
                kind: Kind::Attachment,
                space: self.space_id,
                parent: Some(id),
                title: attachment.name.clone(),
                body: Arc::from(""),
                status: Status::Current,
                at: days_before(self.now, page.created_days_ago),
                detail: Detail::Attachment {
                    media_type: attachment.media_type.clone(),
                    comment: attachment.comment.clone(),
                    file_id: format!("00000000-0000-4000-9000-{id:012}"),
                    bytes: Arc::from(bytes),
                },
            };
            self.site
                .create(crate::people::ADMINISTRATOR, new)
                .map_err(|refusal| refused(what, &refusal))?;
        }
        Ok(())
    }

    fn comments(&mut self, page: &DemoPage, id: u64, what: &str) -> Result<(), SandboxError> {
        for comment in &page.comments {
            let author = person(self.site, &comment.author)?;
            let inline = comment
                .inline
                .as_ref()
                .map(|marker| Inline { marker: marker.clone(), selection: String::new() });
            let new = NewItem {
                kind: Kind::Comment,
                space: self.space_id,
                parent: Some(id),
                title: format!("Re: {}", page.title),
                body: Arc::from(comment.body.as_str()),
                status: Status::Current,
                at: days_before(self.now, comment.days_ago),
                detail: Detail::Comment {
                    inline,
                    resolved: Resolution::Open.set(comment.resolved),
                },
            };
            let comment = self
                .site
                .create(crate::people::ADMINISTRATOR, new)
                .map_err(|refusal| refused(what, &refusal))?;
            self.site.revise(comment, |item| {
                item.author = author;
                item.versions[0].by = author;
            });
        }
        Ok(())
    }
}

/// Gives an item its earlier versions, spread evenly between its first day and its last.
fn age(item: &mut Item, versions: u32, editor: Person, updated: Timestamp) {
    let first = item.versions[0].clone();
    let span = updated.duration_since(first.at);
    for number in 1..=versions.max(1) {
        let at = if number == 1 && versions > 1 {
            first.at
        } else {
            let steps = i32::try_from(versions.max(2) - 1).unwrap_or(i32::MAX);
            let done = i32::try_from(number.max(2) - 1).unwrap_or(i32::MAX);
            first.at + span * done / steps
        };
        let by = if number == 1 { item.author } else { editor };
        let version = Version { number, at, by, ..first.clone() };
        if number == 1 {
            item.versions[0] = version;
        } else {
            item.versions.push(version);
        }
    }
}

fn days_before(now: Timestamp, days: u32) -> Timestamp {
    now - SignedDuration::from_hours(24 * i64::from(days))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn paths(key: &str, pages: &[DemoPage], found: &mut BTreeSet<String>) {
        for page in pages {
            if !matches!(page.kind, DemoKind::Folder) {
                found.insert(format!("pages/{key}/{}.xhtml", page.slug));
            }
            for attachment in &page.attachments {
                found.insert(format!("attachments/{key}/{}", attachment.name));
            }
            paths(key, &page.children, found);
        }
    }

    #[test]
    fn every_file_of_the_demo_is_used() {
        let description: Description = serde_json::from_slice(&file("site.json").unwrap()).unwrap();
        let mut used = BTreeSet::from(["README.md", "jira.json", "site.json"].map(str::to_owned));
        for space in &description.spaces {
            paths(&space.key, &space.pages, &mut used);
        }
        let there: BTreeSet<String> = Files::iter().map(std::borrow::Cow::into_owned).collect();
        let unused: Vec<_> = there.difference(&used).collect();
        assert!(unused.is_empty(), "demo/ has files that site.json does not name: {unused:?}");
    }
}
