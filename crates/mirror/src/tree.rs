//! One space as the site showed it: pages, their ancestors, and who may view each level.

use std::collections::{BTreeMap, HashMap, HashSet};

use atlassian::{Restriction, RestrictionSubject};
use jiff::Timestamp;
use store::{Ancestor, Clause, ContentKind, ContentStatus, Rights, Subject};

/// Everything that was observed of one space, by content id.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    nodes: HashMap<String, Node>,
}

/// A page, or something that is only here because pages are below it (a folder, a whiteboard).
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) parent: Option<Parent>,
    /// Empty when the site does not tell.
    pub(crate) title: String,
    pub(crate) view: ViewRestriction,
    pub(crate) listed: Option<Listed>,
}

#[derive(Clone, Debug)]
pub(crate) struct Parent {
    pub(crate) id: String,
    pub(crate) kind: ParentKind,
}

/// How the site is asked about a parent that it did not list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ParentKind {
    Page,
    Folder,
    /// A whiteboard, a database, a smart link, or what is not known yet. Only the way up from a
    /// page below tells about it.
    Other,
}

impl ParentKind {
    /// Data Center has pages alone and need not say so.
    pub(crate) fn of(kind: Option<&str>) -> Self {
        match kind {
            Some("page") | None => Self::Page,
            Some("folder") => Self::Folder,
            Some(_) => Self::Other,
        }
    }
}

/// An ancestor that is not in the tree.
#[derive(Debug)]
pub(crate) struct Missing {
    pub(crate) kind: ParentKind,
    /// A listed page below it.
    pub(crate) page: String,
}

/// The rest of what the listing says about a page that is to be mirrored.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) kind: ContentKind,
    pub(crate) status: ContentStatus,
    pub(crate) version: i64,
    pub(crate) version_at: Timestamp,
    pub(crate) version_by: Option<String>,
    pub(crate) url: String,
    /// `None` until read, and when they could not be read.
    pub(crate) labels: Option<Vec<String>>,
}

/// Who may view one level, as far as it could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ViewRestriction {
    /// Not read, not readable or not complete: nobody.
    Unknown,
    Open,
    Only(Clause),
}

impl ViewRestriction {
    pub(crate) fn of(restriction: Option<&Restriction>) -> Self {
        match restriction {
            None => Self::Open,
            Some(restriction) if !restriction.complete => Self::Unknown,
            Some(restriction) => Self::Only(restriction.subjects.iter().map(subject).collect()),
        }
    }

    fn clause(&self) -> Option<Clause> {
        match self {
            Self::Unknown => Some(nobody()),
            Self::Open => None,
            Self::Only(clause) => Some(clause.clone()),
        }
    }
}

fn subject(subject: &RestrictionSubject) -> Subject {
    match subject {
        RestrictionSubject::User(account) => Subject::User(account.clone()),
        RestrictionSubject::Group(group) => Subject::Group(group.clone()),
        RestrictionSubject::Unknown(_) => Subject::Unknown,
    }
}

fn nobody() -> Clause {
    Clause::new()
}

/// Space and one clause per restricted level. Order and repetition of levels do not matter.
pub(crate) fn rights_of<'a>(
    space_key: &str,
    levels: impl IntoIterator<Item = &'a ViewRestriction>,
) -> Rights {
    Rights {
        space_key: space_key.to_owned(),
        clauses: levels.into_iter().filter_map(ViewRestriction::clause).collect(),
    }
}

impl Tree {
    pub(crate) fn insert(&mut self, id: String, node: Node) {
        self.nodes.insert(id, node);
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Node> {
        self.nodes.get(id)
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Node> {
        self.nodes.get_mut(id)
    }

    pub(crate) fn contains(&self, id: &str) -> bool {
        self.nodes.contains_key(id)
    }

    /// The pages that are to be mirrored, in the order of their ids.
    pub(crate) fn listed(&self) -> Vec<(&str, &Node, &Listed)> {
        let mut listed: Vec<_> = self
            .nodes
            .iter()
            .filter_map(|(id, node)| Some((id.as_str(), node, node.listed.as_ref()?)))
            .collect();
        listed.sort_unstable_by_key(|(id, ..)| *id);
        listed
    }

    pub(crate) fn count_listed(&self) -> u64 {
        self.nodes.values().filter(|node| node.listed.is_some()).count() as u64
    }

    /// Ids whose view restriction was not read yet, and whether their labels are wanted as well.
    pub(crate) fn unread(&self) -> Vec<(String, bool)> {
        let mut unread: Vec<_> = self
            .nodes
            .iter()
            .filter(|(_, node)| node.view == ViewRestriction::Unknown)
            .map(|(id, node)| {
                (id.clone(), node.listed.as_ref().is_some_and(|listed| listed.labels.is_none()))
            })
            .collect();
        unread.sort_unstable();
        unread
    }

    /// Each ancestor of a listed page that is not in the tree, by its id.
    pub(crate) fn missing_ancestors(&self) -> BTreeMap<String, Missing> {
        let mut missing = BTreeMap::new();
        for (id, ..) in self.listed() {
            if let Some(Parent { id: ancestor, kind }) = self.path_up(id).missing {
                missing
                    .entry(ancestor.clone())
                    .or_insert_with(|| Missing { kind: *kind, page: id.to_owned() });
            }
        }
        missing
    }

    /// From the root down to the parent. Stops below what is not in the tree.
    pub(crate) fn ancestors(&self, id: &str) -> Vec<Ancestor> {
        let mut ancestors: Vec<_> = self
            .path_up(id)
            .path
            .into_iter()
            .skip(1)
            .map(|(id, node)| Ancestor { id: id.to_owned(), title: node.title.clone() })
            .collect();
        ancestors.reverse();
        ancestors
    }

    /// Nobody's, when the way to the root is not known completely.
    pub(crate) fn rights(&self, space_key: &str, id: &str) -> Rights {
        let up = self.path_up(id);
        let mut rights = rights_of(space_key, up.path.iter().map(|(_, node)| &node.view));
        if !up.reaches_root {
            rights.clauses.insert(nobody());
        }
        rights
    }

    fn path_up<'a>(&'a self, id: &'a str) -> PathUp<'a> {
        let mut up = PathUp { path: Vec::new(), missing: None, reaches_root: false };
        let mut seen = HashSet::new();
        let mut next = self.nodes.get_key_value(id);
        while let Some((id, node)) = next.filter(|(id, _)| seen.insert(id.as_str())) {
            up.path.push((id, node));
            let Some(parent) = &node.parent else {
                up.reaches_root = true;
                break;
            };
            next = self.nodes.get_key_value(&parent.id);
            up.missing = next.is_none().then_some(parent);
        }
        up
    }
}

/// A page and its ancestors, from the page upwards.
struct PathUp<'a> {
    path: Vec<(&'a str, &'a Node)>,
    /// The first ancestor that is not in the tree.
    missing: Option<&'a Parent>,
    /// False when one is missing, or when the ancestors form a circle.
    reaches_root: bool,
}

#[cfg(test)]
mod tests {
    use proptest::collection::{btree_set, vec};
    use proptest::option;
    use proptest::prelude::*;
    use store::OpenSpaces;

