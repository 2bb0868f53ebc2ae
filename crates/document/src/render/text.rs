//! Text, escaped so that Markdown reads the same words.

use std::ops::Range;

use super::{Code, Opening, Renderer, Syntax};
use crate::entity;

const SPACE: u8 = 1;
/// The one kind of white space that may be copied.
const BLANK: u8 = 64;
const REFERENCE: u8 = 2;
const MARKDOWN: u8 = 4;
const PIPE: u8 = 8;
const HTML: u8 = 16;
const HASH: u8 = 32;
/// Not copied into the value of an attribute.
const VALUE: u8 = 128;

/// For each byte, the kinds of text in which it is not copied as it is.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    classes[b' ' as usize] = BLANK;
    classes[b'\t' as usize] = SPACE | VALUE;
    classes[b'\n' as usize] = SPACE | VALUE;
    classes[b'\r' as usize] = SPACE | VALUE;
    // Begins U+00A0, which is white space to Markdown's marks.
    classes[0xC2] = SPACE;
    classes[b'&' as usize] = REFERENCE | MARKDOWN | HTML | VALUE;
    classes[b'<' as usize] = MARKDOWN | HTML | VALUE;
    classes[b'>' as usize] = HTML;
    classes[b'"' as usize] = VALUE;
    classes[b'\\' as usize] = MARKDOWN;
    classes[b'`' as usize] = MARKDOWN | VALUE;
    classes[b'*' as usize] = MARKDOWN;
    classes[b'_' as usize] = MARKDOWN;
    classes[b'[' as usize] = MARKDOWN;
    classes[b']' as usize] = MARKDOWN;
    classes[b'~' as usize] = MARKDOWN;
    classes[b'|' as usize] = PIPE | VALUE;
    classes[b'#' as usize] = HASH;
    classes
};

fn class(byte: u8) -> u8 {
    CLASSES[usize::from(byte)]
}

/// How much of `text` is copied as it is: single spaces between words belong to it.
fn plain_length(text: &[u8], special: u8) -> usize {
    let mut before = BLANK;
    let mut at = 0;
    for byte in text {
        let class = class(*byte);
        // One test for a byte, whatever its class: words are short, and a branch at each of their
        // ends would be guessed wrong most of the time.
        if (class & special) | (class & before & BLANK) != 0 {
            break;
        }
        before = class;
        at += 1;
    }
    // The space before what ends the run belongs to that.
    if at > 0 && text[at - 1] == b' ' { at - 1 } else { at }
}

