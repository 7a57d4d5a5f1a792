//! How much of a file stands in this process' page table.
//!
//! A writer's rings are in large pages, so a hundred files that each said something once would stand there with hundreds of MiB. They
//! cost nobody anything (the pages are the writer's, too), but count for the resident set that people watch.

use crate::file::FileView;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Without a record for so long, a file is quiet. Its pages come back in milliseconds when there are some again.
const PATIENCE: Duration = Duration::from_secs(5);

/// Files whose glances are mapped apart, at most: each takes some nine of the 65,530 pieces that a process can have mapped, which it needs
/// for other things, too.
const MOST_APART: usize = 2048;

static APART: AtomicUsize = AtomicUsize::new(0);

/// One of them.
struct Apart;

impl Apart {
    fn take() -> Option<Self> {
        let more = |files| (files < MOST_APART).then_some(files + 1);
        let taken = APART.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        taken.ok().map(|_| Self)
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        APART.fetch_sub(1, Ordering::Relaxed);
    }
}

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
    apart: Option<Apart>,
}

impl Pages {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            cursors: [i64::MIN; 3],
            since: now,
            are_held: true,
            apart: None,
        }
    }

    /// A slow chore: looks how far the rings are read by `now`.
    pub(super) fn tend(&mut self, file: &FileView, cursors: [i64; 3], now: Instant) {
        match self.change(cursors, now) {
            Change::None => {}
            Change::Hold => {
                file.mapping().hold();
                self.apart = None;
            }
            Change::LetGo => {
                let sections = file.sections();
                // what a visit to a quiet file looks at: header with block, and indices
                let glances = [0, sections.events, sections.spans, sections.measurements];
                self.apart = Apart::take();
                let count = if self.apart.is_some() { glances.len() } else { 0 };
                file.mapping().let_go(&glances[..count]);
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

    #[test]
    fn files_are_mapped_in_pieces_up_to_a_number_of_them() {
        let mut files: Vec<_> = std::iter::from_fn(Apart::take).collect();
        assert_eq!(files.len(), MOST_APART);
        files.pop();
        assert!(Apart::take().is_some(), "room for the next");
    }
}
