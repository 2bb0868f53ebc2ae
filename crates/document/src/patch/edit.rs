//! Replacements of bytes, and what they make of a text.

use std::ops::Range;

use serde::Serialize;

/// Replaces `source` of the original by `text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) source: Range<usize>,
    pub(super) text: String,
}

impl Edit {
    pub(super) fn new(source: Range<usize>, text: impl Into<String>) -> Self {
        Self { source, text: text.into() }
    }
}

/// Bytes of the original and the bytes of the result that stand in their place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangedRange {
    /// Bytes of the original storage.
    pub original: Range<u32>,
    /// Bytes of the new storage.
    pub result: Range<u32>,
}

/// Edits in the order of the original; those at one place in the order in which they were made.
/// `None` when two of them want the same bytes.
pub(super) fn in_order(mut edits: Vec<Edit>) -> Option<Vec<Edit>> {
    edits.retain(|edit| !edit.source.is_empty() || !edit.text.is_empty());
    edits.sort_by_key(|edit| (edit.source.start, edit.source.end));
    let apart = edits.windows(2).all(|pair| match pair {
        [first, second] => first.source.end <= second.source.start,
        _ => true,
    });
    apart.then_some(edits)
}

/// The result of `edits`, which are in order, and where it differs.
pub(super) fn apply(original: &str, edits: &[Edit]) -> (String, Vec<ChangedRange>) {
    let added: usize = edits.iter().map(|edit| edit.text.len()).sum();
    let mut result = String::with_capacity(original.len() + added);
    let mut changed = Vec::with_capacity(edits.len());
    let mut at = 0;
    for edit in edits {
        result.push_str(original.get(at..edit.source.start).unwrap_or_default());
        let start = result.len();
        result.push_str(&edit.text);
        at = edit.source.end;
        changed.push(ChangedRange {
            original: narrow(&edit.source),
            result: narrow(&(start..result.len())),
        });
    }
    result.push_str(original.get(at..).unwrap_or_default());
    (result, changed)
}

/// Positions in a body are below 4 GiB, see [`crate::scan::offset`].
pub(super) fn narrow(range: &Range<usize>) -> Range<u32> {
    crate::scan::offset(range.start)..crate::scan::offset(range.end)
}

pub(super) fn wide(range: &Range<u32>) -> Range<usize> {
    range.start as usize..range.end as usize
}

/// Removes from an edit what its text begins and ends with already.
pub(super) fn shrink(original: &str, edit: &Edit) -> Edit {
    let old = original.get(edit.source.clone()).unwrap_or_default();
    let same = |pair: &(char, char)| pair.0 == pair.1;
    let prefix: usize = (old.chars().zip(edit.text.chars()))
        .take_while(same)
        .map(|(character, _)| character.len_utf8())
        .sum();
    let (old, new) = (&old[prefix..], &edit.text[prefix..]);
    let suffix: usize = (old.chars().rev().zip(new.chars().rev()))
        .take_while(same)
        .map(|(character, _)| character.len_utf8())
        .sum();
    let source = edit.source.start + prefix..edit.source.end - suffix;
    Edit { source, text: new[..new.len() - suffix].to_owned() }
}
