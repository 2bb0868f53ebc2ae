//! Edits of whole blocks, by their ids.

use std::ops::Range;

use super::{
    EditError, PatchError, PatchOptions, Patched, edit::wide, patch_view, token, well_formed,
};
use crate::{
    Block, BlockId, BlockKind, View, block_ids, render::render, scan::Tree, view::LONGEST_BODY,
};

/// One thing that is done to a block. Its Markdown is written as at the start of a line, whatever
/// the block stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlockEdit {
    /// The block says something else. For an item of a list its marker may be left out; for a cell
    /// it is what the cell holds.
    Replace {
        /// Which block.
        id: BlockId,
        /// What it says.
        markdown: String,
    },
    /// New blocks stand before this one.
    InsertBefore {
        /// Which block.
        id: BlockId,
        /// The new ones.
        markdown: String,
    },
    /// New blocks stand after this one.
    InsertAfter {
        /// Which block.
        id: BlockId,
        /// The new ones.
        markdown: String,
    },
    /// The block goes, with all tokens in it; a cell is emptied.
    Delete {
        /// Which block.
        id: BlockId,
    },
    /// The block comes to stand after another one, byte for byte.
    MoveAfter {
        /// Which block.
        id: BlockId,
        /// The block that it then follows.
        target: BlockId,
    },
    /// The block comes to stand before another one, byte for byte.
    MoveBefore {
        /// Which block.
        id: BlockId,
        /// The block that then follows it.
        target: BlockId,
    },
}

/// Makes `edits` in the view of `original`, all of them seen from the page as it was, and carries
/// the result back as [`patch`](crate::patch()) does.
///
/// # Errors
/// [`EditError::UnknownBlock`] for an id that the page does not have, [`EditError::Overlap`] when two
/// edits are about the same text; for the rest see [`super::PatchError`].
pub fn edit_blocks(
    original: &str,
    edits: &[BlockEdit],
    options: &PatchOptions,
) -> Result<Patched, EditError> {
    let tree = well_formed(original)?;
    let view = render(&tree, options.view);
    let ids = block_ids(original, &view);
    let mut editor = Editor { view: &view, ids: &ids, changes: Vec::new() };
    let mut options = options.clone();
    for edit in edits {
        if let Some(gone) = editor.edit(edit)? {
            options.allow_remove.extend(tokens_in(original, &gone));
        }
    }
    let markdown = editor.markdown()?;
    if markdown.len() > LONGEST_BODY {
        return Err(PatchError::TooLarge.into());
    }
    Ok(patch_view(&tree, &view, &markdown, &options)?)
}

/// The names of what a block that is deleted takes with it.
fn tokens_in(original: &str, source: &Range<u32>) -> Vec<String> {
    let tree = Tree::scan(original.get(wide(source)).unwrap_or_default());
    let names = token::inventory(&tree).into_iter().map(|found| {
        let token = found.into_token();
        token.id.clone().unwrap_or_else(|| token.to_string())
    });
    names.collect()
}

struct Editor<'e> {
    view: &'e View,
    ids: &'e [BlockId],
    changes: Vec<(Range<usize>, String)>,
}

impl<'e> Editor<'e> {
    /// Notes what `edit` changes; answers with the source of a block that goes.
    fn edit(&mut self, edit: &BlockEdit) -> Result<Option<Range<u32>>, EditError> {
        match edit {
            BlockEdit::Replace { id, markdown } => {
                let block = self.block(*id)?;
                let text = self.replacement(block, markdown);
                self.changes.push((wide(&block.view), text));
            }
            BlockEdit::InsertBefore { id, markdown } => {
                let block = self.block(*id)?;
                self.insert_before(block, markdown);
            }
            BlockEdit::InsertAfter { id, markdown } => {
                let block = self.block(*id)?;
                self.insert_after(block, markdown);
            }
            BlockEdit::Delete { id } => {
                let block = self.with_item(self.block(*id)?);
                if self.parts_lists(block) {
                    return Err(EditError::ListsWouldJoin { id: *id });
                }
                self.delete(block);
                return Ok(Some(block.source.clone()));
            }
            BlockEdit::MoveAfter { id, target } | BlockEdit::MoveBefore { id, target } => {
                let (block, target) = (self.block(*id)?, self.block(*target)?);
                let markdown = self.standalone(block);
                let whole = self.with_item(block);
                if self.parts_lists(whole) {
                    return Err(EditError::ListsWouldJoin { id: *id });
                }
                self.delete(whole);
                if matches!(edit, BlockEdit::MoveAfter { .. }) {
                    self.insert_after(target, &markdown);
                } else {
                    self.insert_before(target, &markdown);
                }
            }
        }
        Ok(None)
    }

