//! English function words and question words: they say how something is asked, not what about.

/// Sorted, lower-case ASCII. The single letters and stumps at the end of the alphabet's entries
/// (`s`, `t`, `don`, `isn`, `ll`) are what an apostrophe leaves behind.
const STOP_WORDS: &[&str] = &[
    "a", "about", "above", "after", "again", "against", "all", "also", "am", "an", "and", "any",
    "are", "aren", "as", "at", "be", "because", "been", "before", "being", "below", "between",
    "both", "but", "by", "can", "cannot", "could", "couldn", "d", "did", "didn", "do", "does",
    "doesn", "doing", "don", "down", "during", "each", "etc", "few", "for", "from", "further",
    "had", "has", "have", "having", "he", "her", "here", "hers", "him", "his", "how", "i", "if",
    "in", "into", "is", "isn", "it", "its", "just", "ll", "m", "may", "me", "might", "more",
    "most", "must", "my", "no", "nor", "not", "of", "off", "on", "once", "only", "or", "other",
    "our", "ours", "out", "over", "own", "please", "re", "s", "same", "shall", "she", "should",
    "so", "some", "such", "t", "tell", "than", "that", "the", "their", "theirs", "them", "then",
    "there", "these", "they", "this", "those", "through", "to", "too", "under", "until", "up",
    "us", "ve", "very", "was", "wasn", "we", "were", "what", "when", "where", "which", "while",
    "who", "whom", "whose", "why", "will", "with", "won", "would", "wouldn", "you", "your",
    "yours",
];

/// Whether `word`, in the case in which it was written, carries no meaning for a search. `IT` and
/// `US` in capitals are a department and a country.
pub(crate) fn is_stop_word(word: &str) -> bool {
    if matches!(word, "IT" | "US") || word.len() > LONGEST {
        return false;
    }
    STOP_WORDS.binary_search(&word.to_ascii_lowercase().as_str()).is_ok()
}

const LONGEST: usize = 7;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_its_longest_word_is_known() {
        assert!(STOP_WORDS.is_sorted());
        assert_eq!(STOP_WORDS.iter().map(|word| word.len()).max(), Some(LONGEST));
    }

    #[test]
    fn capitals_tell_the_department_from_the_pronoun() {
        assert!(is_stop_word("it") && is_stop_word("It") && is_stop_word("us"));
        assert!(!is_stop_word("IT") && !is_stop_word("US"));
    }
}
