//! `weir sync` against the sandbox: what changes there is seen after the next run, and a run that
//! is killed leaves nothing behind that the next one does not mend.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use sandbox::{Content, Faults, Sandbox};
use store::{Db, Environment, VisibleClasses};
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::house::{House, run, sandbox, sandbox_with};

fn environment() -> Environment {
    use rand::RngExt;
    Environment {
        now: Arc::new(|| "2026-11-20T12:00:00Z".parse().unwrap()),
        random: Arc::new(|bytes| rand::rng().fill(bytes)),
    }
}

/// Every page of the store with all that a reader could see of it.
async fn state(data: &Path) -> BTreeMap<String, String> {
    let url = format!("sqlite:{}", data.join("weir.db").display());
    let db = Db::open(&environment(), &url).await.unwrap();
    let organization = store::organization(&db).await.unwrap();
    let mut pages = BTreeMap::new();
    for site in store::sites(&db, &organization.id).await.unwrap() {
        let rights = store::all_rights(&db, &site.id).await.unwrap();
        for space in store::spaces(&db, &site.id).await.unwrap() {
            for header in
                store::headers_after(&db, &site.id, &space.key, None, 10_000).await.unwrap()
            {
                let page = store::page(&db, &site.id, &VisibleClasses::All, &header.content_id)
                    .await
                    .unwrap()
                    .unwrap();
                // A class is a number given in the order of first sight; what it means is compared.
                let text = format!(
                    "{:?} {:?} {:?} v{} {:?} {:?} {:?} {}",
                    header.title,
                    header.parent_id,
                    header.status,
                    header.version,
                    header.labels,
                    header.ancestors,
                    rights[&header.acl_class],
                    String::from_utf8_lossy(&page.body),
                );
                pages.insert(header.content_id, text);
            }
        }
    }
    pages
}

fn tree() -> Content {
    let mut content = Content::empty().page("ENG", None, "Home", "<p>home</p>");
    for number in 0..40 {
        let parent = if number % 5 == 0 {
            "Home".to_owned()
        } else {
            format!("Page {}", number - number % 5)
        };
        content = content.page(
            "ENG",
            Some(&parent),
            &format!("Page {number}"),
            &format!("<p>text {number}</p>"),
        );
    }
    content
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_on_the_site_is_seen_after_the_next_run() {
    for data_center in [false, true] {
        let sandbox = sandbox(tree()).await;
        let house = House::new();
        let house = Arc::new(if data_center {
            house.on_data_center(&sandbox)
        } else {
            house.on_cloud(&sandbox)
        });
        run(&house, &["sync", "ENG"]).await.ok();
        let control = sandbox.control();
        let id = |title: &str| control.page_id("ENG", title).unwrap();
        let (changed, moved, restricted, trashed) =
            (id("Page 1"), id("Page 5"), id("Page 10"), id("Page 15"));
        control.update(&changed, Some("Page one"), Some("<p>new words</p>"));
        control.move_to(&moved, &id("Page 20"));
        let reader = sandbox.access().accounts.iter().find(|one| one.role == "reader").unwrap();
        control.restrict(&restricted, &[&reader.account_id], &[]);
        control.trash(&trashed);
        let ran = run(&house, &["sync", "--json"]).await.ok().json();
        assert!(ran["bodies_fetched"].as_u64().unwrap() <= 3, "{ran}");

        let state = state(&house.data()).await;
        assert!(
            state[&changed].contains("new words") && state[&changed].contains("Page one"),
            "{}",
            state[&changed]
        );
        assert!(state[&moved].contains(&id("Page 20")), "{}", state[&moved]);
        assert!(!state.contains_key(&trashed));
        // The service account is not named, so for it the page is gone, and all below it.
        assert!(!state.contains_key(&restricted), "{}", state[&restricted]);
        let again = run(&house, &["sync", "--json"]).await.ok().json();
        assert_eq!(again["bodies_fetched"], 0, "{again}");
    }
}

/// Kills `weir sync` when the sandbox has served `after` more requests, and waits for its end.
async fn killed_sync(house: &Arc<House>, sandbox: &Sandbox, after: u64) {
    let served = |sandbox: &Sandbox| sandbox.control().requests().values().sum::<u64>();
    let goal = served(sandbox) + after;
    let mut child = tokio::process::Command::from(house.weir(&["sync", "ENG"]))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    loop {
        if served(sandbox) >= goal || child.try_wait().unwrap().is_some() {
            break;
        }
        tokio::task::yield_now().await;
    }
    drop(child.start_kill());
    child.wait().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_killed_and_repeated_ends_like_an_undisturbed_one() {
    use rand::{RngExt, SeedableRng, rngs::StdRng};
    let mut random = StdRng::seed_from_u64(20_261_120);
    let faults = Faults { delay_ms: 2, ..Faults::default() };
    let sandbox = sandbox_with(tree(), faults).await;
    let undisturbed = Arc::new(House::new().on_cloud(&sandbox));
    run(&undisturbed, &["sync", "ENG"]).await.ok();
    let expected = state(&undisturbed.data()).await;
    let requests: u64 = sandbox.control().requests().values().sum();
    for point in 0..20 {
        let house = Arc::new(House::new().on_cloud(&sandbox));
        killed_sync(&house, &sandbox, random.random_range(0..requests)).await;
        run(&house, &["sync", "ENG"]).await.ok();
        assert_eq!(state(&house.data()).await, expected, "point {point}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_without_a_terminal_is_plain_lines() {
    let faults = Faults { delay_ms: 30, ..Faults::default() };
    let sandbox = sandbox_with(tree(), faults).await;
    let house = Arc::new(House::new().on_cloud(&sandbox));
    let mut child = tokio::process::Command::from(house.weir(&["sync", "ENG"]))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let first = lines.next_line().await.unwrap().unwrap();
    assert!(first.starts_with("observe: "), "{first}");
    assert!(child.wait().await.unwrap().success());
}

/// The corpus is not part of the project: where it lies beside it, every file must become a page.
#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_a_corpus_is_mirrored_and_found_by_its_title() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/storage");
    if !corpus.is_dir() {
        println!("skipped: there is no corpus at {}", corpus.display());
        return;
    }
    let files: Vec<String> = std::fs::read_dir(&corpus)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "xhtml"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    let sandbox = sandbox(Content::load(&corpus).unwrap()).await;
    let house = Arc::new(House::new().on_cloud(&sandbox));
    let ran = run(&house, &["sync", "all", "--json"]).await.ok().json();
    assert_eq!(ran["inserted"].as_u64().unwrap(), files.len() as u64, "{ran}");
    assert_eq!(ran["failed"], 0, "{ran}");
    for title in files.iter().step_by(20) {
        let found = run(&house, &["search", "--json", "--limit", "5", title]).await.ok().json();
        let hit =
            found["items"].as_array().unwrap().iter().any(|item| item["data"]["title"] == *title);
        assert!(hit, "{title} is not found: {found}");
    }
}
