//! One word of a page exchanged in its view and patched back: whether that is done, and how long it
//! takes with all laws checked.

use std::time::Duration;

use document::{PatchOptions, patch};

use super::Pages;
use super::clock::spent;
use crate::pages;
use crate::splices::places::Page;

/// Edits of a kind of pages.
#[derive(Debug)]
pub(super) struct Patches {
    pub(super) name: &'static str,
    pub(super) pages: usize,
    pub(super) bytes: usize,
    pub(super) tried: usize,
    /// Each changed no byte but those of its word.
    pub(super) accepted: usize,
    pub(super) median: Duration,
    /// Of a hundred, ninety-nine took no longer.
    pub(super) slow: Duration,
}

/// How many words of a long page are exchanged.
const OF_LONG: usize = 50;

const LONG: usize = 1_000_000;

pub(super) fn measure(real: &Pages) -> Vec<Patches> {
    let storages = || real.pages.iter().map(|page| page.storage.clone());
    let real: Vec<Page> = storages().filter_map(Page::new).collect();
    let together: String = real.iter().map(|page| page.storage.as_str()).collect();
    let together = together.repeat(LONG / together.len().max(1) + 1);
    let long = [together, pages::storage(1, LONG)];
    let long: Vec<Page> = long.into_iter().filter_map(Page::new).collect();
    vec![
        exchange("these pages, every word", &real, usize::MAX),
        exchange("long pages, some words of each", &long, OF_LONG),
    ]
}

fn exchange(name: &'static str, pages: &[Page], most: usize) -> Patches {
    let mut times = Vec::new();
    let mut accepted = 0;
    for page in pages {
        let step = page.places.len().div_ceil(most).max(1);
        for place in (0..page.places.len()).step_by(step) {
            let splice = page.exchange(place);
            let edited = splice.edited();
            let mut result = None;
            let time = spent(|| {
                result = Some(patch(&page.storage, &edited, &PatchOptions::default()));
            });
            times.push(time);
            if let Some(Ok(patched)) = result {
                splice.check(&edited, &patched);
                accepted += 1;
            }
        }
    }
    times.sort_unstable();
    let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
    Patches {
        name,
        pages: pages.len(),
        bytes: pages.iter().map(|page| page.storage.len()).sum(),
        tried: times.len(),
        accepted,
        median: at(50),
        slow: at(99),
    }
}
