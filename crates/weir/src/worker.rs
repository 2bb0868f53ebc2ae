//! The background of `weir serve`: durable jobs, a few side by side, and the clock that makes them.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;
use gateway::MIRROR_RUN;
use jiff::Timestamp;
use serde_json::Value;
use store::{Db, Environment, Job, OrganizationId, RunState, Source, SourceId, Write};
use tokio::sync::Notify;

use crate::failure::chain;
use crate::runtime::Runtime;

/// The job that deletes finished jobs, once a day: each run leaves one.
const DELETE_FINISHED_JOBS: &str = "delete_finished_jobs";
const A_DAY: Duration = Duration::from_hours(24);

/// How long a finished job is kept for whoever asks what was done.
const KEPT: Duration = Duration::from_hours(7 * 24);

/// Jobs at once, so that a slow site keeps no other from its run. Runs side by side are of different
/// sites: a site has one source ([`Runtime::source`]), and the queue one unfinished run a source.
const SIDE_BY_SIDE: usize = 4;

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
    not_before: Option<Timestamp>,
) -> store::Result<()> {
    let mut write = db.write().await?;
    gateway::enqueue_run(&mut write, environment, organization, source, not_before).await?;
    write.commit().await
}

/// Puts the daily deletion of finished jobs into the queue, unless it waits there already.
///
/// # Errors
/// The store failed.
pub(crate) async fn enqueue_deletion(
    environment: &Environment,
    db: &Db,
    organization: &OrganizationId,
) -> store::Result<()> {
    let mut write = db.write().await?;
    put_deletion(&mut write, environment, organization, environment.now()).await?;
    write.commit().await
}

async fn put_deletion(
    write: &mut Write<'_>,
    environment: &Environment,
    organization: &OrganizationId,
    not_before: Timestamp,
) -> store::Result<()> {
    store::enqueue(
        write,
        environment,
        organization,
        DELETE_FINISHED_JOBS,
        Some(DELETE_FINISHED_JOBS),
        &Value::Null,
        Some(not_before),
    )
    .await?;
    Ok(())
}

/// Works until the task is dropped. `wake` is rung when a job was added.
pub(crate) async fn work(runtime: Arc<Runtime>, interval: Duration, wake: Arc<Notify>) {
    catch_up(&runtime).await;
    let hands = (0..SIDE_BY_SIDE).map(|_| work_in_turn(&runtime, interval, &wake));
    join_all(hands).await;
}

/// One job after the other.
async fn work_in_turn(runtime: &Runtime, interval: Duration, wake: &Notify) {
    loop {
        match work_one(runtime, interval).await {
            Ok(true) => {}
            Ok(false) => rest(wake).await,
            Err(error) => {
                tracing::error!(error = %chain(&error), "the queue cannot be worked on");
                rest(wake).await;
            }
        }
    }
}

/// What the index lacks of the store: all of it after an update that changed its format. Until it is
/// done, answers of a search say so.
async fn catch_up(runtime: &Runtime) {
    if let Err(error) = runtime.gateway.catch_up_indexes().await {
        tracing::error!(error = %chain(&error), "the search index stays behind; the next run tries again");
    }
}

/// Works on the job that is due first. False when none is.
///
/// # Errors
/// The store failed; a job that was claimed is repeated when its lease ends.
async fn work_one(runtime: &Runtime, interval: Duration) -> store::Result<bool> {
    let kinds = [MIRROR_RUN, DELETE_FINISHED_JOBS];
    let Some(job) = store::claim_job(&runtime.db, &runtime.environment, &kinds, LEASE).await?
    else {
        return Ok(false);
    };
    match job.kind.as_str() {
        DELETE_FINISHED_JOBS => delete_finished(runtime, &job).await?,
        _ => work_on_run(runtime, &job, interval).await?,
    }
    Ok(true)
}

/// The deletion, its end and the next one in one transaction.
async fn delete_finished(runtime: &Runtime, job: &Job) -> store::Result<()> {
    let now = runtime.environment.now();
    let mut write = runtime.db.write().await?;
    if store::finish_job(&mut write, job).await? {
        let deleted = store::delete_finished_jobs(&mut write, now - KEPT).await?;
        let next = now + A_DAY;
        put_deletion(&mut write, &runtime.environment, &job.organization, next).await?;
        tracing::info!(deleted, "finished jobs are deleted");
    }
    write.commit().await
}

/// Until somebody rings, or a second has passed and a delayed job may be due.
async fn rest(wake: &Notify) {
    drop(tokio::time::timeout(Duration::from_secs(1), wake.notified()).await);
}

async fn work_on_run(runtime: &Runtime, job: &Job, interval: Duration) -> store::Result<()> {
    let result = tokio::select! {
        result = caught(Box::pin(run_source(runtime, &job.payload))) => result,
        () = keep_lease(runtime, job) => Err("the job's lease went to another process".to_owned()),
    };
    if let Err(error) = result {
        tracing::warn!(error, "the run did not complete");
    }
    finish_run(runtime, job, interval).await
}

