//! Macros, ADF nodes and the other tokens: what Markdown has no words for, by its name.

use std::ops::Range;

use super::{
    Close, Code, Gap, Renderer, Syntax,
    link::push_resource,
    mark::{MarkKind, ticks_around},
};
use crate::{
    BlockKind,
    element::Element,
    scan::{Node, offset},
};

/// Parameters that say how wide a macro is drawn or by which route it reached the page.
pub(crate) const HIDDEN_PARAMETERS: [&str; 5] =
    ["atlassian-macro-output-type", "breakoutMode", "breakoutWidth", "local-id", "serverId"];

/// The emoticons of the old editor, which have a name only (Confluence storage format, "Emoticons").
pub(crate) const EMOTICONS: [(&str, &str); 22] = [
    ("smile", "🙂"),
    ("sad", "🙁"),
    ("cheeky", "😛"),
    ("laugh", "😀"),
    ("wink", "😉"),
    ("thumbs-up", "👍"),
    ("thumbs-down", "👎"),
    ("information", "ℹ️"),
    ("tick", "✅"),
    ("cross", "❌"),
    ("warning", "⚠️"),
    ("plus", "➕"),
    ("minus", "➖"),
    ("question", "❓"),
    ("light-on", "💡"),
    ("light-off", "💡"),
    ("yellow-star", "⭐"),
    ("red-star", "⭐"),
    ("green-star", "⭐"),
    ("blue-star", "⭐"),
    ("heart", "❤️"),
    ("broken-heart", "💔"),
];

impl<'t> Renderer<'t> {
    pub(super) fn structured_macro(&mut self, at: u32, node: Node) -> u32 {
        let name = self.tree.attribute_text(&node, "ac:name").unwrap_or_default();
        if name == "status" {
            self.status(at);
            return self.after(at, node, at + 1);
        }
        let body = self.tree.children(at).find(|(_, child)| {
            matches!(child.element, Element::RichTextBody | Element::PlainTextBody)
        });
        match body {
            Some((place, body)) if body.element == Element::RichTextBody => {
                if self.fits_a_line(place) {
                    self.inline_macro(at, node, place, body)
                } else {
                    self.rich_block(at, node, name);
                    place + 1
                }
            }
            Some((place, body)) if self.context.single_line => {
                let ticks = ticks_around(self.tree, place, 1);
                let next = self.after(at, node, body.next);
                self.push_mark(at, MarkKind::Code { ticks }, at + 1, next);
                if self.context.syntax != Syntax::Html {
                    self.context.code = Code::Literal;
                }
                self.plain_texts(place);
                at + 1
            }
            Some((place, body)) => {
                self.code_block(at, node, place, name);
                self.after(at, node, body.next)
            }
            None => self.bodyless(at, node),
        }
    }

    /// Whether a rich body goes into the line where the walk stands.
    fn fits_a_line(&self, body: u32) -> bool {
        self.context.single_line
            || !self.stands_alone()
                && self.tree.descendants(body).iter().all(|inside| !inside.element.is_block())
    }

    fn inline_macro(&mut self, at: u32, node: Node, place: u32, body: Node) -> u32 {
        let next = self.after(at, node, body.next);
        self.push_frame(at, body.next, next, Close::Nothing, Some(BlockKind::Macro));
        self.push_mark(at, MarkKind::Macro, body.next, next);
        self.prepare('<');
        self.token_start = self.out.len();
        place + 1
    }

    pub(super) fn open_inline_macro(&mut self, place: u32) {
        let tag = self.start_tag(place);
        self.whole(tag, |renderer| {
            renderer.out.push_str("<macro:");
            renderer.macro_name(place);
            renderer.parameters(place);
            renderer.out.push('>');
        });
    }

    /// Where the start tag of the element at `place` stands.
    pub(super) fn start_tag(&self, place: u32) -> Range<usize> {
        let node = self.tree.nodes.get(place as usize);
        node.map_or(0..0, |node| node.start as usize..node.inner_start as usize)
    }

