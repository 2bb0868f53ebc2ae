//! Storage format as wiki markup: blocks.

use super::{
    PANELS,
    line::{self, Piece},
    text::Place,
};
use crate::{
    element::Element,
    entity,
    scan::{Node, Tree},
};

/// What wiki markup cannot hold, and where it stands in the storage format.
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) construct: String,
    pub(super) advice: &'static str,
}

pub(super) fn from_storage(storage: &str) -> Result<String, Fault> {
    let tree = Tree::scan(storage);
    let mut writer = Writer {
        tree: &tree,
        out: String::with_capacity(storage.len()),
        frames: vec![Frame { kind: Kind::Page, end: u32::MAX, next: u32::MAX, content: 0 }],
        markers: String::new(),
        outer_markers: Vec::new(),
        run: Vec::new(),
        marks: Vec::new(),
    };
    writer.write()?;
    Ok(writer.out)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Page,
    Paragraph,
    Heading(u8),
    List,
    Item,
    Quote,
    /// A panel, or what is shown as one.
    Panel,
    Table,
    Row {
        header: bool,
    },
    Cell {
        header: bool,
    },
    Transparent,
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    kind: Kind,
    /// The first node that does not belong to it.
    end: u32,
    /// The node to go on with.
    next: u32,
    /// Where its content begins in the output.
    content: usize,
}

pub(super) struct Writer<'t> {
    pub(super) tree: &'t Tree<'t>,
    out: String,
    frames: Vec<Frame>,
    /// `*#` in a numbered list in a bullet list.
    markers: String,
    /// Those around the quotes and panels that are open.
    outer_markers: Vec<String>,
    pub(super) run: Vec<Piece>,
    /// Where the marks end that are open, and what closes them.
    pub(super) marks: Vec<(u32, Piece)>,
}

