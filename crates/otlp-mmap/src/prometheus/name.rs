//! Names of metrics and labels.

use super::kind::Type;
use crate::cells::InstrumentView;

/// UCUM units that are spelt out, as the specification's table has them.
const UNITS: [(&str, &str); 29] = [
    ("d", "days"),
    ("h", "hours"),
    ("min", "minutes"),
    ("s", "seconds"),
    ("ms", "milliseconds"),
    ("us", "microseconds"),
    ("ns", "nanoseconds"),
    ("By", "bytes"),
    ("KiBy", "kibibytes"),
    ("MiBy", "mebibytes"),
    ("GiBy", "gibibytes"),
    ("TiBy", "tibibytes"),
    ("KBy", "kilobytes"),
    ("kBy", "kilobytes"),
    ("MBy", "megabytes"),
    ("GBy", "gigabytes"),
    ("TBy", "terabytes"),
    ("m", "meters"),
    ("V", "volts"),
    ("A", "amperes"),
    ("J", "joules"),
    ("W", "watts"),
    ("g", "grams"),
    ("Cel", "celsius"),
    ("Hz", "hertz"),
    ("%", "percent"),
    ("bit", "bits"),
    ("kbit", "kilobits"),
    ("Mbit", "megabits"),
];

/// Units behind "per".
const PER: [(&str, &str); 8] = [
    ("s", "second"),
    ("m", "minute"),
    ("min", "minute"),
    ("h", "hour"),
    ("d", "day"),
    ("w", "week"),
    ("mo", "month"),
    ("y", "year"),
];

/// Name and unit of a metric family. The name has the unit at its end, and no `_total`. A name that is the unit itself goes without:
/// `OpenMetrics` wants an underscore between the two.
pub(super) fn family(instrument: &InstrumentView, kind: Type) -> (String, String) {
    let unit = unit(&instrument.unit, kind);
    let mut name = sanitised(&instrument.name, true);
    if kind == Type::Counter
        && let Some(stem) = name.strip_suffix("_total").filter(|stem| !stem.is_empty())
    {
        name.truncate(stem.len());
    }
    if name.is_empty() {
        name.push('_');
    }
    if name == unit {
        return (name, String::new());
    }
    if !unit.is_empty() && !has_suffix(&name, &unit) {
        name.push('_');
        name.push_str(&unit);
    }
    (name, unit)
}

fn has_suffix(name: &str, suffix: &str) -> bool {
    name.strip_suffix(suffix).is_some_and(|stem| stem.ends_with('_'))
}

/// A unit in words; empty for none.
fn unit(ucum: &str, kind: Type) -> String {
    let unit = without_annotations(ucum);
    let unit = unit.trim();
    if unit == "1" {
        return if kind == Type::Gauge {
            "ratio".to_owned()
        } else {
            String::new()
        };
    }
    let (unit, per) = unit.split_once('/').unwrap_or((unit, ""));
    let found = |table: &[(&str, &'static str)], unit: &str| {
        table
            .iter()
            .find(|(known, _)| *known == unit)
            .map(|&(_, word)| word.to_owned())
    };
    let mut words = found(&UNITS, unit).unwrap_or_else(|| sanitised(unit, false));
    let per = found(&PER, per).unwrap_or_else(|| sanitised(per, false));
    if !per.is_empty() {
        if !words.is_empty() {
            words.push('_');
        }
        words.push_str("per_");
        words.push_str(&per);
    }
    words
}

/// What stands in braces says what is counted, and is no unit.
fn without_annotations(unit: &str) -> String {
    let mut depth = 0u32;
    unit.chars()
        .filter(|character| {
            match character {
                '{' => depth += 1,
                '}' if depth > 0 => {
                    depth -= 1;
                    return false;
                }
                _ => {}
            }
            depth == 0
        })
        .collect()
}

/// Letters, digits and underscores (of metrics, colons too): everything else is an underscore, several in a row are one.
fn sanitised(name: &str, colons: bool) -> String {
    let mut clean = String::with_capacity(name.len() + 1);
    for character in name.chars() {
        if character.is_ascii_alphanumeric() || (colons && character == ':') {
            if clean.is_empty() && character.is_ascii_digit() {
                clean.push('_');
            }
            clean.push(character);
        } else if !clean.ends_with('_') {
            clean.push('_');
        }
    }
    if !name.ends_with('_') && clean.len() > 1 && clean.ends_with('_') {
        clean.pop();
    }
    clean
}

/// Appends the name of a label.
pub(super) fn put_label(out: &mut String, key: &str) {
    if key.starts_with(|first: char| first.is_ascii_digit()) {
        out.push_str("key_");
    }
    let from = out.len();
    for character in key.chars() {
        if character.is_ascii_alphanumeric() {
            out.push(character);
        } else if out.len() == from || !out.ends_with('_') {
            out.push('_');
        }
    }
    if out.len() == from {
        out.push('_');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, unit: &str, kind: Type) -> String {
        let instrument = InstrumentView {
            name: name.to_owned(),
            unit: unit.to_owned(),
            ..InstrumentView::default()
        };
        family(&instrument, kind).0
    }

    #[test]
    fn names_and_units_follow_the_specification() {
        for (name, unit, kind, expected) in [
            (
                "http.server.request.duration",
                "s",
                Type::Histogram,
                "http_server_request_duration_seconds",
            ),
            ("requests", "{request}", Type::Counter, "requests"),
            ("requests_total", "1", Type::Counter, "requests"),
            ("memory.usage", "By", Type::Gauge, "memory_usage_bytes"),
            ("cpu.utilization", "1", Type::Gauge, "cpu_utilization_ratio"),
            ("speed", "m/s", Type::Gauge, "speed_meters_per_second"),
            ("drops", "{packet}/s", Type::Gauge, "drops_per_second"),
            ("2xx..answers", "", Type::Counter, "_2xx_answers"),
            ("size_bytes", "By", Type::Gauge, "size_bytes"),
            ("job:total", "", Type::Gauge, "job:total"),
            ("bytes", "By", Type::Counter, "bytes"),
            ("_total", "", Type::Counter, "_total"),
            ("", "", Type::Gauge, "_"),
            ("", "s", Type::Gauge, "__seconds"),
        ] {
            assert_eq!(named(name, unit, kind), expected, "{name} {unit}");
        }
    }

    #[test]
    fn labels_are_names_that_prometheus_takes() {
        for (key, expected) in [
            ("http.route", "http_route"),
            ("0day", "key_0day"),
            ("a..b", "a_b"),
            ("", "_"),
            ("ключ", "_"),
        ] {
            let mut label = String::new();
            put_label(&mut label, key);
            assert_eq!(label, expected);
        }
    }
}
