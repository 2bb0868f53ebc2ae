//! The tour that a newcomer sees.

use crate::house::House;

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
