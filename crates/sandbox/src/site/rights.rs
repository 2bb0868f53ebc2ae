//! Who may see and change what: the space, and every restricted ancestor, and the item itself.

use std::collections::BTreeSet;

use super::{Item, Kind, Person, Site, Space, Status};

/// People and groups named by a restriction; both empty means not restricted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Subjects {
    pub people: BTreeSet<Person>,
    pub groups: BTreeSet<String>,
}

impl Subjects {
    pub(crate) fn is_empty(&self) -> bool {
        self.people.is_empty() && self.groups.is_empty()
    }
}

/// One of those whom a permission is given to.
pub(crate) enum Subject {
    Person(Person),
    Group(String),
}

/// What readers of a space may do, and what its administrators may besides.
const READERS: [(&str, &str); 5] = [
    ("read", "space"),
    ("create", "page"),
    ("create", "blogpost"),
    ("create", "comment"),
    ("create", "attachment"),
];
const ADMINISTRATION: (&str, &str) = ("administer", "space");

impl Space {
    /// Who may do what: operation and target.
    pub(crate) fn permissions(&self) -> Vec<(Subject, &'static str, &'static str)> {
        let mut all = vec![(Subject::Person(self.author), ADMINISTRATION.0, ADMINISTRATION.1)];
        for (operation, target) in READERS {
            let people = self.readers.people.iter().map(|person| Subject::Person(*person));
            let groups = self.readers.groups.iter().map(|name| Subject::Group(name.clone()));
            all.extend(people.chain(groups).map(|subject| (subject, operation, target)));
        }
        all
    }
}

impl Site {
    pub(crate) fn may_administer(&self, person: Person, space: &Space) -> bool {
        space.author == person || self.account(person).administrator
    }

    /// Whether the person is named, by account or by group.
    pub(crate) fn names(&self, subjects: &Subjects, person: Person) -> bool {
        subjects.people.contains(&person)
            || subjects
                .groups
                .iter()
                .any(|name| self.groups.get(name).is_some_and(|g| g.members.contains(&person)))
    }

    pub(crate) fn may_view_space(&self, person: Person, space: &Space) -> bool {
        self.account(person).administrator || self.names(&space.readers, person)
    }

    /// Space, every ancestor from the item up, and the item itself must let the person in.
    pub(crate) fn may_view(&self, person: Person, item: &Item) -> bool {
        if item.status == Status::Draft && item.author != person {
            return false;
        }
        if self.account(person).administrator {
            return true;
        }
        let Some(space) = self.space(item.space) else { return false };
        if !self.may_view_space(person, space) {
            return false;
        }
        let mut level = Some(item);
        while let Some(current) = level {
            if !current.view.is_empty() && !self.names(&current.view, person) {
                return false;
            }
            level = match current.parent {
                None => None,
                // A parent that is gone for good restricts nothing any more.
                Some(id) => self.item(id),
            };
        }
        true
    }

    /// Viewing is a condition for editing; edit restrictions are not inherited, except that
    /// what is attached to a page follows the page.
    pub(crate) fn may_edit(&self, person: Person, item: &Item) -> bool {
        if !self.may_view(person, item) {
            return false;
        }
        if self.account(person).administrator {
            return true;
        }
        let holder = match item.kind {
            Kind::Attachment => item.parent.and_then(|id| self.item(id)).unwrap_or(item),
            _ => item,
        };
        holder.edit.is_empty() || self.names(&holder.edit, person)
    }

    /// The item, when it exists and the person may see it: the two are not told apart.
    pub(crate) fn visible(&self, person: Person, id: u64) -> Option<&Item> {
        self.item(id).filter(|item| self.may_view(person, item))
    }

    /// The space, when it exists and the person may see it.
    pub(crate) fn visible_space(&self, person: Person, id: u64) -> Option<&Space> {
        self.space(id).filter(|space| self.may_view_space(person, space))
    }

    /// The same by key.
    pub(crate) fn visible_space_key(&self, person: Person, key: &str) -> Option<&Space> {
        self.space_by_key(key).filter(|space| self.may_view_space(person, space))
    }
}