    fn block(&self, id: BlockId) -> Result<&'e Block, EditError> {
        let at = self.ids.iter().position(|known| *known == id);
        at.and_then(|at| self.view.blocks.get(at)).ok_or(EditError::UnknownBlock { id })
    }

    /// The item of a list that holds `block` and nothing else; it would be left empty.
    fn with_item(&self, block: &'e Block) -> &'e Block {
        let mut whole = block;
        let around =
            self.view.blocks.iter().rev().skip_while(|it| it.view.start >= block.view.start);
        for item in around.take_while(|it| Self::is_item(it) && it.view.end == block.view.end) {
            let lead = self.view.slice(&(item.view.start..whole.view.start));
            if lead.contains('\n') || self.view.slice(&block.view).is_empty() {
                break;
            }
            whole = item;
        }
        whole
    }

    /// Whether items of lists of one sort stand right before and right after a block that is none.
    fn parts_lists(&self, block: &Block) -> bool {
        let blocks = &self.view.blocks;
        let lead = self.lead(block).len();
        let beside = |item: &&Block| Self::is_item(item) && self.lead(item).len() == lead;
        let after = blocks.partition_point(|it| it.view.start < block.view.end);
        let next = blocks.get(after).filter(beside);
        let before = blocks.partition_point(|it| it.view.start < block.view.start);
        let before = blocks.get(..before).unwrap_or_default().iter().rev();
        let last = before.take_while(|it| self.lead(it).len() >= lead).find(beside);
        let gap = |from: u32, to: u32| self.view.slice(&(from..to)).trim_matches(['\n', '>', ' ']);
        let (Some(last), Some(next)) = (last, next) else { return false };
        !Self::is_item(block)
            && gap(last.view.end, block.view.start).is_empty()
            && gap(block.view.end, next.view.start).is_empty()
            && (number(self.view.slice(&last.view)) > 0)
                == (number(self.view.slice(&next.view)) > 0)
    }

    fn markdown(mut self) -> Result<String, EditError> {
        self.changes.sort_by_key(|(range, _)| (range.start, range.end));
        let mut out = String::with_capacity(self.view.markdown.len());
        let mut at = 0;
        for (range, text) in &self.changes {
            if range.start < at {
                return Err(EditError::Overlap);
            }
            out.push_str(self.view.markdown.get(at..range.start).unwrap_or_default());
            out.push_str(text);
            at = range.end;
        }
        out.push_str(self.view.markdown.get(at..).unwrap_or_default());
        Ok(out)
    }

    /// What stands before the block on its line.
    fn lead(&self, block: &Block) -> &str {
        let before = self.view.markdown.get(..block.view.start as usize).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        before.get(start..).unwrap_or_default()
    }

    /// What the next lines of the block begin with.
    fn prefix(&self, block: &Block) -> String {
        let lead = self.lead(block).chars();
        lead.map(|character| if character == '>' { '>' } else { ' ' }).collect()
    }

    fn replacement(&self, block: &Block, markdown: &str) -> String {
        let markdown = markdown.trim_matches('\n');
        let prefix = self.prefix(block);
        if !matches!(block.kind, BlockKind::ListItem | BlockKind::Task) || has_marker(markdown) {
            return indented(markdown, &prefix);
        }
        let marker = marker(self.view.slice(&block.view));
        let width = " ".repeat(marker.find(' ').map_or(2, |space| space + 1));
        format!("{marker}{}", indented(markdown, &format!("{prefix}{width}")))
    }

    fn is_item(block: &Block) -> bool {
        matches!(block.kind, BlockKind::ListItem | BlockKind::Task)
    }

    fn separator(block: &Block, prefix: &str) -> String {
        if Self::is_item(block) {
            format!("\n{prefix}")
        } else {
            format!("\n{}\n{prefix}", prefix.trim_end())
        }
    }

    fn item(&self, block: &Block, markdown: &str) -> String {
        let markdown = markdown.trim_matches('\n');
        if Self::is_item(block) {
            self.replacement(block, markdown)
        } else {
            indented(markdown, &self.prefix(block))
        }
    }

    fn insert_before(&mut self, block: &Block, markdown: &str) {
        let at = block.view.start as usize;
        let text = self.item(block, markdown) + &Self::separator(block, &self.prefix(block));
        self.changes.push((at..at, text));
    }

    fn insert_after(&mut self, block: &Block, markdown: &str) {
        let at = block.view.end as usize;
        let text = Self::separator(block, &self.prefix(block)) + &self.item(block, markdown);
        self.changes.push((at..at, text));
    }

    /// Takes a block away with the lines between it and the next one beside it, or else with those
    /// between it and the one before.
    fn delete(&mut self, block: &Block) {
        let range = wide(&block.view);
        if block.kind == BlockKind::TableCell {
            self.changes.push((range, String::new()));
            return;
        }
        let text = self.view.markdown.as_str();
        let prefix = self.prefix(block);
        let gap = |from: usize| {
            let rest = text.get(from..)?;
            let (blank, after) = rest.strip_prefix('\n')?.split_once('\n').unwrap_or((rest, ""));
            let next = rest.strip_prefix('\n')?;
            if blank.trim_matches(['>', ' ']).is_empty() {
                if Self::is_item(block) {
                    // What follows the list must not come to follow an item.
                    return None;
                }
                after.starts_with(&prefix).then(|| rest.len() - after.len() + prefix.len())
            } else {
                next.starts_with(&prefix).then(|| 1 + prefix.len())
            }
        };
        if let Some(length) = gap(range.end) {
            let next = range.end + length;
            // The next item takes the number, as only a list from 1 on may follow a line of text.
            let (own, its) = (number(self.view.slice(&block.view)), number(&text[next..]));
            let numbered = Self::is_item(block) && own > 0 && its > 0;
            let (own, its) = if numbered { (own, its) } else { (0, 0) };
            self.changes.push((range.start + own..next + its, String::new()));
            return;
        }
        let own_line = self.lead(block).chars().all(|character| matches!(character, '>' | ' '));
        let start = range.start - self.lead(block).len();
        let before = text.get(..start).unwrap_or_default();
        let mut kept = before.len();
        for line in before.split_inclusive('\n').rev() {
            if !line.trim_matches(['\n', '>', ' ']).is_empty() {
                kept -= line.len() - line.trim_end_matches('\n').len();
                break;
            }
            kept -= line.len();
        }
        let from = if own_line && kept > 0 { kept } else { range.start };
        self.changes.push((from..range.end, String::new()));
    }

    /// The Markdown of a block as it would stand alone.
    fn standalone(&self, block: &Block) -> String {
        let width = self.lead(block).len();
        let mut lines = self.view.slice(&block.view).split('\n');
        let mut out = lines.next().unwrap_or_default().to_owned();
        for line in lines {
            let marks = line.bytes().take(width).take_while(|byte| b" >".contains(byte)).count();
            out.push('\n');
            out.push_str(line.get(marks..).unwrap_or_default());
        }
        out
    }
}

