//! Blocks that came, went or moved.

use std::{collections::HashMap, ops::Range};

use super::{
    align::{Step, align},
    atom::Line,
    edit::Edit,
    error::PatchError,
    line::{Refusal, refuse},
    lower::{Lowering, OperationKind},
    reading::{Kind, Node, Reading},
    script::script,
};
use crate::{
    BlockKind,
    element::Element,
    scan::{Node as Element_, Tree},
    write::{Originals, write_blocks},
};

/// A block of the edited Markdown that has no bytes yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Added {
    /// Its node.
    pub(super) new: usize,
    /// Where in the original it is written.
    pub(super) at: usize,
}

impl Lowering<'_> {
    /// Pairs the children of two blocks and notes which came and which went.
    pub(super) fn children(&mut self, old: usize, new: usize) -> Result<(), Refusal> {
        let (olds, news) = (self.old.children(old), self.new.children(new));
        let steps = align((self.old, &olds), (self.new, &news));
        let mut before: Option<usize> = None;
        let (mut last, mut noted) = (None, 0);
        for (index, step) in steps.iter().enumerate() {
            match *step {
                Step::Pair { old, new } => self.pairs.push((old, new)),
                Step::Gone { old } => self.note_gone(old)?,
                Step::Added { .. } if index < noted => {}
                Step::Added { new } => {
                    let rest = steps.get(index..).unwrap_or_default();
                    let run = added(rest);
                    if run.iter().any(|new| self.is_tags(*new)) {
                        self.note_rows(&run, last)?;
                        noted = index + run.len();
                        continue;
                    }
                    let at = match before {
                        Some(before) => before,
                        None => self.place_before(rest, old, new)?,
                    };
                    self.note_added(Added { new, at })?;
                }
            }
            if let Step::Pair { old, .. } | Step::Gone { old } = *step {
                last = Some(old);
            }
            if let Step::Pair { old, .. } | Step::Gone { old } = *step
                && steps.get(index + 1).is_some_and(|next| matches!(next, Step::Added { .. }))
            {
                before = self.unit(old).map(|unit| unit.end);
            }
        }
        Ok(())
    }

    fn is_tags(&self, new: usize) -> bool {
        self.new.nodes.get(new).is_some_and(|node| node.kind == Kind::Tags)
    }

    /// Where something stands before the first block of `rest` that was there, or at the start of
    /// `parent`.
    fn place_before(&self, rest: &[Step], parent: usize, new: usize) -> Result<usize, Refusal> {
        let next = rest.iter().find_map(|step| match *step {
            Step::Pair { old, .. } | Step::Gone { old } => Some(old),
            Step::Added { .. } => None,
        });
        let at = match next {
            Some(next) => self.unit(next).map(|unit| unit.start),
            None => self.start_of(parent),
        };
        match at {
            Some(at) => Ok(at),
            None => refuse(self.new_text(new), "there is no place for a new block here"),
        }
    }

    /// Where the content of a block begins in which nothing is shown.
    fn start_of(&self, parent: usize) -> Option<usize> {
        let node = self.old.nodes.get(parent)?;
        let (place, body) = match node.kind {
            Kind::Document => return Some(self.page.storage().len()),
            Kind::Quote => {
                let place = self.element(node, is_quote)?;
                let bodies = [Element::RichTextBody, Element::AdfContent];
                let body = bodies.into_iter().find_map(|body| self.page.tree.child(place, body));
                (place, body)
            }
            Kind::Item(_) => {
                let place = self.element(node, is_item)?;
                (place, self.page.tree.child(place, Element::TaskBody))
            }
            _ => return None,
        };
        let node = match body {
            Some((_, body)) => body,
            None => self.page.node(place).filter(|node| node.element != Element::Macro)?,
        };
        (node.inner_start < node.end).then_some(node.inner_start as usize)
    }

    pub(super) fn note_gone(&mut self, old: usize) -> Result<(), Refusal> {
        let kind = self.old.nodes.get(old).map(|node| &node.kind);
        match kind {
            Some(Kind::Tags | Kind::HtmlCell) => refuse(
                self.old_text(old),
                "rows and columns of a table with spans stay as they are",
            ),
            Some(Kind::Head) => refuse(self.old_text(old), "a macro keeps its first line"),
            Some(Kind::Comment) => {
                refuse(self.old_text(old), "the layout of a page stays as it is")
            }
            _ => {
                self.gone.push(old);
                Ok(())
            }
        }
    }

    fn note_added(&mut self, added: Added) -> Result<(), Refusal> {
        let kind = self.new.nodes.get(added.new).map(|node| &node.kind);
        match kind {
            Some(Kind::Tags | Kind::HtmlCell) => refuse(
                self.new_text(added.new),
                "rows and columns of a table with spans stay as they are",
            ),
            Some(Kind::Head) => refuse(self.new_text(added.new), "a quote does not become a macro"),
            Some(Kind::Comment) => {
                refuse(self.new_text(added.new), "the layout of a page stays as it is")
            }
            _ => {
                self.added.push(added);
                Ok(())
            }
        }
    }

    /// The bytes that a block of the view is shown from: those of its element, or of a line in one.
    pub(super) fn unit(&self, old: usize) -> Option<Range<usize>> {
        let node = self.old.nodes.get(old)?;
        let place = match node.kind {
            Kind::Paragraph => match self.paragraph(node) {
                Some(place) => place,
                None => return self.line_unit(node),
            },
            Kind::Heading(_) => self.element(node, |it| matches!(it, Element::Heading(_)))?,
            Kind::Item(_) => self.element(node, is_item)?,
            Kind::List(_) => self.list(old)?,
            Kind::Quote => self.element(node, is_quote)?,
            Kind::Fence(_) => {
                self.element(node, |it| matches!(it, Element::Macro | Element::Preformatted))?
            }
            Kind::Table => self.element(node, |it| it == Element::Table)?,
            Kind::Rule => self.element(node, |it| it == Element::Rule)?,
            _ => return None,
        };
        Some(self.whole(place)?.outer())
    }

    /// The element at `place`, or the ADF extension that is there for it alone.
    fn whole(&self, place: u32) -> Option<Element_> {
        let node = self.page.node(place)?;
        let around = self.page.parent(place).and_then(|parent| self.page.node(parent));
        let extension = around.filter(|around| around.element == Element::AdfExtension);
        Some(extension.unwrap_or(node))
    }

    /// The element that is shown as exactly this paragraph.
    fn paragraph(&self, node: &Node) -> Option<u32> {
        let blocks = self.page.blocks_starting(node.range.start).iter();
        let block = blocks
            .filter(|block| {
                matches!(block.kind, BlockKind::Paragraph | BlockKind::Macro | BlockKind::Image)
            })
            .find(|block| block.view.end as usize == node.range.end)?;
        self.page.element_starting(block.source.start)
    }

    /// The bytes of a line that shares its element with others.
    fn line_unit(&self, node: &Node) -> Option<Range<usize>> {
        let line = Line::of(self.old.text, self.old.leaf(node));
        let sources = self.page.sources(&line);
        let script = script(self.page, &node.range, &sources, self.options.view)?;
        Some(script.source)
    }

    /// The element of a list all of whose items the list at `old` of the view has.
    pub(super) fn list(&self, old: usize) -> Option<u32> {
        let items = self.old.children(old);
        let first = self.old.nodes.get(*items.first()?)?;
        let list = self.page.parent(self.element(first, is_item)?)?;
        let all = self.page.tree.children(list).filter(|(_, child)| is_item(child.element)).count();
        (all == items.len()).then_some(list)
    }

    fn old_text(&self, at: usize) -> &str {
        self.old.nodes.get(at).map_or("", |node| self.old.slice(&node.range))
    }

    fn new_text(&self, at: usize) -> &str {
        self.new.nodes.get(at).map_or("", |node| self.new.slice(&node.range))
    }

    /// Takes away what is gone and writes what was added; a block that is both is moved.
    pub(super) fn restructure(&mut self) -> Result<(), PatchError> {
        let mut movable: HashMap<u64, Vec<usize>> = HashMap::new();
        for old in &self.gone {
            movable.entry(self.old.key(*old)).or_default().push(*old);
        }
        for olds in movable.values_mut() {
            olds.reverse();
        }
        let mut moved: HashMap<usize, Added> = HashMap::new();
        let mut written = Vec::new();
        for added in std::mem::take(&mut self.added) {
            let same = movable.get_mut(&self.new.key(added.new));
            match same.and_then(|olds| olds.pop_if(|old| self.is_movable(*old))) {
                Some(old) => {
                    moved.insert(old, added);
                }
                None => written.push(added),
            }
        }
        for old in std::mem::take(&mut self.gone) {
            let Some(node) = self.old.nodes.get(old).cloned() else { continue };
            let Some(unit) = self.unit_of_gone(old) else {
                let refusal = refuse(self.old_text(old), "its bytes cannot be told from others");
                return refusal.map_err(|it| self.refused(&node.range, it));
            };
            let moves = moved.get(&old);
            if let Some(added) = moves {
                let text = self.page.tree.text(unit.clone()).to_owned();
                self.edits.push(Edit::new(added.at..added.at, text));
            }
            let kind = if moves.is_some() { OperationKind::Move } else { OperationKind::Delete };
            self.did(kind, &node, vec![Edit::new(unit, "")]);
        }
        for added in written {
            let range = self.new.nodes.get(added.new).map_or(0..0, |node| node.range.clone());
            let text = self.written(added).map_err(|it| self.refused_new(&range, it))?;
            self.inserted(added.at, text);
        }
        Ok(())
    }

    fn is_movable(&self, old: usize) -> bool {
        self.unit_of_gone(old).is_some()
    }

    fn unit_of_gone(&self, old: usize) -> Option<Range<usize>> {
        match self.rows.get(&old) {
            Some(row) => self.page.node(*row).map(|row| row.outer()),
            None => self.unit(old),
        }
    }

    /// The storage of a new block.
    fn written(&mut self, added: Added) -> Result<String, Refusal> {
        let Some(node) = self.new.nodes.get(added.new) else { return Ok(String::new()) };
        if let Some(rows) = self.new_rows.get(&added.new) {
            return self.written_rows(rows);
        }
        if let Some(template) = self.templates.get(&added.new).copied() {
            return self.new_row(added.new, template);
        }
        let markdown = standalone(self.new, node);
        let storage =
            write_blocks(&markdown, self.options.flavour, &mut self.originals.borrow_mut());
        let storage = match storage {
            Ok(storage) => storage,
            Err(error) => return refuse(error.to_string(), "it cannot be written"),
        };
        if matches!(node.kind, Kind::Item(_)) {
            return match only_list(&storage) {
                Some(items) => Ok(items),
                None => refuse(markdown, "it is no item of a list"),
            };
        }
        Ok(storage)
    }
}

