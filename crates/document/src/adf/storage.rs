//! A document in ADF as the storage format that Confluence would keep it in.

use serde_json::Value;

use super::{
    AdfError, AdfWarning,
    inline::{Mark, Seen, marks},
};
use crate::scan::MAX_WARNINGS;

/// The document as storage format, and what was wrong with it.
pub(super) fn from_document(document: &Value) -> Result<(String, Vec<AdfWarning>), AdfError> {
    let kind = kind(document).ok_or(AdfError::NotADocument)?;
    let mut writer = Writer::default();
    if kind == "doc" {
        writer.push_frame(document, "doc", "");
    } else {
        writer.frames.push(Frame { content: std::slice::from_ref(document), ..Frame::default() });
    }
    writer.walk();
    Ok((writer.out, writer.warnings))
}

/// A node whose content is being written.
#[derive(Default)]
struct Frame<'d> {
    kind: &'d str,
    content: &'d [Value],
    /// How many of `content` have been entered.
    entered: usize,
    /// The end tags.
    close: &'static str,
}

#[derive(Default)]
pub(super) struct Writer<'d> {
    pub(super) out: String,
    warnings: Vec<AdfWarning>,
    frames: Vec<Frame<'d>>,
    /// The marks that are open among the content of the innermost frame, outermost first.
    marks: Vec<Mark<'d>>,
}

impl<'d> Writer<'d> {
    fn walk(&mut self) {
        while let Some(frame) = self.frames.last_mut() {
            let parent = frame.kind;
            if let Some(node) = frame.content.get(frame.entered) {
                frame.entered += 1;
                self.enter(node, parent);
            } else {
                self.close_marks(0);
                if let Some(frame) = self.frames.pop() {
                    self.out.push_str(frame.close);
                }
            }
        }
    }

    fn enter(&mut self, node: &'d Value, parent: &str) {
        let Some(kind) = kind(node) else {
            return self.warn("not_a_node", "no object with a type".to_owned());
        };
        if is_inline(kind) {
            self.change_marks(node);
            self.inline(node, kind);
        } else {
            self.close_marks(0);
            self.block(node, kind, parent);
        }
    }

    fn block(&mut self, node: &'d Value, kind: &'d str, parent: &str) {
        match kind {
            "doc" | "mediaGroup" | "layoutColumn" | "layoutSection" => {
                self.structure(node, kind, parent);
            }
            "paragraph" => self.element(node, kind, "<p>", "</p>"),
            "heading" => self.heading(node, kind),
            "blockquote" => self.element(node, kind, "<blockquote>", "</blockquote>"),
            "bulletList" => self.element(node, kind, "<ul>", "</ul>"),
            "orderedList" => {
                let start = whole(node, "order").unwrap_or(1);
                self.out.push_str("<ol");
                self.attribute("start", &start.to_string());
                self.element(node, kind, ">", "</ol>");
            }
            "listItem" => self.element(node, kind, "<li>", "</li>"),
            "rule" => self.out.push_str("<hr/>"),
            "codeBlock" => self.code_block(node),
            "taskList" => self.element(node, kind, "<ac:task-list>", "</ac:task-list>"),
            "taskItem" | "blockTaskItem" => self.task(node, kind),
            "decisionList" | "decisionItem" => self.decision(node, kind),
            "panel" => self.panel(node, kind),
            "expand" | "nestedExpand" => {
                self.open_macro("expand");
                self.parameter("title", text(node, "title"));
                self.open_rich_body(node, kind);
            }
            "table" => self.element(node, kind, "<table><tbody>", "</tbody></table>"),
            "tableRow" => self.element(node, kind, "<tr>", "</tr>"),
            "tableCell" => self.cell(node, kind, "<td", "</td>"),
            "tableHeader" => self.cell(node, kind, "<th", "</th>"),
            "mediaSingle" => self.media_single(node, kind),
            "media" => self.media(node, parent),
            "caption" if content(node).iter().all(is_blank) => {}
            "caption" => self.element(node, kind, "<ac:caption>", "</ac:caption>"),
            "blockCard" => self.card(node, "block"),
            "embedCard" => self.card(node, "embed"),
            "extension" | "bodiedExtension" => self.extension(node, kind),
            "syncBlock" | "bodiedSyncBlock" => self.node(node, kind),
            _ => {
                self.warn("unknown_node", format!("ADF has no node `{kind}`; its text is kept"));
                if is_line(parent) {
                    self.unknown_inline(node, kind);
                } else {
                    self.node(node, kind);
                }
            }
        }
    }

    fn structure(&mut self, node: &'d Value, kind: &'d str, parent: &str) {
        match kind {
            "layoutSection" => {
                self.out.push_str("<ac:layout-section");
                self.attribute("ac:type", &layout_type(content(node)));
                self.element(node, kind, ">", "</ac:layout-section>");
            }
            "layoutColumn" => self.element(node, kind, "<ac:layout-cell>", "</ac:layout-cell>"),
            "mediaGroup" if is_line(parent) => self.push_frame(node, kind, ""),
            "mediaGroup" => self.element(node, kind, "<p>", "</p>"),
            _ => self.push_frame(node, kind, ""),
        }
    }

