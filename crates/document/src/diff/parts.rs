//! A page as a tree of the parts that people move, change and delete: what two versions are aligned
//! by and what three are merged from.
//!
//! Every byte of the page belongs to exactly one part's shell or leaf, or to the white space between
//! parts. A leaf is a run of text with its marks, a body of code, or something that is exchanged as
//! one (an image, a macro without a body). A shell is all of a container but what it contains: for a
//! macro its start tag and parameters, the tags of its body, its end tag.

use std::{
    hash::{DefaultHasher, Hasher},
    ops::Range,
};

use serde::Serialize;

use crate::{
    element::Element,
    scan::{Node, Tree, offset},
};

/// Stands for no part.
pub(crate) const NONE: u32 = u32::MAX;

/// What a part of a page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    /// The page itself.
    Page,
    /// `p`.
    Paragraph,
    /// `h1` to `h6`.
    Heading,
    /// `ul`, `ol`, a list of tasks.
    List,
    /// `li`.
    ListItem,
    /// A task of a list.
    Task,
    /// `table`.
    Table,
    /// `tr`.
    TableRow,
    /// `td`, `th`.
    TableCell,
    /// A macro whose body is code or other plain text, and `pre`.
    Code,
    /// Any other macro, a node of ADF included.
    Macro,
    /// `ac:image`, `img`.
    Image,
    /// `blockquote`.
    Quote,
    /// `hr`.
    Rule,
    /// A layout, its sections and cells.
    Layout,
    /// Text that stands beside blocks.
    Text,
    /// Whatever else surrounds blocks or stands between them.
    Other,
}

/// How a part is made up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A shell around other parts.
    Container,
    /// Text and marks.
    Run,
    /// Lines of code.
    Verbatim,
    /// Exchanged as a whole.
    Atom,
}

/// Parts stand in document order, parents first: the children of part `n` are `n + 1` and, from each
/// child, its `next`, until `next` of `n`.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) kind: PartKind,
    pub(crate) form: Form,
    pub(crate) element: Element,
    pub(crate) parent: u32,
    pub(crate) next: u32,
    pub(crate) outer: Range<u32>,
    /// Where the children of a container stand. Of a leaf, all of it.
    pub(crate) content: Range<u32>,
    /// Of everything but white space between parts. Equal parts have equal hashes.
    pub(crate) hash: u64,
    /// `local-id`, or the id of a macro.
    pub(crate) id: Option<Range<u32>>,
    /// The second copy of an ADF extension's content, which no view shows.
    pub(crate) hidden: bool,
}

#[derive(Debug)]
pub(crate) struct Parts<'s> {
    pub(crate) source: &'s str,
    pub(crate) all: Vec<Part>,
}

impl<'s> Parts<'s> {
    pub(crate) fn read(source: &'s str) -> Self {
        let tree = Tree::scan(source);
        let parts = Reader::new(&tree).read();
        Self { source, all: parts }
    }

    pub(crate) fn len(&self) -> u32 {
        offset(self.all.len())
    }

    /// # Panics
    /// Never: places come from this page's own links, which stay inside it.
    pub(crate) fn part(&self, place: u32) -> &Part {
        &self.all[place as usize]
    }

    pub(crate) fn children(&self, parent: u32) -> impl Iterator<Item = u32> + '_ {
        let end = self.part(parent).next;
        let mut at = parent + 1;
        std::iter::from_fn(move || {
            let place = (at < end).then_some(at)?;
            at = self.part(place).next;
            Some(place)
        })
    }

    pub(crate) fn text(&self, range: Range<u32>) -> &'s str {
        self.source.get(range.start as usize..range.end as usize).unwrap_or_default()
    }

    pub(crate) fn outer(&self, place: u32) -> &'s str {
        self.text(self.part(place).outer.clone())
    }

    /// What stands before and after the content.
    pub(crate) fn shell(&self, place: u32) -> (&'s str, &'s str) {
        let part = self.part(place);
        let head = self.text(part.outer.start..part.content.start);
        (head, self.text(part.content.end..part.outer.end))
    }

    pub(crate) fn id(&self, place: u32) -> Option<&'s str> {
        self.part(place).id.clone().map(|id| self.text(id))
    }

    /// Where `id` and an edit in storage can be told apart from others: the part itself, or for a leaf
    /// inside a block that block.
    pub(crate) fn block_of(&self, place: u32) -> u32 {
        let part = self.part(place);
        match part.form {
            Form::Run | Form::Verbatim if part.parent != NONE && part.parent != 0 => part.parent,
            _ => place,
        }
    }
}

