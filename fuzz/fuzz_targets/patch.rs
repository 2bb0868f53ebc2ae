//! An edit of a view is refused, or changes what it says it changes and nothing else.
//!
//! The input is a page, a zero byte, and an edit of its view: where (two bytes), how many bytes to
//! replace (one), and the replacement.
#![no_main]

use document::{PatchOptions, ViewOptions, patch, to_markdown};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some(page_end) = input.iter().position(|byte| *byte == 0) else { return };
    let Ok(storage) = str::from_utf8(&input[..page_end]) else { return };
    let view = to_markdown(storage, &ViewOptions::default());
    if !view.warnings.is_empty() {
        return;
    }
    let options = PatchOptions::default();
    let same = patch(storage, &view.markdown, &options).expect("a view that was not edited");
    assert_eq!(same.storage, storage);

    let [high, low, length, replacement @ ..] = &input[page_end + 1..] else { return };
    let Ok(replacement) = str::from_utf8(replacement) else { return };
    let at = usize::from(u16::from_be_bytes([*high, *low])) % (view.markdown.len() + 1);
    let start = view.markdown.floor_char_boundary(at);
    let end = view.markdown.floor_char_boundary(start + usize::from(*length)).max(start);
    let edited = [&view.markdown[..start], replacement, &view.markdown[end..]].concat();
    let Ok(patched) = patch(storage, &edited, &options) else { return };

    let (mut old, mut new) = (0, 0);
    for range in &patched.changed {
        let (before, after) = (&range.original, &range.result);
        let (before, after) = (before.start as usize..before.end as usize, after.start as usize..after.end as usize);
        assert_eq!(storage[old..before.start], patched.storage[new..after.start]);
        (old, new) = (before.end, after.end);
    }
    assert_eq!(storage[old..], patched.storage[new..]);
    let again = to_markdown(&patched.storage, &ViewOptions::default());
    assert_eq!(again.warnings, [], "{}", patched.storage);
});
