//! Whatever is given, the answer is a clear message with a stable code and a next step, an exit
//! status that is not 0, and nothing damaged.

use std::sync::Arc;

use sandbox::{Content, Faults};
use serde_json::json;
use tokio::net::TcpListener;

use crate::beside::stored;
use crate::house::{House, Ran, run, sandbox, sandbox_at, sandbox_with};

fn refused(ran: &Ran, status: i32, code: &str) {
    assert_eq!(ran.status, Some(status), "{ran:#?}");
    assert!(ran.err.contains(code), "{code} is not in {ran:#?}");
    assert!(ran.err.lines().count() >= 2, "no next step in {ran:#?}");
    assert!(!ran.err.contains("panicked"), "{ran:#?}");
}

fn one_page() -> Content {
    Content::empty().page("ENG", None, "Home", "<p>home</p>")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_names_the_credential() {
    let sandbox = sandbox(one_page()).await;
    let house = Arc::new(House::new().on_cloud(&sandbox).with("CONFLUENCE_API_TOKEN", "wrong"));
    refused(&run(&house, &["sync", "all"]).await, 4, "atlassian_unauthorized");
    refused(&run(&house, &["doctor"]).await, 1, "checks_refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_page_with_status_200_is_recognised() {
    let faults = Faults { html_login: true, ..Faults::default() };
    let sandbox = sandbox_with(one_page(), faults).await;
    let house =
        Arc::new(House::new().on_data_center(&sandbox).with("CONFLUENCE_PERSONAL_TOKEN", "wrong"));
    refused(&run(&house, &["sync", "all"]).await, 4, "atlassian_html_login");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_does_not_answer_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let house = Arc::new(
        House::new()
            .with("CONFLUENCE_URL", &format!("http://{address}/wiki"))
            .with("CONFLUENCE_USERNAME", "a@example.com")
            .with("CONFLUENCE_API_TOKEN", "t"),
    );
    refused(&run(&house, &["sync", "all"]).await, 4, "atlassian_unreachable");
}

#[expect(clippy::disallowed_methods, reason = "the program under test reads the real clock")]
fn system_time() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_compares_the_clock_with_the_sites() {
    let now = system_time();
    for (time, status, code) in
        [(now, 0, "null"), (now - jiff::SignedDuration::from_hours(1), 1, "\"clock_wrong\"")]
    {
        let sandbox = sandbox_at(one_page(), time).await;
        for house in [House::new().on_cloud(&sandbox), House::new().on_data_center(&sandbox)] {
            let ran = run(&Arc::new(house), &["doctor", "--json"]).await;
            assert_eq!(ran.status, Some(status), "{ran:#?}");
            let checks = ran.json();
            assert_eq!(checks["error"].is_null(), status == 0);
            let clock = checks["checks"].as_array().unwrap().iter().find(|c| c["name"] == "clock");
            assert_eq!(clock.unwrap()["code"].to_string(), code, "{ran:#?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_space_is_named_and_changes_nothing() {
    let sandbox = sandbox(one_page()).await;
    let house = Arc::new(House::new().on_cloud(&sandbox));
    let missing = async |scope| {
        let ran = run(&house, &["sync", scope]).await;
        refused(&ran, 4, "space_unknown");
        assert!(ran.err.contains("NOPE"), "{ran:?}");
    };
    missing("NOPE").await;
    assert_eq!(run(&house, &["status", "--json"]).await.ok().json()["sites"], json!([]));
    run(&house, &["sync", "ENG"]).await.ok();
    let before = run(&house, &["status", "--json"]).await.ok().json();
    missing("NOPE").await;
    missing("ENG,NOPE").await;
    assert_eq!(run(&house, &["status", "--json"]).await.ok().json(), before);
    run(&house, &["sync"]).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_does_not_replace_the_one_that_works() {
    let sandbox = sandbox(one_page()).await;
    let house = Arc::new(House::new().on_cloud(&sandbox));
    run(&house, &["sync", "ENG"]).await.ok();
    let wrong = House::new()
        .on_cloud(&sandbox)
        .with("CONFLUENCE_API_TOKEN", "wrong")
        .with("WEIR_DATA", house.data().to_str().unwrap());
    let before = stored(&house).await;
    let wrong = Arc::new(wrong);
    let port = ["serve", "--listen", "127.0.0.1:0", "--mirror", "all"];
    for command in [&["sync", "ENG"][..], &["sync", "all"], &["sync"], &port] {
        refused(&run(&wrong, command).await, 4, "atlassian_unauthorized");
        assert_eq!(stored(&house).await, before, "{command:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_holds_no_confluence_is_said_and_leaves_nothing() {
    let sandbox = sandbox(one_page()).await;
    let house = Arc::new(House::new().on_cloud(&sandbox));
    let root = sandbox.access().cloud.url.trim_end_matches("/wiki").to_owned();
    let elsewhere = format!("{root}/nowhere");
    let lost = House::new()
        .on_cloud(&sandbox)
        .with("CONFLUENCE_URL", &elsewhere)
        .with("WEIR_DATA", house.data().to_str().unwrap());
    let lost = Arc::new(lost);
    for command in [&["sync", "all"][..], &["sync", "ENG"]] {
        refused(&run(&lost, command).await, 4, "atlassian_not_confluence");
    }
    assert_eq!(run(&house, &["status", "--json"]).await.ok().json()["sites"], json!([]));
    let checks = run(&lost, &["doctor", "--json"]).await;
    assert_eq!(checks.status, Some(1));
    assert!(checks.out.contains(r#""code":"atlassian_not_confluence""#), "{checks:#?}");
    assert!(!checks.out.contains(r#""name":"credential""#), "{checks:#?}");
}

#[test]
fn doctor_refuses_what_serve_would() {
    for (variable, value, code) in [
        ("WEIR_AUTH", "bogus", "auth_invalid"),
        ("WEIR_LISTEN", "abc", "listen_invalid"),
        ("WEIR_PUBLIC_URL", "zzz", "public_url_unusable"),
        ("WEIR_MIRROR_INTERVAL", "2h", "mirror_interval_too_long"),
        ("WEIR_VISIBILITY", "x", "visibility_invalid"),
    ] {
        let house = House::new().with(variable, value);
        refused(&house.run(&["serve"]), 3, code);
        let checks = house.run(&["doctor", "--json"]);
        assert_eq!(checks.status, Some(1), "{checks:#?}");
        assert!(checks.out.contains(code), "{checks:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_says_what_kind_of_error_it_met() {
    let sandbox = sandbox(one_page()).await;
    let wrong = Arc::new(House::new().on_cloud(&sandbox).with("CONFLUENCE_API_TOKEN", "wrong"));
    refused(&run(&wrong, &["search", "words"]).await, 4, "atlassian_unauthorized");
    refused(&run(&wrong, &["search", ""]).await, 2, "query_empty");
}

#[test]
fn a_url_that_is_none_is_refused() {
    for url in ["confluence", "ftp://example.com", "https://user:secret@example.com", "http://"] {
        let house = House::new().with("CONFLUENCE_URL", url).with("CONFLUENCE_PERSONAL_TOKEN", "t");
        let ran = house.run(&["sync", "all"]);
        refused(&ran, 3, "site_url_invalid");
        assert!(!ran.err.contains("secret"), "{ran:?}");
    }
}

#[test]
fn a_site_without_a_credential_is_refused() {
    let house = House::new().with("CONFLUENCE_URL", "https://example.atlassian.net");
    refused(&house.run(&["mcp"]), 3, "credential_missing");
    let house = house.with("CONFLUENCE_API_TOKEN", "t");
    refused(&house.run(&["mcp"]), 3, "credential_incomplete");
    refused(&House::new().run(&["mcp"]), 3, "site_missing");
}

#[test]
fn a_broken_configuration_file_is_shown_with_its_line() {
    let house = House::new();
    let file = house.path().join("weir.toml");
    for (text, code) in [
        ("listen = ", "configuration_not_toml"),
        ("lisen = \"x\"", "configuration_unknown_setting"),
        ("listen = 1.5", "configuration_wrong_type"),
        ("[confluence]\nurl = []\npassword = \"x\"", "configuration_unknown_setting"),
    ] {
        std::fs::write(&file, text).unwrap();
        refused(&house.run(&["doctor", "--config", file.to_str().unwrap()]), 3, code);
    }
    let absent = house.path().join("absent.toml");
    refused(
        &house.run(&["doctor", "--config", absent.to_str().unwrap()]),
        3,
        "configuration_unreadable",
    );
}

#[test]
fn values_that_make_no_sense_are_refused_before_anything_is_opened() {
    let house = House::new();
    for (arguments, status, code) in [
        (vec!["serve", "--listen", "here"], 3, "listen_invalid"),
        (vec!["serve", "--auth", "maybe"], 3, "auth_invalid"),
        (vec!["serve", "--auth", "none", "--listen", "0.0.0.0:0"], 3, "auth_none_on_network"),
        (
            vec!["serve", "--auth", "none", "--public-url", "https://weir.example.com"],
            3,
            "auth_none_with_public_url",
        ),
        (vec!["serve", "--public-url", "nowhere"], 3, "public_url_unusable"),
        (vec!["serve", "--mirror-interval", "soon"], 2, "duration_invalid"),
        (vec!["token", "create", "x"], 2, "token_opens_nothing"),
        (vec!["token", "create", "x", "--all-spaces", "--expires", "never"], 2, "duration_invalid"),
        (vec!["token", "create", "owner", "--api", "--space", "ENG"], 2, "owner_unsaid"),
        (vec!["token", "create", "", "--all-spaces"], 2, "value_empty"),
        (vec!["token", "create", "x", "--space", "ENG,,OPS"], 2, "value_empty"),
        (vec!["serve", "--database", "postgres://weir:hush@localhost/x"], 3, "password_in_flag"),
        (vec!["sandbox", "--listen", "0.0.0.0:0"], 2, "listen_not_loopback"),
        (vec!["doctor", "--log", "a=b=c"], 3, "log_filter_invalid"),
    ] {
        refused(&house.run(&arguments), status, code);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_of_a_newer_version_is_left_alone() {
    let sandbox = sandbox(one_page()).await;
    let house = Arc::new(House::new().on_cloud(&sandbox));
    run(&house, &["sync", "ENG"]).await.ok();
    let database = house.data().join("weir.db");
    pretend_newer(&database).await;
    let before = std::fs::read(&database).unwrap();
    refused(&run(&house, &["sync", "ENG"]).await, 3, "store_is_newer");
    assert_eq!(std::fs::read(&database).unwrap(), before, "the database was touched");
}

/// Writes down a migration that this program does not know.
async fn pretend_newer(database: &std::path::Path) {
    change(database, "INSERT INTO migration (version, applied_at) VALUES (99991231, 0);").await;
}

/// Does to the database what no command does.
async fn change(database: &std::path::Path, script: &str) {
    let status = tokio::process::Command::new("python3")
        .args(["-c", "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.executescript(sys.argv[2]); c.execute('PRAGMA wal_checkpoint(TRUNCATE)'); c.close()"])
        .arg(database)
        .arg(script)
        .status()
        .await
        .unwrap();
    assert!(status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_database_is_said_so_and_left_alone() {
    let sandbox = sandbox(one_page()).await;
    let house = Arc::new(House::new().on_cloud(&sandbox));
    run(&house, &["sync", "ENG"]).await.ok();
    let database = house.data().join("weir.db");
    let rubbish = vec![7; 9000];
    std::fs::write(&database, &rubbish).unwrap();
    // It would mend what it still holds.
    drop(std::fs::remove_file(database.with_extension("db-wal")));
    drop(std::fs::remove_file(database.with_extension("db-shm")));
    for command in [&["sync", "ENG"][..], &["status"], &["search", "home"]] {
        let ran = run(&house, command).await;
        refused(&ran, 3, "store_damaged");
        assert!(ran.err.contains("backup"), "{ran:?}");
    }
    assert_eq!(std::fs::read(&database).unwrap(), rubbish);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_whose_key_is_gone_does_not_get_a_new_one() {
    let sandbox = sandbox(one_page()).await;
    let house = Arc::new(House::new().on_cloud(&sandbox));
    run(&house, &["sync", "ENG"]).await.ok();
    let key = house.data().join("key");
    let text = std::fs::read_to_string(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    refused(&run(&house, &["sync", "ENG"]).await, 3, "key_missing");
    assert!(!key.exists(), "a key was made for a store that holds sealed rows");
    std::fs::write(&key, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap();
    refused(&run(&house, &["sync", "ENG"]).await, 3, "wrong_key");
    std::fs::write(&key, "short").unwrap();
    refused(&run(&house, &["sync", "ENG"]).await, 3, "key_malformed");
    std::fs::write(&key, text).unwrap();
    run(&house, &["sync", "ENG"]).await.ok();
}

/// As when the variables of a Data Center and of a Cloud site are set for different programs.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_credentials_the_address_decides() {
    let sandbox = sandbox(one_page()).await;
    let token = sandbox.access().data_center.personal_token.clone();
    let url = format!(" {} ", sandbox.access().cloud.url);
    let cloud = House::new().on_cloud(&sandbox).with("CONFLUENCE_PERSONAL_TOKEN", &token);
    run(&Arc::new(cloud.with("CONFLUENCE_URL", &url)), &["sync", "ENG"]).await.ok();
    let data_center = House::new().on_cloud(&sandbox).on_data_center(&sandbox);
    run(&Arc::new(data_center), &["sync", "ENG"]).await.ok();
}

#[test]
fn errors_are_json_when_json_was_asked_for() {
    let house =
        House::new().with("CONFLUENCE_URL", "nowhere").with("CONFLUENCE_PERSONAL_TOKEN", "t");
    let ran = house.run(&["sync", "all", "--json"]);
    assert_eq!(ran.json()["error"]["code"], "site_url_invalid");
    assert_eq!(ran.status, Some(3));
    for arguments in [
        &["search", "--json"][..],
        &["token", "--json", "create"],
        &["sync", "--json", "--nothing"],
    ] {
        let ran = house.run(arguments);
        assert_eq!(ran.json()["error"]["code"], "invalid_arguments", "{arguments:?}");
        assert_eq!(ran.status, Some(2), "{arguments:?}");
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn the_key_and_its_folder_are_for_the_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = sandbox(one_page()).await;
    let house = Arc::new(House::new().on_cloud(&sandbox));
    run(&house, &["sync", "ENG"]).await.ok();
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&house.data()), 0o700);
    assert_eq!(mode(&house.data().join("key")), 0o600);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_data_folder_that_others_can_enter_is_refused_and_left_empty() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = sandbox(one_page()).await;
    let house = Arc::new(House::new().on_cloud(&sandbox));
    std::fs::create_dir(house.data()).unwrap();
    for mode in [0o755, 0o710, 0o701] {
        std::fs::set_permissions(house.data(), std::fs::Permissions::from_mode(mode)).unwrap();
        for command in [&["sync", "ENG"][..], &["token", "list"], &["search", "home"], &["mcp"]] {
            refused(&run(&house, command).await, 3, "data_folder_open");
        }
        assert_eq!(std::fs::read_dir(house.data()).unwrap().count(), 0);
    }
    std::fs::set_permissions(house.data(), std::fs::Permissions::from_mode(0o700)).unwrap();
    run(&house, &["sync", "ENG"]).await.ok();
    let database = std::fs::metadata(house.data().join("weir.db")).unwrap();
    assert_eq!(database.permissions().mode() & 0o777, 0o600);
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_stores_nothing() {
    let sandbox = sandbox_at(one_page(), system_time()).await;
    let house = Arc::new(House::new().on_cloud(&sandbox));
    run(&house, &["doctor"]).await.ok();
    assert!(!house.data().exists());
    run(&house, &["sync", "ENG"]).await.ok();
    let ran = run(&house, &["doctor"]).await.ok();
    assert!(ran.out.contains("SQLite") && ran.out.contains("in one chain"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_finds_an_event_that_was_altered() {
    let sandbox = sandbox_at(one_page(), system_time()).await;
    let house = Arc::new(House::new().on_cloud(&sandbox));
    run(&house, &["token", "create", "agent", "--all-spaces"]).await.ok();
    run(&house, &["doctor"]).await.ok();
    let database = house.data().join("weir.db");
    change(&database, "UPDATE event SET body = replace(body, 'allow', 'deny') WHERE seq = 1;")
        .await;
    let ran = run(&house, &["doctor"]).await;
    refused(&ran, 1, "checks_refused");
    assert!(ran.out.contains("events_altered"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_a_space_that_is_not_mirrored_says_so() {
    let sandbox = sandbox(one_page()).await;
    let house = Arc::new(House::new().on_cloud(&sandbox));
    run(&house, &["sync", "ENG"]).await.ok();
    let ran = run(&house, &["token", "create", "x", "--space", "eng,OSP"]).await.ok();
    assert!(ran.err.contains("Space OSP is not mirrored"), "{ran:?}");
    assert!(!ran.err.contains("Space eng") && !ran.err.contains("Space ENG"), "{ran:?}");
    let listed = run(&house, &["token", "list", "--json"]).await.ok().json();
    assert_eq!(listed["tokens"][0]["opens"]["keys"], json!(["ENG", "OSP"]), "{listed}");
}
