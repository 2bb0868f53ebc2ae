//! What a page holds besides words: an edit of words must not lose it.

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use serde::Serialize;

use super::content::Contents;
use crate::{
    element::Element,
    entity,
    scan::{Node, Tree},
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

/// From one page to another.
pub(super) fn difference(before: &Tree<'_>, after: &Tree<'_>) -> Difference {
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

fn token(tree: &Tree<'_>, place: u32, node: &Node) -> Option<Token> {
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
