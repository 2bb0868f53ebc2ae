//! Links, mentions, images, and the addresses that stand for resources of Confluence.

use std::ops::Range;

use super::{Close, Renderer, Syntax, mark::MarkKind, text};
use crate::{
    BlockKind,
    element::Element,
    entity,
    scan::{Node, Tree},
};

/// Where a link leads.
#[derive(Clone, Debug)]
pub(super) struct Target {
    destination: String,
    source: Range<usize>,
    /// How Confluence shows it, when not as a link in a text: `block`, `embed`, …
    card: Option<Range<usize>>,
}

impl Renderer<'_> {
    pub(super) fn anchor(&mut self, at: u32, node: Node) -> u32 {
        let Some(href) = self.tree.attribute(&node, "href") else { return at + 1 };
        if self.in_link() {
            return at + 1;
        }
        let card = self
            .tree
            .attribute(&node, "data-card-appearance")
            .filter(|card| self.tree.text(card.clone()) != "inline");
        let label = self.tree.text(node.inner());
        if card.is_none()
            && self.context.syntax != Syntax::Html
            && is_autolink(label, self.tree.text(href.clone()))
        {
            self.autolink(node);
            return node.next;
        }
        let destination = entity::decoded(self.tree.text(href.clone()));
        self.push_link(at, Target { destination, source: href, card }, node.next, node.next);
        at + 1
    }

    fn autolink(&mut self, node: Node) {
        self.prepare('<');
        self.out.push('<');
        let view = self.out.len();
        self.out.push_str(&entity::decoded(self.tree.text(node.inner())));
        self.piece(view, node.inner());
        self.out.push('>');
    }

    pub(super) fn link(&mut self, at: u32, node: Node) -> u32 {
        let resource = self.tree.children(at).find(|(_, child)| child.element.is_resource());
        let body = self.tree.child(at, Element::LinkBody);
        let body = body.filter(|(_, body)| !self.tree.is_blank(body));
        if self.in_link() {
            return body.map_or(node.next, |(place, _)| place);
        }
        if let (Some((_, user)), None) = (resource, body)
            && user.element == Element::User
        {
            self.mention(node, user);
            return self.after(at, node, at + 1);
        }
        let target = self.link_target(at, &node);
        let Some((inside, body)) = body else {
            self.push_link(at, target, at + 1, self.after(at, node, at + 1));
            return at + 1;
        };
        self.push_link(at, target, body.next, self.after(at, node, body.next));
        inside + 1
    }

    fn link_target(&self, place: u32, link: &Node) -> Target {
        let resource = self.tree.children(place).find(|(_, child)| child.element.is_resource());
        let card = self
            .tree
            .attribute(link, "ac:card-appearance")
            .filter(|card| self.tree.text(card.clone()) != "inline");
        let source = resource.map_or(*link, |(_, resource)| resource).outer();
        Target { destination: self.link_destination(place, link), source, card }
    }

    /// Where the `ac:link` at `place` leads: to a resource, to an anchor in it, or to one in the page
    /// itself.
    pub(super) fn link_destination(&self, place: u32, link: &Node) -> String {
        let mut destination = String::new();
        let resource = self.tree.children(place).find(|(_, child)| child.element.is_resource());
        if let Some((place, _)) = resource {
            push_resource(self.tree, place, &mut destination);
        }
        let anchor = self.tree.attribute_text(link, "ac:anchor");
        if let Some(anchor) = anchor {
            destination.push('#');
            destination.push_str(&entity::decoded(anchor));
        } else if destination.is_empty() {
            destination.push('#');
        }
        destination
    }

    /// Writes the label of a link that has none: the title of the page, the name of the file, ….
    pub(super) fn own_label(&mut self, place: u32) {
        const NAMES: [&str; 6] = [
            "ri:content-title",
            "ri:filename",
            "ri:value",
            "ri:space-key",
            "ri:content-id",
            "ri:key",
        ];
        let tree = self.tree;
        let resource = tree.children(place).find(|(_, child)| child.element.is_resource());
        let link = tree.nodes.get(place as usize);
        let name = resource
            .and_then(|(_, it)| NAMES.iter().find_map(|name| tree.attribute(&it, name)))
            .or_else(|| ["ac:anchor", "href"].iter().find_map(|it| tree.attribute(link?, it)));
        self.in_label(|renderer| match name {
            Some(name) => renderer.text(name, true),
            None => renderer.prepare('<'),
        });
    }

    fn push_link(&mut self, at: u32, target: Target, end: u32, next: u32) {
        self.target = Some(target);
        self.push_mark(at, MarkKind::Link, end, next);
        self.context.label = true;
    }

    /// Writes part of a label that stands in no element of its own.
    fn in_label(&mut self, write: impl FnOnce(&mut Self)) {
        let outer = self.context;
        self.context.label = true;
        write(self);
        self.pending.clear();
        self.context = outer;
    }

    fn in_link(&self) -> bool {
        self.marks.iter().any(|mark| mark.kind == MarkKind::Link)
    }

    fn tree_attribute(&self, node: &Node, name: &str) -> Range<usize> {
        self.tree.attribute(node, name).unwrap_or_default()
    }

    pub(super) fn open_link(&mut self) {
        if self.context.syntax == Syntax::Html {
            if let Some(target) = self.target.take() {
                self.out.push_str("<a href=\"");
                self.attribute_text(&target.destination, target.source.clone());
                self.out.push_str("\">");
                self.target = Some(target);
            }
            return;
        }
        if self.out.ends_with('!') {
            self.escape_last();
        }
        self.out.push('[');
    }

    /// Keeps `!` before a link from making an image of it.
    fn escape_last(&mut self) {
        let view = self.out.len() - 1;
        let Some(last) = self.pieces.last_mut() else { return };
        let backslashes = self.out.bytes().rev().skip(1).take_while(|byte| *byte == b'\\').count();
        if last.view.end as usize != self.out.len() || !backslashes.is_multiple_of(2) {
            return;
        }
        last.view.end -= 1;
        let source = if last.exact {
            last.source.end -= 1;
            last.source.end as usize..last.source.end as usize + 1
        } else {
            last.source.start as usize..last.source.end as usize
        };
        if last.view.is_empty() {
            self.pieces.pop();
        }
        self.out.insert(view, '\\');
        self.piece(view, source);
    }

    pub(super) fn close_link(&mut self) {
        if self.context.syntax == Syntax::Html {
            self.out.push_str("</a>");
            return;
        }
        self.out.push_str("](");
        let Some(target) = self.target.take() else { return };
        self.destination(&target.destination, Some(target.source.clone()));
        if let Some(card) = target.card.clone() {
            self.out.push_str(" \"card:");
            self.attribute_value(card, true);
            self.out.push('"');
        }
        self.out.push(')');
        self.target = Some(target);
    }

    /// Writes the destination of a link or an image (`CommonMark` 0.31, 6.3).
    fn destination(&mut self, destination: &str, source: Option<Range<usize>>) {
        let edges = destination.bytes().fold(0, |edges, byte| edges | class(byte));
        let bracketed = destination.is_empty() || edges & BRACKETED != 0;
        if bracketed {
            self.out.push('<');
        }
        let view = self.out.len();
        if edges & ESCAPED == 0 {
            self.out.push_str(destination);
        } else {
            self.escaped_destination(destination);
        }
        if let Some(source) = source {
            self.piece(view, source);
        }
        if bracketed {
            self.out.push('>');
        }
    }

    fn escaped_destination(&mut self, destination: &str) {
        for (at, character) in destination.char_indices() {
            match character {
                '\n' => self.out.push_str("%0A"),
                '\r' => self.out.push_str("%0D"),
                _ => {
                    let escaped = match character {
                        '\\' | '<' | '>' => true,
                        '|' => self.context.syntax == Syntax::Row,
                        '&' => text::starts_reference(&destination.as_bytes()[at + 1..]),
                        _ => false,
                    };
                    if escaped {
                        self.out.push('\\');
                    }
                    self.out.push(character);
                }
            }
        }
    }

    /// Writes text that has no bytes of its own as the value of an attribute.
    pub(super) fn attribute_text(&mut self, value: &str, source: Range<usize>) {
        let view = self.out.len();
        for character in value.chars() {
            text::push_attribute_character(&mut self.out, character);
        }
        self.piece(view, source);
    }

    fn mention(&mut self, link: Node, user: Node) {
        self.prepare('<');
        let name = self.tree.attribute_text(&user, "ri:username").unwrap_or("user");
        let mut address = String::new();
        push_user(self.tree, &user, &mut address);
        if self.context.syntax == Syntax::Html {
            let view = self.out.len();
            self.out.push_str("<a href=\"");
            for character in address.chars() {
                text::push_attribute_character(&mut self.out, character);
            }
            self.out.push_str("\">@");
            self.out.push_str(name);
            self.out.push_str("</a>");
            return self.piece(view, link.outer());
        }
        if self.out.ends_with('!') {
            self.escape_last();
        }
        let view = self.out.len();
        self.out.push_str("[@");
        for character in entity::decoded(name).chars() {
            if character.is_ascii_punctuation() && !matches!(character, '.' | '-' | '@') {
                self.out.push('\\');
            }
            self.out.push(if character.is_control() { ' ' } else { character });
        }
        self.out.push_str("](");
        self.destination(&address, None);
        self.out.push(')');
        self.piece(view, link.outer());
    }

    pub(super) fn image(&mut self, at: u32, node: Node) -> u32 {
        let resource = self.tree.children(at).find(|(_, child)| child.element.is_resource());
        let caption = self.tree.child(at, Element::Caption);
        let caption = caption.filter(|(_, caption)| !self.tree.is_blank(caption));
        let mut destination = String::new();
        let mut source = node.start as usize..node.inner_start as usize;
        let mut file_name = None;
        if let Some((place, resource)) = resource {
            push_resource(self.tree, place, &mut destination);
            source = resource.outer();
            file_name = self.tree.attribute_text(&resource, "ri:filename");
        }
        // The editor fills in the name of the file as the text; once is enough.
        let alternative = ["ac:alt", "ac:title"]
            .iter()
            .find_map(|name| self.tree.attribute(&node, name))
            .filter(|text| Some(self.tree.text(text.clone())) != file_name);

        let alone = self.stands_alone();
        if alone {
            self.end_line();
        }
        let close = if alone { Close::Block } else { Close::Nothing };
        let end = caption.map_or(at + 1, |(_, caption)| caption.next);
        let next = self.after(at, node, end);
        self.push_frame(at, end, next, close, Some(BlockKind::Image));
        self.write_image(node, alternative, &destination, source);
        let Some((place, caption)) = caption else { return at + 1 };
        self.push_mark(place, MarkKind::Caption, caption.next, caption.next);
        self.context.single_line = true;
        self.prepare('<');
        self.token_start = self.out.len();
        place + 1
    }

    pub(super) fn html_image(&mut self, node: Node) {
        let source = self.tree_attribute(&node, "src");
        let destination = entity::decoded(self.tree.text(source.clone()));
        let alternative = self.tree.attribute(&node, "alt");
        self.write_image(node, alternative, &destination, source);
    }

    fn write_image(
        &mut self,
        image: Node,
        alternative: Option<Range<usize>>,
        destination: &str,
        source: Range<usize>,
    ) {
        self.prepare('<');
        let tag = image.start as usize..image.inner_start as usize;
        self.whole(tag, |renderer| {
            if renderer.context.syntax == Syntax::Html {
                renderer.out.push_str("<img src=\"");
                renderer.attribute_text(destination, source);
                if let Some(alternative) = alternative {
                    renderer.out.push_str("\" alt=\"");
                    renderer.attribute_value(alternative, true);
                }
                renderer.out.push_str("\">");
                return;
            }
            renderer.out.push_str("![");
            if let Some(alternative) = alternative {
                renderer.in_label(|renderer| renderer.text(alternative, true));
            }
            renderer.out.push_str("](");
            renderer.destination(destination, Some(source));
            renderer.out.push(')');
        });
    }
}

