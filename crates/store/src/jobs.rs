use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use sqlx::AssertSqlSafe;

use crate::columns::{Json, Time};
use crate::db::{One, placeholders, sql};
use crate::{Db, Environment, JobId, OrganizationId, Result, Write};

/// A job as it was claimed.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Whose it is.
    pub organization: OrganizationId,
    /// What kind of work.
    pub kind: String,
    /// What the work needs to know.
    pub payload: Value,
    /// Which try this is, from 1.
    pub attempt: i64,
    /// Counts the claims. Who holds an older number has lost the job to another.
    pub fence: i64,
}

/// Stores a job with the caller's transaction: both happen or neither. Nobody claims it before
/// `not_before`. `None` when a job of the same organization, kind and `dedupe` is unfinished.
pub async fn enqueue(
    write: &mut Write<'_>,
    environment: &Environment,
    organization: &OrganizationId,
    kind: &str,
    dedupe: Option<&str>,
    payload: &Value,
    not_before: Option<Timestamp>,
) -> Result<Option<JobId>> {
    let id = JobId::new(environment);
    let rows = sql!(
        execute,
        write,
        "INSERT INTO job (id, organization_id, kind, dedupe, payload, finished, not_before,
             attempt, fence)
         VALUES ($1, $2, $3, $4, $5, FALSE, $6, 0, 0)
         ON CONFLICT DO NOTHING",
        &id,
        organization,
        kind,
        dedupe,
        Json(payload),
        Time(not_before.unwrap_or_else(|| environment.now()))
    )?;
    Ok((rows > 0).then_some(id))
}

/// Makes the unfinished job of this organization, kind and `dedupe` due at `not_before`, when it would
/// be later and nobody works on it. False when there is none such.
pub async fn hasten_job(
    write: &mut Write<'_>,
    organization: &OrganizationId,
    kind: &str,
    dedupe: &str,
    not_before: Timestamp,
) -> Result<bool> {
    let rows = sql!(
        execute,
        write,
        "UPDATE job SET not_before = $4
         WHERE organization_id = $1 AND kind = $2 AND dedupe = $3 AND NOT finished
             AND leased_until IS NULL AND not_before > $4",
        organization,
        kind,
        dedupe,
        Time(not_before)
    )?;
    Ok(rows > 0)
}

/// Takes the oldest job of these kinds that is due and free, or whose lease has run out.
pub async fn claim_job(
    db: &Db,
    environment: &Environment,
    kinds: &[&str],
    lease: Duration,
) -> Result<Option<Job>> {
    let now = environment.now();
    // Who is beaten to a job looks for the next one; each round somebody got one.
    while let Some(id) = first_claimable(db, kinds, now).await? {
        let mut write = db.write().await?;
        let row = sql!(
            fetch_optional(JobId, OrganizationId, String, Json<Value>, i64, i64),
            write,
            "UPDATE job SET leased_until = $3, fence = fence + 1, attempt = attempt + 1
             WHERE id = $1 AND NOT finished AND not_before <= $2
                 AND (leased_until IS NULL OR leased_until <= $2)
             RETURNING id, organization_id, kind, payload, attempt, fence",
            &id,
            Time(now),
            Time(lease_end(now, lease))
        )?;
        write.commit().await?;
        if let Some((id, organization, kind, Json(payload), attempt, fence)) = row {
            return Ok(Some(Job { id, organization, kind, payload, attempt, fence }));
        }
    }
    Ok(None)
}

/// Ends a job with the caller's transaction. False when the lease was lost to another: then the
/// caller's work must not be committed.
pub async fn finish_job(write: &mut Write<'_>, job: &Job) -> Result<bool> {
    let rows = sql!(
        execute,
        write,
        "UPDATE job SET finished = TRUE, leased_until = NULL
         WHERE id = $1 AND fence = $2 AND leased_until IS NOT NULL",
        &job.id,
        job.fence
    )?;
    Ok(rows > 0)
}

/// Makes the lease end `lease` from now. False when it was lost to another.
pub async fn extend_job(
    db: &Db,
    environment: &Environment,
    job: &Job,
    lease: Duration,
) -> Result<bool> {
    let mut write = db.write().await?;
    let rows = sql!(
        execute,
        write,
        "UPDATE job SET leased_until = $3
         WHERE id = $1 AND fence = $2 AND leased_until IS NOT NULL",
        &job.id,
        job.fence,
        Time(lease_end(environment.now(), lease))
    )?;
    write.commit().await?;
    Ok(rows > 0)
}

/// Ends every lease and says how many. For a process that knows that nobody else works on this
/// database: what was left half done is anybody's at once, under a new fencing number.
pub async fn release_jobs(write: &mut Write<'_>) -> Result<u64> {
    sql!(
        execute,
        write,
        "UPDATE job SET leased_until = NULL WHERE leased_until IS NOT NULL AND NOT finished"
    )
}

/// Deletes the finished jobs that were due before a moment, and says how many.
pub async fn delete_finished_jobs(write: &mut Write<'_>, before: Timestamp) -> Result<u64> {
    sql!(execute, write, "DELETE FROM job WHERE finished AND not_before < $1", Time(before))
}

async fn first_claimable(db: &Db, kinds: &[&str], now: Timestamp) -> Result<Option<JobId>> {
    if kinds.is_empty() {
        return Ok(None); // `IN ()` is no SQL to PostgreSQL.
    }
    let statement = format!(
        "SELECT id FROM job
         WHERE NOT finished AND not_before <= $1 AND (leased_until IS NULL OR leased_until <= $1)
             AND kind IN ({})
         ORDER BY id LIMIT 1",
        placeholders(2, kinds.len())
    );
    let row = sql!(
        fetch_optional(One<JobId>),
        db.read().await?,
        AssertSqlSafe(statement),
        Time(now);
        each kinds
    )?;
    Ok(row.map(|(id,)| id))
}

/// A lease beyond the end of time never ends.
fn lease_end(now: Timestamp, lease: Duration) -> Timestamp {
    now.checked_add(lease).unwrap_or(Timestamp::MAX)
}
