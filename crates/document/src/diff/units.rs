//! The parts of a page that a reader takes in as one: a paragraph, a row of a table, the line of an
//! item without the items below it, the frame of a macro.

use std::collections::HashMap;

use super::{
    align::Alignment,
    parts::{Form, NONE, Part, PartKind, Parts},
};
use crate::{BlockId, ViewOptions, block_ids, element::Element, plain_text, to_markdown};

/// Stands for what a unit contains and another unit says.
const CONTENT: &str = "…";

pub(crate) struct Units<'p, 's> {
    pub(crate) parts: &'p Parts<'s>,
    options: ViewOptions,
    roles: Vec<Role>,
    headings: Vec<Heading>,
    /// The ids of blocks by their first byte.
    ids: HashMap<u32, BlockId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// With all that it contains.
    Whole,
    /// A shell, and the first part that it contains when that is text beside its marker.
    Shell { lead: u32 },
    /// A part of the unit around it.
    Inside,
}

struct Heading {
    place: u32,
    /// The heading that it stands under.
    parent: Option<usize>,
}

/// What a unit looks like.
pub(crate) struct Shown {
    pub(crate) markdown: String,
    pub(crate) storage: String,
}

pub(crate) struct Described {
    pub(crate) kind: PartKind,
    pub(crate) id: Option<BlockId>,
    pub(crate) path: Vec<String>,
}

impl Default for Described {
    fn default() -> Self {
        Self { kind: PartKind::Page, id: None, path: Vec::new() }
    }
}

impl<'p, 's> Units<'p, 's> {
    /// The units of two versions. Parts that correspond are cut into units alike.
    pub(crate) fn of_both(
        before: &'p Parts<'s>,
        after: &'p Parts<'s>,
        alignment: &Alignment,
        options: ViewOptions,
    ) -> (Self, Self) {
        let (mut whole_before, mut whole_after) = (whole(before), whole(after));
        for (place, counterpart) in alignment.to_after.iter().enumerate() {
            if let Some(whole_after) = whole_after.get_mut(*counterpart as usize) {
                let both = whole_before[place] && *whole_after;
                (whole_before[place], *whole_after) = (both, both);
            }
        }
        (Self::new(before, &whole_before, options), Self::new(after, &whole_after, options))
    }

    pub(crate) fn of(parts: &'p Parts<'s>, options: ViewOptions) -> Self {
        Self::new(parts, &whole(parts), options)
    }

    fn new(parts: &'p Parts<'s>, whole: &[bool], options: ViewOptions) -> Self {
        let view = to_markdown(parts.source, &options);
        let starts = view.blocks.iter().map(|block| block.source.start);
        let ids = starts.zip(block_ids(parts.source, &view)).collect();
        Self { parts, options, roles: roles(parts, whole), headings: headings(parts), ids }
    }

    pub(crate) fn is_unit(&self, place: u32) -> bool {
        self.roles[place as usize] != Role::Inside
    }

    /// The unit that a part belongs to.
    pub(crate) fn unit_of(&self, mut place: u32) -> u32 {
        while !self.is_unit(place) {
            place = self.parts.part(place).parent;
        }
        place
    }

    /// The unit that a part belongs to, as Markdown, `…` for what it holds besides.
    pub(crate) fn shown_around(&self, place: u32) -> String {
        self.own(self.unit_of(place)).markdown
    }

    /// Whether what stands in this part stands, for a reader, in what is around it.
    fn is_see_through(&self, place: u32) -> bool {
        let part = self.parts.part(place);
        part.form == Form::Container
            && matches!(
                part.element,
                Element::Layout
                    | Element::LayoutSection
                    | Element::LayoutCell
                    | Element::Block
                    | Element::Transparent
                    | Element::TableSection
                    | Element::AdfExtension
            )
    }

    /// For each part, the one that a reader sees it in. A frame that no reader sees counts where the
    /// other version has it too, so that what leaves it has moved; a new one has moved nothing.
    pub(crate) fn surroundings(&self, counterparts: &[u32]) -> Vec<u32> {
        let mut surroundings = vec![0; self.parts.all.len()];
        for (place, part) in self.parts.all.iter().enumerate().skip(1) {
            let parent = part.parent;
            let counts = parent == 0
                || !self.is_see_through(parent)
                || counterparts[parent as usize] != NONE;
            surroundings[place] = if counts { parent } else { surroundings[parent as usize] };
        }
        surroundings
    }

    /// For each part, whether it is or holds a unit that `wanted` accepts.
    pub(crate) fn holding(&self, wanted: impl Fn(u32) -> bool) -> Vec<bool> {
        let mut holding: Vec<_> = (0..self.parts.len()).map(wanted).collect();
        for (place, part) in self.parts.all.iter().enumerate().rev() {
            if holding[place]
                && let Some(parent) = holding.get_mut(part.parent as usize)
            {
                *parent = true;
            }
        }
        holding
    }

    /// The bytes that are this unit's alone.
    pub(crate) fn own_bytes(&self, place: u32) -> (&'s str, &'s str, &'s str) {
        let (head, tail) = self.parts.shell(place);
        match self.roles[place as usize] {
            Role::Shell { lead: NONE } => (head, "", tail),
            Role::Shell { lead } => (head, self.parts.outer(lead), tail),
            Role::Whole | Role::Inside => ("", self.parts.outer(place), ""),
        }
    }

