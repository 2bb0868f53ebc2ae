//! Real pages: every file of a corpus becomes a page, and each is found by what it alone says.
//!
//! The corpus is not part of the project; where it does not lie beside it, there is nothing to do.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sandbox::Content;
use search::{Index, Query};
use store::{Db, VisibleClasses};

use crate::house::{House, environment, run, sandbox};

const FIRST: usize = 5;

/// Words of its own by which each page is looked for: the shortest and the longest. To look for all
/// of them (4,000 in the corpus) takes minutes.
const EACH_END: usize = 1;

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_a_corpus_is_found_by_its_title_and_by_a_word_of_its_own() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/storage");
    if !corpus.is_dir() {
        println!("skipped: there is no corpus at {}", corpus.display());
        return;
    }
    let pages = pages(&corpus);
    let sandbox = sandbox(Content::load(&corpus).unwrap()).await;
    let house = Arc::new(House::new().on_cloud(&sandbox));
    let ran = run(&house, &["sync", "all", "--json"]).await.ok().json();
    assert_eq!(ran["inserted"].as_u64().unwrap(), pages.len() as u64, "{ran}");
    assert_eq!(ran["failed"], 0, "{ran}");

    let mirror = Mirror::open(&house).await;
    let mut missed = Vec::new();
    for (title, words) in own_words(&pages) {
        for query in std::iter::once(title).chain(&words) {
            if !mirror.titles(query).contains(&title) {
                missed.push((query.clone(), title));
            }
        }
    }
    assert!(missed.is_empty(), "{} searches fail: {missed:#?}", missed.len());
}

/// The mirror that a run left behind, read as the program reads it.
struct Mirror {
    index: Index,
    titles: BTreeMap<String, String>,
}

impl Mirror {
    async fn open(house: &House) -> Self {
        let url = format!("sqlite:{}", house.data().join("weir.db").display());
        let db = Db::open(&environment(), &url).await.unwrap();
        let organization = store::organization(&db).await.unwrap();
        let site = store::sites(&db, &organization.id).await.unwrap().remove(0).id;
        let index = Index::open(&house.data().join("index").join(site.as_str())).unwrap();
        assert_eq!(index.catch_up(&db, &site).await.unwrap(), 0, "the run left the index behind");
        let mut titles = BTreeMap::new();
        for space in store::spaces(&db, &site).await.unwrap() {
            for page in store::headers_after(&db, &site, &space.key, None, 10_000).await.unwrap() {
                titles.insert(page.content_id, page.title);
            }
        }
        Self { index, titles }
    }

    /// What a person looks at before asking again.
    fn titles(&self, query: &str) -> Vec<&String> {
        let hits = self.index.search(&Query::parse(query), &VisibleClasses::All, FIRST).unwrap();
        hits.iter().map(|hit| &self.titles[&hit.content_id]).collect()
    }
}

/// Title and body of each file.
fn pages(corpus: &Path) -> BTreeMap<String, String> {
    let files = std::fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path());
    let is_page = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "xhtml");
    files
        .filter(is_page)
        .map(|path| {
            let title = path.file_stem().unwrap().to_string_lossy().into_owned();
            (title, std::fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// Each page with some of the words that it alone has, if it has any.
fn own_words(pages: &BTreeMap<String, String>) -> BTreeMap<&String, Vec<String>> {
    let mut having: BTreeMap<String, BTreeSet<&String>> = BTreeMap::new();
    for (title, body) in pages {
        for word in words(title).chain(words(&document::plain_text(body))).chain(words(&view(body)))
        {
            having.entry(word).or_default().insert(title);
        }
    }
    pages.iter().map(|(title, body)| (title, some_of(&own_of(body, &having)))).collect()
}

/// Shortest first. Both readings of the page have it: neither has made it of what was apart.
fn own_of(body: &str, having: &BTreeMap<String, BTreeSet<&String>>) -> Vec<String> {
    let seen: BTreeSet<String> = words(&view(body)).collect();
    let mut own: Vec<String> = words(&document::plain_text(body))
        .filter(|word| seen.contains(word) && having[word].len() == 1)
        .collect();
    own.sort_by_key(|word| (word.chars().count(), word.clone()));
    own.dedup();
    own
}

fn some_of(own: &[String]) -> Vec<String> {
    let (shortest, longer) = own.split_at(own.len().min(EACH_END));
    shortest.iter().chain(longer.iter().rev().take(EACH_END)).cloned().collect()
}

fn view(body: &str) -> String {
    document::to_markdown(body, &document::ViewOptions::default()).markdown
}

/// With a letter; longer ones are blobs, which are not indexed.
fn words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|letter: char| !letter.is_alphanumeric());
    words
        .filter(|word| word.len() <= 128 && word.contains(char::is_alphabetic))
        .map(str::to_lowercase)
}
