//! Wiki markup as storage format: blocks.

use memchr::{memchr, memchr2, memmem};

use super::{PANELS, phrase};
use crate::{entity, write::push_text};

/// How deep lists nest, as in the views of pages. Longer markers are text.
const MAX_MARKER: usize = 32;

/// The macros that hold blocks.
const CONTAINERS: [&str; 6] = ["quote", "panel", "info", "note", "tip", "warning"];

/// The macros that hold plain text.
const LITERALS: [&str; 2] = ["code", "noformat"];

pub(super) fn to_storage(wiki: &str) -> String {
    let mut reader = Reader {
        wiki,
        out: String::with_capacity(wiki.len() * 2),
        line: Line::None,
        lists: Vec::new(),
        in_table: false,
        containers: Vec::new(),
        missing: Vec::new(),
        closings: Vec::new(),
    };
    reader.read();
    reader.out
}

struct Reader<'w> {
    wiki: &'w str,
    out: String,
    line: Line,
    /// The lists that are open, outermost first.
    lists: Vec<List>,
    in_table: bool,
    containers: Vec<Container>,
    /// The macros that the rest of the text has no end for.
    missing: Vec<&'static str>,
    /// Where the next end tags of macros are.
    closings: Vec<(&'static str, usize)>,
}

/// What a line of text goes on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    None,
    Paragraph,
    /// The text of an item, or of a cell.
    Bare,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    Bullet,
    Number,
    Task,
}

struct Container {
    name: &'static str,
    close: &'static str,
    /// The lists in which it stands.
    lists: Vec<List>,
}

/// `{name:parameters}`
struct Macro<'w> {
    name: &'static str,
    parameters: &'w str,
    /// Of the text.
    start: usize,
    end: usize,
}

impl<'w> Reader<'w> {
    fn read(&mut self) {
        let mut at = 0;
        while at < self.wiki.len() {
            let length = memchr(b'\n', self.wiki.as_bytes().get(at..).unwrap_or_default());
            let end = length.map_or(self.wiki.len(), |length| at + length);
            at = self.line(at, end);
        }
        self.end_all();
        while let Some(container) = self.containers.pop() {
            self.close_container(container);
        }
    }

    /// Reads the line from `start` to `end`, or more; answers with where to go on.
    fn line(&mut self, start: usize, end: usize) -> usize {
        let line = self.text(start, end);
        if line.trim().is_empty() {
            self.end_all();
            return end + 1;
        }
        if line.trim_start().starts_with('|') {
            return self.row(start, end);
        }
        self.end_table();
        let mut at = start;
        while let Some(found) = self.next_macro(at, end) {
            if !self.is_whole(&found) {
                self.missing.push(found.name);
                continue;
            }
            let words = self.text(at, found.start).trim_start();
            if !words.is_empty() {
                // The space behind a marker stays: `* {quote}` is an item that holds a quote.
                self.words(words, at == start);
            }
            at = self.block_macro(&found);
            if at > end {
                return self.behind(at);
            }
        }
        let words = self.text(at, end).trim();
        if !words.is_empty() {
            self.words(words, at == start);
        }
        end + 1
    }

    /// Where to go on after a macro that ends at `at`: what is left of its line is no blank one.
    fn behind(&self, at: usize) -> usize {
        let rest = self.wiki.as_bytes().get(at..).unwrap_or_default();
        let spaces = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
        if rest.get(spaces) == Some(&b'\n') { at + spaces + 1 } else { at }
    }

