use std::pin::pin;

use atlassian::{ContentKind, ErrorKind, Space};
use futures_util::TryStreamExt;
use serde_json::{Value, json};

use crate::server::{Server, json, status};

fn space() -> Space {
    Space {
        id: "7".into(),
        key: "ENG".into(),
        name: "Engineering".into(),
        kind: "global".into(),
        url: String::new(),
        homepage_id: None,
    }
}

fn pages(ids: impl IntoIterator<Item = usize>) -> Vec<Value> {
    let page = |id: usize| json!({"id": id.to_string(), "type": "page", "title": format!("P{id}")});
    ids.into_iter().map(page).collect()
}

async fn ids(
    listing: impl futures_util::Stream<Item = atlassian::Result<atlassian::PageMeta>>,
) -> atlassian::Result<Vec<String>> {
    listing.map_ok(|meta| meta.id.to_string()).try_collect().await
}

#[tokio::test]
async fn cloud_goes_from_cursor_to_cursor() {
    let server = Server::start(|number, _| {
        let next = format!("/wiki/api/v2/spaces/7/pages?limit=250&cursor=c{}", number + 1);
        let links = if number < 2 { json!({"next": next}) } else { json!({}) };
        json(json!({"results": pages([2 * number + 1, 2 * number + 2]), "_links": links}))
    })
    .await;
    let found = ids(server.cloud().pages_in_space(&space())).await.unwrap();
    assert_eq!(found, ["1", "2", "3", "4", "5", "6"]);
    assert_eq!(
        server.targets(),
        [
            "/wiki/api/v2/spaces/7/pages?status=current&status=archived&limit=250",
            "/wiki/api/v2/spaces/7/pages?limit=250&cursor=c1",
            "/wiki/api/v2/spaces/7/pages?limit=250&cursor=c2",
        ]
    );
}

#[tokio::test]
async fn a_listing_asks_for_no_page_before_it_is_needed() {
    let server = Server::start(|number, _| {
        let next = format!("/wiki/api/v2/spaces/7/pages?cursor=c{}", number + 1);
        json(json!({"results": pages([number + 1]), "_links": {"next": next}}))
    })
    .await;
    let session = server.cloud();
    let mut listing = pin!(session.pages_in_space(&space()));
    assert!(server.seen().is_empty());
    assert_eq!(listing.try_next().await.unwrap().unwrap().id.as_str(), "1");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn data_center_counts_what_it_got() {
    // Lowers the limit to 3 without saying so, counts its next link by the limit asked for, and
    // repeats the last entry of the page before on the last one.
    let server = Server::start(|_, seen| {
        let start: usize = seen.query("start").unwrap().parse().unwrap();
        let results = match start {
            0 => pages(1..=3),
            3 => pages(4..=6),
            _ => pages([6, 7]),
        };
        let next = format!("/rest/api/content?limit=200&start={}", start + 200);
        let links = if start < 6 { json!({"next": next}) } else { json!({}) };
        json(json!({"results": results, "_links": links}))
    })
    .await;
    let found = ids(server.data_center().pages_in_space(&space())).await.unwrap();
    assert_eq!(found, ["1", "2", "3", "4", "5", "6", "7"]);
    let starts: Vec<_> = server.seen().iter().filter_map(|seen| seen.query("start")).collect();
    assert_eq!(starts, ["0", "3", "6"]);
}

#[tokio::test]
async fn an_empty_page_with_a_next_link_does_not_end_the_listing() {
    // What the credential may not see was taken out of the second page and of the third.
    let server = Server::start(|number, seen| {
        let ids = match number % 4 {
            0 => pages(1..=2),
            3 => pages(7..=8),
            _ => pages([]),
        };
        let next = format!("{}&x=1", seen.target());
        let links = if number % 4 < 3 { json!({"next": next}) } else { json!({}) };
        json(json!({"results": ids, "limit": 2, "_links": links}))
    })
    .await;
    let cloud = ids(server.cloud().pages_in_space(&space())).await.unwrap();
    assert_eq!((cloud, server.seen().len()), (["1", "2", "7", "8"].map(str::to_owned).into(), 4));

    let data_center = ids(server.data_center().pages_in_space(&space())).await.unwrap();
    assert_eq!(data_center, ["1", "2", "7", "8"]);
    let starts: Vec<_> = server.seen()[4..].iter().filter_map(|seen| seen.query("start")).collect();
    assert_eq!(starts, ["0", "2", "4", "6"]);
}

#[tokio::test]
async fn a_listing_of_nothing_but_empty_pages_fails() {
    let server = Server::start(|number, seen| {
        let ids = 1..if number == 0 { 3 } else { 1 };
        let next = format!("{}&x=1", seen.target());
        json(json!({"results": pages(ids), "_links": {"next": next}}))
    })
    .await;
    for session in [server.cloud(), server.data_center()] {
        let error = ids(session.pages_in_space(&space())).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unreadable);
    }
    assert!(server.seen().len() < 150, "{} requests", server.seen().len());
}

