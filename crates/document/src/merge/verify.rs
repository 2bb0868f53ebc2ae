//! The result is read again before anybody gets it.

use super::{
    ConflictReason,
    order::{Descendant, Key},
    table::is_ragged,
    tree::{Found, Output, Place},
};
use crate::{
    diff::parts::{PartKind, Parts},
    scan::Tree,
};

/// What is wrong with a merged page: it is not well-formed, it does not consist of the parts that were
/// written, or its rows do not fit their table.
pub(super) fn check(
    output: &Output,
    theirs: &Descendant<'_, '_>,
    ours: &Descendant<'_, '_>,
) -> Option<Found> {
    let read = Parts::read(&output.storage);
    let as_written = read
        .all
        .iter()
        .map(|part| (part.form, part.outer.start))
        .eq(output.written.iter().map(|written| (written.form, written.start)));
    let fits = as_written
        && Tree::scan(&output.storage).warnings.is_empty()
        && !output.written.iter().zip(0..).any(|(written, part)| {
            read.part(part).kind == PartKind::Table
                && is_ragged(&read, part)
                && was_even(written.key, theirs, ours)
        });
    (!fits).then_some(Found { reason: ConflictReason::DoesNotFit, place: Place::Part(0) })
}

/// Whether the rows of a table were of one length in both versions. One may have added a row and the
/// other a column.
fn was_even(table: Key, theirs: &Descendant<'_, '_>, ours: &Descendant<'_, '_>) -> bool {
    let Key::Base(table) = table else { return false };
    [theirs, ours]
        .iter()
        .all(|version| version.find(table).is_some_and(|place| !is_ragged(version.parts, place)))
}
