//! Storage bytes to a tree of byte spans. No text is copied and no entity is read.
//!
//! Storage format is XML without a root, whose named characters are those of XHTML. A page that is
//! not well-formed is read leniently: what cannot be a tag is text, and what cannot be paired is
//! closed where its parent closes. Each byte is looked at a bounded number of times whatever the
//! input, and nothing recurses.

use std::ops::Range;

use memchr::{memchr, memchr2, memmem};

use crate::{Warning, element::Element, entity};

/// How many open elements an end tag without a partner is compared with. A bound keeps crafted
/// pages linear; real mistakes are one or two levels off.
const LOOK_BACK: usize = 64;

/// How many warnings one page may cause.
pub(crate) const MAX_WARNINGS: usize = 64;

/// An element, a text run or a CDATA section. Nodes stand in document order, parents first, so that
/// the children of node `n` are `n + 1` and, from each child, its `next`, until `next` of `n`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub(crate) element: Element,
    /// Bytes of the name in the start tag; no name that matters comes near 255.
    name: u8,
    /// First byte of the start tag.
    pub(crate) start: u32,
    /// First byte after the start tag.
    pub(crate) inner_start: u32,
    /// First byte of the end tag.
    pub(crate) inner_end: u32,
    /// First byte after the end tag.
    pub(crate) end: u32,
    /// First node after this one and all that it contains.
    pub(crate) next: u32,
}

impl Node {
    pub(crate) fn inner(&self) -> Range<usize> {
        self.inner_start as usize..self.inner_end as usize
    }

    pub(crate) fn outer(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

#[derive(Debug)]
pub(crate) struct Tree<'s> {
    pub(crate) source: &'s str,
    pub(crate) nodes: Vec<Node>,
    pub(crate) warnings: Vec<Warning>,
}

impl<'s> Tree<'s> {
    /// Reads `source`, which must be shorter than 4 GiB.
    pub(crate) fn scan(source: &'s str) -> Self {
        let mut scanner = Scanner {
            source: source.as_bytes(),
            nodes: Vec::with_capacity(source.len() / 24),
            open: Vec::new(),
            missing: Vec::new(),
            warnings: Vec::new(),
        };
        scanner.run();
        Self { source, nodes: scanner.nodes, warnings: scanner.warnings }
    }

    pub(crate) fn text(&self, range: Range<usize>) -> &'s str {
        self.source.get(range).unwrap_or_default()
    }

    /// The name in the start tag of `node`.
    pub(crate) fn name(&self, node: &Node) -> &'s str {
        let start = node.start as usize + 1;
        self.text(start..start + usize::from(node.name))
    }

    /// The direct children of `parent` with their places in the arena.
    pub(crate) fn children(&self, parent: u32) -> impl Iterator<Item = (u32, Node)> + '_ {
        let end = self.nodes.get(parent as usize).map_or(0, |node| node.next);
        let mut at = parent + 1;
        std::iter::from_fn(move || {
            if at >= end {
                return None;
            }
            let node = *self.nodes.get(at as usize)?;
            let place = std::mem::replace(&mut at, node.next);
            Some((place, node))
        })
    }

    pub(crate) fn child(&self, parent: u32, wanted: Element) -> Option<(u32, Node)> {
        self.children(parent).find(|(_, node)| node.element == wanted)
    }

    /// Everything inside `parent`, in document order.
    pub(crate) fn descendants(&self, parent: u32) -> &[Node] {
        let end = self.nodes.get(parent as usize).map_or(0, |node| node.next as usize);
        self.nodes.get(parent as usize + 1..end).unwrap_or_default()
    }

    /// The words of an element and nothing else.
    pub(crate) fn words(&self, place: u32) -> String {
        let inside = self.descendants(place).iter();
        inside
            .map(|node| match node.element {
                Element::Text => entity::decoded(self.text(node.inner())),
                Element::CharacterData => self.text(node.inner()).to_owned(),
                Element::Break => "\n".to_owned(),
                _ => String::new(),
            })
            .collect()
    }

    /// Where the value of an attribute of the start tag stands, entities unread.
    pub(crate) fn attribute(&self, node: &Node, wanted: &str) -> Option<Range<usize>> {
        self.attributes(node).find(|(name, _)| *name == wanted).map(|(_, value)| value)
    }

    pub(crate) fn attribute_text(&self, node: &Node, wanted: &str) -> Option<&'s str> {
        self.attribute(node, wanted).map(|value| self.text(value))
    }

    pub(crate) fn attributes(&self, node: &Node) -> Attributes<'s> {
        let at = node.start as usize + 1 + usize::from(node.name);
        Attributes { source: self.source, at, end: node.inner_start as usize }
    }

    /// Whether the start tags that touch `within` have names that XML knows, and no attribute twice.
    /// Pages that Confluence gave out do; it would refuse others.
    pub(crate) fn has_sound_tags(&self, within: &Range<u32>) -> bool {
        let touching = self.nodes.iter().filter(|node| {
            node.name > 0 && node.start <= within.end && node.inner_start >= within.start
        });
        touching.into_iter().all(|node| {
            let mut names: Vec<&str> = self.attributes(node).map(|(name, _)| name).collect();
            names.sort_unstable();
            let once = names.is_sorted_by(|one, other| one < other);
            once && names.into_iter().chain([self.name(node)]).all(is_qualified_name)
        })
    }

    /// The fallback of an ADF extension, if that has to be shown: it repeats the content of the
    /// extension's nodes, unless these have none that storage format could hold.
    pub(crate) fn shown_fallback(&self, extension: u32) -> Option<u32> {
        let (node, _) = self.child(extension, Element::AdfNode).unzip();
        let says_something = node.is_some_and(|node| {
            self.children(node).any(|(_, inside)| match inside.element {
                Element::AdfContent => !self.is_blank(&inside),
                Element::AdfNode => true,
                _ => false,
            })
        });
        let fallback = self.child(extension, Element::AdfFallback).map(|(place, _)| place);
        fallback.filter(|_| !says_something)
    }

    /// Whether nothing but white space stands in `node`, markup included.
    pub(crate) fn is_blank(&self, node: &Node) -> bool {
        self.text(node.inner()).bytes().all(|byte| byte.is_ascii_whitespace())
    }
}

