//! Unified diffs for people and agents.

use std::{fmt::Write as _, ops::Range};

use memchr::{memchr_iter, memrchr_iter};

use super::{
    compare::{common_prefix, common_suffix, hunks},
    edit::ChangedRange,
};

/// Lines shown around a change.
const CONTEXT: usize = 3;

/// A unified diff of two texts, without the names of files.
pub(super) fn lines(old: &str, new: &str) -> String {
    if old == new {
        return String::new();
    }
    let start = before_lines(old, common_prefix(old.as_bytes(), new.as_bytes()));
    let (old_rest, new_rest) = (&old.as_bytes()[start..], &new.as_bytes()[start..]);
    let tail = common_suffix(old_rest, new_rest);
    let tail = after_lines(&old_rest[old_rest.len() - tail..]);
    let first = memchr_iter(b'\n', &old.as_bytes()[..start]).count();
    let (old, new) = (&old[start..old.len() - tail], &new[start..new.len() - tail]);
    let (old, new): (Vec<&str>, Vec<&str>) = (old.split('\n').collect(), new.split('\n').collect());
    let found = hunks(old.iter(), new.iter());
    let changes = found.into_iter().map(|hunk| (hunk.old, hunk.new)).collect();
    written(&old, &new, changes, first)
}

/// The beginning of the line of `at`, with the lines shown before it.
fn before_lines(text: &str, at: usize) -> usize {
    let before = &text.as_bytes()[..at];
    memrchr_iter(b'\n', before).nth(CONTEXT).map_or(0, |newline| newline + 1)
}

/// What follows the first line of `text`, which may be the end of one, and the lines shown after it.
fn after_lines(text: &[u8]) -> usize {
    memchr_iter(b'\n', text).nth(CONTEXT).map_or(0, |newline| text.len() - newline)
}

/// The same for storage, which often is one line: it is broken before each tag, and only what is
/// near to a change is looked at.
pub(super) fn storage(old: &str, new: &str, changed: &[ChangedRange]) -> String {
    let (Some(first), Some(last)) = (changed.first(), changed.last()) else { return String::new() };
    let start = before_tags(old, first.original.start as usize);
    let tail = old.len() - last.original.end as usize;
    let end = old.len() - after_tags(old.get(old.len() - tail..).unwrap_or_default());
    let new_end = new.len() - (old.len() - end);
    let (old, new) = (old.get(start..end), new.get(start..new_end));
    let broken = |text: &str| text.replace('<', "\n<").trim_start_matches('\n').to_owned();
    lines(&broken(old.unwrap_or_default()), &broken(new.unwrap_or_default()))
}

/// The beginning of a few tags before `at`.
fn before_tags(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    before.rmatch_indices('<').nth(CONTEXT).map_or(0, |(start, _)| start)
}

/// What follows a few tags from the start of `text`.
fn after_tags(text: &str) -> usize {
    text.match_indices('<').nth(CONTEXT + 1).map_or(0, |(end, _)| text.len() - end)
}

/// The lines are those of two texts from `first_line` on, counted from 0.
fn written(
    old: &[&str],
    new: &[&str],
    changes: Vec<(Range<usize>, Range<usize>)>,
    first_line: usize,
) -> String {
    let mut out = String::new();
    let mut rest = changes.into_iter().peekable();
    while let Some(first) = rest.next() {
        let mut group = vec![first];
        while let Some(next) = rest.next_if(|(next, _)| {
            group.last().is_some_and(|(last, _)| next.start <= last.end + 2 * CONTEXT)
        }) {
            group.push(next);
        }
        write_group(&mut out, old, new, &group, first_line);
    }
    out
}

fn write_group(
    out: &mut String,
    old: &[&str],
    new: &[&str],
    group: &[(Range<usize>, Range<usize>)],
    first_line: usize,
) {
    let (Some((first, first_new)), Some((last, last_new))) = (group.first(), group.last()) else {
        return;
    };
    let lead = CONTEXT.min(first.start);
    let trail = CONTEXT.min(old.len() - last.end);
    let span = first.start - lead..last.end + trail;
    let new_span = first_new.start - lead..last_new.end + trail;
    let place =
        |span: &Range<usize>| (first_line + span.start + usize::from(!span.is_empty()), span.len());
    let ((from, length), (to, new_length)) = (place(&span), place(&new_span));
    let _ = writeln!(out, "@@ -{from},{length} +{to},{new_length} @@");
    let mut put = |sign: char, lines: &[&str]| {
        for line in lines {
            let _ = writeln!(out, "{sign}{line}");
        }
    };
    let mut at = span.start;
    for (removed, added) in group {
        put(' ', old.get(at..removed.start).unwrap_or_default());
        put('-', old.get(removed.clone()).unwrap_or_default());
        put('+', new.get(added.clone()).unwrap_or_default());
        at = removed.end;
    }
    put(' ', old.get(at..span.end).unwrap_or_default());
}
