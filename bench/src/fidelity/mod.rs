//! What converters keep of real pages, how fast they are and how much they write.

mod clock;
mod convert;
mod patches;
mod peers;
mod reading;
mod report;
mod score;
mod shapes;
mod truth;
mod words;

use std::fs;
use std::path::{Path, PathBuf};

use document::{ViewOptions, to_markdown};
use serde_json::Value;

use crate::{Failure, workspace};
use convert::Converter;
use report::Size;
use score::Score;
use truth::Truth;

/// A folder of pages as `docs/fidelity.md` measures it.
#[derive(Debug)]
pub struct Pages {
    folder: PathBuf,
    pages: Vec<Page>,
}

#[derive(Debug)]
struct Page {
    file: String,
    storage: String,
}

impl Pages {
    /// Reads the `*.xhtml` of a folder: those that people wrote, if an `index_storage.tsv` beside the
    /// folder or in it says which these are (kinds that begin with `real`), else all.
    ///
    /// # Errors
    /// The folder cannot be read or holds no page.
    pub fn read(folder: &Path) -> Result<Self, Failure> {
        let real = real_files(folder);
        let mut pages = Vec::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let is_page = path.extension().is_some_and(|extension| extension == "xhtml");
            if is_page && real.as_ref().is_none_or(|real| real.contains(&file)) {
                pages.push(Page { storage: fs::read_to_string(&path)?, file });
            }
        }
        if pages.is_empty() {
            return Err(format!("{} holds no page (*.xhtml)", folder.display()).into());
        }
        pages.sort_by(|one, other| one.file.cmp(&other.file));
        Ok(Self { folder: folder.to_owned(), pages })
    }

    fn bytes(&self) -> usize {
        self.pages.iter().map(|page| page.storage.len()).sum()
    }
}

fn real_files(folder: &Path) -> Option<Vec<String>> {
    let name = "index_storage.tsv";
    let places = [folder.join(name), folder.join("..").join(name)];
    let index = places.iter().find_map(|place| fs::read_to_string(place).ok())?;
    let rows = index.lines().map(|line| line.split('\t'));
    let real = rows.filter_map(|mut cells| {
        let file = cells.next()?;
        cells.next()?.starts_with("real").then(|| file.to_owned())
    });
    Some(real.collect())
}

/// Measures Weir and what of its peers is installed over `pages`, and writes the tables of
/// `docs/fidelity.md`. `python` is an interpreter that may have the packages of peers.
///
/// # Errors
/// The document cannot be written.
pub fn run(pages: &Pages, python: &Path) -> Result<String, Failure> {
    let truths: Vec<(Truth, bool)> =
        pages.pages.iter().map(|page| truth::count(&page.storage)).collect();
    let whole: Vec<usize> = (0..truths.len()).filter(|at| truths[*at].1).collect();
    let mut converters = vec![Converter::weir(pages), Converter::htmd(pages)];
    let (peers, absent) = peers::convert(pages, python)?;
    converters.extend(peers);
    let rows = converters.iter().map(|converter| {
        let mut sum = Score::default();
        for at in &whole {
            let markdown = &converter.markdown[*at];
            let comments = converter.with_comments.as_ref().map_or(markdown, |all| &all[*at]);
            sum.add(&score::score(&truths[*at].0, markdown, comments));
        }
        (converter, sum)
    });
    let report = report::Report {
        rows: rows.collect(),
        absent,
        pages: pages.pages.len(),
        counted: whole.len(),
        bytes: pages.bytes(),
        size: size(pages),
        patches: patches::measure(pages),
        shapes: shapes::measure(),
    };
    report.write(&workspace::root().join("docs/fidelity.md"))
}

/// Every shortcoming of Weir's own view, page by page.
pub fn shortcomings(pages: &Pages) -> Vec<String> {
    let mut found = Vec::new();
    for page in &pages.pages {
        let (truth, _) = truth::count(&page.storage);
        let view = |comments| {
            to_markdown(&page.storage, &ViewOptions { comments, ..ViewOptions::default() }).markdown
        };
        let score = score::score(&truth, &view(false), &view(true));
        for (name, share) in score::MEASURES.iter().zip(score.shares) {
            if share.kept < share.all {
                found.push(format!("{}: {name} {} of {}", page.file, share.kept, share.all));
            }
        }
    }
    found
}

/// Characters of the pages that the folder `adf` beside the pages has as ADF too.
fn size(pages: &Pages) -> Option<Size> {
    let mut size = Size::default();
    for entry in fs::read_dir(pages.folder.join("../adf")).ok()? {
        let path = entry.ok()?.path();
        let stem = path.file_stem()?.to_string_lossy().into_owned();
        let of_page = |page: &&Page| page.file.starts_with(&format!("{stem}__"));
        let Some(page) = pages.pages.iter().find(of_page) else { continue };
        let Ok(adf) = serde_json::from_str::<Value>(&fs::read_to_string(&path).ok()?) else {
            continue;
        };
        size.pages += 1;
        size.adf += adf.to_string().chars().count();
        size.storage += page.storage.chars().count();
        let view = to_markdown(&page.storage, &ViewOptions::default());
        size.view += view.markdown.chars().count();
    }
    (size.pages > 0).then_some(size)
}
