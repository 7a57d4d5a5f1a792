//! Metric cells: the calls that measure, registered by hand, and the definition of instruments.

use crate::environment::Environment;
use crate::raw_call::{Callback, arguments, guarded, integer, unsigned};
use crate::writers;
use napi::bindgen_prelude::Uint8Array;
use napi::{Error, Result};
use napi_derive::napi;
use napi_sys as sys;
use otlp_mmap::cells::{Aggregate, CellHandle, Exemplar, ExponentialTotals, Instrument, Kind, Parts, Side, Totals};
use otlp_mmap::clock::Clock;
use otlp_mmap::layout::{cells, commit, scratch};
use std::ffi::{CStr, c_void};
use std::ptr;
use std::sync::Arc;

/// The functions that `raw` registers.
pub const RAW: [(&CStr, Callback); 12] = [
    (c"metricCell", metric_cell),
    (c"recordCell", record_cell),
    (c"storeCell", store_cell),
    (c"observeCell", observe_cell),
    (c"commitRound", commit_round),
    (c"endUnobserved", end_unobserved),
    (c"pinCell", pin_cell),
    (c"retireIdle", retire_idle),
    (c"offerExemplar", offer_exemplar),
    (c"cellsTick", cells_tick),
    (c"cellsEpoch", cells_epoch),
    (c"cellsWindow", cells_window),
];

/// See `InstrumentOptions` of `ts/native/binding/cells.ts`.
#[napi(object)]
pub struct JsInstrument {
    pub scope: Uint8Array,
    pub schema_url: Option<String>,
    pub name: String,
    pub description: Option<String>,
    pub unit: Option<String>,
    pub kind: String,
    pub integer: bool,
    pub monotonic: Option<bool>,
    pub bounds: Option<Vec<f64>>,
    pub max_size: Option<u32>,
    pub max_scale: Option<i32>,
    pub min_max: Option<bool>,
    pub sum: Option<bool>,
    pub limit: Option<f64>,
}

/// Most buckets and first scale of an exponential histogram, by the specification.
const MAX_SIZE: u32 = 160;
const MAX_SCALE: i32 = 20;

impl JsInstrument {
    fn kind(&mut self) -> Result<Kind> {
        let parts = Parts {
            min_max: self.min_max.unwrap_or(true),
            sum: self.sum.unwrap_or(true),
        };
        let monotonic = self.monotonic.unwrap_or(false);
        Ok(match self.kind.as_str() {
            "sum" => Kind::Sum { monotonic },
            "gauge" => Kind::Gauge,
            "observed-sum" => Kind::ObservedSum { monotonic },
            "observed-gauge" => Kind::ObservedGauge,
            "histogram" => Kind::Histogram {
                bounds: self.bounds.take().unwrap_or_default(),
                parts,
            },
            "exponential" => Kind::Exponential {
                max_size: self.max_size.unwrap_or(MAX_SIZE),
                max_scale: self.max_scale.unwrap_or(MAX_SCALE).clamp(-10, 20),
                parts,
            },
            other => {
                return Err(Error::from_reason(format!(
                    "{}: {other} is no kind of instrument",
                    self.name
                )));
            }
        })
    }
}

/// The number of an instrument; the same definition gives the same number in all threads.
///
/// # Errors
/// A definition that the file cannot hold: the message names the part.
#[napi]
pub fn define_instrument(writer: u32, mut instrument: JsInstrument) -> Result<u32> {
    let Some(writer) = writers::get(writer as usize) else {
        return Err(Error::from_reason(format!("writer {writer} is closed")));
    };
    let kind = instrument.kind()?;
    let limit = instrument.limit.map_or(cells::LIMIT_DEFAULT, |limit| limit as u32);
    writer
        .define_instrument(
            Instrument {
                kind,
                scope: instrument.scope.to_vec(),
                schema_url: instrument.schema_url.unwrap_or_default(),
                name: instrument.name,
                description: instrument.description.unwrap_or_default(),
                unit: instrument.unit.unwrap_or_default(),
                integer: instrument.integer,
            },
            limit,
        )
        .map_err(|error| Error::from_reason(error.to_string()))
}

fn signed(env: sys::napi_env, value: i32) -> sys::napi_value {
    let mut result = ptr::null_mut();
    // SAFETY: makes a number in the running call's scope.
    unsafe { sys::napi_create_int32(env, value, &raw mut result) };
    result
}

unsafe extern "C" fn metric_cell(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let (state, [writer, instrument, offset, length]) = arguments::<4>(env, info);
    let (writer, instrument) = (unsigned(env, writer), unsigned(env, instrument));
    let (offset, length) = (unsigned(env, offset), unsigned(env, length));
    let mut cell = 0;
    let status = guarded(commit::DISABLED, || {
        let Some((scratch, handle)) = state.and_then(|state| state.cell_parts(writer)) else {
            return commit::DISABLED;
        };
        let Some(attributes) = scratch.bytes(offset, length) else {
            return commit::TOO_LARGE;
        };
        match handle.cell(instrument as u32, attributes) {
            Ok(found) => {
                scratch.set_word(scratch::CELL_OVERFLOW, u32::from(found.overflow));
                cell = found.cell;
                commit::PUBLISHED
            }
            Err(status) => status.number(),
        }
    });
    signed(
        env,
        i32::try_from(cell)
            .ok()
            .filter(|cell| *cell > 0)
            .unwrap_or(-(status as i32)),
    )
}

