//! What the arguments of a call name.

use crate::reference::PageReference;

/// The objects that a call names, and who can answer it. Decided upon before the handler runs.
#[derive(Clone, Debug, Default)]
pub struct Objects {
    /// In the order of the arguments.
    pub named: Vec<Named>,
    /// Who can answer.
    pub reach: Reach,
}

/// One object that an argument names, with its part in the call.
#[derive(Clone, Debug)]
pub enum Named {
    /// A space by key, as the caller wrote it.
    Space(String),
    /// The page that is asked for.
    Page(PageReference),
    /// The page whose children are asked for.
    Parent(PageReference),
}

/// Who can answer a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// The mirror or Atlassian.
    #[default]
    Any,
    /// Atlassian alone.
    Live,
}

impl Objects {
    /// Nothing in particular: the answer is filtered item by item.
    pub fn none() -> Self {
        Self::default()
    }

    /// One page. A page named by its title names its space too.
    pub fn page(reference: &PageReference) -> Self {
        let mut objects = Self::none();
        objects.named.extend(reference.space_key().map(|key| Named::Space(key.to_owned())));
        objects.named.push(Named::Page(reference.clone()));
        objects
    }

    /// The parent of what is asked for.
    pub fn parent(reference: &PageReference) -> Self {
        let mut objects = Self::none();
        objects.named.extend(reference.space_key().map(|key| Named::Space(key.to_owned())));
        objects.named.push(Named::Parent(reference.clone()));
        objects
    }

    /// Spaces by key.
    pub fn spaces(keys: impl IntoIterator<Item = String>) -> Self {
        Self { named: keys.into_iter().map(Named::Space).collect(), reach: Reach::Any }
    }

    /// The same objects, answered by Atlassian alone.
    #[must_use]
    pub fn live_only(self) -> Self {
        Self { reach: Reach::Live, ..self }
    }

    /// The space keys that the arguments name.
    pub fn space_keys(&self) -> impl Iterator<Item = &str> {
        self.named.iter().filter_map(|named| match named {
            Named::Space(key) => Some(key.as_str()),
            Named::Page(_) | Named::Parent(_) => None,
        })
    }

    /// The pages that the arguments name.
    pub fn pages(&self) -> impl Iterator<Item = &PageReference> {
        self.named.iter().filter_map(|named| match named {
            Named::Space(_) => None,
            Named::Page(page) | Named::Parent(page) => Some(page),
        })
    }
}
