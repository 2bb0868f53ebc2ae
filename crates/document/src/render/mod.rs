//! Tree to Markdown in one pass, pieces and blocks on the way.
//!
//! The arena stands in document order, so that rendering is a walk over it with a stack of the
//! elements that have something to say when they end ([`Frame`]); the rest costs nothing. What is
//! written goes through three lazy gates, which is what keeps the output tidy without a second
//! look: blank lines ([`mod@line`]), white space between words ([`mod@line`]) and marks ([`mod@mark`]) are
//! written just before the next word, and not at all when no word comes.

mod block;
mod line;
mod link;
mod macros;
mod mark;
mod table;
mod text;

use std::ops::Range;

pub(crate) use macros::HIDDEN_PARAMETERS;

use crate::{
    Block, BlockKind, Piece, View, ViewOptions, Warning,
    element::Element,
    scan::{MAX_WARNINGS, Node, Tree, offset},
};
use block::List;
use line::{Gap, Last, Opening, Pending};
use link::Target;
pub(crate) use link::push_resource;
pub(crate) use macros::EMOTICONS;
use mark::{Closed, Mark, MarkKind};
use table::Table;

/// How deep lists and quotes are indented. What is nested deeper is shown at this depth, as each
/// level costs bytes on each line.
pub(crate) const MAX_DEPTH: u8 = 32;

const NO_BLOCK: u32 = u32::MAX;

pub(crate) fn render(tree: &Tree<'_>, options: ViewOptions) -> View {
    let mut renderer = Renderer::new(tree, options);
    renderer.walk();
    View {
        markdown: renderer.out,
        pieces: renderer.pieces,
        blocks: renderer.blocks,
        warnings: renderer.warnings,
    }
}

