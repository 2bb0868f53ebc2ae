//! The line of a leaf as atoms: characters, spaces, breaks and tokens, each in its marks.

use std::{ops::Range, rc::Rc};

use pulldown_cmark::{Event, Tag, TagEnd};

use super::reading::{Inline, tag_name};
use crate::entity;

/// What an edit keeps, adds or removes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Unit {
    Character(char),
    /// Any run of white space.
    Space,
    Break,
    /// What stands for an element as a whole: its place in [`Line::tokens`] of the line.
    Token(u32),
}

#[derive(Clone, Debug)]
pub(super) struct Atom {
    pub(super) unit: Unit,
    /// Of [`Line::stacks`].
    pub(super) marks: usize,
    /// Bytes of the Markdown.
    pub(super) view: Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum MarkKind {
    Strong,
    Emphasis,
    Strike,
    Underline,
    Subscript,
    Superscript,
    Code,
    Link,
    Comment,
    Placeholder,
    Caption,
    Status,
    Macro,
}

/// A mark with what it says besides its kind: the destination of a link, the tag of a token.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Mark {
    pub(super) kind: MarkKind,
    pub(super) detail: Rc<str>,
}

#[derive(Debug, Default)]
pub(super) struct Line {
    pub(super) atoms: Vec<Atom>,
    /// The first is empty. From the outer to the inner mark.
    pub(super) stacks: Vec<Vec<Mark>>,
    /// As they are written.
    pub(super) tokens: Vec<Rc<str>>,
    pub(super) spans: Vec<Span>,
}

/// All that a mark holds, with its own tags.
#[derive(Clone, Debug)]
pub(super) struct Span {
    pub(super) kind: MarkKind,
    pub(super) view: Range<usize>,
    pub(super) atoms: Range<usize>,
}

impl Span {
    /// Whether it stands for an element that is a token.
    pub(super) fn is_token(&self) -> bool {
        matches!(self.kind, MarkKind::Status | MarkKind::Macro | MarkKind::Placeholder)
    }
}

impl Line {
    /// The line of a leaf. `text` is the Markdown that the events come from.
    pub(super) fn of(text: &str, events: &[Inline<'_>]) -> Self {
        let mut reader = Reader {
            text,
            line: Self { stacks: vec![Vec::new()], ..Self::default() },
            stack: Vec::new(),
            current: 0,
        };
        let mut rest = events.iter();
        while let Some((event, range)) = rest.next() {
            match event {
                Event::Start(tag) if is_token(tag) => {
                    let mut depth = 1;
                    for (inside, _) in rest.by_ref() {
                        match inside {
                            Event::Start(_) => depth += 1,
                            Event::End(_) => depth -= 1,
                            _ => {}
                        }
                        if depth == 0 {
                            break;
                        }
                    }
                    reader.token(range.clone());
                }
                Event::InlineHtml(tag) if is_token_tag(tag) => {
                    let name = tag_name(tag);
                    let mut end = range.end;
                    for (inside, range) in rest.by_ref() {
                        end = range.end;
                        if matches!(inside, Event::InlineHtml(tag) if tag_name(tag).strip_prefix('/') == Some(name))
                        {
                            break;
                        }
                    }
                    reader.token(range.start..end);
                }
                event => reader.event(event, range.clone()),
            }
        }
        reader.finish()
    }

    pub(super) fn marks(&self, atom: &Atom) -> &[Mark] {
        self.stacks.get(atom.marks).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn token(&self, unit: Unit) -> Option<&str> {
        match unit {
            Unit::Token(at) => self.tokens.get(at as usize).map(|token| &**token),
            _ => None,
        }
    }
}

/// How many marks and tags may be around each other in a line; real ones are a handful.
const DEEPEST: usize = 64;

/// Whether more than [`DEEPEST`] marks are open somewhere in a line, those without an end among them.
pub(super) fn is_too_deep(text: &str, events: &[Inline<'_>]) -> bool {
    let mut open: Vec<&str> = Vec::new();
    events.len() > DEEPEST
        && events.iter().any(|(event, range)| {
            match event {
                Event::Start(_) => open.push(""),
                Event::End(_) => close(&mut open, ""),
                Event::InlineHtml(_) => {
                    let tag = text.get(range.clone()).unwrap_or_default();
                    let name = tag_name(tag);
                    match name.strip_prefix('/') {
                        Some(closing) => close(&mut open, closing),
                        None if opens(tag, name).is_some() => open.push(name),
                        None => {}
                    }
                }
                _ => {}
            }
            open.len() > DEEPEST
        })
}

/// Closes the innermost of a name.
fn close(open: &mut Vec<&str>, name: &str) {
    if let Some(at) = open.iter().rposition(|open| *open == name) {
        open.remove(at);
    }
}

/// The mark that a tag begins.
fn opens(tag: &str, name: &str) -> Option<MarkKind> {
    Some(match name {
        _ if tag.ends_with("/>") => return None,
        "strong" | "b" => MarkKind::Strong,
        "em" | "i" => MarkKind::Emphasis,
        "del" | "s" | "strike" => MarkKind::Strike,
        "u" | "ins" => MarkKind::Underline,
        "sub" => MarkKind::Subscript,
        "sup" => MarkKind::Superscript,
        "code" | "kbd" | "tt" => MarkKind::Code,
        "a" => MarkKind::Link,
        "mark" => MarkKind::Comment,
        "placeholder" => MarkKind::Placeholder,
        "figcaption" => MarkKind::Caption,
        "status" => MarkKind::Status,
        _ if name.starts_with("macro:") => MarkKind::Macro,
        _ => return None,
    })
}

/// An image, and a mention, whose text is not the page's own.
fn is_token(tag: &Tag<'_>) -> bool {
    match tag {
        Tag::Image { .. } => true,
        Tag::Link { dest_url, .. } => is_person(dest_url),
        _ => false,
    }
}

/// The same as tags: a date, and a mention in the cell of an HTML table.
fn is_token_tag(tag: &str) -> bool {
    match tag_name(tag) {
        "time" => !tag.ends_with("/>"),
        "a" => attributes(tag).iter().any(|(name, href)| name == "href" && is_person(href)),
        _ => false,
    }
}

fn is_person(destination: &str) -> bool {
    ["user:", "userkey:", "username:"].iter().any(|scheme| destination.starts_with(scheme))
}

struct Open {
    mark: Mark,
    /// What closes it if it is a tag.
    tag: Option<String>,
    /// Atoms before it.
    atoms: usize,
    start: usize,
}

struct Reader<'t> {
    text: &'t str,
    line: Line,
    stack: Vec<Open>,
    current: usize,
}

impl Reader<'_> {
    fn event(&mut self, event: &Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.open_markdown(tag, range),
            Event::End(end) => self.close_markdown(*end, range.end),
            Event::Text(shown) => self.text(shown, range),
            Event::Code(_) => self.code(range),
            Event::SoftBreak => self.push(Unit::Space, range),
            Event::HardBreak => self.push(Unit::Break, range),
            Event::InlineHtml(tag) => self.tag(tag, range),
            _ => self.token(range),
        }
    }

