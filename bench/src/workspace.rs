//! The checkout that is measured.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Failure;

/// The folder of the workspace.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The commit that is checked out, with `+` when something in the tree differs from it.
///
/// # Errors
/// There is no git, or this is no clone.
pub fn commit() -> Result<String, Failure> {
    let mut commit = git(&["rev-parse", "--short=9", "HEAD"])?;
    if !git(&["status", "--porcelain", "--", ".", ":!docs"])?.is_empty() {
        commit.push('+');
    }
    Ok(commit)
}

fn git(arguments: &[&str]) -> Result<String, Failure> {
    let output = Command::new("git").args(arguments).current_dir(root()).output()?;
    if !output.status.success() {
        return Err(format!("git {arguments:?}: {}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// Builds the program in the release profile, and answers where it is.
///
/// # Errors
/// It does not build.
pub fn build_weir() -> Result<PathBuf, Failure> {
    let status = Command::new("cargo")
        .args(["build", "--release", "--quiet", "-p", "weir"])
        .current_dir(root())
        .status()?;
    if !status.success() {
        return Err("`cargo build --release -p weir` failed".into());
    }
    // Beside this program, which cargo put into the same folder of the same or another profile.
    let program = std::env::current_exe()?;
    let target = program.ancestors().nth(2).ok_or("this program is not in a target folder")?;
    Ok(target.join("release").join("weir"))
}

/// The pages of the demo and the test page with every construct, in storage format.
///
/// # Errors
/// One cannot be read.
pub fn own_pages() -> Result<Vec<String>, Failure> {
    let mut files = pages_below(&root().join("crates/sandbox/demo/pages"))?;
    files.push(root().join("crates/document/tests/it/page.xhtml"));
    files.iter().map(|file| Ok(fs::read_to_string(file)?)).collect()
}

/// Every `*.xhtml` below a folder, in the same order on every machine.
///
/// # Errors
/// A folder cannot be read.
pub fn pages_below(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries =
            fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "xhtml") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
