//! The steps and alerts of an incident over time as SVG.
//!
//! The axis is compressed: a longer pause is a wider gap, but a night is not a thousand times wider than a second, so
//! that bursts stay readable. Pauses are written out.

use jiff::SignedDuration;
use quell_model::{Alert, EntityKind, Incident, Level, Step, Timestamp};

use super::{Id, open};
use crate::escape::{Html, Safe};
use crate::words;

/// Moments drawn; the table has all steps.
const MOMENTS_MAX: usize = 90;

/// Rows for hosts; further hosts share the last one.
const HOSTS_MAX: usize = 8;

const LEFT: i32 = 170;
const RIGHT: i32 = 40;
const TOP: i32 = 58;
const ROW: i32 = 34;
const RADIUS: i32 = 10;

/// Least distance of two moments, so that dots do not touch.
const STRIDE: i32 = 26;

/// Width that a short story is stretched to, and a long one shrunk to as far as dots do not touch.
const WIDTH: i32 = 1_040;

/// Room a written time takes.
const CLOCK_WIDTH: i32 = 56;

/// Room a written date takes.
const DATE_WIDTH: i32 = 84;

/// A pause from which on its length is written.
const PAUSE: SignedDuration = SignedDuration::from_mins(5);

/// Draws the timeline; `number` is the incident's place in the page. Nothing is drawn when no step has a time.
pub(crate) fn timeline(out: &mut Safe<Html>, incident: &Incident, number: usize) {
    let all = moments(incident);
    let moments: Vec<Moment<'_>> = all.iter().take(MOMENTS_MAX).cloned().collect();
    let xs = places(&moments);
    let (Some(last), false) = (xs.last(), moments.is_empty()) else { return };
    let rows = rows(&moments);
    let height = TOP + ROW * i32::try_from(rows.len() + 1).unwrap_or(1) + 8;
    let id = Id { name: "timeline", number };
    let description = description(incident, all.len() - moments.len());
    open(out, &id, (last + RIGHT, height), ("Timeline", &description));
    draw_rows(out, &rows, last + RIGHT);
    draw_axis(out, &moments, &xs);
    for (moment, x) in moments.iter().zip(&xs) {
        draw_step(out, moment, &rows, *x);
        draw_alerts(out, moment, (*x, TOP + ROW * i32::try_from(rows.len()).unwrap_or(0) + ROW / 2));
    }
    out.lit("</svg>");
}

/// A point in time with the step that happened and the alerts that were raised.
#[derive(Debug, Clone)]
struct Moment<'a> {
    time: Timestamp,
    step: Option<(usize, &'a Step)>,
    alerts: Vec<&'a Alert>,
}

/// Moments by time; steps of the same time each have their own, in order of the chain.
fn moments(incident: &Incident) -> Vec<Moment<'_>> {
    let steps = incident.root_cause.chain.iter().enumerate();
    let mut moments: Vec<Moment<'_>> = steps
        .filter_map(|(index, step)| Some(Moment { time: step.time?, step: Some((index, step)), alerts: Vec::new() }))
        .collect();
    moments.sort_by_key(|moment| moment.time);
    for alert in &incident.alerts {
        let Some(time) = alert.time else { continue };
        let place = moments.partition_point(|moment| moment.time < time);
        match moments.get_mut(place).filter(|moment| moment.time == time) {
            Some(moment) => moment.alerts.push(alert),
            None => moments.insert(place, Moment { time, step: None, alerts: vec![alert] }),
        }
    }
    moments
}

/// The x of each moment.
fn places(moments: &[Moment<'_>]) -> Vec<i32> {
    let pauses: Vec<i32> =
        moments.iter().zip(moments.iter().skip(1)).map(|(earlier, later)| gap(earlier.time, later.time)).collect();
    let natural: i32 = pauses.iter().sum();
    let least: i32 = pauses.iter().map(|_| STRIDE).sum();
    let room = WIDTH - LEFT - RIGHT;
    let mut x = LEFT;
    let mut xs: Vec<i32> = moments.first().map(|_| x).into_iter().collect();
    for pause in pauses {
        // What a pause is longer than the least shrinks first.
        let shrunk = STRIDE + (pause - STRIDE) * (room - least).max(0) / (natural - least).max(1);
        x += if natural < room { pause * room / natural.max(1) } else { shrunk };
        xs.push(x);
    }
    xs
}

/// Distance between two moments; a new day needs room for its date.
fn gap(earlier: Timestamp, later: Timestamp) -> i32 {
    let least = if words::day(earlier) == words::day(later) { STRIDE } else { DATE_WIDTH };
    least.max(STRIDE + 8 * magnitude(later.duration_since(earlier)))
}

/// How long a pause is, in powers of two of a second.
fn magnitude(pause: SignedDuration) -> i32 {
    let seconds = pause.as_secs().unsigned_abs().saturating_add(1);
    i32::try_from(seconds.ilog2()).unwrap_or(0)
}

/// Hosts in order of appearance; `None` for steps that happened on no host.
fn rows<'a>(moments: &[Moment<'a>]) -> Vec<Option<&'a str>> {
    let mut rows = Vec::new();
    for (_, step) in moments.iter().filter_map(|moment| moment.step) {
        let host = step.host.as_deref();
        if !rows.contains(&host) && rows.len() < HOSTS_MAX {
            rows.push(host);
        }
    }
    rows
}

