//! Short names of blocks, by which an agent says where it means and a later version of the page
//! still knows.

use std::{collections::HashMap, fmt, str::FromStr};

use serde::{Serialize, Serializer};

use crate::{
    Block, BlockKind, View,
    element::Element,
    entity,
    scan::{Node, Tree},
};

/// Characters of a name that Confluence gave (a `local-id`, a `macro-id`).
const DECLARED: usize = 6;

/// Characters of a name that is made of what the block says.
const HASHED: usize = 5;

/// How much of a block names it: enough to tell paragraphs apart that begin alike, little enough
/// that blocks within blocks within blocks stay linear.
const NAMING_CHARACTERS: usize = 120;
const NAMING_NODES: usize = 64;
const NAMING_BYTES: usize = 1024;

/// What tells elements apart that have no text.
const NAMING_ATTRIBUTES: [&str; 16] = [
    "ac:name",
    "type",
    "ri:content-title",
    "ri:filename",
    "ri:value",
    "ri:account-id",
    "ri:userkey",
    "ri:username",
    "ri:space-key",
    "ri:content-id",
    "ri:key",
    "src",
    "datetime",
    "ac:emoji-shortname",
    "at:name",
    "ac:anchor",
];

/// Crockford's base 32, in which no letter looks like a digit.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The name of a block: `3f9ac1`, or `3f9ac1-2` for the second block of a page that would have it.
///
/// It begins the `local-id` that Confluence Cloud gave the element, which storage format and ADF
/// share, or else its `macro-id`; without either it is made of what the block says, so that it
/// outlives edits elsewhere in the page. The same storage has the same ids, whatever
/// [`crate::ViewOptions`] show. An id with a number goes by the order of blocks that are alike, and
/// may mean another one of them in another version of the page.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlockId {
    /// ASCII letters and digits in lower case, filled up with zero bytes.
    name: [u8; DECLARED],
    /// From 1 up.
    ordinal: u32,
}

impl fmt::Display for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.name.iter().filter(|byte| **byte != 0) {
            write!(f, "{}", char::from(*byte))?;
        }
        if self.ordinal > 1 {
            write!(f, "-{}", self.ordinal)?;
        }
        Ok(())
    }
}

impl fmt::Debug for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{self}")
    }
}

impl Serialize for BlockId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What was given is not the name of any block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a block id is up to six letters and digits, perhaps with `-2`; ask for the page's blocks")]
pub struct InvalidBlockId;

impl FromStr for BlockId {
    type Err = InvalidBlockId;

    /// Reads an id as [`fmt::Display`] writes it, with or without a `#` in front.
    fn from_str(text: &str) -> Result<Self, InvalidBlockId> {
        let text = text.strip_prefix('#').unwrap_or(text);
        let (name, ordinal) = match text.split_once('-') {
            Some((name, ordinal)) => (name, ordinal.parse().map_err(|_| InvalidBlockId)?),
            None => (text, 1),
        };
        let fits = (HASHED..=DECLARED).contains(&name.len()) && ordinal > 0;
        match declared_name(name) {
            Some(read) if fits && name.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                Ok(Self { name: read, ordinal })
            }
            _ => Err(InvalidBlockId),
        }
    }
}

/// The ids of `view.blocks`, in their order. `storage` is the body that `view` shows.
///
/// Views do not carry the ids, as most are made and dropped without anybody asking for one.
#[must_use]
pub fn block_ids(storage: &str, view: &View) -> Vec<BlockId> {
    let tree = Tree::scan(storage);
    let mut seen: HashMap<[u8; DECLARED], u32> = HashMap::with_capacity(view.blocks.len());
    let mut around: Vec<(&Block, Option<&str>)> = Vec::new();
    let mut ids = Vec::with_capacity(view.blocks.len());
    for block in &view.blocks {
        while around.pop_if(|(outer, _)| outer.source.end <= block.source.start).is_some() {}
        let local_id = block.local_id(storage);
        let name = local_id.and_then(declared_name).unwrap_or_else(|| {
            let declared = around.iter().rev().find_map(|(_, local_id)| *local_id);
            hashed_name(&tree, block, declared.unwrap_or_default())
        });
        let ordinal = seen.entry(name).or_insert(0);
        *ordinal += 1;
        ids.push(BlockId { name, ordinal: *ordinal });
        // A layout is a block only in views that show it, and names nothing.
        if !storage[block.source.start as usize..].starts_with("<ac:layout") {
            around.push((block, local_id));
        }
    }
    ids
}

