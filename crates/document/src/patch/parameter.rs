//! Parameters of macros, as the tags and heads of the view name them.

use super::{
    atom::attributes,
    edit::{Edit, shrink},
    line::{Refusal, refuse},
    page::Page,
    spell::{Encoding, Spelling},
};
use crate::{
    element::Element,
    scan::{Node, Tree},
};

/// The edits of the macro at `place` that turn the parameters of its tag `before` into those of
/// `after`.
pub(super) fn edits(
    page: &Page<'_>,
    place: u32,
    before: &str,
    after: &str,
) -> Result<Vec<Edit>, Refusal> {
    if before.split(' ').next() != after.split(' ').next() {
        return refuse(before, "it cannot become something else");
    }
    between(page, place, before, &attributes(before), &attributes(after))
}

/// The edits of the element at `place` that a token without text stands for.
pub(super) fn token_edits(
    page: &Page<'_>,
    place: u32,
    before: &str,
    after: &str,
) -> Result<Vec<Edit>, Refusal> {
    let Some(node) = page.node(place) else { return refuse(before, "it stays as it is") };
    match node.element {
        Element::Macro | Element::AdfNode => edits(page, place, before, after),
        Element::AdfExtension => match page.tree.child(place, Element::AdfNode) {
            Some((inside, _)) => edits(page, inside, before, after),
            None => refuse(before, "it stays as it is"),
        },
        Element::Time => {
            let names = ["datetime", "ac:datetime"];
            let value = names.iter().find_map(|name| page.tree.attribute(&node, name));
            let date = after.trim_start_matches("<time>").trim_end_matches("</time>");
            let is_day = date.len() == 10 && date.parse::<jiff::civil::Date>().is_ok();
            match value.filter(|_| is_day) {
                Some(value) => Ok(vec![Edit::new(value, date)]),
                None => refuse(before, "a date is written as 2024-05-01"),
            }
        }
        Element::Image => alternative(page, &node, before, after),
        _ => refuse(before, "it stays as it is"),
    }
}

/// The text that stands for an image.
fn alternative(
    page: &Page<'_>,
    node: &Node,
    before: &str,
    after: &str,
) -> Result<Vec<Edit>, Refusal> {
    let parts = |token: &str| -> Option<(String, String)> {
        let (text, destination) = token.strip_prefix("![")?.split_once("](")?;
        Some((unescaped(text), destination.to_owned()))
    };
    let (Some((_, from)), Some((text, to))) = (parts(before), parts(after)) else {
        return refuse(before, "it stays as it is");
    };
    if from != to {
        return refuse(before, "the file of an image stays");
    }
    let mut value = String::new();
    Spelling::default().attribute(&text, &mut value);
    let names = ["ac:alt", "ac:title"];
    Ok(vec![match names.iter().find_map(|name| page.tree.attribute(node, name)) {
        Some(range) => shrink(page.storage(), &Edit::new(range, value)),
        None => {
            let at = node.start as usize + "<ac:image".len();
            Edit::new(at..at, format!(" ac:alt=\"{value}\""))
        }
    }])
}

/// Markdown text without its backslashes.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        let escapes = character == '\\' && rest.peek().is_some_and(char::is_ascii_punctuation);
        out.extend(if escapes { rest.next() } else { Some(character) });
    }
    out
}

pub(super) type Values = [(String, String)];

/// The same for parameters that have been read; `shown` names the macro where it is refused.
pub(super) fn between(
    page: &Page<'_>,
    place: u32,
    shown: &str,
    before: &Values,
    after: &Values,
) -> Result<Vec<Edit>, Refusal> {
    let mut edits = Vec::new();
    let value = |values: &Values, wanted: &str| {
        values.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone())
    };
    for (name, old) in before {
        match value(after, name) {
            Some(new) if new == *old => {}
            new => edits.push(change(page, place, shown, name, new.as_deref())?),
        }
    }
    for (name, new) in after {
        if value(before, name).is_none() {
            edits.push(add(page, place, shown, name, new)?);
        }
    }
    Ok(edits)
}

fn change(
    page: &Page<'_>,
    place: u32,
    shown: &str,
    name: &str,
    value: Option<&str>,
) -> Result<Edit, Refusal> {
    let found = page.tree.children(place).find(|(_, child)| is_named(page.tree, child, name));
    let Some((parameter, node)) = found else {
        return refuse(shown, "this parameter cannot be changed in the view");
    };
    let Some(value) = value else { return Ok(Edit::new(node.outer(), "")) };
    let inside = page.tree.descendants(parameter);
    let encoding = match inside {
        [] => Encoding::Text,
        [text] if text.element == Element::Text => Encoding::Text,
        [data] if data.element == Element::CharacterData => Encoding::CharacterData,
        _ => return refuse(shown, "a parameter that points at a page, a file or a person stays"),
    };
    let target = inside.first().map_or(node.inner(), Node::inner);
    let spelling = Spelling::of(page.tree.text(node.inner()));
    let mut text = String::new();
    spelling.text(value, encoding, &mut text);
    Ok(shrink(page.storage(), &Edit::new(target, text)))
}

fn is_named(tree: &Tree<'_>, node: &Node, name: &str) -> bool {
    let own = match node.element {
        Element::Parameter => tree.attribute_text(node, "ac:name").unwrap_or_default(),
        Element::AdfAttribute => tree.attribute_text(node, "key").unwrap_or_default(),
        _ => return false,
    };
    own == name || own.is_empty() && matches!(name, "_" | "language")
}

fn add(page: &Page<'_>, place: u32, shown: &str, name: &str, value: &str) -> Result<Edit, Refusal> {
    let node = page.node(place).filter(|node| node.element == Element::Macro);
    let Some(node) = node else { return refuse(shown, "it takes no new parameter") };
    if node.inner_start == node.end {
        return refuse(shown, "it takes no new parameter, as it has none");
    }
    let own = if name == "_" { "" } else { name };
    let fits = |character: char| character.is_alphanumeric() || "_.:-".contains(character);
    if !own.chars().all(fits) {
        return refuse(shown, "this is no name of a parameter");
    }
    let mut text = format!("<ac:parameter ac:name=\"{own}\">");
    Spelling::default().text(value, Encoding::Text, &mut text);
    text.push_str("</ac:parameter>");
    let last = page.tree.children(place).filter(|(_, child)| child.element == Element::Parameter);
    let at = last.last().map_or(node.inner_start, |(_, last)| last.end) as usize;
    Ok(Edit::new(at..at, text))
}
