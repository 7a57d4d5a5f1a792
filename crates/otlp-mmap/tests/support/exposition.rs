//! Prometheus' text format and `OpenMetrics` 1.0, taken to the letter: what a careless parser would forgive is an error here.

use std::collections::{BTreeMap, BTreeSet};

use otlp_mmap::prometheus::Format;

pub type Labels = BTreeMap<String, String>;

#[derive(Debug)]
pub struct Sample {
    pub name: String,
    pub labels: Labels,
    pub value: f64,
    pub exemplar: Option<(Labels, f64)>,
}

#[derive(Debug)]
pub struct Family {
    pub name: String,
    pub kind: String,
    pub unit: Option<String>,
    pub help: Option<String>,
    pub samples: Vec<Sample>,
}

/// The families of an exposition.
pub fn parse(text: &str, format: Format) -> Result<Vec<Family>, String> {
    let body = match format {
        Format::OpenMetrics => text.strip_suffix("# EOF\n").ok_or("no end")?,
        Format::Text => text,
    };
    if !body.is_empty() && !body.ends_with('\n') {
        return Err("the last line has no end".to_owned());
    }
    let mut families: Vec<Family> = Vec::new();
    for line in body.lines() {
        take_line(&mut families, line, format).map_err(|why| format!("{why}: {line}"))?;
    }
    check_names(&families, format)?;
    for family in &families {
        check(family, format).map_err(|why| format!("{why}: {family:?}"))?;
    }
    Ok(families)
}

fn take_line(families: &mut Vec<Family>, line: &str, format: Format) -> Result<(), String> {
    let Some(metadata) = line.strip_prefix("# ") else {
        let sample = sample(line, format)?;
        let family = families.last_mut().ok_or("a sample without a family")?;
        family.samples.push(sample);
        return Ok(());
    };
    let mut parts = metadata.splitn(3, ' ');
    let (word, name, text) = (
        parts.next(),
        parts.next().ok_or("no name")?,
        parts.next().ok_or("no text")?,
    );
    if word == Some("TYPE") {
        families.push(Family {
            name: name.to_owned(),
            kind: text.to_owned(),
            unit: None,
            help: None,
            samples: Vec::new(),
        });
        return Ok(());
    }
    let family = families
        .last_mut()
        .filter(|family| family.name == name && family.samples.is_empty());
    let family = family.ok_or("not beside its family's type")?;
    let (place, text) = match word {
        Some("UNIT") if format == Format::OpenMetrics => (&mut family.unit, text.to_owned()),
        Some("HELP") => {
            let quotes = format == Format::OpenMetrics;
            (&mut family.help, unescaped(text, quotes)?)
        }
        _ => return Err("an unknown comment".to_owned()),
    };
    if place.replace(text).is_some() {
        return Err("told twice".to_owned());
    }
    Ok(())
}

fn unescaped(text: &str, quotes: bool) -> Result<String, String> {
    let mut out = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        out.push(match character {
            '\\' => match characters.next() {
                Some('\\') => '\\',
                Some('n') => '\n',
                Some('"') if quotes => '"',
                other => return Err(format!("an escape of {other:?}")),
            },
            '"' if quotes => return Err("a quote that is not escaped".to_owned()),
            other => other,
        });
    }
    Ok(out)
}

fn sample(line: &str, format: Format) -> Result<Sample, String> {
    let end = line.find(['{', ' ']).ok_or("no value")?;
    let (name, rest) = line.split_at(end);
    if !is_name(name, true) {
        return Err("no name of a metric".to_owned());
    }
    let (labels, rest) = if rest.starts_with('{') {
        labels(rest)?
    } else {
        (Labels::new(), rest)
    };
    let rest = rest.strip_prefix(' ').ok_or("no space before the value")?;
    let (value, exemplar) = match rest.split_once(" # ") {
        Some(_) if format == Format::Text => return Err("an exemplar".to_owned()),
        Some((value, rest)) => (value, Some(exemplar(rest)?)),
        None => (rest, None),
    };
    Ok(Sample {
        name: name.to_owned(),
        labels,
        value: number(value)?,
        exemplar,
    })
}

