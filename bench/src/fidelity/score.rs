//! How much of a page a Markdown text keeps.

use std::collections::HashMap;

use super::reading::{self, Reading};
use super::truth::{Code, Truth};
use super::words::Text;

/// Kept, and all there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) kept: usize,
    pub(super) all: usize,
}

impl Share {
    fn count<'t, T>(wanted: &'t [T], mut is_kept: impl FnMut(&'t T) -> bool) -> Self {
        let kept = wanted.iter().filter(|one| is_kept(one)).count();
        Self { kept, all: wanted.len() }
    }

    /// Of a hundred; a page without any keeps all.
    pub(super) fn percent(self) -> f64 {
        if self.all == 0 { 100.0 } else { 100.0 * self.kept as f64 / self.all as f64 }
    }
}

/// What is measured, in the order of the table.
pub(super) const MEASURES: [&str; 12] = [
    "text", "headings", "links", "images", "code", "language", "macros", "mentions", "dates",
    "comments", "tasks", "cells",
];

/// One share for each of [`MEASURES`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Score {
    pub(super) shares: [Share; MEASURES.len()],
}

impl Score {
    pub(super) fn add(&mut self, other: &Self) {
        for (sum, share) in self.shares.iter_mut().zip(other.shares) {
            sum.kept += share.kept;
            sum.all += share.all;
        }
    }
}

/// Compares `markdown` with what the page holds. `with_comments` is the text in which comments are
/// looked for: one that a converter makes when asked to show them.
pub(super) fn score(truth: &Truth, markdown: &str, with_comments: &str) -> Score {
    let reading = reading::read(markdown);
    let (kept, all) = truth.text.kept_in(&[&reading.text, &reading.parted_text]);
    let code = blocks(&truth.code, &reading);
    let languages: Vec<_> = code.iter().filter(|(code, _)| !code.language.is_empty()).collect();
    Score {
        shares: [
            Share { kept, all },
            headings(truth, &reading),
            addresses(&truth.links, &reading.links),
            addresses(&truth.images, &reading.images),
            Share::count(&code, |(_, shown)| shown.is_some()),
            Share::count(&languages, |(code, shown)| *shown == Some(&code.language)),
            macros(truth, &code, markdown),
            occurrences(&truth.mentions, markdown),
            occurrences(&truth.dates, markdown),
            occurrences(&truth.comments, with_comments),
            tasks(truth, &reading),
            cells(truth, &reading),
        ],
    }
}

fn headings(truth: &Truth, reading: &Reading) -> Share {
    texts(&truth.headings.iter().collect::<Vec<_>>(), reading.headings.clone())
}

/// Each address of the text stands for one of the page. A title may stand in a longer address.
fn addresses(wanted: &[String], shown: &[String]) -> Share {
    let mut shown: Vec<_> = shown.iter().map(|address| plain(address)).collect();
    // The exact ones first, so that a short one does not take the place of a longer one.
    let mut missing: Vec<String> = Vec::new();
    for address in wanted.iter().map(|address| plain(address)) {
        if !take(&mut shown, |other| *other == address) {
            missing.push(address);
        }
    }
    let exact = wanted.len() - missing.len();
    let longer = Share::count(&missing, |address| {
        take(&mut shown, |other| other.contains(address.as_str()))
    });
    Share { kept: exact + longer.kept, all: wanted.len() }
}

/// An address without percent-encoding and without what Markdown's own encoding changes.
fn plain(address: &str) -> String {
    let mut bytes = Vec::with_capacity(address.len());
    let mut rest = address.bytes();
    while let Some(byte) = rest.next() {
        let mut ahead = rest.clone();
        let digits = [ahead.next(), ahead.next()].map(|digit| char::from(digit?).to_digit(16));
        match (byte, digits) {
            (b'%', [Some(high), Some(low)]) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap_or(b'%'));
                rest = ahead;
            }
            (b'+', _) => bytes.push(b' '),
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The code blocks of the page, each with the language of the block that shows the same text.
fn blocks<'a>(wanted: &'a [Code], reading: &'a Reading) -> Vec<(&'a Code, Option<&'a String>)> {
    let mut shown: Vec<_> = reading.code.iter().collect();
    let pairs = wanted.iter().map(|code| {
        let body = lines(&code.body);
        let same = |shown: &&(String, String)| lines(&shown.1) == body;
        let exact = shown.iter().position(|it| same(it) && it.0 == code.language);
        let place = exact.or_else(|| shown.iter().position(same));
        (code, place.map(|place| &shown.remove(place).0))
    });
    pairs.collect()
}

