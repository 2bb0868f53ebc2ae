//! Blocks: what Markdown says in order, with a stack of the elements that are open.

use std::{borrow::Cow, ops::Range};

use pulldown_cmark::{Alignment, CodeBlockKind, Event, Options, Parser, Tag as Begin, TagEnd};

use super::{
    Flavour, Originals, Traced, WriteError, inline::Node, macros, token::Source,
    xml::push_character_data,
};
use crate::render::MAX_DEPTH;

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    Blocks,
    /// The content of one block.
    Inline,
}

/// What an open element is to those that come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Quote,
    Macro,
    /// A list of Markdown, which may be several on a page.
    List {
        next: Option<u64>,
    },
    /// One of those, with items of one kind.
    Items(ItemKind),
    Item(ItemKind),
    Heading,
    Table,
    Row,
    Cell,

    TableTag,
    RowTag,
    CellTag,
    ListTag,
    ItemTag,
    QuoteTag,
    HeadingTag,

    Layout,
    Section,
    LayoutCell,
    Declarations,
    TemplateList,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ItemKind {
    Bullet,
    Number,
    Task,
    Decision,
}

impl Kind {
    /// Begun by a tag, and therefore at an end where the container around it ends.
    pub(super) fn is_tag(self) -> bool {
        matches!(
            self,
            Self::TableTag
                | Self::RowTag
                | Self::CellTag
                | Self::ListTag
                | Self::ItemTag
                | Self::QuoteTag
                | Self::HeadingTag
        )
    }

    /// A view indents what is in it.
    fn is_indented(self) -> bool {
        matches!(self, Self::Quote | Self::Macro | Self::Item(_) | Self::ItemTag | Self::QuoteTag)
    }

    /// Ends where something begins that does not belong in it.
    pub(super) fn is_lasting(self) -> bool {
        matches!(self, Self::Layout | Self::Declarations | Self::TemplateList)
    }
}

#[derive(Debug)]
pub(super) struct Frame {
    pub(super) kind: Kind,
    pub(super) close: Cow<'static, str>,
    /// Where it begins in the output.
    pub(super) start: usize,
    /// Where its content begins in the output.
    pub(super) content: usize,
    /// Where it begins in the Markdown.
    pub(super) at: usize,
}

/// How many characters of a row an error shows.
const LONGEST_SHOWN: usize = 60;

/// Whether `rest`, the end of a row after its last cell that has a column, says something: readers of
/// GitHub's tables leave out the cells that no column holds.
pub(crate) fn is_left_out(rest: &str) -> bool {
    rest.contains(|character: char| character != '|' && !character.is_whitespace())
}

pub(super) type Events<'s> = Vec<(Event<'s>, Range<usize>)>;

pub(super) struct Writer<'s, 'o> {
    pub(super) source: &'s Source<'s>,
    pub(super) flavour: Flavour,
    pub(super) originals: &'o mut Originals,
    pub(super) extent: Extent,
    pub(super) out: String,
    origins: Vec<(usize, usize)>,
    pub(super) frames: Vec<Frame>,
    /// The parts of the line that is being read.
    pub(super) run: Vec<Node<'s>>,
    /// Where they begin in the Markdown.
    pub(super) run_at: usize,
    /// Where the last part ended.
    pub(super) run_end: usize,
    /// What stands before this has been written.
    pub(super) done: usize,
    /// The text of a code block, or of a block of HTML.
    pub(super) verbatim: Option<String>,
    /// Of the columns of the table.
    pub(super) alignments: Vec<Alignment>,
    pub(super) column: usize,
    /// Where the last cell ended in the Markdown.
    cell_end: usize,
    /// Lists and quotes around.
    depth: u32,
    pub(super) header: bool,
}

impl<'s, 'o> Writer<'s, 'o> {
    pub(super) fn new(
        source: &'s Source<'s>,
        extent: Extent,
        flavour: Flavour,
        originals: &'o mut Originals,
    ) -> Self {
        Self {
            source,
            flavour,
            originals,
            extent,
            out: String::with_capacity(source.len() * 2),
            origins: Vec::new(),
            frames: Vec::new(),
            run: Vec::new(),
            run_at: 0,
            run_end: 0,
            done: 0,
            verbatim: None,
            alignments: Vec::new(),
            column: 0,
            cell_end: 0,
            depth: 0,
            header: false,
        }
    }

