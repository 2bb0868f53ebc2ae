//! The index follows the change log of the store.

use std::future::Future;
use std::task::{Context, Waker};

use search::{Index, Query};
use store::{AclClass, VisibleClasses};

use crate::wiki::{Wiki, page};

fn ids(index: &Index, query: &str) -> Vec<String> {
    let hits = index.search(&Query::parse(query), &VisibleClasses::All, 1_000).unwrap();
    let mut ids: Vec<String> = hits.into_iter().map(|hit| hit.content_id).collect();
    ids.sort();
    ids
}

#[tokio::test]
async fn changes_and_deletions_are_seen_after_the_next_catch_up() {
    let wiki = Wiki::new().await;
    let index = Index::in_memory().unwrap();
    assert_eq!(index.catch_up(&wiki.db, &wiki.site).await.unwrap(), 0);
    wiki.put(page("1", "Pool"), "<h1>A</h1><p>old words</p>").await;
    wiki.put(page("2", "Pool"), "<p>other words</p>").await;
    assert!(ids(&index, "pool").is_empty());
    assert_eq!(index.catch_up(&wiki.db, &wiki.site).await.unwrap(), 2);
    assert_eq!(ids(&index, "pool"), ["1", "2"]);

    wiki.put(page("1", "Basin"), "<p>new words</p>").await;
    wiki.delete("2").await;
    assert_eq!(index.catch_up(&wiki.db, &wiki.site).await.unwrap(), 2);
    assert_eq!(ids(&index, "words"), ["1"]);
    assert!(ids(&index, "pool old other").is_empty());
    assert_eq!(index.sections(), 1);
    assert_eq!(index.catch_up(&wiki.db, &wiki.site).await.unwrap(), 0);
}

#[tokio::test]
async fn a_page_that_moves_to_other_rights_leaves_those_who_lost_it() {
    let wiki = Wiki::new().await;
    let classes = wiki.classes(2).await;
    wiki.put(page("1", "Pool"), "").await;
    let index = Index::in_memory().unwrap();
    index.catch_up(&wiki.db, &wiki.site).await.unwrap();
    let mut restricted = page("1", "Pool");
    restricted.acl_class = classes[1];
    wiki.put(restricted, "").await;
    index.catch_up(&wiki.db, &wiki.site).await.unwrap();
    let seen = |class: AclClass| {
        let visible = VisibleClasses::Some([class].into());
        index.search(&Query::parse("pool"), &visible, 10).unwrap().len()
    };
    assert_eq!((seen(classes[0]), seen(classes[1])), (0, 1));
}

#[tokio::test]
async fn an_index_on_disk_goes_on_where_it_stood() {
    let wiki = Wiki::new().await;
    let folder = tempfile::tempdir().unwrap();
    wiki.put(page("1", "Pool"), "").await;
    {
        let index = Index::open(folder.path()).unwrap();
        assert_eq!(index.catch_up(&wiki.db, &wiki.site).await.unwrap(), 1);
    }
    wiki.put(page("2", "Pool"), "").await;
    let index = Index::open(folder.path()).unwrap();
    assert_eq!(ids(&index, "pool"), ["1"]);
    assert_eq!(index.catch_up(&wiki.db, &wiki.site).await.unwrap(), 1);
    assert_eq!(ids(&index, "pool"), ["1", "2"]);
}

#[tokio::test]
async fn more_changes_than_a_batch_holds_are_all_applied() {
    let wiki = Wiki::new().await;
    let word = |number: usize| format!("<p>word{number}</p>");
    wiki.put_all((0..2_300).map(|number| (page(&number.to_string(), "Pool"), word(number)))).await;
    wiki.put_all((0..50).map(|number| (page(&number.to_string(), "Basin"), word(number)))).await;
    let index = Index::in_memory().unwrap();
    assert_eq!(index.catch_up(&wiki.db, &wiki.site).await.unwrap(), 2_350);
    assert_eq!(index.sections(), 2_300);
    assert_eq!(ids(&index, "basin").len(), 50);
    assert_eq!(ids(&index, "word2299"), ["2299"]);
}

#[tokio::test]
async fn calls_at_the_same_time_and_calls_cut_short_end_in_the_same_index() {
    let wiki = Wiki::new().await;
    let index = Index::in_memory().unwrap();
    for polls in 0..30 {
        wiki.put(page(&polls.to_string(), "Pool"), "").await;
        let mut cut_short = std::pin::pin!(index.catch_up(&wiki.db, &wiki.site));
        for _ in 0..polls {
            let mut context = Context::from_waker(Waker::noop());
            if cut_short.as_mut().poll(&mut context).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    let (one, other) =
        tokio::join!(index.catch_up(&wiki.db, &wiki.site), index.catch_up(&wiki.db, &wiki.site));
    assert!(one.is_ok() && other.is_ok());
    assert_eq!(ids(&index, "pool").len(), 30);
    assert_eq!(index.sections(), 0);
}

#[tokio::test]
async fn two_sites_with_the_same_content_ids_do_not_mix() {
    let one = Wiki::new().await;
    let two = one.other_site().await;
    one.put(page("1", "Pool"), "<p>red</p>").await;
    two.put(page("1", "Pool"), "<p>green</p>").await;
    let (first, second) = (Index::in_memory().unwrap(), Index::in_memory().unwrap());
    first.catch_up(&one.db, &one.site).await.unwrap();
    second.catch_up(&two.db, &two.site).await.unwrap();
    assert_eq!((ids(&first, "red"), ids(&first, "green")), (vec!["1".to_owned()], vec![]));
    assert_eq!((ids(&second, "red"), ids(&second, "green")), (vec![], vec!["1".to_owned()]));
    one.delete("1").await;
    first.catch_up(&one.db, &one.site).await.unwrap();
    second.catch_up(&two.db, &two.site).await.unwrap();
    assert!(ids(&first, "pool").is_empty());
    assert_eq!(ids(&second, "pool"), ["1"]);
}

#[tokio::test]
async fn an_index_that_is_given_another_site_or_an_older_store_starts_over() {
    let old = Wiki::new().await;
    old.put(page("1", "Pool"), "").await;
    old.put(page("2", "Pool"), "").await;
    let index = Index::in_memory().unwrap();
    index.catch_up(&old.db, &old.site).await.unwrap();
    let other = old.other_site().await;
    other.put(page("3", "Pool"), "").await;
    assert_eq!(index.catch_up(&other.db, &other.site).await.unwrap(), 1);
    assert_eq!(ids(&index, "pool"), ["3"]);
    // The same ids are made in a store of its own: the site of the first, with a shorter log.
    index.catch_up(&old.db, &old.site).await.unwrap();
    let restored = Wiki::new().await;
    assert_eq!(restored.site, old.site);
    restored.put(page("4", "Pool"), "").await;
    assert_eq!(index.catch_up(&restored.db, &restored.site).await.unwrap(), 1);
    assert_eq!(ids(&index, "pool"), ["4"]);
}
