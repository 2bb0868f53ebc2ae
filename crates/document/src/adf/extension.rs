//! Macros and apps, and the nodes that storage format keeps under their ADF names.

use serde_json::Value;

use super::storage::{Writer, attribute, content, text};

/// The `extensionType` of the macros that Confluence and its apps have in storage format, too.
pub(super) const MACROS: &str = "com.atlassian.confluence.macro.core";

/// The parameter in which ADF keeps the body of a macro that holds plain text.
pub(super) const PLAIN_BODY: &str = "__bodyContent";

impl<'d> Writer<'d> {
    pub(super) fn extension(&mut self, node: &'d Value, kind: &'d str) {
        let Some(name) = macro_name(node) else { return self.node(node, kind) };
        self.open_macro(name);
        let plain_body = self.macro_parameters(node);
        if !content(node).is_empty() {
            return self.open_rich_body(node, kind);
        }
        if let Some(body) = plain_body {
            self.out.push_str("<ac:plain-text-body>");
            self.text(&body);
            self.out.push_str("</ac:plain-text-body>");
        }
        self.out.push_str("</ac:structured-macro>");
    }

    pub(super) fn inline_extension(&mut self, node: &'d Value) {
        let Some(name) = macro_name(node) else { return self.token(node, "inlineExtension") };
        self.open_macro(name);
        let plain_body = self.macro_parameters(node);
        if let Some(body) = plain_body.as_deref().or_else(|| text(node, "text")) {
            self.out.push_str("<ac:rich-text-body>");
            self.text(body);
            self.out.push_str("</ac:rich-text-body>");
        }
        self.out.push_str("</ac:structured-macro>");
    }

    pub(super) fn open_macro(&mut self, name: &str) {
        self.out.push_str("<ac:structured-macro");
        self.attribute("ac:name", name);
        self.out.push('>');
    }

    /// Goes on with the content of `node` as the body of the macro that is open.
    pub(super) fn open_rich_body(&mut self, node: &'d Value, kind: &'d str) {
        self.out.push_str("<ac:rich-text-body>");
        self.push_frame(node, kind, "</ac:rich-text-body></ac:structured-macro>");
    }

    pub(super) fn parameter(&mut self, name: &str, value: Option<&str>) {
        let Some(value) = value else { return };
        self.out.push_str("<ac:parameter");
        self.attribute("ac:name", name);
        self.out.push('>');
        self.text(value);
        self.out.push_str("</ac:parameter>");
    }

    /// Writes the parameters of a macro; answers with its plain body, which stands among them.
    fn macro_parameters(&mut self, node: &Value) -> Option<String> {
        let parameters = attribute(node, "parameters").and_then(Value::as_object)?;
        let named = parameters.get("macroParams").and_then(Value::as_object);
        let mut body = None;
        for (name, value) in named.unwrap_or(parameters) {
            let value = plain(value.get("value").unwrap_or(value));
            match name.as_str() {
                "macroMetadata" if named.is_none() => {}
                PLAIN_BODY => body = Some(value),
                _ => self.parameter(name, Some(&value)),
            }
        }
        body
    }

    /// A node that storage format keeps under its own name, in the spelling that Confluence gives it:
    /// `bodiedSyncBlock` is `bodied-sync-block`.
    pub(super) fn node(&mut self, node: &'d Value, kind: &'d str) {
        if content(node).is_empty() {
            return self.token(node, kind);
        }
        self.open_node(kind);
        self.node_attributes(node);
        self.out.push_str("<ac:adf-content>");
        self.push_frame(node, kind, "</ac:adf-content></ac:adf-node></ac:adf-extension>");
    }

    /// A node by its name and attributes, without its content.
    pub(super) fn token(&mut self, node: &Value, kind: &str) {
        self.open_node(kind);
        self.node_attributes(node);
        self.close_node();
    }

    pub(super) fn open_node(&mut self, kind: &str) {
        self.out.push_str("<ac:adf-extension><ac:adf-node");
        self.attribute("type", &hyphenated(kind));
        self.out.push('>');
    }

    pub(super) fn close_node(&mut self) {
        self.out.push_str("</ac:adf-node></ac:adf-extension>");
    }

    fn node_attributes(&mut self, node: &Value) {
        let attributes = node.get("attrs").and_then(Value::as_object);
        for (name, value) in attributes.into_iter().flatten() {
            // How wide something is drawn.
            if name != "layout" {
                self.adf_attribute(&hyphenated(name), &plain(value));
            }
        }
    }

    pub(super) fn adf_attribute(&mut self, name: &str, value: &str) {
        self.out.push_str("<ac:adf-attribute");
        self.attribute("key", name);
        self.out.push('>');
        self.text(value);
        self.out.push_str("</ac:adf-attribute>");
    }
}

/// The name of the macro that an extension is, if it is one.
fn macro_name(node: &Value) -> Option<&str> {
    text(node, "extensionKey").filter(|_| text(node, "extensionType") == Some(MACROS))
}

/// A value as text: JSON for what is no text.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// `panelType` as `panel-type`.
fn hyphenated(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for character in name.chars() {
        if character.is_ascii_uppercase() {
            if !out.is_empty() {
                out.push('-');
            }
            out.push(character.to_ascii_lowercase());
        } else {
            out.push(character);
        }
    }
    out
}
