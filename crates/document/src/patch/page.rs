//! A page with its view: from a place in the view to the elements that it shows.

use std::ops::Range;

use super::{
    atom::{Line, Unit},
    edit::wide,
};
use crate::{
    Block, BlockKind, Piece, View,
    element::Element,
    scan::{Node, Tree},
};

pub(super) const NO_NODE: u32 = u32::MAX;

pub(super) struct Page<'p> {
    pub(super) tree: &'p Tree<'p>,
    pub(super) view: &'p View,
    parents: Vec<u32>,
    block_parents: Vec<u32>,
}

impl<'p> Page<'p> {
    pub(super) fn new(tree: &'p Tree<'p>, view: &'p View) -> Self {
        let spans = (0_u32..).zip(&tree.nodes).map(|(place, node)| (place, node.next));
        let block_parents =
            parents_of(view.blocks.iter().map(|block| (block.view.start, block.view.end)));
        Self { tree, view, parents: parents_of(spans), block_parents }
    }

    pub(super) fn storage(&self) -> &'p str {
        self.tree.source
    }

    pub(super) fn node(&self, place: u32) -> Option<Node> {
        self.tree.nodes.get(place as usize).copied()
    }

    pub(super) fn parent(&self, place: u32) -> Option<u32> {
        self.parents.get(place as usize).copied().filter(|parent| *parent != NO_NODE)
    }

    /// The innermost node that the byte at `offset` belongs to.
    pub(super) fn node_at(&self, offset: usize) -> Option<u32> {
        let after = self.tree.nodes.partition_point(|node| node.start as usize <= offset);
        let last = u32::try_from(after.checked_sub(1)?).ok()?;
        self.ancestors(last).find(|(_, node)| offset < node.end as usize).map(|(place, _)| place)
    }

    /// `place` and what it stands in, from the inner to the outer.
    pub(super) fn ancestors(&self, place: u32) -> impl Iterator<Item = (u32, Node)> + '_ {
        let mut next = Some(place);
        std::iter::from_fn(move || {
            let place = next?;
            let node = self.node(place)?;
            next = self.parent(place);
            Some((place, node))
        })
    }

    /// The element whose start tag begins at `start`.
    pub(super) fn element_starting(&self, start: u32) -> Option<u32> {
        let place = self.tree.nodes.partition_point(|node| node.start < start);
        let node = self.tree.nodes.get(place)?;
        (node.start == start).then(|| u32::try_from(place).ok()).flatten()
    }

    /// The piece that shows the byte at `at` of the view.
    pub(super) fn piece_at(&self, at: usize) -> Option<&'p Piece> {
        let after = self.view.pieces.partition_point(|piece| piece.view.start as usize <= at);
        let piece = self.view.pieces.get(after.checked_sub(1)?)?;
        (at < piece.view.end as usize).then_some(piece)
    }

    /// Whether the block at `place` of the view stands in no other.
    pub(super) fn is_outermost(&self, place: usize) -> bool {
        self.block_parents.get(place) == Some(&NO_NODE)
    }

    pub(super) fn pieces_in(&self, view: &Range<usize>) -> &'p [Piece] {
        let pieces = &self.view.pieces;
        let first = pieces.partition_point(|piece| piece.view.end as usize <= view.start);
        let end = pieces.partition_point(|piece| (piece.view.start as usize) < view.end);
        pieces.get(first..end).unwrap_or_default()
    }

    /// The blocks that begin at `start` of the view, the outer first.
    pub(super) fn blocks_starting(&self, start: usize) -> &'p [Block] {
        let blocks = &self.view.blocks;
        let first = blocks.partition_point(|block| (block.view.start as usize) < start);
        let end = blocks.partition_point(|block| block.view.start as usize <= start);
        blocks.get(first..end).unwrap_or_default()
    }

    /// The innermost block around `view`. A token that is all of its line is not around it.
    pub(super) fn block_around(&self, view: &Range<usize>) -> Option<&'p Block> {
        let blocks = &self.view.blocks;
        let mut at = blocks.partition_point(|block| block.view.start as usize <= view.start);
        at = at.checked_sub(1)?;
        loop {
            let block = blocks.get(at)?;
            let token = matches!(block.kind, BlockKind::Macro | BlockKind::Image);
            let fits = block.view.end as usize >= view.end;
            if fits && !(token && block.view.start as usize >= view.start) {
                return Some(block);
            }
            at = *self.block_parents.get(at)? as usize;
        }
    }

    /// Where the atoms of a line come from.
    pub(super) fn sources(&self, line: &Line) -> Vec<Option<Range<usize>>> {
        let mut sources = Vec::with_capacity(line.atoms.len());
        let mut piece: Option<&Piece> = None;
        for atom in &line.atoms {
            let at = atom.view.start;
            if let Some(token) = line.token(atom.unit) {
                sources.push(self.token_source(token, &atom.view));
                continue;
            }
            let holds =
                |piece: &&Piece| (piece.view.start as usize..piece.view.end as usize).contains(&at);
            piece = piece.filter(holds).or_else(|| self.piece_at(at));
            let source = piece.map(|piece| {
                if piece.exact {
                    let start = piece.source.start as usize + at - piece.view.start as usize;
                    start..start + atom.view.len()
                } else {
                    wide(&piece.source)
                }
            });
            // A break that stands between two blocks on one line has no bytes of its own.
            sources.push(source.filter(|_| atom.unit != Unit::Break || piece.is_some()));
        }
        self.without_contained(line, &mut sources);
        sources
    }

    /// The element that a token stands for.
    fn token_source(&self, token: &str, view: &Range<usize>) -> Option<Range<usize>> {
        let piece = self.pieces_in(view).last()?;
        let wanted: fn(Element) -> bool = match token {
            _ if token.starts_with("<macro:") || token.starts_with("<status") => {
                |element| element == Element::Macro
            }
            _ if token.starts_with("<time") => |element| element == Element::Time,
            _ if token.starts_with("![") || token.starts_with("<img") => {
                |element| matches!(element, Element::Image | Element::HtmlImage)
            }
            _ if token.starts_with("<at:") => |element| element == Element::Template,
            _ if token.starts_with("<adf:") || token.starts_with("<decision") => {
                |element| element == Element::AdfNode
            }
            _ => |element| matches!(element, Element::Link | Element::Anchor),
        };
        // A token that is written as the page has it may go on with the text before it.
        let before = view.start.saturating_sub(piece.view.start as usize);
        let start = piece.source.start as usize + if piece.exact { before } else { 0 };
        let inner = self.node_at(start)?;
        let (place, node) = self.ancestors(inner).find(|(_, node)| wanted(node.element))?;
        let around = self.parent(place).and_then(|parent| self.node(parent));
        let extension = around.filter(|around| around.element == Element::AdfExtension);
        Some(extension.unwrap_or(node).outer())
    }

    /// A token whose element holds more than the token, as an image with a caption does, is only
    /// what was written of it.
    fn without_contained(&self, line: &Line, sources: &mut [Option<Range<usize>>]) {
        for at in 0..sources.len() {
            let Some(Some(source)) = sources.get(at).cloned() else { continue };
            let Some(atom) = line.atoms.get(at).filter(|atom| matches!(atom.unit, Unit::Token(_)))
            else {
                continue;
            };
            let beside = [at.wrapping_sub(1), at + 1].into_iter().filter_map(|at| sources.get(at));
            let holds_other = beside.flatten().any(|other| {
                source.start <= other.start && other.end <= source.end && *other != source
            });
            if holds_other {
                let own = self.pieces_in(&atom.view).last().map(|piece| wide(&piece.source));
                if let Some(slot) = sources.get_mut(at) {
                    *slot = own.filter(|own| *own != source);
                }
            }
        }
    }
}

/// What each of `spans`, which nest and stand in the order of their starts, lies in.
fn parents_of(spans: impl Iterator<Item = (u32, u32)>) -> Vec<u32> {
    let mut parents = Vec::with_capacity(spans.size_hint().0);
    let mut open: Vec<(u32, u32)> = Vec::new();
    for (place, (start, end)) in (0_u32..).zip(spans) {
        while open.pop_if(|(_, outer)| *outer <= start || *outer < end).is_some() {}
        parents.push(open.last().map_or(NO_NODE, |(around, _)| *around));
        open.push((place, end));
    }
    parents
}
