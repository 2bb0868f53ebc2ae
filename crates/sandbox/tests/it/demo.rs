use sandbox::Content;

use crate::support::Bed;

#[tokio::test]
async fn the_demo_site_holds_together() {
    let bed = Bed::start(Content::demo()).await;
    let spaces = bed.get("/api/v2/spaces?limit=250").await;
    assert!(spaces["results"].as_array().unwrap().len() >= 2);
    for space in spaces["results"].as_array().unwrap() {
        assert!(space["homepageId"].is_string(), "{space}");
    }
}
