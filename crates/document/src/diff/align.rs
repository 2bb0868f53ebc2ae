//! Which part of one version is which part of another.
//!
//! By id where an id is unique in both, else by equal content in order, else by equal content that is
//! unique and thus has moved, else by place and likeness. Containers that correspond are aligned
//! inside; what is left over is compared across the whole page, so that paragraphs that were wrapped
//! in a layout or a macro are found again; at last by place alone. No step takes more than near
//! linear time.

use std::collections::HashMap;

use super::{
    parts::{Form, NONE, PartKind, Parts},
    sequence::{equal_stretches, hunks},
    similar::{Sketch, sketches},
};
use crate::element::Element;

/// How alike two parts in the same place must be to be versions of one part, in thousandths.
const ALIKE: u32 = 250;

/// The same for parts in different containers.
const ALIKE_ELSEWHERE: u32 = 500;

/// How many pairs of parts may be compared for likeness in one place.
const MAX_PAIRS: usize = 400_000;

/// For each part of a version the part of the other version that it corresponds to, or [`NONE`].
#[derive(Debug)]
pub(crate) struct Alignment {
    pub(crate) to_after: Vec<u32>,
    pub(crate) to_before: Vec<u32>,
}

pub(crate) fn align(before: &Parts<'_>, after: &Parts<'_>) -> Alignment {
    let mut aligner = Aligner {
        before,
        after,
        sketches_before: sketches(before),
        sketches_after: sketches(after),
        alignment: Alignment {
            to_after: vec![NONE; before.all.len()],
            to_before: vec![NONE; after.all.len()],
        },
        pending: Vec::new(),
    };
    aligner.pair(0, 0);
    aligner.pair_by_id();
    aligner.align_pending(Place::Same);
    aligner.align_left_over();
    aligner.align_pending(Place::Same);
    aligner.align_rest();
    aligner.alignment
}

struct Aligner<'p, 's> {
    before: &'p Parts<'s>,
    after: &'p Parts<'s>,
    sketches_before: Vec<Sketch>,
    sketches_after: Vec<Sketch>,
    alignment: Alignment,
    /// Containers that correspond and have not been looked into.
    pending: Vec<(u32, u32)>,
}

/// What parts are compared by: equal only within corresponding parts, or by content.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Paired(u32),
    Content(u64),
}

impl Aligner<'_, '_> {
    fn pair(&mut self, before: u32, after: u32) {
        self.alignment.to_after[before as usize] = after;
        self.alignment.to_before[after as usize] = before;
        if self.before.part(before).form == Form::Container {
            self.pending.push((before, after));
        }
    }

    fn pair_by_id(&mut self) {
        let known = unique_ids(self.before);
        let mut pairs: Vec<_> = unique_ids(self.after)
            .into_iter()
            .filter_map(|(id, after)| Some((*known.get(id)?, after)))
            .filter(|(before, after)| self.may_correspond(*before, *after))
            .collect();
        pairs.sort_unstable();
        for (before, after) in pairs {
            self.pair(before, after);
        }
    }

    fn align_pending(&mut self, place: Place) {
        while let Some((before, after)) = self.pending.pop() {
            let before: Vec<_> = self.before.children(before).collect();
            let after: Vec<_> = self.after.children(after).collect();
            self.align_lists(&before, &after, place);
        }
    }

    /// What stands alone in its place and has found no counterpart anywhere was replaced by what
    /// stands alone there now.
    fn align_rest(&mut self) {
        for before in 0..self.before.len() {
            let after = self.alignment.to_after[before as usize];
            if after == NONE {
                continue;
            }
            let mut left = self.before.children(before);
            let mut right = self.after.children(after);
            if left.any(|part| self.alignment.to_after[part as usize] == NONE)
                && right.any(|part| self.alignment.to_before[part as usize] == NONE)
            {
                self.pending.push((before, after));
                self.align_pending(Place::Alone);
            }
        }
    }

    /// What has found no counterpart where its surroundings have theirs.
    fn align_left_over(&mut self) {
        let before = left_over(self.before, &self.alignment.to_after);
        let after = left_over(self.after, &self.alignment.to_before);
        if !before.is_empty() && !after.is_empty() {
            self.align_lists(&before, &after, Place::Different);
        }
    }

