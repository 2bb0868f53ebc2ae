//! What a text costs an agent.

/// About how many tokens a language model reads `text` as: one for four characters of Latin and
/// other alphabetic text, one for each CJK character. Good to a tenth or two, and free of a model's
/// own dictionary.
#[must_use]
pub fn estimate_tokens(text: &str) -> u32 {
    let (mut alphabetic, mut ideographic) = (0_u32, 0_u32);
    for character in text.chars() {
        if is_cjk(character) {
            ideographic = ideographic.saturating_add(1);
        } else {
            alphabetic = alphabetic.saturating_add(1);
        }
    }
    alphabetic.div_ceil(4).saturating_add(ideographic)
}

/// Kana, Han, Hangul and their full-width companions (Unicode blocks from Hangul Jamo on).
fn is_cjk(character: char) -> bool {
    matches!(
        u32::from(character),
        0x1100..=0x11FF | 0x2E80..=0x9FFF | 0xA960..=0xA97F | 0xAC00..=0xD7FF
            | 0xF900..=0xFAFF | 0xFE30..=0xFE4F | 0xFF00..=0xFFEF | 0x20000..=0x3FFFF
    )
}

#[cfg(test)]
mod tests {
    use super::estimate_tokens;

    #[test]
    fn four_latin_characters_or_one_ideograph_make_a_token() {
        assert_eq!(estimate_tokens(""), 0);
        assert_eq!(estimate_tokens("word"), 1);
        assert_eq!(estimate_tokens("words"), 2);
        assert_eq!(estimate_tokens("문서"), 2);
        assert_eq!(estimate_tokens("문서 page"), 4);
    }
}
