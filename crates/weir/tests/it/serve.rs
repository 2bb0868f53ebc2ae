//! `weir serve` as a process: one at a time on a folder, other commands go through it, and it
//! mirrors by itself.

use std::process::Stdio;
use std::sync::Arc;

use rmcp::ServiceExt;
use rmcp::model::CallToolRequestParams;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use sandbox::{Content, Faults, Sandbox};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Child;

use crate::house::{House, run, sandbox};

/// A server that is killed when dropped.
struct Server {
    child: Child,
    url: String,
    sign_in: Option<String>,
}

async fn serve(house: &House, more: &[&str]) -> Server {
    let arguments = [&["serve", "--listen", "127.0.0.1:0"], more].concat();
    let mut child = tokio::process::Command::from(house.weir(&arguments))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut said = Vec::new();
    let mut url = None;
    let mut sign_in = None;
    while let Some(line) = lines.next_line().await.unwrap() {
        if let Some(at) = line.find("http://") {
            let link = line[at..].split_whitespace().next().unwrap().to_owned();
            if line.contains(" MCP ") {
                url = Some(link.trim_end_matches("/mcp").to_owned());
            } else if line.contains("console") {
                sign_in = Some(link);
                break;
            }
        }
        said.push(line);
    }
    let url = url.unwrap_or_else(|| panic!("the server did not start: {said:#?}"));
    // What it says later must not block it.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Server { child, url, sign_in }
}

#[expect(clippy::disallowed_methods, reason = "asks the server under test")]
pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .unwrap()
}

/// Until the overview says that the mirror has succeeded once.
async fn mirrored(house: &Arc<House>) -> Value {
    loop {
        let overview = run(house, &["status", "--json"]).await.ok().json();
        match overview["sites"][0]["sources"][0]["last_run"]["state"].as_str() {
            Some("succeeded") => return overview,
            Some("failed") => panic!("{overview}"),
            _ => tokio::task::yield_now().await,
        }
    }
}

