//! Macros, ADF nodes and template elements from their tokens.

use super::{
    address::Resource,
    token::{Attributes, Tag},
    xml::{push_attribute, push_character_data, push_text},
};
use crate::{render::push_resource, scan::Tree};

pub(super) const END_RICH_MACRO: &str = "</ac:rich-text-body></ac:structured-macro>";

type Parameters<'m> = Vec<(&'m str, String)>;

/// The start of a macro with its parameters; a body and the end tag follow.
pub(super) fn push_macro_start(out: &mut String, name: &str, parameters: &Parameters<'_>) {
    out.push_str("<ac:structured-macro");
    push_attribute(out, "ac:name", name);
    push_attribute(out, "ac:schema-version", "1");
    out.push('>');
    for (parameter, value) in parameters {
        out.push_str("<ac:parameter");
        // An attribute cannot be without a name; the default parameter is.
        push_attribute(out, "ac:name", if *parameter == "_" { "" } else { parameter });
        out.push('>');
        push_parameter_value(out, name, parameter, value);
        out.push_str("</ac:parameter>");
    }
}

fn push_parameter_value(out: &mut String, macro_name: &str, parameter: &str, value: &str) {
    if macro_name == "widget" && parameter == "url" {
        out.push_str("<ri:url");
        push_attribute(out, "ri:value", value);
        return out.push_str(" />");
    }
    match resources(value).filter(|_| parameter != "title") {
        Some(resources) => out.push_str(&resources),
        None => push_text(out, value),
    }
}

/// A value that names pages, people, files or spaces, as elements. Text that only begins like an
/// address would not be written that way by the view, and stays text.
fn resources(value: &str) -> Option<String> {
    if value == "#" {
        return Some("<ac:link />".to_owned());
    }
    let mut out = String::new();
    for address in addresses(value) {
        let resource = Resource::read(address)?;
        let mut storage = String::new();
        resource.push(&mut storage);
        let mut shown = String::new();
        push_resource(&Tree::scan(&storage), 0, &mut shown);
        if shown != address {
            return None;
        }
        let in_link = matches!(resource, Resource::Page { .. } | Resource::BlogPost { .. });
        if in_link {
            out.push_str("<ac:link>");
        }
        out.push_str(&storage);
        if in_link {
            out.push_str("</ac:link>");
        }
    }
    Some(out)
}

/// `space:A,space:B` in its parts; a comma in a name is none between addresses.
fn addresses(value: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, _) in value.match_indices(',') {
        if value.get(at + 1..).is_some_and(|rest| Resource::read(rest).is_some()) {
            parts.extend(value.get(start..at));
            start = at + 1;
        }
    }
    parts.extend(value.get(start..));
    parts
}

/// `<macro:toc maxLevel="3"/>`
pub(super) fn bodyless_macro(name: &str, tag: &Tag<'_>) -> String {
    let mut out = String::new();
    push_macro_start(&mut out, name, &tag.attributes());
    out.push_str("</ac:structured-macro>");
    out
}

/// Whether Confluence shows a macro without a body as a part of a line.
pub(super) fn stands_in_line(name: &str) -> bool {
    matches!(
        name,
        "status" | "anchor" | "jira" | "jiraissues" | "profile-picture" | "inline-media-image"
    )
}

/// `<status colour="Green">LIVE</status>`
pub(super) fn push_status(out: &mut String, tag: &Tag<'_>, title: &str) {
    let mut parameters = vec![("title", title.to_owned())];
    parameters.retain(|(_, title)| !title.is_empty());
    parameters.extend(tag.attributes());
    push_macro_start(out, "status", &parameters);
    out.push_str("</ac:structured-macro>");
}

/// `[!INFO title="x"]`: what begins and what ends it.
pub(super) fn rich_macro(name: &str, parameters: &Parameters<'_>) -> (String, &'static str) {
    let mut out = String::new();
    push_macro_start(&mut out, name, parameters);
    out.push_str("<ac:rich-text-body>");
    (out, END_RICH_MACRO)
}

