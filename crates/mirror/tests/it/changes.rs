//! What changes on the site is so in the store after the next run.

use std::collections::BTreeSet;

use mirror::{Phase, Progress};
use store::{Clause, ContentKind, ContentStatus, OpenSpaces, RunCounts, RunState, Subject};

use crate::on_both_products;
use crate::world::{Face, Stored, World, engineering, engineering_and};

on_both_products!(
    an_edited_page_is_fetched_and_no_other,
    a_renamed_page_renames_the_way_to_what_is_below,
    a_new_page_is_added,
    a_moved_page_takes_what_is_below_along_without_fetching_a_body,
    a_restriction_reaches_everything_below_and_goes_again,
    a_restriction_to_a_group_is_kept_and_met_by_nobody,
    a_label_is_held_and_goes_again_without_fetching_a_body,
    a_trashed_page_goes_and_comes_back_when_restored,
    a_purged_page_goes,
    an_archived_page_says_so,
    a_blog_post_is_held_and_changes_like_a_page,
    a_page_that_moved_to_another_space_is_held_there,
    a_space_whose_pages_all_moved_to_another_loses_none_and_is_not_held,
    a_page_that_moved_to_another_space_and_was_edited_is_fetched_alone,
    a_page_that_moves_to_a_space_already_read_is_kept_for_the_next_run,
    a_page_that_moved_out_of_the_scope_goes,
);

fn way(page: &Stored) -> Vec<&str> {
    page.header.ancestors.iter().map(|ancestor| ancestor.title.as_str()).collect()
}

fn users(accounts: &[&str]) -> Clause {
    accounts.iter().map(|account| Subject::User((*account).to_owned())).collect()
}

async fn an_edited_page_is_fetched_and_no_other(face: Face) {
    let world = World::start(face, engineering()).await;
    world.sync().await;
    world.control().update(&world.id("Deploy"), None, Some("<p>Press the button.</p>"));

    let run = world.sync().await;

    assert_eq!((run.counts.bodies_fetched, run.counts.updated, run.counts.unchanged), (1, 1, 4));
    let page = world.stored("Deploy").await.unwrap();
    assert_eq!((page.header.version, page.body.as_str()), (2, "<p>Press the button.</p>"));
}

async fn a_renamed_page_renames_the_way_to_what_is_below(face: Face) {
    let world = World::start(face, engineering()).await;
    world.sync().await;
    world.control().update(&world.id("Deploy"), Some("Release"), None);

    let run = world.sync().await;

    assert_eq!(run.counts.bodies_fetched, 1);
    assert_eq!(way(&world.stored("Rollback").await.unwrap()), ["Home", "Runbooks", "Release"]);
    assert!(world.stored("Deploy").await.is_none());
}

async fn a_new_page_is_added(face: Face) {
    let world = World::start(face, engineering()).await;
    world.sync().await;
    world.control().create("ENG", Some(&world.id("Runbooks")), "Restart", "<p>Off and on.</p>");

    let run = world.sync().await;

    assert_eq!((run.counts.inserted, run.counts.bodies_fetched), (1, 1));
    assert_eq!(way(&world.stored("Restart").await.unwrap()), ["Home", "Runbooks"]);
}

async fn a_moved_page_takes_what_is_below_along_without_fetching_a_body(face: Face) {
    let world = World::start(face, engineering()).await;
    world.restrict_to("Decisions", &["service", "reader"]);
    world.sync().await;
    world.control().move_to(&world.id("Deploy"), &world.id("Decisions"));

    let run = world.sync().await;

    assert_eq!((run.counts.bodies_fetched, run.counts.updated), (0, 2));
    let (deploy, rollback) =
        (world.stored("Deploy").await.unwrap(), world.stored("Rollback").await.unwrap());
    assert_eq!(deploy.header.parent_id, Some(world.id("Decisions")));
    assert_eq!(way(&rollback), ["Home", "Decisions", "Deploy"]);
    for page in [deploy, rollback] {
        let (reader, outsider) = (world.account_key("reader"), world.account_key("outsider"));
        assert!(page.rights.admits(Some(&reader), &OpenSpaces::All));
        assert!(!page.rights.admits(Some(&outsider), &OpenSpaces::All));
        assert!(!page.rights.admits(None, &OpenSpaces::All));
    }
}

async fn a_restriction_reaches_everything_below_and_goes_again(face: Face) {
    let world = World::start(face, engineering()).await;
    world.sync().await;
    let open = world.mirror.snapshot().await;
    let (service, reader) = (world.account_key("service"), world.account_key("reader"));

    world.restrict_to("Runbooks", &["service", "reader"]);
    world.restrict_to("Deploy", &["service"]);
    let run = world.sync().await;

    assert_eq!((run.counts.bodies_fetched, run.counts.updated), (0, 3));
    let outer = users(&[&service, &reader]);
    let inner = users(&[&service]);
    let both = BTreeSet::from([outer.clone(), inner]);
    assert_eq!(world.stored("Runbooks").await.unwrap().rights.clauses, BTreeSet::from([outer]));
    assert_eq!(world.stored("Deploy").await.unwrap().rights.clauses, both);
    assert_eq!(world.stored("Rollback").await.unwrap().rights.clauses, both);
    assert!(world.stored("Home").await.unwrap().rights.clauses.is_empty());

    world.restrict_to("Runbooks", &[]);
    world.restrict_to("Deploy", &[]);
    world.sync().await;

    assert_eq!(world.mirror.snapshot().await, open);
}

