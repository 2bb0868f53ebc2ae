//! From two trees of Markdown to edits of the storage, block by block.

use std::{cell::RefCell, collections::HashMap, ops::Range};

use serde::Serialize;

use super::{
    PatchOptions,
    atom::{Line, Span, Unit, is_url},
    compare::{Hunk, line_hunks},
    edit::{Edit, narrow},
    error::{BlockName, PatchError},
    fence,
    line::{LineEdit, Refusal, refuse},
    page::Page,
    parameter,
    reading::{Kind, Node, Reading},
    rows::NewRows,
    script::{Script, script},
    spell::Spelling,
    structure::{Added, Original, originals},
    table::unpiped,
};
use crate::{
    block_ids,
    element::Element,
    write::{Flavour, Originals, write_inline},
};

/// What was done to a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationKind {
    /// Words, marks, links or tokens of a line.
    Text,
    /// The body, the language or a parameter of code and of other fenced macros.
    Code,
    /// A parameter of a macro.
    Parameter,
    /// The state of a task.
    Task,
    /// The level of a heading, or a paragraph that became one.
    Heading,
    /// The first number of a list.
    List,
    /// A block, an item of a list or a row of a table came.
    Insert,
    /// One went, and what it held with it.
    Delete,
    /// One went and came elsewhere, byte for byte.
    Move,
    /// Columns of a table came or went.
    Column,
}

/// One of the steps that a patch consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Operation {
    /// What was done.
    pub kind: OperationKind,
    /// Where in the view of the original.
    pub view: Range<u32>,
}

pub(super) struct Lowering<'l> {
    pub(super) page: &'l Page<'l>,
    pub(super) old: &'l Reading<'l>,
    pub(super) new: &'l Reading<'l>,
    pub(super) options: &'l PatchOptions,
    pub(super) edits: Vec<Edit>,
    pub(super) operations: Vec<Operation>,
    /// Pairs of blocks that have not been looked at.
    pub(super) pairs: Vec<(usize, usize)>,
    /// Pairs of leaves whose lines differ.
    lines: Vec<(usize, usize)>,
    /// Blocks of the view that the edited Markdown does not have.
    pub(super) gone: Vec<usize>,
    /// Blocks that only that has.
    pub(super) added: Vec<Added>,
    /// The elements of cells and of rows of the view.
    pub(super) cells: HashMap<usize, u32>,
    pub(super) rows: HashMap<usize, u32>,
    /// The rows that new ones are like.
    pub(super) templates: HashMap<usize, u32>,
    /// New rows of tables that are written with tags, by their first nodes.
    pub(super) new_rows: HashMap<usize, NewRows>,
    /// What the edit took out of the page.
    pub(super) originals: RefCell<Originals>,
}

/// A line before and after the edit.
struct Changed<'l> {
    before: &'l Node,
    after: &'l Node,
    old: Line,
    new: Line,
    script: Option<Script>,
    hunks: Vec<Hunk>,
    cell: Option<u32>,
}

impl<'l> Lowering<'l> {
    pub(super) fn new(
        page: &'l Page<'l>,
        old: &'l Reading<'l>,
        new: &'l Reading<'l>,
        options: &'l PatchOptions,
    ) -> Self {
        Self {
            page,
            old,
            new,
            options,
            edits: Vec::new(),
            operations: Vec::new(),
            pairs: vec![(0, 0)],
            lines: Vec::new(),
            gone: Vec::new(),
            added: Vec::new(),
            cells: HashMap::new(),
            rows: HashMap::new(),
            templates: HashMap::new(),
            new_rows: HashMap::new(),
            originals: RefCell::default(),
        }
    }

    pub(super) fn run(&mut self) -> Result<(), PatchError> {
        while let Some((old, new)) = self.pairs.pop() {
            if self.old.key(old) == self.new.key(new) {
                continue;
            }
            let (Some(before), Some(after)) = (self.old.nodes.get(old), self.new.nodes.get(new))
            else {
                continue;
            };
            self.pair((old, before), (new, after)).map_err(|it| self.refused(&before.range, it))?;
        }
        let mut lines = std::mem::take(&mut self.lines);
        lines.sort_unstable();
        let lines: Vec<Changed<'l>> =
            lines.into_iter().filter_map(|(old, new)| self.changed(old, new)).collect();
        self.gather(&lines);
        for line in &lines {
            let edits = self.line(line).map_err(|it| self.refused(&line.before.range, it))?;
            self.did(OperationKind::Text, line.before, edits);
        }
        self.restructure()
    }

