//! Blocks are told apart by short ids that outlive edits elsewhere.

use document::{BlockId, ViewOptions, block_ids, to_markdown};
use proptest::prelude::*;

use crate::{laws, view};

fn ids(storage: &str) -> Vec<String> {
    block_ids(storage, &view(storage)).iter().map(ToString::to_string).collect()
}

#[test]
fn a_declared_id_names_its_block() {
    let storage = "<p local-id=\"9F2c-41aa-77\">a</p><table ac:local-id=\"table-1\"><tr><td>b</td></tr></table>\
        <ac:structured-macro ac:name=\"toc\" ac:macro-id=\"6f1e0c22-x\"/>";
    let ids = ids(storage);
    assert_eq!((&*ids[0], &*ids[1], &*ids[3]), ("9f2c41", "table1", "6f1e0c"));
}

#[test]
fn an_id_that_comes_again_or_is_too_short_does_not_name_two_blocks() {
    let ids =
        ids("<p local-id=\"abcdef1\">a</p><p local-id=\"abcdef2\">b</p><p local-id=\"x\">c</p>");
    assert_eq!((&*ids[0], &*ids[1]), ("abcdef", "abcdef-2"));
    assert_eq!(ids[2].len(), 5, "{ids:?}");
}

#[test]
fn a_block_without_an_id_is_named_by_what_it_says() {
    let before =
        ids("<h2>One</h2><p>two</p><ul><li>three<ul><li>four</li></ul></li></ul><p>five</p>");
    let after = ids(
        "<p>new</p><h3>One</h3><p>t&#119;o </p><ul><li><p>three</p><ul><li>4</li></ul></li></ul><p>five</p>",
    );
    assert_eq!(after[1], before[0], "another level");
    assert_eq!(after[2], before[1], "other bytes for the same words");
    assert_eq!(after[3], before[2], "another item below");
    assert_eq!(after.last(), before.last(), "another place");
    assert!(!before.contains(&after[0]));
}

#[test]
fn what_has_no_words_is_named_by_what_it_points_to() {
    let image = |name: &str, version: u8| {
        format!(
            "<ac:image><ri:attachment ri:filename=\"{name}\" ri:version-at-save=\"{version}\"/></ac:image>"
        )
    };
    let macros = |key: &str| {
        format!(
            "<ac:structured-macro ac:name=\"jira\"><ac:parameter ac:name=\"key\">{key}</ac:parameter></ac:structured-macro>"
        )
    };
    assert_eq!(ids(&image("a.png", 1)), ids(&image("a.png", 2)));
    assert_ne!(ids(&image("a.png", 1)), ids(&image("b.png", 1)));
    assert_ne!(ids(&macros("A-1")), ids(&macros("A-2")));
}

#[test]
fn equal_cells_of_two_tables_have_ids_of_their_own_tables() {
    let table = |id: &str, cells: usize| {
        format!("<table ac:local-id=\"{id}\"><tr>{}</tr></table>", "<td>yes</td>".repeat(cells))
    };
    let one = ids(&format!("{}{}", table("aaaaaa", 1), table("bbbbbb", 1)));
    let two = ids(&format!("{}{}", table("aaaaaa", 2), table("bbbbbb", 1)));
    assert_eq!(one.last(), two.last());
}

#[test]
fn an_id_reads_back_as_it_was_written() {
    for text in ["0a1b2", "#9f2c41", "9f2c41-12", "9F2C41"] {
        let id: BlockId = text.parse().unwrap();
        assert_eq!(id.to_string(), text.trim_start_matches('#').to_lowercase());
    }
    for text in ["", "#", "abc", "abcdefg", "abcdef-0", "abcdef-x", "ab cd", "가나다라마"] {
        assert!(text.parse::<BlockId>().is_err(), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_block_has_an_id_of_its_own_whatever_is_shown(storage in laws::soup()) {
        let view = to_markdown(&storage, &ViewOptions::default());
        let ids = block_ids(&storage, &view);
        prop_assert_eq!(ids.len(), view.blocks.len());
        let mut distinct = ids.clone();
        distinct.sort_unstable();
        distinct.dedup();
        prop_assert_eq!(distinct.len(), ids.len());

        let everything = to_markdown(&storage, &ViewOptions { comments: true, layouts: true });
        let of_everything = block_ids(&storage, &everything);
        for (block, id) in view.blocks.iter().zip(&ids) {
            let same = everything.blocks.iter().zip(&of_everything).find(|(other, _)| {
                other.source == block.source
            });
            prop_assert!(same.is_none_or(|(_, other)| other == id), "{:?}", block);
        }
    }
}

#[test]
fn deep_and_wide_pages_get_their_ids() {
    let deep = format!("{}x{}", "<ul><li>".repeat(20_000), "</li></ul>".repeat(20_000));
    assert_eq!(ids_of_any(&deep), 20_000);
    let wide = "<p>same</p>".repeat(20_000);
    assert_eq!(ids_of_any(&wide), 20_000);
}

fn ids_of_any(storage: &str) -> usize {
    let view = to_markdown(storage, &ViewOptions::default());
    let mut ids = block_ids(storage, &view);
    ids.sort_unstable();
    ids.dedup();
    ids.len()
}
