//! Any body has a view that keeps its promises, and ids, parts and portions.
#![no_main]

#[path = "../../crates/document/tests/it/promises.rs"]
mod promises;

use std::collections::HashSet;

use document::{Budget, ViewOptions, block_ids, outline, part, plain_text, portion, to_markdown};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|storage: &str| {
    for options in [ViewOptions::default(), ViewOptions { comments: true, layouts: true }] {
        promises::check(storage, &to_markdown(storage, &options));
    }
    assert!(plain_text(storage).len() <= 2 * storage.len());

    let view = to_markdown(storage, &ViewOptions::default());
    let ids = block_ids(storage, &view);
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), view.blocks.len());
    for heading in outline(storage, &view) {
        assert!(part(storage, &view, &heading.id.to_string()).is_some());
    }
    let whole = 0..u32::try_from(view.markdown.len()).unwrap();
    let (mut from, mut read) = (0, String::new());
    loop {
        let portion = portion(&view, &whole, from, Budget::Tokens(16));
        read.push_str(view.slice(&portion.view));
        match portion.next {
            Some(next) => from = next,
            None => break,
        }
    }
    let letters = |text: &str| text.split_whitespace().collect::<String>();
    assert_eq!(letters(&read), letters(&view.markdown));
});
