//! An edited view back into the storage that it came from.
//!
//! The edited Markdown is compared with the view, block by block and word by word; each difference
//! becomes the smallest change of storage bytes that says the same, and every other byte is copied.
//! What comes out is then read again and must be what was asked for: a patch that breaks one of its
//! laws is refused, never given out.

mod align;
mod atom;
mod attributes;
mod blocks;
mod compare;
mod content;
mod edit;
mod error;
mod fallback;
mod fence;
mod insert;
mod line;
mod lower;
mod page;
mod parameter;
mod placement;
mod preservation;
mod proof;
mod reading;
mod relink;
mod remark;
mod rewrite;
mod rows;
mod script;
mod spell;
mod strings;
mod structure;
mod table;
mod token;
mod unified;
mod window;

pub use blocks::{BlockEdit, edit_blocks};
pub use edit::ChangedRange;
pub use error::{BlockName, EditError, Law, PatchError};
pub use lower::{Operation, OperationKind};
pub use strings::{StringEdit, edit_strings};
pub use token::{Token, TokenKind};

use std::{collections::HashMap, ops::Range};

use crate::{
    View, ViewOptions,
    active::{active, all_active},
    render,
    scan::Tree,
    view::LONGEST_BODY,
    write::Flavour,
};
use lower::{Lowering, block_name};
use page::Page;
use reading::{Reading, mask};
use window::Window;

/// How a patch is made.
#[derive(Clone, Debug, Default)]
pub struct PatchOptions {
    /// What the view showed that was edited.
    pub view: ViewOptions,
    /// Which Confluence the page is on.
    pub flavour: Flavour,
    /// Tokens that may vanish: each as [`Token`] displays itself (`macro:jira`, `comment:e8e647e6-…`)
    /// or by its id.
    pub allow_remove: Vec<String>,
    /// Tokens that may come to stand on the page more than once, named likewise.
    pub allow_copy: Vec<String>,
}

/// A patch that keeps to all laws.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patched {
    /// The new body in storage format.
    pub storage: String,
    /// Where it differs from the original; outside of these both are the same bytes. In order.
    pub changed: Vec<ChangedRange>,
    /// The steps, in no particular order.
    pub operations: Vec<Operation>,
    /// Tokens that the page no longer has, as allowed.
    pub removed: Vec<Token>,
    /// Tokens that it did not have.
    pub added: Vec<Token>,
    /// The view before and after, as a unified diff. Empty when nothing changed.
    pub view_diff: String,
    /// The storage before and after, likewise, broken into lines at the ends of elements.
    pub storage_diff: String,
}

/// Carries an edited view back: `edited` is the view of `original` that
/// [`to_markdown`](crate::to_markdown) gives with the same options, changed at will.
///
/// # Errors
/// See [`PatchError`]: a page that is not well-formed, an edit that storage cannot say or that would
/// lose a token or leave nothing of the page, a result that does not keep the laws.
pub fn patch(original: &str, edited: &str, options: &PatchOptions) -> Result<Patched, PatchError> {
    if edited.len() > LONGEST_BODY {
        return Err(PatchError::TooLarge);
    }
    let tree = well_formed(original)?;
    patch_view(&tree, &render::render(&tree, options.view), edited, options)
}

fn well_formed(original: &str) -> Result<Tree<'_>, PatchError> {
    if original.len() > LONGEST_BODY {
        return Err(PatchError::TooLarge);
    }
    let tree = Tree::scan(original);
    match tree.warnings.first() {
        Some(warning) => Err(PatchError::NotWellFormed { warning: warning.clone() }),
        None => Ok(tree),
    }
}

/// [`patch`] for a page that has been read; `view` is that of `tree`.
fn patch_view(
    tree: &Tree<'_>,
    view: &View,
    edited: &str,
    options: &PatchOptions,
) -> Result<Patched, PatchError> {
    let edited = normalized(edited);
    let edited = edited.as_ref();
    if edited == view.markdown {
        return Ok(unchanged(tree.source));
    }
    if edited.trim().is_empty() {
        return Err(PatchError::PageEmptied);
    }
    let page = Page::new(tree, view);
    // What is refused of a part may be allowed of the whole, and the whole has the better reasons.
    let parts = [Window::line, Window::around];
    let mut parts = parts.into_iter().filter_map(|part| part(&page, edited));
    if let Some(patched) = parts.find_map(|part| patch_part(&page, edited, part, options)) {
        return Ok(patched);
    }
    let (old_mask, new_mask) = (mask(&view.markdown), mask(edited));
    let old = Reading::of(&view.markdown, 0..view.markdown.len(), &old_mask);
    let new = Reading::of(edited, 0..edited.len(), &new_mask);
    let (edits, operations) = lowered(&page, &old, &new, options)?;
    finish(&page, edits, operations, edited, options)
}

