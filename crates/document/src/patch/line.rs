//! One edited line back into the bytes that it came from.
//!
//! The atoms of the line before and after the edit are compared. What is kept is copied with its
//! elements, whether the view shows these or not; what is new is written in the elements of what it
//! replaces or stands between; marks that came or went open and close around exactly their words.

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
    ops::Range,
    rc::Rc,
};

use super::{
    atom::{Atom, Line, Mark, MarkKind, Unit, has_detail, is_url},
    compare::Hunk,
    edit::Edit,
    page::Page,
    parameter, relink,
    script::{Item, Script},
    spell::{Encoding, Spelling},
};
use crate::element::Element;

/// Why a line cannot be patched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// What stands in the way, as the view names it.
    pub(super) construct: String,
    pub(super) reason: &'static str,
}

pub(super) fn refuse<T>(construct: impl Into<String>, reason: &'static str) -> Result<T, Refusal> {
    Err(Refusal { construct: construct.into(), reason })
}

/// Something around an atom in the result.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Layer {
    /// A wrapper of the script.
    Kept(usize),
    New(Mark),
}

pub(super) type Stack = Rc<[Layer]>;

/// A stretch of the result inside the tags of its stack.
pub(super) struct Output {
    pub(super) content: Content,
    pub(super) stack: Stack,
}

pub(super) enum Content {
    Copy(Range<usize>),
    /// As [`Content::Copy`], and gone with its elements when nothing else is left in them.
    Hidden(Range<usize>),
    Text(String),
    /// Storage markup.
    Raw(String),
}

pub(super) struct LineEdit<'e> {
    pub(super) page: &'e Page<'e>,
    pub(super) script: &'e Script,
    pub(super) old: &'e Line,
    pub(super) new: &'e Line,
    /// The Markdown that the new line is of.
    pub(super) text: &'e str,
    /// The storage of a token that is written where it was not before.
    pub(super) token: &'e dyn Fn(&str) -> Option<String>,
    /// What stands before and after the text of a link to a destination.
    pub(super) link: &'e dyn Fn(&str) -> Option<(String, String)>,
}

impl LineEdit<'_> {
    /// The edits that make the old line the new one, which differs from it in `hunks`.
    pub(super) fn edits(&self, mut hunks: Vec<Hunk>) -> Result<Vec<Edit>, Refusal> {
        let tokens = self.changed_tokens(&mut hunks);
        let relinked = self.relinked(&mut hunks);
        let mut writer = Writer::new(self, &hunks);
        for link in relinked {
            writer.relinked.insert(link.old.start);
            writer.beside.push(link.edit);
        }
        for (old, new) in tokens {
            writer.change_token(old, new)?;
        }
        writer.change_details()?;
        writer.collect(&hunks)?;
        writer.join_marks();
        writer.write()
    }

    /// Tokens that say something else than before but are the same sort of thing: they are taken out
    /// of the hunks, as they stay.
    fn changed_tokens(&self, hunks: &mut Vec<Hunk>) -> Vec<(usize, usize)> {
        let mut pairs = Vec::new();
        let mut split = Vec::with_capacity(hunks.len());
        for mut hunk in hunks.drain(..) {
            while let Some((old, new)) = self.token_pair(&hunk) {
                pairs.push((old, new));
                split.push(Hunk { old: hunk.old.start..old, new: hunk.new.start..new });
                hunk = Hunk { old: old + 1..hunk.old.end, new: new + 1..hunk.new.end };
            }
            split.push(hunk);
        }
        split.retain(|hunk| !hunk.old.is_empty() || !hunk.new.is_empty());
        *hunks = split;
        pairs
    }

    fn token_pair(&self, hunk: &Hunk) -> Option<(usize, usize)> {
        let name = |line: &'_ Line, at: usize| {
            line.atoms.get(at).and_then(|atom| line.token(atom.unit)).map(token_name)
        };
        let mut news = hunk.new.clone().filter_map(|new| Some((new, name(self.new, new)?)));
        let (new, wanted) = news.next()?;
        let old = hunk.old.clone().find(|old| name(self.old, *old).as_ref() == Some(&wanted))?;
        Some((old, new))
    }
}