fn exemplar(text: &str) -> Result<(Labels, f64), String> {
    let (labels, rest) = labels(text)?;
    let length: usize = labels
        .iter()
        .map(|(name, value)| name.chars().count() + value.chars().count())
        .sum();
    if length > 128 {
        return Err("an exemplar with more than 128 characters".to_owned());
    }
    let mut parts = rest.strip_prefix(' ').ok_or("no space in the exemplar")?.split(' ');
    let value = number(parts.next().unwrap_or_default())?;
    parts.next().map(timestamp).transpose()?;
    match parts.next() {
        Some(_) => Err("too much in the exemplar".to_owned()),
        None => Ok((labels, value)),
    }
}

fn timestamp(text: &str) -> Result<(), String> {
    let is_plain = text.chars().all(|each| each.is_ascii_digit() || each == '.');
    let seconds: f64 = text.parse().map_err(|_| "no time")?;
    (is_plain && seconds.is_finite())
        .then_some(())
        .ok_or("an odd time".to_owned())
}

/// The labels at the start of a text, which begins with a brace, and what is behind them.
fn labels(text: &str) -> Result<(Labels, &str), String> {
    let mut labels = Labels::new();
    let mut rest = text.strip_prefix('{').ok_or("no brace")?;
    if let Some(behind) = rest.strip_prefix('}') {
        return Ok((labels, behind));
    }
    loop {
        let (name, value) = rest.split_once("=\"").ok_or("no label")?;
        let mut escaped = false;
        let end = value.find(|each| {
            let ends = each == '"' && !escaped;
            escaped = each == '\\' && !escaped;
            ends
        });
        let end = end.ok_or("a value without an end")?;
        if !is_name(name, false) {
            return Err(format!("{name:?} is no label's name"));
        }
        if labels
            .insert(name.to_owned(), unescaped(&value[..end], true)?)
            .is_some()
        {
            return Err(format!("two labels {name:?}"));
        }
        rest = &value[end + 1..];
        if let Some(behind) = rest.strip_prefix('}') {
            return Ok((labels, behind));
        }
        rest = rest.strip_prefix(',').ok_or("no comma between labels")?;
    }
}

fn is_name(text: &str, colons: bool) -> bool {
    let fits = |each: char| each.is_ascii_alphanumeric() || each == '_' || (colons && each == ':');
    text.chars().all(fits) && text.starts_with(|first: char| !first.is_ascii_digit())
}

fn number(text: &str) -> Result<f64, String> {
    match text {
        "NaN" => return Ok(f64::NAN),
        "+Inf" => return Ok(f64::INFINITY),
        "-Inf" => return Ok(f64::NEG_INFINITY),
        _ => {}
    }
    let is_plain = text.chars().all(|each| each.is_ascii_digit() || "+-.e".contains(each));
    let value = text.parse().ok().filter(|_| is_plain);
    value.ok_or_else(|| format!("{text:?} is no number"))
}

fn suffixes(kind: &str, format: Format) -> &'static [&'static str] {
    match (kind, format) {
        ("counter", Format::OpenMetrics) => &["_total", "_created"],
        ("histogram", Format::OpenMetrics) => &["_bucket", "_sum", "_count", "_created"],
        ("histogram", Format::Text) => &["_bucket", "_sum", "_count"],
        ("info", Format::OpenMetrics) => &["_info"],
        _ => &[""],
    }
}

/// Names of families, and of their lines, are of one family each.
fn check_names(families: &[Family], format: Format) -> Result<(), String> {
    let mut names = BTreeSet::new();
    for Family { name, kind, .. } in families {
        if !is_name(name, true) {
            return Err(format!("{name:?} is no name of a family"));
        }
        let lines: BTreeSet<_> = suffixes(kind, format)
            .iter()
            .chain(&[""])
            .map(|suffix| format!("{name}{suffix}"))
            .collect();
        if let Some(twice) = lines.into_iter().find(|line| !names.insert(line.clone())) {
            return Err(format!("two families have lines called {twice}"));
        }
    }
    Ok(())
}

