//! Each stable error code has one line in `docs/reference/errors.md`, and each line its code.
//!
//! The codes are read from the sources: from the calls that take one and from the functions that
//! answer one. A call whose code cannot be told from its text fails here as well.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What a code is handed to; it is the first text behind.
const TAKERS: &[&str] = &[
    "Failure::new(",
    "Failure::configuration(",
    "Failure::usage(",
    "Refusal::new(",
    "Self::new(",
    "Self::configuration(",
    "told(",
    " refusal(",
    ".warn(",
    " code: ",
];

/// What answers codes: every name inside is one.
const GIVERS: &[&str] =
    &["fn code(&self) -> &'static str {", "-> (&'static str, &'static str, &'static str) {"];

/// Told of a success in the record of an event.
const NO_ERROR: &str = "ok";

#[test]
fn every_error_code_has_its_line_and_every_line_its_code() {
    let mut in_code: BTreeMap<String, PathBuf> = BTreeMap::new();
    let mut untold = Vec::new();
    for file in sources() {
        let text = std::fs::read_to_string(&file).unwrap();
        let text = product(&text);
        for code in taken(&text, &mut |call| untold.push(format!("{}: {call}", file.display())))
            .into_iter()
            .chain(given(&text))
            .filter(|code| code != NO_ERROR)
        {
            in_code.insert(code, file.clone());
        }
    }
    assert!(untold.is_empty(), "write the code where it can be read: {untold:#?}");
    let on_page = page();
    let missing: Vec<_> = in_code.iter().filter(|(code, _)| !on_page.contains(*code)).collect();
    assert!(missing.is_empty(), "without a line in docs/reference/errors.md: {missing:#?}");
    let stale: Vec<_> = on_page.iter().filter(|code| !in_code.contains_key(*code)).collect();
    assert!(stale.is_empty(), "in docs/reference/errors.md, but not in the code: {stale:#?}");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The program's own sources: the sandbox answers with Atlassian's codes.
fn sources() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.ends_with("sandbox"))
        .map(|path| path.join("src"))
        .filter(|path| path.is_dir())
        .collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files
}

/// Without tests and comments.
fn product(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    text.lines().filter(is_code).collect::<Vec<_>>().join("\n")
}

/// `untold` hears of calls whose code is not to be seen.
fn taken(text: &str, untold: &mut dyn FnMut(&str)) -> Vec<String> {
    let mut codes = Vec::new();
    for taker in TAKERS {
        for (at, _) in text.match_indices(taker) {
            let call = &text[at + taker.len()..];
            let (before, literal) = first_text(call);
            let handed_on = before.contains("code") || before.contains("kind");
            if literal == DEMO {
                codes.push("demo_*_failed".to_owned());
            } else if handed_on || before.contains(['{', '}', ';', '|']) {
                // A code that is read elsewhere, a definition, or text of the code around.
            } else if is_code(literal) {
                codes.push(literal.to_owned());
            } else if taker.starts_with("Failure::") {
                untold(&call[..call.len().min(60)]);
            }
        }
    }
    codes
}

/// The one code that is made of parts.
const DEMO: &str = "demo_{step}_failed";

/// What stands before the first text, and that text.
fn first_text(call: &str) -> (&str, &str) {
    let mut parts = call.splitn(3, '"');
    (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
}

fn given(text: &str) -> Vec<String> {
    let mut codes = Vec::new();
    for giver in GIVERS {
        for (at, _) in text.match_indices(giver) {
            let body = &text[at + giver.len()..];
            let body = body.split("\n    }\n").next().unwrap_or_default();
            codes.extend(
                body.split('"').skip(1).step_by(2).filter(|text| is_code(text)).map(str::to_owned),
            );
        }
    }
    codes
}

fn is_code(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
}

/// The first column of the page's tables.
fn page() -> BTreeSet<String> {
    let page = std::fs::read_to_string(root().join("docs/reference/errors.md")).unwrap();
    let mut codes = BTreeSet::new();
    for line in page.lines().filter_map(|line| line.strip_prefix("| `")) {
        let (code, rest) = line.split_once('`').unwrap();
        let cells: Vec<&str> = rest.split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 4, "a line has a code, a meaning and a next step: {line}");
        assert!(cells[1..3].iter().all(|cell| !cell.is_empty()), "an empty cell: {line}");
        assert!(codes.insert(code.to_owned()), "{code} has two lines");
    }
    codes
}
