//! Hostile text as one visible line: what a reader sees is what the record says, and nothing acts.
//!
//! Knows characters only; it must never know a medium (that is `escape`) or an indicator (that is `defang`).

use std::fmt::Write as _;

/// Combining marks shown on one letter; more than that paints over the lines above and below.
const MARKS_MAX: usize = 2;

/// `text` on one line with every control, direction and zero-width character shown as `\u{..}`.
///
/// The result holds no C0 or C1 control, no line break and no bidi character, so it is safe in a terminal. It is not
/// safe in Markdown or HTML.
#[must_use]
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut marks = 0;
    for c in text.chars() {
        marks = if is_combining(c) { marks + 1 } else { 0 };
        if is_hidden(c) || marks > MARKS_MAX {
            // Writing to a string cannot fail.
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// [`clean`] text in at most `columns` terminal columns. Too long text loses its middle: the start says what it is, the
/// end (file name, last digits) tells it from its neighbours.
#[must_use]
pub fn shorten(text: &str, columns: usize) -> String {
    let text = clean(text);
    if self::columns(&text) <= columns {
        return text;
    }
    let room = columns.saturating_sub(1);
    let tail_room = room.div_ceil(2);
    let head_end = prefix_end(text.char_indices(), text.len(), room - tail_room);
    let tail_start = suffix_start(&text, tail_room);
    let head = text.get(..head_end).unwrap_or_default();
    let tail = text.get(tail_start..).unwrap_or_default();
    format!("{head}…{tail}")
}

/// Terminal columns that `text` takes.
pub(crate) fn columns(text: &str) -> usize {
    text.chars().map(char_columns).sum()
}

/// Byte index up to which `text` fits in `columns`; at least one character, so that callers make progress.
pub(crate) fn fitting_prefix(text: &str, columns: usize) -> usize {
    let first = text.chars().next().map_or(0, char::len_utf8);
    prefix_end(text.char_indices(), text.len(), columns).max(first)
}

fn prefix_end(chars: impl Iterator<Item = (usize, char)>, len: usize, columns: usize) -> usize {
    let mut used = 0;
    for (index, c) in chars {
        used += char_columns(c);
        if used > columns {
            return index;
        }
    }
    len
}

fn suffix_start(text: &str, columns: usize) -> usize {
    let mut used = 0;
    let mut start = text.len();
    for (index, c) in text.char_indices().rev() {
        used += char_columns(c);
        if used > columns {
            break;
        }
        start = index;
    }
    start
}

fn char_columns(c: char) -> usize {
    match u32::from(c) {
        0..=0x2ff => 1,
        _ if is_combining(c) => 0,
        0x1100..=0x115f
        | 0x2e80..=0x303e
        | 0x3041..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1f64f
        | 0x1f680..=0x1f6ff
        | 0x1f900..=0x1f9ff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

fn is_combining(c: char) -> bool {
    matches!(u32::from(c), 0x300..=0x36f | 0x483..=0x489 | 0x1ab0..=0x1aff | 0x1dc0..=0x1dff | 0x20d0..=0x20ff | 0xfe20..=0xfe2f)
}

/// Characters that act on the terminal, change the reading direction, break the line, or take no room.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            u32::from(c),
            0xad | 0x34f
                | 0x61c
                | 0x115f..=0x1160
                | 0x17b4..=0x17b5
                | 0x180b..=0x180f
                | 0x200b..=0x200f
                | 0x2028..=0x202e
                | 0x2060..=0x206f
                | 0x2800
                | 0x3164
                | 0xfe00..=0xfe0f
                | 0xfeff
                | 0xffa0
                | 0xfff0..=0xfffc
                | 0x1d173..=0x1d17a
                | 0xe0000..=0xe0fff
        )
}
