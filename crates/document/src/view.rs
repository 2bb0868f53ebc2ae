//! What a caller gets: Markdown, where each byte of it came from, and which blocks it is made of.

use std::ops::Range;

use serde::Serialize;

use crate::{
    render,
    scan::{Tree, attributes_at},
};

/// The longest body that is read, in bytes. Confluence itself takes 5 MB; the bound keeps every
/// position of body and view within 32 bits.
pub(crate) const LONGEST_BODY: usize = 32 << 20;

/// What to show besides the words of the page. The default shows neither.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ViewOptions {
    /// Show the anchors of inline comments as `<mark comment="8 hex digits">…</mark>`.
    pub comments: bool,
    /// Show page layouts as `<!-- section two_equal -->`, `<!-- cell -->` and `<!-- /section -->`.
    pub layouts: bool,
}

/// Markdown made from one body in storage format, with the map back to its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// GitHub-flavoured Markdown with the tokens that the crate's documentation lists. No newline at
    /// the end.
    pub markdown: String,
    /// In the order of `markdown`, without overlap. What lies between two pieces is Markdown's own
    /// (markers, fences, separators). In the source they ascend too, but for the destination of a
    /// link, which stands before its label there.
    pub pieces: Vec<Piece>,
    /// In the order in which they begin; a block that holds others stands before them.
    pub blocks: Vec<Block>,
    /// What was wrong with the body, at most a few dozen. Empty for a well-formed page.
    pub warnings: Vec<Warning>,
}

impl View {
    /// The Markdown in a range of [`Piece`], [`Block`], …; empty for one that is not within it.
    #[must_use]
    pub fn slice(&self, range: &Range<u32>) -> &str {
        self.markdown.get(range.start as usize..range.end as usize).unwrap_or_default()
    }
}

/// A stretch of the view and the storage bytes that it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Bytes of [`View::markdown`].
    pub view: Range<u32>,
    /// Bytes of the storage body.
    pub source: Range<u32>,
    /// Both are the same bytes. Otherwise the view shows a substitute: the character for an entity,
    /// an escaped character, one space for a run of white space, or a token for an element.
    pub exact: bool,
}

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockKind {
    /// `p` with something in it.
    Paragraph,
    /// `h1` to `h6`.
    Heading(u8),
    /// `li`, or a decision.
    ListItem,
    /// `td` or `th`; an empty one too.
    TableCell,
    /// `ac:task`.
    Task,
    /// The code and noformat macros, and `pre`.
    Code,
    /// Any other macro, a rich ADF node included.
    Macro,
    /// `ac:image` or `img`, with its caption.
    Image,
    /// `hr`.
    Rule,
    /// `blockquote`.
    Quote,
    /// A whole table, a layout section.
    Other,
}

/// A part of the page that can be named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// Bytes of [`View::markdown`], markers included.
    pub view: Range<u32>,
    /// Bytes of the storage body, tags included.
    pub source: Range<u32>,
}

impl Block {
    /// Its `local-id` or `ac:local-id`, which Confluence Cloud shares with ADF; `ac:macro-id` for a
    /// macro without one. `storage` is the body that the view shows.
    #[must_use]
    pub fn local_id<'s>(&self, storage: &'s str) -> Option<&'s str> {
        let mut macro_id = None;
        for (name, value) in attributes_at(storage, self.source.start as usize) {
            match name {
                "local-id" | "ac:local-id" => return storage.get(value),
                "ac:macro-id" => macro_id = storage.get(value),
                _ => {}
            }
        }
        macro_id
    }
}

/// Something in the body that is not as XML wants it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// Stable name: `stray_less_than`, `stray_end_tag`, `mismatched_end_tag`, `unclosed_element`,
    /// `unclosed_section`, `void_element`, `too_deep`, `too_large`.
    pub code: &'static str,
    /// Byte of the storage body.
    pub at: u32,
    /// For people.
    pub message: String,
}

/// Shows a body in Confluence storage format as Markdown.
///
/// Never fails and never panics: a body that is not well-formed is read leniently and says so in
/// [`View::warnings`]. Time and memory grow linearly with the body.
#[must_use]
pub fn to_markdown(storage: &str, options: &ViewOptions) -> View {
    if storage.len() > LONGEST_BODY {
        let message = format!("the body is longer than {} MiB and is not read", LONGEST_BODY >> 20);
        let warnings = vec![Warning { code: "too_large", at: 0, message }];
        return View { warnings, ..View::default() };
    }
    let tree = Tree::scan(storage);
    render::render(&tree, *options)
}