/// In a destination: makes angle brackets necessary, must be looked at, is encoded in a name.
const BRACKETED: u8 = 1;
const ESCAPED: u8 = 2;
const ENCODED: u8 = 4;

const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte <= b' ' {
        classes[byte as usize] = BRACKETED;
        byte += 1;
    }
    classes[b'\n' as usize] = BRACKETED | ESCAPED | ENCODED;
    classes[b'\r' as usize] = BRACKETED | ESCAPED | ENCODED;
    classes[b'\t' as usize] = BRACKETED | ENCODED;
    classes[b'(' as usize] = BRACKETED;
    classes[b')' as usize] = BRACKETED;
    classes[b'<' as usize] = BRACKETED | ESCAPED | ENCODED;
    classes[b'>' as usize] = ESCAPED | ENCODED;
    classes[b'\\' as usize] = ESCAPED;
    classes[b'|' as usize] = ESCAPED;
    classes[b'&' as usize] = ESCAPED;
    classes[b'%' as usize] = ENCODED;
    classes[b'/' as usize] = ENCODED;
    classes[b'#' as usize] = ENCODED;
    classes
};

fn class(byte: u8) -> u8 {
    CLASSES[usize::from(byte)]
}

/// Whether a link says no more than its address, so that `<https://…>` is all of it.
fn is_autolink(label: &str, href: &str) -> bool {
    label == href
        && (href.starts_with("https://") || href.starts_with("http://"))
        && !href.bytes().any(|byte| byte <= b' ' || matches!(byte, b'<' | b'>' | b'|' | b'\\'))
        && !href.contains("&lt;")
        && !href.contains("&gt;")
        && !href.contains("&nbsp;")
        && !href.contains("&#")
}

