//! How the parts of the base stand in another version, and in which order both versions together
//! want the children of a container.

use std::{collections::HashMap, ops::Range};

use crate::diff::{
    align::align,
    parts::{Form, NONE, PartKind, Parts},
    sequence::ascending,
    similar::word_hashes,
};

/// One of the two versions that descend from the base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Theirs,
    Ours,
}

/// A part of the result: what the base has, in whatever version, or what one side added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Base(u32),
    New(Side, u32),
}

/// A version, and how it descends from the base.
pub(super) struct Descendant<'p, 's> {
    pub(super) side: Side,
    pub(super) parts: &'p Parts<'s>,
    pub(super) spaces: Spaces,
    /// For each part of the base, its place here, or [`NONE`] if it was deleted.
    pub(super) place: Vec<u32>,
    /// For each part here, its place in the base, or [`NONE`] if it was added.
    origin: Vec<u32>,
    /// For each part of the base, whether it is still in its container and in order there.
    pub(super) stays: Vec<bool>,
    /// How often words stand in what was added or changed here more than they stood there before.
    gained: HashMap<u32, i32>,
}

impl<'p, 's> Descendant<'p, 's> {
    pub(super) fn new(side: Side, base: &Parts<'_>, parts: &'p Parts<'s>) -> Self {
        let alignment = align(base, parts);
        let mut descendant = Self {
            side,
            parts,
            spaces: Spaces::of(parts),
            place: alignment.to_after,
            origin: alignment.to_before,
            stays: vec![false; base.all.len()],
            gained: HashMap::new(),
        };
        descendant.find_what_stays(base);
        descendant.count_gained_words(base);
        descendant
    }

    fn find_what_stays(&mut self, base: &Parts<'_>) {
        self.stays[0] = true;
        for container in 0..base.len() {
            let place = self.place[container as usize];
            if place == NONE {
                continue;
            }
            let at_home = |origin: &u32| *origin != NONE && base.part(*origin).parent == container;
            let order: Vec<_> = self
                .parts
                .children(place)
                .map(|child| self.origin[child as usize])
                .filter(at_home)
                .collect();
            for (origin, stays) in order.iter().zip(ascending(&order)) {
                self.stays[*origin as usize] = stays;
            }
        }
    }

    fn count_gained_words(&mut self, base: &Parts<'_>) {
        for part in 0..self.parts.len() {
            let origin = self.origin(part);
            let is_container = self.parts.part(part).form == Form::Container;
            let is_kept = origin.is_some_and(|origin| base.outer(origin) == self.parts.outer(part));
            if is_container || is_kept {
                continue;
            }
            for word in word_hashes(self.parts, part) {
                *self.gained.entry(word).or_default() += 1;
            }
            for word in origin.iter().flat_map(|origin| word_hashes(base, *origin)) {
                *self.gained.entry(word).or_default() -= 1;
            }
        }
    }

    /// Whether a word stands in what was added or changed here more often than it stood there before.
    pub(super) fn wrote(&self, word: u32) -> bool {
        self.gained.get(&word).is_some_and(|times| *times > 0)
    }

    /// Where a part of the base stands here.
    pub(super) fn find(&self, base: u32) -> Option<u32> {
        let place = self.place[base as usize];
        (place != NONE).then_some(place)
    }

    pub(super) fn has(&self, base: u32) -> bool {
        self.place[base as usize] != NONE
    }

    /// What a part here was in the base.
    pub(super) fn origin(&self, part: u32) -> Option<u32> {
        let origin = self.origin[part as usize];
        (origin != NONE).then_some(origin)
    }

    pub(super) fn key(&self, part: u32) -> Key {
        self.origin(part).map_or(Key::New(self.side, part), Key::Base)
    }

    /// Whether this version moved a part of the base, changed what is its own, or put something into
    /// it.
    pub(super) fn touched(&self, base: &Parts<'_>, part: u32) -> bool {
        let place = self.place[part as usize];
        if place == NONE || !self.stays[part as usize] {
            return true;
        }
        match base.part(part).form {
            Form::Container => {
                let filled = self.parts.children(place).any(|child| {
                    let origin = self.origin[child as usize];
                    origin == NONE || base.part(origin).parent != part
                });
                filled || base.shell(part) != self.parts.shell(place)
            }
            Form::Run | Form::Verbatim | Form::Atom => base.outer(part) != self.parts.outer(place),
        }
    }
}

/// A child of a container of the result.
#[derive(Clone, Copy, Debug)]
pub(super) struct Child {
    pub(super) key: Key,
    pub(super) placed_by: PlacedBy,
}

/// Who put a child where it is, with its place in that version.
#[derive(Clone, Copy, Debug)]
pub(super) enum PlacedBy {
    /// It always was there.
    Nobody,
    /// One version did.
    One(Side, u32),
    /// Both did.
    Both { theirs: u32, ours: u32 },
}

/// What cannot be put where a version wants it.
#[derive(Debug)]
pub(super) struct Clash {
    pub(super) why: Why,
    /// The child of the base that it follows.
    pub(super) after: Option<u32>,
    pub(super) theirs: Vec<u32>,
    pub(super) ours: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// Both versions put different things into the same place.
    Taken,
    /// The other version moved or deleted what it follows, or the heading that it stands under.
    Gone,
}

#[derive(Debug, Default)]
pub(super) struct Children {
    pub(super) all: Vec<Child>,
    pub(super) clashes: Vec<Clash>,
    /// What ours added and theirs added likewise, so that it is written once.
    pub(super) twins: Vec<u32>,
}

