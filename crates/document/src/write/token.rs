//! Tags, and the tokens of the dialect that `CommonMark` does not know.
//!
//! `<macro:jira key="A_B"/>` is no HTML to it, as there is a colon in the name, so that it would read
//! emphasis within. Before it reads, such tokens are therefore replaced by addresses in angle
//! brackets of the same length, `<zz:zzz…>`: what those are made of is not looked at, they touch
//! other marks as a tag would, and every position stays what it is in the original. A decision at
//! the start of an item becomes a checkbox in the same way.

use std::{borrow::Cow, ops::Range};

use memchr::{memchr, memchr2};

use crate::entity;

/// What begins a token that is replaced.
const NAMESPACES: [&str; 3] = ["macro:", "adf:", "at:"];

/// Stands for a token, with as many `z` as it takes.
const STAND_IN: &str = "<zz:";

/// Put before text that is to be read as a part of a line, so that it begins no block.
pub(super) const LEAD: &str = "<zz:z>";

/// A start or end tag.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tag<'m> {
    pub(super) name: &'m str,
    attributes: &'m str,
    pub(super) closing: bool,
    /// Ends in `/>`.
    pub(super) empty: bool,
}

impl<'m> Tag<'m> {
    /// The tag that `text` begins with, and its length.
    pub(super) fn read(text: &'m str) -> Option<(Self, usize)> {
        let bytes = text.as_bytes();
        let closing = bytes.get(1) == Some(&b'/');
        let name_start = if closing { 2 } else { 1 };
        bytes.get(name_start).filter(|byte| byte.is_ascii_alphabetic())?;
        let rest = bytes.get(name_start..)?;
        let length = rest
            .iter()
            .position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'<' | b'"'))?;
        let length = length - usize::from(rest[..length].ends_with(b"/"));
        let mut at = name_start + length;
        let attributes = at;
        loop {
            match *bytes.get(at)? {
                b'>' => break,
                b'<' => return None,
                quote @ (b'"' | b'\'') => at += memchr(quote, bytes.get(at + 1..)?)? + 2,
                _ => at += 1,
            }
        }
        let inside = text.get(attributes..at)?;
        let tag = Self {
            name: text.get(name_start..attributes)?,
            attributes: inside.strip_suffix('/').unwrap_or(inside),
            closing,
            empty: inside.ends_with('/'),
        };
        Some((tag, at + 1))
    }

    pub(super) fn attributes(&self) -> Vec<(&'m str, String)> {
        let attributes = Attributes { rest: self.attributes };
        attributes.map(|(name, value)| (name, value.unwrap_or_default())).collect()
    }

    pub(super) fn attribute(&self, wanted: &str) -> Option<String> {
        let found = Attributes { rest: self.attributes }.find(|(name, _)| *name == wanted);
        found.and_then(|(_, value)| value)
    }

    fn is_token(&self) -> bool {
        let names = |space: &&str| self.name.strip_prefix(*space).is_some_and(|it| !it.is_empty());
        let in_namespace = NAMESPACES.iter().any(names);
        // Of a template's, each attribute is one in storage format, too.
        let is_xml = self.name.starts_with("at:");
        in_namespace
            && Attributes { rest: self.attributes }
                .all(|(name, value)| value.is_some() && (!is_xml || is_xml_name(name)))
    }
}

/// Of the characters of XML 1.0 production 5, those that names in storage format are made of.
fn is_xml_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && name.chars().all(|next| next.is_alphanumeric() || "_-.:".contains(next))
}

/// Reads ` name="value"`, as in tags, heads of quotes and the information of fences.
#[derive(Clone, Debug)]
pub(super) struct Attributes<'m> {
    rest: &'m str,
}

impl<'m> Attributes<'m> {
    pub(super) fn read(text: &'m str) -> Self {
        Self { rest: text }
    }
}

impl<'m> Iterator for Attributes<'m> {
    type Item = (&'m str, Option<String>);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest.trim_start_matches(|next: char| next.is_ascii_whitespace());
        let name = rest.split(|next: char| next.is_ascii_whitespace() || next == '=').next()?;
        self.rest = "";
        if name.is_empty() {
            return None;
        }
        let after = rest.get(name.len()..)?;
        let Some(value) = after.trim_ascii_start().strip_prefix('=') else {
            self.rest = after;
            return Some((name, None));
        };
        let value = value.trim_ascii_start();
        let quote = value.chars().next().filter(|first| matches!(first, '"' | '\''));
        let value = match quote {
            Some(quote) => {
                let inside = value.get(1..)?;
                let (value, rest) = inside.split_once(quote).unwrap_or((inside, ""));
                self.rest = rest;
                value
            }
            None => {
                let end = value.find(|next: char| next.is_ascii_whitespace());
                let (value, rest) = value.split_at(end.unwrap_or(value.len()));
                self.rest = rest;
                value
            }
        };
        Some((name, Some(entity::decoded(value))))
    }
}

