//! Everything that a view promises. `bench` runs it too, over more pages.

use document::{View, estimate_tokens, sections};

/// Everything that a view promises about its map, blocks and sections.
pub(crate) fn check(storage: &str, view: &View) {
    let mut written = 0;
    for piece in &view.pieces {
        assert!(written <= piece.view.start && piece.view.start < piece.view.end, "{piece:?}");
        written = piece.view.end;
        let shown = text(&view.markdown, &piece.view);
        let source = text(storage, &piece.source);
        assert_eq!(piece.exact, shown == source, "{piece:?}: {shown:?} for {source:?}");
    }
    let mut start = 0;
    let mut around: Vec<u32> = Vec::new();
    for block in &view.blocks {
        assert!(start <= block.view.start && block.view.start <= block.view.end, "{block:?}");
        start = block.view.start;
        while around.pop_if(|end| *end < block.view.end).is_some() {}
        around.push(block.view.end);
        text(&view.markdown, &block.view);
        assert!(text(storage, &block.source).starts_with('<'), "{block:?}");
    }
    for section in sections(view) {
        assert!(view.markdown.contains(&section.markdown) || section.markdown.contains("\n\n#"));
        assert_eq!(section.tokens, estimate_tokens(&section.markdown));
    }
}

#[track_caller]
fn text<'t>(whole: &'t str, range: &std::ops::Range<u32>) -> &'t str {
    whole.get(range.start as usize..range.end as usize).expect("a range within the text")
}