    pub(super) fn refused(&self, view: &Range<usize>, refusal: Refusal) -> PatchError {
        PatchError::Unsupported {
            block: block_name(self.page, view),
            construct: refusal.construct,
            reason: refusal.reason,
        }
    }

    /// The same for a block that the page does not have yet.
    pub(super) fn refused_new(&self, edited: &Range<usize>, refusal: Refusal) -> PatchError {
        let line = self.new.slice(edited).lines().next().unwrap_or_default();
        PatchError::Unsupported {
            block: BlockName { id: None, kind: None, text: line.chars().take(60).collect() },
            construct: refusal.construct,
            reason: refusal.reason,
        }
    }

    pub(super) fn did(&mut self, kind: OperationKind, node: &Node, edits: Vec<Edit>) {
        if !edits.is_empty() {
            self.operations.push(Operation { kind, view: narrow(&node.range) });
            self.edits.extend(edits);
        }
    }

    fn pair(
        &mut self,
        (old, before): (usize, &Node),
        (new, after): (usize, &Node),
    ) -> Result<(), Refusal> {
        match (&before.kind, &after.kind) {
            (Kind::Document | Kind::Quote | Kind::Row, _) => self.children(old, new),
            (Kind::Table, Kind::Table) => self.table((old, before), (new, after)),
            (Kind::List(first), Kind::List(now)) => {
                if first != now && !self.is_renumbered((old, *first), (new, *now)) {
                    let edits = self.list_start(old, *first, *now)?;
                    self.did(OperationKind::List, before, edits);
                }
                self.children(old, new)
            }
            (Kind::Item(state), Kind::Item(now)) => {
                if state != now {
                    let edits = self.task_state(before, *now)?;
                    self.did(OperationKind::Task, before, edits);
                }
                self.children(old, new)
            }
            (
                Kind::Paragraph | Kind::Heading(_) | Kind::Cell | Kind::HtmlCell,
                Kind::Paragraph | Kind::Heading(_) | Kind::Cell | Kind::HtmlCell,
            ) => {
                if before.kind != after.kind {
                    let edits = self.rename(before, after)?;
                    self.did(OperationKind::Heading, before, edits);
                }
                self.lines.push((old, new));
                Ok(())
            }
            (Kind::Fence(_), Kind::Fence(_)) => {
                let edits = self.fence(before, after)?;
                self.did(OperationKind::Code, before, edits);
                Ok(())
            }
            (Kind::Head, Kind::Head) => {
                let edits = self.head(before, after)?;
                self.did(OperationKind::Parameter, before, edits);
                Ok(())
            }
            _ => refuse(self.old.slice(&before.range), "it stays as it is"),
        }
    }

