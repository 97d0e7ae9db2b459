//! `quell framework`: the frameworks, what is done in them, and which one to choose.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use quell_incident::guide::{Advice, AdviceView, Answers, advise};
use quell_model::process::{Activity, Factor, Framework, FrameworkStatus, Guide, Process, ResponseRole};
use serde::Serialize;

use crate::arguments::{Choose, FrameworkCommand};

/// Lists, shows, or helps to choose.
pub(crate) fn framework(command: &FrameworkCommand) -> Result<ExitCode> {
    let process = quell_content::process::process()?;
    let mut out = io::stdout().lock();
    match command {
        FrameworkCommand::List => list(&process, &mut out)?,
        FrameworkCommand::Show { id, json } => {
            let framework = process.framework(id);
            let framework = framework.with_context(|| format!("{id} is no framework; see `quell framework list`"))?;
            if *json { as_json(framework, &mut out)? } else { show(&process, framework, &mut out)? }
        }
        FrameworkCommand::Activity { id, json } => {
            let activity = process.activity(id);
            let activity =
                activity.with_context(|| format!("{id} is no activity; see `quell framework show six-phases`"))?;
            if *json { as_json(activity, &mut out)? } else { explain(&process, activity, &mut out)? }
        }
        FrameworkCommand::Choose(choose) => {
            let guide = quell_content::process::guide()?;
            self::choose(&guide, choose, &mut out)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list(process: &Process, out: &mut impl Write) -> Result<()> {
    for framework in &process.frameworks {
        let withdrawn = match framework.status {
            FrameworkStatus::Current => "",
            FrameworkStatus::Withdrawn => " (withdrawn)",
        };
        let phases: Vec<&str> = framework.phases.iter().map(|phase| phase.name.as_str()).collect();
        writeln!(out, "{}  {}{withdrawn}\n    {}", framework.id, framework.name, phases.join(" > "))?;
    }
    Ok(())
}

fn show(process: &Process, framework: &Framework, out: &mut impl Write) -> Result<()> {
    writeln!(out, "{} ({})", framework.name, framework.edition)?;
    if let Some(newer) = &framework.superseded_by {
        writeln!(out, "Withdrawn; superseded by {newer}.")?;
    }
    writeln!(out, "{}\n{}", framework.about.trim(), framework.mapping.trim())?;
    for phase in &framework.phases {
        writeln!(out, "\n{}{}: {}", phase.name, if phase.optional { " (optional)" } else { "" }, phase.about.trim())?;
        for place in &phase.activities {
            let activity = process.activity(&place.activity);
            let title = activity.map_or("", |activity| activity.title.as_str());
            let reference = if place.reference.is_empty() { String::new() } else { format!("  [{}]", place.reference) };
            let optional = if activity.is_some_and(|activity| activity.required) { "" } else { " (optional)" };
            writeln!(out, "  {}  {title}{optional}{reference}", place.activity)?;
        }
    }
    Ok(())
}

fn explain(process: &Process, activity: &Activity, out: &mut impl Write) -> Result<()> {
    let who: Vec<String> = activity.who.iter().map(|role| words(*role)).collect();
    writeln!(out, "{}\n", activity.title)?;
    writeln!(out, "Why:   {}", activity.why.trim())?;
    writeln!(out, "Good:  {}", activity.good.trim())?;
    writeln!(out, "Who:   {}", who.join(", "))?;
    writeln!(out, "Meets: {} (docs/REQUIREMENTS.md)", activity.requirements.join(", "))?;
    for task in &activity.tasks {
        let due = task.due_hours.map(|hours| format!(", within {hours} h")).unwrap_or_default();
        writeln!(out, "Task:  {} ({}{due})", task.title, words(task.role))?;
    }
    for framework in &process.frameworks {
        let phases = framework.phases.iter().filter_map(|phase| {
            let place = phase.activities.iter().find(|place| place.activity == activity.id)?;
            let reference = if place.reference.is_empty() { String::new() } else { format!(" [{}]", place.reference) };
            Some(format!("{}{reference}", phase.name))
        });
        writeln!(out, "In:    {}: {}", framework.name, phases.collect::<Vec<_>>().join("; "))?;
    }
    Ok(())
}

fn words(role: ResponseRole) -> String {
    let name = serde_json::to_value(role).ok();
    name.as_ref().and_then(|name| name.as_str()).unwrap_or_default().replace('_', " ")
}

fn choose(guide: &Guide, choose: &Choose, out: &mut impl Write) -> Result<()> {
    let mut answers = Answers { mandate: choose.require.clone(), ..Answers::default() };
    for (factor, weight) in &choose.weights {
        answers.weights.insert(factor.clone(), *weight);
    }
    answers.given = choose.answers.iter().cloned().collect();
    if choose.answers.is_empty() {
        answers.given = interview(guide, &mut io::stdin().lock())?;
    }
    let advice = advise(guide, &answers)?;
    if choose.json {
        return as_json(&AdviceView::from(&advice), out);
    }
    tell(&advice, out)
}

/// Asks every question; an empty line leaves it open. Questions go to standard error, so that the answer can be kept.
fn interview(guide: &Guide, lines: &mut impl BufRead) -> Result<BTreeMap<String, String>> {
    let mut given = BTreeMap::new();
    let mut ask = io::stderr().lock();
    writeln!(ask, "{} questions. Type a number, or Enter to skip.", guide.factors.len())?;
    for factor in &guide.factors {
        writeln!(ask, "\n{}", factor.question)?;
        for (number, answer) in (1..).zip(&factor.answers) {
            writeln!(ask, "  {number}  {}", answer.text)?;
        }
        if let Some(answer) = answered(factor, lines, &mut ask)? {
            given.insert(factor.id.clone(), answer);
        }
    }
    writeln!(ask)?;
    Ok(given)
}

fn answered(factor: &Factor, lines: &mut impl BufRead, ask: &mut impl Write) -> Result<Option<String>> {
    loop {
        write!(ask, "> ")?;
        ask.flush()?;
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 || line.trim().is_empty() {
            return Ok(None);
        }
        let number: usize = line.trim().parse().unwrap_or(0);
        match factor.answers.get(number.wrapping_sub(1)) {
            Some(answer) => return Ok(Some(answer.id.clone())),
            None => writeln!(ask, "A number from 1 to {}, or Enter.", factor.answers.len())?,
        }
    }
}

fn tell(advice: &Advice<'_>, out: &mut impl Write) -> Result<()> {
    let Some(best) = advice.ranking.first() else { return Ok(()) };
    let chosen = advice.required.unwrap_or(best.family);
    match advice.required {
        Some(required) => writeln!(out, "{} is required; the scores are for comparison.", required.name)?,
        None if advice.tied.is_empty() => writeln!(out, "{} fits best.", best.family.name)?,
        None => {
            let names: Vec<&str> = advice.tied.iter().map(|family| family.name.as_str()).collect();
            writeln!(out, "Too near to call: {}. Take the one your people know.", names.join(", "))?;
        }
    }
    writeln!(out)?;
    for scored in &advice.ranking {
        writeln!(out, "{:>4.0}  {}", scored.score, scored.family.name)?;
    }
    let of_chosen = advice.ranking.iter().find(|scored| scored.family.id == chosen.id).unwrap_or(best);
    writeln!(out, "\nWhat makes the score of {}:", chosen.name)?;
    for part in &of_chosen.parts {
        let full = part.points_max;
        match part.answer {
            Some(answer) => {
                writeln!(out, "{:>5.1} of {full:.1}  {} {}", part.points, part.factor.question, answer.text)?;
                writeln!(out, "               {}", answer.explain.trim())?;
            }
            None => writeln!(out, "{:>5.1} of {full:.1}  {} Not answered.", part.points, part.factor.question)?,
        }
    }
    for flip in &advice.flips {
        let (question, answer, best) = (&flip.factor.question, &flip.answer.text, &flip.best.name);
        writeln!(
            out,
            "\nIt would be {best}, by {:.0} points, if this were the answer:\n  {question} {answer}",
            flip.lead
        )?;
    }
    for combination in &advice.combinations {
        writeln!(out, "\n{}", combination.trim())?;
    }
    writeln!(out, "\nNext: quell framework show {}", chosen.framework)?;
    Ok(())
}

fn as_json(what: &impl Serialize, out: &mut impl Write) -> Result<()> {
    Ok(writeln!(out, "{}", serde_json::to_string_pretty(what)?)?)
}
