//! The tools of Confluence. Names and arguments follow those that agents already know.

mod get_page;
mod get_page_children;
mod list_spaces;
mod search;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

pub(crate) use get_page::GetPage;
pub(crate) use get_page_children::GetPageChildren;
pub(crate) use list_spaces::ListSpaces;
pub(crate) use search::Search;

use crate::output::Origin;
use crate::site::SiteHandle;

impl SiteHandle {
    /// What every answer says of itself: where it was read, and how old the mirror is.
    pub(crate) fn facts(&self, sources: &BTreeSet<Origin>) -> BTreeMap<String, Value> {
        let names: Vec<_> = sources.iter().map(|source| source.as_str()).collect();
        let mut facts = BTreeMap::from([("source".to_owned(), names.join("+").into())]);
        if sources.contains(&Origin::Mirror) {
            let age = self.mirror_age_seconds();
            facts.extend(age.map(|age| ("mirror_age_seconds".to_owned(), age.into())));
        }
        facts
    }
}

/// Leaves out what is not known.
fn object<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