/// How text is written where the walk stands; each element changes it for what it contains.
#[derive(Clone, Copy, Debug, Default)]
struct Context {
    /// What the next word must write before itself when it is the first of its line.
    opening: Opening,
    syntax: Syntax,
    code: Code,
    place: Place,
    /// In a heading or in a cell on one line: a new block is a `<br>`.
    single_line: bool,
    /// In the label of a link.
    label: bool,
    depth: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Syntax {
    #[default]
    Markdown,
    /// Markdown in a row of pipes.
    Row,
    /// In a cell of an HTML table: entities and tags instead of backslashes and asterisks.
    Html,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Code {
    #[default]
    No,
    /// In a code span that is written with tags, as it holds markup.
    Tagged,
    /// In a code span that is written with backticks, where Markdown reads no escapes.
    Literal,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Flow,
    /// In a list item, whose first nested list needs no blank line.
    Item,
    /// In a `p`, where what could be a block is part of the text.
    Paragraph,
}

/// An element that has been entered and does something when it ends.
#[derive(Clone, Copy, Debug)]
struct Frame {
    node: u32,
    /// The first node that is not shown as part of it.
    end: u32,
    /// The node to go on with.
    next: u32,
    close: Close,
    kind: Option<BlockKind>,
    /// Its place among the blocks, once something of it has been written.
    block: u32,
    outer: Context,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Close {
    Nothing,
    Block,
    Mark,
    Heading,
    List { indent: usize },
    Item { prefix: usize, content: usize },
    Quote { prefix: usize, content: usize },
    LayoutSection,
    Table,
    Row,
    Cell,
}

struct Renderer<'t> {
    tree: &'t Tree<'t>,
    source: &'t str,
    options: ViewOptions,
    out: String,
    pieces: Vec<Piece>,
    blocks: Vec<Block>,
    warnings: Vec<Warning>,
    context: Context,

    frames: Vec<Frame>,
    /// Frames below this have written something and, if they are blocks, have their block.
    started: usize,

    /// What each line of the containers around starts with.
    prefix: String,
    gap: Gap,
    last: Last,
    line_open: bool,
    /// Where the line begins on which a word could be taken for a marker.
    line_start: usize,
    /// Where a token begins to hold text: a block that begins here needs no separator.
    token_start: usize,
    pending: Vec<Pending>,

    marks: Vec<Mark>,
    /// Marks below this are open in the output.
    opened: usize,
    /// The marks whose ends, from the inner to the outer, are the last thing written.
    closed: Vec<Closed>,
    /// Where the link leads whose label is being written; links do not nest.
    target: Option<Target>,

    lists: Vec<List>,
    tables: Vec<Table>,
    /// The fallback of an ADF extension that is shown because nothing else can be.
    shown_fallback: Option<u32>,
}

impl<'t> Renderer<'t> {
    fn new(tree: &'t Tree<'t>, options: ViewOptions) -> Self {
        Self {
            tree,
            source: tree.source,
            options,
            out: String::with_capacity(tree.source.len() / 2 + 64),
            pieces: Vec::with_capacity(tree.nodes.len()),
            blocks: Vec::with_capacity(tree.nodes.len() / 4),
            warnings: tree.warnings.clone(),
            context: Context::default(),
            frames: Vec::with_capacity(32),
            started: 0,
            prefix: String::with_capacity(64),
            gap: Gap::None,
            last: Last::Nothing,
            line_open: false,
            line_start: 0,
            token_start: usize::MAX,
            pending: Vec::with_capacity(8),
            marks: Vec::with_capacity(8),
            opened: 0,
            closed: Vec::with_capacity(4),
            target: None,
            lists: Vec::new(),
            tables: Vec::new(),
            shown_fallback: None,
        }
    }

    fn walk(&mut self) {
        let mut at = 0;
        loop {
            while let Some(frame) = self.frames.last()
                && at >= frame.end
            {
                let frame = *frame;
                self.leave(frame);
                at = frame.next;
            }
            let Some(&node) = self.tree.nodes.get(at as usize) else { break };
            at = self.enter(at, node);
        }
        self.finish_line();
    }

    /// Shows the node at `at` or begins to; answers with the node to go on with.
    fn enter(&mut self, at: u32, node: Node) -> u32 {
        match node.element {
            Element::Text => self.text(node.inner(), true),
            Element::CharacterData => self.text(node.inner(), false),
            Element::Break => self.line_break(node),
            Element::Strong => return self.mark(at, node, MarkKind::Strong),
            Element::Emphasis => return self.mark(at, node, MarkKind::Emphasis),
            Element::Strike => return self.mark(at, node, MarkKind::Strike),
            Element::Underline => return self.mark(at, node, MarkKind::Underline),
            Element::Subscript => return self.mark(at, node, MarkKind::Subscript),
            Element::Superscript => return self.mark(at, node, MarkKind::Superscript),
            Element::Placeholder => return self.mark(at, node, MarkKind::Placeholder),
            Element::CommentMarker if self.options.comments => {
                return self.mark(at, node, MarkKind::Comment);
            }
            Element::Transparent | Element::CommentMarker => return at + 1,
            Element::Code => return self.code_span(at, node),
            Element::Anchor => return self.anchor(at, node),
            Element::Link => return self.link(at, node),
            Element::Image => return self.image(at, node),
            Element::HtmlImage => self.html_image(node),
            Element::Time => self.time(node),
            Element::Emoticon => self.emoticon(node),
            Element::Template => return self.template(at, node),
            Element::Macro => return self.structured_macro(at, node),
            Element::AdfExtension => {
                self.shown_fallback = self.tree.shown_fallback(at);
                return at + 1;
            }
            Element::AdfNode => return self.adf_node(at, node),
            Element::AdfFallback if self.shown_fallback != Some(at) => {}
            Element::Task => return self.task(at, node),
            element if element.is_detail() => {}
            element if self.context.single_line && element.is_block() => {
                return self.block(at, node, None);
            }
            _ => return self.enter_block(at, node),
        }
        node.next
    }

    fn enter_block(&mut self, at: u32, node: Node) -> u32 {
        match node.element {
            Element::Paragraph => {
                let next = self.block(at, node, Some(BlockKind::Paragraph));
                self.context.place = Place::Paragraph;
                next
            }
            Element::Heading(level) => self.heading(at, node, level),
            Element::BulletList | Element::OrderedList | Element::TaskList => self.list(at, node),
            Element::ListItem => self.item(at, node),
            Element::Quote => self.quote(at, node),
            Element::Rule => {
                self.rule(node);
                node.next
            }
            Element::Preformatted => {
                self.preformatted(at, node);
                node.next
            }
            Element::Table => self.table(at, node),
            Element::Row => self.row(at, node),
            Element::HeaderCell | Element::DataCell => self.cell(at, node),
            Element::TableSection => at + 1,
            Element::LayoutSection => self.layout_section(at, node),
            Element::LayoutCell => self.layout_cell(at, node),
            _ => self.block(at, node, None),
        }
    }

    /// A block without a look of its own.
    fn block(&mut self, at: u32, node: Node, kind: Option<BlockKind>) -> u32 {
        self.end_line();
        self.push_frame(at, node.next, node.next, Close::Block, kind);
        at + 1
    }

    /// Where to go on after an element that has been shown up to `done`: behind it, unless it holds
    /// more than it should, as one does whose end tag was lost.
    fn after(&self, at: u32, node: Node, done: u32) -> u32 {
        let more = self.tree.children(at).any(|(place, child)| {
            let expected = match child.element {
                Element::Text => self.tree.is_blank(&child),
                element => element.is_detail(),
            };
            place >= done && !expected
        });
        if more { done } else { node.next }
    }

    fn push_frame(
        &mut self,
        node: u32,
        end: u32,
        next: u32,
        close: Close,
        kind: Option<BlockKind>,
    ) {
        let outer = self.context;
        self.frames.push(Frame { node, end, next, close, kind, block: NO_BLOCK, outer });
    }

    fn leave(&mut self, frame: Frame) {
        match frame.close {
            Close::Nothing => {}
            Close::Block => self.end_line(),
            Close::Mark => self.leave_mark(),
            Close::Heading => self.leave_heading(),
            Close::List { indent } => self.leave_list(indent),
            Close::Item { prefix, content } => self.leave_item(prefix, content),
            Close::Quote { prefix, content } => self.leave_quote(prefix, content),
            Close::LayoutSection => self.comment_line("/section", ""),
            Close::Table => self.leave_table(),
            Close::Row => self.leave_row(),
            Close::Cell => self.leave_cell(),
        }
        self.context = frame.outer;
        self.end_block();
        self.frames.pop();
        self.started = self.started.min(self.frames.len());
    }

    /// Says for each element around that what is written next belongs to it.
    fn start_blocks(&mut self) {
        let view = offset(self.out.len());
        for index in self.started..self.frames.len() {
            let Some(Frame { node, kind: Some(kind), .. }) = self.frames.get(index).copied() else {
                continue;
            };
            let place = offset(self.blocks.len());
            self.push_block(kind, node, view..view);
            if let Some(frame) = self.frames.get_mut(index) {
                frame.block = place;
            }
        }
        self.started = self.frames.len();
    }

    /// Ends the block of the innermost frame, if it has become one.
    fn end_block(&mut self) {
        let Some(frame) = self.frames.last_mut() else { return };
        let block = std::mem::replace(&mut frame.block, NO_BLOCK);
        if let Some(block) = self.blocks.get_mut(block as usize) {
            block.view.end = offset(self.out.len());
        }
    }

    fn push_block(&mut self, kind: BlockKind, place: u32, view: Range<u32>) {
        let Some(node) = self.tree.nodes.get(place as usize) else { return };
        self.blocks.push(Block { kind, view, source: node.start..node.end });
    }

    /// Whether an element that can stand in a text or on its own stands on its own here.
    fn stands_alone(&self) -> bool {
        !self.context.single_line
            && self.context.place != Place::Paragraph
            && !self.line_open
            && self.marks.is_empty()
    }

    fn warn(&mut self, code: &'static str, node: Node, message: &str) {
        let said = self.warnings.iter().any(|warning| warning.code == code);
        if !said && self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(Warning { code, at: node.start, message: message.to_owned() });
        }
    }
}