/// The attributes of a start tag: their names, and where their values stand.
pub(crate) struct Attributes<'s> {
    source: &'s str,
    at: usize,
    end: usize,
}

/// The attributes of the start tag that begins at `start`.
pub(crate) fn attributes_at(source: &str, start: usize) -> Attributes<'_> {
    let rest = source.as_bytes().get(start..).unwrap_or_default();
    let name_end = name_end(rest, 1);
    let end = start + tag_length(rest, name_end).unwrap_or_default();
    Attributes { source, at: start + name_end, end }
}

impl<'s> Iterator for Attributes<'s> {
    type Item = (&'s str, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        // `>` and perhaps `/` are all that is left of most tags.
        if self.at + 2 >= self.end {
            return None;
        }
        let tag = self.source.as_bytes().get(..self.end)?;
        let name_start = self.at + position(tag.get(self.at..)?, NAME_END | TAG_EDGE, false)?;
        let name_end = name_start + position(tag.get(name_start..)?, NAME_END, true)?;
        let name = self.source.get(name_start..name_end).filter(|name| !name.is_empty())?;
        let equals = skip(tag, name_end, |byte| class(byte) & WHITE_SPACE != 0);
        if tag.get(equals) != Some(&b'=') {
            self.at = equals;
            return Some((name, name_end..name_end));
        }
        let value_start = skip(tag, equals + 1, |byte| class(byte) & WHITE_SPACE != 0);
        if let Some(&quote @ (b'"' | b'\'')) = tag.get(value_start) {
            let value = tag.get(value_start + 1..)?;
            let value_end = value_start + 1 + memchr(quote, value).unwrap_or(value.len());
            self.at = value_end + 1;
            return Some((name, value_start + 1..value_end));
        }
        self.at = skip(tag, value_start, |byte| class(byte) & (WHITE_SPACE | TAG_EDGE) == 0);
        Some((name, value_start..self.at))
    }
}

/// Where the first byte stands that is of one of these classes, or of none of them.
fn position(bytes: &[u8], classes: u8, of_one: bool) -> Option<usize> {
    bytes.iter().position(|byte| (class(*byte) & classes != 0) == of_one)
}

/// The first byte from `at` on that is not as `skipped` says.
fn skip(tag: &[u8], mut at: usize, skipped: impl Fn(u8) -> bool) -> usize {
    while tag.get(at).is_some_and(|byte| skipped(*byte)) {
        at += 1;
    }
    at
}

/// A position in a body or in its view, neither of which comes near 4 GiB ([`crate::to_markdown`]
/// refuses longer bodies).
#[expect(clippy::cast_possible_truncation, reason = "bodies are refused long before")]
pub(crate) fn offset(position: usize) -> u32 {
    position as u32
}

#[derive(Clone, Copy)]
struct Open<'s> {
    place: u32,
    name: &'s [u8],
}

