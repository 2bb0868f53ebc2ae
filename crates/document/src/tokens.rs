//! What a text costs an agent.

use std::ops::Range;

/// About how many tokens a language model reads `text` as: one for four characters of Latin and
/// other alphabetic text, one for each CJK character. Good to a tenth or two, and free of a model's
/// own dictionary.
#[must_use]
pub fn estimate_tokens(text: &str) -> u32 {
    Letters::of(text).tokens()
}

/// The length of the longest beginning of `text` that costs no more than `most`.
pub(crate) fn fitting(text: &str, most: u32) -> usize {
    let mut letters = Letters::default();
    let over = text.char_indices().find(|(_, character)| {
        letters.add(*character);
        letters.tokens() > most
    });
    over.map_or(text.len(), |(at, _)| at)
}

/// The tokens of many parts of one text, each at a cost that does not depend on its length.
pub(crate) struct Tokens<'t> {
    text: &'t str,
    /// What stands before the start of each stretch.
    stretches: Vec<Letters>,
}

/// Bytes.
const STRETCH: usize = 512;

impl<'t> Tokens<'t> {
    pub(crate) fn of(text: &'t str) -> Self {
        let mut stretches = vec![Letters::default()];
        let mut letters = Letters::default();
        for (at, character) in text.char_indices() {
            while stretches.len() * STRETCH <= at {
                stretches.push(letters);
            }
            letters.add(character);
        }
        Self { text, stretches }
    }

    pub(crate) fn within(&self, range: &Range<u32>) -> u32 {
        let (start, end) = (self.before(range.start as usize), self.before(range.end as usize));
        let letters = Letters {
            alphabetic: end.alphabetic.saturating_sub(start.alphabetic),
            ideographic: end.ideographic.saturating_sub(start.ideographic),
        };
        letters.tokens()
    }

    fn before(&self, at: usize) -> Letters {
        let stretch = (at / STRETCH).min(self.stretches.len() - 1);
        let start = self.text.ceil_char_boundary(stretch * STRETCH);
        let mut letters = self.stretches.get(stretch).copied().unwrap_or_default();
        self.text.get(start..at).unwrap_or_default().chars().for_each(|it| letters.add(it));
        letters
    }
}

#[derive(Clone, Copy, Default)]
struct Letters {
    alphabetic: u32,
    ideographic: u32,
}

impl Letters {
    fn of(text: &str) -> Self {
        let mut letters = Self::default();
        for line in text.split_inclusive('\n') {
            // Nearly every line is, and then its length says all.
            if line.is_ascii() {
                let length = u32::try_from(line.len()).unwrap_or(u32::MAX);
                letters.alphabetic = letters.alphabetic.saturating_add(length);
            } else {
                line.chars().for_each(|character| letters.add(character));
            }
        }
        letters
    }

    fn add(&mut self, character: char) {
        let kind = if is_cjk(character) { &mut self.ideographic } else { &mut self.alphabetic };
        *kind = kind.saturating_add(1);
    }

    fn tokens(self) -> u32 {
        self.alphabetic.div_ceil(4).saturating_add(self.ideographic)
    }
}

/// Kana, Han, Hangul and their full-width companions (Unicode blocks from Hangul Jamo on).
fn is_cjk(character: char) -> bool {
    matches!(
        u32::from(character),
        0x1100..=0x11FF | 0x2E80..=0x9FFF | 0xA960..=0xA97F | 0xAC00..=0xD7FF
            | 0xF900..=0xFAFF | 0xFE30..=0xFE4F | 0xFF00..=0xFFEF | 0x20000..=0x3FFFF
    )
}

#[cfg(test)]
mod tests {
    use super::{STRETCH, Tokens, estimate_tokens, fitting};

    #[test]
    fn four_latin_characters_or_one_ideograph_make_a_token() {
        assert_eq!(estimate_tokens(""), 0);
        assert_eq!(estimate_tokens("word"), 1);
        assert_eq!(estimate_tokens("words"), 2);
        assert_eq!(estimate_tokens("문서"), 2);
        assert_eq!(estimate_tokens("문서 page"), 4);
    }

    #[test]
    fn parts_cost_what_they_cost_alone() {
        let text = "a문b ".repeat(STRETCH);
        let tokens = Tokens::of(&text);
        for (start, end) in [(0, 0), (0, 6), (1, 4), (6 * 80, 6 * 90), (6 * 85, text.len())] {
            let range = u32::try_from(start).unwrap_or(0)..u32::try_from(end).unwrap_or(0);
            assert_eq!(tokens.within(&range), estimate_tokens(&text[start..end]), "{range:?}");
        }
    }

    #[test]
    fn what_fits_costs_no_more_and_one_character_more_would() {
        for most in 0..6 {
            let length = fitting("ab문서cdefg문", most);
            assert!(estimate_tokens(&"ab문서cdefg문"[..length]) <= most);
        }
        assert_eq!(fitting("abcde", 1), 4);
        assert_eq!(fitting("abcd", 1), 4);
        assert_eq!(fitting("문서", 0), 0);
    }
}