/// The name of a macro by the title of its quote: the view shows names without capitals in capitals.
pub(super) fn name_of_title(title: &str) -> String {
    if title.bytes().any(|byte| byte.is_ascii_lowercase()) {
        title.to_owned()
    } else {
        title.to_ascii_lowercase()
    }
}

/// An ADF node up to its content.
pub(super) fn push_adf_start(out: &mut String, kind: &str, attributes: &Parameters<'_>) {
    out.push_str("<ac:adf-node");
    push_attribute(out, "type", kind);
    out.push('>');
    for (name, value) in attributes {
        out.push_str("<ac:adf-attribute");
        push_attribute(out, "key", name);
        out.push('>');
        push_text(out, value);
        out.push_str("</ac:adf-attribute>");
    }
}

/// `<adf:extension extension-key="x"/>`
pub(super) fn adf_leaf(kind: &str, tag: &Tag<'_>) -> String {
    let mut out = "<ac:adf-extension>".to_owned();
    push_adf_start(&mut out, kind, &tag.attributes());
    out.push_str("</ac:adf-node></ac:adf-extension>");
    out
}

/// The elements of templates and their attributes, without their namespace.
const TEMPLATE_ELEMENTS: [(&str, &[&str]); 7] = [
    ("declarations", &[]),
    ("i18n", &["key"]),
    ("list", &["name"]),
    ("option", &["value"]),
    ("string", &["name"]),
    ("textarea", &["columns", "name", "rows"]),
    ("var", &["name", "rawxhtml"]),
];

/// Whether a template has such an element, each attribute once.
pub(super) fn is_template(tag: &Tag<'_>) -> bool {
    let local = tag.name.trim_start_matches("at:");
    let known = TEMPLATE_ELEMENTS.iter().find(|(element, _)| *element == local);
    let mut names: Vec<&str> = tag.attributes().into_iter().map(|(name, _)| name).collect();
    names.sort_unstable();
    let fits = |known: &[&str]| {
        names.iter().all(|name| known.contains(name)) && names.is_sorted_by(|one, two| one < two)
    };
    known.is_some_and(|(_, known)| fits(known))
}

/// `<at:var name="x"/>`, with an end that is left to the caller.
pub(super) fn template_start(tag: &Tag<'_>) -> String {
    let mut out = format!("<{}", tag.name);
    for (name, value) in tag.attributes() {
        push_attribute(&mut out, &format!("at:{name}"), &value);
    }
    out
}

/// A fence: the code macro, or the one that its information names (`macro:plantuml key="value"`).
pub(super) fn push_fence(out: &mut String, information: &str, body: &str) {
    let (name, parameters) = fence_macro(information);
    push_macro_start(out, &name, &parameters);
    push_plain_body(out, body);
    out.push_str("</ac:structured-macro>");
}

pub(super) fn push_plain_body(out: &mut String, body: &str) {
    out.push_str("<ac:plain-text-body>");
    push_character_data(out, body);
    out.push_str("</ac:plain-text-body>");
}

fn fence_macro(information: &str) -> (String, Parameters<'_>) {
    let information = information.trim();
    // The first quote belongs to the first parameter; what stands before that is the language.
    let first = information.find("=\"").map(|equals| {
        let before = information.get(..equals).unwrap_or_default();
        before.rfind(' ').map_or(0, |space| space + 1)
    });
    let (language, rest) = information.split_at(first.unwrap_or(information.len()));
    let mut parameters: Parameters<'_> =
        Attributes::read(rest).map(|(name, value)| (name, value.unwrap_or_default())).collect();
    let language = language.trim();
    if let Some(name) = language.strip_prefix("macro:") {
        return (name.to_owned(), parameters);
    }
    if !language.is_empty() {
        parameters.insert(0, ("language", crate::entity::decoded(language)));
    }
    ("code".to_owned(), parameters)
}
