//! Marks: what stands around words. They are opened by the first word inside them and closed right
//! after the last, so that white space lies outside, where Markdown wants it, and empty marks leave
//! nothing. A line's end closes them, the next word opens them again.

use std::ops::Range;

use super::{Close, Code, Renderer, Syntax};
use crate::{
    element::Element,
    scan::{Node, Tree},
};

/// Marks within marks that are shown; Confluence knows fewer kinds.
const MAX_MARKS: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MarkKind {
    Strong,
    Emphasis,
    Strike,
    Underline,
    Subscript,
    Superscript,
    /// A code span with that many backticks.
    Code {
        ticks: usize,
    },
    /// A code span with markup inside.
    RichCode,
    Comment,
    Placeholder,
    Caption,
    Link,
    Macro,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) kind: MarkKind,
    pub(super) node: u32,
    /// Written as an HTML tag, because of where it stands or what it touches.
    tag: bool,
    /// Has held a word.
    pub(super) used: bool,
}

/// A mark that was closed with delimiters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Closed {
    /// Where the output ended then.
    at: usize,
    kind: MarkKind,
    /// Where the delimiters begin that end there.
    from: usize,
}

impl MarkKind {
    /// What Markdown writes on both sides.
    fn delimiter(self) -> Option<&'static str> {
        match self {
            Self::Strong => Some("**"),
            Self::Emphasis => Some("*"),
            Self::Strike => Some("~~"),
            _ => None,
        }
    }

    fn tag(self) -> &'static str {
        match self {
            Self::Strong => "strong",
            Self::Emphasis => "em",
            Self::Strike => "del",
            Self::Underline => "u",
            Self::Subscript => "sub",
            Self::Superscript => "sup",
            Self::Code { .. } | Self::RichCode => "code",
            Self::Comment => "mark",
            Self::Placeholder => "placeholder",
            Self::Caption => "figcaption",
            Self::Link => "a",
            Self::Macro => "macro",
        }
    }
}

