//! Sequences: what two have in common, and what of one is in order.

use std::{collections::HashMap, hash::Hash, ops::Range};

use imara_diff::{Algorithm, Token};

use crate::scan::offset;

/// A stretch of one sequence that stands for a stretch of the other. One of them may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hunk {
    pub(crate) before: Range<usize>,
    pub(crate) after: Range<usize>,
}

/// Regions up to this long, in items of each side, go to `imara-diff`, whose time on repetitive items
/// grows with the square of their length.
const SMALL: usize = 512;

/// How often a region is divided at items that are unique in it.
const MAX_DIVISIONS: u8 = 8;

/// How many items in a row are tried as something unique.
const WINDOWS: [usize; 3] = [1, 8, 64];

/// Where two sequences differ, in order; all else is equal one by one. Short sequences get a good
/// answer; long ones are divided at what is unique in both (patience diff), and where nothing is, at
/// equal distances, so that the time stays near linear whatever the items.
pub(crate) fn hunks<T: Eq + Hash>(
    before: impl Iterator<Item = T>,
    after: impl Iterator<Item = T>,
) -> Vec<Hunk> {
    let mut known = HashMap::new();
    let mut token = |item| {
        let next = offset(known.len());
        *known.entry(item).or_insert(next)
    };
    let before: Vec<_> = before.map(&mut token).collect();
    let after: Vec<_> = after.map(&mut token).collect();
    let mut divider = Divider {
        before: &before,
        after: &after,
        equal: Vec::new(),
        regions: vec![Region { before: 0..before.len(), after: 0..after.len(), divisions: 0 }],
    };
    divider.run();
    complement(divider.equal, before.len(), after.len())
}

/// What lies between stretches that are equal.
fn complement(mut equal: Vec<Hunk>, before: usize, after: usize) -> Vec<Hunk> {
    equal.sort_unstable_by_key(|stretch| stretch.before.start);
    equal.push(Hunk { before: before..before, after: after..after });
    let mut hunks = Vec::new();
    let (mut at_before, mut at_after) = (0, 0);
    for stretch in equal {
        let hunk =
            Hunk { before: at_before..stretch.before.start, after: at_after..stretch.after.start };
        if !hunk.before.is_empty() || !hunk.after.is_empty() {
            hunks.push(hunk);
        }
        (at_before, at_after) = (stretch.before.end, stretch.after.end);
    }
    hunks
}

struct Region {
    before: Range<usize>,
    after: Range<usize>,
    divisions: u8,
}

struct Divider<'t> {
    before: &'t [u32],
    after: &'t [u32],
    equal: Vec<Hunk>,
    regions: Vec<Region>,
}

