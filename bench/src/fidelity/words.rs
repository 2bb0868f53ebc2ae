//! Text as it is compared: runs of letters and digits, whatever stands between them.

use std::collections::HashMap;

/// Words in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Text {
    words: Vec<String>,
    /// The next letter begins a word.
    parted: bool,
}

impl Text {
    /// Adds text that goes on where the last one ended.
    pub(super) fn push(&mut self, text: &str) {
        for character in text.chars() {
            if !character.is_alphanumeric() {
                self.parted = true;
            } else if let Some(word) = self.words.last_mut().filter(|_| !self.parted) {
                word.push(character);
            } else {
                self.words.push(character.into());
                self.parted = false;
            }
        }
    }

    /// What follows is another word.
    pub(super) fn part(&mut self) {
        self.parted = true;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Letters and digits alone.
    pub(super) fn letters(&self) -> String {
        self.words.concat()
    }

    /// Whether `shown` says the same, with nothing lost. It may say more between the words: a
    /// converter may name what has no words.
    pub(super) fn is_kept_in(&self, shown: &Self) -> bool {
        if self.letters() == shown.letters() {
            return true;
        }
        let mut rest = shown.words.iter();
        self.words.iter().all(|word| rest.any(|other| other == word))
    }

    /// The letters of the words that come in one of `shown` as often as here, and all letters.
    pub(super) fn kept_in(&self, shown: &[&Self]) -> (usize, usize) {
        let shown: Vec<_> = shown.iter().map(|text| text.counts()).collect();
        let mut sums = (0, 0);
        for (word, count) in self.counts() {
            let most = shown.iter().filter_map(|counts| counts.get(word)).max();
            let letters = word.chars().count();
            sums.0 += letters * most.copied().unwrap_or(0).min(count);
            sums.1 += letters * count;
        }
        sums
    }

    fn counts(&self) -> HashMap<&str, usize> {
        let mut counts = HashMap::new();
        for word in &self.words {
            *counts.entry(word.as_str()).or_insert(0) += 1;
        }
        counts
    }
}
