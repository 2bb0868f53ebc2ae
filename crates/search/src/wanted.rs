//! A query as terms of the index.

use crate::analysis::{PlacedTerm, Purpose, StopWords, terms, written};
use crate::query::Query;

/// More terms than these tell nothing more and only cost.
const MOST_TERMS: usize = 64;

/// Terms in a row, each with its offset.
pub(crate) type Sequence = Vec<(usize, String)>;

#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// Any of them, in page and section texts.
    pub(crate) terms: Vec<String>,
    /// Any of them, in titles: the same, or the stop words of a query that has nothing else.
    pub(crate) title_terms: Vec<String>,
    /// Any of them, as they are written: a word that is asked for alone, or the stop words of a
    /// query that has nothing else. In a longer question forms are by the way; to weigh them there
    /// lost two points on a public handbook's questions.
    pub(crate) written: Vec<String>,
    /// Neighbouring terms of the query: to be near each other is a bonus.
    pub(crate) pairs: Vec<Sequence>,
    /// All of them must be in a section.
    pub(crate) phrases: Vec<Sequence>,
    /// All of them must be in the title: quoted stop words, which no other field has.
    pub(crate) title_phrases: Vec<Sequence>,
}

impl Wanted {
    pub(crate) fn new(query: &Query) -> Self {
        let mut wanted = Self::default();
        let texts: Vec<&str> =
            std::iter::once(&query.words).chain(&query.phrases).map(String::as_str).collect();
        wanted.terms = distinct(&texts, StopWords::Dropped);
        wanted.title_terms = if wanted.terms.is_empty() {
            distinct(&texts, StopWords::Kept)
        } else {
            wanted.terms.clone()
        };
        wanted.written = Self::written(&texts, wanted.terms.is_empty());
        for text in texts {
            let placed = terms(Purpose::Phrase, StopWords::Dropped, text);
            wanted.pairs.extend(placed.windows(2).map(sequence));
        }
        wanted.pairs.truncate(MOST_TERMS);
        for phrase in &query.phrases {
            let placed = terms(Purpose::Phrase, StopWords::Dropped, phrase);
            if placed.is_empty() {
                let placed = terms(Purpose::Phrase, StopWords::Kept, phrase);
                wanted.title_phrases.push(sequence(&placed));
            } else {
                wanted.phrases.push(sequence(&placed));
            }
        }
        wanted
    }

    fn written(texts: &[&str], only_stop_words: bool) -> Vec<String> {
        let stop_words = if only_stop_words { StopWords::Kept } else { StopWords::Dropped };
        let mut words: Vec<String> =
            texts.iter().flat_map(|text| written(stop_words, text)).collect();
        words.sort_unstable();
        words.dedup();
        words.truncate(MOST_TERMS);
        if only_stop_words || words.len() == 1 { words } else { Vec::new() }
    }
}

fn distinct(texts: &[&str], stop_words: StopWords) -> Vec<String> {
    let mut distinct: Vec<String> = Vec::new();
    for term in texts.iter().flat_map(|text| terms(Purpose::Match, stop_words, text)) {
        if distinct.len() < MOST_TERMS && !distinct.contains(&term.text) {
            distinct.push(term.text);
        }
    }
    distinct
}

fn sequence(terms: &[PlacedTerm]) -> Sequence {
    let first = terms.first().map_or(0, |term| term.position);
    terms.iter().take(MOST_TERMS).map(|term| (term.position - first, term.text.clone())).collect()
}
