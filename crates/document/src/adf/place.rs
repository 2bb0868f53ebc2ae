//! Puts blocks where ADF has room for them.

use serde_json::{Value, json};

use super::{
    document::{Attributes, Child, Container, Frame, Reader},
    fault::{Fault, Problem},
    run::Line,
    schema::{holds, is_divisible},
};

impl Reader<'_> {
    /// Adds a block to the node around, which is divided when it cannot hold it.
    pub(super) fn add(&mut self, value: Value, at: u32) -> Result<(), Fault> {
        let child = kind_of(&value).to_owned();
        let Some(frame) = self.frames.iter_mut().rev().find(|frame| frame.kind().is_some()) else {
            return Ok(());
        };
        let Some(parent) = frame.kind() else { return Ok(()) };
        if holds(parent, &child) {
            frame.children.push(Child { value, lifted: false, at });
        } else if child == "heading" && holds(parent, "paragraph") {
            frame.children.push(Child { value: strong_paragraph(value), lifted: false, at });
        } else if is_divisible(parent) {
            frame.children.push(Child { value, lifted: true, at });
        } else {
            let problem =
                Problem::Misplaced { construct: described(&child), container: described(parent) };
            return Err(Fault { at, problem });
        }
        Ok(())
    }

    /// Adds what a frame has become to the one around.
    pub(super) fn close(&mut self, frame: Frame) -> Result<(), Fault> {
        let (at, end) = (frame.at, frame.end);
        match frame.container {
            Container::Transparent | Container::Paragraph { .. } => {
                self.frames.push(Frame { end, ..frame });
                self.end_line()?;
                self.frames.pop();
                Ok(())
            }
            Container::Caption { mut picture } => {
                let line = self.run.take_line(Line::Caption);
                let content = line.map_err(|problem| Fault { at, problem })?;
                if let Some(parts) =
                    picture["content"].as_array_mut().filter(|_| !content.is_empty())
                {
                    parts.push(json!({"type": "caption", "content": content}));
                }
                self.add(picture, at)
            }
            Container::Node { kind: "heading", attributes } => {
                let line = self.run.take_line(Line::Text);
                let content = line.map_err(|problem| Fault { at, problem })?;
                self.add(json!({"type": "heading", "attrs": attributes, "content": content}), at)
            }
            Container::Node { kind, attributes } => {
                self.frames.push(Frame {
                    container: Container::Node { kind, attributes: Attributes::new() },
                    ..frame
                });
                self.end_line()?;
                let children = self.frames.pop().map(|frame| frame.children).unwrap_or_default();
                self.close_node(kind, attributes, children, at)
            }
        }
    }

    fn close_node(
        &mut self,
        kind: &'static str,
        attributes: Attributes,
        children: Vec<Child>,
        at: u32,
    ) -> Result<(), Fault> {
        match kind {
            "listItem" | "taskItem" | "decisionItem" => {
                self.close_item(kind, attributes, children, at)
            }
            "bulletList" | "orderedList" | "taskList" | "decisionList" | "blockquote" => {
                self.close_divisible(kind, attributes, children, at)
            }
            "table" | "tableRow" | "layoutSection" if children.is_empty() => Ok(()),
            _ => {
                let mut content: Vec<_> = children.into_iter().map(|child| child.value).collect();
                if content.is_empty() {
                    content.push(empty_paragraph());
                }
                let widths = attributes.get("widths").and_then(Value::as_array);
                for width in widths.into_iter().flatten().skip(content.len()) {
                    let mut column = Attributes::new();
                    column.insert("width".to_owned(), width.clone());
                    content.push(node("layoutColumn", column, vec![empty_paragraph()]));
                }
                self.add(node(kind, attributes, content), at)
            }
        }
    }

    /// An item holds what comes first; from the first block on that it cannot hold, all follow the
    /// list.
    fn close_item(
        &mut self,
        kind: &'static str,
        attributes: Attributes,
        children: Vec<Child>,
        at: u32,
    ) -> Result<(), Fault> {
        let own = children.iter().take_while(|child| !child.lifted).count();
        let divided = own < children.len();
        let mut children = children.into_iter();
        let content: Vec<_> = children.by_ref().take(own).map(|child| child.value).collect();
        if !content.is_empty() || !divided || kind == "taskItem" {
            self.add(item(kind, attributes, content), at)?;
        }
        children.try_for_each(|child| self.add(child.value, child.at))
    }

    fn close_divisible(
        &mut self,
        kind: &'static str,
        mut attributes: Attributes,
        children: Vec<Child>,
        at: u32,
    ) -> Result<(), Fault> {
        let mut content = Vec::new();
        if children.is_empty() && kind == "blockquote" {
            content.push(empty_paragraph());
        }
        for child in children {
            if !child.lifted {
                content.push(child.value);
                continue;
            }
            let items = content.len();
            self.add_part(kind, &attributes, std::mem::take(&mut content), at)?;
            if let Some(order) = attributes.get("order").and_then(Value::as_u64) {
                attributes.insert("order".to_owned(), json!(order + items as u64));
            }
            self.add(child.value, child.at)?;
        }
        self.add_part(kind, &attributes, content, at)
    }

    fn add_part(
        &mut self,
        kind: &'static str,
        attributes: &Attributes,
        content: Vec<Value>,
        at: u32,
    ) -> Result<(), Fault> {
        if content.is_empty() {
            return Ok(());
        }
        self.add(node(kind, attributes.clone(), content), at)
    }
}

