//! Markdown as a tree of blocks, read the same way before and after an edit.

use std::{
    borrow::Cow,
    hash::{DefaultHasher, Hash, Hasher},
    ops::Range,
};

use memchr::memchr2;
use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd};

use super::atom::is_too_deep;
use crate::{entity, write::is_left_out};

/// A block. Nodes stand in document order, parents first; the children of node `n` are `n + 1` and,
/// from each child, its `next`, until `next` of `n`.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    /// Bytes of the Markdown, without white space at the end.
    pub(super) range: Range<usize>,
    pub(super) next: usize,
    /// What a leaf holds, of [`Reading::events`].
    pub(super) events: Range<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Document,
    Paragraph,
    Heading(u8),
    /// With the number of its first item if it is ordered.
    List(Option<u64>),
    /// With the state of its box if it has one.
    Item(Option<bool>),
    Quote,
    /// `[!NAME key="value"]`, the first line of a quote.
    Head,
    /// Fenced code and its information.
    Fence(String),
    /// The tags of an HTML table between two of its cells.
    Tags,
    /// A cell of an HTML table that holds a line.
    HtmlCell,
    /// `<!-- … -->` on a line of its own.
    Comment,
    Rule,
    Table,
    Row,
    Cell,
}

impl Kind {
    /// Whether two blocks are the same sort of thing, whatever they hold.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

pub(super) type Inline<'m> = (Event<'m>, Range<usize>);

#[derive(Debug)]
pub(super) struct Reading<'m> {
    pub(super) text: &'m str,
    pub(super) nodes: Vec<Node>,
    pub(super) events: Vec<Inline<'m>>,
    /// Rows with text behind the last column, which is in none of the nodes.
    pub(super) long_rows: Vec<Range<usize>>,
    /// Of the nodes before each, so that a subtree's key is a difference.
    sums: Vec<u64>,
    powers: Vec<u64>,
}

/// The base of the polynomial over the nodes of a subtree; any odd number would do.
const BASE: u64 = 0x9E37_79B9_7F4A_7C15;

impl<'m> Reading<'m> {
    /// Reads `part` of `text`; `masked` is what [`mask`] made of the part.
    pub(super) fn of(text: &'m str, part: Range<usize>, masked: &'m str) -> Self {
        let options =
            Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
        let mut builder = Builder {
            text,
            masked,
            offset: part.start,
            nodes: Vec::new(),
            events: Vec::new(),
            long_rows: Vec::new(),
            open: Vec::new(),
            implicit: false,
            in_html: false,
            html: Vec::new(),
        };
        let offset = part.start;
        builder.push(Kind::Document, part);
        for (event, range) in Parser::new_ext(masked, options).into_offset_iter() {
            builder.event(event, range.start + offset..range.end + offset);
        }
        while !builder.open.is_empty() {
            builder.close();
        }
        let Builder { nodes, events, long_rows, .. } = builder;
        let (sums, powers) = (Vec::new(), Vec::new());
        let mut reading = Self { text, nodes, events, long_rows, sums, powers };
        reading.sum();
        reading
    }

    fn sum(&mut self) {
        let (mut sum, mut power) = (0_u64, 1_u64);
        self.sums.push(sum);
        self.powers.push(power);
        for node in &self.nodes {
            sum = sum.wrapping_mul(BASE).wrapping_add(self.own_hash(node));
            power = power.wrapping_mul(BASE);
            self.sums.push(sum);
            self.powers.push(power);
        }
    }

    fn own_hash(&self, node: &Node) -> u64 {
        let mut hasher = DefaultHasher::new();
        node.kind.hash(&mut hasher);
        for (event, range) in self.events.get(node.events.clone()).unwrap_or_default() {
            match event {
                Event::SoftBreak => b' '.hash(&mut hasher),
                Event::HardBreak => b'\n'.hash(&mut hasher),
                Event::End(_) => b'/'.hash(&mut hasher),
                Event::Start(_) => self.slice(range).hash(&mut hasher),
                _ => hasher.write(self.slice(range).as_bytes()),
            }
        }
        hasher.finish()
    }

