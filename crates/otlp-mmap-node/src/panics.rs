//! What a panic of the reader thread says goes where everything else goes that the thread has to say, not to standard error beside it:
//! whoever reads the collector's log as JSON reads every line.

use otlp_mmap::receiver::{Event, Level, THREAD_NAME};
use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::RefCell;
use std::panic::{self, PanicHookInfo};
use std::sync::Once;

thread_local! {
    /// Where this thread panicked.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// From now on a panic of a reader thread is kept for [`before`]; those of other threads are told as ever.
pub(crate) fn keep_those_of_readers() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let others = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if std::thread::current().name() == Some(THREAD_NAME) {
                PLACE.set(Some(place_of(info)));
            } else {
                others(info);
            }
        }));
    });
}

/// What has to be told before this event: where the fault was that ended the thread. The event says what it was.
pub(crate) fn before(event: &Event) -> Option<Event> {
    let Event::Stopped(Some(_)) = event else { return None };
    let place = PLACE.take()?;
    Some(Event::Log(Level::Error, format!("the reader thread failed at {place}")))
}

/// With a backtrace where `RUST_BACKTRACE` asks for one.
fn place_of(info: &PanicHookInfo<'_>) -> String {
    let place = info
        .location()
        .map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let trace = Backtrace::capture();
    match trace.status() {
        BacktraceStatus::Captured => format!("{place}\n{trace}"),
        _ => place,
    }
}
