//! An edited view back into the storage that it came from.
//!
//! The edited Markdown is compared with the view, block by block and word by word; each difference
//! becomes the smallest change of storage bytes that says the same, and every other byte is copied.
//! What comes out is then read again and must be what was asked for: a patch that breaks one of its
//! laws is refused, never given out.

mod align;
mod atom;
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
mod proof;
mod reading;
mod rewrite;
mod script;
mod spell;
mod strings;
mod structure;
mod table;
mod token;
mod unified;

pub use blocks::{BlockEdit, edit_blocks};
pub use edit::ChangedRange;
pub use error::{BlockName, EditError, Law, PatchError};
pub use lower::{Operation, OperationKind};
pub use strings::{StringEdit, edit_strings};
pub use token::{Token, TokenKind};

use crate::{View, ViewOptions, render, scan::Tree, view::LONGEST_BODY, write::Flavour};
use lower::{Lowering, block_name};
use page::Page;
use reading::{Reading, mask};

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
/// lose a token, a result that does not keep the laws.
pub fn patch(original: &str, edited: &str, options: &PatchOptions) -> Result<Patched, PatchError> {
    if original.len() > LONGEST_BODY || edited.len() > LONGEST_BODY {
        return Err(PatchError::TooLarge);
    }
    let tree = Tree::scan(original);
    if let Some(warning) = tree.warnings.first() {
        return Err(PatchError::NotWellFormed { warning: warning.clone() });
    }
    let view = render::render(&tree, options.view);
    let edited = normalized(edited);
    let edited = edited.as_ref();
    if edited == view.markdown {
        return Ok(unchanged(original));
    }
    let page = Page::new(&tree, &view);
    let (old_mask, new_mask) = (mask(&view.markdown), mask(edited));
    let old = Reading::of(&view.markdown, &old_mask);
    let new = Reading::of(edited, &new_mask);
    let mut lowering = Lowering::new(&page, &old, &new, options);
    lowering.run()?;
    let Lowering { mut edits, operations, .. } = lowering;
    fallback::follow(&page, &mut edits);
    finish(&page, edits, operations, &new, options)
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
    wanted: &Reading<'_>,
    options: &PatchOptions,
) -> Result<Patched, PatchError> {
    let original = page.tree.source;
    let broken = |law| PatchError::LawBroken { law };
    let Some(edits) = edit::in_order(edits) else { return Err(broken(Law::Locality)) };
    let (storage, changed) = edit::apply(original, &edits);
    let tree = Tree::scan(&storage);
    if !tree.warnings.is_empty() {
        return Err(broken(Law::WellFormed));
    }
    if placement::count_misplaced(&tree) > placement::count_misplaced(page.tree) {
        return Err(broken(Law::Placement));
    }
    let (removed, added) = tokens(page.tree, &tree, options)?;
    let view: View = render::render(&tree, options.view);
    if view.markdown != wanted.text {
        let shown_mask = mask(&view.markdown);
        let shown = Reading::of(&view.markdown, &shown_mask);
        if let Some((at, other)) = proof::difference(wanted, &shown) {
            return Err(PatchError::NotAsEdited {
                block: near(page, wanted, at),
                shown: beginning(&shown, other),
            });
        }
    }
    if !proof::is_local(original, &storage, &changed) {
        return Err(broken(Law::Locality));
    }
    let view_diff = unified::lines(&page.view.markdown, &view.markdown);
    let storage_diff = unified::storage(original, &storage, &changed);
    Ok(Patched { storage, changed, operations, removed, added, view_diff, storage_diff })
}

fn tokens(
    before: &Tree<'_>,
    after: &Tree<'_>,
    options: &PatchOptions,
) -> Result<(Vec<Token>, Vec<Token>), PatchError> {
    let difference = token::difference(before, after);
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
    text.lines().next().unwrap_or_default().chars().take(60).collect()
}
