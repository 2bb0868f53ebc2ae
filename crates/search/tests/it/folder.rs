//! The index on disk: other formats, damage, crashes, other people's folders.

use std::fs;
use std::path::Path;

use search::{Index, Query, SearchError};
use store::VisibleClasses;
use tantivy::TantivyDocument;
use tantivy::tokenizer::TextAnalyzer;
use tempfile::TempDir;

use crate::wiki::{Wiki, page};

async fn wiki() -> Wiki {
    let wiki = Wiki::new().await;
    wiki.put(page("1", "Pool"), "<p>red</p>").await;
    wiki.put(page("2", "Pool"), "<p>green</p>").await;
    wiki
}

/// Opens the index in `folder`, brings it up to date and drops it; returns what "pool" finds.
async fn reopened(folder: &Path, wiki: &Wiki) -> Vec<String> {
    let index = Index::open(folder).unwrap();
    index.catch_up(&wiki.db, &wiki.site).await.unwrap();
    ids(&index)
}

fn ids(index: &Index) -> Vec<String> {
    let hits = index.search(&Query::parse("pool"), &VisibleClasses::All, 10).unwrap();
    let mut ids: Vec<String> = hits.into_iter().map(|hit| hit.content_id).collect();
    ids.sort();
    ids
}

fn copy(from: &Path) -> TempDir {
    let to = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.path().join(entry.file_name())).unwrap();
    }
    to
}

#[tokio::test]
async fn an_index_of_another_format_is_emptied_and_rebuilt() {
    let wiki = wiki().await;
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(reopened(folder.path(), &wiki).await, ["1", "2"]);
    fs::write(folder.path().join("format"), "weir search index 0\n").unwrap();
    let index = Index::open(folder.path()).unwrap();
    assert!(ids(&index).is_empty());
    assert_eq!(index.catch_up(&wiki.db, &wiki.site).await.unwrap(), 2);
    assert_eq!(ids(&index), ["1", "2"]);
}

#[tokio::test]
async fn a_missing_or_torn_file_is_noticed_and_the_index_rebuilt() {
    let wiki = wiki().await;
    let sound = tempfile::tempdir().unwrap();
    reopened(sound.path(), &wiki).await;
    let names: Vec<_> =
        fs::read_dir(sound.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.len() > 6, "{names:?}");
    for name in names {
        for torn in [false, true] {
            let damaged = copy(sound.path());
            let path = damaged.path().join(&name);
            let content = fs::read(&path).unwrap();
            fs::remove_file(&path).unwrap();
            if torn {
                fs::write(&path, &content[..content.len() / 2]).unwrap();
            }
            assert_eq!(reopened(damaged.path(), &wiki).await, ["1", "2"], "{name:?} torn {torn}");
        }
    }
}

#[tokio::test]
async fn a_crash_before_the_commit_is_repeated_by_the_next_start() {
    let wiki = wiki().await;
    let folder = tempfile::tempdir().unwrap();
    reopened(folder.path(), &wiki).await;
    wiki.delete("1").await;
    wiki.put(page("3", "Pool"), "").await;

    // What a batch does, up to the last instant before its commit counts.
    let raw = tantivy::Index::open_in_dir(folder.path()).unwrap();
    for tokenizer in ["weir_text", "weir_title", "weir_written"] {
        raw.tokenizers().register(tokenizer, TextAnalyzer::default());
    }
    let content_id = raw.schema().get_field("content_id").unwrap();
    let mut writer = raw.writer_with_num_threads(1, 15_000_000).unwrap();
    let mut half_written = TantivyDocument::default();
    half_written.add_text(content_id, "3");
    writer.delete_term(tantivy::Term::from_field_text(content_id, "1"));
    writer.add_document(half_written).unwrap();
    let commit = writer.prepare_commit().unwrap();
    let crashed = copy(folder.path());
    drop(commit);

    let index = Index::open(crashed.path()).unwrap();
    assert_eq!(ids(&index), ["1", "2"]);
    assert_eq!(index.catch_up(&wiki.db, &wiki.site).await.unwrap(), 2);
    assert_eq!(ids(&index), ["2", "3"]);
}

#[tokio::test]
async fn a_second_writer_is_refused_and_the_first_goes_on() {
    let wiki = wiki().await;
    let folder = tempfile::tempdir().unwrap();
    let first = Index::open(folder.path()).unwrap();
    first.catch_up(&wiki.db, &wiki.site).await.unwrap();
    wiki.put(page("3", "Pool"), "").await;
    let second = Index::open(folder.path()).unwrap();
    let refused = second.catch_up(&wiki.db, &wiki.site).await;
    assert!(matches!(refused, Err(SearchError::Index(_))));
    assert_eq!(ids(&second), ["1", "2"]);
    assert_eq!(first.catch_up(&wiki.db, &wiki.site).await.unwrap(), 1);
    assert_eq!(ids(&first), ["1", "2", "3"]);
}

#[test]
fn a_folder_with_other_peoples_files_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("letters.txt"), "dear").unwrap();
    assert!(matches!(Index::open(folder.path()), Err(SearchError::Open(_))));
    assert_eq!(fs::read_to_string(folder.path().join("letters.txt")).unwrap(), "dear");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_folder_that_is_not_there_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::open(&folder.path().join("a/b")).unwrap();
    assert_eq!(index.sections(), 0);
}

#[tokio::test]
async fn a_reader_sees_what_another_writes_and_writes_nothing_itself() {
    let wiki = wiki().await;
    let folder = tempfile::tempdir().unwrap();
    let writer = Index::open(folder.path()).unwrap();
    writer.catch_up(&wiki.db, &wiki.site).await.unwrap();
    let reader = Index::open_to_read(folder.path()).unwrap().unwrap();
    assert_eq!(ids(&reader), ["1", "2"]);
    wiki.put(page("3", "Pool"), "<p>blue</p>").await;
    writer.catch_up(&wiki.db, &wiki.site).await.unwrap();
    assert_eq!(ids(&reader), ["1", "2"]);
    reader.reload().unwrap();
    assert_eq!(ids(&reader), ["1", "2", "3"]);
}

#[tokio::test]
async fn a_reader_leaves_an_index_of_another_format_alone() {
    let wiki = wiki().await;
    let folder = tempfile::tempdir().unwrap();
    assert!(Index::open_to_read(&folder.path().join("absent")).unwrap().is_none());
    reopened(folder.path(), &wiki).await;
    fs::write(folder.path().join("format"), "weir search index 0\n").unwrap();
    let names = || {
        let entries = fs::read_dir(folder.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name()).collect::<std::collections::BTreeSet<_>>()
    };
    let before = names();
    assert!(Index::open_to_read(folder.path()).unwrap().is_none());
    assert_eq!(names(), before);
}
