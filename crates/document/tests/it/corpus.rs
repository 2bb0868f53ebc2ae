//! The view of real pages, which are not part of this repository: without them the tests say so.
//!
//! What a page holds is counted here from its text with means that share nothing with the crate.

use std::{fs, path::Path};

use document::{BlockKind, View, ViewOptions, to_markdown};

use crate::{promises, reading::Reading};

pub(crate) struct Page {
    pub(crate) name: String,
    pub(crate) storage: String,
}

impl Page {
    pub(crate) fn is_real(&self) -> bool {
        self.name.starts_with("real-")
    }

    fn view(&self) -> View {
        to_markdown(&self.storage, &ViewOptions::default())
    }
}

pub(crate) fn corpus() -> Vec<Page> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/storage");
    let Ok(entries) = fs::read_dir(&folder) else {
        eprintln!("no corpus of real pages beside the repository, not tested");
        return Vec::new();
    };
    let mut pages: Vec<_> = entries
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            Page { name, storage: fs::read_to_string(path).unwrap() }
        })
        .collect();
    pages.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(pages.len() > 100, "the corpus is not whole");
    pages
}

#[test]
fn every_page_has_a_view_that_keeps_its_promises() {
    for page in corpus() {
        for options in [ViewOptions::default(), ViewOptions { comments: true, layouts: true }] {
            promises::check(&page.storage, &to_markdown(&page.storage, &options));
        }
    }
}

/// How much of what was looked for is there.
#[derive(Default)]
struct Recall {
    found: usize,
    wanted: usize,
    missing: Vec<String>,
}

impl Recall {
    fn count(&mut self, weight: usize, found: bool, what: impl FnOnce() -> String) {
        self.wanted += weight;
        if found {
            self.found += weight;
        } else {
            self.missing.push(what());
        }
    }

    #[track_caller]
    fn is_at_least(&self, what: &str, per_mille: usize) {
        println!("{what}: {} of {}", self.found, self.wanted);
        assert!(
            self.found * 1000 >= self.wanted * per_mille,
            "{what}: {} of {}\n{:#?}",
            self.found,
            self.wanted,
            self.missing
        );
    }
}

#[test]
fn words_reach_the_view() {
    let (mut real, mut all) = (Recall::default(), Recall::default());
    for page in corpus() {
        let shown = letters(&decoded(&page.view().markdown));
        let mut from = 0;
        for text in texts(&page.storage) {
            let wanted = letters(&decoded(text));
            let after = shown[from..].find(&wanted).map(|at| from + at);
            from = after.map_or(from, |at| at + wanted.len());
            let found = after.is_some() || shown.contains(&wanted);
            let words = text.split_whitespace().count();
            all.count(words, found, || format!("{}: {text}", page.name));
            if page.is_real() {
                real.count(words, found, || format!("{}: {text}", page.name));
            }
        }
    }
    real.is_at_least("words of real pages", 1000);
    // A CDATA section of one broken file never ends: its tags are read as tags.
    all.is_at_least("words of all pages", 997);
}

/// Escapes and marks included: what a reader of Markdown makes of the view holds every text of the
/// page character by character.
#[test]
fn a_reader_of_markdown_finds_the_text_of_real_pages() {
    let mut recall = Recall::default();
    for page in corpus().iter().filter(|page| page.is_real()) {
        let read = Reading::of(&page.view().markdown).text;
        for text in texts(&page.storage) {
            let wanted: String = decoded(text).chars().filter(|c| !c.is_whitespace()).collect();
            let found = read.contains(&wanted);
            recall.count(wanted.chars().count(), found, || format!("{}: {text}", page.name));
        }
    }
    recall.is_at_least("characters of real pages", 1000);
}

#[test]
fn macros_links_images_tasks_and_code_reach_the_view() {
    let (mut macros, mut links, mut files) =
        (Recall::default(), Recall::default(), Recall::default());
    let (mut tasks, mut code, mut headings, mut cells) =
        (Recall::default(), Recall::default(), Recall::default(), Recall::default());
    for page in corpus().iter().filter(|page| page.is_real()) {
        let View { markdown, blocks, .. } = page.view();
        let lower = markdown.to_lowercase();
        let say = |what: &str| format!("{}: {what}", page.name);
        for tag in ["<ac:structured-macro", "<ac:macro"] {
            for name in attributes(&page.storage, tag, "ac:name") {
                let found = match name {
                    "code" => markdown.contains("```"),
                    "status" => markdown.contains("<status"),
                    _ => {
                        lower.contains(&format!("macro:{name}"))
                            || lower.contains(&format!("[!{name}"))
                    }
                };
                macros.count(1, found, || say(name));
            }
        }
        for address in attributes(&page.storage, "<a ", "href") {
            links.count(1, unescaped(&markdown).contains(&decoded(address)), || say(address));
        }
        for title in attributes(&page.storage, "<ri:page", "ri:content-title") {
            links.count(1, unescaped(&markdown).contains(&encoded(title)), || say(title));
        }
        for file in attributes(&page.storage, "<ri:attachment", "ri:filename") {
            let address = format!("attachment:{}", encoded(file));
            files.count(1, unescaped(&markdown).contains(&address), || say(file));
        }
        let boxes = markdown.matches("[ ] ").count() + markdown.matches("[x] ").count();
        let wanted = page.storage.matches("<ac:task>").count();
        tasks.count(wanted, boxes >= wanted, || say(&format!("{boxes} of {wanted} tasks")));
        let wanted: usize =
            ["<td", "<th>", "<th "].iter().map(|tag| page.storage.matches(tag).count()).sum();
        let shown = blocks.iter().filter(|block| block.kind == BlockKind::TableCell).count();
        cells.count(wanted, shown == wanted, || say(&format!("{shown} of {wanted} cells")));
        for level in 1..=6 {
            let wanted = page.storage.matches(&format!("<h{level}>")).count()
                + page.storage.matches(&format!("<h{level} ")).count();
            let empty = empty_headings(&page.storage, level);
            let marker = format!("{} ", "#".repeat(level));
            let shown = markdown
                .lines()
                .filter(|line| {
                    line.trim_start_matches(|c: char| " >-.)".contains(c) || c.is_ascii_digit())
                        .starts_with(&marker)
                })
                .count();
            headings.count(wanted - empty, shown + empty >= wanted, || {
                say(&format!("{shown} of {wanted} at level {level}"))
            });
        }
        for body in page.storage.split("<ac:plain-text-body><![CDATA[").skip(1) {
            for line in body.split("]]>").next().unwrap_or_default().lines() {
                code.count(1, markdown.contains(line.trim_end()), || say(line));
            }
        }
    }
    macros.is_at_least("macros", 1000);
    links.is_at_least("links", 1000);
    files.is_at_least("attachments", 1000);
    tasks.is_at_least("tasks", 1000);
    headings.is_at_least("headings", 1000);
    cells.is_at_least("table cells", 1000);
    code.is_at_least("lines of code", 1000);
}

