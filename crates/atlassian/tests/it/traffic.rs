//! Writes down what the client asks the sandbox and is answered, for `e2e/specs/run.sh`, which holds
//! it against Atlassian's own descriptions of the interfaces.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use sandbox::Sandbox;

/// Names the folder; nothing is written without it.
const FOLDER: &str = "SANDBOX_TRAFFIC";

static RECORDED: AtomicU64 = AtomicU64::new(0);

/// Records this sandbox, if traffic is wanted: one file, one exchange a line.
#[expect(clippy::disallowed_methods, reason = "a test is told by its environment where to write")]
pub(crate) fn record(sandbox: &Sandbox) {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let number = RECORDED.fetch_add(1, Ordering::Relaxed);
    let file = File::create(folder.join(format!("client-{number}.jsonl"))).unwrap();
    let file = Mutex::new(file);
    sandbox.control().record(Arc::new(move |exchange| {
        let mut line = serde_json::to_vec(exchange).unwrap();
        line.push(b'\n');
        file.lock().unwrap().write_all(&line).unwrap();
    }));
}