/// What kind of thing a token is.
fn token_name(token: &str) -> String {
    match token.strip_prefix('<') {
        Some(tag) => tag.split([' ', '>', '/']).next().unwrap_or_default().to_owned(),
        None => token.chars().take(2).collect(),
    }
}

pub(super) struct Writer<'w> {
    pub(super) edit: &'w LineEdit<'w>,
    /// Of each atom before, what it is afterwards.
    pub(super) kept: Vec<Option<usize>>,
    /// Of each atom before, the item that shows it.
    pub(super) item_of: Vec<Option<usize>>,
    /// Of each wrapper, what the view before the edit shows of it.
    pub(super) marks: Vec<Option<Mark>>,
    /// Marks whose detail changed for all that they hold: the wrapper's new detail.
    pub(super) details: HashMap<usize, Mark>,
    /// The stack of the last atom that was copied, and what it follows from: its wrapper and its
    /// marks before and after.
    last_stack: Option<((Option<usize>, Option<usize>, Option<usize>), Stack)>,
    /// Answers of [`Self::is_covered`].
    covered: RefCell<HashMap<(usize, Mark), bool>>,
    /// The first atoms of links that stay and say something else.
    relinked: HashSet<usize>,
    /// The items of white space that goes with the space that is shown for it.
    dropped: Vec<bool>,
    /// Edits of tags and attributes beside the text.
    pub(super) beside: Vec<Edit>,
    pub(super) outputs: Vec<Output>,
    pub(super) spelling: Spelling,
}

impl<'w> Writer<'w> {
    fn new(edit: &'w LineEdit<'w>, hunks: &[Hunk]) -> Self {
        let mut kept = vec![None; edit.old.atoms.len()];
        let (mut old, mut new) = (0, 0);
        let end = Hunk {
            old: edit.old.atoms.len()..edit.old.atoms.len(),
            new: edit.new.atoms.len()..edit.new.atoms.len(),
        };
        for hunk in hunks.iter().chain([&end]) {
            while old < hunk.old.start {
                if let Some(slot) = kept.get_mut(old) {
                    *slot = Some(new);
                }
                old += 1;
                new += 1;
            }
            (old, new) = (hunk.old.end, hunk.new.end);
        }
        let mut item_of = vec![None; edit.old.atoms.len()];
        for (place, item) in edit.script.items.iter().enumerate() {
            for slot in item_of.get_mut(item.atoms.clone()).unwrap_or_default() {
                *slot = Some(place);
            }
        }
        let region = edit.page.tree.text(edit.script.source.clone());
        Self {
            dropped: dropped(edit, &kept),
            edit,
            kept,
            item_of,
            marks: marks(edit),
            details: HashMap::new(),
            last_stack: None,
            covered: RefCell::default(),
            relinked: HashSet::new(),
            beside: Vec::new(),
            outputs: Vec::new(),
            spelling: Spelling::of(region),
        }
    }

