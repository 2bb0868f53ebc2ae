//! Spaces, and when the rights in each were last read.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::columns::Time;
use crate::db::sql;
use crate::{Db, Result, SiteId, Write};

/// A space.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub struct SpaceRecord {
    /// Atlassian's id.
    pub space_id: String,
    /// Its key, unique within the site.
    #[sqlx(rename = "space_key")]
    pub key: String,
    /// Its name.
    pub name: String,
    /// Atlassian's word for what it is: `global`, `personal` …
    pub kind: String,
    /// Its address for people.
    pub url: String,
    /// The page that it opens with.
    pub homepage_id: Option<String>,
}

/// Inserts a space, or updates the one with this key.
pub async fn put_space(write: &mut Write<'_>, site: &SiteId, space: &SpaceRecord) -> Result<()> {
    sql!(
        execute,
        write,
        "INSERT INTO space (site_id, space_key, space_id, name, kind, url, homepage_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (site_id, space_key) DO UPDATE SET space_id = excluded.space_id,
             name = excluded.name, kind = excluded.kind, url = excluded.url,
             homepage_id = excluded.homepage_id",
        site,
        &space.key,
        &space.space_id,
        &space.name,
        &space.kind,
        &space.url,
        space.homepage_id.as_deref()
    )?;
    Ok(())
}

/// Deletes a space. Its pages go by [`delete_page`](crate::delete_page), each with its change. False
/// when there was none.
pub async fn delete_space(write: &mut Write<'_>, site: &SiteId, key: &str) -> Result<bool> {
    let delete = "DELETE FROM space WHERE site_id = $1 AND space_key = $2";
    Ok(sql!(execute, write, delete, site, key)? > 0)
}

/// The spaces of a site, by key.
pub async fn spaces(db: &Db, site: &SiteId) -> Result<Vec<SpaceRecord>> {
    let mut spaces = sql!(
        fetch_all(SpaceRecord),
        db.read().await?,
        "SELECT space_id, space_key, name, kind, url, homepage_id FROM space WHERE site_id = $1",
        site
    )?;
    spaces.sort_by(|one, other| one.key.cmp(&other.key));
    Ok(spaces)
}

/// Notes that the rights of every page of the space that is not withheld were read at `at` or
/// later.
pub async fn note_rights(
    write: &mut Write<'_>,
    site: &SiteId,
    space_key: &str,
    at: Timestamp,
) -> Result<()> {
    let update = "UPDATE space SET rights_at = $3 WHERE site_id = $1 AND space_key = $2";
    sql!(execute, write, update, site, space_key, Time(at))?;
    Ok(())
}

/// By the key of each space of a site: when the rights of its pages were read, at the earliest.
/// `None` until they were first read whole.
pub async fn rights_at(db: &Db, site: &SiteId) -> Result<BTreeMap<String, Option<Timestamp>>> {
    let rows = sql!(
        fetch_all(String, Option<Time>),
        db.read().await?,
        "SELECT space_key, rights_at FROM space WHERE site_id = $1",
        site
    )?;
    Ok(rows.into_iter().map(|(key, at)| (key, at.map(|Time(at)| at))).collect())
}
