//! A claim over many cases, each made from a seed of its own.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::Failure;

/// How many cases, and from where on.
pub struct Trial<'a> {
    /// The seed of the first case; the next case has the next number.
    pub seed: u64,
    /// How many cases.
    pub count: u64,
    /// Is told after each tenth how many cases have held.
    pub progress: &'a dyn Fn(u64),
}

/// Why a claim is not proven.
#[derive(Debug, thiserror::Error)]
pub enum Unproven {
    /// A case for which it does not hold.
    #[error("the case of seed {seed} breaks it: {reason}")]
    Broken {
        /// Repeats the case: `--seed SEED --count 1`.
        seed: u64,
        /// What was found.
        reason: String,
    },
    /// The cases could not be run.
    #[error("the cases could not be run")]
    Unprepared(#[source] Failure),
}

impl Trial<'_> {
    /// Runs `case` for each seed. A case breaks the claim by an error or by a panic.
    pub fn each(
        &self,
        mut case: impl FnMut(&mut StdRng) -> Result<(), Failure>,
    ) -> Result<(), Unproven> {
        let tenth = self.count.div_ceil(10);
        for held in 0..self.count {
            let seed = self.seed.wrapping_add(held);
            let mut random = StdRng::seed_from_u64(seed);
            catch_unwind(AssertUnwindSafe(|| case(&mut random)))
                .unwrap_or_else(|panic| Err(said(panic.as_ref()).into()))
                .map_err(|error| Unproven::Broken { seed, reason: error.to_string() })?;
            if (held + 1).is_multiple_of(tenth) {
                (self.progress)(held + 1);
            }
        }
        Ok(())
    }
}

/// The words of a panic.
fn said(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .map_or_else(|| "a panic".to_owned(), |words| format!("a panic: {words}"))
}