    fn align_lists(&mut self, before: &[u32], after: &[u32], place: Place) {
        let hunks = hunks(
            before.iter().map(|part| self.key_before(*part)),
            after.iter().map(|part| self.key_after(*part)),
        );
        for stretch in equal_stretches(&hunks, before.len(), after.len()) {
            for (left, right) in before[stretch.before].iter().zip(&after[stretch.after]) {
                if self.is_free(*left, *right) && self.may_correspond(*left, *right) {
                    self.pair(*left, *right);
                }
            }
        }
        self.pair_moved(before, after);
        for hunk in hunks {
            let left: Vec<_> = self.free_before(&before[hunk.before]);
            let right: Vec<_> = self.free_after(&after[hunk.after]);
            self.pair_changed(&left, &right, place);
        }
    }

    fn key_before(&self, part: u32) -> Key {
        match self.alignment.to_after[part as usize] {
            NONE => Key::Content(self.before.part(part).hash),
            _ => Key::Paired(part),
        }
    }

    fn key_after(&self, part: u32) -> Key {
        match self.alignment.to_before[part as usize] {
            NONE => Key::Content(self.after.part(part).hash),
            before => Key::Paired(before),
        }
    }

    /// Pairs what is out of order but equal and unmistakable.
    fn pair_moved(&mut self, before: &[u32], after: &[u32]) {
        let known = unique_content(self.before, &self.free_before(before));
        let mut pairs: Vec<_> = unique_content(self.after, &self.free_after(after))
            .into_iter()
            .filter_map(|(hash, after)| Some((*known.get(&hash)?, after)))
            .filter(|(before, after)| {
                !self.sketches_before[*before as usize].is_empty()
                    && self.may_correspond(*before, *after)
            })
            .collect();
        pairs.sort_unstable();
        for (before, after) in pairs {
            self.pair(before, after);
        }
    }

    /// Pairs what stands in the same place and is alike; each pair stands behind the one before.
    fn pair_changed(&mut self, before: &[u32], after: &[u32], place: Place) {
        if before.is_empty() || after.is_empty() {
            return;
        }
        let one_by_one = before.len() == after.len()
            && place != Place::Different
            && (before.len() == 1 && place == Place::Alone
                || before.iter().all(|part| self.is_positional(*part)))
            && before.iter().zip(after).all(|(left, right)| self.may_correspond(*left, *right));
        if one_by_one {
            for (left, right) in before.iter().zip(after) {
                self.pair(*left, *right);
            }
            return;
        }
        for (left, right) in self.best_pairs(before, after, place) {
            self.pair(left, right);
        }
    }

    /// What is known by its place rather than by what it says.
    fn is_positional(&self, part: u32) -> bool {
        let part = self.before.part(part);
        part.kind == PartKind::TableCell || part.element == Element::TableSection
    }

    /// The pairs of the alignment in order that shares most, by dynamic programming in a band around
    /// the diagonal that is as wide as [`MAX_PAIRS`] allows.
    fn best_pairs(&self, before: &[u32], after: &[u32], place: Place) -> Vec<(u32, u32)> {
        let (rows, columns) = (before.len(), after.len());
        let reach = (MAX_PAIRS / rows / 2).max(4).min(columns);
        let width = 2 * reach + 1;
        let first = |row: usize| (row * columns / rows).saturating_sub(reach);
        let behind = |row: usize| (first(row) + width).min(columns);
        let mut steps = vec![Step::SkipBefore; rows * width];
        // `best[column]` is the score of all rows so far with the columns before `column`.
        let mut best = vec![0_u32; columns + 1];
        let mut above = best.clone();
        for (row, left) in before.iter().enumerate() {
            std::mem::swap(&mut best, &mut above);
            let start = first(row);
            let end = behind(row);
            best[start] = above[start];
            for column in start..end {
                let likeness = self.likeness(*left, after[column], place);
                let paired = above[column] + likeness;
                let (score, step) = if likeness > 0 && paired >= above[column + 1].max(best[column])
                {
                    (paired, Step::Pair)
                } else if best[column] > above[column + 1] {
                    (best[column], Step::SkipAfter)
                } else {
                    (above[column + 1], Step::SkipBefore)
                };
                best[column + 1] = score;
                steps[row * width + column - start] = step;
            }
            // As far as the next row looks; to fill all would take time by rows times columns.
            let reached = best[end];
            best[end..=behind(row + 1)].fill(reached);
        }
        let mut pairs = Vec::new();
        let (mut row, mut column) = (rows, columns);
        while row > 0 && column > 0 {
            let start = first(row - 1);
            let step = match (column - 1).checked_sub(start) {
                None => Step::SkipBefore,
                Some(inside) if inside >= width => Step::SkipAfter,
                Some(inside) => steps[(row - 1) * width + inside],
            };
            match step {
                Step::Pair => {
                    row -= 1;
                    column -= 1;
                    pairs.push((before[row], after[column]));
                }
                Step::SkipBefore => row -= 1,
                Step::SkipAfter => column -= 1,
            }
        }
        pairs.reverse();
        pairs
    }