/// Appends the address of the resource identifier at `place`: `wiki:SPACE/Title`,
/// `attachment:file.png`, `user:id`, …. `%`, `/`, `#`, angle brackets and control characters of a
/// name are percent-encoded, so that the parts of an address can be told apart.
pub(crate) fn push_resource(tree: &Tree<'_>, place: u32, out: &mut String) {
    let Some(node) = tree.nodes.get(place as usize) else { return };
    let attribute = |name: &str| tree.attribute_text(node, name);
    match node.element {
        Element::Page if attribute("ri:content-title").is_some() => {
            push_path(out, "wiki:", [attribute("ri:space-key"), attribute("ri:content-title")]);
        }
        Element::Page | Element::ContentEntity => {
            push_path(out, "content:", [attribute("ri:content-id")]);
        }
        Element::BlogPost => {
            let date = attribute("ri:posting-day").map(|day| day.replace('/', "-"));
            let parts = [attribute("ri:space-key"), date.as_deref(), attribute("ri:content-title")];
            push_path(out, "blog:", parts);
        }
        Element::Attachment => {
            let page = tree.children(place).find(|(_, child)| child.element.is_resource());
            let page = page.map(|(_, page)| page);
            let start = out.len();
            push_path(out, "attachment:", [attribute("ri:filename")]);
            // What follows a question mark says whose attachment it is.
            if let Some(name) = out.get(start..).filter(|name| name.contains('?')) {
                let name = name.replace('?', "%3F");
                out.truncate(start);
                out.push_str(&name);
            }
            if let Some(page) = page {
                let of_page = |name: &str| tree.attribute_text(&page, name);
                let title = of_page("ri:content-title").or(of_page("ri:content-id"));
                push_path(out, "?page=", [of_page("ri:space-key"), title]);
            }
        }
        Element::Url => out.push_str(&entity::decoded(attribute("ri:value").unwrap_or_default())),
        Element::User => push_user(tree, node, out),
        Element::Space => push_path(out, "space:", [attribute("ri:space-key")]),
        Element::Shortcut => {
            push_path(out, "shortcut:", [attribute("ri:key"), attribute("ri:parameter")]);
        }
        _ => {}
    }
}