/// `markdown` with its lines after the first behind `prefix`.
fn indented(markdown: &str, prefix: &str) -> String {
    let mut lines = markdown.split('\n');
    let mut out = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        out.push('\n');
        out.push_str(if line.is_empty() { prefix.trim_end() } else { prefix });
        out.push_str(line);
    }
    out
}

fn has_marker(markdown: &str) -> bool {
    let digits = markdown.bytes().take_while(u8::is_ascii_digit).count();
    let rest = markdown.get(digits..).unwrap_or_default();
    if digits > 0 {
        rest.starts_with(". ") || rest.starts_with(") ")
    } else {
        ["- ", "* ", "+ "].iter().any(|marker| rest.starts_with(marker))
    }
}

/// The length of the number that an item begins with, with what ends it.
fn number(item: &str) -> usize {
    let digits = item.bytes().take_while(u8::is_ascii_digit).count();
    let ends = matches!(item.as_bytes().get(digits), Some(b'.' | b')'));
    if digits > 0 && ends { digits + 1 } else { 0 }
}

/// The marker of an item, with its box.
fn marker(item: &str) -> String {
    let end = item.find(' ').map_or(item.len(), |space| space + 1);
    let (marker, rest) = item.split_at(end);
    let checkbox = ["[ ] ", "[x] "].iter().find(|checkbox| rest.starts_with(**checkbox));
    format!("{marker}{}", checkbox.map_or("", |_| "[ ] "))
}
