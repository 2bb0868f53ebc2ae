//! What stands in a line: text with its marks, mentions, dates, cards, files.

use serde_json::Value;

use super::storage::{Writer, attribute, kind, text};

/// A mark that is shown, in the order in which marks enclose each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark<'d> {
    Link(&'d str),
    /// The anchor of an inline comment.
    Comment(&'d str),
    Strong,
    Emphasis,
    Strike,
    Underline,
    Subscript,
    Superscript,
    Code,
}

/// What a reader of the document sees of a mark.
pub(super) enum Seen<'d> {
    Shown(Mark<'d>),
    /// It only says how something is drawn, or ties it to something else.
    Hidden,
    Unknown(&'d str),
    /// It should say more than it does.
    Incomplete(&'d str),
}

/// The marks of a node.
pub(super) fn marks(node: &Value) -> impl Iterator<Item = Seen<'_>> {
    let marks = node.get("marks").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    marks.iter().map(seen)
}

fn seen(mark: &Value) -> Seen<'_> {
    let Some(name) = kind(mark) else { return Seen::Incomplete("mark") };
    let shown = match name {
        "link" => text(mark, "href").map(Mark::Link),
        "annotation" => text(mark, "id").map(Mark::Comment),
        "subsup" => match text(mark, "type") {
            Some("sub") => Some(Mark::Subscript),
            Some("sup") => Some(Mark::Superscript),
            _ => None,
        },
        "strong" => Some(Mark::Strong),
        "em" => Some(Mark::Emphasis),
        "strike" => Some(Mark::Strike),
        "underline" => Some(Mark::Underline),
        "code" => Some(Mark::Code),
        "alignment" | "backgroundColor" | "border" | "breakout" | "dataConsumer" | "fontSize"
        | "fragment" | "indentation" | "textColor" => return Seen::Hidden,
        _ => return Seen::Unknown(name),
    };
    shown.map_or(Seen::Incomplete(name), Seen::Shown)
}

impl Mark<'_> {
    pub(super) fn open(self, writer: &mut Writer<'_>) {
        let (tag, name, value) = match self {
            Self::Link(href) => ("<a", "href", href),
            Self::Comment(id) => ("<ac:inline-comment-marker", "ac:ref", id),
            Self::Strong => return writer.out.push_str("<strong>"),
            Self::Emphasis => return writer.out.push_str("<em>"),
            Self::Strike => return writer.out.push_str("<del>"),
            Self::Underline => return writer.out.push_str("<u>"),
            Self::Subscript => return writer.out.push_str("<sub>"),
            Self::Superscript => return writer.out.push_str("<sup>"),
            Self::Code => return writer.out.push_str("<code>"),
        };
        writer.out.push_str(tag);
        writer.attribute(name, value);
        writer.out.push('>');
    }

    pub(super) fn end_tag(self) -> &'static str {
        match self {
            Self::Link(_) => "</a>",
            Self::Comment(_) => "</ac:inline-comment-marker>",
            Self::Strong => "</strong>",
            Self::Emphasis => "</em>",
            Self::Strike => "</del>",
            Self::Underline => "</u>",
            Self::Subscript => "</sub>",
            Self::Superscript => "</sup>",
            Self::Code => "</code>",
        }
    }
}

impl<'d> Writer<'d> {
    pub(super) fn inline(&mut self, node: &'d Value, kind: &'d str) {
        match kind {
            "text" => self.text(node.get("text").and_then(Value::as_str).unwrap_or_default()),
            "hardBreak" => self.out.push_str("<br/>"),
            "mention" => self.mention(node),
            "emoji" => self.emoji(node),
            "date" => self.date(node),
            "status" => self.status(node),
            "inlineCard" => self.inline_card(node),
            "placeholder" => {
                self.out.push_str("<ac:placeholder>");
                self.text(text(node, "text").unwrap_or_default());
                self.out.push_str("</ac:placeholder>");
            }
            "inlineExtension" => self.inline_extension(node),
            "mediaInline" if text(node, "type") == Some("image") => {
                self.open_image(node);
                self.out.push_str("</ac:image>");
            }
            "mediaInline" => self.file(node),
            _ => {}
        }
    }

    fn mention(&mut self, node: &Value) {
        let name = text(node, "text").map(|name| name.trim_start_matches('@'));
        let Some(id) = text(node, "id") else {
            self.warn("missing_attribute", "a mention has no `id`; its text is kept".to_owned());
            self.out.push('@');
            return self.text(name.unwrap_or("user"));
        };
        self.out.push_str("<ac:link><ri:user");
        self.attribute("ri:account-id", id);
        self.out.push_str("/>");
        if let Some(name) = name {
            self.out.push_str("<ac:link-body>@");
            self.text(name);
            self.out.push_str("</ac:link-body>");
        }
        self.out.push_str("</ac:link>");
    }

