//! The view as Markdown's own readers see it: they find the words of the page, every character of
//! them, and the same marks.

use document::{ViewOptions, to_markdown};
use proptest::{collection::vec, prelude::*, sample::select};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// What a reader of GitHub-flavoured Markdown finds in a view, white space left out.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) text: String,
    /// Of `text`, what is strong.
    strong: String,
    emphasized: String,
}

impl Reading {
    pub(crate) fn of(markdown: &str) -> Self {
        let options =
            Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
        let mut reading = Self::default();
        let (mut strong, mut emphasized) = (0, 0);
        for event in Parser::new_ext(markdown, options) {
            match event {
                Event::Start(Tag::Strong) => strong += 1,
                Event::End(TagEnd::Strong) => strong -= 1,
                Event::Start(Tag::Emphasis) => emphasized += 1,
                Event::End(TagEnd::Emphasis) => emphasized -= 1,
                Event::InlineHtml(tag) => match &*tag {
                    "<strong>" => strong += 1,
                    "</strong>" => strong -= 1,
                    "<em>" => emphasized += 1,
                    "</em>" => emphasized -= 1,
                    _ => {}
                },
                Event::Html(html) => reading.push(&without_tags(&html), false, false),
                Event::Text(text) | Event::Code(text) => {
                    reading.push(&text, strong > 0, emphasized > 0);
                }
                _ => {}
            }
        }
        reading
    }

    fn push(&mut self, text: &str, strong: bool, emphasized: bool) {
        let text: String = text.chars().filter(|character| !character.is_whitespace()).collect();
        self.text.push_str(&text);
        if strong {
            self.strong.push_str(&text);
        }
        if emphasized {
            self.emphasized.push_str(&text);
        }
    }
}

fn without_tags(html: &str) -> String {
    let mut inside = false;
    let text: String = html
        .chars()
        .filter(|character| {
            inside |= *character == '<';
            let shown = !inside;
            inside &= *character != '>';
            shown
        })
        .collect();
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// A stretch of text in its elements.
#[derive(Clone, Debug)]
struct Run {
    around: &'static str,
    text: String,
    /// With characters as numbers.
    encoded: bool,
}

impl Run {
    fn storage(&self) -> String {
        let mut text = self.text.replace('&', "&amp;").replace('<', "&lt;");
        if self.encoded {
            text = text.replace('*', "&#42;").replace('\u{a0}', "&nbsp;").replace('`', "&#x60;");
        }
        self.around.replace('X', &text)
    }

    /// A link without a label shows where it leads.
    fn shown(&self) -> &str {
        let unlabelled = self.around.contains("<a ") && self.text.trim().is_empty();
        if unlabelled { LINK } else { &self.text }
    }
}

const LINK: &str = "https://e.org/(a)";

fn run() -> impl Strategy<Value = Run> {
    const WORDS: [&str; 56] = [
        "a", "b1", "C", "é", "문", "은", "✅", "“", "(x)", "\"q\"", ".", ",", ":", "::", "*", "**",
        "***", "_", "__", "`", "``", "~", "~~", "[", "]", "(", ")", "](", "[x]", "[ ]", "!", "![",
        "#", "##", "-", "--", "---", "+", "1.", "23)", "=", "===", "|", "<", "<b>", "</p>", ">",
        "&", "&lt;", "&#42;", "\\", "\\*", "{", "^", "$", "@",
    ];
    const SPACES: [&str; 5] = ["", "", " ", "  ", "\u{a0}"];
    const AROUND: [&str; 20] = [
        "X",
        "X",
        "X",
        "<strong>X</strong>",
        "<strong>X</strong>",
        "<em>X</em>",
        "<em>X</em>",
        "<strong><em>X</em></strong>",
        "<em><strong>X</strong></em>",
        "<strong><span>X</span></strong>",
        "<span><em>X</em></span>",
        "<ac:inline-comment-marker ac:ref=\"r\">X</ac:inline-comment-marker>",
        "<del>X</del>",
        "<code>X</code>",
        "<strong><code>X</code></strong>",
        "<u>X</u>",
        "<em><u>X</u></em>",
        "<span>X</span>",
        "<a href=\"https://e.org/(a)\">X</a>",
        "<strong><a href=\"https://e.org/(a)\">X</a></strong>",
    ];
    let words = vec((select(&SPACES[..]), select(&WORDS[..])), 0..6);
    (select(&AROUND[..]), words, select(&SPACES[..]), any::<bool>()).prop_map(
        |(around, words, end, encoded)| {
            let words = words.into_iter().flat_map(|(space, word)| [space, word]);
            Run { around, text: words.chain([end]).collect(), encoded }
        },
    )
}

fn storage(runs: &[Run]) -> String {
    runs.iter().map(Run::storage).collect()
}

fn wanted(runs: &[Run]) -> Reading {
    let mut reading = Reading::default();
    for run in runs {
        let (strong, emphasized) = (run.around.contains("<strong>"), run.around.contains("<em>"));
        reading.push(run.shown(), strong, emphasized);
    }
    reading
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_reader_of_markdown_finds_the_same_text_and_marks(
        runs in vec(run(), 1..5),
        around in select(&[
            "<p>X</p>", "<h2>X</h2>", "<ul><li>X</li></ul>", "<ol><li><p>X</p></li></ol>",
            "<blockquote><p>X</p></blockquote>", "<p>.<br/>X</p>",
            "<table><tr><th>X</th><td>.</td></tr><tr><td>.</td><td>X</td></tr></table>",
            "<ac:task-list><ac:task><ac:task-body>X</ac:task-body></ac:task></ac:task-list>",
        ][..]),
    ) {
        let page = around.replace('X', &storage(&runs));
        let view = to_markdown(&page, &ViewOptions::default());
        let mut pieces = around.split('X');
        let mut expected = wanted(&runs);
        if around.matches('X').count() == 2 {
            let once = wanted(&runs);
            expected.text = format!("{}..{}", once.text, once.text);
            expected.strong.push_str(&once.strong);
            expected.emphasized.push_str(&once.emphasized);
        } else if pieces.next().is_some_and(|before| before.contains('.')) {
            expected.text.insert(0, '.');
        }
        prop_assert_eq!(Reading::of(&view.markdown), expected, "{} {}", page, view.markdown);
    }
}