struct Scanner<'s> {
    source: &'s [u8],
    nodes: Vec<Node>,
    /// The elements whose end tag has not come yet.
    open: Vec<Open<'s>>,
    /// Terminators that the rest of the page does not hold.
    missing: Vec<&'static [u8]>,
    warnings: Vec<Warning>,
}

/// What begins with a `<`.
#[derive(Clone, Copy)]
enum Construct {
    StartTag {
        name_end: usize,
    },
    /// The end tag of the innermost open element, as almost all are.
    InnermostEndTag,
    EndTag,
    CharacterData,
    /// Comments, processing instructions, declarations.
    Ignored,
}

impl Scanner<'_> {
    fn run(&mut self) {
        let mut text_start = 0;
        let mut search = 0;
        while let Some(at) = self.next_less_than(search) {
            let Some((construct, end)) = self.construct(at) else {
                self.warn("stray_less_than", at, "a `<` that starts no tag is read as text");
                search = at + 1;
                continue;
            };
            self.push_text(text_start, at);
            match construct {
                Construct::StartTag { name_end } => self.start_tag(at, name_end, end),
                Construct::InnermostEndTag => self.close(self.open.len() - 1, at, end),
                Construct::EndTag => self.end_tag(at, end),
                Construct::CharacterData => {
                    self.push(Element::CharacterData, at..end, at + 9..end - 3, 0);
                }
                Construct::Ignored => {}
            }
            text_start = end;
            search = end;
        }
        self.push_text(text_start, self.source.len());
        if let Some(outermost) = self.open.first() {
            let node = self.nodes.get(outermost.place as usize);
            let at = node.map_or(0, |node| node.start as usize);
            self.warn("unclosed_element", at, "an element is never closed");
        }
        self.close(0, self.source.len(), self.source.len());
    }

    fn next_less_than(&self, from: usize) -> Option<usize> {
        let rest = self.source.get(from..)?;
        match rest.first()? {
            b'<' => Some(from),
            _ => memchr(b'<', rest).map(|found| from + found),
        }
    }

    /// The construct that starts with the `<` at `at`, and its end; `None` when it is none.
    fn construct(&mut self, at: usize) -> Option<(Construct, usize)> {
        let rest = self.source.get(at..)?;
        match rest.get(1)? {
            b'/' => {
                if let Some(length) = self.innermost_end_tag(rest) {
                    return Some((Construct::InnermostEndTag, at + length));
                }
                rest.get(2).filter(|byte| is_name_start(**byte))?;
                let close = memchr2(b'>', b'<', rest.get(1..)?)? + 1;
                (rest.get(close) == Some(&b'>')).then_some((Construct::EndTag, at + close + 1))
            }
            b'!' if rest.starts_with(b"<![CDATA[") => {
                Some((Construct::CharacterData, self.delimited(at, 9, b"]]>")?))
            }
            b'!' if rest.starts_with(b"<!--") => {
                Some((Construct::Ignored, self.delimited(at, 4, b"-->")?))
            }
            b'!' if rest.get(2)?.is_ascii_alphabetic() => {
                Some((Construct::Ignored, self.delimited(at, 2, b">")?))
            }
            b'?' => Some((Construct::Ignored, self.delimited(at, 2, b"?>")?)),
            byte if is_name_start(*byte) => {
                let name_end = name_end(rest, 1);
                let end = at + tag_length(rest, name_end)?;
                Some((Construct::StartTag { name_end: at + name_end }, end))
            }
            _ => None,
        }
    }

    /// The length of the end tag of the innermost open element, if `rest` begins with it.
    fn innermost_end_tag(&self, rest: &[u8]) -> Option<usize> {
        let open = self.open.last()?;
        let after = rest.get(2..)?.strip_prefix(open.name)?;
        (after.first() == Some(&b'>')).then_some(open.name.len() + 3)
    }

    /// The end of a section that `end` closes. A terminator that was not found once is never
    /// searched for again, as it does not stand further on either.
    fn delimited(&mut self, at: usize, opening: usize, end: &'static [u8]) -> Option<usize> {
        if self.missing.contains(&end) {
            return None;
        }
        let body = self.source.get(at + opening..)?;
        let Some(found) = memmem::find(body, end) else {
            self.warn("unclosed_section", at, "a CDATA section or comment is never closed");
            self.missing.push(end);
            return None;
        };
        Some(at + opening + found + end.len())
    }

    fn start_tag(&mut self, start: usize, name_end: usize, end: usize) {
        let name = &self.source[start + 1..name_end];
        let element = Element::from_name(name);
        let self_closed = self.source[..end].ends_with(b"/>");
        let place = offset(self.nodes.len());
        self.push(element, start..end, end..end, name.len());
        if self_closed {
            return;
        }
        if element.is_void() {
            if !self.source[end..].starts_with(b"</") {
                self.warn("void_element", start, "an element without content is not closed");
            }
            return;
        }
        self.open.push(Open { place, name });
    }

    fn end_tag(&mut self, start: usize, end: usize) {
        let closing = &self.source[start + 2..name_end(&self.source[..end], start + 2)];
        let mut outward = self.open.iter().rev().take(LOOK_BACK);
        let partner = outward.position(|open| open.name == closing);
        match partner {
            Some(distance) => {
                if distance > 0 {
                    self.warn("mismatched_end_tag", start, "an end tag closes an outer element");
                }
                let keep = self.open.len() - distance - 1;
                self.close(keep + 1, start, start);
                self.close(keep, start, end);
            }
            // `<br></br>`: the start tag was complete without it.
            None if Element::from_name(closing).is_void() => {}
            None => self.warn("stray_end_tag", start, "an end tag closes nothing"),
        }
    }

    /// Closes the open elements from the innermost out until `keep` are left.
    fn close(&mut self, keep: usize, inner_end: usize, end: usize) {
        let next = offset(self.nodes.len());
        for open in self.open.drain(keep.min(self.open.len())..) {
            if let Some(node) = self.nodes.get_mut(open.place as usize) {
                node.inner_end = offset(inner_end);
                node.end = offset(end);
                node.next = next;
            }
        }
    }

    fn push_text(&mut self, start: usize, end: usize) {
        if start < end {
            self.push(Element::Text, start..end, start..end, 0);
        }
    }

    fn push(&mut self, element: Element, outer: Range<usize>, inner: Range<usize>, name: usize) {
        let next = offset(self.nodes.len() + 1);
        self.nodes.push(Node {
            element,
            name: u8::try_from(name).unwrap_or(u8::MAX),
            start: offset(outer.start),
            inner_start: offset(inner.start),
            inner_end: offset(inner.end),
            end: offset(outer.end),
            next,
        });
    }

    fn warn(&mut self, code: &'static str, at: usize, message: &str) {
        if self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(Warning { code, at: offset(at), message: message.to_owned() });
        }
    }
}