    fn open_markdown(&mut self, tag: &Tag<'_>, range: Range<usize>) {
        let (kind, detail) = match tag {
            Tag::Strong => (MarkKind::Strong, String::new()),
            Tag::Emphasis => (MarkKind::Emphasis, String::new()),
            Tag::Strikethrough => (MarkKind::Strike, String::new()),
            Tag::Subscript => (MarkKind::Subscript, String::new()),
            Tag::Superscript => (MarkKind::Superscript, String::new()),
            Tag::Link { dest_url, title, .. } => (MarkKind::Link, link_detail(dest_url, title)),
            _ => return,
        };
        self.open(kind, &detail, None, range.start);
    }

    fn open(&mut self, kind: MarkKind, detail: &str, tag: Option<String>, start: usize) {
        let mark = Mark { kind, detail: detail.into() };
        self.stack.push(Open { mark, tag, atoms: self.line.atoms.len(), start });
        self.restack();
    }

    fn restack(&mut self) {
        self.current = self.line.stacks.len();
        self.line.stacks.push(self.stack.iter().map(|open| open.mark.clone()).collect());
    }

    fn close_markdown(&mut self, end: TagEnd, at: usize) {
        let kind = match end {
            TagEnd::Strong => MarkKind::Strong,
            TagEnd::Emphasis => MarkKind::Emphasis,
            TagEnd::Strikethrough => MarkKind::Strike,
            TagEnd::Subscript => MarkKind::Subscript,
            TagEnd::Superscript => MarkKind::Superscript,
            TagEnd::Link => MarkKind::Link,
            _ => return,
        };
        self.close(|open| open.tag.is_none() && open.mark.kind == kind, at);
    }

    /// Closes the innermost mark that is meant; whether there was one.
    fn close(&mut self, meant: impl Fn(&Open) -> bool, at: usize) -> bool {
        let Some(place) = self.stack.iter().rposition(meant) else { return false };
        let open = self.stack.remove(place);
        self.restack();
        if open.atoms == self.line.atoms.len() {
            // A mark without words: it is all that there is of its element.
            self.token(open.start..at);
        }
        let atoms = open.atoms..self.line.atoms.len();
        self.line.spans.push(Span { kind: open.mark.kind, view: open.start..at, atoms });
        true
    }

