//! No account is ever admitted to a page that the site refuses it.

use std::collections::BTreeSet;

use atlassian::{BodyFormat, ContentId, ErrorKind};
use mirror::Progress;
use sandbox::Content;
use store::{OpenSpaces, Subject};

use crate::on_both_products;
use crate::world::{Face, Random, Stored, World};

on_both_products!(
    over_random_trees_stored_rights_admit_whom_the_site_admits_but_for_groups,
    a_folder_is_a_level_of_the_rights,
    a_broken_first_run_admits_nobody_whom_the_site_refuses,
);

const ROLES: [&str; 3] = ["service", "reader", "outsider"];

/// Whether the site shows this page to the account behind the session.
async fn shows(session: &atlassian::Session, id: &str) -> bool {
    let id: ContentId = id.parse().unwrap();
    match session.page(&id, BodyFormat::None).await {
        Ok(_) => true,
        Err(error) if error.kind == ErrorKind::NotVisible => false,
        Err(error) => panic!("{error:?}"),
    }
}

async fn opens(session: &atlassian::Session) -> OpenSpaces {
    let keys = match session.space("ENG").await {
        Ok(_) => BTreeSet::from(["ENG".to_owned()]),
        Err(_) => BTreeSet::new(),
    };
    OpenSpaces::Keys(keys)
}

async fn over_random_trees_stored_rights_admit_whom_the_site_admits_but_for_groups(face: Face) {
    let (mut admitted, mut refused) = (0, 0);
    for seed in 0..6 {
        let random = Random::new(seed);
        let world = random_tree(face, &random).await;
        world.sync().await;
        for _ in 0..2 {
            let pages = world.mirror.snapshot().await;
            for role in ROLES {
                let session = world.session_of(role);
                let (account, opens) = (world.account_key(role), opens(&session).await);
                for (id, page) in &pages {
                    let admits = page.rights.admits(Some(&account), &opens);
                    let shows = shows(&session, id).await;
                    assert!(shows || !admits, "seed {seed} {role} {page:?}");
                    assert!(admits || !shows || names_a_group(page), "seed {seed} {role} {page:?}");
                    if admits { admitted += 1 } else { refused += 1 }
                }
            }
            // Move half of it about, and look again.
            shuffle(&world, &random, &pages.into_keys().collect::<Vec<_>>());
            world.sync().await;
        }
    }
    assert!(admitted > 100 && refused > 100, "{admitted} admitted, {refused} refused");
}

fn names_a_group(page: &Stored) -> bool {
    let is_group = |subject: &Subject| matches!(subject, Subject::Group(_));
    page.rights.clauses.iter().any(|clause| clause.iter().any(is_group))
}

async fn random_tree(face: Face, random: &Random) -> World {
    let mut content = Content::empty().page("ENG", None, "Page 0", "<p>0</p>");
    for number in 1..25 {
        let parent = format!("Page {}", random.below(number));
        content = content.page("ENG", Some(&parent), &format!("Page {number}"), "<p>x</p>");
    }
    let world = World::start(face, content).await;
    for number in 0..25 {
        restrict_at_random(&world, random, &world.id(&format!("Page {number}")));
    }
    world
}

fn restrict_at_random(world: &World, random: &Random, id: &str) {
    let roles: &[&str] = match random.below(8) {
        0 => &["service", "reader"],
        1 => &["service", "outsider"],
        2 => &["service", "reader", "outsider"],
        3 => &["service"],
        _ => &[],
    };
    let groups: &[&str] =
        if !roles.is_empty() && random.below(4) == 0 { &["confluence-users"] } else { &[] };
    let keys: Vec<String> = roles.iter().map(|role| world.account_key(role)).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    world.control().restrict(id, &keys, groups);
}

fn shuffle(world: &World, random: &Random, ids: &[String]) {
    for _ in 0..ids.len() / 2 {
        let (page, parent) = (random.below(ids.len()), random.below(ids.len()));
        // A child has the higher number from the start, so that no page ends below itself.
        if parent < page {
            world.control().move_to(&ids[page], &ids[parent]);
        }
        restrict_at_random(world, random, &ids[random.below(ids.len())]);
    }
}

async fn a_folder_is_a_level_of_the_rights(face: Face) {
    let content = Content::empty()
        .page("ENG", None, "Home", "<p>Hello.</p>")
        .folder("ENG", Some("Home"), "Outer")
        .folder("ENG", Some("Outer"), "Inner")
        .page("ENG", Some("Inner"), "Plan", "<p>Secret.</p>");
    let world = World::start(face, content).await;
    world.sync().await;
    let plan = world.stored("Plan").await.unwrap();
    let way: Vec<_> = plan.header.ancestors.iter().map(|a| a.title.as_str()).collect();
    match face {
        Face::Cloud => assert_eq!(way, ["Home", "Outer", "Inner"]),
        // Has no folders: the page belongs to the page above them.
        Face::DataCenter => return assert_eq!(way, ["Home"]),
    }
    assert!(plan.rights.clauses.is_empty());

    world.restrict_to("Outer", &["service"]);
    let run = world.sync().await;

    assert_eq!((run.counts.bodies_fetched, run.counts.updated), (0, 1));
    let plan = world.stored("Plan").await.unwrap();
    let (service, reader) = (world.account_key("service"), world.account_key("reader"));
    assert!(plan.rights.admits(Some(&service), &OpenSpaces::All));
    assert!(!plan.rights.admits(Some(&reader), &OpenSpaces::All));
}

async fn a_broken_first_run_admits_nobody_whom_the_site_refuses(face: Face) {
    let world = random_tree(face, &Random::new(7)).await;
    let reader = world.session_of("reader");
    let (account, opens) = (world.account_key("reader"), opens(&reader).await);
    let mut shown = BTreeSet::new();
    for number in 0..25 {
        let id = world.id(&format!("Page {number}"));
        if shows(&reader, &id).await {
            shown.insert(id);
        }
    }
    let (mut held, mut closed) = (0, 0);
    for every in (5..13).cycle().take(40) {
        let mirror = world.fragile_mirror().await;
        let listed = |progress: &Progress| progress.done == 25;
        // Some runs break off: what they stored until then counts as well.
        let _ = world.run_with_faults(&mirror, every, listed).await;
        for (id, page) in mirror.snapshot().await {
            let admits = page.rights.admits(Some(&account), &opens);
            assert!(shown.contains(&id) || !admits, "every {every}: {page:?}");
            held += 1;
            closed += usize::from(shown.contains(&id) && !admits);
        }
    }
    assert!(held > 0 && closed > 0, "{held} pages held, {closed} of them closed in doubt");
}
