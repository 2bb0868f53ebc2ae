//! A diff as fragments of HTML.

use super::{BlockChange, Change, Diff, Span, text::steers_display};

/// Lines of an unchanged stretch that are shown at either side of a change.
const CONTEXT: usize = 3;

impl Diff {
    /// The diff as HTML to be set into a page: an `<article class="diff-block">` for each block, with
    /// a line that says where it stands and what happened, and its Markdown in a
    /// `<pre class="diff-text">`, changed words in `<del>` and `<ins>`.
    ///
    /// Text of the page is escaped wherever it stands; there is no script, no inline style, no
    /// address. Because screen readers pass over `<del>` and `<ins>` in silence, these hold the words
    /// “removed” and “added” in a `<span class="visually-hidden">`: hide that class from sight alone.
    #[must_use]
    pub fn to_html(&self) -> String {
        let mut out = String::new();
        for block in &self.blocks {
            push_block(&mut out, block);
        }
        if self.spacing_only {
            out.push_str("<p class=\"diff-where\">White space between blocks differs.</p>\n");
        }
        out
    }
}

fn push_block(out: &mut String, block: &BlockChange) {
    out.push_str("<article class=\"diff-block diff-");
    out.push_str(match block.change {
        Change::Added { .. } => "added",
        Change::Removed { .. } => "removed",
        Change::Changed { .. } => "changed",
        Change::Invisible { .. } => "invisible",
        Change::Moved { .. } => "moved",
    });
    out.push_str("\">\n<p class=\"diff-where\">");
    for heading in &block.path {
        push_escaped(out, heading);
        out.push_str(" › ");
    }
    out.push_str(block.kind.name());
    if let Some(id) = &block.id {
        push_escaped(out, &format!(" [{id}]"));
    }
    out.push_str(": ");
    out.push_str(block.what_happened());
    out.push_str("</p>\n<pre class=\"diff-text\">");
    match &block.change {
        Change::Added { markdown } => push_marked(out, "ins", "added", markdown),
        Change::Removed { markdown } => push_marked(out, "del", "removed", markdown),
        Change::Moved { markdown } => push_escaped(out, markdown),
        Change::Changed { words } => push_spans(out, words),
        Change::Invisible { storage } => push_spans(out, storage),
    }
    out.push_str("</pre>\n</article>\n");
}

fn push_spans(out: &mut String, spans: &[Span]) {
    for (index, span) in spans.iter().enumerate() {
        match span {
            Span::Same(text) => push_unchanged(out, text, index == 0, index + 1 == spans.len()),
            Span::Removed(text) => push_marked(out, "del", "removed", text),
            Span::Added(text) => push_marked(out, "ins", "added", text),
        }
    }
}

/// Of many lines only those next to a change.
fn push_unchanged(out: &mut String, text: &str, first: bool, last: bool) {
    let head = if first { 0 } else { CONTEXT };
    let tail = if last { 0 } else { CONTEXT };
    let head_end = match head {
        0 => Some(0),
        lines => text.match_indices('\n').nth(lines - 1).map(|(at, _)| at + 1),
    };
    let tail_start = match tail {
        0 => Some(text.len()),
        lines => text.rmatch_indices('\n').nth(lines - 1).map(|(at, _)| at),
    };
    let lines_between = head_end.zip(tail_start).filter(|(head, tail)| {
        text.get(*head..*tail).is_some_and(|between| between.contains('\n'))
    });
    match lines_between {
        Some((head, tail)) => {
            push_escaped(out, &text[..head]);
            out.push('…');
            push_escaped(out, &text[tail..]);
        }
        None => push_escaped(out, text),
    }
}

fn push_marked(out: &mut String, element: &str, word: &str, text: &str) {
    out.push('<');
    out.push_str(element);
    out.push_str("><span class=\"visually-hidden\">");
    out.push_str(word);
    out.push_str(": </span>");
    push_escaped(out, text);
    out.push_str("</");
    out.push_str(element);
    out.push('>');
}

fn push_escaped(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(character),
            _ if steers_display(character) => out.push(char::REPLACEMENT_CHARACTER),
            _ => out.push(character),
        }
    }
}
