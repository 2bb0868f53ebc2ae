//! A diff for a terminal, in the manner of `diff -u`.

use std::fmt::Write as _;

use super::{
    BlockChange, Change, Diff, PartKind, Span,
    sequence::{Hunk, hunks},
};

/// Lines that are shown around a changed line of the same block.
const CONTEXT: usize = 2;

/// What is shown of storage at either side of a change, in characters.
const STORAGE_CONTEXT: usize = 32;

/// Whether to colour text for a terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colour {
    /// Nothing but the text.
    #[default]
    Never,
    /// ANSI escapes: red for what went, green for what came, the changed words underlined.
    Always,
}

impl Diff {
    /// The diff as lines: for each block `@@ headings › kind [id] @@` and what happened to it, then
    /// its Markdown with `-` before what was and `+` before what is. Of a long block only the changed
    /// lines and those beside them are shown. Control characters of the page are shown as `�`, so that
    /// no page can steer the terminal.
    #[must_use]
    pub fn to_text(&self, colour: Colour) -> String {
        let mut writer = Writer { out: String::new(), colour };
        for block in &self.blocks {
            writer.block(block);
        }
        if self.spacing_only {
            writer.line(Look::Heading, "@@ white space between blocks differs @@", &[]);
        }
        writer.out
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Heading,
    Context,
    Removed,
    Added,
}

impl Look {
    fn colour(self) -> &'static str {
        match self {
            Self::Heading => "\u{1b}[36m",
            Self::Context => "",
            Self::Removed => "\u{1b}[31m",
            Self::Added => "\u{1b}[32m",
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Self::Heading => "",
            Self::Context => " ",
            Self::Removed => "-",
            Self::Added => "+",
        }
    }
}

struct Writer {
    out: String,
    colour: Colour,
}

impl Writer {
    fn block(&mut self, block: &BlockChange) {
        let title = title(block);
        self.line(Look::Heading, &title, &[]);
        match &block.change {
            Change::Added { markdown } => self.lines(Look::Added, markdown),
            Change::Removed { markdown } => self.lines(Look::Removed, markdown),
            Change::Moved { markdown } => self.lines(Look::Context, markdown),
            Change::Changed { words } => self.changed(words),
            Change::Invisible { storage } => self.changed(&shortened(storage)),
        }
    }

    fn lines(&mut self, look: Look, text: &str) {
        for line in text.lines() {
            self.line(look, line, &[]);
        }
    }

    /// Both versions line by line, the changed words marked.
    fn changed(&mut self, spans: &[Span]) {
        let before = Side::new(spans, |span| !matches!(span, Span::Added(_)));
        let after = Side::new(spans, |span| !matches!(span, Span::Removed(_)));
        let hunks = hunks(before.lines.iter(), after.lines.iter());
        let mut shown = 0;
        for (index, Hunk { before: left, after: right }) in hunks.iter().enumerate() {
            let from = left.start.saturating_sub(CONTEXT).max(shown);
            if from > shown {
                self.line(Look::Context, "…", &[]);
            }
            self.side(Look::Context, &before, from..left.start);
            self.side(Look::Removed, &before, left.clone());
            self.side(Look::Added, &after, right.clone());
            let next = hunks.get(index + 1).map_or(before.lines.len(), |next| next.before.start);
            shown = (left.end + CONTEXT).min(next);
            self.side(Look::Context, &before, left.end..shown);
        }
        if shown < before.lines.len() && !hunks.is_empty() {
            self.line(Look::Context, "…", &[]);
        }
    }

    fn side(&mut self, look: Look, side: &Side, lines: std::ops::Range<usize>) {
        for at in lines {
            let (Some(line), Some(marks)) = (side.lines.get(at), side.marks.get(at)) else {
                continue;
            };
            let marks = if look == Look::Context { &[] } else { marks.as_slice() };
            self.line(look, line, marks);
        }
    }

    /// One line; `marks` are the bytes of the changed words.
    fn line(&mut self, look: Look, line: &str, marks: &[std::ops::Range<usize>]) {
        let coloured = self.colour == Colour::Always && !look.colour().is_empty();
        if coloured {
            self.out.push_str(look.colour());
        }
        self.out.push_str(look.sign());
        let mut at = 0;
        for mark in marks.iter().filter(|_| coloured) {
            self.text(line.get(at..mark.start).unwrap_or_default());
            self.out.push_str("\u{1b}[4m");
            self.text(line.get(mark.clone()).unwrap_or_default());
            self.out.push_str("\u{1b}[24m");
            at = mark.end;
        }
        self.text(line.get(at..).unwrap_or_default());
        if coloured {
            self.out.push_str("\u{1b}[0m");
        }
        self.out.push('\n');
    }

