use std::collections::BTreeSet;

use jiff::SignedDuration;
use store::{
    AclClass, Ancestor, ContentKind, ContentStatus, PageHeader, PutPage, Rights, SpaceRecord,
    StoreError, VisibleClasses,
};

use crate::harness::{Store, on_each_engine};

on_each_engine! {
    a_page_comes_back_byte_for_byte,
    each_visible_change_is_one_row_in_the_log_and_a_check_is_none,
    two_sites_keep_their_contents_apart_under_the_same_ids,
    an_unseen_page_is_like_none,
    of_namesakes_the_current_page_is_found,
    headers_come_in_the_order_of_the_ids_asked,
    children_are_listed_in_pages_that_hide_the_unseen,
    the_mirror_lists_a_space_in_pages,
    a_space_is_kept_by_its_key,
    a_page_needs_its_site_and_its_class,
    a_deleted_page_is_gone_and_logged,
}

async fn a_page_comes_back_byte_for_byte(store: Store) {
    let site = store.site("north").await;
    let class = store.open_class(&site, "ENG").await;
    let header = PageHeader {
        title: "Überblick “quoted” \\ 'x' 日本語 🦀".to_owned(),
        kind: ContentKind::BlogPost,
        parent_id: Some("7".to_owned()),
        status: ContentStatus::Archived,
        version: i64::MAX,
        version_by: None,
        labels: vec!["a\"b".to_owned(), String::new()],
        ancestors: vec![Ancestor { id: "7".to_owned(), title: "Up\n".to_owned() }],
        ..store.header("42", class)
    };
    let body: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let mut write = store.db.write().await.unwrap();
    store::put_page(&mut write, &store.environment, &site, &header, Some(&body)).await.unwrap();
    write.commit().await.unwrap();

    let page = store::page(&store.db, &site, &VisibleClasses::All, "42").await.unwrap().unwrap();
    assert_eq!(page.header, header);
    assert_eq!(page.body, body);
}

async fn each_visible_change_is_one_row_in_the_log_and_a_check_is_none(store: Store) {
    let site = store.site("north").await;
    let class = store.open_class(&site, "ENG").await;
    let other = store.class(&site, &Rights::nobody("ENG")).await;
    let first = store.header("1", class);
    let above = Ancestor { id: "9".to_owned(), title: "Nine".to_owned() };
    let base = || first.clone();
    let edits = [
        PageHeader { kind: ContentKind::Folder, ..base() },
        PageHeader { space_key: "OPS".to_owned(), ..base() },
        PageHeader { parent_id: Some("9".to_owned()), ..base() },
        PageHeader { title: "Other".to_owned(), ..base() },
        PageHeader { status: ContentStatus::Archived, ..base() },
        PageHeader { version: 2, ..base() },
        PageHeader { version_at: first.version_at + SignedDuration::from_millis(1), ..base() },
        PageHeader { version_by: None, ..base() },
        PageHeader { url: "https://example.com/moved".to_owned(), ..base() },
        PageHeader { labels: Vec::new(), ..base() },
        PageHeader { ancestors: vec![above], ..base() },
        PageHeader { acl_class: other, ..base() },
    ];
    assert_eq!(store.put(&site, &first, "body").await, PutPage::Inserted);
    let mut expected = 1;
    for header in edits.iter().flat_map(|edited| [edited, &first]) {
        for done in [PutPage::Updated, PutPage::Unchanged] {
            store.clock.advance(1);
            let header = PageHeader { checked_at: store.clock.now(), ..header.clone() };
            assert_eq!(store.put(&site, &header, "body").await, done, "{header:?}");
            let page = store::page(&store.db, &site, &VisibleClasses::All, "1").await.unwrap();
            assert_eq!(page.unwrap().header, header);
        }
        expected += 1;
        assert_eq!(store::last_change(&store.db, &site).await.unwrap(), expected);
    }
    // What the store does not keep is no change.
    let finer =
        PageHeader { version_at: first.version_at + SignedDuration::from_nanos(1), ..base() };
    assert_eq!(store.put(&site, &finer, "body").await, PutPage::Unchanged);

    let renamed = PageHeader { title: "Renamed".to_owned(), ..base() };
    assert_eq!(store.put(&site, &first, "new body").await, PutPage::Updated);
    let mut write = store.db.write().await.unwrap();
    let kept = store::put_page(&mut write, &store.environment, &site, &renamed, None).await;
    assert_eq!(kept.unwrap(), PutPage::Updated);
    write.commit().await.unwrap();
    let page = store::page(&store.db, &site, &VisibleClasses::All, "1").await.unwrap().unwrap();
    assert_eq!((page.header, page.body), (renamed, b"new body".to_vec()));
}

