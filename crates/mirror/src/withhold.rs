//! Withhold: what the site does not show any more is served to nobody, while its bytes wait for
//! proof that it is gone. Rights fail closed, deletion fails open.

use crate::MirrorError;
use crate::run::Context;

/// Pages in one transaction.
const BATCH: u32 = 64;

/// `ids` are stored pages that a complete listing lacks. One that is listed again gets its rights
/// back, and needs no body.
pub(crate) async fn withhold(context: &Context<'_>, ids: &[String]) -> Result<(), MirrorError> {
    for batch in ids.chunks(BATCH as usize) {
        let mut write = context.db.write().await?;
        for id in batch {
            store::withhold_page(&mut write, context.environment, &context.site.id, id).await?;
        }
        write.commit().await?;
    }
    Ok(())
}

/// Every stored page of a space that the site does not show any more.
pub(crate) async fn withhold_space(context: &Context<'_>, key: &str) -> Result<(), MirrorError> {
    let mut after: Option<String> = None;
    loop {
        let (db, site) = (context.db, &context.site.id);
        let headers = store::headers_after(db, site, key, after.as_deref(), BATCH).await?;
        let ids: Vec<_> = headers.into_iter().map(|header| header.content_id).collect();
        withhold(context, &ids).await?;
        match ids.last() {
            Some(last) => after = Some(last.clone()),
            None => return Ok(()),
        }
    }
}
