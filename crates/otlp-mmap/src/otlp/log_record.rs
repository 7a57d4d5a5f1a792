//! One Event record: a log record, borrowed from its slot.

use super::attributes::AttributeList;
use super::proto;
use super::record_error::RecordError;
use super::text;
use super::value::Transcoder;
use crate::layout::field;
use crate::wire::{self, Fields, Value};

/// What OTLP knows of severities: 1 (TRACE) to 24 (FATAL4).
const SEVERITIES: std::ops::RangeInclusive<u64> = 1..=24;

/// A log record as its record tells it, checked as far as its envelope goes; attributes are left in `message`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LogRecord<'a> {
    pub(super) scope_reference: i64,
    pub(super) schema_url_reference: i64,
    time_unix_nano: u64,
    observed_time_unix_nano: Option<u64>,
    severity_number: u64,
    severity_text: &'a [u8],
    body: Option<&'a [u8]>,
    event_name_reference: i64,
    event_name: &'a [u8],
    trace_id: &'a [u8],
    span_id: &'a [u8],
    flags: u32,
    dropped_attributes: u32,
    message: &'a [u8],
}

impl<'a> LogRecord<'a> {
    pub(super) fn parse(message: &'a [u8]) -> Result<Self, RecordError> {
        let mut log = Self {
            message,
            ..Self::default()
        };
        for field in Fields::new(message) {
            match field? {
                (field::EVENT_SCOPE_REF, v) => log.scope_reference = v.varint()? as i64,
                (field::EVENT_TIME, v) => log.time_unix_nano = v.fixed64()?,
                (field::EVENT_SEVERITY_NUMBER, v) => log.severity_number = v.varint()?,
                (field::EVENT_SEVERITY_TEXT, v) => log.severity_text = v.bytes()?,
                (field::EVENT_BODY, v) => log.body = Some(v.bytes()?),
                (field::EVENT_NAME_REF, v) => log.event_name_reference = v.varint()? as i64,
                (field::EVENT_SPAN_CONTEXT, v) => log.span_context(v.bytes()?)?,
                (field::EVENT_ATTRIBUTES, v) => _ = v.bytes()?,
                (field::EVENT_OBSERVED_TIME, v) => log.observed_time_unix_nano = Some(v.fixed64()?),
                (field::EVENT_DROPPED_ATTRIBUTES, v) => log.dropped_attributes = v.varint()? as u32,
                (field::EVENT_SCOPE_SCHEMA_URL_REF, v) => log.schema_url_reference = v.varint()? as i64,
                (field::EVENT_NAME, v) => log.event_name = v.bytes()?,
                _ => {}
            }
        }
        Ok(log)
    }

    /// Ids that are empty or all zero are none.
    fn span_context(&mut self, message: &'a [u8]) -> Result<(), RecordError> {
        for field in Fields::new(message) {
            match field? {
                (field::CONTEXT_TRACE_ID, v) => self.trace_id = v.bytes()?,
                (field::CONTEXT_SPAN_ID, v) => self.span_id = v.bytes()?,
                (field::CONTEXT_FLAGS, v) => self.flags = v.fixed32()?,
                _ => {}
            }
        }
        if !matches!(self.trace_id.len(), 0 | 16) {
            return Err(RecordError::TraceId);
        }
        if !matches!(self.span_id.len(), 0 | 8) {
            return Err(RecordError::SpanId);
        }
        for id in [&mut self.trace_id, &mut self.span_id] {
            if id.iter().all(|&byte| byte == 0) {
                *id = &[];
            }
        }
        Ok(())
    }

    /// Appends the fields of the OTLP `LogRecord` to `out`; `attributes` is a list to work with.
    pub(super) fn put(&self, transcoder: &mut Transcoder<'_>, attributes: &mut AttributeList, out: &mut Vec<u8>) {
        attributes.clear();
        for field in Fields::new(self.message) {
            if let Ok((field::EVENT_ATTRIBUTES, Value::Bytes(attribute))) = field {
                transcoder.attribute(proto::log_record::ATTRIBUTES, attribute, attributes);
            }
        }
        if self.time_unix_nano != 0 {
            wire::put_fixed64(out, proto::log_record::TIME, self.time_unix_nano);
        }
        if SEVERITIES.contains(&self.severity_number) {
            wire::put_uint(out, proto::log_record::SEVERITY_NUMBER, self.severity_number);
        }
        let severity_text = text::checked(self.severity_text, transcoder.faults);
        put_present(out, proto::log_record::SEVERITY_TEXT, &severity_text);
        if let Some(body) = self.body {
            transcoder.body(proto::log_record::BODY, body, out);
        }
        attributes.write(out);
        if self.dropped_attributes != 0 {
            let count = self.dropped_attributes.into();
            wire::put_uint(out, proto::log_record::DROPPED_ATTRIBUTES, count);
        }
        if self.flags != 0 {
            wire::put_fixed32(out, proto::log_record::FLAGS, self.flags);
        }
        put_present(out, proto::log_record::TRACE_ID, self.trace_id);
        put_present(out, proto::log_record::SPAN_ID, self.span_id);
        let observed = self.observed_time_unix_nano.unwrap_or(self.time_unix_nano);
        if observed != 0 {
            wire::put_fixed64(out, proto::log_record::OBSERVED_TIME, observed);
        }
        if self.event_name_reference == 0 {
            let name = text::checked(self.event_name, transcoder.faults);
            put_present(out, proto::log_record::EVENT_NAME, &name);
        } else {
            let (entries, faults) = (&mut *transcoder.entries, &mut *transcoder.faults);
            let field = proto::log_record::EVENT_NAME;
            transcoder
                .cache
                .put_string(entries, faults, self.event_name_reference, field, out);
        }
    }
}

fn put_present(out: &mut Vec<u8>, field: u32, bytes: &[u8]) {
    if !bytes.is_empty() {
        wire::put_bytes(out, field, bytes);
    }
}