    fn text(&self, start: usize, end: usize) -> &'w str {
        let wiki = self.wiki;
        wiki.get(start..end).unwrap_or_default().trim_end_matches('\r')
    }

    /// Reads what begins a line, or goes on with it.
    fn words(&mut self, line: &str, first: bool) {
        if !first {
            return self.go_on(line);
        }
        if let Some((level, words)) = heading(line) {
            self.end_all();
            self.out.push_str("<h");
            self.out.push(level);
            self.out.push('>');
            phrase::push(&mut self.out, words);
            self.out.push_str("</h");
            self.out.push(level);
            self.out.push('>');
        } else if let Some(words) = line.strip_prefix("bq. ") {
            self.end_all();
            self.out.push_str("<blockquote><p>");
            phrase::push(&mut self.out, words);
            self.out.push_str("</p></blockquote>");
        } else if line.len() >= 4 && line.bytes().all(|byte| byte == b'-') {
            self.end_all();
            self.out.push_str("<hr />");
        } else {
            self.item_or_text(line);
        }
    }

    fn item_or_text(&mut self, line: &str) {
        let Some((marker, words)) = marker(line) else { return self.go_on(line) };
        self.end_line();
        let (task, words) = match checkbox(words) {
            Some((complete, words)) => (Some(complete), words),
            None => (None, words),
        };
        let lists: Vec<_> = marker
            .bytes()
            .enumerate()
            .map(|(place, byte)| match byte {
                b'#' => List::Number,
                _ if task.is_some() && place + 1 == marker.len() => List::Task,
                _ => List::Bullet,
            })
            .collect();
        self.open_item(&lists, task == Some(true));
        phrase::push(&mut self.out, words);
        self.line = Line::Bare;
    }

    /// Ends the items and lists that do not hold an item of these lists, and begins it.
    fn open_item(&mut self, lists: &[List], complete: bool) {
        let last = lists.len().saturating_sub(1);
        // A task may hold what a bullet may.
        let holds = |open: List, wanted: List, place: usize| {
            open == wanted || place < last && open == List::Task && wanted == List::Bullet
        };
        let open = self.lists.iter().zip(lists).enumerate();
        let kept =
            open.take_while(|(place, (open, wanted))| holds(**open, **wanted, *place)).count();
        if kept == lists.len() {
            self.close_lists(kept);
            if let Some(list) = self.lists.last().copied() {
                self.out.push_str(list.end_of_item());
                self.out.push_str(list.item(complete));
            }
            return;
        }
        self.close_lists(kept);
        for list in lists.iter().skip(kept) {
            self.out.push_str(list.start());
            self.out.push_str(list.item(complete));
            self.lists.push(*list);
        }
    }

    fn close_lists(&mut self, keep: usize) {
        while self.lists.len() > keep {
            if let Some(list) = self.lists.pop() {
                self.out.push_str(list.end_of_item());
                self.out.push_str(list.end());
            }
        }
    }

    /// Goes on with the line before, or begins a paragraph.
    fn go_on(&mut self, words: &str) {
        match self.line {
            Line::None => {
                self.out.push_str("<p>");
                self.line = Line::Paragraph;
            }
            Line::Paragraph | Line::Bare if self.out.ends_with("<br />") => {}
            Line::Paragraph | Line::Bare => self.out.push_str("<br />"),
        }
        phrase::push(&mut self.out, words);
    }

    fn end_line(&mut self) {
        if self.line == Line::Paragraph {
            self.out.push_str("</p>");
        }
        self.line = Line::None;
    }

    fn end_table(&mut self) {
        if std::mem::take(&mut self.in_table) {
            self.out.push_str("</tbody></table>");
        }
    }

    fn end_all(&mut self) {
        self.end_line();
        self.end_table();
        self.close_lists(0);
    }

    /// Reads a row of a table, which ends with the line that ends with a `|`.
    fn row(&mut self, start: usize, line_end: usize) -> usize {
        let mut end = line_end;
        while !self.text(start, end).trim_end().ends_with('|') {
            let next = end + 1;
            let rest = self.wiki.as_bytes().get(next..).unwrap_or_default();
            let next_end = memchr(b'\n', rest).map_or(self.wiki.len(), |length| next + length);
            let line = self.text(next, next_end);
            if next >= self.wiki.len() || line.trim().is_empty() || line.starts_with('|') {
                break;
            }
            end = next_end;
        }
        self.end_line();
        self.close_lists(0);
        if !std::mem::replace(&mut self.in_table, true) {
            self.out.push_str("<table><tbody>");
        }
        self.out.push_str("<tr>");
        for (header, cell) in cells(self.text(start, end).trim()) {
            self.out.push_str(if header { "<th>" } else { "<td>" });
            for line in cell.split('\n').map(str::trim).filter(|line| !line.is_empty()) {
                if self.line == Line::None && marker(line).is_none() {
                    self.line = Line::Bare;
                    phrase::push(&mut self.out, line);
                } else {
                    self.item_or_text(line);
                }
            }
            self.end_line();
            self.close_lists(0);
            self.out.push_str(if header { "</th>" } else { "</td>" });
        }
        self.out.push_str("</tr>");
        end + 1
    }

    /// The next macro that is a block and begins between `start` and `end`.
    fn next_macro(&self, start: usize, end: usize) -> Option<Macro<'w>> {
        let mut at = start;
        loop {
            let found = memchr(b'{', self.wiki.as_bytes().get(at..end)?)?;
            let brace = at + found;
            at = brace + 1;
            let before = self.wiki.get(start..brace).unwrap_or_default();
            let line = self.wiki.get(at..end)?;
            if before.ends_with('\\') || before.ends_with('{') {
                continue;
            }
            if let Some(literal) = line.strip_prefix('{') {
                // What stands in `{{…}}` is text.
                let near = literal.get(..literal.floor_char_boundary(phrase::LONGEST_CODE));
                at += near.and_then(|near| near.find("}}")).map_or(1, |length| length + 3);
                continue;
            }
            let length = memchr2(b'}', b'{', line.as_bytes());
            let Some(inside) = length.filter(|length| line.as_bytes().get(*length) == Some(&b'}'))
            else {
                continue;
            };
            let (name, parameters) = match line.get(..inside)?.split_once(':') {
                Some((name, parameters)) => (name, parameters),
                None => (line.get(..inside)?, ""),
            };
            let known = CONTAINERS.iter().chain(&LITERALS).find(|known| **known == name);
            if let Some(name) = known.filter(|known| !self.missing.contains(*known)) {
                return Some(Macro { name, parameters, start: brace, end: at + inside + 1 });
            }
        }
    }

    /// Whether a macro ends what is open, or has an end.
    fn is_whole(&mut self, found: &Macro<'_>) -> bool {
        self.ends_container(found) || self.closing(found).is_some()
    }

    fn ends_container(&self, found: &Macro<'_>) -> bool {
        let open = self.containers.last().is_some_and(|container| container.name == found.name);
        open && found.parameters.is_empty()
    }

    /// Reads a macro, or begins or ends it; answers with where to go on.
    fn block_macro(&mut self, found: &Macro<'w>) -> usize {
        if self.ends_container(found) {
            self.end_all();
            if let Some(container) = self.containers.pop() {
                self.close_container(container);
            }
            return found.end;
        }
        self.end_line();
        if LITERALS.contains(&found.name) {
            let closing = self.closing(found).unwrap_or(self.wiki.len());
            let body = self.wiki.get(found.end..closing).unwrap_or_default();
            self.code(found.parameters, body);
            return closing + found.name.len() + 2;
        }
        let lists = std::mem::take(&mut self.lists);
        let (open, close) = container(found.name, found.parameters);
        self.out.push_str(&open);
        self.containers.push(Container { name: found.name, close, lists });
        found.end
    }

    /// Where the next end tag of a macro begins. It is not searched for again until it is passed.
    fn closing(&mut self, found: &Macro<'_>) -> Option<usize> {
        if let Some((_, at)) = self.closings.iter().find(|(name, _)| *name == found.name)
            && *at >= found.end
        {
            return Some(*at);
        }
        let tag = ["{", found.name, "}"].concat();
        let rest = self.wiki.as_bytes().get(found.end..)?;
        let at = found.end + memmem::find(rest, tag.as_bytes())?;
        self.closings.retain(|(name, _)| *name != found.name);
        self.closings.push((found.name, at));
        Some(at)
    }

    fn close_container(&mut self, container: Container) {
        if self.out.ends_with("<ac:rich-text-body>") {
            // Without a block in it, it would be a part of the line that it stands behind.
            self.out.push_str("<p></p>");
        }
        self.out.push_str(container.close);
        self.lists = container.lists;
    }

    fn code(&mut self, parameters: &str, body: &str) {
        self.out.push_str("<ac:structured-macro ac:name=\"code\">");
        for (name, value) in parameters_of(parameters) {
            match name {
                "" | "language" => self.parameter("language", &value),
                "title" => self.parameter("title", &value),
                _ => {}
            }
        }
        self.out.push_str("<ac:plain-text-body>");
        let body = body.strip_prefix('\r').unwrap_or(body);
        let body = body.strip_prefix('\n').unwrap_or(body);
        push_text(&mut self.out, body.strip_suffix('\n').unwrap_or(body));
        self.out.push_str("</ac:plain-text-body></ac:structured-macro>");
    }

    fn parameter(&mut self, name: &str, value: &str) {
        push_parameter(&mut self.out, name, value);
    }
}

