use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use store::{Job, JobId};

use crate::harness::{Store, on_each_engine};

const LEASE: Duration = Duration::from_mins(1);

on_each_engine! {
    a_job_is_stored_with_its_transaction_or_not_at_all,
    an_unfinished_job_keeps_its_like_out,
    jobs_are_claimed_by_kind_in_order_when_due,
    one_of_many_claims_gets_a_job,
    an_expired_lease_is_anybodys_and_the_loser_cannot_finish,
    a_lease_that_is_extended_lasts,
    a_released_job_is_anybodys_at_once_and_its_old_holder_cannot_finish,
    work_and_its_job_end_together,
    finished_jobs_are_deleted_by_age,
}

async fn a_job_is_stored_with_its_transaction_or_not_at_all(store: Store) {
    let mut write = store.db.write().await.unwrap();
    let (environment, organization) = (&store.environment, &store.organization);
    store::enqueue(&mut write, environment, organization, "sync", None, &json!(1), None)
        .await
        .unwrap()
        .unwrap();
    drop(write);
    assert_eq!(claim(&store, &["sync"]).await, None);
}

async fn an_unfinished_job_keeps_its_like_out(store: Store) {
    let first = enqueue(&store, "sync", Some("ENG"), None).await;
    assert!(first.is_some());
    store.clock.advance(1);
    assert_eq!(enqueue(&store, "sync", Some("ENG"), None).await, None);
    assert!(enqueue(&store, "push", Some("ENG"), None).await.is_some());
    assert!(enqueue(&store, "sync", Some("OPS"), None).await.is_some());
    assert!(enqueue(&store, "sync", None, None).await.is_some());
    assert!(enqueue(&store, "sync", None, None).await.is_some());

    let job = claim(&store, &["sync"]).await.unwrap();
    assert_eq!(Some(&job.id), first.as_ref());
    assert_eq!(enqueue(&store, "sync", Some("ENG"), None).await, None);
    assert!(finish(&store, &job).await);
    assert!(enqueue(&store, "sync", Some("ENG"), None).await.is_some());
}

async fn jobs_are_claimed_by_kind_in_order_when_due(store: Store) {
    let tomorrow = store.clock.now() + SignedDuration::from_hours(24);
    enqueue(&store, "sync", None, Some(tomorrow)).await.unwrap();
    store.clock.advance(1);
    let second = enqueue(&store, "sync", None, None).await.unwrap();
    store.clock.advance(1);
    let third = enqueue(&store, "push", None, None).await.unwrap();

    assert_eq!(claim(&store, &[]).await, None);
    assert_eq!(claim(&store, &["other"]).await, None);
    assert_eq!(claim(&store, &["push", "sync"]).await.unwrap().id, second);
    assert_eq!(claim(&store, &["sync"]).await, None);
    let job = claim(&store, &["push", "sync"]).await.unwrap();
    assert_eq!((&job.id, job.attempt, job.fence), (&third, 1, 1));
    assert_eq!(job.payload, json!({"of": "push", "text": "日本語"}));
    assert_eq!(job.organization, store.organization);
    store.clock.advance(24 * 60 * 60);
    assert!(claim(&store, &["sync"]).await.is_some());
}

async fn one_of_many_claims_gets_a_job(store: Store) {
    for _ in 0..20 {
        enqueue(&store, "sync", None, None).await.unwrap();
    }
    let workers: Vec<_> = (0..8)
        .map(|_| {
            let (db, environment) = (store.db.clone(), store.environment.clone());
            tokio::spawn(async move {
                let mut claimed = Vec::new();
                while let Some(job) =
                    store::claim_job(&db, &environment, &["sync"], LEASE).await.unwrap()
                {
                    claimed.push(job.id);
                }
                claimed
            })
        })
        .collect();
    let mut claimed = Vec::new();
    for worker in workers {
        claimed.extend(worker.await.unwrap());
    }
    assert_eq!(claimed.len(), 20);
    assert_eq!(claimed.iter().collect::<BTreeSet<_>>().len(), 20);
}