impl Renderer<'_> {
    /// Enters an element that is a mark, unless it says nothing new here.
    pub(super) fn mark(&mut self, at: u32, node: Node, kind: MarkKind) -> u32 {
        let repeats = kind != MarkKind::Comment && self.marks.iter().any(|mark| mark.kind == kind);
        if repeats || self.context.code == Code::Literal {
            return at + 1;
        }
        self.push_mark(at, kind, node.next, node.next);
        at + 1
    }

    /// `end` and `next` as in [`super::Frame`].
    pub(super) fn push_mark(&mut self, at: u32, kind: MarkKind, end: u32, next: u32) {
        if self.marks.len() >= MAX_MARKS {
            self.push_frame(at, end, next, Close::Nothing, None);
            return;
        }
        self.push_frame(at, end, next, Close::Mark, None);
        self.marks.push(Mark { kind, node: at, tag: false, used: false });
    }

    pub(super) fn code_span(&mut self, at: u32, node: Node) -> u32 {
        if self.context.code != Code::No {
            return at + 1;
        }
        let comments = self.options.comments;
        let plain = self.context.syntax != Syntax::Html
            && self.tree.descendants(at).iter().all(|inside| match inside.element {
                Element::Text | Element::CharacterData | Element::Transparent => true,
                Element::CommentMarker => !comments,
                _ => false,
            });
        let kind = if plain {
            MarkKind::Code { ticks: ticks_around(self.tree, at, 1) }
        } else {
            MarkKind::RichCode
        };
        self.push_mark(at, kind, node.next, node.next);
        self.context.code = if plain { Code::Literal } else { Code::Tagged };
        at + 1
    }

    /// Opens the marks around what begins with `first`.
    pub(super) fn open_marks(&mut self, first: char) {
        let opens = self.opened < self.marks.len();
        let at_line_start = self.out.len() == self.line_start;
        let mut before = self.out.chars().next_back().filter(|_| opens && !at_line_start);
        while let Some(&mark) = self.marks.get(self.opened) {
            let inside = self.marks.get(self.opened + 1..).unwrap_or_default();
            let only_delimiters = inside.iter().all(|mark| mark.kind.delimiter().is_some());
            let first = if only_delimiters { first } else { '<' };
            let length = self.out.len();
            let opened = self.open_mark(mark, before, first);
            if self.out.len() < length {
                before = self.out.chars().next_back();
            }
            self.marks[self.opened] = opened;
            self.opened += 1;
        }
        let closed = self.just_closed().filter(|closed| closed.kind.delimiter().is_some());
        if is_word(first)
            && closed.is_some_and(|closed| !self.out[..closed.from].ends_with(is_word))
        {
            // Between punctuation and a letter a delimiter closes nothing.
            self.out.push_str(SEPARATOR);
        }
    }

    /// Opens a mark between the characters `before` and `first`.
    fn open_mark(&mut self, mut mark: Mark, before: Option<char>, first: char) -> Mark {
        mark.used = true;
        mark.tag = false;
        match mark.kind {
            MarkKind::Link => self.open_link(),
            MarkKind::Macro => self.open_inline_macro(mark.node),
            MarkKind::Comment => self.open_comment(mark.node),
            MarkKind::Code { ticks } => {
                if !self.rejoin(mark.kind, ticks) {
                    if self.out.ends_with('`') {
                        self.out.push_str(SEPARATOR);
                    }
                    self.push_ticks(ticks);
                    if ticks > 1 {
                        self.out.push(' ');
                    }
                }
            }
            kind => match kind.delimiter().filter(|_| self.context.syntax != Syntax::Html) {
                Some(delimiter) if self.rejoin(kind, delimiter.len()) => {}
                Some(delimiter) if !self.needs_tag(mark, before, first) => {
                    self.out.push_str(delimiter);
                }
                _ => {
                    mark.tag = true;
                    self.push_tag("", kind.tag());
                }
            },
        }
        mark
    }

    /// Takes back the end of the same mark when it was written just here: `**a****b**` is `**ab**`.
    fn rejoin(&mut self, kind: MarkKind, delimiter: usize) -> bool {
        let rejoins = self.just_closed().is_some_and(|closed| closed.kind == kind);
        if rejoins {
            self.out.truncate(self.out.len() - delimiter);
            self.closed.pop();
        }
        rejoins
    }

    /// The mark whose end is the last thing written.
    pub(super) fn just_closed(&self) -> Option<Closed> {
        self.closed.last().copied().filter(|closed| closed.at == self.out.len())
    }

    fn push_closing(&mut self, delimiter: &str, kind: MarkKind) {
        let inner = self.just_closed();
        if inner.is_none() {
            self.closed.clear();
        }
        let joined = inner.filter(|closed| closed.kind.delimiter().is_some());
        let from = joined.map_or(self.out.len(), |closed| closed.from);
        self.out.push_str(delimiter);
        self.closed.push(Closed { at: self.out.len(), from, kind });
    }

    /// Whether Markdown would not take the delimiters of `mark` for what they are (`CommonMark` 0.31,
    /// 6.2: one with punctuation on its inner side needs white space or punctuation outside). The end
    /// is not written yet and judged by the bytes at its edge.
    fn needs_tag(&self, mark: Mark, before: Option<char>, first: char) -> bool {
        // Inside of another mark, one between two punctuation marks could open as well as close.
        let binds = |before: char| is_word(before) || self.opened > 0 && !before.is_whitespace();
        if self.just_closed().is_some() || before.is_some_and(binds) && !is_word(first) {
            return true;
        }
        let Some(node) = self.tree.nodes.get(mark.node as usize) else { return false };
        let last = self.source[node.inner()].chars().next_back();
        let after = self.source[node.end as usize..].chars().next();
        after.is_some_and(is_word) && last.is_some_and(is_punctuation)
    }

    pub(super) fn leave_mark(&mut self) {
        let Some(mark) = self.marks.last().copied() else { return };
        match mark.kind {
            MarkKind::Link if !mark.used => self.own_label(mark.node),
            // The anchor of a comment whose words are gone is an anchor still.
            MarkKind::Comment if !mark.used => self.prepare('<'),
            _ => {}
        }
        if self.opened == self.marks.len() {
            self.close_mark(mark);
            self.opened -= 1;
        }
        self.marks.pop();
    }

    pub(super) fn close_marks(&mut self) {
        while let Some(mark) = self.opened.checked_sub(1).and_then(|last| self.marks.get(last)) {
            let mark = *mark;
            self.close_mark(mark);
            self.opened -= 1;
        }
    }

    fn close_mark(&mut self, mark: Mark) {
        match mark.kind {
            MarkKind::Link => self.close_link(),
            MarkKind::Macro => self.close_inline_macro(mark.node),
            MarkKind::Code { ticks } => {
                // Backticks inside may touch the edge; a reader takes one space away on each side.
                if ticks > 1 {
                    self.out.push(' ');
                    self.push_ticks(ticks);
                } else {
                    self.push_closing("`", mark.kind);
                }
            }
            kind => match kind.delimiter().filter(|_| !mark.tag) {
                Some(delimiter) => self.push_closing(delimiter, kind),
                None => self.push_tag("/", kind.tag()),
            },
        }
    }

    fn open_comment(&mut self, place: u32) {
        let reference = self
            .tree
            .nodes
            .get(place as usize)
            .and_then(|node| self.tree.attribute(node, "ac:ref"))
            .unwrap_or_default();
        self.whole(self.start_tag(place), |renderer| {
            renderer.out.push_str("<mark comment=\"");
            renderer.attribute_value(renderer.first_characters(reference, 8), true);
            renderer.out.push_str("\">");
        });
    }

    fn first_characters(&self, range: Range<usize>, count: usize) -> Range<usize> {
        let text = self.tree.text(range.clone());
        let length = text.char_indices().nth(count).map_or(text.len(), |(at, _)| at);
        range.start..range.start + length
    }

    fn push_tag(&mut self, slash: &str, name: &str) {
        self.out.push('<');
        self.out.push_str(slash);
        self.out.push_str(name);
        self.out.push('>');
    }

    pub(super) fn push_ticks(&mut self, ticks: usize) {
        for _ in 0..ticks {
            self.out.push('`');
        }
    }
}