    fn element(&mut self, node: &'d Value, kind: &'d str, open: &str, close: &'static str) {
        self.out.push_str(open);
        self.push_frame(node, kind, close);
    }

    /// Goes on with the content of `node`, which `close` ends.
    pub(super) fn push_frame(&mut self, node: &'d Value, kind: &'d str, close: &'static str) {
        self.frames.push(Frame { kind, content: content(node), entered: 0, close });
    }

    fn heading(&mut self, node: &'d Value, kind: &'d str) {
        const TAGS: [(&str, &str); 6] = [
            ("<h1>", "</h1>"),
            ("<h2>", "</h2>"),
            ("<h3>", "</h3>"),
            ("<h4>", "</h4>"),
            ("<h5>", "</h5>"),
            ("<h6>", "</h6>"),
        ];
        let level = whole(node, "level").unwrap_or(1).clamp(1, 6);
        let tags = usize::try_from(level - 1).ok().and_then(|place| TAGS.get(place));
        let (open, close) = tags.copied().unwrap_or(("<h1>", "</h1>"));
        self.element(node, kind, open, close);
    }

    fn code_block(&mut self, node: &Value) {
        self.open_macro("code");
        self.parameter("language", text(node, "language"));
        self.out.push_str("<ac:plain-text-body>");
        for run in content(node) {
            self.text(run.get("text").and_then(Value::as_str).unwrap_or_default());
        }
        self.out.push_str("</ac:plain-text-body></ac:structured-macro>");
    }

    fn task(&mut self, node: &'d Value, kind: &'d str) {
        let done = text(node, "state") == Some("DONE");
        self.out.push_str("<ac:task><ac:task-status>");
        self.out.push_str(if done { "complete" } else { "incomplete" });
        self.out.push_str("</ac:task-status><ac:task-body>");
        self.push_frame(node, kind, "</ac:task-body></ac:task>");
    }

    fn decision(&mut self, node: &'d Value, kind: &'d str) {
        if kind == "decisionList" {
            let open = "<ac:adf-extension><ac:adf-node type=\"decision-list\">";
            return self.element(node, kind, open, "</ac:adf-node></ac:adf-extension>");
        }
        self.out.push_str("<ac:adf-node type=\"decision-item\">");
        self.adf_attribute("state", text(node, "state").unwrap_or("DECIDED"));
        self.out.push_str("<ac:adf-content>");
        self.push_frame(node, kind, "</ac:adf-content></ac:adf-node>");
    }

    /// The names of panels are crossed: what ADF calls a warning, storage format calls a note.
    fn panel(&mut self, node: &'d Value, kind: &'d str) {
        let name = match text(node, "panelType").unwrap_or("info") {
            "info" => "info",
            "success" => "tip",
            "warning" => "note",
            "error" => "warning",
            _ => return self.node(node, kind),
        };
        self.open_macro(name);
        self.open_rich_body(node, kind);
    }

    fn cell(&mut self, node: &'d Value, kind: &'d str, open: &str, close: &'static str) {
        self.out.push_str(open);
        for name in ["colspan", "rowspan"] {
            if let Some(span) = whole(node, name).filter(|span| *span > 1) {
                self.attribute(name, &span.to_string());
            }
        }
        self.out.push('>');
        self.push_frame(node, kind, close);
    }

    /// One picture with its caption, perhaps in a link.
    fn media_single(&mut self, node: &'d Value, kind: &'d str) {
        let Some(media) = content(node).iter().find(|inside| is(inside, "media")) else {
            return self.push_frame(node, kind, "");
        };
        let link = marks(media).chain(marks(node)).find_map(|mark| match mark {
            Seen::Shown(Mark::Link(href)) => Some(href),
            _ => None,
        });
        if let Some(href) = link {
            self.out.push_str("<p><a");
            self.attribute("href", href);
            self.out.push('>');
        }
        self.open_image(media);
        let close = if link.is_some() { "</ac:image></a></p>" } else { "</ac:image>" };
        self.push_frame(node, kind, close);
    }

    /// A file; the picture of a `mediaSingle` has been written with it.
    fn media(&mut self, node: &'d Value, parent: &str) {
        if parent != "mediaSingle" {
            self.file(node);
            self.out.push(' ');
        }
    }

    fn card(&mut self, node: &'d Value, appearance: &str) {
        match text(node, "url").filter(|_| attribute(node, "datasource").is_none()) {
            Some(url) => {
                self.out.push_str("<p>");
                self.open_card(url, appearance);
                self.text(url);
                self.out.push_str("</a></p>");
            }
            None => self.node(node, if appearance == "block" { "blockCard" } else { "embedCard" }),
        }
    }

    pub(super) fn open_card(&mut self, url: &str, appearance: &str) {
        self.out.push_str("<a");
        self.attribute("href", url);
        self.attribute("data-card-appearance", appearance);
        self.out.push('>');
    }

