//! Copies of pages and of trees of pages.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::{Kind, NewItem, Person, Property, Refusal, Site, Status};

/// What goes along with the body.
#[derive(Clone, Copy)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "one switch for each part, as the interface has them"
)]
pub(crate) struct Copying {
    pub attachments: bool,
    pub restrictions: bool,
    pub properties: bool,
    pub labels: bool,
}

/// Where a copy goes, and under which title.
pub(crate) struct CopyTo {
    pub space: u64,
    pub parent: Option<u64>,
    pub title: String,
}

/// How the titles of a copied tree are made.
pub(crate) struct Titles {
    pub prefix: String,
    pub search: String,
    pub replace: String,
}

impl Titles {
    fn of(&self, title: &str) -> String {
        let replaced = if self.search.is_empty() {
            title.to_owned()
        } else {
            title.replace(&self.search, &self.replace)
        };
        format!("{}{replaced}", self.prefix)
    }
}

impl Site {
    /// One page, without what is below it.
    pub(crate) fn copy(
        &mut self,
        person: Person,
        id: u64,
        to: CopyTo,
        parts: Copying,
        at: Timestamp,
    ) -> Result<u64, Refusal> {
        let CopyTo { space, parent, title } = to;
        let source = self
            .visible(person, id)
            .ok_or_else(|| Refusal::NotFound(format!("No content found with id: {id}")))?
            .clone();
        let new = NewItem {
            kind: source.kind,
            space,
            parent,
            title,
            body: Arc::clone(source.body()),
            status: Status::Current,
            at,
            detail: source.detail.clone(),
        };
        let copy = self.create(person, new)?;
        if parts.labels {
            for label in &source.labels {
                self.add_label(person, copy, label)?;
            }
        }
        if parts.properties {
            for (key, Property { value, .. }) in &source.properties {
                self.create_property(person, copy, key, value.clone(), at)?;
            }
        }
        if parts.attachments {
            for file in self.contained(id).to_vec() {
                self.copy_file(person, file, copy, space, at)?;
            }
        }
        if parts.restrictions {
            self.restrict(person, copy, Some(source.view), Some(source.edit))?;
        }
        Ok(copy)
    }

    fn copy_file(
        &mut self,
        person: Person,
        file: u64,
        to: u64,
        space: u64,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        let Some(file) = self.visible(person, file).filter(|file| file.kind == Kind::Attachment)
        else {
            return Ok(());
        };
        let new = NewItem {
            kind: Kind::Attachment,
            space,
            parent: Some(to),
            title: file.title().to_owned(),
            body: Arc::from(""),
            status: Status::Current,
            at,
            detail: file.detail.clone(),
        };
        self.create(person, new).map(drop)
    }

    /// A page with all that is below it and visible, below another page.
    pub(crate) fn copy_tree(
        &mut self,
        person: Person,
        id: u64,
        below: u64,
        titles: &Titles,
        parts: Copying,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        let target = self.visible(person, below);
        let space = target
            .ok_or_else(|| Refusal::NotFound(format!("No content found with id: {below}")))?
            .space;
        let mut sources = vec![id];
        sources.extend(self.descendants(id, u32::MAX).into_iter().map(|(id, _)| id));
        let mut copies: HashMap<u64, u64> = HashMap::new();
        for source in sources {
            let Some(item) = self.visible(person, source) else { continue };
            let parent = if source == id {
                Some(below)
            } else {
                item.parent.and_then(|parent| copies.get(&parent)).copied()
            };
            // Below what may not be seen nothing is copied.
            let Some(parent) = parent else { continue };
            let title = titles.of(item.title());
            let to = CopyTo { space, parent: Some(parent), title };
            let copy = self.copy(person, source, to, parts, at)?;
            copies.insert(source, copy);
        }
        Ok(())
    }
}
