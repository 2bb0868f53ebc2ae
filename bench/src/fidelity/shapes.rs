//! Pages of extreme shape, at two sizes each: what is linear takes twice as long for twice as much.

use std::hint::black_box;
use std::time::Duration;

use document::{PatchOptions, ViewOptions, patch, to_markdown};

use super::clock::spent;
use crate::splices::places::Page;

const ROUNDS: usize = 7;

/// A shape, measured.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) name: &'static str,
    pub(super) bytes: usize,
    pub(super) least: Duration,
    /// How many times as long twice the shape takes.
    pub(super) growth: f64,
    /// Time and growth of a patch of one word in the middle; `None` without a line of plain words.
    pub(super) patch: Option<(Duration, f64)>,
}

pub(super) fn measure() -> Vec<Shape> {
    let shapes: [(&str, fn(usize) -> String, usize); 4] = [
        ("table of rows of six cells", table, 3_000),
        ("lists nested 200 deep", lists, 40),
        ("page of paragraphs, lists, macros", page, 7_100),
        ("panels within panels", panels, 2_000),
    ];
    let measured = shapes.into_iter().map(|(name, make, count)| {
        let (once, twice) = (make(count), make(2 * count));
        let least = time(&once);
        let growth = time(&twice).as_secs_f64() / least.as_secs_f64();
        let bytes = once.len();
        let patch = patch_time(once).zip(patch_time(twice));
        let patch = patch.map(|(once, twice)| (once, twice.as_secs_f64() / once.as_secs_f64()));
        Shape { name, bytes, least, growth, patch }
    });
    measured.collect()
}

fn time(storage: &str) -> Duration {
    let round = || {
        black_box(to_markdown(black_box(storage), &ViewOptions::default()));
    };
    (0..ROUNDS).map(|_| spent(round)).min().unwrap_or_default()
}

/// Of an edit of the word in the middle.
fn patch_time(storage: String) -> Option<Duration> {
    let page = Page::new(storage)?;
    let edited = page.exchange(page.places.len() / 2).edited();
    let round = || {
        black_box(patch(&page.storage, black_box(&edited), &PatchOptions::default())).ok();
    };
    (0..ROUNDS).map(|_| spent(round)).min()
}

fn table(rows: usize) -> String {
    let row = "<tr>".to_owned()
        + &"<td><p>A cell of the <strong>row</strong></p></td>".repeat(6)
        + "</tr>";
    format!("<table><tbody>{}</tbody></table>", row.repeat(rows))
}

fn lists(count: usize) -> String {
    let list =
        format!("{}{}", "<ul><li><p>A point of the list</p>".repeat(200), "</li></ul>".repeat(200));
    list.repeat(count)
}

fn page(count: usize) -> String {
    const PART: &str = "<h2>A heading</h2><p>Some <strong>words</strong> and a \
        <a href=\"https://example.org/\">link</a> &amp; more of them, so that the paragraph has the \
        length that paragraphs have on pages which people write for each other.</p><ul><li><p>One \
        point</p></li><li><p>Another, with <code>code</code></p></li></ul><ac:structured-macro \
        ac:name=\"info\"><ac:rich-text-body><p>Take note of this, please.</p></ac:rich-text-body>\
        </ac:structured-macro><ac:structured-macro ac:name=\"code\"><ac:parameter ac:name=\"language\">\
        bash</ac:parameter><ac:plain-text-body><![CDATA[kubectl get pods\nkubectl logs web-0]]>\
        </ac:plain-text-body></ac:structured-macro><ac:image ac:width=\"760\"><ri:attachment \
        ri:filename=\"diagram.png\" /></ac:image>";
    PART.repeat(count)
}

fn panels(depth: usize) -> String {
    const START: &str = "<ac:structured-macro ac:name=\"panel\"><ac:rich-text-body><p>text</p>";
    const END: &str = "</ac:rich-text-body></ac:structured-macro>";
    format!("{}{}", START.repeat(depth), END.repeat(depth))
}
