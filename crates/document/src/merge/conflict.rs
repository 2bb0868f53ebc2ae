//! What both versions changed, for whoever has to decide.

use serde::Serialize;

use super::{
    order::{Clash, Descendant, Why},
    tree::{Found, Place},
};
use crate::{
    BlockId, PartKind, ViewOptions,
    diff::{
        parts::Parts,
        units::{Described, Units},
    },
};

/// A place of a page that two versions changed in ways that do not go together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// What happened.
    pub reason: ConflictReason,
    /// What the block is.
    pub kind: PartKind,
    /// The id of the block in the version that the page has now, or, when it is gone from there, in
    /// the base. Of what was added, the id of the block that it follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<BlockId>,
    /// The headings above it, from the top down, as plain text.
    pub path: Vec<String>,
    /// The block in the base, as Markdown; `None` if it was not there.
    pub base: Option<String>,
    /// The block as the page has it now; `None` if it is gone.
    pub theirs: Option<String>,
    /// The block as it was edited; `None` if it is gone.
    pub ours: Option<String>,
}

/// Why two changes do not go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConflictReason {
    /// Both changed the same words, or words side by side.
    BothChanged,
    /// Both added something in the same place, and not the same.
    BothAdded,
    /// One added something, or moved it, behind a block or under a heading that the other moved or
    /// deleted; `base` is that block.
    PlaceGone,
    /// One deleted what the other changed, put something into, or wrote anew.
    DeletedAndChanged,
    /// One moved what the other changed, and it says too little to be told from other parts.
    MovedAndChanged,
    /// Both moved it, and not to the same place.
    BothMoved,
    /// Each change is right, but together they make no page: one version changed the columns of a
    /// table and the other its rows or values, or both gave a new task the same id.
    DoesNotFit,
}

/// In the order of the base, one for each block.
pub(super) fn describe(
    found: Vec<Found>,
    base: &Parts<'_>,
    theirs: &Descendant<'_, '_>,
    ours: &Descendant<'_, '_>,
) -> Vec<Conflict> {
    let options = ViewOptions::default();
    let units = Versions {
        base: Units::of(base, options),
        theirs: (Units::of(theirs.parts, options), theirs),
        ours: (Units::of(ours.parts, options), ours),
    };
    let mut places: Vec<_> = found
        .into_iter()
        .map(|found| match found.place {
            Place::Part(part) => (units.base.unit_of(part), found.reason, part, None),
            Place::Gap { container, clash } => {
                let place = clash.after.unwrap_or(container);
                (place, found.reason, place, Some((container, clash)))
            }
        })
        .collect();
    places.sort_by_key(|(unit, ..)| *unit);
    places.dedup_by(|a, b| (a.0, a.3.is_some()) == (b.0, b.3.is_some()));
    places
        .into_iter()
        .map(|(_, reason, part, clash)| match clash {
            Some((container, clash)) => units.clash(reason, container, &clash),
            None => units.part(reason, part),
        })
        .collect()
}

struct Versions<'v, 'p, 's> {
    base: Units<'p, 's>,
    theirs: (Units<'p, 's>, &'v Descendant<'p, 's>),
    ours: (Units<'p, 's>, &'v Descendant<'p, 's>),
}

impl Versions<'_, '_, '_> {
    fn part(&self, reason: ConflictReason, part: u32) -> Conflict {
        // What does not fit together is seen in all that the block holds.
        let show = |units: &Units<'_, '_>, place| match reason {
            ConflictReason::DoesNotFit => units.whole(units.unit_of(place)).markdown,
            _ => units.shown_around(place),
        };
        let shown = |(units, version): &(Units<'_, '_>, &Descendant<'_, '_>)| {
            Some(show(units, version.find(part)?))
        };
        let described = match self.theirs.1.find(part) {
            Some(place) => self.theirs.0.describe(place),
            None => self.base.describe(part),
        };
        // Of a whole page that does not fit together nothing in particular can be shown.
        let in_part = part != 0;
        Conflict {
            base: in_part.then(|| show(&self.base, part)),
            theirs: shown(&self.theirs).filter(|_| in_part),
            ours: shown(&self.ours).filter(|_| in_part),
            ..conflict(reason, described)
        }
    }

    fn clash(&self, reason: ConflictReason, container: u32, clash: &Clash) -> Conflict {
        let (units, version) = &self.theirs;
        let follows = version.find(clash.after.unwrap_or(container)).unwrap_or(0);
        let added = match (clash.theirs.first(), clash.ours.first()) {
            (Some(theirs), _) => units.describe(*theirs),
            (None, Some(ours)) => self.ours.0.describe(*ours),
            (None, None) => units.describe(follows),
        };
        let shown = |units: &Units<'_, '_>, parts: &[u32]| {
            let shown: Vec<_> = parts.iter().map(|part| units.whole(*part).markdown).collect();
            (!shown.is_empty()).then(|| shown.join("\n\n"))
        };
        let gone = clash.after.filter(|_| clash.why == Why::Gone);
        let id = match gone {
            Some(gone) if !version.has(gone) => self.base.describe(gone).id,
            _ => units.describe(follows).id,
        };
        Conflict {
            base: gone.map(|gone| self.base.shown_around(gone)),
            theirs: shown(units, &clash.theirs),
            ours: shown(&self.ours.0, &clash.ours),
            ..conflict(reason, Described { id, ..added })
        }
    }
}

fn conflict(reason: ConflictReason, Described { kind, id, path }: Described) -> Conflict {
    Conflict { reason, kind, id, path, base: None, theirs: None, ours: None }
}
