//! The document engine against constructs written for it, random input, and, where it is at hand, a
//! corpus of real pages.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it fails")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a test says what it measured")]

mod adf_laws;
mod adf_schema;
mod adf_view;
mod adf_write;
mod blocks;
mod catalogue;
mod corpus;
mod diff;
mod identity;
mod inline;
mod laws;
mod lenient;
mod macros;
mod merge;
mod merge_laws;
mod merge_tables;
mod outline;
mod patch_blocks;
mod patch_edits;
mod patch_guards;
mod patch_laws;
mod patch_preservation;
mod patch_tables;
mod patch_text;
mod patch_tokens;
mod promises;
mod reading;
mod sections;
mod splices;
mod tables;
mod token_mutations;
mod wiki_markup;
mod write_blocks;
mod write_fidelity;
mod write_laws;
mod write_tokens;

use document::{Flavour, StorageOptions, View, ViewOptions, to_markdown, to_storage};

/// The view of a well-formed body with the default options.
fn view(storage: &str) -> View {
    let view = to_markdown(storage, &ViewOptions::default());
    assert_eq!(view.warnings, [], "{storage}");
    view
}

fn markdown(storage: &str) -> String {
    view(storage).markdown
}

/// Compares with lines as they are read: the common indentation of the test's source removed.
#[track_caller]
fn shows(storage: &str, expected: &str) {
    assert_eq!(markdown(storage), expected.trim_matches('\n'), "\n{storage}");
}

#[track_caller]
fn writes(markdown: &str, expected: &str) {
    let storage = to_storage(markdown, &StorageOptions { flavour: Flavour::Cloud });
    assert_eq!(storage.as_deref(), Ok(expected), "\n{markdown}");
    view(expected);
}

#[track_caller]
fn writes_for_data_center(markdown: &str, expected: &str) {
    let storage = to_storage(markdown, &StorageOptions { flavour: Flavour::DataCenter });
    assert_eq!(storage.as_deref(), Ok(expected), "\n{markdown}");
    view(expected);
}

#[track_caller]
fn refuses(markdown: &str, code: &str, line: usize) {
    let error = to_storage(markdown, &StorageOptions::default()).expect_err(markdown);
    assert_eq!((error.code(), error.line()), (code, Some(line)), "\n{markdown}\n{error}");
}
