//! The index as others see it.

use std::path::Path;
use std::sync::Arc;

use store::{Db, SiteId, VisibleClasses};
use tantivy::collector::Count;
use tantivy::query::TermQuery;
use tantivy::schema::IndexRecordOption;
use tantivy::{IndexReader, ReloadPolicy, Searcher};
use tokio::sync::Mutex;

use crate::catch_up::{BATCH_CHANGES, Batch, Progress, Tail};
use crate::error::{Result, SearchError};
use crate::folder;
use crate::query::Query;
use crate::schema::{Fields, tokenizers};
use crate::search::{Hit, Search};

/// Blocks of stored text (16 KiB each) kept unpacked for each segment.
const CACHED_BLOCKS: usize = 8;

/// The index of one site: derived state, rebuilt from the store whenever it is lost. Cheap to
/// clone. One process writes; calls of [`Index::catch_up`] within it take turns.
#[derive(Clone)]
pub struct Index {
    inner: Arc<Inner>,
}

struct Inner {
    fields: Fields,
    index: tantivy::Index,
    reader: IndexReader,
    tail: Arc<Mutex<Tail>>,
}

impl Index {
    /// Opens the index in `directory`, or makes an empty one. A folder of another format, or a
    /// damaged one, is emptied: the next [`Index::catch_up`] fills it from the change log.
    ///
    /// # Errors
    /// [`SearchError::Open`] when the folder cannot be read or written, or holds only files that no
    /// index wrote: they are left alone.
    pub fn open(directory: &Path) -> Result<Self> {
        if folder::is_current(directory).map_err(SearchError::open)? {
            match tantivy::Index::open_in_dir(directory).and_then(Self::new) {
                Ok(index) => return Ok(index),
                Err(damage) => tracing::warn!(
                    directory = %directory.display(),
                    error = &damage as &dyn std::error::Error,
                    "search index is damaged and will be rebuilt"
                ),
            }
        }
        folder::empty(directory).map_err(SearchError::open)?;
        tantivy::Index::create_in_dir(directory, Fields::new().schema)
            .and_then(Self::new)
            .map_err(SearchError::open)
    }

    /// Opens the index in `directory` as another process writes it, to be read alone; `None` when
    /// that process has made none of this format yet.
    ///
    /// # Errors
    /// [`SearchError::Open`] when the folder cannot be read, or the index in it is damaged.
    pub fn open_to_read(directory: &Path) -> Result<Option<Self>> {
        if !folder::is_current(directory).map_err(SearchError::open)? {
            return Ok(None);
        }
        let index = tantivy::Index::open_in_dir(directory).and_then(Self::new);
        index.map(Some).map_err(SearchError::open)
    }

    /// Looks for what another process has committed since.
    ///
    /// # Errors
    /// [`SearchError::Index`] when the index went, or cannot be read; what was open still answers.
    pub fn reload(&self) -> Result<()> {
        self.inner.reader.reload().map_err(SearchError::index)
    }

    /// An index that lives as long as its handles.
    pub fn in_memory() -> Result<Self> {
        Self::new(tantivy::Index::create_in_ram(Fields::new().schema)).map_err(SearchError::open)
    }

    fn new(mut index: tantivy::Index) -> tantivy::Result<Self> {
        let fields = Fields::new();
        if index.schema() != fields.schema {
            return Err(tantivy::TantivyError::SchemaError("not the schema of this format".into()));
        }
        index.set_tokenizers(tokenizers());
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .doc_store_cache_num_blocks(CACHED_BLOCKS)
            .try_into()?;
        check(&reader.searcher(), &fields)?;
        let tail = Arc::new(Mutex::new(Tail::new(Progress::read(&index)?)));
        Ok(Self { inner: Arc::new(Inner { fields, index, reader, tail }) })
    }

    /// Tails the change log of `site` from where the index stands, batch by batch, and returns how
    /// many changes were applied. Searches see them when it returns.
    ///
    /// A batch is one commit that carries its place in the log: after a crash it is repeated as a
    /// whole. An index of another site, or one that is ahead of the log (an older store was
    /// restored), starts from nothing.
    ///
    /// # Errors
    /// [`SearchError::Store`] when the store fails, [`SearchError::Index`] when the index cannot be
    /// written; the index then stands at the last whole batch.
    pub async fn catch_up(&self, db: &Db, site: &SiteId) -> Result<u64> {
        let mut tail = Arc::clone(&self.inner.tail).lock_owned().await;
        let mut reached = tail.progress.clone();
        let mut start_over =
            reached.site != site.as_str() || reached.seq > store::last_change(db, site).await?;
        if start_over {
            reached = Progress { site: site.to_string(), seq: 0 };
        }
        let mut applied = 0;
        loop {
            let changes = store::changes_after(db, site, reached.seq, BATCH_CHANGES).await?;
            if changes.is_empty() && !start_over {
                return Ok(applied);
            }
            let batch = Batch::read(db, site, &changes).await?;
            reached.seq = batch.seq.unwrap_or(reached.seq);
            applied += batch.changes;
            let index = self.clone();
            let place = reached.clone();
            // A dropped future does not stop the commit; the lock goes with it.
            tail = tokio::task::spawn_blocking(move || {
                let Inner { fields, index, reader, .. } = &*index.inner;
                tail.commit(index, fields, &batch, place, start_over)?;
                reader.reload()?;
                tantivy::Result::Ok(tail)
            })
            .await
            .map_err(SearchError::index)?
            .map_err(SearchError::index)?;
            start_over = false;
        }
    }

    /// The best `limit` pages for `query` among those that the caller may see, best first.
    ///
    /// Reads the disk and may take milliseconds: async code calls it through `spawn_blocking`.
    pub fn search(
        &self,
        query: &Query,
        visible: &VisibleClasses,
        limit: usize,
    ) -> Result<Vec<Hit>> {
        let searcher = self.inner.reader.searcher();
        Search::new(&self.inner.fields, &searcher, visible)
            .and_then(|search| search.run(query, limit))
            .map_err(SearchError::index)
    }

    /// How many sections the index holds, whoever may see them.
    pub fn sections(&self) -> u64 {
        let searcher = self.inner.reader.searcher();
        let pages = TermQuery::new(self.inner.fields.page_documents(), IndexRecordOption::Basic);
        let pages = searcher.search(&pages, &Count).unwrap_or_default() as u64;
        searcher.num_docs().saturating_sub(pages)
    }
}

/// Opens every part of every segment: the reader opens some of them only when they are needed, and
/// a torn or missing file must be known while the index can still be rebuilt.
fn check(searcher: &Searcher, fields: &Fields) -> tantivy::Result<()> {
    for reader in searcher.segment_readers() {
        for (field, _) in fields.schema.fields().filter(|(_, entry)| entry.is_indexed()) {
            reader.inverted_index(field)?;
        }
        reader.get_store_reader(0)?;
    }
    Search::new(fields, searcher, &VisibleClasses::All)?;
    Ok(())
}
