//! What happens next in a run. Pure: the same run at the same time always decides the same, so that another server, or the same one
//! after a crash, goes on where it stopped.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use quell_model::{Timestamp, UserId};
use sha2::{Digest, Sha256};

use super::fact::{About, Call, Outcome, RunFact, Wait};
use super::plan::{Step, StepWork};
use super::state::{Ended, Run, Stage, Token, Undo};
use crate::condition::ConditionError;

/// Most steps of one run: a loop that never ends is ended.
const STEPS_MAX: usize = 10_000;
/// What stands for an action where a person does a step.
pub const BY_HAND: &str = "by_hand";

/// The action that takes back what the run changed to contain.
pub const TAKE_BACK: &str = "case.undo";

/// What is to be done now.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Write this down.
    Record(RunFact),
    /// Read how the target is, then write the intent down.
    Capture {
        /// Where.
        token: u64,
        /// What is going to be done.
        call: Call,
        /// Minutes that it holds.
        ttl_minutes: Option<u64>,
    },
    /// Look at the target, and make the change if it was not made; then write that down.
    Apply {
        /// Number of the entry that intended it.
        effect: u64,
    },
    /// Look from outside whether the change is in force; then write that down.
    Verify {
        /// Where.
        token: u64,
        /// Number of the entry that intended it.
        effect: u64,
    },
    /// Take a change back, look from outside, and write that down.
    Undo {
        /// Number of the entry that intended it.
        effect: u64,
    },
    /// Begin another playbook.
    Call {
        /// Where.
        token: u64,
    },
}

/// What a decision looks at beside the run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Around {
    /// Classes of evidence that are sealed for the incident.
    pub sealed: BTreeSet<String>,
    /// Actions that there is a target for; a person does the others.
    pub offered: BTreeSet<String>,
    /// Runs that this one called and that have ended, by id.
    pub called: BTreeMap<String, Called>,
    /// Owners of what is acted on, for places that wait for one to agree.
    pub owners: BTreeMap<u64, BTreeSet<UserId>>,
}

/// A run that another called, when it has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Called {
    /// How.
    pub ended: Ended,
    /// Its variables.
    pub variables: BTreeMap<String, String>,
}

/// Everything that is to be done now; and when to look again, if something waits for its time.
#[must_use]
pub fn decide(run: &Run, around: &Around, now: Timestamp) -> (Vec<Decision>, Option<Timestamp>) {
    let mut decider = Decider { run, around, now, decisions: Vec::new(), next: None };
    decider.undo();
    if run.ended.is_none() && run.paused.is_none() {
        for (id, token) in &run.tokens {
            decider.token(*id, token);
        }
    }
    (decider.decisions, decider.next)
}

/// Whether the condition of a step holds; none if it has none.
pub(super) fn condition(run: &Run, step: &Step) -> Option<Result<bool, ConditionError>> {
    let (StepWork::If { condition, .. } | StepWork::While { condition, .. }) = &step.work else { return None };
    Some(condition.holds(&|name: &str| {
        let declared = step.variables.get(name).or_else(|| run.plan.variables.get(name))?;
        Some(crate::condition::Variable { kind: declared.kind.clone(), text: run.variable(step, name) })
    }))
}

/// Hash of a step as it was rendered: who agreed to it agreed to this.
#[must_use]
pub fn rendering(run: &Run, step: &str, call: &Call) -> String {
    let text = serde_json::json!([run.plan.digest, step, call]).to_string();
    quell_model::hex::encode(&Sha256::digest(text))
}

struct Decider<'a> {
    run: &'a Run,
    around: &'a Around,
    now: Timestamp,
    decisions: Vec<Decision>,
    next: Option<Timestamp>,
}

