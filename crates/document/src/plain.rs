//! The words of a page and nothing else.

use crate::{
    element::Element,
    entity,
    scan::{Node, Tree},
    view::LONGEST_BODY,
};

/// Text with its white space collapsed as a reader of storage format does; `after_space` says whether
/// what stands before it ends in a space.
pub(crate) fn collapsed(text: &str, mut after_space: bool) -> String {
    let mut words = String::with_capacity(text.len());
    for character in text.chars() {
        let space = character.is_ascii_whitespace();
        if !space {
            words.push(character);
        } else if !after_space {
            words.push(' ');
        }
        after_space = space;
    }
    words
}

/// The words of a body in storage format for an index of plain text: text, code, the titles of
/// macros and of links without a label, dates; a line for each block, no markup. Macro parameters
/// other than titles are left out, and all that follows the first 32 MiB.
#[must_use]
pub fn plain_text(storage: &str) -> String {
    let read = storage.floor_char_boundary(LONGEST_BODY.min(storage.len()));
    let tree = Tree::scan(&storage[..read]);
    let mut words = Words {
        out: String::with_capacity(storage.len() / 2),
        gap: None,
        open: Vec::new(),
        shown_fallback: None,
    };
    let mut at = 0;
    while let Some(node) = tree.nodes.get(at as usize) {
        words.leave(at);
        at = words.show(&tree, at, node);
    }
    words.out
}

struct Words {
    out: String,
    /// What is due before the next word.
    gap: Option<char>,
    /// Where the blocks around end.
    open: Vec<u32>,
    shown_fallback: Option<u32>,
}

impl Words {
    fn show(&mut self, tree: &Tree<'_>, at: u32, node: &Node) -> u32 {
        match node.element {
            Element::Text => self.push(&entity::decoded(tree.text(node.inner()))),
            Element::CharacterData => self.push(tree.text(node.inner())),
            Element::Break => self.gap = Some('\n'),
            Element::Parameter => {
                if tree.attribute_text(node, "ac:name") != Some("title") {
                    return node.next;
                }
                self.separate(' ');
            }
            Element::Time => self.push_attribute(tree, node, &["datetime", "ac:datetime"]),
            Element::Link if tree.child(at, Element::LinkBody).is_none() => {
                for (_, resource) in tree.children(at) {
                    let names = ["ri:content-title", "ri:filename", "ri:username"];
                    self.push_attribute(tree, &resource, &names);
                }
                return node.next;
            }
            Element::TaskId | Element::TaskUuid | Element::TaskStatus | Element::AdfAttribute => {
                return node.next;
            }
            Element::AdfExtension => self.shown_fallback = tree.shown_fallback(at),
            Element::AdfFallback if self.shown_fallback != Some(at) => return node.next,
            element if element.is_block() => {
                self.separate('\n');
                self.open.push(node.next);
            }
            _ => {}
        }
        at + 1
    }

    fn leave(&mut self, at: u32) {
        while self.open.pop_if(|end| at >= *end).is_some() {
            self.separate('\n');
        }
    }

    fn separate(&mut self, gap: char) {
        if self.gap != Some('\n') {
            self.gap = Some(gap);
        }
    }

    fn push_attribute(&mut self, tree: &Tree<'_>, node: &Node, names: &[&str]) {
        if let Some(value) = names.iter().find_map(|name| tree.attribute_text(node, name)) {
            self.push(&entity::decoded(value));
        }
    }

    fn push(&mut self, text: &str) {
        if text.starts_with(char::is_whitespace) {
            self.separate(' ');
        }
        for word in text.split_whitespace() {
            if let Some(gap) = self.gap.replace(' ').filter(|_| !self.out.is_empty()) {
                self.out.push(gap);
            }
            self.out.push_str(word);
        }
        if !text.is_empty() && !text.ends_with(char::is_whitespace) {
            self.gap = None;
        }
    }
}
