//! What a person or an agent types into the search field.

use std::collections::HashSet;

use crate::lexeme::{LexemeKind, lexemes};
use crate::stop_words::is_stop_word;

/// A parsed query: `space:ENG label:runbook "exact words" and the rest`.
///
/// A page need not have all of `words`; more and rarer ones rank it higher. It must have each of
/// `phrases`, be in one of `spaces` (if any) and carry all `labels`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Everything that is no phrase and no filter, separated by single spaces.
    pub words: String,
    /// What stood in double quotes.
    pub phrases: Vec<String>,
    /// Space keys as typed. Compared without regard to case.
    pub spaces: Vec<String>,
    /// Labels as typed. Compared without regard to case.
    pub labels: Vec<String>,
}

impl Query {
    /// Understands any text. A quote that is not closed and a filter without a value are words.
    ///
    /// A filter may name several values (`space:ENG,OPS`) and quote them (`label:"how to"`).
    pub fn parse(text: &str) -> Self {
        let mut query = Self::default();
        let mut words = Vec::new();
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            rest = if let Some((phrase, after)) = quoted(rest) {
                push_value(&mut query.phrases, phrase);
                after
            } else if let Some((values, after)) = filter(rest, "space:") {
                values.for_each(|value| push_value(&mut query.spaces, value));
                after
            } else if let Some((values, after)) = filter(rest, "label:") {
                values.for_each(|value| push_value(&mut query.labels, value));
                after
            } else {
                let (word, after) = rest.split_at(bare_length(rest));
                words.push(word);
                after.strip_prefix(is_quote).filter(|_| word.is_empty()).unwrap_or(after)
            };
            rest = rest.trim_start();
        }
        words.retain(|word| !word.is_empty());
        query.words = words.join(" ");
        query
    }

    /// The terms that matter, in lower case, in order, each once: stop words and question words are
    /// gone, identifiers are there whole and in parts (single characters left out), scripts without
    /// spaces as they stand. Not stemmed: meant for another search engine's query language. Empty
    /// for a query of stop words alone.
    pub fn terms(&self) -> Vec<String> {
        let mut seen = HashSet::new();
        let texts = std::iter::once(&self.words).chain(&self.phrases);
        texts.flat_map(|text| plain_terms(text)).filter(|term| seen.insert(term.clone())).collect()
    }
}

fn plain_terms(text: &str) -> impl Iterator<Item = String> {
    lexemes(text).into_iter().filter_map(move |lexeme| {
        let term = &text[lexeme.range];
        let matters = match lexeme.kind {
            LexemeKind::Word => !is_stop_word(term),
            LexemeKind::Part => term.len() > 1 && !is_stop_word(term),
            LexemeKind::Whole | LexemeKind::Lone | LexemeKind::Run => true,
            LexemeKind::Character | LexemeKind::Pair => false,
        };
        matters.then(|| term.to_lowercase())
    })
}

/// The inside of the quotes that `text` starts with, and what follows them.
fn quoted(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix(is_quote)?.split_once(is_quote)
}

/// The values of the filter `name` that `text` starts with, and what follows them.
fn filter<'a>(text: &'a str, name: &str) -> Option<(impl Iterator<Item = &'a str>, &'a str)> {
    let value = text.get(name.len()..).filter(|_| text[..name.len()].eq_ignore_ascii_case(name))?;
    let (values, after, separator) = match quoted(value) {
        Some((values, after)) => (values, after, None),
        None => {
            let (values, after) = value.split_at(bare_length(value));
            (values, after, Some(','))
        }
    };
    let is_separator = move |c| Some(c) == separator;
    values.contains(|c| !is_separator(c)).then(|| (values.split(is_separator), after))
}

fn push_value(values: &mut Vec<String>, value: &str) {
    let value = value.trim();
    if !value.is_empty() {
        values.push(value.to_owned());
    }
}

fn bare_length(text: &str) -> usize {
    text.find(|c: char| c.is_whitespace() || is_quote(c)).unwrap_or(text.len())
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '«' | '»')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &str, phrases: &[&str], spaces: &[&str], labels: &[&str]) -> Query {
        let owned = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        Query {
            words: words.to_owned(),
            phrases: owned(phrases),
            spaces: owned(spaces),
            labels: owned(labels),
        }
    }

    #[test]
    fn filters_phrases_and_words_may_stand_in_any_order() {
        assert_eq!(
            Query::parse(
                r#"restart space:ENG "two words" Label:runbook,draft  the pool SPACE:"~me""#
            ),
            parsed("restart the pool", &["two words"], &["ENG", "~me"], &["runbook", "draft"])
        );
    }

    #[test]
    fn what_is_no_filter_and_no_phrase_is_words() {
        assert_eq!(Query::parse(r#"space: "open"#), parsed("space: open", &[], &[], &[]));
        assert_eq!(
            Query::parse("a\"\" updated:>2026 “b c”d"),
            parsed("a updated:>2026 d", &["b c"], &[], &[])
        );
        assert_eq!(Query::parse(" \t"), Query::default());
    }

    #[test]
    fn terms_are_what_the_question_is_about() {
        assert_eq!(
            Query::parse("How do I set max_connections for the DB \"getUser now\"?").terms(),
            ["set", "max_connections", "max", "connections", "db", "getuser", "get", "user", "now"]
        );
        assert_eq!(
            Query::parse("全文検索 in ABC-12 v 4.2").terms(),
            ["全文検索", "abc-12", "abc", "12", "v", "4.2"]
        );
        assert!(Query::parse("what is this?").terms().is_empty());
    }
}
