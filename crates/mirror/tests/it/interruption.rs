//! A run that is cut off anywhere is made good by the next one.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::FutureExt;
use mirror::Progress;
use sandbox::Content;
use store::{Run, RunState, Scope};
use tokio::sync::Notify;

use crate::on_both_products;
use crate::world::{Face, Mirror, Random, World, environment};

on_both_products!(
    a_first_run_cut_off_anywhere_ends_like_an_undisturbed_one,
    a_later_run_cut_off_anywhere_ends_like_an_undisturbed_one,
    the_row_of_a_run_that_was_cut_off_becomes_interrupted,
);

const POINTS: usize = 20;

/// Drops the run at its first rest after so many reports of progress. Whether it was cut off.
async fn run_until(mirror: &Mirror, reports: usize) -> bool {
    let (seen, stop) = (AtomicUsize::new(0), Notify::new());
    let progress = |_: Progress| {
        if seen.fetch_add(1, Ordering::Relaxed) + 1 == reports {
            stop.notify_one();
        }
    };
    let mut run = Box::pin(mirror.run_with(&progress)).fuse();
    tokio::select! {
        biased;
        () = stop.notified() => true,
        ended = &mut run => { ended.unwrap(); false }
    }
}

async fn reports_of_a_run(mirror: &Mirror) -> usize {
    let seen = AtomicUsize::new(0);
    let count = |_: Progress| {
        seen.fetch_add(1, Ordering::Relaxed);
    };
    mirror.run_with(&count).await.unwrap();
    seen.into_inner()
}

async fn a_first_run_cut_off_anywhere_ends_like_an_undisturbed_one(face: Face) {
    let world = World::start(face, Content::demo()).await;
    let reports = reports_of_a_run(&world.mirror).await;
    let undisturbed = world.mirror.snapshot().await;
    let random = Random::new(20);
    let mut cut_off = 0;
    for _ in 0..POINTS {
        let mirror = Mirror::of(&world.sandbox, face, Scope::AllSpaces).await;
        // Twice: the run that resumes is cut off as well.
        for _ in 0..2 {
            let cut = run_until(&mirror, 1 + random.below(reports)).await;
            cut_off += usize::from(cut);
        }

        mirror.sync().await;

        assert_eq!(mirror.snapshot().await, undisturbed);
    }
    assert!(cut_off >= POINTS, "only {cut_off} runs were cut off");
}

async fn a_later_run_cut_off_anywhere_ends_like_an_undisturbed_one(face: Face) {
    let world = World::start(face, Content::demo()).await;
    let random = Random::new(21);
    let mirrors = {
        let mut mirrors = Vec::new();
        for _ in 0..POINTS {
            let mirror = Mirror::of(&world.sandbox, face, Scope::AllSpaces).await;
            mirror.sync().await;
            mirrors.push(mirror);
        }
        mirrors
    };
    world.sync().await;
    change_much(&world, &random).await;
    let reports = reports_of_a_run(&world.mirror).await;
    let undisturbed = world.mirror.snapshot().await;
    for mirror in mirrors {
        run_until(&mirror, 1 + random.below(reports)).await;

        mirror.sync().await;

        assert_eq!(mirror.snapshot().await, undisturbed);
    }
}

/// Edits, renames, moves, restricts, labels and trashes some pages of the site.
async fn change_much(world: &World, random: &Random) {
    let pages = world.mirror.snapshot().await;
    let ids: Vec<&String> = pages
        .iter()
        .filter(|(_, page)| page.header.ancestors.len() > 1)
        .map(|(id, _)| id)
        .collect();
    assert!(ids.len() >= 8, "the demo site has become too flat for this test");
    let (service, reader) = (world.account_key("service"), world.account_key("reader"));
    let control = world.control();
    for (at, id) in ids.iter().enumerate() {
        match random.below(6) {
            0 => control.update(id, None, Some("<p>Edited.</p>")),
            1 => control.update(id, Some(&format!("Renamed {at}")), None),
            2 => control.restrict(id, &[&service, &reader], &[]),
            3 => control.label(id, "changed"),
            4 if at < 3 => control.trash(id),
            _ => {}
        }
    }
}

async fn the_row_of_a_run_that_was_cut_off_becomes_interrupted(face: Face) {
    let mut world = World::start(face, Content::demo()).await;
    assert!(run_until(&world.mirror, 3).await);
    let cut_off = last_run(&world.mirror).await;
    assert_eq!((cut_off.state, cut_off.ended_at), (RunState::Running, None));

    // On a clock that starts again, so that the run that was cut off stays the last to begin.
    world.mirror.environment = environment(3);
    let next = world.sync().await;

    assert!(next.started_at < cut_off.started_at);
    let interrupted = last_run(&world.mirror).await;
    assert_eq!(interrupted.id, cut_off.id);
    assert_eq!(
        (interrupted.state, interrupted.ended_at),
        (RunState::Interrupted, Some(next.started_at))
    );
}

async fn last_run(mirror: &Mirror) -> Run {
    store::last_run(&mirror.db, &mirror.source.id).await.unwrap().unwrap()
}
