//! What holds for every merge, over pages of random blocks and random edits of them. Every word of a
//! page is another one, so that what became of each is known.

use std::collections::BTreeSet;

use document::{MergeError, Warning, merge, to_markdown};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Block {
    Paragraph(Vec<String>),
    Heading(Vec<String>),
    Code(Vec<String>),
    Empty,
    /// Text beside blocks.
    Text(Vec<String>),
    Of(Holder, Vec<Block>),
}

#[derive(Clone, Copy, Debug)]
enum Holder {
    List,
    Item,
    Table,
    Row,
    Cell,
    Panel,
}

impl Holder {
    fn tags(self) -> (&'static str, &'static str) {
        match self {
            Self::List => ("<ul>", "</ul>"),
            Self::Item => ("<li>", "</li>"),
            Self::Table => ("<table><tbody>", "</tbody></table>"),
            Self::Row => ("<tr>", "</tr>"),
            Self::Cell => ("<td>", "</td>"),
            Self::Panel => (
                "<ac:structured-macro ac:name=\"info\"><ac:rich-text-body>",
                "</ac:rich-text-body></ac:structured-macro>\n",
            ),
        }
    }
}

impl Block {
    fn write(&self, out: &mut String) {
        let (open, close) = match self {
            Self::Paragraph(_) => ("<p>", "</p>"),
            Self::Heading(_) => ("<h2>", "</h2>"),
            Self::Code(_) => (
                "<ac:structured-macro ac:name=\"code\"><ac:plain-text-body><![CDATA[",
                "]]></ac:plain-text-body></ac:structured-macro>",
            ),
            Self::Empty => ("<p />", ""),
            Self::Text(_) => ("", ""),
            Self::Of(holder, _) => holder.tags(),
        };
        out.push_str(open);
        match self {
            Self::Paragraph(words) | Self::Heading(words) | Self::Text(words) => {
                out.push_str(&words.join(" "));
            }
            Self::Code(lines) => out.push_str(&lines.join("\n")),
            Self::Empty => {}
            Self::Of(_, blocks) => blocks.iter().for_each(|block| block.write(out)),
        }
        out.push_str(close);
    }

    fn words(&mut self) -> Option<&mut Vec<String>> {
        match self {
            Self::Paragraph(words)
            | Self::Heading(words)
            | Self::Code(words)
            | Self::Text(words) => Some(words),
            Self::Empty | Self::Of(..) => None,
        }
    }
}

fn storage(page: &[Block]) -> String {
    let mut out = String::new();
    for block in page {
        block.write(&mut out);
    }
    out
}

