//! What stands in a line of wiki markup, as storage format.

use memchr::memchr2;

use super::line;
use crate::{
    entity,
    write::{push_attribute, push_text},
};

/// The kinds of pictures that `!name!` shows.
const PICTURES: [&str; 10] =
    ["png", "jpg", "jpeg", "gif", "svg", "webp", "bmp", "ico", "tif", "tiff"];

/// How far the end of `{{…}}` is looked for.
pub(super) const LONGEST_CODE: usize = 1024;

/// Appends a line, with its marks and links.
pub(super) fn push(out: &mut String, line: &str) {
    push_phrase(out, line, true);
}

/// The length of a cell that `text` begins with: up to the `|` that is no part of a link or picture.
pub(super) fn cell_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let rest = text.get(at..).unwrap_or_default();
        match byte {
            b'|' => return at,
            b'\\' => at += 1 + rest.chars().nth(1).map_or(0, char::len_utf8),
            b'[' => at += link_length(rest).unwrap_or(1),
            b'!' => {
                let before = text.get(..at).unwrap_or_default().chars().next_back();
                at += picture(rest, before).map_or(1, |(_, _, length)| length);
            }
            _ => at += 1,
        }
    }
    text.len()
}

fn push_phrase(out: &mut String, line: &str, links: bool) {
    let mut phrase =
        Phrase { line, links, parts: Vec::new(), open: Vec::new(), text: String::new() };
    phrase.read();
    phrase.end_text();
    for part in phrase.parts {
        out.push_str(&part);
    }
}

struct Phrase<'w> {
    line: &'w str,
    /// Links are read; not in the label of another.
    links: bool,
    /// Storage format, in which a mark that turns out to be one is put later.
    parts: Vec<String>,
    /// Marks that may have begun: which, and their places among the parts.
    open: Vec<(&'static str, usize)>,
    text: String,
}

/// The delimiters of marks, and their elements.
const MARKS: [(&str, &str); 7] = [
    ("*", "strong"),
    ("_", "em"),
    ("-", "del"),
    ("+", "u"),
    ("^", "sup"),
    ("~", "sub"),
    ("??", "em"),
];

impl<'w> Phrase<'w> {
    fn read(&mut self) {
        let mut at = 0;
        while let Some(rest) = self.line.get(at..).filter(|rest| !rest.is_empty()) {
            at += self.part(rest, at);
        }
    }

    /// Reads what `rest` begins with; answers with its length.
    fn part(&mut self, rest: &'w str, at: usize) -> usize {
        let Some(character) = rest.chars().next() else { return 1 };
        let read = match character {
            '\\' => Some(self.escaped(rest)),
            '{' => self.brace(rest),
            '[' if self.links => self.link(rest),
            '!' => self.picture(rest, at),
            'h' if self.links => self.address(rest, at),
            '-' => self.dash(rest, at),
            '&' => entity::decode(rest.as_bytes()).map(|(character, length)| {
                self.text.push(character);
                length
            }),
            _ => None,
        };
        read.or_else(|| self.mark(rest, at)).unwrap_or_else(|| {
            self.text.push(character);
            character.len_utf8()
        })
    }

    fn end_text(&mut self) {
        if !self.text.is_empty() {
            let mut part = String::with_capacity(self.text.len());
            push_text(&mut part, &self.text);
            self.text.clear();
            self.parts.push(part);
        }
    }

    fn push_part(&mut self, storage: String) {
        self.end_text();
        self.parts.push(storage);
    }

    /// `\\` breaks the line, a backslash before other punctuation makes text of it.
    fn escaped(&mut self, rest: &str) -> usize {
        let Some(next) = rest.chars().nth(1) else {
            self.text.push('\\');
            return 1;
        };
        if next == '\\' {
            self.push_part("<br />".to_owned());
            return 2;
        }
        if !next.is_ascii_punctuation() {
            self.text.push('\\');
            return 1;
        }
        self.text.push(next);
        2
    }

    /// `{{code}}`, `{*}`, colours and anchors.
    fn brace(&mut self, rest: &'w str) -> Option<usize> {
        if let Some(inside) = rest.strip_prefix("{{") {
            let near = inside.get(..inside.floor_char_boundary(LONGEST_CODE))?;
            let length = near.find("}}")?;
            // `{{a\}}}` ends with the last two.
            let length =
                length + inside.get(length + 2..)?.bytes().take_while(|byte| *byte == b'}').count();
            let mut part = "<code>".to_owned();
            push_text(&mut part, &unescaped(inside.get(..length)?));
            part.push_str("</code>");
            self.push_part(part);
            return Some(length + 4);
        }
        let inside = rest.get(1..)?;
        let length = memchr2(b'}', b'{', inside.as_bytes())?;
        if inside.as_bytes().get(length) == Some(&b'{') {
            return None;
        }
        let content = inside.get(..length)?;
        if let Some((delimiter, element)) =
            MARKS.iter().find(|(delimiter, _)| *delimiter == content)
        {
            if !self.close(delimiter, element) {
                self.open(delimiter, rest.get(..length + 2)?);
            }
            return Some(length + 2);
        }
        if content == "color" || content.starts_with("color:") {
            return Some(length + 2);
        }
        let name = content.strip_prefix("anchor:")?;
        let mut part =
            "<ac:structured-macro ac:name=\"anchor\"><ac:parameter ac:name=\"\">".to_owned();
        push_text(&mut part, name);
        part.push_str("</ac:parameter></ac:structured-macro>");
        self.push_part(part);
        Some(length + 2)
    }

