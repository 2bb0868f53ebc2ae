//! The parts of a line as storage format.

use std::borrow::Cow;

use super::{
    Flavour, Originals, WriteError,
    address::{Address, Resource, runs_script},
    inline::{Element, End, Node, Origin, Start},
    macros,
    token::{Source, Tag},
    xml::{push_attribute, push_character_data, push_text},
};
use crate::render::EMOTICONS;

type Close = Cow<'static, str>;

/// Writes paired nodes one after the other.
pub(super) struct Phrase<'w, 's> {
    pub(super) out: &'w mut String,
    pub(super) nodes: &'w [Node<'s>],
    pub(super) source: &'w Source<'s>,
    pub(super) flavour: Flavour,
    pub(super) originals: &'w mut Originals,
    /// Where the nodes begin in the Markdown, for messages.
    pub(super) at: usize,
    /// What ends the elements that are open.
    pub(super) open: Vec<Close>,
}

/// A day, or a moment of one, as some pages have it.
fn is_day(text: &str) -> bool {
    let (day, rest) = text.split_at_checked("2024-05-01".len()).unwrap_or((text, ""));
    day.parse::<jiff::civil::Date>().is_ok() && (rest.is_empty() || rest.starts_with('T'))
}

impl Phrase<'_, '_> {
    pub(super) fn write(mut self) -> Result<(), WriteError> {
        let mut at = 0;
        while let Some(node) = self.nodes.get(at) {
            at = match node {
                Node::Start(start) => self.start(at, start)?,
                Node::Break if self.follows_caption(at) => at + 1,
                node => {
                    self.leaf(node);
                    at + 1
                }
            };
        }
        Ok(())
    }

    fn follows_caption(&self, at: usize) -> bool {
        match at.checked_sub(1).and_then(|before| self.nodes.get(before)) {
            Some(Node::End(End { origin: Origin::Tag { name, .. } })) => name == "figcaption",
            _ => false,
        }
    }

    fn leaf(&mut self, node: &Node<'_>) {
        match node {
            Node::Text(text) => self.words(text),
            Node::Code(text) => {
                self.out.push_str("<code>");
                push_text(self.out, text);
                self.out.push_str("</code>");
            }
            Node::Break => self.out.push_str("<br />"),
            Node::Storage(storage) | Node::Block(storage) => self.out.push_str(storage),
            Node::Start(_) => {}
            Node::End(_) => {
                let close = self.open.pop().unwrap_or_default();
                self.out.push_str(&close);
            }
        }
    }

    /// Begins an element, or writes all of it; answers with the node to go on with.
    fn start(&mut self, at: usize, start: &Start<'_>) -> Result<usize, WriteError> {
        let close: Close = match &start.element {
            // Stronger than strong there is nothing: the view shows one mark, and says so again.
            Element::Mark(name) if self.is_marked(name) => Close::default(),
            Element::Mark(name) => {
                self.out.push('<');
                self.out.push_str(name);
                self.out.push('>');
                format!("</{name}>").into()
            }
            Element::Placeholder => {
                self.out.push_str("<ac:placeholder>");
                "</ac:placeholder>".into()
            }
            Element::Comment(reference) => self.around(&start.origin, |out| {
                out.push_str("<ac:inline-comment-marker");
                push_attribute(out, "ac:ref", reference);
                out.push('>');
                "</ac:inline-comment-marker>"
            }),
            Element::Macro(text) => {
                let tag = Tag::read(text).map(|(tag, _)| tag);
                self.around(&start.origin, |out| {
                    let name = tag.map_or("", |tag| tag.name.trim_start_matches("macro:"));
                    let parameters = tag.map(|tag| tag.attributes()).unwrap_or_default();
                    let (open, close) = macros::rich_macro(name, &parameters);
                    out.push_str(&open);
                    close
                })
            }
            Element::Status(text) => {
                let title = self.text_between(at, start.partner);
                if let Some((tag, _)) = Tag::read(text) {
                    macros::push_status(self.out, &tag, &title);
                }
                return Ok(start.partner + 1);
            }
            Element::Time => {
                let day = self.text_between(at, start.partner);
                let day = day.trim();
                if !is_day(day) {
                    let line = self.source.line(self.at);
                    return Err(WriteError::DateInvalid { line, date: day.to_owned() });
                }
                self.out.push_str("<time");
                push_attribute(self.out, "datetime", day);
                self.out.push_str(" />");
                return Ok(start.partner + 1);
            }
            Element::Image { address } => return self.image(at, start, address),
            // A paragraph in a caption ends the line around it, text that goes on needs none.
            Element::Caption => match self.nodes.get(start.partner + 1) {
                None | Some(Node::Break) => {
                    self.out.push_str("<ac:caption><p>");
                    "</p></ac:caption></ac:image>".into()
                }
                Some(_) => {
                    self.out.push_str("<ac:caption>");
                    "</ac:caption></ac:image>".into()
                }
            },
            Element::Link { address, title } => return self.link(at, start, address, title),
        };
        self.open.push(close);
        Ok(at + 1)
    }

