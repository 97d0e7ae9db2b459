//! Sigma strings as patterns.
//!
//! Implements the escape table of the Sigma specification 2.1.0 ("Strings", "Wildcards"): `*` and `?` are wildcards, `\*`
//! and `\?` are literal, `\\*` is a backslash followed by a wildcard, any other backslash is a backslash.

use memchr::memmem;

/// A piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Piece {
    /// Literal text.
    Text(String),
    /// `?`: one character.
    One,
    /// `*`: any number of characters.
    Any,
}

/// A compiled pattern for one text. Case-insensitive patterns hold folded text and must be given folded text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pattern {
    /// Whether upper and lower case differ.
    pub cased: bool,
    /// What to look for.
    pub shape: Shape,
}

/// The form of a pattern; the cheap forms are by far the most frequent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Shape {
    /// The whole text.
    Exact(String),
    /// Somewhere in the text.
    Contains(String),
    /// At the beginning.
    StartsWith(String),
    /// At the end.
    EndsWith(String),
    /// Any text at all.
    Present,
    /// Wildcards inside.
    Glob(Vec<Piece>),
}

/// Lower case in the way that patterns and values are compared.
pub(crate) fn fold(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.to_lowercase() }
}

/// Splits a Sigma string into pieces.
pub(crate) fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => literal.push(escaped(&mut chars)),
            '*' | '?' => {
                flush(&mut literal, &mut pieces);
                pieces.push(if c == '*' { Piece::Any } else { Piece::One });
            }
            _ => literal.push(c),
        }
    }
    flush(&mut literal, &mut pieces);
    pieces.dedup_by(|a, b| *a == Piece::Any && *b == Piece::Any);
    pieces
}

/// The character that a backslash and what follows it stand for.
fn escaped(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> char {
    match chars.peek() {
        Some(&next @ ('*' | '?')) => {
            chars.next();
            next
        }
        Some('\\') => {
            // `\\*` is a backslash and a wildcard; a plain `\\` stays what it is: two backslashes would be written
            // `\\\\`, and the specification reads a pair as one.
            chars.next();
            '\\'
        }
        _ => '\\',
    }
}

fn flush(literal: &mut String, pieces: &mut Vec<Piece>) {
    if !literal.is_empty() {
        pieces.push(Piece::Text(std::mem::take(literal)));
    }
}

impl Pattern {
    /// The pattern of `pieces`.
    #[must_use]
    pub fn new(mut pieces: Vec<Piece>, cased: bool) -> Pattern {
        if !cased {
            for piece in &mut pieces {
                if let Piece::Text(text) = piece {
                    *text = fold(text);
                }
            }
        }
        let shape = match pieces.as_slice() {
            [] => Shape::Exact(String::new()),
            [Piece::Any] => Shape::Present,
            [Piece::Text(text)] => Shape::Exact(text.clone()),
            [Piece::Text(text), Piece::Any] => Shape::StartsWith(text.clone()),
            [Piece::Any, Piece::Text(text)] => Shape::EndsWith(text.clone()),
            [Piece::Any, Piece::Text(text), Piece::Any] => Shape::Contains(text.clone()),
            _ => Shape::Glob(pieces),
        };
        Pattern { cased, shape }
    }

    /// Whether `text` matches; it must be folded unless the pattern is cased.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        match &self.shape {
            Shape::Exact(wanted) => text == wanted,
            Shape::Contains(wanted) => memmem::find(text.as_bytes(), wanted.as_bytes()).is_some(),
            Shape::StartsWith(wanted) => text.starts_with(wanted.as_str()),
            Shape::EndsWith(wanted) => text.ends_with(wanted.as_str()),
            Shape::Present => true,
            Shape::Glob(pieces) => glob(pieces, text),
        }
    }

    /// The longest literal that every matching text contains.
    #[must_use]
    pub fn longest_literal(&self) -> Option<&str> {
        match &self.shape {
            Shape::Exact(text) | Shape::Contains(text) | Shape::StartsWith(text) | Shape::EndsWith(text) => Some(text),
            Shape::Present => None,
            Shape::Glob(pieces) => pieces
                .iter()
                .filter_map(|piece| match piece {
                    Piece::Text(text) => Some(text.as_str()),
                    Piece::One | Piece::Any => None,
                })
                .max_by_key(|text| text.len()),
        }
    }
}

/// Iterative wildcard match: on a mismatch it goes back to the last `*` only, so it is at most quadratic.
fn glob(pieces: &[Piece], text: &str) -> bool {
    let (mut at, mut rest) = (0, text);
    let mut retry: Option<(usize, &str)> = None;
    loop {
        let advanced = match pieces.get(at) {
            None if rest.is_empty() => return true,
            None => None,
            Some(Piece::Any) => {
                retry = Some((at + 1, rest));
                Some(rest)
            }
            Some(Piece::One) => rest.chars().next().map(|c| &rest[c.len_utf8()..]),
            Some(Piece::Text(wanted)) => rest.strip_prefix(wanted.as_str()),
        };
        if let Some(next) = advanced {
            rest = next;
            at += 1;
            continue;
        }
        let Some((resume_at, resume_text)) = retry else { return false };
        let Some(skipped) = resume_text.chars().next() else { return false };
        rest = &resume_text[skipped.len_utf8()..];
        at = resume_at;
        retry = Some((resume_at, rest));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, text: &str, expected: bool) {
        let compiled = Pattern::new(pieces(pattern), false);
        assert_eq!(compiled.matches(&fold(text)), expected, "{pattern} on {text}");
    }

    #[test]
    fn escape_table() {
        check(r"\*", "*", true);
        check(r"\*", "x", false);
        check(r"\\*", r"\anything", true);
        check(r"\\*", "anything", false);
        check(r"\\\*", r"\*", true);
        check(r"\\\*", r"\x", false);
        check(r"C:\Windows", r"c:\windows", true);
        check(r"\?", "?", true);
        check(r"a?c", "abc", true);
        check(r"a?c", "ac", false);
    }

    #[test]
    fn wildcards_inside() {
        check("a*b*c", "a--b--b-c", true);
        check("a*b*c", "a--c--b", false);
        check("*a*b", "xxaxxbxb", true);
        check("**", "", true);
        check("", "", true);
        check("", "x", false);
    }

    #[test]
    fn folding_is_unicode() {
        check("ÄPFEL*", "äpfelmus", true);
    }
}