    /// `--` and `---` between spaces.
    fn dash(&mut self, rest: &str, at: usize) -> Option<usize> {
        // Four are no dash, nor are more.
        let length = rest.bytes().take(4).take_while(|byte| *byte == b'-').count();
        let dash = match length {
            2 => '–',
            3 => '—',
            _ => return None,
        };
        let space = |side: Option<char>| side.is_none_or(char::is_whitespace);
        if !space(self.before(at)) || !space(rest.chars().nth(length)) {
            return None;
        }
        self.text.push(dash);
        Some(length)
    }

    fn before(&self, at: usize) -> Option<char> {
        self.line.get(..at)?.chars().next_back()
    }

    /// A delimiter that begins or ends a mark, by what stands on both of its sides.
    fn mark(&mut self, rest: &str, at: usize) -> Option<usize> {
        let (delimiter, element) =
            MARKS.iter().find(|(delimiter, _)| rest.starts_with(delimiter))?;
        let after = rest.get(delimiter.len()..)?.chars().next();
        let before = self.before(at);
        let word = |side: Option<char>| side.is_some_and(char::is_alphanumeric);
        let space = |side: Option<char>| side.is_none_or(char::is_whitespace);
        let same = |side: Option<char>| side.is_some_and(|side| delimiter.contains(side));
        if !space(before) && !word(after) && !same(before) && self.close(delimiter, element) {
            return Some(delimiter.len());
        }
        if !word(before) && !space(after) && !same(after) {
            self.open(delimiter, delimiter);
            return Some(delimiter.len());
        }
        None
    }

    fn open(&mut self, delimiter: &'static str, written: &str) {
        let mut literal = String::new();
        push_text(&mut literal, written);
        self.push_part(literal);
        // The one that stands closest to its end is meant.
        self.open.retain(|(open, _)| *open != delimiter);
        self.open.push((delimiter, self.parts.len() - 1));
    }

    fn close(&mut self, delimiter: &str, element: &str) -> bool {
        let Some(place) = self.open.iter().rposition(|(open, _)| *open == delimiter) else {
            return false;
        };
        let Some((_, start)) = self.open.drain(place..).next() else { return false };
        self.end_text();
        if start + 1 == self.parts.len() {
            return false;
        }
        if let Some(part) = self.parts.get_mut(start) {
            *part = ["<", element, ">"].concat();
        }
        self.parts.push(["</", element, ">"].concat());
        true
    }

    /// `[text|address]`, `[address]`, `[~name]`, `[^file]`, `[#anchor]`.
    fn link(&mut self, rest: &'w str) -> Option<usize> {
        let length = link_length(rest)?;
        let inside = rest.get(1..length - 1)?;
        let (label, target) = match split_label(inside) {
            Some((label, target)) => (Some(label), target),
            None => (None, inside),
        };
        let target = target.trim();
        let mut part = String::new();
        let close = open_link(&mut part, target)?;
        match label {
            Some(label) => {
                let in_body = close != "</a>";
                if in_body {
                    part.push_str("<ac:link-body>");
                }
                push_phrase(&mut part, label.trim(), false);
                if in_body {
                    part.push_str("</ac:link-body>");
                }
            }
            None if close == "</a>" => push_text(&mut part, &unescaped(target)),
            None => {}
        }
        part.push_str(close);
        self.push_part(part);
        Some(length)
    }

    fn picture(&mut self, rest: &str, at: usize) -> Option<usize> {
        let (source, options, length) = picture(rest, self.before(at))?;
        let mut part = "<ac:image".to_owned();
        if let Some(alternative) = alternative(options) {
            push_attribute(&mut part, "ac:alt", &entity::decoded(alternative));
        }
        part.push('>');
        if source.starts_with("http://") || source.starts_with("https://") {
            part.push_str("<ri:url");
            push_attribute(&mut part, "ri:value", source);
        } else {
            part.push_str("<ri:attachment");
            push_attribute(&mut part, "ri:filename", source.trim_start_matches('^'));
        }
        part.push_str(" /></ac:image>");
        self.push_part(part);
        Some(length)
    }

