//! The tree of pages and folders.

use super::{Item, Kind, Site, Status};

impl Site {
    /// Pages and folders directly below, in order; current and archived ones.
    pub(crate) fn children(&self, id: u64) -> &[u64] {
        self.children.get(&id).map_or(&[], Vec::as_slice)
    }

    /// From the root down to the direct parent; for a comment its page comes last.
    pub(crate) fn ancestors(&self, item: &Item) -> Vec<&Item> {
        let mut found = Vec::new();
        let mut next = item.parent;
        while let Some(parent) = next.and_then(|id| self.item(id)) {
            found.push(parent);
            next = parent.parent;
        }
        found.reverse();
        found
    }

    /// Everything below in the order of a reader: each node before its children. The number is
    /// the depth, 1 for a direct child; `depth` is where to stop.
    pub(crate) fn descendants(&self, id: u64, depth: u32) -> Vec<(u64, u32)> {
        let mut found = Vec::new();
        let mut open: Vec<(u64, u32)> =
            self.children(id).iter().rev().map(|child| (*child, 1)).collect();
        while let Some((node, level)) = open.pop() {
            found.push((node, level));
            if level < depth {
                open.extend(self.children(node).iter().rev().map(|child| (*child, level + 1)));
            }
        }
        found
    }

    /// Data Center knows no folders: what lies in one belongs to the nearest page above.
    pub(crate) fn children_through_folders(&self, id: u64) -> Vec<u64> {
        let mut found = Vec::new();
        let mut open: Vec<u64> = self.children(id).iter().rev().copied().collect();
        while let Some(node) = open.pop() {
            match self.item(node).map(|item| item.kind) {
                Some(kind) if kind.is_cloud_only() => open.extend(self.children(node).iter().rev()),
                Some(_) => found.push(node),
                None => {}
            }
        }
        found
    }

    /// The nearest page above, as Data Center sees it.
    pub(crate) fn parent_page(&self, item: &Item) -> Option<u64> {
        let above = self.ancestors(item);
        above.into_iter().rev().find(|item| item.kind == Kind::Page).map(|item| item.id)
    }

    /// Whether `id` is the item `of` or lies below it.
    pub(crate) fn is_within(&self, id: u64, of: u64) -> bool {
        let mut next = Some(id);
        while let Some(current) = next {
            if current == of {
                return true;
            }
            next = self.item(current).and_then(|item| item.parent);
        }
        false
    }

    /// The page or blog post that carries a comment, a reply or an attachment.
    pub(crate) fn container<'a>(&'a self, item: &'a Item) -> &'a Item {
        let mut current = item;
        while matches!(current.kind, Kind::Comment | Kind::Attachment) {
            match current.parent.and_then(|id| self.item(id)) {
                Some(parent) => current = parent,
                None => break,
            }
        }
        current
    }

    /// Puts an item among its siblings: after all of them, or next to one of them.
    pub(super) fn attach(&mut self, id: u64, place: Place) {
        let Some((space, parent)) = self.item(id).map(|item| (item.space, item.parent)) else {
            return;
        };
        let siblings = match parent {
            Some(parent) => self.children.entry(parent).or_default(),
            None => self.roots.entry(space).or_default(),
        };
        let at = match place {
            Place::Last => siblings.len(),
            Place::Before(other) => {
                siblings.iter().position(|sibling| *sibling == other).unwrap_or(siblings.len())
            }
            Place::After(other) => siblings
                .iter()
                .position(|sibling| *sibling == other)
                .map_or(siblings.len(), |at| at + 1),
        };
        siblings.insert(at, id);
        if at + 1 == siblings.len() {
            let before = at.checked_sub(1).and_then(|at| siblings.get(at)).copied();
            let last = before.and_then(|id| self.items.get(&id)).map_or(0, |item| item.position);
            self.set_position(id, last + POSITION_STEP);
        } else {
            let all = siblings.clone();
            for (sibling, position) in all.into_iter().zip((POSITION_STEP..).step_by(STEP)) {
                self.set_position(sibling, position);
            }
        }
    }

    /// Takes an item out of the tree; its own record stays.
    pub(super) fn detach(&mut self, id: u64) {
        let Some((space, parent)) = self.item(id).map(|item| (item.space, item.parent)) else {
            return;
        };
        let siblings = match parent {
            Some(parent) => self.children.get_mut(&parent),
            None => self.roots.get_mut(&space),
        };
        if let Some(siblings) = siblings {
            siblings.retain(|sibling| *sibling != id);
        }
    }

    fn set_position(&mut self, id: u64, position: i64) {
        if let Some(item) = self.items.get_mut(&id) {
            item.position = position;
        }
    }

    /// Whether the item takes part in the tree.
    pub(super) fn in_tree(item: &Item) -> bool {
        item.kind.is_node() && matches!(item.status, Status::Current | Status::Archived)
    }
}

/// Real positions are sparse numbers, not indexes.
const POSITION_STEP: i64 = 100;
const STEP: usize = 100;

#[derive(Clone, Copy)]
pub(super) enum Place {
    Last,
    Before(u64),
    After(u64),
}