/// One page on which the program breaks must not end the mirror of all others: a run whose state is
/// in the store alone can be broken off anywhere.
async fn caught(run: impl Future<Output = Result<(), String>>) -> Result<(), String> {
    let broke = |_| Err("the run panicked; the lines above say where".to_owned());
    AssertUnwindSafe(run).catch_unwind().await.unwrap_or_else(broke)
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
        // What is held is in the run's row, and was logged when it was met.
        (RunState::Succeeded | RunState::Held, _) => Ok(()),
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
async fn finish_run(runtime: &Runtime, job: &Job, interval: Duration) -> store::Result<()> {
    let mut write = runtime.db.write().await?;
    if store::finish_job(&mut write, job).await? {
        let next = Some(runtime.environment.now() + interval);
        // A payload that names no source is nobody's: it is not asked for again.
        if let Ok(source) = job.payload["source"].as_str().unwrap_or_default().parse() {
            let environment = &runtime.environment;
            gateway::enqueue_run(&mut write, environment, &job.organization, &source, next).await?;
        }
    }
    write.commit().await
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    const DAY: i64 = 24 * 60 * 60;

    /// A runtime in memory, and its clock in seconds.
    async fn runtime() -> (Runtime, Arc<AtomicI64>) {
        let clock = Arc::new(AtomicI64::new(1_795_176_000));
        let hands = Arc::clone(&clock);
        let environment = Environment {
            now: Arc::new(move || Timestamp::from_second(hands.load(Ordering::SeqCst)).unwrap()),
            ..crate::runtime::environment()
        };
        (Runtime::in_memory(environment).await.unwrap(), clock)
    }

    async fn work_all(runtime: &Runtime) -> usize {
        let mut worked = 0;
        while work_one(runtime, A_DAY).await.unwrap() {
            worked += 1;
        }
        worked
    }

    async fn delete_all_finished(runtime: &Runtime) -> u64 {
        let mut write = runtime.db.write().await.unwrap();
        store::delete_finished_jobs(&mut write, Timestamp::MAX).await.unwrap()
    }

    #[tokio::test]
    async fn finished_jobs_are_deleted_once_a_day_when_they_are_a_week_old() {
        let (runtime, clock) = runtime().await;
        let organization = store::organization(&runtime.db).await.unwrap().id;
        let source = SourceId::new(&runtime.environment);
        let enqueue =
            || enqueue_run(&runtime.environment, &runtime.db, &organization, &source, None);
        enqueue().await.unwrap();
        for _ in 0..3 {
            enqueue_deletion(&runtime.environment, &runtime.db, &organization).await.unwrap();
        }
        // A run of a source that is gone, and one deletion.
        assert_eq!(work_all(&runtime).await, 2);
        for day in 1..=7 {
            clock.fetch_add(DAY, Ordering::SeqCst);
            assert_eq!(work_all(&runtime).await, 2, "day {day}");
        }
        assert_eq!(delete_all_finished(&runtime).await, 16);
        clock.fetch_add(DAY, Ordering::SeqCst);
        assert_eq!(work_all(&runtime).await, 2);
        // Two of the first day went.
        assert_eq!(delete_all_finished(&runtime).await, 16);
    }

    /// A site behind this address, and its source of all spaces, whose run waits in the queue.
    async fn enqueued(runtime: &Runtime, url: &str, token: &str) -> SourceId {
        let kind = Some(atlassian::DeploymentKind::DataCenter);
        let deployment = atlassian::Deployment::from_url(url, kind).unwrap();
        let credential = atlassian::Credential::PersonalToken { token: token.to_owned().into() };
        let site =
            runtime.connect(deployment, credential, store::Visibility::Everyone).await.unwrap();
        let source = runtime.source(&site, store::Scope::AllSpaces).await.unwrap().id;
        let organization = store::organization(&runtime.db).await.unwrap().id;
        let Runtime { environment, db, .. } = runtime;
        enqueue_run(environment, db, &organization, &source, None).await.unwrap();
        source
    }

    async fn state(runtime: &Runtime, source: &SourceId) -> Option<RunState> {
        Some(store::last_run(&runtime.db, source).await.unwrap()?.state)
    }

    #[tokio::test]
    async fn a_site_that_does_not_answer_keeps_no_other_from_its_run() {
        let (runtime, clock) = runtime().await;
        let environment = runtime.environment.clone();
        let options = sandbox::Options {
            now: environment.now,
            random: environment.random,
            port: 0,
            faults: sandbox::Faults::default(),
        };
        let sandbox = sandbox::Sandbox::start(options, sandbox::Content::empty()).await.unwrap();
        let access = sandbox.access();
        let service = access.accounts.iter().find(|account| account.role == "service").unwrap();
        // Takes connections, and says nothing.
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", silent.local_addr().unwrap());
        let runtime = Arc::new(runtime);
        let stuck = enqueued(&runtime, &url, "any").await;
        // The older job is claimed first.
        clock.fetch_add(1, Ordering::SeqCst);
        let healthy = enqueued(&runtime, &access.data_center.url, &service.personal_token).await;

        let ended = async {
            while state(&runtime, &healthy).await != Some(RunState::Succeeded)
                || state(&runtime, &stuck).await.is_none()
            {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            () = work(Arc::clone(&runtime), A_DAY, Arc::default()) => {}
            () = ended => {}
        }

        assert_eq!(state(&runtime, &stuck).await, Some(RunState::Running));
    }

    #[tokio::test]
    async fn a_run_that_panics_is_one_that_did_not_complete() {
        let broken = async { panic!("on purpose") };
        assert!(caught(broken).await.unwrap_err().contains("panicked"));
        assert_eq!(caught(async { Ok(()) }).await, Ok(()));
    }
}
