//! What a page is made of, by name: its headings, its blocks, and one part of it.

use std::{ops::Range, sync::Arc};

use serde::Serialize;

use crate::{
    BlockId, BlockKind, View, block_ids,
    portion::line_start,
    scan::offset,
    sections::{Anchors, title},
    tokens::Tokens,
};

/// Characters of a block that a listing shows.
const EXCERPT: usize = 80;

/// Headings in the path of one; they nest deeper than six when they stand in macros.
const LONGEST_PATH: usize = 16;

/// A heading, with all that stands below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Heading {
    /// Of the heading's block.
    pub id: BlockId,
    /// 1 to 6.
    pub level: u8,
    /// Its words; of more than 200 characters, the first 200 and `…`.
    pub text: Arc<str>,
    /// The headings from the top down to this one.
    pub path: Vec<Arc<str>>,
    /// As in [`crate::Section::anchor`].
    pub anchor: String,
    /// Of what `view` covers, see [`crate::estimate_tokens`].
    pub tokens: u32,
    /// Bytes of [`View::markdown`], up to the next heading of this level or above, or to the end of
    /// the macro, cell or item that the heading stands in.
    #[serde(skip)]
    pub view: Range<u32>,
}

/// The headings of a page, in its order, those in macros, cells and items included. `storage` is the
/// body that `view` shows.
#[must_use]
pub fn outline(storage: &str, view: &View) -> Vec<Heading> {
    let ids = block_ids(storage, view);
    let tokens = Tokens::of(&view.markdown);
    let mut headings: Vec<Heading> = Vec::new();
    // Headings whose part of the page goes on, and how deep they stand.
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut around: Vec<u32> = Vec::new();
    let mut anchors = Anchors::default();
    for (block, id) in view.blocks.iter().zip(ids) {
        let start = block.view.start;
        while around.pop_if(|end| *end <= start).is_some() {}
        let depth = around.len();
        let container_end = around.last().copied().unwrap_or(offset(view.markdown.len()));
        around.push(block.view.end);
        let BlockKind::Heading(level) = block.kind else { continue };
        while let Some((at, beside)) = open.last().copied()
            && let Some(before) = headings.get_mut(at)
            && (before.view.end <= start || beside == depth && before.level >= level)
        {
            before.view.end = before.view.end.min(start);
            open.pop();
        }
        let text: Arc<str> = title(view.slice(&block.view)).into();
        let above = open.iter().take(LONGEST_PATH).filter_map(|(at, _)| headings.get(*at));
        let path =
            above.map(|heading| Arc::clone(&heading.text)).chain([Arc::clone(&text)]).collect();
        open.push((headings.len(), depth));
        let anchor = anchors.next(&text);
        headings.push(Heading {
            id,
            level,
            path,
            anchor,
            text,
            tokens: 0,
            view: start..container_end,
        });
    }
    for heading in &mut headings {
        heading.tokens = tokens.within(&heading.view);
    }
    headings
}

/// A block as a listing shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedBlock {
    /// By which it can be read and edited.
    pub id: BlockId,
    /// What it is.
    pub kind: BlockKind,
    /// How many blocks it stands in.
    pub depth: usize,
    /// How it begins, on one line.
    pub excerpt: String,
    /// Of the whole of it, see [`crate::estimate_tokens`].
    pub tokens: u32,
}

/// The blocks of a page, in its order. `storage` is the body that `view` shows.
#[must_use]
pub fn list_blocks(storage: &str, view: &View) -> Vec<ListedBlock> {
    let ids = block_ids(storage, view);
    let tokens = Tokens::of(&view.markdown);
    let mut around: Vec<u32> = Vec::new();
    let listed = view.blocks.iter().zip(ids).map(|(block, id)| {
        while around.pop_if(|end| *end <= block.view.start).is_some() {}
        let depth = around.len();
        around.push(block.view.end);
        ListedBlock {
            id,
            kind: block.kind,
            depth,
            excerpt: excerpt(view.slice(&block.view)),
            tokens: tokens.within(&block.view),
        }
    });
    listed.collect()
}

fn excerpt(markdown: &str) -> String {
    let start = &markdown[..markdown.floor_char_boundary(8 * EXCERPT)];
    let mut line = start.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = line.char_indices().nth(EXCERPT) {
        line.truncate(end);
        line.push('…');
    }
    line
}

/// The part of a page that `name` means, as bytes of [`View::markdown`]: by its anchor, with or
/// without `#`, by the id of a block, by the text of a heading or by its path with ` > ` between. A
/// heading means all that stands below it.
#[must_use]
pub fn part(storage: &str, view: &View, name: &str) -> Option<Range<u32>> {
    let name = name.trim().trim_start_matches('#').trim();
    let headings = outline(storage, view);
    let by_anchor = headings.iter().find(|heading| heading.anchor == name);
    let same = |text: &str| text.to_lowercase() == name.to_lowercase();
    let by_words = || {
        let by_text = headings.iter().find(|heading| same(&heading.text));
        by_text.or_else(|| headings.iter().find(|heading| same(&heading.path.join(" > "))))
    };
    if let Some(heading) = by_anchor {
        return Some(whole_lines(view, &heading.view));
    }
    let range = block_named(storage, view, &headings, name);
    let range = range.or_else(|| by_words().map(|heading| heading.view.clone()));
    range.map(|range| whole_lines(view, &range))
}

fn block_named(storage: &str, view: &View, headings: &[Heading], name: &str) -> Option<Range<u32>> {
    let id = name.parse().ok()?;
    if let Some(heading) = headings.iter().find(|heading| heading.id == id) {
        return Some(heading.view.clone());
    }
    let place = block_ids(storage, view).iter().position(|known| *known == id)?;
    view.blocks.get(place).map(|block| block.view.clone())
}

/// With what each line of the containers around starts with, so that it reads as it does there.
fn whole_lines(view: &View, part: &Range<u32>) -> Range<u32> {
    let line = line_start(view, 0, part.start);
    let prefix = view.slice(&(line..part.start));
    let whole = prefix.bytes().all(|byte| matches!(byte, b' ' | b'>'));
    if whole { line..part.end } else { part.clone() }
}