async fn a_restriction_to_a_group_is_kept_and_met_by_nobody(face: Face) {
    let world = World::start(face, engineering()).await;
    world.sync().await;
    let service = world.account_key("service");
    world.control().restrict(&world.id("Deploy"), &[&service], &["confluence-users"]);

    world.sync().await;

    let page = world.stored("Rollback").await.unwrap();
    let clause = page.rights.clauses.first().unwrap();
    assert!(clause.contains(&Subject::User(service.clone())));
    assert!(clause.iter().any(|subject| matches!(subject, Subject::Group(_))), "{clause:?}");
    assert!(page.rights.admits(Some(&service), &OpenSpaces::All));
    assert!(!page.rights.admits(Some(&world.account_key("reader")), &OpenSpaces::All));
}

async fn a_label_is_held_and_goes_again_without_fetching_a_body(face: Face) {
    let world = World::start(face, engineering()).await;
    world.sync().await;
    let id = world.id("Deploy");

    world.control().label(&id, "runbook");
    let run = world.sync().await;
    assert_eq!((run.counts.bodies_fetched, run.counts.updated), (0, 1));
    assert_eq!(world.stored("Deploy").await.unwrap().header.labels, ["runbook"]);

    world.control().unlabel(&id, "runbook");
    let run = world.sync().await;
    assert_eq!((run.counts.bodies_fetched, run.counts.updated), (0, 1));
    assert!(world.stored("Deploy").await.unwrap().header.labels.is_empty());
}

async fn a_trashed_page_goes_and_comes_back_when_restored(face: Face) {
    let world = World::start(face, engineering()).await;
    world.sync().await;
    let before = world.mirror.snapshot().await;
    let id = world.id("Deploy");

    world.control().trash(&id);
    let run = world.sync().await;
    assert_eq!((run.counts.deleted, run.counts.bodies_fetched), (1, 0));
    assert!(world.stored("Deploy").await.is_none());
    // What was below it moved up on the site.
    assert_eq!(way(&world.stored("Rollback").await.unwrap()), ["Home", "Runbooks"]);

    world.control().restore(&id);
    let run = world.sync().await;
    assert_eq!((run.counts.inserted, run.counts.bodies_fetched), (1, 1));
    let after = world.stored("Deploy").await.unwrap();
    assert_eq!(after, before[&id]);
}

async fn a_purged_page_goes(face: Face) {
    let world = World::start(face, engineering()).await;
    world.sync().await;
    let id = world.id("Rollback");
    world.control().trash(&id);
    world.control().purge(&id);

    let run = world.sync().await;

    assert_eq!(run.counts.deleted, 1);
    assert!(world.stored("Rollback").await.is_none());
}

async fn an_archived_page_says_so(face: Face) {
    let world = World::start(face, engineering()).await;
    world.sync().await;
    world.control().archive(&world.id("Rollback"));

    let run = world.sync().await;

    assert_eq!(run.counts.bodies_fetched, 0);
    let page = world.stored("Rollback").await;
    match face {
        Face::Cloud => {
            let page = page.unwrap();
            assert_eq!(page.header.status, ContentStatus::Archived);
            assert_eq!(page.body, "<p>How to roll back.</p>");
        }
        // Has no word for it: the page is neither listed nor found.
        Face::DataCenter => assert!(page.is_none()),
    }
}

async fn a_blog_post_is_held_and_changes_like_a_page(face: Face) {
    let content = engineering().blog_post("ENG", "We shipped", "<p>At last.</p>");
    let world = World::start(face, content).await;
    let id = world.id("We shipped");
    world.control().label(&id, "news");
    world.sync().await;
    let post = world.stored("We shipped").await.unwrap();
    assert_eq!((post.header.kind, post.body.as_str()), (ContentKind::BlogPost, "<p>At last.</p>"));
    assert_eq!(post.header.labels, ["news"]);

    world.control().update(&id, None, Some("<p>And again.</p>"));
    assert_eq!(world.sync().await.counts.bodies_fetched, 1);
    assert_eq!(world.stored("We shipped").await.unwrap().body, "<p>And again.</p>");
    assert_eq!(world.sync().await.counts.bodies_fetched, 0);

    world.control().trash(&id);
    assert_eq!(world.sync().await.counts.deleted, 1);
    assert!(world.stored("We shipped").await.is_none());
}

