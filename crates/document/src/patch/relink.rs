//! Links to pages: another page for the same label, another label for a link that has none of its own.

use std::ops::Range;

use super::{
    atom::{Line, Mark, MarkKind, Span},
    compare::Hunk,
    edit::{Edit, shrink},
    line::LineEdit,
    script::Item,
};
use crate::{
    element::Element,
    scan::{Node, Tree},
};

/// A link without a body, which the view shows by the title of its page.
pub(super) struct Relinked {
    /// The atoms that it showed, which are a hunk now.
    pub(super) old: Range<usize>,
    /// What makes it show the others.
    pub(super) edit: Edit,
}

impl LineEdit<'_> {
    /// Another page for the link at `place`: what names the page is exchanged, and the label stays
    /// with all other attributes. `None` for links to anything else.
    pub(super) fn retarget(&self, place: u32, before: &str, now: &str) -> Option<Edit> {
        let is_page = |detail: &str| detail.starts_with("wiki:") && !detail.contains(['#', '"']);
        if !is_page(before) || !is_page(now) {
            return None;
        }
        let (open, _) = (self.link)(now)?;
        let resource = open.strip_prefix("<ac:link>")?.strip_suffix("<ac:link-body>")?;
        let (_, old) = self.page.tree.child(place, Element::Page)?;
        Some(shrink(self.page.storage(), &Edit::new(old.outer(), resource)))
    }

    /// The links without a body that have another label or page after the edit; each becomes a hunk
    /// of its own.
    pub(super) fn relinked(&self, hunks: &mut Vec<Hunk>) -> Vec<Relinked> {
        let mut found = Vec::new();
        for item in &self.script.items {
            let Some(node) = self.bodyless_link(item) else { continue };
            let Some((edit, changed)) = self.relink(item, &node, hunks) else { continue };
            *hunks = changed;
            found.push(Relinked { old: item.atoms.clone(), edit });
        }
        found
    }

    /// The link of which `item` is the page and the label.
    fn bodyless_link(&self, item: &Item) -> Option<Node> {
        let start = u32::try_from(item.source.start).ok().filter(|_| !item.atoms.is_empty())?;
        let page = self.page.element_starting(start)?;
        let named = self.page.node(page)?;
        let place = self.page.parent(page)?;
        let link = self.page.node(place)?;
        let whole = named.element == Element::Page
            && named.outer() == item.source
            && link.element == Element::Link
            && self.page.tree.child(place, Element::LinkBody).is_none();
        whole.then_some(link)
    }

    /// The edit of a link and the hunks with its own among them; `None` when it stays or goes.
    fn relink(&self, item: &Item, node: &Node, hunks: &[Hunk]) -> Option<(Edit, Vec<Hunk>)> {
        let old = item.atoms.clone();
        let around = around(&old, (self.old, self.new), hunks);
        let mut spans = self.new.spans.iter().filter(|span| {
            span.kind == MarkKind::Link
                && around.new.start <= span.atoms.start
                && span.atoms.end <= around.new.end
        });
        let span = spans.next().filter(|_| spans.next().is_none())?;
        let (outer, before) = link_of(self.old, old.start)?;
        let (new_outer, now) = link_of(self.new, span.atoms.start)?;
        let same = outer == new_outer && before == now && self.says_the_same(&old, span);
        if same || outer != new_outer {
            return None;
        }
        let storage = (self.token)(self.text.get(span.view.clone())?)?;
        let content = storage.strip_prefix("<ac:link>")?.strip_suffix("</ac:link>")?;
        let (resource, body) = content.split_at(content.find("/>")? + "/>".len());
        if !resource.starts_with("<ri:page ") {
            return None;
        }
        let end = node.inner_end as usize;
        let edit = if before == now {
            Edit::new(end..end, body)
        } else {
            Edit::new(node.inner(), content)
        };
        Some((edit, with_own(hunks, &around, Hunk { old, new: span.atoms.clone() })))
    }

    fn says_the_same(&self, old: &Range<usize>, span: &Span) -> bool {
        let units = |line: &Line, atoms: &Range<usize>| -> Vec<_> {
            let atoms = line.atoms.get(atoms.clone()).unwrap_or_default().iter();
            atoms.map(|atom| (atom.unit, line.marks(atom).to_vec())).collect()
        };
        units(self.old, old) == units(self.new, &span.atoms)
    }
}

