//! Escaping as a type: text for a medium is built from literals of ours and from escaped text, and from nothing else.
//!
//! [`Safe`] has no way in for a run-time string that is not escaped: markup must be `&'static str`. It never trusts a
//! field for its kind: ids, file names and rule titles are escaped like command lines. Enforces invariant 11: each piece
//! of text is bounded before it is worked on.

use std::borrow::Cow;
use std::marker::PhantomData;

use quell_model::EntityKind;

use crate::clean::{clean, columns, fitting_prefix, shorten};
use crate::defang::{Indicators, defang, defang_name};

/// Longest piece of text written, in characters. The record keeps the rest.
const TEXT_CHARS_MAX: usize = 2_000;

/// Where text goes, and what is special there. The text is [`clean`] already.
pub(crate) trait Medium {
    /// Appends `text` so that it is shown, and does nothing.
    fn escape(text: &str, out: &mut String);
}

/// A terminal: after cleaning nothing is special.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Terminal {}

/// CommonMark with the GitHub extensions.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Markdown {}

/// HTML and SVG, both between tags and in double-quoted attributes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Html {}

/// Text that is safe in medium `M`.
#[derive(Debug, Clone)]
pub(crate) struct Safe<M> {
    text: String,
    medium: PhantomData<M>,
}

impl<M: Medium> Safe<M> {
    pub(crate) fn new() -> Safe<M> {
        Safe { text: String::new(), medium: PhantomData }
    }

    /// `text`, escaped, with web addresses defanged.
    pub(crate) fn of(text: &str) -> Safe<M> {
        let mut safe = Safe::new();
        safe.text(text);
        safe
    }

    /// Markup or words of ours.
    pub(crate) fn lit(&mut self, ours: &'static str) -> &mut Self {
        self.text.push_str(ours);
        self
    }

    /// Text from a record, a rule or a content pack. Web addresses in it are defanged; what else is an indicator depends
    /// on the incident, and `words::told` has seen to it.
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.escaped(&without_links(text))
    }

    /// [`text`](Self::text) in at most `columns` characters.
    pub(crate) fn short_text(&mut self, text: &str, columns: usize) -> &mut Self {
        self.escaped(&shorten(&without_links(text), columns))
    }

    /// Text a reader copies to find it again (file names, ids): escaped, not defanged.
    pub(crate) fn verbatim(&mut self, text: &str) -> &mut Self {
        self.escaped(&bounded(text))
    }

    /// Name of an entity.
    pub(crate) fn name(&mut self, kind: EntityKind, name: &str) -> &mut Self {
        self.escaped(&defang_name(kind, &bounded(name)))
    }

    /// Name of an entity in at most `columns` characters.
    pub(crate) fn short_name(&mut self, kind: EntityKind, name: &str, columns: usize) -> &mut Self {
        self.escaped(&shorten(&defang_name(kind, &bounded(name)), columns))
    }

    /// A number.
    pub(crate) fn number(&mut self, number: impl Into<i64>) -> &mut Self {
        self.text.push_str(&number.into().to_string());
        self
    }

    /// Text that is safe here already.
    pub(crate) fn safe(&mut self, other: &Safe<M>) -> &mut Self {
        self.text.push_str(&other.text);
        self
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(crate) fn into_string(self) -> String {
        self.text
    }

    fn escaped(&mut self, text: &str) -> &mut Self {
        M::escape(&clean(text), &mut self.text);
        self
    }
}

impl Safe<Terminal> {
    /// Columns it takes. Meaningful for text without styles only.
    pub(crate) fn columns(&self) -> usize {
        columns(&self.text)
    }

    /// The words between blanks.
    pub(crate) fn words(&self) -> impl Iterator<Item = Safe<Terminal>> {
        self.text.split_whitespace().map(Safe::part)
    }

    /// Cuts into a part of at most `columns` and the rest.
    pub(crate) fn cut(&self, columns: usize) -> (Safe<Terminal>, Safe<Terminal>) {
        let (head, tail) = self.text.split_at(fitting_prefix(&self.text, columns));
        (Safe::part(head), Safe::part(tail))
    }

