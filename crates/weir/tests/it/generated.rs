//! Generated pages are fresh.

use std::path::Path;

use crate::house::House;

#[test]
fn the_reference_of_settings_is_what_the_table_says() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/settings.md");
    let committed = std::fs::read_to_string(page).unwrap();
    let now = House::new().run(&["settings"]).ok().out;
    assert!(committed == now, "write it anew: cargo run -- settings > docs/reference/settings.md");
}

#[test]
fn completions_are_printed_for_each_shell() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = House::new().run(&["completions", shell]).ok();
        assert!(ran.out.contains("doctor"), "{shell}");
    }
}

#[test]
fn the_version_carries_the_commit() {
    let ran = House::new().run(&["--version"]).ok();
    assert!(ran.out.starts_with(concat!("weir ", env!("CARGO_PKG_VERSION"), " (")), "{ran:?}");
}
