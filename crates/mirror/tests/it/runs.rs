//! Whole runs: the first, the second, and those that cannot be.

use std::collections::BTreeSet;
use std::sync::Mutex;

use mirror::{MirrorError, Phase};
use sandbox::{Content, Faults};
use store::{ContentStatus, OpenSpaces, Rights, RunState, Scope};

use crate::on_both_products;
use crate::world::{Face, World, engineering, session};

on_both_products!(
    a_first_run_holds_each_page_as_the_site_shows_it,
    a_second_run_fetches_no_body_and_logs_no_change,
    an_unchanged_page_counts_as_checked_again,
    the_demo_site_is_held_whole,
    only_the_spaces_of_the_scope_are_read,
    a_scope_of_unknown_spaces_is_an_error_and_nothing_is_changed,
    an_unknown_space_beside_others_is_held_and_the_others_are_read,
    a_refused_credential_ends_the_run_and_its_row_says_so,
    progress_names_the_space_and_goes_through_the_phases_in_order,
);

async fn a_first_run_holds_each_page_as_the_site_shows_it(face: Face) {
    let world = World::start(face, engineering()).await;
    world.control().label(&world.id("Rollback"), "runbook");
    world.control().label(&world.id("Rollback"), "deploy");

    let run = world.sync().await;

    assert_eq!((run.counts.inserted, run.counts.bodies_fetched, run.counts.failed), (5, 5, 0));
    assert_eq!((run.counts.spaces, run.counts.listed), (1, 5));
    assert!(run.counts.requests > 0);
    let page = world.stored("Rollback").await.unwrap();
    let ancestors: Vec<_> = page.header.ancestors.iter().map(|a| a.title.as_str()).collect();
    assert_eq!(ancestors, ["Home", "Runbooks", "Deploy"]);
    assert_eq!(page.header.parent_id, Some(world.id("Deploy")));
    assert_eq!(page.header.labels, ["deploy", "runbook"]);
    assert_eq!(page.header.status, ContentStatus::Current);
    assert_eq!(page.header.space_key, "ENG");
    assert_eq!(page.header.version, 1);
    assert_eq!(page.body, "<p>How to roll back.</p>");
    assert_eq!(page.rights, Rights { space_key: "ENG".to_owned(), clauses: BTreeSet::new() });
    assert!(page.rights.admits(None, &OpenSpaces::All));
    let body = world.stored("Deploy").await.unwrap().body;
    assert_eq!(body, "<p>How to deploy &mdash; carefully.</p>");
}

async fn a_second_run_fetches_no_body_and_logs_no_change(face: Face) {
    let world = World::start(face, engineering()).await;
    world.sync().await;
    let (before, change, reads) =
        (world.mirror.snapshot().await, world.mirror.last_change().await, world.page_reads());

    let run = world.sync().await;

    assert_eq!((run.counts.bodies_fetched, run.counts.unchanged), (0, 5));
    assert_eq!(run.counts.inserted + run.counts.updated + run.counts.deleted, 0);
    assert_eq!(world.page_reads(), reads);
    assert_eq!(world.mirror.last_change().await, change);
    assert_eq!(world.mirror.snapshot().await, before);
}

async fn an_unchanged_page_counts_as_checked_again(face: Face) {
    let world = World::start(face, engineering()).await;
    world.sync().await;
    let checked = || async {
        let headers =
            store::headers_after(&world.mirror.db, &world.mirror.site.id, "ENG", None, 100);
        headers.await.unwrap().into_iter().map(|header| header.checked_at).collect::<Vec<_>>()
    };
    let before = checked().await;

    let run = world.sync().await;

    let after = checked().await;
    assert_eq!(before.len(), 5);
    assert!(before.iter().zip(&after).all(|(before, after)| before < after));
    // Never younger than the rights that were read for it.
    assert!(after.iter().all(|at| *at < run.ended_at.unwrap()));
}