    /// An address that stands in the text.
    fn address(&mut self, rest: &str, at: usize) -> Option<usize> {
        let scheme = ["https://", "http://"].into_iter().find(|scheme| rest.starts_with(scheme))?;
        if self.before(at).is_some_and(char::is_alphanumeric) {
            return None;
        }
        let ends = |next: char| next.is_whitespace() || "|[]{}<>\"\\!".contains(next);
        let address = rest.get(..rest.find(ends).unwrap_or(rest.len()))?;
        let address = address.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '\'', '*', '_']);
        if address.len() == scheme.len() {
            return None;
        }
        let mut part = "<a".to_owned();
        push_attribute(&mut part, "href", address);
        part.push('>');
        push_text(&mut part, address);
        part.push_str("</a>");
        self.push_part(part);
        Some(address.len())
    }
}

/// The length of `[…]` at the start of `text`, if that is one.
fn link_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 1;
    loop {
        match bytes.get(at)? {
            b'\\' => at += 2,
            b']' if at > 1 => return Some(at + 1),
            b'[' | b']' | b'\n' => return None,
            _ => at += 1,
        }
    }
}

/// The label and the target of a link, at the first `|` that is not escaped. A third part is a tip.
fn split_label(inside: &str) -> Option<(&str, &str)> {
    let bytes = inside.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'|' => {
                let target = inside.get(at + 1..)?;
                return Some((inside.get(..at)?, target.split('|').next().unwrap_or(target)));
            }
            _ => at += 1,
        }
    }
    None
}

/// Begins a link to a target that is an address; answers with what ends it.
fn open_link(out: &mut String, target: &str) -> Option<&'static str> {
    if let Some(name) = target.strip_prefix('~').filter(|name| !name.is_empty()) {
        let (attribute, name) = match name.strip_prefix("accountid:") {
            Some(id) => ("ri:account-id", id),
            None => ("ri:username", name),
        };
        out.push_str("<ac:link><ri:user");
        push_attribute(out, attribute, &unescaped(name));
        out.push_str(" />");
        return Some("</ac:link>");
    }
    if let Some(file) = target.strip_prefix('^').filter(|file| !file.is_empty()) {
        out.push_str("<ac:link><ri:attachment");
        push_attribute(out, "ri:filename", &unescaped(file));
        out.push_str(" />");
        return Some("</ac:link>");
    }
    if let Some(anchor) = target.strip_prefix('#').filter(|anchor| !anchor.is_empty()) {
        out.push_str("<ac:link");
        push_attribute(out, "ac:anchor", &unescaped(anchor));
        out.push('>');
        return Some("</ac:link>");
    }
    let address = target.starts_with("mailto:") || target.contains("://");
    if !address || target.contains(char::is_whitespace) {
        return None;
    }
    out.push_str("<a");
    push_attribute(out, "href", &line::target(&without_backslashes(target)));
    out.push('>');
    Some("</a>")
}

/// `!name.png|options!` at the start of `text`: name, options and the length of all.
fn picture(text: &str, before: Option<char>) -> Option<(&str, &str, usize)> {
    if before.is_some_and(|before| before.is_alphanumeric() || before == '\\') {
        return None;
    }
    let inside = text.strip_prefix('!')?;
    let length = memchr2(b'!', b'\n', inside.as_bytes())?;
    if inside.as_bytes().get(length) != Some(&b'!') {
        return None;
    }
    let inside = inside.get(..length)?;
    let (source, options) = inside.split_once('|').unwrap_or((inside, ""));
    let extension = source.rsplit_once('.')?.1.to_ascii_lowercase();
    let shown = PICTURES.contains(&extension.as_str())
        || source.starts_with("http://")
        || source.starts_with("https://");
    let fits = shown && source.trim() == source && !source.contains(['[', ']', '{', '}', '\\']);
    fits.then_some((source, options, length + 2))
}

/// The text that stands for a picture: `width=300,alt="text"`.
fn alternative(options: &str) -> Option<&str> {
    let (_, value) = options.split_once("alt=")?;
    match value.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => value.split(',').next(),
    }
}

/// Whether `!name!` shows a picture of that name.
pub(super) fn is_picture(name: &str) -> bool {
    picture(&["!", name, "!"].concat(), None).is_some()
}

/// Text without the backslashes that make it text, and with the characters that references stand for.
fn unescaped(text: &str) -> String {
    entity::decoded(&without_backslashes(text))
}

fn without_backslashes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let escaped = characters.as_str().chars().next().filter(char::is_ascii_punctuation);
        match escaped.filter(|_| character == '\\') {
            Some(escaped) => {
                out.push(escaped);
                characters.next();
            }
            None => out.push(character),
        }
    }
    out
}
