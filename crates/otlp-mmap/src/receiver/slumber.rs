//! While all files rest, the reader thread sleeps until a writer or the system wakes it: a hundred pauses a second cost more than anything
//! else that it does then.

use super::Command;
use super::alarm::{Alarm, Woken};
use super::producer::Producer;
use super::producer_key::ProducerKey;
use super::visit::Progress;
use std::collections::HashMap;
use std::os::fd::BorrowedFd;
use std::sync::mpsc::{Receiver as Inbox, RecvTimeoutError};
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

    /// Until the next round of a thread that has just come round with such `progress`, or a command comes.
    pub(super) fn wait(
        &mut self,
        producers: &mut HashMap<ProducerKey, Producer>,
        wakers: &Wakers<'_>,
        progress: Progress,
        pause: Duration,
    ) -> Result<Command, RecvTimeoutError> {
        let now = Instant::now();
        if progress > Progress::Nothing || !wakers.may_sleep || !producers.values().all(Producer::is_at_rest) {
            self.end(now);
        } else if self.may_begin(now) && announce_sleep(producers) {
            // when a round is needed whatever happens
            let due = producers.values().filter_map(Producer::due);
            let until = due.fold(wakers.next_tend, Instant::min);
            let longest = until.saturating_duration_since(now);
            let sleep = |news| wakers.alarm.sleep(wakers.inbox, news, longest);
            if let Some(woken) = wakers.news.and_then(sleep) {
                return self.woken(producers, woken);
            }
        }
        wakers.inbox.recv_timeout(pause)
    }

    fn woken(
        &mut self,
        producers: &mut HashMap<ProducerKey, Producer>,
        woken: Woken<Command>,
    ) -> Result<Command, RecvTimeoutError> {
        match woken {
            Woken::Command(command) => return Ok(command),
            Woken::Disconnected => return Err(RecvTimeoutError::Disconnected),
            Woken::News => self.is_disturbed = true,
            Woken::Time => {}
        }
        for producer in producers.values_mut() {
            producer.hear(self.is_disturbed);
        }
        Err(RecvTimeoutError::Timeout)
    }
}

/// What ends a sleep.
pub(super) struct Wakers<'a> {
    pub(super) inbox: &'a Inbox<Command>,
    pub(super) alarm: &'a Alarm,
    /// Readable when the system has something to tell.
    pub(super) news: Option<BorrowedFd<'a>>,
    pub(super) next_tend: Instant,
    /// Nothing speaks against more than a pause.
    pub(super) may_sleep: bool,
}

/// True if all writers knew before that they have to wake this thread.
fn announce_sleep(producers: &mut HashMap<ProducerKey, Producer>) -> bool {
    let told = producers.values_mut().map(Producer::announce_sleep);
    // everyone hears of it at once
    told.fold(true, |all, knew| all & knew)
}