    pub(super) fn write(mut self) -> Result<Traced, WriteError> {
        let options =
            Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
        let parser = Parser::new_ext(self.source.readable(), options);
        let events: Events<'s> = parser.into_offset_iter().collect();
        if self.extent == Extent::Inline {
            self.done = super::LEAD.len();
        }
        for (at, (event, range)) in events.iter().enumerate() {
            self.event(&events, at, event, range)?;
        }
        self.flush()?;
        self.close_to(0)?;
        Ok(Traced { storage: self.out, origins: self.origins })
    }

    fn event(
        &mut self,
        events: &Events<'s>,
        at: usize,
        event: &Event<'s>,
        range: &Range<usize>,
    ) -> Result<(), WriteError> {
        match event {
            Event::Start(tag) if is_inline(tag) => self.start_inline(tag, range),
            Event::End(
                TagEnd::Strong
                | TagEnd::Emphasis
                | TagEnd::Strikethrough
                | TagEnd::Link
                | TagEnd::Image,
            ) => {
                self.end_inline(event, range);
                Ok(())
            }
            Event::Start(tag) => self.start_block(events, at, tag, range),
            Event::End(tag) => self.end_block(*tag, range),
            Event::Text(text) if self.verbatim.is_some() => {
                self.verbatim(text, range);
                Ok(())
            }
            Event::Html(text) => {
                self.verbatim(text, range);
                Ok(())
            }
            Event::Rule => {
                self.begin_block(range.start)?;
                self.out.push_str("<hr />");
                Ok(())
            }
            Event::TaskListMarker(_) => Ok(()),
            _ if range.end <= self.done => Ok(()),
            _ => self.phrase(event, range),
        }
    }

    fn verbatim(&mut self, text: &str, range: &Range<usize>) {
        if let Some(verbatim) = &mut self.verbatim {
            verbatim.push_str(&self.source.restored(text, range.clone()));
        }
    }

    fn start_block(
        &mut self,
        events: &Events<'s>,
        at: usize,
        tag: &Begin<'s>,
        range: &Range<usize>,
    ) -> Result<(), WriteError> {
        match tag {
            Begin::Paragraph => return self.flush(),
            // What it is made of says what it belongs in.
            Begin::HtmlBlock => {
                self.verbatim = Some(String::new());
                return self.flush();
            }
            _ => {}
        }
        self.begin_block(range.start)?;
        let start = range.start;
        match tag {
            Begin::Heading { level, .. } => {
                let name = format!("h{}", *level as u8);
                self.open_element(Kind::Heading, &name, start);
            }
            Begin::BlockQuote(_) => {
                self.refuse_depth(start)?;
                self.quote(start)?;
            }
            Begin::List(first) => self.open(Kind::List { next: *first }, "", "", start),
            Begin::Item => {
                self.refuse_depth(start)?;
                self.item(events, at, start)?;
            }
            Begin::CodeBlock(_) => self.verbatim = Some(String::new()),
            Begin::Table(alignments) => {
                self.alignments.clone_from(alignments);
                self.open(Kind::Table, "<table><tbody>", "</tbody></table>", start);
            }
            Begin::TableHead | Begin::TableRow => {
                self.header = matches!(tag, Begin::TableHead);
                self.column = 0;
                self.open(Kind::Row, "<tr>", "</tr>", start);
            }
            Begin::TableCell => {
                let (open, close) = if self.header { ("<th>", "</th>") } else { ("<td>", "</td>") };
                self.open(Kind::Cell, open, close, start);
            }
            _ => {}
        }
        if let Begin::CodeBlock(kind) = tag {
            self.run_at = start;
            self.header = matches!(kind, CodeBlockKind::Fenced(_));
        }
        Ok(())
    }

    fn end_block(&mut self, tag: TagEnd, range: &Range<usize>) -> Result<(), WriteError> {
        match tag {
            TagEnd::Paragraph => self.flush(),
            TagEnd::CodeBlock => {
                let body = self.verbatim.take().unwrap_or_default();
                self.code_block(&body, range);
                Ok(())
            }
            TagEnd::HtmlBlock => {
                let html = self.verbatim.take().unwrap_or_default();
                self.html_block(&html, range.start)
            }
            TagEnd::TableCell => {
                self.end_container(|kind| kind == Kind::Cell)?;
                self.column += 1;
                self.cell_end = range.end;
                Ok(())
            }
            TagEnd::BlockQuote(_) => {
                self.end_container(|kind| matches!(kind, Kind::Quote | Kind::Macro))
            }
            TagEnd::List(_) => self.end_container(|kind| matches!(kind, Kind::List { .. })),
            TagEnd::Item => self.end_container(|kind| matches!(kind, Kind::Item(_))),
            TagEnd::Heading(_) => self.end_container(|kind| kind == Kind::Heading),
            TagEnd::Table => self.end_container(|kind| kind == Kind::Table),
            TagEnd::TableHead | TagEnd::TableRow => {
                self.refuse_long_row(range)?;
                self.end_container(|kind| kind == Kind::Row)
            }
            _ => Ok(()),
        }
    }

