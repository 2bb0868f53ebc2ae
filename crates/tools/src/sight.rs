//! What may be seen of one site, as the handle and the gateway's filter both apply it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use store::{OpenSpaces, VisibleClasses};

/// The rule of one call on one site. Decided by the gateway; a handler never sees it.
#[derive(Clone, Debug)]
pub struct Sight {
    /// The classes of mirrored pages that may be read.
    pub visible: VisibleClasses,
    /// The spaces that the token opens; holds for the mirror and for Atlassian alike.
    pub opens: OpenSpaces,
}

impl Sight {
    /// Whether objects of this space may be seen. An unknown space is one that no list of keys holds.
    pub fn admits_space(&self, key: Option<&str>) -> bool {
        match (&self.opens, key) {
            (OpenSpaces::All, _) => true,
            (OpenSpaces::Keys(keys), Some(key)) => keys.contains(key),
            (OpenSpaces::Keys(_), None) | (OpenSpaces::None, _) => false,
        }
    }

    /// The open space that a caller means by `asked`: keys are told apart without regard to case,
    /// as Confluence itself does. `None`: the token does not open it, whether or not it exists.
    pub fn opened(&self, asked: &str) -> Option<String> {
        match &self.opens {
            OpenSpaces::All => Some(asked.to_owned()),
            OpenSpaces::Keys(keys) => {
                keys.iter().find(|key| key.eq_ignore_ascii_case(asked)).cloned()
            }
            OpenSpaces::None => None,
        }
    }
}

/// How much the mirror is known to hold of what the caller may see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// End of the last successful run.
    pub mirrored_at: Option<Timestamp>,
    /// Every space is mirrored.
    pub everything: bool,
    /// The spaces that are mirrored whole.
    pub spaces: BTreeSet<String>,
}

impl Coverage {
    /// Whether the space was mirrored whole, however long ago.
    pub(crate) fn holds(&self, space_key: &str) -> bool {
        self.everything || self.spaces.iter().any(|key| key.eq_ignore_ascii_case(space_key))
    }
}