struct Reader<'t> {
    tree: &'t Tree<'t>,
    /// Which nodes are blocks or hold blocks.
    blocks: Vec<bool>,
    parts: Vec<Part>,
    open: Vec<OpenPart>,
}

/// A container whose children are being read.
struct OpenPart {
    place: u32,
    at: u32,
    end: u32,
    /// Up to here its content has been given to parts.
    read: u32,
    /// The hidden copy that an ADF extension holds.
    hidden: Option<u32>,
    hasher: DefaultHasher,
}

impl<'t> Reader<'t> {
    fn new(tree: &'t Tree<'t>) -> Self {
        Self { tree, blocks: blocks(tree), parts: Vec::new(), open: Vec::new() }
    }

    fn read(mut self) -> Vec<Part> {
        let page = offset(self.tree.source.len());
        self.push(PartKind::Page, Form::Container, Element::Block, 0..page, 0..page);
        let nodes = offset(self.tree.nodes.len());
        self.open(0, 0..nodes, None);
        while let Some(open) = self.open.last() {
            let at = open.at;
            match self.tree.nodes.get(at as usize) {
                Some(node) if at < open.end => {
                    if self.is_block(at) {
                        let node = *node;
                        self.block(at, node);
                    } else {
                        self.inline();
                    }
                }
                _ => self.close(),
            }
        }
        self.parts
    }

    fn is_block(&self, at: u32) -> bool {
        self.blocks.get(at as usize).copied().unwrap_or(false)
    }

    fn block(&mut self, at: u32, node: Node) {
        self.between(node.start);
        let Some(open) = self.open.last_mut() else { return };
        open.at = node.next;
        open.read = node.end;
        let hidden = open.hidden == Some(at);
        let (body, verbatim) = self.body(at, node);
        let content = body.map_or(node.inner(), |(_, body)| body.inner());
        let content = offset(content.start)..offset(content.end);
        let kind = if verbatim { PartKind::Code } else { kind(node.element) };
        let place = self.push(kind, Form::Container, node.element, node.start..node.end, content);
        let id = self.id(&node);
        if let Some(part) = self.parts.get_mut(place as usize) {
            part.id = id;
            part.hidden = hidden;
        }
        let inside = body.map_or(at + 1..node.next, |(place, body)| place + 1..body.next);
        let hidden = (node.element == Element::AdfExtension).then(|| self.hidden_fallback(at));
        self.open(place, inside, hidden.flatten());
        if verbatim {
            self.verbatim();
        }
    }

    /// The element that holds what a block contains, if that is not the block itself; and whether that
    /// is plain text.
    fn body(&self, at: u32, node: Node) -> (Option<(u32, Node)>, bool) {
        let child = |element| self.tree.child(at, element);
        match node.element {
            Element::Macro => match child(Element::RichTextBody) {
                Some(body) => (Some(body), false),
                None => {
                    let body = child(Element::PlainTextBody);
                    (body, body.is_some())
                }
            },
            Element::Task => (child(Element::TaskBody), false),
            Element::AdfNode => (child(Element::AdfContent), false),
            element => (None, element == Element::Preformatted),
        }
    }

