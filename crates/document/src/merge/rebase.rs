//! An edit of a view, brought to the page as it has become.

use super::{MergeError, Merged, merge};
use crate::{PatchError, PatchOptions, patch};

/// Why an edit could not be brought to the page as it has become.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RebaseError {
    /// The edit cannot be carried into the page that it was made on.
    #[error(transparent)]
    Patch(#[from] PatchError),
    /// The page has changed in the same places.
    #[error(transparent)]
    Merge(#[from] MergeError),
}

/// Brings the edited view of an earlier version of a page to the version that the page has now:
/// `edited` is the view of `base`, changed; `theirs` is the storage that the page has now. The same
/// as [`patch()`] on `base`, then [`merge()`].
///
/// ```
/// use document::{PatchOptions, rebase};
///
/// let base = "<h2>Rollback</h2><p>It takes five minutes.</p><p>Ask first.</p>";
/// let theirs = "<h2>Rollback</h2><p>It takes ten minutes.</p><p>Ask first.</p><p>Thanks.</p>";
/// let edited = "## Rollback\n\nIt takes five minutes.\n\nAsk **before**.";
/// let merged = rebase(base, theirs, edited, &PatchOptions::default())?;
/// assert_eq!(
///     merged.storage,
///     "<h2>Rollback</h2><p>It takes ten minutes.</p><p>Ask <strong>before</strong>.</p><p>Thanks.</p>"
/// );
/// # Ok::<(), document::RebaseError>(())
/// ```
pub fn rebase(
    base: &str,
    theirs: &str,
    edited: &str,
    options: &PatchOptions,
) -> Result<Merged, RebaseError> {
    let ours = patch(base, edited, options)?.storage;
    Ok(merge(base, theirs, &ours)?)
}
