//! Storage format as a document in ADF: the way back of [`super::storage`].

use serde_json::{Map, Value, json};

use super::{
    Target,
    fault::{Fault, unsupported},
    place::number,
    run::{Line, Piece, Run},
    schema::{self, holds, is_divisible},
    storage::LAYOUTS,
};
use crate::{
    element::Element,
    scan::{Node, Tree},
};

/// How deep nodes nest in each other. Each costs two levels of JSON, of which readers take 128.
const MAX_DEPTH: usize = 56;

pub(super) type Attributes = Map<String, Value>;

/// A block that is being read.
pub(super) struct Frame {
    pub(super) container: Container,
    pub(super) children: Vec<Child>,
    /// The first node of the tree that does not belong to it.
    pub(super) end: u32,
    /// The node to go on with.
    pub(super) next: u32,
    pub(super) at: u32,
}

pub(super) enum Container {
    Node {
        kind: &'static str,
        attributes: Attributes,
    },
    /// Its blocks, if it has any, belong to the block around.
    Paragraph {
        alignment: Option<&'static str>,
    },
    /// The caption of that picture.
    Caption {
        picture: Value,
    },
    /// What only holds others.
    Transparent,
}

pub(super) struct Child {
    pub(super) value: Value,
    /// The node around cannot hold it and is divided around it.
    pub(super) lifted: bool,
    pub(super) at: u32,
}

pub(super) struct Reader<'t> {
    pub(super) tree: &'t Tree<'t>,
    pub(super) target: Target,
    pub(super) frames: Vec<Frame>,
    /// What stands in the line that is being read.
    pub(super) run: Run,
}

/// Reads a body in storage format that [`crate::write`] made.
pub(super) fn from_storage(storage: &str, target: Target) -> Result<Value, Fault> {
    let tree = Tree::scan(storage);
    let mut reader = Reader { tree: &tree, target, frames: Vec::new(), run: Run::default() };
    reader.read()
}

