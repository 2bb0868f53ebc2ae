use std::fs;
use std::path::Path;

use sandbox::{Content, Options, Sandbox, SandboxError};

use crate::support::{Bed, each};

#[tokio::test]
async fn each_folder_becomes_a_space_and_each_file_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("hand-book");
    fs::create_dir_all(root.join("Team A/deep")).unwrap();
    fs::create_dir_all(root.join("team-b")).unwrap();
    fs::write(root.join("welcome.xhtml"), "<p>Hello</p>").unwrap();
    fs::write(root.join("notes.txt"), "no page").unwrap();
    fs::write(root.join("Team A/plan.xhtml"), "<p>Plan</p>").unwrap();
    fs::write(root.join("Team A/deep/plan.xhtml"), "<p>Deep plan</p>").unwrap();
    fs::write(root.join("team-b/plan.xhtml"), "<p>Other plan</p>").unwrap();
    let bed = Bed::start(Content::load(&root).unwrap()).await;
    let spaces = bed.get("/api/v2/spaces?sort=key").await;
    assert_eq!(each(&spaces, "key"), ["HANDBOOK", "TEAMA", "TEAMB"]);
    assert_eq!(each(&spaces, "name"), ["hand-book", "Team A", "team-b"]);
    assert!(bed.control().page_id("HANDBOOK", "welcome").is_some());
    assert!(bed.control().page_id("TEAMB", "plan").is_some());
    let pages = bed.get("/api/v2/pages?sort=title").await;
    assert_eq!(each(&pages, "title"), ["plan", "plan", "Team A/plan", "welcome"]);
}

#[tokio::test]
async fn what_cannot_be_loaded_is_said_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let reason = |path: &Path| match Content::load(path) {
        Err(SandboxError::Load(text)) => text,
        _ => panic!("loaded"),
    };
    assert!(reason(&folder.path().join("missing")).contains("missing"));
    assert!(reason(folder.path()).contains("no *.xhtml"));
    fs::write(folder.path().join("bad.xhtml"), [0xff, 0xfe]).unwrap();
    assert!(reason(folder.path()).contains("bad.xhtml"));
}

#[tokio::test]
async fn content_that_does_not_fit_together_does_not_start() {
    let start = async |content| {
        let options = Options {
            now: std::sync::Arc::new(|| "2026-11-20T12:00:00Z".parse().unwrap()),
            random: std::sync::Arc::new(|bytes| bytes.fill(7)),
            port: 0,
            faults: sandbox::Faults::default(),
        };
        match Sandbox::start(options, content).await {
            Err(SandboxError::Load(text)) => text,
            _ => panic!("started"),
        }
    };
    let orphan = Content::empty().page("ENG", Some("Nowhere"), "Page", "");
    assert!(start(orphan).await.contains("Nowhere"));
    let twice = Content::empty().page("ENG", None, "Page", "").page("ENG", None, "page", "");
    assert!(start(twice).await.contains("twice"));
}

/// The 282 real pages, when they are there.
#[tokio::test]
async fn a_corpus_of_real_pages_is_served() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/storage");
    if !corpus.is_dir() {
        println!("skipped: no corpus at {}", corpus.display());
        return;
    }
    let bed = Bed::start(Content::load(&corpus).unwrap()).await;
    let mut path = "/api/v2/pages?limit=250&body-format=storage".to_owned();
    let mut count = 0;
    loop {
        let list = bed.get(&path).await;
        count += list["results"].as_array().unwrap().len();
        match list["_links"]["next"].as_str() {
            Some(next) => next.strip_prefix("/wiki").unwrap().clone_into(&mut path),
            None => break,
        }
    }
    assert_eq!(count, 282);
    let found = bed.get("/rest/api/search?cql=type=page&limit=300").await;
    assert_eq!(found["totalSize"], 282);
}
