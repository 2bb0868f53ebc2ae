//! What a page holds besides words: an edit of words must not lose it.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
};

use serde::Serialize;

use crate::{
    element::Element,
    entity,
    render::HIDDEN_PARAMETERS,
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

/// A token of a page with what it holds, by which a copy is known.
pub(super) struct Found {
    token: Token,
    content: u64,
}

impl Found {
    pub(super) fn into_token(self) -> Token {
        self.token
    }

    fn key(&self) -> (TokenKind, &str, u64) {
        (self.token.kind, self.token.name.as_str(), self.content)
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
                found.push(Found { content: content(tree, at, node, token.kind), token });
            }
        }
        at += 1;
    }
    found
}

fn content(tree: &Tree<'_>, place: u32, node: &Node, kind: TokenKind) -> u64 {
    let mut hasher = DefaultHasher::new();
    match kind {
        TokenKind::Date => tree.text(node.outer()).hash(&mut hasher),
        TokenKind::Macro => {
            for (_, inside) in tree.children(place) {
                let name = tree.attribute_text(&inside, "ac:name").unwrap_or_default();
                if !HIDDEN_PARAMETERS.contains(&name) {
                    (name, tree.text(inside.inner()).trim()).hash(&mut hasher);
                }
            }
        }
        TokenKind::Adf | TokenKind::Placeholder => tree.text(node.inner()).hash(&mut hasher),
        _ => {}
    }
    hasher.finish()
}

/// What came and went between two inventories.
#[derive(Debug, Default)]
pub(super) struct Difference {
    pub(super) removed: Vec<Token>,
    pub(super) added: Vec<Token>,
    /// Those of `added` that are copies of what was there.
    pub(super) copies: Vec<Token>,
}

pub(super) fn difference(before: &[Found], after: &[Found]) -> Difference {
    let mut counts: HashMap<&Token, i64> = HashMap::new();
    for found in before {
        *counts.entry(&found.token).or_insert(0) += 1;
    }
    let mut difference = Difference::default();
    let mut contents: Option<(HashSet<&Token>, HashSet<(TokenKind, &str, u64)>)> = None;
    for found in after {
        let count = counts.entry(&found.token).or_insert(0);
        *count -= 1;
        if *count >= 0 {
            continue;
        }
        let (tokens, held) = contents.get_or_insert_with(|| {
            (before.iter().map(|it| &it.token).collect(), before.iter().map(Found::key).collect())
        });
        let token = &found.token;
        if token.id.is_some() && tokens.contains(token) || held.contains(&found.key()) {
            difference.copies.push(token.clone());
        }
        difference.added.push(token.clone());
    }
    for (token, count) in counts {
        let gone = usize::try_from(count).unwrap_or_default();
        difference.removed.extend(std::iter::repeat_n(token.clone(), gone));
    }
    difference.removed.sort();
    difference
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
