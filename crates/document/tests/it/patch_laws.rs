//! What each operation does to any page: checked on the bytes alone, with the words and blocks of a
//! page chosen at random, and on real pages when they are at hand.

use std::{fs, path::Path};

use document::{
    BlockEdit, BlockKind, PatchOptions, Patched, ViewOptions, block_ids, edit_blocks, patch,
    to_markdown,
};

use crate::splices::{Page, Random};

const PAGE: &str = include_str!("page.xhtml");

/// The page of the tests, and with a corpus some real ones.
fn pages() -> Vec<Page> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/storage");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
        .unwrap_or_default();
    paths.sort();
    let texts = paths.iter().map(|path| fs::read_to_string(path).unwrap());
    let real = texts.filter_map(Page::new).filter(|page| page.places.len() > 20);
    Page::new(PAGE.to_owned()).into_iter().chain(real).collect()
}

/// How many of what was tried was accepted; whatever was accepted was right.
#[derive(Default)]
struct Accepted {
    tried: usize,
    right: usize,
    refused: Vec<String>,
}

impl Accepted {
    fn count(&mut self, result: Result<Patched, String>, is_right: impl FnOnce(&str) -> bool) {
        self.tried += 1;
        match result {
            Ok(patched) => {
                let right = is_right(&patched.storage);
                assert!(right, "{}\n{}", patched.view_diff, patched.storage_diff);
                self.right += 1;
            }
            Err(error) => self.refused.push(error),
        }
    }

    #[track_caller]
    fn is_at_least(&self, what: &str, per_mille: usize) {
        println!("{what}: {} of {}", self.right, self.tried);
        assert!(self.tried > 0);
        assert!(
            self.right * 1000 >= self.tried * per_mille,
            "{what}: {} of {}\n{}",
            self.right,
            self.tried,
            self.refused.join("\n")
        );
    }
}

#[test]
fn words_of_any_page_are_exchanged_alone() {
    let mut random = Random(7);
    for page in pages() {
        for _ in 0..4 {
            page.exchange(random.below(page.places.len())).try_patch().unwrap();
        }
    }
}

#[test]
fn random_splices_of_any_page_are_exact() {
    let mut random = Random(11);
    for page in pages() {
        for _ in 0..4 {
            page.splice(&mut random).try_patch().unwrap();
        }
    }
}

#[test]
fn a_marked_word_gets_its_element_and_nothing_else() {
    let mut random = Random(3);
    let mut marks = Accepted::default();
    for page in pages() {
        for _ in 0..3 {
            let place = random.pick(&page.places);
            let (delimiter, name) = *random.pick(&[("**", "strong"), ("*", "em"), ("`", "code")]);
            let Some((view, source)) = place.in_plain_text() else { continue };
            let markdown = &page.view.markdown;
            let word = &markdown[view.clone()];
            let edited = format!(
                "{}{delimiter}{word}{delimiter}{}",
                &markdown[..view.start],
                &markdown[view.end..]
            );
            let expected = format!(
                "{}<{name}>{word}</{name}>{}",
                &page.storage[..source.start],
                &page.storage[source.end..]
            );
            let result = patch(&page.storage, &edited, &PatchOptions::default());
            marks.count(result.map_err(|it| format!("{it}: {word}")), |storage| {
                // Inside an element that does not show, or around it.
                storage == expected || storage.len() == expected.len()
            });
        }
    }
    marks.is_at_least("words marked", 950);
}

#[test]
fn tasks_are_ticked_in_their_status_alone() {
    let mut ticked = Accepted::default();
    for page in pages() {
        let markdown = &page.view.markdown;
        for block in page.view.blocks.iter().filter(|block| block.kind == BlockKind::Task).take(5) {
            let at = block.view.start as usize + 3;
            let done = markdown[at..].starts_with('x');
            let now = if done { " " } else { "x" };
            let edited = format!("{}{now}{}", &markdown[..at], &markdown[at + 1..]);
            let result = patch(&page.storage, &edited, &PatchOptions::default());
            ticked.count(result.map_err(|error| error.to_string()), |storage| {
                let (from, to) =
                    if done { ("complete", "incomplete") } else { ("incomplete", "complete") };
                let (from, to) = (format!(">{from}<"), format!(">{to}<"));
                let task = &page.storage[block.source.start as usize..block.source.end as usize];
                storage == page.storage.replacen(task, &task.replacen(&from, &to, 1), 1)
            });
        }
    }
    ticked.is_at_least("tasks ticked", 1000);
}

