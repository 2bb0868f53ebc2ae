//! The document engine against constructs written for it, random input, and, where it is at hand, a
//! corpus of real pages.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it fails")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a test says what it measured")]

mod adf_view;
mod blocks;
mod corpus;
mod identity;
mod inline;
mod laws;
mod lenient;
mod macros;
mod outline;
mod promises;
mod reading;
mod sections;
mod tables;

use document::{View, ViewOptions, to_markdown};

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