#[tokio::test]
async fn a_listing_that_repeats_itself_ends() {
    let server = Server::start(|_, seen| {
        json(json!({"results": pages(1..=2), "_links": {"next": seen.target()}}))
    })
    .await;
    let cloud = ids(server.cloud().pages_in_space(&space())).await.unwrap_err();
    assert_eq!(cloud.kind, ErrorKind::Unreadable);
    let data_center = ids(server.data_center().pages_in_space(&space())).await.unwrap();
    assert_eq!(data_center, ["1", "2"]);
}

#[tokio::test]
async fn a_listing_that_leads_in_a_circle_fails() {
    // From the first page to b, from b to a, from a to b.
    let server = Server::start(|number, _| {
        let cursor = if number % 2 == 0 { "b" } else { "a" };
        let next = format!("/wiki/api/v2/spaces/7/pages?cursor={cursor}");
        json(json!({"results": pages([number + 1]), "_links": {"next": next}}))
    })
    .await;
    let error = ids(server.cloud().pages_in_space(&space())).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreadable);
    assert_eq!(error.detail, "the listing leads in a circle");
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn a_listing_without_an_end_fails() {
    let server = Server::start(|number, _| {
        let next = format!("/rest/api/content?cursor={number}");
        json(json!({"results": pages([number + 1]), "_links": {"next": next}}))
    })
    .await;
    for session in [server.cloud(), server.data_center()] {
        let error = ids(session.pages_in_space(&space())).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unreadable);
        assert_eq!(error.detail, "a listing without an end");
    }
    assert_eq!(server.seen().len(), 8_000);
}

#[tokio::test]
async fn what_fails_in_the_middle_fails_the_listing() {
    let broken: [fn() -> axum::response::Response; 3] = [
        || status(500, ""),
        || json(json!({"message": "no list"})),
        || json(json!({"results": [{"title": "without id"}]})),
    ];
    for second in broken {
        let server = Server::start(move |number, seen| match number {
            0 => {
                let next = format!("{}&start=2", seen.target());
                json(json!({"results": pages(1..=2), "_links": {"next": next}}))
            }
            _ => second(),
        })
        .await;
        assert!(ids(server.cloud().pages_in_space(&space())).await.is_err());
        let server = Server::start(move |number, _| match number {
            0 => json(json!({"results": pages(1..=2), "_links": {"next": "/rest/api/content"}})),
            _ => second(),
        })
        .await;
        assert!(ids(server.data_center().pages_in_space(&space())).await.is_err());
    }
}

#[tokio::test]
async fn children_of_a_folder_are_found_where_folders_are() {
    let server = Server::start(|_, seen| {
        if seen.target().contains("/pages/") {
            return status(404, "");
        }
        let child = |id: &str, kind: &str| json!({"id": id, "type": kind, "title": "T"});
        let children = ["page", "folder", "whiteboard"].map(|kind| child("3", kind));
        json(json!({"results": children}))
    })
    .await;
    let session = server.cloud();
    let children: Vec<_> = session.children(&"2".parse().unwrap()).try_collect().await.unwrap();
    let kinds: Vec<_> = children.iter().map(|child| child.kind).collect();
    assert_eq!(kinds, [ContentKind::Page, ContentKind::Folder]);
    assert!(children.iter().all(|child| child.parent_id.as_deref() == Some("2")));
    assert_eq!(
        server.targets(),
        [
            "/wiki/api/v2/pages/2/direct-children?limit=250",
            "/wiki/api/v2/folders/2/direct-children?limit=250",
        ]
    );
}

#[tokio::test]
async fn ancestors_beyond_one_answer_are_asked_of_the_highest() {
    let ancestors = |ids: std::ops::Range<usize>, kind: &str| -> Value {
        ids.map(|id| json!({"id": id.to_string(), "type": kind})).collect()
    };
    let server = Server::start(move |number, _| match number {
        0 => json(json!({"results": ancestors(300..550, "folder")})),
        _ => json(json!({"results": ancestors(1..4, "page")})),
    })
    .await;
    let chain = server.cloud().ancestors(&"999".parse().unwrap()).await.unwrap();
    assert_eq!(chain.len(), 253);
    assert_eq!((chain[0].id.as_str(), chain[0].kind.as_str()), ("1", "page"));
    assert_eq!((chain[252].id.as_str(), chain[252].kind.as_str()), ("549", "folder"));
    assert_eq!(server.targets()[1], "/wiki/api/v2/folders/300/ancestors?limit=250");
}
