//! Headings, lists, tasks, quotes, code, layouts.

use super::{
    Close, Gap, Last, MAX_DEPTH, Opening, Place, Renderer, macros::push_name, mark::ticks_around,
};
use crate::{
    BlockKind,
    element::Element,
    entity,
    scan::{Node, Tree, offset},
};

/// As wide as the widest marker, `999999999. `.
const INDENT: &str = "           ";

/// How much of an element is looked at for a word; lists in lists are looked at again.
const LOOK_AHEAD: usize = 64;

#[derive(Clone, Copy, Debug)]
pub(super) struct List {
    ordered: bool,
    /// Another marker than that of the list just before, which Markdown would go on with.
    alternate: bool,
    number: u32,
    items: u32,
}

impl Renderer<'_> {
    pub(super) fn heading(&mut self, at: u32, node: Node, level: u8) -> u32 {
        self.end_line();
        self.push_frame(at, node.next, node.next, Close::Heading, Some(BlockKind::Heading(level)));
        self.context.opening = Opening::Heading(level);
        self.context.single_line = true;
        at + 1
    }

    pub(super) fn leave_heading(&mut self) {
        if self.finish_line() {
            self.gap = Gap::Blank;
            self.last = Last::Other;
        }
    }

    pub(super) fn list(&mut self, at: u32, node: Node) -> u32 {
        if self.context.single_line {
            return self.block(at, node, None);
        }
        self.end_line();
        let ordered = node.element == Element::OrderedList;
        let start = self
            .tree
            .attribute_text(&node, "start")
            .filter(|_| ordered)
            .and_then(|start| start.parse().ok())
            .filter(|start| *start < 1_000_000_000)
            .unwrap_or(1);
        let alternate = self.gap == Gap::Blank
            && matches!(self.last, Last::List { ordered: last, alternate: false } if last == ordered);
        if self.context.place == Place::Item
            && self.gap == Gap::Blank
            && self.last == Last::Paragraph
            && (!ordered || start == 1)
            && self.first_item_shows(at)
        {
            self.gap = Gap::Line;
        }
        let indent = self.indent_list_in_list();
        self.push_frame(at, node.next, node.next, Close::List { indent }, None);
        self.lists.push(List { ordered, alternate, number: start, items: 0 });
        at + 1
    }

    /// Whether the first item of a list holds anything: an empty one does not end the paragraph
    /// before it, and a hyphen alone would make a heading of that.
    fn first_item_shows(&self, list: u32) -> bool {
        let item = self.tree.children(list).find(|(_, child)| child.element != Element::Text);
        item.is_some_and(|(item, _)| shows_something(self.tree, item))
    }

    /// A list right inside a list belongs to the item before it, although it does not say so.
    fn indent_list_in_list(&mut self) -> usize {
        let inside = self.in_list();
        let follows = self.lists.last().is_some_and(|list| list.items > 0);
        if !inside || !follows || self.context.depth >= MAX_DEPTH {
            return 0;
        }
        self.prefix.push_str("  ");
        2
    }

    fn in_list(&self) -> bool {
        self.frames.last().is_some_and(|frame| matches!(frame.close, Close::List { .. }))
    }

    pub(super) fn leave_list(&mut self, indent: usize) {
        self.end_line();
        self.prefix.truncate(self.prefix.len() - indent);
        if let Some(List { ordered, alternate, items, .. }) = self.lists.pop()
            && items > 0
        {
            self.gap = Gap::Blank;
            self.last = Last::List { ordered, alternate };
        }
    }

    pub(super) fn item(&mut self, at: u32, node: Node) -> u32 {
        if self.context.single_line {
            return self.block(at, node, None);
        }
        self.begin_item(at, node, BlockKind::ListItem);
        at + 1
    }

    fn begin_item(&mut self, at: u32, node: Node, kind: BlockKind) {
        self.end_line();
        let in_list = self.in_list();
        let (marker, first) = match self.lists.last_mut().filter(|_| in_list) {
            Some(list) => (list.next_marker(), list.items == 1),
            None => (Marker::Bullet('-'), true),
        };
        if !first {
            self.gap = Gap::Line;
        }
        self.write_gap(false);
        let prefix = self.prefix.len();
        let content = self.out.len() + marker.width();
        let close = Close::Item { prefix, content };
        self.push_frame(at, node.next, node.next, close, Some(kind));
        self.start_blocks();
        marker.write(&mut self.out);
        self.enter_container(node, INDENT.get(..marker.width()).unwrap_or(INDENT));
        self.context.place = Place::Item;
    }

    /// Indents what follows by `prefix`, until the depth is reached that lines are indented to.
    fn enter_container(&mut self, node: Node, prefix: &str) {
        self.context.place = Place::Flow;
        self.context.opening = Opening::Paragraph;
        self.last = Last::Nothing;
        if self.context.depth < MAX_DEPTH {
            self.prefix.push_str(prefix);
            self.context.depth += 1;
        } else {
            self.warn("too_deep", node, "lists or quotes nest deeper than they are indented");
        }
    }

    pub(super) fn leave_item(&mut self, prefix: usize, content: usize) {
        self.leave_container(prefix, content);
        self.gap = Gap::Line;
    }

    pub(super) fn task(&mut self, at: u32, node: Node) -> u32 {
        if self.context.single_line {
            return self.block(at, node, Some(BlockKind::Task));
        }
        let status = self.tree.child(at, Element::TaskStatus);
        let complete = status
            .is_some_and(|(_, status)| self.tree.text(status.inner()).trim_ascii() == "complete");
        self.begin_item(at, node, BlockKind::Task);
        self.out.push('[');
        let view = self.out.len();
        self.out.push(if complete { 'x' } else { ' ' });
        if let Some((_, status)) = status {
            self.piece(view, status.inner());
        }
        self.out.push_str("] ");
        self.begin_beside();
        at + 1
    }

    /// Lets the first paragraph of an item go on where its marker ends, and nothing else.
    pub(super) fn begin_beside(&mut self) {
        self.gap = Gap::Checkbox;
    }

    pub(super) fn quote(&mut self, at: u32, node: Node) -> u32 {
        self.open_quote(at, node, BlockKind::Quote);
        at + 1
    }

    pub(super) fn open_quote(&mut self, at: u32, node: Node, kind: BlockKind) {
        self.end_line();
        self.write_gap(false);
        let (prefix, content) = (self.prefix.len(), self.out.len() + 2);
        self.push_frame(at, node.next, node.next, Close::Quote { prefix, content }, Some(kind));
        self.start_blocks();
        self.out.push_str("> ");
        self.enter_container(node, "> ");
    }

    pub(super) fn leave_quote(&mut self, prefix: usize, content: usize) {
        self.leave_container(prefix, content);
        self.gap = Gap::Blank;
    }

    /// Takes back the indentation, and the space after a marker that `content` did not follow.
    fn leave_container(&mut self, prefix: usize, content: usize) {
        self.finish_line();
        self.prefix.truncate(prefix);
        if self.out.len() == content {
            self.out.pop();
        }
        self.last = Last::Other;
    }

    pub(super) fn rule(&mut self, node: Node) {
        self.end_line();
        // `- ---` would be one rule, and three hyphens under a line make a heading of it.
        let hyphens = self.gap == Gap::Blank;
        self.write_gap(false);
        self.start_blocks();
        let view = self.out.len();
        self.out.push_str(if hyphens { "---" } else { "___" });
        self.leaf(BlockKind::Rule, node, view);
        self.gap = Gap::Blank;
        self.last = Last::Other;
    }

    /// Says that the output from `view` on is a block without blocks inside.
    fn leaf(&mut self, kind: BlockKind, node: Node, view: usize) {
        let view = offset(view)..offset(self.out.len());
        self.blocks.push(crate::Block { kind, view, source: node.start..node.end });
    }

    pub(super) fn preformatted(&mut self, at: u32, node: Node) {
        let ticks = ticks_around(self.tree, at, 3);
        self.start_fence(at, node, BlockKind::Code, ticks);
        for inside in self.tree.descendants(at) {
            self.fenced_text(inside);
        }
        self.end_fence(ticks);
    }

    /// Begins a fence; the caller writes what it is, and then its text with [`Self::fenced_text`].
    pub(super) fn start_fence(&mut self, at: u32, node: Node, kind: BlockKind, ticks: usize) {
        self.end_line();
        self.write_gap(false);
        self.push_frame(at, at, node.next, Close::Nothing, Some(kind));
        self.start_blocks();
        self.push_ticks(ticks);
        self.gap = Gap::Line;
    }

    /// Writes the text of one node inside a fence. A newline is due before the first line and is
    /// otherwise written when more text follows, so that the last one of a body is not doubled.
    pub(super) fn fenced_text(&mut self, inside: &Node) {
        match inside.element {
            Element::Text => self.literal(inside, true),
            Element::CharacterData => self.literal(inside, false),
            Element::Break => {
                self.fence_line();
                self.gap = Gap::Line;
            }
            _ => {}
        }
    }

    fn fence_line(&mut self) {
        if std::mem::replace(&mut self.gap, Gap::None) == Gap::Line {
            self.newline();
        }
    }

    fn literal(&mut self, inside: &Node, references: bool) {
        let source = self.source.as_bytes();
        let mut at = inside.inner_start as usize;
        let end = inside.inner_end as usize;
        while at < end {
            let rest = &source[at..end];
            let length = if references {
                memchr::memchr3(b'\n', b'\r', b'&', rest)
            } else {
                memchr::memchr2(b'\n', b'\r', rest)
            };
            let length = length.unwrap_or(rest.len());
            if length > 0 {
                self.fence_line();
                self.copy(at..at + length);
                at += length;
                continue;
            }
            match source[at] {
                b'\n' => {
                    if self.gap == Gap::Line {
                        self.blank_line();
                    }
                    self.gap = Gap::Line;
                    at += 1;
                }
                b'&' => {
                    let (character, length) = entity::decode(rest).unwrap_or(('&', 1));
                    self.fence_line();
                    let view = self.out.len();
                    self.out.push(character);
                    self.piece(view, at..at + length);
                    at += length;
                }
                _ => at += 1,
            }
        }
    }

    pub(super) fn end_fence(&mut self, ticks: usize) {
        self.newline();
        self.push_ticks(ticks);
        self.gap = Gap::Blank;
        self.last = Last::Other;
        self.end_block();
        self.frames.pop();
        self.started = self.started.min(self.frames.len());
    }

    pub(super) fn layout_section(&mut self, at: u32, node: Node) -> u32 {
        if !self.options.layouts {
            return self.block(at, node, None);
        }
        self.end_line();
        let kind = self.tree.attribute_text(&node, "ac:type").unwrap_or("default");
        self.write_gap(false);
        self.push_frame(at, node.next, node.next, Close::LayoutSection, Some(BlockKind::Other));
        self.start_blocks();
        self.comment("section", kind);
        at + 1
    }

    pub(super) fn layout_cell(&mut self, at: u32, node: Node) -> u32 {
        if self.options.layouts {
            self.comment_line("cell", "");
        }
        self.block(at, node, None)
    }

    pub(super) fn comment_line(&mut self, word: &str, detail: &str) {
        self.end_line();
        self.write_gap(false);
        self.start_blocks();
        self.comment(word, detail);
    }

    fn comment(&mut self, word: &str, detail: &str) {
        self.out.push_str("<!-- ");
        self.out.push_str(word);
        if !detail.is_empty() {
            self.out.push(' ');
            push_name(&mut self.out, detail);
        }
        self.out.push_str(" -->");
        self.gap = Gap::Blank;
        self.last = Last::Other;
    }
}