async fn a_page_that_moved_to_another_space_is_held_there(face: Face) {
    // One space is reconciled before, one after the space that the page leaves.
    let content =
        engineering().page("AAA", None, "First", "<p>a</p>").page("ZZZ", None, "Last", "<p>z</p>");
    let world = World::start(face, content).await;
    world.sync().await;
    let (deploy, decisions) = (world.id("Deploy"), world.id("Decisions"));
    world.control().move_to(&deploy, &world.control().page_id("AAA", "First").unwrap());
    world.control().move_to(&decisions, &world.control().page_id("ZZZ", "Last").unwrap());
    let reads = world.page_reads();

    let run = world.sync().await;

    let RunCounts { inserted, updated, deleted, bodies_fetched, .. } = run.counts;
    assert_eq!((inserted, updated, deleted, bodies_fetched), (0, 3, 0, 0));
    assert_eq!(world.page_reads(), reads);
    let pages = world.mirror.snapshot().await;
    assert_eq!(pages.len(), 7);
    assert_eq!(pages[&deploy].header.space_key, "AAA");
    assert_eq!(way(&pages[&deploy]), ["First"]);
    assert_eq!(pages[&decisions].header.space_key, "ZZZ");
    assert_eq!(pages[&decisions].rights.space_key, "ZZZ");
    assert_eq!(pages[&decisions].body, "<p>Why we did it.</p>");
    assert_eq!(world.mirror.withheld().await, 0);
    assert_eq!(world.sync().await.counts.bodies_fetched, 0);
}

async fn a_space_whose_pages_all_moved_to_another_loses_none_and_is_not_held(face: Face) {
    let content = engineering_and(30).page("OPS", None, "Rota", "<p>Who is on call.</p>");
    let world = World::start(face, content).await;
    world.sync().await;
    let (before, home) = (world.mirror.snapshot().await, world.id("Home"));
    world.control().move_to(&home, &world.control().page_id("OPS", "Rota").unwrap());

    let run = world.sync().await;

    let RunCounts { inserted, updated, deleted, bodies_fetched, .. } = run.counts;
    assert_eq!((inserted, updated, deleted, bodies_fetched), (0, 35, 0, 0));
    let after = world.mirror.snapshot().await;
    assert_eq!(after.len(), before.len());
    assert!(after.values().all(|page| page.header.space_key == "OPS"));
    assert!(after.values().all(|page| page.rights.space_key == "OPS"));
    assert!(before.iter().all(|(id, page)| after[id].body == page.body));
    assert_eq!(world.sync().await.counts.updated, 0);
}

async fn a_page_that_moved_to_another_space_and_was_edited_is_fetched_alone(face: Face) {
    let content = engineering().page("OPS", None, "Rota", "<p>Who is on call.</p>");
    let world = World::start(face, content).await;
    world.sync().await;
    let (deploy, rollback) = (world.id("Deploy"), world.id("Rollback"));
    world.control().move_to(&deploy, &world.control().page_id("OPS", "Rota").unwrap());
    world.control().update(&rollback, None, Some("<p>Call Rota.</p>"));

    let run = world.sync().await;

    let RunCounts { inserted, updated, deleted, bodies_fetched, .. } = run.counts;
    assert_eq!((inserted, updated, deleted, bodies_fetched), (0, 2, 0, 1));
    let pages = world.mirror.snapshot().await;
    assert_eq!(pages[&rollback].body, "<p>Call Rota.</p>");
    assert_eq!(way(&pages[&rollback]), ["Rota", "Deploy"]);
}

async fn a_page_that_moves_to_a_space_already_read_is_kept_for_the_next_run(face: Face) {
    let content = engineering().page("AAA", None, "First", "<p>a</p>");
    // Read in this order.
    let scope = store::Scope::Spaces(["AAA".to_owned(), "ENG".to_owned()].into());
    let world = World::with_scope(face, content, scope).await;
    world.sync().await;
    let (rollback, first) =
        (world.id("Rollback"), world.control().page_id("AAA", "First").unwrap());
    let progress = |progress: Progress| {
        let is_read = progress.phase == Phase::Apply && progress.current.as_deref() == Some("AAA");
        if is_read && world.control().page_id("ENG", "Rollback").is_some() {
            world.control().move_to(&rollback, &first);
        }
    };

    let run = world.mirror.run_with(&progress).await.unwrap();

    assert_eq!((run.state, run.counts.deleted, run.counts.failed), (RunState::Held, 0, 1));
    assert!(run.held[0].reason.contains("it moved to another space"), "{:?}", run.held);
    assert!(world.stored("Rollback").await.is_none());
    assert_eq!(world.mirror.withheld().await, 1);

    let run = world.sync().await;
    assert_eq!((run.counts.updated, run.counts.bodies_fetched), (1, 0));
    assert_eq!(world.mirror.snapshot().await[&rollback].header.space_key, "AAA");
}

async fn a_page_that_moved_out_of_the_scope_goes(face: Face) {
    let content = engineering().page("OPS", None, "Rota", "<p>Who is on call.</p>");
    let scope = store::Scope::Spaces(BTreeSet::from(["ENG".to_owned()]));
    let world = World::with_scope(face, content, scope).await;
    world.sync().await;
    let rota = world.control().page_id("OPS", "Rota").unwrap();
    world.control().move_to(&world.id("Rollback"), &rota);

    assert_eq!(world.sync().await.counts.deleted, 1);

    assert!(world.stored("Rollback").await.is_none());
}
