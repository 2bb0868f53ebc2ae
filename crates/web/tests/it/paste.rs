//! The lines to paste, read as a shell and each client read them.
#![cfg(unix)]

use std::process::Command;

use serde_json::Value;
use store::TokenKind;
use web::{Auth, PasteLine, Secret, paste_lines};

use crate::world::{World, bearer, list_tools};

/// The words that the shell hands to the client.
fn words(line: &PasteLine, token: &str) -> Vec<String> {
    let script = format!("show() {{ printf '%s\\n' \"$@\"; }}\nshow {}", line.line);
    let output =
        Command::new("sh").args(["-c", &script]).env("WEIR_TOKEN", token).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// Address and `Authorization` that the client would use.
fn read(line: &PasteLine, token: &str) -> (String, Option<String>) {
    if line.file.is_some() {
        return cursor(&line.line, token);
    }
    let words = words(line, token);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        // claude mcp add [--transport T] NAME URL [--header "NAME: VALUE"]...
        ["claude", "mcp", "add", "--transport", "http", "weir", url, header @ ..] => {
            let header = match header {
                [] => None,
                ["--header", header] => header.strip_prefix("Authorization: "),
                other => panic!("{other:?}"),
            };
            ((*url).to_owned(), header.map(str::to_owned))
        }
        // codex mcp add NAME --url URL [--bearer-token-env-var VARIABLE]
        ["codex", "mcp", "add", "weir", "--url", url, variable @ ..] => {
            let header = match variable {
                [] => None,
                ["--bearer-token-env-var", "WEIR_TOKEN"] => Some(format!("Bearer {token}")),
                other => panic!("{other:?}"),
            };
            ((*url).to_owned(), header)
        }
        // code --add-mcp JSON
        ["code", "--add-mcp", json] => {
            let server: Value = serde_json::from_str(json).unwrap();
            assert_eq!((&server["name"], &server["type"]), (&"weir".into(), &"http".into()));
            entry(&server)
        }
        other => panic!("{other:?}"),
    }
}

/// `mcp.json` of Cursor, which replaces `${env:NAME}` in headers.
fn cursor(text: &str, token: &str) -> (String, Option<String>) {
    let file: Value = serde_json::from_str(text).unwrap();
    let (url, header) = entry(&file["mcpServers"]["weir"]);
    (url, header.map(|header| header.replace("${env:WEIR_TOKEN}", token)))
}

fn entry(server: &Value) -> (String, Option<String>) {
    let header = server["headers"]["Authorization"].as_str();
    (server["url"].as_str().unwrap().to_owned(), header.map(str::to_owned))
}

#[tokio::test]
async fn each_line_leads_its_client_to_the_server_with_the_token() {
    let world = World::new().await;
    let token = world.token("robin", TokenKind::Mcp).await;
    let url = format!("http://{}/mcp", world.address);
    let lines = paste_lines(&url, Secret::Variable("WEIR_TOKEN"));
    assert_eq!(lines.len(), 4);
    for line in lines {
        let (address, header) = read(&line, &token);
        assert_eq!(address, url, "{}", line.client);
        assert_eq!(header.unwrap(), bearer(&token).1, "{}", line.client);
        assert!(!line.line.contains(&token), "the line holds no secret");
    }
    let answer = world.post("/mcp", &[("authorization", &bearer(&token).1)], &list_tools()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn each_line_without_a_token_leads_to_a_server_that_wants_none() {
    let world = World::with(Auth::None, None).await;
    let url = format!("http://{}/mcp", world.address);
    for line in paste_lines(&url, Secret::NotNeeded) {
        assert_eq!(read(&line, ""), (url.clone(), None), "{}", line.client);
    }
    assert_eq!(world.post("/mcp", &[], &list_tools()).await.status, 200);
}
