//! A page is deleted only when it is proven to be gone.

use sandbox::{Content, Faults};
use store::RunState;

use crate::on_both_products;
use crate::world::{Face, World, engineering, engineering_and, session};

on_both_products!(
    a_page_that_the_credential_may_not_see_any_more_goes,
    a_listing_that_lost_more_than_half_holds_the_deletions,
    a_space_that_shows_no_page_any_more_keeps_them,
    a_space_that_vanished_keeps_its_pages,
    an_incomplete_listing_deletes_nothing,
);

async fn a_page_that_the_credential_may_not_see_any_more_goes(face: Face) {
    let world = World::start(face, engineering()).await;
    world.sync().await;
    world.restrict_to("Deploy", &["reader"]);

    let run = world.sync().await;

    // Both the page and what is below it.
    assert_eq!(run.counts.deleted, 2);
    assert!(world.stored("Deploy").await.is_none());
    assert!(world.stored("Rollback").await.is_none());
}

async fn a_listing_that_lost_more_than_half_holds_the_deletions(face: Face) {
    let world = World::start(face, engineering_and(30)).await;
    world.sync().await;
    let ids: Vec<String> = (0..29).map(|number| world.id(&format!("Page {number}"))).collect();
    for id in &ids {
        world.control().trash(id);
    }
    world.control().update(&world.id("Deploy"), None, Some("<p>Still read.</p>"));

    let run = world.run().await;

    assert_eq!(run.state, RunState::Failed);
    assert_eq!((run.counts.deleted, run.counts.failed), (0, 0));
    let error = run.error.unwrap();
    assert!(error.contains("space ENG: 29 of 35 pages are not listed any more"), "{error}");
    assert_eq!(world.mirror.snapshot().await.len(), 35);
    // The guard holds deletions, nothing else.
    assert_eq!(world.stored("Deploy").await.unwrap().body, "<p>Still read.</p>");

    for id in &ids[..15] {
        world.control().restore(id);
    }
    let run = world.sync().await;
    assert_eq!(run.counts.deleted, 14);
    assert_eq!(world.mirror.snapshot().await.len(), 21);
}

async fn a_space_that_shows_no_page_any_more_keeps_them(face: Face) {
    let world = World::start(face, engineering()).await;
    world.sync().await;
    world.restrict_to("Home", &["reader"]);

    let run = world.run().await;

    assert_eq!((run.state, run.counts.deleted), (RunState::Failed, 0));
    assert!(run.error.unwrap().contains("5 of 5 pages"));
    assert_eq!(world.mirror.snapshot().await.len(), 5);
}

async fn a_space_that_vanished_keeps_its_pages(face: Face) {
    let world = World::start(face, engineering()).await;
    world.sync().await;
    let other = World::start(face, Content::empty()).await;
    let mut mirror = world.mirror;
    // The same site, whose list of spaces is another one now.
    mirror.session = session(&other.sandbox, face, other.account("service"), 6);

    let run = mirror.run().await.unwrap();

    assert_eq!((run.state, run.counts.deleted), (RunState::Failed, 0));
    assert!(run.error.unwrap().contains("space ENG is not listed any more"));
    assert_eq!(mirror.snapshot().await.len(), 5);
}

async fn an_incomplete_listing_deletes_nothing(face: Face) {
    let content = (0..300).fold(Content::empty(), |content, number| {
        content.page("ENG", None, &format!("Page {number}"), "<p>One of many.</p>")
    });
    let mut world = World::start(face, content).await;
    world.sync().await;
    for number in 0..10 {
        world.control().trash(&world.id(&format!("Page {number}")));
    }
    world.mirror.session = session(&world.sandbox, face, world.account("service"), 1);
    let mut broken_listings = 0;
    for every in 2..9 {
        let faults = Faults { unavailable_every: Some(every), ..Faults::default() };
        world.control().set_faults(faults);

        let Ok(run) = world.mirror.run().await else { continue };

        let error = run.error.unwrap_or_default();
        if error.starts_with("listing of space") {
            broken_listings += 1;
            assert_eq!(run.counts.deleted, 0, "{error}");
        }
        // Whatever went wrong: what is still there on the site is still here.
        assert!(world.mirror.snapshot().await.len() >= 290);
    }
    assert!(broken_listings > 0, "no listing broke off: the test shows nothing");

    world.control().set_faults(Faults::default());
    world.sync().await;
    assert_eq!(world.mirror.snapshot().await.len(), 290);
}