    /// This unit, `…` for what it holds besides.
    pub(crate) fn own(&self, place: u32) -> Shown {
        let part = self.parts.part(place);
        let (head, lead, tail) = self.own_bytes(place);
        let holds_more = head.len() + lead.len() + tail.len() < part.outer.len();
        let content = match (lead, part.kind) {
            ("", PartKind::List) if holds_more => format!("<li>{CONTENT}</li>"),
            ("", _) if holds_more => CONTENT.to_owned(),
            _ => lead.to_owned(),
        };
        let storage = [head, lead, tail].concat();
        let shown = [head, &content, tail].concat();
        let mut markdown = self.markdown(part, &shown);
        // A frame that Markdown does not draw.
        if markdown == CONTENT {
            markdown.clear();
        }
        Shown { markdown, storage }
    }

    /// This unit with all that it contains.
    pub(crate) fn whole(&self, place: u32) -> Shown {
        let part = self.parts.part(place);
        let storage = self.parts.outer(place).to_owned();
        Shown { markdown: self.markdown(part, &storage), storage }
    }

    fn markdown(&self, part: &Part, storage: &str) -> String {
        if part.hidden {
            return String::new();
        }
        match part.kind {
            PartKind::TableRow => {
                let table = self.view(&format!("<table>{storage}</table>"));
                // The row, without the line that parts a header from the rows below it.
                match table.strip_prefix('|') {
                    Some(_) => table.lines().next().unwrap_or_default().to_owned(),
                    None => table,
                }
            }
            PartKind::TableCell if storage.contains("span=") => {
                self.view(&format!("<table><tr>{storage}</tr></table>"))
            }
            _ => self.view(storage),
        }
    }

    fn view(&self, storage: &str) -> String {
        to_markdown(storage, &self.options).markdown
    }

    pub(crate) fn describe(&self, place: u32) -> Described {
        let block = self.parts.block_of(place);
        let part = self.parts.part(block);
        Described {
            kind: part.kind,
            id: self.ids.get(&part.outer.start).copied(),
            path: self.path(place),
        }
    }

    /// The headings above a part.
    fn path(&self, place: u32) -> Vec<String> {
        let behind = self.headings.partition_point(|heading| heading.place < place);
        let mut at = behind.checked_sub(1);
        let mut path = Vec::new();
        while let Some(heading) = at.and_then(|at| self.headings.get(at)) {
            path.push(plain_text(self.parts.outer(heading.place)).replace('\n', " "));
            at = heading.parent;
        }
        path.reverse();
        path
    }
}

fn roles(parts: &Parts<'_>, whole: &[bool]) -> Vec<Role> {
    let mut roles = vec![Role::Inside; parts.all.len()];
    let mut at = 0;
    while at < parts.len() {
        let place = at;
        at += 1;
        let part = parts.part(place);
        if whole[place as usize] {
            roles[place as usize] = Role::Whole;
            at = part.next;
            continue;
        }
        let lead =
            parts.children(place).next().filter(|first| has_lead(part) && whole[*first as usize]);
        roles[place as usize] = Role::Shell { lead: lead.unwrap_or(NONE) };
        if let Some(lead) = lead {
            at = parts.part(lead).next;
        }
    }
    roles
}

/// Whether the first text inside stands on the line of this part's marker.
fn has_lead(part: &Part) -> bool {
    matches!(part.kind, PartKind::ListItem | PartKind::Task)
}

/// Which parts are shown with all that they contain: leaves, what contains nothing but text, rows
/// that fit on a line.
fn whole(parts: &Parts<'_>) -> Vec<bool> {
    let mut whole: Vec<_> = parts
        .all
        .iter()
        .map(|part| {
            part.form != Form::Container
                || part.hidden
                || matches!(
                    part.kind,
                    PartKind::Paragraph
                        | PartKind::Heading
                        | PartKind::Code
                        | PartKind::Rule
                        | PartKind::TableRow
                        | PartKind::TableCell
                )
        })
        .collect();
    for (place, part) in parts.all.iter().enumerate().rev().take(parts.all.len() - 1) {
        let breaks_line = !whole[place] || !may_stand_in_line(part);
        if breaks_line && !parts.part(part.parent).hidden {
            whole[part.parent as usize] = false;
        }
    }
    whole
}

fn may_stand_in_line(part: &Part) -> bool {
    part.form != Form::Container || matches!(part.kind, PartKind::Paragraph | PartKind::TableCell)
}

fn headings(parts: &Parts<'_>) -> Vec<Heading> {
    let mut headings: Vec<Heading> = Vec::new();
    let mut above: Vec<(u8, usize)> = Vec::new();
    let mut passed = 0;
    for place in 1..parts.len() {
        let part = parts.part(place);
        if matches!(part.kind, PartKind::TableCell | PartKind::ListItem) || part.hidden {
            passed = passed.max(part.next);
        }
        let Element::Heading(level) = part.element else { continue };
        if place < passed {
            continue;
        }
        while above.pop_if(|(outer, _)| *outer >= level).is_some() {}
        let parent = above.last().map(|(_, heading)| *heading);
        above.push((level, headings.len()));
        headings.push(Heading { place, parent });
    }
    headings
}