    fn refuse_long_row(&self, row: &Range<usize>) -> Result<(), WriteError> {
        if !is_left_out(self.source.original(self.cell_end.min(row.end)..row.end)) {
            return Ok(());
        }
        let text = self.source.original(row.clone()).trim();
        Err(WriteError::RowTooLong {
            line: self.source.line(row.start),
            row: text.chars().take(LONGEST_SHOWN).collect(),
            columns: self.column,
        })
    }

    fn end_container(&mut self, is_it: impl Fn(Kind) -> bool) -> Result<(), WriteError> {
        self.flush()?;
        match self.frames.iter().rposition(|frame| is_it(frame.kind)) {
            Some(depth) => self.close_to(depth),
            None => Ok(()),
        }
    }

    pub(super) fn open(&mut self, kind: Kind, open: &str, close: &'static str, at: usize) {
        let start = self.out.len();
        self.out.push_str(open);
        self.push_frame(kind, close.into(), start, at);
    }

    /// Says that what has just been written begins an element.
    fn push_frame(&mut self, kind: Kind, close: Cow<'static, str>, start: usize, at: usize) {
        self.depth += u32::from(kind.is_indented());
        self.frames.push(Frame { kind, close, start, content: self.out.len(), at });
    }

    /// Lists and quotes nest on a page as deep as a view can show.
    pub(super) fn refuse_depth(&self, at: usize) -> Result<(), WriteError> {
        if self.depth < u32::from(MAX_DEPTH) {
            return Ok(());
        }
        Err(WriteError::TooDeep { line: self.source.line(at) })
    }

    pub(super) fn open_element(&mut self, kind: Kind, name: &str, at: usize) {
        let start = self.out.len();
        self.out.push('<');
        self.out.push_str(name);
        self.out.push('>');
        self.push_frame(kind, format!("</{name}>").into(), start, at);
    }

    pub(super) fn top(&self) -> Option<Kind> {
        self.frames.last().map(|frame| frame.kind)
    }

    /// Ends the elements from the innermost out until `depth` are left.
    pub(super) fn close_to(&mut self, depth: usize) -> Result<(), WriteError> {
        while self.frames.len() > depth {
            self.flush()?;
            let Some(frame) = self.frames.pop() else { break };
            self.depth -= u32::from(frame.kind.is_indented());
            if frame.kind == Kind::Section {
                let advice = "end the section with <!-- /section --> in the same place";
                return Err(self.misplaced("<!-- section -->", frame.at, advice));
            }
            let holds_paragraphs = matches!(
                frame.kind,
                Kind::Cell
                    | Kind::CellTag
                    | Kind::Item(ItemKind::Bullet | ItemKind::Number)
                    | Kind::ItemTag
            );
            // A table without rows, a row without cells and a list without items show nothing.
            let holds_parts = matches!(frame.kind, Kind::TableTag | Kind::RowTag | Kind::ListTag);
            if holds_parts && self.out.len() == frame.content {
                self.out.truncate(frame.start);
                continue;
            }
            if holds_paragraphs && self.out.len() == frame.content {
                self.out.push_str("<p />");
            }
            self.out.push_str(&frame.close);
        }
        Ok(())
    }

    pub(super) fn misplaced(&self, token: &str, at: usize, advice: &'static str) -> WriteError {
        WriteError::TokenMisplaced { line: self.source.line(at), token: token.to_owned(), advice }
    }

    /// Ends the section that is innermost; more may follow in the same layout.
    pub(super) fn end_section(&mut self) {
        if let Some(frame) = self.frames.pop_if(|frame| frame.kind == Kind::Section) {
            self.out.push_str(&frame.close);
        }
    }

    /// Makes room for a block: writes the line before it, ends what it does not belong in, begins the
    /// cell or item that it lacks.
    pub(super) fn begin_block(&mut self, at: usize) -> Result<(), WriteError> {
        self.flush()?;
        self.make_room(at)
    }

