//! Keywords: patterns that are looked for in the whole record.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::pattern::{Pattern, Shape, fold};

/// The searchable text of a record: the decoded values of a JSON record, a line each, or the record itself. Folded.
pub(crate) fn text_of(raw: &[u8]) -> String {
    let mut text = String::new();
    if raw.first().is_some_and(|b| matches!(b, b'{' | b'['))
        && let Ok(Values(values)) = serde_json::from_slice(raw)
    {
        text = values;
    } else {
        text.push_str(&String::from_utf8_lossy(raw));
    }
    fold(&text)
}

/// Whether one of the patterns occurs in `text`, which must be folded.
pub(crate) fn matches(patterns: &[Pattern], text: &str) -> bool {
    patterns.iter().any(|pattern| match &pattern.shape {
        // A keyword without wildcards is a word somewhere in the record.
        Shape::Exact(word) | Shape::Contains(word) => text.contains(word.as_str()),
        Shape::Present => true,
        Shape::StartsWith(_) | Shape::EndsWith(_) | Shape::Glob(_) => text.lines().any(|line| pattern.matches(line)),
    })
}

/// All scalar values of a JSON document, a line each.
struct Values(String);

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValuesVisitor).map(Values)
    }
}

struct ValuesVisitor;

impl<'de> Visitor<'de> for ValuesVisitor {
    type Value = String;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_str<E>(self, text: &str) -> Result<String, E> {
        Ok(format!("{text}\n"))
    }

    fn visit_i64<E>(self, number: i64) -> Result<String, E> {
        Ok(format!("{number}\n"))
    }

    fn visit_u64<E>(self, number: u64) -> Result<String, E> {
        Ok(format!("{number}\n"))
    }

    fn visit_f64<E>(self, number: f64) -> Result<String, E> {
        Ok(format!("{number}\n"))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<String, E> {
        Ok(format!("{flag}\n"))
    }

    fn visit_unit<E>(self) -> Result<String, E> {
        Ok(String::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<String, A::Error> {
        let mut text = String::new();
        while let Some(Values(part)) = items.next_element()? {
            text.push_str(&part);
        }
        Ok(text)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<String, A::Error> {
        let mut text = String::new();
        while let Some((serde::de::IgnoredAny, Values(part))) = entries.next_entry()? {
            text.push_str(&part);
        }
        Ok(text)
    }
}
