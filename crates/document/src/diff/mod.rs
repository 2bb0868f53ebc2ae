//! What changed between two versions of a page.

pub(crate) mod align;
mod html;
pub(crate) mod parts;
pub(crate) mod sequence;
pub(crate) mod similar;
mod text;
pub(crate) mod units;
mod words;

use std::ops::Range;

use serde::Serialize;

use crate::{BlockId, ViewOptions, view::LONGEST_BODY};
use align::{Alignment, align};
use parts::{NONE, Parts};
use sequence::ascending;
use units::Units;

pub use parts::PartKind;
pub use text::Colour;
pub use words::Span;

/// What changed between two versions of a page, block by block. See [`diff()`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Diff {
    /// In the order of the version after; what was removed stands where it was.
    pub blocks: Vec<BlockChange>,
    /// The versions are not the same bytes, but all that differs is white space between blocks.
    pub spacing_only: bool,
}

impl Diff {
    /// Whether both versions are the same bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty() && !self.spacing_only
    }
}

/// One block that was added, removed, changed or moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BlockChange {
    /// What the block is.
    pub kind: PartKind,
    /// The id of the block in the version after, if it is there; otherwise in the one before. Lists,
    /// rows and the like have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<BlockId>,
    /// The headings above it, from the top down, as plain text.
    pub path: Vec<String>,
    /// Its bytes in the storage of the version before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Range<u32>>,
    /// Its bytes in the storage of the version after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Range<u32>>,
    /// It stands elsewhere: in another order, or in another macro, item, quote, cell or frame.
    pub moved: bool,
    /// What happened to what it says.
    #[serde(flatten)]
    pub change: Change,
}

/// What happened to a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// It is new.
    Added {
        /// What it says. `…` stands for content that is not new.
        markdown: String,
    },
    /// It is gone.
    Removed {
        /// What it said. `…` stands for content that is still there.
        markdown: String,
    },
    /// It says something else.
    Changed {
        /// Its Markdown, word by word.
        words: Vec<Span>,
    },
    /// Its Markdown is the same, or was and is empty, and its storage is not: an attribute, an id, a
    /// colour, a parameter that the view leaves out.
    Invisible {
        /// Its storage, word by word, without what its own blocks say.
        storage: Vec<Span>,
    },
    /// It stands elsewhere and is the same.
    Moved {
        /// What it says.
        markdown: String,
    },
}

/// Compares two versions of a page in storage format, as a reader of its Markdown sees it: blocks by
/// their ids, content and likeness, changed blocks by their words. What Markdown with these options
/// does not show is compared in storage, so that the result is empty only for equal bytes.
///
/// Never fails: a version that is not well-formed is read leniently, and when one is longer than
/// 32 MiB all that is said is that the page changed. The time grows nearly linearly with the versions.
///
/// ```
/// use document::{Change, Span, ViewOptions, diff};
///
/// let before = r#"<h2>Rollback</h2><p>It takes five minutes.</p><p style="color: red">Ask.</p>"#;
/// let after = r#"<h2>Rollback</h2><p>It takes ten minutes.</p><p>Ask.</p>"#;
/// let diff = diff(before, after, &ViewOptions::default());
///
/// assert_eq!(diff.blocks[0].path, ["Rollback"]);
/// let Change::Changed { words } = &diff.blocks[0].change else { panic!() };
/// assert_eq!(words[1..3], [Span::Removed("five".into()), Span::Added("ten".into())]);
/// assert!(matches!(diff.blocks[1].change, Change::Invisible { .. }));
/// ```
#[must_use]
pub fn diff(before: &str, after: &str, options: &ViewOptions) -> Diff {
    if before == after {
        return Diff::default();
    }
    if before.len().max(after.len()) > LONGEST_BODY {
        return unread();
    }
    let (before_parts, after_parts) = (Parts::read(before), Parts::read(after));
    let alignment = align(&before_parts, &after_parts);
    let (before, after) = Units::of_both(&before_parts, &after_parts, &alignment, *options);
    let blocks = Comparison { before, after, alignment: &alignment, changes: Vec::new() }.run();
    Diff { spacing_only: blocks.is_empty(), blocks }
}

fn unread() -> Diff {
    let page = BlockChange {
        kind: PartKind::Page,
        id: None,
        path: Vec::new(),
        before: None,
        after: None,
        moved: false,
        change: Change::Invisible { storage: Vec::new() },
    };
    Diff { blocks: vec![page], spacing_only: false }
}

struct Comparison<'p, 's> {
    before: Units<'p, 's>,
    after: Units<'p, 's>,
    alignment: &'p Alignment,
    /// With the place in the version after, and for what was removed its own place.
    changes: Vec<((u32, u32), BlockChange)>,
}

