//! How long the reader thread sleeps between two visits.

use super::visit::Progress;
use std::time::Duration;

/// While rings fill fast.
const SHORTEST: Duration = Duration::from_millis(1);
/// While records come slowly: each wake costs what many records do. A writer at full speed takes longer to fill a ring of this
/// project's size.
const LONGEST_WITH_RECORDS: Duration = Duration::from_millis(5);
/// While none come. A visit to quiet files is cheap, so this bounds the latency, not the cost.
const LONGEST: Duration = Duration::from_millis(10);

/// The length of the next sleep: it follows what the last visits found.
pub(super) struct Pause(Duration);

impl Pause {
    pub(super) fn new() -> Self {
        Self(SHORTEST)
    }

    /// After a visit that brought so much.
    pub(super) fn after(&mut self, progress: Progress) -> Duration {
        self.0 = match progress {
            Progress::Plenty => {
                self.0 = SHORTEST;
                return Duration::ZERO;
            }
            Progress::Some => (self.0 / 2).max(SHORTEST),
            Progress::Few => (self.0 * 2).min(LONGEST_WITH_RECORDS),
            Progress::Nothing => (self.0 * 2).min(LONGEST),
        };
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sleeps_grow_while_little_comes_and_shrink_while_rings_fill() {
        let mut pause = Pause::new();
        let few: Vec<_> = (0..4).map(|_| pause.after(Progress::Few).as_micros()).collect();
        assert_eq!(few, [2000, 4000, 5000, 5000]);
        assert_eq!(pause.after(Progress::Nothing), LONGEST);
        assert_eq!(pause.after(Progress::Nothing), LONGEST);
        let some: Vec<_> = (0..5).map(|_| pause.after(Progress::Some).as_micros()).collect();
        assert_eq!(some, [5000, 2500, 1250, 1000, 1000]);
        assert_eq!(pause.after(Progress::Plenty), Duration::ZERO);
        assert_eq!(pause.after(Progress::Few), 2 * SHORTEST);
    }
}
