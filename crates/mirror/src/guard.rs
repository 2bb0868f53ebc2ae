//! Guard: a rule that holds a run. In this step one rule, and it holds the deletions of one space.

/// Below this number a space may lose any share of its pages at once.
const SMALL: usize = 20;

/// Says why the deletions are held, or `None` when they may go on to be confirmed.
///
/// `stored` counts the pages of the space in the store, `listed` those in a complete listing, and
/// `absent` the stored pages that the listing lacks. What moved to another space counts for neither.
pub(crate) fn hold(space_key: &str, stored: usize, listed: u64, absent: usize) -> Option<String> {
    let most = absent > SMALL && absent * 2 > stored;
    let all = absent > 0 && listed == 0;
    (most || all).then(|| {
        format!(
            "space {space_key}: {absent} of {stored} pages are not listed any more; \
             they are shown to nobody, and none is deleted until the listing is believable"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::hold;

    #[test]
    fn an_empty_listing_holds_any_deletion() {
        assert!(hold("ENG", 1, 0, 1).is_some());
        assert!(hold("ENG", 0, 0, 0).is_none());
    }

    #[test]
    fn more_than_half_and_more_than_twenty_are_held() {
        assert!(hold("ENG", 41, 20, 21).is_some());
        assert!(hold("ENG", 42, 21, 21).is_none());
        assert!(hold("ENG", 25, 5, 20).is_none());
    }

    #[test]
    fn the_text_names_the_space_and_the_numbers() {
        let text = hold("ENG", 30, 0, 30).unwrap();
        assert!(text.contains("ENG") && text.contains("30 of 30"), "{text}");
    }
}