    fn text(&mut self, shown: &str, range: Range<usize>) {
        if shown.len() == range.len() {
            for (at, character) in shown.char_indices() {
                let start = range.start + at;
                self.character(character, start..start + character.len_utf8());
            }
        } else {
            for character in shown.chars() {
                self.character(character, range.clone());
            }
        }
    }

    fn character(&mut self, character: char, range: Range<usize>) {
        match character {
            ' ' | '\t' | '\n' | '\r' => self.push(Unit::Space, range),
            _ => self.push(Unit::Character(character), range),
        }
    }

    /// A code span from its first backtick to its last.
    fn code(&mut self, range: Range<usize>) {
        let raw = self.text.get(range.clone()).unwrap_or_default();
        let ticks = raw.bytes().take_while(|byte| *byte == b'`').count();
        let end = raw.len().saturating_sub(ticks).max(ticks);
        let inner = raw.get(ticks..end).unwrap_or_default();
        self.open(MarkKind::Code, "", None, range.start);
        let mut escaped = false;
        for (at, character) in inner.char_indices() {
            let start = range.start + ticks + at;
            // In a row of a table a pipe is escaped even here.
            escaped = character == '\\' && inner[at + 1..].starts_with('|') && !escaped;
            if !escaped {
                self.character(character, start..start + character.len_utf8());
            }
        }
        self.close(|open| open.tag.is_none() && open.mark.kind == MarkKind::Code, range.end);
    }

    fn tag(&mut self, tag: &str, range: Range<usize>) {
        // The parser may have read a masked tag.
        let tag = self.text.get(range.clone()).unwrap_or(tag);
        if tag.starts_with("<!--") {
            return;
        }
        let name = tag_name(tag);
        if let Some(closing) = name.strip_prefix('/') {
            let closes = self.close(|open| open.tag.as_deref() == Some(closing), range.end);
            if !closes {
                self.token(range);
            }
            return;
        }
        if name == "br" {
            return self.push(Unit::Break, range);
        }
        let Some(kind) = opens(tag, name) else { return self.token(range) };
        let detail = match kind {
            MarkKind::Link => {
                attributes(tag).into_iter().find(|(name, _)| name == "href").map(|(_, href)| href)
            }
            MarkKind::Comment | MarkKind::Status | MarkKind::Macro => Some(tag.to_owned()),
            _ => None,
        };
        let name = name.to_owned();
        self.open(kind, &detail.unwrap_or_default(), Some(name), range.start);
    }

    fn token(&mut self, range: Range<usize>) {
        let raw = self.text.get(range.clone()).unwrap_or_default();
        let at = self.line.tokens.len();
        self.line.tokens.push(raw.into());
        self.push(Unit::Token(u32::try_from(at).unwrap_or(u32::MAX)), range);
    }

    fn push(&mut self, unit: Unit, view: Range<usize>) {
        let last = self.line.atoms.last().map(|atom| atom.unit);
        match unit {
            Unit::Space if matches!(last, None | Some(Unit::Space | Unit::Break)) => return,
            Unit::Break if last == Some(Unit::Space) => {
                self.line.atoms.pop();
            }
            _ => {}
        }
        self.line.atoms.push(Atom { unit, marks: self.current, view });
    }

    fn finish(mut self) -> Line {
        if self.line.atoms.last().is_some_and(|atom| atom.unit == Unit::Space) {
            self.line.atoms.pop();
        }
        self.line
    }
}

/// The destination of a link, and the title that says how Confluence shows it.
fn link_detail(destination: &str, title: &str) -> String {
    if title.is_empty() { destination.to_owned() } else { format!("{destination} \"{title}\"") }
}

/// The attributes of a tag or of the head of a macro, their values decoded.
pub(super) fn attributes(tag: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = tag.split_once(' ').map_or("", |(_, rest)| rest);
    while let Some((name, after)) = rest.split_once("=\"") {
        let Some((value, next)) = after.split_once('"') else { break };
        found.push((name.trim().to_owned(), entity::decoded(value)));
        rest = next;
    }
    found
}

pub(super) fn has_detail(kind: MarkKind) -> bool {
    matches!(kind, MarkKind::Link | MarkKind::Status | MarkKind::Macro | MarkKind::Comment)
}

/// An address that `a` can hold.
pub(super) fn is_url(destination: &str) -> bool {
    ["https://", "http://", "mailto:", "ftp://", "tel:", "/"]
        .iter()
        .any(|scheme| destination.starts_with(scheme))
        && !destination.ends_with('"')
}