impl Reader<'_> {
    fn read(&mut self) -> Result<Value, Fault> {
        let end = u32::MAX;
        let container = Container::Node { kind: "doc", attributes: Attributes::new() };
        self.frames.push(Frame { container, children: Vec::new(), end, next: end, at: 0 });
        let mut at = 0;
        loop {
            while self.frames.len() > 1
                && let Some(frame) = self.frames.pop_if(|frame| at >= frame.end)
            {
                at = frame.next;
                self.run.leave(at);
                self.close(frame)?;
            }
            self.run.leave(at);
            let Some(&node) = self.tree.nodes.get(at as usize) else { break };
            at = self.enter(at, node)?;
        }
        self.end_line()?;
        let children = self.frames.pop().map(|frame| frame.children).unwrap_or_default();
        let mut content: Vec<_> = children.into_iter().map(|child| child.value).collect();
        number(&mut content);
        Ok(json!({"type": "doc", "version": 1, "content": content}))
    }

    /// Reads the node at `at` or begins to; answers with the node to go on with.
    fn enter(&mut self, at: u32, node: Node) -> Result<u32, Fault> {
        match node.element {
            Element::Paragraph if matches!(self.line(), Line::Caption) => {
                if !self.run.is_blank() {
                    self.run.push(Piece::Break);
                }
            }
            Element::Paragraph => {
                self.end_line()?;
                let alignment = alignment(self.tree.attribute_text(&node, "style"));
                self.push(Container::Paragraph { alignment }, node)?;
            }
            Element::Heading(level) => {
                self.open("heading", &[("level", json!(level))], node)?;
            }
            Element::BulletList => self.open("bulletList", &[], node)?,
            Element::OrderedList => {
                let start = self.tree.attribute_text(&node, "start");
                let order = start.and_then(|start| start.parse::<u64>().ok()).unwrap_or(1);
                self.open("orderedList", &[("order", json!(order))], node)?;
            }
            Element::ListItem => self.open("listItem", &[], node)?,
            Element::TaskList => self.open("taskList", &[], node)?,
            Element::Task => self.task(at, node)?,
            Element::Quote => self.open("blockquote", &[], node)?,
            Element::Rule => self.leaf(json!({"type": "rule"}), node)?,
            Element::Preformatted => {
                self.code_block(None, &self.tree.words(at), node)?;
                return Ok(node.next);
            }
            Element::Table => self.open("table", &[], node)?,
            Element::Row => self.open("tableRow", &[], node)?,
            Element::HeaderCell => self.cell("tableHeader", node)?,
            Element::DataCell => self.cell("tableCell", node)?,
            Element::LayoutSection => self.layout_section(node)?,
            Element::LayoutCell => self.layout_cell(node)?,
            Element::Macro => return self.structured_macro(at, node),
            Element::AdfNode => return self.adf_node(at, node),
            Element::AdfFallback => return Ok(node.next),
            Element::Template => {
                return Err(unsupported(node, "a template element", "take it out"));
            }
            Element::Image => return self.image(at, node),
            Element::Block | Element::Layout => {
                self.end_line()?;
                self.push(Container::Transparent, node)?;
            }
            element if element.is_detail() => return Ok(node.next),
            _ => return self.inline(at, node),
        }
        Ok(at + 1)
    }

    /// Begins a block of that kind.
    pub(super) fn open(
        &mut self,
        kind: &'static str,
        attributes: &[(&str, Value)],
        node: Node,
    ) -> Result<(), Fault> {
        self.end_line()?;
        let attributes =
            attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        self.push(Container::Node { kind, attributes }, node)
    }

    fn push(&mut self, container: Container, node: Node) -> Result<(), Fault> {
        self.push_frame(container, node, node.next)
    }

    /// Goes on behind `node` after the frame, which ends at `end`.
    fn push_frame(&mut self, container: Container, node: Node, end: u32) -> Result<(), Fault> {
        if self.frames.len() >= MAX_DEPTH {
            return Err(unsupported(node, "nesting this deep", "flatten its lists"));
        }
        let (next, at) = (node.next, node.start);
        self.frames.push(Frame { container, children: Vec::new(), end, next, at });
        Ok(())
    }

    fn task(&mut self, at: u32, node: Node) -> Result<(), Fault> {
        let status = self.tree.child(at, Element::TaskStatus);
        let done = status.is_some_and(|(_, status)| self.tree.text(status.inner()) == "complete");
        let state = if done { "DONE" } else { "TODO" };
        self.open("taskItem", &[("state", json!(state))], node)
    }

    fn cell(&mut self, kind: &'static str, node: Node) -> Result<(), Fault> {
        let span = |name: &str| {
            let value = self.tree.attribute_text(&node, name)?.parse::<u64>().ok()?;
            (value > 1).then_some((name.to_owned(), json!(value)))
        };
        let attributes = ["colspan", "rowspan"].into_iter().filter_map(span).collect();
        self.end_line()?;
        self.push(Container::Node { kind, attributes }, node)
    }

    fn layout_section(&mut self, node: Node) -> Result<(), Fault> {
        let kind = self.tree.attribute_text(&node, "ac:type").unwrap_or_default();
        let widths = widths(kind);
        match widths.len() {
            2..=3 => self.open("layoutSection", &[("widths", json!(widths))], node),
            // A single column is the page itself.
            0 | 1 => {
                self.end_line()?;
                self.push(Container::Transparent, node)
            }
            _ => Err(unsupported(node, "a section of more than three columns", "use two or three")),
        }
    }

    fn layout_cell(&mut self, node: Node) -> Result<(), Fault> {
        self.end_line()?;
        let width = match self.frames.last() {
            Some(Frame {
                container: Container::Node { kind: "layoutSection", attributes },
                children,
                ..
            }) => attributes.get("widths").and_then(|widths| widths.get(children.len())).cloned(),
            _ => return self.push(Container::Transparent, node),
        };
        match width {
            Some(width) => self.open("layoutColumn", &[("width", width)], node),
            None => Err(unsupported(node, "a cell more than its section has", "take it out")),
        }
    }

    pub(super) fn code_block(
        &mut self,
        language: Option<String>,
        text: &str,
        node: Node,
    ) -> Result<(), Fault> {
        let mut block = Attributes::new();
        block.insert("type".to_owned(), json!("codeBlock"));
        if let Some(language) = language {
            block.insert("attrs".to_owned(), json!({"language": language}));
        }
        if !text.is_empty() {
            block.insert("content".to_owned(), json!([{"type": "text", "text": text}]));
        }
        self.leaf(Value::Object(block), node)
    }

    /// Adds a block that holds no others.
    pub(super) fn leaf(&mut self, value: Value, node: Node) -> Result<(), Fault> {
        self.end_line()?;
        self.add(value, node.start)
    }

    /// Begins a panel, an expand, a macro with its body; `body` is the element of `node` that holds it.
    pub(super) fn open_body(
        &mut self,
        kind: &'static str,
        attributes: Attributes,
        node: Node,
        body: Node,
    ) -> Result<(), Fault> {
        self.end_line()?;
        self.push_frame(Container::Node { kind, attributes }, node, body.next)
    }

    /// Begins the caption of a picture.
    pub(super) fn open_caption(
        &mut self,
        picture: Value,
        node: Node,
        caption: Node,
    ) -> Result<(), Fault> {
        self.end_line()?;
        self.push_frame(Container::Caption { picture }, node, caption.next)
    }

    /// Whether the nodes around can hold an expand, or only a nested one.
    pub(super) fn expand_kind(&self) -> &'static str {
        let kinds = self.frames.iter().rev().filter_map(Frame::kind);
        let holder = kinds.into_iter().find(|kind| !is_divisible(kind)).unwrap_or("doc");
        if holds(holder, "expand") { "expand" } else { "nestedExpand" }
    }

    /// The node around, paragraphs left out.
    pub(super) fn parent(&self) -> &'static str {
        self.frames.iter().rev().find_map(Frame::kind).unwrap_or("doc")
    }

    /// What the line is part of that is being read.
    pub(super) fn line(&self) -> Line {
        match self.frames.last().map(|frame| &frame.container) {
            Some(Container::Node { kind: "heading" | "taskItem" | "decisionItem", .. }) => {
                Line::Text
            }
            Some(Container::Caption { .. }) => Line::Caption,
            Some(Container::Paragraph { .. }) => Line::Paragraph,
            _ => Line::None,
        }
    }

    /// Ends the line that is being read and makes blocks of it.
    pub(super) fn end_line(&mut self) -> Result<(), Fault> {
        if self.run.is_blank() {
            self.run.clear();
            return Ok(());
        }
        let (alignment, at) = match self.frames.last() {
            Some(Frame { container: Container::Paragraph { alignment }, at, .. }) => {
                (*alignment, *at)
            }
            frame => (None, frame.map_or(0, |frame| frame.at)),
        };
        let parent = self.parent();
        let blocks = self.run.take_blocks(parent).map_err(|problem| Fault { at, problem })?;
        for mut block in blocks {
            if let (Some(align), true) = (alignment, schema::aligns(parent))
                && block["type"] == "paragraph"
            {
                block["marks"] = json!([{"type": "alignment", "attrs": {"align": align}}]);
            }
            self.add(block, at)?;
        }
        Ok(())
    }
}

impl Frame {
    /// The kind of node that it becomes.
    pub(super) fn kind(&self) -> Option<&'static str> {
        match self.container {
            Container::Node { kind, .. } => Some(kind),
            Container::Caption { .. } => Some("caption"),
            Container::Paragraph { .. } | Container::Transparent => None,
        }
    }
}

/// The alignments that ADF knows.
fn alignment(style: Option<&str>) -> Option<&'static str> {
    let style = style?;
    if style.contains("text-align: center") {
        Some("center")
    } else if style.contains("text-align: right") {
        Some("end")
    } else {
        None
    }
}

/// The widths of the columns of a section, in percent.
fn widths(kind: &str) -> Vec<f64> {
    match LAYOUTS.iter().find(|(name, _)| *name == kind) {
        Some((_, widths)) => widths.to_vec(),
        None => kind
            .split('_')
            .map(str::parse)
            .collect::<Result<Vec<f64>, _>>()
            .unwrap_or_default()
            .into_iter()
            .map(|width| width.clamp(0.0, 100.0))
            .collect(),
    }
}
