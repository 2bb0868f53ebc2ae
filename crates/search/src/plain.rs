//! Takes the marks off Markdown: what is left is what a reader reads, for snippets and terms.

/// The words of `markdown`, line by line, without marks, link targets and fences. Attribute values
/// of macro tokens stay (`<macro:jira key="ABC-1"/>` is `ABC-1`).
pub(crate) fn plain(markdown: &str) -> String {
    let mut lines = Vec::new();
    let mut fence: Option<&str> = None;
    for line in markdown.lines() {
        let line = line.trim_start_matches([' ', '\t', '>']).trim_end();
        match (fence, fence_mark(line)) {
            (None, Some(mark)) => {
                fence = Some(mark);
                lines.push(fence_title(line).to_owned());
            }
            (Some(open), Some(mark)) if open == mark => fence = None,
            (Some(_), _) => lines.push(line.to_owned()),
            (None, None) if is_rule(line) => {}
            (None, None) => {
                let mut text = String::with_capacity(line.len());
                inline(without_block_mark(line), &mut text);
                lines.push(text.split_whitespace().collect::<Vec<_>>().join(" "));
            }
        }
    }
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

/// Language and layout of a block say nothing about the page; what it is called does.
fn fence_title(line: &str) -> &str {
    let title = line.split_once(" title=\"").and_then(|(_, title)| title.split_once('"'));
    title.map_or("", |(title, _)| title)
}

fn fence_mark(line: &str) -> Option<&'static str> {
    ["```", "~~~"].into_iter().find(|mark| line.starts_with(mark))
}

/// A horizontal rule, or the line between a table's head and body.
fn is_rule(line: &str) -> bool {
    line.len() >= 3 && line.chars().all(|c| matches!(c, '-' | '*' | '_' | '|' | ':' | ' ' | '='))
}

fn without_block_mark(line: &str) -> &str {
    let heading = line.trim_start_matches('#');
    if heading.len() < line.len() && heading.starts_with(' ') {
        return heading.trim_start();
    }
    let digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let item = match digits.strip_prefix(['.', ')']) {
        Some(item) if digits.len() < line.len() => item.strip_prefix(' '),
        _ => line.strip_prefix(['-', '*', '+']).and_then(|item| item.strip_prefix(' ')),
    };
    let Some(item) = item else { return line };
    let item = item.trim_start();
    ["[ ] ", "[x] ", "[X] "].iter().find_map(|mark| item.strip_prefix(mark)).unwrap_or(item)
}

fn inline(line: &str, text: &mut String) {
    let mut rest = line;
    while let Some(at) = rest.find(['\\', '`', '!', '[', ']', '<', '|', '*', '~', '_']) {
        text.push_str(&rest[..at]);
        let before = rest[..at].chars().next_back();
        rest = mark(&rest[at..], before, text);
    }
    text.push_str(rest);
}

/// Writes what stands for the mark that `rest` starts with; returns what follows it.
fn mark<'a>(rest: &'a str, before: Option<char>, text: &mut String) -> &'a str {
    let (mark, after) = rest.split_at(1);
    match mark {
        "\\" => match after.chars().next() {
            Some(escaped) if escaped.is_ascii_punctuation() => {
                text.push(escaped);
                return &after[1..];
            }
            _ => text.push('\\'),
        },
        "`" => {
            let ticks = rest.len() - rest.trim_start_matches('`').len();
            let (ticks, code) = rest.split_at(ticks);
            if let Some((code, after)) = code.split_once(ticks) {
                text.push_str(code);
                return after;
            }
            return code;
        }
        "!" if after.starts_with('[') => {}
        "[" => {
            if let Some(after) = after.strip_prefix('!') {
                return admonition(after, text);
            }
        }
        "]" => return after_target(after),
        "<" => return tag(after, text),
        "|" => text.push(' '),
        "*" | "~" => {}
        "_" if !before.is_some_and(char::is_alphanumeric)
            || !after.starts_with(char::is_alphanumeric) => {}
        other => text.push_str(other),
    }
    after
}

/// `INFO title="Mind the gap"]` gives the title.
fn admonition<'a>(rest: &'a str, text: &mut String) -> &'a str {
    match rest.split_once(']') {
        Some((kind, after)) if kind.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            attribute_values(kind, text);
            after
        }
        _ => rest,
    }
}

/// Skips `(target)` behind a link's text.
fn after_target(rest: &str) -> &str {
    let Some(target) = rest.strip_prefix('(') else { return rest };
    let mut depth = 1;
    let mut escaped = false;
    for (at, c) in target.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &target[at + 1..];
        }
    }
    rest
}

/// A tag gives its attribute values, an autolink its address; any other `<` is itself.
fn tag<'a>(rest: &'a str, text: &mut String) -> &'a str {
    let name = rest.strip_prefix('/').unwrap_or(rest);
    let Some((inside, after)) =
        rest.split_once('>').filter(|_| name.starts_with(|c: char| c.is_ascii_alphabetic()))
    else {
        text.push('<');
        return rest;
    };
    if inside.contains("://") && !inside.contains([' ', '"']) {
        text.push_str(inside);
    } else {
        text.push(' ');
        attribute_values(inside, text);
    }
    after
}

fn attribute_values(tag: &str, text: &mut String) {
    for value in tag.split('"').skip(1).step_by(2) {
        text.push_str(value);
        text.push(' ');
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn marks_of_blocks_vanish() {
        let markdown = "## Head\n\n- one\n  1. [x] two\n> quote\n\n---\n| a | b |\n|---|:-:|\n| c | d\\|e |\n\n```rust\nlet _x = a * b;\n```\nend";
        assert_eq!(plain(markdown), "Head\none\ntwo\nquote\na b\nc d|e\nlet _x = a * b;\nend");
    }

    #[test]
    fn the_title_of_a_fence_stays_and_its_language_goes() {
        assert_eq!(
            plain("```kotlin title=\"hello.kt\" collapse=\"true\"\nval x = 1\n```"),
            "hello.kt\nval x = 1"
        );
    }

    #[test]
    fn marks_inside_lines_vanish_and_their_text_stays() {
        assert_eq!(
            plain(
                "**Bold** _it_ snake_case `a_*b*` [link](wiki:ENG/A_(b)) ![alt](attachment:x.png) [@Ann](user:1) 1 \\* 2 < 3 ~~no~~ <https://a.b/c>"
            ),
            "Bold it snake_case a_*b* link alt @Ann 1 * 2 < 3 no https://a.b/c"
        );
    }

    #[test]
    fn macros_and_panels_leave_their_values() {
        assert_eq!(plain("<macro:jira key=\"ABC-1\"/> done"), "ABC-1 done");
        assert_eq!(plain("> [!INFO title=\"Mind\"]\n> the gap"), "Mind\nthe gap");
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in "[-a_*`~\\[\\]()<>!\\\\|\"#é \n]{0,60}") {
            plain(&text);
        }
    }
}
