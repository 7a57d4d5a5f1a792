//! OTLP JSON out of encoded OTLP: for people, files and the `dump` command.
//!
//! Driven by the tables of `schema`; streams into a string, with no tree in between. Names are lowerCamelCase, trace and
//! span ids hexadecimal, other bytes base64, 64-bit integers strings, enums numbers, as the OTLP specification has it
//! (section "JSON Protobuf Encoding"). Which empty fields are written follows the JSON serializers of OpenTelemetry
//! JavaScript.

mod scalar;
mod schema;

use self::schema::{Field, Kind, MAX_FIELDS, Message, Missing};
use super::Signal;
use crate::wire::{Fields, Malformed, Value, varint};

/// Messages within messages; more is refused. Our own pieces stay below 100.
const MAX_DEPTH: u32 = 200;

/// The JSON form of an encoded export request of `signal`, on one line.
///
/// # Errors
/// [`Malformed`] if `request` is not valid protobuf, has a known field of the wrong type, or is nested too deep.
pub fn request_to_json(signal: Signal, request: &[u8]) -> Result<String, Malformed> {
    let schema = match signal {
        Signal::Traces => &schema::TRACES,
        Signal::Logs => &schema::LOGS,
        Signal::Metrics => &schema::METRICS,
    };
    let mut out = String::with_capacity(request.len() * 4);
    write_message(&mut out, schema, request, 0)?;
    Ok(out)
}

/// Where a message says something about one of its fields.
#[derive(Clone)]
enum Found<'a> {
    Nothing,
    /// The last occurrence of a single field.
    One(Value<'a>),
    /// A walk whose next step is the first occurrence of a repeated field.
    From(Fields<'a>),
}

fn write_message(out: &mut String, schema: &Message, message: &[u8], depth: u32) -> Result<(), Malformed> {
    if depth > MAX_DEPTH {
        return Err(Malformed);
    }
    let mut found = [const { Found::Nothing }; MAX_FIELDS];
    let mut walk = Fields::new(message);
    loop {
        let here = walk.clone();
        let Some(field) = walk.next() else { break };
        let (number, value) = field?;
        let Some(at) = schema.fields.iter().position(|field| field.number == number) else {
            continue;
        };
        if schema.fields[at].repeated {
            if matches!(found[at], Found::Nothing) {
                found[at] = Found::From(here);
            }
            continue;
        }
        if schema.fields[at].one_of {
            for (field, found) in schema.fields.iter().zip(&mut found) {
                if field.one_of {
                    *found = Found::Nothing;
                }
            }
        }
        found[at] = Found::One(value);
    }
    out.push('{');
    let mut first = true;
    let mut previous_present = false;
    for (field, found) in schema.fields.iter().zip(found) {
        let present = match (&found, field.missing) {
            (Found::Nothing, Missing::Omit) => false,
            (Found::Nothing, Missing::WithPrevious) => previous_present,
            _ => true,
        };
        previous_present = present;
        if !present {
            continue;
        }
        if !first {
            out.push(',');
        }
        first = false;
        out.push('"');
        out.push_str(field.name);
        out.push_str("\":");
        match found {
            Found::Nothing => write_default(out, field, depth)?,
            Found::One(value) => write_value(out, field.kind, value, depth)?,
            Found::From(walk) => write_repeated(out, field, walk, depth)?,
        }
    }
    out.push('}');
    Ok(())
}

fn write_default(out: &mut String, field: &Field, depth: u32) -> Result<(), Malformed> {
    out.push_str(match field.kind {
        _ if field.repeated => "[]",
        Kind::Message(schema) => return write_message(out, schema, &[], depth + 1),
        Kind::String | Kind::Id | Kind::Bytes => "\"\"",
        Kind::Uint64 | Kind::Int64 | Kind::Fixed64 | Kind::Sfixed64 => "\"0\"",
        Kind::Bool => "false",
        Kind::Int32 | Kind::Uint32 | Kind::Sint32 | Kind::Fixed32 | Kind::Double => "0",
    });
    Ok(())
}

fn write_repeated(out: &mut String, field: &Field, walk: Fields<'_>, depth: u32) -> Result<(), Malformed> {
    out.push('[');
    let mut first = true;
    let mut write = |out: &mut String, value| {
        if !first {
            out.push(',');
        }
        first = false;
        write_value(out, field.kind, value, depth)
    };
    for next in walk {
        let (number, value) = next?;
        if number != field.number {
            continue;
        }
        match value {
            Value::Bytes(packed) if field.kind.is_packable() => {
                let mut rest = packed;
                while !rest.is_empty() {
                    write(out, take_packed(field.kind, &mut rest)?)?;
                }
            }
            value => write(out, value)?,
        }
    }
    out.push(']');
    Ok(())
}

/// Takes one number from the front of a packed field.
fn take_packed<'a>(kind: Kind, rest: &mut &'a [u8]) -> Result<Value<'a>, Malformed> {
    let (value, taken) = match kind {
        Kind::Fixed64 | Kind::Sfixed64 | Kind::Double => {
            let bytes = rest.first_chunk().ok_or(Malformed)?;
            (Value::Fixed64(u64::from_le_bytes(*bytes)), 8)
        }
        Kind::Fixed32 => {
            let bytes = rest.first_chunk().ok_or(Malformed)?;
            (Value::Fixed32(u32::from_le_bytes(*bytes)), 4)
        }
        _ => {
            let (value, taken) = varint(rest)?;
            (Value::Varint(value), taken)
        }
    };
    *rest = &rest[taken..];
    Ok(value)
}

fn write_value(out: &mut String, kind: Kind, value: Value<'_>, depth: u32) -> Result<(), Malformed> {
    match kind {
        Kind::Message(schema) => return write_message(out, schema, value.bytes()?, depth + 1),
        Kind::String => scalar::put_string(out, &String::from_utf8_lossy(value.bytes()?)),
        Kind::Id => scalar::put_hex(out, value.bytes()?),
        Kind::Bytes => scalar::put_base64(out, value.bytes()?),
        Kind::Bool => out.push_str(if value.varint()? == 0 { "false" } else { "true" }),
        Kind::Int32 => scalar::put_display(out, value.varint()? as i32),
        Kind::Uint32 => scalar::put_display(out, value.varint()? as u32),
        Kind::Sint32 => scalar::put_display(out, zigzag(value.varint()? as u32)),
        Kind::Fixed32 => scalar::put_display(out, value.fixed32()?),
        Kind::Uint64 => scalar::put_quoted(out, value.varint()?),
        Kind::Int64 => scalar::put_quoted(out, value.varint()? as i64),
        Kind::Fixed64 => scalar::put_quoted(out, value.fixed64()?),
        Kind::Sfixed64 => scalar::put_quoted(out, value.fixed64()? as i64),
        Kind::Double => scalar::put_double(out, f64::from_bits(value.fixed64()?)),
    }
    Ok(())
}

const fn zigzag(value: u32) -> i32 {
    (value >> 1) as i32 ^ -((value & 1) as i32)
}
