use crate::columns::Time;
use crate::db::{One, sql};
use crate::{Db, Environment, Result, SiteId, StoreError, Write};

/// One entry of a site's change log.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Change {
    /// Its number: counts up by one within the site, in the order of commits.
    pub seq: i64,
    /// What changed.
    pub content_id: String,
    /// Whether it is gone.
    pub deleted: bool,
}

/// The changes of a site with a number above `after`, in the order of commits.
pub async fn changes_after(db: &Db, site: &SiteId, after: i64, limit: u32) -> Result<Vec<Change>> {
    sql!(
        fetch_all(Change),
        db.read().await?,
        "SELECT seq, content_id, deleted FROM change
         WHERE site_id = $1 AND seq > $2 ORDER BY seq LIMIT $3",
        site,
        after,
        i64::from(limit)
    )
}

/// The number of the last change of a site, 0 before the first.
pub async fn last_change(db: &Db, site: &SiteId) -> Result<i64> {
    let row = sql!(
        fetch_optional(One<i64>),
        db.read().await?,
        "SELECT change_seq FROM site_counter WHERE site_id = $1",
        site
    )?;
    Ok(row.map_or(0, |(seq,)| seq))
}

/// Makes this transaction the only writer of a site's content until it ends.
///
/// Taken before any row of content, so that two writers wait for each other here and nowhere else
/// and cannot deadlock.
pub(crate) async fn lock_site(write: &mut Write<'_>, site: &SiteId) -> Result<()> {
    if write.locked_sites.contains(site) {
        return Ok(());
    }
    let rows = sql!(
        execute,
        write,
        "UPDATE site_counter SET change_seq = change_seq WHERE site_id = $1",
        site
    )?;
    if rows == 0 {
        return Err(StoreError::NotFound);
    }
    write.locked_sites.push(site.clone());
    Ok(())
}

pub(crate) async fn append_change(
    write: &mut Write<'_>,
    environment: &Environment,
    site: &SiteId,
    content_id: &str,
    deleted: bool,
) -> Result<()> {
    let row = sql!(
        fetch_optional(One<i64>),
        write,
        "UPDATE site_counter SET change_seq = change_seq + 1 WHERE site_id = $1
         RETURNING change_seq",
        site
    )?;
    let (seq,) = row.ok_or(StoreError::NotFound)?;
    sql!(
        execute,
        write,
        "INSERT INTO change (site_id, seq, content_id, deleted, at) VALUES ($1, $2, $3, $4, $5)",
        site,
        seq,
        content_id,
        deleted,
        Time(environment.now())
    )?;
    Ok(())
}