    pub(super) fn make_room(&mut self, at: usize) -> Result<(), WriteError> {
        if self.extent == Extent::Inline {
            return Err(WriteError::NotInline { line: self.source.line(at) });
        }
        loop {
            match self.top() {
                Some(kind) if kind.is_lasting() => self.close_to(self.frames.len() - 1)?,
                Some(Kind::TableTag) => self.open(Kind::RowTag, "<tr>", "</tr>", at),
                Some(Kind::RowTag) => self.open(Kind::CellTag, "<td>", "</td>", at),
                Some(Kind::ListTag) => {
                    self.refuse_depth(at)?;
                    self.open(Kind::ItemTag, "<li>", "</li>", at);
                }
                Some(Kind::Section) => {
                    let advice = "begin a cell with <!-- cell --> before it";
                    let text = self.source.original(at..self.source.len());
                    let token: String =
                        text.lines().next().unwrap_or_default().chars().take(40).collect();
                    return Err(self.misplaced(&token, at, advice));
                }
                _ => break,
            }
        }
        self.origins.push((self.out.len(), at));
        Ok(())
    }

    fn quote(&mut self, start: usize) -> Result<(), WriteError> {
        let text = self.source.original(start..self.source.len());
        let inside = text.strip_prefix('>').unwrap_or(text);
        let content = start + (text.len() - inside.trim_start_matches(' ').len());
        let Some((head, range)) = self.source.head(content) else {
            self.open_element(Kind::Quote, "blockquote", start);
            return Ok(());
        };
        self.done = range.end;
        let shown = self.source.original(range);
        let begin = self.out.len();
        let close = match self.originals.take_around(shown) {
            Some((open, close)) => {
                self.out.push_str(&open);
                Cow::Owned(close)
            }
            None => {
                let name = macros::name_of_title(head.name);
                match name.strip_prefix("adf-") {
                    Some(kind) => {
                        self.need_cloud(shown, start)?;
                        self.out.push_str("<ac:adf-extension>");
                        macros::push_adf_start(&mut self.out, kind, &head.attributes());
                        self.out.push_str("<ac:adf-content>");
                        Cow::Borrowed("</ac:adf-content></ac:adf-node></ac:adf-extension>")
                    }
                    None => {
                        let (open, close) = macros::rich_macro(&name, &head.attributes());
                        self.out.push_str(&open);
                        Cow::Borrowed(close)
                    }
                }
            }
        };
        self.push_frame(Kind::Macro, close, begin, start);
        Ok(())
    }

    pub(super) fn need_cloud(&self, token: &str, at: usize) -> Result<(), WriteError> {
        if self.flavour == Flavour::Cloud {
            return Ok(());
        }
        Err(WriteError::NeedsCloud { line: self.source.line(at), token: token.to_owned() })
    }

    fn code_block(&mut self, text: &str, range: &Range<usize>) {
        let block = self.source.original(range.clone());
        let information = if self.header {
            let line = block.lines().next().unwrap_or_default();
            line.trim_start_matches(['`', '~']).trim()
        } else {
            ""
        };
        let body = code_body(text);
        if let Some((open, close)) = self.originals.take_around(information) {
            self.out.push_str(&open);
            push_character_data(&mut self.out, &body);
            self.out.push_str(&close);
        } else {
            macros::push_fence(&mut self.out, information, &body);
        }
    }
}

fn is_inline(tag: &Begin<'_>) -> bool {
    matches!(
        tag,
        Begin::Strong
            | Begin::Emphasis
            | Begin::Strikethrough
            | Begin::Link { .. }
            | Begin::Image { .. }
    )
}

/// The text of a fence without the newline that ends its last line, unless that line is empty.
fn code_body(text: &str) -> String {
    let text = text.replace('\r', "");
    match text.strip_suffix('\n') {
        Some(body) if !body.is_empty() && !body.ends_with('\n') => body.to_owned(),
        _ => text,
    }
}

/// The length of the element of that name at the start of `text`, if it ends soon.
pub(super) fn whole_element(text: &str, name: &str) -> Option<usize> {
    let text = text.get(..text.floor_char_boundary(4096))?;
    text.strip_prefix('<')?.strip_prefix(name)?;
    let end = format!("</{name}>");
    text.find(&end).map(|at| at + end.len())
}