    /// Whether the words that come next are in this mark anyway. Indices nest.
    fn is_marked(&self, name: &str) -> bool {
        const MARKS: [&str; 4] = ["</strong>", "</em>", "</del>", ""];
        let mut marks = self.open.iter().rev().take_while(|close| MARKS.contains(&&***close));
        marks.any(|close| close.trim_matches(['<', '/', '>']) == name)
    }

    /// Begins an element as the page had it, else as `open` says.
    fn around(
        &mut self,
        origin: &Origin<'_>,
        open: impl FnOnce(&mut String) -> &'static str,
    ) -> Close {
        let view = match origin {
            Origin::Markdown { tail } => tail,
            Origin::Tag { text, .. } => text,
        };
        if let Some((open, close)) = self.originals.take_around(view) {
            self.out.push_str(&open);
            return close.into();
        }
        open(self.out).into()
    }

    fn text_between(&self, start: usize, end: usize) -> String {
        let inside = self.nodes.get(start + 1..end).unwrap_or_default();
        let texts = inside.iter().filter_map(|node| match node {
            Node::Text(text) | Node::Code(text) => Some(&**text),
            Node::Break => Some(" "),
            _ => None,
        });
        texts.collect()
    }

    /// The label between two nodes, when it is nothing but text.
    fn plain_label(&self, start: usize, end: usize) -> Option<String> {
        let inside = self.nodes.get(start + 1..end).unwrap_or_default();
        inside
            .iter()
            .all(|node| matches!(node, Node::Text(_)))
            .then(|| self.text_between(start, end))
    }

    fn link(
        &mut self,
        at: usize,
        start: &Start<'_>,
        address: &str,
        title: &str,
    ) -> Result<usize, WriteError> {
        if runs_script(address) {
            return Err(self.refused(address));
        }
        if let Some(Node::End(End { origin: Origin::Markdown { tail } })) =
            self.nodes.get(start.partner)
            && let Some((open, close)) = self.originals.take_around(tail)
        {
            self.out.push_str(&open);
            self.open.push(close.into());
            return Ok(at + 1);
        }
        let card = title.strip_prefix("card:");
        let Some(target) = Address::read(address) else {
            self.out.push_str("<a");
            push_attribute(self.out, "href", address);
            match card {
                Some(card) => push_attribute(self.out, "data-card-appearance", card),
                None if !title.is_empty() => push_attribute(self.out, "title", title),
                None => {}
            }
            self.out.push('>');
            self.open.push("</a>".into());
            return Ok(at + 1);
        };
        if target.resource.as_ref().is_some_and(Resource::names_no_page) {
            return Err(self.refused(address));
        }
        self.out.push_str("<ac:link");
        if let Some(anchor) = &target.anchor {
            push_attribute(self.out, "ac:anchor", anchor);
        }
        match card {
            Some(card) => push_attribute(self.out, "ac:card-appearance", card),
            None if !title.is_empty() => push_attribute(self.out, "ac:tooltip", title),
            None => {}
        }
        self.out.push('>');
        if let Some(resource) = &target.resource {
            resource.push(self.out);
        }
        let plain = self.plain_label(at, start.partner);
        match plain {
            Some(label) if is_own_label(&target, &label) && !self.names(&target) => {
                self.out.push_str("</ac:link>");
                Ok(start.partner + 1)
            }
            Some(label) if self.flavour == Flavour::DataCenter => {
                self.out.push_str("<ac:plain-text-link-body>");
                push_character_data(self.out, &label);
                self.out.push_str("</ac:plain-text-link-body></ac:link>");
                Ok(start.partner + 1)
            }
            _ => {
                self.out.push_str("<ac:link-body>");
                self.open.push("</ac:link-body></ac:link>".into());
                Ok(at + 1)
            }
        }
    }

