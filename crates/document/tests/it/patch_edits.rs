//! Edits that people made to real pages, carried over to the view line by line. The pages are not
//! part of this repository: without them the test says so.

use std::{fs, ops::Range, path::Path};

use document::{Law, PatchError, PatchOptions, ViewOptions, patch, to_markdown};

use crate::patch_text::edited;

/// What the edited files write for characters that the view escapes or leaves as they are.
const ENTITIES: [(&str, char); 4] = [("&gt;", '>'), ("&lt;", '<'), ("&amp;", '&'), ("&quot;", '"')];

/// A text without Markdown's marks and tags, and where its characters stand.
struct Plain {
    text: Vec<char>,
    /// Byte ranges in the line.
    places: Vec<Range<usize>>,
}

impl Plain {
    fn of(line: &str) -> Self {
        let mut plain = Self { text: Vec::new(), places: Vec::new() };
        let start = line.len() - line.trim_start_matches([' ', '>', '-', '+', '#', '|']).len();
        let digits = line[start..].len()
            - line[start..].trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let start = if digits > 0 && line[start + digits..].starts_with(". ") {
            start + digits + 2
        } else {
            start
        };
        let mut at = start;
        while at < line.len() {
            let rest = &line[at..];
            let length = rest.chars().next().map_or(1, char::len_utf8);
            let skipped = match rest.as_bytes()[0] {
                b'<' if rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/') => {
                    rest.find('>').map(|end| end + 1)
                }
                b']' if rest.starts_with("](") => rest.find(')').map(|end| end + 1),
                b'*' | b'`' | b'[' | b']' | b'\\' | b'|' | b'!' => Some(1),
                _ => None,
            };
            if let Some(skipped) = skipped {
                at += skipped;
                continue;
            }
            let (character, length) =
                ENTITIES.iter().find(|(entity, _)| rest.starts_with(entity)).map_or_else(
                    || (rest.chars().next().unwrap(), length),
                    |(entity, character)| (*character, entity.len()),
                );
            let blank = character.is_whitespace();
            if !(blank && plain.text.last().is_none_or(|last| *last == ' ')) {
                plain.text.push(if blank { ' ' } else { character });
                plain.places.push(at..at + length);
            }
            at += length;
        }
        while plain.text.last() == Some(&' ') {
            plain.text.pop();
            plain.places.pop();
        }
        plain
    }
}

