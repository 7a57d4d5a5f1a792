//! The writers of this process, shared by its threads: a handle is a number that is valid in every one of them.

use napi::bindgen_prelude::Uint8Array;
use napi::{Error, Result};
use napi_derive::napi;
use otlp_mmap::layout::constant;
use otlp_mmap::writer::{CommitStatus, Geometry, Location, Writer, WriterOptions, WriterStatus};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// One writer in use: which numbers are handed out never changes, so a closed one leaves a hole.
struct Open {
    key: Key,
    writer: Arc<Writer>,
    uses: u32,
}

/// What makes two openings the same writer.
#[derive(PartialEq, Eq, Clone)]
struct Key {
    location: Location,
    identity: String,
}

static WRITERS: Mutex<Vec<Option<Open>>> = Mutex::new(Vec::new());

fn writers() -> MutexGuard<'static, Vec<Option<Open>>> {
    WRITERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The writer of a handle, unless it was closed.
pub fn get(number: usize) -> Option<Arc<Writer>> {
    writers().get(number)?.as_ref().map(|open| Arc::clone(&open.writer))
}

fn required(number: u32) -> Result<Arc<Writer>> {
    get(number as usize).ok_or_else(|| Error::from_reason(format!("writer {number} is closed")))
}

/// Slots and bytes of the parts of a new file; what is left out takes its default.
#[napi(object)]
pub struct JsGeometry {
    pub events_buffers: Option<u32>,
    pub events_buffer_size: Option<u32>,
    pub spans_buffers: Option<u32>,
    pub spans_buffer_size: Option<u32>,
    pub measurements_buffers: Option<u32>,
    pub measurements_buffer_size: Option<u32>,
    pub spill_bytes: Option<u32>,
    pub dictionary_bytes: Option<u32>,
}

impl JsGeometry {
    fn geometry(&self, mut geometry: Geometry) -> Geometry {
        let set = |field: &mut u64, value: Option<u32>| *field = value.map_or(*field, u64::from);
        set(&mut geometry.events.buffers, self.events_buffers);
        set(&mut geometry.events.buffer_size, self.events_buffer_size);
        set(&mut geometry.spans.buffers, self.spans_buffers);
        set(&mut geometry.spans.buffer_size, self.spans_buffer_size);
        set(&mut geometry.measurements.buffers, self.measurements_buffers);
        set(&mut geometry.measurements.buffer_size, self.measurements_buffer_size);
        set(&mut geometry.spill_bytes, self.spill_bytes);
        set(&mut geometry.dictionary_bytes, self.dictionary_bytes);
        geometry
    }
}

/// See `WriterOptions` of `ts/native/binding/writer.ts`.
#[napi(object)]
pub struct JsWriterOptions {
    pub directory: Option<String>,
    pub file: Option<String>,
    pub service_name: String,
    pub identity: String,
    pub geometry: Option<JsGeometry>,
    pub group: Option<String>,
    pub directory_limit: Option<f64>,
}

impl JsWriterOptions {
    fn location(&self) -> Location {
        match (&self.file, &self.directory) {
            (Some(file), _) => Location::File(PathBuf::from(file)),
            (None, Some(directory)) => Location::Directory(PathBuf::from(directory)),
            (None, None) => Location::Default,
        }
    }
}

/// A process-wide handle on the writer of a location and identity. Makes no file yet.
///
/// # Errors
/// Options that cannot be right: the message names the option.
#[napi]
pub fn open_writer(options: JsWriterOptions) -> Result<u32> {
    let key = Key {
        location: options.location(),
        identity: options.identity.clone(),
    };
    let mut writers = writers();
    if let Some((number, open)) = writers
        .iter_mut()
        .enumerate()
        .find_map(|(number, open)| Some((number, open.as_mut().filter(|open| open.key == key)?)))
    {
        open.uses += 1;
        return Ok(number as u32);
    }
    let writer = Writer::open(WriterOptions {
        location: key.location.clone(),
        service_name: options.service_name,
        geometry: options
            .geometry
            .map(|geometry| geometry.geometry(Geometry::of(&key.location))),
        group: options.group,
        directory_limit: options.directory_limit.map(|bytes| bytes as u64),
        ..WriterOptions::default()
    })
    .map_err(|error| Error::from_reason(error.to_string()))?;
    writers.push(Some(Open { key, writer, uses: 1 }));
    Ok(writers.len() as u32 - 1)
}

/// A reference, or the negated status that says why there is none.
fn reference(result: std::result::Result<i64, CommitStatus>) -> f64 {
    result.map_or_else(|status| -f64::from(status.number()), |reference| reference as f64)
}

/// Dictionary reference of a string; negative: the negated `COMMIT_*` status.
#[napi]
#[must_use]
pub fn intern_string(writer: u32, epoch: u32, text: String) -> f64 {
    reference(
        get(writer as usize)
            .ok_or(CommitStatus::Disabled)
            .and_then(|writer| writer.intern_string(epoch, &text)),
    )
}