/// The text between the tags, without what a reader of the page does not see there.
fn texts(storage: &str) -> Vec<&str> {
    const UNSEEN: [&str; 9] = [
        "ac:parameter",
        "ac:default-parameter",
        "ac:task-id",
        "ac:task-uuid",
        "ac:task-status",
        "ac:adf-attribute",
        "ac:adf-fallback",
        "at:declarations",
        "time",
    ];
    let mut texts = Vec::new();
    let mut rest = storage;
    let mut unseen: Option<&str> = None;
    while !rest.is_empty() {
        let (text, tag) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
        if unseen.is_none() && !text.trim().is_empty() {
            texts.push(text);
        }
        if let Some(body) = tag.strip_prefix("<![CDATA[") {
            let (body, after) = body.split_once("]]>").unwrap_or((body, ""));
            if unseen.is_none() {
                texts.extend(body.lines().filter(|line| !line.trim().is_empty()));
            }
            rest = after;
        } else if let Some(comment) = tag.strip_prefix("<!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
        } else {
            let end = tag.find('>').map_or(tag.len(), |end| end + 1);
            let inside = tag[..end].trim_start_matches(['<', '/']).trim_end_matches('>');
            let name = inside.split([' ', '/', '\n', '\t']).next().unwrap_or_default();
            if tag.starts_with("</") && unseen == Some(name) {
                unseen = None;
            } else if unseen.is_none() && !tag[..end].ends_with("/>") {
                unseen = UNSEEN.into_iter().find(|known| *known == name);
            }
            rest = &tag[end..];
        }
    }
    texts
}

fn attributes<'s>(storage: &'s str, tag: &str, name: &str) -> Vec<&'s str> {
    let start = format!(" {name}=\"");
    storage
        .split(tag)
        .skip(1)
        .filter(|rest| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '-'))
        .filter_map(|rest| {
            let inside = rest.split('>').next()?;
            inside
                .split_once(&start)
                .or_else(|| inside.split_once(&start[1..]))?
                .1
                .split('"')
                .next()
        })
        .collect()
}

fn empty_headings(storage: &str, level: usize) -> usize {
    let end = format!("</h{level}>");
    storage
        .match_indices(&end)
        .filter(|(at, _)| {
            let before = &storage[..*at];
            let start = before.rfind(&format!("<h{level}")).unwrap_or(0);
            let inner = &before[start..];
            let seen = texts(inner).iter().any(|text| !letters(&decoded(text)).is_empty());
            !seen && !inner.contains("<ac:image") && !inner.contains("macro")
        })
        .count()
        + storage.matches(&format!("<h{level} />")).count()
        + storage.matches(&format!("<h{level}/>")).count()
}

/// Names as they stand in addresses.
fn encoded(name: &str) -> String {
    decoded(name).replace('%', "%25").replace('/', "%2F").replace('#', "%23")
}

fn unescaped(markdown: &str) -> String {
    decoded(&markdown.replace('\\', ""))
}

fn letters(text: &str) -> String {
    text.chars().filter(|character| character.is_alphanumeric()).collect()
}

/// With the references read that the corpus uses.
fn decoded(text: &str) -> String {
    const NAMED: [(&str, &str); 35] = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&nbsp;", " "),
        ("&#10;", "\n"),
        ("&#96;", "`"),
        ("&#124;", "|"),
        ("&rdquo;", "”"),
        ("&ldquo;", "“"),
        ("&rsquo;", "’"),
        ("&lsquo;", "‘"),
        ("&rarr;", "→"),
        ("&eacute;", "é"),
        ("&harr;", "↔"),
        ("&copy;", "©"),
        ("&ndash;", "–"),
        ("&mdash;", "—"),
        ("&deg;", "°"),
        ("&acirc;", "â"),
        ("&egrave;", "è"),
        ("&uuml;", "ü"),
        ("&auml;", "ä"),
        ("&ouml;", "ö"),
        ("&hellip;", "…"),
        ("&iacute;", "í"),
        ("&oacute;", "ó"),
        ("&ccedil;", "ç"),
        ("&#xE4;", "ä"),
        ("&#8212;", "—"),
        ("&#x2014;", "—"),
        ("&#160;", " "),
        ("&#xA0;", " "),
        ("&#8220;", "“"),
        ("&#8221;", "”"),
        ("&amp;", "&"),
    ];
    let mut text = text.to_owned();
    for (reference, character) in NAMED {
        if text.contains(reference) {
            text = text.replace(reference, character);
        }
    }
    text
}
