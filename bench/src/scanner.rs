//! Whatever is done to a page, its view keeps its promises.

use document::{ViewOptions, plain_text, to_markdown};
use rand::RngExt;
use rand::rngs::StdRng;

use crate::trial::{Trial, Unproven};
use crate::{Failure, workspace};

#[path = "../../crates/document/tests/it/promises.rs"]
#[expect(clippy::expect_used, reason = "a proof stops where it fails")]
mod promises;

/// Damages pages at random, some of them past recognition, and checks the view of each: no panic,
/// pieces in order and within the text, exact pieces the same bytes on both sides.
///
/// # Errors
/// [`Unproven::Broken`] for a page whose view breaks a promise, [`Unproven::Unprepared`] when the
/// project's pages cannot be read.
pub fn prove(trial: &Trial<'_>) -> Result<(), Unproven> {
    let pages = pages().map_err(Unproven::Unprepared)?;
    trial.each(|random| {
        check(&damaged(&pages, random));
        Ok(())
    })
}

fn check(storage: &str) {
    for options in [ViewOptions::default(), ViewOptions { comments: true, layouts: true }] {
        promises::check(storage, &to_markdown(storage, &options));
    }
    assert!(plain_text(storage).len() <= 2 * storage.len(), "the plain text outgrows its page");
}

fn pages() -> Result<Vec<Vec<char>>, Failure> {
    Ok(workspace::own_pages()?.iter().map(|page| page.chars().collect()).collect())
}

fn damaged(pages: &[Vec<char>], random: &mut StdRng) -> String {
    let mut page = pick(pages, random).clone();
    for _ in 0..random.random_range(1..=8) {
        let other = pick(pages, random);
        damage(&mut page, other, random);
    }
    page.into_iter().collect()
}

fn damage(page: &mut Vec<char>, other: &[char], random: &mut StdRng) {
    let range = stretch(page, random);
    let replacement: Vec<char> = match random.random_range(0..6) {
        0 => Vec::new(),
        1 => page[range.clone()].repeat(2),
        2 => page[range.clone()].iter().rev().copied().collect(),
        3 => other[stretch(other, random)].to_vec(),
        4 => pick(&SHARDS, random).chars().collect(),
        _ => {
            page.truncate(range.end);
            return;
        }
    };
    page.splice(range, replacement);
}

/// Up to 80 characters, often between two tags.
fn stretch(page: &[char], random: &mut StdRng) -> std::ops::Range<usize> {
    let mut start = random.random_range(0..=page.len());
    if random.random_bool(0.5) {
        start += page[start..].iter().position(|character| *character == '<').unwrap_or(0);
    }
    let mut end = page.len().min(start + random.random_range(0..80));
    if random.random_bool(0.5) {
        end += page[end..].iter().position(|character| *character == '>').map_or(0, |at| at + 1);
    }
    start..end
}

fn pick<'t, T>(from: &'t [T], random: &mut StdRng) -> &'t T {
    &from[random.random_range(0..from.len())]
}

/// What a damaged page is apt to hold.
const SHARDS: [&str; 28] = [
    "<",
    ">",
    "</",
    "/>",
    "&",
    "&amp;",
    "&nbsp",
    "&#x1F600;",
    "&#xD800;",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "\"",
    "'",
    "=",
    "\u{0}",
    "\u{feff}",
    "\u{200b}",
    "\u{301}",
    "\r\n",
    "文",
    "`",
    "|",
    "[x](y)",
    "<p>",
    "</p></td>",
    "<ac:structured-macro ac:name=\"code\">",
];
