//! Any JSON is refused or shown.
#![no_main]

use document::{ViewOptions, adf};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|json: &str| {
    let Ok(document) = adf::parse(json) else { return };
    for options in [ViewOptions::default(), ViewOptions { comments: true, layouts: true }] {
        let _ = adf::to_markdown(&document, &options);
    }
});
