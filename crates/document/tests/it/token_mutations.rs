//! Each token of each page vanishes, doubles and becomes another in the edited view: the patch refuses.
//! What a token is, and how many of each a page has, is found here with means of its own.

use std::{collections::BTreeMap, fs, ops::Range, path::Path};

use document::{PatchOptions, View, ViewOptions, patch, to_markdown};

use crate::splices::tag_end;

/// What is no text, as storage holds it.
struct Token {
    /// `macro:toc`, `mention:5b10a28`.
    name: String,
    source: Range<usize>,
}

struct Open {
    element: String,
    /// Index of its token.
    token: Option<usize>,
}

fn tokens(storage: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let mut at = 0;
    while at < storage.len() {
        let rest = &storage[at..];
        if rest.starts_with("<![CDATA[") {
            at += rest.find("]]>").unwrap() + 3;
        } else if rest.starts_with("<!--") {
            at += rest.find("-->").unwrap() + 3;
        } else if rest.starts_with("</") {
            at += tag_end(rest);
            if let Some(token) = open.pop().and_then(|open| open.token) {
                tokens[token].source.end = at;
            }
        } else if rest.starts_with('<') {
            let end = at + tag_end(rest);
            let tag = &storage[at..end];
            let element = tag[1..].split([' ', '/', '>', '\n', '\t']).next().unwrap();
            let unseen = ["ac:parameter", "ac:adf-fallback"];
            let seen = !open.iter().any(|open| unseen.contains(&&*open.element));
            let inner = &storage[end..];
            let name = name(element, tag, inner);
            let mut token = None;
            if let Some(name) = name.filter(|_| seen) {
                // Of a link and an image, the name is that of what it holds.
                token = Some(tokens.len());
                tokens.push(Token { name, source: at..end });
            }
            if !tag.ends_with("/>") && !tag.starts_with(['?', '!']) {
                open.push(Open { element: element.to_owned(), token });
            }
            at = end;
        } else {
            at += rest.find('<').unwrap_or(rest.len());
        }
    }
    tokens
}

fn name(element: &str, tag: &str, inner: &str) -> Option<String> {
    let held = &inner[..if inner.starts_with('<') { tag_end(inner) } else { 0 }];
    let of = |kind: &str, tag: &str, attribute: &str| {
        attribute_of(tag, attribute).map(|name| format!("{kind}:{name}"))
    };
    match element {
        "ac:structured-macro" | "ac:macro" => of("macro", tag, "ac:name"),
        "ac:adf-node" => of("adf", tag, "type"),
        "ac:image" => of("image", held, "ri:filename").or_else(|| of("image", held, "ri:value")),
        "img" => of("image", tag, "src"),
        "ac:link" if held.starts_with("<ri:user") => ["ri:account-id", "ri:userkey", "ri:username"]
            .iter()
            .find_map(|attribute| of("mention", held, attribute)),
        "ac:link" if held.starts_with("<ri:attachment") => of("attachment", held, "ri:filename"),
        "time" => Some("date".to_owned()),
        "ac:emoticon" => {
            of("emoji", tag, "ac:emoji-shortname").or_else(|| of("emoji", tag, "ac:name"))
        }
        "ac:inline-comment-marker" => of("comment", tag, "ac:ref"),
        "ac:layout-section" => of("layout", tag, "ac:type"),
        "ac:layout-cell" => Some("layout:cell".to_owned()),
        "ac:placeholder" => Some("placeholder".to_owned()),
        _ => element.starts_with("at:").then(|| format!("template:{element}")),
    }
}

fn attribute_of(tag: &str, attribute: &str) -> Option<String> {
    let after = tag.split_once(&format!(" {attribute}=\""))?.1;
    after.split_once('"').map(|(value, _)| value.to_owned())
}

/// How often a page has each; of a comment, the stretches of text that it marks count once.
fn inventory(storage: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for token in tokens(storage) {
        let count = counts.entry(token.name.clone()).or_insert(0);
        *count = if token.name.starts_with("comment:") { 1 } else { *count + 1 };
    }
    counts
}

/// Where the view shows what the storage holds there.
fn shown(view: &View, source: &Range<usize>) -> Option<Range<usize>> {
    let wide = |range: &Range<u32>| range.start as usize..range.end as usize;
    let inside = |range: Range<usize>| source.start <= range.start && range.end <= source.end;
    let blocks = view.blocks.iter().filter(|block| inside(wide(&block.source)));
    let pieces = view.pieces.iter().filter(|piece| inside(wide(&piece.source)));
    let ranges: Vec<_> = blocks
        .map(|block| wide(&block.view))
        .chain(pieces.map(|piece| wide(&piece.view)))
        .collect();
    let start = ranges.iter().map(|range| range.start).min()?;
    let end = ranges.iter().map(|range| range.end).max()?;
    (start < end).then(|| with_tags(&view.markdown, start..end))
}

