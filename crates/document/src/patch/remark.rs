//! Comments and processing instructions of the source, which no view shows.

use std::{collections::HashMap, ops::Range};

use memchr::memmem;

use super::{
    edit::{ChangedRange, wide},
    page::Page,
};
use crate::{element::Element, scan::Tree};

/// One that the edit would delete, though the block around it stays: nobody asked for that.
pub(super) fn lost<'p>(
    page: &Page<'p>,
    after: &Tree<'_>,
    changed: &[ChangedRange],
) -> Option<&'p str> {
    let before = remarks(page.tree);
    if before.is_empty() {
        return None;
    }
    let mut kept: HashMap<&str, usize> = HashMap::new();
    for remark in remarks(after) {
        *kept.entry(after.text(remark)).or_default() += 1;
    }
    let lost = before.into_iter().find(|remark| {
        match kept.get_mut(page.tree.text(remark.clone())).filter(|count| **count > 0) {
            Some(count) => {
                *count -= 1;
                false
            }
            None => !goes_with_its_block(page, remark, changed),
        }
    });
    lost.map(|remark| page.tree.text(remark))
}

fn goes_with_its_block(page: &Page<'_>, remark: &Range<usize>, changed: &[ChangedRange]) -> bool {
    let at = changed.partition_point(|range| wide(&range.original).start <= remark.start);
    let Some(range) = at.checked_sub(1).and_then(|at| changed.get(at)) else { return false };
    let gone = wide(&range.original);
    let around = page.node_at(remark.start).into_iter().flat_map(|place| page.ancestors(place));
    let block = around
        .map(|(_, node)| node)
        .find(|node| node.element.is_block() && node.outer().contains(&remark.start));
    block.is_some_and(|block| gone.start <= block.outer().start && block.outer().end <= gone.end)
}

fn remarks(tree: &Tree<'_>) -> Vec<Range<usize>> {
    let mut found = all(tree.source, "<!--", "-->");
    found.extend(all(tree.source, "<?", "?>"));
    found.sort_by_key(|remark| remark.start);
    let mut end = 0;
    found.retain(|remark| {
        let outermost = remark.start >= end;
        end = if outermost { remark.end } else { end };
        outermost && !is_data(tree, remark.start)
    });
    found
}

fn all(source: &str, start: &str, end: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = source.get(at..)
        && let Some(before) = memmem::find(rest.as_bytes(), start.as_bytes())
        && let Some(length) = memmem::find(&rest.as_bytes()[before..], end.as_bytes())
    {
        found.push(at + before..at + before + length + end.len());
        at += before + length + end.len();
    }
    found
}

fn is_data(tree: &Tree<'_>, at: usize) -> bool {
    let after = tree.nodes.partition_point(|node| node.start as usize <= at);
    let node = after.checked_sub(1).and_then(|last| tree.nodes.get(last));
    node.is_some_and(|it| it.element == Element::CharacterData && it.outer().contains(&at))
}