fn is_block(kind: BlockKind) -> bool {
    matches!(kind, BlockKind::Paragraph | BlockKind::Heading(_) | BlockKind::ListItem)
}

/// What an ADF extension holds stands in its fallback too, and changes twice.
fn is_doubled(page: &Page, at: usize) -> bool {
    let before = &page.storage[..page.view.blocks[at].source.start as usize];
    before.matches("<ac:adf-extension>").count() > before.matches("</ac:adf-extension>").count()
}

#[test]
fn blocks_are_inserted_and_deleted_without_touching_others() {
    let mut random = Random(5);
    let (mut inserted, mut deleted) = (Accepted::default(), Accepted::default());
    for page in pages() {
        let ids = block_ids(&page.storage, &page.view);
        let blocks: Vec<usize> = (0..ids.len())
            .filter(|at| is_block(page.view.blocks[*at].kind) && !is_doubled(&page, *at))
            .collect();
        if blocks.is_empty() {
            continue;
        }
        for _ in 0..2 {
            let at = *random.pick(&blocks);
            let (id, block) = (ids[at], &page.view.blocks[at]);
            let edit = BlockEdit::InsertAfter { id, markdown: "Brand **new** words".to_owned() };
            let result = edit_blocks(&page.storage, &[edit], &PatchOptions::default());
            let say = |error: String| format!("{error} {:?}", page.view.slice(&block.view));
            inserted.count(result.map_err(|it| say(it.to_string())), |storage| {
                let same = page.storage.bytes().zip(storage.bytes()).take_while(|(a, b)| a == b);
                let prefix = same.count();
                storage.ends_with(&page.storage[page.storage.ceil_char_boundary(prefix)..])
                    && storage.contains("Brand <strong>new</strong> words")
            });
            let edit = BlockEdit::Delete { id };
            let result = edit_blocks(&page.storage, &[edit], &PatchOptions::default());
            deleted.count(result.map_err(|it| say(it.to_string())), |storage| {
                let (start, end) = (block.source.start as usize, block.source.end as usize);
                // What would be left empty around it goes too.
                let gone = page.storage.len() - storage.len();
                let bytes = page.storage.bytes().zip(storage.bytes());
                let from = bytes.take_while(|(a, b)| a == b).count().min(start);
                let kept =
                    [&page.storage.as_bytes()[..from], &page.storage.as_bytes()[from + gone..]];
                kept.concat() == storage.as_bytes() && from + gone >= end
            });
        }
    }
    inserted.is_at_least("blocks inserted", 900);
    deleted.is_at_least("blocks deleted", 900);
}

#[test]
fn paragraphs_move_byte_for_byte() {
    let mut random = Random(13);
    let mut moved = Accepted::default();
    for page in pages() {
        let ids = block_ids(&page.storage, &page.view);
        let lead = |at: usize| {
            let start = page.view.blocks[at].view.start as usize;
            start == 0 || page.view.markdown[..start].ends_with('\n')
        };
        let blocks: Vec<usize> = (0..ids.len())
            .filter(|at| page.view.blocks[*at].kind == BlockKind::Paragraph && lead(*at))
            .collect();
        if blocks.len() < 3 {
            continue;
        }
        let (one, other) = (*random.pick(&blocks), *random.pick(&blocks));
        if one == other {
            continue;
        }
        let edit = BlockEdit::MoveAfter { id: ids[one], target: ids[other] };
        let result = edit_blocks(&page.storage, &[edit], &PatchOptions::default());
        let source = &page.view.blocks[one].source;
        let bytes = &page.storage[source.start as usize..source.end as usize];
        moved.count(result.map_err(|error| error.to_string()), |storage| {
            storage.len() == page.storage.len() && storage.contains(bytes)
        });
    }
    moved.is_at_least("paragraphs moved", 900);
}

#[test]
fn an_unchanged_view_of_any_page_changes_nothing() {
    for page in pages() {
        for view in [ViewOptions::default(), ViewOptions { comments: true, layouts: true }] {
            let markdown = to_markdown(&page.storage, &view).markdown;
            let options = PatchOptions { view, ..PatchOptions::default() };
            let patched = patch(&page.storage, &markdown, &options).unwrap();
            assert_eq!(patched.storage, page.storage);
        }
    }
}
