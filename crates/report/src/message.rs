//! Messages drawn up from a template: what the work and the story say is filled in, what nobody recorded stays a name in double
//! braces for whoever writes the message. Templates have no conditions and no loops.
//!
//! The text is Markdown, and what comes from records is escaped in it.

use std::collections::BTreeSet;

use quell_incident::timeline::MomentKind;
use quell_incident::work::{EntityWork, Outcome, Step, Verdict};
use quell_model::handbook::MessageTemplate;
use quell_model::process::ResponseRole;
use quell_model::{EntityKind, Timestamp};

use crate::Dossier;
use crate::clean::clean;
use crate::defang::defang_name;
use crate::escape::{Markdown, Safe};
use crate::words;

/// Items that one list of a message has; a reader of a message wants the point.
const ITEMS_MAX: usize = 15;

/// A message as far as it can be drawn up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageDraft {
    /// What about: one line.
    pub subject: String,
    /// Markdown.
    pub text: String,
    /// Names that are still to be filled in.
    pub open: Vec<String>,
}

/// What is known beside the dossier.
#[derive(Debug, Clone, Copy, Default)]
pub struct DraftContext<'a> {
    /// Name of the phase that the work is in.
    pub phase: Option<&'a str>,
    /// When the next message is due.
    pub next_update: Option<Timestamp>,
}

/// Draws a message up.
#[must_use]
pub fn message_draft(dossier: &Dossier<'_>, template: &MessageTemplate, context: DraftContext<'_>) -> MessageDraft {
    let mut open = BTreeSet::new();
    let facts = Facts { dossier, context };
    let subject = fill(&template.subject, &mut open, |name| {
        let said = facts.line(name)?;
        Some(clean(&said))
    });
    let text = fill(&template.text, &mut open, |name| facts.shown(name));
    MessageDraft { subject, text, open: open.into_iter().collect() }
}

/// A template with its names replaced; those that have no value stay and are noted.
fn fill(template: &str, open: &mut BTreeSet<String>, value: impl Fn(&str) -> Option<String>) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, after)) = after.split_once("}}") else { break };
        text.push_str(before);
        match value(name.trim()) {
            Some(value) => text.push_str(&value),
            None => {
                open.insert(name.trim().to_owned());
                text.push_str(&format!("{{{{{name}}}}}"));
            }
        }
        rest = after;
    }
    text.push_str(rest);
    text
}

struct Facts<'a> {
    dossier: &'a Dossier<'a>,
    context: DraftContext<'a>,
}

