//! Finds pages, then the best section of each.
//!
//! First the page documents are ranked, with pruning, and the best of those that the caller may see
//! become candidates. Then the sections of the candidates, which follow their page in the segment,
//! are scored. A page's score is its own and that of its best section.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashMap};
use std::ops::Range;

use store::{AclClass, VisibleClasses};
use tantivy::columnar::Column;
use tantivy::query::{
    Bm25StatisticsProvider, BooleanQuery, BoostQuery, ConstScoreQuery, EnableScoring, Occur,
    PhraseQuery, TermQuery, Weight,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocAddress, DocId, DocSet, Score, Searcher, SegmentReader, TantivyDocument, Term};

use crate::query::Query;
use crate::schema::{Fields, class_of_number, texts};
use crate::snippet::snippet;
use crate::wanted::Wanted;

/// So many pages are scored section by section, or as many as are asked for.
const CANDIDATES: usize = 200;

/// Weights of the parts of a score; set on one half of a public handbook's questions and checked on
/// the other.
mod weight {
    use tantivy::Score;

    pub(super) const TITLE: Score = 0.5;
    pub(super) const BREADCRUMB: Score = 0.25;
    pub(super) const SECTION: Score = 1.0;
    /// A page that has the very form that is asked for goes before those that have another.
    pub(super) const WRITTEN: Score = 2.0;
    pub(super) const PAIR: Score = 0.4;
    pub(super) const TITLE_PAIR: Score = 0.5;
    /// A title that says what is asked and little else goes before one that says it by the way.
    pub(super) const TITLE_COVER: Score = 2.0;
}

/// The best section of one page.
///
/// The index may lag behind the store: `class` must be checked again there before the hit is
/// returned to anybody.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The page.
    pub content_id: String,
    /// The version of the page that was indexed.
    pub version: i64,
    /// Comparable within one answer only.
    pub score: f32,
    /// Headings from the top down to the section; empty for what stands before the first.
    pub section: Vec<String>,
    /// The anchor of the section's heading.
    pub anchor: Option<String>,
    /// Plain text around the best matches, at most 240 characters.
    pub snippet: String,
    /// Who may see the page.
    pub class: AclClass,
}

/// One search on one state of the index.
pub(crate) struct Search<'a> {
    fields: &'a Fields,
    searcher: &'a Searcher,
    visible: &'a VisibleClasses,
    segments: Vec<Segment<'a>>,
}

struct Segment<'a> {
    reader: &'a SegmentReader,
    classes: Column<u64>,
    ordinals: Column<u64>,
    versions: Column<i64>,
}

/// A page on the way to a hit.
#[derive(Clone, Copy, PartialEq)]
struct Candidate {
    score: Score,
    address: DocAddress,
    /// The best section, if any matches.
    section: Option<DocId>,
}

impl<'a> Search<'a> {
    pub(crate) fn new(
        fields: &'a Fields,
        searcher: &'a Searcher,
        visible: &'a VisibleClasses,
    ) -> tantivy::Result<Self> {
        let segments = searcher.segment_readers().iter().map(Segment::open);
        let segments = segments.collect::<tantivy::Result<_>>()?;
        Ok(Self { fields, searcher, visible, segments })
    }

    pub(crate) fn run(&self, query: &Query, limit: usize) -> tantivy::Result<Vec<Hit>> {
        let wanted = Wanted::new(query);
        let mut candidates = self.candidates(query, &wanted, limit.max(CANDIDATES))?;
        self.score_sections(&wanted, &mut candidates)?;
        candidates.sort_unstable_by(Candidate::order);
        candidates.truncate(limit);
        let weights = self.term_weights(&wanted)?;
        candidates.iter().map(|candidate| self.hit(candidate, &weights)).collect()
    }