impl List {
    fn start(self) -> &'static str {
        match self {
            Self::Bullet => "<ul>",
            Self::Number => "<ol>",
            Self::Task => "<ac:task-list>",
        }
    }

    fn end(self) -> &'static str {
        match self {
            Self::Bullet => "</ul>",
            Self::Number => "</ol>",
            Self::Task => "</ac:task-list>",
        }
    }

    fn item(self, complete: bool) -> &'static str {
        match (self, complete) {
            (Self::Task, true) => {
                "<ac:task><ac:task-status>complete</ac:task-status><ac:task-body>"
            }
            (Self::Task, false) => {
                "<ac:task><ac:task-status>incomplete</ac:task-status><ac:task-body>"
            }
            _ => "<li>",
        }
    }

    fn end_of_item(self) -> &'static str {
        if self == Self::Task { "</ac:task-body></ac:task>" } else { "</li>" }
    }
}

/// The level of a heading and its words: `h2. words`.
fn heading(line: &str) -> Option<(char, &str)> {
    let rest = line.strip_prefix('h')?;
    let level = rest.chars().next().filter(|level| ('1'..='6').contains(level))?;
    Some((level, rest.get(1..)?.strip_prefix(". ")?))
}

/// The marker of an item and its words: `*# words`.
fn marker(line: &str) -> Option<(&str, &str)> {
    let length = line.bytes().take_while(|byte| matches!(byte, b'*' | b'#' | b'-')).count();
    let (marker, words) = line.split_at_checked(length)?;
    let fits = (1..=MAX_MARKER).contains(&length) && (length == 1 || !marker.contains("--"));
    let words = words.strip_prefix(' ').filter(|_| fits)?;
    Some((marker, words.trim_start()))
}