/// The patch if all of it can be told from a part of the view.
fn patch_part(
    page: &Page<'_>,
    edited: &str,
    part: Window,
    options: &PatchOptions,
) -> Option<Patched> {
    let view = page.view.markdown.as_str();
    let (old_mask, new_mask) =
        (mask(view.get(part.old.clone())?), mask(edited.get(part.new.clone())?));
    let old = Reading::of(view, part.old, &old_mask);
    let new = Reading::of(edited, part.new, &new_mask);
    let (edits, operations) = lowered(page, &old, &new, options).ok()?;
    finish(page, edits, operations, edited, options).ok()
}

/// The edits of the storage that make the old reading the new one.
fn lowered(
    page: &Page<'_>,
    old: &Reading<'_>,
    new: &Reading<'_>,
    options: &PatchOptions,
) -> Result<(Vec<edit::Edit>, Vec<Operation>), PatchError> {
    refuse_long_rows(page, new)?;
    refuse_depth(page, old)?;
    refuse_depth(page, new)?;
    let mut lowering = Lowering::new(page, old, new, options);
    lowering.run()?;
    let Lowering { mut edits, operations, .. } = lowering;
    fallback::follow(page, &mut edits);
    Ok((edits, operations))
}

/// A row whose last cells no column holds would lose them.
fn refuse_long_rows(page: &Page<'_>, new: &Reading<'_>) -> Result<(), PatchError> {
    let Some(row) = new.long_rows.first() else { return Ok(()) };
    let text = new.slice(row).trim();
    Err(PatchError::Unsupported {
        block: BlockName { text: shortened(text), ..block_name(page, row) },
        construct: shortened(text),
        reason: "the row has more cells than the table has columns; give the first row as many",
    })
}

fn refuse_depth(page: &Page<'_>, reading: &Reading<'_>) -> Result<(), PatchError> {
    let Some(node) = reading.too_deep() else { return Ok(()) };
    let text = shortened(reading.slice(&node.range));
    Err(PatchError::MarksTooDeep { block: BlockName { text, ..block_name(page, &node.range) } })
}

/// Line ends as one character, none at the end: what editors do to a text without being asked.
fn normalized(edited: &str) -> std::borrow::Cow<'_, str> {
    let edited = edited.trim_end_matches(['\n', '\r']);
    if edited.contains('\r') { edited.replace("\r\n", "\n").into() } else { edited.into() }
}

fn unchanged(original: &str) -> Patched {
    Patched {
        storage: original.to_owned(),
        changed: Vec::new(),
        operations: Vec::new(),
        removed: Vec::new(),
        added: Vec::new(),
        view_diff: String::new(),
        storage_diff: String::new(),
    }
}

/// Applies the edits and checks the laws.
fn finish(
    page: &Page<'_>,
    edits: Vec<edit::Edit>,
    operations: Vec<Operation>,
    edited: &str,
    options: &PatchOptions,
) -> Result<Patched, PatchError> {
    let original = page.tree.source;
    let broken = |law| PatchError::LawBroken { law };
    let Some(edits) = edit::in_order(edits) else { return Err(broken(Law::Locality)) };
    let (storage, changed) = edit::apply(original, &edits);
    let tree = Tree::scan(&storage);
    let all_changed = extent(&changed, |range| &range.result);
    if !tree.warnings.is_empty() || !tree.has_sound_tags(&all_changed) {
        return Err(broken(Law::WellFormed));
    }
    let misplaced = placement::count_misplaced(&tree);
    if misplaced > 0 && misplaced > placement::count_misplaced(page.tree) {
        return Err(broken(Law::Placement));
    }
    // What follows may take it for granted that all else is the same bytes.
    if !proof::is_local(original, &storage, &changed) {
        return Err(broken(Law::Locality));
    }
    refuse_scripts(page.tree, &tree, &all_changed)?;
    if let Some(remark) = remark::lost(page, &tree, &changed) {
        return Err(PatchError::RemarkLost { remark: shortened(remark) });
    }
    let (removed, added) = tokens(page.tree, &tree, &changed, options)?;
    refuse_loss(page, &tree, &changed, options)?;
    let view = render::render(&tree, options.view);
    if view.markdown != edited {
        refuse_other(page, edited, &view.markdown)?;
    }
    let view_diff = unified::lines(&page.view.markdown, &view.markdown);
    let storage_diff = unified::storage(original, &storage, &changed);
    Ok(Patched { storage, changed, operations, removed, added, view_diff, storage_diff })
}