/// A call with the cell of an instrument and the double of the scratch buffer.
fn with_value(
    env: sys::napi_env,
    info: sys::napi_callback_info,
    work: impl FnOnce(&mut CellHandle, u32, u32, f64) -> u32,
) -> sys::napi_value {
    let (state, [writer, instrument, cell]) = arguments::<3>(env, info);
    let (writer, instrument, cell) = (unsigned(env, writer), unsigned(env, instrument), unsigned(env, cell));
    let status = guarded(commit::DISABLED, || {
        let Some((scratch, handle)) = state.and_then(|state| state.cell_parts(writer)) else {
            return commit::DISABLED;
        };
        work(handle, instrument as u32, cell as u32, scratch.value())
    });
    integer(env, status)
}

unsafe extern "C" fn record_cell(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let (state, []) = arguments::<0>(env, info);
    let status = guarded(commit::DISABLED, || {
        let Some((state, scratch)) = state.and_then(|state| state.scratch().map(|scratch| (state, scratch))) else {
            return commit::DISABLED;
        };
        let Some(handle) = state.cells(scratch.word(scratch::CELL_WRITER) as usize) else {
            return commit::DISABLED;
        };
        let (instrument, cell) = (
            scratch.word(scratch::CELL_INSTRUMENT),
            scratch.word(scratch::CELL_NUMBER),
        );
        handle.record(instrument, cell, scratch.value()).number()
    });
    if status == commit::PUBLISHED {
        // nothing to make a number for: it would take a tenth of the call
        return ptr::null_mut();
    }
    integer(env, status)
}

/// Doubles of a stored point before those that only exponential histograms have: start (seconds, nanoseconds), value or sum, min, max.
const POINT_HEAD: usize = 5;
/// Zero count, scale, then first index and number of buckets of each sign.
const EXPONENTIAL_HEAD: usize = 6;

unsafe extern "C" fn store_cell(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let (state, [writer, instrument, cell, kind, offset, length]) = arguments::<6>(env, info);
    let (writer, instrument, cell) = (unsigned(env, writer), unsigned(env, instrument), unsigned(env, cell));
    let (kind, offset, length) = (unsigned(env, kind), unsigned(env, offset), unsigned(env, length));
    let status = guarded(commit::DISABLED, || {
        let Some((scratch, handle)) = state.and_then(|state| state.cell_parts(writer)) else {
            return commit::DISABLED;
        };
        let Some(bytes) = scratch.bytes(offset, length) else {
            return commit::TOO_LARGE;
        };
        let numbers: Vec<f64> = bytes
            .chunks_exact(8)
            .filter_map(|chunk| chunk.try_into().ok().map(f64::from_le_bytes))
            .collect();
        let Some((start, point)) = stored_point(kind, &numbers) else {
            return commit::TOO_LARGE;
        };
        handle.store(instrument as u32, cell as u32, start, &point).number()
    });
    integer(env, status)
}

/// A point from the doubles of the scratch buffer: kind 0 a value, 1 an explicit histogram, 2 an exponential one.
fn stored_point(kind: usize, numbers: &[f64]) -> Option<(u64, Aggregate<'_>)> {
    let (head, counts) = numbers.split_at_checked(POINT_HEAD)?;
    let start = head[0] as u64 * 1_000_000_000 + head[1] as u64;
    let totals = Totals {
        sum: head[2],
        min: head[3],
        max: head[4],
        counts,
    };
    let point = match kind {
        0 => Aggregate::Value(head[2]),
        1 => Aggregate::Histogram(totals),
        _ => {
            let (own, counts) = counts.split_at_checked(EXPONENTIAL_HEAD)?;
            let (positive, negative) = counts.split_at_checked(own[3] as usize)?;
            Aggregate::Exponential(ExponentialTotals {
                totals,
                zero_count: own[0],
                scale: own[1] as i32,
                sides: [
                    Side {
                        offset: own[2] as i32,
                        counts: positive,
                    },
                    Side {
                        offset: own[4] as i32,
                        counts: negative.get(..own[5] as usize)?,
                    },
                ],
            })
        }
    };
    Some((start, point))
}

unsafe extern "C" fn observe_cell(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    with_value(env, info, |handle, instrument, cell, value| {
        handle.observe(instrument, cell, value).number()
    })
}

unsafe extern "C" fn commit_round(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    with_value(env, info, |handle, instrument, _, _| {
        handle.commit_round(instrument).number()
    })
}