    pub(super) fn close_inline_macro(&mut self, place: u32) {
        self.out.push_str("</macro:");
        self.macro_name(place);
        self.out.push('>');
    }

    fn macro_name(&mut self, place: u32) {
        let node = self.tree.nodes.get(place as usize);
        let name = node.and_then(|node| self.tree.attribute_text(node, "ac:name"));
        push_name(&mut self.out, name.unwrap_or_default());
    }

    fn bodyless(&mut self, at: u32, node: Node) -> u32 {
        self.token(at, node, |renderer| {
            renderer.out.push_str("<macro:");
            renderer.macro_name(at);
            renderer.parameters(at);
            renderer.out.push_str("/>");
        })
    }

    /// Writes a token that stands for the whole element, on a line of its own outside a text.
    fn token(&mut self, at: u32, node: Node, write: impl FnOnce(&mut Self)) -> u32 {
        let alone = self.stands_alone();
        if alone {
            self.end_line();
        }
        let close = if alone { Close::Block } else { Close::Nothing };
        let next = self.after(at, node, at + 1);
        self.push_frame(at, at + 1, next, close, Some(BlockKind::Macro));
        self.prepare('<');
        self.whole(node.outer(), write);
        at + 1
    }

    /// Lets `write` write a token that `source` stands for. One without values, which are pieces of
    /// their own, is a piece: what an edit puts beside it has to know where it is.
    pub(super) fn whole(&mut self, source: Range<usize>, write: impl FnOnce(&mut Self)) {
        let view = self.out.len();
        let first = self.pieces.len();
        write(self);
        if self.pieces.len() == first {
            self.piece(view, source);
        }
    }

    /// `> [!NAME key="value"]`, with the body below it.
    fn rich_block(&mut self, at: u32, node: Node, name: &str) {
        self.open_quote(at, node, BlockKind::Macro);
        self.out.push_str("[!");
        push_title_name(&mut self.out, name);
        self.parameters(at);
        self.out.push(']');
        self.gap = Gap::Head;
    }

    /// Writes ` name="value"` for each parameter that a reader could care for.
    fn parameters(&mut self, place: u32) {
        let tree = self.tree;
        for (child, parameter) in tree.children(place) {
            if parameter.element != Element::AdfAttribute {
                self.parameter(child, &parameter);
                continue;
            }
            // Attributes of ADF nest; those without others inside have the values.
            for (at, attribute) in
                (child..).zip(tree.nodes.get(child as usize..).unwrap_or_default())
            {
                if at >= parameter.next {
                    break;
                }
                if tree.child(at, Element::AdfAttribute).is_none() {
                    self.parameter(at, attribute);
                }
            }
        }
    }

    fn parameter(&mut self, place: u32, parameter: &Node) {
        if let Some(name) = self.shown_name(parameter) {
            self.out.push(' ');
            push_name(&mut self.out, name);
            self.out.push_str("=\"");
            self.parameter_value(place);
            self.out.push('"');
        }
    }

