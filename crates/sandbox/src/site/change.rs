//! Everything that changes the site. Each change checks the rights of the person first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::tree::Place;
use super::{
    Account, Detail, Group, Item, Kind, LabelEntry, Person, Site, Status, Subjects, Version,
};

/// Why the site did not do what was asked. Each product has its own words for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Does not exist, or may not be seen. The text names what was asked for.
    NotFound(String),
    Forbidden(String),
    Invalid(String),
    TitleTaken {
        title: String,
        space: String,
    },
    Conflict {
        current: u32,
        provided: u32,
    },
    Gone,
    /// The service falls over.
    Broken,
}

/// What [`Site::create`] needs. The title is checked against the space.
pub(crate) struct NewItem {
    pub kind: Kind,
    pub space: u64,
    pub parent: Option<u64>,
    pub title: String,
    pub body: Arc<str>,
    pub status: Status,
    pub at: Timestamp,
    pub detail: Detail,
}

/// What [`Site::update`] changes; `None` stays as it is.
pub(crate) struct Edit {
    /// The number that the caller gives to the new version; `None` skips the check.
    pub number: Option<u32>,
    pub title: Option<String>,
    pub body: Option<Arc<str>>,
    pub message: String,
    pub minor: bool,
    pub at: Timestamp,
}

/// Where a page goes relative to another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Position {
    Before,
    After,
    Append,
}

impl Site {
    pub(crate) fn set_homepage(&mut self, space: u64, page: u64) {
        if let Some(space) = self.spaces.get_mut(&space) {
            space.homepage = Some(page);
        }
    }

    pub(crate) fn add_account(&mut self, account: Account) -> Person {
        self.accounts.push(account);
        Person(self.accounts.len() - 1)
    }

    /// Makes the group when it is new.
    pub(crate) fn add_to_group(&mut self, name: &str, person: Person) {
        let next = self.groups.len();
        let group = self.groups.entry(name.to_owned()).or_insert_with(|| Group {
            id: format!("7c0f5d2e-0000-4000-8000-{next:012x}"),
            name: name.to_owned(),
            members: BTreeSet::new(),
        });
        group.members.insert(person);
    }

    pub(crate) fn create(&mut self, person: Person, new: NewItem) -> Result<u64, Refusal> {
        let space = self
            .visible_space(person, new.space)
            .ok_or_else(|| Refusal::NotFound(format!("No space with id : {}", new.space)))?;
        let space_key = space.key.clone();
        if let Some(parent) = new.parent {
            let parent = self
                .visible(person, parent)
                .filter(|parent| parent.status != Status::Trashed)
                .ok_or_else(|| Refusal::NotFound(format!("No parent with id : {parent}")))?;
            if parent.space != new.space {
                return Err(Refusal::Invalid("The parent is in another space".to_owned()));
            }
        }
        if new.kind.is_node() && new.status == Status::Current {
            self.check_title(new.space, &space_key, &new.title, None)?;
        }
        let id = self.next_content;
        self.next_content += 2;
        let version = Version {
            number: 1,
            at: new.at,
            by: person,
            message: String::new(),
            minor: false,
            title: new.title,
            body: new.body,
        };
        let item = Item {
            id,
            kind: new.kind,
            space: new.space,
            parent: new.parent,
            position: 0,
            status: new.status,
            author: person,
            versions: vec![version],
            labels: BTreeSet::new(),
            view: Subjects::default(),
            edit: Subjects::default(),
            properties: BTreeMap::new(),
            likes: BTreeSet::new(),
            views: BTreeMap::new(),
            detail: new.detail,
        };
        let in_tree = Self::in_tree(&item);
        match (item.kind, item.parent) {
            (Kind::Comment | Kind::Attachment, Some(parent)) => {
                self.contained.entry(parent).or_default().push(id);
            }
            _ => self.titles.entry(title_key(&item)).or_default().push(id),
        }
        self.items.insert(id, item);
        if in_tree {
            self.attach(id, Place::Last);
        }
        self.touch(id);
        Ok(id)
    }

    /// Saves a new version. The number must be the current one plus one; a draft keeps 1.
    pub(crate) fn update(&mut self, person: Person, id: u64, edit: Edit) -> Result<(), Refusal> {
        if let Some(provided) = edit.number {
            self.editable(person, id)?;
            self.check_number(id, provided)?;
        }
        let item = self.editable(person, id)?;
        let current = item.latest().number;
        let latest = item.latest().clone();
        let title = edit.title.unwrap_or_else(|| latest.title.clone());
        if item.kind.is_node() {
            self.check_title(item.space, self.space_key(item.space), &title, Some(id))?;
        }
        let version = Version {
            number: current + 1,
            at: edit.at,
            by: person,
            message: edit.message,
            minor: edit.minor,
            title,
            body: edit.body.unwrap_or(latest.body),
        };
        self.retitle(id, |item| item.versions.push(version));
        self.touch(id);
        Ok(())
    }