/// What was added at the start of `steps`, before the first block that was there.
fn added(steps: &[Step]) -> Vec<usize> {
    let added = steps.iter().map_while(|step| match *step {
        Step::Added { new } => Some(new),
        Step::Pair { .. } | Step::Gone { .. } => None,
    });
    added.collect()
}

pub(super) fn is_item(element: Element) -> bool {
    matches!(element, Element::ListItem | Element::Task | Element::AdfNode)
}

pub(super) fn is_quote(element: Element) -> bool {
    matches!(element, Element::Quote | Element::Macro | Element::AdfNode)
}

/// The items of storage that is one list.
fn only_list(storage: &str) -> Option<String> {
    let tree = Tree::scan(storage);
    let list = tree.nodes.first()?;
    let lists =
        matches!(list.element, Element::BulletList | Element::OrderedList | Element::TaskList);
    let only = list.end as usize == storage.len();
    (lists && only).then(|| tree.text(list.inner()).to_owned())
}

/// The Markdown of a block without what the blocks around it put before its lines.
pub(super) fn standalone(reading: &Reading<'_>, node: &Node) -> String {
    let before = reading.text.get(..node.range.start).unwrap_or_default();
    let prefix = before.len() - before.rfind('\n').map_or(0, |newline| newline + 1);
    let mut lines = reading.slice(&node.range).split('\n');
    let mut out = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        let marks =
            line.bytes().take(prefix).take_while(|byte| matches!(byte, b' ' | b'>')).count();
        out.push('\n');
        out.push_str(line.get(marks..).unwrap_or_default());
    }
    out
}

/// What an edit took out of the page, to be put back where it stands now.
pub(super) fn originals(found: Vec<(usize, Original)>) -> Originals {
    let mut found = found;
    found.sort_by_key(|(at, _)| *at);
    let mut originals = Originals::default();
    for (_, original) in found {
        match original {
            Original::Whole { view, storage } => originals.add(&view, &storage),
            Original::Around { view, open, close } => originals.add_around(&view, &open, &close),
        }
    }
    originals
}

pub(super) enum Original {
    Whole { view: String, storage: String },
    Around { view: String, open: String, close: String },
}