/// Another address for the `a` at `node`. What Confluence noted of the resource that the old one led
/// to goes with it.
pub(super) fn readdress(
    tree: &Tree<'_>,
    node: &Node,
    href: Range<usize>,
    value: String,
) -> Vec<Edit> {
    let mut edits = vec![shrink(tree.source, &Edit::new(href, value))];
    let notes = tree.attributes(node).filter(|(name, _)| name.starts_with("data-linked-resource-"));
    for (name, value) in notes {
        let tag = tree.text(node.start as usize..value.start);
        let Some(before) = tag.rfind(name).and_then(|at| tag.get(..at)) else { continue };
        let start = node.start as usize + before.trim_ascii_end().len();
        let quoted = tree.source.as_bytes().get(value.end).is_some_and(|it| b"\"'".contains(it));
        edits.push(Edit::new(start..value.end + usize::from(quoted), ""));
    }
    edits
}

/// The marks around the link of an atom, and where that leads.
fn link_of(line: &Line, at: usize) -> Option<(&[Mark], &Mark)> {
    let marks = line.marks(line.atoms.get(at)?);
    let link = marks.iter().position(|mark| mark.kind == MarkKind::Link)?;
    Some((marks.get(..link)?, marks.get(link)?))
}

/// What lies between the atom that stays before `link` and the one that stays after it.
fn around(link: &Range<usize>, (old, new): (&Line, &Line), hunks: &[Hunk]) -> Hunk {
    let mut around = Hunk { old: link.clone(), new: 0..0 };
    let mut shift = Shift::default();
    let mut start = None;
    for hunk in hunks {
        if hunk.old.end < link.start {
            shift.pass(hunk);
            continue;
        }
        if hunk.old.start > link.end {
            break;
        }
        // One that ends at the link, or is at its start or end, may be about its label.
        if start.is_none() && hunk.old.start < link.start {
            around.old.start = hunk.old.start;
        }
        start.get_or_insert_with(|| shift.of(around.old.start));
        shift.pass(hunk);
        around.old.end = around.old.end.max(hunk.old.end);
    }
    around.old.end = around.old.end.min(old.atoms.len());
    let start = start.unwrap_or_else(|| shift.of(around.old.start));
    around.new = start..shift.of(around.old.end).min(new.atoms.len());
    around
}

/// How far behind hunks an atom that stays has moved.
#[derive(Default)]
struct Shift {
    old: usize,
    new: usize,
}

impl Shift {
    fn pass(&mut self, hunk: &Hunk) {
        (self.old, self.new) = (hunk.old.end, hunk.new.end);
    }

    fn of(&self, at: usize) -> usize {
        at + self.new - self.old
    }
}

/// `hunks` with those in `around` replaced by `own` and what stands beside it there.
fn with_own(hunks: &[Hunk], around: &Hunk, own: Hunk) -> Vec<Hunk> {
    let before =
        Hunk { old: around.old.start..own.old.start, new: around.new.start..own.new.start };
    let after = Hunk { old: own.old.end..around.old.end, new: own.new.end..around.new.end };
    let outside = |hunk: &&Hunk| hunk.old.end < around.old.start || hunk.old.start > around.old.end;
    let mut all: Vec<Hunk> = hunks.iter().filter(outside).cloned().collect();
    all.extend(
        [before, own, after].into_iter().filter(|it| !(it.old.is_empty() && it.new.is_empty())),
    );
    all.sort_by_key(|hunk| (hunk.old.start, hunk.new.start));
    all
}
