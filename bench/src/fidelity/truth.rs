//! What a page holds, counted from its own XML and from nothing that the document crate says.

use std::collections::HashMap;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, escape};

use super::words::Text;

/// What a reader of the page finds there.
#[derive(Debug, Default)]
pub(super) struct Truth {
    /// All that is read as text: titles of links without a label, of statuses, and dates too.
    pub(super) text: Text,
    /// Level and words of those with words.
    pub(super) headings: Vec<(u8, Text)>,
    /// Addresses of `a`, titles of pages and posts, names of files that links lead to.
    pub(super) links: Vec<String>,
    /// Names of files, and addresses.
    pub(super) images: Vec<String>,
    pub(super) code: Vec<Code>,
    /// Names, a legacy `ac:macro` like any other.
    pub(super) macros: Vec<String>,
    /// Account ids, user keys or user names.
    pub(super) mentions: Vec<String>,
    /// As `2024-05-01`.
    pub(super) dates: Vec<String>,
    /// The first eight characters of each reference.
    pub(super) comments: Vec<String>,
    /// Complete or not, and its own words without those of tasks and items inside.
    pub(super) tasks: Vec<(bool, Text)>,
    /// Rows of cells; the words of tables inside a cell belong to it too.
    pub(super) tables: Vec<Vec<Vec<Text>>>,
}

/// A code block.
#[derive(Debug)]
pub(super) struct Code {
    /// Empty where the page names none.
    pub(super) language: String,
    pub(super) body: String,
}

/// Counts a page. One that is not well-formed is counted up to where its XML cannot be read, which
/// the answer's second part says.
pub(super) fn count(storage: &str) -> (Truth, bool) {
    let (tree, whole) = Tree::read(storage);
    let mut truth = Truth::default();
    tree.text(0, &mut truth.text, |_| true);
    tree.count(0, &mut truth);
    (truth, whole)
}

struct Element {
    name: String,
    attributes: HashMap<String, String>,
    inside: Vec<Inside>,
}

enum Inside {
    Element(usize),
    Text(String),
}

struct Tree {
    elements: Vec<Element>,
}

impl Tree {
    fn read(storage: &str) -> (Self, bool) {
        let root = Element { name: String::new(), attributes: HashMap::new(), inside: Vec::new() };
        let mut tree = Self { elements: vec![root] };
        let mut open = vec![0];
        let mut reader = Reader::from_str(storage);
        let whole = loop {
            let innermost = open.last().copied().unwrap_or(0);
            match reader.read_event() {
                Ok(Event::Start(tag)) => open.push(tree.element(innermost, &tag)),
                Ok(Event::Empty(tag)) => {
                    tree.element(innermost, &tag);
                }
                Ok(Event::End(_)) => {
                    open.pop();
                }
                Ok(Event::Text(text)) => tree.push(innermost, text.to_string()),
                Ok(Event::CData(text)) => tree.push(innermost, text.to_string()),
                Ok(Event::GeneralRef(name)) => tree.push(innermost, character(&name)),
                Ok(Event::Eof) => break open.len() == 1,
                Ok(_) => {}
                Err(_) => break false,
            }
        };
        (tree, whole)
    }

    fn element(&mut self, parent: usize, tag: &BytesStart<'_>) -> usize {
        let mut attributes = tag.html_attributes();
        let attributes = attributes
            .with_checks(false)
            .flatten()
            .map(|attribute| (attribute.key.as_ref().to_owned(), decoded(&attribute.value)));
        let element = Element {
            name: tag.name().as_ref().to_owned(),
            attributes: attributes.collect(),
            inside: Vec::new(),
        };
        let place = self.elements.len();
        self.elements.push(element);
        self.elements[parent].inside.push(Inside::Element(place));
        place
    }

    fn push(&mut self, parent: usize, text: String) {
        self.elements[parent].inside.push(Inside::Text(text));
    }

    fn name(&self, place: usize) -> &str {
        &self.elements[place].name
    }

    fn attribute(&self, place: usize, name: &str) -> Option<&str> {
        self.elements[place].attributes.get(name).map(String::as_str)
    }

    fn elements_in(&self, place: usize) -> impl Iterator<Item = usize> {
        self.elements[place].inside.iter().filter_map(|inside| match inside {
            Inside::Element(place) => Some(*place),
            Inside::Text(_) => None,
        })
    }

    fn find(&self, place: usize, names: &[&str]) -> Option<usize> {
        self.elements_in(place).find(|inside| names.contains(&self.name(*inside)))
    }