    /// Gives the current version another title or body without a new version: how drafts and
    /// `PUT …/title` of a draft behave, and how the demo site gets its past.
    pub(crate) fn revise(&mut self, id: u64, change: impl FnOnce(&mut Item)) {
        self.retitle(id, change);
        self.touch(id);
    }

    /// A draft becomes visible to others as version 1.
    pub(crate) fn publish(&mut self, person: Person, id: u64) -> Result<(), Refusal> {
        let item = self.editable(person, id)?;
        if item.status == Status::Draft {
            self.check_title(item.space, self.space_key(item.space), item.title(), Some(id))?;
            self.set_status(id, Status::Current);
        }
        Ok(())
    }

    pub(crate) fn archive(&mut self, person: Person, id: u64) -> Result<(), Refusal> {
        self.editable(person, id)?;
        self.set_status(id, Status::Archived);
        Ok(())
    }

    /// Puts a page, blog post or folder into the trash; what is below a page moves up.
    /// A comment or attachment is gone at once.
    pub(crate) fn trash(&mut self, person: Person, id: u64) -> Result<(), Refusal> {
        let item = self.editable(person, id)?;
        if matches!(item.kind, Kind::Comment | Kind::Attachment) {
            self.remove(id);
            return Ok(());
        }
        if self.spaces.get(&item.space).is_some_and(|space| space.homepage == Some(id)) {
            return Err(Refusal::Invalid("The home page of a space cannot be deleted".to_owned()));
        }
        let parent = item.parent;
        for child in self.children(id).to_vec() {
            self.detach(child);
            self.revise(child, |item| item.parent = parent);
            self.attach(child, Place::Last);
        }
        self.set_status(id, Status::Trashed);
        Ok(())
    }

    /// Brings a page back from the trash, below its old parent when that is still there.
    pub(crate) fn restore(&mut self, person: Person, id: u64) -> Result<(), Refusal> {
        let item = self.editable(person, id)?;
        if item.status != Status::Trashed {
            return Err(Refusal::Invalid("Only content in the trash can be restored".to_owned()));
        }
        self.check_title(item.space, self.space_key(item.space), item.title(), Some(id))?;
        let orphan = item
            .parent
            .and_then(|parent| self.item(parent))
            .is_none_or(|parent| parent.status == Status::Trashed);
        self.revise(id, |item| {
            if orphan {
                item.parent = None;
            }
        });
        self.set_status(id, Status::Current);
        Ok(())
    }

    /// Removes for good what lies in the trash.
    pub(crate) fn purge(&mut self, person: Person, id: u64) -> Result<(), Refusal> {
        let item = self.editable(person, id)?;
        if item.status != Status::Trashed {
            return Err(Refusal::Invalid("Only content in the trash can be purged".to_owned()));
        }
        self.remove(id);
        Ok(())
    }

    /// Moves a page or folder; its version does not change.
    pub(crate) fn move_to(
        &mut self,
        person: Person,
        id: u64,
        position: Position,
        target: u64,
    ) -> Result<(), Refusal> {
        let item = self.editable(person, id)?;
        if !Self::in_tree(item) {
            return Err(Refusal::Invalid("Only a current page can be moved".to_owned()));
        }
        let target_item = self
            .visible(person, target)
            .filter(|target| Self::in_tree(target))
            .ok_or_else(|| Refusal::NotFound(format!("No content found with id: {target}")))?;
        if self.is_within(target, id) {
            return Err(Refusal::Invalid("A page cannot be moved below itself".to_owned()));
        }
        let (parent, space) = match position {
            Position::Append => (Some(target), target_item.space),
            Position::Before | Position::After => (target_item.parent, target_item.space),
        };
        let place = match position {
            Position::Append => Place::Last,
            Position::Before => Place::Before(target),
            Position::After => Place::After(target),
        };
        if space != item.space {
            self.check_title(space, self.space_key(space), item.title(), Some(id))?;
        }
        self.detach(id);
        let below: Vec<u64> =
            self.descendants(id, u32::MAX).into_iter().map(|(id, _)| id).collect();
        for moved in below.into_iter().chain([id]) {
            self.retitle(moved, |item| item.space = space);
            self.touch(moved);
        }
        self.revise(id, |item| item.parent = parent);
        self.attach(id, place);
        Ok(())
    }

    pub(crate) fn restrict(
        &mut self,
        person: Person,
        id: u64,
        view: Option<Subjects>,
        edit: Option<Subjects>,
    ) -> Result<(), Refusal> {
        self.editable(person, id)?;
        self.revise(id, |item| {
            if let Some(view) = view {
                item.view = view;
            }
            if let Some(edit) = edit {
                item.edit = edit;
            }
        });
        Ok(())
    }

