//! What a page holds and the view does not show stays with the words that it was with.
//!
//! Ids of tasks and items, attributes of paragraphs, links, emoji and images, hidden parameters of
//! macros, colours of spans: an edit that takes what they belong to away may take them along. But
//! while the edited page says the same as before, it must say it with them, and not with those of
//! something else that is still there.

use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use super::{content::Contents, edit::ChangedRange, token};
use crate::{
    element::Element,
    entity,
    render::HIDDEN_PARAMETERS,
    scan::{Node, Tree, offset},
};

/// An element, by what is shown of it and what is not.
struct Carrier {
    /// In the tree.
    place: u32,
    /// The same for what reads the same.
    shown: u64,
    /// [`NOTHING`] where all is shown.
    hidden: u64,
}

const NOTHING: u64 = 0;

/// Attributes that say which element this is, and nothing of what it is.
const IDS: [&str; 3] = ["local-id", "ac:local-id", "ac:macro-id"];

/// The first element of `before` that `after` still shows and has no longer all of; the two are the
/// same bytes outside of `changed`. Tokens that `may_go` allows are not looked at.
pub(super) fn first_lost(
    before: &Tree<'_>,
    after: &Tree<'_>,
    changed: &[ChangedRange],
    may_go: impl Fn(&token::Token) -> bool,
) -> Option<u32> {
    let (first, last) = (changed.first()?, changed.last()?);
    // What is around words alone keeps its tags, and is one of each kind.
    if is_text(before, first.original.start, last.original.end)
        && is_text(after, first.result.start, last.result.end)
    {
        return None;
    }
    let (old, new) = (carriers(before), carriers(after));
    let goes = |carrier: &&Carrier| {
        let node = before.nodes.get(carrier.place as usize);
        let token = node.and_then(|node| token::token(before, carrier.place, node));
        token.is_some_and(|token| may_go(&token))
    };
    let (gone, came) = (without(&old, &new), without(&new, &old));
    let mut shown_by: HashMap<u64, Vec<u64>> = HashMap::new();
    for carrier in came {
        shown_by.entry(carrier.shown).or_default().push(carrier.hidden);
    }
    // What was said with these is said no more: they may belong to what was written over it.
    let free: HashSet<u64> = gone
        .iter()
        .filter(|carrier| !shown_by.contains_key(&carrier.shown))
        .map(|carrier| carrier.hidden)
        .filter(|hidden| *hidden != NOTHING)
        .collect();
    let is_lost = |carrier: &&&Carrier| {
        let others = shown_by.get(&carrier.shown).into_iter().flatten();
        carrier.hidden != NOTHING && others.into_iter().any(|other| !free.contains(other))
    };
    gone.iter().filter(is_lost).find(|carrier| !goes(carrier)).map(|carrier| carrier.place)
}

/// Whether no element begins from `start` to `end`.
fn is_text(tree: &Tree<'_>, start: u32, end: u32) -> bool {
    let first = tree.nodes.partition_point(|node| node.start < start);
    let last = tree.nodes.partition_point(|node| node.start < end).max(first);
    let between = tree.nodes.get(first..last).unwrap_or_default();
    between.iter().all(|node| matches!(node.element, Element::Text | Element::CharacterData))
}

/// Those of `carriers` that `others` does not have, counted.
fn without<'c>(carriers: &'c [Carrier], others: &[Carrier]) -> Vec<&'c Carrier> {
    let mut counts: HashMap<(u64, u64), usize> = HashMap::new();
    for other in others {
        *counts.entry((other.shown, other.hidden)).or_insert(0) += 1;
    }
    let missing = carriers.iter().filter(|carrier| {
        match counts.get_mut(&(carrier.shown, carrier.hidden)).filter(|count| **count > 0) {
            Some(count) => {
                *count -= 1;
                false
            }
            None => true,
        }
    });
    missing.collect()
}

