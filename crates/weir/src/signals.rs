//! How a process that serves is told to end.

#[cfg(unix)]
use crate::leave::leave;

/// Resolves at the first signal to end, the closing of the terminal included: what is under way may end. The second
/// ends the process at once, with the status that the signal itself would have given.
pub(crate) async fn stopped() {
    #[cfg(unix)]
    if let Some(mut signals) = Signals::listen() {
        signals.next().await;
        tokio::spawn(async move {
            let status = signals.next().await;
            leave(status)
        });
        return;
    }
    // Without a handler the signal itself ends the process.
    drop(tokio::signal::ctrl_c().await);
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> Option<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Some(Self {
            interrupt: signal(SignalKind::interrupt()).ok()?,
            terminate: signal(SignalKind::terminate()).ok()?,
            hang_up: signal(SignalKind::hangup()).ok()?,
        })
    }

    /// The exit status of a process that the next signal ended, as a shell tells it.
    async fn next(&mut self) -> i32 {
        tokio::select! {
            _ = self.interrupt.recv() => 128 + 2,
            _ = self.terminate.recv() => 128 + 15,
            _ = self.hang_up.recv() => 128 + 1,
        }
    }
}
