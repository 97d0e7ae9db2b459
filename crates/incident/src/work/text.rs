//! Texts and lists that are bounded by their type (invariant 11): what is longer cannot be read.

use serde::{Deserialize, Serialize};

/// What is wrong with a text or a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Nothing is in it.
    #[error("a text is needed")]
    Blank,
    /// It is too long.
    #[error("it is longer than {0} characters")]
    TooLong(usize),
    /// It has a line break or another control character.
    #[error("it has to be one line without control characters")]
    NoLine,
    /// The list is too long.
    #[error("it has more than {0} items")]
    TooMany(usize),
}

/// A text of people: Markdown, 1 to 20,000 characters, not blank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Text(String);

/// One line: 1 to 300 characters, not blank, no control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Line(String);

/// A short list: at most 200 items.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<T>", into = "Vec<T>")]
pub struct Few<T: Clone>(Vec<T>);

impl Text {
    /// Longest text.
    pub const CHARS_MAX: usize = 20_000;

    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Line {
    /// Longest line.
    pub const CHARS_MAX: usize = 300;

    /// A line of any text: without control characters, and cut where it is too long. What says nothing is a dash.
    #[must_use]
    pub fn shortened(text: &str) -> Line {
        let line: String = text.chars().filter(|c| !c.is_control()).take(Line::CHARS_MAX).collect();
        Line(if line.trim().is_empty() { "–".to_owned() } else { line })
    }

    /// The line itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T: Clone> Few<T> {
    /// Most items.
    pub const ITEMS_MAX: usize = 200;

    /// The items.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }
}

impl<T: Clone> Default for Few<T> {
    fn default() -> Few<T> {
        Few(Vec::new())
    }
}

impl TryFrom<String> for Text {
    type Error = Unfit;

    fn try_from(text: String) -> Result<Text, Unfit> {
        fits(&text, Text::CHARS_MAX)?;
        Ok(Text(text))
    }
}

impl TryFrom<String> for Line {
    type Error = Unfit;

    fn try_from(text: String) -> Result<Line, Unfit> {
        fits(&text, Line::CHARS_MAX)?;
        if text.chars().any(char::is_control) { Err(Unfit::NoLine) } else { Ok(Line(text)) }
    }
}

impl<T: Clone> TryFrom<Vec<T>> for Few<T> {
    type Error = Unfit;

    fn try_from(items: Vec<T>) -> Result<Few<T>, Unfit> {
        if items.len() > Few::<T>::ITEMS_MAX { Err(Unfit::TooMany(Few::<T>::ITEMS_MAX)) } else { Ok(Few(items)) }
    }
}

impl From<Text> for String {
    fn from(text: Text) -> String {
        text.0
    }
}

impl From<Line> for String {
    fn from(line: Line) -> String {
        line.0
    }
}

impl<T: Clone> From<Few<T>> for Vec<T> {
    fn from(few: Few<T>) -> Vec<T> {
        few.0
    }
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

fn fits(text: &str, chars_max: usize) -> Result<(), Unfit> {
    if text.trim().is_empty() {
        return Err(Unfit::Blank);
    }
    // A character has at least one byte: only long texts are counted.
    if text.len() > chars_max && text.chars().count() > chars_max { Err(Unfit::TooLong(chars_max)) } else { Ok(()) }
}
