#![doc = include_str!("../README.md")]

mod arguments;
mod catalogue;
mod confluence;
mod cql;
mod error;
mod objects;
mod openai;
mod output;
mod reading;
mod reference;
mod sight;
mod site;

pub use arguments::InvalidArguments;
pub use catalogue::{CATALOGUE, Definition, Prepared, Tool, definition};
pub use cql::Cql;
pub use error::ToolError;
pub use objects::{Named, Objects, Reach};
pub use openai::SEARCH_RESULTS;
pub use output::{Class, Item, Origin, Output, Resource, Shape};
pub use reference::{PageReference, PageTarget};
pub use sight::{Coverage, Sight};
pub use site::{FRESH, SiteHandle, SiteParts};
