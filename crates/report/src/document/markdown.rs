//! A document as Markdown.

use super::{Block, Document, Line, Source, Table, named};
use crate::escape::{Markdown, Safe};
use crate::words;

type Text = Safe<Markdown>;

/// The document as Markdown (CommonMark with GitHub's tables). Drawings are left out: the tables beside them say the same.
#[must_use]
pub fn document_markdown(document: &Document) -> String {
    let mut out = Text::new();
    out.lit("**").lit(document.tlp.label()).lit("**\n\n# ").text(&document.title).lit("\n\n");
    out.lit("For: ").lit(document.audience).lit("\n\n");
    for (name, line) in &document.facts {
        out.lit("- **").lit(name).lit(":** ");
        write_line(&mut out, line);
        out.lit("\n");
    }
    for section in &document.sections {
        out.lit("\n## ").lit(section.heading).lit("\n");
        section.blocks.iter().for_each(|block| write_block(&mut out, block));
    }
    write_entries(&mut out, document);
    out.lit("\n**").lit(document.tlp.label()).lit("**\n");
    out.into_string()
}

fn write_block(out: &mut Text, block: &Block) {
    match block {
        Block::Line(line) => {
            out.lit("\n");
            write_line(out, line);
            out.lit("\n");
        }
        Block::List(lines) => {
            out.lit("\n");
            for line in lines {
                out.lit("- ");
                write_line(out, line);
                out.lit("\n");
            }
        }
        Block::Table(table) => write_table(out, table),
        Block::Drawing(_) => {}
    }
}

fn write_line(out: &mut Text, line: &Line) {
    match line {
        Line::Ours(text) => out.lit(text),
        Line::Gap(what) => out.lit("*(to be written: ").lit(what).lit(")*"),
        Line::Claim(claim) => {
            out.text(claim.text()).lit(" ");
            write_sources(out, claim.sources())
        }
    };
}

fn write_sources<'t>(out: &'t mut Text, sources: &[Source]) -> &'t mut Text {
    out.lit("*(").text(&named(sources)).lit(")*")
}

fn write_table(out: &mut Text, table: &Table) {
    out.lit("\n|");
    for head in table.heads.iter().chain(&["Source"]) {
        out.lit(" ").lit(head).lit(" |");
    }
    out.lit("\n|");
    (0..=table.heads.len()).for_each(|_| {
        out.lit("---|");
    });
    for row in &table.rows {
        out.lit("\n|");
        for cell in row.cells() {
            out.lit(" ").text(cell).lit(" |");
        }
        out.lit(" ").text(&named(row.sources())).lit(" |");
    }
    out.lit("\n");
}

fn write_entries(out: &mut Text, document: &Document) {
    if document.entries.is_empty() {
        return;
    }
    out.lit("\n## Entries of the ledger\n\n| Entry | Time (UTC) | By | What |\n|---|---|---|---|\n");
    for (stamp, what) in &document.entries {
        out.lit("| ").text(&format!("#{}", stamp.entry)).lit(" | ").text(&words::moment(stamp.at)).lit(" | ");
        out.text(&stamp.actor).lit(" | ").text(what).lit(" |\n");
    }
}
