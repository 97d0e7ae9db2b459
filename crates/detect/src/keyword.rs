//! Keywords: patterns that are looked for in the whole record.

use std::collections::BTreeSet;

use aho_corasick::{AhoCorasick, AhoCorasickKind, packed};
use memchr::memmem;
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

/// Tells from the raw bytes of a record that no keyword can be in it, without decoding it.
///
/// Each keyword is represented by a run of characters that JSON writes in one way only. If none of the runs is in the raw
/// bytes, no keyword is in the decoded text. Where that reasoning does not hold, the answer is "may be there".
#[derive(Debug)]
pub(crate) struct Gate {
    runs: Runs,
}

/// Few runs are looked for in one vectorised pass, many by an automaton.
#[derive(Debug)]
enum Runs {
    Few(packed::Searcher),
    Many(AhoCorasick),
}

/// Shortest run that is worth looking for.
const RUN_BYTES_MIN: usize = 3;
/// Letters outside ASCII whose lower case is an ASCII letter: the Kelvin sign and the dotted capital I.
const FOLD_TO_ASCII: [&str; 2] = ["\u{212A}", "\u{130}"];

impl Gate {
    /// A gate for these patterns; none if one of them has no run to look for.
    pub(crate) fn new<'p>(patterns: impl Iterator<Item = &'p Pattern>) -> Option<Gate> {
        let runs: BTreeSet<&str> = patterns.map(run_of).collect::<Option<_>>()?;
        if let Some(few) = packed::Searcher::new(&runs) {
            return Some(Gate { runs: Runs::Few(few) });
        }
        let many = AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).build(runs);
        many.ok().map(|runs| Gate { runs: Runs::Many(runs) })
    }

    /// Whether a keyword may be in the record. `lower` is memory to reuse.
    pub(crate) fn may_hold(&self, raw: &[u8], lower: &mut Vec<u8>) -> bool {
        lower.clear();
        lower.extend_from_slice(raw);
        lower.make_ascii_lowercase();
        let found = match &self.runs {
            Runs::Few(runs) => runs.find(&*lower).is_some(),
            Runs::Many(runs) => runs.is_match(&*lower),
        };
        if found {
            return true;
        }
        // Escaped or unusual letters can spell a keyword without its run.
        memmem::find(raw, b"\\u").is_some()
            || (!raw.is_ascii() && FOLD_TO_ASCII.iter().any(|letter| memmem::find(raw, letter.as_bytes()).is_some()))
    }
}

/// The longest part of a pattern's literals that JSON writes in one way only and that no number can be.
fn run_of(pattern: &Pattern) -> Option<&str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | ':' | '=' | '(' | ')');
    let literal = pattern.longest_literal()?;
    let runs =
        literal.split(|c: char| !plain(c)).filter(|run| run.bytes().any(|b| b.is_ascii_alphabetic() && b != b'e'));
    runs.max_by_key(|run| run.len()).filter(|run| run.len() >= RUN_BYTES_MIN)
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
