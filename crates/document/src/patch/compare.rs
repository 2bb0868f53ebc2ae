//! What two sequences have in common, in time that is bounded whatever they hold.

use std::{collections::HashMap, hash::Hash, ops::Range};

use super::atom::{Line, Unit};
use crate::diff::sequence;

/// Where two sequences differ: the part of the first and what stands there in the second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hunk {
    pub(super) old: Range<usize>,
    pub(super) new: Range<usize>,
}

pub(super) fn hunks<T: Hash + Eq>(
    old: impl Iterator<Item = T>,
    new: impl Iterator<Item = T>,
) -> Vec<Hunk> {
    let found = sequence::hunks(old, new).into_iter();
    found.map(|hunk| Hunk { old: hunk.before, new: hunk.after }).collect()
}

/// How many bytes both begin with.
pub(super) fn common_prefix(left: &[u8], right: &[u8]) -> usize {
    let chunks = left.chunks_exact(CHUNK).zip(right.chunks_exact(CHUNK));
    let whole = CHUNK * chunks.take_while(|(left, right)| left == right).count();
    let rest = left.iter().skip(whole).zip(right.iter().skip(whole));
    whole + rest.take_while(|(left, right)| left == right).count()
}

/// How many bytes both end with.
pub(super) fn common_suffix(left: &[u8], right: &[u8]) -> usize {
    let chunks = left.rchunks_exact(CHUNK).zip(right.rchunks_exact(CHUNK));
    let whole = CHUNK * chunks.take_while(|(left, right)| left == right).count();
    let rest = left.iter().rev().skip(whole).zip(right.iter().rev().skip(whole));
    whole + rest.take_while(|(left, right)| left == right).count()
}

/// Bytes that are compared at once.
const CHUNK: usize = 64;

/// What differs between two lines, in atoms. Words are compared as wholes; what two words that were
/// exchanged begin and end with is kept.
pub(super) fn line_hunks(old: &Line, new: &Line) -> Vec<Hunk> {
    let mut names = HashMap::new();
    let old_units = numbered(old, &mut names);
    let new_units = numbered(new, &mut names);
    let prefix = old_units.iter().zip(&new_units).take_while(|(old, new)| old == new).count();
    let prefix = word_start(old, prefix);
    let old_words = words(old, prefix..old_units.len());
    let new_words = words(new, prefix..new_units.len());
    let found = hunks(spelled(&old_words, &old_units), spelled(&new_words, &new_units));
    let atoms = |words: &[Range<usize>], range: &Range<usize>, end: usize| {
        let start = words.get(range.start).map_or(end, |word| word.start);
        start..words.get(range.end).map_or(end, |word| word.start)
    };
    let mut hunks: Vec<Hunk> = found
        .into_iter()
        .map(|hunk| Hunk {
            old: atoms(&old_words, &hunk.old, old_units.len()),
            new: atoms(&new_words, &hunk.new, new_units.len()),
        })
        .map(|hunk| narrowed(hunk, &old_units, &new_units))
        .collect();
    slide((old, &old_units), (new, &new_units), &mut hunks);
    hunks
}

/// Of the places where the same atoms can be said to have come or gone, as with a word and the space
/// before or after it, chooses the one at which most of what stays has the marks that it had. Else a
/// word that is added to the end of a link would take the space behind the link with it.
fn slide((old, old_units): (&Line, &[u32]), (new, new_units): (&Line, &[u32]), hunks: &mut [Hunk]) {
    for at in 0..hunks.len() {
        let next = hunks.get(at + 1).map_or(old_units.len(), |hunk| hunk.old.start);
        let last = at.checked_sub(1).and_then(|before| hunks.get(before));
        let last = last.map_or(0, |hunk| hunk.old.end);
        let Some(hunk) = hunks.get_mut(at) else { continue };
        let marks = |one: usize, other: usize| {
            let marks = old.atoms.get(one).zip(new.atoms.get(other));
            i32::from(marks.is_none_or(|(one, other)| old.marks(one) != new.marks(other)))
        };
        // What the place costs more than the one that was found, going to either side.
        let (mut best, mut least) = (hunk.clone(), 0);
        let (mut place, mut cost) = (hunk.clone(), 0);
        while place.old.start > last
            && let Some(moved) = place.before()
            && moved.changed_at_start(old_units, new_units)
                == place.last_changed(old_units, new_units)
        {
            cost += marks(moved.old.end, moved.new.end) - marks(moved.old.start, moved.new.start);
            place = moved;
            if cost < least {
                (best, least) = (place.clone(), cost);
            }
        }
        let (mut place, mut cost) = (hunk.clone(), 0);
        while place.old.end < next
            && let Some(moved) = place.after()
            && place.changed_at_start(old_units, new_units)
                == moved.last_changed(old_units, new_units)
        {
            cost += marks(place.old.start, place.new.start) - marks(place.old.end, place.new.end);
            place = moved;
            if cost < least {
                (best, least) = (place.clone(), cost);
            }
        }
        *hunk = best;
    }
}