    fn text(&mut self, text: &str) {
        let harmless = |character: char| match character {
            '\t' => '\t',
            _ if steers_display(character) => char::REPLACEMENT_CHARACTER,
            _ => character,
        };
        self.out.extend(text.chars().map(harmless));
    }
}

/// Control characters, and those that reorder the text around them (UAX #9).
pub(super) fn steers_display(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// One version of a changed text in lines, with the bytes of each line that changed.
struct Side {
    lines: Vec<String>,
    marks: Vec<Vec<std::ops::Range<usize>>>,
}

impl Side {
    fn new(spans: &[Span], belongs: impl Fn(&Span) -> bool) -> Self {
        let mut side = Self { lines: vec![String::new()], marks: vec![Vec::new()] };
        for span in spans.iter().filter(|span| belongs(span)) {
            for (index, piece) in span.text().split('\n').enumerate() {
                if index > 0 {
                    side.lines.push(String::new());
                    side.marks.push(Vec::new());
                }
                let (Some(line), Some(marks)) = (side.lines.last_mut(), side.marks.last_mut())
                else {
                    continue;
                };
                let start = line.len();
                line.push_str(piece);
                if !matches!(span, Span::Same(_)) && !piece.is_empty() {
                    marks.push(start..line.len());
                }
            }
        }
        // A version without text has no line.
        if side.lines.len() == 1 && side.lines.first().is_some_and(String::is_empty) {
            side = Self { lines: Vec::new(), marks: Vec::new() };
        }
        side
    }
}

/// The spans with long unchanged storage cut down to what stands beside the changes.
fn shortened(spans: &[Span]) -> Vec<Span> {
    let last = spans.len().saturating_sub(1);
    let shorten = |(index, span): (usize, &Span)| match span {
        Span::Same(text) => {
            let head = if index == 0 { 0 } else { STORAGE_CONTEXT };
            let tail = if index == last { 0 } else { STORAGE_CONTEXT };
            Span::Same(shortened_text(text, head, tail))
        }
        changed => changed.clone(),
    };
    spans.iter().enumerate().map(shorten).collect()
}

fn shortened_text(text: &str, head: usize, tail: usize) -> String {
    let position = |character: Option<(usize, char)>| character.map(|(at, _)| at);
    let head_end = position(text.char_indices().nth(head));
    let tail_start = match tail.checked_sub(1) {
        None => Some(text.len()),
        Some(before) => position(text.char_indices().rev().nth(before)),
    };
    match (head_end, tail_start) {
        (Some(head), Some(tail)) if head < tail => {
            format!("{}…{}", &text[..head], &text[tail..])
        }
        _ => text.to_owned(),
    }
}

/// What follows `@@`: where the block stands, what it is, what happened.
fn title(block: &BlockChange) -> String {
    let mut title = "@@ ".to_owned();
    for heading in &block.path {
        let _infallible = write!(title, "{heading} › ");
    }
    title.push_str(block.kind.name());
    if let Some(id) = &block.id {
        let _infallible = write!(title, " [{id}]");
    }
    let _infallible = write!(title, " {} @@", block.what_happened());
    title
}

impl BlockChange {
    /// For people: `added`, `moved and changed`, ….
    #[must_use]
    pub fn what_happened(&self) -> &'static str {
        match (&self.change, self.moved) {
            (Change::Added { .. }, _) => "added",
            (Change::Removed { .. }, _) => "removed",
            (Change::Changed { .. }, false) => "changed",
            (Change::Changed { .. }, true) => "moved and changed",
            (Change::Invisible { .. }, false) => "changed, not visible in Markdown",
            (Change::Invisible { .. }, true) => "moved and changed, not visible in Markdown",
            (Change::Moved { .. }, _) => "moved",
        }
    }
}

impl PartKind {
    /// For people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Paragraph => "paragraph",
            Self::Heading => "heading",
            Self::List => "list",
            Self::ListItem => "list item",
            Self::Task => "task",
            Self::Table => "table",
            Self::TableRow => "table row",
            Self::TableCell => "table cell",
            Self::Code => "code",
            Self::Macro => "macro",
            Self::Image => "image",
            Self::Quote => "quote",
            Self::Rule => "rule",
            Self::Layout => "layout",
            Self::Text => "text",
            Self::Other => "markup",
        }
    }
}
