//! Converters that run in this process.

use std::hint::black_box;
use std::time::Duration;

use document::{ViewOptions, to_markdown};

use super::Pages;
use super::clock::spent;

const ROUNDS: usize = 21;

/// One converter, with what it made of each page.
#[derive(Debug)]
pub(super) struct Converter {
    pub(super) name: String,
    /// Empty for a page that it failed on.
    pub(super) markdown: Vec<String>,
    /// What it makes when asked to show comments, if it can.
    pub(super) with_comments: Option<Vec<String>>,
    pub(super) times: Times,
}

/// How long all pages took.
#[derive(Debug)]
pub(super) struct Times {
    pub(super) least: Duration,
    pub(super) median: Duration,
}

impl Converter {
    pub(super) fn weir(pages: &Pages) -> Self {
        let view = |storage: &str| to_markdown(storage, &ViewOptions::default()).markdown;
        let comments = ViewOptions { comments: true, ..ViewOptions::default() };
        let with_comments =
            pages.pages.iter().map(|page| to_markdown(&page.storage, &comments).markdown);
        Self { with_comments: Some(with_comments.collect()), ..Self::measured("weir", pages, view) }
    }

    pub(super) fn htmd(pages: &Pages) -> Self {
        Self::measured("htmd 0.5", pages, |storage| htmd::convert(storage).unwrap_or_default())
    }

    fn measured(name: &str, pages: &Pages, convert: impl Fn(&str) -> String) -> Self {
        let round = || {
            for page in &pages.pages {
                black_box(convert(black_box(&page.storage)));
            }
        };
        let times = Times::of((0..ROUNDS).map(|_| spent(round)).collect());
        let markdown = pages.pages.iter().map(|page| convert(&page.storage)).collect();
        Self { name: name.to_owned(), markdown, with_comments: None, times }
    }
}

impl Times {
    pub(super) fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let least = times.first().copied().unwrap_or_default();
        let median = times.get(times.len() / 2).copied().unwrap_or_default();
        Self { least, median }
    }
}
