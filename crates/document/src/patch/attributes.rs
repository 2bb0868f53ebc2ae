//! Start tags made after others.

use crate::scan::attributes_at;

/// What says how a row or a cell looks. All else may be its own: its id, what an app knows it by.
const LOOKS: [&str; 16] = [
    "align",
    "bgcolor",
    "class",
    "colspan",
    "data-align",
    "data-cell-background",
    "data-highlight-colour",
    "data-valign",
    "dir",
    "height",
    "lang",
    "rowspan",
    "scope",
    "style",
    "valign",
    "width",
];

/// A start tag called `name` that looks like `tag`.
pub(super) fn like(tag: &str, name: &str) -> String {
    copied(tag, name, |attribute| LOOKS.contains(&attribute))
}

/// The start tag of the second part of an element, for which nothing else may be taken.
pub(super) fn without_ids(tag: &str) -> String {
    let end = tag.find(|next: char| next.is_ascii_whitespace() || matches!(next, '/' | '>'));
    let name = tag.get(1..end.unwrap_or(tag.len())).unwrap_or_default();
    copied(tag, name, |attribute| !is_id(attribute))
}

/// Whether an attribute names its element. What a link is known to lead to names another.
fn is_id(attribute: &str) -> bool {
    let local = attribute.rsplit(':').next().unwrap_or_default();
    let names = matches!(local, "id" | "name" | "uuid");
    let ends = ["-id", "_id", "-uuid"].iter().any(|end| local.ends_with(end));
    (names || ends) && !attribute.starts_with("data-linked-resource-")
}

fn copied(tag: &str, name: &str, is_copied: impl Fn(&str) -> bool) -> String {
    let mut out = format!("<{name}");
    for (attribute, value) in attributes_at(tag, 0).filter(|(attribute, _)| is_copied(attribute)) {
        let value = tag.get(value).unwrap_or_default();
        let quote = if value.contains('"') { '\'' } else { '"' };
        out.extend([" ", attribute, "="]);
        out.push(quote);
        out.push_str(value);
        out.push(quote);
    }
    out.push('>');
    out
}
