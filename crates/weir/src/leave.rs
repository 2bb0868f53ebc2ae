//! The ends of the process that no `main` returns from: a closed pipe, a second signal.

use std::path::PathBuf;
use std::sync::OnceLock;

static TEMPORARY: OnceLock<PathBuf> = OnceLock::new();

/// Names the one folder that the process must not leave behind however it ends.
pub(crate) fn removes(temporary: PathBuf) {
    // One command runs in a process.
    drop(TEMPORARY.set(temporary));
}

/// Ends the process at once.
pub(crate) fn leave(status: i32) -> ! {
    if let Some(temporary) = TEMPORARY.get() {
        // Other threads may still be making files in it.
        let _removed = (0..10).any(|_| std::fs::remove_dir_all(temporary).is_ok());
    }
    std::process::exit(status)
}
