//! A page is deleted only when it is proven to be gone.

use sandbox::{Content, Faults};
use store::{RunState, Scope, Source, SourceId};

use crate::on_both_products;
use crate::world::{Face, Mirror, World, engineering, engineering_and, session};

on_both_products!(
    a_page_that_the_credential_may_not_see_any_more_goes,
    a_listing_that_lost_more_than_half_holds_the_deletions,
    a_space_that_shows_no_page_any_more_keeps_them_and_shows_them_to_nobody,
    pages_that_moved_away_make_the_loss_of_the_others_no_smaller,
    a_space_that_vanished_keeps_its_pages,
    a_named_space_that_vanished_keeps_its_pages_and_the_rest_stays_fresh,
    a_space_that_left_the_scope_leaves_the_mirror,
    a_space_that_another_source_covers_stays,
    a_scope_with_an_unknown_space_takes_nothing_out_of_the_mirror,
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

    assert_eq!((run.state, run.error), (RunState::Held, None));
    assert_eq!((run.counts.deleted, run.counts.failed), (0, 0));
    let reason = &run.held[0].reason;
    assert!(reason.contains("space ENG: 29 of 35 pages are not listed any more"), "{reason}");
    assert!(run.held[0].next.contains("weir sync --forget ENG"), "{}", run.held[0].next);
    assert_eq!(world.mirror.snapshot().await.len(), 6);
    assert_eq!(world.mirror.withheld().await, 29);
    // The guard holds deletions, nothing else.
    assert_eq!(world.stored("Deploy").await.unwrap().body, "<p>Still read.</p>");

    for id in &ids[..15] {
        world.control().restore(id);
    }
    let run = world.sync().await;
    assert_eq!((run.counts.deleted, run.counts.bodies_fetched), (14, 0));
    assert_eq!(world.mirror.snapshot().await.len(), 21);
}

async fn a_space_that_shows_no_page_any_more_keeps_them_and_shows_them_to_nobody(face: Face) {
    let world = World::start(face, engineering()).await;
    world.sync().await;
    let before = world.mirror.snapshot().await;
    world.restrict_to("Home", &["reader"]);

    let run = world.run().await;

    assert_eq!((run.state, run.counts.deleted), (RunState::Held, 0));
    assert!(run.held[0].reason.contains("5 of 5 pages"));
    assert!(world.mirror.snapshot().await.is_empty());
    assert_eq!(world.mirror.withheld().await, 5);
    // Said once.
    let change = world.mirror.last_change().await;
    world.run().await;
    assert_eq!(world.mirror.last_change().await, change);

    world.restrict_to("Home", &[]);
    let run = world.sync().await;
    assert_eq!(run.counts.bodies_fetched, 0);
    assert_eq!(world.mirror.snapshot().await, before);
}

async fn pages_that_moved_away_make_the_loss_of_the_others_no_smaller(face: Face) {
    let content = engineering_and(55).page("OPS", None, "Rota", "<p>Who is on call.</p>");
    let world = World::start(face, content).await;
    world.sync().await;
    let rota = world.control().page_id("OPS", "Rota").unwrap();
    let ids: Vec<String> = (0..55).map(|number| world.id(&format!("Page {number}"))).collect();
    let (moved, lost) = ids[..45].split_at(20);
    for id in moved {
        world.control().move_to(id, &rota);
    }
    for id in lost {
        world.control().trash(id);
    }

    let run = world.run().await;

    // 25 are more than half of the 40 that did not move, if not of the 60 that were there.
    assert_eq!((run.state, run.counts.deleted, run.counts.failed), (RunState::Held, 0, 0));
    let reason = &run.held[0].reason;
    assert!(reason.contains("space ENG: 25 of 40 pages are not listed any more"), "{reason}");
    assert_eq!((run.counts.bodies_fetched, run.counts.updated), (0, 20));
    assert_eq!(world.mirror.withheld().await, 25);
}

async fn a_space_that_vanished_keeps_its_pages(face: Face) {
    let world = World::start(face, engineering()).await;
    world.sync().await;
    let other = World::start(face, Content::empty()).await;
    let mut mirror = world.mirror;
    // The same site, whose list of spaces is another one now.
    mirror.session = session(&other.sandbox, face, other.account("service"), 6);

    let run = mirror.run().await.unwrap();

    assert_eq!((run.state, run.counts.deleted), (RunState::Held, 0));
    assert!(run.held[0].reason.contains("space ENG is not listed any more"));
    assert!(mirror.snapshot().await.is_empty());
    assert_eq!(mirror.withheld().await, 5);

    // The operator's word ends it.
    let Mirror { environment, db, site, .. } = &mirror;
    assert_eq!(mirror::forget_space(environment, db, site, "ENG").await.unwrap(), 5);
    mirror.sync().await;
    assert!(mirror.snapshot().await.is_empty());
    assert!(store::spaces(&mirror.db, &mirror.site.id).await.unwrap().is_empty());
}