    /// The same for two subtrees that say the same.
    pub(super) fn key(&self, at: usize) -> u64 {
        let Some(node) = self.nodes.get(at) else { return 0 };
        let sum = |at: usize| self.sums.get(at).copied().unwrap_or_default();
        let power = self.powers.get(node.next - at).copied().unwrap_or_default();
        sum(node.next).wrapping_sub(sum(at).wrapping_mul(power))
    }

    pub(super) fn slice(&self, range: &Range<usize>) -> &'m str {
        self.text.get(range.clone()).unwrap_or_default()
    }

    pub(super) fn leaf(&self, node: &Node) -> &[Inline<'m>] {
        self.events.get(node.events.clone()).unwrap_or_default()
    }

    /// A line in which more marks nest than are read.
    pub(super) fn too_deep(&self) -> Option<&Node> {
        self.nodes.iter().find(|node| is_too_deep(self.text, self.leaf(node)))
    }

    pub(super) fn children(&self, parent: usize) -> Vec<usize> {
        let mut children = Vec::new();
        let Some(node) = self.nodes.get(parent) else { return children };
        let mut at = parent + 1;
        while at < node.next {
            children.push(at);
            at = self.nodes.get(at).map_or(node.next, |node| node.next);
        }
        children
    }
}

struct Builder<'m> {
    text: &'m str,
    masked: &'m str,
    /// Where the part that is read begins.
    offset: usize,
    nodes: Vec<Node>,
    events: Vec<Inline<'m>>,
    long_rows: Vec<Range<usize>>,
    open: Vec<usize>,
    /// The innermost open node is the paragraph of a tight item, which has no events of its own.
    implicit: bool,
    in_html: bool,
    /// The lines of the HTML block that is being read.
    html: Vec<Range<usize>>,
}

impl<'m> Builder<'m> {
    fn event(&mut self, event: Event<'m>, range: Range<usize>) {
        match event {
            Event::Start(tag) => match block_kind(&tag) {
                Some(kind) => {
                    self.close_implicit();
                    self.push(kind, range);
                }
                None if matches!(tag, Tag::HtmlBlock) => {
                    self.close_implicit();
                    self.in_html = true;
                }
                None => self.inline(Event::Start(tag), range),
            },
            Event::End(end) => {
                use TagEnd as End;
                match end {
                    End::HtmlBlock => self.html_block(),
                    End::Emphasis
                    | End::Strong
                    | End::Strikethrough
                    | End::Link
                    | End::Image
                    | End::Superscript
                    | End::Subscript => self.inline(Event::End(end), range),
                    _ => {
                        self.close_implicit();
                        self.note_long_row(end, &range);
                        self.close();
                    }
                }
            }
            Event::Html(_) => self.html.push(range),
            // The indentation of the block.
            Event::Text(_) if self.in_html => {}
            Event::Rule => {
                self.close_implicit();
                self.push(Kind::Rule, range);
                self.close();
            }
            Event::TaskListMarker(checked) => {
                let open = self.open.iter().rev();
                let item = open.copied().find(|at| {
                    self.nodes.get(*at).is_some_and(|node| matches!(node.kind, Kind::Item(_)))
                });
                if let Some(item) = item.and_then(|item| self.nodes.get_mut(item)) {
                    item.kind = Kind::Item(Some(checked));
                }
            }
            event => self.inline(event, range),
        }
    }

    fn note_long_row(&mut self, end: TagEnd, row: &Range<usize>) {
        if !matches!(end, TagEnd::TableHead | TagEnd::TableRow) {
            return;
        }
        let last = self.nodes.last().filter(|node| node.kind == Kind::Cell);
        let rest = last.and_then(|cell| self.text.get(cell.range.end..row.end));
        if rest.is_some_and(is_left_out) {
            self.long_rows.push(row.clone());
        }
    }

    fn push(&mut self, kind: Kind, range: Range<usize>) {
        let at = self.nodes.len();
        let end = range.start + self.trimmed(&range).len();
        let events = self.events.len()..self.events.len();
        self.nodes.push(Node { kind, range: range.start..end, next: at + 1, events });
        self.open.push(at);
    }