/// How many backticks it takes to enclose the text in `place`, at least `fewest`. Runs of several
/// nodes count as one, as they may touch.
pub(super) fn ticks_around(tree: &Tree<'_>, place: u32, fewest: usize) -> usize {
    let inside: usize = tree
        .descendants(place)
        .iter()
        .filter(|node| matches!(node.element, Element::Text | Element::CharacterData))
        .map(|node| longest_run(tree.text(node.inner())))
        .sum();
    fewest.max(inside + 1)
}

/// The longest run of backticks; a numeric reference may stand for one, so that each counts.
fn longest_run(text: &str) -> usize {
    let (mut longest, mut run, mut references) = (0, 0, 0);
    if memchr::memchr2(b'`', b'#', text.as_bytes()).is_none() {
        return 0;
    }
    let following = text.as_bytes().iter().skip(1).chain(b" ");
    for pair in text.as_bytes().iter().zip(following) {
        match pair {
            (b'`', _) => run += 1,
            (b'&', b'#') => references += 1,
            _ => run = 0,
        }
        longest = longest.max(run);
    }
    longest + references
}

/// What stands between two delimiters that Markdown would read as one.
const SEPARATOR: &str = "<!-- -->";

fn is_word(character: char) -> bool {
    // Han and Hangul first: the tables of Unicode are slow to ask for them.
    matches!(character, '\u{4E00}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}')
        || character.is_alphanumeric()
}

/// Angle brackets are the edge of a tag here.
fn is_punctuation(character: char) -> bool {
    !is_word(character) && !character.is_whitespace() && !matches!(character, '<' | '>')
}
