use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::columns::{Json, Time, stored_as_text};
use crate::db::{One, sql};
use crate::{Db, Result, RunId, SiteId, SourceId, Write};

/// Which spaces of a site a source covers. Said outright: an empty list never means all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Every space that the credential sees.
    AllSpaces,
    /// The spaces with these keys.
    Spaces(BTreeSet<String>),
}

/// A site and a scope that are mirrored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its id.
    pub id: SourceId,
    /// The site.
    pub site: SiteId,
    /// Its name, unique within the site.
    pub name: String,
    /// Which spaces.
    pub scope: Scope,
}

/// Where a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Under way, or its process died.
    Running,
    /// It ended and covered its scope.
    Succeeded,
    /// It ended and covered its scope but for what it holds.
    Held,
    /// It ended by an error.
    Failed,
    /// It was stopped.
    Interrupted,
}
stored_as_text!(RunState {
    Running = "running",
    Succeeded = "succeeded",
    Held = "held",
    Failed = "failed",
    Interrupted = "interrupted",
});

/// What a run did, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunCounts {
    /// Spaces covered.
    pub spaces: u64,
    /// Pages that Atlassian listed.
    pub listed: u64,
    /// Pages that were new.
    pub inserted: u64,
    /// Pages that had changed.
    pub updated: u64,
    /// Pages that had not.
    pub unchanged: u64,
    /// Pages that were gone.
    pub deleted: u64,
    /// Pages that could not be mirrored.
    pub failed: u64,
    /// Bodies that were fetched.
    pub bodies_fetched: u64,
    /// Requests to Atlassian.
    pub requests: u64,
}

/// What a run left as it was, until somebody does something about it. The rest of its scope is
/// mirrored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Key of the space.
    pub space: String,
    /// Id of the page; `None` when it is about the space as a whole, which is then not up to date.
    pub page: Option<String>,
    /// Why, for people.
    pub reason: String,
    /// What to do next, for people.
    pub next: String,
}

/// One reconcile of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// The source.
    pub source: SourceId,
    /// Where it is.
    pub state: RunState,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// What it did.
    pub counts: RunCounts,
    /// Why it failed.
    pub error: Option<String>,
    /// What it left as it was, spaces first.
    pub held: Vec<Hold>,
}

/// The sources of a site, oldest first.
pub async fn sources(db: &Db, site: &SiteId) -> Result<Vec<Source>> {
    let rows = sql!(
        fetch_all(SourceId, SiteId, String, Json<Scope>),
        db.read().await?,
        "SELECT id, site_id, name, scope FROM source WHERE site_id = $1 ORDER BY id",
        site
    )?;
    let source = |(id, site, name, Json(scope))| Source { id, site, name, scope };
    Ok(rows.into_iter().map(source).collect())
}

/// Inserts a source, or updates name and scope of the one with this id.
pub async fn put_source(write: &mut Write<'_>, source: &Source) -> Result<()> {
    sql!(
        execute,
        write,
        "INSERT INTO source (id, site_id, name, scope) VALUES ($1, $2, $3, $4)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, scope = excluded.scope",
        &source.id,
        &source.site,
        &source.name,
        Json(&source.scope)
    )?;
    Ok(())
}

/// Inserts a run, or updates state, end, counts, error and holds of the one with this id.
pub async fn put_run(write: &mut Write<'_>, run: &Run) -> Result<()> {
    sql!(
        execute,
        write,
        "INSERT INTO run (id, source_id, state, started_at, ended_at, counts, error, held)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (id) DO UPDATE SET state = excluded.state, ended_at = excluded.ended_at,
             counts = excluded.counts, error = excluded.error, held = excluded.held",
        &run.id,
        &run.source,
        run.state,
        Time(run.started_at),
        run.ended_at.map(Time),
        Json(&run.counts),
        run.error.as_deref(),
        Json(&run.held)
    )?;
    Ok(())
}

/// The run of a source that began last.
pub async fn last_run(db: &Db, source: &SourceId) -> Result<Option<Run>> {
    let row = sql!(
        fetch_optional(
            RunId,
            SourceId,
            RunState,
            Time,
            Option<Time>,
            Json<RunCounts>,
            Option<String>,
            Json<Vec<Hold>>,
        ),
        db.read().await?,
        "SELECT id, source_id, state, started_at, ended_at, counts, error, held FROM run
         WHERE source_id = $1 ORDER BY started_at DESC, id DESC LIMIT 1",
        source
    )?;
    Ok(row.map(|(id, source, state, started_at, ended_at, counts, error, Json(held))| Run {
        id,
        source,
        state,
        started_at: started_at.0,
        ended_at: ended_at.map(|time| time.0),
        counts: counts.0,
        error,
        held,
    }))
}

/// When a run of the site last covered its scope, but for what it holds: the mirror's age.
pub async fn last_success(db: &Db, site: &SiteId) -> Result<Option<Timestamp>> {
    let (ended_at,) = sql!(
        fetch_one(One<Option<Time>>),
        db.read().await?,
        "SELECT MAX(run.ended_at) FROM run JOIN source ON source.id = run.source_id
         WHERE source.site_id = $1 AND run.state IN ($2, $3)",
        site,
        RunState::Succeeded,
        RunState::Held
    )?;
    Ok(ended_at.map(|time| time.0))
}