impl Decider<'_> {
    fn look_again(&mut self, at: Timestamp) {
        self.next = Some(self.next.map_or(at, |next| next.min(at)));
    }

    fn record(&mut self, fact: RunFact) {
        self.decisions.push(Decision::Record(fact));
    }

    fn end(&mut self, token: u64, outcome: Outcome) {
        self.record(RunFact::StepEnded { token, outcome, variables: BTreeMap::new() });
    }

    /// What was asked to be taken back, and what has held long enough: the latest first, as it stands on what came before.
    fn undo(&mut self) {
        for (id, effect) in self.run.effects.iter().rev() {
            match (&effect.undo, effect.expires_at) {
                (Undo::Asked { .. }, _) => self.decisions.push(Decision::Undo { effect: *id }),
                // What nobody wrote down may be in force all the same.
                (Undo::No, Some(expires_at)) if effect.applied.is_some() || !self.is_under_way(*id) => {
                    if expires_at <= self.now {
                        let reason = "it has held as long as it was to hold".to_owned();
                        self.record(RunFact::UndoAsked { effect: *id, reason });
                    } else {
                        self.look_again(expires_at);
                    }
                }
                _ => {}
            }
        }
    }

    fn is_under_way(&self, effect: u64) -> bool {
        let acts = |token: &Token| matches!(token.stage, Stage::Acting { effect: acting, .. } if acting == effect);
        self.run.paused.is_none() && self.run.tokens.values().any(acts)
    }

    fn token(&mut self, id: u64, token: &Token) {
        let Some(step) = self.run.step(token) else { return };
        if self.run.done.len() >= STEPS_MAX {
            let reason = "the run has had too many steps".to_owned();
            return self.record(RunFact::Cancelled { reason });
        }
        if let Some(reason) = self.timed_out(id, step) {
            return self.end(id, Outcome::Failure { reason });
        }
        match &token.stage {
            Stage::Ready => {
                // Who plays does not wait.
                let delay_ms = if self.run.simulated { 0 } else { step.delay_ms };
                let due_at = later(self.now, Duration::from_millis(delay_ms));
                self.record(RunFact::StepBegun { token: id, step: token.step.clone(), due_at });
            }
            Stage::Begun { due_at, .. } if *due_at > self.now => self.look_again(*due_at),
            Stage::Begun { .. } => self.begin(id, token, step),
            Stage::Waiting { wait, approved, .. } => self.wait(id, token, step, (wait, approved)),
            Stage::Branched => {}
            Stage::Acting { effect, .. } => self.act(id, *effect),
        }
    }

    fn timed_out(&mut self, id: u64, step: &Step) -> Option<String> {
        let begun = self.run.begun_at(id)?;
        let ends = later(begun, Duration::from_millis(step.timeout_ms? + step.delay_ms));
        if ends <= self.now {
            return Some("ACTION_TIMEOUT".to_owned());
        }
        self.look_again(ends);
        None
    }

    /// A step whose time has come.
    fn begin(&mut self, id: u64, token: &Token, step: &Step) {
        match &step.work {
            StepWork::Action { .. } => self.prepare(id, token, step),
            StepWork::Playbook { .. } => self.decisions.push(Decision::Call { token: id }),
            _ => match condition(self.run, step) {
                Some(Err(error)) => self.end(id, Outcome::Failure { reason: error.to_string() }),
                _ => self.end(id, Outcome::Success),
            },
        }
    }

    /// Before something is changed: its parameters are there, evidence is sealed, people have agreed.
    fn prepare(&mut self, id: u64, token: &Token, step: &Step) {
        let call = match self.call(step) {
            Ok(call) => call,
            Err(name) => {
                let reason = format!("the variable {name} has no value");
                return self.end(id, Outcome::Failure { reason });
            }
        };
        let missing: Vec<String> =
            step.ours.evidence.iter().filter(|class| !self.around.sealed.contains(*class)).cloned().collect();
        if !missing.is_empty() {
            return self.record(RunFact::StepWaits { token: id, wait: Wait::Evidence { classes: missing } });
        }
        match &step.ours.approval {
            Some(approval) => {
                let rendered = rendering(self.run, &token.step, &call);
                let expires_at = later(self.now, Duration::from_secs(60 * approval.expires_minutes));
                let (quorum, from) = (approval.quorum, approval.from.clone());
                let wait = Wait::Approval { call, rendered, quorum, from, expires_at };
                self.record(RunFact::StepWaits { token: id, wait });
            }
            None => self.capture(id, step, call),
        }
    }

    /// A person does it.
    fn ask(&mut self, id: u64, step: &Step) {
        if let Some(wait) = self.run.by_hand(step) {
            self.record(RunFact::StepWaits { token: id, wait });
        }
    }

    fn capture(&mut self, id: u64, step: &Step, call: Call) {
        if call.action == TAKE_BACK {
            return self.take_back(id, step, &call);
        }
        let answers = |action: &String| self.run.simulated || self.around.offered.contains(action);
        if !step.ours.action.as_ref().is_some_and(answers) {
            return self.ask(id, step);
        }
        self.decisions.push(Decision::Capture { token: id, call, ttl_minutes: step.ours.ttl_minutes });
    }

    /// Takes back what the run changed to contain, but for actions that are to stay, and ends when all of it is.
    fn take_back(&mut self, id: u64, step: &Step, call: &Call) {
        let stays: Vec<&str> = call.with.get("except").into_iter().flat_map(|all| all.split_whitespace()).collect();
        let contains = |of: &&super::state::Effect| {
            let step = self.run.plan.steps.get(&of.step);
            // What was written into the incident is taken back there.
            let is_outside = !of.call.action.starts_with("case.") && of.call.action != BY_HAND;
            is_outside
                && !stays.contains(&of.call.action.as_str())
                && step.is_some_and(|step| step.ours.phase.as_deref() == Some("contain"))
        };
        let effects: Vec<_> = self.run.effects.iter().filter(|(_, effect)| contains(effect)).collect();
        if let Some(reason) = effects.iter().find_map(|(_, effect)| match &effect.undo {
            Undo::Stopped { reason } => Some(reason.clone()),
            _ => None,
        }) {
            return self.end(id, Outcome::Failure { reason });
        }
        if effects.iter().all(|(_, effect)| matches!(effect.undo, Undo::Done { .. })) {
            return self.end(id, Outcome::Success);
        }
        let open = effects.into_iter().filter(|(_, effect)| effect.undo == Undo::No).map(|(entry, _)| *entry);
        let asked = open.map(|effect| RunFact::UndoAsked { effect, reason: step.name.clone() }).collect::<Vec<_>>();
        asked.into_iter().for_each(|fact| self.record(fact));
    }

    /// What is going to be done, and so agreed to: an action with its parameters, or what a person is told.
    fn call(&self, step: &Step) -> Result<Call, String> {
        let Some(action) = step.ours.action.clone() else {
            let with = BTreeMap::from([("command".to_owned(), self.run.told(step).join("\n"))]);
            return Ok(Call { action: BY_HAND.to_owned(), with, about: None });
        };
        let filled = |(name, text): (&String, &String)| Ok((name.clone(), self.run.rendered(step, text)?));
        let with = step.ours.with.iter().map(filled).collect::<Result<_, String>>()?;
        let about = match (&step.ours.entity, step.ours.entity_step()) {
            (Some((kind, name)), Some(of)) => {
                let name = self.run.rendered(step, name)?;
                Some(About { kind: kind.clone(), name, step: of.to_owned() })
            }
            _ => None,
        };
        Ok(Call { action, with, about })
    }

    fn wait(&mut self, id: u64, token: &Token, step: &Step, (wait, approved): (&Wait, &BTreeSet<UserId>)) {
        match wait {
            Wait::Person { .. } => {}
            Wait::Run { run, asks } => {
                let Some(called) = self.around.called.get(run) else { return };
                let outcome = match &called.ended {
                    Ended::Completed => Outcome::Success,
                    other => {
                        Outcome::Failure { reason: format!("the playbook that it called ended otherwise: {other:?}") }
                    }
                };
                let given = |name: &String| Some((name.clone(), called.variables.get(name)?.clone()));
                let variables = asks.iter().filter_map(given).collect();
                self.record(RunFact::StepEnded { token: id, outcome, variables });
            }
            Wait::Evidence { classes } => {
                if classes.iter().all(|class| self.around.sealed.contains(class)) {
                    self.prepare(id, token, step);
                }
            }
            Wait::Approval { call, quorum, expires_at, .. } => {
                // Who changed what is done since people agreed asks them again.
                if self.call(step).as_ref() != Ok(call) {
                    return self.prepare(id, token, step);
                }
                let owners = self.around.owners.get(&id).filter(|owners| !owners.is_empty());
                let is_owned = owners.is_none_or(|owners| !owners.is_disjoint(approved));
                if approved.len() as u64 >= *quorum && is_owned {
                    return self.capture(id, step, call.clone());
                }
                if *expires_at <= self.now {
                    let reason = "nobody agreed in time".to_owned();
                    return self.end(id, Outcome::Failure { reason });
                }
                self.look_again(*expires_at);
            }
        }
    }

    fn act(&mut self, id: u64, effect: u64) {
        let Some(state) = self.run.effects.get(&effect) else { return };
        if state.undo != Undo::No {
            let reason = "it was taken back before the step had ended".to_owned();
            return self.end(id, Outcome::Failure { reason });
        }
        match (&state.applied, &state.verified) {
            (None, _) => self.decisions.push(Decision::Apply { effect }),
            (Some(_), None) => self.decisions.push(Decision::Verify { token: id, effect }),
            (Some(applied), Some(_)) => {
                let keeps =
                    self.run.tokens.get(&id).and_then(|token| self.run.step(token)).map(|step| &step.ours.keeps);
                let kept = |(name, field): (&String, &String)| Some((name.clone(), shown(applied.get(field)?)));
                let variables = keeps.into_iter().flatten().filter_map(kept).collect();
                self.record(RunFact::StepEnded { token: id, outcome: Outcome::Success, variables });
            }
        }
    }
}

/// A field of a result as the value of a variable.
fn shown(field: &serde_json::Value) -> String {
    field.as_str().map_or_else(|| field.to_string(), str::to_owned)
}

fn later(at: Timestamp, after: Duration) -> Timestamp {
    at.checked_add(after).unwrap_or(at)
}
