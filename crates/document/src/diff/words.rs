//! What changed between two texts, word by word.

use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation;

use super::sequence::{Hunk, hunks};

/// When less than this share of the words stays, in percent, the whole text counts as replaced: a few
/// common words left standing would only hide that.
const LEAST_IN_COMMON: usize = 20;

/// A stretch of text that stayed, went or came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "op", content = "text", rename_all = "snake_case")]
pub enum Span {
    /// In both versions.
    Same(String),
    /// In the version before alone.
    Removed(String),
    /// In the version after alone.
    Added(String),
}

impl Span {
    /// The text, whatever became of it.
    #[must_use]
    pub fn text(&self) -> &str {
        let (Self::Same(text) | Self::Removed(text) | Self::Added(text)) = self;
        text
    }
}

/// The words of `before` and `after` in one sequence: without what was added it is `before`, without
/// what was removed it is `after`. Words are those of Unicode (UAX #29).
pub(crate) fn compare(before: &str, after: &str) -> Vec<Span> {
    let left: Vec<_> = before.split_word_bounds().collect();
    let right: Vec<_> = after.split_word_bounds().collect();
    let hunks = joined(&hunks(left.iter(), right.iter()), &left);
    let removed: usize = hunks.iter().map(|hunk| words(&left[hunk.before.clone()])).sum();
    let common = words(&left) - removed;
    if common * 100 < LEAST_IN_COMMON * words(&left).max(words(&right)) {
        return replaced(before, after);
    }
    let mut spans = Vec::with_capacity(3 * hunks.len() + 1);
    let mut at = 0;
    for hunk in hunks {
        push(&mut spans, Span::Same, &left[at..hunk.before.start]);
        push(&mut spans, Span::Removed, &left[hunk.before.clone()]);
        push(&mut spans, Span::Added, &right[hunk.after]);
        at = hunk.before.end;
    }
    push(&mut spans, Span::Same, &left[at..]);
    spans
}

fn replaced(before: &str, after: &str) -> Vec<Span> {
    let mut spans = Vec::with_capacity(2);
    push(&mut spans, Span::Removed, &[before]);
    push(&mut spans, Span::Added, &[after]);
    spans
}

/// Hunks that nothing but a space parts become one, as people read them as one.
fn joined(hunks: &[Hunk], before: &[&str]) -> Vec<Hunk> {
    let mut joined: Vec<Hunk> = Vec::with_capacity(hunks.len());
    for hunk in hunks {
        match joined.last_mut() {
            Some(last) if words(&before[last.before.end..hunk.before.start]) == 0 => {
                last.before.end = hunk.before.end;
                last.after.end = hunk.after.end;
            }
            _ => joined.push(hunk.clone()),
        }
    }
    joined
}

fn words(texts: &[&str]) -> usize {
    texts.iter().filter(|text| !text.trim().is_empty()).count()
}

fn push(spans: &mut Vec<Span>, span: fn(String) -> Span, texts: &[&str]) {
    let text = texts.concat();
    if !text.is_empty() {
        spans.push(span(text));
    }
}