async fn a_named_space_that_vanished_keeps_its_pages_and_the_rest_stays_fresh(face: Face) {
    let rota = || Content::empty().page("OPS", None, "Rota", "<p>Who is on call.</p>");
    let both = rota().page("ENG", None, "Home", "<p>Welcome.</p>");
    let keys = ["ENG".to_owned(), "OPS".to_owned()];
    let scope = Scope::Spaces(keys.into());
    let world = World::with_scope(face, both, scope).await;
    world.sync().await;
    let other = World::start(face, rota()).await;
    let id = other.control().page_id("OPS", "Rota").unwrap();
    other.control().update(&id, None, Some("<p>Nobody is on call.</p>"));
    let mut mirror = world.mirror;
    // The same site, where ENG is not to be seen any more.
    mirror.session = session(&other.sandbox, face, other.account("service"), 6);

    for bodies in [1, 0] {
        let run = mirror.run().await.unwrap();

        assert_eq!((run.state, run.error), (RunState::Held, None));
        assert_eq!((run.counts.deleted, run.counts.bodies_fetched), (0, bodies));
        let [hold] = run.held.as_slice() else { panic!("{:?}", run.held) };
        assert_eq!((hold.space.as_str(), &hold.page), ("ENG", &None));
        assert!(hold.reason.contains("space ENG does not exist"), "{}", hold.reason);
        assert!(hold.next.contains("take ENG out of the scope"), "{}", hold.next);
    }
    let bodies: Vec<_> = mirror.snapshot().await.into_values().map(|page| page.body).collect();
    assert_eq!(bodies, ["<p>Nobody is on call.</p>"]);
    assert_eq!(mirror.withheld().await, 1);

    mirror.source.scope = Scope::Spaces(["OPS".to_owned()].into());
    assert_eq!(mirror.sync().await.counts.deleted, 1);
    assert_eq!(mirror.titles().await, ["Rota".to_owned()].into());
}

async fn a_space_that_left_the_scope_leaves_the_mirror(face: Face) {
    let content = engineering().page("OPS", None, "Rota", "<p>Who is on call.</p>");
    let scope = Scope::Spaces(["ENG".to_owned(), "OPS".to_owned()].into());
    let mut world = World::with_scope(face, content, scope).await;
    world.sync().await;
    let change = world.mirror.last_change().await;

    // Its pages are all still there and listed: the scope alone decides.
    world.mirror.source.scope = Scope::Spaces(["ops".to_owned()].into());
    let run = world.sync().await;

    assert_eq!(run.counts.deleted, 5);
    assert_eq!(world.mirror.titles().await, ["Rota".to_owned()].into());
    // The index hears of each of them by the change log.
    assert_eq!(world.mirror.last_change().await, change + 5);
    assert_eq!(world.sync().await.counts.deleted, 0);
}

async fn a_space_that_another_source_covers_stays(face: Face) {
    let content = engineering().page("OPS", None, "Rota", "<p>Who is on call.</p>");
    let mut world = World::start(face, content).await;
    world.sync().await;
    let Mirror { environment, db, source, .. } = &world.mirror;
    let name = "operations".to_owned();
    let scope = Scope::Spaces(["OPS".to_owned()].into());
    let other = Source { id: SourceId::new(environment), name, scope, ..source.clone() };
    let changed = Source { scope: Scope::Spaces(["ENG".to_owned()].into()), ..source.clone() };
    let mut write = db.write().await.unwrap();
    store::put_source(&mut write, &other).await.unwrap();
    store::put_source(&mut write, &changed).await.unwrap();
    write.commit().await.unwrap();
    world.mirror.source = changed;

    assert_eq!(world.sync().await.counts.deleted, 0);
    assert_eq!(world.mirror.titles().await.len(), 6);
}

async fn a_scope_with_an_unknown_space_takes_nothing_out_of_the_mirror(face: Face) {
    let mut world = World::start(face, engineering()).await;
    world.control().create("OPS", None, "Rota", "<p>Who is on call.</p>");
    world.sync().await;
    // ENG, mistyped.
    world.mirror.source.scope = Scope::Spaces(["ENGG".to_owned(), "OPS".to_owned()].into());

    let run = world.run().await;

    assert_eq!((run.state, run.counts.deleted), (RunState::Held, 0));
    assert_eq!(world.mirror.titles().await.len(), 6);
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

        if run.held.iter().any(|hold| hold.reason.starts_with("listing of space ENG")) {
            broken_listings += 1;
            assert_eq!((run.state, run.counts.deleted), (RunState::Held, 0), "{:?}", run.held);
        }
        // Whatever went wrong: what is still there on the site is still here.
        assert!(world.mirror.snapshot().await.len() >= 290);
    }
    assert!(broken_listings > 0, "no listing broke off: the test shows nothing");

    world.control().set_faults(Faults::default());
    world.sync().await;
    assert_eq!(world.mirror.snapshot().await.len(), 290);
}
