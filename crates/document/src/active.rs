//! What on a page runs scripts, or markup that may hold them.

use std::ops::Range;

use crate::{
    element::Element,
    entity,
    scan::{Node, Tree, offset},
    write::runs_script,
};

/// Macros whose body or file is HTML, a script or wiki markup; of Confluence and of the apps that most
/// sites have.
const MACROS: [&str; 17] = [
    "beanshell",
    "cli",
    "css",
    "groovy",
    "html",
    "html-bobswift",
    "html-include",
    "html-include-bobswift",
    "html-wrap",
    "javascript",
    "jython",
    "script",
    "scriptrunner",
    "style",
    "unmigrated-inline-wiki-markup",
    "unmigrated-wiki-markup",
    "user-macro",
];

/// Attributes that a browser takes an address from.
const ADDRESSES: [&str; 9] = [
    "action",
    "background",
    "data",
    "formaction",
    "href",
    "poster",
    "ri:value",
    "src",
    "xlink:href",
];

/// Parameters that hold words for people.
const WORDS: [&str; 8] =
    ["alt", "caption", "description", "heading", "label", "name", "text", "title"];

/// Something that runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Active<'s> {
    /// Where it begins.
    pub(crate) at: u32,
    /// All of it: two of the same text do the same.
    pub(crate) text: &'s str,
}

/// What runs of the elements that touch `within`.
pub(crate) fn active<'s>(tree: &Tree<'s>, within: &Range<u32>) -> Vec<Active<'s>> {
    let nodes = tree.nodes.iter().zip(0_u32..);
    let touching = nodes.filter(|(node, _)| node.start <= within.end && node.end >= within.start);
    touching.filter_map(|(node, place)| of(tree, place, node)).collect()
}

/// All of a page.
pub(crate) fn all_active<'s>(tree: &Tree<'s>) -> Vec<Active<'s>> {
    active(tree, &(0..offset(tree.source.len())))
}

fn of<'s>(tree: &Tree<'s>, place: u32, node: &Node) -> Option<Active<'s>> {
    let text = match node.element {
        Element::Text | Element::CharacterData => return None,
        Element::Macro => {
            let name = entity::decoded(tree.attribute_text(node, "ac:name")?);
            let runs = MACROS.iter().any(|known| name.trim().eq_ignore_ascii_case(known));
            runs.then(|| tree.text(node.outer()))?
        }
        Element::Parameter | Element::AdfAttribute => {
            let name = ["ac:name", "key"].iter().find_map(|it| tree.attribute_text(node, it));
            let value = tree.words(place);
            let is_words = name.is_some_and(|name| WORDS.contains(&name));
            // Words may begin with `Data:`, too.
            let is_data =
                value.trim_start().get(..5).is_some_and(|it| it.eq_ignore_ascii_case("data:"));
            let runs = !is_words && runs_script(&value) && (!is_data || value.contains(','));
            runs.then(|| tree.text(node.outer()))?
        }
        _ => {
            let mut attributes = tree.attributes(node);
            let (_, value) = attributes.find(|(name, value)| {
                let local = name.rsplit(':').next().unwrap_or_default();
                let is_event = local.len() > 2 && local.starts_with("on");
                let address = || entity::decoded(tree.text(value.clone()));
                is_event || ADDRESSES.contains(name) && runs_script(&address())
            })?;
            tree.text(value)
        }
    };
    Some(Active { at: node.start, text })
}