/// `[!NAME key="value"]`, alone on the first line of a quote.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head<'m> {
    pub(super) name: &'m str,
    attributes: &'m str,
}

impl<'m> Head<'m> {
    fn read(line: &'m str) -> Option<Self> {
        let inside = line.trim_ascii_end().strip_prefix("[!")?.strip_suffix(']')?;
        let length = inside.find(' ').unwrap_or(inside.len());
        let (name, attributes) = inside.split_at(length);
        let fits = |character: char| {
            character.is_alphanumeric() || matches!(character, '_' | '.' | ':' | '-')
        };
        let head = !name.is_empty()
            && name.chars().all(fits)
            && attributes.matches('"').count().is_multiple_of(2)
            && Attributes::read(attributes).all(|(_, value)| value.is_some());
        head.then_some(Self { name, attributes })
    }

    pub(super) fn attributes(&self) -> Vec<(&'m str, String)> {
        let attributes = Attributes::read(self.attributes);
        attributes.map(|(name, value)| (name, value.unwrap_or_default())).collect()
    }
}

/// The Markdown, and what `CommonMark` reads in its place.
#[derive(Debug)]
pub(super) struct Source<'m> {
    original: Cow<'m, str>,
    readable: String,
    /// What was replaced or looks as if, in order.
    tokens: Vec<Range<usize>>,
    heads: Vec<Range<usize>>,
}

impl<'m> Source<'m> {
    pub(super) fn new(original: Cow<'m, str>) -> Self {
        let mut source = Self {
            readable: original.clone().into_owned(),
            original,
            tokens: Vec::new(),
            heads: Vec::new(),
        };
        source.find_tokens();
        source
    }

    fn find_tokens(&mut self) {
        let mut readable = std::mem::take(&mut self.readable).into_bytes();
        let mut start = 0;
        for line in self.original.split_inclusive('\n') {
            let content = start + container_length(line);
            let text = self.original.get(content..start + line.len()).unwrap_or_default();
            let in_quote = self.original.get(start..content).unwrap_or_default();
            if in_quote.trim_ascii_end().ends_with('>') && Head::read(text).is_some() {
                let head = content..content + text.trim_ascii_end().len();
                // A shorter one has nothing in it that Markdown would read.
                if head.len() > STAND_IN.len() + 1 {
                    stand_in(&mut readable, &head);
                    self.tokens.push(head.clone());
                }
                self.heads.push(head);
            } else {
                let tags = decision(line).map_or(0, |decision| {
                    let token = start + decision.start..start + decision.end;
                    stand_in_for_decision(&mut readable, &token);
                    self.tokens.push(token);
                    decision.end
                });
                find_tags(line, tags, start, &mut readable, &mut self.tokens);
            }
            start += line.len();
        }
        // Only characters of one byte have been written, over whole tokens.
        self.readable = String::from_utf8(readable).unwrap_or_default();
    }

    pub(super) fn readable(&self) -> &str {
        &self.readable
    }

    /// What the author wrote at a place that `CommonMark` tells.
    pub(super) fn original(&self, range: Range<usize>) -> &str {
        self.original.get(range).unwrap_or_default()
    }

    pub(super) fn len(&self) -> usize {
        self.original.len()
    }

    /// From 1.
    pub(super) fn line(&self, at: usize) -> usize {
        let before = self.original.as_bytes().get(..at).unwrap_or_default();
        memchr::memchr_iter(b'\n', before).count() + 1
    }

    /// The line of the first reference to `character`.
    pub(super) fn line_of_reference(&self, character: char) -> usize {
        let bytes = self.original.as_bytes();
        let found = memchr::memchr_iter(b'&', bytes).find(|at| {
            let reference = bytes.get(*at..).and_then(entity::decode);
            reference.is_some_and(|(decoded, _)| decoded == character)
        });
        self.line(found.unwrap_or_default())
    }

    /// The token that was replaced at `at`.
    pub(super) fn token(&self, at: usize) -> Option<&str> {
        let found = self.tokens.binary_search_by_key(&at, |token| token.start).ok()?;
        let token = self.original(self.tokens.get(found)?.clone());
        Some(token).filter(|token| !token.starts_with(STAND_IN))
    }

    /// The head that stands at `at`, and where it ends.
    pub(super) fn head(&self, at: usize) -> Option<(Head<'_>, Range<usize>)> {
        let found = self.heads.binary_search_by_key(&at, |head| head.start).ok()?;
        let range = self.heads.get(found)?.clone();
        Some((Head::read(self.original(range.clone()))?, range))
    }