impl Divider<'_> {
    fn run(&mut self) {
        while let Some(region) = self.regions.pop() {
            let region = self.strip(region);
            if region.before.is_empty() || region.after.is_empty() {
                continue;
            }
            let longest = region.before.len().max(region.after.len());
            if longest <= SMALL {
                self.compare(&region);
            } else if region.divisions == MAX_DIVISIONS || !self.divide(&region) {
                self.cut(&region, longest.div_ceil(SMALL));
            }
        }
    }

    /// Takes off what both sides begin and end with.
    fn strip(&mut self, region: Region) -> Region {
        let Region { mut before, mut after, divisions } = region;
        let common = |left: &mut dyn Iterator<Item = &u32>,
                      right: &mut dyn Iterator<Item = &u32>| {
            left.zip(right).take_while(|(left, right)| left == right).count()
        };
        let (left, right) = (&self.before[before.clone()], &self.after[after.clone()]);
        let prefix = common(&mut left.iter(), &mut right.iter());
        self.equal_from(before.start, after.start, prefix);
        (before.start, after.start) = (before.start + prefix, after.start + prefix);
        let (left, right) = (&self.before[before.clone()], &self.after[after.clone()]);
        let suffix = common(&mut left.iter().rev(), &mut right.iter().rev());
        (before.end, after.end) = (before.end - suffix, after.end - suffix);
        self.equal_from(before.end, after.end, suffix);
        Region { before, after, divisions }
    }

    fn equal_from(&mut self, before: usize, after: usize, length: usize) {
        if length > 0 {
            self.equal.push(Hunk { before: before..before + length, after: after..after + length });
        }
    }

    fn compare(&mut self, region: &Region) {
        let mut known = HashMap::new();
        let mut token = |item: &u32| {
            let next = offset(known.len());
            Token(*known.entry(*item).or_insert(next))
        };
        let before: Vec<_> = self.before[region.before.clone()].iter().map(&mut token).collect();
        let after: Vec<_> = self.after[region.after.clone()].iter().map(&mut token).collect();
        let mut diff = imara_diff::Diff::default();
        diff.compute_with(Algorithm::Histogram, &before, &after, offset(known.len()));
        let hunks: Vec<_> = diff
            .hunks()
            .map(|hunk| Hunk {
                before: hunk.before.start as usize..hunk.before.end as usize,
                after: hunk.after.start as usize..hunk.after.end as usize,
            })
            .collect();
        for stretch in equal_stretches(&hunks, before.len(), after.len()) {
            let (before, after) = (region.before.start, region.after.start);
            self.equal_from(
                before + stretch.before.start,
                after + stretch.after.start,
                stretch.before.len(),
            );
        }
    }

    /// Divides the region at items, or rows of items, that occur once at either side.
    fn divide(&mut self, region: &Region) -> bool {
        for window in WINDOWS {
            let anchors = self.anchors(region, window);
            if anchors.is_empty() {
                continue;
            }
            let divisions = region.divisions + 1;
            let (mut at_before, mut at_after) = (region.before.start, region.after.start);
            for (before, after) in anchors {
                self.regions.push(Region {
                    before: at_before..before,
                    after: at_after..after,
                    divisions,
                });
                self.equal_from(before, after, 1);
                (at_before, at_after) = (before + 1, after + 1);
            }
            self.regions.push(Region {
                before: at_before..region.before.end,
                after: at_after..region.after.end,
                divisions,
            });
            return true;
        }
        false
    }

    fn anchors(&self, region: &Region, window: usize) -> Vec<(usize, usize)> {
        let before = unique_windows(&self.before[region.before.clone()], window);
        let after = unique_windows(&self.after[region.after.clone()], window);
        let mut pairs: Vec<_> = before
            .iter()
            .filter_map(|(hash, &at)| {
                let pair = (region.before.start + at, region.after.start + *after.get(hash)?);
                (self.before[pair.0] == self.after[pair.1]).then_some(pair)
            })
            .collect();
        pairs.sort_unstable();
        let order: Vec<_> = pairs.iter().map(|(_, after)| offset(*after)).collect();
        pairs
            .into_iter()
            .zip(ascending(&order))
            .filter_map(|(pair, ordered)| ordered.then_some(pair))
            .collect()
    }

    /// Cuts both sides into so many pieces of equal length.
    fn cut(&mut self, region: &Region, pieces: usize) {
        let (before, after) = (region.before.len(), region.after.len());
        for piece in 0..pieces {
            let share = |length: usize| length * piece / pieces..length * (piece + 1) / pieces;
            let (left, right) = (share(before), share(after));
            let region = Region {
                before: region.before.start + left.start..region.before.start + left.end,
                after: region.after.start + right.start..region.after.start + right.end,
                divisions: MAX_DIVISIONS,
            };
            let region = self.strip(region);
            self.compare(&region);
        }
    }
}

/// Where the rows of `window` items begin that occur once, by their hashes.
fn unique_windows(items: &[u32], window: usize) -> HashMap<u64, usize> {
    const BASE: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut places = HashMap::new();
    let power = (0..window).fold(1_u64, |power, _| power.wrapping_mul(BASE));
    let value = |item: u32| u64::from(item) + 1;
    let mut hash = 0_u64;
    for (end, item) in items.iter().enumerate() {
        hash = hash.wrapping_mul(BASE).wrapping_add(value(*item));
        if let Some(gone) = end.checked_sub(window) {
            hash = hash.wrapping_sub(value(items[gone]).wrapping_mul(power));
        }
        if let Some(start) = (end + 1).checked_sub(window) {
            places.entry(hash).and_modify(|place| *place = usize::MAX).or_insert(start);
        }
    }
    places.retain(|_, place| *place != usize::MAX);
    places
}

