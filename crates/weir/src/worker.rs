//! The background of `weir serve`: durable jobs, one at a time, and the clock that makes them.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use store::{Db, Environment, Job, OrganizationId, RunState, Source, SourceId};
use tokio::sync::Notify;

use crate::failure::chain;
use crate::runtime::Runtime;

/// The job that runs one source: payload `{"source": ID}`.
pub(crate) const MIRROR_RUN: &str = "mirror_run";

/// A job that its worker does not finish or extend within this time is anybody's.
const LEASE: Duration = Duration::from_mins(5);

/// Puts a run of `source` into the queue, unless one waits there already.
///
/// # Errors
/// The store failed.
pub(crate) async fn enqueue_run(
    environment: &Environment,
    db: &Db,
    organization: &OrganizationId,
    source: &SourceId,
    not_before: Option<jiff::Timestamp>,
) -> store::Result<()> {
    let mut write = db.write().await?;
    let payload = json!({"source": source.as_str()});
    let dedupe = format!("{MIRROR_RUN}:{source}");
    store::enqueue(
        &mut write,
        environment,
        organization,
        MIRROR_RUN,
        Some(&dedupe),
        &payload,
        not_before,
    )
    .await?;
    write.commit().await
}

/// Works until the task is dropped. `wake` is rung when a job was added.
pub(crate) async fn work(runtime: Arc<Runtime>, interval: Duration, wake: Arc<Notify>) {
    loop {
        match store::claim_job(&runtime.db, &runtime.environment, &[MIRROR_RUN], LEASE).await {
            Ok(Some(job)) => work_on(&runtime, &job, interval).await,
            Ok(None) => rest(&wake).await,
            Err(error) => {
                tracing::error!(error = %chain(&error), "the queue cannot be read");
                rest(&wake).await;
            }
        }
    }
}

/// Until somebody rings, or a second has passed and a delayed job may be due.
async fn rest(wake: &Notify) {
    drop(tokio::time::timeout(Duration::from_secs(1), wake.notified()).await);
}

async fn work_on(runtime: &Runtime, job: &Job, interval: Duration) {
    let result = tokio::select! {
        result = run_source(runtime, &job.payload) => result,
        () = keep_lease(runtime, job) => Err("the job's lease went to another process".to_owned()),
    };
    if let Err(error) = result {
        tracing::warn!(error, "the run did not complete");
    }
    if let Err(error) = finish(runtime, job, interval).await {
        tracing::error!(error = %chain(&error), "the job cannot be finished; it is repeated when its lease ends");
    }
}

/// Extends the lease at a third of its time; returns when it is lost.
async fn keep_lease(runtime: &Runtime, job: &Job) {
    loop {
        tokio::time::sleep(LEASE / 3).await;
        if !matches!(
            store::extend_job(&runtime.db, &runtime.environment, job, LEASE).await,
            Ok(true)
        ) {
            return;
        }
    }
}

async fn run_source(runtime: &Runtime, payload: &Value) -> Result<(), String> {
    let id = payload["source"].as_str().unwrap_or_default();
    let Some((site, source)) = find(runtime, id).await? else { return Ok(()) };
    tracing::info!(source = %source.id, "run starts");
    let run =
        runtime.mirror(&site, &source, &|_| {}).await.map_err(|failure| failure.to_string())?;
    tracing::info!(source = %source.id, state = ?run.state, listed = run.counts.listed, "run ended");
    match (run.state, run.error) {
        (RunState::Succeeded, _) => Ok(()),
        (_, error) => Err(error.unwrap_or_else(|| "the run failed".to_owned())),
    }
}

/// None when the source was removed meanwhile.
async fn find(runtime: &Runtime, id: &str) -> Result<Option<(store::Site, Source)>, String> {
    let failed = |error: store::StoreError| chain(&error);
    let organization = store::organization(&runtime.db).await.map_err(failed)?;
    for site in store::sites(&runtime.db, &organization.id).await.map_err(failed)? {
        let sources = store::sources(&runtime.db, &site.id).await.map_err(failed)?;
        if let Some(source) = sources.into_iter().find(|source| source.id.as_str() == id) {
            return Ok(Some((site, source)));
        }
    }
    Ok(None)
}

/// Ends the job and sets the next in one transaction, so that neither can be lost.
async fn finish(runtime: &Runtime, job: &Job, interval: Duration) -> store::Result<()> {
    let mut write = runtime.db.write().await?;
    if store::finish_job(&mut write, job).await? {
        let source = job.payload["source"].as_str().unwrap_or_default();
        let dedupe = format!("{MIRROR_RUN}:{source}");
        let next = runtime.environment.now() + interval;
        store::enqueue(
            &mut write,
            &runtime.environment,
            &job.organization,
            MIRROR_RUN,
            Some(&dedupe),
            &job.payload,
            Some(next),
        )
        .await?;
    }
    write.commit().await
}
