//! Two versions of a page that descend from one, brought together.

mod conflict;
mod order;
mod rebase;
mod table;
mod text;
mod tree;
mod verify;

use std::ops::Range;

use crate::{diff::parts::Parts, scan::Tree, view::LONGEST_BODY};
use order::{Descendant, Side};

pub use conflict::{Conflict, ConflictReason};
pub use rebase::{RebaseError, rebase};

/// What [`merge()`] made of two versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The page in storage format. Each of its blocks has the bytes of one of the versions, but for
    /// those in `combined`.
    pub storage: String,
    /// Bytes of `storage` that neither version has: text, code or parameters that both changed, in
    /// different places.
    pub combined: Vec<Range<u32>>,
}

/// Which of the three bodies that [`merge()`] was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MergeInput {
    /// The one that both others descend from.
    Base,
    /// The page as it is.
    Theirs,
    /// The page as it is to be.
    Ours,
}

/// Why two versions were not merged. Nothing is to be written then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// Both changed the same; at least one conflict.
    #[error("{} of the page changed on both sides: read the page again and repeat the edit", places(.0))]
    Conflicts(Vec<Conflict>),
    /// One of the bodies is not well-formed, so that its blocks are not certain.
    #[error("the body of {} is not well-formed at byte {at}: edit that page in Confluence", .version.name())]
    NotWellFormed {
        /// Which one.
        version: MergeInput,
        /// Where reading it went wrong first.
        at: u32,
    },
    /// One of the bodies is longer than 32 MiB.
    #[error("the body of {} is longer than is read: edit that page in Confluence", .version.name())]
    TooLarge {
        /// Which one.
        version: MergeInput,
    },
}

impl MergeError {
    /// A stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Conflicts(_) => "merge_conflict",
            Self::NotWellFormed { .. } => "not_well_formed",
            Self::TooLarge { .. } => "too_large",
        }
    }
}

fn places(conflicts: &[Conflict]) -> String {
    match conflicts.len() {
        1 => "one place".to_owned(),
        count => format!("{count} places"),
    }
}

impl MergeInput {
    fn name(self) -> &'static str {
        match self {
            Self::Base => "the base version",
            Self::Theirs => "the current version",
            Self::Ours => "the edited version",
        }
    }
}

/// Brings an edit of a page to the page as it has become: `base` is the storage that was edited, `ours`
/// what the edit made of it, `theirs` the storage that the page has now.
///
/// Blocks correspond by id, content, place and likeness. What one version changed, moved, added or
/// deleted is taken from it byte for byte; in text and code that both changed, changes that do not
/// touch are combined word by word and line by line. Whatever else both changed is a conflict, and
/// then nothing is merged: no result holds marks of conflicts. The result is read again before it is
/// returned and has exactly the blocks that it was made of.
///
/// The same bodies give the same result; who is `theirs` and who `ours` matters for the order of
/// nothing but the conflicts.
///
/// ```
/// let base = "<h2>Rollback</h2><p>It takes five minutes.</p><p>Ask first.</p>";
/// let theirs = "<h2>Rollback</h2><p>It takes ten minutes.</p><p>Ask first.</p><p>Thanks.</p>";
/// let ours = "<h2>Rollback</h2><p>This takes five minutes.</p><p>Ask before.</p>";
/// let merged = document::merge(base, theirs, ours).unwrap();
/// assert_eq!(
///     merged.storage,
///     "<h2>Rollback</h2><p>This takes ten minutes.</p><p>Ask before.</p><p>Thanks.</p>"
/// );
/// ```
pub fn merge(base: &str, theirs: &str, ours: &str) -> Result<Merged, MergeError> {
    check(MergeInput::Base, base)?;
    check(MergeInput::Theirs, theirs)?;
    check(MergeInput::Ours, ours)?;
    let whole = |storage: &str| Merged { storage: storage.to_owned(), combined: Vec::new() };
    if theirs == base || theirs == ours {
        return Ok(whole(ours));
    }
    if ours == base {
        return Ok(whole(theirs));
    }
    let [base, theirs, ours] = [base, theirs, ours].map(Parts::read);
    let theirs = Descendant::new(Side::Theirs, &base, &theirs);
    let ours = Descendant::new(Side::Ours, &base, &ours);
    let mut output = tree::merge(&base, &theirs, &ours);
    if output.found.is_empty() {
        output.found.extend(verify::check(&output, &theirs, &ours));
    }
    if output.found.is_empty() {
        return Ok(Merged { storage: output.storage, combined: output.combined });
    }
    Err(MergeError::Conflicts(conflict::describe(output.found, &base, &theirs, &ours)))
}

fn check(version: MergeInput, storage: &str) -> Result<(), MergeError> {
    if storage.len() > LONGEST_BODY {
        return Err(MergeError::TooLarge { version });
    }
    match Tree::scan(storage).warnings.first() {
        Some(warning) => Err(MergeError::NotWellFormed { version, at: warning.at }),
        None => Ok(()),
    }
}