/// Reference of a scope; negative: the negated `COMMIT_*` status. `attributes`: OTLP `InstrumentationScope.attributes` fields.
#[napi]
#[must_use]
pub fn intern_scope(writer: u32, epoch: u32, name: String, version: String, attributes: Uint8Array) -> f64 {
    reference(
        get(writer as usize)
            .ok_or(CommitStatus::Disabled)
            .and_then(|writer| writer.intern_scope(epoch, &name, &version, &attributes)),
    )
}

/// Reference of a metric; negative: the negated `COMMIT_*` status. `message`: an encoded `MetricRef`.
#[napi]
#[must_use]
pub fn intern_metric(writer: u32, epoch: u32, message: Uint8Array) -> f64 {
    reference(
        get(writer as usize)
            .ok_or(CommitStatus::Disabled)
            .and_then(|writer| writer.intern_metric(epoch, &message)),
    )
}

/// Sets the resource of the writer's files: an encoded OTLP Resource.
///
/// # Errors
/// The writer is closed.
#[napi]
pub fn set_resource(writer: u32, resource: Uint8Array, schema_url: String, settled: bool) -> Result<()> {
    required(writer)?.set_resource(&resource, &schema_url, settled);
    Ok(())
}

/// Tells collectors a setting of the app, by the name of its environment variable. Never a secret.
///
/// # Errors
/// The writer is closed.
#[napi]
pub fn set_setting(writer: u32, name: String, value: String) -> Result<()> {
    required(writer)?.set_setting(&name, &value);
    Ok(())
}

/// Asks the reader to export everything written so far; the epoch to await, 0 if there is nothing to wait for.
#[napi]
#[must_use]
pub fn request_flush(writer: u32) -> f64 {
    get(writer as usize).map_or(0.0, |writer| writer.request_flush() as f64)
}

/// How full a ring is; see `WriterStatus` of `ts/native/binding/writer.ts`.
#[napi(object)]
pub struct JsRingStatus {
    pub waiting: f64,
    pub slots: f64,
}

/// See `WriterStatus` of `ts/native/binding/writer.ts`.
#[napi(object)]
pub struct JsWriterStatus {
    pub directory: String,
    pub file: Option<String>,
    pub generation: f64,
    pub drops: HashMap<String, HashMap<String, f64>>,
    pub rings: HashMap<String, JsRingStatus>,
    pub reader_heartbeat: f64,
    pub flush_epoch: f64,
    pub acknowledged_epoch: f64,
    pub drained: bool,
    pub error: Option<String>,
    pub warnings: Vec<String>,
}

const NANOS_PER_MILLI: f64 = 1e6;

fn drops_by_name(status: &WriterStatus) -> HashMap<String, HashMap<String, f64>> {
    let mut drops: HashMap<String, HashMap<String, f64>> = HashMap::new();
    for &(ring, reason, count) in &status.drops {
        drops
            .entry(ring.name().to_owned())
            .or_default()
            .insert(reason_name(reason).to_owned(), count as f64);
    }
    drops
}

/// What a `DROP_*` reason is called.
#[must_use]
pub fn reason_name(reason: u32) -> &'static str {
    match reason {
        constant::DROP_FULL => "full",
        constant::DROP_TOO_LARGE => "too_large",
        constant::DROP_DISK => "disk",
        constant::DROP_DISABLED => "disabled",
        constant::DROP_LIMIT => "limit",
        constant::DROP_TRUNCATED => "truncated",
        _ => "unknown",
    }
}

/// Random UUID of this process, the same in every thread: `service.instance.id`.
#[napi]
#[must_use]
pub fn process_instance_id() -> String {
    static ID: OnceLock<String> = OnceLock::new();
    ID.get_or_init(otlp_mmap::random::uuid).clone()
}

/// What a writer can tell of itself.
///
/// # Errors
/// The writer is closed.
#[napi]
pub fn writer_status(writer: u32) -> Result<JsWriterStatus> {
    let status = required(writer)?.status();
    let drops = drops_by_name(&status);
    let rings = status.rings.iter().map(|&(ring, waiting, slots)| {
        let fill = JsRingStatus {
            waiting: waiting as f64,
            slots: slots as f64,
        };
        (ring.name().to_owned(), fill)
    });
    let rings = rings.collect();
    Ok(JsWriterStatus {
        directory: status.directory.display().to_string(),
        file: status.file.map(|file| file.display().to_string()),
        generation: status.generation as f64,
        drops,
        rings,
        reader_heartbeat: status.reader_heartbeat as f64 / NANOS_PER_MILLI,
        flush_epoch: status.flush_epoch as f64,
        acknowledged_epoch: status.acknowledged_epoch as f64,
        drained: status.drained,
        error: status.error,
        warnings: status.warnings,
    })
}

/// Drops one use of the handle; the last one closes the file's sections.
#[napi]
pub fn close_writer(writer: u32) {
    let mut writers = writers();
    let Some(slot) = writers.get_mut(writer as usize) else {
        return;
    };
    let Some(open) = slot else { return };
    open.uses -= 1;
    if open.uses == 0 {
        open.writer.close();
        *slot = None;
    }
}
