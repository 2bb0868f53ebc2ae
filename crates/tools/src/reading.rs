//! A page as Markdown, read in portions that fit a budget of tokens.

use std::fmt::{self, Write as _};
use std::ops::Range;
use std::str::FromStr;

use document::{BlockKind, View, ViewOptions};

use crate::arguments::InvalidArguments;
use crate::error::ToolError;

/// A heading is shown with so many characters in an outline.
const HEADING: usize = 300;

/// What the line takes that says how many headings are left out.
const LEFT_OUT_TOKENS: u32 = 10;

/// The Markdown of one version of a page.
pub(crate) struct Reading {
    markdown: String,
    headings: Vec<Heading>,
    version: i64,
}

/// A heading with all that is below it.
struct Heading {
    level: u8,
    text: String,
    /// The heading that it stands below. A page of many headings below a long one must not hold
    /// that one's text many times.
    above: Option<usize>,
    anchor: Option<String>,
    span: Range<usize>,
}

/// As much as fits.
pub(crate) struct Portion {
    pub(crate) markdown: String,
    /// Where to go on.
    pub(crate) next: Option<Cursor>,
}

/// A place in the Markdown of one version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    version: i64,
    offset: usize,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.version, self.offset)
    }
}

impl FromStr for Cursor {
    type Err = InvalidArguments;

    fn from_str(text: &str) -> Result<Self, InvalidArguments> {
        let unreadable =
            || InvalidArguments::new("`cursor` must be one that an earlier answer gave as `next`");
        let (version, offset) = text.split_once('.').ok_or_else(unreadable)?;
        Ok(Self {
            version: version.parse().map_err(|_| unreadable())?,
            offset: offset.parse().map_err(|_| unreadable())?,
        })
    }
}

impl Reading {
    pub(crate) fn of(storage: &str, version: i64) -> Self {
        let view = document::to_markdown(storage, &ViewOptions::default());
        let headings = headings(&view);
        Self { markdown: view.markdown, headings, version }
    }

    pub(crate) fn total_tokens(&self) -> u32 {
        document::estimate_tokens(&self.markdown)
    }

    /// One line a heading: indented by level, with its size and its anchor; as many as fit, and how
    /// many did not.
    pub(crate) fn outline(&self, max_tokens: u32) -> String {
        let mut outline = String::new();
        let mut tokens = LEFT_OUT_TOKENS;
        for (index, heading) in self.headings.iter().enumerate() {
            let line = self.outline_line(heading);
            tokens = tokens.saturating_add(document::estimate_tokens(&line));
            if tokens > max_tokens {
                let _ = write!(outline, "({} more headings)", self.headings.len() - index);
                break;
            }
            outline.push_str(&line);
        }
        outline.truncate(outline.trim_end().len());
        outline
    }

    fn outline_line(&self, heading: &Heading) -> String {
        let indent = "  ".repeat(usize::from(heading.level.saturating_sub(1)));
        let tokens = document::estimate_tokens(&self.markdown[heading.span.clone()]);
        let anchor = heading.anchor.as_ref().map_or(String::new(), |anchor| format!(" #{anchor}"));
        let text = shortened(&heading.text);
        format!("{indent}- {text} ({tokens} tokens){anchor}\n")
    }

    /// The portion at `cursor`, else the first, of the whole page or of the section of that name:
    /// an anchor, a heading, or a path of headings with ` > ` between.
    pub(crate) fn portion(
        &self,
        section: Option<&str>,
        cursor: Option<Cursor>,
        max_tokens: u32,
    ) -> Result<Portion, ToolError> {
        let span = match section {
            None => 0..self.markdown.len(),
            Some(name) => self.section(name).ok_or_else(|| {
                InvalidArguments::new(
                    "the page has no section of that name; ask with `outline` to see its headings",
                )
            })?,
        };
        let start = match cursor {
            None => span.start,
            Some(cursor) => self.place(cursor, &span)?,
        };
        let end = start + fitting(&self.markdown[start..span.end], max_tokens);
        let next = (end < span.end).then_some(Cursor { version: self.version, offset: end });
        Ok(Portion { markdown: self.markdown[start..end].trim_end().to_owned(), next })
    }

    fn place(&self, cursor: Cursor, span: &Range<usize>) -> Result<usize, InvalidArguments> {
        let fits = span.contains(&cursor.offset) && self.markdown.is_char_boundary(cursor.offset);
        if cursor.version == self.version && fits {
            return Ok(cursor.offset);
        }
        Err(InvalidArguments::new(
            "`cursor` belongs to another version or section of the page; read it from the start",
        ))
    }