/// The children that a container of the base has in the result: what both versions kept in place,
/// and between that what either moved or added there.
pub(super) fn merge_children(
    base: &Parts<'_>,
    container: u32,
    theirs: &Descendant<'_, '_>,
    ours: &Descendant<'_, '_>,
) -> Children {
    let mut merged = Children::default();
    let mut their_gaps = Gaps::new(container, theirs, ours);
    let mut our_gaps = Gaps::new(container, ours, theirs);
    let kept = |child: &u32| theirs.stays[*child as usize] && ours.stays[*child as usize];
    let anchors = base.children(container).filter(kept);
    let mut behind = None;
    for anchor in anchors.map(Some).chain([None]) {
        let (left, right) = (their_gaps.before(anchor), our_gaps.before(anchor));
        if same(theirs, &left.parts, ours, &right.parts) {
            merged.all.extend(left.parts.iter().zip(&right.parts).map(|(&left, &right)| Child {
                key: theirs.key(left),
                placed_by: PlacedBy::Both { theirs: left, ours: right },
            }));
            merged.twins.extend(right.parts);
        } else {
            for (version, gap) in [(theirs, &left), (ours, &right)] {
                merged.all.extend(gap.parts.iter().map(|part| Child {
                    key: version.key(*part),
                    placed_by: PlacedBy::One(version.side, *part),
                }));
            }
            merged.clashes.extend(clash(behind, &left, &right));
        }
        if let Some(anchor) = anchor {
            merged.all.push(Child { key: Key::Base(anchor), placed_by: PlacedBy::Nobody });
        }
        behind = anchor;
    }
    merged
}

fn clash(behind: Option<u32>, left: &Gap, right: &Gap) -> Option<Clash> {
    let why =
        |why, after| Clash { why, after, theirs: left.parts.clone(), ours: right.parts.clone() };
    if !left.parts.is_empty() && !right.parts.is_empty() {
        return Some(why(Why::Taken, behind));
    }
    left.gone.or(right.gone).map(|gone| why(Why::Gone, Some(gone)))
}

/// What one version put between two parts that both kept in place.
struct Gap {
    parts: Vec<u32>,
    /// The part of the base that one of these follows or, as a heading, stands under, and that the
    /// other version moved or deleted.
    gone: Option<u32>,
}

/// The gaps between the parts that both kept in place, as one version fills them.
struct Gaps<'d, 'p, 's> {
    version: &'d Descendant<'p, 's>,
    other: &'d Descendant<'p, 's>,
    at: u32,
    end: u32,
    /// The heading of the base that what comes next stands under, if it is gone.
    gone_heading: Option<u32>,
}

impl<'d, 'p, 's> Gaps<'d, 'p, 's> {
    fn new(container: u32, version: &'d Descendant<'p, 's>, other: &'d Descendant<'p, 's>) -> Self {
        let place = version.place[container as usize];
        let end = version.parts.part(place).next;
        Self { version, other, at: place + 1, end, gone_heading: None }
    }

    /// What was put here up to `anchor`, which is then behind, or to the end.
    fn before(&mut self, anchor: Option<u32>) -> Gap {
        let stop = anchor.map_or(self.end, |anchor| self.version.place[anchor as usize]);
        let mut gap = Gap { parts: Vec::new(), gone: None };
        let mut gone_before = None;
        while self.at < self.end {
            let part = self.at;
            self.at = self.version.parts.part(part).next;
            let is_heading = self.version.parts.part(part).kind == PartKind::Heading;
            if part == stop {
                if is_heading {
                    self.gone_heading = None;
                }
                break;
            }
            if self.is_put_here(part) {
                gap.parts.push(part);
                gap.gone = gap.gone.or(gone_before).or(self.gone_heading);
                // What follows it has found its place, or is shown with it.
                gone_before = None;
                if is_heading {
                    self.gone_heading = None;
                }
            } else {
                gone_before = self.version.origin(part);
                if is_heading {
                    self.gone_heading = gone_before;
                }
            }
        }
        gap
    }

    /// What stands where it always was is the other version's to move or delete; what that one
    /// deleted is not put anywhere.
    fn is_put_here(&self, part: u32) -> bool {
        self.version
            .origin(part)
            .is_none_or(|origin| !self.version.stays[origin as usize] && self.other.has(origin))
    }
}

/// Whether both versions put the same into a place.
fn same(
    theirs: &Descendant<'_, '_>,
    left: &[u32],
    ours: &Descendant<'_, '_>,
    right: &[u32],
) -> bool {
    left.len() == right.len()
        && left.iter().zip(right).all(|(left, right)| match (theirs.key(*left), ours.key(*right)) {
            (Key::Base(left), Key::Base(right)) => left == right,
            (Key::New(..), Key::New(..)) => theirs.parts.outer(*left) == ours.parts.outer(*right),
            _ => false,
        })
}

/// Where the white space between the parts of a page stands.
pub(super) struct Spaces {
    /// Before each part.
    before: Vec<Range<u32>>,
    /// Behind the last part of each container.
    at_end: Vec<Range<u32>>,
}

impl Spaces {
    pub(super) fn of(parts: &Parts<'_>) -> Self {
        let mut spaces = Self { before: vec![0..0; parts.all.len()], at_end: Vec::new() };
        for container in 0..parts.len() {
            let content = &parts.part(container).content;
            let mut at = content.start;
            for child in parts.children(container) {
                let outer = &parts.part(child).outer;
                spaces.before[child as usize] = at..outer.start;
                at = outer.end;
            }
            spaces.at_end.push(at..content.end);
        }
        spaces
    }

    pub(super) fn before<'s>(&self, parts: &Parts<'s>, part: u32) -> &'s str {
        parts.text(self.before[part as usize].clone())
    }

    pub(super) fn at_end<'s>(&self, parts: &Parts<'s>, container: u32) -> &'s str {
        parts.text(self.at_end[container as usize].clone())
    }
}
