//! The tour that a newcomer sees.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use crate::house::House;
use crate::serve::http;

#[test]
fn the_tour_passes_and_says_what_it_did() {
    let ran = House::new()
        // A credential of the user's must not be used.
        .with("CONFLUENCE_URL", "https://never.example.invalid/wiki")
        .with("CONFLUENCE_API_TOKEN", "never")
        .run(&["demo", "--once"])
        .ok();
    for expected in [
        "pages of 3 spaces",
        "Roll back a deployment",
        "allow confluence_get_page",
        "space_not_open",
        "deny confluence_get_page",
        "not_found",
        "-- Roll back. It takes about 40 seconds; sessions survive.",
        "0 bytes changed outside of it",
        "claude mcp add --transport http weir http://127.0.0.1:",
        "codex mcp add weir",
        "code --add-mcp",
        "mcpServers",
    ] {
        assert!(ran.out.contains(expected), "{expected:?} is not in\n{}", ran.out);
    }
    assert!(!ran.out.contains('\u{1b}'), "colours in a pipe:\n{}", ran.out);
}

/// A demo with its own folder for temporary files, and what it prints.
fn demo(house: &House) -> (Child, impl Iterator<Item = String> + use<>) {
    let mut command = house.weir(&["demo"]);
    let mut child = command.env("TMPDIR", house.path()).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    (child, lines)
}

fn signal(child: &Child, name: &str) {
    let kill = Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
}

fn left_behind(house: &House) -> Vec<String> {
    let entries = std::fs::read_dir(house.path()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("weir-demo-")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_tour_the_console_answers_until_the_demo_is_stopped() {
    let house = House::new();
    let (mut child, mut lines) = demo(&house);
    let link = lines.find_map(|line| line.strip_prefix("Console  ").map(str::to_owned)).unwrap();
    let answer = http().get(&link).send().await.unwrap();
    assert_eq!(answer.status(), 303);
    assert!(answer.headers().contains_key("set-cookie"));
    assert_eq!(left_behind(&house).len(), 1);
    signal(&child, "-TERM");
    assert!(child.wait().unwrap().success());
    assert_eq!(left_behind(&house), [] as [&str; 0]);
}

#[test]
fn a_demo_that_is_stopped_early_leaves_nothing_behind() {
    for name in ["-TERM", "-INT", "-HUP"] {
        let house = House::new();
        let (mut child, mut lines) = demo(&house);
        lines.next().unwrap();
        signal(&child, name);
        child.wait().unwrap();
        assert_eq!(left_behind(&house), [] as [&str; 0], "{name}");
    }
}

#[test]
fn a_demo_whose_reader_leaves_leaves_nothing_behind() {
    let house = House::new();
    let (mut child, mut lines) = demo(&house);
    lines.next().unwrap();
    drop(lines);
    child.wait().unwrap();
    assert_eq!(left_behind(&house), [] as [&str; 0]);
}
