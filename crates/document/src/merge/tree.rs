//! The merged page, written part by part.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

use super::{
    ConflictReason as Reason,
    order::{Child, Clash, Descendant, Key, PlacedBy, Side, Spaces, Why, merge_children},
    table, text,
};
use crate::{
    diff::{
        parts::{Form, Parts},
        similar::{Sketch, sketches, word_hashes},
    },
    scan::offset,
};

/// How many words make a part without an id unmistakable, so that a change of one version is carried
/// to where the other moved it.
const UNMISTAKABLE: usize = 4;

/// What could not be merged.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) reason: Reason,
    pub(super) place: Place,
}

#[derive(Debug)]
pub(super) enum Place {
    /// A part of the base.
    Part(u32),
    /// Between children of a container of the base.
    Gap { container: u32, clash: Clash },
}

/// A part as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) key: Key,
    pub(super) form: Form,
    pub(super) start: u32,
}

pub(super) struct Output {
    pub(super) storage: String,
    pub(super) written: Vec<Written>,
    /// What neither version has: text that both changed.
    pub(super) combined: Vec<Range<u32>>,
    pub(super) found: Vec<Found>,
}

pub(super) fn merge(
    base: &Parts<'_>,
    theirs: &Descendant<'_, '_>,
    ours: &Descendant<'_, '_>,
) -> Output {
    let mut merger = Merger {
        base,
        base_spaces: Spaces::of(base),
        sketches: sketches(base),
        theirs,
        ours,
        steps: Vec::new(),
        base_written: vec![false; base.all.len()],
        their_written: vec![false; theirs.parts.all.len()],
        our_written: vec![false; ours.parts.all.len()],
        output: Output {
            storage: String::with_capacity(theirs.parts.source.len().max(ours.parts.source.len())),
            written: Vec::new(),
            combined: Vec::new(),
            found: Vec::new(),
        },
    };
    merger.find_lost_changes(theirs, ours);
    merger.find_lost_changes(ours, theirs);
    merger.find_rewritten_parts();
    for table in table::unfit(base, theirs, ours) {
        merger.report(Reason::DoesNotFit, Place::Part(table));
    }
    merger.write();
    if merger.output.found.is_empty() {
        merger.find_lost_parts();
    }
    merger.output
}

struct Merger<'m, 'p, 's> {
    base: &'m Parts<'s>,
    base_spaces: Spaces,
    sketches: Vec<Sketch>,
    theirs: &'m Descendant<'p, 's>,
    ours: &'m Descendant<'p, 's>,
    steps: Vec<Step<'s>>,
    base_written: Vec<bool>,
    their_written: Vec<bool>,
    our_written: Vec<bool>,
    output: Output,
}

/// What is still to be written, the next one last.
enum Step<'s> {
    Part(Key),
    Text(&'s str),
}

