//! Sections of reports. Each answers with nothing if there is nothing to say, or with a gap where silence would mislead.

use quell_incident::deadline::DeadlineState;
use quell_incident::timeline::MomentKind;
use quell_incident::work::{Delivery, EntityWork, LessonEnd, Outcome, Side, Stamp, Step, Verdict};
use quell_model::{EntityKind, Step as Hop};

use super::{Dossier, section};
use crate::defang::defang_name;
use crate::document::{Block, Claim, Drawing, Line, Row, Section, Source, Table};
use crate::escape::Safe;
use crate::{svg, words};

/// Makes a section.
pub(super) type Part = fn(&Dossier<'_>) -> Option<Section>;

/// Rows of the short timeline.
const SHORT_ROWS: usize = 25;
/// Rows of the long one; the export has all.
const ROWS_MAX: usize = 400;

fn entry(stamp: &Stamp) -> Source {
    Source::Entry(stamp.entry)
}

fn claim(text: impl Into<String>, stamp: &Stamp) -> Line {
    Claim::new(text, entry(stamp)).into()
}

fn table(caption: &'static str, heads: &'static [&'static str], rows: Vec<Row>) -> Option<Block> {
    (!rows.is_empty()).then_some(Block::Table(Table { caption, heads, rows }))
}

pub(super) fn summary(dossier: &Dossier<'_>) -> Option<Section> {
    let mut lines = Vec::new();
    if let Some(story) = dossier.story.map(words::told_incident) {
        let text = words::beginning(&story.root_cause);
        lines.push(Claim::new(text, dossier.story_source()).and(hop_events(story.root_cause.chain.first())).into());
        let scope = format!("In scope: {}.", words::scope(&story.scope));
        lines.push(Claim::new(scope, dossier.story_source()).into());
    }
    if let Some(declared) = &dossier.work.triage.declared {
        lines.push(claim(declared.reason.as_str(), &declared.stamp));
    }
    if let Some(cause) = dossier.work.inquiry.root_cause() {
        let settled = cause.settled.as_ref().map(|settled| entry(&settled.stamp));
        lines.push(
            Claim::new(format!("Accepted root cause: {}", cause.text.as_str()), entry(&cause.stamp))
                .and(settled)
                .into(),
        );
    }
    section("In short", lines.into_iter().map(Block::Line).collect())
}

fn hop_events(hop: Option<&Hop>) -> Vec<Source> {
    hop.into_iter()
        .flat_map(|hop| &hop.evidence)
        .take(2)
        .map(|event| Source::Event(words::evidence_full(event)))
        .collect()
}

pub(super) fn impact(dossier: &Dossier<'_>) -> Option<Section> {
    let mut blocks = Vec::new();
    match dossier.work.triage.severity() {
        Some(assessed) => {
            let why = assessed.result.why.iter().map(|why| claim(why.clone(), &assessed.stamp));
            blocks.push(Block::List(why.collect()));
            blocks.push(Block::Line(claim(assessed.reason.as_str(), &assessed.stamp)));
            if let Some(nciss) = &assessed.result.nciss {
                blocks.push(Block::Line(claim(format!("NCISS {} ({})", nciss.score, nciss.level), &assessed.stamp)));
            }
        }
        None => blocks.push(Block::Line(Line::Gap("what it does to services and data; nobody assessed the severity"))),
    }
    for weighed in &dossier.work.measures.weighed {
        blocks.push(Block::Line(claim(format!("Cost of containment: {}", weighed.impact.as_str()), &weighed.stamp)));
    }
    section("Impact", blocks)
}

pub(super) fn affected(dossier: &Dossier<'_>) -> Option<Section> {
    let row = |work: &EntityWork| {
        let judged = work.judged.as_ref()?;
        let verdict = if judged.verdict == Verdict::Affected { "affected" } else { "ruled out" };
        let step = |step: Step| match work.step(step) {
            _ if work.retired.is_some() => "retired",
            Some(state) if state.verified.is_some() => "verified",
            Some(_) => "done",
            None => "–",
        };
        let cells = [verdict, step(Step::Contain), step(Step::Clean), step(Step::Restore)].map(str::to_owned);
        let cells = [vec![format!("{} {}", words::kind(work.entity.kind), work.entity.name)], cells.to_vec()].concat();
        let steps = work.steps.iter().map(|state| entry(state.verified.as_ref().map_or(&state.done, |it| &it.stamp)));
        Some(Row::new(cells, entry(&judged.stamp)).and(steps).and(work.retired.iter().map(entry)))
    };
    let rows = dossier.work.entities.iter().filter_map(row).collect();
    let heads = &["Entity", "Verdict", "Contained", "Clean", "Restored"];
    section("What is affected", table("Entities that were judged", heads, rows).into_iter().collect())
}

pub(super) fn root_cause(dossier: &Dossier<'_>) -> Option<Section> {
    let story = words::told_incident(dossier.story?);
    let cause = &story.root_cause;
    let mut blocks = vec![Block::Line(Claim::new(cause.weakness.clone(), dossier.story_source()).into())];
    let row = |hop: &Hop| {
        let time = hop.time.map_or_else(|| "no time".to_owned(), words::moment);
        let name = |kind, name: &str| format!("{} {}", words::kind(kind), words::name(kind, name));
        let mark = if hop.inferred { " (inferred)" } else { "" };
        let what = format!(
            "{} {}{mark} {}",
            name(hop.source_kind, &hop.source),
            hop.action,
            name(hop.target_kind, &hop.target)
        );
        let cells = vec![time, what, hop.host.clone().unwrap_or_default(), hop.techniques.join(", ")];
        Row::new(cells, dossier.story_source()).and(hop_events(Some(hop)))
    };
    let rows: Vec<Row> = cause.chain.iter().take(ROWS_MAX).map(row).collect();
    blocks.extend(table("How it went on", &["Time (UTC)", "What happened", "Host", "ATT&CK"], rows));
    section("Root cause and chain", blocks)
}

pub(super) fn causes(dossier: &Dossier<'_>) -> Option<Section> {
    let story = dossier.story?;
    let missing = story.missing_telemetry.iter().map(|gap| {
        let (source, shows) = words::gap(gap);
        Claim::new(format!("Without {source}: {shows}"), dossier.story_source()).into()
    });
    let lines: Vec<Line> = missing.collect();
    section("What limits this account", if lines.is_empty() { Vec::new() } else { vec![Block::List(lines)] })
}

pub(super) fn drawings(dossier: &Dossier<'_>) -> Option<Section> {
    let story = &words::told_incident(dossier.story?);
    if story.root_cause.chain.is_empty() {
        return None;
    }
    let (mut graph, mut timeline) = (Safe::new(), Safe::new());
    svg::causal_graph(&mut graph, &story.root_cause, 1);
    svg::timeline(&mut timeline, story, 1);
    let drawn = [("Cause above, effect below", graph), ("Steps and alerts over time", timeline)];
    let drawn = drawn.into_iter().filter(|(_, svg)| !svg.is_empty());
    section("At a glance", drawn.map(|(caption, svg)| Block::Drawing(Drawing::new(caption, svg))).collect())
}

pub(super) fn techniques(dossier: &Dossier<'_>) -> Option<Section> {
    let mut lines: Vec<Line> = Vec::new();
    if !dossier.told.techniques.is_empty() {
        lines.push(Claim::new(format!("Seen: {}", dossier.told.techniques.join(", ")), dossier.story_source()).into());
    }
    if let Some(classified) = &dossier.work.triage.class {
        let class = &classified.class;
        let names = class.techniques.as_slice().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        if !names.is_empty() {
            lines.push(claim(format!("Confirmed: {names}"), &classified.stamp));
        }
        if let Some(rsit) = &class.rsit {
            lines.push(claim(format!("Class (RSIT): {rsit}"), &classified.stamp));
        }
    }
    section("Behaviour", if lines.is_empty() { Vec::new() } else { vec![Block::List(lines)] })
}

pub(super) fn indicators(dossier: &Dossier<'_>) -> Option<Section> {
    let row = |endpoint: &quell_model::Endpoint| {
        // People read this: nobody opens an address by accident.
        let address = defang_name(EntityKind::Endpoint, &words::address(endpoint));
        let cells = vec![address, words::role(endpoint.role).to_owned()];
        Row::new(cells, dossier.story_source())
    };
    let rows = dossier.story?.endpoints.iter().map(row).collect();
    section("Indicators", table("Remote addresses", &["Address", "Role"], rows).into_iter().collect())
}

pub(super) fn actions(dossier: &Dossier<'_>) -> Option<Section> {
    let wanted = |moment: &&super::Moment| moment.kind == MomentKind::Action;
    let row = |moment: &super::Moment| {
        let cells = vec![words::moment(moment.at), moment.title.clone(), dossier.name(&moment.stamp.actor)];
        Row::new(cells, entry(&moment.stamp))
    };
    let rows = dossier.timeline.iter().filter(wanted).take(ROWS_MAX).map(row).collect();
    section("What was done", table("Actions", &["Time (UTC)", "Action", "By"], rows).into_iter().collect())
}

pub(super) fn decisions(dossier: &Dossier<'_>) -> Option<Section> {
    let wanted = |moment: &&super::Moment| moment.kind == MomentKind::Decision;
    let row = |moment: &super::Moment| {
        let cells = vec![words::moment(moment.at), moment.title.clone(), dossier.name(&moment.stamp.actor)];
        Row::new(cells, entry(&moment.stamp))
    };
    let rows = dossier.timeline.iter().filter(wanted).take(ROWS_MAX).map(row).collect();
    section("Decisions", table("Decisions", &["Time (UTC)", "Decision", "By"], rows).into_iter().collect())
}

pub(super) fn timeline(dossier: &Dossier<'_>) -> Option<Section> {
    section("Timeline", timeline_rows(dossier, ROWS_MAX))
}

pub(super) fn timeline_short(dossier: &Dossier<'_>) -> Option<Section> {
    section("Timeline", timeline_rows(dossier, SHORT_ROWS))
}

fn timeline_rows(dossier: &Dossier<'_>, rows_max: usize) -> Vec<Block> {
    let row = |moment: &super::Moment| {
        let cells = vec![words::moment(moment.at), moment.kind.as_str().to_owned(), moment.title.clone()];
        Row::new(cells, entry(&moment.stamp))
    };
    let rows = dossier.timeline.iter().take(rows_max).map(row).collect();
    let mut blocks: Vec<Block> = table("Timeline", &["Time (UTC)", "Kind", "What"], rows).into_iter().collect();
    if dossier.timeline.len() > rows_max {
        blocks.push(Block::Line(Line::Ours("Only the first are listed; the bundle of the incident has all.")));
    }
    blocks
}

pub(super) fn deadlines(dossier: &Dossier<'_>) -> Option<Section> {
    let row = |deadline: &quell_incident::deadline::Deadline| {
        let decision = dossier.work.clocks.decision(&deadline.regime)?;
        let due = deadline.due_at.map_or_else(|| "–".to_owned(), words::moment);
        let state = match &deadline.state {
            DeadlineState::NotDue => "not due by the answers given".to_owned(),
            DeadlineState::Waiting { for_any_of } => format!("waits for {}", for_any_of.join(", ")),
            DeadlineState::Running { overdue: true } => "overdue".to_owned(),
            DeadlineState::Running { overdue: false } => "running".to_owned(),
            DeadlineState::Sent { at, margin_seconds } => {
                let late = margin_seconds.is_some_and(|margin| margin < 0);
                format!("sent {}{}", words::moment(*at), if late { ", late" } else { "" })
            }
        };
        let sent = dossier.work.clocks.submitted(&deadline.regime, &deadline.stage);
        let cells = vec![deadline.regime.clone(), deadline.name.clone(), deadline.to.clone(), due, state];
        Some(Row::new(cells, entry(&decision.stamp)).and(sent.iter().map(|sent| entry(&sent.stamp))))
    };
    let rows: Vec<Row> = dossier.deadlines.iter().filter_map(row).collect();
    let heads = &["Regime", "Stage", "To", "Due (UTC)", "State"];
    let mut blocks: Vec<Block> = table("Clocks", heads, rows).into_iter().collect();
    let refused = dossier.work.clocks.decisions.iter().filter(|decision| !decision.applies);
    let refused = refused.map(|decision| {
        claim(format!("{} does not apply: {}", decision.regime, decision.reason.as_str()), &decision.stamp)
    });
    let refused: Vec<Line> = refused.collect();
    if !refused.is_empty() {
        blocks.push(Block::List(refused));
    }
    if blocks.is_empty() {
        blocks.push(Block::Line(Line::Gap("which duties to notify apply; nobody decided")));
    }
    section("Duties to notify", blocks)
}

pub(super) fn messages(dossier: &Dossier<'_>) -> Option<Section> {
    let row = |message: &quell_incident::work::Message| {
        let state = match &message.delivery {
            Delivery::Said => "said",
            Delivery::Waiting => "waiting",
            Delivery::Delivered(_) => "delivered",
            Delivery::Failed(_) => "failed",
        };
        let cells = vec![
            words::moment(message.stamp.at),
            message.audience.to_string(),
            message.subject.to_string(),
            message.tlp.label().to_owned(),
            state.to_owned(),
        ];
        Row::new(cells, entry(&message.stamp))
    };
    let rows = dossier.work.messages.iter().map(row).collect();
    let heads = &["Time (UTC)", "To", "About", "Marking", "State"];
    section("Who was told", table("Messages", heads, rows).into_iter().collect())
}

pub(super) fn evidence(dossier: &Dossier<'_>) -> Option<Section> {
    let row = |evidence: &quell_incident::work::Evidence| {
        let state = match (evidence.redacted, evidence.intact) {
            (true, _) => "redacted",
            (_, Some(true)) => "intact",
            (_, Some(false)) => "CHANGED",
            (_, None) => "not looked at since",
        };
        let hold = if evidence.held { ", held" } else { "" };
        let cells = vec![
            format!("{} {}", evidence.id, evidence.about.name),
            evidence.about.collected_by.to_string(),
            words::moment(evidence.about.collected_at),
            evidence.sha256.as_str().to_owned(),
            format!("{state}{hold}"),
        ];
        let last = evidence.custody.last().map(|link| entry(&link.stamp));
        Row::new(cells, entry(&evidence.stamp)).and(last.filter(|last| *last != entry(&evidence.stamp)))
    };
    let rows = dossier.work.evidence.iter().map(row).collect();
    let heads = &["Evidence", "Collected by", "Collected (UTC)", "SHA-256", "State"];
    section("Evidence", table("Sealed evidence", heads, rows).into_iter().collect())
}

pub(super) fn hypotheses(dossier: &Dossier<'_>) -> Option<Section> {
    let row = |hypothesis: &quell_incident::work::Hypothesis| {
        let state = match &hypothesis.settled {
            None => "open",
            Some(settled) if settled.outcome == Outcome::Accepted => "accepted",
            Some(_) => "rejected",
        };
        let count = |side: Side| hypothesis.grounds.iter().filter(|ground| ground.side == side).count().to_string();
        let cells = vec![hypothesis.text.as_str().to_owned(), count(Side::For), count(Side::Against), state.to_owned()];
        let grounds = hypothesis.grounds.iter().map(|ground| entry(&ground.stamp));
        Row::new(cells, entry(&hypothesis.stamp)).and(grounds)
    };
    let rows = dossier.work.inquiry.hypotheses.iter().map(row).collect();
    let heads = &["What is supposed", "For", "Against", "State"];
    section("Inference", table("Hypotheses", heads, rows).into_iter().collect())
}

pub(super) fn post_mortem(dossier: &Dossier<'_>) -> Option<Section> {
    let Some(held) = &dossier.work.review.post_mortem else {
        return section("Post-mortem", vec![Block::Line(Line::Gap("the post-mortem; it was not held yet"))]);
    };
    let said = &held.post_mortem;
    let mut blocks = Vec::new();
    for (what, text) in [
        ("What happened", &said.summary),
        ("How it was detected", &said.detection),
        ("How it was handled", &said.handling),
        ("What came of it", &said.outcome),
    ] {
        blocks.push(Block::Line(claim(format!("{what}: {}", text.as_str()), &held.stamp)));
    }
    for (what, list) in [
        ("Contributed", &said.contributing),
        ("Went well", &said.went_well),
        ("Went badly", &said.went_badly),
        ("Lucky", &said.lucky),
    ] {
        let lines: Vec<Line> =
            list.as_slice().iter().map(|text| claim(format!("{what}: {text}"), &held.stamp)).collect();
        if !lines.is_empty() {
            blocks.push(Block::List(lines));
        }
    }
    section("Post-mortem", blocks)
}

pub(super) fn lessons(dossier: &Dossier<'_>) -> Option<Section> {
    let row = |lesson: &quell_incident::work::Lesson| {
        let owner = lesson.owned.as_ref().map_or_else(|| "nobody".to_owned(), |it| dossier.name(it.owner.as_str()));
        let due = lesson.owned.as_ref().map_or_else(|| "–".to_owned(), |it| words::day(it.due_at));
        let state = match &lesson.end {
            Some(LessonEnd { reference: Some(_), text, .. }) => format!("proven: {}", text.as_str()),
            Some(end) => format!("dropped: {}", end.text.as_str()),
            None if lesson.owned.as_ref().is_some_and(|it| it.due_at < dossier.now) => "overdue".to_owned(),
            None => "open".to_owned(),
        };
        let sources =
            lesson.owned.iter().map(|it| entry(&it.stamp)).chain(lesson.end.iter().map(|it| entry(&it.stamp)));
        let cells = vec![lesson.text.as_str().to_owned(), owner, due, state];
        Row::new(cells, entry(&lesson.stamp)).and(sources)
    };
    let rows = dossier.work.review.lessons.iter().map(row).collect();
    section("Lessons", table("Lessons", &["What", "Owner", "Due", "State"], rows).into_iter().collect())
}

pub(super) fn next_steps(dossier: &Dossier<'_>) -> Option<Section> {
    let open = dossier.work.tasks.iter().filter(|task| task.end.is_none());
    let row = |task: &quell_incident::work::Task| {
        let owner = task.assignee.as_ref().map_or_else(|| "nobody".to_owned(), |it| dossier.name(it.as_str()));
        let due = task.due_at.map_or_else(|| "–".to_owned(), words::moment);
        Row::new(vec![task.title.to_string(), owner, due], entry(&task.stamp))
    };
    let rows = open.map(row).collect();
    let mut blocks: Vec<Block> = table("Open tasks", &["Task", "Whose", "Due (UTC)"], rows).into_iter().collect();
    let questions = dossier.work.inquiry.questions.iter().filter(|question| question.end.is_none());
    let questions: Vec<Line> =
        questions.map(|question| claim(format!("Open: {}", question.text.as_str()), &question.stamp)).collect();
    if !questions.is_empty() {
        blocks.push(Block::List(questions));
    }
    section("Next", blocks)
}

pub(super) fn regulator_fields(dossier: &Dossier<'_>) -> Option<Section> {
    let mut blocks = Vec::new();
    for deadline in dossier.deadlines.iter().filter(|deadline| deadline.is_open()) {
        let Some(decision) = dossier.work.clocks.decision(&deadline.regime) else { continue };
        let text = format!("{}: {} asks for {}", deadline.regime, deadline.name, deadline.fields.join("; "));
        blocks.push(Block::Line(claim(text, &decision.stamp)));
        blocks.push(Block::Line(Line::Gap("what of this is not in the sections below")));
    }
    section("What the rule asks for", blocks)
}

pub(super) fn customer_advice(dossier: &Dossier<'_>) -> Option<Section> {
    let mut blocks = Vec::new();
    match &dossier.work.review.post_mortem {
        Some(held) => blocks.push(Block::Line(claim(held.post_mortem.summary.as_str(), &held.stamp))),
        None => blocks.push(Block::Line(Line::Gap("what happened, in plain words"))),
    }
    blocks.push(Block::Line(Line::Gap("which data of customers are concerned")));
    let held = dossier.work.measures.taken.iter().filter(|measure| measure.lifted.is_none());
    let done: Vec<Line> = held.map(|measure| claim(measure.text.as_str(), &measure.stamp)).collect();
    blocks.push(if done.is_empty() { Block::Line(Line::Gap("what we do")) } else { Block::List(done) });
    blocks.push(Block::Line(Line::Gap("what customers should do, and whom they can ask")));
    section("What happened, and what it means for you", blocks)
}