impl Facts<'_> {
    /// A value in Markdown: one line as it stands, several as a list.
    fn shown(&self, name: &str) -> Option<String> {
        if let Some(line) = self.line(name) {
            return Some(Safe::<Markdown>::of(&line).into_string());
        }
        let items = self.list(name)?;
        let shown = items.iter().take(ITEMS_MAX).map(|item| format!("- {}", Safe::<Markdown>::of(item).into_string()));
        let mut lines: Vec<String> = shown.collect();
        match items.len().saturating_sub(ITEMS_MAX) {
            _ if items.is_empty() => return None,
            0 => {}
            more => lines.push(format!("- and {} more", words::number(more as u64))),
        }
        Some(lines.join("\n"))
    }

    fn line(&self, name: &str) -> Option<String> {
        let (dossier, work) = (self.dossier, self.dossier.work);
        let anchor = |wanted: &str| work.clocks.anchors.iter().find(|anchor| anchor.anchor.as_str() == wanted);
        let holder = |role| work.roles.holders(role).next().map(|held| dossier.name(held.user.as_str()));
        match name {
            "incident.id" => Some(dossier.id.to_string()),
            "incident.title" => Some(dossier.told.title.clone()),
            "incident.severity" => {
                let assessed = work.triage.severity().map(|assessed| assessed.result.level);
                Some(assessed.unwrap_or(dossier.told.severity).as_str().to_owned())
            }
            "incident.declared" => work.triage.declared.as_ref().map(|declared| words::moment(declared.stamp.at)),
            "incident.occurred" => dossier.told.first_seen.map(words::moment),
            "incident.detected" => anchor("detected").map(|anchor| words::moment(anchor.at)),
            "incident.aware" => anchor("aware").map(|anchor| words::moment(anchor.at)),
            "incident.recovered" => work.recovery.declared.as_ref().map(|stamp| words::moment(stamp.at)),
            "incident.lead" => holder(ResponseRole::Commander),
            "incident.phase" => self.context.phase.map(str::to_owned),
            "contact" => holder(ResponseRole::Liaison).or_else(|| holder(ResponseRole::Commander)),
            "now" => Some(words::moment(dossier.now)),
            "next_update" => self.context.next_update.map(words::moment),
            "summary" => match &work.review.post_mortem {
                Some(held) => Some(held.post_mortem.summary.as_str().to_owned()),
                None => dossier.story.map(|story| words::beginning(&words::told_incident(story).root_cause)),
            },
            "review.date" => work.review.post_mortem.as_ref().map(|held| words::day(held.post_mortem.held_at)),
            _ => None,
        }
    }

    fn list(&self, name: &str) -> Option<Vec<String>> {
        let work = self.dossier.work;
        let open_tasks = || work.tasks.iter().filter(|task| task.end.is_none()).map(|task| self.task(task));
        let questions = || work.inquiry.questions.iter().filter(|question| question.end.is_none());
        Some(match name {
            "known" | "facts" => self.known(),
            "unknown" | "questions" | "doubts" => questions().map(|one| one.text.as_str().to_owned()).collect(),
            "inferences" => self.hypotheses(None),
            "ruled_out" => [self.judged(Verdict::RuledOut), self.hypotheses(Some(Outcome::Rejected))].concat(),
            "impact" => self.impact(),
            "actions" | "verification" => self.actions(),
            "systems.affected" => self.judged(Verdict::Affected),
            "indicators" => self.indicators(),
            "techniques" => self.dossier.told.techniques.clone(),
            "timeline" => self.moments(MomentKind::Event),
            "deadlines" => self.deadlines(),
            "next_steps" | "running" => open_tasks().collect(),
            "open_points" => open_tasks().chain(questions().map(|one| one.text.as_str().to_owned())).collect(),
            "done" => {
                let done = work.tasks.iter().filter(|task| task.end.as_ref().is_some_and(|end| end.done));
                done.map(|task| task.title.to_string()).collect()
            }
            "monitoring" => work
                .recovery
                .watches
                .iter()
                .filter(|it| it.ended.is_none())
                .map(|it| it.what.as_str().to_owned())
                .collect(),
            "legal.holds" => {
                let held = work.evidence.iter().filter(|evidence| evidence.held);
                held.map(|evidence| format!("{} {}", evidence.id, evidence.about.name)).collect()
            }
            "went_well" | "went_badly" | "lucky" | "changes" => self.review(name)?,
            _ => return None,
        })
    }

    fn known(&self) -> Vec<String> {
        [self.hypotheses(Some(Outcome::Accepted)), self.moments(MomentKind::Finding)].concat()
    }

    fn hypotheses(&self, outcome: Option<Outcome>) -> Vec<String> {
        let wanted =
            |one: &&quell_incident::work::Hypothesis| one.settled.as_ref().map(|settled| settled.outcome) == outcome;
        self.dossier.work.inquiry.hypotheses.iter().filter(wanted).map(|one| one.text.as_str().to_owned()).collect()
    }

    fn moments(&self, kind: MomentKind) -> Vec<String> {
        // When somebody became aware is no deed of the intruder.
        let anchors = &self.dossier.work.clocks.anchors;
        let of_clock = |moment: &crate::Moment| anchors.iter().any(|anchor| anchor.stamp.entry == moment.stamp.entry);
        let wanted = self.dossier.timeline.iter().filter(|moment| moment.kind == kind && !of_clock(moment));
        wanted.map(|moment| format!("{}: {}", words::moment(moment.at), moment.title)).collect()
    }

    fn impact(&self) -> Vec<String> {
        let work = self.dossier.work;
        let assessed = work.triage.severity().map(|assessed| assessed.reason.as_str().to_owned());
        assessed
            .into_iter()
            .chain(work.measures.weighed.iter().map(|weighed| weighed.impact.as_str().to_owned()))
            .collect()
    }

    fn judged(&self, verdict: Verdict) -> Vec<String> {
        let wanted = |one: &&EntityWork| one.judged.as_ref().is_some_and(|judged| judged.verdict == verdict);
        self.dossier.work.entities.iter().filter(wanted).map(named).collect()
    }

    fn indicators(&self) -> Vec<String> {
        let outside = [EntityKind::Endpoint, EntityKind::Domain, EntityKind::Url, EntityKind::File];
        let affected = self.dossier.work.entities.affected().filter(|one| outside.contains(&one.entity.kind));
        let told = self.dossier.story.into_iter().flat_map(|story| &story.endpoints);
        let told = told.map(|endpoint| defang_name(EntityKind::Endpoint, &words::address(endpoint)));
        affected.map(named).chain(told).collect()
    }

    fn actions(&self) -> Vec<String> {
        let work = self.dossier.work;
        let steps = [(Step::Contain, "contained"), (Step::Clean, "cleaned"), (Step::Restore, "restored")];
        let done = steps.into_iter().filter_map(|(step, word)| {
            let names = work.entities.affected().filter(|one| one.is_verified(step)).map(named).collect::<Vec<_>>();
            (!names.is_empty()).then(|| format!("{word} and verified: {}", words::listed(&names, ITEMS_MAX)))
        });
        let held = work.measures.taken.iter().filter(|measure| measure.lifted.is_none());
        done.chain(held.map(|measure| measure.text.as_str().to_owned())).collect()
    }

    fn deadlines(&self) -> Vec<String> {
        let open = self.dossier.deadlines.iter().filter(|deadline| deadline.is_open());
        let line = |deadline: &quell_incident::deadline::Deadline| {
            let due = deadline.due_at.map_or_else(|| "its time does not run yet".to_owned(), words::moment);
            format!("{}, {} to {}: {due}", deadline.regime, deadline.name, deadline.to)
        };
        open.map(line).collect()
    }

    fn task(&self, task: &quell_incident::work::Task) -> String {
        let whose = task.assignee.as_ref().map(|user| format!(", {}", self.dossier.name(user.as_str())));
        let due = task.due_at.map(|due| format!(", by {}", words::moment(due)));
        format!("{}{}{}", task.title, whose.unwrap_or_default(), due.unwrap_or_default())
    }

    fn review(&self, name: &str) -> Option<Vec<String>> {
        let held = &self.dossier.work.review.post_mortem.as_ref()?.post_mortem;
        let lines = match name {
            "went_well" => &held.went_well,
            "went_badly" => &held.went_badly,
            "lucky" => &held.lucky,
            _ => {
                let lessons = self.dossier.work.review.lessons.iter();
                return Some(lessons.map(|lesson| lesson.text.as_str().to_owned()).collect());
            }
        };
        Some(lines.as_slice().iter().map(ToString::to_string).collect())
    }
}

fn named(one: &EntityWork) -> String {
    format!("{} {}", words::kind(one.entity.kind), defang_name(one.entity.kind, one.entity.name.as_str()))
}