/// The stretches between hunks, where both sequences are equal, with the ends of the sequences.
pub(crate) fn equal_stretches(hunks: &[Hunk], before: usize, after: usize) -> Vec<Hunk> {
    let mut stretches = Vec::with_capacity(hunks.len() + 1);
    let (mut at_before, mut at_after) = (0, 0);
    let end = Hunk { before: before..before, after: after..after };
    for hunk in hunks.iter().chain([&end]) {
        if at_before < hunk.before.start {
            stretches.push(Hunk {
                before: at_before..hunk.before.start,
                after: at_after..hunk.after.start,
            });
        }
        (at_before, at_after) = (hunk.before.end, hunk.after.end);
    }
    stretches
}

/// Which items of `sequence` belong to the first of its longest ascending subsequences that is found.
pub(crate) fn ascending(sequence: &[u32]) -> Vec<bool> {
    // The last item of the best subsequence of each length, and what comes before each item there.
    let mut ends: Vec<usize> = Vec::new();
    let mut previous = vec![usize::MAX; sequence.len()];
    for (at, item) in sequence.iter().enumerate() {
        let length = ends.partition_point(|&end| sequence[end] < *item);
        if let Some(before) = length.checked_sub(1) {
            previous[at] = ends[before];
        }
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut chosen = vec![false; sequence.len()];
    let mut at = ends.last().copied().unwrap_or(usize::MAX);
    while let Some(choice) = chosen.get_mut(at) {
        *choice = true;
        at = previous[at];
    }
    chosen
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Hunks hold all that differs, do not touch, and what lies between them is equal.
    fn check(before: &[u8], after: &[u8]) {
        let hunks = hunks(before.iter(), after.iter());
        for stretch in equal_stretches(&hunks, before.len(), after.len()) {
            assert_eq!(before[stretch.before], after[stretch.after]);
        }
        let (mut at_before, mut at_after) = (0, 0);
        for hunk in hunks {
            assert_eq!(hunk.before.start - at_before, hunk.after.start - at_after);
            assert!(!hunk.before.is_empty() || !hunk.after.is_empty());
            (at_before, at_after) = (hunk.before.end, hunk.after.end);
        }
        assert_eq!(before.len() - at_before, after.len() - at_after);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn hunks_say_what_differs(
            before in prop::collection::vec(0_u8..20, 0..50),
            after in prop::collection::vec(0_u8..20, 0..50),
        ) {
            check(&before, &after);
        }

        /// Longer than a region that is compared at once, of few and of many items.
        #[test]
        fn hunks_of_long_sequences_say_what_differs(
            before in prop::collection::vec(any::<u8>(), 3000),
            at in 0..2900_usize,
            length in 0..2000_usize,
            kinds in 1..=255_u8,
        ) {
            let before: Vec<_> = before.into_iter().map(|item| item % kinds).collect();
            let mut after = before.clone();
            after.rotate_left(at);
            after.truncate(length.max(1));
            check(&before, &after);
            check(&after, &before);
        }
    }

    #[test]
    fn a_long_repetitive_sequence_is_compared_around_what_is_unique() {
        let before: Vec<_> = (0..5000_u32).map(|at| if at % 500 == 0 { at } else { 1 }).collect();
        let mut after = before.clone();
        after.insert(700, 7);
        after.remove(3300);
        let hunks = hunks(before.iter(), after.iter());
        assert_eq!(hunks.len(), 2, "{hunks:?}");
    }

    #[test]
    fn the_longest_ascending_part_is_found() {
        assert_eq!(ascending(&[]), [] as [bool; 0]);
        assert_eq!(ascending(&[1, 2, 3]), [true; 3]);
        assert_eq!(ascending(&[3, 1, 2]), [false, true, true]);
        assert_eq!(ascending(&[5, 1, 6, 2, 3, 9]), [false, true, false, true, true, true]);
    }

    #[test]
    fn hunks_and_equal_stretches_cover_both_sequences() {
        let (before, after) = ("abcdef", "xbcef");
        let hunks = hunks(before.chars(), after.chars());
        let expected = [Hunk { before: 0..1, after: 0..1 }, Hunk { before: 3..4, after: 3..3 }];
        assert_eq!(hunks, expected);
        let equal = equal_stretches(&hunks, 6, 5);
        assert_eq!(equal, [Hunk { before: 1..3, after: 1..3 }, Hunk { before: 4..6, after: 3..5 }]);
    }
}
