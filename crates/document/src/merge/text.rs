//! Three versions of one text.

use std::ops::Range;

use crate::{
    diff::{
        parts::Form,
        sequence::{Hunk, hunks},
    },
    scan::Tree,
};

/// The text with the changes of both sides, if these leave each other alone: no word, tag or, in
/// code, line is changed by both, and none that one changed stands right beside one that the other
/// changed. A word is what stands between spaces, so that no date, address or number is put
/// together from two.
pub(super) fn merge(form: Form, base: &str, theirs: &str, ours: &str) -> Option<String> {
    let cut: fn(&str) -> Vec<&str> = match form {
        Form::Run => tokens,
        Form::Verbatim => |text| text.split_inclusive('\n').collect(),
        Form::Atom | Form::Container => return None,
    };
    let (base, theirs, ours) = (cut(base), cut(theirs), cut(ours));
    let merged = merge_tokens(&base, &theirs, &ours, form == Form::Run)?;
    // Marks of one side may end within marks of the other.
    Tree::scan(&merged).warnings.is_empty().then_some(merged)
}

/// The same for what stands before the content of a macro or the like, which `tail` closes.
pub(super) fn merge_around(base: &str, theirs: &str, ours: &str, tail: &str) -> Option<String> {
    let head = merge_tokens(&tokens(base), &tokens(theirs), &tokens(ours), true)?;
    let is_well_formed = Tree::scan(&[&head, tail].concat()).warnings.is_empty();
    is_well_formed.then_some(head)
}

/// `words`: what nothing but white space parts stands side by side.
fn merge_tokens(base: &[&str], theirs: &[&str], ours: &[&str], words: bool) -> Option<String> {
    let their_hunks = hunks(base.iter(), theirs.iter());
    let our_hunks = hunks(base.iter(), ours.iter());
    let (mut their_next, mut our_next) =
        (their_hunks.iter().peekable(), our_hunks.iter().peekable());
    let mut merged = String::new();
    let mut at = 0;
    let mut take = |hunk: &Hunk, side: &[&str]| {
        merged.extend(base[at..hunk.before.start].iter().copied());
        merged.extend(side[hunk.after.clone()].iter().copied());
        at = hunk.before.end;
    };
    loop {
        match (their_next.peek(), our_next.peek()) {
            (Some(left), Some(right)) if touch(&left.before, &right.before, base, words) => {
                let same = left.before == right.before
                    && theirs[left.after.clone()] == ours[right.after.clone()];
                if !same {
                    return None;
                }
                take(left, theirs);
                their_next.next();
                our_next.next();
            }
            (Some(left), Some(right)) if left.before.start > right.before.start => {
                take(right, ours);
                our_next.next();
            }
            (Some(left), _) => {
                take(left, theirs);
                their_next.next();
            }
            (None, Some(right)) => {
                take(right, ours);
                our_next.next();
            }
            (None, None) => break,
        }
    }
    merged.extend(base[at..].iter().copied());
    Some(merged)
}

fn touch(left: &Range<usize>, right: &Range<usize>, base: &[&str], words: bool) -> bool {
    let between = if left.end < right.start {
        left.end..right.start
    } else if right.end < left.start {
        right.end..left.start
    } else {
        return true;
    };
    words && base[between].iter().all(|token| token.trim().is_empty())
}

/// What is changed as one: a tag, a CDATA section, a reference to a character, what stands between
/// spaces, a run of spaces.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(start) = memchr::memchr2(b'<', b'&', rest.as_bytes()) {
        let (words, markup) = rest.split_at(start);
        tokens.extend(runs(words));
        let (token, after) = markup.split_at(markup_length(markup));
        tokens.push(token);
        rest = after;
    }
    tokens.extend(runs(rest));
    tokens
}

/// Runs of white space and of anything else, in turn.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let is_space = rest.chars().next()?.is_whitespace();
        let end = rest.find(|next: char| next.is_whitespace() != is_space).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        rest = after;
        Some(run)
    })
}

/// The length of what begins with the `<` or `&` at the start of `markup`.
fn markup_length(markup: &str) -> usize {
    let up_to = |end: &str| markup.find(end).map(|at| at + end.len());
    let length = match markup.as_bytes() {
        [b'<', b'!', b'[', ..] => up_to("]]>"),
        [b'<', b'!', b'-', ..] => up_to("-->"),
        [b'<', ..] => tag_length(markup),
        _ => markup
            .find(|next: char| next == ';' || next.is_whitespace())
            .filter(|end| markup[*end..].starts_with(';'))
            .map(|end| end + 1),
    };
    length.unwrap_or(1)
}

fn tag_length(tag: &str) -> Option<usize> {
    let mut quote = None;
    let end = tag.bytes().position(|byte| match (quote, byte) {
        (None, b'"' | b'\'') => {
            quote = Some(byte);
            false
        }
        (Some(open), _) => {
            if byte == open {
                quote = None;
            }
            false
        }
        (None, _) => byte == b'>',
    })?;
    Some(end + 1)
}