    /// The best `count` pages by their own score that the caller may see and that the query's
    /// filters and phrases admit.
    fn candidates(
        &self,
        query: &Query,
        wanted: &Wanted,
        count: usize,
    ) -> tantivy::Result<Vec<Candidate>> {
        let Some(page_query) = self.page_query(query, wanted) else { return Ok(Vec::new()) };
        let pages = Population::pages(self)?;
        let weight = tantivy::query::Query::weight(&page_query, pages.scoring())?;
        let phrases = self.phrases(wanted)?;
        let mut best = Best::new(count);
        for (segment_ord, segment) in (0..).zip(&self.segments) {
            let admitted = segment.pages_with_all(&phrases)?;
            weight.for_each_pruning(best.threshold(), segment.reader, &mut |doc, score| {
                if self.admits(segment, doc)
                    && admitted.as_ref().is_none_or(|pages| pages.binary_search(&doc).is_ok())
                {
                    best.push(score, DocAddress::new(segment_ord, doc));
                }
                best.threshold()
            })?;
        }
        Ok(best.into_candidates())
    }

    /// Whether the page at `doc` exists, for this caller.
    fn admits(&self, segment: &Segment<'_>, doc: DocId) -> bool {
        let alive = segment.reader.alive_bitset().is_none_or(|alive| alive.is_alive(doc));
        let class = segment.classes.first(doc).map(class_of_number);
        alive && class.is_some_and(|class| self.visible.contains(class))
    }

