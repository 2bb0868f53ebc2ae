//! What a page holds besides words: an edit of words must not lose it.

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use serde::Serialize;

use super::{content::Contents, edit::ChangedRange};
use crate::{
    element::Element,
    entity,
    scan::{Node, Tree, offset},
};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// `ac:structured-macro`, `ac:macro`; the name is the macro's.
    Macro,
    /// `ac:adf-node`; the name is its type.
    Adf,
    /// A link to a person; the name is the account, key or name of the person.
    Mention,
    /// `ac:image`, `img`; the name is the file or the address.
    Image,
    /// A link to a file; the name is the file's.
    Attachment,
    /// `time`; without a name, as a date may change.
    Date,
    /// `ac:emoticon`; the name is its short name.
    Emoji,
    /// `ac:inline-comment-marker`; the name is the comment's reference.
    Comment,
    /// `ac:layout-section` (the name is its type) and `ac:layout-cell` (the name is `cell`).
    Layout,
    /// `ac:placeholder`.
    Placeholder,
    /// An element of the template namespace; the name is the element's.
    Template,
}

/// Something on a page that is no text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Which of its kind.
    pub name: String,
    /// Confluence's own identifier, of macros and images that have one.
    pub id: Option<String>,
}

impl Token {
    /// Whether `entry` of a list of permissions means this token: its kind and name as
    /// [`Display`](fmt::Display) writes them, or its id.
    pub(super) fn is_named_by(&self, entry: &str) -> bool {
        self.id.as_deref() == Some(entry) || self.to_string() == entry
    }
}

impl fmt::Display for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            TokenKind::Macro => "macro",
            TokenKind::Adf => "adf",
            TokenKind::Mention => "mention",
            TokenKind::Image => "image",
            TokenKind::Attachment => "attachment",
            TokenKind::Date => return formatter.write_str("date"),
            TokenKind::Emoji => "emoji",
            TokenKind::Comment => "comment",
            TokenKind::Layout => "layout",
            TokenKind::Placeholder => return formatter.write_str("placeholder"),
            TokenKind::Template => "template",
        };
        write!(formatter, "{kind}:{}", self.name)
    }
}

/// A token of a page.
pub(super) struct Found {
    token: Token,
    /// In the tree.
    place: u32,
}

impl Found {
    pub(super) fn into_token(self) -> Token {
        self.token
    }
}

/// The tokens of a page. The second copy that an ADF extension keeps for old readers does not count,
/// and a comment counts once however many stretches of text it marks.
pub(super) fn inventory(tree: &Tree<'_>) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    let mut comments = HashSet::new();
    let mut shown_fallback = None;
    let mut at = 0;
    while let Some(node) = tree.nodes.get(at as usize) {
        match node.element {
            Element::AdfExtension => shown_fallback = tree.shown_fallback(at),
            // What a parameter points at belongs to its macro.
            Element::Parameter => {
                at = node.next;
                continue;
            }
            Element::AdfFallback if shown_fallback != Some(at) => {
                at = node.next;
                continue;
            }
            _ => {}
        }
        if let Some(token) = token(tree, at, node) {
            let repeats = token.kind == TokenKind::Comment && !comments.insert(token.clone());
            if !repeats {
                found.push(Found { token, place: at });
            }
        }
        at += 1;
    }
    found
}

/// What came and went between two inventories.
#[derive(Debug, Default)]
pub(super) struct Difference {
    pub(super) removed: Vec<Token>,
    pub(super) added: Vec<Token>,
    /// Those of `added` that are copies of what was there.
    pub(super) copies: Vec<Token>,
}

/// From one page to another, which is the same bytes outside of `changed`.
pub(super) fn difference(
    before: &Tree<'_>,
    after: &Tree<'_>,
    changed: &[ChangedRange],
) -> Difference {
    if are_same(before, after, changed) {
        return Difference::default();
    }
    let (old, new) = (inventory(before), inventory(after));
    let mut counts: HashMap<&Token, i64> = HashMap::new();
    for found in &old {
        *counts.entry(&found.token).or_insert(0) += 1;
    }
    let mut added: Vec<&Found> = Vec::new();
    for found in &new {
        let count = counts.entry(&found.token).or_insert(0);
        *count -= 1;
        if *count < 0 {
            added.push(found);
        }
    }
    let mut removed = Vec::new();
    for (token, count) in counts {
        let gone = usize::try_from(count).unwrap_or_default();
        removed.extend(std::iter::repeat_n(token.clone(), gone));
    }
    removed.sort();
    let copies =
        if added.is_empty() { Vec::new() } else { copies((before, &old), (after, &added)) };
    let added = added.into_iter().map(|found| found.token.clone()).collect();
    Difference { removed, added, copies }
}

