//! What tokens hold, as numbers that are equal where a reader would take one for a copy of the other:
//! white space, the order of parameters, and what the view does not show make no difference.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::{
    element::Element,
    entity,
    render::HIDDEN_PARAMETERS,
    scan::{Node, Tree},
};

/// An odd number, so that there is one that undoes it.
const BASE: u64 = 0x9E37_79B9_7F4A_7C15;

/// The words of a page in a form that gives the number of any element at once, however deep elements
/// lie in each other.
pub(super) struct Contents<'t, 's> {
    tree: &'t Tree<'s>,
    /// Of the letters before each node, and one for the end.
    sums: Vec<Sum>,
}

/// Letters as digits of a number, the first the lowest.
#[derive(Clone, Copy)]
struct Sum {
    number: u64,
    /// What the next digit counts.
    power: u64,
    /// `power * inverse == 1`.
    inverse: u64,
}

impl Sum {
    fn push(&mut self, text: &str) {
        for character in text.chars().filter(|character| character.is_alphanumeric()) {
            let digit = u64::from(u32::from(character));
            self.number = self.number.wrapping_add(digit.wrapping_mul(self.power));
            self.power = self.power.wrapping_mul(BASE);
            self.inverse = self.inverse.wrapping_mul(INVERSE);
        }
    }
}

const INVERSE: u64 = inverse(BASE);

/// By Newton's method modulo 2^64: each step doubles the bits that are right, from three on.
const fn inverse(odd: u64) -> u64 {
    let mut inverse = odd;
    let mut right = 3;
    while right < 64 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse)));
        right *= 2;
    }
    inverse
}

impl<'t, 's> Contents<'t, 's> {
    pub(super) fn of(tree: &'t Tree<'s>) -> Self {
        let mut sums = Vec::with_capacity(tree.nodes.len() + 1);
        let mut sum = Sum { number: 0, power: 1, inverse: 1 };
        let mut shown_fallback = None;
        let mut at = 0;
        while let Some(node) = tree.nodes.get(at as usize) {
            sums.resize(at as usize + 1, sum);
            at += 1;
            match node.element {
                Element::Text => sum.push(&entity::decoded(tree.text(node.inner()))),
                Element::CharacterData => sum.push(tree.text(node.inner())),
                // Where it has no emoji, the view shows its name, and that is written as text.
                Element::Emoticon => {
                    sum.push(tree.attribute_text(node, "ac:emoji-fallback").unwrap_or_default());
                }
                // Without a label, a link shows what it points at, which then is written as its label.
                Element::Link if tree.child(at - 1, Element::LinkBody).is_none() => {
                    for (_, resource) in tree.children(at - 1) {
                        let names = ["ri:content-title", "ri:filename", "ri:value"];
                        let name = names.iter().find_map(|it| tree.attribute_text(&resource, it));
                        sum.push(&entity::decoded(name.unwrap_or_default()));
                    }
                }
                Element::AdfExtension => shown_fallback = tree.shown_fallback(at - 1),
                Element::Parameter
                | Element::AdfAttribute
                | Element::TaskId
                | Element::TaskUuid
                | Element::TaskStatus => at = node.next,
                Element::AdfFallback if shown_fallback != Some(at - 1) => at = node.next,
                _ => {}
            }
        }
        sums.resize(tree.nodes.len() + 1, sum);
        Self { tree, sums }
    }

    /// Of the words in the element at `place` and of its parameters; of a date, which day it is.
    pub(super) fn number(&self, place: u32) -> u64 {
        self.words(place)
            .wrapping_add(parameters(self.tree, place))
            .wrapping_add(day(self.tree, place))
    }

    /// Of the words alone.
    fn words(&self, place: u32) -> u64 {
        let next = self.tree.nodes.get(place as usize).map_or(place, |node| node.next);
        self.between(place, next)
    }

    /// Of the words from the node `from` to the node `to`; 0 where there are none.
    pub(super) fn between(&self, from: u32, to: u32) -> u64 {
        match (self.sums.get(from as usize), self.sums.get(to as usize)) {
            (Some(before), Some(after)) => {
                after.number.wrapping_sub(before.number).wrapping_mul(before.inverse)
            }
            _ => 0,
        }
    }
}

fn day(tree: &Tree<'_>, place: u32) -> u64 {
    let time = tree.nodes.get(place as usize).filter(|node| node.element == Element::Time);
    let names = ["datetime", "ac:datetime"];
    let day = time.and_then(|time| names.iter().find_map(|name| tree.attribute_text(time, name)));
    day.map_or(0, |day| hashed(&day.trim()))
}

/// Of the parameters of a macro, and of the attributes of an ADF node, of which those without others
/// inside have the values.
fn parameters(tree: &Tree<'_>, place: u32) -> u64 {
    let Some(&around) = tree.nodes.get(place as usize) else { return 0 };
    let mut sum = 0_u64;
    for (child, node) in tree.children(place) {
        let name = match node.element {
            Element::Parameter => "ac:name",
            Element::AdfAttribute => "key",
            _ => continue,
        };
        for (at, inside) in
            (child..node.next).zip(tree.nodes.get(child as usize..).unwrap_or_default())
        {
            let is_leaf = inside.element == node.element && tree.child(at, node.element).is_none();
            let name = tree.attribute_text(inside, name).unwrap_or_default();
            // The language of code, as old pages have it.
            let is_code =
                name.is_empty() && tree.attribute_text(&around, "ac:name") == Some("code");
            let name = if is_code { "language" } else { name };
            if is_leaf && !HIDDEN_PARAMETERS.contains(&name) && !tree.is_blank(inside) {
                sum = sum.wrapping_add(hashed(&(name, value(tree, at, inside))));
            }
        }
    }
    sum
}

/// Of the text of a parameter and of what it points at, which may be written as either.
fn value(tree: &Tree<'_>, place: u32, parameter: &Node) -> u64 {
    let mut sum = 0_u64;
    let mut add = |text: &str| {
        if !text.trim().is_empty() {
            sum = sum.wrapping_add(hashed(&text.trim()));
        }
    };
    let mut at = place + 1;
    while let Some(node) = tree.nodes.get(at as usize).filter(|_| at < parameter.next) {
        at += 1;
        match node.element {
            Element::Text => add(&entity::decoded(tree.text(node.inner()))),
            Element::CharacterData => add(tree.text(node.inner())),
            Element::LinkBody => at = node.next,
            element if element.is_resource() => {
                for (name, value) in tree.attributes(node) {
                    if name.starts_with("ri:") && name != "ri:version-at-save" {
                        add(&entity::decoded(tree.text(value)));
                    }
                }
            }
            _ => {}
        }
    }
    sum
}

fn hashed(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