    /// Whether the label of a link is kept because it is the name of somebody.
    fn names(&self, target: &Address) -> bool {
        self.originals.keep_names && matches!(target.resource, Some(Resource::User { .. }))
    }

    fn image(&mut self, at: usize, start: &Start<'_>, address: &str) -> Result<usize, WriteError> {
        if runs_script(address) {
            return Err(self.refused(address));
        }
        let alternative = self.text_between(at, start.partner);
        self.out.push_str("<ac:image");
        if !alternative.trim().is_empty() {
            push_attribute(self.out, "ac:alt", &alternative);
        }
        self.out.push('>');
        match Resource::read(address) {
            Some(resource) => resource.push(self.out),
            None if address.is_empty() => {}
            None => {
                self.out.push_str("<ri:url");
                push_attribute(self.out, "ri:value", address);
                self.out.push_str(" />");
            }
        }
        let next = start.partner + 1;
        let captioned = matches!(
            self.nodes.get(next),
            Some(Node::Start(Start { element: Element::Caption, .. }))
        );
        if !captioned {
            self.out.push_str("</ac:image>");
        }
        Ok(next)
    }

    fn refused(&self, address: &str) -> WriteError {
        WriteError::AddressNotAllowed {
            line: self.source.line(self.at),
            address: address.to_owned(),
        }
    }

    /// Text, in which emoji become what they are on a page.
    fn words(&mut self, text: &str) {
        let mut plain = 0;
        let mut at = 0;
        while let Some(character) = text.get(at..).and_then(|rest| rest.chars().next()) {
            let rest = text.get(at..).unwrap_or_default();
            let emoji = match self.originals.take_emoji(rest) {
                None if character == ':' => self.short_name(text, at),
                None if !character.is_ascii() => self.emoticon(rest),
                original => original,
            };
            let Some((length, storage)) = emoji else {
                at += character.len_utf8();
                continue;
            };
            push_text(self.out, text.get(plain..at).unwrap_or_default());
            self.out.push_str(&storage);
            at += length;
            plain = at;
        }
        push_text(self.out, text.get(plain..).unwrap_or_default());
    }

    fn emoticon(&self, text: &str) -> Option<(usize, String)> {
        let (name, emoji) = EMOTICONS.iter().find(|(_, emoji)| text.starts_with(emoji))?;
        let mut storage = "<ac:emoticon".to_owned();
        push_attribute(&mut storage, "ac:name", name);
        if self.flavour == Flavour::Cloud {
            push_attribute(&mut storage, "ac:emoji-fallback", emoji);
        }
        storage.push_str(" />");
        Some((emoji.len(), storage))
    }

    /// `:shortname:` between white space, which Data Center does not know.
    fn short_name(&self, text: &str, at: usize) -> Option<(usize, String)> {
        let (before, rest) = text.split_at(at);
        let name = rest.strip_prefix(':')?.split(':').next()?;
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'+' | b'-');
        let after = rest.get(name.len() + 1..)?.strip_prefix(':')?;
        let is_short_name = self.flavour == Flavour::Cloud
            && name.len() < 64
            && name.bytes().all(fits)
            && name.bytes().any(|byte| byte.is_ascii_lowercase())
            && before.chars().next_back().is_none_or(char::is_whitespace)
            && after.chars().next().is_none_or(char::is_whitespace);
        if !is_short_name {
            return None;
        }
        let short_name = rest.get(..name.len() + 2)?;
        let mut storage = "<ac:emoticon".to_owned();
        push_attribute(&mut storage, "ac:name", "blue-star");
        push_attribute(&mut storage, "ac:emoji-shortname", short_name);
        storage.push_str(" />");
        Some((short_name.len(), storage))
    }
}

/// Whether Confluence shows that label by itself, so that the link has none. A label that begins with
/// `@` says that a link to a person is a mention.
fn is_own_label(target: &Address, label: &str) -> bool {
    if label.trim().is_empty() {
        return true;
    }
    match &target.resource {
        Some(Resource::User { .. }) => label.starts_with('@'),
        Some(resource) => resource.own_label() == label,
        None => target.anchor.as_deref() == Some(label),
    }
}
