//! Spaces come and go.

use jiff::Timestamp;

use super::{Person, Refusal, Site, Space, Subjects};

impl Site {
    pub(crate) fn add_space(
        &mut self,
        key: &str,
        name: &str,
        description: &str,
        at: Timestamp,
        readers: Subjects,
    ) -> u64 {
        let id = self.next_space;
        self.next_space += 3;
        self.space_keys.insert(key.to_lowercase(), id);
        let space = Space {
            id,
            key: key.to_owned(),
            name: name.to_owned(),
            description: description.to_owned(),
            created: at,
            author: Person(0),
            homepage: None,
            readers,
        };
        self.spaces.insert(id, space);
        id
    }

    /// A space that somebody makes, who may then change and remove it.
    pub(crate) fn create_space(
        &mut self,
        person: Person,
        key: &str,
        name: &str,
        description: &str,
        at: Timestamp,
        readers: Subjects,
    ) -> Result<u64, Refusal> {
        let valid = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !valid || name.trim().is_empty() {
            return Err(Refusal::Invalid(
                "A space needs a name, and a key of letters and digits".to_owned(),
            ));
        }
        if self.space_by_key(key).is_some() {
            return Err(Refusal::Invalid(format!("A space already exists with key {key}")));
        }
        let id = self.add_space(key, name, description, at, readers);
        if let Some(space) = self.spaces.get_mut(&id) {
            space.author = person;
        }
        Ok(id)
    }

    pub(crate) fn update_space(
        &mut self,
        person: Person,
        key: &str,
        name: Option<&str>,
        description: Option<&str>,
    ) -> Result<u64, Refusal> {
        let id = self.administered(person, key)?;
        if let Some(space) = self.spaces.get_mut(&id) {
            name.unwrap_or(&space.name.clone()).clone_into(&mut space.name);
            description.unwrap_or(&space.description.clone()).clone_into(&mut space.description);
        }
        Ok(id)
    }

    /// With all that is in it, for good.
    pub(crate) fn delete_space(&mut self, person: Person, key: &str) -> Result<(), Refusal> {
        let id = self.administered(person, key)?;
        let within: Vec<u64> =
            self.items.values().filter(|item| item.space == id).map(|item| item.id).collect();
        for item in within {
            self.remove(item);
        }
        self.spaces.remove(&id);
        self.space_keys.remove(&key.to_lowercase());
        self.roots.remove(&id);
        Ok(())
    }

    /// The space, for its author and for administrators.
    fn administered(&self, person: Person, key: &str) -> Result<u64, Refusal> {
        let space = self
            .visible_space_key(person, key)
            .ok_or_else(|| Refusal::NotFound(format!("No space with key : {key}")))?;
        if self.may_administer(person, space) {
            Ok(space.id)
        } else {
            Err(Refusal::Forbidden("Space administrator permission is required".to_owned()))
        }
    }
}
