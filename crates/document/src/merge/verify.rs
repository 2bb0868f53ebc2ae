//! The result is read again before anybody gets it.

use std::collections::HashSet;

use super::{
    ConflictReason,
    order::{Descendant, Key},
    table::is_ragged,
    tree::{Found, Output, Place},
};
use crate::{
    diff::parts::{PartKind, Parts},
    element::Element,
    scan::Tree,
};

/// What is wrong with a merged page: it is not well-formed, it does not consist of the parts that were
/// written, its rows do not fit their table, a link stands inside a link, or an id is given twice.
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
    let tree = Tree::scan(&output.storage);
    let part = if as_written && tree.warnings.is_empty() {
        let ragged = ragged_table(&read, output, theirs, ours);
        let at = |fault: fn(&Tree<'_>) -> Option<u32>| {
            let is_new =
                |version: &Descendant<'_, '_>| fault(&Tree::scan(version.parts.source)).is_none();
            let at = fault(&tree)?;
            (is_new(theirs) && is_new(ours)).then(|| part_around(&read, output, at))
        };
        ragged.or_else(|| at(nested_link)).or_else(|| at(repeated_task))?
    } else {
        0
    };
    Some(Found { reason: ConflictReason::DoesNotFit, place: Place::Part(part) })
}

/// The part of the base that stands around a byte of the result.
fn part_around(read: &Parts<'_>, output: &Output, at: u32) -> u32 {
    let mut part = read.all.partition_point(|part| part.outer.start <= at).saturating_sub(1);
    loop {
        let contains = read.all.get(part).is_some_and(|part| part.outer.contains(&at));
        match output.written.get(part).map(|written| written.key) {
            Some(Key::Base(base)) if contains => return base,
            _ if part == 0 => return 0,
            _ => part -= 1,
        }
    }
}

/// A table with rows of different lengths that were of one length in both versions. One may have
/// added a row and the other a wider one.
fn ragged_table(
    read: &Parts<'_>,
    output: &Output,
    theirs: &Descendant<'_, '_>,
    ours: &Descendant<'_, '_>,
) -> Option<u32> {
    let was_even = |table: u32| {
        [theirs, ours].iter().all(|version| {
            version.find(table).is_some_and(|place| !is_ragged(version.parts, place))
        })
    };
    output.written.iter().zip(0..).find_map(|(written, part)| match written.key {
        Key::Base(table)
            if read.part(part).kind == PartKind::Table
                && is_ragged(read, part)
                && was_even(table) =>
        {
            Some(table)
        }
        _ => None,
    })
}

/// Where a link begins inside another one.
fn nested_link(tree: &Tree<'_>) -> Option<u32> {
    let mut link_end = 0;
    let links = tree.nodes.iter().filter(|node| node.element.is_link());
    for link in links {
        if link.start < link_end {
            return Some(link.start);
        }
        link_end = link.end;
    }
    None
}

/// Where a task begins that has the id of an earlier one: by its id people tick it off.
fn repeated_task(tree: &Tree<'_>) -> Option<u32> {
    let mut known = HashSet::new();
    let is_id = |element| element == Element::TaskId;
    let mut ids = tree.nodes.iter().filter(|node| is_id(node.element));
    ids.find(|id| !known.insert(tree.text(id.inner()).trim())).map(|id| id.start)
}
