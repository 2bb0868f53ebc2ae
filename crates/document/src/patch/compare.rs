//! What two sequences have in common, in time that is bounded whatever they hold.

use std::{collections::HashMap, hash::Hash, ops::Range};

use imara_diff::{Algorithm, Diff, InternedInput, Interner};

use super::atom::{Line, Unit};

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
    let mut input =
        InternedInput { before: Vec::new(), after: Vec::new(), interner: Interner::new(0) };
    input.update_before(old);
    input.update_after(new);
    let diff = Diff::compute(Algorithm::Histogram, &input);
    let wide = |range: Range<u32>| range.start as usize..range.end as usize;
    diff.hunks().map(|hunk| Hunk { old: wide(hunk.before), new: wide(hunk.after) }).collect()
}

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
    found
        .into_iter()
        .map(|hunk| Hunk {
            old: atoms(&old_words, &hunk.old, old_units.len()),
            new: atoms(&new_words, &hunk.new, new_units.len()),
        })
        .map(|hunk| narrowed(hunk, &old_units, &new_units))
        .collect()
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