/// The longest common subsequence, as pairs of ranges that differ.
fn differences<T: PartialEq>(old: &[T], new: &[T]) -> Vec<(Range<usize>, Range<usize>)> {
    let width = new.len() + 1;
    let mut table = vec![0_u32; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            table[i * width + j] = if old[i] == new[j] {
                table[(i + 1) * width + j + 1] + 1
            } else {
                table[(i + 1) * width + j].max(table[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut found: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            i += 1;
            j += 1;
            continue;
        }
        let (from, other) = (i, j);
        while i < old.len() || j < new.len() {
            if i < old.len() && j < new.len() && old[i] == new[j] {
                break;
            }
            if j == new.len()
                || i < old.len() && table[(i + 1) * width + j] >= table[i * width + j + 1]
            {
                i += 1;
            } else {
                j += 1;
            }
        }
        found.push((from..i, other..j));
    }
    found
}

/// The view with the change of a line that says the same; `None` when there is none. What a `<br/>`
/// divides stands on lines of its own in the view.
fn carried(view: &str, old: &str, new: &str) -> Option<String> {
    let mut view = view.to_owned();
    let (old, new): (Vec<&str>, Vec<&str>) =
        (old.split("<br/>").collect(), new.split("<br/>").collect());
    if old.len() != new.len() {
        return None;
    }
    for (old, new) in old.into_iter().zip(new) {
        if Plain::of(old).text == Plain::of(new).text {
            continue;
        }
        let (line, edited) = carried_part(&view, old, new)?;
        view.replace_range(line, &edited);
    }
    Some(view)
}

/// A line of the view that says the same, and what it becomes.
fn carried_part(view: &str, old: &str, new: &str) -> Option<(Range<usize>, String)> {
    let (before, after) = (Plain::of(old), Plain::of(new));
    if before.text == after.text {
        return None;
    }
    let mut start = 0;
    for line in view.split('\n') {
        let shown = Plain::of(line);
        // A line of the page is several lines of the edited files, one for each sentence.
        let mut windows = shown.text.windows(before.text.len().max(1));
        if let Some(first) = windows.position(|window| window == before.text) {
            let shown = &shown.places[first..first + before.text.len()];
            let mut edited = line.to_owned();
            for (removed, added) in differences(&before.text, &after.text).into_iter().rev() {
                let from = shown
                    .get(removed.start)
                    .map_or(shown.last().map_or(0, |place| place.end), |place| place.start);
                let to = removed.clone().next_back().map_or(from, |last| shown[last].end);
                let text: String = after.text[added].iter().collect();
                // Marks between the characters stay.
                let kept: String = if removed.len() > 1 {
                    let inside: Vec<Range<usize>> =
                        removed.clone().map(|at| shown[at].clone()).collect();
                    inside.windows(2).map(|pair| &line[pair[0].end..pair[1].start]).collect()
                } else {
                    String::new()
                };
                edited.replace_range(from..to, &format!("{text}{kept}"));
            }
            return Some((start..start + line.len(), edited));
        }
        start += line.len() + 1;
    }
    None
}

fn tags(storage: &str) -> Vec<&str> {
    storage.split('<').skip(1).map(|tag| &tag[..tag.find('>').unwrap_or(0)]).collect()
}

#[test]
fn lines_that_people_changed_are_applied_without_touching_anything_else() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/edits");
    let Ok(entries) = fs::read_dir(&folder) else {
        eprintln!("no edits of real pages beside the repository, not tested");
        return;
    };
    let mut pages: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    let (mut changed, mut applied, mut said_already) = (0, 0, 0);
    let mut left = Vec::new();
    for page in pages {
        let read = |name: &str| fs::read_to_string(page.join(name)).unwrap();
        let (storage, old, new) = (read("page.xhtml"), read("original.mdx"), read("improved.mdx"));
        let view = to_markdown(&storage, &ViewOptions::default()).markdown;
        let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
        for (removed, added) in differences(&old, &new) {
            for (before, after) in old[removed].iter().zip(&new[added]) {
                if Plain::of(before).text == Plain::of(after).text {
                    continue;
                }
                changed += 1;
                let Some(edited) = carried(&view, before, after) else {
                    // The other program had put or lost a space that the page does not have.
                    said_already += usize::from(view.lines().any(|line| says(line, after)));
                    left.push(format!("not in the view: {before}"));
                    continue;
                };
                match patch(&storage, &edited, &PatchOptions::default()) {
                    Ok(patched) if tags(&patched.storage) == tags(&storage) => applied += 1,
                    Ok(patched) => panic!("more than words changed: {}", patched.storage_diff),
                    Err(error) => left.push(error.to_string()),
                }
            }
        }
    }
    let summary = format!("{changed} lines: {applied} applied, {said_already} said already");
    println!("{summary}");
    assert!((applied + said_already) * 100 >= changed * 98, "{summary}\n{left:#?}");
}

/// Whether a line of the view has the words of a line of the edited files.
fn says(shown: &str, line: &str) -> bool {
    let (shown, line) = (Plain::of(shown).text, Plain::of(line).text);
    shown.windows(line.len().max(1)).any(|window| window == line)
}

#[test]
fn the_body_of_a_link_goes_with_the_link() {
    let page = |target, body| {
        format!(r#"<p><ac:link><ri:page ri:content-title="{target}" />{body}</ac:link></p>"#)
    };
    let rich = page("S", "<ac:link-body>see</ac:link-body>");
    assert_eq!(edited(&rich, "[see](wiki:S)", "see"), "<p>see</p>");
    assert_eq!(edited(&rich, "wiki:S", "wiki:T"), page("T", "<ac:link-body>see</ac:link-body>"));
    let looks = r#"<p><ac:link ac:card-appearance="inline"><ri:page ri:space-key="A" ri:content-title="S" /><ac:link-body>a <em>b</em></ac:link-body></ac:link> c</p>"#;
    let other = looks.replace(r#""A" ri:content-title="S""#, r#""B" ri:content-title="T""#);
    assert_eq!(edited(looks, "wiki:A/S", "wiki:B/T"), other);
    let plain = page("S", "<ac:plain-text-link-body><![CDATA[see]]></ac:plain-text-link-body>");
    assert_eq!(edited(&plain, "wiki:S", "wiki:T"), plain.replace(r#""S""#, r#""T""#));
    let refused = patch(&plain, "see", &PatchOptions::default()).map(|patched| patched.storage);
    assert!(matches!(refused, Err(PatchError::Unsupported { .. })), "{refused:?}");
}

#[test]
fn a_link_without_a_body_gets_another_label_or_page() {
    let link = |title: &str, body: &str| {
        format!(
            r#"<p>see <ac:link ac:local-id="1"><ri:page ri:content-title="{title}" />{body}</ac:link> there</p>"#
        )
    };
    let body = |label: &str| format!("<ac:link-body>{label}</ac:link-body>");
    let page = link("Old page", "");
    for (label, storage) in [
        ("New page", "New page"),
        ("Old page too", "Old page too"),
        ("page", "page"),
        ("it *is*", "it <em>is</em>"),
    ] {
        let expected = link("Old page", &body(storage));
        assert_eq!(edited(&page, "[Old page]", &format!("[{label}]")), expected);
    }
    let view = to_markdown(&page, &ViewOptions::default()).markdown;
    let target = view.split_once("](").unwrap().1.split_once(')').unwrap().0.to_owned();
    let other = target.replace("Old", "New");
    assert_eq!(edited(&page, &target, &other), link("New page", &body("Old page")));
    let both = view.replace("Old", "New");
    assert_eq!(
        patch(&page, &both, &PatchOptions::default()).unwrap().storage,
        link("New page", "")
    );
    let beside = view.replace("see [Old", "look at [Old new").replace("there", "here");
    let expected =
        link("Old page", &body("Old new page")).replace("see", "look at").replace("there", "here");
    assert_eq!(patch(&page, &beside, &PatchOptions::default()).unwrap().storage, expected);
    assert_eq!(edited(&page, "see [", "see more [").replace("more ", ""), page);
}

#[test]
fn an_item_of_another_kind_than_its_list_is_refused() {
    let tasks = "<ac:task-list><ac:task><ac:task-id>1</ac:task-id><ac:task-status>incomplete\
                 </ac:task-status><ac:task-body>one</ac:task-body></ac:task></ac:task-list>";
    for (page, item) in [("<ul><li>one</li></ul>", "- [ ] two"), (tasks, "- two")] {
        let view = to_markdown(page, &ViewOptions::default()).markdown;
        let refused = patch(page, &format!("{view}\n{item}"), &PatchOptions::default());
        let error = refused.map(|patched| patched.storage).unwrap_err();
        assert!(matches!(error, PatchError::LawBroken { law: Law::Placement }), "{error}");
    }
}
