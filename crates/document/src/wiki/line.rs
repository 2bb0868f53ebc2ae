//! Lines of wiki markup: text with its marks and links.

use std::borrow::Cow;

use super::{
    phrase::is_picture,
    text::{Place, push_escaped},
    write::{Fault, Writer, unsupported},
};
use crate::{element::Element, entity, plain::collapsed, scan::Node};

/// A part of a line.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    Text(String),
    Code(String),
    /// Markup that is ready.
    Raw(String),
    /// An address that needs no label.
    Address(String),
    Break,
    /// The delimiter of a mark that begins, and of one that ends.
    Open(&'static str),
    Close(&'static str),
    StartLink,
    /// With its target.
    EndLink(String),
}

impl Piece {
    /// Whether it shows nothing.
    pub(super) fn is_blank(&self) -> bool {
        match self {
            Self::Text(text) => text.trim().is_empty(),
            Self::Break | Self::Open(_) | Self::Close(_) => true,
            _ => false,
        }
    }

    fn is_picture(&self) -> bool {
        matches!(self, Self::Raw(markup) if markup.starts_with('!'))
    }

    /// The first character of what is written for it.
    fn first(&self) -> Option<char> {
        match self {
            Self::Text(text) => text.chars().next(),
            Self::Raw(markup) => markup.chars().next(),
            Self::Code(_) => Some('{'),
            Self::Open(delimiter) | Self::Close(delimiter) => delimiter.chars().next(),
            // Next to anything but a space it stands in brackets.
            Self::StartLink | Self::Address(_) => Some('['),
            Self::EndLink(_) => Some('|'),
            Self::Break => None,
        }
    }

    /// The last character of what is written for it.
    fn last(&self) -> Option<char> {
        match self {
            Self::Text(text) => text.chars().next_back(),
            Self::Raw(markup) => markup.chars().next_back(),
            Self::Code(_) => Some('}'),
            Self::Open(delimiter) | Self::Close(delimiter) => delimiter.chars().next_back(),
            Self::StartLink => Some('['),
            Self::EndLink(_) | Self::Address(_) => Some(']'),
            Self::Break => None,
        }
    }
}

/// Words in a mark.
pub(super) fn marked(delimiter: &'static str, words: String) -> [Piece; 3] {
    [Piece::Open(delimiter), Piece::Text(words), Piece::Close(delimiter)]
}

impl Writer<'_> {
    /// Reads a part of a line; answers with the node to go on with.
    pub(super) fn inline(&mut self, at: u32, node: Node) -> Result<u32, Fault> {
        match node.element {
            Element::Text => self.words(&entity::decoded(self.tree.text(node.inner()))),
            Element::CharacterData => self.words(self.tree.text(node.inner())),
            Element::Break => self.run.push(Piece::Break),
            Element::Strong => self.open_mark("*", node),
            Element::Emphasis => self.open_mark("_", node),
            Element::Strike => self.open_mark("-", node),
            Element::Underline => self.open_mark("+", node),
            Element::Superscript => self.open_mark("^", node),
            Element::Subscript => self.open_mark("~", node),
            Element::Code => {
                let code = self.tree.words(at);
                self.run.push(Piece::Code(code));
                return Ok(node.next);
            }
            Element::Anchor => {
                let href = self.decoded(&node, "href").unwrap_or_default();
                self.anchor(at, node, &href);
                return Ok(self.linked(at, node));
            }
            Element::Link => return self.link(at, node),
            Element::Image => return self.image(at, node),
            Element::Time => {
                let day =
                    ["datetime", "ac:datetime"].iter().find_map(|name| self.decoded(&node, name));
                self.push_text(day.unwrap_or_default());
            }
            Element::Emoticon => {
                let names = ["ac:emoji-fallback", "ac:emoji-shortname"];
                let known = names.iter().find_map(|name| self.decoded(&node, name));
                let character = || {
                    let name = self.decoded(&node, "ac:name")?;
                    let emoji = crate::render::EMOTICONS.iter().find(|(known, _)| *known == name);
                    emoji.map(|(_, emoji)| (*emoji).to_owned())
                };
                let emoji = known.or_else(character).unwrap_or_default();
                self.push_text(emoji);
            }
            _ => {}
        }
        Ok(at + 1)
    }

    /// Adds text, with its white space collapsed as a reader of storage format does.
    fn words(&mut self, text: &str) {
        let after_space = match self.run.last() {
            None | Some(Piece::Break) => true,
            Some(Piece::Text(text)) => text.ends_with(' '),
            Some(_) => false,
        };
        let words = collapsed(text, after_space);
        match self.run.last_mut() {
            Some(Piece::Text(text)) => text.push_str(&words),
            _ if words.is_empty() => {}
            _ => self.run.push(Piece::Text(words)),
        }
    }

    /// Adds text as it is.
    fn push_text(&mut self, text: String) {
        if !text.is_empty() {
            self.run.push(Piece::Text(text));
        }
    }

    /// Where to go on in a link: in its label, or behind one that says no more than its address.
    fn linked(&self, at: u32, node: Node) -> u32 {
        if matches!(self.run.last(), Some(Piece::Address(_))) { node.next } else { at + 1 }
    }

    fn anchor(&mut self, at: u32, node: Node, href: &str) {
        let plain = href
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b":/?#&=.-_%~+@".contains(&byte));
        let ends = href.ends_with(|last: char| last.is_ascii_alphanumeric() || last == '/');
        let address = href.starts_with("https://") || href.starts_with("http://");
        if self.tree.words(at) == href && plain && ends && address {
            self.run.push(Piece::Address(href.to_owned()));
        } else {
            self.start_link(node, target(href));
        }
    }

    fn start_link(&mut self, node: Node, target: String) {
        self.run.push(Piece::StartLink);
        self.marks.push((node.next, Piece::EndLink(target)));
    }

    fn link(&mut self, at: u32, node: Node) -> Result<u32, Fault> {
        let resource = self.tree.children(at).find(|(_, child)| child.element.is_resource());
        let body = self.tree.child(at, Element::LinkBody);
        let target = match resource {
            Some((_, user)) if user.element == Element::User => {
                let name = self.decoded(&user, "ri:username");
                let id = self.decoded(&user, "ri:account-id").map(|id| format!("accountid:{id}"));
                let Some(name) = name.or(id) else {
                    let advice = "write it with the user name: [@name](username:name)";
                    return Err(unsupported(node, "a mention by user key", advice));
                };
                self.run.push(Piece::Raw(format!("[~{}]", escaped_name(&name))));
                return Ok(node.next);
            }
            Some((_, file)) if file.element == Element::Attachment => {
                format!(
                    "^{}",
                    escaped_name(&self.decoded(&file, "ri:filename").unwrap_or_default())
                )
            }
            Some(_) => {
                let advice = "write its URL, which begins with https://";
                return Err(unsupported(node, "a link to a page by its title", advice));
            }
            None => {
                let anchor = self.decoded(&node, "ac:anchor").unwrap_or_default();
                format!("#{}", escaped_name(&anchor))
            }
        };
        if body.is_none() {
            self.run.push(Piece::Raw(format!("[{target}]")));
            return Ok(node.next);
        }
        self.start_link(node, target);
        Ok(at + 1)
    }

    fn image(&mut self, at: u32, node: Node) -> Result<u32, Fault> {
        let url = self.tree.child(at, Element::Url);
        let file = self.tree.child(at, Element::Attachment);
        let source = match (url, file) {
            (Some((_, url)), _) => self.decoded(&url, "ri:value"),
            (None, Some((_, file))) => self.decoded(&file, "ri:filename"),
            (None, None) => None,
        };
        let source = source.unwrap_or_default();
        if !is_picture(&source) {
            let construct = format!("a picture named `{source}`");
            let advice = "use an attachment or a URL that ends like a picture, or a link";
            return Err(unsupported(node, &construct, advice));
        }
        let alternative = self.decoded(&node, "ac:alt").filter(|text| *text != source);
        let options = alternative.map_or_else(String::new, |text| {
            let text: String = text
                .chars()
                .map(|character| match character {
                    '!' => "&#33;".to_owned(),
                    '|' => "&#124;".to_owned(),
                    '&' => "&amp;".to_owned(),
                    '"' => "&quot;".to_owned(),
                    '\\' => "&#92;".to_owned(),
                    character if character.is_control() => " ".to_owned(),
                    character => character.to_string(),
                })
                .collect();
            format!("|alt=\"{text}\"")
        });
        self.run.push(Piece::Raw(format!("!{source}{options}!")));
        let caption = self.tree.child(at, Element::Caption);
        if let Some((place, _)) = caption {
            let words = self.tree.words(place);
            self.run.push(Piece::Break);
            self.push_text(words);
        }
        Ok(node.next)
    }
}

