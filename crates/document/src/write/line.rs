//! The parts of one line: read from what Markdown says, written when the line ends.

use std::{borrow::Cow, ops::Range};

use pulldown_cmark::{Alignment, Event, LinkType, Tag as Begin, TagEnd};

use super::{
    Flavour, WriteError,
    block::{Extent, ItemKind, Kind, Writer, whole_element},
    inline::{self, Element, End, Node, Origin, Start},
    phrase::Phrase,
    xml::push_attribute,
};

impl<'s> Writer<'s, '_> {
    /// A part of a line that holds no others.
    pub(super) fn phrase(
        &mut self,
        event: &Event<'s>,
        range: &Range<usize>,
    ) -> Result<(), WriteError> {
        match event {
            Event::Text(text) => {
                if let Some(decision) = self.source.token(range.start) {
                    self.html(decision, decision.len(), range.start)?;
                }
                self.refuse_broken_token(range)?;
                self.push_text(text.clone().into(), range.start);
            }
            Event::Code(text) => {
                let text = match self.source.restored(text, range.clone()) {
                    Cow::Owned(restored) => Cow::Owned(restored),
                    Cow::Borrowed(_) => text.clone().into(),
                };
                self.push(Node::Code(text), range.start);
            }
            Event::SoftBreak => self.push_text(Cow::Borrowed(" "), range.start),
            Event::HardBreak => self.push(Node::Break, range.start),
            Event::InlineHtml(_) => {
                let source = self.source;
                let length = self.html(
                    source.original(range.start..source.len()),
                    range.len(),
                    range.start,
                )?;
                self.done = self.done.max(range.start + length);
            }
            _ => {}
        }
        self.run_end = range.end;
        Ok(())
    }

    /// Text that begins like a token and is none: a quote is missing, or a bracket.
    fn refuse_broken_token(&self, range: &Range<usize>) -> Result<(), WriteError> {
        let text = self.source.original(range.clone());
        let escaped = self.source.original(0..range.start).ends_with('\\');
        let found = text.match_indices('<').find(|(at, _)| {
            let rest = self.source.original(range.start + at + 1..self.source.len());
            let rest = rest.strip_prefix('/').unwrap_or(rest);
            let begins = ["macro:", "adf:", "at:"].iter().any(|space| rest.starts_with(space));
            begins && !(escaped && *at == 0)
        });
        match found {
            Some((at, _)) => Err(self.malformed(range.start + at)),
            None => Ok(()),
        }
    }

    pub(super) fn malformed(&self, at: usize) -> WriteError {
        let rest = self.source.original(at..self.source.len());
        let token = rest.lines().next().unwrap_or_default().chars().take(80).collect();
        WriteError::TokenMalformed { line: self.source.line(at), token }
    }

    pub(super) fn push(&mut self, node: Node<'s>, at: usize) {
        if self.run.is_empty() {
            self.run_at = at;
        }
        self.run.push(node);
    }

    pub(super) fn push_text(&mut self, text: Cow<'s, str>, at: usize) {
        match self.run.last_mut() {
            Some(Node::Text(last)) => last.to_mut().push_str(&text),
            _ => self.push(Node::Text(text), at),
        }
    }

    pub(super) fn start_inline(
        &mut self,
        tag: &Begin<'s>,
        range: &Range<usize>,
    ) -> Result<(), WriteError> {
        if range.end <= self.done {
            return Ok(());
        }
        if let Begin::Link { link_type: LinkType::Autolink, .. } = tag {
            if let Some(token) = self.source.token(range.start) {
                self.done = range.end;
                self.run_end = range.end;
                return self.stand_in(token, range.start);
            }
            self.refuse_broken_token(range)?;
        }
        if let Some((length, storage)) = self.original_link(tag, range) {
            self.push(Node::Storage(storage), range.start);
            self.done = range.start + length;
            self.run_end = range.end;
            return Ok(());
        }
        let element = match tag {
            Begin::Strong => Element::Mark("strong"),
            Begin::Emphasis => Element::Mark("em"),
            Begin::Strikethrough => Element::Mark("del"),
            Begin::Link { link_type, dest_url, title, .. } => {
                self.refuse_token_in(dest_url, title, range)?;
                let address = match link_type {
                    LinkType::Email => format!("mailto:{dest_url}"),
                    _ => dest_url.to_string(),
                };
                Element::Link { address, title: title.to_string() }
            }
            Begin::Image { dest_url, title, .. } => {
                self.refuse_token_in(dest_url, title, range)?;
                Element::Image { address: dest_url.to_string() }
            }
            _ => return Ok(()),
        };
        let origin = Origin::Markdown { tail: Cow::Borrowed("") };
        self.push(Node::Start(Start { element, origin, partner: 0 }), range.start);
        self.run_end = range.start;
        Ok(())
    }

    /// A token, or what looked like the head of a quote.
    fn stand_in(&mut self, token: &'s str, at: usize) -> Result<(), WriteError> {
        if token.starts_with('<') {
            self.html(token, token.len(), at)?;
        } else {
            self.push_text(Cow::Borrowed(token), at);
        }
        Ok(())
    }

    /// The bytes that the page had for a link or an image, and the length of what is shown of them.
    fn original_link(&mut self, tag: &Begin<'s>, range: &Range<usize>) -> Option<(usize, String)> {
        if self.originals.is_empty() {
            return None;
        }
        if matches!(tag, Begin::Image { .. }) {
            let after = self.source.original(range.end..self.source.len());
            if let Some(caption) = whole_element(after, "figcaption") {
                let shown = self.source.original(range.start..range.end + caption);
                if let Some(storage) = self.originals.take(shown) {
                    return Some((shown.len(), storage));
                }
            }
        }
        let storage = self.originals.take(self.source.original(range.clone()))?;
        Some((range.len(), storage))
    }

    fn refuse_token_in(
        &self,
        address: &str,
        title: &str,
        range: &Range<usize>,
    ) -> Result<(), WriteError> {
        if !address.contains("<zz:") && !title.contains("<zz:") {
            return Ok(());
        }
        Err(WriteError::TokenMisplaced {
            line: self.source.line(range.start),
            token: self.source.original(range.clone()).to_owned(),
            advice: "write < as %3C in an address and leave tokens out of titles",
        })
    }

    pub(super) fn end_inline(&mut self, event: &Event<'s>, range: &Range<usize>) {
        if range.end <= self.done {
            return;
        }
        let tail = match event {
            Event::End(TagEnd::Image) => Cow::Borrowed("!"),
            _ => {
                let tail = self.source.original(self.run_end.max(range.start)..range.end);
                Cow::Borrowed(tail.find("](").and_then(|at| tail.get(at..)).unwrap_or(tail))
            }
        };
        self.push(Node::End(End { origin: Origin::Markdown { tail } }), range.start);
        self.run_end = range.end;
    }

    /// Writes the line that has been read, in a paragraph where that is what its place holds.
    pub(super) fn flush(&mut self) -> Result<(), WriteError> {
        let mut nodes = std::mem::take(&mut self.run);
        trim(&mut nodes);
        if nodes.is_empty() {
            return Ok(());
        }
        let at = self.run_at;
        inline::pair(&mut nodes, self.source, at)?;
        if self.extent == Extent::Inline {
            if !self.out.is_empty() {
                return Err(WriteError::NotInline { line: self.source.line(at) });
            }
            return self.phrase_of(&nodes, at);
        }
        if self.template(&nodes, at)? {
            return Ok(());
        }
        self.make_room(at)?;
        let frame = self.frames.last();
        let first = frame.is_some_and(|frame| frame.content == self.out.len());
        let wrap = match self.top() {
            Some(Kind::Heading | Kind::HeadingTag) => false,
            Some(Kind::Item(ItemKind::Task | ItemKind::Decision)) => !first || !is_words(&nodes),
            kind => !self.stands_alone(&nodes, kind),
        };
        if !wrap {
            return self.phrase_of(&nodes, at);
        }
        self.out.push_str("<p");
        let alignment = self.alignments.get(self.column).filter(|_| self.top() == Some(Kind::Cell));
        match alignment {
            Some(Alignment::Center) => {
                push_attribute(&mut self.out, "style", "text-align: center;");
            }
            Some(Alignment::Right) => {
                push_attribute(&mut self.out, "style", "text-align: right;");
            }
            _ => {}
        }
        self.out.push('>');
        self.phrase_of(&nodes, at)?;
        self.out.push_str("</p>");
        Ok(())
    }

    fn phrase_of(&mut self, nodes: &[Node<'s>], at: usize) -> Result<(), WriteError> {
        let phrase = Phrase {
            out: &mut self.out,
            nodes,
            source: self.source,
            flavour: self.flavour,
            originals: self.originals,
            at,
            open: Vec::new(),
        };
        phrase.write()
    }

    /// Whether a line is one thing that stands on a page by itself.
    fn stands_alone(&self, nodes: &[Node<'_>], place: Option<Kind>) -> bool {
        match nodes {
            [Node::Block(_)] => {
                !matches!(place, Some(Kind::Item(_) | Kind::ItemTag | Kind::Cell | Kind::CellTag))
            }
            [Node::Start(Start { element: Element::Image { .. }, partner, .. }), ..] => {
                let captioned = match nodes.get(partner + 1) {
                    Some(Node::Start(Start { element: Element::Caption, partner, .. })) => *partner,
                    _ => *partner,
                };
                self.flavour == Flavour::Cloud && captioned + 1 == nodes.len()
            }
            _ => false,
        }
    }

    /// Writes the declarations of a template, which hold those that follow; whether that is what the
    /// line was.
    fn template(&mut self, nodes: &[Node<'_>], at: usize) -> Result<bool, WriteError> {
        let [Node::Block(storage)] = nodes else { return Ok(false) };
        let Some(start) = storage.strip_prefix("<at:").and_then(|_| storage.strip_suffix(" />"))
        else {
            return Ok(false);
        };
        let name = start.split(' ').next().unwrap_or_default();
        if name == "<at:declarations" {
            self.make_room(at)?;
            self.open(Kind::Declarations, "<at:declarations>", "</at:declarations>", at);
            return Ok(true);
        }
        if name == "<at:option" && self.top() == Some(Kind::TemplateList) {
            self.out.push_str(storage);
            return Ok(true);
        }
        if self.top() == Some(Kind::TemplateList) {
            self.close_to(self.frames.len() - 1)?;
        }
        if self.top() != Some(Kind::Declarations) || name == "<at:var" {
            return Ok(false);
        }
        if name == "<at:list" {
            self.open(Kind::TemplateList, &format!("{start}>"), "</at:list>", at);
        } else {
            self.out.push_str(storage);
        }
        Ok(true)
    }
}

/// White space and breaks at the edges of a line say nothing.
fn trim(nodes: &mut Vec<Node<'_>>) {
    fn is_blank(node: &Node<'_>) -> bool {
        match node {
            Node::Text(text) => text.bytes().all(|byte| byte.is_ascii_whitespace()),
            Node::Break => true,
            _ => false,
        }
    }
    while nodes.pop_if(|last| is_blank(last)).is_some() {}
    let blank = nodes.iter().take_while(|node| is_blank(node)).count();
    nodes.drain(..blank);
    let ascii_space = |next: char| next.is_ascii_whitespace();
    if let Some(Node::Text(first)) = nodes.first_mut() {
        *first = Cow::Owned(first.trim_start_matches(ascii_space).to_owned());
    }
    if let Some(Node::Text(last)) = nodes.last_mut() {
        *last = Cow::Owned(last.trim_end_matches(ascii_space).to_owned());
    }
}

/// Whether a line begins with words, so that it needs no paragraph to be one.
fn is_words(nodes: &[Node<'_>]) -> bool {
    matches!(
        nodes.first(),
        Some(Node::Text(_) | Node::Code(_) | Node::Start(Start { element: Element::Mark(_), .. }))
    )
}
