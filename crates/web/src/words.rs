//! Sentences that hold commands, written with backticks, as pages show them.

/// A piece of a sentence.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Word<'a> {
    Text(&'a str),
    /// What stood between backticks.
    Code(&'a str),
}

pub(crate) fn words(sentence: &str) -> Vec<Word<'_>> {
    sentence
        .split('`')
        .enumerate()
        .filter(|(_, piece)| !piece.is_empty())
        .map(|(index, piece)| if index % 2 == 1 { Word::Code(piece) } else { Word::Text(piece) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_backticks_is_code() {
        assert_eq!(
            words("Run `weir doctor`."),
            [Word::Text("Run "), Word::Code("weir doctor"), Word::Text(".")]
        );
        assert_eq!(words(""), []);
    }
}