/// An address in a link: what would end it is written in percent.
pub(super) fn target(href: &str) -> String {
    href.replace('|', "%7C")
        .replace(']', "%5D")
        .replace('[', "%5B")
        .replace(' ', "%20")
        .replace('\\', "%5C")
}

/// A name in a link.
fn escaped_name(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            '\\' => out.push_str("&#92;"),
            '&' => out.push_str("&amp;"),
            '|' | '[' | ']' | '{' | '}' => {
                out.push('\\');
                out.push(character);
            }
            _ if character.is_control() => out.push(' '),
            _ => out.push(character),
        }
    }
    out
}

/// Writes the parts of a line.
pub(super) fn push(out: &mut String, pieces: &[Piece], place: Place, single_line: bool) {
    let mut open: Vec<Cow<'static, str>> = Vec::new();
    let mut in_link = false;
    // A mark ends with its line.
    let stays_in_line = |open: &[_]| single_line || place == Place::Cell || !open.is_empty();
    for (at, piece) in pieces.iter().enumerate() {
        let next = match pieces.get(at + 1) {
            Some(Piece::Break) if stays_in_line(&open) => Some('\\'),
            next => next.and_then(Piece::first),
        };
        match piece {
            Piece::Text(text) => {
                let inside = if in_link { Place::Label } else { place };
                let before_picture = pieces.get(at + 1).is_some_and(Piece::is_picture);
                match last_letter(text).filter(|_| before_picture) {
                    Some((words, letter)) => {
                        push_escaped(out, words, Some('&'), inside);
                        out.push_str(&["&#", &u32::from(letter).to_string(), ";"].concat());
                    }
                    None => push_escaped(out, text, next, inside),
                }
            }
            Piece::Code(code) => {
                out.push_str("{{");
                push_escaped(out, code, Some('}'), Place::Code);
                out.push_str("}}");
            }
            Piece::Raw(markup) => out.push_str(markup),
            Piece::Address(address) => push_address(out, address, pieces.get(at + 1)),
            Piece::Break if in_link => out.push(' '),
            Piece::Break if stays_in_line(&open) => out.push_str("\\\\ "),
            Piece::Break => {
                if out.ends_with('\n') {
                    // A line with nothing in it would end the paragraph.
                    out.push_str("\\\\");
                }
                out.push('\n');
            }
            Piece::Open(delimiter) => {
                let written = written(out, delimiter, pieces, at);
                out.push_str(&written);
                open.push(written);
            }
            Piece::Close(_) => out.push_str(&open.pop().unwrap_or_default()),
            Piece::StartLink => {
                out.push('[');
                in_link = true;
            }
            Piece::EndLink(target) => {
                out.push('|');
                out.push_str(target);
                out.push(']');
                in_link = false;
            }
        }
    }
}