async fn the_demo_site_is_held_whole(face: Face) {
    let world = World::start(face, Content::demo()).await;

    let run = world.sync().await;

    assert!(run.counts.inserted >= 40, "{run:?}");
    assert_eq!(run.counts.spaces, 3);
    assert_eq!(run.counts.inserted, run.counts.listed);
    assert_eq!(world.mirror.snapshot().await.len() as u64, run.counts.listed);
}

async fn only_the_spaces_of_the_scope_are_read(face: Face) {
    let content = engineering().page("OPS", None, "Rota", "<p>Who is on call.</p>");
    let scope = Scope::Spaces(BTreeSet::from(["OPS".to_owned()]));
    let world = World::with_scope(face, content, scope).await;

    world.sync().await;

    assert_eq!(world.mirror.titles().await, BTreeSet::from(["Rota".to_owned()]));
}

async fn a_scope_of_unknown_spaces_is_an_error_and_nothing_is_changed(face: Face) {
    let mut world = World::start(face, engineering()).await;
    world.sync().await;
    let (before, change) = (world.mirror.snapshot().await, world.mirror.last_change().await);
    let keys = ["NOPE".to_owned(), "NEITHER".to_owned()];
    world.mirror.source.scope = Scope::Spaces(BTreeSet::from(keys));
    world.control().update(&world.id("Deploy"), None, Some("<p>New.</p>"));

    let error = world.mirror.run().await.unwrap_err();

    assert!(matches!(&error, MirrorError::UnknownSpace { key } if key == "NEITHER"));
    assert_eq!(error.code(), "space_unknown");
    assert_eq!(world.mirror.snapshot().await, before);
    assert_eq!(world.mirror.last_change().await, change);
    let row = store::last_run(&world.mirror.db, &world.mirror.source.id).await.unwrap().unwrap();
    assert_eq!(row.state, RunState::Failed);
    assert_eq!(row.error, Some(error.to_string()));
}

async fn an_unknown_space_beside_others_is_held_and_the_others_are_read(face: Face) {
    let scope = Scope::Spaces(["ENG".to_owned(), "NOPE".to_owned()].into());
    let world = World::with_scope(face, engineering(), scope).await;

    let run = world.run().await;

    assert_eq!((run.state, run.counts.inserted), (RunState::Held, 5));
    assert!(run.held[0].reason.contains("space NOPE does not exist"), "{:?}", run.held);
    let row = store::last_run(&world.mirror.db, &world.mirror.source.id).await.unwrap().unwrap();
    assert_eq!(row.held, run.held);
}

async fn a_refused_credential_ends_the_run_and_its_row_says_so(face: Face) {
    let mut world = World::start(face, engineering()).await;
    world.sync().await;
    let before = world.mirror.snapshot().await;
    let mut account = world.account("service").clone();
    "wrong".clone_into(&mut account.api_token);
    "wrong".clone_into(&mut account.personal_token);

    for html_login in [false, true] {
        world.control().set_faults(Faults { html_login, ..Faults::default() });
        world.mirror.session = session(&world.sandbox, face, &account, 1);

        let error = world.mirror.run().await.unwrap_err();

        assert!(matches!(error, MirrorError::Atlassian(_)), "{error:?}");
        let row = store::last_run(&world.mirror.db, &world.mirror.source.id).await.unwrap();
        assert_eq!(row.unwrap().state, RunState::Failed);
        assert_eq!(world.mirror.snapshot().await, before);
    }
}

async fn progress_names_the_space_and_goes_through_the_phases_in_order(face: Face) {
    let world = World::start(face, engineering()).await;
    let seen = Mutex::new(Vec::new());

    world.mirror.run_with(&|progress| seen.lock().unwrap().push(progress)).await.unwrap();

    let seen = seen.into_inner().unwrap();
    assert!(seen.iter().all(|progress| progress.current.as_deref() == Some("ENG")));
    let mut phases: Vec<Phase> = seen.iter().map(|progress| progress.phase).collect();
    phases.dedup();
    assert_eq!(phases, [Phase::Observe, Phase::Plan, Phase::Apply]);
    let last = seen.last().unwrap();
    assert_eq!((last.done, last.total), (5, Some(5)));
    assert_eq!(last.counts.bodies_fetched, 5);
}
