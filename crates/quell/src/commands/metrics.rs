//! `quell metrics`: how long incidents take, from what to what.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::Value;

use super::client::{Api, Server, plain, print};

#[derive(Debug, Args)]
pub(crate) struct Metrics {
    #[command(flatten)]
    server: Server,
    /// Incidents opened at or after this time
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Incidents opened at or before this time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub(crate) fn metrics(arguments: &Metrics) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let query = [("since", arguments.since.as_deref()), ("until", arguments.until.as_deref())];
    let api = Api::of(&arguments.server)?;
    let figures = runtime.block_on(api.get("/metrics/incidents", &query))?;
    if arguments.json {
        print(&figures)?
    } else {
        table(&figures, &mut io::stdout().lock())?
    }
    Ok(ExitCode::SUCCESS)
}

fn table(figures: &Value, out: &mut impl Write) -> Result<()> {
    let count = |name: &str| plain(&figures[name]);
    let (wrong, exercises) = (count("false_positives"), count("exercises"));
    writeln!(out, "{} incidents; apart: {wrong} false positives, {exercises} exercises\n", count("incidents"))?;
    writeln!(
        out,
        "{:<12} {:<16} {:<14} {:>5} {:>9} {:>9} {:>5}  longest",
        "", "from", "to", "n", "median", "p90", "open"
    )?;
    for figure in figures["times"].as_array().into_iter().flatten() {
        let (measure, n, open) = (plain(&figure["measure"]), plain(&figure["n"]), plain(&figure["open"]));
        let (from, to) = (words(&figure["from"]), words(&figure["to"]));
        let (median, p90) = (length(&figure["median"]), length(&figure["p90"]));
        let longest = length(&figure["open_longest_seconds"]);
        write!(out, "{measure:<12} {from:<16} {to:<14} {n:>5} {median:>9} {p90:>9} {open:>5}  {longest}")?;
        for (name, text) in [("without_end", "closed without it"), ("reversed", "with times that cannot be")] {
            if figure[name].as_u64().is_some_and(|count| count > 0) {
                write!(out, "; {} {text}", plain(&figure[name]))?;
            }
        }
        writeln!(out)?;
    }
    let margin = &figures["notification_margin"];
    let (median, worst) = (length(&margin["median"]), count("notifications_late"));
    writeln!(out, "\nnotifications  {} sent, median margin {median}, {worst} late or overdue", plain(&margin["n"]))?;
    let lessons = &figures["lessons"];
    let part = |name: &str| plain(&lessons[name]);
    let (found, in_time, late) = (part("found"), part("closed_in_time"), part("closed_late"));
    let (dropped, overdue) = (part("dropped"), part("overdue"));
    writeln!(
        out,
        "lessons        {found} found, {in_time} closed in time, {late} late, {dropped} dropped, {overdue} overdue"
    )?;
    let rate = figures["false_positives_per_mille"].as_u64();
    let rate = rate.map_or("–".to_owned(), |rate| format!("{}.{} %", rate / 10, rate % 10));
    let (reopened, damaged) = (count("reopened"), count("evidence_damaged"));
    writeln!(out, "quality        {rate} false positives, {reopened} reopened, {damaged} pieces of evidence damaged")?;
    if figures["cut"] == true {
        writeln!(out, "\nOnly the newest incidents were counted: narrow it with --since and --until.")?;
    }
    Ok(())
}

fn words(value: &Value) -> String {
    plain(value).replace('_', " ")
}

/// `3 d 4 h`, `12 min`: two units at most.
fn length(seconds: &Value) -> String {
    let Some(seconds) = seconds.as_i64() else { return "–".to_owned() };
    let (sign, seconds) = if seconds < 0 { ("-", -seconds) } else { ("", seconds) };
    let text = match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h {:02}", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3_600),
    };
    format!("{sign}{text}")
}