fn node(kind: &str, mut attributes: Attributes, content: Vec<Value>) -> Value {
    // Only the columns have them in ADF.
    attributes.remove("widths");
    let mut node = Attributes::new();
    node.insert("type".to_owned(), json!(kind));
    if !attributes.is_empty() || NUMBERED.contains(&kind) {
        node.insert("attrs".to_owned(), Value::Object(attributes));
    }
    node.insert("content".to_owned(), Value::Array(content));
    Value::Object(node)
}

/// The nodes that must have a `localId`.
const NUMBERED: [&str; 7] = [
    "taskList",
    "taskItem",
    "blockTaskItem",
    "decisionList",
    "decisionItem",
    "syncBlock",
    "bodiedSyncBlock",
];

/// Gives each node that must have one a `localId` that no other has.
pub(super) fn number(content: &mut [Value]) {
    let mut id = 0_u32;
    let mut open: Vec<_> = content.iter_mut().rev().collect();
    while let Some(node) = open.pop() {
        if NUMBERED.contains(&kind_of(node)) {
            id += 1;
            node["attrs"]["localId"] = json!(id.to_string());
        }
        let content = node.get_mut("content").and_then(Value::as_array_mut);
        open.extend(content.into_iter().flatten().rev());
    }
}

fn empty_paragraph() -> Value {
    json!({"type": "paragraph", "content": []})
}

/// An item with its paragraphs: tasks and decisions hold the line of one.
fn item(kind: &str, attributes: Attributes, content: Vec<Value>) -> Value {
    if kind == "listItem" {
        let content = if content.is_empty() { vec![empty_paragraph()] } else { content };
        return node(kind, attributes, content);
    }
    let paragraphs = content.iter().all(|block| kind_of(block) == "paragraph");
    if kind == "taskItem" && (content.len() > 1 || !paragraphs) {
        return node("blockTaskItem", attributes, content);
    }
    let mut line = Vec::new();
    for mut paragraph in content {
        if !line.is_empty() {
            line.push(json!({"type": "hardBreak"}));
        }
        if let Value::Array(words) = paragraph["content"].take() {
            line.extend(words);
        }
    }
    node(kind, attributes, line)
}

/// A heading where ADF has none.
fn strong_paragraph(mut heading: Value) -> Value {
    let mut content = heading["content"].take();
    for run in content.as_array_mut().into_iter().flatten() {
        let code = |mark: &Value| mark["type"] == "code";
        let marks = run["marks"].as_array().cloned().unwrap_or_default();
        if run["type"] != "text" || marks.iter().any(|mark| code(mark) || mark["type"] == "strong")
        {
            continue;
        }
        let strong = [json!({"type": "strong"})];
        run["marks"] = marks.into_iter().chain(strong).collect();
    }
    json!({"type": "paragraph", "content": content})
}

pub(super) fn kind_of(value: &Value) -> &str {
    value["type"].as_str().unwrap_or_default()
}

/// A kind of node in words.
fn described(kind: &str) -> &'static str {
    match kind {
        "doc" => "the document",
        "paragraph" => "a paragraph",
        "heading" => "a heading",
        "bulletList" | "orderedList" => "a list",
        "listItem" => "a list item",
        "taskList" | "taskItem" | "blockTaskItem" => "a task list",
        "decisionList" | "decisionItem" => "a decision",
        "panel" => "a panel",
        "expand" => "an expand",
        "nestedExpand" => "an expand inside of another block",
        "table" => "a table",
        "tableCell" | "tableHeader" => "a table cell",
        "mediaSingle" => "a picture",
        "mediaGroup" => "a file",
        "codeBlock" => "a code block",
        "blockquote" => "a quote",
        "rule" => "a rule",
        "blockCard" | "embedCard" => "a card",
        "layoutSection" | "layoutColumn" => "a layout",
        "syncBlock" | "bodiedSyncBlock" => "a synced block",
        _ => "a macro",
    }
}
