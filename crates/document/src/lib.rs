#![doc = include_str!("../README.md")]

mod element;
mod entity;
mod entity_names;
mod plain;
mod render;
mod scan;
mod sections;
mod tokens;
mod view;

pub use plain::plain_text;
pub use sections::{Section, sections};
pub use tokens::estimate_tokens;
pub use view::{Block, BlockKind, Piece, View, ViewOptions, Warning, to_markdown};