impl Writer<'_> {
    fn write(&mut self) -> Result<(), Fault> {
        let mut at = 0;
        loop {
            self.end_marks(at);
            while self.frames.len() > 1
                && let Some(frame) = self.frames.pop_if(|frame| at >= frame.end)
            {
                self.close(frame);
                at = frame.next;
                self.end_marks(at);
            }
            let Some(&node) = self.tree.nodes.get(at as usize) else { break };
            at = self.enter(at, node)?;
        }
        self.end_line();
        Ok(())
    }

    fn end_marks(&mut self, at: u32) {
        while let Some((_, close)) = self.marks.pop_if(|(end, _)| *end <= at) {
            self.run.push(close);
        }
    }

    /// Writes the node at `at` or begins to; answers with the node to go on with.
    fn enter(&mut self, at: u32, node: Node) -> Result<u32, Fault> {
        match node.element {
            Element::Paragraph => self.open(Kind::Paragraph, node, ""),
            Element::Heading(level) => self.heading(node, level),
            Element::BulletList | Element::TaskList => self.list(node, '*'),
            Element::OrderedList => self.list(node, '#'),
            Element::ListItem => self.item(node, ""),
            Element::Task => {
                let status = self.tree.child(at, Element::TaskStatus);
                let done = status.is_some_and(|(_, it)| self.tree.text(it.inner()) == "complete");
                self.item(node, if done { "[x] " } else { "[ ] " });
            }
            Element::Quote => {
                self.container(Kind::Quote, node, node.next, "{quote}", "a quote")?;
            }
            Element::Rule => {
                self.need_page(node, "a rule")?;
                self.begin_block();
                self.out.push_str("----");
            }
            Element::Preformatted => {
                let body = self.tree.words(at);
                self.code(node, "", &body)?;
                return Ok(node.next);
            }
            Element::Table => {
                self.need_page(node, "a table")?;
                self.open(Kind::Table, node, "");
            }
            Element::Row => self.row(node),
            Element::HeaderCell => self.cell(node, true)?,
            Element::DataCell => self.cell(node, false)?,
            Element::Macro => return self.structured_macro(at, node),
            Element::AdfNode | Element::Template => {
                return Err(unsupported(node, "this token", "write what it shows"));
            }
            Element::AdfFallback => return Ok(node.next),
            Element::Block | Element::LayoutSection | Element::LayoutCell | Element::Layout => {
                self.end_line();
                self.push(Kind::Transparent, node);
            }
            Element::TableSection | Element::RichTextBody | Element::TaskBody => {}
            element if element.is_detail() => return Ok(node.next),
            _ => return self.inline(at, node),
        }
        Ok(at + 1)
    }

    fn push(&mut self, kind: Kind, node: Node) {
        let content = self.out.len();
        self.frames.push(Frame { kind, end: node.next, next: node.next, content });
    }

    fn open(&mut self, kind: Kind, node: Node, start: &str) {
        self.end_line();
        if kind != Kind::Paragraph {
            self.begin_block();
        }
        self.out.push_str(start);
        self.push(kind, node);
    }

    /// What blocks are written into: a page, an item, a cell, ….
    fn holder(&self) -> Frame {
        let holds = |frame: &&Frame| {
            !matches!(frame.kind, Kind::Paragraph | Kind::Heading(_) | Kind::Transparent)
        };
        let holder = self.frames.iter().rev().find(holds).copied();
        holder.unwrap_or(Frame { kind: Kind::Page, end: 0, next: 0, content: 0 })
    }

    /// Parts a block from the one before.
    fn begin_block(&mut self) {
        let holder = self.holder();
        if self.out.len() == holder.content {
            return;
        }
        match holder.kind {
            Kind::Item => self.out.push('\n'),
            Kind::Cell { .. } => self.out.push_str("\\\\ "),
            Kind::List | Kind::Table | Kind::Row { .. } => {}
            _ => self.out.push_str("\n\n"),
        }
    }

    fn heading(&mut self, node: Node, level: u8) {
        if matches!(self.holder().kind, Kind::Item | Kind::Cell { .. }) {
            self.end_line();
            self.push(Kind::Transparent, node);
            self.open_mark("*", node);
            return;
        }
        self.end_line();
        self.push(Kind::Heading(level), node);
    }

    fn list(&mut self, node: Node, marker: char) {
        self.end_line();
        match self.holder().kind {
            Kind::Item | Kind::List => {}
            // A list begins on a line of its own.
            Kind::Cell { .. } if self.out.len() > self.holder().content => self.out.push('\n'),
            _ => self.begin_block(),
        }
        self.markers.push(marker);
        self.push(Kind::List, node);
    }

    fn item(&mut self, node: Node, checkbox: &str) {
        self.end_line();
        let list = self.frames.len().checked_sub(2).and_then(|outer| self.frames.get(outer));
        let outer = list.filter(|outer| outer.kind == Kind::Item).copied();
        let begins_cell = list.is_some_and(|holder| {
            matches!(holder.kind, Kind::Cell { .. }) && self.out.len() == holder.content
        });
        let marker = [&self.markers, " "].concat();
        let line = self.out.rfind(['\n', '|']).map_or(0, |end| end + 1);
        let markers_alone = || {
            let text = self.out.get(line..).unwrap_or_default();
            text.trim_end().bytes().all(|byte| matches!(byte, b'*' | b'#'))
        };
        if outer.is_some_and(|outer| self.out.len() == outer.content) && markers_alone() {
            // Nothing stands in the item around yet: its marker is part of this one.
            self.out.truncate(line);
        } else if !self.out.is_empty() && !self.out.ends_with('\n') && !begins_cell {
            self.out.push('\n');
        }
        self.out.push_str(&marker);
        self.out.push_str(checkbox);
        self.push(Kind::Item, node);
    }

    /// Begins a macro with a body, which ends at `end`.
    fn container(
        &mut self,
        kind: Kind,
        node: Node,
        end: u32,
        tag: &str,
        construct: &str,
    ) -> Result<(), Fault> {
        if self.frames.iter().any(|frame| frame.kind == kind) {
            let construct = format!("{construct} in another");
            return Err(unsupported(node, &construct, "put one after the other"));
        }
        if matches!(self.holder().kind, Kind::Cell { .. }) {
            let construct = format!("{construct} in a table cell");
            return Err(unsupported(node, &construct, "put it before or after the table"));
        }
        self.end_line();
        self.begin_block();
        self.out.push_str(tag);
        self.out.push('\n');
        self.outer_markers.push(std::mem::take(&mut self.markers));
        let content = self.out.len();
        self.frames.push(Frame { kind, end, next: node.next, content });
        Ok(())
    }

    fn row(&mut self, node: Node) {
        self.end_line();
        if self.out.len() > self.holder().content {
            self.out.push('\n');
        }
        self.push(Kind::Row { header: false }, node);
    }

    fn cell(&mut self, node: Node, header: bool) -> Result<(), Fault> {
        let spans = ["colspan", "rowspan"]
            .iter()
            .any(|name| self.tree.attribute_text(&node, name).is_some_and(|span| span != "1"));
        if spans {
            return Err(unsupported(node, "a table cell that spans others", "repeat its text"));
        }
        if let Some(Frame { kind: Kind::Row { header: last }, .. }) = self.frames.last_mut() {
            *last = header;
        }
        self.out.push_str(if header { "||" } else { "|" });
        self.push(Kind::Cell { header }, node);
        Ok(())
    }

    fn close(&mut self, frame: Frame) {
        let end = self.frames.len();
        self.frames.push(frame);
        self.end_line();
        self.frames.truncate(end);
        match frame.kind {
            Kind::List => {
                self.markers.pop();
            }
            // A marker alone would be text.
            Kind::Item if self.out.len() == frame.content => self.out.push_str("\\\\"),
            Kind::Cell { .. } if self.out.len() == frame.content => self.out.push(' '),
            Kind::Row { header } => self.out.push_str(if header { "||" } else { "|" }),
            Kind::Quote => self.end_container("{quote}"),
            Kind::Panel => self.end_container("{panel}"),
            _ => {}
        }
    }

    fn end_container(&mut self, tag: &str) {
        self.out.push('\n');
        self.out.push_str(tag);
        self.markers = self.outer_markers.pop().unwrap_or_default();
    }

    /// Ends the line that is being read and writes it.
    fn end_line(&mut self) {
        for (_, close) in self.marks.iter().rev() {
            self.run.push(close.clone());
        }
        self.marks.clear();
        let run = std::mem::take(&mut self.run);
        if run.iter().all(Piece::is_blank) {
            return;
        }
        let heading = match self.frames.last().map(|frame| frame.kind) {
            Some(Kind::Heading(level)) => Some(level),
            _ => None,
        };
        let in_cell = self.frames.iter().any(|frame| matches!(frame.kind, Kind::Cell { .. }));
        let place = if in_cell { Place::Cell } else { Place::Text };
        self.begin_block();
        if let Some(level) = heading {
            self.out.push('h');
            self.out.push(char::from(b'0' + level));
            self.out.push_str(". ");
        }
        line::push(&mut self.out, &run, place, heading.is_some());
    }

    /// Refuses a block that only a page, a quote or a panel can hold.
    fn need_page(&self, node: Node, construct: &str) -> Result<(), Fault> {
        let container = match self.holder().kind {
            Kind::Item | Kind::List => "a list item",
            Kind::Cell { .. } => "a table cell",
            _ => return Ok(()),
        };
        let construct = format!("{construct} in {container}");
        Err(unsupported(node, &construct, "move it out"))
    }

    /// Reads a macro or begins to; answers with the node to go on with.
    fn structured_macro(&mut self, at: u32, node: Node) -> Result<u32, Fault> {
        let name = self.decoded(&node, "ac:name").unwrap_or_default();
        let body = self.tree.child(at, Element::RichTextBody);
        match (name.as_str(), body) {
            ("status", _) => {
                if let Some(title) = self.parameter(at, "title") {
                    self.run.extend(line::marked("*", title));
                }
            }
            ("anchor", _) => {
                let name = parameter_value(&self.parameter(at, "").unwrap_or_default());
                self.run.push(Piece::Raw(format!("{{anchor:{name}}}")));
            }
            ("code" | "noformat", None) => {
                let body = self.tree.child(at, Element::PlainTextBody);
                let text = body.map(|(place, _)| self.tree.words(place)).unwrap_or_default();
                let mut parameters = Vec::new();
                if let Some(title) = self.parameter(at, "title") {
                    parameters.push(format!("title={}", parameter_value(&title)));
                }
                parameters.extend(self.parameter(at, "language").map(|it| parameter_value(&it)));
                self.code(node, &parameters.join("|"), &text)?;
            }
            (name, Some((place, body))) => {
                let colour = PANELS.iter().find(|(_, known)| *known == name);
                if colour.is_none() && !matches!(name, "panel" | "expand") {
                    return Err(unsupported_macro(node, name));
                }
                let mut parameters = Vec::new();
                if let Some(title) = self.parameter(at, "title") {
                    parameters.push(format!("title={}", parameter_value(&title)));
                }
                parameters.extend(colour.map(|(colour, _)| format!("bgColor={colour}")));
                let tag = match parameters.join("|").as_str() {
                    "" => "{panel}".to_owned(),
                    parameters => format!("{{panel:{parameters}}}"),
                };
                self.container(Kind::Panel, node, body.next, &tag, "a panel")?;
                return Ok(place + 1);
            }
            (name, None) => return Err(unsupported_macro(node, name)),
        }
        Ok(node.next)
    }

    /// Code without a language or title is not coloured in `noformat`.
    fn code(&mut self, node: Node, parameters: &str, text: &str) -> Result<(), Fault> {
        if matches!(self.holder().kind, Kind::Cell { .. }) {
            let advice = "write `code` in the line";
            return Err(unsupported(node, "a code block in a table cell", advice));
        }
        let name =
            if parameters.is_empty() && !text.contains("{noformat}") { "noformat" } else { "code" };
        if text.contains(&format!("{{{name}}}")) {
            let construct = format!("code that holds `{{{name}}}`");
            return Err(unsupported(node, &construct, "change that text"));
        }
        self.end_line();
        self.begin_block();
        self.out.push('{');
        self.out.push_str(name);
        if !parameters.is_empty() {
            self.out.push(':');
            self.out.push_str(parameters);
        }
        for part in ["}\n", text, "\n{", name, "}"] {
            self.out.push_str(part);
        }
        Ok(())
    }

    pub(super) fn decoded(&self, node: &Node, name: &str) -> Option<String> {
        self.tree.attribute_text(node, name).map(entity::decoded)
    }

    fn parameter(&self, at: u32, wanted: &str) -> Option<String> {
        let (place, _) = self.tree.children(at).find(|(_, child)| {
            child.element == Element::Parameter
                && self.tree.attribute_text(child, "ac:name").unwrap_or_default() == wanted
        })?;
        Some(self.tree.words(place)).filter(|value| !value.is_empty())
    }

    /// Begins a mark that ends with `node`, unless what it stands in has it.
    pub(super) fn open_mark(&mut self, delimiter: &'static str, node: Node) {
        let is_open =
            |(_, close): &(u32, Piece)| matches!(close, Piece::Close(open) if *open == delimiter);
        if self.marks.iter().any(is_open) {
            return;
        }
        self.run.push(Piece::Open(delimiter));
        self.marks.push((node.next, Piece::Close(delimiter)));
    }
}

/// The value of a parameter: what would end it is written as a reference.
fn parameter_value(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '|' => out.push_str("&#124;"),
            '{' => out.push_str("&#123;"),
            '}' => out.push_str("&#125;"),
            '=' => out.push_str("&#61;"),
            '&' => out.push_str("&amp;"),
            '\n' | '\r' => out.push(' '),
            _ => out.push(character),
        }
    }
    out
}

fn unsupported_macro(node: Node, name: &str) -> Fault {
    unsupported(
        node,
        &format!("the macro `{name}`"),
        "Jira has none of that name: write what it shows",
    )
}

pub(super) fn unsupported(node: Node, construct: &str, advice: &'static str) -> Fault {
    Fault { at: node.start as usize, construct: construct.to_owned(), advice }
}
