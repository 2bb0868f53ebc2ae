//! Cuts a text into words, identifiers with their parts, and characters of unspaced scripts.

use std::ops::Range;

/// Longer words and identifiers (encoded blobs) are passed over: nobody searches for them.
const LONGEST: usize = 128;

/// Separators inside identifiers, the loosest first: `docs/api/user_list.md` is cut at slashes,
/// its pieces at dots, theirs at hyphens, theirs at underscores, and what is left where the case
/// changes. Each level that really cuts is itself a lexeme.
const SEPARATORS: [&[char]; 4] = [&['/', '@', ':'], &['.'], &['-'], &['_']];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LexemeKind {
    /// A plain word.
    Word,
    /// An identifier or path that has parts: `max_connections`, `ABC-123`, `getUser`, `a/b.md`.
    Whole,
    /// A smallest piece of an identifier.
    Part,
    /// One character of a script that is written without spaces.
    Character,
    /// Two neighbouring characters of such a script.
    Pair,
    /// Such a character with no neighbour of its kind.
    Lone,
    /// All neighbouring characters of such a script.
    Run,
}

/// A piece of a text. A [`LexemeKind::Whole`], [`LexemeKind::Pair`] or [`LexemeKind::Run`] stands
/// at the position of its first part or character, the parts at positions of their own: the phrase
/// `"max connections"` finds `max_connections`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lexeme {
    pub(crate) kind: LexemeKind,
    pub(crate) range: Range<usize>,
    pub(crate) position: usize,
}

/// All lexemes of `text`, in order of their positions.
pub(crate) fn lexemes(text: &str) -> Vec<Lexeme> {
    let mut cutter = Cutter { text, lexemes: Vec::with_capacity(text.len() / 5), position: 0 };
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let end = at + run_length(&text[at..], first);
        if is_unspaced(first) {
            cutter.unspaced(at..end);
        } else if is_word(first) {
            cutter.spaced(at..end);
        }
        at = end;
    }
    cutter.lexemes
}

/// What stands between everything that is neither letter nor digit, in any script.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_kept = |word: &&str| !word.is_empty() && word.len() <= LONGEST;
    text.split(|c| !is_word(c)).filter(is_kept)
}

/// Length in bytes of the run that starts with `first`: characters of an unspaced script, or a word
/// with all that hangs on it by separators, or one character that belongs to nothing.
fn run_length(text: &str, first: char) -> usize {
    if is_unspaced(first) {
        return text.find(|c| !is_unspaced(c)).unwrap_or(text.len());
    }
    if !is_word(first) {
        return first.len_utf8();
    }
    let mut end = 0;
    loop {
        end += text[end..].find(|c| !is_spaced_word(c)).unwrap_or(text.len() - end);
        let joint = joint_length(&text[end..]);
        if joint == 0 || !text[end + joint..].starts_with(is_spaced_word) {
            return end;
        }
        end += joint;
    }
}

/// Length of what may join two words to one identifier: `::`, underscores, or one separator.
fn joint_length(text: &str) -> usize {
    match text.as_bytes() {
        [b':', b':', ..] => 2,
        [b'_', ..] => text.find(|c| c != '_').unwrap_or(text.len()),
        [b'/' | b'@' | b'.' | b'-', ..] => 1,
        _ => 0,
    }
}

struct Cutter<'a> {
    text: &'a str,
    lexemes: Vec<Lexeme>,
    position: usize,
}

impl Cutter<'_> {
    fn unspaced(&mut self, run: Range<usize>) {
        let characters: Vec<Range<usize>> = self.text[run.clone()]
            .char_indices()
            .map(|(at, c)| run.start + at..run.start + at + c.len_utf8())
            .collect();
        if let [lone] = characters.as_slice() {
            self.push(LexemeKind::Lone, lone.clone());
            self.position += 1;
            return;
        }
        self.push(LexemeKind::Run, run);
        for (index, character) in characters.iter().enumerate() {
            self.push(LexemeKind::Character, character.clone());
            if let Some(next) = characters.get(index + 1) {
                self.push(LexemeKind::Pair, character.start..next.end);
            }
            self.position += 1;
        }
    }

    fn spaced(&mut self, run: Range<usize>) {
        let before = self.lexemes.len();
        self.cut(run, 0);
        if let [only] = &mut self.lexemes[before..] {
            only.kind = LexemeKind::Word;
        }
    }

    fn cut(&mut self, range: Range<usize>, level: usize) {
        let Some(separators) = SEPARATORS.get(level) else {
            return self.cut_at_case(range);
        };
        let text = &self.text[range.clone()];
        if !text.contains(*separators) {
            return self.cut(range, level + 1);
        }
        // Hyphenated words of prose are words; a digit makes them a name: `ABC-123`, `2026-11-20`.
        if *separators != ['-'] || text.contains(|c: char| c.is_ascii_digit()) {
            self.push(LexemeKind::Whole, range.clone());
        }
        let mut start = range.start;
        for piece in self.text[range].split(*separators) {
            if !piece.is_empty() {
                self.cut(start..start + piece.len(), level + 1);
            }
            start += piece.len() + 1;
        }
    }

    /// `getUserID` into `get`, `User`, `ID`; `HTTPServer` into `HTTP`, `Server`; `PRs` into `PR`.
    fn cut_at_case(&mut self, range: Range<usize>) {
        let word = &self.text[range.clone()];
        if is_plural_acronym(word) {
            self.push(LexemeKind::Whole, range.clone());
            self.part(range.start..range.end - 1);
            return;
        }
        let cuts = case_changes(word);
        if !cuts.is_empty() {
            self.push(LexemeKind::Whole, range.clone());
        }
        let mut start = range.start;
        for cut in cuts {
            self.part(start..range.start + cut);
            start = range.start + cut;
        }
        self.part(start..range.end);
    }

    fn part(&mut self, range: Range<usize>) {
        self.push(LexemeKind::Part, range);
        self.position += 1;
    }

    fn push(&mut self, kind: LexemeKind, range: Range<usize>) {
        if range.len() <= LONGEST || kind == LexemeKind::Run {
            self.lexemes.push(Lexeme { kind, range, position: self.position });
        }
    }
}