fn description(incident: &Incident, left_out: usize) -> String {
    let more = match left_out {
        0 => String::new(),
        moments => format!(" {} further moments are not drawn.", words::number(moments as u64)),
    };
    format!(
        "{} by host and {}, {}. Pauses are drawn shorter than they were.{more} The table of steps says the same.",
        words::count(incident.root_cause.chain.len(), "step"),
        words::count(incident.alerts.len(), "alert"),
        words::period(incident)
    )
}

fn draw_rows(out: &mut Safe<Html>, rows: &[Option<&str>], width: i32) {
    let mut y = TOP;
    for row in rows.iter().map(Some).chain([None]) {
        out.lit("<text class=\"row-name\" x=\"8\" y=\"").number(y + ROW / 2 + 4).lit("\">");
        match row {
            Some(Some(host)) => out.short_name(EntityKind::Host, host, 24),
            Some(None) => out.lit("No host"),
            None => out.lit("Alerts"),
        };
        out.lit("</text><line class=\"row\" x1=\"").number(LEFT - 16).lit("\" x2=\"").number(width - 12);
        out.lit("\" y1=\"").number(y + ROW / 2).lit("\" y2=\"").number(y + ROW / 2).lit("\"/>");
        y += ROW;
    }
}

/// Days, times where there is room, and long pauses.
fn draw_axis(out: &mut Safe<Html>, moments: &[Moment<'_>], xs: &[i32]) {
    let (mut day, mut free, mut pause_free) = (String::new(), 0, 0);
    let mut earlier: Option<(Timestamp, i32)> = None;
    for (moment, x) in moments.iter().zip(xs) {
        let today = words::day(moment.time);
        if today != day {
            axis_text(out, "day", (*x, 16), &today);
            day = today;
        }
        if let Some((time, from)) = earlier {
            let pause = moment.time.duration_since(time);
            let text = format!("{} later", words::duration(pause));
            let (at, half) = (from.midpoint(*x), i32::try_from(text.len()).unwrap_or(0) * 3);
            if pause >= PAUSE && at - half >= pause_free {
                axis_text(out, "pause", (at, TOP - 8), &text);
                pause_free = at + half + 8;
            }
        }
        if *x >= free {
            axis_text(out, "clock", (*x, 32), &words::clock(moment.time));
            free = x + CLOCK_WIDTH;
        }
        earlier = Some((moment.time, *x));
    }
}

fn axis_text(out: &mut Safe<Html>, class: &'static str, (x, y): (i32, i32), text: &str) {
    out.lit("<text text-anchor=\"middle\" class=\"").lit(class).lit("\" x=\"").number(x).lit("\" y=\"").number(y);
    out.lit("\">").text(text).lit("</text>");
}

fn draw_step(out: &mut Safe<Html>, moment: &Moment<'_>, rows: &[Option<&str>], x: i32) {
    let Some((index, step)) = moment.step else { return };
    let row = rows.iter().position(|host| *host == step.host.as_deref()).unwrap_or(rows.len().saturating_sub(1));
    let y = TOP + ROW * i32::try_from(row).unwrap_or(0) + ROW / 2;
    let class = match (step.inferred, step.alerts.is_empty()) {
        (true, true) => "dot inferred",
        (true, false) => "dot inferred alerted",
        (false, true) => "dot",
        (false, false) => "dot alerted",
    };
    out.lit("<g class=\"").lit(class).lit("\"><title>").text(&words::moment(moment.time)).lit(" ");
    out.name(step.source_kind, &step.source).lit(" ").text(&step.action).lit(" ").name(step.target_kind, &step.target);
    out.lit("</title><circle cx=\"").number(x).lit("\" cy=\"").number(y).lit("\" r=\"").number(RADIUS).lit("\"/>");
    out.lit("<text text-anchor=\"middle\" x=\"").number(x).lit("\" y=\"").number(y + 4).lit("\">");
    out.text(&(index + 1).to_string()).lit("</text></g>");
}

fn draw_alerts(out: &mut Safe<Html>, moment: &Moment<'_>, (x, y): (i32, i32)) {
    let Some(level) = moment.alerts.iter().map(|alert| alert.rule.level).max() else { return };
    out.lit("<g class=\"diamond ").lit(level.as_str()).lit("\"><title>");
    let titles: Vec<String> =
        moment.alerts.iter().map(|alert| format!("{} ({})", alert.rule.title, alert.rule.level)).collect();
    out.text(&words::listed(&titles, 6)).lit("</title><path d=\"M").number(x).lit(",").number(y - 9);
    out.lit("l9,9l-9,9l-9,-9Z\"/><text text-anchor=\"middle\" x=\"").number(x).lit("\" y=\"").number(y + 4).lit("\">");
    out.lit(initial(level)).lit("</text></g>");
}

/// Letter in the diamond of an alert: colour alone would not say the level.
fn initial(level: Level) -> &'static str {
    match level {
        Level::Critical => "C",
        Level::High => "H",
        Level::Medium => "M",
        Level::Low => "L",
        Level::Informational => "I",
    }
}
