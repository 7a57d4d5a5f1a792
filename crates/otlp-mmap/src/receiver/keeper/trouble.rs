//! What is told of a journal that cannot be written, and of one that is slow.

use std::time::{Duration, Instant};

use super::Keeper;
use crate::journal::Refusal;
use crate::receiver::Level;

/// A commit that takes so long is worth a line in the log: the disk is slower than the telemetry.
const SLOW: Duration = Duration::from_secs(1);
/// Between two lines about the same trouble.
const TELL_AGAIN: Duration = Duration::from_secs(60);

impl Keeper {
    /// Why nothing is read now, if that is the journal's doing.
    pub(in crate::receiver) fn refusal(&self) -> Option<String> {
        self.refusal.as_ref().map(ToString::to_string)
    }

    /// Lines for the log.
    pub(in crate::receiver) fn take_log(&mut self) -> Vec<(Level, String)> {
        std::mem::take(&mut self.log)
    }

    pub(super) fn tell_refused(&mut self, refusal: Refusal) {
        let is_news = self.refusal.as_ref() != Some(&refusal);
        let is_due = self.told.is_none_or(|told| told.elapsed() >= TELL_AGAIN);
        let makes_room = matches!(refusal, Refusal::Full) && self.journal.crowding().is_some();
        if (is_news || is_due) && !makes_room {
            let message = format!("{refusal}; until then nothing is read, and telemetry stays in the apps' rings");
            self.log.push((Level::Error, message));
            self.told = Some(Instant::now());
        }
        self.refusal = Some(refusal);
    }

    pub(super) fn tell_taken(&mut self) {
        if self.refusal.take().is_some() && self.told.take().is_some() {
            self.log.push((Level::Info, "the journal can be written again".into()));
        }
    }

    pub(super) fn tell_slow(&mut self, begun: Instant) {
        let took = begun.elapsed();
        if took > SLOW && self.told.is_none_or(|told| told.elapsed() >= TELL_AGAIN) {
            self.told = Some(Instant::now());
            let directory = self.journal.directory().display();
            let message = format!("state directory {directory}: a transaction took {took:.1?}; choose a faster disk");
            self.log.push((Level::Warn, message));
        }
    }
}