/// Gives out words that nobody else has.
struct Words(&'static str, usize);

impl Words {
    fn next(&mut self) -> String {
        self.1 += 1;
        format!("{}{}", self.0, self.1)
    }

    fn some(&mut self, count: usize) -> Vec<String> {
        (0..count).map(|_| self.next()).collect()
    }
}

fn build(shape: &[(u8, u8)], words: &mut Words) -> Vec<Block> {
    let mut page = Vec::new();
    for (kind, size) in shape {
        let size = usize::from(*size);
        page.push(match kind % 8 {
            0..=2 => Block::Paragraph(words.some(2 * size + 1)),
            3 => Block::Heading(words.some(size + 1)),
            4 => Block::Code(words.some(size + 1)),
            5 => {
                let item = |words: &mut Words| {
                    let inner = Block::Of(
                        Holder::List,
                        vec![Block::Of(Holder::Item, vec![Block::Text(words.some(2))])],
                    );
                    Block::Of(Holder::Item, vec![Block::Text(words.some(3)), inner])
                };
                Block::Of(Holder::List, (0..=size).map(|_| item(words)).collect())
            }
            6 => {
                let cell = |words: &mut Words| {
                    Block::Of(Holder::Cell, vec![Block::Paragraph(words.some(2))])
                };
                Block::Of(
                    Holder::Table,
                    (0..=size)
                        .map(|_| Block::Of(Holder::Row, vec![cell(words), cell(words)]))
                        .collect(),
                )
            }
            _ => Block::Of(
                Holder::Panel,
                vec![
                    Block::Paragraph(words.some(size + 2)),
                    Block::Empty,
                    Block::Paragraph(words.some(4)),
                ],
            ),
        });
    }
    page
}

#[derive(Clone, Copy, Debug)]
struct Edit {
    what: u8,
    container: usize,
    at: usize,
    to: usize,
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let edit = (0..9_u8, 0..100_usize, 0..100_usize, 0..100_usize);
    let edit = edit.prop_map(|(what, container, at, to)| Edit { what, container, at, to });
    prop::collection::vec(edit, 1..5)
}

fn apply(page: &mut Vec<Block>, edit: Edit, words: &mut Words) {
    let containers = count_containers(page);
    let container = container(page, &mut (edit.container % containers)).unwrap();
    let at = edit.at % container.len().max(1);
    let like = container.first().cloned();
    match edit.what {
        0..=2 => {
            if let Some(text) = container.get_mut(at).and_then(Block::words) {
                let at = edit.to % text.len();
                match edit.what {
                    0 => text[at] = words.next(),
                    1 => text.insert(at, words.next()),
                    _ if text.len() > 1 => drop(text.remove(at)),
                    _ => {}
                }
            }
        }
        3 if container.len() > 1 => drop(container.remove(at)),
        4 | 5 => container.insert(at, another(like.as_ref(), words)),
        6 if container.len() > 1 => {
            let block = container.remove(at);
            let to = edit.to % (container.len() + 1);
            container.insert(to, block);
        }
        7 if matches!(
            like,
            None | Some(Block::Paragraph(_) | Block::Heading(_) | Block::Of(Holder::Panel, _))
        ) =>
        {
            if let Some(block) = (at < container.len()).then(|| container.remove(at)) {
                container.insert(at, Block::Of(Holder::Panel, vec![block]));
            }
        }
        // Out of whatever it is in.
        8 => {
            if let Some(Block::Of(Holder::Panel, inner)) = container.get_mut(at) {
                let inner = std::mem::take(inner);
                container.splice(at..=at, inner);
            }
        }
        _ => {}
    }
}

/// A new block that may stand beside `sibling`.
fn another(sibling: Option<&Block>, words: &mut Words) -> Block {
    match sibling {
        Some(Block::Of(Holder::Item, _)) => {
            Block::Of(Holder::Item, vec![Block::Text(words.some(2))])
        }
        Some(Block::Of(Holder::Row, _)) => {
            let cell =
                |words: &mut Words| Block::Of(Holder::Cell, vec![Block::Paragraph(words.some(1))]);
            Block::Of(Holder::Row, vec![cell(words), cell(words)])
        }
        Some(Block::Of(Holder::Cell, _)) => {
            Block::Of(Holder::Cell, vec![Block::Paragraph(words.some(1))])
        }
        _ => Block::Paragraph(words.some(3)),
    }
}

fn count_containers(blocks: &[Block]) -> usize {
    let inside = |block: &Block| match block {
        Block::Of(_, inner) => count_containers(inner),
        _ => 0,
    };
    1 + blocks.iter().map(inside).sum::<usize>()
}

fn container<'b>(blocks: &'b mut Vec<Block>, number: &mut usize) -> Option<&'b mut Vec<Block>> {
    if *number == 0 {
        return Some(blocks);
    }
    *number -= 1;
    blocks.iter_mut().find_map(|block| match block {
        Block::Of(_, inner) => container(inner, number),
        _ => None,
    })
}

fn edited(page: &[Block], edits: &[Edit], words: &mut Words) -> Vec<Block> {
    let mut page = page.to_vec();
    for edit in edits {
        apply(&mut page, *edit, words);
    }
    page
}

fn shape() -> impl Strategy<Value = Vec<(u8, u8)>> {
    prop::collection::vec((0..8_u8, 0..4_u8), 1..7)
}

fn words_of(storage: &str) -> BTreeSet<&str> {
    let words = storage.split(|c: char| !c.is_ascii_alphanumeric());
    words
        .filter(|word| word.starts_with(['b', 't', 'o']) && word[1..].parse::<u32>().is_ok())
        .collect()
}