    pub(super) fn old_atom(&self, at: usize) -> Option<&'w Atom> {
        self.edit.old.atoms.get(at)
    }

    pub(super) fn item(&self, at: usize) -> Option<&'w Item> {
        self.edit.script.items.get(at)
    }

    pub(super) fn storage(&self) -> &'w str {
        self.edit.page.tree.source
    }

    /// Changes the element of a token to what the token now says.
    fn change_token(&mut self, old: usize, new: usize) -> Result<(), Refusal> {
        let token = |line: &Line, at: usize| {
            line.atoms.get(at).and_then(|atom| line.token(atom.unit)).unwrap_or_default().to_owned()
        };
        let (before, after) = (token(self.edit.old, old), token(self.edit.new, new));
        let item = self.item_of.get(old).copied().flatten().and_then(|at| self.item(at));
        let Some(item) = item else { return refuse(before, "it stays as it is") };
        let start = u32::try_from(item.source.start).unwrap_or(u32::MAX);
        let page = self.edit.page;
        let Some(place) = page.element_starting(start) else {
            return refuse(before, "it stays as it is");
        };
        let edits = parameter::token_edits(page, place, &before, &after)?;
        self.beside.extend(edits);
        Ok(())
    }

    /// Finds links that lead elsewhere and tokens around text that say something else, when this is
    /// so for all of their text that stays.
    fn change_details(&mut self) -> Result<(), Refusal> {
        let mut wanted: HashMap<usize, Option<Mark>> = HashMap::new();
        for (at, new) in self.kept.iter().enumerate() {
            let (Some(new), Some(atom)) = (new, self.old_atom(at)) else { continue };
            let Some(after) = self.edit.new.atoms.get(*new) else { continue };
            if atom.unit == Unit::Space {
                continue;
            }
            for mark in self.edit.old.marks(atom).iter().filter(|mark| has_detail(mark.kind)) {
                let Some(wrapper) = self.wrapper_of(at, mark.kind) else { continue };
                let now = self.edit.new.marks(after).iter().find(|now| now.kind == mark.kind);
                let now = now.cloned();
                wanted
                    .entry(wrapper)
                    .and_modify(|before| {
                        if *before != now {
                            *before = None;
                        }
                    })
                    .or_insert(now);
            }
        }
        for (wrapper, now) in wanted {
            let (Some(now), Some(before)) = (now, self.mark_of(wrapper)) else { continue };
            if now == before {
                continue;
            }
            if self.change_detail(wrapper, &before, &now)? {
                self.details.insert(wrapper, now);
            }
        }
        Ok(())
    }

    /// The wrapper around the atom at `at` that the view shows as `kind`.
    fn wrapper_of(&self, at: usize, kind: MarkKind) -> Option<usize> {
        let item = self.item(self.item_of.get(at).copied().flatten()?)?;
        let mut next = item.wrapper;
        while let Some(wrapper) = next {
            let it = self.edit.script.wrappers.get(wrapper)?;
            if it.mark == Some(kind) {
                return Some(wrapper);
            }
            next = it.parent;
        }
        None
    }

    pub(super) fn mark_of(&self, wrapper: usize) -> Option<Mark> {
        self.marks.get(wrapper).cloned().flatten()
    }

    /// Changes what an element says besides its text. `false` when it has to be another element.
    fn change_detail(
        &mut self,
        wrapper: usize,
        before: &Mark,
        now: &Mark,
    ) -> Result<bool, Refusal> {
        let Some(it) = self.edit.script.wrappers.get(wrapper) else { return Ok(false) };
        let tree = self.edit.page.tree;
        match now.kind {
            MarkKind::Link if it.node.element == Element::Anchor && is_url(&now.detail) => {
                let Some(href) = tree.attribute(&it.node, "href") else { return Ok(false) };
                let mut value = String::new();
                self.spelling.attribute(&now.detail, &mut value);
                self.beside.extend(relink::readdress(tree, &it.node, href, value));
                Ok(true)
            }
            MarkKind::Link if it.node.element == Element::Link => {
                let edit = self.edit.retarget(it.place, &before.detail, &now.detail);
                let retargets = edit.is_some();
                self.beside.extend(edit);
                Ok(retargets)
            }
            MarkKind::Status | MarkKind::Macro => {
                let edits =
                    parameter::edits(self.edit.page, it.place, &before.detail, &now.detail)?;
                self.beside.extend(edits);
                Ok(true)
            }
            MarkKind::Comment => refuse(&*before.detail, "the anchor of a comment stays as it is"),
            _ => Ok(false),
        }
    }

    fn collect(&mut self, hunks: &[Hunk]) -> Result<(), Refusal> {
        let mut item = 0;
        let items = self.edit.script.items.len();
        for hunk in hunks {
            let from = self.first_item(hunk.old.start).unwrap_or(items);
            if self.relinked.contains(&hunk.old.start) && !hunk.old.is_empty() {
                self.keep_items(item..from)?;
                if let Some(link) = self.item(from) {
                    let stack = self.kept_stack(link.wrapper);
                    self.outputs
                        .push(Output { content: Content::Copy(link.source.clone()), stack });
                }
                item = from + 1;
                continue;
            }
            let mut inserts = self.inserts(hunk)?;
            let anchored = inserts.first().map_or(from, |insert| insert.item);
            self.keep_items(item..from.min(anchored).max(item))?;
            item = item.max(from.min(anchored));
            let to = self.first_item(hunk.old.end).unwrap_or(items);
            inserts.reverse();
            while item < to || !inserts.is_empty() {
                if let Some(insert) = inserts.pop_if(|insert| insert.item <= item || item >= to) {
                    self.outputs.extend(insert.outputs);
                    continue;
                }
                self.keep_items(item..item + 1)?;
                item += 1;
            }
        }
        self.keep_items(item..items)
    }

    /// The item of the first atom from `at` on that has one.
    pub(super) fn first_item(&self, at: usize) -> Option<usize> {
        self.item_of.get(at..)?.iter().find_map(|item| *item)
    }

    /// Copies what stays of `items`.
    fn keep_items(&mut self, items: Range<usize>) -> Result<(), Refusal> {
        for place in items {
            let Some(item) = self.item(place) else { continue };
            if self.dropped.get(place).copied().unwrap_or_default() {
                continue;
            }
            if item.atoms.is_empty() {
                let stack = self.kept_stack(item.wrapper);
                self.outputs.push(Output { content: Content::Hidden(item.source.clone()), stack });
                continue;
            }
            let fates = self.kept.get(item.atoms.clone()).unwrap_or_default();
            let stays = fates.iter().filter(|fate| fate.is_some()).count();
            if stays == 0 {
                continue;
            }
            let unbroken = fates.windows(2).all(|pair| match pair {
                [Some(first), Some(second)] => first + 1 == *second,
                _ => false,
            });
            if !unbroken {
                let shown: String = self
                    .edit
                    .page
                    .view
                    .markdown
                    .get(self.view_of(item))
                    .unwrap_or_default()
                    .to_owned();
                return refuse(
                    shown,
                    "it stands for an element as a whole and is not part of the text",
                );
            }
            let new = fates.first().copied().flatten().unwrap_or_default();
            self.copy(item, new)?;
        }
        Ok(())
    }

    /// Copies an item that is the new atom at `new`, together with the one before it if that is in
    /// the same elements.
    fn copy(&mut self, item: &Item, new: usize) -> Result<(), Refusal> {
        let marks = |atom: Option<&Atom>| atom.map(|atom| atom.marks);
        let case = (
            item.wrapper,
            marks(self.old_atom(item.atoms.start)),
            marks(self.edit.new.atoms.get(new)),
        );
        let stack = match &self.last_stack {
            Some((last, stack)) if *last == case => Rc::clone(stack),
            _ => self.adjusted(item, new)?,
        };
        self.last_stack = Some((case, Rc::clone(&stack)));
        match self.outputs.last_mut() {
            Some(Output { content: Content::Copy(source), stack: last })
                if source.end == item.source.start && Rc::ptr_eq(last, &stack) =>
            {
                source.end = item.source.end;
            }
            _ => self.outputs.push(Output { content: Content::Copy(item.source.clone()), stack }),
        }
        Ok(())
    }

    fn view_of(&self, item: &Item) -> Range<usize> {
        let atoms = self.edit.old.atoms.get(item.atoms.clone()).unwrap_or_default();
        let start = atoms.first().map_or(0, |atom| atom.view.start);
        start..atoms.last().map_or(start, |atom| atom.view.end)
    }

    fn kept_stack(&self, wrapper: Option<usize>) -> Stack {
        self.edit.script.stack(wrapper).into_iter().map(Layer::Kept).collect()
    }

    /// The elements around an atom that stays, with the marks that it lost and got.
    fn adjusted(&self, item: &Item, new: usize) -> Result<Stack, Refusal> {
        let stack = self.edit.script.stack(item.wrapper);
        let (Some(before), Some(after)) =
            (self.old_atom(item.atoms.start), self.edit.new.atoms.get(new))
        else {
            return Ok(self.kept_stack(item.wrapper));
        };
        let before: Vec<Mark> = self
            .edit
            .old
            .marks(before)
            .iter()
            .map(|mark| {
                let changed = stack.iter().filter_map(|wrapper| self.details.get(wrapper));
                changed.clone().find(|now| now.kind == mark.kind).unwrap_or(mark).clone()
            })
            .collect();
        let after = self.edit.new.marks(after);
        let lost: Vec<&Mark> = before.iter().filter(|mark| !after.contains(mark)).collect();
        let got: Vec<&Mark> = after.iter().filter(|mark| !before.contains(mark)).collect();
        if lost.is_empty() && got.is_empty() {
            return Ok(self.kept_stack(item.wrapper));
        }
        let mut layers = Vec::with_capacity(stack.len() + got.len());
        let mut bodies = 0;
        for wrapper in stack {
            let it = self.edit.script.wrappers.get(wrapper);
            if lost.iter().any(|lost| Some(lost.kind) == it.and_then(|it| it.mark)) {
                self.may_unwrap(wrapper)?;
            } else if it.is_some_and(|it| it.node.element == Element::LinkBody)
                && lost.iter().any(|lost| lost.kind == MarkKind::Link)
            {
                // The body of a link goes with it.
                bodies += 1;
            } else {
                layers.push(Layer::Kept(wrapper));
            }
        }
        let is_plain = |layer| self.encoding(layer) == Encoding::CharacterData;
        if bodies > 0 && layers.iter().any(is_plain) {
            return refuse("link", "the plain label of this link cannot stay without it");
        }
        self.add_marks(&mut layers, after, &got)?;
        Ok(layers.into())
    }

    fn may_unwrap(&self, wrapper: usize) -> Result<(), Refusal> {
        let it = self.edit.script.wrappers.get(wrapper);
        let link = it.is_some_and(|it| it.node.element == Element::Link);
        if it.is_some_and(|it| it.rigid) && !link {
            let mark = self.mark_of(wrapper).map(|mark| mark.detail.to_string());
            return refuse(mark.unwrap_or_default(), "its text cannot stay without it");
        }
        Ok(())
    }

    /// Adds `got` where `wanted`, from the outer to the inner mark, says.
    pub(super) fn add_marks(
        &self,
        layers: &mut Vec<Layer>,
        wanted: &[Mark],
        got: &[&Mark],
    ) -> Result<(), Refusal> {
        for mark in wanted {
            if !got.contains(&mark) {
                continue;
            }
            let outer = wanted.iter().take_while(|outer| *outer != mark);
            let kinds: Vec<MarkKind> = outer.map(|outer| outer.kind).collect();
            if layers.iter().any(|layer| self.kind(layer) == Some(mark.kind)) {
                continue;
            }
            let inside = layers
                .iter()
                .rposition(|layer| self.kind(layer).is_some_and(|kind| kinds.contains(&kind)));
            let mut at = inside.map_or(0, |at| at + 1);
            while layers.get(at).is_some_and(|layer| self.is_frame(layer)) {
                at += 1;
            }
            while layers.get(at).is_some_and(|layer| !self.is_covered(layer, mark)) {
                at += 1;
            }
            let outer = at.checked_sub(1).and_then(|at| layers.get(at));
            if outer.is_some_and(|layer| self.encoding(layer) == Encoding::CharacterData) {
                return refuse("link", "the label of this link is plain text and holds no marks");
            }
            layers.insert(at, Layer::New(mark.clone()));
        }
        Ok(())
    }

    pub(super) fn kind(&self, layer: &Layer) -> Option<MarkKind> {
        match layer {
            Layer::Kept(wrapper) => self.edit.script.wrappers.get(*wrapper)?.mark,
            Layer::New(mark) => Some(mark.kind),
        }
    }

    /// An element that the view does not show and that is never parted: a paragraph of a cell, the
    /// body of a link.
    pub(super) fn is_frame(&self, layer: &Layer) -> bool {
        match layer {
            Layer::Kept(wrapper) => self
                .edit
                .script
                .wrappers
                .get(*wrapper)
                .is_some_and(|it| it.rigid && it.mark.is_none()),
            Layer::New(_) => false,
        }
    }

    /// Whether all that stays in an element that does not show has `mark` after the edit, so that the
    /// mark goes around it.
    fn is_covered(&self, layer: &Layer, mark: &Mark) -> bool {
        let Layer::Kept(wrapper) = layer else { return true };
        let Some(it) = self.edit.script.wrappers.get(*wrapper) else { return true };
        if it.mark.is_some() {
            return true;
        }
        let case = (*wrapper, mark.clone());
        if let Some(known) = self.covered.borrow().get(&case) {
            return *known;
        }
        let inside = it.node.start as usize..it.node.end as usize;
        let covered = self
            .edit
            .script
            .items
            .iter()
            .filter(|item| inside.contains(&item.source.start))
            .flat_map(|item| item.atoms.clone())
            .filter(|at| self.old_atom(*at).is_some_and(|atom| atom.unit != Unit::Space))
            .filter_map(|at| self.kept.get(at).copied().flatten())
            .filter_map(|new| self.edit.new.atoms.get(new))
            .all(|atom| self.edit.new.marks(atom).contains(mark));
        self.covered.borrow_mut().insert(case, covered);
        covered
    }

    pub(super) fn encoding(&self, layer: &Layer) -> Encoding {
        let Layer::Kept(wrapper) = layer else { return Encoding::Text };
        let wrapper = self.edit.script.wrappers.get(*wrapper);
        match wrapper.map(|it| it.node.element) {
            Some(Element::CharacterData) => Encoding::CharacterData,
            _ => Encoding::Text,
        }
    }
}

