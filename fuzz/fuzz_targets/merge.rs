//! Versions of a page merge without a panic: what one side left alone is taken from the other, a result
//! is a well-formed page, and the sides may be exchanged. Their difference can be said.
//!
//! The input is three bodies with a zero byte between them; one that is missing is the one before it.
#![no_main]

use document::{Colour, MergeError, ViewOptions, diff, merge, to_markdown};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    let mut bodies = input.splitn(3, '\0');
    let base = bodies.next().unwrap_or_default();
    let theirs = bodies.next().unwrap_or(base);
    let ours = bodies.next().unwrap_or(theirs);

    for (before, after) in [(base, theirs), (theirs, ours), (ours, base)] {
        let found = diff(before, after, &ViewOptions::default());
        assert_eq!(found.is_empty(), before == after, "{before}\n{after}");
        found.to_text(Colour::Always);
        found.to_html();
    }
    let well_formed = |body: &str| to_markdown(body, &ViewOptions::default()).warnings.is_empty();
    if ![base, theirs, ours].into_iter().all(well_formed) {
        assert!(matches!(merge(base, theirs, ours), Err(MergeError::NotWellFormed { .. })));
        return;
    }
    for side in [theirs, ours] {
        let alone = [merge(base, base, side), merge(base, side, base), merge(base, side, side)];
        for merged in alone {
            assert_eq!(merged.expect("one side changed").storage, side, "{base}");
        }
    }
    let merged = merge(base, theirs, ours);
    let exchanged = merge(base, ours, theirs);
    assert_eq!(merged.is_ok(), exchanged.is_ok());
    if let (Ok(merged), Ok(exchanged)) = (merged, exchanged) {
        assert!(well_formed(&merged.storage), "{}", merged.storage);
        assert_eq!(merged.storage, exchanged.storage);
    }
});
