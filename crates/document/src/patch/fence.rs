//! Code and the other bodies that are shown in a fence.

use std::ops::Range;

use pulldown_cmark::Event;

use super::{
    compare::hunks,
    edit::Edit,
    line::{Refusal, refuse},
    page::Page,
    parameter,
    reading::{Inline, Kind},
    spell::{Encoding, Spelling},
};
use crate::{element::Element, entity};

/// The text of a fence, without the newline that ends its last line.
pub(super) fn body(events: &[Inline<'_>]) -> String {
    let mut body: String = events
        .iter()
        .filter_map(|(event, _)| match event {
            Event::Text(text) => Some(&**text),
            _ => None,
        })
        .collect();
    if body.ends_with('\n') {
        body.pop();
    }
    body
}

/// A character of the storage body.
struct Source {
    character: char,
    bytes: Range<usize>,
}

/// The edits of the element at `place` that turn one fence into another.
pub(super) fn edits(
    page: &Page<'_>,
    place: u32,
    (old_kind, old): (&Kind, &str),
    (new_kind, new): (&Kind, &str),
) -> Result<Vec<Edit>, Refusal> {
    let (Kind::Fence(old_info), Kind::Fence(new_info)) = (old_kind, new_kind) else {
        return Ok(Vec::new());
    };
    let mut edits = information(page, place, old_info, new_info)?;
    if old != new {
        edits.extend(text(page, place, old, new)?);
    }
    Ok(edits)
}

fn information(page: &Page<'_>, place: u32, old: &str, new: &str) -> Result<Vec<Edit>, Refusal> {
    if old == new {
        return Ok(Vec::new());
    }
    let is_macro = page.node(place).is_some_and(|node| node.element == Element::Macro);
    let (old_name, new_name) = (name(old), name(new));
    let named = |name: &str| name.starts_with("macro:");
    if !is_macro
        || named(old_name) && new_name != old_name
        || named(new_name) && old_name != new_name
    {
        return refuse(
            format!("```{old_name}"),
            "this body has no language or is of another macro",
        );
    }
    let values = |info: &str| {
        let mut values = super::atom::attributes(&format!(
            "x {}",
            info.get(name(info).len()..).unwrap_or_default()
        ));
        if !named(name(info)) && !name(info).is_empty() {
            values.push(("language".to_owned(), entity::decoded(name(info))));
        }
        values
    };
    parameter::between(page, place, &format!("```{old_name}"), &values(old), &values(new))
}

/// The language, or the name of the macro.
fn name(info: &str) -> &str {
    let first = info.split(' ').next().unwrap_or_default();
    if first.contains('=') { "" } else { first }
}

fn text(page: &Page<'_>, place: u32, old: &str, new: &str) -> Result<Vec<Edit>, Refusal> {
    let Some((encoding, sources, start)) = sources(page, place) else {
        return refuse("```", "this body holds more than text");
    };
    // Carriage returns and the newline that ends the body are not shown.
    let shown: Vec<&Source> = sources.iter().filter(|it| it.character != '\r').collect();
    let is_shown = old.chars().eq(shown.iter().map(|it| it.character).take(old.chars().count()));
    if !is_shown {
        return refuse("```", "this body is not shown as it is");
    }
    let new: Vec<char> = new.chars().collect();
    let old: Vec<char> = old.chars().collect();
    let place_of = |at: usize| match shown.get(at) {
        Some(source) => source.bytes.start,
        None => shown.last().map_or(start, |source| source.bytes.end),
    };
    let mut edits = Vec::new();
    for (removed, added) in differences(&old, &new) {
        let from = place_of(removed.start);
        let to = removed.end.checked_sub(1).and_then(|last| shown.get(last));
        let to = to.filter(|_| !removed.is_empty()).map_or(from, |source| source.bytes.end);
        let inserted: String = new.get(added.clone()).unwrap_or_default().iter().collect();
        let mut text = String::new();
        match encoding {
            Encoding::Text => Spelling::default().text(&inserted, encoding, &mut text),
            Encoding::CharacterData => character_data(&new, &added, &mut text),
        }
        edits.push(Edit::new(from..to, text));
    }
    Ok(edits)
}

/// Writes `new[added]` for a CDATA section, whose end must not come about on its borders either.
fn character_data(new: &[char], added: &Range<usize>, out: &mut String) {
    let ends = |at: usize| {
        at >= 2
            && new.get(at) == Some(&'>')
            && new.get(at - 1) == Some(&']')
            && new.get(at - 2) == Some(&']')
    };
    for at in added.clone() {
        if ends(at) {
            out.push_str("]]><![CDATA[");
        }
        out.extend(new.get(at));
    }
    let beyond = added.end..added.end + 2;
    if beyond.into_iter().any(|at| at < added.end + 2 && ends(at) && at - 2 < added.end) {
        out.push_str("]]><![CDATA[");
    }
}

/// The characters of a body, how they are written, and where the first would stand.
fn sources(page: &Page<'_>, place: u32) -> Option<(Encoding, Vec<Source>, usize)> {
    let node = page.node(place)?;
    let holder = match node.element {
        Element::Preformatted => place,
        _ => page.tree.child(place, Element::PlainTextBody)?.0,
    };
    let holder_node = page.node(holder)?;
    let inside = page.tree.descendants(holder);
    let data = inside.iter().any(|node| node.element == Element::CharacterData);
    let encoding = if data { Encoding::CharacterData } else { Encoding::Text };
    let mut sources = Vec::new();
    let mut start = (holder_node.inner_start < holder_node.end).then_some(holder_node.inner_start);
    for (index, node) in inside.iter().enumerate() {
        let text = page.tree.text(node.inner());
        match node.element {
            Element::CharacterData => {
                if index == 0 || sources.is_empty() {
                    start = Some(node.inner_start);
                }
                sources.extend(text.char_indices().map(|(at, character)| {
                    let from = node.inner_start as usize + at;
                    Source { character, bytes: from..from + character.len_utf8() }
                }));
            }
            Element::Text if data && page.tree.is_blank(node) => {}
            Element::Text if !data => push_text(text, node.inner_start as usize, &mut sources),
            Element::Break => sources.push(Source { character: '\n', bytes: node.outer() }),
            _ => {}
        }
    }
    Some((encoding, sources, start? as usize))
}

fn push_text(text: &str, start: usize, sources: &mut Vec<Source>) {
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let first = rest.chars().next().unwrap_or(' ');
        let decoded = entity::decode(rest.as_bytes()).filter(|_| first == '&');
        let (character, length) = decoded.unwrap_or((first, first.len_utf8()));
        sources.push(Source { character, bytes: start + at..start + at + length });
        at += length;
    }
}

