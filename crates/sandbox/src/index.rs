//! What the search knows: the words of each item, at the time they were indexed. It may lag
//! behind the site, as the real one does.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};

use jiff::Timestamp;

use crate::site::{Item, Site};

/// One item as it was when it was indexed.
pub(crate) struct Entry {
    pub title: String,
    pub labels: BTreeSet<String>,
    pub modified: Timestamp,
    /// Plain text of the body.
    pub text: String,
    words: HashSet<Box<str>>,
}

#[derive(Default)]
pub(crate) struct Index {
    entries: BTreeMap<u64, Entry>,
    /// Changed items with the number of requests that had been served by then; `None` for
    /// what was there before the first request.
    pending: VecDeque<(Option<u64>, u64)>,
}

impl Index {
    pub(crate) fn note(&mut self, changed: Vec<u64>, served: Option<u64>) {
        self.pending.extend(changed.into_iter().map(|id| (served, id)));
    }

    /// Takes in what is older than `lag` requests.
    pub(crate) fn settle(&mut self, site: &Site, served: u64, lag: u64) {
        let mut due = BTreeSet::new();
        let ripe = |at: Option<u64>| at.is_none_or(|at| at + lag < served);
        while let Some((_, id)) = self.pending.pop_front_if(|(at, _)| ripe(*at)) {
            due.insert(id);
        }
        for id in due {
            match site.item(id) {
                Some(item) => {
                    self.entries.insert(id, Entry::of(item));
                }
                None => {
                    self.entries.remove(&id);
                }
            }
        }
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (u64, &Entry)> {
        self.entries.iter().map(|(id, entry)| (*id, entry))
    }

    pub(crate) fn entry(&self, id: u64) -> Option<&Entry> {
        self.entries.get(&id)
    }
}

impl Entry {
    fn of(item: &Item) -> Self {
        let text = document::plain_text(item.body());
        let words = split(item.title()).chain(split(&text)).map(String::into_boxed_str).collect();
        Self {
            title: item.title().to_owned(),
            labels: item.labels.clone(),
            modified: item.latest().at,
            text,
            words,
        }
    }

    /// Whether title and text together hold every word, and each phrase as it stands.
    pub(crate) fn has(&self, words: &Words) -> bool {
        words.single.iter().all(|word| word.is_in(&self.words))
            && words
                .phrases
                .iter()
                .all(|phrase| phrase_in(phrase, &self.title) || phrase_in(phrase, &self.text))
    }

    /// Words in the title count more than words in the text.
    pub(crate) fn relevance(&self, wanted: &[&Words]) -> usize {
        let title: HashSet<Box<str>> = split(&self.title).map(String::into_boxed_str).collect();
        let singles = wanted.iter().flat_map(|words| &words.single);
        singles.map(|w| usize::from(w.is_in(&self.words)) + 3 * usize::from(w.is_in(&title))).sum()
    }
}

/// What stands right of `~`: words that must all be there, `prefix*`, and `"a phrase"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Words {
    single: Vec<Wanted>,
    phrases: Vec<Vec<String>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Wanted {
    Word(Box<str>),
    Prefix(String),
}

impl Wanted {
    fn is_in(&self, words: &HashSet<Box<str>>) -> bool {
        match self {
            Self::Word(word) => words.contains(word),
            Self::Prefix(prefix) => words.iter().any(|word| word.starts_with(prefix)),
        }
    }
}

impl Words {
    pub(crate) fn parse(text: &str) -> Self {
        let mut found = Self { single: Vec::new(), phrases: Vec::new() };
        for (number, part) in text.split('"').enumerate() {
            if number % 2 == 1 {
                found.phrases.push(split(part).collect());
                continue;
            }
            for chunk in part.split_whitespace() {
                let prefix = chunk.ends_with('*');
                let mut words: Vec<String> = split(chunk).collect();
                let last = if prefix { words.pop() } else { None };
                found.single.extend(words.into_iter().map(|w| Wanted::Word(w.into())));
                found.single.extend(last.map(Wanted::Prefix));
            }
        }
        found
    }

    /// Whether one text holds all of them.
    pub(crate) fn are_in(&self, text: &str) -> bool {
        let words: HashSet<Box<str>> = split(text).map(String::into_boxed_str).collect();
        self.single.iter().all(|word| word.is_in(&words))
            && self.phrases.iter().all(|phrase| phrase_in(phrase, text))
    }

    /// Whether a word of a text is one of those asked for.
    pub(crate) fn names(&self, word: &str) -> bool {
        let word = word.to_lowercase();
        self.single.iter().any(|wanted| match wanted {
            Wanted::Word(w) => **w == *word,
            Wanted::Prefix(prefix) => word.starts_with(prefix),
        }) || self.phrases.iter().flatten().any(|w| *w == word)
    }
}

fn phrase_in(phrase: &[String], text: &str) -> bool {
    let words: Vec<String> = split(text).collect();
    phrase.is_empty() || words.windows(phrase.len()).any(|window| window == phrase)
}

/// Lower-cased runs of letters and digits; each Han or Kana character is a word.
pub(crate) fn split(text: &str) -> impl Iterator<Item = String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for c in text.chars() {
        if is_ideographic(c) {
            words.extend(Some(std::mem::take(&mut word)).filter(|w| !w.is_empty()));
            words.push(c.to_string());
        } else if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        } else if !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
    }
    words.extend(Some(word).filter(|w| !w.is_empty()));
    words.into_iter()
}

fn is_ideographic(c: char) -> bool {
    matches!(u32::from(c), 0x3040..=0x30ff | 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xf900..=0xfaff)
}