    fn trimmed(&self, range: &Range<usize>) -> &'m str {
        let text: &'m str = self.text;
        text.get(range.clone()).unwrap_or_default().trim_end()
    }

    fn close(&mut self) {
        let Some(at) = self.open.pop() else { return };
        let (next, events) = (self.nodes.len(), self.events.len());
        if let Some(node) = self.nodes.get_mut(at) {
            node.next = next;
            node.events.end = events;
        }
        if self.nodes.get(at).is_some_and(|node| node.kind == Kind::Paragraph) {
            self.split_head(at);
        }
    }

    fn close_implicit(&mut self) {
        if std::mem::take(&mut self.implicit) {
            let end = self.events.last().map(|(_, range)| range.end);
            if let (Some(end), Some(node)) =
                (end, self.open.last().and_then(|at| self.nodes.get_mut(*at)))
            {
                node.range.end = end;
            }
            self.close();
        }
    }

    fn inline(&mut self, event: Event<'m>, range: Range<usize>) {
        let holds_blocks =
            self.open.last().and_then(|at| self.nodes.get(*at)).is_some_and(|node| {
                matches!(node.kind, Kind::Item(_) | Kind::Document | Kind::Quote)
            });
        if holds_blocks {
            let escaped = self.text.as_bytes().get(..range.start).is_some_and(|before| {
                before.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
            });
            self.push(Kind::Paragraph, range.start - usize::from(escaped)..range.end);
            self.implicit = true;
        }
        // What was masked for the parser is read as it stands.
        let within = range.start - self.offset..range.end - self.offset;
        let event = match event {
            Event::Text(shown) if self.masked.get(within) == Some(&*shown) => {
                Event::Text(CowStr::Borrowed(self.text.get(range.clone()).unwrap_or_default()))
            }
            event => event,
        };
        self.events.push((event, range));
    }

    /// Parts the first line of a quote from its first paragraph if it names a macro.
    fn split_head(&mut self, at: usize) {
        let Some(node) = self.nodes.get(at).cloned() else { return };
        let first_of_quote = at.checked_sub(1).is_some_and(|before| {
            self.open.last() == Some(&before)
                && self.nodes.get(before).is_some_and(|node| node.kind == Kind::Quote)
        });
        let text = self.trimmed(&node.range);
        let line = text.split('\n').next().unwrap_or_default().trim_end();
        if !first_of_quote || !line.starts_with("[!") || !line.ends_with(']') {
            return;
        }
        let end = node.range.start + line.len();
        let events = self.events.get(node.events.clone()).unwrap_or_default();
        let inside = events.iter().take_while(|(_, range)| range.start < end).count();
        let head_events = node.events.start..node.events.start + inside;
        let rest = (head_events.end + 1).min(node.events.end)..node.events.end;
        if let Some(head) = self.nodes.get_mut(at) {
            *head = Node {
                kind: Kind::Head,
                range: node.range.start..end,
                next: at + 1,
                events: head_events,
            };
        }
        if let Some((_, first)) = self.events.get(rest.start).filter(|_| !rest.is_empty()) {
            let escaped = self.text.as_bytes().get(first.start.wrapping_sub(1)) == Some(&b'\\');
            let start = first.start - usize::from(escaped);
            self.nodes.push(Node {
                kind: Kind::Paragraph,
                range: start..node.range.end,
                next: at + 2,
                events: rest,
            });
        }
    }

    fn html_block(&mut self) {
        self.in_html = false;
        let lines = std::mem::take(&mut self.html);
        let mut events = Vec::new();
        for line in &lines {
            html_events(self.text, line.clone(), &mut events);
        }
        while events.last().is_some_and(|(event, _)| *event == Event::SoftBreak) {
            events.pop();
        }
        let (Some(first), Some(last)) = (events.first(), events.last()) else { return };
        let range = first.1.start..last.1.end;
        let is_table = events.iter().any(|(event, _)| match event {
            Event::InlineHtml(tag) => is_table_tag(tag),
            _ => false,
        });
        let comment = matches!(&events[..], [(Event::InlineHtml(tag), _)] if tag.starts_with("<!"));
        if is_table {
            self.html_table(events);
        } else {
            self.push(if comment { Kind::Comment } else { Kind::Paragraph }, range);
            self.events.append(&mut events);
            self.close();
        }
    }

    /// Parts the tags of a table from the cells that hold a line.
    fn html_table(&mut self, events: Vec<Inline<'m>>) {
        let mut tags: Vec<Inline<'m>> = Vec::new();
        let mut rest = events.into_iter().peekable();
        while let Some((event, range)) = rest.next() {
            let opens = matches!(&event, Event::InlineHtml(tag) if is_cell_tag(tag));
            if event != Event::SoftBreak {
                tags.push((event, range.clone()));
            }
            if !opens || rest.peek().is_none() {
                continue;
            }
            self.push_leaf(Kind::Tags, std::mem::take(&mut tags));
            let mut cell = Vec::new();
            while let Some(inside) = rest
                .next_if(|(event, _)| !matches!(event, Event::InlineHtml(tag) if is_table_tag(tag)))
            {
                cell.push(inside);
            }
            let end = rest.peek().map_or(range.end, |(_, close)| close.start);
            let first = self.events.len();
            self.events.append(&mut cell);
            let node = Node {
                kind: Kind::HtmlCell,
                range: range.end..end,
                next: self.nodes.len() + 1,
                events: first..self.events.len(),
            };
            self.nodes.push(node);
        }
        self.push_leaf(Kind::Tags, tags);
    }

    fn push_leaf(&mut self, kind: Kind, mut events: Vec<Inline<'m>>) {
        let (Some(first), Some(last)) = (events.first(), events.last()) else { return };
        self.push(kind, first.1.start..last.1.end);
        self.events.append(&mut events);
        self.close();
    }
}