    pub(crate) fn add_label(&mut self, person: Person, id: u64, name: &str) -> Result<(), Refusal> {
        self.editable(person, id)?;
        let name = name.to_lowercase();
        if name.is_empty()
            || name.contains(|c: char| c.is_whitespace() || ",;:?&#()*@!".contains(c))
        {
            return Err(Refusal::Invalid(format!(
                "'{name}' contains characters not allowed in a label"
            )));
        }
        let next = self.next_label;
        let entry = self
            .labels
            .entry(name.clone())
            .or_insert_with(|| LabelEntry { id: next, items: BTreeSet::new() });
        if entry.id == next {
            self.next_label += 1;
        }
        entry.items.insert(id);
        self.revise(id, |item| {
            item.labels.insert(name);
        });
        Ok(())
    }

    /// `false` when the item did not carry the label.
    pub(crate) fn remove_label(
        &mut self,
        person: Person,
        id: u64,
        name: &str,
    ) -> Result<bool, Refusal> {
        let carried = self.editable(person, id)?.labels.contains(name);
        if let Some(entry) = self.labels.get_mut(name) {
            entry.items.remove(&id);
        }
        self.revise(id, |item| {
            item.labels.remove(name);
        });
        Ok(carried)
    }

    /// Visible and editable, else the refusal that says no more than the person may know.
    pub(crate) fn editable(&self, person: Person, id: u64) -> Result<&Item, Refusal> {
        let item = self
            .visible(person, id)
            .ok_or_else(|| Refusal::NotFound(format!("No content found with id: {id}")))?;
        if self.may_edit(person, item) {
            Ok(item)
        } else {
            Err(Refusal::Forbidden("User does not have permission to edit the content".to_owned()))
        }
    }

    /// A new version must have the number after the current one.
    pub(crate) fn check_number(&self, id: u64, provided: u32) -> Result<(), Refusal> {
        match self.item(id).map(|item| item.latest().number) {
            Some(current) if provided != current + 1 => {
                Err(Refusal::Conflict { current, provided })
            }
            _ => Ok(()),
        }
    }

    pub(super) fn check_title(
        &self,
        space: u64,
        space_key: &str,
        title: &str,
        own: Option<u64>,
    ) -> Result<(), Refusal> {
        if title.trim().is_empty() {
            return Err(Refusal::Invalid("Title is required".to_owned()));
        }
        if title.chars().count() > 255 {
            return Err(Refusal::Invalid("Title cannot be longer than 255 characters".to_owned()));
        }
        let taken = self
            .titled(space, title)
            .iter()
            .filter(|id| Some(**id) != own)
            .any(|id| self.item(*id).is_some_and(Self::in_tree));
        if taken {
            return Err(Refusal::TitleTaken {
                title: title.to_owned(),
                space: space_key.to_owned(),
            });
        }
        Ok(())
    }

    fn set_status(&mut self, id: u64, status: Status) {
        let Some(item) = self.items.get_mut(&id) else { return };
        let was = Self::in_tree(item);
        item.status = status;
        let is = Self::in_tree(item);
        match (was, is) {
            (false, true) => self.attach(id, Place::Last),
            (true, false) => self.detach(id),
            (false, false) | (true, true) => {}
        }
        self.touch(id);
    }

    /// Applies a change that may alter title or space, and keeps the index of titles true.
    fn retitle(&mut self, id: u64, change: impl FnOnce(&mut Item)) {
        let Some(item) = self.items.get_mut(&id) else { return };
        let before = title_key(item);
        change(item);
        let after = title_key(item);
        let titled = !matches!(item.kind, Kind::Comment | Kind::Attachment);
        if titled && before != after {
            if let Some(ids) = self.titles.get_mut(&before) {
                ids.retain(|other| *other != id);
            }
            self.titles.entry(after).or_default().push(id);
        }
    }

    pub(super) fn remove(&mut self, id: u64) {
        for inner in self.contained.remove(&id).unwrap_or_default() {
            self.remove(inner);
        }
        self.detach(id);
        let Some(item) = self.items.remove(&id) else { return };
        if let Some(parent) = item.parent
            && let Some(siblings) = self.contained.get_mut(&parent)
        {
            siblings.retain(|other| *other != id);
        }
        if let Some(ids) = self.titles.get_mut(&title_key(&item)) {
            ids.retain(|other| *other != id);
        }
        for label in &item.labels {
            if let Some(entry) = self.labels.get_mut(label) {
                entry.items.remove(&id);
            }
        }
        self.touch(id);
    }

    pub(super) fn touch(&mut self, id: u64) {
        self.orders.clear();
        self.changed.push(id);
    }
}

fn title_key(item: &Item) -> (u64, String) {
    (item.space, item.title().to_lowercase())
}
