//! What a reader of Markdown finds in a text, by an independent parser of `CommonMark` and GFM.

use super::truth::decoded;
use super::words::Text;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// Links go on with the word beside them.
    pub(super) text: Text,
    /// Links are words of their own.
    pub(super) parted_text: Text,
    pub(super) headings: Vec<(u8, Text)>,
    pub(super) links: Vec<String>,
    pub(super) images: Vec<String>,
    /// Language and text of the fenced and indented blocks.
    pub(super) code: Vec<(String, String)>,
    pub(super) tasks: Vec<(bool, Text)>,
    pub(super) tables: Vec<Vec<Vec<Text>>>,
}

/// Reads Markdown with the extensions of GFM, and the HTML in it.
pub(super) fn read(markdown: &str) -> Reading {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_GFM;
    let mut reader = Reader::default();
    for event in Parser::new_ext(markdown, options) {
        reader.event(event);
    }
    reader.reading
}

#[derive(Default)]
struct Reader {
    reading: Reading,
    heading: Option<(u8, Text)>,
    code: Option<(String, String)>,
    items: Vec<(Option<bool>, Text)>,
    tables: Vec<Vec<Vec<Text>>>,
    in_image: usize,
    html: Option<String>,
}

impl Reader {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Code(text) => self.text(&text),
            Event::Html(html) => match &mut self.html {
                Some(block) => block.push_str(&html),
                None => self.html(&html),
            },
            Event::InlineHtml(html) => self.html(&html),
            Event::TaskListMarker(checked) => {
                if let Some(item) = self.items.last_mut() {
                    item.0 = Some(checked);
                }
            }
            _ => self.part(),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Strong | Tag::Emphasis | Tag::Strikethrough => return,
            Tag::Link { dest_url, .. } => {
                self.reading.links.push(dest_url.into_string());
                return self.reading.parted_text.part();
            }
            Tag::Image { dest_url, .. } => {
                self.reading.images.push(dest_url.into_string());
                self.in_image += 1;
            }
            Tag::Heading { level, .. } => self.heading = Some((level as u8, Text::default())),
            Tag::CodeBlock(kind) => {
                let language = match kind {
                    CodeBlockKind::Fenced(info) => {
                        info.split_whitespace().next().unwrap_or_default().to_owned()
                    }
                    CodeBlockKind::Indented => String::new(),
                };
                self.code = Some((language, String::new()));
            }
            Tag::Item => self.items.push((None, Text::default())),
            Tag::Table(_) => self.tables.push(Vec::new()),
            Tag::TableHead | Tag::TableRow => self.row(),
            Tag::TableCell => self.cell(),
            Tag::HtmlBlock => self.html = Some(String::new()),
            _ => {}
        }
        self.part();
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Strong | TagEnd::Emphasis | TagEnd::Strikethrough => return,
            TagEnd::Link => return self.reading.parted_text.part(),
            TagEnd::Image => self.in_image = self.in_image.saturating_sub(1),
            TagEnd::Heading(_) => self.reading.headings.extend(self.heading.take()),
            TagEnd::CodeBlock => self.reading.code.extend(self.code.take()),
            TagEnd::Item => {
                if let Some((Some(checked), text)) = self.items.pop() {
                    self.reading.tasks.push((checked, text));
                }
            }
            TagEnd::Table => self.reading.tables.extend(self.tables.pop()),
            TagEnd::HtmlBlock => {
                if let Some(html) = self.html.take() {
                    self.html(&html);
                }
            }
            _ => {}
        }
        self.part();
    }

    fn text(&mut self, text: &str) {
        if self.in_image > 0 {
            return;
        }
        if let Some((_, body)) = &mut self.code {
            body.push_str(text);
        }
        self.each_text(|place| place.push(text));
    }

    fn part(&mut self) {
        self.each_text(Text::part);
    }

    fn each_text(&mut self, mut change: impl FnMut(&mut Text)) {
        change(&mut self.reading.text);
        change(&mut self.reading.parted_text);
        if let Some((_, heading)) = &mut self.heading {
            change(heading);
        }
        if let Some((_, item)) = self.items.last_mut() {
            change(item);
        }
        for table in &mut self.tables {
            if let Some(cell) = table.last_mut().and_then(|row| row.last_mut()) {
                change(cell);
            }
        }
    }

    fn row(&mut self) {
        if let Some(table) = self.tables.last_mut() {
            table.push(Vec::new());
        }
    }

    fn cell(&mut self) {
        if let Some(row) = self.tables.last_mut().and_then(|table| table.last_mut()) {
            row.push(Text::default());
        }
    }

    fn html(&mut self, html: &str) {
        let mut rest = html;
        while let Some((text, tag)) = rest.split_once('<') {
            self.text(&decoded(text));
            if let Some(comment) = tag.strip_prefix("!--") {
                rest = comment.split_once("-->").map_or("", |(_, after)| after);
                continue;
            }
            let mut quoted = false;
            let end = tag.find(|character| {
                quoted ^= character == '"';
                character == '>' && !quoted
            });
            let Some(end) = end else { return };
            self.tag(&tag[..end]);
            rest = &tag[end + 1..];
        }
        self.text(&decoded(rest));
    }

    fn tag(&mut self, tag: &str) {
        let name = tag.split([' ', '/', '\n']).find(|part| !part.is_empty()).unwrap_or_default();
        let closes = tag.starts_with('/');
        match name {
            "strong" | "b" | "em" | "i" | "u" | "del" | "s" | "sub" | "sup" | "code" | "mark"
            | "span" => return,
            "a" => {
                self.reading.links.extend(attribute(tag, "href"));
                return self.reading.parted_text.part();
            }
            "img" => self.reading.images.extend(attribute(tag, "src")),
            "table" if closes => self.reading.tables.extend(self.tables.pop()),
            "table" => self.tables.push(Vec::new()),
            "tr" if !closes => self.row(),
            "td" | "th" if !closes => self.cell(),
            _ => {}
        }
        self.part();
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, value) = tag.split_once(&format!(" {name}=\""))?;
    Some(decoded(value.split('"').next()?))
}
