use sandbox::Content;

use crate::support::Bed;

/// Counted work, not time: 40 pages of a list over 10,000 pages, in two orders.
#[tokio::test]
async fn ten_thousand_pages_are_listed_and_served() {
    let mut content = Content::empty().page("BIG", None, "Page 0", "<p>root</p>");
    for number in 1..10_000 {
        let parent = format!("Page {}", (number - 1) / 10);
        content = content.page("BIG", Some(&parent), &format!("Page {number}"), "<p>text</p>");
    }
    let bed = Bed::start(content).await;
    for sort in ["id", "-modified-date"] {
        let mut path = format!("/api/v2/pages?limit=250&sort={sort}");
        let mut seen = std::collections::BTreeSet::new();
        loop {
            let list = bed.get(&path).await;
            for page in list["results"].as_array().unwrap() {
                seen.insert(page["id"].as_str().unwrap().to_owned());
            }
            match list["_links"]["next"].as_str() {
                Some(next) => next.strip_prefix("/wiki").unwrap().clone_into(&mut path),
                None => break,
            }
        }
        assert_eq!(seen.len(), 10_000);
    }
    assert_eq!(bed.control().requests()["GET /wiki/api/v2/pages"], 80);
}
