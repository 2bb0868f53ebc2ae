//! How new characters are written in storage: as the text around them writes them.

use std::collections::HashMap;

use crate::entity;

/// What a parser takes away or refuses (XML 1.0, 2.2 and 2.11).
fn is_forbidden(character: char) -> bool {
    matches!(character, '\u{0}'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Text,
    CharacterData,
}

/// The references that a stretch of storage uses for characters that it could write as they are.
#[derive(Debug, Default)]
pub(super) struct Spelling {
    references: HashMap<char, String>,
}

impl Spelling {
    pub(super) fn of(storage: &str) -> Self {
        let mut references = HashMap::new();
        let mut at = 0;
        while let Some(found) =
            storage.get(at..).and_then(|rest| memchr::memchr(b'&', rest.as_bytes()))
        {
            at += found;
            let rest = storage.get(at..).unwrap_or_default();
            let (character, length) = entity::decode(rest.as_bytes()).unwrap_or(('&', 1));
            if length > 1 {
                let reference = rest.get(..length).unwrap_or_default();
                references.entry(character).or_insert_with(|| reference.to_owned());
            }
            at += length;
        }
        Self { references }
    }

    pub(super) fn text(&self, text: &str, encoding: Encoding, out: &mut String) {
        for character in text.chars() {
            match (encoding, character) {
                (_, c) if is_forbidden(c) => {}
                (Encoding::CharacterData, '>') if out.ends_with("]]") => {
                    out.push_str("]]><![CDATA[>");
                }
                (Encoding::CharacterData, _) => out.push(character),
                (Encoding::Text, _) => self.character(character, out),
            }
        }
    }

    /// The value of an attribute in double quotes.
    pub(super) fn attribute(&self, value: &str, out: &mut String) {
        for character in value.chars() {
            match character {
                '"' => out.push_str("&quot;"),
                '\n' => out.push_str("&#10;"),
                '\t' => out.push_str("&#9;"),
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                _ => self.text(character.encode_utf8(&mut [0; 4]), Encoding::Text, out),
            }
        }
    }

    fn character(&self, character: char, out: &mut String) {
        match self.references.get(&character) {
            Some(reference) => out.push_str(reference),
            None => match character {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '\u{a0}' => out.push_str("&nbsp;"),
                _ => out.push(character),
            },
        }
    }
}