    /// The name of a parameter that has a value and is not hidden; empty for the default one.
    fn shown_name(&self, parameter: &Node) -> Option<&'t str> {
        let name = match parameter.element {
            Element::Parameter => self.tree.attribute_text(parameter, "ac:name"),
            Element::AdfAttribute => self.tree.attribute_text(parameter, "key"),
            _ => return None,
        };
        let name = name.unwrap_or_default();
        let shown = !HIDDEN_PARAMETERS.contains(&name) && !self.tree.is_blank(parameter);
        shown.then_some(name)
    }

    /// A value is text, or elements that point at pages, people, files or spaces.
    fn parameter_value(&mut self, place: u32) {
        let tree = self.tree;
        let end = tree.nodes.get(place as usize).map_or(0, |node| node.next);
        let start = self.out.len();
        let mut at = place + 1;
        while let Some(&node) = tree.nodes.get(at as usize).filter(|_| at < end) {
            at += 1;
            match node.element {
                Element::Text => self.attribute_value(trimmed(tree.source, node.inner()), true),
                Element::CharacterData => self.attribute_value(node.inner(), false),
                Element::LinkBody => at = node.next,
                Element::Link => {
                    self.parameter_address(start, &node, &self.link_destination(at - 1, &node));
                    at = node.next;
                }
                element if element.is_resource() => {
                    let mut address = String::new();
                    push_resource(tree, at - 1, &mut address);
                    self.parameter_address(start, &node, &address);
                    at = node.next;
                }
                _ => {}
            }
        }
    }

    /// Writes one of the addresses of the value that begins at `start`.
    fn parameter_address(&mut self, start: usize, node: &Node, address: &str) {
        if self.out.len() > start {
            self.out.push(',');
        }
        self.attribute_text(address, node.outer());
    }

    /// `<status colour="Green">DONE</status>`; the old editor has the title in the default parameter.
    fn status(&mut self, at: u32) {
        let tree = self.tree;
        self.prepare('<');
        let view = offset(self.out.len());
        let mut title = None;
        self.whole(self.start_tag(at), |renderer| {
            renderer.out.push_str("<status");
            for (place, parameter) in tree.children(at) {
                match renderer.shown_name(&parameter) {
                    Some("title" | "") => title = title.or(Some(place)),
                    _ => renderer.parameter(place, &parameter),
                }
            }
            renderer.out.push('>');
        });
        if let Some(title) = title {
            self.plain_texts(title);
            self.pending.clear();
        }
        self.out.push_str("</status>");
        let view = view..offset(self.out.len());
        self.push_block(BlockKind::Macro, at, view);
    }

    fn code_block(&mut self, at: u32, node: Node, body: u32, name: &str) {
        let tree = self.tree;
        let language = tree
            .children(at)
            .filter(|_| name == "code")
            .find(|(_, parameter)| matches!(self.shown_name(parameter), Some("language" | "")));
        let ticks = ticks_around(tree, body, 3);
        let kind =
            if matches!(name, "code" | "noformat") { BlockKind::Code } else { BlockKind::Macro };

        self.start_fence(at, node, kind, ticks);
        if let Some((place, _)) = language {
            self.parameter_value(place);
        } else if name != "code" || tree.children(at).any(|(_, it)| self.shown_name(&it).is_some())
        {
            self.out.push_str("macro:");
            self.macro_name(at);
        }
        for (place, parameter) in tree.children(at) {
            if language.is_none_or(|(language, _)| language != place) {
                self.parameter(place, &parameter);
            }
        }
        for inside in tree.descendants(body) {
            self.fenced_text(inside);
        }
        self.end_fence(ticks);
    }

    /// The text of a body that would be a fence, within a line.
    fn plain_texts(&mut self, body: u32) {
        for inside in self.tree.descendants(body) {
            match inside.element {
                Element::Text => self.text(inside.inner(), true),
                Element::CharacterData => self.text(inside.inner(), false),
                _ => {}
            }
        }
    }

    pub(super) fn adf_node(&mut self, at: u32, node: Node) -> u32 {
        let kind = self.tree.attribute_text(&node, "type").unwrap_or_default();
        let content = self.tree.child(at, Element::AdfContent);
        match (kind, content) {
            ("decision-list", _) => self.list(at, node),
            ("decision-item", _) => self.decision(at, node),
            _ if self.context.single_line => self.block(at, node, None),
            (_, Some((place, _))) => {
                self.rich_block(at, node, &format!("adf-{kind}"));
                place + 1
            }
            (_, None) if self.tree.child(at, Element::AdfNode).is_some() => {
                self.block(at, node, None)
            }
            (_, None) => self.token(at, node, |renderer| {
                renderer.out.push_str("<adf:");
                push_name(&mut renderer.out, kind);
                renderer.parameters(at);
                renderer.out.push_str("/>");
            }),
        }
    }

    /// `- <decision state="DECIDED"/> text`
    fn decision(&mut self, at: u32, node: Node) -> u32 {
        let next = self.item(at, node);
        if !self.context.single_line {
            self.whole(node.outer(), |renderer| {
                renderer.out.push_str("<decision");
                renderer.parameters(at);
                renderer.out.push_str("/> ");
            });
            self.begin_beside();
        }
        next
    }

    /// `<time>2024-05-01</time>`
    pub(super) fn time(&mut self, node: Node) {
        let date = ["datetime", "ac:datetime"]
            .iter()
            .find_map(|name| self.tree.attribute(&node, name))
            .unwrap_or(node.inner());
        self.prepare('<');
        self.whole(node.outer(), |renderer| {
            renderer.out.push_str("<time>");
            renderer.attribute_value(date, true);
            renderer.out.push_str("</time>");
        });
    }

    pub(super) fn emoticon(&mut self, node: Node) {
        let attribute = |name: &str| {
            self.tree.attribute_text(&node, name).filter(|value| !value.trim().is_empty())
        };
        let name = attribute("ac:name").unwrap_or_default();
        let fallback = attribute("ac:emoji-fallback");
        let short_name = attribute("ac:emoji-shortname");
        let known = EMOTICONS.iter().find(|(known, _)| *known == name).map(|(_, emoji)| *emoji);
        let emoji = match (fallback, short_name, known) {
            (Some(emoji), ..) | (None, Some(emoji), _) => harmless(&crate::entity::decoded(emoji)),
            (None, None, Some(emoji)) => emoji.to_owned(),
            (None, None, None) => harmless(&format!(":{name}:")),
        };
        self.prepare(emoji.chars().next().unwrap_or(':'));
        let view = self.out.len();
        self.out.push_str(&emoji);
        self.piece(view, node.outer());
    }

    /// `<at:var name="x"/>`: declarations and places of a template.
    pub(super) fn template(&mut self, at: u32, node: Node) -> u32 {
        let tree = self.tree;
        self.token(at, node, |renderer| {
            renderer.out.push('<');
            let tag = tree.text(node.start as usize + 1..node.inner_start as usize);
            let end = tag.find([' ', '/', '>', '\t', '\n', '\r']).unwrap_or(tag.len());
            push_name(&mut renderer.out, &tag[..end]);
            for (name, value) in tree.attributes(&node) {
                renderer.out.push(' ');
                push_name(&mut renderer.out, name.trim_start_matches("at:"));
                renderer.out.push_str("=\"");
                renderer.attribute_value(value, true);
                renderer.out.push('"');
            }
            renderer.out.push_str("/>");
        })
    }
}

