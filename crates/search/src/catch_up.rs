//! Tails the change log of the store into the index.

use std::collections::HashSet;
use std::io;

use document::{Section, ViewOptions};
use serde::{Deserialize, Serialize};
use store::{Change, Db, Page, SiteId, VisibleClasses};
use tantivy::indexer::UserOperation;
use tantivy::{IndexWriter, TantivyDocument};

use crate::error::Result;
use crate::schema::Fields;

/// Memory of the indexing thread before it writes a segment, in bytes.
const WRITER_MEMORY: usize = 32 << 20;
/// One commit holds at most this many changes …
pub(crate) const BATCH_CHANGES: u32 = 1_000;
/// … and, a page more or less, this many bytes of page bodies.
const BATCH_BYTES: usize = 8 << 20;

/// A page of more sections, or of more bytes in sections and their headings, is indexed in short:
/// the longest pages that people write are a tenth of either.
const PAGE_SECTIONS: usize = 5_000;
const PAGE_BYTES: usize = 8 << 20;
/// How much of its text is indexed then.
const BEGINNING_BYTES: usize = 64 << 10;

/// Where the index stands in the change log. Each commit carries it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Progress {
    pub(crate) site: String,
    pub(crate) seq: i64,
}

impl Progress {
    pub(crate) fn read(index: &tantivy::Index) -> tantivy::Result<Self> {
        match index.load_metas()?.payload {
            Some(payload) => Ok(serde_json::from_str(&payload).map_err(io::Error::from)?),
            None => Ok(Self::default()),
        }
    }
}

/// The one writing end of an index.
pub(crate) struct Tail {
    pub(crate) progress: Progress,
    /// Made by the first commit, kept for its merging threads.
    writer: Option<IndexWriter>,
}

impl Tail {
    pub(crate) fn new(progress: Progress) -> Self {
        Self { progress, writer: None }
    }

    /// Commits `batch` and the place that is reached by it, as one. With `start_over` all that was
    /// in the index goes in the same commit.
    pub(crate) fn commit(
        &mut self,
        index: &tantivy::Index,
        fields: &Fields,
        batch: &Batch,
        reached: Progress,
        start_over: bool,
    ) -> tantivy::Result<()> {
        // Taken out of its place: a writer that fails is dropped with what it has not committed.
        let mut writer = match self.writer.take() {
            Some(writer) => writer,
            None => index.writer_with_num_threads(1, WRITER_MEMORY)?,
        };
        if start_over {
            writer.delete_all_documents()?;
        }
        for content_id in &batch.gone {
            writer.delete_term(fields.content_id_term(content_id));
        }
        for page in &batch.pages {
            writer.run(replacement(fields, page))?;
        }
        let mut commit = writer.prepare_commit()?;
        commit.set_payload(&serde_json::to_string(&reached).map_err(io::Error::from)?);
        commit.commit()?;
        self.writer = Some(writer);
        self.progress = reached;
        Ok(())
    }
}

/// The old documents of a page out, the new ones in. Operations of one `run` end up next to each
/// other in one segment, which the search relies on.
fn replacement(fields: &Fields, page: &Page) -> Vec<UserOperation<TantivyDocument>> {
    let deletion = UserOperation::Delete(fields.content_id_term(&page.header.content_id));
    let storage = String::from_utf8_lossy(&page.body);
    let view = document::to_markdown(&storage, &ViewOptions::default());
    let sections = affordable(document::sections(&view), &view.markdown);
    let additions = fields.documents(&page.header, &sections).into_iter().map(UserOperation::Add);
    std::iter::once(deletion).chain(additions).collect()
}

/// A page whose sections are more than an index can bear (a page made by a program, or to do harm)
/// stands there by its title and the beginning of its text.
fn affordable(sections: Vec<Section>, markdown: &str) -> Vec<Section> {
    let paths = |section: &Section| section.path.iter().map(|heading| heading.len()).sum::<usize>();
    let bytes: usize = sections.iter().map(|section| section.markdown.len() + paths(section)).sum();
    if sections.len() <= PAGE_SECTIONS && bytes <= PAGE_BYTES {
        return sections;
    }
    let beginning = &markdown[..markdown.floor_char_boundary(BEGINNING_BYTES)];
    vec![Section {
        path: Vec::new(),
        level: 0,
        anchor: None,
        markdown: beginning.to_owned(),
        tokens: document::estimate_tokens(beginning),
    }]
}

/// Some changes, read from the store: what each page is now, however often it changed.
#[derive(Default)]
pub(crate) struct Batch {
    /// The number of the last change; none in an empty batch.
    pub(crate) seq: Option<i64>,
    pub(crate) changes: u64,
    pages: Vec<Page>,
    gone: Vec<String>,
}

impl Batch {
    /// Reads the pages of the first of `changes`, up to the size of a batch.
    pub(crate) async fn read(db: &Db, site: &SiteId, changes: &[Change]) -> Result<Self> {
        let mut batch = Self::default();
        let mut seen = HashSet::new();
        let mut bytes = 0;
        for change in changes {
            batch.seq = Some(change.seq);
            batch.changes += 1;
            if !seen.insert(change.content_id.as_str()) {
                continue;
            }
            match store::page(db, site, &VisibleClasses::All, &change.content_id).await? {
                Some(page) => {
                    bytes += page.body.len();
                    batch.pages.push(page);
                }
                None => batch.gone.push(change.content_id.clone()),
            }
            if bytes >= BATCH_BYTES {
                break;
            }
        }
        Ok(batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sections_of(storage: &str) -> Vec<Section> {
        let view = document::to_markdown(storage, &ViewOptions::default());
        affordable(document::sections(&view), &view.markdown)
    }

    #[test]
    fn a_page_of_more_sections_than_the_index_bears_is_its_beginning() {
        let section = format!("<h2>Part</h2><p>{}</p>", "many words ".repeat(20));
        let usual = sections_of(&section.repeat(100));
        assert!(usual.len() > 40 && usual.iter().all(|section| !section.path.is_empty()));

        let harmful = sections_of(&format!("<h1>é</h1>{}", section.repeat(PAGE_SECTIONS + 1)));
        let [only] = harmful.as_slice() else { panic!("{} sections", harmful.len()) };
        assert!(only.markdown.starts_with("# é") && only.markdown.len() <= BEGINNING_BYTES);
    }
}
