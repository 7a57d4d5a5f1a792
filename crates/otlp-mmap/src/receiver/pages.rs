//! How much of a file stands in this process' page table.
//!
//! A writer's rings are in large pages, so a hundred files that each said something once would stand there with hundreds of MiB. They
//! cost nobody anything (the pages are the writer's, too), but count for the resident set that people watch.

use crate::file::FileView;
use std::time::{Duration, Instant};

/// Without a record for so long, a file is quiet. Its pages come back in milliseconds when there are some again.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, PartialEq, Eq)]
enum Change {
    None,
    LetGo,
    Hold,
}

/// The pages of one file, let go while it is quiet.
pub(super) struct Pages {
    cursors: [i64; 3],
    since: Instant,
    are_held: bool,
}

impl Pages {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            cursors: [i64::MIN; 3],
            since: now,
            are_held: true,
        }
    }

    /// A slow chore: looks how far the rings are read by `now`.
    pub(super) fn tend(&mut self, file: &FileView, cursors: [i64; 3], now: Instant) {
        match self.change(cursors, now) {
            Change::None => {}
            Change::Hold => file.mapping().hold(),
            Change::LetGo => {
                let sections = file.sections();
                // what a visit to a quiet file looks at: header with block, and indices
                file.mapping()
                    .let_go(&[0, sections.events, sections.spans, sections.measurements]);
            }
        }
    }

    fn change(&mut self, cursors: [i64; 3], now: Instant) -> Change {
        if cursors != self.cursors {
            self.cursors = cursors;
            self.since = now;
            return if std::mem::replace(&mut self.are_held, true) {
                Change::None
            } else {
                Change::Hold
            };
        }
        if !self.are_held || now.duration_since(self.since) < PATIENCE {
            return Change::None;
        }
        self.are_held = false;
        Change::LetGo
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_let_go_once_a_file_is_quiet_and_held_again_with_its_next_record() {
        let begin = Instant::now();
        let mut pages = Pages::new(begin);
        let mut at = |index, patience_tenths| {
            let now = begin + PATIENCE * patience_tenths / 10;
            pages.change([index, -1, -1], now)
        };
        assert_eq!(at(-1, 0), Change::None);
        assert_eq!(at(-1, 9), Change::None, "not quiet for long enough");
        assert_eq!(at(-1, 10), Change::LetGo);
        assert_eq!(at(-1, 30), Change::None, "they are gone");
        assert_eq!(at(0, 31), Change::Hold);
        assert_eq!(at(1, 50), Change::None);
        assert_eq!(at(1, 59), Change::None, "records came until then");
        assert_eq!(at(1, 60), Change::LetGo);
    }
}