    fn hidden_fallback(&self, extension: u32) -> Option<u32> {
        let fallback = self.tree.child(extension, Element::AdfFallback).map(|(place, _)| place);
        fallback.filter(|_| self.tree.shown_fallback(extension).is_none())
    }

    /// All that the container just opened contains, as one leaf.
    fn verbatim(&mut self) {
        let Some(open) = self.open.last_mut() else { return };
        open.at = open.end;
        let place = open.place;
        let Some(content) = self.parts.get(place as usize).map(|part| part.content.clone()) else {
            return;
        };
        if !content.is_empty() {
            self.leaf(PartKind::Text, Form::Verbatim, Element::Text, content);
        }
    }

    /// The elements and texts up to the next block.
    fn inline(&mut self) {
        let Some(open) = self.open.last_mut() else { return };
        let first = open.at;
        while open.at < open.end && !self.blocks.get(open.at as usize).is_some_and(|block| *block) {
            open.at = self.tree.nodes.get(open.at as usize).map_or(open.end, |node| node.next);
        }
        let end = open.at;
        if self.has_words(first, end) {
            self.run(first, end);
            return;
        }
        let mut at = first;
        while let Some(&node) = self.tree.nodes.get(at as usize).filter(|_| at < end) {
            at = node.next;
            if node.element != Element::Text {
                self.between(node.start);
                self.leaf(atom_kind(node.element), Form::Atom, node.element, node.start..node.end);
                let id = self.id(&node);
                if let Some(part) = self.parts.last_mut() {
                    part.id = id;
                }
            }
        }
    }

    /// Whether a reader finds words among these nodes, parameters and the like left aside.
    fn has_words(&self, first: u32, end: u32) -> bool {
        let mut at = first;
        while let Some(node) = self.tree.nodes.get(at as usize).filter(|_| at < end) {
            at = match node.element {
                Element::Text if self.tree.is_blank(node) => node.next,
                Element::Text | Element::CharacterData | Element::Link => return true,
                Element::Macro | Element::Image | Element::Template => node.next,
                element if element.is_detail() => node.next,
                _ => at + 1,
            };
        }
        false
    }

    fn run(&mut self, first: u32, end: u32) {
        let start = self.tree.nodes.get(first as usize).map_or(0, |node| node.start);
        let Some(open) = self.open.last() else { return };
        // What stands behind the last node and belongs to nothing is white space or a comment.
        let stop = match self.tree.nodes.get(end as usize).filter(|_| end < open.end) {
            Some(next) => next.start,
            None => self.parts.get(open.place as usize).map_or(start, |part| part.content.end),
        };
        let text = self.tree.text(start as usize..stop as usize);
        let trimmed = text.trim_ascii();
        let start = start + offset(text.len() - text.trim_ascii_start().len());
        self.between(start);
        self.leaf(PartKind::Text, Form::Run, Element::Text, start..start + offset(trimmed.len()));
    }

    /// A comment between two parts is a part of its own, so that nothing but white space is left
    /// between parts.
    fn between(&mut self, until: u32) {
        let Some(open) = self.open.last() else { return };
        let text = self.tree.text(open.read as usize..until as usize);
        let trimmed = text.trim_ascii();
        if !trimmed.is_empty() {
            let start = open.read + offset(text.len() - text.trim_ascii_start().len());
            let outer = start..start + offset(trimmed.len());
            self.leaf(PartKind::Other, Form::Atom, Element::Silent, outer);
        }
    }

    fn leaf(&mut self, kind: PartKind, form: Form, element: Element, outer: Range<u32>) {
        let place = self.push(kind, form, element, outer.clone(), outer.clone());
        let mut hasher = DefaultHasher::new();
        hasher.write(self.tree.text(outer.start as usize..outer.end as usize).as_bytes());
        let hash = hasher.finish();
        if let Some(part) = self.parts.get_mut(place as usize) {
            part.hash = hash;
        }
        if let Some(open) = self.open.last_mut() {
            open.hasher.write_u64(hash);
            open.read = outer.end;
        }
    }