/// The lines of a code block; white space at their ends and empty lines around do not count.
fn lines(body: &str) -> String {
    let lines: Vec<_> = body.lines().map(str::trim_end).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

/// A macro is traced by its name in a mark of any of the kinds that converters write, a code block
/// by its block.
fn macros(truth: &Truth, code: &[(&Code, Option<&String>)], markdown: &str) -> Share {
    let lower = markdown.to_lowercase();
    let mut left: HashMap<String, usize> = HashMap::new();
    let mut blocks = code.iter().filter(|(_, shown)| shown.is_some()).count();
    Share::count(&truth.macros, |name| {
        let name = name.to_lowercase();
        if matches!(&*name, "code" | "noformat") && blocks > 0 {
            blocks -= 1;
            return true;
        }
        let left = left.entry(name.clone()).or_insert_with(|| marks(&lower, &name));
        let found = *left > 0;
        *left = left.saturating_sub(1);
        found
    })
}

fn marks(lower: &str, name: &str) -> usize {
    const KINDS: [&str; 8] = ["<macro:", "`macro:", "[!", "<", "{", "<!-- ", ":::", "::: "];
    let ends = |rest: &str| rest.chars().next().is_none_or(|it| !it.is_alphanumeric() && it != '-');
    let count = |kind: &str| {
        let mark = format!("{kind}{name}");
        lower.match_indices(&mark).filter(|(at, _)| ends(&lower[at + mark.len()..])).count()
    };
    KINDS.into_iter().map(count).sum()
}

/// Each comes as often as it does in the page.
fn occurrences(wanted: &[String], markdown: &str) -> Share {
    let mut left: HashMap<&str, usize> = HashMap::new();
    Share::count(wanted, |one| {
        let left = left.entry(one).or_insert_with(|| markdown.matches(one.as_str()).count());
        let found = *left > 0;
        *left = left.saturating_sub(1);
        found
    })
}

fn tasks(truth: &Truth, reading: &Reading) -> Share {
    let wanted: Vec<_> = truth.tasks.iter().filter(|(_, words)| !words.is_empty()).collect();
    texts(&wanted, reading.tasks.clone())
}

/// Each text shown stands for one of the page, the same text before one that says more.
fn texts<K: PartialEq>(wanted: &[&(K, Text)], mut shown: Vec<(K, Text)>) -> Share {
    let mut missing = Vec::new();
    for (kind, words) in wanted {
        let letters = words.letters();
        if !take(&mut shown, |(other, text)| other == kind && text.letters() == letters) {
            missing.push((kind, words));
        }
    }
    let same = wanted.len() - missing.len();
    let more = Share::count(&missing, |(kind, words)| {
        take(&mut shown, |(other, text)| other == *kind && words.is_kept_in(text))
    });
    Share { kept: same + more.kept, all: wanted.len() }
}

/// Cells with words, at the right place of their row and their table.
fn cells(truth: &Truth, reading: &Reading) -> Share {
    let mut shown: Vec<_> = reading.tables.iter().collect();
    let mut sum = Share::default();
    for table in &truth.tables {
        sum.all += table.iter().flatten().filter(|cell| !cell.is_empty()).count();
        let matches = shown.iter().map(|other| cells_kept(table, other)).enumerate();
        if let Some((place, kept)) = matches.max_by_key(|(place, kept)| (*kept, usize::MAX - place))
        {
            sum.kept += kept;
            if kept > 0 {
                shown.remove(place);
            }
        }
    }
    sum
}

/// A converter may write an empty row of headers above a table that has none.
fn cells_kept(table: &[Vec<Text>], shown: &[Vec<Text>]) -> usize {
    let below = |skipped: usize| {
        let rows = table.iter().zip(shown.iter().skip(skipped));
        let cells = rows.flat_map(|(row, shown)| row.iter().zip(shown));
        cells.filter(|(cell, shown)| !cell.is_empty() && cell.is_kept_in(shown)).count()
    };
    below(0).max(below(1))
}

fn take<T>(from: &mut Vec<T>, is: impl Fn(&T) -> bool) -> bool {
    let place = from.iter().position(is);
    place.map(|place| from.remove(place)).is_some()
}

#[cfg(test)]
mod tests {
    use super::{MEASURES, score};
    use crate::fidelity::truth;

    const PAGE: &str = r#"<h2>Plan</h2><p>See <ac:link><ri:page ri:content-title="Run book" /></ac:link>
        by <ac:link><ri:user ri:account-id="5b:1" /></ac:link> <time datetime="2024-05-01" />
        <ac:inline-comment-marker ac:ref="12345678-9">here</ac:inline-comment-marker>&nbsp;<ac:image>
        <ri:attachment ri:filename="a b.png" /></ac:image></p>
        <ac:structured-macro ac:name="code"><ac:parameter ac:name="language">bash</ac:parameter>
        <ac:plain-text-body><![CDATA[ls
cd]]></ac:plain-text-body></ac:structured-macro><ac:structured-macro ac:name="toc" />
        <ac:task-list><ac:task><ac:task-status>complete</ac:task-status><ac:task-body>done<ac:task-list>
        <ac:task><ac:task-status>incomplete</ac:task-status><ac:task-body>left</ac:task-body></ac:task>
        </ac:task-list></ac:task-body></ac:task></ac:task-list>
        <table><tbody><tr><th>a</th><td>b c</td></tr></tbody></table>"#;

    const KEPT: &str = "## Plan\n\nSee [Run book](<wiki:Run book>) by [@user](user:5b:1) \
        <time>2024-05-01</time> <mark comment=\"12345678\">here</mark> ![](<attachment:a b.png>)\n\n\
        ```bash\nls\ncd\n```\n\n<macro:toc/>\n\n- [x] done\n  - [ ] left\n\n| a | b c |\n|---|---|";

    fn lost(markdown: &str) -> Vec<&'static str> {
        let (truth, whole) = truth::count(PAGE);
        assert!(whole);
        let shares = score(&truth, markdown, markdown).shares;
        let lost = MEASURES.into_iter().zip(shares).filter(|(_, share)| share.kept < share.all);
        lost.map(|(name, _)| name).collect()
    }

    #[test]
    fn nothing_is_missed_where_all_is_kept() {
        assert_eq!(lost(KEPT), Vec::<&str>::new());
    }

    #[test]
    fn what_is_taken_away_is_missed() {
        for (part, other, measures) in [
            ("See", "", &["text"][..]),
            ("## Plan", "# Plan", &["headings"]),
            ("## Plan", "## Plans", &["text", "headings"]),
            ("wiki:Run book", "wiki:Run", &["links"]),
            ("a b.png", "a_b.png", &["images"]),
            ("ls\ncd", "lscd", &["text", "code", "language", "macros"]),
            ("```bash", "```", &["language"]),
            ("<macro:toc/>", "", &["macros"]),
            ("user:5b:1", "user", &["mentions"]),
            ("2024-05-01", "", &["text", "dates"]),
            ("12345678", "1", &["comments"]),
            ("[ ] left", "[x] left", &["tasks"]),
            ("| a | b c |", "| b c | a |", &["cells"]),
        ] {
            assert!(KEPT.contains(part));
            assert_eq!(lost(&KEPT.replace(part, other)), measures, "{part}");
        }
    }
}