/// The first letters and digits of an id of Confluence's, unless it has too few to name anything.
fn declared_name(id: &str) -> Option<[u8; DECLARED]> {
    let mut name = [0; DECLARED];
    let mut length = 0;
    let letters = id.bytes().filter(u8::is_ascii_alphanumeric);
    for (place, byte) in name.iter_mut().zip(letters) {
        *place = byte.to_ascii_lowercase();
        length += 1;
    }
    (length >= HASHED).then_some(name)
}

/// A name for a block that Confluence gave none: made of its element, of how it begins, and of the
/// nearest id around it, which tells the cells of one table from those of another.
fn hashed_name(tree: &Tree<'_>, block: &Block, around: &str) -> [u8; DECLARED] {
    let mut hash = Hash::new();
    hash.text(around);
    let place = tree.nodes.partition_point(|node| node.start < block.source.start);
    let mut naming = Naming { tree, kind: block.kind, hash, left: NAMING_CHARACTERS, begun: false };
    naming.read(tree.nodes.get(place..).unwrap_or_default());
    let mut rest = naming.hash.value();
    let mut name = [0; DECLARED];
    for byte in name.iter_mut().take(HASHED) {
        *byte = ALPHABET[(rest % 32) as usize];
        rest /= 32;
    }
    name
}

/// Reads how a block begins, up to the end of the first line of text in it.
struct Naming<'n, 't> {
    tree: &'n Tree<'t>,
    kind: BlockKind,
    hash: Hash,
    /// Characters.
    left: usize,
    /// Text of the body has been read.
    begun: bool,
}

impl Naming<'_, '_> {
    /// The first of `nodes` is the block's own; those behind it follow.
    fn read(&mut self, nodes: &[Node]) {
        let Some((node, inside)) = nodes.split_first() else { return };
        self.hash.text(match self.kind {
            BlockKind::Heading(_) => "h",
            _ => self.tree.name(node),
        });
        self.attributes(node);
        let mut parameter_end = 0;
        let inside = inside.iter().take(NAMING_NODES).take_while(|inside| inside.start < node.end);
        for inside in inside {
            if self.left == 0 || self.begun && self.ends_before(inside) {
                break;
            }
            match inside.element {
                Element::Parameter | Element::AdfAttribute => parameter_end = inside.end,
                Element::Text | Element::CharacterData => {
                    let words = self.words(inside);
                    self.begun |= words && inside.start >= parameter_end;
                }
                _ => {}
            }
            self.attributes(inside);
        }
    }

    /// A table is named by its first row, anything else by its first line.
    fn ends_before(&self, inside: &Node) -> bool {
        match self.kind {
            BlockKind::Other => inside.element == Element::Row,
            BlockKind::Code => false,
            _ => inside.element.is_block(),
        }
    }

    /// Whether there were any.
    fn words(&mut self, text: &Node) -> bool {
        let raw = self.tree.text(text.inner());
        let raw = &raw[..raw.floor_char_boundary(NAMING_BYTES)];
        let words = match text.element {
            Element::Text => entity::decoded(raw),
            _ => raw.into(),
        };
        let left = self.left;
        for character in words.chars().filter(|character| !character.is_whitespace()).take(left) {
            self.left -= 1;
            self.hash.character(character);
        }
        self.left < left
    }

    /// What an element without text stands for: a macro, a page, a file, a person, a date, ….
    fn attributes(&mut self, node: &Node) {
        for (name, value) in self.tree.attributes(node) {
            if NAMING_ATTRIBUTES.contains(&name) {
                self.hash.text(self.tree.text(value));
            }
        }
    }
}

/// FNV-1a of 64 bits: the same on every machine and in every version, as ids are kept by agents.
struct Hash(u64);

impl Hash {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn text(&mut self, text: &str) {
        text.bytes().chain([0xff]).for_each(|byte| self.byte(byte));
    }

    fn character(&mut self, character: char) {
        let mut bytes = [0; 4];
        character.encode_utf8(&mut bytes).bytes().for_each(|byte| self.byte(byte));
    }

    fn byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }

    fn value(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }
}