async fn two_sites_keep_their_contents_apart_under_the_same_ids(store: Store) {
    let (north, south) = (store.site("north").await, store.site("south").await);
    for (site, body) in [(&north, "of the north"), (&south, "of the south")] {
        let class = store.open_class(site, "ENG").await;
        assert_eq!(class, AclClass(1));
        assert_eq!(store.put(site, &store.header("1", class), body).await, PutPage::Inserted);
        let mut write = store.db.write().await.unwrap();
        store::put_space(&mut write, site, &space("ENG", body)).await.unwrap();
        write.commit().await.unwrap();
    }
    let mut write = store.db.write().await.unwrap();
    assert!(store::delete_page(&mut write, &store.environment, &north, "1").await.unwrap());
    assert!(store::delete_space(&mut write, &north, "ENG").await.unwrap());
    write.commit().await.unwrap();

    let all = VisibleClasses::All;
    assert_eq!(store::page(&store.db, &north, &all, "1").await.unwrap(), None);
    let page = store::page(&store.db, &south, &all, "1").await.unwrap().unwrap();
    assert_eq!(page.body, b"of the south");
    assert_eq!(store::count_pages(&store.db, &north, &all).await.unwrap(), 0);
    assert_eq!(store::count_pages(&store.db, &south, &all).await.unwrap(), 1);
    assert_eq!(store::spaces(&store.db, &south).await.unwrap(), [space("ENG", "of the south")]);
    assert_eq!(store::last_change(&store.db, &north).await.unwrap(), 2);
    assert_eq!(store::last_change(&store.db, &south).await.unwrap(), 1);
}

async fn an_unseen_page_is_like_none(store: Store) {
    let site = store.site("north").await;
    let open = store.open_class(&site, "ENG").await;
    let closed = store.class(&site, &Rights::nobody("ENG")).await;
    let mut child = store.header("2", closed);
    child.parent_id = Some("1".to_owned());
    store.put(&site, &store.header("1", open), "seen").await;
    store.put(&site, &child, "unseen").await;

    let visible = VisibleClasses::Some(BTreeSet::from([open]));
    let (db, ids) = (&store.db, ["2".to_owned(), "1".to_owned(), "404".to_owned()]);
    assert_eq!(store::page(db, &site, &visible, "2").await.unwrap(), None);
    assert_eq!(store::page_by_title(db, &site, &visible, "ENG", "Page 2").await.unwrap(), None);
    assert_eq!(store::children(db, &site, &visible, "1", None, 9).await.unwrap(), []);
    let headers = store::page_headers(db, &site, &visible, &ids).await.unwrap();
    assert_eq!(headers, [store.header("1", open)]);
    let headers = store::stored_headers(db, &site, &ids).await.unwrap();
    assert_eq!(headers, [child, store.header("1", open)]);
    assert_eq!(store::count_pages(db, &site, &visible).await.unwrap(), 1);
    let none = VisibleClasses::Some(BTreeSet::new());
    assert_eq!(store::page(db, &site, &none, "1").await.unwrap(), None);
    assert_eq!(store::count_pages(db, &site, &VisibleClasses::All).await.unwrap(), 2);
}

async fn of_namesakes_the_current_page_is_found(store: Store) {
    let site = store.site("north").await;
    let class = store.open_class(&site, "ENG").await;
    let closed = store.class(&site, &Rights::nobody("ENG")).await;
    let titled =
        |id: &str, class| PageHeader { title: "Plan".to_owned(), ..store.header(id, class) };
    let archived = PageHeader { status: ContentStatus::Archived, ..titled("1", class) };
    let post = PageHeader { kind: ContentKind::BlogPost, ..titled("2", class) };
    for header in [&archived, &post, &titled("3", closed), &titled("4", class), &titled("5", class)]
    {
        store.put(&site, header, "").await;
    }
    let visible = VisibleClasses::Some(BTreeSet::from([class]));
    let find = |space: &'static str, title: &'static str| {
        store::page_by_title(&store.db, &site, &visible, space, title)
    };
    assert_eq!(find("ENG", "Plan").await.unwrap().unwrap().header.content_id, "4");
    assert_eq!(find("ENG", "plan").await.unwrap(), None);
    assert_eq!(find("OPS", "Plan").await.unwrap(), None);
}

async fn headers_come_in_the_order_of_the_ids_asked(store: Store) {
    let site = store.site("north").await;
    let class = store.open_class(&site, "ENG").await;
    let mut write = store.db.write().await.unwrap();
    for number in 0..450 {
        let header = store.header(&number.to_string(), class);
        store::put_page(&mut write, &store.environment, &site, &header, None).await.unwrap();
    }
    write.commit().await.unwrap();
    let ids: Vec<String> = (0..450).rev().map(|number| number.to_string()).collect();
    let headers = store::page_headers(&store.db, &site, &VisibleClasses::All, &ids).await.unwrap();
    assert!(headers.iter().map(|header| &header.content_id).eq(&ids));
    let none = store::page_headers(&store.db, &site, &VisibleClasses::All, &[]).await.unwrap();
    assert_eq!(none, []);
}

