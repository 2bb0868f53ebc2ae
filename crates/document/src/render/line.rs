//! Lines, what separates them, and the pieces that are written on them.

use std::ops::Range;

use super::Renderer;
use crate::{
    Piece,
    scan::{Node, offset},
};

/// What is due before the next thing that is written, in newlines: fewer before a paragraph that
/// goes on with the marker in front of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    /// At the beginning, and right after `- ` or `> `.
    None,
    /// After `- [ ] `.
    Checkbox,
    /// After `> [!INFO]`.
    Head,
    Line,
    Blank,
}

/// What a word writes before itself when it is the first of its line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Opening {
    #[default]
    Paragraph,
    Heading(u8),
    Cell,
}

/// What was written last in this container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Last {
    Nothing,
    Paragraph,
    List { ordered: bool, alternate: bool },
    Other,
}

/// White space that has been read and is written when a word follows.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    white: White,
    source: Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum White {
    Space,
    NoBreakSpace,
    /// A `br`, or the border between two blocks on one line.
    Break,
}

impl Renderer<'_> {
    /// Makes the output ready for what begins with `first`: line begun, white space written, marks
    /// opened.
    pub(super) fn prepare(&mut self, first: char) {
        let ready = self.line_open
            && self.pending.is_empty()
            && self.opened == self.marks.len()
            && self.started == self.frames.len()
            && self.just_closed().is_none();
        if ready {
            return;
        }
        if self.line_open {
            self.flush_pending();
            self.start_blocks();
        } else {
            self.open_line();
        }
        self.open_marks(first);
    }

    fn open_line(&mut self) {
        self.line_open = true;
        match self.context.opening {
            Opening::Paragraph => {
                self.write_gap(true);
                self.start_blocks();
                self.line_start = self.out.len();
            }
            Opening::Heading(level) => {
                self.write_gap(false);
                self.start_blocks();
                for _ in 0..level {
                    self.out.push('#');
                }
                self.out.push(' ');
                self.line_start = usize::MAX;
            }
            Opening::Cell => {
                self.start_blocks();
                self.line_start = usize::MAX;
            }
        }
    }

    /// Ends the line if one is open; on a line that must not end, begins a new part of it.
    pub(super) fn end_line(&mut self) {
        if self.context.single_line {
            self.separate();
        } else if self.finish_line() {
            self.gap = Gap::Blank;
            self.last = Last::Paragraph;
        }
    }

    /// Closes the marks of the line and forgets what was pending; whether there was a line.
    pub(super) fn finish_line(&mut self) -> bool {
        self.close_marks();
        self.pending.clear();
        std::mem::replace(&mut self.line_open, false)
    }

    fn separate(&mut self) {
        if !self.line_open || self.out.len() == self.token_start {
            return;
        }
        if self.last_pending() != Some(White::Break) {
            self.pending.clear();
            self.push_pending(White::Break, 0..0);
        }
    }

    pub(super) fn write_gap(&mut self, before_paragraph: bool) {
        let gap = std::mem::replace(&mut self.gap, Gap::None);
        match (gap, before_paragraph) {
            (Gap::None, _) | (Gap::Checkbox, true) => {}
            (Gap::Checkbox, false) | (Gap::Head, true) | (Gap::Line, _) => self.newline(),
            (Gap::Head, false) | (Gap::Blank, _) => {
                self.blank_line();
                self.newline();
            }
        }
    }

    pub(super) fn newline(&mut self) {
        self.out.push('\n');
        self.out.push_str(&self.prefix);
    }

    /// Ends a line that holds nothing after this one.
    pub(super) fn blank_line(&mut self) {
        self.out.push('\n');
        self.out.push_str(self.prefix.trim_end_matches(' '));
    }

    pub(super) fn white_space(&mut self, source: Range<usize>) {
        if !matches!(self.last_pending(), Some(White::Space | White::Break)) {
            self.push_pending(White::Space, source);
        }
    }

    pub(super) fn no_break_space(&mut self, source: Range<usize>) {
        self.push_pending(White::NoBreakSpace, source);
    }

    pub(super) fn line_break(&mut self, node: Node) {
        while self.last_pending() == Some(White::Space) {
            self.pending.pop();
        }
        self.push_pending(White::Break, node.outer());
    }

    fn last_pending(&self) -> Option<White> {
        self.pending.last().map(|pending| pending.white)
    }

    /// White space at the start of a line is not written.
    fn push_pending(&mut self, white: White, source: Range<usize>) {
        if self.line_open {
            self.pending.push(Pending { white, source });
        }
    }

    fn flush_pending(&mut self) {
        let mut pending = std::mem::take(&mut self.pending);
        for Pending { white, source } in pending.drain(..) {
            let view = self.out.len();
            match white {
                White::Space => self.out.push(' '),
                White::NoBreakSpace => self.out.push('\u{a0}'),
                White::Break => self.write_break(),
            }
            if !source.is_empty() {
                self.piece(view, source);
            }
        }
        self.pending = pending;
    }

    fn write_break(&mut self) {
        if self.context.single_line {
            self.out.push_str("<br>");
        } else {
            self.out.push('\\');
            self.newline();
            self.line_start = self.out.len();
        }
    }

    /// Writes source bytes as they are.
    pub(super) fn copy(&mut self, range: Range<usize>) {
        let view = self.out.len();
        self.out.push_str(&self.source[range.clone()]);
        self.push_piece(view, range, true);
    }

    /// Says that the output from `view` on shows `source`.
    pub(super) fn piece(&mut self, view: usize, source: Range<usize>) {
        let exact = self.out.as_bytes().get(view..) == self.source.as_bytes().get(source.clone());
        self.push_piece(view, source, exact);
    }

    fn push_piece(&mut self, view: usize, source: Range<usize>, exact: bool) {
        let view = offset(view)..offset(self.out.len());
        let source = offset(source.start)..offset(source.end);
        if view.is_empty() {
            return;
        }
        match self.pieces.last_mut() {
            Some(last)
                if exact
                    && last.exact
                    && last.view.end == view.start
                    && last.source.end == source.start =>
            {
                last.view.end = view.end;
                last.source.end = source.end;
            }
            _ => self.pieces.push(Piece { view, source, exact }),
        }
    }
}
