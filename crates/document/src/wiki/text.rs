//! Characters of wiki markup.

use crate::entity;

/// Where escaped text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Text,
    /// In a cell of a table.
    Cell,
    /// In the label of a link.
    Label,
    /// In `{{…}}`.
    Code,
}

/// Appends text to wiki markup so that it is read as that text. `after` is the first character that
/// follows it, if any does on its line.
pub(super) fn push_escaped(out: &mut String, text: &str, after: Option<char>, place: Place) {
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let following = rest.get(character.len_utf8()..).unwrap_or_default();
        let next = following.chars().next().or(after);
        let previous = out.chars().next_back().filter(|previous| *previous != '\n');
        match character {
            '\\' if next
                .map_or(place != Place::Cell, |next| next.is_alphanumeric() || next == ' ') =>
            {
                out.push('\\');
            }
            '\\' => out.push_str("&#92;"),
            '&' if entity::decode(rest.as_bytes()).is_some() => out.push_str("&amp;"),
            '\n' => out.push(' '),
            _ => {
                if is_markup(character, previous, next, following, place)
                    || begins_block(out, rest, place)
                {
                    out.push('\\');
                }
                out.push(character);
            }
        }
        rest = following;
    }
}

/// Whether a character would be read as more than itself.
fn is_markup(
    character: char,
    previous: Option<char>,
    next: Option<char>,
    following: &str,
    place: Place,
) -> bool {
    let word = |side: Option<char>| side.is_some_and(char::is_alphanumeric);
    let space = |side: Option<char>| side.is_none_or(char::is_whitespace);
    match character {
        '{' | '[' => true,
        // Behind code it would be a part of that.
        '}' => place == Place::Code || previous == Some('}'),
        ']' => matches!(place, Place::Label),
        // Code may stand in a cell.
        '|' => place != Place::Text,
        '*' | '_' | '-' | '+' | '^' | '~' => {
            place == Place::Code
                || !word(previous) && !space(next)
                || !space(previous) && !word(next)
                || character == '-' && following.starts_with('-')
        }
        '!' => place == Place::Code || !word(previous) && !space(next),
        '?' => following.starts_with('?') || previous == Some('?'),
        _ => false,
    }
}

/// Whether what is written next begins a line and would make a block of it: `# item`, `h1. heading`,
/// `|row|`. A line that begins in an item or cell does, too, when it is not the first one.
fn begins_block(out: &str, rest: &str, place: Place) -> bool {
    let begins_cell = place == Place::Cell && out.ends_with('|') && !out.ends_with("\\|");
    if !(out.is_empty() || out.ends_with('\n') || begins_cell) {
        // The dot after `h1` is what is escaped.
        return rest.starts_with(". ") && ends_with_block_word(out);
    }
    let marker = rest.trim_start_matches(['*', '#', '-']);
    rest.starts_with('|')
        || marker.len() < rest.len() && (marker.is_empty() || marker.starts_with(' '))
}

/// Whether the last line is a word that makes a block of what follows it and a dot.
fn ends_with_block_word(out: &str) -> bool {
    match out.as_bytes() {
        [before @ .., b'h', b'1'..=b'6'] | [before @ .., b'b', b'q'] => {
            before.last().is_none_or(|last| *last == b'\n')
        }
        _ => false,
    }
}
