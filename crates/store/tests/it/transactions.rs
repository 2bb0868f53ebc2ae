use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use sqlx::{Connection, PgConnection};
use store::{Db, Environment, SiteId, VisibleClasses};

use crate::harness::{Store, on_each_engine};

on_each_engine! {
    a_transaction_that_is_dropped_leaves_nothing;
    shared
    nobody_sees_a_transaction_before_its_commit,
    writers_in_two_processes_wait_for_each_other,
    the_numbers_of_changes_follow_the_order_of_commits,
}

async fn a_transaction_that_is_dropped_leaves_nothing(store: Store) {
    let site = store.site("north").await;
    let class = store.open_class(&site, "ENG").await;
    store.put(&site, &store.header("1", class), "kept").await;

    let mut write = store.db.write().await.unwrap();
    let environment = &store.environment;
    let mut header = store.header("1", class);
    header.version = 2;
    store::put_page(&mut write, environment, &site, &header, Some(b"lost")).await.unwrap();
    store::delete_page(&mut write, environment, &site, "1").await.unwrap();
    store::put_page(&mut write, environment, &site, &store.header("2", class), None).await.unwrap();
    drop(write);

    let all = VisibleClasses::All;
    let page = store::page(&store.db, &site, &all, "1").await.unwrap().unwrap();
    assert_eq!((page.header.version, page.body), (1, b"kept".to_vec()));
    assert_eq!(store::page(&store.db, &site, &all, "2").await.unwrap(), None);
    assert_eq!(store::last_change(&store.db, &site).await.unwrap(), 1);
    // The number is free again.
    store.put(&site, &store.header("3", class), "").await;
    assert_eq!(store::last_change(&store.db, &site).await.unwrap(), 2);
}

async fn nobody_sees_a_transaction_before_its_commit(store: Store) {
    let site = store.site("north").await;
    let class = store.open_class(&site, "ENG").await;
    let header = store.header("1", class);
    let mut write = store.db.write().await.unwrap();
    store::put_page(&mut write, &store.environment, &site, &header, None).await.unwrap();
    assert_eq!(store::last_change(&store.db, &site).await.unwrap(), 0);
    assert_eq!(store::page(&store.db, &site, &VisibleClasses::All, "1").await.unwrap(), None);
    write.commit().await.unwrap();
    assert_eq!(store::last_change(&store.db, &site).await.unwrap(), 1);
}

/// On SQLite none of them may be told "database is locked".
async fn writers_in_two_processes_wait_for_each_other(store: Store) {
    let site = store.site("north").await;
    let class = store.open_class(&site, "ENG").await;
    let other = store.open_again().await.unwrap();
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let db = if writer % 2 == 0 { store.db.clone() } else { other.clone() };
            let (environment, site) = (store.environment.clone(), site.clone());
            let headers: Vec<_> =
                (0..10).map(|page| store.header(&format!("{writer}{page}"), class)).collect();
            tokio::spawn(async move {
                for header in headers {
                    let mut write = db.write().await.unwrap();
                    store::put_page(&mut write, &environment, &site, &header, None).await.unwrap();
                    write.commit().await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let changes = store::changes_after(&other, &site, 0, 1000).await.unwrap();
    assert!(changes.iter().map(|change| change.seq).eq(1..=80));
    assert_eq!(store::count_pages(&store.db, &site, &VisibleClasses::All).await.unwrap(), 80);
}

/// The first to start is the last to commit; then one that would commit in between must wait.
async fn the_numbers_of_changes_follow_the_order_of_commits(store: Store) {
    let site = store.site("north").await;
    let class = store.open_class(&site, "ENG").await;
    let [early, late, last] = ["early", "late", "last"].map(|id| store.header(id, class));
    let environment = store.environment.clone();

    if store.db.engine() == "PostgreSQL" {
        let mut first = store.db.write().await.unwrap();
        let mut second = store.db.write().await.unwrap();
        store::put_page(&mut second, &environment, &site, &late, None).await.unwrap();
        second.commit().await.unwrap();
        assert_eq!(logged(&store.db, &site).await, ["late"]);
        store::put_page(&mut first, &environment, &site, &early, None).await.unwrap();

        let third = tokio::spawn(put(store.db.clone(), environment, site.clone(), last));
        while !is_a_transaction_blocked(&store.url).await {
            assert!(!third.is_finished(), "it did not wait");
        }
        assert_eq!(logged(&store.db, &site).await, ["late"]);
        first.commit().await.unwrap();
        third.await.unwrap();
    } else {
        // SQLite has one writer: who starts second writes and commits second.
        let mut second = store.db.write().await.unwrap();
        let mut first = pin!(put(store.db.clone(), environment.clone(), site.clone(), early));
        assert!(is_pending(first.as_mut()).await);
        store::put_page(&mut second, &environment, &site, &late, None).await.unwrap();
        assert!(is_pending(first.as_mut()).await);
        second.commit().await.unwrap();
        assert_eq!(logged(&store.db, &site).await, ["late"]);
        first.await;
        put(store.db.clone(), environment, site.clone(), last).await;
    }
    assert_eq!(logged(&store.db, &site).await, ["late", "early", "last"]);
    let changes = store::changes_after(&store.db, &site, 0, 9).await.unwrap();
    assert!(changes.iter().map(|change| change.seq).eq(1..=3));
}

async fn put(db: Db, environment: Environment, site: SiteId, header: store::PageHeader) {
    let mut write = db.write().await.unwrap();
    store::put_page(&mut write, &environment, &site, &header, None).await.unwrap();
    write.commit().await.unwrap();
}

async fn logged(db: &Db, site: &SiteId) -> Vec<String> {
    let changes = store::changes_after(db, site, 0, 9).await.unwrap();
    changes.into_iter().map(|change| change.content_id).collect()
}

async fn is_pending(mut future: std::pin::Pin<&mut impl Future<Output = ()>>) -> bool {
    poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_pending())).await
}

async fn is_a_transaction_blocked(url: &str) -> bool {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let blocked = "SELECT COUNT(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
                   WHERE NOT granted AND datname = current_database()";
    let (count,): (i64,) = sqlx::query_as(blocked).fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    count > 0
}