    /// `count` blanks.
    pub(crate) fn blanks(&mut self, count: usize) -> &mut Self {
        self.text.extend(std::iter::repeat_n(' ', count));
        self
    }

    /// At least `columns` wide, text left.
    pub(crate) fn padded(mut self, columns: usize) -> Safe<Terminal> {
        self.blanks(columns.saturating_sub(self.columns()));
        self
    }

    /// At least `columns` wide, text right.
    pub(crate) fn aligned_right(&self, columns: usize) -> Safe<Terminal> {
        let mut aligned = Safe::new();
        aligned.blanks(columns.saturating_sub(self.columns())).safe(self);
        aligned
    }

    /// `count` times a character of a rule.
    pub(crate) fn rule(&mut self, count: usize) -> &mut Self {
        self.text.extend(std::iter::repeat_n('─', count));
        self
    }

    fn part(text: &str) -> Safe<Terminal> {
        Safe { text: text.to_owned(), medium: PhantomData }
    }
}

impl Safe<Markdown> {
    /// A name as a code span.
    pub(crate) fn code(&mut self, kind: EntityKind, name: &str) -> &mut Self {
        self.code_span(&defang_name(kind, &bounded(name)))
    }

    /// Text as a code span.
    pub(crate) fn code_text(&mut self, text: &str) -> &mut Self {
        self.code_span(&without_links(text))
    }

    /// A file name or id as a code span, not defanged.
    pub(crate) fn code_verbatim(&mut self, text: &str) -> &mut Self {
        self.code_span(&bounded(text))
    }

    /// In a code span only the backtick is special, and in a table the pipe, which renderers unescape in different
    /// ways. Text with one of them is written as text.
    fn code_span(&mut self, text: &str) -> &mut Self {
        let text = clean(text);
        if text.trim().is_empty() || text.contains(['`', '|']) {
            return self.escaped(&text);
        }
        self.text.push('`');
        self.text.push_str(text.trim());
        self.text.push('`');
        self
    }
}

impl Medium for Terminal {
    fn escape(text: &str, out: &mut String) {
        out.push_str(text);
    }
}

impl Medium for Markdown {
    fn escape(text: &str, out: &mut String) {
        let text = text.trim_start();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        for (index, c) in text.char_indices() {
            // At the start of a list item or cell these would begin a list, a rule or a heading.
            let begins_block = (index == 0 && matches!(c, '-' | '+' | '='))
                || (digits > 0 && index == digits && matches!(c, '.' | ')') && is_marker_end(text, index + 1));
            match c {
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '&' => out.push_str("&amp;"),
                '|' => out.push_str("&#124;"),
                '\\' | '`' | '*' | '_' | '[' | ']' | '~' | '$' | '#' | '!' | '@' => out.extend(['\\', c]),
                _ if begins_block => out.extend(['\\', c]),
                _ => out.push(c),
            }
        }
    }
}

/// Whether a number with its dot or bracket ends at `index`, as the number of a list item does.
fn is_marker_end(text: &str, index: usize) -> bool {
    text.get(index..).is_none_or(|rest| rest.is_empty() || rest.starts_with(' '))
}

impl Medium for Html {
    fn escape(text: &str, out: &mut String) {
        for c in text.chars() {
            match c {
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '&' => out.push_str("&amp;"),
                '"' => out.push_str("&quot;"),
                '\'' => out.push_str("&#39;"),
                _ => out.push(c),
            }
        }
    }
}

fn without_links(text: &str) -> String {
    defang(&bounded(text), &Indicators::default())
}

fn bounded(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(TEXT_CHARS_MAX) {
        None => Cow::Borrowed(text),
        Some((end, _)) => {
            let left = text.get(end..).map_or(0, |rest| rest.chars().count());
            Cow::Owned(format!("{}… ({left} more characters)", text.get(..end).unwrap_or_default()))
        }
    }
}