fn push_user(tree: &Tree<'_>, user: &Node, out: &mut String) {
    const KEYS: [(&str, &str); 3] =
        [("ri:account-id", "user:"), ("ri:userkey", "userkey:"), ("ri:username", "username:")];
    let known = KEYS.iter().find_map(|(name, scheme)| {
        tree.attribute_text(user, name).map(|value| (*scheme, Some(value)))
    });
    let (scheme, value) = known.unwrap_or(("user:", None));
    push_path(out, scheme, [value]);
}

fn push_path<const N: usize>(out: &mut String, scheme: &str, parts: [Option<&str>; N]) {
    out.push_str(scheme);
    let mut first = true;
    for part in parts.into_iter().flatten() {
        if !first {
            out.push('/');
        }
        first = false;
        if part.contains('&') {
            push_name(out, &entity::decoded(part));
        } else {
            push_name(out, part);
        }
    }
}

fn push_name(out: &mut String, name: &str) {
    if !name.bytes().any(|byte| class(byte) & ENCODED != 0) {
        out.push_str(name);
        return;
    }
    for character in name.chars() {
        match character {
            '%' => out.push_str("%25"),
            '/' => out.push_str("%2F"),
            '#' => out.push_str("%23"),
            '<' => out.push_str("%3C"),
            '>' => out.push_str("%3E"),
            '\n' => out.push_str("%0A"),
            '\r' => out.push_str("%0D"),
            '\t' => out.push_str("%09"),
            _ => out.push(character),
        }
    }
}
