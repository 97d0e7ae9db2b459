//! Walks a JSON record once and keeps the wanted leaves. No tree is built.

use std::fmt;

use quell_model::{Fields, Scalar};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::paths::{NodeId, Paths, ROOT};

/// Most elements read of one list; the rest of a list cannot push what follows out of reach.
const ELEMENTS_MAX: usize = 1_024;
/// Most leaves of one record. A record with more is rejected: what does not fit must not go unread in silence.
const LEAVES_MAX: usize = 65_536;

/// Fills `fields` from the JSON object in `raw`.
///
/// # Errors
/// The reason, where `raw` is not one JSON value (depth is limited to 128 by the parser).
pub(crate) fn walk(raw: &[u8], paths: &Paths, fields: &mut Fields) -> Result<(), String> {
    let mut deserializer = serde_json::Deserializer::from_slice(raw);
    let walk = Walk { paths, fields, at: ROOT };
    walk.deserialize(&mut deserializer).and_then(|()| deserializer.end()).map_err(|error| error.to_string())?;
    if fields.len() >= LEAVES_MAX {
        return Err(format!("more than {LEAVES_MAX} values that rules or mappings read"));
    }
    Ok(())
}

/// The record with what no JSON may hold inside text replaced: control characters, and halves of surrogate pairs. Shippers
/// write such text, and so does whoever wants a record to be rejected.
pub(crate) fn repaired(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut in_string = false;
    let mut rest = raw;
    while let [first, tail @ ..] = rest {
        let taken = match (in_string, *first) {
            (true, b'\\') => escape(rest, &mut out),
            (true, control) if control < 0x20 => {
                out.push(b' ');
                1
            }
            (_, byte) => {
                in_string ^= byte == b'"';
                out.push(byte);
                1
            }
        };
        rest = if taken == 1 { tail } else { rest.get(taken..).unwrap_or_default() };
    }
    out
}

/// Copies the escape at the beginning of `text`, with a lone surrogate replaced; how many bytes it took.
fn escape(text: &[u8], out: &mut Vec<u8>) -> usize {
    let code = |at: usize| {
        let digits = text.get(at..at + 6).filter(|part| part.starts_with(b"\\u")).and_then(|part| part.get(2..))?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let (first, second) = (code(0), code(6));
    let length = match (first, second) {
        (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
        (Some(0xD800..=0xDFFF), _) => {
            out.extend_from_slice(b"\\ufffd");
            return 6;
        }
        (Some(_), _) => 6,
        (None, _) => 2.min(text.len()),
    };
    out.extend_from_slice(&text[..length]);
    length
}

struct Walk<'a> {
    paths: &'a Paths,
    fields: &'a mut Fields,
    at: NodeId,
}

impl Walk<'_> {
    fn keep(&mut self, value: Scalar<'_>) {
        if let Some(field) = self.paths.field(self.at)
            && self.fields.len() < LEAVES_MAX
        {
            self.fields.push(field, value);
        }
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_str<E: Error>(mut self, text: &str) -> Result<(), E> {
        self.keep(Scalar::Str(text));
        Ok(())
    }

    fn visit_i64<E: Error>(mut self, number: i64) -> Result<(), E> {
        self.keep(Scalar::Int(number));
        Ok(())
    }

    fn visit_u64<E: Error>(mut self, number: u64) -> Result<(), E> {
        match i64::try_from(number) {
            Ok(number) => self.keep(Scalar::Int(number)),
            // Beyond i64 the text is exact where a float would not be.
            Err(_) => self.keep(Scalar::Str(&number.to_string())),
        }
        Ok(())
    }

    fn visit_f64<E: Error>(mut self, number: f64) -> Result<(), E> {
        self.keep(Scalar::Float(number));
        Ok(())
    }

    fn visit_bool<E: Error>(mut self, flag: bool) -> Result<(), E> {
        self.keep(Scalar::Bool(flag));
        Ok(())
    }

    fn visit_unit<E: Error>(mut self) -> Result<(), E> {
        self.keep(Scalar::Null);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        for _ in 0..ELEMENTS_MAX {
            let element = Walk { paths: self.paths, fields: self.fields, at: self.at };
            if items.next_element_seed(element)?.is_none() {
                return Ok(());
            }
        }
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<(), A::Error> {
        if self.at != ROOT {
            self.keep(Scalar::Nested);
        }
        while let Some(next) = entries.next_key_seed(Key { paths: self.paths, at: self.at })? {
            match next {
                Some(at) => entries.next_value_seed(Walk { paths: self.paths, fields: self.fields, at })?,
                None => drop(entries.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// An object key, resolved to the node below `at`.
struct Key<'a> {
    paths: &'a Paths,
    at: NodeId,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Option<NodeId>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<NodeId>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key<'_> {
    type Value = Option<NodeId>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Option<NodeId>, E> {
        Ok(self.paths.step(self.at, key))
    }
}