unsafe extern "C" fn end_unobserved(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    with_value(env, info, |handle, instrument, _, _| {
        u32::from(handle.end_unobserved(instrument))
    })
}

unsafe extern "C" fn pin_cell(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    with_value(env, info, |handle, _, cell, _| {
        handle.pin(cell);
        0
    })
}

unsafe extern "C" fn retire_idle(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    with_value(env, info, |handle, instrument, portion, before| {
        u32::from(handle.retire_portion(instrument, portion, (before * 1e9) as u64))
    })
}

/// Bytes of an offered exemplar before its attributes: trace id, span id, slots, seconds of one sample.
const EXEMPLAR_HEAD: usize = 32;

unsafe extern "C" fn offer_exemplar(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let (state, [writer, instrument, cell, offset, length]) = arguments::<5>(env, info);
    let (writer, instrument, cell) = (unsigned(env, writer), unsigned(env, instrument), unsigned(env, cell));
    let (offset, length) = (unsigned(env, offset), unsigned(env, length));
    let kept = guarded(0, || {
        let Some((scratch, handle)) = state.and_then(|state| state.cell_parts(writer)) else {
            return 0;
        };
        let value = scratch.value();
        let Some((head, attributes)) = scratch
            .bytes(offset, length)
            .and_then(|bytes| bytes.split_at_checked(EXEMPLAR_HEAD))
        else {
            return 0;
        };
        let mut exemplar = Exemplar {
            time: Clock::process().now(-1).0,
            value,
            trace_id: [0; 16],
            span_id: [0; 8],
            attributes,
        };
        exemplar.trace_id.copy_from_slice(&head[..16]);
        exemplar.span_id.copy_from_slice(&head[16..24]);
        let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let period = u64::from(word(28)) * 1_000_000_000;
        u32::from(handle.offer(instrument as u32, cell as u32, word(24), period, &exemplar))
    });
    integer(env, kept)
}

unsafe extern "C" fn cells_tick(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let (state, [writer]) = arguments::<1>(env, info);
    let writer = unsigned(env, writer);
    let epoch = guarded(0, || {
        state
            .and_then(|state| state.cell_parts(writer))
            .map_or(0, |(scratch, handle)| {
                scratch.set_value(handle.tick());
                handle.writer().cells_epoch()
            })
    });
    integer(env, epoch)
}

unsafe extern "C" fn cells_epoch(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let (state, [writer]) = arguments::<1>(env, info);
    let writer = unsigned(env, writer);
    integer(
        env,
        guarded(0, || {
            let Some(state) = state else { return 0 };
            state.release_closed(writer);
            state.cells(writer).map_or(0, |handle| handle.writer().cells_epoch())
        }),
    )
}

/// Keeps the mapping under a window until JavaScript has let go of it.
unsafe extern "C" fn release_window(_env: sys::napi_env, _data: *mut c_void, hint: *mut c_void) {
    // SAFETY: `hint` is the mapping that `cells_window` gave up to this one call.
    drop(unsafe { Arc::from_raw(hint.cast::<otlp_mmap::file::Mapping>()) });
}

unsafe extern "C" fn cells_window(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let (state, [writer, window]) = arguments::<2>(env, info);
    let (writer, window) = (unsigned(env, writer), unsigned(env, window));
    let mut view = ptr::null_mut();
    guarded(0, || {
        view = make_window(env, state, writer, window).unwrap_or(ptr::null_mut());
        0
    });
    view
}

fn make_window(
    env: sys::napi_env,
    state: Option<&mut Environment>,
    writer: usize,
    window: usize,
) -> Option<sys::napi_value> {
    const LENGTH: usize = cells::WINDOW as usize;
    let mapping = Arc::clone(state?.cells(writer)?.mapping()?);
    let address = mapping.address_of(window as u64 * LENGTH as u64, LENGTH)?;
    let hint = Arc::into_raw(mapping).cast_mut().cast::<c_void>();
    let mut buffer = ptr::null_mut();
    // SAFETY: the memory stays mapped as long as `hint` is held, which `release_window` ends.
    let status = unsafe {
        sys::napi_create_external_arraybuffer(
            env,
            address.as_ptr().cast(),
            LENGTH,
            Some(release_window),
            hint,
            &raw mut buffer,
        )
    };
    if status != sys::Status::napi_ok {
        // Electron, for one, allows no memory of others: the raw calls serve there.
        // SAFETY: nobody else took `hint`.
        drop(unsafe { Arc::from_raw(hint.cast::<otlp_mmap::file::Mapping>()) });
        return None;
    }
    let mut view = ptr::null_mut();
    // SAFETY: `buffer` is an ArrayBuffer of LENGTH bytes.
    let status = unsafe {
        sys::napi_create_typedarray(
            env,
            sys::TypedarrayType::float64_array,
            LENGTH / 8,
            buffer,
            0,
            &raw mut view,
        )
    };
    (status == sys::Status::napi_ok).then_some(view)
}
