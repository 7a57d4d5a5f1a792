//! Metrics in Prometheus' formats, written on threads of their own, chunk by chunk as the client takes them.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use napi::bindgen_prelude::{AsyncTask, Buffer};
use napi::{Env, Result, Task};
use napi_derive::napi;
use otlp_mmap::prometheus::{Format, Scraper};

/// A scraper, and the format of a scrape that is to begin with the next chunk.
struct Shared {
    scraper: Scraper,
    begins: Option<Format>,
}

/// See `NativeScraper` of `ts/native/binding/scraper.ts`.
#[napi]
pub struct NativeScraper {
    shared: Arc<Mutex<Shared>>,
}

/// One chunk, made on a thread of the pool.
pub struct Chunk {
    shared: Arc<Mutex<Shared>>,
    length: usize,
}

impl Task for Chunk {
    type Output = Option<String>;
    type JsValue = Option<Buffer>;

    fn compute(&mut self) -> Result<Self::Output> {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let Shared { scraper, begins } = &mut *shared;
        if let Some(format) = begins.take() {
            scraper.begin(format);
        }
        let mut text = String::with_capacity(self.length + 4096);
        scraper.chunk(&mut text, self.length);
        Ok((!text.is_empty()).then_some(text))
    }

    fn resolve(&mut self, _env: Env, text: Self::Output) -> Result<Self::JsValue> {
        Ok(text.map(|text| text.into_bytes().into()))
    }
}

#[napi]
impl NativeScraper {
    /// The next chunk begins a scrape; one that was not read to its end is given up.
    #[napi]
    pub fn begin(&self, open_metrics: bool) {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.begins = Some(if open_metrics {
            Format::OpenMetrics
        } else {
            Format::Text
        });
    }

    /// About `length` bytes of the scrape, of whole lines; nothing at its end.
    #[napi]
    #[must_use]
    pub fn chunk(&self, length: u32) -> AsyncTask<Chunk> {
        AsyncTask::new(Chunk {
            shared: Arc::clone(&self.shared),
            length: length as usize,
        })
    }

    /// Instruments left out since the start, as another of that name has another kind.
    #[napi]
    #[must_use]
    pub fn conflicts(&self) -> f64 {
        let shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.scraper.conflicts() as f64
    }
}

/// A scraper of the files that a receiver of these folders and files would read.
#[napi]
#[must_use]
pub fn create_scraper(directories: Vec<String>, files: Vec<String>) -> NativeScraper {
    let paths = |names: Vec<String>| names.into_iter().map(PathBuf::from).collect();
    NativeScraper {
        shared: Arc::new(Mutex::new(Shared {
            scraper: Scraper::new(paths(directories), paths(files)),
            begins: None,
        })),
    }
}
