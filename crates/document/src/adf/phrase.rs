//! What stands in a line of storage format, as ADF.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::{
    document::Reader,
    fault::{Fault, unsupported},
    run::{self, CODE, EMPHASIS, LINK, Line, Piece, STRIKE, STRONG, SUBSUP, UNDERLINE},
};
use crate::{element::Element, entity, scan::Node};

impl Reader<'_> {
    /// Reads a part of a line; answers with the node to go on with.
    pub(super) fn inline(&mut self, at: u32, node: Node) -> Result<u32, Fault> {
        match node.element {
            Element::Text => self.run.text(&entity::decoded(self.tree.text(node.inner()))),
            Element::CharacterData => self.run.text(self.tree.text(node.inner())),
            Element::Break => self.run.push(Piece::Break),
            Element::Strong => self.mark(STRONG, "strong", node),
            Element::Emphasis => self.mark(EMPHASIS, "em", node),
            Element::Strike => self.mark(STRIKE, "strike", node),
            Element::Underline => self.mark(UNDERLINE, "underline", node),
            Element::Code => self.mark(CODE, "code", node),
            Element::Subscript => self.script("sub", node),
            Element::Superscript => self.script("sup", node),
            Element::Anchor => return Ok(self.anchor(at, node)),
            Element::Link => return self.link(at, node),
            Element::HtmlImage => {
                let source = self.decoded(&node, "src").unwrap_or_default();
                let media = media(&source, self.decoded(&node, "alt"));
                self.run.push_picture(media);
            }
            Element::Time => {
                let date = self.date(node)?;
                self.run.push(Piece::Node(date));
            }
            Element::Emoticon => self.emoticon(node),
            Element::Placeholder => {
                let text = self.tree.words(at);
                let placeholder = json!({"type": "placeholder", "attrs": {"text": text}});
                self.run.push(Piece::Node(placeholder));
                return Ok(node.next);
            }
            _ => {}
        }
        Ok(at + 1)
    }

    fn mark(&mut self, rank: u8, kind: &str, node: Node) {
        self.run.open_mark(rank, json!({"type": kind}), node.next);
    }

    fn script(&mut self, kind: &str, node: Node) {
        let mark = json!({"type": "subsup", "attrs": {"type": kind}});
        self.run.open_mark(SUBSUP, mark, node.next);
    }

    pub(super) fn decoded(&self, node: &Node, name: &str) -> Option<String> {
        self.tree.attribute_text(node, name).map(entity::decoded)
    }

    fn anchor(&mut self, at: u32, node: Node) -> u32 {
        // A link to nowhere is its label: readers of ADF take no empty address.
        let is_link = |href: &String| !href.is_empty() && !self.run.in_link();
        let Some(href) = self.decoded(&node, "href").filter(is_link) else { return at + 1 };
        let label = self.tree.words(at);
        if href.starts_with("media:") {
            let media = media(&href, Some(label));
            self.run.push(Piece::File { media });
            return node.next;
        }
        let web = href.starts_with("https://") || href.starts_with("http://");
        let appearance = self.decoded(&node, "data-card-appearance");
        // The editors of Atlassian make a card of an address, too.
        let appearance = appearance.or_else(|| (web && label == href).then(|| "inline".to_owned()));
        if let Some(appearance) = appearance {
            self.run.push(Piece::Card { url: href, appearance });
            return node.next;
        }
        let mut attributes = json!({"href": href});
        if let Some(title) = self.decoded(&node, "title") {
            attributes["title"] = json!(title);
        }
        self.open_link(&attributes, node, at, &href)
    }

    /// Reads the label of a link, which is its address when it has none.
    fn open_link(&mut self, attributes: &Value, node: Node, at: u32, own_label: &str) -> u32 {
        self.run.open_mark(LINK, json!({"type": "link", "attrs": attributes}), node.next);
        let labelled = self.tree.descendants(at).iter().any(|inside| {
            matches!(
                inside.element,
                Element::Text
                    | Element::CharacterData
                    | Element::Emoticon
                    | Element::Image
                    | Element::HtmlImage
            )
        });
        if !labelled {
            self.run.text(own_label);
        }
        at + 1
    }

    fn link(&mut self, at: u32, node: Node) -> Result<u32, Fault> {
        let resource = self.tree.children(at).find(|(_, child)| child.element.is_resource());
        let body = self.tree.child(at, Element::LinkBody);
        match resource {
            Some((_, user)) if user.element == Element::User => {
                let Some(id) = self.decoded(&user, "ri:account-id") else {
                    let advice = "write it with the account id: [@name](user:ACCOUNT_ID)";
                    return Err(unsupported(node, "a mention by user name or user key", advice));
                };
                let label = body.map(|(place, _)| self.tree.words(place));
                self.mention(&id, label.as_deref().map(str::trim));
                Ok(node.next)
            }
            Some((_, resource)) => {
                let what = match resource.element {
                    Element::Attachment => "a link to an attachment",
                    Element::Space => "a link to a space by its key",
                    _ => "a link to a page by its title",
                };
                Err(unsupported(node, what, "write its URL, which begins with https://"))
            }
            None => {
                let anchor = self.decoded(&node, "ac:anchor").unwrap_or_default();
                Ok(self.open_link(&json!({"href": format!("#{anchor}")}), node, at, &anchor))
            }
        }
    }

    fn mention(&mut self, id: &str, label: Option<&str>) {
        let mut attributes = json!({"id": id});
        if let Some(label) = label.filter(|label| !label.is_empty() && *label != "@user") {
            attributes["text"] = json!(format!("@{}", label.trim_start_matches('@')));
        }
        self.run.push(Piece::Node(json!({"type": "mention", "attrs": attributes})));
    }

    fn date(&self, node: Node) -> Result<Value, Fault> {
        let day = ["datetime", "ac:datetime"].iter().find_map(|name| self.decoded(&node, name));
        let day = day.unwrap_or_default();
        let midnight = day
            .trim()
            .parse::<jiff::civil::Date>()
            .and_then(|date| date.to_zoned(jiff::tz::TimeZone::UTC));
        let Ok(midnight) = midnight else {
            let construct = format!("a date that is no day (`{day}`)");
            return Err(unsupported(node, &construct, "write a day such as 2024-05-01"));
        };
        let timestamp = midnight.timestamp().as_millisecond().to_string();
        Ok(json!({"type": "date", "attrs": {"timestamp": timestamp}}))
    }

    /// One with a short name is looked up by that; the others are characters. An emoji has no marks.
    fn emoticon(&mut self, node: Node) {
        let short_name = self.decoded(&node, "ac:emoji-shortname");
        let fallback = self.decoded(&node, "ac:emoji-fallback");
        let text = fallback.or_else(|| short_name.clone()).unwrap_or_default();
        match short_name.filter(|_| !self.run.is_marked()) {
            Some(short_name) => {
                let emoji =
                    json!({"type": "emoji", "attrs": {"shortName": short_name, "text": text}});
                self.run.push(Piece::Node(emoji));
            }
            None => self.run.text(&text),
        }
    }

    /// Reads a picture; answers with the node to go on with.
    pub(super) fn image(&mut self, at: u32, node: Node) -> Result<u32, Fault> {
        let url = self.tree.child(at, Element::Url);
        let Some(url) = url.and_then(|(_, url)| self.decoded(&url, "ri:value")) else {
            let advice = "write its URL, or the `media:` address that a view of the document has";
            return Err(unsupported(node, "a picture that is an attachment", advice));
        };
        let media = media(&url, self.decoded(&node, "ac:alt"));
        let line = self.line();
        let caption = self.tree.child(at, Element::Caption);
        match caption.filter(|_| line != Line::Caption && self.parent() != "heading") {
            Some((place, caption)) => {
                self.open_caption(run::media_single(&media), node, caption)?;
                Ok(place + 1)
            }
            None if line == Line::None && self.run.is_blank() => {
                self.leaf(run::media_single(&media), node)?;
                Ok(at + 1)
            }
            None => {
                self.run.push_picture(media);
                Ok(at + 1)
            }
        }
    }
}

/// A picture or file by its address: `media:ID?collection=COLLECTION`, or one elsewhere.
fn media(address: &str, name: Option<String>) -> Value {
    let mut media = match address.strip_prefix("media:") {
        Some(path) => {
            let (id, collection) = path.split_once("?collection=").unwrap_or((path, ""));
            let (id, collection) = (part(id), part(collection));
            json!({"type": "media", "attrs": {"type": "file", "id": id, "collection": collection}})
        }
        None => json!({"type": "media", "attrs": {"type": "external", "url": address}}),
    };
    if let Some(name) = name.filter(|name| !name.is_empty()) {
        media["attrs"]["alt"] = json!(name);
    }
    media
}

/// The way back of what [`super::inline`] writes into an address.
fn part(part: &str) -> Cow<'_, str> {
    if part.contains('%') {
        part.replace("%3F", "?").replace("%25", "%").into()
    } else {
        part.into()
    }
}
