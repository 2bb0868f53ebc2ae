//! Pages to measure with: what a page of an engineering wiki is made of, at any length.

use sandbox::{Content, Faults, Options, Sandbox};
use store::Environment;

use crate::{Failure, environment};

/// The space that all pages are in.
pub const SPACE: &str = "ENG";

/// A text that is on every page.
pub const MARK: &str = "rollback window";

/// A sandbox with this content and the real clock.
///
/// # Errors
/// No port can be had.
pub async fn sandbox(content: Content) -> Result<Sandbox, Failure> {
    let Environment { now, random } = environment::real();
    let options = Options { now, random, port: 0, faults: Faults::default() };
    Ok(Sandbox::start(options, content).await?)
}

/// A home page and this many pages below it, in a tree of tens; every tenth page has about 20 KB,
/// the others 2 KB.
pub fn content(count: usize) -> Content {
    let mut content = Content::empty().page(SPACE, None, "Home", "<p>home</p>");
    for number in 0..count {
        let parent = match number {
            0..10 => "Home".to_owned(),
            _ => title(number / 10 - 1),
        };
        let length = if number % 10 == 0 { 20_000 } else { 2000 };
        content = content.page(SPACE, Some(&parent), &title(number), &storage(number, length));
    }
    content
}

/// The title of a page.
pub fn title(number: usize) -> String {
    format!("Service {number}")
}

/// A body of at least `length` bytes.
pub fn storage(number: usize, length: usize) -> String {
    let mut storage = format!(
        "<h1>Service {number}</h1><p>Owner: team {}. Its {MARK} is {} minutes.</p>",
        number % 7,
        number % 50 + 10
    );
    for part in 1.. {
        if storage.len() >= length {
            break;
        }
        storage.push_str(&section(number, part));
    }
    storage
}

fn section(number: usize, part: usize) -> String {
    format!(
        "<h2>Deploying part {part}</h2>\
         <p>The <strong>part {part}</strong> of service {number} is deployed with \
         <code>deploy --service {number} --part {part}</code>; see \
         <ac:link><ri:page ri:content-title=\"Service {part}\" /></ac:link> and \
         <a href=\"https://example.com/{part}?a=1&amp;b=2\">its dashboard</a>.</p>\
         <ac:structured-macro ac:name=\"code\"><ac:parameter ac:name=\"language\">python</ac:parameter>\
         <ac:plain-text-body><![CDATA[def handle_{part}(event):\n    return event[\"n\"] < {part}]]>\
         </ac:plain-text-body></ac:structured-macro>\
         <table><tbody><tr><th><p>Environment</p></th><th><p>Replicas</p></th></tr>\
         <tr><td><p>production</p></td><td><p>{part}</p></td></tr></tbody></table>\
         <ac:structured-macro ac:name=\"info\"><ac:rich-text-body><p>After {part} days a rollback \
         needs a second pair of eyes.</p></ac:rich-text-body></ac:structured-macro>\
         <ul><li><p>first</p><ul><li><p><em>nested</em></p></li></ul></li><li><p>second</p></li></ul>"
    )
}
