//! Which block of the edited Markdown is which block of the view.

use std::{collections::HashMap, ops::Range};

use super::{
    compare::hunks,
    reading::{Kind, Reading},
};

/// What became of the children of a block, in the order of the edited Markdown; what is gone stands
/// where it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The same block, changed or not.
    Pair {
        old: usize,
        new: usize,
    },
    Gone {
        old: usize,
    },
    Added {
        new: usize,
    },
}

/// Pairs that are compared with each other one by one; more than this many are paired in order, and so
/// is a single one.
const MOST_COMPARED: usize = 4096;

pub(super) fn align(
    (old, olds): (&Reading<'_>, &[usize]),
    (new, news): (&Reading<'_>, &[usize]),
) -> Vec<Step> {
    let old_keys: Vec<u64> = olds.iter().map(|at| old.key(*at)).collect();
    let new_keys: Vec<u64> = news.iter().map(|at| new.key(*at)).collect();
    align_by((old, olds, &old_keys), (new, news, &new_keys))
}

/// [`align`] for blocks that are the same where their keys are.
pub(super) fn align_by(
    (old, olds, old_keys): (&Reading<'_>, &[usize], &[u64]),
    (new, news, new_keys): (&Reading<'_>, &[usize], &[u64]),
) -> Vec<Step> {
    let found = hunks(old_keys.iter(), new_keys.iter());
    let mut steps = Vec::with_capacity(olds.len().max(news.len()));
    let (mut at, mut other) = (0, 0);
    for hunk in found {
        same(&mut steps, olds, news, at..hunk.old.start, other);
        let (gone, added) = (
            olds.get(hunk.old.clone()).unwrap_or_default(),
            news.get(hunk.new.clone()).unwrap_or_default(),
        );
        pair_up((old, gone), (new, added), &mut steps);
        (at, other) = (hunk.old.end, hunk.new.end);
    }
    same(&mut steps, olds, news, at..olds.len(), other);
    steps
}

fn same(steps: &mut Vec<Step>, olds: &[usize], news: &[usize], range: Range<usize>, other: usize) {
    let pairs =
        olds.get(range).unwrap_or_default().iter().zip(news.get(other..).unwrap_or_default());
    steps.extend(pairs.map(|(old, new)| Step::Pair { old: *old, new: *new }));
}

/// Pairs blocks that were changed: those that say most of the same, in order.
fn pair_up(
    (old, gone): (&Reading<'_>, &[usize]),
    (new, added): (&Reading<'_>, &[usize]),
    steps: &mut Vec<Step>,
) {
    let compared = 2..=MOST_COMPARED;
    let chosen = if compared.contains(&(gone.len() * added.len())) {
        best_pairs((old, gone), (new, added))
    } else {
        let both = gone.iter().zip(added).enumerate();
        both.filter(|(_, (one, other))| fits(old, **one, new, **other))
            .map(|(at, _)| (at, at))
            .collect()
    };
    let (mut at, mut other) = (0, 0);
    for (one, two) in chosen.into_iter().chain([(gone.len(), added.len())]) {
        steps.extend(
            gone.get(at..one).unwrap_or_default().iter().map(|old| Step::Gone { old: *old }),
        );
        steps.extend(
            added.get(other..two).unwrap_or_default().iter().map(|new| Step::Added { new: *new }),
        );
        if let (Some(old), Some(new)) = (gone.get(one), added.get(two)) {
            steps.push(Step::Pair { old: *old, new: *new });
        }
        (at, other) = (one + 1, two + 1);
    }
}

/// The pairs, ascending, that together have most in common.
fn best_pairs(
    (old, gone): (&Reading<'_>, &[usize]),
    (new, added): (&Reading<'_>, &[usize]),
) -> Vec<(usize, usize)> {
    let old_words: Vec<Words<'_>> = gone.iter().map(|at| Words::of(old, *at)).collect();
    let new_words: Vec<Words<'_>> = added.iter().map(|at| Words::of(new, *at)).collect();
    let width = added.len() + 1;
    let mut best = vec![0_u32; (gone.len() + 1) * width];
    let value = |best: &[u32], one: usize, two: usize| {
        best.get(one * width + two).copied().unwrap_or_default()
    };
    let score = |one: usize, two: usize| -> u32 {
        match (gone.get(one), added.get(two), old_words.get(one), new_words.get(two)) {
            (Some(at), Some(other), Some(left), Some(right)) if fits(old, *at, new, *other) => {
                20 + left.likeness(right)
            }
            _ => 0,
        }
    };
    let mut scores = vec![0_u32; gone.len() * added.len()];
    for one in (0..gone.len()).rev() {
        for two in (0..added.len()).rev() {
            let own = score(one, two);
            scores[one * added.len() + two] = own;
            let paired = if own > 0 { own + value(&best, one + 1, two + 1) } else { 0 };
            let skipped = value(&best, one + 1, two).max(value(&best, one, two + 1));
            best[one * width + two] = paired.max(skipped);
        }
    }
    let mut pairs = Vec::new();
    let (mut one, mut two) = (0, 0);
    while one < gone.len() && two < added.len() {
        let own = scores.get(one * added.len() + two).copied().unwrap_or_default();
        if own > 0 && value(&best, one, two) == own + value(&best, one + 1, two + 1) {
            pairs.push((one, two));
            one += 1;
            two += 1;
        } else if value(&best, one, two) == value(&best, one + 1, two) {
            one += 1;
        } else {
            two += 1;
        }
    }
    pairs
}

/// Whether one block can become the other by an edit.
fn fits(old: &Reading<'_>, one: usize, new: &Reading<'_>, other: usize) -> bool {
    let kinds = old.nodes.get(one).zip(new.nodes.get(other));
    kinds.is_some_and(|(one, other)| {
        let text = |kind: &Kind| matches!(kind, Kind::Paragraph | Kind::Heading(_));
        one.kind.is_like(&other.kind) || text(&one.kind) && text(&other.kind)
    })
}

/// The words of a block, and how often it has each.
struct Words<'m> {
    counts: HashMap<&'m str, u32>,
    total: u32,
}

impl<'m> Words<'m> {
    fn of(reading: &Reading<'m>, at: usize) -> Self {
        let range = reading.nodes.get(at).map_or(0..0, |node| node.range.clone());
        let mut words = Self { counts: HashMap::new(), total: 0 };
        for word in reading.slice(&range).split_whitespace() {
            *words.counts.entry(word).or_insert(0) += 1;
            words.total = words.total.saturating_add(1);
        }
        words
    }

    /// From 0 for nothing in common to 100 for the same words.
    fn likeness(&self, other: &Self) -> u32 {
        let shared: u32 = self
            .counts
            .iter()
            .map(|(word, count)| (*count).min(other.counts.get(word).copied().unwrap_or_default()))
            .sum();
        let all = self.total.max(other.total).max(1);
        u32::try_from(u64::from(shared) * 100 / u64::from(all)).unwrap_or(100)
    }
}