/// Whether a task is complete, and its words: `[x] words`.
fn checkbox(words: &str) -> Option<(bool, &str)> {
    let (complete, words) = match words.strip_prefix("[ ]") {
        Some(words) => (false, words),
        None => (true, words.strip_prefix("[x]")?),
    };
    (words.is_empty() || words.starts_with(' ')).then(|| (complete, words.trim_start()))
}

/// The cells of a row: whether each is of a header, and what it holds.
fn cells(row: &str) -> Vec<(bool, &str)> {
    let mut cells = Vec::new();
    let mut rest = row;
    while let Some(after) = rest.strip_prefix('|') {
        let (header, after) = match after.strip_prefix('|') {
            Some(after) => (true, after),
            None => (false, after),
        };
        let length = phrase::cell_length(after);
        let (cell, next) = after.split_at_checked(length).unwrap_or((after, ""));
        // The last bar ends the row.
        if next.is_empty() && cell.trim().is_empty() && !cells.is_empty() {
            break;
        }
        cells.push((header, cell));
        rest = next;
    }
    cells
}

/// What begins and what ends a container.
fn container(name: &str, parameters: &str) -> (String, &'static str) {
    if name == "quote" {
        return ("<blockquote>".to_owned(), "</blockquote>");
    }
    let parameters = parameters_of(parameters);
    let value = |wanted: &str| {
        let found = parameters.iter().find(|(name, _)| *name == wanted);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    };
    let colour = value("bgColor").map(str::to_ascii_lowercase);
    let coloured = PANELS.iter().find(|(known, _)| colour.as_deref() == Some(known));
    let name = coloured.filter(|_| name == "panel").map_or(name, |(_, name)| name);
    let mut open = "<ac:structured-macro ac:name=\"".to_owned();
    open.push_str(name);
    open.push_str("\">");
    if let Some(title) = value("title") {
        push_parameter(&mut open, "title", title);
    }
    open.push_str("<ac:rich-text-body>");
    (open, "</ac:rich-text-body></ac:structured-macro>")
}

/// `java|title=a.java`: names, empty for the default one, and values.
fn parameters_of(parameters: &str) -> Vec<(&str, String)> {
    parameters
        .split('|')
        .filter(|parameter| !parameter.is_empty())
        .map(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or(("", parameter));
            (name.trim(), entity::decoded(value.trim()))
        })
        .collect()
}

fn push_parameter(out: &mut String, name: &str, value: &str) {
    out.push_str("<ac:parameter ac:name=\"");
    out.push_str(name);
    out.push_str("\">");
    push_text(out, value);
    out.push_str("</ac:parameter>");
}