    fn emoji(&mut self, node: &Value) {
        self.out.push_str("<ac:emoticon");
        for (name, storage) in [("shortName", "ac:emoji-shortname"), ("text", "ac:emoji-fallback")]
        {
            if let Some(value) = text(node, name) {
                self.attribute(storage, value);
            }
        }
        self.out.push_str("/>");
    }

    /// A date is the first millisecond of its day, UTC.
    fn date(&mut self, node: &'d Value) {
        let timestamp = attribute(node, "timestamp");
        let milliseconds = match timestamp {
            Some(Value::String(digits)) => digits.parse().ok(),
            Some(number) => number.as_i64(),
            None => None,
        };
        let time = milliseconds.and_then(|time| jiff::Timestamp::from_millisecond(time).ok());
        let Some(time) = time else {
            self.warn("invalid_date", "a date has no `timestamp` in milliseconds".to_owned());
            return self.token(node, "date");
        };
        let day = time.to_zoned(jiff::tz::TimeZone::UTC).date();
        self.out.push_str("<time");
        self.attribute("datetime", &day.to_string());
        self.out.push_str("/>");
    }

    fn status(&mut self, node: &Value) {
        let colour = match text(node, "color") {
            Some("neutral") | None => None,
            Some("purple") => Some("Purple"),
            Some("blue") => Some("Blue"),
            Some("red") => Some("Red"),
            Some("yellow") => Some("Yellow"),
            Some("green") => Some("Green"),
            Some(other) => Some(other),
        };
        self.open_macro("status");
        self.parameter("colour", colour);
        self.parameter("title", text(node, "text"));
        self.out.push_str("</ac:structured-macro>");
    }

    /// A link whose label Atlassian fetches; older documents carry it in `data` (JSON-LD).
    fn inline_card(&mut self, node: &'d Value) {
        let data = |name: &str| attribute(node, "data")?.get(name)?.as_str();
        let Some(url) = text(node, "url").or_else(|| data("url")) else {
            self.warn("missing_attribute", "a card has no `url`".to_owned());
            return self.token(node, "inlineCard");
        };
        self.open_card(url, "inline");
        self.text(data("name").unwrap_or(url));
        self.out.push_str("</a>");
    }

    /// Writes a picture, to be closed after its caption.
    pub(super) fn open_image(&mut self, media: &Value) {
        self.out.push_str("<ac:image");
        if let Some(alternative) = text(media, "alt") {
            self.attribute("ac:alt", alternative);
        }
        self.out.push_str("><ri:url");
        self.attribute("ri:value", &address(media));
        self.out.push_str("/>");
    }

    /// Writes a file that is not drawn, as a link with its name.
    pub(super) fn file(&mut self, media: &Value) {
        self.out.push_str("<a");
        self.attribute("href", &address(media));
        self.out.push('>');
        self.text(text(media, "alt").unwrap_or("file"));
        self.out.push_str("</a>");
    }

    pub(super) fn unknown_mark(&mut self, name: &str) {
        self.warn("unknown_mark", format!("ADF has no mark `{name}`; its text is kept"));
        self.open_node(name);
        self.close_node();
    }

    /// A node in a line that the schema does not know: its name, and then its text.
    pub(super) fn unknown_inline(&mut self, node: &'d Value, kind: &str) {
        self.token(node, kind);
        self.text(node.get("text").and_then(Value::as_str).unwrap_or_default());
        self.push_frame(node, "paragraph", "");
    }
}

/// `media:ID?collection=COLLECTION`, or the address of a picture that lies elsewhere. Media have no
/// name in ADF: theirs is the id of the media services.
fn address(media: &Value) -> String {
    let Some(id) = text(media, "id") else {
        return text(media, "url").unwrap_or("media:").to_owned();
    };
    let mut address = "media:".to_owned();
    push_part(&mut address, id);
    if let Some(collection) = text(media, "collection") {
        address.push_str("?collection=");
        push_part(&mut address, collection);
    }
    address
}

fn push_part(address: &mut String, part: &str) {
    for character in part.chars() {
        match character {
            '%' => address.push_str("%25"),
            '?' => address.push_str("%3F"),
            _ => address.push(character),
        }
    }
}
