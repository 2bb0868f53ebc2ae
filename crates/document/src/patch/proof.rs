//! The laws of a patch, checked on its result.

use super::{
    atom::{Line, Mark, Unit},
    edit::{ChangedRange, wide},
    fence,
    reading::{Kind, Reading},
};

/// The first nodes of `wanted` and `shown` that do not say the same. White space, the numbers of items, and
/// ways of writing the same are not compared.
pub(super) fn difference(wanted: &Reading<'_>, shown: &Reading<'_>) -> Option<(usize, usize)> {
    let (mut at, mut other) = (0, 0);
    let mut open: Vec<(usize, usize)> = Vec::new();
    loop {
        while let Some(&(end, other_end)) = open.last()
            && (at == end || other == other_end)
        {
            if (at, other) != (end, other_end) {
                return Some((at, other));
            }
            open.pop();
        }
        let (Some(left), Some(right)) = (wanted.nodes.get(at), shown.nodes.get(other)) else {
            let ended = at >= wanted.nodes.len() && other >= shown.nodes.len();
            return (!ended).then_some((at, other));
        };
        if wanted.key(at) == shown.key(other) {
            (at, other) = (left.next, right.next);
            continue;
        }
        if !same_kind(&left.kind, &right.kind) || !same_leaf(wanted, shown, at, other) {
            return Some((at, other));
        }
        open.push((left.next, right.next));
        at += 1;
        other += 1;
    }
}

fn same_kind(left: &Kind, right: &Kind) -> bool {
    match (left, right) {
        (Kind::Fence(left), Kind::Fence(right)) => {
            left.split_whitespace().eq(right.split_whitespace())
        }
        (Kind::List(left), Kind::List(right)) => left.is_some() == right.is_some(),
        _ => left == right,
    }
}

fn same_leaf(wanted: &Reading<'_>, shown: &Reading<'_>, at: usize, other: usize) -> bool {
    let (Some(left), Some(right)) = (wanted.nodes.get(at), shown.nodes.get(other)) else {
        return false;
    };
    match left.kind {
        Kind::Fence(_) => {
            let lines =
                |reading: &Reading<'_>, node| fence::body(reading.leaf(node)).replace('\r', "");
            lines(wanted, left) == lines(shown, right)
        }
        Kind::Paragraph | Kind::Heading(_) | Kind::Cell | Kind::HtmlCell => {
            let left = Line::of(wanted.text, wanted.leaf(left));
            let right = Line::of(shown.text, shown.leaf(right));
            same_line(&left, &right)
        }
        Kind::Head | Kind::Tags | Kind::Comment => {
            wanted.slice(&left.range) == shown.slice(&right.range)
        }
        _ => true,
    }
}

/// Whether two lines hold the same atoms in the same marks. Which marks white space is in says
/// nothing.
fn same_line(left: &Line, right: &Line) -> bool {
    left.atoms.len() == right.atoms.len()
        && left.atoms.iter().zip(&right.atoms).all(|(one, other)| {
            let units = match (one.unit, other.unit) {
                (Unit::Token(_), Unit::Token(_)) => left.token(one.unit) == right.token(other.unit),
                (one, other) => one == other,
            };
            let blank = matches!(one.unit, Unit::Space | Unit::Break);
            units && (blank || same_marks(left.marks(one), right.marks(other)))
        })
}

fn same_marks(left: &[Mark], right: &[Mark]) -> bool {
    left.iter().all(|mark| right.contains(mark)) && right.iter().all(|mark| left.contains(mark))
}

/// Whether `result` is `original` outside of what `changed` says.
pub(super) fn is_local(original: &str, result: &str, changed: &[ChangedRange]) -> bool {
    let (mut at, mut other) = (0, 0);
    for range in changed {
        let (from, to) = (wide(&range.original), wide(&range.result));
        if original.get(at..from.start) != result.get(other..to.start) {
            return false;
        }
        (at, other) = (from.end, to.end);
    }
    original.get(at..) == result.get(other..)
}