fn warnings(storage: &str) -> Vec<Warning> {
    to_markdown(storage, &document::ViewOptions::default()).warnings
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_one_side_left_alone_is_what_the_other_made_of_it(shape in shape(), edits in edits()) {
        let base = build(&shape, &mut Words("b", 0));
        let ours = storage(&edited(&base, &edits, &mut Words("o", 0)));
        let base = storage(&base);
        for (theirs, ours) in [(&base, &ours), (&ours, &base), (&ours, &ours)] {
            let expected = if *theirs == base { ours } else { theirs };
            prop_assert_eq!(&merge(&base, theirs, ours).unwrap().storage, expected);
        }
    }

    /// So that the answer is not found before anything is compared, a heading of the other side has
    /// changed far from the edits.
    #[test]
    fn edits_of_two_halves_of_a_page_are_both_made(
        first in shape(),
        second in shape(),
        their_edits in edits(),
        our_edits in edits(),
    ) {
        let mut words = Words("b", 0);
        let (first, second) = (build(&first, &mut words), build(&second, &mut words));
        let first_edited = storage(&edited(&first, &their_edits, &mut Words("t", 0)));
        let second_edited = storage(&edited(&second, &our_edits, &mut Words("o", 0)));
        let (first, second) = (storage(&first), storage(&second));
        let page = |first: &str, second: &str| format!("{first}<h1 local-id=\"middle\">Between</h1>{second}");
        let base = page(&first, &second);
        let theirs = page(&first_edited, &second);
        let ours = page(&first, &second_edited);
        let both = page(&first_edited, &second_edited);
        for (theirs, ours) in [(&theirs, &ours), (&ours, &theirs)] {
            match merge(&base, theirs, ours) {
                Ok(merged) => prop_assert_eq!(&merged.storage, &both),
                Err(error) => prop_assert!(false, "{error:?}\n{base}\n{theirs}\n{ours}"),
            }
        }
    }

    /// Whatever both do to the same blocks: either nothing is merged, or each word is there that one of
    /// them wrote or that none of them took away, once.
    #[test]
    fn no_word_is_lost_or_comes_back(
        shape in shape(),
        their_edits in edits(),
        our_edits in edits(),
    ) {
        let base = build(&shape, &mut Words("b", 0));
        let theirs = storage(&edited(&base, &their_edits, &mut Words("t", 0)));
        let ours = storage(&edited(&base, &our_edits, &mut Words("o", 0)));
        let base = storage(&base);
        let there = merge(&base, &theirs, &ours);
        let back = merge(&base, &ours, &theirs);
        match (there, back) {
            (Ok(merged), Ok(back)) => {
                prop_assert_eq!(&merged.storage, &back.storage);
                prop_assert_eq!(warnings(&merged.storage), []);
                let (old, left, right) = (words_of(&base), words_of(&theirs), words_of(&ours));
                let expected: BTreeSet<_> = left
                    .union(&right)
                    .copied()
                    .filter(|word| !old.contains(word) || (left.contains(word) && right.contains(word)))
                    .collect();
                prop_assert_eq!(words_of(&merged.storage), expected, "{}\n{}\n{}", base, theirs, ours);
                for word in words_of(&merged.storage) {
                    let count = merged.storage.split(|c: char| !c.is_ascii_alphanumeric()).filter(|found| *found == word).count();
prop_assert!(count == 1, "{word}\n{base}\n{theirs}\n{ours}\n{}", merged.storage);
                }
            }
            (Err(MergeError::Conflicts(there)), Err(MergeError::Conflicts(back))) => {
                prop_assert_eq!(there.len(), back.len());
                for conflict in there.iter().filter(|conflict| conflict.kind != document::PartKind::Page) {
                    let shown = [&conflict.base, &conflict.theirs, &conflict.ours];
                    prop_assert!(shown.iter().any(|version| version.is_some()), "{conflict:?}");
                }
            }
            (there, back) => prop_assert!(false, "{there:?}\n{back:?}"),
        }
    }

    /// Blocks in a row, some of them headings, that both sides add to, delete from and move about.
    #[test]
    fn what_was_added_follows_what_it_was_added_behind(
        kinds in prop::collection::vec(any::<bool>(), 2..9),
        their_edits in edits(),
        our_edits in edits(),
    ) {
        // What stands in the place of what was deleted may be that, written anew.
        let rewrites = |edits: &[Edit]| [0, 1].iter().all(|what| edits.iter().any(|edit| edit.what % 3 == *what));
        prop_assume!(!rewrites(&their_edits) && !rewrites(&our_edits));
        let row = |words: &mut Words, is_heading: bool| {
            if is_heading { Block::Heading(words.some(4)) } else { Block::Paragraph(words.some(5)) }
        };
        let mut words = Words("b", 0);
        let base: Vec<_> = kinds.iter().map(|kind| row(&mut words, *kind)).collect();
        let edited = |edits: &[Edit], mut words: Words| {
            let mut page = base.clone();
            for edit in edits {
                let at = edit.at % page.len().max(1);
                match edit.what % 3 {
                    0 => page.insert(at, row(&mut words, edit.to % 4 == 0)),
                    1 if page.len() > 1 => drop(page.remove(at)),
                    _ if page.len() > 1 => {
                        let block = page.remove(at);
                        page.insert(edit.to % (page.len() + 1), block);
                    }
                    _ => {}
                }
            }
            storage(&page)
        };
        let theirs = edited(&their_edits, Words("t", 0));
        let ours = edited(&our_edits, Words("o", 0));
        if let Ok(merged) = merge(&storage(&base), &theirs, &ours) {
            let pairs = |page: &str| -> BTreeSet<(String, String)> {
                let blocks: Vec<_> = page.replace("><", ">\n<").lines().map(str::to_owned).collect();
                let before = std::iter::once(String::new()).chain(blocks.iter().cloned());
                blocks.iter().cloned().zip(before).collect()
            };
            for pair in pairs(&merged.storage) {
                for (side, version) in [(">t", &theirs), (">o", &ours)] {
                    let is_right = !pair.0.contains(side) || pairs(version).contains(&pair);
                    prop_assert!(is_right, "{pair:?}\n{theirs}\n{ours}\n{}", merged.storage);
                }
            }
        }
    }

    /// Bodies as they come, well-formed or not.
    #[test]
    fn any_three_texts_are_merged_or_refused(
        base in crate::laws::soup(),
        theirs in crate::laws::soup(),
        ours in crate::laws::damaged(),
    ) {
        for (base, theirs, ours) in [(&base, &theirs, &ours), (&ours, &base, &theirs), (&theirs, &base, &base)] {
            if let Ok(merged) = merge(base, theirs, ours) {
                prop_assert_eq!(warnings(&merged.storage), []);
            }
        }
    }
}