    /// Pages with any of the terms, and with all of the filters. None when the query asks nothing.
    fn page_query(&self, query: &Query, wanted: &Wanted) -> Option<BooleanQuery> {
        let term = |field, text: &str, weight| {
            let query =
                TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::WithFreqs);
            (Occur::Should, Box::new(BoostQuery::new(Box::new(query), weight)) as Box<_>)
        };
        let terms: Vec<_> = wanted
            .terms
            .iter()
            .flat_map(|text| {
                [(self.fields.page, 1.0), (self.fields.breadcrumb, weight::BREADCRUMB)]
                    .map(|(field, weight)| term(field, text, weight))
            })
            .chain(
                wanted.written.iter().map(|text| term(self.fields.written, text, weight::WRITTEN)),
            )
            .chain(
                wanted.title_terms.iter().map(|text| term(self.fields.title, text, weight::TITLE)),
            )
            .collect();
        let any_space = any_of(self.fields.space, &query.spaces);
        let filters = any_space.into_iter().chain(
            query
                .labels
                .iter()
                .filter_map(|label| any_of(self.fields.label, std::slice::from_ref(label))),
        );
        let mut clauses: Vec<(Occur, Box<dyn tantivy::query::Query>)> =
            filters.map(|filter| (Occur::Must, filter)).collect();
        if clauses.is_empty() {
            return (!terms.is_empty()).then(|| BooleanQuery::new(terms));
        }
        if !terms.is_empty() {
            clauses.push((Occur::Must, Box::new(BooleanQuery::new(terms))));
        }
        Some(BooleanQuery::new(clauses))
    }

    /// The phrases that a page must have, ready to run.
    fn phrases(&self, wanted: &Wanted) -> tantivy::Result<Vec<Box<dyn Weight>>> {
        let sections = wanted.phrases.iter().map(|phrase| (self.fields.section, phrase));
        let titles = wanted.title_phrases.iter().map(|phrase| (self.fields.title, phrase));
        let without_scores = EnableScoring::disabled_from_searcher(self.searcher);
        sections
            .chain(titles)
            .filter_map(|(field, phrase)| sequence(field, phrase, 0))
            .map(|query| query.weight(without_scores))
            .collect()
    }

    /// Adds the score of the best section to each candidate.
    fn score_sections(&self, wanted: &Wanted, candidates: &mut [Candidate]) -> tantivy::Result<()> {
        let sections = Population::sections(self)?;
        let pages = Population::pages(self)?;
        let mut section_weights = Vec::new();
        for text in &wanted.terms {
            let term = Term::from_field_text(self.fields.section, text);
            let query: Box<dyn tantivy::query::Query> =
                Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs));
            section_weights.push((query.weight(sections.scoring())?, weight::SECTION));
        }
        let mut title_weights = Vec::new();
        for pair in &wanted.pairs {
            if let Some(query) = sequence(self.fields.section, pair, 1) {
                section_weights
                    .push((query.weight(sections.scoring())?, weight::SECTION * weight::PAIR));
            }
            if let Some(query) = sequence(self.fields.title, pair, 1) {
                title_weights.push((query.weight(pages.scoring())?, weight::TITLE_PAIR));
            }
        }
        let mut title_terms = Vec::new();
        for text in &wanted.title_terms {
            let term = Term::from_field_text(self.fields.title, text);
            let query: Box<dyn tantivy::query::Query> =
                Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs));
            title_terms.push(query.weight(pages.scoring())?);
        }
        candidates.sort_unstable_by_key(|candidate| candidate.address);
        for group in candidates
            .chunk_by_mut(|one, other| one.address.segment_ord == other.address.segment_ord)
        {
            let Some(segment) = group
                .first()
                .and_then(|first| self.segments.get(first.address.segment_ord as usize))
            else {
                continue;
            };
            segment.add_best_section(&section_weights, group)?;
            segment.add_title(&title_weights, group)?;
            segment.add_title_cover(self.fields.title, &title_terms, group)?;
        }
        Ok(())
    }

    /// How much each term tells, for choosing a snippet.
    fn term_weights(&self, wanted: &Wanted) -> tantivy::Result<Vec<(String, f32)>> {
        let pages = Population::pages(self)?;
        let weigh = |text: &String| {
            let term = Term::from_field_text(self.fields.page, text);
            let frequency = self.searcher.doc_freq(&term)? as f32;
            let rarity = 1.0 + (pages.documents as f32 - frequency + 0.5) / (frequency + 0.5);
            Ok((text.clone(), rarity.ln()))
        };
        wanted.terms.iter().map(weigh).collect()
    }

    fn hit(&self, candidate: &Candidate, weights: &[(String, f32)]) -> tantivy::Result<Hit> {
        let Candidate { score, address, section } = *candidate;
        let segment = &self.segments[address.segment_ord as usize];
        let page: TantivyDocument = self.searcher.doc(address)?;
        // A page that matches by its title alone is shown by its first section.
        let section = section.or_else(|| segment.sections_of(address.doc_id).next());
        let section: TantivyDocument = match section {
            Some(doc) => self.searcher.doc(DocAddress::new(address.segment_ord, doc))?,
            None => TantivyDocument::default(),
        };
        let fields = self.fields;
        Ok(Hit {
            content_id: texts(&page, fields.content_id).collect(),
            version: segment.versions.first(address.doc_id).unwrap_or_default(),
            score,
            section: texts(&section, fields.path).map(str::to_owned).collect(),
            anchor: texts(&section, fields.anchor).next().map(str::to_owned),
            snippet: snippet(texts(&section, fields.body).next().unwrap_or_default(), weights),
            class: class_of_number(segment.classes.first(address.doc_id).unwrap_or_default()),
        })
    }
}

impl<'a> Segment<'a> {
    fn open(reader: &'a SegmentReader) -> tantivy::Result<Self> {
        let columns = reader.fast_fields();
        Ok(Self {
            reader,
            classes: columns.u64("acl_class")?,
            ordinals: columns.u64("ordinal")?,
            versions: columns.i64("version")?,
        })
    }

    fn sections_of(&self, page: DocId) -> Range<DocId> {
        let mut end = page + 1;
        while end < self.reader.max_doc() && self.ordinals.first(end) != Some(0) {
            end += 1;
        }
        page + 1..end
    }

    /// The pages that have each of `phrases` somewhere, ascending. None without phrases.
    fn pages_with_all(&self, phrases: &[Box<dyn Weight>]) -> tantivy::Result<Option<Vec<DocId>>> {
        let mut all: Option<Vec<DocId>> = None;
        for phrase in phrases {
            let mut pages = Vec::new();
            phrase.for_each_no_score(self.reader, &mut |docs| {
                pages.extend(docs.iter().map(|doc| self.page_of(*doc)));
            })?;
            pages.dedup();
            if let Some(all) = all {
                pages.retain(|page| all.binary_search(page).is_ok());
            }
            all = Some(pages);
        }
        Ok(all)
    }

