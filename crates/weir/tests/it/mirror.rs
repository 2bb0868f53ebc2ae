//! `weir sync` against the sandbox: what changes there is seen after the next run, and a run that
//! is killed leaves nothing behind that the next one does not mend.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use bench::kill::{self, mirrored, tree};
use bench::trial::Trial;
use sandbox::Faults;
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::house::{House, run, sandbox, sandbox_with};

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

        let state = mirrored(&house.data()).await.unwrap();
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

#[test]
fn a_run_that_is_killed_and_repeated_ends_like_an_undisturbed_one() {
    let trial = Trial { seed: 20_261_120, count: 20, progress: &|_| {} };
    kill::prove(&trial, Path::new(env!("CARGO_BIN_EXE_weir"))).unwrap();
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

#[tokio::test(flavor = "multi_thread")]
async fn what_a_command_does_to_the_folder_leaves_its_event() {
    let sandbox = sandbox(tree()).await;
    let house = Arc::new(House::new().on_cloud(&sandbox));
    let mut expected = Vec::new();
    for (arguments, acts) in [
        (&["sync", "ENG"][..], &["sites/connect", "sites/scope", "runs/start"][..]),
        (&["sync"], &["sites/connect", "runs/start"]),
        (&["sync", "all"], &["sites/connect", "sites/scope", "runs/start"]),
        (&["search", "text"], &["tools/call"]),
    ] {
        run(&house, arguments).await.ok();
        expected.extend(acts.iter().map(|&act| act.to_owned()));
        assert_eq!(actions(&house).await, expected);
    }
}

/// Of the events, first to last.
async fn actions(house: &House) -> Vec<String> {
    let url = format!("sqlite:{}", house.data().join("weir.db").display());
    let db = store::Db::open_existing(&url).await.unwrap();
    let organization = store::organization(&db).await.unwrap();
    let mut events = store::events(&db, &organization.id, None, 1000).await.unwrap();
    events.sort_by_key(|event| event.seq);
    events.into_iter().map(|event| event.body.action).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_of_the_machine_is_not_asked_for_this_machine() {
    let sandbox = sandbox(tree()).await;
    let nowhere = "http://127.0.0.1:9";
    let house = House::new().on_cloud(&sandbox);
    let house = Arc::new(house.with("HTTP_PROXY", nowhere).with("http_proxy", nowhere));
    run(&house, &["sync", "all"]).await.ok();
}
