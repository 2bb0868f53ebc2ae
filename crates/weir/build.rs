//! Puts the commit into `weir --version`.
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=../../.git/HEAD");
    println!("cargo::rerun-if-changed=../../.git/refs/heads");
    println!("cargo::rustc-env=WEIR_COMMIT={}", commit().unwrap_or_else(|| "unknown".to_owned()));
}

/// The commit of the checkout; none when built from an archive or without git.
fn commit() -> Option<String> {
    let output = Command::new("git").args(["rev-parse", "--short=12", "HEAD"]).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