/// Whether both pages have the same tokens, told from what changed alone. This is a proof: a node before
/// or behind all changes, of the same element and place in both trees, is made of the same bytes,
/// and these are all that its token says. Where what is around a token matters too, the answer is
/// `false`, which says nothing.
fn are_same(before: &Tree<'_>, after: &Tree<'_>, changed: &[ChangedRange]) -> bool {
    let (Some(first), Some(last)) = (changed.first(), changed.last()) else { return true };
    let old = Parts::of(before, first.original.start, last.original.end);
    let new = Parts::of(after, first.result.start, last.result.end);
    if !old.is_alike(&new) {
        return false;
    }
    match (old.tokens(), new.tokens()) {
        (Some(mut old), Some(mut new)) => {
            old.sort_unstable();
            new.sort_unstable();
            old == new
        }
        _ => false,
    }
}

/// A page in front of, amid and behind its changes.
struct Parts<'t> {
    tree: &'t Tree<'t>,
    /// Nodes that begin in front, of which some end elsewhere.
    head: &'t [Node],
    /// Nodes that begin amid the changes.
    middle: std::ops::Range<usize>,
    tail: &'t [Node],
    /// The first byte that changed.
    start: u32,
    /// The first byte behind the changes.
    end: u32,
}

impl<'t> Parts<'t> {
    fn of(tree: &'t Tree<'t>, start: u32, end: u32) -> Self {
        let first = tree.nodes.partition_point(|node| node.start < start);
        let last = tree.nodes.partition_point(|node| node.start < end).max(first);
        let (head, rest) = tree.nodes.split_at(first);
        let tail = rest.get(last - first..).unwrap_or_default();
        Self { tree, head, middle: first..last, tail, start, end }
    }

    /// Whether the nodes in front of and behind the changes are the same in both trees.
    fn is_alike(&self, other: &Self) -> bool {
        let place = |parts: &Self, node: &Node| {
            let around = node.end > parts.start;
            let (inner_start, end) = if around { (0, 0) } else { (node.inner_start, node.end) };
            (node.element, node.start, inner_start, end)
        };
        let behind = |parts: &Self, node: &Node| {
            let tail = offset(parts.middle.end);
            let [start, inner_start, end] =
                [node.start, node.inner_start, node.end].map(|at| at - parts.end);
            (node.element, start, inner_start, end, node.next - tail)
        };
        let same = |left: &[Node], right: &[Node], is_same: &dyn Fn(&Node, &Node) -> bool| {
            left.len() == right.len() && left.iter().zip(right).all(|(one, two)| is_same(one, two))
        };
        same(self.head, other.head, &|one, two| place(self, one) == place(other, two))
            && same(self.tail, other.tail, &|one, two| behind(self, one) == behind(other, two))
    }

    /// The tokens that changes may have touched: of the nodes amid them, and of those around them.
    /// `None` when one of these changes what counts as a token elsewhere.
    fn tokens(&self) -> Option<Vec<Token>> {
        let head = self.head.iter().enumerate().filter(|(_, node)| node.end > self.start);
        let touched = head.map(|(at, _)| at).chain(self.middle.clone());
        let mut tokens = Vec::new();
        for at in touched {
            let node = self.tree.nodes.get(at)?;
            let reaches = matches!(
                node.element,
                Element::Parameter
                    | Element::AdfExtension
                    | Element::AdfFallback
                    | Element::CommentMarker
            );
            if reaches {
                return None;
            }
            tokens.extend(token(self.tree, offset(at), node));
        }
        Some(tokens)
    }
}

