//! Tags: those of the dialect, the few of HTML that are carried, and those that are text.

use std::borrow::Cow;

use super::{
    WriteError,
    block::{Extent, Kind, Writer, whole_element},
    inline::{Element, End, Node, Origin, Start, is_inline_name},
    macros,
    token::Tag,
    xml::push_attribute,
};
use crate::entity;

impl Writer<'_, '_> {
    /// A block of HTML: tables whose cells span, the marks of layouts, and what people write.
    pub(super) fn html_block(&mut self, html: &str, start: usize) -> Result<(), WriteError> {
        let mut at = 0;
        while let Some(rest) = html.get(at..).filter(|rest| !rest.is_empty()) {
            let text = memchr::memchr(b'<', rest.as_bytes()).unwrap_or(rest.len());
            if text > 0 {
                self.html_text(rest.get(..text).unwrap_or_default(), start + at);
                at += text;
                continue;
            }
            let length = Tag::read(rest).map_or(1, |(_, length)| length);
            at += self.html(rest, length, start + at)?;
        }
        self.flush()
    }

    fn html_text(&mut self, text: &str, at: usize) {
        let mut words = String::with_capacity(text.len());
        let after_space = match self.run.last() {
            None | Some(Node::Break) => true,
            Some(Node::Text(last)) => last.ends_with(' '),
            Some(_) => false,
        };
        for character in entity::decoded(text).chars() {
            if !character.is_ascii_whitespace() {
                words.push(character);
            } else if !(words.ends_with(' ') || words.is_empty() && after_space) {
                words.push(' ');
            }
        }
        if !words.is_empty() {
            self.push_text(Cow::Owned(words), at);
        }
    }

    /// What begins with a `<`, `length` bytes of `rest` at most; answers with how many it was.
    pub(super) fn html(
        &mut self,
        rest: &str,
        length: usize,
        at: usize,
    ) -> Result<usize, WriteError> {
        if let Some(comment) = rest.strip_prefix("<!--") {
            // What has no end here has one in none of the lines that follow.
            let (comment, length) = match comment.find("-->") {
                Some(end) => (comment.get(..end).unwrap_or_default(), end + 7),
                None => (comment, rest.len()),
            };
            self.layout(comment.trim(), at)?;
            return Ok(length);
        }
        let text = rest.get(..length).unwrap_or_default();
        let Some((tag, _)) = Tag::read(text) else {
            self.push_text(Cow::Owned(text.to_owned()), at);
            return Ok(length.max(1));
        };
        if let Some(length) = self.original(rest, length, &tag, at) {
            return Ok(length);
        }
        if self.token(&tag, text, at)?
            || self.inline_tag(&tag, text, at)
            || self.block_tag(&tag, at)?
        {
            return Ok(length);
        }
        self.push_text(Cow::Owned(text.to_owned()), at);
        Ok(length)
    }

    /// Puts back what the page had for a token; answers with the length of what is shown of it.
    fn original(&mut self, rest: &str, length: usize, tag: &Tag<'_>, at: usize) -> Option<usize> {
        if self.originals.is_empty() || tag.closing {
            return None;
        }
        let after = rest.get(length..).unwrap_or_default();
        let length = match tag.name {
            "status" | "time" => whole_element(rest, tag.name)?,
            "img" => length + whole_element(after, "figcaption").unwrap_or_default(),
            "a" => whole_element(rest, "a")?,
            _ if tag.empty => length,
            _ => return None,
        };
        let storage = self.originals.take(rest.get(..length)?)?;
        let name = tag.name.strip_prefix("macro:");
        let in_line = match name {
            Some(name) => macros::stands_in_line(name),
            None => !tag.name.starts_with("adf:"),
        };
        self.push(if in_line { Node::Storage(storage) } else { Node::Block(storage) }, at);
        Some(length)
    }

    /// Tokens that are one tag; whether it was one.
    fn token(&mut self, tag: &Tag<'_>, text: &str, at: usize) -> Result<bool, WriteError> {
        if tag.name == "decision" {
            return Err(self.misplaced(text, at, "write it right after the marker of a list item"));
        }
        let Some((space, name)) = tag.name.split_once(':') else { return Ok(false) };
        let node = match space {
            "macro" if !tag.empty => return Ok(false),
            "macro" => {
                let storage = macros::bodyless_macro(name, tag);
                if macros::stands_in_line(name) {
                    Node::Storage(storage)
                } else {
                    Node::Block(storage)
                }
            }
            "adf" | "at" if !tag.empty => return Err(self.malformed(at)),
            "adf" => {
                self.need_cloud(text, at)?;
                Node::Block(macros::adf_leaf(name, tag))
            }
            "at" if !macros::is_template(tag) => {
                let advice = "templates have at:declarations, at:i18n, at:list, at:option, at:string, \
                    at:textarea and at:var, each attribute once";
                return Err(self.misplaced(text, at, advice));
            }
            "at" => Node::Block(format!("{} />", macros::template_start(tag))),
            _ => return Ok(false),
        };
        self.push(node, at);
        Ok(true)
    }

