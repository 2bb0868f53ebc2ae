//! How alike two parts are, in constant time each.

use crate::{
    diff::parts::{Form, Part, Parts},
    element::Element,
};

/// How many words stand for a part.
const WORDS: usize = 16;

/// The words with the smallest hashes of a part: as two parts choose theirs by the same rule, what
/// the choices share estimates what the parts share (bottom-k sketch of their Jaccard similarity).
#[derive(Clone, Debug, Default)]
pub(crate) struct Sketch(Vec<u32>);

impl Sketch {
    fn of_leaf(parts: &Parts<'_>, part: &Part) -> Self {
        let text = parts.text(part.outer.clone());
        let words = words(text, part.form == Form::Run);
        let mut hashes: Vec<u32> = words.collect();
        hashes.sort_unstable();
        hashes.dedup();
        hashes.truncate(WORDS);
        Self(hashes)
    }

    fn add(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
        self.0.sort_unstable();
        self.0.dedup();
        self.0.truncate(WORDS);
    }

    /// The hashes of the words that stand for the part, at most a few.
    pub(crate) fn words(&self) -> &[u32] {
        &self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// 0 for nothing in common to 1000 for the same words.
    pub(crate) fn similarity(&self, other: &Self) -> u32 {
        let (mut a, mut b) = (self.0.iter().peekable(), other.0.iter().peekable());
        let (mut shared, mut seen) = (0, 0);
        while seen < WORDS
            && let (Some(left), Some(right)) = (a.peek().copied(), b.peek().copied())
        {
            seen += 1;
            if left == right {
                shared += 1;
            }
            if left <= right {
                a.next();
            }
            if right <= left {
                b.next();
            }
        }
        seen = WORDS.min(seen + a.count() + b.count());
        u32::try_from(1000 * shared / seen.max(1)).unwrap_or(0)
    }
}

/// A sketch for each part.
pub(crate) fn sketches(parts: &Parts<'_>) -> Vec<Sketch> {
    let mut sketches: Vec<_> = parts
        .all
        .iter()
        .map(|part| match part.form {
            Form::Container if part.element != Element::Macro => Sketch::default(),
            Form::Container => Sketch::of_macro(parts, part),
            Form::Run | Form::Verbatim | Form::Atom => Sketch::of_leaf(parts, part),
        })
        .collect();
    for (place, part) in parts.all.iter().enumerate().rev() {
        let own = std::mem::take(&mut sketches[place]);
        if let Some(parent) = sketches.get_mut(part.parent as usize) {
            parent.add(&own);
        }
        sketches[place] = own;
    }
    sketches
}

impl Sketch {
    /// A macro is known by its name and parameters too.
    fn of_macro(parts: &Parts<'_>, part: &Part) -> Self {
        let head = parts.text(part.outer.start..part.content.start);
        let mut hashes: Vec<u32> = words(head, false).collect();
        hashes.sort_unstable();
        hashes.dedup();
        hashes.truncate(WORDS);
        Self(hashes)
    }
}

/// The hashes of all words of a leaf, each as often as it stands there.
pub(crate) fn word_hashes<'s>(parts: &Parts<'s>, leaf: u32) -> impl Iterator<Item = u32> + 's {
    words(parts.outer(leaf), parts.part(leaf).form == Form::Run)
}

/// The hashes of the words of `text`, those inside its tags left out if there are others.
fn words(text: &str, skip_tags: bool) -> impl Iterator<Item = u32> + '_ {
    let mut in_tag = false;
    let separates = move |character: char| {
        match character {
            '<' => in_tag = skip_tags,
            '>' => in_tag = false,
            _ => return in_tag || !character.is_alphanumeric(),
        }
        true
    };
    text.split(separates).filter(|word| !word.is_empty()).map(hash)
}

/// FNV-1a, mixed so that short words spread.
fn hash(word: &str) -> u32 {
    let fnv = word
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let mixed = (fnv ^ (fnv >> 16)).wrapping_mul(0x85eb_ca6b);
    mixed ^ (mixed >> 13)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch(page: &str) -> Sketch {
        sketches(&Parts::read(page)).swap_remove(0)
    }

    #[test]
    fn parts_are_as_alike_as_their_words() {
        let one = sketch("<p>the quick brown fox</p>");
        assert_eq!(one.similarity(&one), 1000);
        assert_eq!(one.similarity(&sketch("<h2><strong>fox</strong> quick the brown</h2>")), 1000);
        assert_eq!(one.similarity(&sketch("<p>the slow brown fox</p>")), 600);
        assert_eq!(one.similarity(&sketch("<p>something else</p>")), 0);
        assert_eq!(sketch("<p/>").similarity(&sketch("<p/>")), 0);
    }
}
