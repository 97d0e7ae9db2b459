//! A change of a text, in the form in which editors of the browser exchange it: sections from its beginning to its end, each kept or
//! replaced, measured in UTF-16 units. It must not be applied to a text that it was not made for.

use serde::{Deserialize, Serialize};

/// Bytes of a change with who made it, without its sections.
const CHANGE_WEIGHT: usize = 192;
/// Bytes of a section, or of a piece of one.
const SECTION_WEIGHT: usize = 32;

/// It was made for another text.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the change does not fit the text")]
pub(crate) struct Unfit;

/// A change. `[5, [2, "a", "b"], 3]` keeps five units, replaces two by `a`, a line break and `b`, and keeps three; `[2]` in a list
/// takes two away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct TextChange(Vec<Section>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Section {
    Kept(usize),
    Replaced(Vec<Piece>),
}

/// Of what is replaced: first the length of it, then the lines that take its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Piece {
    Length(usize),
    Line(String),
}

impl TextChange {
    /// The text after it.
    ///
    /// # Errors
    /// It was made for another text.
    pub(crate) fn apply(&self, text: &str) -> Result<String, Unfit> {
        let units: Vec<u16> = text.encode_utf16().collect();
        let mut rest = units.as_slice();
        let mut made: Vec<u16> = Vec::with_capacity(units.len());
        for section in &self.0 {
            let (length, lines) = section.parts()?;
            let (passed, after) = rest.split_at_checked(length).ok_or(Unfit)?;
            rest = after;
            match lines {
                None => made.extend_from_slice(passed),
                Some(lines) => made.extend(lines.join("\n").encode_utf16()),
            }
        }
        if !rest.is_empty() {
            return Err(Unfit);
        }
        String::from_utf16(&made).map_err(|_| Unfit)
    }

    /// How much room it takes, in about bytes.
    pub(crate) fn weight(&self) -> usize {
        let of = |section: &Section| match section {
            Section::Kept(_) => 0,
            Section::Replaced(pieces) => pieces.iter().map(Piece::weight).sum(),
        };
        CHANGE_WEIGHT + self.0.iter().map(|section| SECTION_WEIGHT + of(section)).sum::<usize>()
    }

    /// Whether it leaves every text as it is.
    pub(crate) fn is_idle(&self) -> bool {
        self.0.iter().all(|section| matches!(section, Section::Kept(_)))
    }
}

impl Section {
    /// How much it covers, and the lines that take the place of that, if it is replaced.
    fn parts(&self) -> Result<(usize, Option<Vec<&str>>), Unfit> {
        let pieces = match self {
            Section::Kept(length) => return Ok((*length, None)),
            Section::Replaced(pieces) => pieces,
        };
        let [Piece::Length(length), lines @ ..] = pieces.as_slice() else { return Err(Unfit) };
        let lines = lines.iter().map(Piece::line).collect::<Result<Vec<_>, _>>()?;
        Ok((*length, Some(lines)))
    }
}

impl Piece {
    fn weight(&self) -> usize {
        match self {
            Piece::Length(_) => SECTION_WEIGHT,
            Piece::Line(line) => SECTION_WEIGHT + line.len(),
        }
    }

    fn line(&self) -> Result<&str, Unfit> {
        match self {
            // Editors part texts at line breaks of every kind: one inside a line would be counted otherwise there.
            Piece::Line(line) if line.contains(['\r', '\n']) => Err(Unfit),
            Piece::Line(line) => Ok(line),
            Piece::Length(_) => Err(Unfit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, change: &str, expected: Option<&str>) {
        let change: TextChange = serde_json::from_str(change).unwrap();
        assert_eq!(change.apply(text).ok().as_deref(), expected);
    }

    #[test]
    fn sections_cover_the_text_from_end_to_end() {
        check("hello", r#"[5, [0, "!"]]"#, Some("hello!"));
        check("hello", r#"[[1, "J"], 4]"#, Some("Jello"));
        check("one two", r#"[3, [4]]"#, Some("one"));
        check("ab", r#"[1, [0, "", ""], 1]"#, Some("a\nb"));
        check("", r#"[[0, "first"]]"#, Some("first"));
        check("a😀b", r#"[3, [1, "c"]]"#, Some("a😀c"));
    }

    #[test]
    fn a_change_of_another_text_is_refused() {
        check("hello", "[4]", None);
        check("hello", r#"[6, [0, "!"]]"#, None);
        check("hello", r#"[5, [1, "!"]]"#, None);
        check("hello", "[5, []]", None);
        check("hello", r#"[5, [0, "a", 1]]"#, None);
        check("a😀b", r#"[2, [1, "c"], 1]"#, None);
        check("hello", "[18446744073709551615, 5]", None);
        check("hello", r#"[5, [0, "a\r\nb"]]"#, None);
    }
}
