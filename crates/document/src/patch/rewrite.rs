//! The outputs of a line as edits: elements open and close around what they hold, and what stays
//! where it was is copied.

use std::{ops::Range, rc::Rc};

use super::{
    atom::{Mark, MarkKind, has_detail},
    attributes::without_ids,
    edit::{Edit, shrink},
    line::{Content, Layer, Output, Refusal, Stack, Writer, refuse},
    spell::Encoding,
};

impl Writer<'_> {
    /// Lets a new mark go on with the element of the same mark beside it.
    pub(super) fn join_marks(&mut self) {
        let mut last: Option<Stack> = None;
        for at in 0..self.outputs.len() {
            last = self.join_mark(at, last);
        }
        let mut next: Option<Stack> = None;
        for at in (0..self.outputs.len()).rev() {
            next = self.join_mark(at, next);
        }
    }

    fn join_mark(&mut self, at: usize, beside: Option<Stack>) -> Option<Stack> {
        let output = self.outputs.get(at)?;
        let mut stack = Rc::clone(&output.stack);
        if let Some(beside) = beside.filter(|beside| **beside != *stack) {
            for depth in 0..stack.len() {
                let (Some(mine), Some(theirs)) = (stack.get(depth), beside.get(depth)) else {
                    break;
                };
                if mine == theirs {
                    continue;
                }
                let joins = match (mine, theirs) {
                    (Layer::New(mark), Layer::Kept(_)) => {
                        self.kind(theirs) == Some(mark.kind) && !has_detail(mark.kind)
                    }
                    _ => false,
                };
                if !joins {
                    break;
                }
                let mut layers = stack.to_vec();
                if let Some(layer) = layers.get_mut(depth) {
                    *layer = theirs.clone();
                }
                stack = layers.into();
            }
        }
        if let Some(output) = self.outputs.get_mut(at) {
            output.stack = Rc::clone(&stack);
        }
        Some(stack)
    }

    pub(super) fn write(self) -> Result<Vec<Edit>, Refusal> {
        let mut alive = vec![false; self.edit.script.wrappers.len()];
        for output in &self.outputs {
            if !matches!(output.content, Content::Hidden(_)) {
                for layer in output.stack.iter() {
                    if let Layer::Kept(wrapper) = layer
                        && let Some(alive) = alive.get_mut(*wrapper)
                    {
                        *alive = true;
                    }
                }
            }
        }
        let lives = |output: &Output| {
            output.stack.iter().all(|layer| match layer {
                Layer::Kept(wrapper) => alive.get(*wrapper).copied().unwrap_or_default(),
                Layer::New(_) => true,
            })
        };
        let outputs: Vec<&Output> = self
            .outputs
            .iter()
            .filter(|output| !matches!(output.content, Content::Hidden(_)) || lives(output))
            .collect();
        let mut limits = vec![self.edit.script.source.end; outputs.len() + 1];
        for (at, output) in outputs.iter().enumerate().rev() {
            let after = limits.get(at + 1).copied().unwrap_or_default();
            let own = match &output.content {
                Content::Copy(source) | Content::Hidden(source) => source.start.min(after),
                _ => after,
            };
            if let Some(limit) = limits.get_mut(at) {
                *limit = own;
            }
        }
        let mut page = Rewrite {
            writer: &self,
            open: Vec::new(),
            closed: vec![false; self.edit.script.wrappers.len()],
            cursor: self.edit.script.source.start,
            pending: String::new(),
            edits: Vec::new(),
        };
        for (output, limit) in outputs.iter().zip(&limits) {
            page.move_to(&output.stack, *limit)?;
            match &output.content {
                Content::Copy(source) | Content::Hidden(source) => page.copy(source.clone()),
                Content::Raw(raw) => page.pending.push_str(raw),
                Content::Text(text) => {
                    let encoding =
                        output.stack.last().map_or(Encoding::Text, |layer| self.encoding(layer));
                    self.spelling.text(text, encoding, &mut page.pending);
                }
            }
        }
        page.move_to(&[], self.edit.script.source.end)?;
        page.finish();
        let mut edits = page.edits;
        edits.extend(self.beside.iter().cloned());
        Ok(edits)
    }
}

