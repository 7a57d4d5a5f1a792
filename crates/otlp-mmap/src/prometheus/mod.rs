//! Metric cells as Prometheus reads them: its text format and `OpenMetrics`, walked out of the files at each scrape.
//!
//! A [`Scraper`] keeps no series: it walks family by family over the cells of all files and hands the text out in chunks, so that its
//! memory does not grow with their number. It looks at files as a viewer does, beside whoever reads them, and changes nothing.
//!
//! Names, units and labels follow the OpenTelemetry specification, "Prometheus and `OpenMetrics` Compatibility".

mod format;
mod kind;
mod labels;
mod name;
mod sample;
mod scraper;

pub use format::Format;
pub use scraper::Scraper;