impl Hunk {
    /// One atom further to the front; `None` for an exchange, whose place is certain.
    fn before(&self) -> Option<Self> {
        let back = |range: &Range<usize>| Some(range.start.checked_sub(1)?..range.end - 1);
        let one_sided = self.old.is_empty() != self.new.is_empty();
        Some(Self { old: back(&self.old)?, new: back(&self.new)? }).filter(|_| one_sided)
    }

    /// One atom further to the end.
    fn after(&self) -> Option<Self> {
        let on = |range: &Range<usize>| range.start + 1..range.end + 1;
        let one_sided = self.old.is_empty() != self.new.is_empty();
        one_sided.then(|| Self { old: on(&self.old), new: on(&self.new) })
    }

    /// The first of what came or went.
    fn changed_at_start(&self, old: &[u32], new: &[u32]) -> Option<u32> {
        if self.old.is_empty() { new.get(self.new.start) } else { old.get(self.old.start) }.copied()
    }

    /// The last of it.
    fn last_changed(&self, old: &[u32], new: &[u32]) -> Option<u32> {
        let (units, range) = if self.old.is_empty() { (new, &self.new) } else { (old, &self.old) };
        units.get(range.end.checked_sub(1)?).copied()
    }
}

/// Units as numbers that are equal where the units are; tokens by what they say.
fn numbered(line: &Line, names: &mut HashMap<String, u32>) -> Vec<u32> {
    const TOKENS: u32 = 0x0020_0000;
    line.atoms
        .iter()
        .map(|atom| match atom.unit {
            Unit::Character(character) => u32::from(character),
            Unit::Space => u32::from(' '),
            Unit::Break => u32::from('\n'),
            Unit::Token(_) => {
                let token = line.token(atom.unit).unwrap_or_default();
                let next = TOKENS + u32::try_from(names.len()).unwrap_or(u32::MAX - TOKENS);
                *names.entry(token.to_owned()).or_insert(next)
            }
        })
        .collect()
}

fn is_word(line: &Line, at: usize) -> bool {
    matches!(
        line.atoms.get(at).map(|atom| atom.unit),
        Some(Unit::Character(character)) if character.is_alphanumeric() && !is_ideograph(character)
    )
}

/// Written without spaces between words.
fn is_ideograph(character: char) -> bool {
    matches!(u32::from(character), 0x2E80..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
}

/// The beginning of the word that ends or goes on at `at`.
fn word_start(line: &Line, mut at: usize) -> usize {
    while at > 0 && is_word(line, at - 1) {
        at -= 1;
    }
    at
}

/// The atoms of `range` in words; whatever is no letter or digit is one of its own.
pub(super) fn words(line: &Line, range: Range<usize>) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut at = range.start;
    while at < range.end {
        let start = at;
        at += 1;
        while is_word(line, start) && at < range.end && is_word(line, at) {
            at += 1;
        }
        words.push(start..at);
    }
    words
}

fn spelled<'u>(
    words: &'u [Range<usize>],
    units: &'u [u32],
) -> impl Iterator<Item = &'u [u32]> + 'u {
    words.iter().map(|word| units.get(word.clone()).unwrap_or_default())
}

fn narrowed(hunk: Hunk, old: &[u32], new: &[u32]) -> Hunk {
    let Hunk { old: mut removed, new: mut added } = hunk;
    while !removed.is_empty() && !added.is_empty() && old.get(removed.start) == new.get(added.start)
    {
        removed.start += 1;
        added.start += 1;
    }
    while !removed.is_empty()
        && !added.is_empty()
        && old.get(removed.end - 1) == new.get(added.end - 1)
    {
        removed.end -= 1;
        added.end -= 1;
    }
    Hunk { old: removed, new: added }
}