/// The letter that ends the text, and what is before it. Behind a letter `!` begins no picture; behind
/// the reference to one it does.
fn last_letter(text: &str) -> Option<(&str, char)> {
    let letter = text.chars().next_back().filter(|last| last.is_alphanumeric())?;
    Some((text.strip_suffix(letter)?, letter))
}

/// The delimiter of the mark that begins with the piece at `start`: in braces where it would not be
/// one by what stands on its sides.
fn written(
    out: &str,
    delimiter: &'static str,
    pieces: &[Piece],
    start: usize,
) -> Cow<'static, str> {
    let inside = pieces.get(start + 1..).unwrap_or_default();
    let mut depth = 0_usize;
    let end = inside.iter().position(|piece| {
        match piece {
            Piece::Open(_) => depth += 1,
            Piece::Close(_) if depth == 0 => return true,
            Piece::Close(_) => depth -= 1,
            _ => {}
        }
        false
    });
    let end = end.unwrap_or(inside.len());
    let word = |side: Option<char>| side.is_some_and(char::is_alphanumeric);
    let same = |side: Option<char>| side.is_some_and(|side| delimiter.contains(side));
    let edge = |side: Option<char>| same(side) || side.is_none_or(char::is_whitespace);
    let before = out.chars().next_back();
    let after = inside.get(end + 1).and_then(Piece::first);
    let first = inside.first().and_then(Piece::first);
    let last = end.checked_sub(1).and_then(|last| inside.get(last)).and_then(Piece::last);
    // `*#* words` would be an item.
    let begins_item =
        matches!(before, None | Some('\n' | '|')) && matches!(first, Some('*' | '#' | '-'));
    let hidden =
        word(before) || word(after) || same(before) || same(after) || edge(first) || edge(last);
    if hidden || begins_item { format!("{{{delimiter}}}").into() } else { delimiter.into() }
}

/// Writes an address as it is where a reader sees its end, and in brackets elsewhere.
fn push_address(out: &mut String, address: &str, next: Option<&Piece>) {
    let ends = match next {
        None | Some(Piece::Break) => true,
        Some(Piece::Text(text)) => {
            let rest = text.trim_start_matches(['.', ',', ';', ':', '!', '?', ')']);
            rest.is_empty() && rest.len() < text.len() || rest.starts_with(' ')
        }
        Some(_) => false,
    };
    let begins =
        out.chars().next_back().is_none_or(|last| last.is_whitespace() || "(|".contains(last));
    if begins && ends {
        out.push_str(address);
    } else {
        out.push('[');
        out.push_str(address);
        out.push(']');
    }
}