struct Rewrite<'r> {
    writer: &'r Writer<'r>,
    open: Vec<Layer>,
    /// Wrappers that have been closed.
    closed: Vec<bool>,
    /// The first byte of the original that is neither copied nor left out.
    cursor: usize,
    pending: String,
    edits: Vec<Edit>,
}

impl Rewrite<'_> {
    fn copy(&mut self, source: Range<usize>) {
        if source.start < self.cursor {
            self.pending.push_str(self.writer.storage().get(source).unwrap_or_default());
            return;
        }
        self.flush(source.start);
        self.cursor = source.end;
    }

    fn flush(&mut self, until: usize) {
        if self.cursor < until || !self.pending.is_empty() {
            let edit = Edit::new(self.cursor..until, std::mem::take(&mut self.pending));
            self.edits.push(shrink(self.writer.storage(), &edit));
        }
    }

    fn finish(&mut self) {
        self.flush(self.writer.edit.script.source.end);
    }

    /// Closes and opens elements until those of `stack` are open. The next byte that is copied is at
    /// `limit`.
    fn move_to(&mut self, stack: &[Layer], limit: usize) -> Result<(), Refusal> {
        let shared =
            self.open.iter().zip(stack).take_while(|(open, wanted)| open == wanted).count();
        while self.open.len() > shared {
            if let Some(layer) = self.open.pop() {
                self.close(&layer, limit)?;
            }
        }
        for layer in stack.get(shared..).unwrap_or_default() {
            self.start(layer, limit)?;
            self.open.push(layer.clone());
        }
        Ok(())
    }

    fn close(&mut self, layer: &Layer, limit: usize) -> Result<(), Refusal> {
        match layer {
            Layer::Kept(wrapper) => {
                let Some(it) = self.writer.edit.script.wrappers.get(*wrapper) else {
                    return Ok(());
                };
                let tag = it.node.inner_end as usize..it.node.end as usize;
                if self.cursor <= tag.start && tag.end <= limit {
                    self.copy(tag);
                } else {
                    self.pending.push_str(self.writer.storage().get(tag).unwrap_or_default());
                }
                if let Some(closed) = self.closed.get_mut(*wrapper) {
                    *closed = true;
                }
            }
            Layer::New(mark) => {
                let (_, close) = self.tags(mark)?;
                self.pending.push_str(&close);
            }
        }
        Ok(())
    }

    fn start(&mut self, layer: &Layer, limit: usize) -> Result<(), Refusal> {
        match layer {
            Layer::Kept(wrapper) => {
                let Some(it) = self.writer.edit.script.wrappers.get(*wrapper) else {
                    return Ok(());
                };
                let tag = it.node.start as usize..it.node.inner_start as usize;
                if self.closed.get(*wrapper).copied().unwrap_or_default() {
                    if it.rigid {
                        let mark = self.writer.mark_of(*wrapper);
                        let shown = mark.map_or_else(String::new, |mark| mark.detail.to_string());
                        return refuse(shown, "the element cannot be parted");
                    }
                    let again = without_ids(self.writer.storage().get(tag).unwrap_or_default());
                    self.pending.push_str(&again);
                } else if self.cursor <= tag.start && tag.end <= limit {
                    self.copy(tag);
                } else {
                    self.pending.push_str(self.writer.storage().get(tag).unwrap_or_default());
                }
            }
            Layer::New(mark) => {
                let (open, _) = self.tags(mark)?;
                self.pending.push_str(&open);
            }
        }
        Ok(())
    }

    fn tags(&self, mark: &Mark) -> Result<(String, String), Refusal> {
        let name = match mark.kind {
            MarkKind::Strong => "strong",
            MarkKind::Emphasis => "em",
            MarkKind::Strike => "del",
            MarkKind::Underline => "u",
            MarkKind::Subscript => "sub",
            MarkKind::Superscript => "sup",
            MarkKind::Code => "code",
            MarkKind::Placeholder => "ac:placeholder",
            MarkKind::Link => match (self.writer.edit.link)(&mark.detail) {
                Some(tags) => return Ok(tags),
                None => return refuse(&*mark.detail, "text cannot be made a link to this address"),
            },
            MarkKind::Caption => return refuse("<figcaption>", "it goes with its image alone"),
            MarkKind::Comment | MarkKind::Status | MarkKind::Macro => {
                return refuse(&*mark.detail, "it cannot be put around text");
            }
        };
        Ok((format!("<{name}>"), format!("</{name}>")))
    }
}
