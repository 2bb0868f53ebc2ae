//! How many requests are under way at once: fewer after a server asked for fewer, and step by step
//! more again.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};

/// Refusals of requests that were under way together count as one.
const ONE_REFUSAL: Duration = Duration::from_secs(1);

/// Successes in a row for one more at once.
const STEP: usize = 16;

pub(crate) struct Gate {
    permits: Semaphore,
    state: Mutex<State>,
}

struct State {
    most: usize,
    /// At once now; what is under way beyond that ends first.
    allowed: usize,
    /// Permits that were given out and are to come back.
    issued: usize,
    successes: usize,
    shrunk: Option<Instant>,
}

impl Gate {
    pub(crate) fn new(most: usize) -> Self {
        let most = most.clamp(1, Semaphore::MAX_PERMITS);
        let state = State { most, allowed: most, issued: most, successes: 0, shrunk: None };
        Self { permits: Semaphore::new(most), state: Mutex::new(state) }
    }

    /// Waits for its turn. The semaphore is never closed; holding no permit would only mean a
    /// request more at once.
    pub(crate) async fn enter(&self) -> Pass<'_> {
        Pass { gate: self, permit: self.permits.acquire().await.ok() }
    }

    /// The server refused for too many calls: half as many from now on.
    pub(crate) fn refused(&self, now: Instant) {
        let mut state = self.state();
        let same = state.shrunk.is_some_and(|at| now.saturating_duration_since(at) < ONE_REFUSAL);
        state.successes = 0;
        if !same {
            state.shrunk = Some(now);
            state.allowed = (state.allowed / 2).max(1);
        }
    }

    pub(crate) fn succeeded(&self) {
        let mut state = self.state();
        if state.allowed == state.most {
            return;
        }
        state.successes += 1;
        if state.successes >= STEP {
            state.successes = 0;
            state.allowed += 1;
            if state.issued < state.allowed {
                state.issued += 1;
                self.permits.add_permits(1);
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One request under way.
pub(crate) struct Pass<'a> {
    gate: &'a Gate,
    permit: Option<SemaphorePermit<'a>>,
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let mut state = self.gate.state();
        if state.issued > state.allowed
            && let Some(permit) = self.permit.take()
        {
            state.issued -= 1;
            permit.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    /// How many pass at once now.
    fn width(gate: &Gate) -> usize {
        let mut passes = Vec::new();
        while let Some(pass) = gate.enter().now_or_never() {
            passes.push(pass);
        }
        passes.len()
    }

    #[test]
    fn refusals_halve_and_successes_widen_step_by_step() {
        let (gate, now) = (Gate::new(8), Instant::now());
        assert_eq!(width(&gate), 8);
        gate.refused(now);
        gate.refused(now);
        width(&gate);
        assert_eq!(width(&gate), 4, "what was under way together counts once");
        gate.refused(now + ONE_REFUSAL);
        width(&gate);
        assert_eq!(width(&gate), 2);
        for _ in 0..STEP {
            gate.succeeded();
        }
        assert_eq!(width(&gate), 3);
        for _ in 0..STEP * 20 {
            gate.succeeded();
        }
        assert_eq!(width(&gate), 8);
        for refusal in 2..10 {
            gate.refused(now + ONE_REFUSAL * refusal);
        }
        width(&gate);
        assert_eq!(width(&gate), 1);
    }
}