    use super::*;

    const ACCOUNTS: [&str; 3] = ["ada", "ben", "cyd"];

    fn view() -> impl Strategy<Value = ViewRestriction> {
        let named = btree_set(0..ACCOUNTS.len(), 0..3).prop_map(|named| {
            let users = named.into_iter().map(|at| Subject::User(ACCOUNTS[at].to_owned()));
            ViewRestriction::Only(users.collect())
        });
        prop_oneof![
            6 => Just(ViewRestriction::Open),
            3 => named,
            1 => Just(ViewRestriction::Unknown),
        ]
    }

    /// Parents at random: trees, circles, and ways that lead to nothing (id 12 and more).
    fn tree() -> impl Strategy<Value = Tree> {
        vec((option::weighted(0.8, 0..14_usize), view()), 12).prop_map(|nodes| {
            let mut tree = Tree::default();
            for (id, (parent, view)) in nodes.into_iter().enumerate() {
                let kind = ParentKind::Page;
                let parent = parent.map(|parent| Parent { id: parent.to_string(), kind });
                tree.insert(
                    id.to_string(),
                    Node { parent, title: format!("Page {id}"), view, listed: None },
                );
            }
            tree
        })
    }

    /// The rule itself, level by level: who may go on from here to the root within so many steps.
    fn may_view(tree: &Tree, id: &str, account: &str, steps: usize) -> bool {
        let Some(node) = tree.get(id) else { return false };
        let here = match &node.view {
            ViewRestriction::Open => true,
            ViewRestriction::Unknown => false,
            ViewRestriction::Only(clause) => clause.contains(&Subject::User(account.to_owned())),
        };
        let above = match &node.parent {
            None => true,
            Some(parent) => steps > 0 && may_view(tree, &parent.id, account, steps - 1),
        };
        here && above
    }

    proptest! {
        #[test]
        fn rights_admit_exactly_whom_every_level_admits(tree in tree()) {
            let opens = OpenSpaces::All;
            for id in 0..12 {
                let id = id.to_string();
                let rights = tree.rights("ENG", &id);
                for account in ACCOUNTS {
                    let admits = rights.admits(Some(account), &opens);
                    prop_assert_eq!(admits, may_view(&tree, &id, account, 12), "{} {}", id, account);
                }
                prop_assert!(!rights.admits(Some("dot"), &opens) || rights.clauses.is_empty());
            }
        }

        #[test]
        fn ancestors_go_from_the_root_down_to_the_parent(tree in tree()) {
            for (id, node) in &tree.nodes {
                let ancestors = tree.ancestors(id);
                let mut child = node;
                for ancestor in ancestors.iter().rev() {
                    prop_assert_eq!(Some(&ancestor.id), child.parent.as_ref().map(|parent| &parent.id));
                    child = &tree.nodes[&ancestor.id];
                }
            }
        }
    }

    #[test]
    fn a_restriction_is_read_as_what_it_names() {
        let subjects = vec![
            RestrictionSubject::User("ada".to_owned()),
            RestrictionSubject::Group("eng".to_owned()),
            RestrictionSubject::Unknown("team".to_owned()),
        ];
        let clause = Clause::from([
            Subject::User("ada".to_owned()),
            Subject::Group("eng".to_owned()),
            Subject::Unknown,
        ]);
        let whole = Restriction { subjects: subjects.clone(), complete: true };
        assert_eq!(ViewRestriction::of(Some(&whole)), ViewRestriction::Only(clause));
        let cut = Restriction { subjects, complete: false };
        assert_eq!(ViewRestriction::of(Some(&cut)), ViewRestriction::Unknown);
        assert_eq!(ViewRestriction::of(None), ViewRestriction::Open);
    }
}