/// Of marks with text in them, the tags are not all in the map.
fn with_tags(markdown: &str, range: Range<usize>) -> Range<usize> {
    let before = &markdown[..range.start];
    let open = ["<placeholder>", "<mark comment=\""].into_iter().find(|tag| before.ends_with(tag));
    let Some(open) = open else { return range };
    let close = if open.starts_with("<p") { "</placeholder>" } else { "</mark>" };
    let end =
        markdown[range.start..].find(close).map_or(range.end, |at| range.start + at + close.len());
    range.start - open.len()..end.max(range.end)
}

/// The token twice: on lines of their own if it has lines of its own.
fn doubled(markdown: &str, range: &Range<usize>) -> String {
    let text = &markdown[range.clone()];
    let line = markdown[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let lead = &markdown[line..range.start];
    let after = &markdown[range.end..];
    let alone = lead.trim_start_matches([' ', '>', '-']).is_empty()
        && (after.is_empty() || after.starts_with('\n'));
    if alone {
        let lead = lead.replace('-', " ");
        format!("{text}\n{}\n{lead}{text}", lead.trim_end())
    } else {
        format!("{text} {text}")
    }
}

const EVERYTHING: ViewOptions = ViewOptions { comments: true, layouts: true };

#[derive(Default)]
struct Tally {
    tried: usize,
    refused: BTreeMap<&'static str, usize>,
    /// Whatever was done, the page has what it had.
    harmless: usize,
    unseen: usize,
    escaped: Vec<String>,
}

impl Tally {
    fn page(&mut self, file: &str, storage: &str) {
        let view = to_markdown(storage, &EVERYTHING);
        if !view.warnings.is_empty() {
            return;
        }
        let page = Page { file, storage, markdown: &view.markdown, before: inventory(storage) };
        for token in tokens(storage) {
            match shown(&view, &token.source) {
                Some(range) => self.token(&page, &token.name, &range),
                None => self.unseen += 1,
            }
        }
        // Of a layout, the blocks that it shows are its content alone.
        let mut at = 0;
        for line in view.markdown.split('\n') {
            if line.starts_with("<!-- ") {
                self.token(&page, "layout", &(at..at + line.len()));
            }
            at += line.len() + 1;
        }
    }

    fn token(&mut self, page: &Page<'_>, name: &str, range: &Range<usize>) {
        let text = &page.markdown[range.clone()];
        let mutations = [
            ("vanishes", Some(String::new())),
            ("becomes another", Some("<macro:other/>".to_owned())),
            ("doubles", Some(doubled(page.markdown, range))),
            ("is renamed", renamed(name, text)),
        ];
        for (what, replacement) in mutations {
            let Some(replacement) = replacement else { continue };
            self.tried += 1;
            let edited = [&page.markdown[..range.start], &replacement, &page.markdown[range.end..]];
            let options = PatchOptions { view: EVERYTHING, ..PatchOptions::default() };
            match patch(page.storage, &edited.concat(), &options) {
                Err(error) => *self.refused.entry(error.code()).or_insert(0) += 1,
                // A comment may mark several stretches of text, and a cell holds other blocks.
                Ok(patched)
                    if without(inventory(&patched.storage), "macro:other") == page.before
                        && (["doubles", "is renamed"].contains(&what)
                            || name.starts_with("comment:")
                            || name == "layout:cell") =>
                {
                    self.harmless += 1;
                }
                Ok(patched) => self.escaped.push(format!(
                    "{}: {name} {what}: {text:?} → {replacement:?}\n{}",
                    page.file, patched.storage_diff
                )),
            }
        }
    }
}

fn without(mut counts: BTreeMap<String, usize>, name: &str) -> BTreeMap<String, usize> {
    counts.remove(name);
    counts
}

struct Page<'p> {
    file: &'p str,
    storage: &'p str,
    markdown: &'p str,
    before: BTreeMap<String, usize>,
}

fn renamed(name: &str, text: &str) -> Option<String> {
    let name = name.split_once(':')?.1;
    let first = text.lines().next()?;
    let at = first.to_lowercase().find(&name.to_lowercase())?;
    let end = at + name.len();
    (text.is_char_boundary(at) && text.is_char_boundary(end))
        .then(|| format!("{}other-one{}", &text[..at], &text[end..]))
}

#[test]
fn no_token_of_any_page_vanishes_doubles_or_becomes_another() {
    let mut tally = Tally::default();
    tally.page("page.xhtml", include_str!("page.xhtml"));
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["../sandbox/demo/pages", "../../../shared/corpus/storage"] {
        pages(&manifest.join(folder), &mut tally);
    }
    let Tally { tried, refused, harmless, unseen, .. } = &tally;
    println!("{tried} mutations: {refused:?} refused, {harmless} harmless; {unseen} not shown");
    assert!(tally.tried > 100);
    assert!(tally.escaped.is_empty(), "{}", tally.escaped.join("\n"));
}

fn pages(folder: &Path, tally: &mut Tally) {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
        .unwrap_or_default();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            pages(&path, tally);
        } else if path.extension().is_some_and(|extension| extension == "xhtml") {
            tally.page(&path.display().to_string(), &fs::read_to_string(&path).unwrap());
        }
    }
}
