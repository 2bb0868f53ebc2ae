//! From two trees of Markdown to edits of the storage, block by block.

use std::ops::Range;

use serde::Serialize;

use super::{
    PatchOptions,
    align::{Step, align},
    atom::Line,
    edit::Edit,
    error::{BlockName, PatchError},
    fence,
    line::{LineEdit, Refusal, is_url, refuse},
    page::Page,
    parameter,
    reading::{Kind, Node, Reading},
    script::script,
    spell::Spelling,
};
use crate::{BlockKind, element::Element};

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
}

/// One of the steps that a patch consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Operation {
    /// What was done.
    pub kind: OperationKind,
    /// To which block.
    pub block: BlockName,
}

pub(super) struct Lowering<'l> {
    pub(super) page: &'l Page<'l>,
    pub(super) old: &'l Reading<'l>,
    pub(super) new: &'l Reading<'l>,
    pub(super) options: &'l PatchOptions,
    pub(super) edits: Vec<Edit>,
    pub(super) operations: Vec<Operation>,
    /// Pairs of blocks that have not been looked at.
    pairs: Vec<(usize, usize)>,
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
            self.pair((old, before), (new, after)).map_err(|it| self.refused(before, it))?;
        }
        Ok(())
    }

    fn refused(&self, node: &Node, refusal: Refusal) -> PatchError {
        PatchError::Unsupported {
            block: block_name(self.page, &node.range),
            construct: refusal.construct,
            reason: refusal.reason,
        }
    }

    fn did(&mut self, kind: OperationKind, node: &Node, edits: Vec<Edit>) {
        if !edits.is_empty() {
            let block = block_name(self.page, &node.range);
            self.operations.push(Operation { kind, block });
            self.edits.extend(edits);
        }
    }

    fn pair(
        &mut self,
        (old, before): (usize, &Node),
        (new, after): (usize, &Node),
    ) -> Result<(), Refusal> {
        match (&before.kind, &after.kind) {
            (Kind::Document | Kind::Quote | Kind::Table | Kind::Row, _) => self.children(old, new),
            (Kind::List(first), Kind::List(now)) => {
                if first != now {
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
                let edits = self.line(before, after)?;
                self.did(OperationKind::Text, before, edits);
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

    fn children(&mut self, old: usize, new: usize) -> Result<(), Refusal> {
        let (olds, news) = (self.old.children(old), self.new.children(new));
        for step in align((self.old, &olds), (self.new, &news)) {
            match step {
                Step::Pair { old, new } => self.pairs.push((old, new)),
                Step::Gone { old } => {
                    let range = self.old.nodes.get(old).map_or(0..0, |node| node.range.clone());
                    return refuse(self.old.slice(&range), "blocks are not removed yet");
                }
                Step::Added { new } => {
                    let range = self.new.nodes.get(new).map_or(0..0, |node| node.range.clone());
                    return refuse(self.new.slice(&range), "blocks are not added yet");
                }
            }
        }
        Ok(())
    }

    fn line(&self, before: &Node, after: &Node) -> Result<Vec<Edit>, Refusal> {
        let old = Line::of(self.old.text, self.old.leaf(before));
        let new = Line::of(self.new.text, self.new.leaf(after));
        let sources = self.page.sources(&old);
        let script = script(self.page, &before.range, &sources, self.options.view);
        let Some(script) = script else {
            return refuse(
                self.old.slice(&before.range),
                "the bytes of this line cannot be told from others",
            );
        };
        let edit = LineEdit {
            page: self.page,
            script: &script,
            old: &old,
            new: &new,
            token: &|_| None,
            link: &|destination| {
                let mut value = String::new();
                Spelling::default().attribute(destination, &mut value);
                is_url(destination).then(|| (format!("<a href=\"{value}\">"), "</a>".to_owned()))
            },
        };
        edit.edits()
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
    fn element(&self, node: &Node, wanted: impl Fn(Element) -> bool) -> Option<u32> {
        self.page
            .blocks_starting(node.range.start)
            .iter()
            .filter_map(|block| self.page.element_starting(block.source.start))
            .find(|place| self.page.node(*place).is_some_and(|node| wanted(node.element)))
    }
}

/// The block of the original that the bytes of the view belong to.
pub(super) fn block_name(page: &Page<'_>, view: &Range<usize>) -> BlockName {
    const LONGEST: usize = 60;
    let starting = page.blocks_starting(view.start).first();
    let block = starting.or_else(|| page.block_around(view));
    let text = page.view.markdown.get(view.clone()).unwrap_or_default();
    let end = text.floor_char_boundary(LONGEST.min(text.len()));
    let line = text.get(..end).unwrap_or_default().lines().next().unwrap_or_default();
    BlockName {
        id: block.and_then(|block| block.local_id.clone()),
        kind: block.map(|block: &crate::Block| -> BlockKind { block.kind }),
        text: line.to_owned(),
    }
}