    fn changed(&self, old: usize, new: usize) -> Option<Changed<'l>> {
        let (before, after) = (self.old.nodes.get(old)?, self.new.nodes.get(new)?);
        let cell = self.cells.get(&old).copied().or_else(|| {
            let is_cell = |it| matches!(it, Element::HeaderCell | Element::DataCell);
            self.element(before, is_cell).filter(|_| before.kind == Kind::HtmlCell)
        });
        let old = Line::of(self.old.text, self.old.leaf(before));
        let new = Line::of(self.new.text, self.new.leaf(after));
        let sources = self.page.sources(&old);
        let script = script(self.page, &before.range, &sources, self.options.view);
        let hunks = line_hunks(&old, &new);
        Some(Changed { before, after, old, new, script, hunks, cell })
    }

    fn line(&self, line: &Changed<'_>) -> Result<Vec<Edit>, Refusal> {
        let shown = self.old.slice(&line.before.range);
        if line.old.atoms.is_empty() {
            return self.fill_line(line);
        }
        let Some(script) = &line.script else {
            return refuse(shown, "the bytes of this line cannot be told from others");
        };
        let edit = LineEdit {
            page: self.page,
            script,
            old: &line.old,
            new: &line.new,
            text: self.new.text,
            token: &|token| self.token(token),
            link: &link,
        };
        edit.edits(line.hunks.clone())
    }

    /// Writes into a cell that shows nothing.
    fn fill_line(&self, line: &Changed<'_>) -> Result<Vec<Edit>, Refusal> {
        let markdown = unpiped(self.new.slice(&line.after.range).trim());
        let content =
            write_inline(&markdown, self.options.flavour, &mut self.originals.borrow_mut());
        let content = match content {
            Ok(content) => content,
            Err(error) => return refuse(error.to_string(), "it cannot be written"),
        };
        match line.cell.and_then(|cell| self.fill(cell, &content)) {
            Some(edit) => Ok(vec![edit]),
            None => refuse(markdown, "there is no place for text here"),
        }
    }

    /// The storage of a token that is new where it stands.
    fn token(&self, token: &str) -> Option<String> {
        write_inline(token, self.options.flavour, &mut self.originals.borrow_mut()).ok()
    }

    /// Collects the tokens that the edit takes away somewhere, as they may stand elsewhere now.
    fn gather(&mut self, lines: &[Changed<'_>]) {
        let needed = !self.added.is_empty()
            || lines.iter().any(|line| line.inserts_token() || line.old.atoms.is_empty());
        if !needed {
            return;
        }
        let mut found = Vec::new();
        for line in lines {
            for hunk in &line.hunks {
                self.gather_tokens(&line.old, hunk.old.clone(), line.script.as_ref(), &mut found);
            }
        }
        for gone in &self.gone {
            let next = self.old.nodes.get(*gone).map_or(*gone, |node| node.next);
            for at in *gone..next {
                self.gather_block(at, &mut found);
            }
        }
        let mut originals = originals(found);
        originals.next_task = self.next_task();
        self.originals = RefCell::new(originals);
    }

    fn gather_tokens(
        &self,
        line: &Line,
        atoms: Range<usize>,
        script: Option<&Script>,
        found: &mut Vec<(usize, Original)>,
    ) {
        let Some(script) = script else { return };
        for span in line.spans.iter().filter(|span| span.is_token() && !span.atoms.is_empty()) {
            if span.atoms.start < atoms.start || span.atoms.end > atoms.end {
                continue;
            }
            let item = script.items.iter().find(|item| item.atoms.start == span.atoms.start);
            let around = item.map(|item| script.stack(item.wrapper)).unwrap_or_default();
            let wrappers = around.iter().filter_map(|at| script.wrappers.get(*at));
            if let Some(wrapper) = wrappers.rev().find(|it| it.mark == Some(span.kind)) {
                let storage = self.page.tree.text(wrapper.node.outer()).to_owned();
                let view = self.old.slice(&span.view).to_owned();
                found.push((wrapper.node.start as usize, Original::Whole { view, storage }));
            }
        }
        for item in script.items.iter().filter(|item| atoms.contains(&item.atoms.start)) {
            let unit = line.atoms.get(item.atoms.start).map(|atom| atom.unit);
            let Some(token) = unit.filter(|_| !item.atoms.is_empty()).and_then(|it| line.token(it))
            else {
                continue;
            };
            let element = self.whole_token(item.source.clone());
            let storage = self.page.tree.text(element).to_owned();
            found.push((item.source.start, Original::Whole { view: token.to_owned(), storage }));
        }
    }

    /// The bytes of an image, of which a line has the file when it has a caption too.
    fn whole_token(&self, source: Range<usize>) -> Range<usize> {
        let start = self.page.node_at(source.start);
        let around =
            start.and_then(|place| self.page.parent(place)).and_then(|it| self.page.node(it));
        match around {
            Some(image) if image.element == Element::Image => image.outer(),
            _ => source,
        }
    }

    fn gather_block(&self, at: usize, found: &mut Vec<(usize, Original)>) {
        let Some(node) = self.old.nodes.get(at) else { return };
        match &node.kind {
            Kind::Paragraph | Kind::Heading(_) | Kind::Cell | Kind::HtmlCell => {
                let line = Line::of(self.old.text, self.old.leaf(node));
                let sources = self.page.sources(&line);
                let script = script(self.page, &node.range, &sources, self.options.view);
                self.gather_tokens(&line, 0..line.atoms.len(), script.as_ref(), found);
            }
            Kind::Head => {
                let quote = at.checked_sub(1).and_then(|quote| self.old.nodes.get(quote));
                let place = quote.and_then(|quote| self.element(quote, super::structure::is_quote));
                let bodies = [Element::RichTextBody, Element::AdfContent];
                let body = place.and_then(|place| {
                    bodies.into_iter().find_map(|body| self.page.tree.child(place, body))
                });
                self.gather_around(
                    self.old.slice(&node.range),
                    place,
                    body.map(|(at, _)| at),
                    found,
                );
            }
            Kind::Fence(info) => {
                let place = self.element(node, |element| element == Element::Macro);
                let body = place.and_then(|it| self.page.tree.child(it, Element::PlainTextBody));
                self.gather_around(info, place, body.map(|(at, _)| at), found);
            }
            _ => {}
        }
    }

    fn gather_around(
        &self,
        view: &str,
        place: Option<u32>,
        body: Option<u32>,
        found: &mut Vec<(usize, Original)>,
    ) {
        let node = |place: Option<u32>| place.and_then(|place| self.page.node(place));
        let (Some(whole), Some(body)) = (node(place), node(body)) else { return };
        if body.inner_start == body.end {
            return;
        }
        let text = |range: Range<u32>| {
            self.page.tree.text(range.start as usize..range.end as usize).to_owned()
        };
        found.push((
            whole.start as usize,
            Original::Around {
                view: view.to_owned(),
                open: text(whole.start..body.inner_start),
                close: text(body.inner_end..whole.end),
            },
        ));
    }

    fn next_task(&self) -> u32 {
        let ids = self.page.tree.nodes.iter().filter(|node| node.element == Element::TaskId);
        let numbers =
            ids.filter_map(|id| self.page.tree.text(id.inner()).trim().parse::<u32>().ok());
        numbers.max().map_or(1, |last| last.saturating_add(1))
    }

    pub(super) fn inserted(&mut self, at: usize, text: String) {
        let view =
            self.page.view.pieces.partition_point(|piece| (piece.source.start as usize) < at);
        let view = self.page.view.pieces.get(view).map_or(0, |piece| piece.view.start);
        self.operations.push(Operation { kind: OperationKind::Insert, view: view..view });
        self.edits.push(Edit::new(at..at, text));
    }

    fn fence(&self, before: &Node, after: &Node) -> Result<Vec<Edit>, Refusal> {
        let Some(place) = self
            .element(before, |element| matches!(element, Element::Macro | Element::Preformatted))
        else {
            return refuse("```", "its element is not known");
        };
        let (old, new) = (fence::body(self.old.leaf(before)), fence::body(self.new.leaf(after)));
        fence::edits(self.page, place, (&before.kind, &old), (&after.kind, &new))
    }

    fn head(&self, before: &Node, after: &Node) -> Result<Vec<Edit>, Refusal> {
        let (old, new) = (self.old.slice(&before.range), self.new.slice(&after.range));
        let quote = before.range.start.checked_sub(2).map(|start| start..before.range.end);
        let around = quote.and_then(|range| self.page.blocks_starting(range.start).last());
        let place = around.and_then(|block| self.page.element_starting(block.source.start));
        let Some(place) = place else { return refuse(old, "its element is not known") };
        let tag = |head: &str| head.trim_end_matches(']').to_owned();
        parameter::edits(self.page, place, &tag(old), &tag(new))
    }

    fn task_state(&self, before: &Node, now: Option<bool>) -> Result<Vec<Edit>, Refusal> {
        let shown = self.old.slice(&before.range);
        let Some(complete) = now else { return refuse(shown, "a task stays a task") };
        let task = self.element(before, |element| element == Element::Task);
        let status = task.and_then(|task| self.page.tree.child(task, Element::TaskStatus));
        let Some((_, status)) = status else {
            return refuse(shown, "this is no task of Confluence");
        };
        let word = if complete { "complete" } else { "incomplete" };
        Ok(vec![Edit::new(status.inner(), word)])
    }

    /// Makes a heading of another level or a paragraph, and back: only the tags change.
    fn rename(&self, before: &Node, after: &Node) -> Result<Vec<Edit>, Refusal> {
        let shown = self.old.slice(&before.range);
        let name = match after.kind {
            Kind::Heading(level) => format!("h{level}"),
            Kind::Paragraph => "p".to_owned(),
            _ => return refuse(shown, "it stays what it is"),
        };
        let place = self
            .element(before, |element| matches!(element, Element::Heading(_) | Element::Paragraph));
        let Some(node) = place.and_then(|place| self.page.node(place)) else {
            return refuse(shown, "it is no paragraph of its own");
        };
        let start = self.page.tree.text(node.start as usize..node.inner_start as usize);
        let old_name = start.trim_start_matches('<');
        let length = old_name.find([' ', '>', '/', '\n', '\t']).unwrap_or(old_name.len());
        let at = node.start as usize + 1;
        let mut edits = vec![Edit::new(at..at + length, name.clone())];
        if node.inner_end < node.end {
            let at = node.inner_end as usize + 2;
            edits.push(Edit::new(at..at + length, name));
        }
        Ok(edits)
    }

    /// Whether a numbered list begins with a number that was its own before, as the items in front of
    /// it are gone: Confluence counts anew.
    fn is_renumbered(
        &self,
        (old, first): (usize, Option<u64>),
        (new, now): (usize, Option<u64>),
    ) -> bool {
        let gone = now.zip(first).and_then(|(now, first)| now.checked_sub(first));
        let gone = gone.and_then(|gone| usize::try_from(gone).ok());
        let was = gone.and_then(|gone| self.old.children(old).get(gone).copied());
        let is = self.new.children(new).first().copied();
        was.zip(is).is_some_and(|(was, is)| self.old.key(was) == self.new.key(is))
    }

    fn list_start(
        &self,
        old: usize,
        first: Option<u64>,
        now: Option<u64>,
    ) -> Result<Vec<Edit>, Refusal> {
        let item = self.old.nodes.get(old + 1);
        let shown = item.map_or("", |item| self.old.slice(&item.range));
        let (Some(_), Some(now)) = (first, now) else {
            return refuse(shown, "a numbered list stays one, and so does a list of bullets");
        };
        let item = item.and_then(|item| self.element(item, |it| it == Element::ListItem));
        let list = item.and_then(|item| self.page.parent(item)).and_then(|it| self.page.node(it));
        let Some(list) = list.filter(|list| list.element == Element::OrderedList) else {
            return refuse(shown, "this is no numbered list of Confluence");
        };
        Ok(vec![match self.page.tree.attribute(&list, "start") {
            Some(value) => Edit::new(value, now.to_string()),
            None => {
                let at = list.start as usize + 3;
                Edit::new(at..at, format!(" start=\"{now}\""))
            }
        }])
    }

    /// The element that a block of the Markdown begins with.
    pub(super) fn element(&self, node: &Node, wanted: impl Fn(Element) -> bool) -> Option<u32> {
        self.page
            .blocks_starting(node.range.start)
            .iter()
            .filter_map(|block| self.page.element_starting(block.source.start))
            .find(|place| self.page.node(*place).is_some_and(|node| wanted(node.element)))
    }
}

