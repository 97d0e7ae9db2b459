//! Gates: what of the work is done, by what the ledger proves (invariant 7). The state of an activity is worked out once; a
//! framework only arranges it. Pure.

use std::collections::BTreeMap;

use quell_model::Level;
use quell_model::handbook::{CommunicationPlan, Handbook};
use quell_model::process::{Activity, Framework, Process, Proof, ResponseRole, Scope};
use serde::Serialize;

use crate::Incident;
use crate::deadline::{Deadline, DeadlineState};
use crate::work::{EntityName, EntityWork, Lesson, Purpose, Stamp, Step, Target, Volatility, Work, told_entities};

/// Names of what is missing that one line lists.
const NAMED_MAX: usize = 5;

/// What gates look at that is no part of the stream of the incident.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// Alerts of the incident on which nobody decided.
    pub alerts_undecided: u64,
    /// Events, findings and actions on its timeline.
    pub findings: u64,
    /// Decisions on its timeline.
    pub decisions: u64,
    /// Regimes that the organisation is under.
    pub regimes: Vec<String>,
    /// What is due under those that apply.
    pub deadlines: Vec<Deadline>,
}

/// How far an activity is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ActivityState {
    /// It is no matter of one incident.
    Organisation,
    /// It is done.
    Done {
        /// Entries of the ledger that prove it; empty where a state proves it.
        entries: Vec<u64>,
    },
    /// It is left out.
    Waived {
        /// When and by whom.
        stamp: Stamp,
        /// Why.
        reason: String,
    },
    /// It is not done.
    Open {
        /// What is missing.
        missing: Vec<String>,
        /// Whether a part of it is done.
        begun: bool,
    },
}

impl ActivityState {
    /// Whether it no longer stands in the way.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        !matches!(self, ActivityState::Open { .. })
    }
}

/// How far each activity is, by its id.
pub type ActivityStates = BTreeMap<String, ActivityState>;

/// Works out how far each activity is.
#[must_use]
pub fn assess(handbook: &Handbook, incident: &Incident, work: &Work, around: &Surroundings) -> ActivityStates {
    let facts = Facts { incident, work, around, plan: &handbook.plan };
    let state = |activity: &Activity| (activity.id.clone(), facts.state(activity));
    handbook.process.activities.iter().map(state).collect()
}

/// A framework with the state of the work in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FrameworkView<'p> {
    /// Which.
    pub framework: &'p str,
    /// As people call it.
    pub name: &'p str,
    /// Its phases, in order.
    pub phases: Vec<PhaseView<'p>>,
    /// Id of the first phase whose gate is not open.
    pub current: Option<&'p str>,
}

/// A phase with the state of the work in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PhaseView<'p> {
    /// Id.
    pub id: &'p str,
    /// As the framework calls it.
    pub name: &'p str,
    /// How far it is.
    pub gate: Gate,
    /// What is done in it.
    pub activities: Vec<ActivityView<'p>>,
}

/// Whether a phase has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// It is no matter of one incident.
    Organisation,
    /// Everything that it requires is done or waived.
    Open,
    /// Something is missing.
    Closed,
    /// Something is missing, but the framework lets the phase be left out.
    Optional,
}

/// An activity in a phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ActivityView<'p> {
    /// Id.
    pub id: &'p str,
    /// What to do.
    pub title: &'p str,
    /// Clause or subcategory of the framework; empty where there is none.
    pub reference: &'p str,
    /// Whether the phase cannot end without it.
    pub required: bool,
    /// How far it is.
    #[serde(flatten)]
    pub state: ActivityState,
}

/// Looks at the work through a framework.
#[must_use]
pub fn view<'p>(process: &'p Process, framework: &'p Framework, states: &ActivityStates) -> FrameworkView<'p> {
    let phases: Vec<PhaseView<'p>> = framework
        .phases
        .iter()
        .map(|phase| {
            let placed = phase.activities.iter().filter_map(|place| {
                let activity = process.activity(&place.activity)?;
                let state = states.get(&activity.id)?.clone();
                let (id, title, reference) = (activity.id.as_str(), activity.title.as_str(), place.reference.as_str());
                Some(ActivityView { id, title, reference, required: activity.required, state })
            });
            let activities: Vec<ActivityView<'p>> = placed.collect();
            let gate = gate(&activities, phase.optional);
            PhaseView { id: &phase.id, name: &phase.name, gate, activities }
        })
        .collect();
    let current = phases.iter().find(|phase| phase.gate == Gate::Closed).map(|phase| phase.id);
    FrameworkView { framework: &framework.id, name: &framework.name, phases, current }
}