/// Whether a reader sees anything of what is inside of the element at `place`.
pub(super) fn shows_something(tree: &Tree<'_>, place: u32) -> bool {
    tree.descendants(place).iter().take(LOOK_AHEAD).any(|node| match node.element {
        Element::Text | Element::CharacterData => !tree.is_blank(node),
        element => element.says_something(),
    })
}

impl List {
    fn next_marker(&mut self) -> Marker {
        let number = self.number;
        self.items += 1;
        self.number = number.saturating_add(1);
        match (self.ordered, self.alternate) {
            (false, false) => Marker::Bullet('-'),
            (false, true) => Marker::Bullet('*'),
            (true, false) => Marker::Number(number, '.'),
            (true, true) => Marker::Number(number, ')'),
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Marker {
    Bullet(char),
    Number(u32, char),
}

impl Marker {
    fn width(self) -> usize {
        match self {
            Self::Bullet(_) => 2,
            Self::Number(number, _) => {
                number.checked_ilog10().map_or(1, |log| log as usize + 1) + 2
            }
        }
    }

    fn write(self, out: &mut String) {
        match self {
            Self::Bullet(bullet) => out.push(bullet),
            Self::Number(number, delimiter) => {
                let start = out.len();
                let mut rest = number;
                while rest > 9 {
                    out.insert(start, digit(rest % 10));
                    rest /= 10;
                }
                out.insert(start, digit(rest));
                out.push(delimiter);
            }
        }
        out.push(' ');
    }
}

fn digit(value: u32) -> char {
    char::from_digit(value, 10).unwrap_or('0')
}
