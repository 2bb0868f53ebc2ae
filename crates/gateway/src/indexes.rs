//! One index a site, opened when first needed.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use search::Index;
use store::SiteId;
use tokio::sync::Mutex;

use crate::{Gateway, GatewayError};

pub(crate) struct Indexes {
    place: Place,
    open: Mutex<HashMap<SiteId, Index>>,
    /// Whether they have once been brought up to the store.
    are_current: AtomicBool,
}

/// Where the indexes are, and who writes them.
pub(crate) enum Place {
    /// This process, for itself alone.
    Memory,
    /// This process, which holds the data folder.
    Written(PathBuf),
    /// Another process.
    Read(PathBuf),
}

impl Indexes {
    pub(crate) fn new(place: Place) -> Self {
        // Whether those that another process writes are current, is that process's to say.
        let are_current = AtomicBool::new(matches!(place, Place::Read(_)));
        Self { place, open: Mutex::default(), are_current }
    }

    /// `None` where the process that writes the indexes has made none.
    pub(crate) async fn of(&self, site: &SiteId) -> Result<Option<Index>, search::SearchError> {
        let mut open = self.open.lock().await;
        let index = match (&self.place, open.get(site)) {
            (Place::Read(folder), known) => reread(known, &folder.join(site.as_str())),
            (_, Some(known)) => Some(known.clone()),
            (Place::Written(folder), None) => Some(Index::open(&folder.join(site.as_str()))?),
            (Place::Memory, None) => Some(Index::in_memory()?),
        };
        match &index {
            Some(index) => drop(open.insert(site.clone(), index.clone())),
            None => drop(open.remove(site)),
        }
        Ok(index)
    }
}

impl Indexes {
    /// Of a site that is no more. What cannot be deleted is in nobody's way: no site has that id.
    pub(crate) async fn remove(&self, site: &SiteId) {
        self.open.lock().await.remove(site);
        let Place::Written(folder) = &self.place else { return };
        if let Err(error) = std::fs::remove_dir_all(folder.join(site.as_str()))
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "the index of a removed site stays");
        }
    }
}

/// As the other process has left it by now. One that cannot be read is one that is not there: that
/// process mends it.
fn reread(known: Option<&Index>, folder: &Path) -> Option<Index> {
    if let Some(index) = known.filter(|index| index.reload().is_ok()) {
        return Some(index.clone());
    }
    Index::open_to_read(folder).unwrap_or_else(|error| {
        tracing::warn!(error = crate::refusal::chain(&error), "the search index cannot be read");
        None
    })
}

impl Gateway {
    /// Whether every index has been brought up to the store since the process began. Until then a
    /// search may miss pages, and says so.
    pub fn indexes_are_current(&self) -> bool {
        self.inner.indexes.are_current.load(Ordering::Acquire)
    }

    /// Brings every site's index up to the change log and returns how many changes were applied.
    /// Called by the process that holds the data folder's lock.
    pub async fn catch_up_indexes(&self) -> Result<u64, GatewayError> {
        if matches!(self.inner.indexes.place, Place::Read(_)) {
            let whose = "the process that holds the data folder writes the indexes";
            return Err(GatewayError::Other(whose.to_owned()));
        }
        let mut applied = 0;
        for site in store::sites(self.db(), &self.inner.organization.id).await? {
            if let Some(index) = self.inner.indexes.of(&site.id).await? {
                applied += index.catch_up(self.db(), &site.id).await?;
            }
        }
        self.inner.indexes.are_current.store(true, Ordering::Release);
        Ok(applied)
    }
}