/// Refuses a result that says what the page said without what belongs to it.
fn refuse_loss(
    page: &Page<'_>,
    after: &Tree<'_>,
    changed: &[ChangedRange],
    options: &PatchOptions,
) -> Result<(), PatchError> {
    let may_go = |token: &Token| options.allow_remove.iter().any(|entry| token.is_named_by(entry));
    let lost = preservation::first_lost(page.tree, after, changed, may_go);
    let Some(node) = lost.and_then(|place| page.node(place)) else { return Ok(()) };
    let pieces = &page.view.pieces;
    let first = pieces.partition_point(|piece| piece.source.start < node.start);
    let at = pieces.get(first).map_or(0, |piece| piece.view.start as usize);
    let line = page.view.markdown.get(at..).and_then(|rest| rest.lines().next());
    let tag = page.tree.text(node.start as usize..node.inner_start as usize);
    Err(PatchError::HiddenLost {
        block: block_name(page, &(at..at + line.map_or(0, str::len))),
        construct: shortened(tag),
    })
}

/// From the first byte that changed to the last.
fn extent(changed: &[ChangedRange], side: impl Fn(&ChangedRange) -> &Range<u32>) -> Range<u32> {
    let start = changed.first().map_or(0, |first| side(first).start);
    start..changed.last().map_or(start, |last| side(last).end)
}

/// What runs scripts stays on a page that has it, where it is or elsewhere; none comes and none is
/// changed.
fn refuse_scripts(
    before: &Tree<'_>,
    after: &Tree<'_>,
    changed: &Range<u32>,
) -> Result<(), PatchError> {
    if active(after, changed).is_empty() {
        return Ok(());
    }
    let mut known: HashMap<&str, usize> = HashMap::new();
    for it in all_active(before) {
        *known.entry(it.text).or_default() += 1;
    }
    let all = all_active(after);
    let new = all.iter().find(|it| match known.get_mut(it.text).filter(|count| **count > 0) {
        Some(count) => {
            *count -= 1;
            false
        }
        None => true,
    });
    match new {
        Some(new) => Err(PatchError::ScriptNotAllowed { construct: shortened(new.text) }),
        None => Ok(()),
    }
}

/// Refuses a result whose view says something else than the edited one. Both are read as a whole.
fn refuse_other(page: &Page<'_>, edited: &str, shown: &str) -> Result<(), PatchError> {
    let (edited_mask, shown_mask) = (mask(edited), mask(shown));
    let wanted = Reading::of(edited, 0..edited.len(), &edited_mask);
    let shown = Reading::of(shown, 0..shown.len(), &shown_mask);
    refuse_long_rows(page, &wanted)?;
    match proof::difference(&wanted, &shown) {
        Some((at, other)) => Err(PatchError::NotAsEdited {
            block: near(page, &wanted, at),
            shown: beginning(&shown, other),
        }),
        None => Ok(()),
    }
}

fn tokens(
    before: &Tree<'_>,
    after: &Tree<'_>,
    changed: &[ChangedRange],
    options: &PatchOptions,
) -> Result<(Vec<Token>, Vec<Token>), PatchError> {
    let difference = token::difference(before, after, changed);
    let not_in = |tokens: &[Token], list: &[String]| -> Vec<Token> {
        let is_named = |token: &&Token| list.iter().any(|entry| token.is_named_by(entry));
        tokens.iter().filter(|token| !is_named(token)).cloned().collect()
    };
    let lost = not_in(&difference.removed, &options.allow_remove);
    if !lost.is_empty() {
        return Err(PatchError::TokensLost { tokens: lost });
    }
    let doubled = not_in(&difference.copies, &options.allow_copy);
    if !doubled.is_empty() {
        return Err(PatchError::TokensDoubled { tokens: doubled });
    }
    Ok((difference.removed, difference.added))
}

/// The block of the original that stands where the edited Markdown has the node `at`.
fn near(page: &Page<'_>, wanted: &Reading<'_>, at: usize) -> BlockName {
    let range = wanted.nodes.get(at).map_or(0..0, |node| node.range.clone());
    BlockName { text: beginning(wanted, at), ..block_name(page, &range) }
}

/// The first characters of a node's first line.
fn beginning(reading: &Reading<'_>, at: usize) -> String {
    let text = reading.nodes.get(at).map_or("", |node| reading.slice(&node.range));
    shortened(text)
}

/// As much of the first line of `text` as an error shows.
fn shortened(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(60).collect()
}
