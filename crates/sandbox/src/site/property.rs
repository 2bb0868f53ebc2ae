//! Content properties.

use jiff::Timestamp;
use serde_json::Value;

use super::{Person, Property, Refusal, Site};

impl Site {
    pub(crate) fn create_property(
        &mut self,
        person: Person,
        id: u64,
        key: &str,
        value: Value,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        let item = self.editable(person, id)?;
        if key.is_empty() {
            return Err(Refusal::Invalid("A property needs a key".to_owned()));
        }
        if item.properties.contains_key(key) {
            return Err(Refusal::Invalid(format!("A property with key {key} exists already")));
        }
        let property = Property { id: self.next_property, value, version: 1, at, by: person };
        self.next_property += 1;
        self.revise(id, |item| {
            item.properties.insert(key.to_owned(), property);
        });
        Ok(())
    }

    /// The number must be that of the property plus one.
    pub(crate) fn update_property(
        &mut self,
        person: Person,
        id: u64,
        key: &str,
        value: Value,
        provided: u32,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        let item = self.editable(person, id)?;
        let current = item.properties.get(key).map(|property| property.version);
        let current = current.ok_or_else(|| no_property(key))?;
        if provided != current + 1 {
            return Err(Refusal::Conflict { current, provided });
        }
        self.revise(id, |item| {
            if let Some(property) = item.properties.get_mut(key) {
                *property = Property { value, version: provided, at, by: person, id: property.id };
            }
        });
        Ok(())
    }

    pub(crate) fn delete_property(
        &mut self,
        person: Person,
        id: u64,
        key: &str,
    ) -> Result<(), Refusal> {
        if !self.editable(person, id)?.properties.contains_key(key) {
            return Err(no_property(key));
        }
        self.revise(id, |item| {
            item.properties.remove(key);
        });
        Ok(())
    }
}

pub(crate) fn no_property(key: &str) -> Refusal {
    Refusal::NotFound(format!("No property found with key: {key}"))
}
