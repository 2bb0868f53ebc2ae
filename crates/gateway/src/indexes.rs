//! One index a site, opened when first needed.

use std::collections::HashMap;
use std::path::PathBuf;

use search::Index;
use store::SiteId;
use tokio::sync::Mutex;

use crate::{Gateway, GatewayError};

pub(crate) struct Indexes {
    folder: Option<PathBuf>,
    open: Mutex<HashMap<SiteId, Index>>,
}

impl Indexes {
    pub(crate) fn new(folder: Option<PathBuf>) -> Self {
        Self { folder, open: Mutex::default() }
    }

    pub(crate) async fn of(&self, site: &SiteId) -> Result<Index, search::SearchError> {
        let mut open = self.open.lock().await;
        if let Some(index) = open.get(site) {
            return Ok(index.clone());
        }
        let index = match &self.folder {
            Some(folder) => Index::open(&folder.join(site.as_str()))?,
            None => Index::in_memory()?,
        };
        open.insert(site.clone(), index.clone());
        Ok(index)
    }
}

impl Gateway {
    /// Brings every site's index up to the change log and returns how many changes were applied.
    /// Called by the process that holds the data folder's lock.
    pub async fn catch_up_indexes(&self) -> Result<u64, GatewayError> {
        let mut applied = 0;
        for site in store::sites(self.db(), &self.inner.organization.id).await? {
            let index = self.inner.indexes.of(&site.id).await?;
            applied += index.catch_up(self.db(), &site.id).await?;
        }
        Ok(applied)
    }
}