fn block_kind(tag: &Tag<'_>) -> Option<Kind> {
    Some(match tag {
        Tag::Paragraph => Kind::Paragraph,
        Tag::Heading { level, .. } => Kind::Heading(*level as u8),
        Tag::BlockQuote(_) => Kind::Quote,
        Tag::CodeBlock(CodeBlockKind::Fenced(info)) => Kind::Fence(info.trim().to_owned()),
        Tag::CodeBlock(CodeBlockKind::Indented) => Kind::Fence(String::new()),
        Tag::List(start) => Kind::List(*start),
        Tag::Item => Kind::Item(None),
        Tag::Table(_) => Kind::Table,
        Tag::TableHead | Tag::TableRow => Kind::Row,
        Tag::TableCell => Kind::Cell,
        _ => return None,
    })
}

/// The name of a tag, an end tag's with its slash.
pub(super) fn tag_name(tag: &str) -> &str {
    let inside = tag.trim_start_matches('<').trim_end_matches('>').trim_end_matches('/');
    inside.split([' ', '\t', '\n']).next().unwrap_or_default()
}

fn is_cell_tag(tag: &str) -> bool {
    matches!(tag_name(tag), "td" | "th")
}

fn is_table_tag(tag: &str) -> bool {
    matches!(
        tag_name(tag).trim_start_matches('/'),
        "table" | "thead" | "tbody" | "tfoot" | "tr" | "td" | "th"
    )
}

/// Reads HTML as it is written in the cells of a table: tags, references, text.
fn html_events<'m>(text: &'m str, range: Range<usize>, out: &mut Vec<Inline<'m>>) {
    let whole: &'m str = text;
    let mut at = range.start;
    let mut bracket = at;
    while at < range.end {
        if bracket <= at {
            // Searched for once, however many comments have no end.
            let after =
                memchr::memchr(b'>', whole.get(at..range.end).unwrap_or_default().as_bytes());
            bracket = after.map_or(usize::MAX, |after| at + after + 1);
        }
        let rest = whole.get(at..range.end).unwrap_or_default();
        let bytes = rest.as_bytes();
        let (event, length) = match bytes.first() {
            None => return,
            Some(b'\n') => (Event::SoftBreak, 1),
            Some(b'<') if tag_end(rest, bracket - at).is_some() => {
                let length = tag_end(rest, bracket - at).unwrap_or(1);
                (Event::InlineHtml(CowStr::Borrowed(&rest[..length])), length)
            }
            Some(b'&') if entity::decode(bytes).is_some() => {
                let (character, length) = entity::decode(bytes).unwrap_or(('&', 1));
                (Event::Text(CowStr::from(character)), length)
            }
            Some(_) => {
                let length = rest
                    .char_indices()
                    .skip(1)
                    .find(|(_, character)| matches!(character, '<' | '&' | '\n'))
                    .map_or(rest.len(), |(at, _)| at);
                (Event::Text(CowStr::Borrowed(&rest[..length])), length)
            }
        };
        out.push((event, at..at + length));
        at += length;
    }
}

