//! `expand=body.storage,version,metadata.labels` as a tree.

use std::collections::BTreeMap;

#[derive(Clone, Debug, Default)]
pub(crate) struct Expand(BTreeMap<String, Expand>);

impl Expand {
    pub(crate) fn parse<'a>(paths: impl IntoIterator<Item = &'a str>) -> Self {
        let mut root = Self::default();
        for path in paths {
            let mut node = &mut root;
            for name in path.split('.').filter(|name| !name.is_empty()) {
                node = node.0.entry(name.to_owned()).or_default();
            }
        }
        root
    }

    /// The part below a name, when that name is expanded.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        self.0.get(name)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Whether any of the dotted paths is expanded.
    pub(crate) fn has_path(&self, path: &str) -> bool {
        path.split('.').try_fold(self, |node, name| node.get(name)).is_some()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
