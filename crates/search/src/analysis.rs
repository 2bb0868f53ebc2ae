//! Turns text into the terms of the index, the same way for pages and for queries.

use tantivy::tokenizer::{
    AsciiFoldingFilter, Language, LowerCaser, Stemmer, TextAnalyzer, Token, TokenStream, Tokenizer,
};

use crate::lexeme::{Lexeme, LexemeKind, lexemes, words};
use crate::stop_words::is_stop_word;

/// What the terms are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To be stored in the index: everything.
    Index,
    /// To be looked up one by one: no single character where there is a pair.
    Match,
    /// To be looked up in a row: only the smallest pieces.
    Phrase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StopWords {
    Dropped,
    Kept,
}

/// A term and its place in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlacedTerm {
    pub(crate) text: String,
    pub(crate) position: usize,
    pub(crate) range: std::ops::Range<usize>,
}

/// Lexemes, stop words dropped or kept, in lower case, without accents, English endings cut off.
/// The stemmer sees whole identifiers too: their ends are cut alike in pages and in queries.
pub(crate) fn analyzer(purpose: Purpose, stop_words: StopWords) -> TextAnalyzer {
    TextAnalyzer::builder(LexemeTokenizer { purpose, stop_words })
        .filter(LowerCaser)
        .filter(AsciiFoldingFilter)
        .filter(Stemmer::new(Language::English))
        .build()
}

pub(crate) fn terms(purpose: Purpose, stop_words: StopWords, text: &str) -> Vec<PlacedTerm> {
    let mut analyzer = analyzer(purpose, stop_words);
    let mut stream = analyzer.token_stream(text);
    let mut terms = Vec::new();
    while let Some(token) = stream.next() {
        terms.push(PlacedTerm {
            text: token.text.clone(),
            position: token.position,
            range: token.offset_from..token.offset_to,
        });
    }
    terms
}

/// The words of `text` as they are written, endings, accents and all, in lower case.
pub(crate) fn written(stop_words: StopWords, text: &str) -> impl Iterator<Item = String> {
    words(text)
        .filter(move |word| stop_words == StopWords::Kept || !is_stop_word(word))
        .map(str::to_lowercase)
}

#[derive(Clone)]
struct LexemeTokenizer {
    purpose: Purpose,
    stop_words: StopWords,
}

impl Tokenizer for LexemeTokenizer {
    type TokenStream<'a> = LexemeStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> LexemeStream<'a> {
        LexemeStream {
            text,
            tokenizer: self,
            lexemes: lexemes(text).into_iter(),
            token: Token::default(),
        }
    }
}

impl LexemeTokenizer {
    fn wants(&self, lexeme: &Lexeme, text: &str) -> bool {
        let for_purpose = match lexeme.kind {
            LexemeKind::Word | LexemeKind::Part | LexemeKind::Lone => true,
            LexemeKind::Whole | LexemeKind::Pair => self.purpose != Purpose::Phrase,
            LexemeKind::Character => self.purpose != Purpose::Match,
            LexemeKind::Run => false,
        };
        for_purpose && (self.stop_words == StopWords::Kept || !is_stop_word(text))
    }
}

struct LexemeStream<'a> {
    text: &'a str,
    tokenizer: &'a LexemeTokenizer,
    lexemes: std::vec::IntoIter<Lexeme>,
    token: Token,
}

impl TokenStream for LexemeStream<'_> {
    fn advance(&mut self) -> bool {
        for lexeme in self.lexemes.by_ref() {
            let text = &self.text[lexeme.range.clone()];
            if self.tokenizer.wants(&lexeme, text) {
                self.token.offset_from = lexeme.range.start;
                self.token.offset_to = lexeme.range.end;
                self.token.position = lexeme.position;
                self.token.text.clear();
                self.token.text.push_str(text);
                return true;
            }
        }
        false
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(purpose: Purpose, text: &str) -> Vec<String> {
        terms(purpose, StopWords::Dropped, text).into_iter().map(|term| term.text).collect()
    }

    #[test]
    fn words_are_folded_and_stemmed_and_stop_words_leave_gaps() {
        let terms = terms(Purpose::Index, StopWords::Dropped, "Résumés of the Deployments");
        assert_eq!(terms[0].text, "resum");
        assert_eq!((terms[1].text.as_str(), terms[1].position), ("deploy", 3));
    }

    #[test]
    fn words_as_written_keep_their_endings_and_are_parted_by_what_is_no_letter() {
        let words = |stop_words, text| written(stop_words, text).collect::<Vec<_>>();
        assert_eq!(
            words(StopWords::Dropped, "The Résumés of max_pools, /etc/api.py; format은"),
            ["résumés", "max", "pools", "api", "py", "format은"]
        );
        assert_eq!(words(StopWords::Kept, "Why not?"), ["why", "not"]);
    }

    #[test]
    fn a_query_looks_up_pairs_and_a_phrase_single_characters() {
        assert_eq!(texts(Purpose::Match, "全文 検"), ["全文", "検"]);
        assert_eq!(texts(Purpose::Phrase, "全文 検"), ["全", "文", "検"]);
        assert_eq!(texts(Purpose::Index, "全文"), ["全", "全文", "文"]);
    }

    #[test]
    fn a_phrase_is_made_of_parts() {
        assert_eq!(texts(Purpose::Phrase, "max_pools"), ["max", "pool"]);
        assert_eq!(texts(Purpose::Match, "max_pools"), ["max_pool", "max", "pool"]);
    }
}
