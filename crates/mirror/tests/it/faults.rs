//! A site that fails now and then is mirrored to the same state.

use mirror::{Phase, Progress};
use sandbox::{Content, Faults};
use store::{RunState, Scope};

use crate::on_both_products;
use crate::world::{Face, Mirror, World, engineering_and};

on_both_products!(
    a_site_with_faults_ends_in_the_same_state,
    a_page_that_fails_alone_is_counted_and_read_by_the_next_run,
);

async fn a_site_with_faults_ends_in_the_same_state(face: Face) {
    let world = World::start(face, Content::demo()).await;
    world.sync().await;
    let undisturbed = world.mirror.snapshot().await;

    for faults in [
        Faults { rate_limit_every: Some(3), ..Faults::default() },
        Faults { unavailable_every: Some(4), ..Faults::default() },
        Faults { cut_every: Some(5), ..Faults::default() },
        Faults {
            rate_limit_every: Some(7),
            unavailable_every: Some(11),
            cut_every: Some(13),
            ..Faults::default()
        },
    ] {
        world.control().set_faults(faults.clone());
        let mirror = Mirror::of(&world.sandbox, face, Scope::AllSpaces).await;

        mirror.sync().await;

        assert_eq!(mirror.snapshot().await, undisturbed, "{faults:?}");
        // And a run over an unchanged site stays quiet.
        let change = mirror.last_change().await;
        assert_eq!(mirror.sync().await.counts.bodies_fetched, 0);
        assert_eq!(mirror.last_change().await, change);
    }
}

async fn a_page_that_fails_alone_is_counted_and_read_by_the_next_run(face: Face) {
    let world = World::start(face, engineering_and(55)).await;
    world.sync().await;
    let undisturbed = world.mirror.snapshot().await;
    let mirror = world.fragile_mirror().await;

    let bodies = |progress: &Progress| progress.phase == Phase::Plan;
    let run = world.run_with_faults(&mirror, 20, bodies).await.unwrap();

    assert_eq!((run.state, &run.error), (RunState::Held, &None));
    assert!(run.counts.failed > 0, "{run:?}");
    assert_eq!(run.counts.failed + run.counts.inserted, 60);
    assert_eq!(run.held.len() as u64, run.counts.failed);
    for hold in &run.held {
        let page = hold.page.as_deref().unwrap();
        assert_eq!(hold.reason, format!("page {page}: the server failed"));
        assert!(!hold.next.is_empty());
    }
    assert_eq!(mirror.snapshot().await.len() as u64, run.counts.inserted);

    let next = mirror.sync().await;
    assert_eq!(next.counts.bodies_fetched, run.counts.failed);
    assert_eq!(mirror.snapshot().await, undisturbed);

    // A page that changed keeps its old bytes until it can be read, and is no less restricted.
    world.restrict_to("Home", &["service"]);
    for number in 0..55 {
        let id = world.id(&format!("Page {number}"));
        world.control().update(&id, None, Some("<p>Changed.</p>"));
    }
    let run = world.run_with_faults(&mirror, 20, bodies).await.unwrap();
    let old: Vec<_> = mirror
        .snapshot()
        .await
        .into_values()
        .filter(|page| page.body.starts_with("<p>Number"))
        .collect();
    assert_eq!(old.len() as u64, run.counts.failed);
    assert!(old.iter().all(|page| page.header.version == 1 && !page.rights.clauses.is_empty()));
}
