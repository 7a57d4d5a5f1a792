//! Sets of numbers that are nearly without gaps.

use std::collections::BTreeMap;

/// A set of numbers, kept as ranges from first to last. What joins up is one range, so a set that grows at its end stays small.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ranges {
    last_by_first: BTreeMap<u64, u64>,
}

impl Ranges {
    /// Adds `first` to `last`, both included. Nothing if they are the wrong way round.
    pub fn insert(&mut self, mut first: u64, mut last: u64) {
        if first > last {
            return;
        }
        if let Some((&before, &end)) = self.last_by_first.range(..=first).next_back()
            && end.saturating_add(1) >= first
        {
            if end >= last {
                return;
            }
            first = before;
        }
        while let Some((&next, &end)) = self.last_by_first.range(first..=last.saturating_add(1)).next() {
            last = last.max(end);
            self.last_by_first.remove(&next);
        }
        self.last_by_first.insert(first, last);
    }

    /// Takes `first` to `last` out.
    pub fn remove(&mut self, first: u64, last: u64) {
        if first > last {
            return;
        }
        if let Some((&before, &end)) = self.last_by_first.range(..first).next_back()
            && end >= first
        {
            self.last_by_first.insert(before, first - 1);
            if end > last {
                self.last_by_first.insert(last + 1, end);
                return;
            }
        }
        while let Some((&next, &end)) = self.last_by_first.range(first..=last).next() {
            self.last_by_first.remove(&next);
            if end > last {
                self.last_by_first.insert(last + 1, end);
            }
        }
    }

    /// Whether `number` is in the set.
    #[must_use]
    pub fn contains(&self, number: u64) -> bool {
        self.first_absent(number) != number
    }

    /// The least number from `from` on that is not in the set.
    #[must_use]
    pub fn first_absent(&self, from: u64) -> u64 {
        match self.last_by_first.range(..=from).next_back() {
            Some((_, &last)) if last >= from => last.saturating_add(1),
            _ => from,
        }
    }

    /// Whether all of `first` to `last` are in the set.
    #[must_use]
    pub fn covers(&self, first: u64, last: u64) -> bool {
        self.first_absent(first) > last
    }

    /// The ranges in order, first and last of each.
    pub fn iter(&self) -> impl Iterator<Item = (u64, u64)> {
        self.last_by_first.iter().map(|(&first, &last)| (first, last))
    }

    /// Whether there is no number in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.last_by_first.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn ranges_hold_what_a_set_holds(changes in prop::collection::vec((any::<bool>(), 1u64..64, 0u64..12), 0..60)) {
            let (mut ranges, mut set) = (Ranges::default(), BTreeSet::new());
            for (add, first, more) in changes {
                if add {
                    ranges.insert(first, first + more);
                    set.extend(first..=first + more);
                } else {
                    ranges.remove(first, first + more);
                    set.retain(|number| !(first..=first + more).contains(number));
                }
                let held: BTreeSet<u64> = ranges.iter().flat_map(|(first, last)| first..=last).collect();
                prop_assert_eq!(&held, &set);
                let joined = ranges.iter().zip(ranges.iter().skip(1)).all(|(a, b)| a.1 + 1 < b.0);
                prop_assert!(joined, "ranges that touch are one");
            }
            for number in 0..80 {
                prop_assert_eq!(ranges.contains(number), set.contains(&number));
                let absent = (number..1000).find(|number| !set.contains(number));
                prop_assert_eq!(Some(ranges.first_absent(number)), absent);
            }
        }
    }
}