/// Those of `added` that have the id of one that was there, or say the same.
fn copies(
    (before, old): (&Tree<'_>, &[Found]),
    (after, added): (&Tree<'_>, &[&Found]),
) -> Vec<Token> {
    let tokens: HashSet<&Token> = old.iter().map(|found| &found.token).collect();
    let contents = Contents::of(before);
    let held: HashSet<_> = old.iter().map(|found| found.key(&contents)).collect();
    let contents = Contents::of(after);
    let is_copy = |found: &&&Found| {
        let Token { kind, name, id } = &found.token;
        // A view has the beginning of a comment's reference only.
        let is_comment =
            |it: &Found| it.token.kind == TokenKind::Comment && it.token.name.starts_with(name);
        id.is_some() && tokens.contains(&found.token)
            || held.contains(&found.key(&contents))
            || *kind == TokenKind::Comment && old.iter().any(is_comment)
    };
    added.iter().filter(is_copy).map(|found| found.token.clone()).collect()
}

impl Found {
    /// The same for a token and its copy.
    fn key(&self, contents: &Contents<'_, '_>) -> (TokenKind, String, u64) {
        let Token { kind, name, .. } = &self.token;
        match kind {
            // A view cannot say every name.
            TokenKind::Macro => {
                let said =
                    |character: char| if character.is_alphanumeric() { character } else { '_' };
                (
                    *kind,
                    name.to_lowercase().chars().map(said).collect(),
                    contents.number(self.place),
                )
            }
            TokenKind::Adf | TokenKind::Placeholder | TokenKind::Date => {
                (*kind, name.clone(), contents.number(self.place))
            }
            _ => (*kind, name.clone(), 0),
        }
    }
}

pub(super) fn token(tree: &Tree<'_>, place: u32, node: &Node) -> Option<Token> {
    let attribute = |node: &Node, name: &str| tree.attribute_text(node, name).map(entity::decoded);
    let own = |name: &str| attribute(node, name).unwrap_or_default();
    let resource = || tree.children(place).find(|(_, child)| child.element.is_resource());
    let (kind, name) = match node.element {
        Element::Macro => (TokenKind::Macro, own("ac:name")),
        Element::AdfNode => (TokenKind::Adf, own("type")),
        Element::Image => {
            let (_, resource) = resource().unwrap_or((place, *node));
            let names = ["ri:filename", "ri:value"];
            let name = names.iter().find_map(|name| attribute(&resource, name));
            (TokenKind::Image, name.unwrap_or_default())
        }
        Element::HtmlImage => (TokenKind::Image, own("src")),
        Element::Link => {
            let (_, resource) = resource()?;
            match resource.element {
                Element::User => {
                    let names = ["ri:account-id", "ri:userkey", "ri:username"];
                    let name = names.iter().find_map(|name| attribute(&resource, name));
                    (TokenKind::Mention, name.unwrap_or_default())
                }
                Element::Attachment => {
                    (TokenKind::Attachment, attribute(&resource, "ri:filename").unwrap_or_default())
                }
                _ => return None,
            }
        }
        Element::Time => (TokenKind::Date, String::new()),
        Element::Emoticon => {
            let names = ["ac:emoji-shortname", "ac:name"];
            (TokenKind::Emoji, names.iter().find_map(|it| attribute(node, it)).unwrap_or_default())
        }
        Element::CommentMarker => (TokenKind::Comment, own("ac:ref")),
        Element::LayoutSection => (TokenKind::Layout, own("ac:type")),
        Element::LayoutCell => (TokenKind::Layout, "cell".to_owned()),
        Element::Placeholder => (TokenKind::Placeholder, String::new()),
        Element::Template => {
            let tag = tree.text(node.start as usize + 1..node.inner_start as usize);
            let end = tag.find([' ', '/', '>', '\t', '\n', '\r']).unwrap_or(tag.len());
            (TokenKind::Template, tag.get(..end).unwrap_or_default().to_owned())
        }
        _ => return None,
    };
    let id = match kind {
        TokenKind::Macro | TokenKind::Image => {
            ["ac:local-id", "ac:macro-id"].iter().find_map(|name| attribute(node, name))
        }
        _ => None,
    };
    Some(Token { kind, name, id })
}
