//! All files, family by family.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::time::Instant;

use super::format::Format;
use super::kind::Type;
use super::sample::{Samples, put_head};
use super::{labels, name};
use crate::cells::CellReader;
use crate::file::{FileView, Inode};
use crate::otlp::{Faults, Resolver};
use crate::reader::FileReader;
use crate::receiver::Discovery;
use crate::wire::{Fields, Value};

/// Number of the attributes field in OTLP's Resource, and in its `InstrumentationScope`.
const RESOURCE_ATTRIBUTES: u32 = 1;
const SCOPE_ATTRIBUTES: u32 = 3;
/// That of the attributes of a series, as they stand in cells.
const SERIES_ATTRIBUTES: u32 = 1;
/// The line that tells of a resource.
const TARGET_INFO: &str = "target_info";

/// One file with cells.
#[derive(Debug)]
struct Source {
    path: PathBuf,
    view: FileView,
    cells: CellReader,
    /// `job` and `instance`, each with a comma behind it.
    target: String,
    /// The other attributes of the resource, in the same form.
    info: String,
}

/// A metric family of all files.
#[derive(Debug)]
struct Family {
    kind: Type,
    unit: String,
    help: String,
    /// Source, and instrument in the order of its walk.
    parts: Vec<(usize, usize)>,
}

/// An instrument whose series are being written.
#[derive(Debug)]
struct Walk {
    source: usize,
    /// Labels of its target and scope; behind them go those of a series.
    labels: String,
    /// What those of a series may not be called.
    taken: Vec<String>,
}

/// Where a scrape is.
#[derive(Debug)]
struct Scrape {
    format: Format,
    families: std::vec::IntoIter<(String, Family)>,
    /// The family being written, with the part of it that is next.
    family: Option<(String, Family, usize)>,
    walk: Option<Walk>,
    ended: bool,
}

/// Writes the metrics of all files of some folders, as often as it is asked to.
#[derive(Debug)]
pub struct Scraper {
    discovery: Discovery,
    sources: Vec<Source>,
    scrape: Option<Scrape>,
    conflicts: u64,
}

impl Scraper {
    /// Of the folders (or patterns of folders and files) and single files that a receiver would read.
    #[must_use]
    pub fn new(directories: Vec<PathBuf>, files: Vec<PathBuf>) -> Self {
        Self {
            discovery: Discovery::new(directories, files),
            sources: Vec::new(),
            scrape: None,
            conflicts: 0,
        }
    }

    /// Begins a scrape, over what there is now. One that was not read to its end is given up.
    pub fn begin(&mut self, format: Format) {
        self.find_sources();
        let mut families = Families::new(format);
        for (at, source) in self.sources.iter_mut().enumerate() {
            source.cells.take_exemplars_since(0);
            source.cells.begin(&source.view);
            for nth in 0..source.cells.instruments().len() {
                self.conflicts += u64::from(!families.add(at, nth, &source.cells));
            }
        }
        let families: Vec<_> = families.all.into_iter().collect();
        self.scrape = Some(Scrape {
            format,
            families: families.into_iter(),
            family: None,
            walk: None,
            ended: false,
        });
    }

    /// Appends about `length` bytes of the scrape to `out`, of whole lines. False at its end.
    pub fn chunk(&mut self, out: &mut String, length: usize) -> bool {
        let Some(scrape) = &mut self.scrape else { return false };
        let until = out.len() + length;
        while out.len() < until && !scrape.ended {
            scrape.step(&mut self.sources, out);
        }
        let more = !scrape.ended;
        if !more {
            self.scrape = None;
        }
        more
    }

    /// Instruments left out since the start, as another of that name has another kind, or lines of that name.
    #[must_use]
    pub fn conflicts(&self) -> u64 {
        self.conflicts
    }

    fn find_sources(&mut self) {
        self.sources.retain(|source| {
            let in_place = Inode::at(&source.path) == Some(source.view.inode());
            in_place && !source.cells.poisoned()
        });
        for found in self.discovery.look(Instant::now()).found {
            match open(&found.path) {
                Some(source) => {
                    self.sources.retain(|known| known.path != source.path);
                    self.sources.push(source);
                }
                // half made, or without cells until now
                None => self.discovery.forget(&found.path),
            }
        }
        self.sources.sort_by(|a, b| a.path.cmp(&b.path));
    }
}

/// A file that can be read and has cells.
fn open(path: &std::path::Path) -> Option<Source> {
    let mut reader = FileReader::view(path).ok()?;
    let cells = CellReader::open(reader.file()).ok()??;
    let mut resolver = Resolver::default();
    if let Some((resource, schema_url)) = reader.resource_refs() {
        let _ = resolver.set_resource_override(&mut reader, &mut Faults::default(), resource, schema_url);
    }
    let (mut target, mut info) = (String::new(), String::new());
    if let Some(resource) = resolver.resource_override() {
        let value =
            |key: &str| labels::find(resource.body(), RESOURCE_ATTRIBUTES, key).filter(|value| !value.is_empty());
        if let Some(service) = value("service.name") {
            let job = value("service.namespace").map_or(service.clone(), |namespace| format!("{namespace}/{service}"));
            labels::put(&mut target, "job", &job);
        }
        if let Some(instance) = value("service.instance.id") {
            labels::put(&mut target, "instance", &instance);
        }
        let taken = labels::names_in(&target);
        let _ = labels::put_attributes(&mut info, resource.body(), RESOURCE_ATTRIBUTES, "", &taken);
    }
    let view = reader.into_file();
    Some(Source {
        path: path.to_owned(),
        view,
        cells,
        target,
        info,
    })
}

