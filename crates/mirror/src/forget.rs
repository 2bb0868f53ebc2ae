//! Forget: the local copy of a space goes by the operator's word.

use store::{Db, Environment, Site};

use crate::MirrorError;

/// Deletions in one transaction.
const BATCH: u32 = 64;

/// Drops the pages that are stored of a space, and its record; says how many pages. Asks the site
/// nothing: a run whose source covers the space reads what is there anew.
///
/// # Errors
///
/// The store failed; what was dropped until then is gone.
pub async fn forget_space(
    environment: &Environment,
    db: &Db,
    site: &Site,
    key: &str,
) -> Result<u64, MirrorError> {
    let mut gone = 0;
    loop {
        let batch = store::headers_after(db, &site.id, key, None, BATCH).await?;
        let mut write = db.write().await?;
        if batch.is_empty() {
            store::delete_space(&mut write, &site.id, key).await?;
            write.commit().await?;
            return Ok(gone);
        }
        for header in batch {
            store::delete_page(&mut write, environment, &site.id, &header.content_id).await?;
            gone += 1;
        }
        write.commit().await?;
    }
}
