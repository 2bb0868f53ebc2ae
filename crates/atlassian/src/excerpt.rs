//! Search excerpts as plain text.

/// Around each match.
const MARKERS: [&str; 2] = ["@@@hl@@@", "@@@endhl@@@"];

/// Removes the markers around matches and the two halves that Confluence leaves of an emoji that
/// it cut through, and reads the HTML escapes.
pub(crate) fn plain(excerpt: &str) -> String {
    let mut text = excerpt.replace('\u{fffd}', "");
    for marker in MARKERS {
        text = text.replace(marker, "");
    }
    unescape(&text).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let (character, length) = entity(after).unwrap_or(('&', 0));
        plain.push(character);
        rest = &after[length..];
    }
    plain.push_str(rest);
    plain
}

/// The character of the entity that `text` begins with, and the length of the entity.
fn entity(text: &str) -> Option<(char, usize)> {
    let (name, _) = text.split_once(';')?;
    let character = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        _ => char::from_u32(number(name.strip_prefix('#')?)?)?,
    };
    Some((character, name.len() + 1))
}

fn number(text: &str) -> Option<u32> {
    match text.strip_prefix(['x', 'X']) {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn excerpts_become_plain_text() {
        for (given, expected) in [
            ("the @@@hl@@@cache@@@endhl@@@ is\n cold", "the cache is cold"),
            ("party \u{fffd}\u{fffd}time", "party time"),
            ("a &lt;b&gt; &amp;amp; &quot;c&quot; &#39;d&#x27; &nbsp;e", "a <b> &amp; \"c\" 'd' e"),
            ("R&D; &unknown; &#xffffffff; & &;", "R&D; &unknown; &#xffffffff; & &;"),
            ("", ""),
        ] {
            assert_eq!(plain(given), expected);
        }
    }

    proptest! {
        #[test]
        fn text_without_markup_keeps_its_words(words in "[a-zé語 ]{0,40}") {
            let expected: Vec<_> = words.split_whitespace().collect();
            prop_assert_eq!(plain(&words), expected.join(" "));
        }
    }
}
