//! Ranks what another search engine found, by the same ideas as the index.

use std::collections::HashMap;

use crate::analysis::{PlacedTerm, Purpose, StopWords, terms};
use crate::query::Query;
use crate::wanted::Wanted;

/// Weights of a term in the title and in the breadcrumb; 1 is a term that fills the excerpt.
const TITLE: f32 = 1.5;
const BREADCRUMB: f32 = 0.25;
/// Weight of two neighbouring terms of the query that are neighbours in the title or excerpt.
const PAIR: f32 = 0.5;

/// A page that a live search found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidate {
    /// The page's title.
    pub title: String,
    /// Titles of its ancestors.
    pub breadcrumb: Vec<String>,
    /// What the search engine shows of it, as plain text.
    pub excerpt: String,
}

/// The indexes of `candidates`, best first; equals stay in the order given.
///
/// A term counts by how rare it is among the candidates and by where it stands: title before
/// excerpt before breadcrumb.
pub fn rank(query: &Query, candidates: &[Candidate]) -> Vec<usize> {
    let wanted = Wanted::new(query);
    let read: Vec<Read> = candidates.iter().map(Read::new).collect();
    let rarity: HashMap<&str, f32> = wanted
        .title_terms
        .iter()
        .map(|term| {
            let having = read.iter().filter(|read| read.has(term)).count() as f32;
            let rarity = 1.0 + (read.len() as f32 - having + 0.5) / (having + 0.5);
            (term.as_str(), rarity.ln())
        })
        .collect();
    let scores: Vec<f32> = read.iter().map(|read| read.score(&wanted, &rarity)).collect();
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by(|one, other| scores[*other].total_cmp(&scores[*one]));
    order
}

/// A candidate as terms.
struct Read {
    title: Vec<PlacedTerm>,
    breadcrumb: Vec<PlacedTerm>,
    excerpt: Vec<PlacedTerm>,
}

impl Read {
    fn new(candidate: &Candidate) -> Self {
        Self {
            title: terms(Purpose::Index, StopWords::Kept, &candidate.title),
            breadcrumb: terms(Purpose::Index, StopWords::Dropped, &candidate.breadcrumb.join("\n")),
            excerpt: terms(Purpose::Index, StopWords::Dropped, &candidate.excerpt),
        }
    }

    fn has(&self, term: &str) -> bool {
        [&self.title, &self.breadcrumb, &self.excerpt].iter().any(|field| count(field, term) > 0.0)
    }

    fn score(&self, wanted: &Wanted, rarity: &HashMap<&str, f32>) -> f32 {
        let rarity = |term: &str| rarity.get(term).copied().unwrap_or_default();
        let single = wanted.title_terms.iter().map(|term| {
            let excerpt = count(&self.excerpt, term);
            rarity(term)
                * (TITLE * count(&self.title, term).min(1.0)
                    + BREADCRUMB * count(&self.breadcrumb, term).min(1.0)
                    + excerpt / (excerpt + 1.2))
        });
        let pairs = wanted.pairs.iter().map(|pair| {
            let near = has_pair(&self.title, pair) || has_pair(&self.excerpt, pair);
            let weight: f32 = pair.iter().map(|(_, term)| rarity(term)).sum();
            if near { PAIR * weight } else { 0.0 }
        });
        single.chain(pairs).sum()
    }
}

fn count(field: &[PlacedTerm], term: &str) -> f32 {
    field.iter().filter(|placed| placed.text == term).count() as f32
}

fn has_pair(field: &[PlacedTerm], pair: &[(usize, String)]) -> bool {
    let [(_, first), (distance, second)] = pair else { return false };
    let firsts = field.iter().filter(|placed| placed.text == *first);
    firsts.into_iter().any(|one| {
        field.iter().any(|other| {
            other.text == *second && other.position.abs_diff(one.position + distance) <= 1
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(title: &str, excerpt: &str) -> Candidate {
        Candidate { title: title.into(), breadcrumb: vec!["Home".into()], excerpt: excerpt.into() }
    }

    #[test]
    fn rare_terms_and_titles_come_first_and_equals_keep_their_order() {
        let candidates = [
            candidate("Release notes", "deploy the service and deploy it again"),
            candidate("Other", "nothing"),
            candidate("Another", "nothing"),
            candidate("Deploying the gateway", "deploy with care"),
            candidate("Notes", "the gateway deploys"),
        ];
        let order = rank(&Query::parse("How do we deploy the gateway?"), &candidates);
        assert_eq!(order, [3, 4, 0, 1, 2]);
    }

    #[test]
    fn stop_words_alone_are_looked_for_in_titles() {
        let candidates = [candidate("Where", "who"), candidate("Who we are", "people")];
        assert_eq!(rank(&Query::parse("who we are"), &candidates), [1, 0]);
        assert!(rank(&Query::default(), &[]).is_empty());
    }
}
