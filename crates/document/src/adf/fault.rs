//! What ADF cannot hold.

use crate::scan::Node;

/// A problem and where it is.
#[derive(Debug)]
pub(super) struct Fault {
    /// Byte of the storage format.
    pub(super) at: u32,
    pub(super) problem: Problem,
}

#[derive(Debug)]
pub(super) enum Problem {
    Misplaced { construct: &'static str, container: &'static str },
    Unsupported { construct: String, advice: &'static str },
}

/// Refuses what ADF has no node for.
pub(super) fn unsupported(node: Node, construct: &str, advice: &'static str) -> Fault {
    let problem = Problem::Unsupported { construct: construct.to_owned(), advice };
    Fault { at: node.start, problem }
}