fn gate(activities: &[ActivityView<'_>], optional: bool) -> Gate {
    let of_incident = |view: &ActivityView<'_>| view.state != ActivityState::Organisation;
    if !activities.iter().any(of_incident) {
        return Gate::Organisation;
    }
    let settled = activities.iter().filter(|view| view.required).all(|view| view.state.is_settled());
    match (settled, optional) {
        (true, _) => Gate::Open,
        (false, true) => Gate::Optional,
        (false, false) => Gate::Closed,
    }
}

/// What a proof found.
enum Found {
    Proven(Vec<u64>),
    Missing(Vec<String>, bool),
}

/// What proofs look at.
struct Facts<'a> {
    incident: &'a Incident,
    work: &'a Work,
    around: &'a Surroundings,
    plan: &'a CommunicationPlan,
}

impl Facts<'_> {
    fn state(&self, activity: &Activity) -> ActivityState {
        if activity.scope == Scope::Organisation {
            return ActivityState::Organisation;
        }
        let word = self.work.choices.word(&activity.id);
        if let Some(word) = word.filter(|word| word.waived) {
            return ActivityState::Waived { stamp: word.stamp.clone(), reason: word.text.as_str().to_owned() };
        }
        let said = word.map(|word| word.stamp.entry);
        match self.prove(activity.proof, said) {
            Found::Proven(entries) => ActivityState::Done { entries },
            Found::Missing(missing, begun) => ActivityState::Open { missing, begun },
        }
    }

    fn prove(&self, proof: Proof, said: Option<u64>) -> Found {
        match proof {
            Proof::Organisation => missing("it is no matter of one incident"),
            Proof::ByHand => one(said, "nobody said that it was done"),
            Proof::Triaged => self.triaged(),
            Proof::Declared => {
                one(entry(self.work.triage.declared.as_ref().map(|it| &it.stamp)), "it was not declared")
            }
            Proof::SeverityAssessed => {
                one(entry(self.work.triage.severity().map(|it| &it.stamp)), "nobody assessed its severity")
            }
            Proof::Classified => {
                one(entry(self.work.triage.class.as_ref().map(|it| &it.stamp)), "it was not classified")
            }
            Proof::RolesAssigned => self.roles(),
            Proof::Assigned => self.assigned(),
            Proof::RootCauseStated => {
                let accepted = self.work.inquiry.root_cause().and_then(|cause| cause.settled.as_ref());
                one(entry(accepted.map(|it| &it.stamp)), "no hypothesis about the root cause was accepted")
            }
            Proof::ScopeConfirmed => self.scope(),
            Proof::FindingsRecorded => self.findings(),
            Proof::EvidenceSealed => self.sealed(),
            Proof::EvidenceFirst => self.evidence_first(),
            Proof::ImpactConsidered => self.impact(),
            Proof::ContainedEach => self.each(&[Step::Contain], "contained"),
            Proof::ContainmentHeld => self.measured(Purpose::Hold, "no measure that holds containment was verified"),
            Proof::StakeholdersTold => self.told(),
            Proof::ClocksDecided => self.clocks(),
            Proof::EradicatedEach => self.each(&[Step::Clean], "clean"),
            Proof::WeaknessClosed => self.measured(Purpose::CloseWeakness, "closing the weakness was not verified"),
            Proof::Hardened => self.measured(Purpose::Harden, "no hardening was verified"),
            Proof::RecoveredEach => self.each(&[Step::Restore], "restored and validated"),
            Proof::IntegrityChecked => self.each(&[Step::CheckSource], "restored from a checked source"),
            Proof::Watched => self.watched(),
            Proof::RecoveryDeclared => {
                one(entry(self.work.recovery.declared.as_ref()), "the end of recovery was not declared")
            }
            Proof::PostMortemHeld => {
                let held = self.work.review.post_mortem.as_ref();
                one(entry(held.map(|it| &it.stamp)), "the post-mortem was not held")
            }
            Proof::InformationComplete => self.complete(),
            Proof::LessonsOwned => {
                self.lessons(|lesson| lesson.owned.is_some() || lesson.end.is_some(), "has no owner")
            }
            Proof::LessonsClosed => self.lessons(|lesson| lesson.end.is_some(), "is not closed"),
            Proof::LessonsShared => self.lessons(|lesson| !lesson.shared.is_empty(), "was told to nobody"),
            Proof::ReportsIssued => self.reports(),
            Proof::ProceduresUpdated => self.changed(&[Target::Plan, Target::Playbook], said, "plan or procedure"),
            Proof::TrainingUpdated => self.changed(&[Target::Training], said, "training"),
        }
    }

    fn triaged(&self) -> Found {
        match self.around.alerts_undecided {
            0 => Found::Proven(Vec::new()),
            count => {
                let some = count < self.incident.told.alerts;
                Found::Missing(vec![format!("{count} alerts are not decided")], some)
            }
        }
    }

    fn roles(&self) -> Found {
        let held = |role| self.work.roles.holders(role).next().map(|held| held.stamp.entry);
        match (held(ResponseRole::Commander), held(ResponseRole::Scribe)) {
            (Some(commander), Some(scribe)) => Found::Proven(vec![commander, scribe]),
            (None, None) => missing("there is no commander and no scribe"),
            (Some(_), None) => Found::Missing(vec!["there is no scribe".to_owned()], true),
            (None, Some(_)) => Found::Missing(vec!["there is no commander".to_owned()], true),
        }
    }

    fn assigned(&self) -> Found {
        let to_somebody = self.incident.assignee.is_some() || self.incident.team.is_some();
        if to_somebody { Found::Proven(Vec::new()) } else { missing("it belongs to no team and to nobody") }
    }

    /// Everything in scope: what Quell sees, and what people added.
    fn in_scope(&self) -> Vec<EntityName> {
        let mut names = told_entities(self.incident);
        for work in self.work.entities.iter() {
            if !names.contains(&work.entity) {
                names.push(work.entity.clone());
            }
        }
        names
    }

    fn scope(&self) -> Found {
        let names = self.in_scope();
        if names.is_empty() {
            return missing("nothing is in scope; add what is concerned");
        }
        let judged = |name: &EntityName| self.work.entities.get(name).and_then(|work| work.judged.as_ref());
        let open: Vec<String> = names.iter().filter(|name| judged(name).is_none()).map(ToString::to_string).collect();
        let entries = names.iter().filter_map(|name| judged(name).map(|judged| judged.stamp.entry)).collect();
        each_of("was not confirmed or ruled out", &open, entries)
    }

    fn findings(&self) -> Found {
        match (self.around.findings, self.around.decisions) {
            (0, 0) => missing("the timeline has no finding and no decision"),
            (0, _) => Found::Missing(vec!["the timeline has no finding".to_owned()], true),
            (_, 0) => Found::Missing(vec!["the timeline has no decision".to_owned()], true),
            _ => Found::Proven(Vec::new()),
        }
    }

    fn sealed(&self) -> Found {
        if let Some(damaged) = self.work.evidence.damaged() {
            return Found::Missing(vec![format!("evidence {} is not what was sealed", damaged.id)], true);
        }
        let entries: Vec<u64> = self.work.evidence.iter().map(|evidence| evidence.stamp.entry).collect();
        if entries.is_empty() { missing("no evidence was sealed") } else { Found::Proven(entries) }
    }

    /// RFC 3227: what goes first is collected first. For each contained host or container, memory was sealed before.
    fn evidence_first(&self) -> Found {
        let contained = |work: &&EntityWork| work.step(Step::Contain).is_some() && has_memory(&work.entity);
        let contained: Vec<&EntityWork> = self.work.entities.affected().filter(contained).collect();
        if self.work.entities.affected().all(|work| work.step(Step::Contain).is_none()) {
            return missing("nothing was contained yet");
        }
        let before = |work: &EntityWork| {
            let since = work.step(Step::Contain)?.done.entry;
            let sealed = self.work.evidence.iter().find(|evidence| {
                evidence.about.volatility == Volatility::Memory
                    && evidence.about.entity.as_ref() == Some(&work.entity)
                    && evidence.stamp.entry < since
            });
            sealed.map(|evidence| evidence.stamp.entry)
        };
        let late = contained.iter().filter(|work| before(work).is_none()).map(|work| work.entity.to_string());
        let entries = contained.iter().filter_map(|work| before(work)).collect();
        each_of("was contained before its memory was sealed", &late.collect::<Vec<_>>(), entries)
    }

    fn impact(&self) -> Found {
        let Some(weighed) = self.work.measures.weighed.first() else {
            return missing("what containment costs was not weighed");
        };
        let first = self.work.entities.iter().filter_map(|work| work.step(Step::Contain)).map(|step| step.done.entry);
        if first.min().is_some_and(|first| first < weighed.stamp.entry) {
            return Found::Missing(vec!["what containment costs was weighed only after it".to_owned()], true);
        }
        Found::Proven(vec![weighed.stamp.entry])
    }

    /// Whether each affected entity went through steps, verified.
    fn each(&self, steps: &[Step], what: &str) -> Found {
        if self.work.entities.affected().next().is_none() {
            return missing("no entity was judged to be affected yet");
        }
        let settled = |work: &EntityWork, step: Step| {
            work.is_verified(step) || (step == Step::CheckSource && !work.entity.is_restored_from_something())
        };
        let open = self.work.entities.affected().filter(|work| !steps.iter().all(|step| settled(work, *step)));
        let open: Vec<String> = open.map(|work| work.entity.to_string()).collect();
        let entries = self.work.entities.affected().flat_map(|work| {
            let verified = steps.iter().filter_map(|step| work.step(*step)?.verified.as_ref());
            verified.map(|verified| verified.stamp.entry).chain(work.retired.iter().map(|stamp| stamp.entry))
        });
        each_of(&format!("is not verified to be {what}"), &open, entries.collect())
    }

    fn measured(&self, purpose: Purpose, what: &str) -> Found {
        let verified = self.work.measures.holding(purpose).filter_map(|measure| measure.verified.as_ref());
        let entries: Vec<u64> = verified.map(|verified| verified.stamp.entry).collect();
        if entries.is_empty() {
            let begun = self.work.measures.holding(purpose).next().is_some();
            return Found::Missing(vec![what.to_owned()], begun);
        }
        Found::Proven(entries)
    }

    fn told(&self) -> Found {
        let level = self.severity();
        // Whether a condition holds, somebody has to judge: those audiences do not stand in the way.
        let due = self.plan.at(level).iter().filter(|planned| planned.only_if.is_none());
        let (mut open, mut entries) = (Vec::new(), Vec::new());
        for planned in due {
            match self.work.messages.reached(&planned.audience) {
                Some(message) => entries.push(message.stamp.entry),
                None => open.push(planned.audience.clone()),
            }
        }
        each_of("was not told", &open, entries)
    }

    /// The severity that counts: what a person assessed, or what Quell tells.
    fn severity(&self) -> Level {
        self.work.severity(self.incident)
    }

    fn clocks(&self) -> Found {
        let decision = |regime: &String| self.work.clocks.decision(regime);
        let mut open: Vec<String> = self
            .around
            .regimes
            .iter()
            .filter(|regime| decision(regime).is_none())
            .map(|regime| format!("nobody decided whether {regime} applies"))
            .collect();
        for deadline in self.around.deadlines.iter().filter(|deadline| deadline.is_open()) {
            let how = match &deadline.state {
                DeadlineState::Running { overdue: true } => "is overdue".to_owned(),
                DeadlineState::Waiting { for_any_of } => format!("waits to be told: {}", for_any_of.join(" or ")),
                _ => "is not sent".to_owned(),
            };
            open.push(format!("{}, {} {how}", deadline.regime, deadline.stage));
        }
        let entries: Vec<u64> = self.work.clocks.decisions.iter().map(|decision| decision.stamp.entry).collect();
        let begun = !entries.is_empty();
        match (open.is_empty(), begun) {
            (true, true) => Found::Proven(entries),
            (true, false) => missing("nobody decided whether a clock applies"),
            (false, _) => Found::Missing(open, begun),
        }
    }

    fn watched(&self) -> Found {
        let recovery = &self.work.recovery;
        match recovery.watches.last() {
            None => missing("nothing was watched more closely"),
            Some(watch) if recovery.is_watched() => {
                Found::Proven(watch.ended.iter().map(|stamp| stamp.entry).collect())
            }
            Some(watch) if watch.hits.is_empty() => {
                Found::Missing(vec![format!("the watch runs until {}", watch.until)], true)
            }
            Some(_) => Found::Missing(vec!["the watch had a hit; contain again, and watch anew".to_owned()], true),
        }
    }

    fn complete(&self) -> Found {
        let questions = self.work.inquiry.questions.iter();
        let tasks = self.work.tasks.iter();
        let open_questions = questions.clone().filter(|question| question.end.is_none()).count();
        let open_tasks = tasks.clone().filter(|task| task.end.is_none()).count();
        let mut open = Vec::new();
        if open_questions > 0 {
            open.push(format!("{open_questions} questions are open"));
        }
        if open_tasks > 0 {
            open.push(format!("{open_tasks} tasks are open"));
        }
        let ended = questions.filter_map(|question| question.end.as_ref()).map(|end| end.stamp.entry);
        let entries: Vec<u64> = ended.chain(tasks.filter_map(|task| Some(task.end.as_ref()?.stamp.entry))).collect();
        match (open.is_empty(), entries.is_empty()) {
            (true, false) => Found::Proven(entries),
            // Nothing was asked and nothing was planned: that shows nothing.
            (true, true) => missing("no question was asked and no task was set"),
            (false, none) => Found::Missing(open, !none),
        }
    }

    fn lessons(&self, good: impl Fn(&Lesson) -> bool, what: &str) -> Found {
        let lessons = &self.work.review.lessons;
        if lessons.is_empty() {
            return missing("no lesson was found");
        }
        let open = lessons.iter().filter(|lesson| !good(lesson)).map(|lesson| format!("lesson {}", lesson.id));
        let entries = lessons.iter().filter(|lesson| good(lesson)).map(|lesson| lesson.stamp.entry).collect();
        each_of(what, &open.collect::<Vec<_>>(), entries)
    }

    fn reports(&self) -> Found {
        if let Some(damaged) = self.work.evidence.damaged() {
            return Found::Missing(vec![format!("evidence {} is not what was sealed", damaged.id)], true);
        }
        let entries: Vec<u64> = self.work.review.reports.iter().map(|report| report.stamp.entry).collect();
        if entries.is_empty() { missing("no report was issued") } else { Found::Proven(entries) }
    }

    /// What lessons change, or a person who says that nothing has to.
    fn changed(&self, targets: &[Target], said: Option<u64>, what: &str) -> Found {
        let of_target = |lesson: &&Lesson| targets.contains(&lesson.target);
        let lessons: Vec<&Lesson> = self.work.review.lessons.iter().filter(of_target).collect();
        let open = lessons.iter().filter(|lesson| lesson.end.is_none());
        let open: Vec<String> = open.map(|lesson| format!("lesson {}", lesson.id)).collect();
        let ended = lessons.iter().filter_map(|lesson| Some(lesson.end.as_ref()?.stamp.entry));
        let entries: Vec<u64> = ended.chain(said).collect();
        if entries.is_empty() && open.is_empty() {
            return missing(&format!("no lesson changes a {what}, and nobody said that none has to"));
        }
        each_of("is not closed", &open, entries)
    }
}

/// Whether something of this kind has a memory that is lost when it is contained.
fn has_memory(entity: &EntityName) -> bool {
    use quell_model::EntityKind::{Container, Host, Process};
    matches!(entity.kind, Host | Container | Process)
}

fn entry(stamp: Option<&Stamp>) -> Option<u64> {
    stamp.map(|stamp| stamp.entry)
}

fn one(entry: Option<u64>, what: &str) -> Found {
    entry.map_or_else(|| missing(what), |entry| Found::Proven(vec![entry]))
}

fn missing(what: &str) -> Found {
    Found::Missing(vec![what.to_owned()], false)
}

/// Proven if nothing is open; else the first names, and how many more.
fn each_of(what: &str, open: &[String], entries: Vec<u64>) -> Found {
    if open.is_empty() {
        return Found::Proven(entries);
    }
    let mut missing: Vec<String> = open.iter().take(NAMED_MAX).map(|name| format!("{name} {what}")).collect();
    if open.len() > NAMED_MAX {
        missing.push(format!("{} more", open.len() - NAMED_MAX));
    }
    Found::Missing(missing, !entries.is_empty())
}
