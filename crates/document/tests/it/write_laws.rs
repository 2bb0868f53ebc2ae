//! What holds for every Markdown that is written as storage format.

use document::{Flavour, StorageOptions, ViewOptions, WriteError, to_markdown, to_storage};
use proptest::{collection::vec, prelude::*, sample::select};

use crate::corpus::corpus;

const SHOWN: ViewOptions = ViewOptions { comments: true, layouts: true };

const CLOUD: StorageOptions = StorageOptions { flavour: Flavour::Cloud };
const DATA_CENTER: StorageOptions = StorageOptions { flavour: Flavour::DataCenter };

/// Views that say what storage format has no proper place for: a list within a `p`, an address
/// of the web in an `ac:link` (`<a>` shows the same as `<https://…>`).
const NOT_SAID_ALIKE: [&str; 4] = [
    "fixture__advanced_usage_1__887882fd4f.xhtml",
    "fixture__diagnostics_usage_1__163f593907.xhtml",
    "fixture__preserve-time-tag-input.xml__a9fbc8687a.xhtml",
    "fixture__task-list-macro-input.xml__6b87636aad.xhtml",
];

#[test]
fn the_view_of_a_page_written_again_is_the_same_view() {
    for page in corpus() {
        let view = to_markdown(&page.storage, &SHOWN);
        let is_well_formed = view.warnings.is_empty();
        for options in [CLOUD, DATA_CENTER] {
            match to_storage(&view.markdown, &options) {
                Ok(storage) => {
                    let again = to_markdown(&storage, &SHOWN);
                    assert_eq!(again.warnings, [], "{}", page.name);
                    if is_well_formed && !NOT_SAID_ALIKE.contains(&page.name.as_str()) {
                        assert_eq!(again.markdown, view.markdown, "{}", page.name);
                    }
                }
                Err(WriteError::NeedsCloud { .. }) if options == DATA_CENTER => {}
                Err(WriteError::CharacterNotAllowed { .. }) if !page.is_real() => {}
                Err(error) => panic!("{}: {error}", page.name),
            }
        }
    }
}

const PARTS: [&str; 74] = [
    "a",
    "b c",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\n\n",
    "    ",
    "\t",
    "- ",
    "* ",
    "1. ",
    "2) ",
    "> ",
    "# ",
    "## ",
    "---",
    "- [ ] ",
    "- [x] ",
    "|",
    "|---|",
    "| a | b |\n|---|---|\n",
    "```",
    "```x y=\"z\"\n",
    "~~~",
    "`",
    "``",
    "*",
    "**",
    "_",
    "~~",
    "[",
    "](",
    "](u)",
    "](wiki:A/B)",
    ")",
    "![",
    "<",
    ">",
    "&",
    "&amp;",
    "&lt;",
    "\\",
    "<u>",
    "</u>",
    "<b>",
    "</b>",
    "<br>",
    "<table>",
    "</table>",
    "<tr>",
    "</tr>",
    "<td>",
    "</td>",
    "<ul>",
    "<li>",
    "</li>",
    "<p>",
    "<!--",
    "-->",
    "<!-- section a -->\n\n",
    "<!-- cell -->\n\n",
    "<!-- /section -->\n\n",
    "> [!INFO title=\"a\"]\n",
    "[!X]",
    "<macro:toc a=\"b\"/>",
    "<macro:x>",
    "</macro:x>",
    "<zz:zz>",
    "<status>",
    "</status>",
    "<at:declarations/>",
    "]]>",
    "é",
];

fn soup() -> impl Strategy<Value = String> {
    vec(select(&PARTS[..]), 0..60).prop_map(|parts| parts.concat())
}

fn check(markdown: &str) {
    for options in [CLOUD, DATA_CENTER] {
        if let Ok(storage) = to_storage(markdown, &options) {
            let view = to_markdown(&storage, &SHOWN);
            assert_eq!(view.warnings, [], "{markdown:?}\n{storage}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_becomes_well_formed_storage(markdown in "\\PC{0,200}") {
        check(&markdown);
    }

    #[test]
    fn any_markdown_becomes_well_formed_storage(markdown in soup()) {
        check(&markdown);
    }
}
