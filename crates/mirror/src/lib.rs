#![doc = include_str!("../README.md")]

mod apply;
mod confirm;
mod forget;
mod guard;
mod observe;
mod plan;
mod run;
mod tree;
mod withhold;

pub use forget::forget_space;
pub use run::run;
use store::RunCounts;

/// How far a run is. Sent often: a listener that draws should limit its own rate.
#[derive(Clone, Debug)]
pub struct Progress {
    /// What the run does now, in the space named by `current`.
    pub phase: Phase,
    /// Pages of this space that the phase is done with.
    pub done: u64,
    /// Pages of this space that the phase will be done with; unknown while they are being listed.
    pub total: Option<u64>,
    /// Counts of the whole run so far.
    pub counts: RunCounts,
    /// Key of the space.
    pub current: Option<String>,
}

/// The steps of a run. The first three are taken space by space; then, space by space, the last two,
/// for what is absent from a space may be listed in a later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Lists pages, their ancestors, labels and view restrictions. Reads the site only.
    Observe,
    /// Compares what was observed with the store. Reads the store only.
    Plan,
    /// Writes headers, fetches and writes bodies.
    Apply,
    /// Decides whether it is believed that the pages which are still absent are gone.
    Guard,
    /// Asks once more for each page that the listing lacks, and deletes what is gone.
    Confirm,
}

/// Why a run could not be carried to its end. The run's row is `failed` and holds the same text.
#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    /// A space of the scope is unknown. Found before anything is changed.
    #[error("space {key} does not exist, or this credential may not see it")]
    UnknownSpace {
        /// The key as the scope names it.
        key: String,
    },
    /// The site refuses or cannot be reached, so that every further request would fail too.
    #[error("the site could not be read")]
    Atlassian(#[from] atlassian::Error),
    /// The store failed; what was committed before stays.
    #[error("the store failed")]
    Store(#[from] store::StoreError),
}

impl MirrorError {
    /// Stable code, for scripts and the console.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownSpace { .. } => "space_unknown",
            Self::Atlassian(error) => error.kind.code(),
            Self::Store(_) => "store_failed",
        }
    }
}
