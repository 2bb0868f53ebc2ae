//! Words of a page exchanged at random, and what must become of the page. Depends on nothing but the
//! crate's public API, so that a longer run elsewhere can use the same code.

use std::{fmt, ops::Range};

use document::{PatchOptions, Patched, View, ViewOptions, patch, to_markdown};

/// The same numbers for the same seed (splitmix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }

    pub(crate) fn pick<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.below(of.len())]
    }
}

/// How characters are written where a word stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Writing {
    Markdown,
    /// A line of a table in HTML.
    Html,
    /// Between backticks or in a fence.
    Literal,
}

/// A word of the page that the view shows as it is.
pub(crate) struct Place {
    view: Range<usize>,
    source: Range<usize>,
    writing: Writing,
    /// In CDATA, where storage writes no references.
    verbatim: bool,
    /// A number there would begin a list.
    lists: bool,
    /// A delimiter of Markdown touches it, so that only another word can stand there.
    touched: bool,
}

impl Place {
    /// Where the word stands in the view and in the storage, unless something touches it.
    pub(crate) fn in_plain_text(&self) -> Option<(Range<usize>, Range<usize>)> {
        let plain = self.writing == Writing::Markdown && !self.touched;
        plain.then(|| (self.view.clone(), self.source.clone()))
    }
}

pub(crate) struct Page {
    pub(crate) storage: String,
    pub(crate) view: View,
    pub(crate) places: Vec<Place>,
}

impl Page {
    /// `None` for a page that is not well-formed or has no words.
    pub(crate) fn new(storage: String) -> Option<Self> {
        let view = to_markdown(&storage, &ViewOptions::default());
        if !view.warnings.is_empty() {
            return None;
        }
        let places = places(&storage, &view);
        (!places.is_empty()).then_some(Self { storage, view, places })
    }

    /// Another word for the whole one.
    pub(crate) fn exchange(&self, place: usize) -> Splice<'_> {
        let place = &self.places[place];
        Splice { page: self, place, part: 0..place.view.len(), text: "Zq1" }
    }

    /// Random text for a random part of a random word.
    pub(crate) fn splice(&self, random: &mut Random) -> Splice<'_> {
        let place = random.pick(&self.places);
        let word = &self.view.markdown[place.view.clone()];
        let mut borders: Vec<usize> = word.char_indices().map(|(at, _)| at).collect();
        borders.push(word.len());
        let (one, other) = (*random.pick(&borders), *random.pick(&borders));
        let mut part = one.min(other)..one.max(other);
        if part.is_empty() && (one == 0 || one == word.len()) {
            // Which element would it be in, if a coloured word begins or ends here?
            part = 0..word.len();
        }
        let texts = if place.touched { &TEXTS[..WORDS] } else { &TEXTS[..] };
        let mut text = *random.pick(texts);
        let now = [&word[..part.start], text, &word[part.end..]].concat();
        let is_number = now.bytes().all(|byte| byte.is_ascii_digit());
        // Two spaces would be left, of which Markdown sees one; or a number that begins a list.
        if now.is_empty() || place.lists && is_number {
            text = "x";
        }
        Splice { page: self, place, part, text }
    }
}

/// An edit of a part of a word.
pub(crate) struct Splice<'p> {
    page: &'p Page,
    place: &'p Place,
    part: Range<usize>,
    text: &'static str,
}