    /// Closes and opens marks until those of `node` are open.
    fn change_marks(&mut self, node: &'d Value) {
        let mut wanted = Vec::new();
        let mut unknown = Vec::new();
        for mark in marks(node) {
            match mark {
                Seen::Shown(mark) => wanted.push(mark),
                Seen::Hidden => {}
                Seen::Unknown(name) => unknown.push(name),
                Seen::Incomplete(name) => {
                    let message = format!("the mark `{name}` lacks an attribute and is left out");
                    self.warn("missing_attribute", message);
                }
            }
        }
        wanted.sort();
        wanted.dedup();
        let kept = self.marks.iter().zip(&wanted).take_while(|(open, new)| open == new).count();
        self.close_marks(kept);
        for mark in wanted.into_iter().skip(kept) {
            mark.open(self);
            self.marks.push(mark);
        }
        for name in unknown {
            self.unknown_mark(name);
        }
    }

    pub(super) fn close_marks(&mut self, keep: usize) {
        while self.marks.len() > keep {
            if let Some(mark) = self.marks.pop() {
                self.out.push_str(mark.end_tag());
            }
        }
    }

    /// Writes text of the document.
    pub(super) fn text(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                _ => self.out.push(character),
            }
        }
    }

    /// Writes ` name="value"` into a start tag.
    pub(super) fn attribute(&mut self, name: &str, value: &str) {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        for (place, part) in value.split('"').enumerate() {
            if place > 0 {
                self.out.push_str("&quot;");
            }
            self.text(part);
        }
        self.out.push('"');
    }

    /// Says what is wrong with the node that is being entered.
    pub(super) fn warn(&mut self, code: &'static str, message: String) {
        if self.warnings.len() < MAX_WARNINGS {
            let at = self
                .frames
                .iter()
                .map(|frame| format!("/content/{}", frame.entered.saturating_sub(1)));
            self.warnings.push(AdfWarning { code, at: at.collect(), message });
        }
    }
}

/// What Confluence calls a section with columns of these widths; other widths in percent.
fn layout_type(columns: &[Value]) -> String {
    let widths: Vec<f64> = columns
        .iter()
        .filter_map(|column| attribute(column, "width").and_then(Value::as_f64))
        .collect();
    let near = |wanted: &[f64]| {
        wanted.len() == widths.len()
            && wanted.iter().zip(&widths).all(|(wanted, width)| (wanted - width).abs() < 1.0)
    };
    let known = LAYOUTS.iter().find(|(_, wanted)| near(wanted));
    known.map_or_else(
        || widths.iter().map(f64::to_string).collect::<Vec<_>>().join("_"),
        |(name, _)| (*name).to_owned(),
    )
}

/// The sections that Confluence has names for, and the widths of their columns in percent.
pub(super) const LAYOUTS: [(&str, &[f64]); 6] = [
    ("fixed-width", &[100.0]),
    ("two_equal", &[50.0, 50.0]),
    ("two_left_sidebar", &[33.33, 66.66]),
    ("two_right_sidebar", &[66.66, 33.33]),
    ("three_equal", &[33.33, 33.33, 33.33]),
    ("three_with_sidebars", &[25.0, 50.0, 25.0]),
];

fn is_inline(kind: &str) -> bool {
    const INLINE: [&str; 10] = [
        "text",
        "hardBreak",
        "mention",
        "emoji",
        "date",
        "status",
        "inlineCard",
        "placeholder",
        "inlineExtension",
        "mediaInline",
    ];
    INLINE.contains(&kind)
}

/// Whether what stands in `parent` stands in a line.
fn is_line(parent: &str) -> bool {
    matches!(parent, "paragraph" | "heading" | "caption" | "taskItem" | "decisionItem")
}

pub(super) fn kind(node: &Value) -> Option<&str> {
    node.get("type")?.as_str()
}

fn is(node: &Value, wanted: &str) -> bool {
    kind(node) == Some(wanted)
}

pub(super) fn content(node: &Value) -> &[Value] {
    node.get("content").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

pub(super) fn attribute<'d>(node: &'d Value, name: &str) -> Option<&'d Value> {
    node.get("attrs")?.get(name)
}

/// Whether a part of a line shows nothing.
fn is_blank(node: &Value) -> bool {
    match kind(node) {
        Some("text") => {
            node.get("text").and_then(Value::as_str).is_none_or(|it| it.trim().is_empty())
        }
        kind => kind == Some("hardBreak"),
    }
}

/// The value of an attribute that is text and not empty.
pub(super) fn text<'d>(node: &'d Value, name: &str) -> Option<&'d str> {
    attribute(node, name)?.as_str().filter(|value| !value.is_empty())
}

/// The value of an attribute that is a whole number, which JSON may write as `2.0`.
fn whole(node: &Value, name: &str) -> Option<u64> {
    let value = attribute(node, name)?;
    value.as_u64().or_else(|| {
        let number = value.as_f64()?;
        let fits = number.fract() == 0.0 && (0.0..1e9).contains(&number);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in range")]
        fits.then_some(number as u64)
    })
}