    /// The page document of a page or section document.
    fn page_of(&self, doc: DocId) -> DocId {
        let ordinal = self.ordinals.first(doc).unwrap_or_default();
        doc.saturating_sub(u32::try_from(ordinal).unwrap_or_default())
    }

    fn add_best_section(
        &self,
        weights: &[(Box<dyn Weight>, Score)],
        candidates: &mut [Candidate],
    ) -> tantivy::Result<()> {
        let sections: Vec<_> =
            candidates.iter().map(|candidate| self.sections_of(candidate.address.doc_id)).collect();
        let mut scores: Vec<Vec<Score>> =
            sections.iter().map(|sections| vec![0.0; sections.len()]).collect();
        for (weight, boost) in weights {
            let mut scorer = weight.scorer(self.reader, *boost)?;
            for (sections, scores) in sections.iter().zip(&mut scores) {
                if scorer.doc() < sections.start {
                    scorer.seek(sections.start);
                }
                while sections.contains(&scorer.doc()) {
                    scores[(scorer.doc() - sections.start) as usize] += scorer.score();
                    scorer.advance();
                }
            }
        }
        for ((candidate, sections), scores) in candidates.iter_mut().zip(sections).zip(scores) {
            let best = sections.zip(scores).filter(|(_, score)| *score > 0.0);
            if let Some((section, score)) =
                best.max_by(|one, other| one.1.total_cmp(&other.1).then(other.0.cmp(&one.0)))
            {
                candidate.score += score;
                candidate.section = Some(section);
            }
        }
        Ok(())
    }

    fn add_title(
        &self,
        weights: &[(Box<dyn Weight>, Score)],
        candidates: &mut [Candidate],
    ) -> tantivy::Result<()> {
        for (weight, boost) in weights {
            self.scores(weight.as_ref(), *boost, candidates, |candidate, score| {
                candidate.score += score;
            })?;
        }
        Ok(())
    }

    /// Adds what the title's terms score, by the share of the title that is asked for and the square
    /// of the share of the question that the title has.
    fn add_title_cover(
        &self,
        title: Field,
        terms: &[Box<dyn Weight>],
        candidates: &mut [Candidate],
    ) -> tantivy::Result<()> {
        let mut had: HashMap<DocId, (f32, Score)> = HashMap::new();
        for term in terms {
            self.scores(term.as_ref(), weight::TITLE_COVER, candidates, |candidate, score| {
                let (terms, sum) = had.entry(candidate.address.doc_id).or_default();
                *terms += 1.0;
                *sum += score;
            })?;
        }
        let lengths = self.reader.get_fieldnorms_reader(title)?;
        for candidate in candidates {
            let page = candidate.address.doc_id;
            let Some((had, sum)) = had.get(&page) else { continue };
            let of_title = (had / lengths.fieldnorm(page).max(1) as f32).min(1.0);
            let of_question = had / terms.len() as f32;
            candidate.score += sum * of_title * of_question * of_question;
        }
        Ok(())
    }

    /// Tells of each candidate that `weight` matches what it scores. The candidates are sorted.
    fn scores(
        &self,
        weight: &dyn Weight,
        boost: Score,
        candidates: &mut [Candidate],
        mut tell: impl FnMut(&mut Candidate, Score),
    ) -> tantivy::Result<()> {
        let mut scorer = weight.scorer(self.reader, boost)?;
        for candidate in candidates {
            let page = candidate.address.doc_id;
            if scorer.doc() < page {
                scorer.seek(page);
            }
            if scorer.doc() == page {
                tell(candidate, scorer.score());
            }
        }
        Ok(())
    }
}

