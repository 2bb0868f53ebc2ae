//! The second copy of an ADF extension's content, which old readers see.

use super::{edit::Edit, page::Page};
use crate::{element::Element, scan::Node};

/// Adds to `edits` what keeps the fallbacks of extensions true: the same edits where a fallback
/// holds the same bytes, else its removal, as Confluence makes it anew.
pub(super) fn follow(page: &Page<'_>, edits: &mut Vec<Edit>) {
    let mut extensions: Vec<u32> =
        edits.iter().filter_map(|edit| extension_around(page, edit)).collect();
    extensions.sort_unstable();
    extensions.dedup();
    for extension in extensions {
        let Some((place, fallback)) = page.tree.child(extension, Element::AdfFallback) else {
            continue;
        };
        if page.tree.shown_fallback(extension) == Some(place) {
            continue;
        }
        let Some(node) = page.node(extension) else { continue };
        let inside: Vec<Edit> = edits
            .iter()
            .filter(|edit| {
                node.start as usize <= edit.source.start && edit.source.end <= node.end as usize
            })
            .cloned()
            .collect();
        match mirrored(page, extension, &fallback, &inside) {
            Some(same) => edits.extend(same),
            None => edits.push(Edit::new(fallback.outer(), "")),
        }
    }
}

/// The outermost extension that an edit changes without replacing it.
fn extension_around(page: &Page<'_>, edit: &Edit) -> Option<u32> {
    let inner = page.node_at(edit.source.start)?;
    page.ancestors(inner)
        .filter(|(_, node)| {
            let inside =
                (node.start as usize) < edit.source.start && edit.source.end < node.end as usize;
            node.element == Element::AdfExtension && inside
        })
        .last()
        .map(|(place, _)| place)
}

fn mirrored(page: &Page<'_>, extension: u32, fallback: &Node, edits: &[Edit]) -> Option<Vec<Edit>> {
    let (node, _) = page.tree.child(extension, Element::AdfNode)?;
    let (_, content) = page.tree.child(node, Element::AdfContent)?;
    let range = content.inner();
    let copy = page.tree.text(fallback.inner());
    let text = page.tree.text(range.clone());
    let mut found = copy.match_indices(text);
    let (at, _) = found.next().filter(|_| !text.is_empty())?;
    if found.next().is_some() {
        return None;
    }
    let shift = fallback.inner_start as usize + at;
    edits
        .iter()
        .map(|edit| {
            let from = edit.source.start.checked_sub(range.start)?;
            let fits = edit.source.end <= range.end;
            fits.then(|| {
                Edit::new(shift + from..shift + from + edit.source.len(), edit.text.clone())
            })
        })
        .collect()
}
