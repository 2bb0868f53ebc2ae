//! The piece of a section that shows why it was found.

use std::collections::HashMap;
use std::ops::Range;

use crate::analysis::{Purpose, StopWords, terms};

/// Characters, the marks of omission included.
const LONGEST: usize = 240;
/// Characters from the first to the last match that may be shown; the rest is what is around them.
const MATCHES: usize = 170;
/// A sentence that starts at most so many characters before the first match is shown whole.
const LEAD: usize = 50;
/// A cut word at the end is left out, unless it is longer than this.
const LONGEST_WORD: usize = 30;
const OMISSION: char = '…';

/// At most 240 characters of `body` on one line: those with the most telling of the weighted terms.
pub(crate) fn snippet(body: &str, weights: &[(String, f32)]) -> String {
    let line = Line::new(body);
    if line.len() <= LONGEST {
        return line.text;
    }
    let start = line.lead(line.best_match(weights));
    let end = line.tail(start);
    let mut snippet = String::new();
    snippet.extend((start > 0).then_some(OMISSION));
    snippet.push_str(line.slice(start..end).trim());
    snippet.extend((end < line.len()).then_some(OMISSION));
    snippet
}

/// A text without line breaks, addressed by character.
struct Line {
    text: String,
    /// Byte offset of each character, and the length of the text.
    offsets: Vec<usize>,
}

impl Line {
    fn new(text: &str) -> Self {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let offsets = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        Self { text, offsets }
    }

    fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    fn slice(&self, characters: Range<usize>) -> &str {
        &self.text[self.offsets[characters.start]..self.offsets[characters.end]]
    }

    fn character_at(&self, byte: usize) -> usize {
        self.offsets.partition_point(|offset| *offset < byte)
    }

    /// Where the stretch of text starts that has the most weight of different terms; 0 when there
    /// is none.
    fn best_match(&self, weights: &[(String, f32)]) -> usize {
        let weights: HashMap<&str, f32> =
            weights.iter().map(|(term, weight)| (term.as_str(), *weight)).collect();
        let matches: Vec<(usize, usize, String)> =
            terms(Purpose::Index, StopWords::Dropped, &self.text)
                .into_iter()
                .filter(|term| weights.contains_key(term.text.as_str()))
                .map(|term| {
                    let Range { start, end } = term.range;
                    (self.character_at(start), self.character_at(end), term.text)
                })
                .collect();
        let mut best = (0.0, 0);
        for (index, (start, ..)) in matches.iter().enumerate() {
            let mut seen: Vec<&str> = Vec::new();
            let mut total = 0.0;
            for (_, _, term) in
                matches[index..].iter().take_while(|(_, end, _)| *end <= start + MATCHES)
            {
                if !seen.contains(&term.as_str()) {
                    seen.push(term);
                    total += weights.get(term.as_str()).copied().unwrap_or_default();
                }
            }
            if total > best.0 {
                best = (total, *start);
            }
        }
        best.1
    }

    /// Where to start so that the match at `at` is read in its sentence, or after a few words.
    fn lead(&self, at: usize) -> usize {
        let earliest = at.saturating_sub(LEAD);
        if earliest == 0 {
            return 0;
        }
        let before = self.slice(earliest..at);
        let sentence = [". ", "! ", "? ", "。", "！", "？"]
            .iter()
            .filter_map(|stop| before.rfind(stop).map(|found| found + stop.len()))
            .max();
        let word = || before.find(' ').map(|found| found + 1);
        let start = sentence.or_else(word).unwrap_or_default();
        self.character_at(self.offsets[earliest] + start)
    }

    /// Where to end what starts at `start`: behind a whole word if that is near.
    fn tail(&self, start: usize) -> usize {
        let end = start + LONGEST - 2;
        if end >= self.len() {
            return self.len();
        }
        match self.slice(start..end + 1).rfind(' ') {
            Some(space) => {
                let space = self.character_at(self.offsets[start] + space);
                if end - space <= LONGEST_WORD { space } else { end }
            }
            None => end,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn weights(terms: &[&str]) -> Vec<(String, f32)> {
        terms.iter().map(|term| ((*term).to_owned(), 1.0)).collect()
    }

    #[test]
    fn a_short_section_is_shown_whole_on_one_line() {
        assert_eq!(snippet("One\n two.", &weights(&["two"])), "One two.");
    }

    #[test]
    fn a_long_section_is_shown_where_most_terms_are() {
        let filler = "Nothing of interest stands here at all. ".repeat(10);
        let body = format!("The pool. {filler}Restart the pool when it hangs. {filler}");
        let snippet = snippet(&body, &weights(&["restart", "pool", "hang"]));
        assert!(snippet.starts_with("…Restart the pool when it hangs. Nothing"), "{snippet}");
        assert!(snippet.ends_with('…') && snippet.chars().count() <= LONGEST);
    }

    #[test]
    fn without_a_match_the_beginning_is_shown() {
        let body = "word ".repeat(100);
        assert!(snippet(&body, &[]).starts_with("word word"));
    }

    proptest! {
        #[test]
        fn no_snippet_is_longer_than_allowed(body in "([a-z]{1,40}[ .]|[一-龥]{1,40}|é\u{301}){0,80}", at in "[a-z]{1,2}") {
            let snippet = snippet(&body, &weights(&[&at, "一"]));
            prop_assert!(snippet.chars().count() <= LONGEST);
        }
    }
}