impl Splice<'_> {
    /// The view with the edit.
    pub(crate) fn edited(&self) -> String {
        let view = self.part_of(&self.place.view);
        let markdown = &self.page.view.markdown;
        let shown = self.place.writing.shown(self.text);
        [&markdown[..view.start], &shown, &markdown[view.end..]].concat()
    }

    fn part_of(&self, word: &Range<usize>) -> Range<usize> {
        word.start + self.part.start..word.start + self.part.end
    }

    /// Patches the page. The error says why that was refused.
    ///
    /// # Panics
    /// It was done, and anything but the edit changed in the storage or in the view.
    pub(crate) fn try_patch(&self) -> Result<(), String> {
        let edited = self.edited();
        let patched = patch(&self.page.storage, &edited, &PatchOptions::default())
            .map_err(|error| format!("{error}: {self}"))?;
        self.check(&edited, &patched);
        Ok(())
    }

    /// # Panics
    /// Anything but the edit changed in the storage or in the view.
    pub(crate) fn check(&self, edited: &str, patched: &Patched) {
        let source = self.part_of(&self.place.source);
        let (before, after) =
            (&self.page.storage[..source.start], &self.page.storage[source.end..]);
        let rest = patched.storage.strip_prefix(before);
        let written = rest.and_then(|rest| rest.strip_suffix(after));
        if written.is_none() && self.is_beside_word(&patched.storage) {
            return self.check_view(edited, patched);
        }
        assert!(written.is_some(), "other bytes changed: {self}\n{}", patched.storage_diff);
        let written = written.unwrap_or_default();
        let meant = if self.place.verbatim { written.to_owned() } else { decoded(written) };
        assert_eq!(meant, self.text, "{self}");
        self.check_view(edited, patched);
    }

    /// Whether `result` has what the edit adds beside the word, with nothing but tags between both. An
    /// edit after which the word begins or ends with what it was before only adds to the view; nobody
    /// can tell from that in which of the elements that end or begin there the addition is meant to be.
    fn is_beside_word(&self, result: &str) -> bool {
        let storage = &self.page.storage;
        let word = &storage[self.place.source.clone()];
        let now = [&word[..self.part.start], self.text, &word[self.part.end..]].concat();
        let (before, after) = (now.strip_suffix(word), now.strip_prefix(word));
        let is_added_at = |added: &str, place: usize| {
            let rest = result.strip_prefix(&storage[..place]);
            let written = rest.and_then(|rest| rest.strip_suffix(&storage[place..]));
            written.is_some_and(|written| decoded(written) == added)
        };
        let source = &self.place.source;
        before.is_some_and(|added| {
            tags_before(storage, source.start).any(|place| is_added_at(added, place))
        }) || after.is_some_and(|added| {
            tags_after(storage, source.end).any(|place| is_added_at(added, place))
        })
    }

    fn check_view(&self, edited: &str, patched: &Patched) {
        let result = to_markdown(&patched.storage, &ViewOptions::default());
        assert_eq!(result.warnings, [], "{self}");
        assert_eq!(unescaped(&result.markdown), unescaped(edited), "{self}");
    }
}

impl fmt::Display for Splice<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let markdown = &self.page.view.markdown;
        let view = self.part_of(&self.place.view);
        let from = markdown.floor_char_boundary(view.start.saturating_sub(40));
        let to = markdown.ceil_char_boundary((view.end + 40).min(markdown.len()));
        let Self { part, text, .. } = self;
        write!(formatter, "{text:?} for the part {part:?} in {:?}", &markdown[from..to])
    }
}

/// The first of these are words.
const TEXTS: [&str; 24] = [
    "",
    "x",
    "Zebra",
    "7",
    "문서",
    "漢字",
    "é",
    "ßu",
    "über",
    "a b",
    "&",
    "<",
    ">",
    "\"",
    "A & B",
    "1 < 2",
    "<b>",
    "&amp;",
    "\"so\"",
    "✅",
    "👩‍💻",
    "it's",
    "co-op",
    "x.y, z",
];
const WORDS: usize = 9;

impl Writing {
    fn shown(self, text: &str) -> String {
        text.chars()
            .map(|character| match self {
                Self::Markdown if character.is_ascii_punctuation() => format!("\\{character}"),
                Self::Html if character == '&' => "&amp;".to_owned(),
                Self::Html if character == '<' => "&lt;".to_owned(),
                Self::Html if character == '>' => "&gt;".to_owned(),
                _ => character.to_string(),
            })
            .collect()
    }
}

/// Without what says how a character is written: the same is escaped where it must be, and else not.
fn unescaped(markdown: &str) -> String {
    decoded(&markdown.replace('\\', ""))
}