impl Renderer<'_> {
    /// Writes text of the page with white space collapsed; `references` says whether `&…;` is read
    /// (it is not in CDATA).
    pub(super) fn text(&mut self, range: Range<usize>, references: bool) {
        let special = self.special_classes(references);
        let source = &self.source.as_bytes()[..range.end];
        let mut at = range.start;
        while at < source.len() {
            let run = at + plain_length(&source[at..], special);
            if at < run {
                self.run(at..run, range.end);
            }
            at = run;
            if at < source.len() {
                at = self.special(at, range.end, references);
            }
        }
    }

    fn special_classes(&self, references: bool) -> u8 {
        let mut classes = SPACE;
        if references {
            classes |= REFERENCE;
        }
        match self.context.syntax {
            Syntax::Html => return classes | HTML,
            Syntax::Row => classes |= PIPE,
            Syntax::Markdown => {}
        }
        if self.context.code != Code::Literal {
            classes |= MARKDOWN;
        }
        if matches!(self.context.opening, Opening::Heading(_)) {
            classes |= HASH;
        }
        classes
    }

    /// Writes what is plain in the middle of a line. At its start it may still look like a marker.
    fn run(&mut self, range: Range<usize>, end: usize) {
        let first = self.source[range.clone()].chars().next();
        self.prepare(first.unwrap_or(' '));
        if self.at_line_start() {
            let rest = &self.source.as_bytes()[range.start..end];
            if let Some(marker) = marker(rest) {
                let at = range.start + marker;
                if at < range.end {
                    if marker > 0 {
                        self.copy(range.start..at);
                    }
                    self.escaped(at);
                    if at + 1 < range.end {
                        self.copy(at + 1..range.end);
                    }
                    return;
                }
            }
        }
        self.copy(range);
    }

    fn at_line_start(&self) -> bool {
        self.out.len() == self.line_start && self.context.syntax != Syntax::Html
    }

    fn escaped(&mut self, at: usize) {
        let view = self.out.len();
        self.out.push('\\');
        self.out.push_str(&self.source[at..=at]);
        self.piece(view, at..at + 1);
    }

    /// Writes what begins with the special byte at `at`; answers with the byte after it.
    fn special(&mut self, at: usize, end: usize, references: bool) -> usize {
        let source = &self.source.as_bytes()[..end];
        let rest = &source[at..];
        match source[at] {
            b' ' | b'\t' | b'\n' | b'\r' => {
                let length = rest.iter().take_while(|byte| is_space(**byte)).count();
                self.white_space(at..at + length);
                at + length
            }
            0xC2 if rest.starts_with("\u{a0}".as_bytes()) => {
                self.no_break_space(at..at + 2);
                at + 2
            }
            0xC2 => {
                self.run(at..at + 2, end);
                at + 2
            }
            b'&' if references => {
                let (character, length) = entity::decode(rest).unwrap_or(('&', 1));
                self.character(character, at..at + length, end);
                at + length
            }
            byte => {
                self.character(char::from(byte), at..at + 1, end);
                at + 1
            }
        }
    }

    /// Writes one character that `range` of the source stands for; its text goes on until `end`.
    fn character(&mut self, character: char, range: Range<usize>, end: usize) {
        match character {
            ' ' | '\t' | '\n' | '\r' => return self.white_space(range),
            '\u{a0}' => return self.no_break_space(range),
            _ => {}
        }
        self.prepare(character);
        let view = self.out.len();
        let following = &self.source.as_bytes()[range.end..end];
        let beyond = &self.source.as_bytes()[end..];
        if self.context.syntax == Syntax::Html {
            match character {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                _ => self.out.push(character),
            }
        } else {
            if self.needs_backslash(character, following, beyond) {
                self.out.push('\\');
            }
            self.out.push(character);
        }
        self.piece(view, range);
    }

    /// Whether Markdown would read `character` as more than itself here. Its text goes on with
    /// `following`, the page after that with `beyond`.
    fn needs_backslash(&self, character: char, following: &[u8], beyond: &[u8]) -> bool {
        if self.context.code == Code::Literal {
            return self.context.syntax == Syntax::Row && character == '|';
        }
        let line_start = self.at_line_start();
        let before = self.out.as_bytes().last().copied().unwrap_or(b' ');
        let after = following.first().copied();
        // A space that ends its text may end up outside of the mark around.
        let spaces = following.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let between_spaces = is_space(before)
            && spaces > 0
            && following.get(spaces).is_some_and(|next| class(*next) & (SPACE | REFERENCE) == 0);
        match character {
            '`' => true,
            '\\' => after.is_none_or(|after| !after.is_ascii_alphanumeric()),
            '*' | '~' => line_start || !between_spaces,
            '_' => {
                let in_word = before.is_ascii_alphanumeric()
                    && after.is_some_and(|after| after.is_ascii_alphanumeric());
                line_start || !(between_spaces || in_word)
            }
            // Begins a footnote or the name of a panel.
            '[' => self.context.label || line_start && matches!(after, Some(b'!' | b'^')),
            ']' => match after {
                _ if self.context.label || self.ends_box() => true,
                Some(after) => matches!(after, b'(' | b'[' | b':'),
                None => !is_parted(beyond),
            },
            '<' => match after {
                Some(after) => after.is_ascii_alphabetic() || b"/!?&".contains(&after),
                None => !is_parted(beyond),
            },
            '&' => starts_reference(following),
            '|' => line_start || self.context.syntax == Syntax::Row,
            '#' => line_start || matches!(before, b' ' | b'#'),
            '>' | '+' | '-' | '=' => line_start,
            _ => false,
        }
    }

    /// Whether a `]` here would make a checkbox of what the line begins with. Only what was written
    /// tells: a space may yet be dropped, and the text may go on behind any transparent tag.
    fn ends_box(&self) -> bool {
        let line = self.out.as_bytes().get(self.line_start..);
        matches!(line, Some([b'[', b' ' | b'x' | b'X'])) && self.context.syntax != Syntax::Html
    }

    /// Writes the value of an attribute of a token. It is encoded as in storage format, so that most
    /// values are copied; `references` as in [`Self::text`].
    pub(super) fn attribute_value(&mut self, range: Range<usize>, references: bool) {
        let source = &self.source.as_bytes()[..range.end];
        let mut at = range.start;
        while at < range.end {
            let length = source[at..].iter().position(|byte| class(*byte) & VALUE != 0);
            let special = length.map_or(range.end, |length| at + length);
            if at < special {
                self.copy(at..special);
            }
            if special >= range.end {
                break;
            }
            let (character, length) = references
                .then(|| entity::decode(&source[special..]))
                .flatten()
                .unwrap_or((char::from(source[special]), 1));
            let view = self.out.len();
            push_attribute_character(&mut self.out, character);
            self.piece(view, special..special + length);
            at = special + length;
        }
    }
}

