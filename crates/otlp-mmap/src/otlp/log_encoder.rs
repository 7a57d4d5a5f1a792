//! Log records out of the events ring, gathered until they are cut into a piece.

use super::attributes::AttributeList;
use super::entries::Entries;
use super::faults::Faults;
use super::groups::ScopeGroups;
use super::log_record::LogRecord;
use super::piece::Piece;
use super::record_error::RecordError;
use super::resolver::Resolver;
use super::spilled;
use super::value::Transcoder;

/// What a [`LogEncoder`] has counted since it was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LogCounters {
    /// Records taken, quarantined and empty ones included.
    pub records: u64,
    /// Records that could not be decoded, and gave no log record.
    pub quarantined: u64,
    /// Log records encoded.
    pub logs: u64,
    /// What was left out of, or repaired in, records that were taken.
    pub faults: Faults,
}

/// Encodes Event records as OTLP log records and gathers them by resource and scope. Files of any number of producers may
/// fill one.
#[derive(Debug, Default)]
pub struct LogEncoder {
    groups: ScopeGroups,
    counters: LogCounters,
    /// Buffers for the record at hand.
    attributes: AttributeList,
    message: Vec<u8>,
}

impl LogEncoder {
    /// An encoder without log records.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one record of an events ring, without its length prefix: one log record, or none if it is empty. `resolver` and
    /// `entries` are those of the record's file.
    ///
    /// # Errors
    /// If the record cannot be decoded: it gave no log record and is counted.
    pub fn record(
        &mut self,
        resolver: &mut Resolver,
        entries: &mut dyn Entries,
        message: &[u8],
    ) -> Result<(), RecordError> {
        self.counters.records += 1;
        if message.is_empty() {
            return Ok(());
        }
        let taken = self.take(resolver, entries, message);
        match taken {
            Ok(()) => self.counters.logs += 1,
            Err(_) => self.counters.quarantined += 1,
        }
        taken
    }

    fn take(&mut self, resolver: &mut Resolver, entries: &mut dyn Entries, message: &[u8]) -> Result<(), RecordError> {
        if spilled::is_referring(message) {
            let faults = &mut self.counters.faults;
            let whole = spilled::whole(message, message, entries, faults).ok_or(RecordError::Malformed)?;
            return self.encode(resolver, entries, &whole);
        }
        self.encode(resolver, entries, message)
    }

    fn encode(
        &mut self,
        resolver: &mut Resolver,
        entries: &mut dyn Entries,
        message: &[u8],
    ) -> Result<(), RecordError> {
        let log = LogRecord::parse(message)?;
        self.message.clear();
        let faults = &mut self.counters.faults;
        let mut transcoder = Transcoder::new(resolver.cache(), entries, faults);
        log.put(&mut transcoder, &mut self.attributes, &mut self.message);
        let scope = resolver.scope(entries, faults, log.scope_reference, log.schema_url_reference);
        let out = self.groups.item(scope, self.message.len());
        out.extend_from_slice(&self.message);
        Ok(())
    }

    /// Log records gathered since the last cut.
    #[must_use]
    #[inline]
    pub fn items(&self) -> u32 {
        self.groups.items()
    }

    /// Bytes that these take, without their scopes and resources. Cut before they pass 1 GiB: offsets in a piece have 32
    /// bits.
    #[must_use]
    #[inline]
    pub fn bytes(&self) -> usize {
        self.groups.bytes()
    }

    /// Puts all log records gathered into `piece`, in the place of what it held. False if there are none. They keep their
    /// order within a scope; scopes of one resource stand together.
    pub fn cut(&mut self, piece: &mut Piece) -> bool {
        self.groups.cut(piece)
    }

    /// Counted so far.
    #[must_use]
    pub fn counters(&self) -> &LogCounters {
        &self.counters
    }
}