    /// The text of everything inside, whatever its markup.
    fn raw(&self, place: usize) -> String {
        if self.name(place) == "br" {
            return "\n".to_owned();
        }
        let parts = self.elements[place].inside.iter().map(|inside| match inside {
            Inside::Text(text) => text.clone(),
            Inside::Element(place) => self.raw(*place),
        });
        parts.collect()
    }

    fn parameter(&self, place: usize, names: &[&str]) -> Option<String> {
        let parameters = self.elements_in(place).filter(|inside| {
            let own = match self.name(*inside) {
                "ac:default-parameter" => "",
                "ac:parameter" => self.attribute(*inside, "ac:name").unwrap_or_default(),
                _ => return false,
            };
            names.contains(&own)
        });
        let value = parameters.map(|inside| self.raw(inside)).next()?;
        Some(value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// Adds what is read in the element, as far as `enters` lets.
    fn text(&self, place: usize, text: &mut Text, enters: fn(&str) -> bool) {
        for inside in &self.elements[place].inside {
            let inside = match inside {
                Inside::Text(own) => {
                    text.push(own);
                    continue;
                }
                Inside::Element(inside) => *inside,
            };
            let name = self.name(inside);
            if !enters(name) || self.is_unread(place, inside) {
                text.part();
                continue;
            }
            let parts = !GLUE.contains(&name);
            if parts {
                text.part();
            }
            match name {
                "time" => text.push(self.attribute(inside, "datetime").unwrap_or_default()),
                "ac:image" => {
                    if let Some(caption) = self.find(inside, &["ac:caption"]) {
                        self.text(caption, text, enters);
                    }
                }
                "ac:structured-macro" | "ac:macro" if self.is_status(inside) => {
                    text.push(&self.parameter(inside, &["title", ""]).unwrap_or_default());
                }
                "ac:link" => self.link_text(inside, text, enters),
                _ => self.text(inside, text, enters),
            }
            if parts {
                text.part();
            }
        }
    }

    fn link_text(&self, link: usize, text: &mut Text, enters: fn(&str) -> bool) {
        let body = self.find(link, &["ac:link-body", "ac:plain-text-link-body"]);
        let says = |body: &usize| {
            self.find(*body, &["ac:image"]).is_some() || !self.raw(*body).trim().is_empty()
        };
        if let Some(body) = body.filter(says) {
            return self.text(body, text, enters);
        }
        let titled = self.find(link, &["ri:page", "ri:blog-post"]);
        match titled.and_then(|resource| self.attribute(resource, "ri:content-title")) {
            Some(title) => text.push(title),
            None => text.part(),
        }
    }

    fn is_status(&self, place: usize) -> bool {
        self.attribute(place, "ac:name") == Some("status")
    }

    fn is_unread(&self, parent: usize, place: usize) -> bool {
        let name = self.name(place);
        let fallback_repeats = || {
            let node = self.find(parent, &["ac:adf-node"]);
            node.is_some_and(|node| !self.raw_content(node).trim().is_empty())
        };
        UNREAD.contains(&name)
            || name.starts_with("at:")
            || name.starts_with("ri:")
            || name == "ac:adf-fallback" && fallback_repeats()
    }

    fn raw_content(&self, node: usize) -> String {
        let content = self.elements_in(node).filter(|inside| {
            matches!(self.name(*inside), "ac:adf-content" | "ac:adf-node" | "ac:adf-leaf")
        });
        content.map(|inside| self.raw(inside)).collect()
    }

    fn count(&self, place: usize, truth: &mut Truth) {
        for inside in self.elements_in(place) {
            if self.is_unread(place, inside) {
                continue;
            }
            self.count_one(inside, truth);
            self.count(inside, truth);
        }
    }

    fn count_one(&self, place: usize, truth: &mut Truth) {
        let attribute = |name: &str| self.attribute(place, name).map(str::to_owned);
        let all = |place: usize| {
            let mut text = Text::default();
            self.text(place, &mut text, |_| true);
            text
        };
        match self.name(place) {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                let level = self.name(place).as_bytes()[1] - b'0';
                let words = all(place);
                if !words.is_empty() {
                    truth.headings.push((level, words));
                }
            }
            "a" => truth.links.extend(attribute("href").filter(|href| !href.is_empty())),
            "ac:link" => self.count_link(place, truth),
            "ac:image" => truth.images.extend(self.image(place)),
            "img" => truth.images.extend(attribute("src")),
            "time" => truth.dates.extend(attribute("datetime")),
            "ac:inline-comment-marker" => {
                let reference = attribute("ac:ref").unwrap_or_default();
                truth.comments.push(reference.chars().take(8).collect());
            }
            "ac:task" => truth.tasks.extend(self.task(place)),
            "table" => truth.tables.push(self.rows(place, all)),
            "pre" => truth.code.push(Code { language: String::new(), body: self.raw(place) }),
            "ac:structured-macro" | "ac:macro" => self.count_macro(place, truth),
            _ => {}
        }
    }

    fn count_link(&self, link: usize, truth: &mut Truth) {
        for resource in self.elements_in(link) {
            let attribute = |name: &str| self.attribute(resource, name).map(str::to_owned);
            match self.name(resource) {
                "ri:user" => truth.mentions.extend(
                    ["ri:account-id", "ri:userkey", "ri:username"].into_iter().find_map(attribute),
                ),
                "ri:page" | "ri:blog-post" => truth.links.extend(attribute("ri:content-title")),
                "ri:attachment" => truth.links.extend(attribute("ri:filename")),
                "ri:url" => truth.links.extend(attribute("ri:value")),
                _ => {}
            }
        }
    }

    fn image(&self, image: usize) -> Option<String> {
        let resource = self.find(image, &["ri:attachment", "ri:url"])?;
        let names = ["ri:filename", "ri:value"];
        names.iter().find_map(|name| self.attribute(resource, name)).map(str::to_owned)
    }

    fn task(&self, task: usize) -> Option<(bool, Text)> {
        let status = self.find(task, &["ac:task-status"]).map(|status| self.raw(status));
        let body = self.find(task, &["ac:task-body"])?;
        let mut words = Text::default();
        self.text(body, &mut words, |name| !matches!(name, "ac:task-list" | "ul" | "ol"));
        Some((status.is_some_and(|status| status.trim() == "complete"), words))
    }

    fn rows(&self, table: usize, all: impl Fn(usize) -> Text) -> Vec<Vec<Text>> {
        let mut rows = Vec::new();
        for part in self.elements_in(table) {
            let inside: Vec<usize> = match self.name(part) {
                "tr" => vec![part],
                "thead" | "tbody" | "tfoot" => self.elements_in(part).collect(),
                _ => continue,
            };
            for row in inside.into_iter().filter(|row| self.name(*row) == "tr") {
                let cells = self.elements_in(row);
                let cells = cells.filter(|cell| matches!(self.name(*cell), "td" | "th"));
                rows.push(cells.map(&all).collect());
            }
        }
        rows
    }

    fn count_macro(&self, place: usize, truth: &mut Truth) {
        let name = self.attribute(place, "ac:name").unwrap_or_default().to_owned();
        let body = self.find(place, &["ac:plain-text-body"]);
        if let Some(body) = body.filter(|_| matches!(&*name, "code" | "noformat")) {
            let language = self.parameter(place, &["language", ""]).unwrap_or_default();
            truth.code.push(Code { language, body: self.raw(body) });
        }
        truth.macros.push(name);
    }
}

/// Elements that do not part the words on their sides.
const GLUE: [&str; 30] = [
    "strong",
    "b",
    "em",
    "i",
    "u",
    "ins",
    "s",
    "strike",
    "del",
    "sub",
    "sup",
    "code",
    "tt",
    "kbd",
    "samp",
    "span",
    "font",
    "a",
    "big",
    "small",
    "cite",
    "abbr",
    "q",
    "var",
    "mark",
    "ac:link",
    "ac:link-body",
    "ac:plain-text-link-body",
    "ac:inline-comment-marker",
    "ac:placeholder",
];

/// Elements whose text says how things are, not what is read.
const UNREAD: [&str; 9] = [
    "ac:parameter",
    "ac:default-parameter",
    "ac:task-id",
    "ac:task-uuid",
    "ac:task-status",
    "ac:adf-attribute",
    "ac:adf-parameter",
    "ac:emoticon",
    "ac:adf-mark",
];

fn character(reference: &str) -> String {
    decoded(&format!("&{reference};"))
}

/// With the references of HTML read; as it is where one is unknown.
pub(super) fn decoded(text: &str) -> String {
    escape::unescape_with(text, escape::resolve_html5_entity)
        .map_or_else(|_| text.to_owned(), Into::into)
}