impl Changed<'_> {
    fn inserts_token(&self) -> bool {
        let atoms = self.hunks.iter().filter_map(|hunk| self.new.atoms.get(hunk.new.clone()));
        let whole = atoms.flatten().any(|atom| matches!(atom.unit, Unit::Token(_)));
        whole || self.new.spans.iter().any(Span::is_token)
    }
}

/// What stands before and after the text of a link. The detail is the destination, and the title
/// after it if there is one.
fn link(detail: &str) -> Option<(String, String)> {
    if is_url(detail) {
        let mut value = String::new();
        Spelling::default().attribute(detail, &mut value);
        return Some((format!("<a href=\"{value}\">"), "</a>".to_owned()));
    }
    let (destination, title) = match detail.strip_suffix('"').and_then(|it| it.split_once(" \"")) {
        Some((destination, title)) => (destination, format!(" \"{title}\"")),
        None => (detail, String::new()),
    };
    let mut escaped = String::with_capacity(destination.len());
    for character in destination.chars() {
        if matches!(character, '\\' | '<' | '>') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    let markdown = format!("[{LABEL}](<{escaped}>{title})");
    // Rich labels, as the text may hold marks.
    let storage = write_inline(&markdown, Flavour::Cloud, &mut Originals::default()).ok()?;
    let (open, close) = storage.split_once(LABEL)?;
    (!close.contains(LABEL)).then(|| (open.to_owned(), close.to_owned()))
}

/// A character for private use, in the place of a text that is not known yet.
const LABEL: char = '\u{e000}';

/// The block of the original that the bytes of the view belong to.
pub(super) fn block_name(page: &Page<'_>, view: &Range<usize>) -> BlockName {
    const LONGEST: usize = 60;
    let starting = page.blocks_starting(view.start).first();
    let block = starting.or_else(|| page.block_around(view));
    let text = page.view.markdown.get(view.clone()).unwrap_or_default();
    let end = text.floor_char_boundary(LONGEST.min(text.len()));
    let line = text.get(..end).unwrap_or_default().lines().next().unwrap_or_default();
    BlockName {
        id: block.and_then(|block| {
            let at = page.view.blocks.iter().position(|it| std::ptr::eq(it, block))?;
            block_ids(page.storage(), page.view).get(at).copied()
        }),
        kind: block.map(|block| block.kind),
        text: line.to_owned(),
    }
}