async fn children_are_listed_in_pages_that_hide_the_unseen(store: Store) {
    let site = store.site("north").await;
    let open = store.open_class(&site, "ENG").await;
    let closed = store.class(&site, &Rights::nobody("ENG")).await;
    let mut write = store.db.write().await.unwrap();
    for number in 1000..1500 {
        let class = if number % 100 == 0 { open } else { closed };
        let mut header = store.header(&number.to_string(), class);
        header.parent_id = Some("7".to_owned());
        store::put_page(&mut write, &store.environment, &site, &header, None).await.unwrap();
    }
    write.commit().await.unwrap();
    let visible = VisibleClasses::Some(BTreeSet::from([open]));
    let list = async |after: Option<&str>, limit| {
        let children = store::children(&store.db, &site, &visible, "7", after, limit).await;
        children.unwrap().into_iter().map(|header| header.content_id).collect::<Vec<_>>()
    };
    assert_eq!(list(None, 3).await, ["1000", "1100", "1200"]);
    assert_eq!(list(Some("1200"), 3).await, ["1300", "1400"]);
    assert_eq!(list(Some("1400"), 3).await, [""; 0]);
    assert_eq!(list(None, 0).await, [""; 0]);
}

async fn the_mirror_lists_a_space_in_pages(store: Store) {
    let site = store.site("north").await;
    let class = store.class(&site, &Rights::nobody("ENG")).await;
    for id in ["9", "10", "100", "2"] {
        store.put(&site, &store.header(id, class), "").await;
    }
    let elsewhere = PageHeader { space_key: "OPS".to_owned(), ..store.header("3", class) };
    store.put(&site, &elsewhere, "").await;
    let mut listed = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page =
            store::headers_after(&store.db, &site, "ENG", after.as_deref(), 3).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.content_id.clone());
        listed.extend(page.into_iter().map(|header| header.content_id));
    }
    assert_eq!(listed, ["10", "100", "2", "9"]);
}

async fn a_space_is_kept_by_its_key(store: Store) {
    let site = store.site("north").await;
    let mut write = store.db.write().await.unwrap();
    for space in [space("b", "one"), space("A", "two"), space("~x", "three"), space("A", "four")] {
        store::put_space(&mut write, &site, &space).await.unwrap();
    }
    write.commit().await.unwrap();
    // Bytes, not the collation of the engine, give the order.
    let expected = [space("A", "four"), space("b", "one"), space("~x", "three")];
    assert_eq!(store::spaces(&store.db, &site).await.unwrap(), expected);
    let mut write = store.db.write().await.unwrap();
    assert!(store::delete_space(&mut write, &site, "A").await.unwrap());
    assert!(!store::delete_space(&mut write, &site, "A").await.unwrap());
}

async fn a_page_needs_its_site_and_its_class(store: Store) {
    let site = store.site("north").await;
    let class = store.open_class(&site, "ENG").await;
    let nowhere = store::SiteId::new(&store.environment);
    for (site, class) in [(&nowhere, class), (&site, AclClass(99))] {
        let header = store.header("1", class);
        let mut write = store.db.write().await.unwrap();
        let refused = store::put_page(&mut write, &store.environment, site, &header, None).await;
        assert!(matches!(refused, Err(StoreError::NotFound | StoreError::Query(_))));
    }
}

async fn a_deleted_page_is_gone_and_logged(store: Store) {
    let site = store.site("north").await;
    let class = store.open_class(&site, "ENG").await;
    store.put(&site, &store.header("1", class), "").await;
    let mut write = store.db.write().await.unwrap();
    assert!(store::delete_page(&mut write, &store.environment, &site, "1").await.unwrap());
    assert!(!store::delete_page(&mut write, &store.environment, &site, "1").await.unwrap());
    write.commit().await.unwrap();
    let changes = store::changes_after(&store.db, &site, 0, 9).await.unwrap();
    let deleted: Vec<bool> = changes.iter().map(|change| change.deleted).collect();
    assert_eq!(deleted, [false, true]);
    assert_eq!(store::changes_after(&store.db, &site, 1, 9).await.unwrap(), changes[1..]);
    assert_eq!(store::changes_after(&store.db, &site, 0, 1).await.unwrap(), changes[..1]);
    assert_eq!(store.put(&site, &store.header("1", class), "").await, PutPage::Inserted);
}

fn space(key: &str, name: &str) -> SpaceRecord {
    SpaceRecord {
        space_id: "98305".to_owned(),
        key: key.to_owned(),
        name: name.to_owned(),
        kind: "global".to_owned(),
        url: format!("https://example.com/wiki/spaces/{key}"),
        homepage_id: None,
    }
}
