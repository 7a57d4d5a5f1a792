//! What wakes the reader thread out of a sleep that is longer than its pauses: a command, a file that is touched, news of a folder.

use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::sync::mpsc::{Receiver as Inbox, TryRecvError};
use std::time::Duration;

/// What ended a sleep.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Woken<T> {
    Command(T),
    /// The system has something to tell.
    News,
    /// Nothing, for the longest time.
    Time,
    /// No more commands can come.
    Disconnected,
}

/// How a command that comes through a channel wakes a thread that waits for the system. Sender and thread share it.
#[derive(Debug)]
pub(super) struct Alarm {
    is_set: AtomicBool,
    bell: Option<system::Bell>,
}

impl Alarm {
    pub(super) fn new() -> Self {
        Self {
            is_set: AtomicBool::new(false),
            bell: system::Bell::new(),
        }
    }

    /// A command was sent.
    pub(super) fn ring(&self) {
        fence(Ordering::SeqCst);
        if self.is_set.swap(false, Ordering::SeqCst)
            && let Some(bell) = &self.bell
        {
            bell.ring();
        }
    }

    /// Until a command comes or `news` is readable. None where it cannot wait for both.
    pub(super) fn sleep<T>(&self, inbox: &Inbox<T>, news: BorrowedFd<'_>, longest: Duration) -> Option<Woken<T>> {
        let bell = self.bell.as_ref()?;
        self.is_set.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        // what was sent before that rang no bell
        let mut received = inbox.try_recv();
        let mut is_time = false;
        if matches!(received, Err(TryRecvError::Empty)) {
            is_time = !bell.wait(news, longest);
            received = inbox.try_recv();
        }
        self.is_set.store(false, Ordering::SeqCst);
        Some(match received {
            Ok(command) => Woken::Command(command),
            Err(TryRecvError::Disconnected) => Woken::Disconnected,
            Err(TryRecvError::Empty) if is_time => Woken::Time,
            Err(TryRecvError::Empty) => Woken::News,
        })
    }
}

#[cfg(target_os = "linux")]
mod system {
    use super::{BorrowedFd, Duration};
    use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
    use rustix::fd::OwnedFd;

    #[derive(Debug)]
    pub(super) struct Bell(OwnedFd);

    impl Bell {
        /// None where the system gives no more descriptors.
        pub(super) fn new() -> Option<Self> {
            eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)
                .ok()
                .map(Self)
        }

        pub(super) fn ring(&self) {
            // full, it rings already
            let _ = rustix::io::write(&self.0, &1u64.to_ne_bytes());
        }

        /// Until it rings or there are news; false if so much time has passed before.
        pub(super) fn wait(&self, news: BorrowedFd<'_>, longest: Duration) -> bool {
            let mut awaited = [
                PollFd::new(&self.0, PollFlags::IN),
                PollFd::from_borrowed_fd(news, PollFlags::IN),
            ];
            let longest = Timespec::try_from(longest).ok();
            // interrupted, it is a short sleep
            let is_time = poll(&mut awaited, longest.as_ref()) == Ok(0);
            if !awaited[0].revents().is_empty() {
                let _ = rustix::io::read(&self.0, &mut [0u8; 8]);
            }
            !is_time
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::{BorrowedFd, Duration};

    /// Nothing there waits for files to be touched.
    #[derive(Debug)]
    pub(super) enum Bell {}

    impl Bell {
        pub(super) fn new() -> Option<Self> {
            None
        }

        pub(super) fn ring(&self) {
            match *self {}
        }

        pub(super) fn wait(&self, _news: BorrowedFd<'_>, _longest: Duration) -> bool {
            match *self {}
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;
    use std::sync::Arc;
    use std::sync::mpsc::channel;
    use std::thread;

    /// Whoever sleeps it out is not awaited.
    const LONG: Duration = Duration::from_secs(3600);
    const WATCHDOG: Duration = Duration::from_secs(20);

    #[test]
    fn news_end_a_sleep_and_so_does_time() {
        let (news, mut teller) = UnixStream::pair().unwrap();
        let (_commands, inbox) = channel::<()>();
        let alarm = Alarm::new();
        let sleep = |longest| alarm.sleep(&inbox, news.as_fd(), longest);
        assert_eq!(sleep(Duration::ZERO), Some(Woken::Time));
        teller.write_all(b"x").unwrap();
        assert_eq!(sleep(LONG), Some(Woken::News));
    }

    #[test]
    fn no_command_is_slept_through_whenever_it_is_sent() {
        const COMMANDS: u32 = 20_000;
        let (commands, inbox) = channel();
        let (done, finished) = channel();
        let alarm = Arc::new(Alarm::new());
        let sleeper = Arc::clone(&alarm);
        thread::spawn(move || {
            let (news, _teller) = UnixStream::pair().unwrap();
            let mut received = 0;
            while received < COMMANDS {
                if let Some(Woken::Command(command)) = sleeper.sleep(&inbox, news.as_fd(), LONG) {
                    assert_eq!(command, received, "in order");
                    received += 1;
                    done.send(()).unwrap();
                }
            }
        });
        let mut taken = 0;
        for command in 0..COMMANDS {
            commands.send(command).unwrap();
            alarm.ring();
            // none is sent after it that would make up for a lost one
            if command % 3 == 0 {
                let sent = command + 1;
                while taken < sent {
                    finished.recv_timeout(WATCHDOG).expect("it is awake");
                    taken += 1;
                }
            }
        }
    }
}