    fn open(&mut self, place: u32, nodes: Range<u32>, hidden: Option<u32>) {
        let content = self.parts.get(place as usize).map_or(0, |part| part.content.start);
        let hasher = DefaultHasher::new();
        let Range { start: at, end } = nodes;
        self.open.push(OpenPart { place, at, end, read: content, hidden, hasher });
    }

    fn close(&mut self) {
        let Some(place) = self.open.last().map(|open| open.place) else { return };
        let Some(part) = self.parts.get(place as usize).cloned() else { return };
        self.between(part.content.end);
        let Some(mut open) = self.open.pop() else { return };
        let text = |start: u32, end: u32| self.tree.text(start as usize..end as usize).as_bytes();
        // The lengths part the shell from the children.
        open.hasher.write_u32(part.content.start - part.outer.start);
        open.hasher.write(text(part.outer.start, part.content.start));
        open.hasher.write(text(part.content.end, part.outer.end));
        let hash = open.hasher.finish();
        let next = offset(self.parts.len());
        if let Some(part) = self.parts.get_mut(place as usize) {
            part.hash = hash;
            part.next = next;
        }
        if let Some(outer) = self.open.last_mut() {
            outer.hasher.write_u64(hash);
        }
    }

    fn push(
        &mut self,
        kind: PartKind,
        form: Form,
        element: Element,
        outer: Range<u32>,
        content: Range<u32>,
    ) -> u32 {
        let place = offset(self.parts.len());
        let parent = self.open.last().map_or(NONE, |open| open.place);
        self.parts.push(Part {
            kind,
            form,
            element,
            parent,
            next: place + 1,
            outer,
            content,
            hash: 0,
            id: None,
            hidden: false,
        });
        place
    }

    fn id(&self, node: &Node) -> Option<Range<u32>> {
        let mut macro_id = None;
        for (name, value) in self.tree.attributes(node) {
            let value = offset(value.start)..offset(value.end);
            match name {
                "local-id" | "ac:local-id" => return Some(value),
                "ac:macro-id" => macro_id = Some(value),
                _ => {}
            }
        }
        macro_id
    }
}

/// For each node, whether it is a block or holds one.
fn blocks(tree: &Tree<'_>) -> Vec<bool> {
    let mut blocks = vec![false; tree.nodes.len()];
    let mut around: Vec<(u32, usize)> = Vec::new();
    for (place, node) in tree.nodes.iter().enumerate() {
        while around.pop_if(|(end, _)| offset(place) >= *end).is_some() {}
        if node.element.is_block() {
            blocks[place] = true;
            // What is marked already has its own surroundings marked.
            for (_, outer) in around.iter().rev() {
                if std::mem::replace(&mut blocks[*outer], true) {
                    break;
                }
            }
        }
        around.push((node.next, place));
    }
    blocks
}

fn kind(element: Element) -> PartKind {
    match element {
        Element::Paragraph => PartKind::Paragraph,
        Element::Heading(_) => PartKind::Heading,
        Element::BulletList | Element::OrderedList | Element::TaskList => PartKind::List,
        Element::ListItem => PartKind::ListItem,
        Element::Task => PartKind::Task,
        Element::Table => PartKind::Table,
        Element::Row => PartKind::TableRow,
        Element::HeaderCell | Element::DataCell => PartKind::TableCell,
        Element::Preformatted => PartKind::Code,
        Element::Macro | Element::AdfNode | Element::AdfExtension => PartKind::Macro,
        Element::Quote => PartKind::Quote,
        Element::Rule => PartKind::Rule,
        Element::Layout | Element::LayoutSection | Element::LayoutCell => PartKind::Layout,
        _ => PartKind::Other,
    }
}

fn atom_kind(element: Element) -> PartKind {
    match element {
        Element::Image | Element::HtmlImage => PartKind::Image,
        Element::Macro => PartKind::Macro,
        _ => PartKind::Other,
    }
}
