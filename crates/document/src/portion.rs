//! A long page, read in portions.

use std::{cmp::Reverse, ops::Range};

use crate::{View, scan::offset, tokens};

/// How much to read at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    /// Characters of Markdown.
    Characters(u32),
    /// As [`crate::estimate_tokens`] counts them.
    Tokens(u32),
}

/// As much of a part of a page as a budget holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Portion {
    /// Bytes of [`View::markdown`].
    pub view: Range<u32>,
    /// Where to go on; `None` when the part ends here.
    pub next: Option<u32>,
    /// Characters of the part that come after this portion.
    pub left: u32,
}

/// Reads `part` of a view from `from` on, which is its start or the `next` of the portion before.
///
/// It is cut between blocks, the outermost ones if that does not leave most of the budget unused;
/// inside a block only where that alone exceeds the budget, and then at the end of a line if it can
/// be. A portion is never empty unless nothing is left.
#[must_use]
pub fn portion(view: &View, part: &Range<u32>, from: u32, budget: Budget) -> Portion {
    let text = view.slice(&(from..part.end));
    let fits = from + offset(budget.fitting(text));
    let end = if fits < part.end { cut(view, from, fits) } else { part.end };
    let rest = view.slice(&(end..part.end)).trim_ascii();
    let next = (!rest.is_empty()).then_some(end);
    let read = view.slice(&(from..end)).trim_ascii_end();
    let left = offset(rest.chars().count());
    Portion { view: from..from + offset(read.len()), next, left }
}

impl Budget {
    /// The length of the longest beginning of `text` that fits, at least one character.
    fn fitting(self, text: &str) -> usize {
        let first = text.chars().next().map_or(0, char::len_utf8);
        let fits = match self {
            Self::Characters(most) => {
                text.char_indices().nth(most as usize).map_or(text.len(), |(at, _)| at)
            }
            Self::Tokens(most) => tokens::fitting(text, most),
        };
        fits.max(first)
    }
}

/// The best place between `from` and `fits` to end a portion.
fn cut(view: &View, from: u32, fits: u32) -> u32 {
    let mut around: Vec<u32> = Vec::new();
    let mut best: Option<(bool, Reverse<usize>, u32)> = None;
    for block in view.blocks.iter().take_while(|block| block.view.start <= fits) {
        while around.pop_if(|end| *end <= block.view.start).is_some() {}
        let depth = Reverse(around.len());
        around.push(block.view.end);
        let start = line_start(view, from, block.view.start);
        if start > from {
            best = best.max(Some((start - from > (fits - from) / 2, depth, start)));
        }
    }
    let line = Some(line_start(view, from, fits)).filter(|start| *start > from);
    best.map(|(_, _, start)| start).or(line).unwrap_or(fits)
}

/// Where the line begins that `at` is on, but not before `from`.
pub(crate) fn line_start(view: &View, from: u32, at: u32) -> u32 {
    let before = view.slice(&(from..at));
    memchr::memrchr(b'\n', before.as_bytes()).map_or(from, |newline| from + offset(newline) + 1)
}
