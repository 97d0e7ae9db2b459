//! Pieces of the page that repeat: cells, tables, lists, badges.

use quell_model::{EntityKind, Level};

use crate::escape::{Html, Safe};
use crate::words;

/// A page or a piece of one.
pub(super) type Page = Safe<Html>;

/// Rows of one table that are written; the JSON has them all.
const ROWS_MAX: usize = 500;

/// What a table is about.
pub(super) struct Table {
    pub(super) caption: &'static str,
    pub(super) heads: &'static [&'static str],
}

/// Writes a table; nothing without rows.
pub(super) fn table(out: &mut Page, shape: &Table, rows: impl Iterator<Item = Vec<Page>>) {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return;
    }
    out.lit("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"").lit(shape.caption).lit("\">");
    out.lit("<table><caption>").lit(shape.caption).lit("</caption><thead><tr>");
    for head in shape.heads {
        out.lit("<th scope=\"col\">").lit(head).lit("</th>");
    }
    out.lit("</tr></thead><tbody>");
    for row in rows.by_ref().take(ROWS_MAX) {
        out.lit("<tr>");
        for cell in &row {
            out.lit("<td>").safe(cell).lit("</td>");
        }
        out.lit("</tr>");
    }
    out.lit("</tbody></table></div>");
    more(out, rows.count());
}

/// Says how many entries were left out.
pub(super) fn more(out: &mut Page, left: usize) {
    if left > 0 {
        out.lit("<p class=\"more\">and ").text(&words::number(left as u64)).lit(" more</p>");
    }
}

/// Text in a cell.
pub(super) fn cell(text: &str) -> Page {
    Page::of(text)
}

/// A file name or id, not defanged.
pub(super) fn verbatim(text: &str) -> Page {
    let mut cell = Page::new();
    cell.lit("<code>").verbatim(text).lit("</code>");
    cell
}

/// Name of an entity.
pub(super) fn name(kind: EntityKind, name: &str) -> Page {
    let mut cell = Page::new();
    cell.lit("<code>").name(kind, name).lit("</code>");
    cell
}

/// Name of an entity with its kind before it.
pub(super) fn kind_and_name(kind: EntityKind, name: &str) -> Page {
    let mut cell = Page::new();
    cell.lit("<div class=\"entity\"><span class=\"what\">").lit(words::kind(kind)).lit("</span> ");
    cell.safe(&self::name(kind, name)).lit("</div>");
    cell
}

/// A level as a coloured word.
pub(super) fn badge(level: Level) -> Page {
    let mut badge = Page::new();
    badge.lit("<span class=\"badge ").lit(level.as_str()).lit("\">").lit(level.as_str()).lit("</span>");
    badge
}