/// Lines are compared first, then the characters that changed lines begin and end with.
fn differences(old: &[char], new: &[char]) -> Vec<(Range<usize>, Range<usize>)> {
    let lines = |text: &[char]| -> Vec<Range<usize>> {
        let mut lines = Vec::new();
        let mut start = 0;
        for (at, character) in text.iter().enumerate() {
            if *character == '\n' {
                lines.push(start..at + 1);
                start = at + 1;
            }
        }
        lines.push(start..text.len());
        lines
    };
    let (old_lines, new_lines) = (lines(old), lines(new));
    let spelled = |lines: &[Range<usize>], text: &[char]| -> Vec<String> {
        lines
            .iter()
            .map(|line| text.get(line.clone()).unwrap_or_default().iter().collect())
            .collect()
    };
    let found = hunks(spelled(&old_lines, old).into_iter(), spelled(&new_lines, new).into_iter());
    let span = |lines: &[Range<usize>], range: &Range<usize>, end: usize| {
        let start = lines.get(range.start).map_or(end, |line| line.start);
        start..lines.get(range.end).map_or(end, |line| line.start)
    };
    found
        .into_iter()
        .map(|hunk| {
            let mut removed = span(&old_lines, &hunk.old, old.len());
            let mut added = span(&new_lines, &hunk.new, new.len());
            while !removed.is_empty()
                && !added.is_empty()
                && old.get(removed.start) == new.get(added.start)
            {
                removed.start += 1;
                added.start += 1;
            }
            while !removed.is_empty()
                && !added.is_empty()
                && old.get(removed.end - 1) == new.get(added.end - 1)
            {
                removed.end -= 1;
                added.end -= 1;
            }
            (removed, added)
        })
        .collect()
}
