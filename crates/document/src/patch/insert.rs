//! Where new words of a line stand, and in which elements.

use std::{ops::Range, rc::Rc};

use super::{
    atom::{Atom, Mark, Span, Unit},
    compare::{Hunk, words},
    line::{Content, Layer, Output, Refusal, Stack, Writer, refuse},
    script::Item,
};

/// New content and the item that it stands before.
pub(super) struct Insert {
    pub(super) item: usize,
    pub(super) outputs: Vec<Output>,
}

impl Writer<'_> {
    pub(super) fn inserts(&self, hunk: &Hunk) -> Result<Vec<Insert>, Refusal> {
        if hunk.new.is_empty() {
            return Ok(Vec::new());
        }
        let removed: Vec<Range<usize>> = words(self.edit.old, hunk.old.clone())
            .into_iter()
            .filter(|word| self.first_item_within(word).is_some())
            .collect();
        let added = words(self.edit.new, hunk.new.clone());
        let pairs = removed.len() == added.len()
            && removed.iter().zip(&added).all(|(old, new)| self.is_like(old, new));
        if pairs && !removed.is_empty() {
            let each = removed.into_iter().zip(added);
            return each.map(|(old, new)| self.replacement(&old, new)).collect();
        }
        let first = removed
            .iter()
            .find(|word| self.old_atom(word.start).is_some_and(|atom| atom.unit != Unit::Space));
        match first.or(removed.first()) {
            Some(old) => Ok(vec![self.replacement(old, hunk.new.clone())?]),
            None => Ok(vec![self.insertion(hunk)?]),
        }
    }

    fn first_item_within(&self, atoms: &Range<usize>) -> Option<usize> {
        self.item_of.get(atoms.clone())?.iter().find_map(|item| *item)
    }

    /// Whether both are words, or both the same sort of something else.
    fn is_like(&self, old: &Range<usize>, new: &Range<usize>) -> bool {
        let sort = |atom: Option<&Atom>| match atom.map(|atom| atom.unit) {
            Some(Unit::Character(character)) if character.is_alphanumeric() => 0,
            Some(Unit::Character(_)) => 1,
            Some(Unit::Space) => 2,
            Some(Unit::Break) => 3,
            Some(Unit::Token(_)) | None => 4,
        };
        sort(self.old_atom(old.start)) == sort(self.edit.new.atoms.get(new.start))
    }

    /// What stands where `old` was, in the same elements.
    fn replacement(&self, old: &Range<usize>, new: Range<usize>) -> Result<Insert, Refusal> {
        let place = self.first_item_within(old).unwrap_or_default();
        let wrapper = self.item(place).and_then(|item| item.wrapper);
        let stack = self.edit.script.stack(wrapper);
        Ok(Insert { item: place, outputs: self.new_outputs(new, &stack)? })
    }

    /// What stands between two atoms that stay next to each other.
    fn insertion(&self, hunk: &Hunk) -> Result<Insert, Refusal> {
        let items = &self.edit.script.items;
        let before = self.item_of.get(..hunk.old.start).unwrap_or_default();
        let before = before.iter().rev().find_map(|item| *item);
        let after = self.first_item(hunk.old.end);
        let stack_of = |place: Option<usize>| {
            place.and_then(|place| items.get(place)).map(|it| self.edit.script.stack(it.wrapper))
        };
        let (left, right) = (stack_of(before), stack_of(after));
        // A break that nothing stands for is the border between two blocks.
        let parted =
            |at: Option<usize>| at.and_then(|at| self.item_of.get(at)).is_some_and(Option::is_none);
        let left_parted = parted(hunk.old.start.checked_sub(1));
        let right_parted = parted(Some(hunk.old.end));
        let stack = self.choose_stack(
            hunk,
            left.as_deref().filter(|_| !left_parted),
            right.as_deref().filter(|_| !right_parted),
        );
        let to = after.unwrap_or(items.len());
        let mut from = before.map_or(0, |place| place + 1);
        // White space at the start of a line indents what follows it.
        let last = hunk.old.start.checked_sub(1).and_then(|at| self.old_atom(at));
        if last.is_none_or(|atom| atom.unit == Unit::Break) {
            while from < to && items.get(from).is_some_and(|item| self.is_blank(item)) {
                from += 1;
            }
        }
        let place = self.place_between(from..to, left.as_deref(), &stack);
        Ok(Insert { item: place, outputs: self.new_outputs(hunk.new.clone(), &stack)? })
    }

    fn is_blank(&self, item: &Item) -> bool {
        let shown = self.storage().get(item.source.clone()).unwrap_or_default();
        shown.bytes().all(|byte| byte.is_ascii_whitespace())
    }

    /// The elements that text between `left` and `right` belongs to: those around both, unless it
    /// goes on with a word or with marks of one side.
    fn choose_stack(
        &self,
        hunk: &Hunk,
        left: Option<&[usize]>,
        right: Option<&[usize]>,
    ) -> Vec<usize> {
        let (Some(before), Some(after)) = (left, right) else {
            let side = left.or(right).unwrap_or_default();
            let marks = self.marks_of_new(hunk.new.start);
            let fits = self.mismatch(side, marks) == 0 && !marks.is_empty();
            let frames =
                side.iter().take_while(|wrapper| self.is_frame(&Layer::Kept(**wrapper))).count();
            let glued = match left {
                Some(_) => self.is_glued(hunk.old.start.checked_sub(1), Some(hunk.new.start)),
                None => self.is_glued_before(hunk),
            };
            let whole = glued && self.mismatch(side, marks) == 0 || fits;
            return side
                .get(..if whole { side.len() } else { frames })
                .unwrap_or_default()
                .to_vec();
        };
        let shared = before.iter().zip(after).take_while(|(left, right)| left == right).count();
        let common = before.get(..shared).unwrap_or_default();
        let marks = self.marks_of_new(hunk.new.start);
        let left_glued = self.is_glued(hunk.old.start.checked_sub(1), Some(hunk.new.start));
        let right_glued = self.is_glued_before(hunk);
        let mut choices = vec![common, before, after];
        match (left_glued, right_glued) {
            (true, false) => choices = vec![before, common, after],
            (false, true) => choices = vec![after, common, before],
            _ => {}
        }
        let best = choices.into_iter().min_by_key(|choice| self.mismatch(choice, marks));
        best.unwrap_or(common).to_vec()
    }

    fn is_glued_before(&self, hunk: &Hunk) -> bool {
        let is_letter = |atom: Option<&Atom>| matches!(atom.map(|atom| atom.unit), Some(Unit::Character(c)) if c.is_alphanumeric());
        is_letter(self.old_atom(hunk.old.end))
            && is_letter(hunk.new.end.checked_sub(1).and_then(|at| self.edit.new.atoms.get(at)))
    }

    /// Whether two atoms are of one word.
    fn is_glued(&self, old: Option<usize>, new: Option<usize>) -> bool {
        let is_letter = |atom: Option<&Atom>| matches!(atom.map(|atom| atom.unit), Some(Unit::Character(c)) if c.is_alphanumeric());
        is_letter(old.and_then(|at| self.old_atom(at)))
            && is_letter(new.and_then(|at| self.edit.new.atoms.get(at)))
    }

    fn marks_of_new(&self, at: usize) -> &[Mark] {
        self.edit.new.atoms.get(at).map(|atom| self.edit.new.marks(atom)).unwrap_or_default()
    }

    /// How many marks would have to be added or left out.
    fn mismatch(&self, stack: &[usize], marks: &[Mark]) -> usize {
        let shown: Vec<Mark> = stack.iter().filter_map(|wrapper| self.mark_now(*wrapper)).collect();
        let missing = marks.iter().filter(|mark| !shown.contains(mark)).count();
        missing + shown.iter().filter(|mark| !marks.contains(mark)).count()
    }

    /// What a wrapper shows after the edit.
    fn mark_now(&self, wrapper: usize) -> Option<Mark> {
        self.details.get(&wrapper).cloned().or_else(|| self.mark_of(wrapper))
    }

    /// Where among hidden items new content stands: behind what ends the elements on its left that
    /// it is not in, before what begins those on its right.
    fn place_between(
        &self,
        hidden: Range<usize>,
        left: Option<&[usize]>,
        stack: &[usize],
    ) -> usize {
        let left = left.unwrap_or_default();
        let mut place = hidden.start;
        for at in hidden {
            let around = self.item(at).map(|item| self.edit.script.stack(item.wrapper));
            let around = around.unwrap_or_default();
            let ends = around.iter().any(|it| left.contains(it) && !stack.contains(it));
            let begins = stack.iter().any(|it| !left.contains(it) && !around.contains(it));
            if ends || begins {
                place = at + 1;
            }
        }
        place
    }

    /// New atoms inside the elements of `stack`, but for the marks that they do not have.
    fn new_outputs(&self, new: Range<usize>, stack: &[usize]) -> Result<Vec<Output>, Refusal> {
        let mut outputs: Vec<Output> = Vec::new();
        let mut last_marks = None;
        let mut written = new.start;
        for at in new.clone() {
            let Some(atom) = self.edit.new.atoms.get(at).filter(|_| at >= written) else {
                continue;
            };
            if let Some(span) = self.new_token_at(at, new.end, stack) {
                let shown = self.edit.text.get(span.view.clone()).unwrap_or_default();
                let Some(raw) = (self.edit.token)(shown) else {
                    return refuse(shown, "it is not on the page and cannot be written");
                };
                let outer =
                    self.edit.new.marks(atom).iter().take_while(|mark| mark.kind != span.kind);
                let outer: Vec<Mark> = outer.cloned().collect();
                let stack = self.new_stack(stack, &outer)?;
                outputs.push(Output { content: Content::Raw(raw), stack });
                written = span.atoms.end;
                last_marks = None;
                continue;
            }
            if last_marks != Some(atom.marks) {
                let stack = self.new_stack(stack, self.edit.new.marks(atom))?;
                outputs.push(Output { content: Content::Text(String::new()), stack });
                last_marks = Some(atom.marks);
            }
            let Some(Output { content, stack }) = outputs.last_mut() else { continue };
            match atom.unit {
                Unit::Character(character) => push_text(content, character),
                Unit::Space => push_text(content, ' '),
                Unit::Break | Unit::Token(_) => {
                    let raw = match self.edit.new.token(atom.unit) {
                        None => "<br />".to_owned(),
                        Some(token) => match (self.edit.token)(token) {
                            Some(raw) => raw,
                            None => {
                                return refuse(
                                    token,
                                    "it is not on the page and cannot be written",
                                );
                            }
                        },
                    };
                    let stack = Rc::clone(stack);
                    outputs.push(Output { content: Content::Raw(raw), stack: Rc::clone(&stack) });
                    outputs.push(Output { content: Content::Text(String::new()), stack });
                }
            }
        }
        outputs.retain(|output| !matches!(&output.content, Content::Text(text) if text.is_empty()));
        Ok(outputs)
    }

    /// The token that begins with the new atom at `at` and holds text, if all of it is new.
    fn new_token_at(&self, at: usize, end: usize, stack: &[usize]) -> Option<&Span> {
        let spans = self.edit.new.spans.iter();
        let mut spans =
            spans.filter(|it| it.atoms.start == at && it.is_token() && !it.atoms.is_empty());
        let span = spans.find(|span| span.atoms.end <= end)?;
        let inside = stack
            .iter()
            .any(|wrapper| self.mark_now(*wrapper).is_some_and(|mark| mark.kind == span.kind));
        (!inside).then_some(span)
    }

    fn new_stack(&self, stack: &[usize], marks: &[Mark]) -> Result<Stack, Refusal> {
        let mut layers = Vec::with_capacity(stack.len() + marks.len());
        let mut shown = Vec::new();
        let mut outside = false;
        for wrapper in stack {
            match self.mark_now(*wrapper) {
                Some(mark) if !marks.contains(&mark) => {
                    // What is inside an element that cannot be parted goes with it.
                    outside = self.edit.script.wrappers.get(*wrapper).is_some_and(|it| it.rigid);
                }
                _ if outside && self.is_frame(&Layer::Kept(*wrapper)) => {}
                mark => {
                    outside = false;
                    shown.extend(mark);
                    layers.push(Layer::Kept(*wrapper));
                }
            }
        }
        let got: Vec<&Mark> = marks.iter().filter(|mark| !shown.contains(mark)).collect();
        self.add_marks(&mut layers, marks, &got)?;
        Ok(layers.into())
    }
}

fn push_text(content: &mut Content, character: char) {
    if let Content::Text(text) = content {
        text.push(character);
    }
}
