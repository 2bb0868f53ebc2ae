//! How the parts of the base stand in another version, and in which order both versions together
//! want the children of a container.

use std::{collections::HashSet, ops::Range};

use crate::diff::{
    align::align,
    parts::{Form, NONE, Parts},
    sequence::ascending,
    similar::sketches,
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
    /// Words of what was added or changed here.
    new_words: HashSet<u32>,
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
            new_words: HashSet::new(),
        };
        descendant.find_what_stays(base);
        descendant.collect_new_words(base);
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

    fn collect_new_words(&mut self, base: &Parts<'_>) {
        for (sketch, part) in sketches(self.parts).iter().zip(0..) {
            let is_container = self.parts.part(part).form == Form::Container;
            let origin = self.origin[part as usize];
            let is_new = origin == NONE || base.outer(origin) != self.parts.outer(part);
            if !is_container && is_new {
                self.new_words.extend(sketch.words());
            }
        }
    }

    /// Whether a word stands in something that was added or changed here.
    pub(super) fn wrote(&self, word: u32) -> bool {
        self.new_words.contains(&word)
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

/// Both versions put different things into the same place.
#[derive(Debug)]
pub(super) struct Clash {
    /// The child of the base that they follow.
    pub(super) after: Option<u32>,
    pub(super) theirs: Vec<u32>,
    pub(super) ours: Vec<u32>,
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
        if same(theirs, &left, ours, &right) {
            merged.all.extend(left.iter().zip(&right).map(|(&left, &right)| Child {
                key: theirs.key(left),
                placed_by: PlacedBy::Both { theirs: left, ours: right },
            }));
            merged.twins.extend(right);
        } else {
            for (version, parts) in [(theirs, &left), (ours, &right)] {
                merged.all.extend(parts.iter().map(|part| Child {
                    key: version.key(*part),
                    placed_by: PlacedBy::One(version.side, *part),
                }));
            }
            if !left.is_empty() && !right.is_empty() {
                merged.clashes.push(Clash { after: behind, theirs: left, ours: right });
            }
        }
        if let Some(anchor) = anchor {
            merged.all.push(Child { key: Key::Base(anchor), placed_by: PlacedBy::Nobody });
        }
        behind = anchor;
    }
    merged
}

/// What one version put between the parts that both kept in place.
struct Gaps<'d, 'p, 's> {
    version: &'d Descendant<'p, 's>,
    other: &'d Descendant<'p, 's>,
    at: u32,
    end: u32,
}

impl<'d, 'p, 's> Gaps<'d, 'p, 's> {
    fn new(container: u32, version: &'d Descendant<'p, 's>, other: &'d Descendant<'p, 's>) -> Self {
        let place = version.place[container as usize];
        Self { version, other, at: place + 1, end: version.parts.part(place).next }
    }

    /// The parts up to `anchor`, which is then behind, or to the end.
    fn before(&mut self, anchor: Option<u32>) -> Vec<u32> {
        let stop = anchor.map_or(self.end, |anchor| self.version.place[anchor as usize]);
        let mut parts = Vec::new();
        while self.at < self.end {
            let part = self.at;
            self.at = self.version.parts.part(part).next;
            if part == stop {
                break;
            }
            if self.is_put_here(part) {
                parts.push(part);
            }
        }
        parts
    }

    /// What stands where it always was is the other version's to move or delete; what that one
    /// deleted is not put anywhere.
    fn is_put_here(&self, part: u32) -> bool {
        match self.version.origin[part as usize] {
            NONE => true,
            origin => !self.version.stays[origin as usize] && self.other.has(origin),
        }
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