/// A name with at most one colon, which is neither first nor last (Namespaces in XML 1.0, 4).
fn is_qualified_name(name: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(|first: char| first.is_alphabetic() || first == '_')
            && part.chars().all(|next| next.is_alphanumeric() || "_-.".contains(next))
    };
    match name.split_once(':') {
        Some((prefix, local)) => is_part(prefix) && is_part(local),
        None => is_part(name),
    }
}

fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte == b':' || byte >= 0x80
}

/// Where the name ends that begins at `start` of a tag.
fn name_end(tag: &[u8], start: usize) -> usize {
    let name = tag.get(start..).unwrap_or_default();
    start + name.iter().position(|byte| class(*byte) & NAME_END != 0).unwrap_or(name.len())
}

/// The length of the tag that begins at the start of `rest` and whose name ends at `name_end`. A `>`
/// in quotes does not end it; a `<` anywhere says that it was no tag (XML 1.0, 3.1), so nothing past
/// the next `<` is looked at.
fn tag_length(rest: &[u8], name_end: usize) -> Option<usize> {
    let mut at = name_end;
    loop {
        at += rest.get(at..)?.iter().position(|byte| class(*byte) & TAG_EDGE != 0)?;
        match *rest.get(at)? {
            b'>' => return Some(at + 1),
            b'<' => return None,
            quote => {
                let value = rest.get(at + 1..)?;
                let length = memchr2(quote, b'<', value)?;
                if value.get(length) == Some(&b'<') {
                    return None;
                }
                at += length + 2;
            }
        }
    }
}

/// What bytes are between the attributes of a tag.
const TAG_EDGE: u8 = 1;
const NAME_END: u8 = 2;
const WHITE_SPACE: u8 = 4;

const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    classes[b'<' as usize] = TAG_EDGE | NAME_END;
    classes[b'"' as usize] = TAG_EDGE;
    classes[b'\'' as usize] = TAG_EDGE;
    classes[b'>' as usize] = TAG_EDGE | NAME_END;
    classes[b'/' as usize] = NAME_END;
    classes[b'=' as usize] = NAME_END;
    classes[b' ' as usize] = NAME_END | WHITE_SPACE;
    classes[b'\t' as usize] = NAME_END | WHITE_SPACE;
    classes[b'\n' as usize] = NAME_END | WHITE_SPACE;
    classes[b'\r' as usize] = NAME_END | WHITE_SPACE;
    classes
};

fn class(byte: u8) -> u8 {
    CLASSES[usize::from(byte)]
}
