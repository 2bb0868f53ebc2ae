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
    /// The text of the one line that differs, if that is all of a paragraph, a heading, a cell of a
    /// table with pipes, or of the beginning of an item.
    pub(super) fn line(page: &Page<'_>, edited: &str) -> Option<Self> {
        let view = page.view.markdown.as_str();
        let Differing { old, new } = Differing::of(view, edited);
        if [view.get(old.clone())?, edited.get(new)?].iter().any(|text| text.contains('\n')) {
            return None;
        }
        let line_start = view.get(..old.start)?.rfind('\n').map_or(0, |newline| newline + 1);
        let line_end =
            view.get(old.end..)?.find('\n').map_or(view.len(), |length| old.end + length);
        let block = page.block_around(&old)?;
        let start = (block.view.start as usize).max(line_start);
        let text = view.get(start..line_end)?;
        let marker = match block.kind {
            BlockKind::Paragraph | BlockKind::Heading(_) | BlockKind::TableCell => 0,
            BlockKind::ListItem => text.find(' ')? + 1,
            BlockKind::Task => text.find("] ")? + 2,
            _ => return None,
        };
        let is_item = marker > 0;
        let is_html = view.get(line_start..start)?.contains('<');
        let starts_before = block.view.start as usize != start;
        let goes_on = block.view.end as usize > line_end && (!is_item || text.ends_with('\\'));
        if is_html || starts_before || goes_on {
            return None;
        }
        let start = start + marker;
        let end = line_end.min(block.view.end as usize);
        let new = start..edited.len() - (view.len() - end);
        (start <= old.start && old.end <= end).then_some(Self { old: start..end, new })
    }

    /// The blocks that differ and one at either side, so that what is added has a neighbour. `None`
    /// when that is most of the view.
    pub(super) fn around(page: &Page<'_>, edited: &str) -> Option<Self> {
        let view = page.view.markdown.as_str();
        let changed = Differing::of(view, edited).old;
        let start = page.borders_before(changed.start).nth(1).unwrap_or(0);
        let end = page.borders_from(changed.end).nth(1).unwrap_or(view.len());
        let old = start..end;
        let new = start..edited.len() - (view.len() - end);
        (old.len() < view.len() / 2).then_some(Self { old, new })
    }
}

/// All bytes in which two texts differ.
struct Differing {
    old: Range<usize>,
    new: Range<usize>,
}

impl Differing {
    /// Characters are not parted.
    fn of(view: &str, edited: &str) -> Self {
        let prefix = common_prefix(view.as_bytes(), edited.as_bytes());
        let start = view.floor_char_boundary(prefix).min(edited.floor_char_boundary(prefix));
        let longest = view.len().min(edited.len()) - start;
        let suffix = common_suffix(view.as_bytes(), edited.as_bytes()).min(longest);
        let end = view.ceil_char_boundary(view.len() - suffix);
        Self { old: start..end, new: start..edited.len() - (view.len() - end) }
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
