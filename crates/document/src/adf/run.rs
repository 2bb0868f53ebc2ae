//! A line that is being read from storage format, and what it becomes in ADF.

use serde_json::{Value, json};

use super::{fault::Problem, schema::holds};
use crate::plain::collapsed;

/// What a line is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Of nothing yet: it may become a paragraph.
    None,
    Paragraph,
    /// Of a heading, a task or a decision.
    Text,
    Caption,
}

/// A part of a line.
#[derive(Debug)]
pub(super) enum Piece {
    Text {
        text: String,
        marks: Vec<Value>,
    },
    Break,
    /// A node that stands in a line.
    Node(Value),
    /// A picture, which is a block of its own where there is room for one.
    Picture {
        media: Value,
    },
    /// A file that is not drawn, with its name.
    File {
        media: Value,
    },
    /// A link that is shown as a card.
    Card {
        url: String,
        appearance: String,
    },
}

/// A mark that is open, until the node `end` of the tree.
#[derive(Debug)]
struct Open {
    rank: u8,
    mark: Value,
    end: u32,
}

#[derive(Debug, Default)]
pub(super) struct Run {
    pieces: Vec<Piece>,
    marks: Vec<Open>,
}

/// Marks in the order in which they are written.
pub(super) const LINK: u8 = 0;
pub(super) const STRONG: u8 = 1;
pub(super) const EMPHASIS: u8 = 2;
pub(super) const STRIKE: u8 = 3;
pub(super) const UNDERLINE: u8 = 4;
pub(super) const SUBSUP: u8 = 5;
pub(super) const CODE: u8 = 6;

impl Run {
    pub(super) fn open_mark(&mut self, rank: u8, mark: Value, end: u32) {
        self.marks.push(Open { rank, mark, end });
    }

    /// Ends the marks that do not reach the node at `at`.
    pub(super) fn leave(&mut self, at: u32) {
        while self.marks.pop_if(|mark| mark.end <= at).is_some() {}
    }

    pub(super) fn in_link(&self) -> bool {
        self.marks.iter().any(|mark| mark.rank == LINK)
    }

    pub(super) fn is_marked(&self) -> bool {
        !self.marks.is_empty()
    }

    /// The marks that ADF takes together: code takes none but a link.
    fn marks(&self) -> Vec<Value> {
        let code = self.marks.iter().any(|mark| mark.rank == CODE);
        let mut ranks: Vec<_> =
            self.marks.iter().filter(|mark| !code || matches!(mark.rank, CODE | LINK)).collect();
        ranks.sort_by_key(|mark| mark.rank);
        ranks.dedup_by_key(|mark| mark.rank);
        ranks.into_iter().map(|mark| mark.mark.clone()).collect()
    }

    /// Adds text, with its white space collapsed as a reader of storage format does.
    pub(super) fn text(&mut self, text: &str) {
        let words = collapsed(text, self.ends_in_space());
        if words.is_empty() {
            return;
        }
        let marks = self.marks();
        match self.pieces.last_mut() {
            Some(Piece::Text { text, marks: last }) if *last == marks => text.push_str(&words),
            _ => self.pieces.push(Piece::Text { text: words, marks }),
        }
    }

    fn ends_in_space(&self) -> bool {
        match self.pieces.last() {
            None | Some(Piece::Break) => true,
            Some(Piece::Text { text, .. }) => text.ends_with(' '),
            Some(_) => false,
        }
    }

    pub(super) fn push(&mut self, piece: Piece) {
        if matches!(piece, Piece::Break) {
            self.trim_end();
        }
        self.pieces.push(piece);
    }

    /// Adds a picture, which leads where the link around it does.
    pub(super) fn push_picture(&mut self, mut media: Value) {
        let link = self.marks.iter().find(|mark| mark.rank == LINK);
        if let Some(link) = link {
            media["marks"] = json!([link.mark]);
        }
        self.pieces.push(Piece::Picture { media });
    }

    fn trim_end(&mut self) {
        while let Some(Piece::Text { text, .. }) = self.pieces.last_mut() {
            text.truncate(text.trim_end_matches(' ').len());
            if !text.is_empty() {
                break;
            }
            self.pieces.pop();
        }
    }

    pub(super) fn is_blank(&self) -> bool {
        self.pieces.iter().all(Piece::is_blank)
    }

    pub(super) fn clear(&mut self) {
        self.pieces.clear();
    }

    fn take(&mut self) -> Vec<Piece> {
        loop {
            self.trim_end();
            if self.pieces.pop_if(|last| matches!(last, Piece::Break)).is_none() {
                break;
            }
        }
        std::mem::take(&mut self.pieces)
    }

    /// The nodes of a line that stays one.
    pub(super) fn take_line(&mut self, line: Line) -> Result<Vec<Value>, Problem> {
        inline_nodes(self.take(), line)
    }

