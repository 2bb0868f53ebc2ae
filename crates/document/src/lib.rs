#![doc = include_str!("../README.md")]

mod active;
pub mod adf;
mod block_id;
mod diff;
mod element;
mod entity;
mod entity_names;
mod merge;
mod outline;
mod patch;
mod plain;
mod portion;
mod render;
mod scan;
mod sections;
mod tokens;
mod view;
pub mod wiki;
mod write;

pub use block_id::{BlockId, InvalidBlockId, block_ids};
pub use diff::{BlockChange, Change, Colour, Diff, PartKind, Span, diff};
pub use merge::{
    Conflict, ConflictReason, MergeError, MergeInput, Merged, RebaseError, merge, rebase,
};
pub use outline::{Heading, ListedBlock, list_blocks, outline, part};
pub use patch::{
    BlockEdit, BlockName, ChangedRange, EditError, Law, Operation, OperationKind, PatchError,
    PatchOptions, Patched, StringEdit, Token, TokenKind, edit_blocks, edit_strings, patch,
};
pub use plain::plain_text;
pub use portion::{Budget, Portion, portion};
pub use sections::{Section, sections};
pub use tokens::estimate_tokens;
pub use view::{Block, BlockKind, Piece, View, ViewOptions, Warning, to_markdown};
pub use write::{Flavour, StorageOptions, WriteError, to_storage};
