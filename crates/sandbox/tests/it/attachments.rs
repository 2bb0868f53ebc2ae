//! Files of pages: those of the demo, and those that come in.

use reqwest::header::LOCATION;
use reqwest::{Method, RequestBuilder};
use sandbox::Content;
use serde_json::Value;

use crate::support::{Bed, each, outcome};

const BOUNDARY: &str = "----boundary";

/// Marked as what no form of a foreign page can send.
fn marked(request: RequestBuilder, name: &str, bytes: &str) -> RequestBuilder {
    form(request, name, bytes).header("x-atlassian-token", "no-check")
}

fn form(request: RequestBuilder, name: &str, bytes: &str) -> RequestBuilder {
    let body = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: image/svg+xml\r\n\r\n{bytes}\r\n--{BOUNDARY}--\r\n"
    );
    request.header("content-type", format!("multipart/form-data; boundary={BOUNDARY}")).body(body)
}

async fn page() -> (Bed, String) {
    let bed = Bed::start(Content::empty().page("ENG", None, "Home", "<p>home</p>")).await;
    let id = bed.id("ENG", "Home");
    (bed, id)
}

/// The bytes behind a download path of Cloud, which redirects to a place without credentials.
async fn cloud_bytes(bed: &Bed, path: &str) -> String {
    let response = bed.cloud("administrator", Method::GET, path).send().await.unwrap();
    assert_eq!(response.status(), 302);
    let to = response.headers()[LOCATION].to_str().unwrap().to_owned();
    bed.bare(&to).send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn each_file_of_the_demo_is_listed_and_comes_out_whole_on_both_products() {
    let bed = Bed::start(Content::demo()).await;
    let mut files = 0;
    for space in each(&bed.get("/api/v2/spaces").await, "id") {
        let pages = bed.get(&format!("/api/v2/spaces/{space}/pages?limit=250")).await;
        for page in each(&pages, "id") {
            let listed = bed.get(&format!("/api/v2/pages/{page}/attachments")).await;
            for file in listed["results"].as_array().unwrap() {
                files += 1;
                let title = file["title"].as_str().unwrap();
                let path = file["downloadLink"].as_str().unwrap();
                let bytes = cloud_bytes(&bed, path).await;
                assert_eq!(bytes.len() as u64, file["fileSize"].as_u64().unwrap(), "{title}");
                let path = format!("/download/attachments/{page}/{title}");
                let request = bed.data_center("administrator", Method::GET, &path);
                let response = request.send().await.unwrap();
                assert_eq!(response.text().await.unwrap(), bytes, "{title}");
            }
        }
    }
    assert!(files >= 2, "the demo has {files} files");
}

#[tokio::test]
async fn a_file_that_comes_in_goes_out_the_same() {
    let (bed, id) = page().await;
    let path = format!("/rest/api/content/{id}/child/attachment");
    let upload =
        |name: &str, bytes: &str| marked(bed.cloud("service", Method::POST, &path), name, bytes);
    let (status, answer) = outcome(upload("a.svg", "<svg/>\r\n--")).await;
    assert_eq!((status, answer["size"].as_u64()), (200, Some(1)), "{answer}");
    assert_eq!(answer["results"][0]["title"], "a.svg");
    assert_eq!(
        cloud_bytes(&bed, &format!("/download/attachments/{id}/a.svg")).await,
        "<svg/>\r\n--"
    );

    let upload = marked(bed.data_center("service", Method::POST, &path), "b.svg", "<svg>b</svg>");
    assert_eq!(outcome(upload).await.0, 200);
    let path = format!("/download/attachments/{id}/b.svg");
    let response = bed.data_center("reader", Method::GET, &path).send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), "<svg>b</svg>");
    let listed = bed.get(&format!("/api/v2/pages/{id}/attachments")).await;
    assert_eq!(each(&listed, "title"), ["a.svg", "b.svg"]);
}

#[tokio::test]
async fn a_name_that_is_taken_gets_a_new_version_only_where_that_is_asked_for() {
    let (bed, id) = page().await;
    let path = format!("/rest/api/content/{id}/child/attachment");
    let put =
        |method: Method, bytes: &str| marked(bed.cloud("service", method, &path), "a.svg", bytes);
    assert_eq!(outcome(put(Method::PUT, "one")).await.0, 200);
    assert_eq!(outcome(put(Method::POST, "two")).await.0, 400);
    let (_, answer) = outcome(put(Method::PUT, "three")).await;
    assert_eq!(answer["results"][0]["version"]["number"], Value::Null, "not expanded: {answer}");
    let listed = bed.get(&format!("/api/v2/pages/{id}/attachments")).await;
    assert_eq!(listed["results"].as_array().unwrap().len(), 1);
    assert_eq!(listed["results"][0]["version"]["number"], 2);
    assert_eq!(cloud_bytes(&bed, &format!("/download/attachments/{id}/a.svg")).await, "three");
}

#[tokio::test]
async fn who_may_not_edit_the_page_or_sends_no_form_adds_no_file() {
    let (bed, id) = page().await;
    let path = format!("/rest/api/content/{id}/child/attachment");
    for product in [Bed::cloud, Bed::data_center] {
        let request = marked(product(&bed, "outsider", Method::POST, &path), "a.svg", "x");
        assert_eq!(outcome(request).await.0, 404);
        let request = product(&bed, "service", Method::POST, &path).json(&Value::Null);
        assert_eq!(outcome(request).await.0, 400);
        let forged = form(product(&bed, "service", Method::POST, &path), "a.svg", "x");
        assert_eq!(outcome(forged).await.0, 403);
    }
    let listed = bed.get(&format!("/api/v2/pages/{id}/attachments")).await;
    assert!(listed["results"].as_array().unwrap().is_empty());
}