/// Which items are white space that the view does not show, beside a space that it shows for them and
/// that goes: left alone, they would come to be shown.
fn dropped(edit: &LineEdit<'_>, kept: &[Option<usize>]) -> Vec<bool> {
    let items = &edit.script.items;
    let mut dropped = vec![false; items.len()];
    let is_space = |item: &Item| match item.atoms.len() {
        0 => {
            edit.page.tree.text(item.source.clone()).bytes().all(|byte| byte.is_ascii_whitespace())
        }
        1 => edit.old.atoms.get(item.atoms.start).is_some_and(|atom| atom.unit == Unit::Space),
        _ => false,
    };
    let mut at = 0;
    for run in items.chunk_by(|one, other| is_space(one) && is_space(other)) {
        let mut fates =
            run.iter().flat_map(|item| kept.get(item.atoms.clone()).unwrap_or_default());
        let goes = run.len() > 1
            && fates.all(Option::is_none)
            && run.iter().any(|it| !it.atoms.is_empty());
        for (slot, item) in dropped.iter_mut().skip(at).zip(run) {
            *slot = goes && item.atoms.is_empty();
        }
        at += run.len();
    }
    dropped
}

/// What the view before the edit shows of each wrapper.
fn marks(edit: &LineEdit<'_>) -> Vec<Option<Mark>> {
    let wrappers = &edit.script.wrappers;
    let mut marks: Vec<Option<Mark>> = vec![None; wrappers.len()];
    let mut seen = vec![false; wrappers.len()];
    for item in &edit.script.items {
        let Some(atom) = edit.old.atoms.get(item.atoms.start).filter(|_| !item.atoms.is_empty())
        else {
            continue;
        };
        if atom.unit == Unit::Space {
            continue;
        }
        let mut next = item.wrapper;
        while let Some((at, wrapper)) = next.and_then(|at| Some((at, wrappers.get(at)?))) {
            if std::mem::replace(&mut seen[at], true) {
                break;
            }
            let shown = edit.old.marks(atom).iter().find(|mark| Some(mark.kind) == wrapper.mark);
            marks[at] = shown.cloned();
            next = wrapper.parent;
        }
    }
    marks
}
