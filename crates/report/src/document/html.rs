//! A document as one self-contained page.

use super::{Block, Document, Line, Source, Table, named};
use crate::escape::{Html, Safe};
use crate::html::{begin_page, end_page};
use crate::words;

type Page = Safe<Html>;

/// The document as an HTML page without scripts: to mail, to archive, to print.
#[must_use]
pub fn document_html(document: &Document) -> String {
    let mut out = Page::new();
    begin_page(&mut out);
    out.lit("<body><header class=\"top\"><p class=\"tlp\">")
        .lit(document.tlp.label())
        .lit("</p><p class=\"brand\">Quell");
    out.lit("</p><h1>").text(&document.title).lit("</h1><p class=\"headline\">For: ").lit(document.audience);
    out.lit("</p><dl class=\"facts\">");
    for (name, line) in &document.facts {
        out.lit("<div><dt>").lit(name).lit("</dt><dd>");
        write_line(&mut out, line);
        out.lit("</dd></div>");
    }
    out.lit("</dl></header><main>");
    for section in &document.sections {
        out.lit("<section class=\"card\"><h2>").lit(section.heading).lit("</h2>");
        section.blocks.iter().for_each(|block| write_block(&mut out, block));
        out.lit("</section>");
    }
    write_entries(&mut out, document);
    // On paper this stands at the foot of every page.
    out.lit("<p class=\"tlp running\">").lit(document.tlp.label()).lit("</p>");
    end_page(&mut out);
    out.into_string()
}

fn write_block(out: &mut Page, block: &Block) {
    match block {
        Block::Line(line) => {
            out.lit("<p>");
            write_line(out, line);
            out.lit("</p>");
        }
        Block::List(lines) => {
            out.lit("<ul>");
            for line in lines {
                out.lit("<li>");
                write_line(out, line);
                out.lit("</li>");
            }
            out.lit("</ul>");
        }
        Block::Table(table) => write_table(out, table),
        Block::Drawing(drawing) => {
            out.lit("<figure class=\"drawing\">").safe(&drawing.svg).lit("<figcaption>").lit(drawing.caption);
            out.lit("</figcaption></figure>");
        }
    }
}

fn write_line(out: &mut Page, line: &Line) {
    match line {
        Line::Ours(text) => out.lit(text),
        Line::Gap(what) => out.lit("<span class=\"gap\">to be written: ").lit(what).lit("</span>"),
        Line::Claim(claim) => {
            out.text(claim.text()).lit(" ");
            write_sources(out, claim.sources())
        }
    };
}

fn write_sources<'p>(out: &'p mut Page, sources: &[Source]) -> &'p mut Page {
    out.lit("<span class=\"source\">").text(&named(sources)).lit("</span>")
}

fn write_table(out: &mut Page, table: &Table) {
    out.lit("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"").lit(table.caption);
    out.lit("\"><table><caption>").lit(table.caption).lit("</caption><thead><tr>");
    for head in table.heads.iter().chain(&["Source"]) {
        out.lit("<th scope=\"col\">").lit(head).lit("</th>");
    }
    out.lit("</tr></thead><tbody>");
    for row in &table.rows {
        out.lit("<tr>");
        for cell in row.cells() {
            out.lit("<td>").text(cell).lit("</td>");
        }
        out.lit("<td>");
        write_sources(out, row.sources());
        out.lit("</td></tr>");
    }
    out.lit("</tbody></table></div>");
}

fn write_entries(out: &mut Page, document: &Document) {
    if document.entries.is_empty() {
        return;
    }
    out.lit(
        "<section class=\"card\"><h2>Entries of the ledger</h2><div class=\"scroll\"><table><thead><tr><th>Entry</th>",
    );
    out.lit("<th>Time (UTC)</th><th>By</th><th>What</th></tr></thead><tbody>");
    for (stamp, what) in &document.entries {
        out.lit("<tr><td>").text(&format!("#{}", stamp.entry)).lit("</td><td>").text(&words::moment(stamp.at));
        out.lit("</td><td>").text(&stamp.actor).lit("</td><td>").text(what).lit("</td></tr>");
    }
    out.lit("</tbody></table></div></section>");
}
