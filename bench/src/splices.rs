//! Words of pages that are exchanged in the view come back to the page, and nothing else does.

use std::fs;
use std::path::Path;

use rand::RngExt;

use crate::trial::{Trial, Unproven};
use crate::{Failure, pages, workspace};

#[path = "../../crates/document/tests/it/splices.rs"]
#[expect(clippy::unwrap_used, dead_code, reason = "a proof stops where it fails")]
pub(crate) mod places;

use places::{Page, Random};

/// Exchanges a random part of a random word for random text in the view of a page and patches the page:
/// the patch must be made, change those bytes and no others, and show what was written.
///
/// `folder` holds the pages (`*.xhtml`, at any depth); without one they are those of the project and
/// some made for measuring.
///
/// # Errors
/// [`Unproven::Broken`] for a page that another byte changed of, or that an edit was refused for;
/// [`Unproven::Unprepared`] when the pages cannot be read.
pub fn prove(trial: &Trial<'_>, folder: Option<&Path>) -> Result<(), Unproven> {
    let pages = read(folder).map_err(Unproven::Unprepared)?;
    trial.each(|random| {
        let page = &pages[random.random_range(0..pages.len())];
        Ok(page.splice(&mut Random(random.random())).try_patch()?)
    })
}

fn read(folder: Option<&Path>) -> Result<Vec<Page>, Failure> {
    let mut storage = Vec::new();
    if let Some(folder) = folder {
        for file in workspace::pages_below(folder)? {
            storage.push(fs::read_to_string(file)?);
        }
    } else {
        storage = workspace::own_pages()?;
        storage.extend((0..10).map(|number| pages::storage(number, 500 * (number + 1))));
    }
    let pages: Vec<Page> = storage.into_iter().filter_map(Page::new).collect();
    if pages.is_empty() {
        Err("no page that is well-formed and has words".into())
    } else {
        Ok(pages)
    }
}