/// Appends a name so that it is one in a tag.
pub(super) fn push_name(out: &mut String, name: &str) {
    if name.is_empty() {
        out.push('_');
    }
    if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return out.push_str(name);
    }
    for character in name.chars() {
        // Two hyphens would end a comment.
        let fits = match character {
            '-' => !out.ends_with('-'),
            _ => character.is_alphanumeric() || matches!(character, '_' | '.' | ':'),
        };
        out.push(if fits { character } else { '_' });
    }
}

/// Appends the name of a block, in capitals unless it has some already.
fn push_title_name(out: &mut String, name: &str) {
    let start = out.len();
    push_name(out, name);
    if !name.chars().any(char::is_uppercase) {
        out[start..].make_ascii_uppercase();
    }
}

/// What is taken for an emoji without a look at what it is must not be markup.
fn harmless(emoji: &str) -> String {
    let fits = |character: char| {
        character.is_ascii_alphanumeric()
            || matches!(character, ':' | '_' | '+' | '-')
            || !(character.is_ascii() || character.is_control() || character.is_whitespace())
    };
    emoji.chars().map(|character| if fits(character) { character } else { '_' }).collect()
}

fn trimmed(source: &str, range: Range<usize>) -> Range<usize> {
    let text = &source[range.clone()];
    let start = range.start + (text.len() - text.trim_ascii_start().len());
    let end = start + text.trim_ascii().len();
    start..end
}
