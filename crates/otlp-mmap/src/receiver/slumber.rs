//! While all files rest, the reader thread sleeps until a writer or the system wakes it: a hundred pauses a second cost more than anything
//! else that it does then.

use super::Command;
use super::alarm::Woken;
use super::producer::Producer;
use super::run::Run;
use super::visit::Progress;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

/// Without news for so long, all files are left alone: a writer pays a system call for its next record.
const PATIENCE: Duration = Duration::from_secs(1);

/// When the thread may sleep for longer than its pauses.
pub(super) struct Slumber {
    /// There was something to do until then.
    busy: Instant,
    /// The last sleep was disturbed. Files that are touched for nothing, again and again, shall cost no more than pauses do.
    is_disturbed: bool,
}

impl Slumber {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            busy: now,
            is_disturbed: false,
        }
    }

    /// There is something to do.
    pub(super) fn end(&mut self, now: Instant) {
        self.busy = now;
    }

    fn may_begin(&mut self, now: Instant) -> bool {
        !std::mem::take(&mut self.is_disturbed) && now.saturating_duration_since(self.busy) >= PATIENCE
    }
}

impl Run<'_> {
    /// Until the next round of a thread that has just come round with such `progress`, or a command comes.
    pub(super) fn wait(&mut self, progress: Progress, pause: Duration) -> Result<Command, RecvTimeoutError> {
        let now = Instant::now();
        if progress > Progress::Nothing || self.stopping || !self.producers.values().all(Producer::is_at_rest) {
            self.slumber.end(now);
        } else if self.slumber.may_begin(now) && self.announce_sleep() {
            let until = self.next_due();
            let news = self.discovery.descriptor();
            let longest = until.saturating_duration_since(now);
            if let Some(woken) = news.and_then(|news| self.alarm.sleep(&self.inbox, news, longest)) {
                return self.woken(woken);
            }
        }
        self.inbox.recv_timeout(pause)
    }

    fn woken(&mut self, woken: Woken<Command>) -> Result<Command, RecvTimeoutError> {
        match woken {
            Woken::Command(command) => return Ok(command),
            Woken::Disconnected => return Err(RecvTimeoutError::Disconnected),
            Woken::News => self.slumber.is_disturbed = true,
            Woken::Time => {}
        }
        let is_heard = self.slumber.is_disturbed;
        for producer in self.producers.values_mut() {
            producer.hear(is_heard);
        }
        Err(RecvTimeoutError::Timeout)
    }

    /// True if all writers knew before that they have to wake this thread.
    fn announce_sleep(&mut self) -> bool {
        let told = self.producers.values_mut().map(Producer::announce_sleep);
        // everyone hears of it at once
        told.fold(true, |all, knew| all & knew)
    }

    /// When a round is needed whatever happens.
    fn next_due(&self) -> Instant {
        let due = self.producers.values().filter_map(Producer::due);
        due.fold(self.next_tend, Instant::min)
    }
}
