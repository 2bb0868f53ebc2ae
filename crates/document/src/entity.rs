//! Character references: read only where text is shown, so that the bytes keep their own style.

use crate::entity_names::NAMED;

/// The longest reference that is looked at: `&thetasym;` among names, `&#x0010FFFF;` among numbers.
const LONGEST: usize = 12;

/// The character that `text` starts with a reference to (`&amp;…`), and the length of the reference.
/// `None` for anything else, an undefined name included.
pub(crate) fn decode(text: &[u8]) -> Option<(char, usize)> {
    let body = text.strip_prefix(b"&")?;
    let end = body.iter().take(LONGEST).position(|&byte| byte == b';')?;
    let name = body.get(..end)?;
    let character = match name.strip_prefix(b"#") {
        Some(number) => numeric(number)?,
        None => named(name)?,
    };
    Some((character, end + 2))
}

fn numeric(number: &[u8]) -> Option<char> {
    let (digits, radix) = match number {
        [b'x' | b'X', hexadecimal @ ..] => (hexadecimal, 16),
        decimal => (decimal, 10),
    };
    // `from_str_radix` would take a sign.
    digits.first().filter(|first| first.is_ascii_hexdigit())?;
    let code = u32::from_str_radix(str::from_utf8(digits).ok()?, radix).ok()?;
    char::from_u32(code).filter(|&character| character != '\0')
}

fn named(name: &[u8]) -> Option<char> {
    match name {
        b"amp" => Some('&'),
        b"lt" => Some('<'),
        b"gt" => Some('>'),
        b"quot" => Some('"'),
        b"nbsp" => Some('\u{a0}'),
        _ => NAMED
            .binary_search_by(|(known, _)| known.as_bytes().cmp(name))
            .ok()
            .and_then(|at| NAMED.get(at))
            .map(|&(_, character)| character),
    }
}

/// `text` with every reference replaced by its character.
pub(crate) fn decoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'&', rest.as_bytes()) {
        let (plain, reference) = rest.split_at(at);
        out.push_str(plain);
        let (character, length) = decode(reference.as_bytes()).unwrap_or(('&', 1));
        out.push(character);
        rest = reference.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_and_numbered_references_are_read_and_others_stay_text() {
        assert_eq!(decoded("a&lt;b &eacute;&#233;&#xE9; &apos;"), "a<b éé\u{e9} '");
        assert_eq!(decoded("AT&T &notanentity; &#0; &#+5; &"), "AT&T &notanentity; &#0; &#+5; &");
    }

    #[test]
    fn the_table_is_sorted_so_that_each_name_is_found() {
        for (name, character) in NAMED {
            assert_eq!(named(name.as_bytes()), Some(character), "{name}");
        }
    }
}