fn decoded(text: &str) -> String {
    let references = [
        ("&eacute;", "é"),
        ("&szlig;", "ß"),
        ("&uuml;", "ü"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&rsquo;", "’"),
        ("&amp;", "&"),
    ];
    references
        .iter()
        .fold(text.to_owned(), |text, (reference, character)| text.replace(reference, character))
}

/// Text of the storage, found with means of its own.
struct Text {
    source: Range<usize>,
    verbatim: bool,
    code: bool,
}

fn places(storage: &str, view: &View) -> Vec<Place> {
    let texts = texts(storage);
    let mut places = Vec::new();
    for piece in view.pieces.iter().filter(|piece| piece.exact) {
        let start = piece.source.start as usize;
        let after = texts.partition_point(|text| text.source.start <= start);
        let Some(text) = after.checked_sub(1).map(|at| &texts[at]) else { continue };
        if text.source.end < piece.source.end as usize {
            continue;
        }
        let shown = &view.markdown[piece.view.start as usize..piece.view.end as usize];
        for word in words(shown) {
            let at = piece.view.start as usize + word.start;
            let view_range = at..at + word.len();
            let line_start = view.markdown[..at].rfind('\n').map_or(0, |newline| newline + 1);
            let line = &view.markdown[line_start..at];
            let first = line.trim_start_matches([' ', '>', '-']).is_empty();
            let number = shown[word.clone()].chars().any(|character| character.is_ascii_digit());
            let reference = storage[..start + word.start].ends_with(['&', '#']);
            // Before a full stop or a bracket, a number alone would begin a list.
            if first && number || reference {
                continue;
            }
            let html = line.trim_start_matches([' ', '>']);
            let is_html = html.starts_with("<t") || html.starts_with("</t");
            let touches = |character: Option<char>| {
                character.is_some_and(|character| "*_~`\\<>[]()!&#|".contains(character))
            };
            // Code that holds marks or links is written with tags, and its text as any other.
            let is_tagged = line.rfind("<code>") > line.rfind("</code>");
            let writing = match () {
                () if is_html => Writing::Html,
                () if is_tagged => Writing::Markdown,
                () if text.verbatim || text.code => Writing::Literal,
                () => Writing::Markdown,
            };
            let touched = touches(view.markdown[..at].chars().next_back())
                || touches(view.markdown[view_range.end..].chars().next());
            places.push(Place {
                lists: first && view.markdown[view_range.end..].starts_with(['.', ')']),
                touched: touched && writing != Writing::Literal,
                view: view_range,
                source: start + word.start..start + word.end,
                writing,
                verbatim: text.verbatim,
            });
        }
    }
    places
}

fn words(text: &str) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, character) in text.char_indices().chain([(text.len(), ' ')]) {
        match (character.is_alphanumeric(), start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                words.push(from..at);
                start = None;
            }
            _ => {}
        }
    }
    words
}

/// The stretches between tags that show as text of the page: those of parameters are left out, and
/// addresses that stand for themselves, as a link changes with them.
fn texts(storage: &str) -> Vec<Text> {
    // What an ADF extension says is on the page twice.
    const UNSEEN: [&str; 8] = [
        "ac:parameter",
        "ac:default-parameter",
        "ac:task-id",
        "ac:task-uuid",
        "ac:task-status",
        "ac:adf-extension",
        "at:declarations",
        "time",
    ];
    // The body of a code macro need not be CDATA.
    const CODE: [&str; 6] = ["code", "tt", "kbd", "samp", "pre", "ac:plain-text-body"];
    let mut texts = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    let mut at = 0;
    while at < storage.len() {
        let rest = &storage[at..];
        let seen = !open.iter().any(|name| UNSEEN.contains(name));
        if let Some(body) = rest.strip_prefix("<![CDATA[") {
            let length = body.find("]]>").unwrap();
            let source = at + 9..at + 9 + length;
            // The label of a link is CDATA too, and is shown as text.
            if seen && open.last() == Some(&"ac:plain-text-body") {
                texts.push(Text { source, verbatim: true, code: false });
            }
            at += 9 + length + 3;
        } else if let Some(comment) = rest.strip_prefix("<!--") {
            at += 4 + comment.find("-->").unwrap() + 3;
        } else if rest.starts_with('<') {
            let end = tag_end(rest);
            let inside = rest[1..end - 1].trim_end_matches('/');
            let name = inside.split([' ', '\n', '\t']).next().unwrap();
            if name.starts_with('/') {
                open.pop();
            } else if !rest[..end].ends_with("/>") && !name.starts_with(['?', '!']) {
                open.push(name);
            }
            at += end;
        } else {
            let length = rest.find('<').unwrap_or(rest.len());
            let code = open.iter().any(|name| CODE.contains(name));
            let address = rest[..length].contains("://");
            if seen && !address {
                texts.push(Text { source: at..at + length, verbatim: false, code });
            }
            at += length;
        }
    }
    texts
}

/// Where the tags begin that end at `place`, one before the other.
fn tags_before(storage: &str, place: usize) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(place), |place| {
        let before = storage[..*place].strip_suffix('>')?;
        before.rfind('<')
    })
}

/// Where the tags end that begin at `place`, one after the other.
fn tags_after(storage: &str, place: usize) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(place), |place| {
        let rest = &storage[*place..];
        rest.starts_with('<').then(|| place + tag_end(rest))
    })
}

pub(crate) fn tag_end(tag: &str) -> usize {
    let mut quote = None;
    for (at, byte) in tag.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at + 1,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    tag.len()
}