    /// Puts the tokens of `range` back into what was read there and stays text: code.
    pub(super) fn restored<'t>(&self, text: &'t str, range: Range<usize>) -> Cow<'t, str> {
        let first = self.tokens.partition_point(|token| token.start < range.start);
        let mut inside =
            self.tokens.iter().skip(first).take_while(|token| token.end <= range.end).peekable();
        if inside.peek().is_none() {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        for token in inside {
            let Some(written) = self.readable.get(token.clone()) else { continue };
            if let Some((before, after)) = rest.split_once(written) {
                out.push_str(before);
                out.push_str(self.original(token.clone()));
                rest = after;
            }
        }
        out.push_str(rest);
        Cow::Owned(out)
    }
}

/// Where the text of a line begins, after the markers of quotes and lists.
fn container_length(line: &str) -> usize {
    let bytes = line.as_bytes();
    let mut at = 0;
    let mut quoted = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b' ' | b'\t' | b'-' | b'+' | b'*' | b'0'..=b'9' | b'.' | b')' => at += 1,
            b'>' => {
                at += 1;
                quoted = at;
            }
            _ => break,
        }
    }
    let spaces = bytes.get(quoted..).unwrap_or_default().iter().take_while(|byte| **byte == b' ');
    quoted + spaces.count()
}

/// `<decision state="DECIDED"/>` after the marker of an item.
fn decision(line: &str) -> Option<Range<usize>> {
    let found = memchr(b'<', line.as_bytes())?;
    let (markers, text) = line.split_at_checked(found)?;
    let fits = |byte: u8| {
        matches!(byte, b' ' | b'\t' | b'>' | b'-' | b'+' | b'*' | b'0'..=b'9' | b'.' | b')')
    };
    let is_item =
        markers.bytes().all(fits) && markers.trim_ascii_end().ends_with(['-', '+', '*', '.', ')']);
    let (tag, length) = Tag::read(text).filter(|_| is_item)?;
    (tag.name == "decision" && tag.empty).then_some(found..found + length)
}

/// Says from `at` on where tokens stand in a line that begins at `start`.
fn find_tags(
    line: &str,
    mut at: usize,
    start: usize,
    readable: &mut [u8],
    tokens: &mut Vec<Range<usize>>,
) {
    while let Some(found) = memchr(b'<', line.as_bytes().get(at..).unwrap_or_default()) {
        let tag = at + found;
        at = tag + 1;
        // Neither stands in a token, so that no byte is looked at twice.
        let end = memchr2(b'<', b'`', line.as_bytes().get(at..).unwrap_or_default());
        let text = line.get(tag..end.map_or(line.len(), |end| at + end)).unwrap_or_default();
        let length = match lookalike(text) {
            Some(length) => length,
            None if is_escaped(line, tag) => continue,
            None => match Tag::read(text).filter(|(tag, _)| tag.is_token()) {
                Some((_, length)) => length,
                None => continue,
            },
        };
        let token = start + tag..start + tag + length;
        stand_in(readable, &token);
        tokens.push(token);
    }
}

fn lookalike(text: &str) -> Option<usize> {
    let rest = text.strip_prefix(STAND_IN)?;
    let length = rest.bytes().take_while(|byte| *byte == b'z').count();
    rest.as_bytes().get(length).filter(|byte| **byte == b'>')?;
    Some(STAND_IN.len() + length + 1)
}

/// Whether the character at `at` has a backslash before it, or is the beginning of the destination
/// of a link.
fn is_escaped(line: &str, at: usize) -> bool {
    let before = line.get(..at).unwrap_or_default();
    let backslashes = before.bytes().rev().take_while(|byte| *byte == b'\\').count();
    !backslashes.is_multiple_of(2) || before.ends_with("](") && !before.ends_with("\\](")
}

/// A decision is an item as a task is one, and a checkbox may stand alone before a block.
fn stand_in_for_decision(readable: &mut [u8], token: &Range<usize>) {
    let Some(bytes) = readable.get_mut(token.clone()) else { return };
    bytes.fill(b' ');
    for (place, byte) in bytes.iter_mut().zip(*b"[x]") {
        *place = byte;
    }
}

fn stand_in(readable: &mut [u8], token: &Range<usize>) {
    let Some(bytes) = readable.get_mut(token.clone()) else { return };
    bytes.fill(b'z');
    for (place, byte) in bytes.iter_mut().zip(STAND_IN.bytes()) {
        *place = byte;
    }
    if let Some(last) = bytes.last_mut() {
        *last = b'>';
    }
}