    /// Tags of a line; whether it was one.
    fn inline_tag(&mut self, tag: &Tag<'_>, text: &str, at: usize) -> bool {
        let origin = |name: &str| Origin::Tag {
            name: Cow::Owned(name.to_owned()),
            text: Cow::Owned(text.to_owned()),
            at,
        };
        match tag.name {
            "br" => self.push(Node::Break, at),
            "img" if !tag.closing => {
                let Some(address) = tag.attribute("src") else { return false };
                let element = Element::Image { address };
                self.push(Node::Start(Start { element, origin: origin("img"), partner: 0 }), at);
                if let Some(alternative) = tag.attribute("alt") {
                    self.push(Node::Text(Cow::Owned(alternative)), at);
                }
                self.push(Node::End(End { origin: origin("img") }), at);
            }
            name if tag.closing => {
                if !is_inline_name(name) {
                    return false;
                }
                self.push(Node::End(End { origin: origin(name) }), at);
            }
            name => {
                let Some(element) = Element::of(tag, &Cow::Owned(text.to_owned())) else {
                    return false;
                };
                self.push(Node::Start(Start { element, origin: origin(name), partner: 0 }), at);
            }
        }
        true
    }

    /// `section two_equal`, `cell`, `/section`. Any other comment says nothing to readers of a page.
    fn layout(&mut self, words: &str, at: usize) -> Result<(), WriteError> {
        let advice = "write <!-- section NAME -->, then a <!-- cell --> for each cell, then <!-- /section -->";
        if let Some(kind) = words.strip_prefix("section ") {
            self.flush()?;
            if self.top() != Some(Kind::Layout) {
                self.begin_block(at)?;
                self.open(Kind::Layout, "<ac:layout>", "</ac:layout>", at);
            }
            let mut open = "<ac:layout-section".to_owned();
            push_attribute(&mut open, "ac:type", kind);
            open.push('>');
            self.open(Kind::Section, &open, "</ac:layout-section>", at);
            return Ok(());
        }
        if words != "cell" && words != "/section" {
            return Ok(());
        }
        self.flush()?;
        let section = self.frames.iter().rposition(|frame| frame.kind == Kind::Section);
        let Some(section) = section.filter(|section| self.ends_at(*section)) else {
            return Err(self.misplaced(&format!("<!-- {words} -->"), at, advice));
        };
        self.close_to(section + 1)?;
        if words == "cell" {
            self.open(Kind::LayoutCell, "<ac:layout-cell>", "</ac:layout-cell>", at);
        } else {
            self.end_section();
        }
        Ok(())
    }

    /// Whether nothing but cells, and what ends where it may, is open within the frame at `depth`.
    fn ends_at(&self, depth: usize) -> bool {
        let inside = self.frames.get(depth + 1..).unwrap_or_default();
        inside.iter().all(|frame| {
            matches!(
                frame.kind,
                Kind::LayoutCell | Kind::Layout | Kind::Declarations | Kind::TemplateList
            )
        })
    }

    /// Tags of tables, lists and other blocks; whether it was one.
    fn block_tag(&mut self, tag: &Tag<'_>, at: usize) -> Result<bool, WriteError> {
        if self.extent == Extent::Inline {
            return Ok(false);
        }
        let kind = match tag.name {
            // Storage format has one body, and Confluence makes the columns.
            "thead" | "tbody" | "tfoot" | "colgroup" | "col" | "p" | "div" => {
                self.flush()?;
                return Ok(true);
            }
            "hr" => {
                self.begin_block(at)?;
                self.out.push_str("<hr />");
                return Ok(true);
            }
            "table" => Kind::TableTag,
            "tr" => Kind::RowTag,
            "td" | "th" => Kind::CellTag,
            "ul" | "ol" => Kind::ListTag,
            "li" => Kind::ItemTag,
            "blockquote" => Kind::QuoteTag,
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => Kind::HeadingTag,
            _ => return Ok(false),
        };
        if tag.closing {
            return self.end_tag(kind);
        }
        let holder: &[Kind] = match kind {
            Kind::RowTag => &[Kind::TableTag],
            Kind::CellTag => &[Kind::RowTag, Kind::TableTag],
            Kind::ItemTag => &[Kind::ListTag],
            _ => &[],
        };
        if holder.is_empty() {
            self.begin_block(at)?;
        } else {
            let Some(depth) = self.open_tag(holder) else { return Ok(false) };
            self.close_to(depth + 1)?;
            if kind == Kind::CellTag && self.top() == Some(Kind::TableTag) {
                self.open(Kind::RowTag, "<tr>", "</tr>", at);
            }
        }
        if matches!(kind, Kind::ItemTag | Kind::QuoteTag) {
            self.refuse_depth(at)?;
        }
        match kind {
            Kind::TableTag => self.open(kind, "<table><tbody>", "</tbody></table>", at),
            Kind::CellTag => self.open_cell(tag, at),
            _ => self.open_element(kind, tag.name, at),
        }
        Ok(true)
    }

    fn open_cell(&mut self, tag: &Tag<'_>, at: usize) {
        let mut open = format!("<{}", tag.name);
        for name in ["colspan", "rowspan"] {
            if let Some(span) = tag.attribute(name) {
                push_attribute(&mut open, name, &span);
            }
        }
        open.push('>');
        self.open(Kind::CellTag, &open, if tag.name == "th" { "</th>" } else { "</td>" }, at);
    }

    fn end_tag(&mut self, kind: Kind) -> Result<bool, WriteError> {
        let Some(depth) = self.open_tag(&[kind]) else { return Ok(false) };
        self.close_to(depth)?;
        Ok(true)
    }

    /// Where the innermost of these is open, with nothing around it but tags.
    fn open_tag(&self, kinds: &[Kind]) -> Option<usize> {
        const LOOK_BACK: usize = 64;
        let tags = self.frames.iter().enumerate().rev().take(LOOK_BACK);
        tags.take_while(|(_, frame)| frame.kind.is_tag() || frame.kind.is_lasting())
            .find(|(_, frame)| kinds.contains(&frame.kind))
            .map(|(depth, _)| depth)
    }
}