/// All carriers of a page. The second copy that an ADF extension keeps for old readers does not count.
fn carriers(tree: &Tree<'_>) -> Vec<Carrier> {
    let census = Census { tree, contents: Contents::of(tree), styles: styles(tree) };
    let mut carriers = Vec::new();
    let mut shown_fallback = None;
    let mut cells = 0;
    let mut at = 0;
    while let Some(node) = tree.nodes.get(at as usize) {
        match node.element {
            Element::AdfExtension => shown_fallback = tree.shown_fallback(at),
            Element::HeaderCell | Element::DataCell => cells = cells.max(node.next),
            Element::Parameter => {
                at = node.next;
                continue;
            }
            Element::AdfFallback if shown_fallback != Some(at) => {
                at = node.next;
                continue;
            }
            _ => {}
        }
        census.count(at, node, at < cells, &mut carriers);
        at += 1;
    }
    carriers
}

struct Census<'c, 's> {
    tree: &'c Tree<'s>,
    contents: Contents<'c, 's>,
    /// Of the styles before each node, and one for the end.
    styles: Vec<u64>,
}

impl Census<'_, '_> {
    fn count(&self, place: u32, node: &Node, in_cell: bool, carriers: &mut Vec<Carrier>) {
        let mut add = |shown: u64, hidden: u64| carriers.push(Carrier { place, shown, hidden });
        let words = self.contents.between(place, node.next);
        match node.element {
            // In a cell, a paragraph is that of its row and column, whatever it says.
            Element::Paragraph | Element::Heading(_) if !in_cell && words != 0 => {
                add(hashed(&("text", words)), self.attributes(node, &[]));
                add(hashed(&("styled", words)), self.styles_between(place, node.next));
            }
            Element::ListItem | Element::Task => {
                let own = self.contents.between(place, self.first_list(place, node));
                if own != 0 {
                    let task = node.element == Element::Task;
                    let ids = if task { self.task_ids(place) } else { NOTHING };
                    let hidden = self.attributes(node, &[]).wrapping_add(ids);
                    add(hashed(&("item", task, own)), hidden);
                }
            }
            Element::Strong
            | Element::Emphasis
            | Element::Strike
            | Element::Underline
            | Element::Subscript
            | Element::Superscript
            | Element::Code
                if words != 0 =>
            {
                let shown = hashed(&("mark", self.tree.name(node), words));
                add(shown, self.attributes(node, &[]));
            }
            Element::Anchor => {
                let href = self.tree.attribute_text(node, "href").map(entity::decoded);
                let shown = hashed(&("a", words, href, self.card(node)));
                add(shown, self.attributes(node, &["href"]));
            }
            Element::Link => {
                let (target, version) = self.resource(place);
                let anchor = self.tree.attribute_text(node, "ac:anchor");
                let shown = hashed(&("link", words, target, anchor, self.card(node)));
                let hidden = self.attributes(node, &["ac:anchor"]);
                add(shown, hidden.wrapping_add(version));
            }
            Element::Emoticon => {
                let names = ["ac:emoji-shortname", "ac:name"];
                let name = names.iter().find_map(|name| self.tree.attribute_text(node, name));
                add(hashed(&("emoji", name)), self.attributes(node, &[]));
            }
            Element::Time => {
                let names = ["datetime", "ac:datetime"];
                let shown = hashed(&("time", self.contents.number(place)));
                add(shown, self.attributes(node, &names));
            }
            Element::Image | Element::HtmlImage => {
                let (target, version) = self.resource(place);
                let source = self.tree.attribute_text(node, "src");
                let hidden = self.attributes(node, &["src", "alt", "ac:alt"]);
                add(hashed(&("image", target, source)), hidden.wrapping_add(version));
            }
            Element::Macro | Element::AdfNode => {
                let names = ["ac:name", "type"];
                let name = names.iter().find_map(|name| self.tree.attribute_text(node, name));
                // A status is all that it shows, and what a cell says is changed in its place.
                let ids = !in_cell && name != Some("status");
                let hidden = self.macro_details(place, node, ids);
                add(hashed(&("macro", name, self.contents.number(place))), hidden);
                add(hashed(&("macro", name)), self.macro_details(place, node, false));
            }
            _ => {}
        }
    }

    /// The first node in an item that belongs to an item below it.
    fn first_list(&self, place: u32, node: &Node) -> u32 {
        let is_list = |it: &Node| {
            matches!(it.element, Element::BulletList | Element::OrderedList | Element::TaskList)
        };
        let mut at = place + 1;
        while let Some(child) = self.tree.nodes.get(at as usize).filter(|_| at < node.next) {
            if is_list(child) {
                return at;
            }
            let inside = matches!(child.element, Element::TaskBody);
            at = if inside { at + 1 } else { child.next };
        }
        node.next
    }

