//! Going back to a version, and forgetting one.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Edit, Person, Refusal, Site};

impl Site {
    /// A new version that is like an older one.
    pub(crate) fn restore_version(
        &mut self,
        person: Person,
        id: u64,
        number: u32,
        message: &str,
        with_title: bool,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        let item = self.editable(person, id)?;
        let past = item.versions.iter().find(|version| version.number == number);
        let past = past.ok_or_else(|| no_version(number))?;
        let edit = Edit {
            number: None,
            title: with_title.then(|| past.title.clone()),
            body: Some(Arc::clone(&past.body)),
            message: message.to_owned(),
            minor: false,
            at,
        };
        self.update(person, id, edit)
    }

    /// The versions after it take over its number and those that follow.
    pub(crate) fn delete_version(
        &mut self,
        person: Person,
        id: u64,
        number: u32,
    ) -> Result<(), Refusal> {
        let item = self.editable(person, id)?;
        if item.latest().number == number {
            return Err(Refusal::Invalid("The current version cannot be deleted".to_owned()));
        }
        if !item.versions.iter().any(|version| version.number == number) {
            return Err(no_version(number));
        }
        self.revise(id, |item| {
            item.versions.retain(|version| version.number != number);
            for (version, number) in item.versions.iter_mut().zip(1..) {
                version.number = number;
            }
        });
        Ok(())
    }
}

fn no_version(number: u32) -> Refusal {
    Refusal::NotFound(format!("No version found with number: {number}"))
}