async fn an_expired_lease_is_anybodys_and_the_loser_cannot_finish(store: Store) {
    enqueue(&store, "sync", None, None).await.unwrap();
    let slow = claim(&store, &["sync"]).await.unwrap();
    store.clock.advance(59);
    assert_eq!(claim(&store, &["sync"]).await, None);
    store.clock.advance(1);
    let quick = claim(&store, &["sync"]).await.unwrap();
    assert_eq!((&quick.id, quick.attempt, quick.fence), (&slow.id, 2, 2));

    assert!(!finish(&store, &slow).await);
    assert!(!extend(&store, &slow).await);
    assert!(finish(&store, &quick).await);
    assert!(!finish(&store, &quick).await);
    store.clock.advance(3600);
    assert_eq!(claim(&store, &["sync"]).await, None);
}

async fn a_lease_that_is_extended_lasts(store: Store) {
    enqueue(&store, "sync", None, None).await.unwrap();
    let job = claim(&store, &["sync"]).await.unwrap();
    store.clock.advance(50);
    assert!(extend(&store, &job).await);
    store.clock.advance(50);
    assert_eq!(claim(&store, &["sync"]).await, None);
    // Late, but nobody took it: the work was not done twice.
    store.clock.advance(50);
    assert!(finish(&store, &job).await);
}

async fn a_released_job_is_anybodys_at_once_and_its_old_holder_cannot_finish(store: Store) {
    let waits = enqueue(&store, "sync", None, None).await.unwrap();
    let job = claim(&store, &["sync"]).await.unwrap();
    assert_eq!(job.id, waits);
    let mut write = store.db.write().await.unwrap();
    assert_eq!(store::release_jobs(&mut write).await.unwrap(), 1);
    write.commit().await.unwrap();
    assert!(!finish(&store, &job).await);
    assert!(!extend(&store, &job).await);
    let again = claim(&store, &["sync"]).await.unwrap();
    assert_eq!((&again.id, again.attempt, again.fence), (&job.id, 2, 2));
    assert!(!finish(&store, &job).await);
    assert!(finish(&store, &again).await);
}

async fn work_and_its_job_end_together(store: Store) {
    let site = store.site("north").await;
    enqueue(&store, "sync", None, None).await.unwrap();
    let job = claim(&store, &["sync"]).await.unwrap();
    let mut write = store.db.write().await.unwrap();
    assert!(store::finish_job(&mut write, &job).await.unwrap());
    assert!(!store::delete_space(&mut write, &site, "ENG").await.unwrap());
    drop(write);
    store.clock.advance(60);
    assert_eq!(claim(&store, &["sync"]).await.unwrap().id, job.id);
}

async fn finished_jobs_are_deleted_by_age(store: Store) {
    for _ in 0..3 {
        enqueue(&store, "sync", None, None).await.unwrap();
    }
    for _ in 0..2 {
        let job = claim(&store, &["sync"]).await.unwrap();
        assert!(finish(&store, &job).await);
    }
    let delete = async |before| {
        let mut write = store.db.write().await.unwrap();
        let deleted = store::delete_finished_jobs(&mut write, before).await.unwrap();
        write.commit().await.unwrap();
        deleted
    };
    assert_eq!(delete(store.clock.now()).await, 0);
    store.clock.advance(1);
    assert_eq!(delete(store.clock.now()).await, 2);
    assert!(claim(&store, &["sync"]).await.is_some());
}

async fn enqueue(
    store: &Store,
    kind: &str,
    dedupe: Option<&str>,
    not_before: Option<Timestamp>,
) -> Option<JobId> {
    let payload: Value = json!({"of": kind, "text": "日本語"});
    let mut write = store.db.write().await.unwrap();
    let (environment, organization) = (&store.environment, &store.organization);
    let id =
        store::enqueue(&mut write, environment, organization, kind, dedupe, &payload, not_before);
    let id = id.await.unwrap();
    write.commit().await.unwrap();
    id
}

async fn claim(store: &Store, kinds: &[&str]) -> Option<Job> {
    store::claim_job(&store.db, &store.environment, kinds, LEASE).await.unwrap()
}

async fn extend(store: &Store, job: &Job) -> bool {
    store::extend_job(&store.db, &store.environment, job, LEASE).await.unwrap()
}

async fn finish(store: &Store, job: &Job) -> bool {
    let mut write = store.db.write().await.unwrap();
    let finished = store::finish_job(&mut write, job).await.unwrap();
    write.commit().await.unwrap();
    finished
}