fn check(family: &Family, format: Format) -> Result<(), String> {
    let Family {
        name,
        kind,
        unit,
        samples,
        ..
    } = family;
    if unit.as_ref().is_some_and(|unit| !name.ends_with(&format!("_{unit}"))) {
        return Err("the unit does not end the name".to_owned());
    }
    if format == Format::Text && kind == "counter" && !name.ends_with("_total") {
        return Err("a counter without _total".to_owned());
    }
    let mut ended = BTreeSet::new();
    let mut metric: Vec<(&str, &Sample)> = Vec::new();
    let mut of: Option<Labels> = None;
    for sample in samples {
        let suffix = sample
            .name
            .strip_prefix(name.as_str())
            .ok_or("a sample of another name")?;
        if !suffixes(kind, format).contains(&suffix) {
            return Err(format!("a sample {}", sample.name));
        }
        let mut labels = sample.labels.clone();
        if suffix == "_bucket" {
            labels.remove("le");
        }
        if of.as_ref() != Some(&labels) {
            check_metric(kind, &metric, format)?;
            metric.clear();
            if !ended.insert(labels.clone()) {
                return Err(format!("the metric {labels:?} comes twice"));
            }
            of = Some(labels);
        }
        metric.push((suffix, sample));
    }
    check_metric(kind, &metric, format)
}

/// The samples of one metric, with their suffixes.
fn check_metric(kind: &str, samples: &[(&str, &Sample)], format: Format) -> Result<(), String> {
    for (suffix, Sample { value, exemplar, .. }) in samples {
        if exemplar.is_some() && !["_bucket", "_total"].contains(suffix) {
            return Err("an exemplar out of place".to_owned());
        }
        let is_counter = kind == "counter" || kind == "histogram";
        if format == Format::OpenMetrics && is_counter && (value.is_nan() || (*value < 0.0 && !suffix.is_empty())) {
            return Err(format!("a counter of {value}"));
        }
    }
    if kind == "histogram" && !samples.is_empty() {
        check_histogram(samples, format)?;
    }
    Ok(())
}

fn check_histogram(samples: &[(&str, &Sample)], format: Format) -> Result<(), String> {
    let of = |wanted: &str| {
        samples
            .iter()
            .find(|(suffix, _)| *suffix == wanted)
            .map(|(_, sample)| sample.value)
    };
    let (mut below, mut least, mut count) = (f64::NEG_INFINITY, None, 0.0);
    for (_, bucket) in samples.iter().filter(|(suffix, _)| *suffix == "_bucket") {
        let label = bucket.labels.get("le").ok_or("a bucket without a bound")?;
        let bound = number(label)?;
        if format == Format::OpenMetrics && label != "+Inf" && !label.contains(['.', 'e']) {
            return Err(format!("the bound {label} looks like a whole number"));
        }
        if bound.is_nan() || bound <= below || bucket.value < count || bucket.value.fract() != 0.0 {
            return Err("buckets that do not add up".to_owned());
        }
        if let Some((_, value)) = bucket.exemplar
            && !(value > below && value <= bound)
        {
            return Err("an exemplar of another bucket".to_owned());
        }
        (below, count) = (bound, bucket.value);
        least.get_or_insert(bound);
    }
    if below != f64::INFINITY || of("_count").is_some_and(|all| (all - count).abs() > 0.0) {
        return Err("not all is in the last bucket".to_owned());
    }
    if format == Format::OpenMetrics && of("_sum").is_some() != of("_count").is_some() {
        return Err("a count without a sum, or a sum without a count".to_owned());
    }
    if format == Format::OpenMetrics && of("_sum").is_some() && least.is_some_and(|bound| bound < 0.0) {
        return Err("a sum of values that may be below 0".to_owned());
    }
    Ok(())
}