/// The length of the tag or comment that `rest` begins with. The first `>` of the text ends at
/// `bracket`, if that is in it.
fn tag_end(rest: &str, bracket: usize) -> Option<usize> {
    if rest.starts_with("<!--") {
        return rest.get(..bracket).filter(|comment| comment.ends_with("-->")).map(str::len);
    }
    let first = *rest.as_bytes().get(1)?;
    if !(first.is_ascii_alphabetic() || first == b'/') {
        return None;
    }
    let mut quoted = false;
    let end = rest.bytes().skip(1).position(|byte| {
        quoted ^= byte == b'"';
        byte == b'<' || !quoted && byte == b'>'
    })?;
    // Values are written without angle brackets, so that a second `<` says that this was no tag.
    rest.as_bytes().get(end + 1).filter(|byte| **byte == b'>').map(|_| end + 2)
}

/// `text` with what only this dialect knows as a token made into tags that every parser knows, of
/// the same length: a colon would make a link of `<macro:toc/>`, and the title of a macro may hold
/// asterisks.
pub(super) fn mask(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut masked: Option<Vec<u8>> = None;
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr2(b'<', b'[', rest)) {
        let start = at + found;
        at = start + 1;
        let backslashes = bytes[..start].iter().rev().take_while(|byte| **byte == b'\\').count();
        if backslashes % 2 == 1 {
            continue;
        }
        let Some(inside) = token_name(text, start).or_else(|| head_name(text, start)) else {
            continue;
        };
        at = inside.end;
        masked.get_or_insert_with(|| bytes.to_vec())[inside].fill(b'x');
    }
    match masked.map(String::from_utf8) {
        Some(Ok(masked)) => Cow::Owned(masked),
        _ => Cow::Borrowed(text),
    }
}

/// What stands between the brackets of `<macro:…>` and its kin.
fn token_name(text: &str, start: usize) -> Option<Range<usize>> {
    let rest = text.get(start..)?.strip_prefix('<')?;
    let slash = usize::from(rest.starts_with('/'));
    let name = rest.get(slash..)?;
    if !["macro:", "adf:", "at:"].iter().any(|known| name.starts_with(known)) {
        return None;
    }
    let length = name.find(['>', '<', '`', '\n']).filter(|at| name[*at..].starts_with('>'))?;
    let closing = usize::from(name[..length].ends_with('/'));
    let first = start + 1 + slash;
    Some(first..first + length - closing)
}

/// How long the markers of the containers around a line may be together: the deepest are written
/// with a dozen bytes a level.
const LONGEST_PREFIX: usize = 512;

/// What stands between `[!` and the `]` that ends the line, at the start of a quote.
fn head_name(text: &str, start: usize) -> Option<Range<usize>> {
    let rest = text.get(start..)?.strip_prefix("[!")?;
    let longest = start.saturating_sub(LONGEST_PREFIX);
    let before = text.as_bytes().get(longest..start)?;
    let line_start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
    let prefix = before.get(line_start..)?;
    let is_marker = |byte: &u8| b" >-*+.)".contains(byte) || byte.is_ascii_digit();
    if !prefix.contains(&b'>') || !prefix.iter().all(is_marker) {
        return None;
    }
    let name = rest.split('\n').next()?.trim_end().strip_suffix(']')?;
    Some(start + 2..start + 2 + name.len())
}
