//! What goes from the journal: segments that nobody needs, and segments that have to make room.

use std::time::Instant;

use super::Keeper;
use crate::journal::fail_point::fail_point;
use crate::journal::{Amount, Refusal, Transaction};
use crate::receiver::Level;

impl Keeper {
    /// Chores. True if the journal began anew, and open spans have to be written again.
    pub(in crate::receiver) fn tend(&mut self, now: Instant) -> bool {
        let was_lost = self.journal.tend(now);
        if was_lost {
            let directory = self.journal.directory().display();
            let message = format!("the journal's files in {directory} were removed or cut off; it goes on in new ones");
            self.log.push((Level::Error, message));
        }
        was_lost
    }

    /// The oldest segment, if it may go: nobody needs its pieces any more, or they are too old.
    pub(in crate::receiver) fn leaving(&self, now: Instant) -> Option<u64> {
        self.journal.releasable().or_else(|| self.journal.expired(now))
    }

    /// The oldest segment, if it has to go so that the journal can be written.
    pub(in crate::receiver) fn crowding(&self) -> Option<u64> {
        matches!(self.refusal, Some(Refusal::Full | Refusal::NoSpace(_)))
            .then(|| self.journal.crowding())
            .flatten()
    }

    /// Segments behind the oldest, up to the one returned, could go: everything that is kept from here to [`Keeper::end_hollow`] is
    /// stated anew.
    pub(in crate::receiver) fn begin_hollow(&mut self) -> Option<u64> {
        let through = self.journal.hollow()?;
        self.anew = self.journal.streams_through(through);
        self.is_making_room = true;
        Some(through)
    }

    /// All open spans are written again, or not `all_kept`. True if segments went.
    pub(in crate::receiver) fn end_hollow(&mut self, through: u64, all_kept: bool) -> bool {
        self.is_making_room = false;
        // those that have no open span
        let mut transaction = Transaction::new();
        for stream in std::mem::take(&mut self.anew) {
            transaction.forget(&stream);
            if let Some(position) = self.journal.position(&stream) {
                transaction.position(&stream, position.clone());
            }
        }
        if !all_kept || self.journal.commit_beyond(&transaction).is_err() {
            return false;
        }
        fail_point("removing a segment");
        self.journal.drop_hollow(through) > 0
    }

    pub(in crate::receiver) fn is_worth_carrying(&self, open_bytes: usize) -> bool {
        self.journal.is_worth_carrying(open_bytes as u64)
    }

    pub(in crate::receiver) fn drop_oldest(&mut self) {
        let why = if self.crowding().is_some() {
            "the journal is full"
        } else {
            "they were older than max_age"
        };
        for (name, lost) in self.journal.drop_oldest() {
            let message = format!("{name}: {} were given up, {why}", items_text(&lost));
            self.log.push((Level::Warn, message));
        }
    }
}

/// `5 spans and 2 log records`.
fn items_text(amount: &Amount) -> String {
    let names = ["spans", "log records", "data points"];
    let parts: Vec<String> = amount
        .items
        .iter()
        .zip(names)
        .filter(|(count, _)| **count > 0)
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    parts.join(" and ")
}
