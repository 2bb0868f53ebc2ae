//! A page in parts that can be found and cited one by one.

use std::{collections::HashMap, sync::Arc};

use serde::Serialize;

use crate::{BlockKind, View, estimate_tokens};

/// Parts smaller than this say too little on their own and go with the one before.
const SMALLEST: u32 = 40;

/// Nothing is merged into parts of this size, so that they stay parts.
const LARGEST: u32 = 512;

/// Characters of a heading that its path, anchor and listing show.
const LONGEST_TITLE: usize = 200;

/// One heading's part of a page, up to the next heading of any level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Section {
    /// The headings from the top down to this one, as plain text; empty for what stands before the
    /// first heading. Of a heading longer than 200 characters, the first 200 and `…`.
    pub path: Vec<Arc<str>>,
    /// Of its heading, 1 to 6; 0 without one.
    pub level: u8,
    /// What follows `#` in the address of the heading on Confluence Cloud: its text with hyphens for
    /// spaces, and `.1`, `.2`, … where an earlier heading has the same.
    pub anchor: Option<String>,
    /// The heading's line and what follows it, as the view has them.
    pub markdown: String,
    /// Of `markdown`, see [`estimate_tokens`].
    pub tokens: u32,
}

/// Splits a view at its headings, those in macros, lists and tables excepted. A section of less than
/// 40 tokens is merged into the one before it, if that one hangs below the same parent and has less
/// than 512.
#[must_use]
pub fn sections(view: &View) -> Vec<Section> {
    let headings = headings(view);
    let mut sections = Vec::with_capacity(headings.len() + 1);
    let first = headings.first().map_or(view.markdown.len(), |heading| heading.start);
    let lead = view.markdown.get(..first).unwrap_or_default().trim_ascii_end();
    if !lead.is_empty() {
        sections.push(section(Vec::new(), 0, None, lead));
    }
    let mut path: Vec<(u8, Arc<str>)> = Vec::new();
    for (index, heading) in headings.iter().enumerate() {
        let end = headings.get(index + 1).map_or(view.markdown.len(), |next| next.start);
        let markdown = view.markdown.get(heading.start..end).unwrap_or_default().trim_ascii_end();
        path.retain(|(level, _)| *level < heading.level);
        path.push((heading.level, Arc::clone(&heading.title)));
        let names = path.iter().map(|(_, name)| Arc::clone(name)).collect();
        let anchor = Some(heading.anchor.clone());
        push_or_merge(&mut sections, section(names, heading.level, anchor, markdown));
    }
    sections
}

struct Heading {
    level: u8,
    title: Arc<str>,
    anchor: String,
    start: usize,
}

/// Those that split a page. The others count for the anchors.
fn headings(view: &View) -> Vec<Heading> {
    let mut headings = Vec::new();
    let mut anchors = Anchors::default();
    let mut inside_until = 0;
    for block in &view.blocks {
        match block.kind {
            BlockKind::Heading(level) => {
                let title = title(view.slice(&block.view));
                let anchor = anchors.next(&title);
                if block.view.start >= inside_until {
                    let start = block.view.start as usize;
                    headings.push(Heading { level, title: title.into(), anchor, start });
                }
            }
            BlockKind::ListItem
            | BlockKind::TableCell
            | BlockKind::Task
            | BlockKind::Macro
            | BlockKind::Quote => inside_until = inside_until.max(block.view.end),
            _ => {}
        }
    }
    headings
}

fn section(path: Vec<Arc<str>>, level: u8, anchor: Option<String>, markdown: &str) -> Section {
    let tokens = estimate_tokens(markdown);
    Section { path, level, anchor, markdown: markdown.to_owned(), tokens }
}

fn push_or_merge(sections: &mut Vec<Section>, section: Section) {
    let parent = section.path.len().saturating_sub(1);
    let same_parent = |before: &Section| {
        !before.path.is_empty()
            && before.tokens < LARGEST
            && before.path.len() <= section.path.len()
            && before.path.get(..parent) == section.path.get(..parent)
    };
    match sections.last_mut() {
        Some(before) if section.tokens < SMALLEST && same_parent(before) => {
            before.markdown.push_str("\n\n");
            before.markdown.push_str(&section.markdown);
            before.tokens = estimate_tokens(&before.markdown);
        }
        _ => sections.push(section),
    }
}

/// The addresses that Confluence Cloud gives the headings of a page, in their order.
#[derive(Default)]
pub(crate) struct Anchors {
    seen: HashMap<String, u32>,
}

impl Anchors {
    pub(crate) fn next(&mut self, title: &str) -> String {
        let name = title.split_whitespace().collect::<Vec<_>>().join("-");
        let earlier = self.seen.entry(name.clone()).or_insert(0);
        *earlier += 1;
        match *earlier {
            1 => name,
            count => format!("{name}.{}", count - 1),
        }
    }
}

/// The words of a heading's line in a view. Bounded: each heading below carries them in its path, and
/// what looks for the end of a tag that has none reads the line to its end.
pub(crate) fn title(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line.trim_start_matches('#').trim_ascii();
    let mut characters = 0;
    while let Some(character) = rest.chars().next() {
        let length = out.len();
        let after = &rest[character.len_utf8()..];
        rest = match character {
            '\\' => match after.chars().next().filter(char::is_ascii_punctuation) {
                Some(escaped) => {
                    out.push(escaped);
                    &after[1..]
                }
                None => push(&mut out, character, after),
            },
            '~' => after.strip_prefix('~').unwrap_or(after),
            '<' => after_tag(after).unwrap_or_else(|| push(&mut out, character, after)),
            '!' if after.starts_with('[') => after,
            '*' | '`' | '[' => after,
            ']' if after.starts_with('(') => after_destination(&after[1..]),
            _ => push(&mut out, character, after),
        };
        characters += usize::from(out.len() > length);
        if characters > LONGEST_TITLE {
            out.truncate(length);
            out.push('…');
            break;
        }
    }
    out.trim().to_owned()
}

fn push<'l>(out: &mut String, character: char, after: &'l str) -> &'l str {
    out.push(character);
    after
}

/// What follows the tag that begins here, quotes respected.
fn after_tag(tag: &str) -> Option<&str> {
    tag.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/').then_some(())?;
    let mut quoted = false;
    let end = tag.bytes().position(|byte| {
        quoted ^= byte == b'"';
        byte == b'>' && !quoted
    })?;
    tag.get(end + 1..)
}

fn after_destination(destination: &str) -> &str {
    let mut escaped = false;
    let mut bracketed = false;
    let end = destination.bytes().position(|byte| {
        let was_escaped = escaped;
        escaped = byte == b'\\' && !was_escaped;
        match byte {
            b'<' if !was_escaped => bracketed = true,
            b'>' if !was_escaped => bracketed = false,
            b')' => return !was_escaped && !bracketed,
            _ => {}
        }
        false
    });
    end.and_then(|end| destination.get(end + 1..)).unwrap_or_default()
}
