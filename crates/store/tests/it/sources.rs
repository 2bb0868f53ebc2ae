use std::collections::BTreeSet;

use jiff::SignedDuration;
use store::{Hold, Run, RunCounts, RunId, RunState, Scope, SiteId, Source, SourceId};

use crate::harness::{Store, on_each_engine};

on_each_engine! {
    a_source_comes_back_with_its_scope,
    the_last_run_is_the_one_that_began_last,
    the_age_of_the_mirror_counts_successes_of_its_site,
}

async fn a_source_comes_back_with_its_scope(store: Store) {
    let site = store.site("north").await;
    let all = put_source(&store, &site, "everything", Scope::AllSpaces).await;
    let keys = Scope::Spaces(BTreeSet::from(["ENG".to_owned(), "~5b10".to_owned()]));
    let some = put_source(&store, &site, "some", keys).await;
    assert_eq!(store::sources(&store.db, &site).await.unwrap(), [all.clone(), some.clone()]);

    let none = Source { scope: Scope::Spaces(BTreeSet::new()), name: "none".to_owned(), ..some };
    let mut write = store.db.write().await.unwrap();
    store::put_source(&mut write, &none).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(store::sources(&store.db, &site).await.unwrap(), [all, none]);
}

async fn the_last_run_is_the_one_that_began_last(store: Store) {
    let site = store.site("north").await;
    let source = put_source(&store, &site, "all", Scope::AllSpaces).await;
    assert_eq!(store::last_run(&store.db, &source.id).await.unwrap(), None);
    let first = put_run(&store, &source, RunState::Failed).await;
    assert_eq!(store::last_run(&store.db, &source.id).await.unwrap(), Some(first.clone()));
    store.clock.advance(1);
    let mut second = put_run(&store, &source, RunState::Running).await;
    assert_eq!(store::last_run(&store.db, &source.id).await.unwrap(), Some(second.clone()));

    second.state = RunState::Succeeded;
    second.ended_at = Some(store.clock.now());
    second.counts = RunCounts { listed: 3, requests: u64::MAX, ..RunCounts::default() };
    second.error = None;
    second.held = vec![Hold {
        space: "ENG".to_owned(),
        page: Some("7".to_owned()),
        reason: "it has no body".to_owned(),
        next: "Open it in Confluence.".to_owned(),
    }];
    let mut write = store.db.write().await.unwrap();
    store::put_run(&mut write, &second).await.unwrap();
    store::put_run(&mut write, &first).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(store::last_run(&store.db, &source.id).await.unwrap(), Some(second));
}

async fn the_age_of_the_mirror_counts_successes_of_its_site(store: Store) {
    let (north, south) = (store.site("north").await, store.site("south").await);
    let one = put_source(&store, &north, "one", Scope::AllSpaces).await;
    let two = put_source(&store, &north, "two", Scope::AllSpaces).await;
    let other = put_source(&store, &south, "other", Scope::AllSpaces).await;
    put_run(&store, &one, RunState::Failed).await;
    assert_eq!(store::last_success(&store.db, &north).await.unwrap(), None);
    let success = put_run(&store, &two, RunState::Succeeded).await;
    store.clock.advance(10);
    put_run(&store, &one, RunState::Interrupted).await;
    put_run(&store, &other, RunState::Succeeded).await;
    let age = store::last_success(&store.db, &north).await.unwrap();
    assert_eq!(age, success.ended_at);
    store.clock.advance(10);
    let held = put_run(&store, &one, RunState::Held).await;
    assert_eq!(store::last_success(&store.db, &north).await.unwrap(), held.ended_at);
}

async fn put_source(store: &Store, site: &SiteId, name: &str, scope: Scope) -> Source {
    let id = SourceId::new(&store.environment);
    store.clock.advance(1);
    let source = Source { id, site: site.clone(), name: name.to_owned(), scope };
    let mut write = store.db.write().await.unwrap();
    store::put_source(&mut write, &source).await.unwrap();
    write.commit().await.unwrap();
    source
}

async fn put_run(store: &Store, source: &Source, state: RunState) -> Run {
    let started_at = store.clock.now();
    let run = Run {
        id: RunId::new(&store.environment),
        source: source.id.clone(),
        state,
        started_at,
        ended_at: (state != RunState::Running).then(|| started_at + SignedDuration::from_secs(5)),
        counts: RunCounts::default(),
        error: (state == RunState::Failed).then(|| "the site was away".to_owned()),
        held: Vec::new(),
    };
    let mut write = store.db.write().await.unwrap();
    store::put_run(&mut write, &run).await.unwrap();
    write.commit().await.unwrap();
    run
}
