//! What the classes of a site mean, kept between calls.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use store::{AclClass, Db, Rights, SiteId};

/// The rights of each class of a site.
pub(crate) type ClassRights = Arc<BTreeMap<AclClass, Rights>>;

/// Reads a site's classes once for each state of its change log.
///
/// A class is given once and never means anything else. It is there before the first page that has
/// it, and a page that gets one is a change in the log: as long as the log's last number stands, no
/// page has a class that is not known here.
#[derive(Default)]
pub(crate) struct RightsCache {
    known: Mutex<HashMap<SiteId, (i64, ClassRights)>>,
}

impl RightsCache {
    /// `last_change` is the log's last number, read in this call.
    pub(crate) async fn of(
        &self,
        db: &Db,
        site: &SiteId,
        last_change: i64,
    ) -> store::Result<ClassRights> {
        if let Some((change, rights)) = self.lock().get(site)
            && *change == last_change
        {
            return Ok(Arc::clone(rights));
        }
        let rights = Arc::new(store::all_rights(db, site).await?);
        self.lock().insert(site.clone(), (last_change, Arc::clone(&rights)));
        Ok(rights)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<SiteId, (i64, ClassRights)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