/// The families of a scrape, by name.
struct Families {
    format: Format,
    all: BTreeMap<String, Family>,
    /// The names of all their lines.
    lines: HashSet<String>,
}

impl Families {
    fn new(format: Format) -> Self {
        Self {
            format,
            all: BTreeMap::new(),
            lines: ["target", TARGET_INFO].map(str::to_owned).into(),
        }
    }

    /// Adds an instrument to its family. False: another family has lines of that name, or is of another kind.
    fn add(&mut self, source: usize, nth: usize, cells: &CellReader) -> bool {
        let instrument = cells.instrument_at(nth);
        let kind = Type::of(instrument);
        let (name, unit) = name::family(instrument, kind);
        let family = match self.all.entry(name) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let suffixes = kind.suffixes(self.format);
                let lines: Vec<_> = suffixes
                    .iter()
                    .map(|suffix| format!("{}{suffix}", place.key()))
                    .collect();
                if lines.iter().any(|line| self.lines.contains(line)) {
                    return false;
                }
                self.lines.extend(lines);
                place.insert(Family {
                    kind,
                    unit,
                    help: instrument.description.clone(),
                    parts: Vec::new(),
                })
            }
        };
        if family.kind != kind {
            return false;
        }
        family.parts.push((source, nth));
        true
    }
}

impl Walk {
    fn begin(source: usize, labels: String, kind: Type) -> Self {
        let mut taken = labels::names_in(&labels);
        if kind == Type::Histogram {
            taken.push("le".to_owned());
        }
        Self { source, labels, taken }
    }
}

impl Scrape {
    /// Writes one series, or goes to the next part or family.
    fn step(&mut self, sources: &mut [Source], out: &mut String) {
        let Some((name, family, next)) = &mut self.family else {
            self.next_family(sources, out);
            return;
        };
        let Some(Walk { source, labels, taken }) = &mut self.walk else {
            let Some(&(source, nth)) = family.parts.get(*next) else {
                self.family = None;
                return;
            };
            *next += 1;
            sources[source].cells.begin_instrument(nth);
            self.walk = Some(Walk::begin(source, common_labels(&sources[source], nth), family.kind));
            return;
        };
        let cells = &mut sources[*source].cells;
        if !cells.advance() {
            self.walk = None;
            return;
        }
        let common = labels.len();
        let (instrument, series) = (cells.instrument(), cells.series());
        // attributes were checked when they were read
        if labels::put_attributes(labels, &series.attributes, SERIES_ATTRIBUTES, "", taken).is_ok() {
            let mut samples = Samples {
                out,
                format: self.format,
                name,
                labels,
            };
            samples.put(family.kind, instrument, series);
        }
        labels.truncate(common);
    }

    fn next_family(&mut self, sources: &[Source], out: &mut String) {
        if let Some((name, family)) = self.families.next() {
            put_head(out, self.format, &name, family.kind, &family.unit, &family.help);
            self.family = Some((name, family, 0));
            return;
        }
        put_targets(out, self.format, sources);
        if self.format == Format::OpenMetrics {
            out.push_str("# EOF\n");
        }
        self.ended = true;
    }
}

/// The resources, as one metric with their attributes as labels.
fn put_targets(out: &mut String, format: Format, sources: &[Source]) {
    let (name, kind) = match format {
        Format::Text => (TARGET_INFO, "gauge"),
        Format::OpenMetrics => ("target", "info"),
    };
    if sources.is_empty() {
        return;
    }
    out.push_str("# TYPE ");
    out.push_str(name);
    out.push(' ');
    out.push_str(kind);
    out.push('\n');
    let mut told: Vec<&str> = Vec::new();
    for source in sources.iter().filter(|source| !source.info.is_empty()) {
        if told.contains(&source.info.as_str()) {
            continue;
        }
        told.push(&source.info);
        out.push_str(TARGET_INFO);
        out.push('{');
        out.push_str(&source.target);
        out.push_str(&source.info);
        out.pop();
        out.push_str("} 1\n");
    }
}

/// What all series of an instrument have in common: target and scope.
fn common_labels(source: &Source, nth: usize) -> String {
    let mut labels = source.target.clone();
    let instrument = source.cells.instrument_at(nth);
    for part in Fields::new(&instrument.scope).map_while(Result::ok) {
        let label = match part {
            (1, Value::Bytes(text)) => ("otel_scope_name", text),
            (2, Value::Bytes(text)) => ("otel_scope_version", text),
            _ => continue,
        };
        if let (label, Ok(text)) = (label.0, std::str::from_utf8(label.1))
            && !text.is_empty()
        {
            labels::put(&mut labels, label, text);
        }
    }
    if !instrument.schema_url.is_empty() {
        labels::put(&mut labels, "otel_scope_schema_url", &instrument.schema_url);
    }
    // it was checked when it was read
    let taken = labels::names_in(&labels);
    let _ = labels::put_attributes(&mut labels, &instrument.scope, SCOPE_ATTRIBUTES, "otel_scope_", &taken);
    labels
}