impl Comparison<'_, '_> {
    fn run(mut self) -> Vec<BlockChange> {
        let moved = self.moved();
        let stays_after = self.after.holding(|place| self.counterpart_of_after(place).is_some());
        let stays_before = self.before.holding(|place| self.counterpart_of_before(place).is_some());
        self.compare_after(&moved, &stays_after);
        self.collect_removed(&moved, &stays_before);
        self.changes.sort_by_key(|(place, _)| *place);
        self.changes.into_iter().map(|(_, change)| change).collect()
    }

    /// The unit of the version before that a unit of the version after was.
    fn counterpart_of_after(&self, after: u32) -> Option<u32> {
        let before = self.alignment.to_before[after as usize];
        (before != NONE && self.after.is_unit(after) && self.before.is_unit(before))
            .then_some(before)
    }

    fn counterpart_of_before(&self, before: u32) -> Option<u32> {
        let after = self.alignment.to_after[before as usize];
        (after != NONE && self.before.is_unit(before) && self.after.is_unit(after)).then_some(after)
    }

    /// Which units of the version after stand in other surroundings than before, or among the same
    /// siblings in another order.
    fn moved(&self) -> Vec<bool> {
        let count = self.after.parts.all.len();
        let mut moved = vec![false; count];
        let mut siblings: Vec<Vec<(u32, u32)>> = vec![Vec::new(); count];
        let around_before = self.before.surroundings(&self.alignment.to_after);
        let around_after = self.after.surroundings(&self.alignment.to_before);
        for after in 1..self.after.parts.len() {
            let Some(before) = self.counterpart_of_after(after) else { continue };
            let around_before = around_before[before as usize];
            let around_after = around_after[after as usize];
            if self.alignment.to_after[around_before as usize] == around_after {
                siblings[around_after as usize].push((before, after));
            } else {
                moved[after as usize] = true;
            }
        }
        for siblings in siblings {
            let order: Vec<_> = siblings.iter().map(|(before, _)| *before).collect();
            for ((_, after), stays) in siblings.iter().zip(ascending(&order)) {
                moved[*after as usize] = !stays;
            }
        }
        moved
    }

    fn compare_after(&mut self, moved: &[bool], stays: &[bool]) {
        let mut at = 1;
        while at < self.after.parts.len() {
            let place = at;
            at += 1;
            if !self.after.is_unit(place) {
                continue;
            }
            match self.counterpart_of_after(place) {
                Some(before) => self.compare_pair(before, place, moved[place as usize]),
                None if stays[place as usize] => self.added(place, &self.after.own(place)),
                None => {
                    self.added(place, &self.after.whole(place));
                    at = self.after.parts.part(place).next;
                }
            }
        }
    }

    fn compare_pair(&mut self, before: u32, after: u32, moved: bool) {
        let same = self.before.own_bytes(before) == self.after.own_bytes(after);
        if same && !moved {
            return;
        }
        let change = if same {
            Change::Moved { markdown: self.after.whole(after).markdown }
        } else {
            let (left, right) = (self.before.own(before), self.after.own(after));
            if left.markdown == right.markdown {
                let storage = words::compare(&left.storage, &right.storage);
                Change::Invisible { storage }
            } else {
                Change::Changed { words: words::compare(&left.markdown, &right.markdown) }
            }
        };
        self.push((after, 0), Some(before), Some(after), moved, change);
    }

    fn added(&mut self, after: u32, shown: &units::Shown) {
        let change = if shown.markdown.is_empty() {
            Change::Invisible { storage: vec![Span::Added(shown.storage.clone())] }
        } else {
            Change::Added { markdown: shown.markdown.clone() }
        };
        self.push((after, 0), None, Some(after), false, change);
    }

    fn collect_removed(&mut self, moved: &[bool], stays: &[bool]) {
        let mut at = 1;
        let mut behind = 0;
        while at < self.before.parts.len() {
            let place = at;
            at += 1;
            if let Some(after) = self.counterpart_of_before(place) {
                if !moved[after as usize] {
                    behind = after;
                }
            } else if self.before.is_unit(place) {
                let shown = if stays[place as usize] {
                    self.before.own(place)
                } else {
                    at = self.before.parts.part(place).next;
                    self.before.whole(place)
                };
                let change = if shown.markdown.is_empty() {
                    Change::Invisible { storage: vec![Span::Removed(shown.storage)] }
                } else {
                    Change::Removed { markdown: shown.markdown }
                };
                self.push((behind, place), Some(place), None, false, change);
            }
        }
    }

    fn push(
        &mut self,
        place: (u32, u32),
        before: Option<u32>,
        after: Option<u32>,
        moved: bool,
        change: Change,
    ) {
        let described = match after {
            Some(after) => self.after.describe(after),
            None => before.map(|before| self.before.describe(before)).unwrap_or_default(),
        };
        let change = BlockChange {
            kind: described.kind,
            id: described.id,
            path: described.path,
            before: before.map(|before| self.before.parts.part(before).outer.clone()),
            after: after.map(|after| self.after.parts.part(after).outer.clone()),
            moved,
            change,
        };
        self.changes.push((place, change));
    }
}