pub(super) fn push_attribute_character(out: &mut String, character: char) {
    match character {
        '"' => out.push_str("&quot;"),
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        // These would end a row of a table, a line or the information of a fence.
        '|' => out.push_str("&#124;"),
        '`' => out.push_str("&#96;"),
        '\n' => out.push_str("&#10;"),
        '\r' => {}
        '\t' => out.push(' '),
        _ => out.push(character),
    }
}

pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Where the character stands that makes the start of a line a marker, if it is one (`CommonMark`
/// 0.31: thematic breaks, headings, quotes, lists; GFM: tables).
fn marker(line: &[u8]) -> Option<usize> {
    let ends =
        |at: usize| line.get(at).is_none_or(|&byte| class(byte) & (SPACE | BLANK | REFERENCE) != 0);
    let found = match line.first()? {
        b'>' | b'|' => true,
        b'#' => {
            let hashes = line.iter().take_while(|byte| **byte == b'#').count();
            hashes <= 6 && ends(hashes)
        }
        b'+' => ends(1),
        b'-' => ends(1) || matches!(line.get(1), Some(b'-' | b'|' | b':')),
        b'=' => ends(1) || line.get(1) == Some(&b'='),
        b':' => line.get(1) == Some(&b'-'),
        b'0'..=b'9' => {
            let digits = line.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let delimiter = matches!(line.get(digits), Some(b'.' | b')'));
            return (delimiter && digits <= 9 && ends(digits + 1)).then_some(digits);
        }
        _ => false,
    };
    found.then_some(0)
}

/// Whether a space or the end of the line comes next, inside or outside of the marks that end here:
/// both move out of them, so that it makes no difference.
fn is_parted(beyond: &[u8]) -> bool {
    let mut tags = beyond.strip_prefix(b"]]>").unwrap_or(beyond);
    while tags.starts_with(b"</") && !ends_line(tags) {
        let Some(end) = memchr::memchr(b'>', tags) else { return false };
        tags = &tags[end + 1..];
    }
    ends_line(tags) || tags.first().is_some_and(|next| is_space(*next)) || is_space_in_mark(tags)
}

/// Whether a mark comes next whose text begins with a space, which moves out of it.
fn is_space_in_mark(tag: &[u8]) -> bool {
    const MARKS: [&[u8]; 7] = [b"<code>", b"<strong>", b"<b>", b"<em>", b"<i>", b"<del>", b"<u>"];
    MARKS.iter().any(|mark| tag.strip_prefix(*mark).is_some_and(|text| text.starts_with(b" ")))
}

/// Whether the tag that comes next ends the line, so that nothing joins what stands before it.
fn ends_line(tag: &[u8]) -> bool {
    const TAGS: [&[u8]; 10] = [
        b"</p>",
        b"</li>",
        b"</td>",
        b"</th>",
        b"</h",
        b"</div>",
        b"</ac:task",
        b"<br",
        b"<ul",
        b"<ol",
    ];
    tag.is_empty() || TAGS.iter().any(|it| tag.starts_with(it))
}

/// Whether `&` and what follows it would be read as a character reference.
pub(super) fn starts_reference(following: &[u8]) -> bool {
    let length = following
        .iter()
        .take(32)
        .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'#')
        .count();
    length > 0 && following.get(length) == Some(&b';')
}