fn is_plural_acronym(word: &str) -> bool {
    word.len() > 2
        && word
            .strip_suffix('s')
            .is_some_and(|acronym| acronym.bytes().all(|byte| byte.is_ascii_uppercase()))
}

/// Byte offsets in `word` before which an upper-case letter starts a new part.
fn case_changes(word: &str) -> Vec<usize> {
    let mut cuts = Vec::new();
    let mut before: Option<char> = None;
    let mut characters = word.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        let after_lower = before.is_some_and(char::is_lowercase);
        let ends_acronym = before.is_some_and(char::is_uppercase)
            && characters.peek().is_some_and(|(_, next)| next.is_lowercase());
        if c.is_uppercase() && (after_lower || ends_acronym) {
            cuts.push(at);
        }
        before = Some(c);
    }
    cuts
}

fn is_spaced_word(c: char) -> bool {
    is_word(c) && !is_unspaced(c)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || is_mark(c)
}

/// Marks that belong to the letter before them but are no letters for Unicode: accents written
/// apart, Hebrew and Arabic vowels, and the signs of the Indic scripts (without their full stops).
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5bd}' | '\u{64b}'..='\u{65f}'
        | '\u{900}'..='\u{963}' | '\u{966}'..='\u{df3}')
}

/// Scripts written without spaces between words: Chinese, Japanese, Thai, Lao, Khmer, Burmese; and
/// Korean, whose words carry their particles.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e01}'..='\u{e4e}' | '\u{e81}'..='\u{ece}' | '\u{1000}'..='\u{1049}'
        | '\u{1100}'..='\u{11ff}' | '\u{1780}'..='\u{17d3}' | '\u{3005}'..='\u{3007}'
        | '\u{3040}'..='\u{30fa}' | '\u{30fc}'..='\u{318f}' | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{a960}'..='\u{a97f}'
        | '\u{ac00}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}'
        | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(text: &str) -> Vec<(LexemeKind, &str, usize)> {
        lexemes(text)
            .into_iter()
            .map(|lexeme| (lexeme.kind, &text[lexeme.range], lexeme.position))
            .collect()
    }

    fn texts(text: &str) -> Vec<&str> {
        cut(text).into_iter().map(|(_, text, _)| text).collect()
    }

    #[test]
    fn identifiers_are_kept_whole_and_cut_in_parts() {
        use LexemeKind::{Part, Whole, Word};
        assert_eq!(
            cut("Set max_connections now."),
            [
                (Word, "Set", 0),
                (Whole, "max_connections", 1),
                (Part, "max", 1),
                (Part, "connections", 2),
                (Word, "now", 3)
            ]
        );
        assert_eq!(texts("getUserID"), ["getUserID", "get", "User", "ID"]);
        assert_eq!(texts("HTTPServer v2"), ["HTTPServer", "HTTP", "Server", "v2"]);
        assert_eq!(texts("(ABC-123)"), ["ABC-123", "ABC", "123"]);
        assert_eq!(texts("three PRs"), ["three", "PRs", "PR"]);
        assert_eq!(texts("std::fs::read"), ["std::fs::read", "std", "fs", "read"]);
        assert_eq!(texts("--dry-run __init__ a__b"), ["dry", "run", "init", "a__b", "a", "b"]);
        assert_eq!(
            texts("/etc/app/user_list.md,"),
            [
                "etc/app/user_list.md",
                "etc",
                "app",
                "user_list.md",
                "user_list",
                "user",
                "list",
                "md"
            ]
        );
        assert_eq!(texts("4.2.1"), ["4.2.1", "4", "2", "1"]);
    }

    #[test]
    fn hyphenated_prose_is_words_in_a_row() {
        use LexemeKind::Part;
        assert_eq!(cut("self-hosted"), [(Part, "self", 0), (Part, "hosted", 1)]);
    }

    #[test]
    fn unspaced_scripts_are_cut_into_characters_and_pairs() {
        use LexemeKind::{Character, Lone, Pair, Run, Word};
        assert_eq!(
            cut("全文検 API 新"),
            [
                (Run, "全文検", 0),
                (Character, "全", 0),
                (Pair, "全文", 0),
                (Character, "文", 1),
                (Pair, "文検", 1),
                (Character, "検", 2),
                (Word, "API", 3),
                (Lone, "新", 4)
            ]
        );
        assert_eq!(texts("東京Tower")[..1], ["東京"]);
    }

    #[test]
    fn marks_stay_with_their_letters() {
        assert_eq!(texts("हिन्दी में।"), ["हिन्दी", "में"]);
        assert_eq!(texts("cafe\u{301}"), ["cafe\u{301}"]);
    }

    #[test]
    fn blobs_are_passed_over() {
        assert_eq!(cut(&format!("a {} b", "x".repeat(LONGEST + 1)))[1].2, 2);
    }

    proptest! {
        #[test]
        fn any_text_is_cut_in_order_at_character_boundaries(text in "\\PC{0,80}|[a-zA-Z0-9_./@:' -]{0,60}|[一-龥a-c ]{0,20}") {
            let lexemes = lexemes(&text);
            prop_assert!(lexemes.is_sorted_by_key(|lexeme| lexeme.position));
            for lexeme in &lexemes {
                prop_assert!(!text[lexeme.range.clone()].is_empty());
            }
        }
    }
}