impl<'p, 's> Merger<'_, 'p, 's> {
    /// What `other` changed of parts that `version` deleted, or moved where they cannot be told from
    /// others.
    fn find_lost_changes(&mut self, version: &Descendant<'_, '_>, other: &Descendant<'_, '_>) {
        let mut reported = 0;
        for part in 1..self.base.len() {
            if part < reported || !other.has(part) {
                continue;
            }
            let reason = if !version.has(part) {
                other.touched(self.base, part).then_some(Reason::DeletedAndChanged)
            } else if !version.stays[part as usize] && !self.is_unmistakable(part, version) {
                self.touched_inside(part, other).then_some(Reason::MovedAndChanged)
            } else {
                None
            };
            if let Some(reason) = reason {
                self.report(reason, Place::Part(part));
                reported = self.base.part(part).next;
            }
        }
    }

    /// What both versions deleted may have come back in what one of them wrote: it was not deleted
    /// there but rewritten or joined to another text, while the other did delete it. A word that
    /// stands in no other part of the base tells, and so does most of what the part said.
    fn find_rewritten_parts(&mut self) {
        let is_leaf = |part: u32| self.base.part(part).form != Form::Container;
        let leaves: Vec<_> = (0..self.base.len()).filter(|part| is_leaf(*part)).collect();
        let mut parts_with: HashMap<u32, usize> = HashMap::new();
        for leaf in &leaves {
            for word in distinct_words(self.base, *leaf) {
                *parts_with.entry(word).or_default() += 1;
            }
        }
        for leaf in leaves {
            if self.theirs.has(leaf) || self.ours.has(leaf) {
                continue;
            }
            let words = distinct_words(self.base, leaf);
            let all = words.len();
            let came_back: Vec<_> = words
                .into_iter()
                .filter(|word| self.theirs.wrote(*word) != self.ours.wrote(*word))
                .collect();
            let tells = |word: &u32| parts_with.get(word) == Some(&1);
            if came_back.len() * 2 > all || came_back.iter().any(tells) {
                self.report(Reason::DeletedAndChanged, Place::Part(leaf));
            }
        }
    }

    fn is_unmistakable(&self, part: u32, version: &Descendant<'_, '_>) -> bool {
        let id = self.base.id(part);
        (id.is_some() && id == version.parts.id(version.place[part as usize]))
            || self.sketches[part as usize].words().len() >= UNMISTAKABLE
    }

    fn touched_inside(&self, part: u32, version: &Descendant<'_, '_>) -> bool {
        (part..self.base.part(part).next).any(|inside| version.touched(self.base, inside))
    }

    fn write(&mut self) {
        self.steps.push(Step::Part(Key::Base(0)));
        while let Some(step) = self.steps.pop() {
            match step {
                Step::Text(text) => self.output.storage.push_str(text),
                Step::Part(Key::Base(part)) => self.write_base(part),
                Step::Part(Key::New(Side::Theirs, part)) => self.write_new(self.theirs, part),
                Step::Part(Key::New(Side::Ours, part)) => self.write_new(self.ours, part),
            }
        }
    }

    fn combine(&mut self, text: &str) {
        let start = offset(self.output.storage.len());
        self.output.storage.push_str(text);
        self.output.combined.push(start..offset(self.output.storage.len()));
    }

    fn report(&mut self, reason: Reason, place: Place) {
        self.output.found.push(Found { reason, place });
    }

    fn note(&mut self, key: Key, form: Form) {
        let start = offset(self.output.storage.len());
        self.output.written.push(Written { key, form, start });
    }

    /// A part that only one version has, with what that version moved into it.
    fn write_new(&mut self, version: &'_ Descendant<'p, 's>, part: u32) {
        let written = match version.side {
            Side::Theirs => &mut self.their_written,
            Side::Ours => &mut self.our_written,
        };
        written[part as usize] = true;
        let parts = version.parts;
        let form = parts.part(part).form;
        self.note(Key::New(version.side, part), form);
        if form != Form::Container {
            self.output.storage.push_str(parts.outer(part));
            return;
        }
        let (head, tail) = parts.shell(part);
        self.output.storage.push_str(head);
        self.steps.push(Step::Text(tail));
        self.steps.push(Step::Text(version.spaces.at_end(parts, part)));
        let first = self.steps.len();
        for child in parts.children(part) {
            self.steps.push(Step::Text(version.spaces.before(parts, child)));
            self.steps.push(Step::Part(version.key(child)));
        }
        self.steps[first..].reverse();
    }

    /// A part of the base, with the changes of both versions.
    fn write_base(&mut self, part: u32) {
        let (Some(theirs), Some(ours)) = (self.theirs.find(part), self.ours.find(part)) else {
            // The version that deleted it has been heard in `find_lost_changes`.
            return;
        };
        if std::mem::replace(&mut self.base_written[part as usize], true) {
            self.report(Reason::BothMoved, Place::Part(part));
            return;
        }
        let form = self.base.part(part).form;
        self.note(Key::Base(part), form);
        if form == Form::Container {
            self.write_container(part, theirs, ours);
            return;
        }
        let versions =
            [self.base.outer(part), self.theirs.parts.outer(theirs), self.ours.parts.outer(ours)];
        match one_sided(versions) {
            Some(text) => self.output.storage.push_str(text),
            None => match text::merge(form, versions[0], versions[1], versions[2]) {
                Some(text) => self.combine(&text),
                None => self.report(Reason::BothChanged, Place::Part(part)),
            },
        }
    }

    fn write_container(&mut self, part: u32, theirs: u32, ours: u32) {
        let merged = merge_children(self.base, part, self.theirs, self.ours);
        for twin in merged.twins {
            let end = self.ours.parts.part(twin).next;
            self.our_written[twin as usize..end as usize].fill(true);
        }
        for clash in merged.clashes {
            let reason = match clash.why {
                Why::Taken => Reason::BothAdded,
                Why::Gone => Reason::PlaceGone,
            };
            self.report(reason, Place::Gap { container: part, clash });
        }
        if merged.all.is_empty() && self.both_left_something(theirs, ours) {
            self.report(Reason::DoesNotFit, Place::Part(part));
        }
        let shells =
            [self.base.shell(part), self.theirs.parts.shell(theirs), self.ours.parts.shell(ours)];
        if let Some(tail) = self.write_head(shells) {
            self.steps.push(Step::Text(tail));
        } else {
            self.report(Reason::BothChanged, Place::Part(part));
        }
        let spaces = [
            self.base_spaces.at_end(self.base, part),
            self.theirs.spaces.at_end(self.theirs.parts, theirs),
            self.ours.spaces.at_end(self.ours.parts, ours),
        ];
        self.steps.push(Step::Text(merge_spaces(spaces)));
        for child in merged.all.into_iter().rev() {
            self.steps.push(Step::Part(child.key));
            self.steps.push(Step::Text(self.space_before(child)));
        }
    }

    fn both_left_something(&self, theirs: u32, ours: u32) -> bool {
        self.theirs.parts.children(theirs).next().is_some()
            && self.ours.parts.children(ours).next().is_some()
    }

    /// Writes what stands before the content of a container and answers with what stands behind.
    fn write_head(&mut self, shells: [(&'s str, &'s str); 3]) -> Option<&'s str> {
        if let Some((head, tail)) = one_sided(shells) {
            self.output.storage.push_str(head);
            return Some(tail);
        }
        let tail = one_sided(shells.map(|(_, tail)| tail))?;
        let [base, theirs, ours] = shells.map(|(head, _)| head);
        let head = text::merge_around(base, theirs, ours, tail)?;
        self.combine(&head);
        Some(tail)
    }

    fn space_before(&self, child: Child) -> &'s str {
        let in_theirs = |part| self.theirs.spaces.before(self.theirs.parts, part);
        let in_ours = |part| self.ours.spaces.before(self.ours.parts, part);
        match (child.placed_by, child.key) {
            (PlacedBy::One(Side::Theirs, part), _) => in_theirs(part),
            (PlacedBy::One(Side::Ours, part), _) => in_ours(part),
            (PlacedBy::Both { theirs, ours }, _) => in_theirs(theirs).max(in_ours(ours)),
            (PlacedBy::Nobody, Key::Base(part)) => merge_spaces([
                self.base_spaces.before(self.base, part),
                in_theirs(self.theirs.place[part as usize]),
                in_ours(self.ours.place[part as usize]),
            ]),
            (PlacedBy::Nobody, Key::New(..)) => "",
        }
    }

    /// Whatever a version has and the result has not, without anybody having deleted it, was lost by
    /// a move that the other version's moves do not fit with.
    fn find_lost_parts(&mut self) {
        for part in 1..self.base.len() {
            let kept = self.theirs.has(part) && self.ours.has(part);
            if kept && !self.base_written[part as usize] {
                self.report(Reason::BothMoved, Place::Part(part));
                return;
            }
        }
        let lost = |version: &Descendant<'_, '_>, written: &[bool]| {
            (1..version.parts.len()).any(|part| {
                version.key(part) == Key::New(version.side, part) && !written[part as usize]
            })
        };
        if lost(self.theirs, &self.their_written) || lost(self.ours, &self.our_written) {
            self.report(Reason::DoesNotFit, Place::Part(0));
        }
    }
}

fn distinct_words(parts: &Parts<'_>, leaf: u32) -> HashSet<u32> {
    word_hashes(parts, leaf).collect()
}

/// White space that both changed is either's: no reader sees it.
fn merge_spaces(spaces: [&str; 3]) -> &str {
    one_sided(spaces).unwrap_or(spaces[1].max(spaces[2]))
}

/// What the versions come to if at most one of them changed it, or both in the same way.
fn one_sided<T: Copy + PartialEq>([base, theirs, ours]: [T; 3]) -> Option<T> {
    if theirs == base || theirs == ours {
        Some(ours)
    } else if ours == base {
        Some(theirs)
    } else {
        None
    }
}
