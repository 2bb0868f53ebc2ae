//! Templates for new pages.

use std::sync::Arc;

use super::Site;

#[derive(Clone, Debug)]
pub(crate) struct Template {
    pub id: u64,
    pub name: String,
    /// `None`: of the whole site.
    pub space: Option<u64>,
    pub body: Arc<str>,
}

impl Site {
    /// `space` is a key; one that is not there makes a template of the whole site.
    pub(crate) fn add_template(&mut self, space: Option<&str>, name: &str, body: &str) -> u64 {
        let id = self.next_property;
        self.next_property += 1;
        let space = space.and_then(|key| self.space_by_key(key)).map(|space| space.id);
        self.templates.push(Template { id, name: name.to_owned(), space, body: Arc::from(body) });
        id
    }

    pub(crate) fn templates(&self) -> &[Template] {
        &self.templates
    }
}
