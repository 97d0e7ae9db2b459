//! Lines of a terminal: words, wrapping, hanging indents and colours.
//!
//! Knows nothing of investigations. Style codes are written here and nowhere else, and only when colour is on.

use quell_model::EntityKind;

use super::TerminalOptions;
use crate::escape::{Safe, Terminal};
use crate::words;

const WIDTH_MIN: usize = 40;
const WIDTH_MAX: usize = 120;

/// Fewest columns that text is squeezed into, however deep it is indented.
const ROOM_MIN: usize = 16;

/// Look of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Bold,
    Dim,
    Red,
    BoldRed,
    Yellow,
}

impl Style {
    fn code(self) -> &'static str {
        match self {
            Style::Plain => "",
            Style::Bold => "\x1b[1m",
            Style::Dim => "\x1b[2m",
            Style::Red => "\x1b[31m",
            Style::BoldRed => "\x1b[1;31m",
            Style::Yellow => "\x1b[33m",
        }
    }
}

/// Words to be wrapped.
#[derive(Debug, Clone, Default)]
pub(super) struct Prose {
    words: Vec<(Style, Safe<Terminal>)>,
}

impl Prose {
    pub(super) fn new() -> Prose {
        Prose::default()
    }

    /// Words of ours.
    pub(super) fn lit(self, style: Style, ours: &'static str) -> Prose {
        let mut safe = Safe::new();
        safe.lit(ours);
        self.add(style, &safe)
    }

    /// Text, without links.
    pub(super) fn say(self, style: Style, text: &str) -> Prose {
        self.add(style, &Safe::of(text))
    }

    /// A file name or id, as it is.
    pub(super) fn verbatim(self, style: Style, text: &str) -> Prose {
        let mut safe = Safe::new();
        safe.verbatim(text);
        self.add(style, &safe)
    }

    /// Name of an entity, shortened in the middle.
    pub(super) fn name(self, style: Style, kind: EntityKind, (name, columns): (&str, usize)) -> Prose {
        let mut safe = Safe::new();
        safe.short_name(kind, name, columns);
        self.add(style, &safe)
    }

    /// [`say`](Self::say), shortened in the middle.
    pub(super) fn short(self, style: Style, text: &str, columns: usize) -> Prose {
        let mut safe = Safe::new();
        safe.short_text(text, columns);
        self.add(style, &safe)
    }

    /// Name of an entity, whole however long: a reader copies it.
    pub(super) fn full_name(self, style: Style, kind: EntityKind, name: &str) -> Prose {
        let mut safe = Safe::new();
        safe.name(kind, name);
        self.add(style, &safe)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    fn add(mut self, style: Style, text: &Safe<Terminal>) -> Prose {
        self.words.extend(text.words().map(|word| (style, word)));
        self
    }
}

/// What has been written so far.
#[derive(Debug)]
pub(super) struct Paper {
    out: Safe<Terminal>,
    width: usize,
    color: bool,
    style: Style,
}

impl Paper {
    pub(super) fn new(options: TerminalOptions) -> Paper {
        Paper {
            out: Safe::new(),
            width: options.width.clamp(WIDTH_MIN, WIDTH_MAX),
            color: options.color,
            style: Style::Plain,
        }
    }

    pub(super) fn into_string(self) -> String {
        self.out.into_string()
    }

    /// Columns of a line.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Columns of a text that fills two lines of that indent.
    pub(super) fn two_lines(&self, indent: usize) -> usize {
        // Words do not break at the very end of a line.
        (2 * self.width.saturating_sub(indent).max(ROOM_MIN)).saturating_sub(12)
    }

    /// Columns of a name that leaves room for what stands around it.
    pub(super) fn name_columns(&self) -> usize {
        (self.width * 2 / 3).clamp(24, 72)
    }

    pub(super) fn blank(&mut self) {
        self.out.lit("\n");
    }

    /// Starts a part of the report: a rule over the whole width with a title in it.
    pub(super) fn chapter(&mut self, title: &Safe<Terminal>) {
        self.blank();
        let title = title.cut(self.width.saturating_sub(8)).0;
        let right = self.width.saturating_sub(title.columns() + 4);
        self.set(Style::Bold);
        self.out.rule(2).lit(" ").safe(&title).lit(" ").rule(right);
        self.end_line();
    }

    /// Starts a section of an incident.
    pub(super) fn section(&mut self, title: &'static str) {
        self.blank();
        self.set(Style::Bold);
        self.out.lit(title);
        self.end_line();
    }

    /// Words, wrapped, all lines indented alike.
    pub(super) fn flow(&mut self, indent: usize, prose: &Prose) {
        self.hanging(indent, indent, prose);
    }

    /// Words, wrapped, with a first line indented differently.
    pub(super) fn hanging(&mut self, first: usize, rest: usize, prose: &Prose) {
        self.out.blanks(first);
        self.wrap(first, rest, prose);
    }

    /// Short cells side by side, then words that wrap beside them.
    pub(super) fn entry(&mut self, cells: &[(Style, Safe<Terminal>)], prose: &Prose) {
        let mut used = 2;
        self.out.blanks(used);
        for (style, cell) in cells {
            self.set(*style);
            self.out.safe(cell);
            self.set(Style::Plain);
            self.out.blanks(2);
            used += cell.columns() + 2;
        }
        self.wrap(used, used, prose);
    }

    /// Says how many entries a capped list left out.
    pub(super) fn more(&mut self, all: usize, shown_max: usize, indent: usize) {
        if let Some(left) = all.checked_sub(shown_max).filter(|left| *left > 0) {
            let text = format!("and {} more", words::number(left as u64));
            self.flow(indent.max(2), &Prose::new().say(Style::Dim, &text));
        }
    }

    fn wrap(&mut self, first: usize, rest: usize, prose: &Prose) {
        let (mut column, mut start) = (first, true);
        for (style, word) in &prose.words {
            if !start && column + 1 + word.columns() > self.width {
                self.end_line();
                self.out.blanks(rest);
                (column, start) = (rest, true);
            }
            if !start {
                self.gap(*style);
                column += 1;
            }
            self.set(*style);
            column = self.long_word(word, column, rest);
            start = false;
        }
        self.end_line();
    }

    /// Writes a word, cut into lines where it is longer than one; returns the column after it.
    fn long_word(&mut self, word: &Safe<Terminal>, mut column: usize, rest: usize) -> usize {
        let mut word = word.clone();
        loop {
            let room = self.width.saturating_sub(column).max(ROOM_MIN);
            if word.columns() <= room {
                self.out.safe(&word);
                return column + word.columns();
            }
            let (head, tail) = word.cut(room);
            self.out.safe(&head);
            let style = self.style;
            self.end_line();
            self.out.blanks(rest);
            self.set(style);
            (word, column) = (tail, rest);
        }
    }

    /// A blank between two words, in the style they share.
    fn gap(&mut self, next: Style) {
        if self.style != next {
            self.set(Style::Plain);
        }
        self.out.lit(" ");
    }

    fn set(&mut self, style: Style) {
        if self.style == style {
            return;
        }
        if self.color && self.style != Style::Plain {
            self.out.lit("\x1b[0m");
        }
        if self.color {
            self.out.lit(style.code());
        }
        self.style = style;
    }

    fn end_line(&mut self) {
        self.set(Style::Plain);
        self.out.lit("\n");
    }
}
