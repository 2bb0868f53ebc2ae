//! Markdown becomes a well-formed page or an error, and the view of the page is stable.
#![no_main]

use document::{Flavour, StorageOptions, ViewOptions, to_markdown, to_storage};
use libfuzzer_sys::fuzz_target;

const EVERYTHING: ViewOptions = ViewOptions { comments: true, layouts: true };

fuzz_target!(|markdown: &str| {
    for flavour in [Flavour::Cloud, Flavour::DataCenter] {
        let options = StorageOptions { flavour };
        let Ok(storage) = to_storage(markdown, &options) else { continue };
        let view = to_markdown(&storage, &EVERYTHING);
        assert_eq!(view.warnings, [], "{storage}");
        let again = to_storage(&view.markdown, &options).expect("a view can be written");
        let second = to_markdown(&again, &EVERYTHING);
        assert_eq!(second.warnings, [], "{again}");
        assert_eq!(second.markdown, view.markdown, "\n{storage}\n{again}");
    }
});