    /// 0 for parts that are not versions of one.
    fn likeness(&self, before: u32, after: u32, place: Place) -> u32 {
        if !self.may_correspond(before, after) {
            return 0;
        }
        let sketch = &self.sketches_before[before as usize];
        let likeness = sketch.similarity(&self.sketches_after[after as usize]);
        match place {
            // A row says little; in the same place of the same table it is the same row.
            Place::Alone if self.before.part(before).kind == PartKind::TableRow => likeness + 1,
            Place::Same | Place::Alone if likeness >= ALIKE => likeness,
            Place::Different if likeness >= ALIKE_ELSEWHERE => likeness,
            _ => 0,
        }
    }

    fn may_correspond(&self, before: u32, after: u32) -> bool {
        let (left, right) = (self.before.part(before), self.after.part(after));
        left.form == right.form
            && (left.kind == right.kind || (is_text(left.kind) && is_text(right.kind)))
    }

    fn is_free(&self, before: u32, after: u32) -> bool {
        self.alignment.to_after[before as usize] == NONE
            && self.alignment.to_before[after as usize] == NONE
    }

    fn free_before(&self, parts: &[u32]) -> Vec<u32> {
        let free = |part: &u32| self.alignment.to_after[*part as usize] == NONE;
        parts.iter().copied().filter(free).collect()
    }

    fn free_after(&self, parts: &[u32]) -> Vec<u32> {
        let free = |part: &u32| self.alignment.to_before[*part as usize] == NONE;
        parts.iter().copied().filter(free).collect()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In containers that correspond.
    Same,
    /// The same, after all else.
    Alone,
    /// Anywhere on the page.
    Different,
}

#[derive(Clone, Copy)]
enum Step {
    Pair,
    SkipBefore,
    SkipAfter,
}

fn is_text(kind: PartKind) -> bool {
    matches!(kind, PartKind::Paragraph | PartKind::Heading)
}

/// The ids that one part of the page carries.
fn unique_ids<'s>(parts: &Parts<'s>) -> HashMap<&'s str, u32> {
    unique((1..parts.len()).filter_map(|place| Some((parts.id(place)?, place))))
}

fn unique_content(parts: &Parts<'_>, places: &[u32]) -> HashMap<u64, u32> {
    unique(places.iter().map(|&place| (parts.part(place).hash, place)))
}

fn unique<K: Eq + std::hash::Hash>(items: impl Iterator<Item = (K, u32)>) -> HashMap<K, u32> {
    let mut places = HashMap::new();
    for (key, place) in items {
        places.entry(key).and_modify(|known| *known = NONE).or_insert(place);
    }
    places.retain(|_, place| *place != NONE);
    places
}

/// Parts without a counterpart that can stand in different places.
fn left_over(parts: &Parts<'_>, counterparts: &[u32]) -> Vec<u32> {
    (1..parts.len())
        .filter(|&place| counterparts[place as usize] == NONE)
        .filter(|&place| {
            let part = parts.part(place);
            !matches!(part.form, Form::Run | Form::Verbatim)
                && part.kind != PartKind::TableCell
                && part.element != Element::TableSection
        })
        .collect()
}
