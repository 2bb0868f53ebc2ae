//! The part of a view that an edit is about.

use std::ops::Range;

use super::{
    compare::{common_prefix, common_suffix},
    page::Page,
};
use crate::BlockKind;

/// The same part of a view and of the edited text: some whole blocks, outside of which both are the
/// same bytes. Compared by itself it gives the same edits as the whole, in the time of a part; as
/// Markdown before it, or a fence that it opens, could be read together with it, the result counts
/// only when the view of the whole page then is the edited text.
#[derive(Debug)]
pub(super) struct Window {
    pub(super) old: Range<usize>,
    pub(super) new: Range<usize>,
}

impl Window {
    /// The blocks that differ and one at either side, so that what is added has a neighbour. `None`
    /// when that is most of the view.
    pub(super) fn around(page: &Page<'_>, edited: &str) -> Option<Self> {
        let view = page.view.markdown.as_str();
        let prefix = common_prefix(view.as_bytes(), edited.as_bytes());
        let longest = view.len().min(edited.len()) - prefix;
        let suffix = common_suffix(view.as_bytes(), edited.as_bytes()).min(longest);
        let changed_end = view.len() - suffix;
        let start = page.borders_before(prefix).nth(1).unwrap_or(0);
        let end = page.borders_from(changed_end).nth(1).unwrap_or(view.len());
        let old = start..end;
        let new = start..edited.len() - (view.len() - end);
        (old.len() < view.len() / 2).then_some(Self { old, new })
    }
}

impl Page<'_> {
    /// Where blocks of the page itself begin, at or before `at`, the last first.
    fn borders_before(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        let blocks = &self.view.blocks;
        let end = blocks.partition_point(|block| block.view.start as usize <= at);
        (0..end).rev().filter_map(|place| self.border(place))
    }

    /// Where blocks of the page itself begin, at or behind `at`.
    fn borders_from(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        let blocks = &self.view.blocks;
        let first = blocks.partition_point(|block| (block.view.start as usize) < at);
        (first..blocks.len()).filter_map(|place| self.border(place))
    }

    /// Where the block at `place` begins if whatever stands before it has ended there: text at the
    /// start of a line, after an empty one, in nothing else. An item may belong to a list before it.
    fn border(&self, place: usize) -> Option<usize> {
        let block = self.view.blocks.get(place).filter(|_| self.is_outermost(place))?;
        let start = block.view.start as usize;
        let starts = matches!(
            block.kind,
            BlockKind::Paragraph | BlockKind::Heading(_) | BlockKind::Code | BlockKind::Rule
        );
        let before = self.view.markdown.get(..start)?;
        (starts && (before.is_empty() || before.ends_with("\n\n"))).then_some(start)
    }
}