    fn task_ids(&self, place: u32) -> u64 {
        let ids = self.tree.children(place).filter(|(_, it)| it.element == Element::TaskId);
        sum(ids.map(|(_, id)| hashed(&(self.tree.name(&id), self.tree.text(id.inner()).trim()))))
    }

    /// What is said by attributes other than `shown`.
    fn attributes(&self, node: &Node, shown: &[&str]) -> u64 {
        let attributes = self.tree.attributes(node).filter(|(name, _)| !shown.contains(name));
        sum(attributes.map(|(name, value)| hashed(&(name, self.tree.text(value)))))
    }

    /// How a link is drawn, where the view says it.
    fn card(&self, node: &Node) -> Option<&str> {
        let names = ["ac:card-appearance", "data-card-appearance"];
        let appearance = names.iter().find_map(|name| self.tree.attribute_text(node, name));
        appearance.filter(|appearance| *appearance != "inline")
    }

    /// What a link or an image leads to, and what of that is not shown.
    fn resource(&self, place: u32) -> (u64, u64) {
        let resources = self.tree.children(place).filter(|(_, it)| it.element.is_resource());
        let (mut target, mut hidden) = (NOTHING, NOTHING);
        for (_, resource) in resources {
            for (name, value) in self.tree.attributes(&resource) {
                let value = hashed(&(name, entity::decoded(self.tree.text(value))));
                let sum = if name == "ri:version-at-save" { &mut hidden } else { &mut target };
                *sum = sum.wrapping_add(value);
            }
        }
        (target, hidden)
    }

    fn macro_details(&self, place: u32, node: &Node, ids: bool) -> u64 {
        let is_id = |name: &str| IDS.contains(&name);
        let attributes = self.tree.attributes(node).filter(|(name, _)| {
            !matches!(*name, "ac:name" | "type" | "ac:schema-version") && (ids || !is_id(name))
        });
        let attributes =
            sum(attributes.map(|(name, value)| hashed(&(name, self.tree.text(value)))));
        let parameters = self.tree.children(place).filter_map(|(_, child)| {
            let name = match child.element {
                Element::Parameter => "ac:name",
                Element::AdfAttribute => "key",
                _ => return None,
            };
            let name = self.tree.attribute_text(&child, name)?;
            let hidden = HIDDEN_PARAMETERS.contains(&name) && (ids || !is_id(name));
            hidden.then(|| hashed(&(name, self.tree.text(child.inner()).trim())))
        });
        attributes.wrapping_add(sum(parameters))
    }

    fn styles_between(&self, from: u32, to: u32) -> u64 {
        let before = |at: u32| self.styles.get(at as usize).copied().unwrap_or_default();
        before(to).wrapping_sub(before(from))
    }
}

/// Of the elements without a look in the view, what they say of how many letters: the same when one
/// is parted in two.
fn styles(tree: &Tree<'_>) -> Vec<u64> {
    let letters = letters(tree);
    let before = |at: u32| letters.get(at as usize).copied().unwrap_or_default();
    let mut styles = Vec::with_capacity(tree.nodes.len() + 1);
    let mut all = 0_u64;
    for (place, node) in tree.nodes.iter().enumerate() {
        styles.push(all);
        if node.element == Element::Transparent {
            let attributes = tree.attributes(node);
            let style = attributes.map(|(name, value)| hashed(&(name, tree.text(value))));
            let count = before(node.next).saturating_sub(before(offset(place)));
            all = all.wrapping_add(sum(style).wrapping_mul(count));
        }
    }
    styles.push(all);
    styles
}

/// How many letters and digits stand before each node, and in all.
fn letters(tree: &Tree<'_>) -> Vec<u64> {
    let mut letters = Vec::with_capacity(tree.nodes.len() + 1);
    let mut count = 0_u64;
    for node in &tree.nodes {
        letters.push(count);
        if node.element == Element::Text {
            let text = entity::decoded(tree.text(node.inner()));
            let own = text.chars().filter(|character| character.is_alphanumeric()).count();
            count = count.saturating_add(own as u64);
        }
    }
    letters.push(count);
    letters
}

fn sum(values: impl Iterator<Item = u64>) -> u64 {
    values.fold(NOTHING, u64::wrapping_add)
}

fn hashed(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