    fn section(&self, name: &str) -> Option<Range<usize>> {
        let name = name.trim().trim_start_matches('#').trim();
        let by_anchor =
            self.headings.iter().find(|heading| heading.anchor.as_deref() == Some(name));
        let wanted: Vec<char> = name.chars().flat_map(char::to_lowercase).collect();
        let rest = |heading: &Heading| without_end(&wanted, &heading.text);
        let by_text = || self.headings.iter().find(|heading| rest(heading) == Some(&[]));
        let by_path = || self.headings.iter().find(|heading| self.is_at(heading, &wanted));
        by_anchor.or_else(by_text).or_else(by_path).map(|heading| heading.span.clone())
    }

    /// Whether `path` is the heading's text below those above it, with ` > ` between.
    fn is_at(&self, heading: &Heading, path: &[char]) -> bool {
        let Some(mut rest) = without_end(path, &heading.text) else { return false };
        let mut above = heading.above;
        while let Some(heading) = above.map(|place| &self.headings[place]) {
            let outer = without_end(rest, " > ").and_then(|rest| without_end(rest, &heading.text));
            let Some(outer) = outer else { return false };
            (rest, above) = (outer, heading.above);
        }
        rest.is_empty()
    }
}

/// A heading reaches to the next one of its level or above.
fn headings(view: &View) -> Vec<Heading> {
    let mut anchors = document::sections(view).into_iter().peekable();
    let mut headings: Vec<Heading> = Vec::new();
    // Each is of a higher level than the one before it: six at most.
    let mut open: Vec<usize> = Vec::new();
    for block in &view.blocks {
        let BlockKind::Heading(level) = block.kind else { continue };
        let Some(line) = slice(&view.markdown, &block.view) else { continue };
        let text = line.trim().trim_start_matches(['#', '>', ' ']).trim_end().to_owned();
        let start = usize::try_from(block.view.start).unwrap_or(usize::MAX);
        while let Some(ended) = open.pop_if(|place| headings[*place].level >= level) {
            headings[ended].span.end = start;
        }
        let above = open.last().copied();
        open.push(headings.len());
        let anchor =
            anchors.next_if(|section| section.path.last().is_some_and(|last| **last == *text));
        let anchor = anchor.and_then(|section| section.anchor);
        headings.push(Heading { level, text, above, anchor, span: start..usize::MAX });
    }
    for heading in &mut headings {
        heading.span.end = heading.span.end.min(view.markdown.len());
    }
    headings
}

/// What is left of `text`, which is in lower case, when `end` in any case is cut off its end.
fn without_end<'a>(text: &'a [char], end: &str) -> Option<&'a [char]> {
    let mut rest = text;
    for letter in end.chars().rev() {
        for lower in letter.to_lowercase().rev() {
            rest = rest.strip_suffix(&[lower])?;
        }
    }
    Some(rest)
}

fn shortened(heading: &str) -> String {
    match heading.char_indices().nth(HEADING) {
        None => heading.to_owned(),
        Some((cut, _)) => format!("{}…", &heading[..cut]),
    }
}

fn slice<'a>(text: &'a str, range: &Range<u32>) -> Option<&'a str> {
    text.get(usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?)
}

/// The length of the longest beginning of `text` that fits: whole blocks, else whole lines, else
/// characters; at least one.
fn fitting(text: &str, max_tokens: u32) -> usize {
    let blocks = taken(&blocks(text), max_tokens);
    if blocks > 0 {
        return blocks;
    }
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let lines = taken(&lines, max_tokens);
    if lines > 0 {
        return lines;
    }
    let ends: Vec<usize> = text.char_indices().map(|(at, letter)| at + letter.len_utf8()).collect();
    let fits = ends.partition_point(|end| document::estimate_tokens(&text[..*end]) <= max_tokens);
    ends.get(fits.saturating_sub(1)).copied().unwrap_or(0)
}

fn taken(parts: &[&str], max_tokens: u32) -> usize {
    let mut tokens = 0_u32;
    let mut length = 0;
    for part in parts {
        tokens = tokens.saturating_add(document::estimate_tokens(part));
        if tokens > max_tokens {
            break;
        }
        length += part.len();
    }
    length
}

/// Cut after blank lines that are not inside a fence.
fn blocks(text: &str) -> Vec<&str> {
    let mut blocks = Vec::new();
    let mut fence: Option<usize> = None;
    let (mut start, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        at += line.len();
        let ticks = line.trim_start().bytes().take_while(|byte| *byte == b'`').count();
        match fence {
            None if ticks >= 3 => fence = Some(ticks),
            Some(open) if ticks >= open => fence = None,
            None if line.trim().is_empty() => {
                blocks.push(&text[start..at]);
                start = at;
            }
            _ => {}
        }
    }
    blocks.push(&text[start..]);
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_is_one_block() {
        let text = "a\n\n```\nb\n\nc\n```\n\nd";
        assert_eq!(blocks(text), ["a\n\n", "```\nb\n\nc\n```\n\n", "d"]);
    }

    #[test]
    fn a_cursor_reads_back_as_it_was_written() {
        let cursor = Cursor { version: 12, offset: 345 };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for text in ["", "12", "a.b", "1.-1", "1.2.3"] {
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
    }
}