impl Candidate {
    /// Best first; older documents first among equals.
    fn order(&self, other: &Self) -> Ordering {
        other.score.total_cmp(&self.score).then(self.address.cmp(&other.address))
    }
}

/// The best pages so far.
struct Best {
    count: usize,
    heap: BinaryHeap<Reverse<Ranked>>,
}

/// By score, then by address.
#[derive(PartialEq)]
struct Ranked(Score, DocAddress);

impl Best {
    /// The index keeps, for each block of postings, the pair of frequency and length that scores
    /// best by the mean length of *all* documents of a segment. Section documents have none of the
    /// page fields, so that mean is too low, and the true best score of a block may be higher by up
    /// to `1 + k1 (1 - b)` = 1.3. A threshold lower by as much prunes nothing that counts.
    const BLOCK_BOUND_ERROR: Score = 1.3;

    fn new(count: usize) -> Self {
        Self { count, heap: BinaryHeap::new() }
    }

    fn push(&mut self, score: Score, address: DocAddress) {
        self.heap.push(Reverse(Ranked(score, address)));
        if self.heap.len() > self.count {
            self.heap.pop();
        }
    }

    /// What a page must exceed to be looked at.
    fn threshold(&self) -> Score {
        match self.heap.peek() {
            Some(Reverse(Ranked(worst, _))) if self.heap.len() == self.count => {
                worst / Self::BLOCK_BOUND_ERROR
            }
            _ => Score::MIN,
        }
    }

    fn into_candidates(self) -> Vec<Candidate> {
        let candidate =
            |Reverse(Ranked(score, address))| Candidate { score, address, section: None };
        self.heap.into_iter().map(candidate).collect()
    }
}

impl Eq for Ranked {}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0).then(other.1.cmp(&self.1))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The documents that a score compares with: pages with pages, sections with sections.
struct Population<'a> {
    searcher: &'a Searcher,
    documents: u64,
}

impl<'a> Population<'a> {
    fn pages(search: &Search<'a>) -> tantivy::Result<Self> {
        let documents = search.searcher.doc_freq(&search.fields.page_documents())?;
        Ok(Self { searcher: search.searcher, documents })
    }

    fn sections(search: &Search<'a>) -> tantivy::Result<Self> {
        let all = Bm25StatisticsProvider::total_num_docs(search.searcher)?;
        let documents = all.saturating_sub(Self::pages(search)?.documents);
        Ok(Self { searcher: search.searcher, documents })
    }

    fn scoring(&self) -> EnableScoring<'_> {
        EnableScoring::enabled_from_statistics_provider(self, self.searcher)
    }
}

impl Bm25StatisticsProvider for Population<'_> {
    fn total_num_tokens(&self, field: Field) -> tantivy::Result<u64> {
        Bm25StatisticsProvider::total_num_tokens(self.searcher, field)
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        Ok(self.documents)
    }

    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        self.searcher.doc_freq(term)
    }
}

/// Documents with one of `values`, all scored 0. None without values.
fn any_of(field: Field, values: &[String]) -> Option<Box<dyn tantivy::query::Query>> {
    if values.is_empty() {
        return None;
    }
    let terms = values.iter().map(|value| Term::from_field_text(field, &value.to_lowercase()));
    let any = BooleanQuery::new_multiterms_query(terms.collect());
    Some(Box::new(ConstScoreQuery::new(Box::new(any), 0.0)))
}

/// `terms` in a row, each at its offset, give or take `slop`.
fn sequence(
    field: Field,
    terms: &[(usize, String)],
    slop: u32,
) -> Option<Box<dyn tantivy::query::Query>> {
    let terms: Vec<_> =
        terms.iter().map(|(offset, text)| (*offset, Term::from_field_text(field, text))).collect();
    match terms.as_slice() {
        [] => None,
        [(_, only)] => Some(Box::new(TermQuery::new(only.clone(), IndexRecordOption::Basic))),
        _ => Some(Box::new(PhraseQuery::new_with_offset_and_slop(terms, slop))),
    }
}
