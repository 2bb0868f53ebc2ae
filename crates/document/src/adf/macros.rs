//! Macros and ADF nodes of storage format, as ADF.

use serde_json::{Value, json};

use super::{
    Target,
    document::{Attributes, Reader},
    extension::{MACROS, PLAIN_BODY},
    fault::{Fault, unsupported},
    run::{Line, Piece},
    schema::{self, Named},
};
use crate::{element::Element, scan::Node};

/// The types of panels in ADF.
const PANELS: [&str; 7] = ["info", "note", "tip", "warning", "error", "success", "custom"];

impl Reader<'_> {
    /// Reads a macro or begins to; answers with the node to go on with.
    pub(super) fn structured_macro(&mut self, at: u32, node: Node) -> Result<u32, Fault> {
        let name = self.decoded(&node, "ac:name").unwrap_or_default();
        let rich = self.tree.child(at, Element::RichTextBody);
        let plain = self.tree.child(at, Element::PlainTextBody);
        match (name.as_str(), rich, plain) {
            ("status", ..) => {
                let status = self.status(at, node)?;
                self.run.push(Piece::Node(status));
                Ok(node.next)
            }
            ("code", None, plain) => {
                let text = plain.map(|(place, _)| self.tree.words(place)).unwrap_or_default();
                self.title(at, node)?;
                self.code_block(self.parameter_of(at, "language"), &text, node)?;
                Ok(node.next)
            }
            (_, Some((place, body)), _) if !self.in_line() => {
                self.rich_macro(at, node, &name, body)?;
                Ok(place + 1)
            }
            _ => {
                let text = rich.map(|(place, _)| self.tree.words(place));
                let plain = plain.map(|(place, _)| self.tree.words(place));
                self.extension_of(at, node, &name, text, plain)?;
                Ok(node.next)
            }
        }
    }

    fn in_line(&self) -> bool {
        self.line() != Line::None || !self.run.is_blank()
    }

    fn rich_macro(&mut self, at: u32, node: Node, name: &str, body: Node) -> Result<(), Fault> {
        let panel = match name {
            "info" => "info",
            "tip" => "success",
            "note" => "warning",
            "warning" => "error",
            // What GitHub has besides; Confluence has no such macros, and Jira no macros.
            "important" if self.target == Target::Jira => "note",
            "caution" if self.target == Target::Jira => "error",
            "expand" => {
                let mut attributes = Attributes::new();
                attributes.insert(
                    "title".to_owned(),
                    json!(self.parameter_of(at, "title").unwrap_or_default()),
                );
                return self.open_body(self.expand_kind(), attributes, node, body);
            }
            _ => {
                let attributes = self.extension_attributes(at, node, name, None)?;
                return self.open_body("bodiedExtension", attributes, node, body);
            }
        };
        let mut attributes = Attributes::new();
        attributes.insert("panelType".to_owned(), json!(panel));
        self.open_body("panel", attributes, node, body)?;
        self.title(at, node)
    }

    /// Panels and code have no title in ADF: it becomes their first line, or the one before.
    fn title(&mut self, at: u32, node: Node) -> Result<(), Fault> {
        let Some(title) = self.parameter_of(at, "title") else { return Ok(()) };
        let words = json!({"type": "text", "text": title, "marks": [{"type": "strong"}]});
        self.leaf(json!({"type": "paragraph", "content": [words]}), node)
    }

    /// A macro without blocks inside.
    fn extension_of(
        &mut self,
        at: u32,
        node: Node,
        name: &str,
        text: Option<String>,
        plain: Option<String>,
    ) -> Result<(), Fault> {
        let mut attributes = self.extension_attributes(at, node, name, plain)?;
        if !self.in_line() {
            return self.leaf(json!({"type": "extension", "attrs": attributes}), node);
        }
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            attributes.insert("text".to_owned(), json!(text));
        }
        self.run.push(Piece::Node(json!({"type": "inlineExtension", "attrs": attributes})));
        Ok(())
    }

    fn extension_attributes(
        &self,
        at: u32,
        node: Node,
        name: &str,
        plain: Option<String>,
    ) -> Result<Attributes, Fault> {
        if self.target == Target::Jira {
            let construct = format!("the macro `{name}`");
            return Err(unsupported(node, &construct, "Jira has no macros: write what it shows"));
        }
        let mut parameters = Attributes::new();
        for (place, parameter) in self.tree.children(at) {
            if parameter.element == Element::Parameter {
                let name = self.decoded(&parameter, "ac:name").unwrap_or_default();
                parameters.insert(name, json!({"value": self.parameter_text(place)}));
            }
        }
        if let Some(plain) = plain {
            parameters.insert(PLAIN_BODY.to_owned(), json!({"value": plain}));
        }
        let mut attributes = Attributes::new();
        attributes.insert("extensionType".to_owned(), json!(MACROS));
        attributes.insert("extensionKey".to_owned(), json!(name));
        attributes.insert("parameters".to_owned(), json!({"macroParams": parameters}));
        Ok(attributes)
    }

    /// The text of a parameter: of one that holds resources, their addresses.
    fn parameter_text(&self, place: u32) -> String {
        let mut text = self.tree.words(place);
        let end = self.tree.nodes.get(place as usize).map_or(0, |node| node.next);
        for inside in place + 1..end {
            let resource = self.tree.nodes.get(inside as usize);
            if resource.is_some_and(|node| node.element.is_resource()) {
                if !text.is_empty() {
                    text.push(',');
                }
                crate::render::push_resource(self.tree, inside, &mut text);
            }
        }
        text
    }

    pub(super) fn parameter_of(&self, at: u32, wanted: &str) -> Option<String> {
        let (place, _) = self.tree.children(at).find(|(_, child)| {
            child.element == Element::Parameter
                && self.tree.attribute_text(child, "ac:name") == Some(wanted)
        })?;
        Some(self.tree.words(place)).filter(|value| !value.is_empty())
    }

    fn status(&self, at: u32, node: Node) -> Result<Value, Fault> {
        let Some(text) = self.parameter_of(at, "title") else {
            return Err(unsupported(node, "a status without a text", "give it one"));
        };
        let colour = self.parameter_of(at, "colour").or_else(|| self.parameter_of(at, "color"));
        let colour =
            colour.map_or_else(|| "neutral".to_owned(), |colour| colour.to_ascii_lowercase());
        let colour = if matches!(colour.as_str(), "grey" | "gray") { "neutral" } else { &colour };
        let known = ["neutral", "purple", "blue", "red", "yellow", "green"].contains(&colour);
        let number = colour.strip_prefix('#').is_some_and(|digits| {
            digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
        });
        if !known && !number {
            let construct = format!("a status that is `{colour}`");
            let advice = "use Grey, Purple, Blue, Red, Yellow or Green";
            return Err(unsupported(node, &construct, advice));
        }
        Ok(json!({"type": "status", "attrs": {"text": text, "color": colour}}))
    }

    /// Reads a node that has its ADF name; answers with the node to go on with.
    pub(super) fn adf_node(&mut self, at: u32, node: Node) -> Result<u32, Fault> {
        let kind = self.decoded(&node, "type").unwrap_or_default();
        let content = self.tree.child(at, Element::AdfContent);
        match kind.as_str() {
            "decision-list" => {
                self.open("decisionList", &[], node)?;
                return Ok(at + 1);
            }
            "decision-item" => {
                let state = self.adf_attributes(at).into_iter().find(|(name, _)| name == "state");
                let state = state.map_or_else(|| "DECIDED".to_owned(), |(_, state)| state);
                self.open("decisionItem", &[("state", json!(state))], node)?;
                return Ok(at + 1);
            }
            _ => {}
        }
        let named = match schema::named(&kind) {
            Some(Named { kind: "extension", .. }) if content.is_some() => {
                schema::named("bodied-extension")
            }
            named => named,
        };
        let Some(named) = named else {
            let construct = format!("a node `{kind}`");
            return Err(unsupported(node, &construct, "ADF has none: write what it shows"));
        };
        let attributes = self.named_attributes(at, node, named)?;
        match content {
            Some((place, body)) if named.bodied => {
                self.open_body(named.kind, attributes, node, body)?;
                return Ok(place + 1);
            }
            Some(_) => {
                return Err(unsupported(
                    node,
                    &format!("content in a node `{kind}`"),
                    "take it out",
                ));
            }
            None if named.bodied => self.open_body(named.kind, attributes, node, node)?,
            None if named.inline => {
                let value = json!({"type": named.kind, "attrs": attributes});
                self.run.push(Piece::Node(value));
            }
            None => self.leaf(json!({"type": named.kind, "attrs": attributes}), node)?,
        }
        Ok(node.next)
    }

    fn adf_attributes(&self, at: u32) -> Vec<(String, String)> {
        let attributes = self.tree.children(at);
        attributes
            .filter(|(_, child)| child.element == Element::AdfAttribute)
            .map(|(place, child)| {
                let key = self.decoded(&child, "key").unwrap_or_default();
                (schema::camel_case(&key), self.tree.words(place))
            })
            .collect()
    }

    fn named_attributes(&self, at: u32, node: Node, named: &Named) -> Result<Attributes, Fault> {
        let given = self.adf_attributes(at);
        let known = |name: &str| named.required.contains(&name) || named.optional.contains(&name);
        let unknown = given.iter().map(|(name, _)| name).find(|name| !known(name));
        let missing =
            named.required.iter().find(|name| given.iter().all(|(given, _)| given != **name));
        let bad_panel = given
            .iter()
            .any(|(name, kind)| name == "panelType" && !PANELS.contains(&kind.as_str()));
        let wrong = match (unknown, missing) {
            (Some(name), _) => Some(format!("`{name}` of a node `{}`", named.kind)),
            (None, Some(name)) => Some(format!("a node `{}` without `{name}`", named.kind)),
            (None, None) if bad_panel => Some("a panel of that type".to_owned()),
            (None, None) => None,
        };
        if let Some(construct) = wrong {
            return Err(unsupported(node, &construct, "write it as a view of the document has it"));
        }
        given
            .into_iter()
            .map(|(name, value)| {
                let typed =
                    if matches!(name.as_str(), "parameters" | "datasource" | "data" | "width") {
                        serde_json::from_str(&value).map_err(|_| {
                            let construct = format!("`{name}` that is not JSON");
                            unsupported(
                                node,
                                &construct,
                                "write it as a view of the document has it",
                            )
                        })?
                    } else {
                        Value::String(value)
                    };
                Ok((name, typed))
            })
            .collect()
    }
}
