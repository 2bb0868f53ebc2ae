//! The result is read again before anybody gets it.

use std::collections::{HashMap, HashSet};

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
        let at = |faults: for<'a, 't> fn(&'a Tree<'t>) -> Vec<Fault<'t>>| {
            let found = faults(&tree);
            // A version that has some of old keeps them, and the result adds none.
            if found.is_empty() {
                return None;
            }
            let [theirs, ours] = [theirs, ours].map(|version| Tree::scan(version.parts.source));
            let [theirs, ours] = [&theirs, &ours].map(|tree| counts(&faults(tree)));
            let before = |name: &str| {
                let count = |counts: &HashMap<&str, usize>| counts.get(name).copied();
                count(&theirs).max(count(&ours)).unwrap_or_default()
            };
            let mut now: HashMap<&str, usize> = HashMap::new();
            let new = found.iter().find(|fault| {
                let count = now.entry(fault.name).or_default();
                *count += 1;
                *count > before(fault.name)
            })?;
            Some(part_around(&read, output, new.at))
        };
        ragged.or_else(|| at(nested_links)).or_else(|| at(repeated_tasks))?
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

/// Something that no editor would leave on a page.
struct Fault<'t> {
    /// The same for faults that are one in several versions.
    name: &'t str,
    /// Where it begins.
    at: u32,
}

fn counts<'t>(faults: &[Fault<'t>]) -> HashMap<&'t str, usize> {
    let mut counts = HashMap::new();
    for fault in faults {
        *counts.entry(fault.name).or_default() += 1;
    }
    counts
}

/// Links that begin inside another one.
fn nested_links<'t>(tree: &Tree<'t>) -> Vec<Fault<'t>> {
    let mut link_end = 0;
    let mut nested = Vec::new();
    for link in tree.nodes.iter().filter(|node| node.element.is_link()) {
        if link.start < link_end {
            nested.push(Fault { name: "", at: link.start });
        }
        link_end = link_end.max(link.end);
    }
    nested
}

/// Tasks that have the id of an earlier one: by its id people tick it off.
fn repeated_tasks<'t>(tree: &Tree<'t>) -> Vec<Fault<'t>> {
    let mut known = HashSet::new();
    let ids = tree.nodes.iter().filter(|node| node.element == Element::TaskId);
    let ids = ids.map(|id| Fault { name: tree.text(id.inner()).trim(), at: id.start });
    ids.filter(|id| !known.insert(id.name)).collect()
}
