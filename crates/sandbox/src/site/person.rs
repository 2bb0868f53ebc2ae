//! People and groups.

use std::collections::BTreeSet;

use super::Site;

/// A handle on one account of the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Person(pub usize);

/// Who can sign in, or has written something.
#[derive(Clone, Debug)]
#[expect(clippy::struct_field_names, reason = "Atlassian's own word")]
pub(crate) struct Account {
    pub account_id: String,
    pub user_key: String,
    pub username: String,
    pub display_name: String,
    pub email: String,
    /// Name in the tz database; dates in queries are read in it.
    pub time_zone: String,
    pub administrator: bool,
    /// `None` for people who only appear as authors.
    pub credentials: Option<Credentials>,
}

#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    pub api_token: String,
    pub personal_token: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub id: String,
    pub name: String,
    pub members: BTreeSet<Person>,
}

impl Site {
    pub(crate) fn account(&self, person: Person) -> &Account {
        &self.accounts[person.0]
    }

    pub(crate) fn people(&self) -> impl Iterator<Item = (Person, &Account)> {
        self.accounts.iter().enumerate().map(|(index, account)| (Person(index), account))
    }

    /// By account id, user key or username: each product names people differently.
    pub(crate) fn find_person(&self, name: &str) -> Option<Person> {
        self.people()
            .find(|(_, a)| a.account_id == name || a.user_key == name || a.username == name)
            .map(|(person, _)| person)
    }

    pub(crate) fn group(&self, name_or_id: &str) -> Option<&Group> {
        self.groups
            .get(name_or_id)
            .or_else(|| self.groups.values().find(|group| group.id == name_or_id))
    }

    pub(crate) fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.values()
    }

    pub(crate) fn set_display_name(&mut self, person: Person, name: &str) {
        if let Some(account) = self.accounts.get_mut(person.0) {
            name.clone_into(&mut account.display_name);
        }
    }

    pub(crate) fn set_time_zone(&mut self, person: Person, name: &str) {
        if let Some(account) = self.accounts.get_mut(person.0) {
            name.clone_into(&mut account.time_zone);
        }
    }
}
