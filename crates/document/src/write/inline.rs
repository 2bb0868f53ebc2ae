//! The parts of one paragraph, heading or cell, and which tags in it belong together.

use std::borrow::Cow;

use super::{
    WriteError,
    token::{Source, Tag},
};

/// How many open tags an end tag is compared with; real nesting is a handful.
const LOOK_BACK: usize = 64;

/// How many elements may be around each other in a line.
const DEEPEST: usize = 64;

/// A part of a line.
#[derive(Debug)]
pub(super) enum Node<'s> {
    Text(Cow<'s, str>),
    Code(Cow<'s, str>),
    Break,
    /// Storage bytes that are ready.
    Storage(String),
    /// The same, for what stands without a paragraph around when nothing else is in it.
    Block(String),
    Start(Start<'s>),
    End(End<'s>),
}

#[derive(Debug)]
pub(super) struct Start<'s> {
    pub(super) element: Element<'s>,
    pub(super) origin: Origin<'s>,
    /// Where its end stands among the nodes; set by [`pair`].
    pub(super) partner: usize,
}

#[derive(Debug)]
pub(super) struct End<'s> {
    pub(super) origin: Origin<'s>,
}

/// Who says where an element begins and ends.
#[derive(Debug)]
pub(super) enum Origin<'s> {
    /// Markdown does, and pairs what it says.
    Markdown { tail: Cow<'s, str> },
    /// A tag with that text does, at that place.
    Tag { name: Cow<'s, str>, text: Cow<'s, str>, at: usize },
}

#[derive(Debug)]
pub(super) enum Element<'s> {
    /// An element of that name in both.
    Mark(&'static str),
    Link {
        address: String,
        title: String,
    },
    Image {
        address: String,
    },
    Caption,
    Comment(String),
    Placeholder,
    Time,
    Status(Cow<'s, str>),
    Macro(Cow<'s, str>),
}

impl<'s> Element<'s> {
    /// What a start tag begins, if it is one that is carried.
    pub(super) fn of(tag: &Tag<'_>, text: &Cow<'s, str>) -> Option<Self> {
        let element = match tag.name {
            "strong" | "b" => Self::Mark("strong"),
            "em" | "i" => Self::Mark("em"),
            "del" | "s" | "strike" => Self::Mark("del"),
            "u" | "ins" => Self::Mark("u"),
            "sub" => Self::Mark("sub"),
            "sup" => Self::Mark("sup"),
            "code" | "kbd" | "samp" | "tt" => Self::Mark("code"),
            "a" => {
                let title = tag.attribute("title").unwrap_or_default();
                Self::Link { address: tag.attribute("href")?, title }
            }
            "figcaption" => Self::Caption,
            "mark" => Self::Comment(tag.attribute("comment")?),
            "placeholder" => Self::Placeholder,
            "time" => Self::Time,
            "status" => Self::Status(text.clone()),
            name if name.starts_with("macro:") => Self::Macro(text.clone()),
            _ => return None,
        };
        Some(element)
    }
}

/// Whether tags of this name are tokens, which say something wrong when they stand alone; others
/// are text then.
fn must_pair(name: &str) -> bool {
    matches!(name, "status" | "placeholder" | "time" | "mark") || name.starts_with("macro:")
}

/// Whether a tag of this name begins or ends something in a line.
pub(super) fn is_inline_name(name: &str) -> bool {
    const NAMES: [&str; 21] = [
        "a",
        "b",
        "code",
        "del",
        "em",
        "figcaption",
        "i",
        "ins",
        "kbd",
        "mark",
        "placeholder",
        "s",
        "samp",
        "status",
        "strike",
        "strong",
        "sub",
        "sup",
        "time",
        "tt",
        "u",
    ];
    NAMES.binary_search(&name).is_ok() || name.starts_with("macro:")
}

/// Finds the end of each start. A tag without a partner, and one that would cross what Markdown
/// pairs, becomes text.
/// `line` is where they begin in the Markdown.
pub(super) fn pair(
    nodes: &mut [Node<'_>],
    source: &Source<'_>,
    line: usize,
) -> Result<(), WriteError> {
    let mut open: Vec<usize> = Vec::new();
    // How deep among those the ones are that Markdown pairs.
    let mut markdown: Vec<usize> = Vec::new();
    for at in 0..nodes.len() {
        match nodes.get(at) {
            Some(Node::Start(start)) if is_misplaced(start, &open, nodes, at) => {
                unpaired(nodes, at, source)?;
            }
            Some(Node::Start(start)) => {
                if matches!(start.origin, Origin::Markdown { .. }) {
                    markdown.push(open.len());
                }
                open.push(at);
            }
            Some(Node::End(end)) => {
                let depth = match &end.origin {
                    Origin::Markdown { .. } => markdown.pop(),
                    Origin::Tag { name, .. } => partner(name, &open, nodes),
                };
                let Some(depth) = depth else {
                    unpaired(nodes, at, source)?;
                    continue;
                };
                for crossed in open.drain(depth + 1..) {
                    unpaired(nodes, crossed, source)?;
                }
                if let Some(start) = open.pop()
                    && let Some(Node::Start(start)) = nodes.get_mut(start)
                {
                    start.partner = at;
                }
            }
            _ => {}
        }
    }
    for rest in open {
        unpaired(nodes, rest, source)?;
    }
    refuse_depth(nodes, line, source)
}

fn refuse_depth(nodes: &[Node<'_>], at: usize, source: &Source<'_>) -> Result<(), WriteError> {
    let mut depth = 0_usize;
    for node in nodes {
        match node {
            Node::Start(_) => depth += 1,
            Node::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return Err(WriteError::MarksTooDeep { line: source.line(at) });
        }
    }
    Ok(())
}

/// Links hold no links, and a caption follows its image.
fn is_misplaced(start: &Start<'_>, open: &[usize], nodes: &[Node<'_>], at: usize) -> bool {
    if matches!(start.origin, Origin::Markdown { .. }) {
        return false;
    }
    match start.element {
        Element::Link { .. } => open.iter().rev().take(LOOK_BACK).any(|open| {
            matches!(
                nodes.get(*open),
                Some(Node::Start(Start { element: Element::Link { .. }, .. }))
            )
        }),
        Element::Caption => {
            let before = at.checked_sub(1).and_then(|before| nodes.get(before));
            !before.is_some_and(ends_image)
        }
        _ => false,
    }
}

fn ends_image(node: &Node<'_>) -> bool {
    match node {
        Node::End(End { origin: Origin::Markdown { tail } }) => tail.starts_with('!'),
        Node::End(End { origin: Origin::Tag { name, .. } }) => name == "img",
        _ => false,
    }
}

/// The depth of the start that an end tag belongs to.
fn partner(wanted: &str, open: &[usize], nodes: &[Node<'_>]) -> Option<usize> {
    for (depth, start) in open.iter().enumerate().rev().take(LOOK_BACK) {
        let Some(Node::Start(start)) = nodes.get(*start) else { continue };
        match &start.origin {
            Origin::Markdown { .. } => return None,
            Origin::Tag { name, .. } if name == wanted => return Some(depth),
            Origin::Tag { .. } => {}
        }
    }
    None
}

fn unpaired(nodes: &mut [Node<'_>], at: usize, source: &Source<'_>) -> Result<(), WriteError> {
    let Some(node) = nodes.get_mut(at) else { return Ok(()) };
    let (Node::Start(Start { origin, .. }) | Node::End(End { origin })) = node else {
        return Ok(());
    };
    let text = match origin {
        Origin::Markdown { .. } => String::new(),
        Origin::Tag { name, text, at } => {
            if must_pair(name) {
                let token = std::mem::take(text).into_owned();
                return Err(WriteError::TokenUnpaired { line: source.line(*at), token });
            }
            std::mem::take(text).into_owned()
        }
    };
    *node = Node::Text(Cow::Owned(text));
    Ok(())
}
