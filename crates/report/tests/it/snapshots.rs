//! What readers see, kept as files and read by a person when they change.

use quell_model::Investigation;
use quell_report::{TerminalOptions, html, incident_html, incident_markdown, markdown, terminal};

use crate::sample;

fn plain(investigation: &Investigation, width: usize) -> String {
    terminal(investigation, TerminalOptions { width, color: false })
}

#[test]
fn terminal_at_100_columns() {
    insta::assert_snapshot!(plain(&sample::investigation(), 100));
}

#[test]
fn terminal_at_60_columns() {
    insta::assert_snapshot!(plain(&sample::investigation(), 60));
}

#[test]
fn terminal_with_nothing_found() {
    insta::assert_snapshot!(plain(&sample::nothing(), 80), @r"
    No incident found. 17 records read, 0 alerts; everything could be read.
    Read 1 input: 17 aws.cloudtrail. 3,120 rules in force.

    No rule matched. That is no proof that nothing happened: see what was read and
    how many rules were in force.
    ");
}

#[test]
fn terminal_in_color() {
    let text = terminal(&sample::investigation(), TerminalOptions { width: 100, color: true });
    insta::assert_snapshot!(text.replace('\x1b', "␛"));
}

#[test]
fn markdown_report() {
    insta::assert_snapshot!(markdown(&sample::investigation()));
}

#[test]
fn markdown_with_nothing_found() {
    insta::assert_snapshot!(markdown(&sample::nothing()), @r"
    # Incident report

    **No incident found. 17 records read, 0 alerts; everything could be read.**

    Read 1 input: 17 aws.cloudtrail. 3,120 rules in force.

    No rule matched. That is no proof that nothing happened: see what was read and how many rules were in force.
    ");
}

#[test]
fn a_report_of_one_incident_says_the_same_of_it_and_nothing_about_what_was_read() {
    let investigation = sample::investigation();
    let (all_markdown, all_html) = (markdown(&investigation), html(&investigation));
    for incident in &investigation.incidents {
        let text = incident_markdown(incident);
        let (head, rest) = text.split_once("\n\n").expect("a head");
        assert!(head.starts_with("# Incident: ") && all_markdown.contains(rest.trim_end()), "{head}");
        let page = incident_html(incident);
        let story = page.split_once("<h3>How it began</h3>").and_then(|(_, rest)| rest.split_once("</dl>"));
        assert!(all_html.contains(story.expect("how it began").0));
        assert!(!text.contains("records read") && !page.contains("Records read"));
    }
}
