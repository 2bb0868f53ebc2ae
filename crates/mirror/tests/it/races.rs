//! The site changes while the run reads it.

use std::sync::atomic::{AtomicBool, Ordering};

use mirror::{Phase, Progress};
use store::{OpenSpaces, Run, RunState};

use crate::on_both_products;
use crate::world::{Face, World, engineering};

on_both_products!(
    an_edit_during_the_run_is_held_under_the_rights_that_it_has_then,
    a_page_edited_and_moved_during_the_run_is_held_below_its_new_parent,
    a_page_trashed_during_the_run_fails_alone,
);

/// A run during which `change` happens once: after the listing, before any body is fetched.
async fn run_while(world: &World, change: impl Fn() + Send + Sync) -> Run {
    let done = AtomicBool::new(false);
    let progress = |progress: Progress| {
        if progress.phase == Phase::Plan && !done.swap(true, Ordering::Relaxed) {
            change();
        }
    };
    let run = world.mirror.run_with(&progress).await.unwrap();
    assert!(done.into_inner());
    run
}

async fn an_edit_during_the_run_is_held_under_the_rights_that_it_has_then(face: Face) {
    let world = World::start(face, engineering()).await;
    let (rollback, reader) = (world.id("Rollback"), world.account_key("reader"));

    let run = run_while(&world, || {
        world.restrict_to("Runbooks", &["service"]);
        world.control().update(&rollback, Some("Way back"), Some("<p>The password is …</p>"));
        world.control().label(&rollback, "secret");
    })
    .await;

    assert_eq!(run.state, RunState::Succeeded);
    let page = world.stored("Way back").await.unwrap();
    assert_eq!((page.header.version, page.body.as_str()), (2, "<p>The password is …</p>"));
    assert_eq!(page.header.labels, ["secret"]);
    assert!(!page.rights.admits(Some(&reader), &OpenSpaces::All));
    let titles: Vec<_> = page.header.ancestors.iter().map(|a| a.title.as_str()).collect();
    assert_eq!(titles, ["Home", "Runbooks", "Deploy"]);
    // What was not edited is what it was when it was listed, until the next run.
    assert!(world.stored("Deploy").await.unwrap().rights.admits(Some(&reader), &OpenSpaces::All));
    assert_eq!(world.sync().await.counts.bodies_fetched, 0);
    assert!(!world.stored("Deploy").await.unwrap().rights.admits(Some(&reader), &OpenSpaces::All));
}

async fn a_page_edited_and_moved_during_the_run_is_held_below_its_new_parent(face: Face) {
    let world = World::start(face, engineering()).await;
    world.restrict_to("Decisions", &["service"]);
    let (rollback, decisions) = (world.id("Rollback"), world.id("Decisions"));

    run_while(&world, || {
        world.control().move_to(&rollback, &decisions);
        world.control().update(&rollback, None, Some("<p>Moved.</p>"));
    })
    .await;

    let page = world.stored("Rollback").await.unwrap();
    assert_eq!(page.header.parent_id, Some(decisions));
    assert_eq!(page.header.ancestors.last().unwrap().title, "Decisions");
    let reader = world.account_key("reader");
    assert!(!page.rights.admits(Some(&reader), &OpenSpaces::All));
}

async fn a_page_trashed_during_the_run_fails_alone(face: Face) {
    let world = World::start(face, engineering()).await;
    let rollback = world.id("Rollback");

    let run = run_while(&world, || world.control().trash(&rollback)).await;

    assert_eq!((run.state, run.counts.failed, run.counts.inserted), (RunState::Held, 1, 4));
    assert!(run.held[0].reason.starts_with(&format!("page {rollback}: ")));
    assert!(world.stored("Rollback").await.is_none());
    world.sync().await;
}