async fn demo_house() -> (Sandbox, Arc<House>) {
    let sandbox = sandbox(Content::demo()).await;
    let house = Arc::new(House::new().on_cloud(&sandbox));
    (sandbox, house)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_mirrors_by_itself_and_commands_go_through_it() {
    let (_sandbox, house) = demo_house().await;
    let _server = serve(&house, &["--mirror", "all"]).await;
    let overview = mirrored(&house).await;
    assert!(overview["sites"][0]["pages"].as_u64().unwrap() > 40, "{overview}");
    // The index follows the store, so it may be a moment behind the run.
    let found = loop {
        let found = run(&house, &["search", "--json", "roll back a deployment"]).await.ok().json();
        if found["items"].as_array().is_some_and(|items| !items.is_empty()) {
            break found;
        }
    };
    assert_eq!(found["items"][0]["data"]["title"], "Roll back a deployment", "{found}");
    assert_eq!(found["facts"]["source"], "mirror", "{found}");
    // The next run waits for its interval; asked for, it goes now.
    let last = overview["sites"][0]["sources"][0]["last_run"].clone();
    assert_eq!(run(&house, &["sync", "--json"]).await.ok().json()["runs"][0]["queued"], true);
    while mirrored(&house).await["sites"][0]["sources"][0]["last_run"] == last {}
    let ran = run(&house, &["sync", "ENG"]).await;
    assert_eq!(ran.status, Some(5), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_mirrors_nothing_says_so() {
    let (_sandbox, house) = demo_house().await;
    let _server = serve(&house, &[]).await;
    let ran = run(&house, &["sync"]).await;
    assert_eq!(ran.status, Some(2), "{ran:?}");
    assert!(ran.err.contains("scope_missing") && ran.err.contains("--mirror"), "{ran:?}");
}

/// A server that is started without a site goes on with the folder's, as this start says.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_start_says_holds_for_the_sites_of_the_folder() {
    let (_sandbox, house) = demo_house().await;
    let data = house.data();
    drop(serve(&house, &["--visibility", "everyone", "--mirror", "OPS"]).await);
    let shared = async || crate::beside::stored(&house).await.1[0].visibility;
    assert_eq!(shared().await, store::Visibility::Everyone);
    let bare = Arc::new(House::new().with("WEIR_DATA", data.to_str().unwrap()));
    let server = serve(&bare, &["--mirror", "ENG"]).await;
    assert_eq!(shared().await, store::Visibility::Mapped);
    let status = run(&bare, &["status", "--json"]).await.ok().json();
    assert_eq!(status["sites"][0]["sources"][0]["scope"], "Spaces ENG", "{status}");
    drop(server);
    let nothing = Arc::new(House::new());
    let ran = run(&nothing, &["serve", "--listen", "127.0.0.1:0", "--mirror", "ENG"]).await;
    assert_eq!(ran.status, Some(3), "{ran:?}");
    assert!(ran.err.contains("site_missing"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_on_the_same_folder_refuses() {
    let (_sandbox, house) = demo_house().await;
    let server = serve(&house, &[]).await;
    let ran = run(&house, &["serve", "--listen", "127.0.0.1:0"]).await;
    assert_eq!(ran.status, Some(5), "{ran:?}");
    assert!(ran.err.contains("data_folder_busy") && ran.err.contains(&server.url), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_killed_leaves_the_folder_usable() {
    let (_sandbox, house) = demo_house().await;
    drop(serve(&house, &["--mirror", "all"]).await);
    // The kernel lets the lock go with the process, which the drop above has only asked to end.
    loop {
        let ran = run(&house, &["sync", "all"]).await;
        match ran.status {
            Some(0) => break,
            Some(5) => {}
            _ => panic!("{ran:?}"),
        }
    }
}

/// Well before the lease of its job would have ended.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_killed_goes_on_with_the_next_server() {
    let (sandbox, house) = demo_house().await;
    sandbox.control().set_faults(Faults { delay_ms: 200, ..Faults::default() });
    let mut server = serve(&house, &["--mirror", "all"]).await;
    loop {
        let overview = run(&house, &["status", "--json"]).await.ok().json();
        if overview["sites"][0]["sources"][0]["last_run"]["state"] == "running" {
            break;
        }
    }
    server.child.kill().await.unwrap();
    sandbox.control().set_faults(Faults::default());
    let _server = serve(&house, &["--mirror", "all"]).await;
    let overview = mirrored(&house).await;
    assert!(overview["sites"][0]["pages"].as_u64().unwrap() > 40, "{overview}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_with_a_token_sees_its_spaces_and_no_more() {
    let (sandbox, house) = demo_house().await;
    let server = serve(&house, &["--mirror", "all"]).await;
    mirrored(&house).await;
    let token = run(&house, &["token", "create", "agent", "--space", "ENG"])
        .await
        .ok()
        .out
        .trim()
        .to_owned();
    let config = StreamableHttpClientTransportConfig::with_uri(format!("{}/mcp", server.url))
        .auth_header(token.clone());
    let client =
        ().serve(StreamableHttpClientTransport::with_client(http(), config)).await.unwrap();
    let call = async |tool: &'static str, arguments: Value| {
        let arguments = arguments.as_object().cloned().unwrap();
        client.call_tool(CallToolRequestParams::new(tool).with_arguments(arguments)).await.unwrap()
    };
    let open = sandbox.control().page_id("ENG", "Webhooks").unwrap();
    assert_ne!(call("confluence_get_page", json!({"page_id": open})).await.is_error, Some(true));
    let closed = sandbox.control().page_id("OPS", "Backup and restore").unwrap();
    let refused = call("confluence_get_page", json!({"page_id": closed})).await;
    let unknown = call("confluence_get_page", json!({"page_id": "987654321"})).await;
    assert_eq!(refused.is_error, Some(true));
    assert_eq!(refused, unknown);
    let listed = run(&house, &["token", "list", "--json"]).await.ok().json();
    let id =
        listed["tokens"].as_array().unwrap().iter().find(|token| token["name"] == "agent").unwrap()
            ["id"]
            .as_str()
            .unwrap()
            .to_owned();
    assert!(!listed.to_string().contains(&token), "a list shows a secret");
    client.cancel().await.unwrap();

    run(&house, &["token", "revoke", &id]).await.ok();
    let answer = http()
        .post(format!("{}/mcp", server.url))
        .bearer_auth(&token)
        .body("{}")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 401);
    assert_eq!(run(&house, &["token", "revoke", "no-such-token"]).await.status, Some(6));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_opens_once_by_its_link() {
    let (_sandbox, house) = demo_house().await;
    let server = serve(&house, &[]).await;
    let http = http();
    assert_eq!(http.get(format!("{}/", server.url)).send().await.unwrap().status(), 401);
    for path in ["/healthz", "/readyz"] {
        assert_eq!(
            http.get(format!("{}{path}", server.url)).send().await.unwrap().status(),
            200,
            "{path}"
        );
    }
    let link = server.sign_in.clone().unwrap();
    let signed_in = http.get(&link).send().await.unwrap();
    let cookie =
        signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    assert!(signed_in.status().is_redirection());
    let page = http.get(format!("{}/", server.url)).header("Cookie", &cookie).send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("claude mcp add"));
    let again = http.get(&link).send().await.unwrap();
    assert!(again.status().is_client_error());
    let another = run(&house, &["sign-in"]).await.ok().out;
    assert!(another.starts_with(&server.url), "{another}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_a_server_that_waits_for_a_connection() {
    let (_sandbox, house) = demo_house().await;
    let mut server = serve(&house, &[]).await;
    let address = server.url.trim_start_matches("http://").to_owned();
    let mut hanging = tokio::net::TcpStream::connect(&address).await.unwrap();
    hanging.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Never: ").await.unwrap();
    // The connections before it are taken first: once this is answered, the hanging one is taken.
    http().get(format!("{}/healthz", server.url)).send().await.unwrap();

    terminate(&server);
    while tokio::net::TcpStream::connect(&address).await.is_ok() {}
    terminate(&server);

    let status = server.child.wait().await.unwrap();
    assert_eq!(status.code(), Some(128 + 15), "{status:?}: it waited for the connection");
}

fn terminate(server: &Server) {
    let id = server.child.id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_index_cannot_be_brought_up_to_date_answers_and_says_so() {
    let (_sandbox, house) = demo_house().await;
    run(&house, &["sync", "all"]).await.ok();
    let sites = std::fs::read_dir(house.data().join("index")).unwrap();
    let site = sites.map(|site| site.unwrap().path()).next().unwrap();
    std::fs::remove_dir_all(&site).unwrap();
    std::fs::write(&site, "not a folder").unwrap();

    let server = serve(&house, &[]).await;
    let ready = http().get(format!("{}/readyz", server.url)).send().await.unwrap();
    assert_eq!(ready.status(), 200);
    let said = ready.text().await.unwrap();
    assert_eq!(said, "ready; the search index is being brought up to date\n");
}