    /// The blocks that a line makes in a node of the kind `parent`.
    pub(super) fn take_blocks(&mut self, parent: &str) -> Result<Vec<Value>, Problem> {
        let pieces = self.take();
        let is_file = |piece: &Piece| matches!(piece, Piece::File { .. });
        let files = pieces.iter().all(|piece| is_file(piece) || piece.is_blank())
            && !pieces.windows(2).any(|pair| pair.iter().all(is_file));
        if files && holds(parent, "mediaGroup") {
            let media = pieces.into_iter().filter_map(|piece| match piece {
                Piece::File { media } => Some(media),
                _ => None,
            });
            return Ok(vec![json!({"type": "mediaGroup", "content": media.collect::<Vec<_>>()})]);
        }
        if let [Piece::Card { url, appearance }] = pieces.as_slice()
            && let Some(card) =
                card(url, appearance).filter(|card| holds(parent, super::place::kind_of(card)))
        {
            return Ok(vec![card]);
        }
        let mut lines = lines(pieces);
        let alone: Vec<bool> =
            (0..lines.len()).map(|place| stands_alone(&lines, place, parent)).collect();
        let mut blocks = Vec::new();
        let mut words = Vec::new();
        let mut is_begun = false;
        for (line, alone) in lines.iter_mut().zip(alone) {
            match line.as_slice() {
                [Piece::Picture { media }] if alone => {
                    push_paragraph(&mut blocks, &mut words)?;
                    blocks.push(media_single(media));
                    is_begun = false;
                }
                _ => {
                    // What is empty above everything is nothing; below a picture it is a break.
                    if !words.is_empty() || is_begun && !blocks.is_empty() {
                        words.push(Piece::Break);
                    }
                    words.append(line);
                    is_begun = true;
                }
            }
        }
        push_paragraph(&mut blocks, &mut words)?;
        Ok(blocks)
    }
}

/// The parts of a line between its breaks.
fn lines(pieces: Vec<Piece>) -> Vec<Vec<Piece>> {
    let mut lines = vec![Vec::new()];
    for piece in pieces {
        match (piece, lines.last_mut()) {
            (Piece::Break, _) | (_, None) => lines.push(Vec::new()),
            (piece, Some(line)) => line.push(piece),
        }
    }
    lines
}

/// Whether this line is a picture that is a block. In cells, breaks stand between blocks, too, but
/// not between blocks and empty lines; elsewhere only a picture that no line can hold is taken out
/// of it.
fn stands_alone(lines: &[Vec<Piece>], place: usize, parent: &str) -> bool {
    let Some([Piece::Picture { media }]) = lines.get(place).map(Vec::as_slice) else {
        return false;
    };
    let is_empty = |place: usize| lines.get(place).is_some_and(Vec::is_empty);
    let is_beside_empty = is_empty(place + 1) || place.checked_sub(1).is_some_and(is_empty);
    let in_cell = matches!(parent, "tableCell" | "tableHeader");
    holds(parent, "mediaSingle")
        && (lines.len() == 1 || in_cell && !is_beside_empty || is_external(media))
}

fn is_external(media: &Value) -> bool {
    media["attrs"]["type"] == "external"
}

fn push_paragraph(blocks: &mut Vec<Value>, words: &mut Vec<Piece>) -> Result<(), Problem> {
    if !words.iter().all(Piece::is_blank) {
        let content = inline_nodes(std::mem::take(words), Line::Paragraph)?;
        blocks.push(json!({"type": "paragraph", "content": content}));
    }
    words.clear();
    Ok(())
}

fn inline_nodes(pieces: Vec<Piece>, line: Line) -> Result<Vec<Value>, Problem> {
    let mut nodes = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match piece {
            Piece::Text { text, marks } => push_text(&mut nodes, &text, marks),
            Piece::Break => nodes.push(json!({"type": "hardBreak"})),
            Piece::Node(node) if line == Line::Caption && node["type"] == "inlineExtension" => {
                return Err(Problem::Misplaced { construct: "a macro", container: "a caption" });
            }
            Piece::Node(node) => nodes.push(node),
            Piece::Card { url, .. } => {
                nodes.push(json!({"type": "inlineCard", "attrs": {"url": url}}));
            }
            Piece::Picture { media } | Piece::File { media } if line == Line::Caption => {
                push_text(&mut nodes, name(&media), Vec::new());
            }
            Piece::Picture { media } if is_external(&media) => {
                // No line of ADF holds a picture from elsewhere, so that it becomes a link to it.
                let link = json!({"type": "link", "attrs": {"href": media["attrs"]["url"]}});
                push_text(&mut nodes, name(&media), vec![link]);
            }
            Piece::Picture { media } => nodes.push(media_inline(media, "image")),
            Piece::File { media } => nodes.push(media_inline(media, "file")),
        }
    }
    Ok(nodes)
}

/// Adds text, unless it is empty, which ADF does not take.
fn push_text(nodes: &mut Vec<Value>, text: &str, marks: Vec<Value>) {
    if text.is_empty() {
        return;
    }
    let marks = (!marks.is_empty()).then_some(Value::Array(marks));
    if let Some(last) = nodes.last_mut().filter(|last| last["type"] == "text")
        && last.get("marks") == marks.as_ref()
    {
        let words = last["text"].as_str().unwrap_or_default();
        last["text"] = json!(format!("{words}{text}"));
        return;
    }
    let mut node = json!({"type": "text", "text": text});
    if let Some(marks) = marks {
        node["marks"] = marks;
    }
    nodes.push(node);
}

fn name(media: &Value) -> &str {
    let attributes = &media["attrs"];
    let names = ["alt", "url", "id"].map(|name| attributes[name].as_str());
    names.into_iter().flatten().next().unwrap_or_default()
}

fn media_inline(mut media: Value, kind: &str) -> Value {
    media["type"] = json!("mediaInline");
    media["attrs"]["type"] = json!(kind);
    media
}

/// A picture as a block.
pub(super) fn media_single(media: &Value) -> Value {
    json!({"type": "mediaSingle", "attrs": {"layout": "center"}, "content": [media]})
}

/// A card that is a block, if it is shown as one.
fn card(url: &str, appearance: &str) -> Option<Value> {
    match appearance {
        "embed" => Some(json!({"type": "embedCard", "attrs": {"url": url, "layout": "center"}})),
        "block" | "card" => Some(json!({"type": "blockCard", "attrs": {"url": url}})),
        _ => None,
    }
}

impl Piece {
    fn is_blank(&self) -> bool {
        match self {
            Self::Text { text, .. } => text.trim_matches(' ').is_empty(),
            Self::Break => true,
            _ => false,
        }
    }
}
