//! A playbook played through without a server: every action answers as if it had been done, people answer what a script says, and
//! time passes in a moment. It shows the way that answers lead, and where a document stands still. Nothing of it says whether a
//! target would do what it is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use quell_model::{IncidentId, Timestamp, UserId};
use serde::Serialize;
use serde_json::{Value, json};

use super::decide::condition;
use super::{Around, Called, Decision, Ended, Outcome, Plan, PlanError, Run, RunFact, Stage, StepWork, Wait, decide};
use crate::Document;

/// Rounds after which a playbook is taken to go on for ever.
const ROUNDS_MAX: usize = 5_000;
/// What is said of a variable that the script does not know.
const ASSUMED: [(&str, &str); 5] =
    [("bool", "true"), ("integer", "1"), ("long", "1"), ("float", "1"), ("ipv4-addr", "192.0.2.1")];

/// Values that are tried to end a loop.
const TRIED: [&str; 8] = ["0", "1", "10", "100", "true", "false", "none", "done"];

/// What people answer.
#[derive(Debug, Clone, Default)]
pub struct Script {
    /// Values of variables; more than one are given one after the other, the last from then on.
    pub answers: BTreeMap<String, Vec<String>>,
    /// Names of steps that fail.
    pub failing: BTreeSet<String>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Happened {
    /// Minutes since the beginning.
    pub after_minutes: u64,
    /// Name of the step.
    pub step: String,
    /// What.
    pub what: String,
}

/// How it went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rehearsed {
    /// In order.
    pub happened: Vec<Happened>,
    /// How it ended; none if it stands still, or goes on for ever.
    pub ended: Option<Ended>,
    /// Names of actions, conditions and calls that were not reached.
    pub not_reached: Vec<String>,
}

/// Plays a playbook through.
///
/// # Errors
/// It cannot be run.
pub fn rehearse(document: &Document, script: &Script, begin: Timestamp) -> Result<Rehearsed, PlanError> {
    let plan = Plan::of(document)?;
    let mut answers = Answers { script, plan: &plan, given: BTreeMap::new() };
    let asked: Vec<String> = plan.asked().map(|(name, _)| name.clone()).collect();
    let scripted = script.answers.keys().filter(|name| plan.variables.get(*name).is_some_and(|one| one.external));
    let variables = asked.iter().chain(scripted).map(|name| (name.clone(), answers.next(name, None).0)).collect();
    let fact = RunFact::Begun {
        document: document.value(),
        incident: IncidentId::new("inc-rehearsal"),
        variables,
        simulated: false,
        callers: Vec::new(),
    };
    let run = Run::begin(&fact)
        .ok_or_else(|| PlanError { at: String::new(), what: "the document cannot be begun".to_owned() })?;
    let offered = plan.steps.values().filter_map(|step| step.ours.action.clone()).collect();
    let around = Around { offered, ..Around::default() };
    let mut stage = Rehearsal { run, around, now: begin, begin, entry: 1, happened: Vec::new(), answers };
    stage.play();
    let Rehearsal { run, happened, .. } = stage;
    let reached: BTreeSet<&str> = run.done.iter().map(|done| done.step.as_str()).collect();
    let is_work = |step: &super::Step| !matches!(step.work, StepWork::Start | StepWork::End);
    let not_reached = plan.steps.iter().filter(|(id, step)| is_work(step) && !reached.contains(id.as_str()));
    Ok(Rehearsed { happened, ended: run.ended, not_reached: not_reached.map(|(_, step)| step.name.clone()).collect() })
}

struct Answers<'a> {
    script: &'a Script,
    plan: &'a Plan,
    /// How often each was asked for.
    given: BTreeMap<String, usize>,
}

impl Answers<'_> {
    /// The next value of a variable, and whether it was made up: one that ends a loop, from the second time on.
    fn next(&mut self, name: &str, run: Option<&Run>) -> (String, bool) {
        let times = self.given.entry(name.to_owned()).or_default();
        let scripted = self.script.answers.get(name).and_then(|all| all.get(*times).or(all.last()));
        *times += 1;
        if let Some(value) = scripted {
            return (value.clone(), false);
        }
        if *times > 1
            && let Some(value) = run.and_then(|run| ends_a_loop(run, name))
        {
            return (value, true);
        }
        let declared = self.plan.variables.get(name);
        let kind = declared.map_or("string", |one| one.kind.as_str());
        let assumed = ASSUMED.iter().find(|(of, _)| *of == kind).map_or("something", |(_, value)| value);
        let value = declared.and_then(|one| one.value.clone()).filter(|value| !value.is_empty());
        (value.unwrap_or_else(|| assumed.to_owned()), true)
    }
}

/// A value of a variable that makes a condition of a loop false, if one depends on it.
fn ends_a_loop(run: &Run, name: &str) -> Option<String> {
    let loops = run.plan.steps.values().filter(|step| matches!(step.work, StepWork::While { .. }));
    loops.into_iter().find_map(|step| {
        let holds = |value: &str| {
            let mut other = run.clone();
            other.variables.insert(name.to_owned(), value.to_owned());
            condition(&other, step).and_then(Result::ok)
        };
        let depends = TRIED.iter().any(|value| holds(value) == Some(true));
        TRIED.iter().find(|value| depends && holds(value) == Some(false)).map(|value| (*value).to_owned())
    })
}

struct Rehearsal<'a> {
    run: Run,
    around: Around,
    now: Timestamp,
    begin: Timestamp,
    entry: u64,
    happened: Vec<Happened>,
    answers: Answers<'a>,
}

impl Rehearsal<'_> {
    fn play(&mut self) {
        for _ in 0..ROUNDS_MAX {
            if self.run.ended.is_some() {
                return;
            }
            let (decisions, next) = decide(&self.run, &self.around, self.now);
            match (decisions.is_empty(), self.people(), next) {
                (true, false, Some(next)) if next > self.now => self.now = next,
                (true, false, _) => return,
                _ => decisions.into_iter().for_each(|decision| self.perform(decision)),
            }
        }
    }

    fn write(&mut self, fact: RunFact) {
        self.entry += 1;
        self.run.apply(self.entry, self.now, fact);
    }

    fn say(&mut self, token: u64, what: String) {
        let minutes = self.now.duration_since(self.begin).as_secs() / 60;
        let after_minutes = u64::try_from(minutes).unwrap_or_default();
        self.happened.push(Happened { after_minutes, step: self.name(token), what });
    }

    fn name(&self, token: u64) -> String {
        let step = self.run.tokens.get(&token).and_then(|token| self.run.step(token));
        step.map(|step| step.name.clone()).unwrap_or_default()
    }

    fn fails(&self, token: u64) -> bool {
        self.answers.script.failing.contains(&self.name(token))
    }

    fn end(&mut self, token: u64, variables: BTreeMap<String, String>) {
        let outcome = match self.fails(token) {
            true => Outcome::Failure { reason: "the script says so".to_owned() },
            false => Outcome::Success,
        };
        self.write(RunFact::StepEnded { token, outcome, variables });
    }

    fn perform(&mut self, decision: Decision) {
        match decision {
            Decision::Record(fact) => self.write(fact),
            Decision::Capture { token, call, .. } if self.fails(token) => {
                self.say(token, format!("Quell: {} FAILS", call.action));
                self.end(token, BTreeMap::new());
            }
            Decision::Capture { token, call, ttl_minutes } => {
                let with: Vec<String> = call.with.iter().map(|(name, value)| format!("{name} {value}")).collect();
                let holds = ttl_minutes.map_or_else(String::new, |minutes| format!(", for {minutes} min"));
                self.say(token, format!("Quell: {} {}{holds}", call.action, with.join(", ")));
                let expires_at =
                    ttl_minutes.and_then(|minutes| self.now.checked_add(Duration::from_secs(60 * minutes)).ok());
                self.write(RunFact::Intended { token, call, captured: json!("as it was"), expires_at });
            }
            Decision::Apply { effect } => {
                let applied = self.kept(effect);
                self.write(RunFact::Applied { effect, applied });
            }
            Decision::Verify { effect, .. } => {
                self.write(RunFact::Verified { effect, observed: "rehearsed".to_owned() })
            }
            Decision::Undo { effect } => self.write(RunFact::Undone { effect, observed: "rehearsed".to_owned() }),
            Decision::Call { token } => self.call(token),
        }
    }

    /// What an action answers for the variables that its step keeps.
    fn kept(&mut self, effect: u64) -> Value {
        let of = self.run.effects.get(&effect).and_then(|effect| self.run.plan.steps.get(&effect.step));
        let keeps: Vec<(String, String)> =
            of.map(|step| step.ours.keeps.clone().into_iter().collect()).unwrap_or_default();
        let fields =
            keeps.into_iter().map(|(name, field)| (field, Value::from(self.answers.next(&name, Some(&self.run)).0)));
        Value::Object(fields.collect())
    }

    /// Another playbook is taken to come to its end.
    fn call(&mut self, token: u64) {
        let step = self.run.tokens.get(&token).and_then(|token| self.run.step(token));
        let Some(StepWork::Playbook { id, out_args, .. }) = step.map(|step| step.work.clone()) else { return };
        let run = format!("run-{token}");
        let variables: BTreeMap<_, _> =
            out_args.iter().map(|name| (name.clone(), self.answers.next(name, Some(&self.run)).0)).collect();
        self.say(token, format!("calls {id}"));
        let ended = if self.fails(token) { Ended::Failed } else { Ended::Completed };
        self.around.called.insert(run.clone(), Called { ended, variables });
        self.write(RunFact::StepWaits { token, wait: Wait::Run { run, asks: out_args } });
    }

    /// What people do whom steps wait for; whether there was anything.
    fn people(&mut self) -> bool {
        let waits = self.run.tokens.iter().filter_map(|(id, token)| match &token.stage {
            Stage::Waiting { wait, approved, .. } => Some((*id, wait.clone(), approved.len() as u64)),
            _ => None,
        });
        let waits: Vec<(u64, Wait, u64)> = waits.collect();
        let mut did = false;
        for (token, wait, approved) in waits {
            match wait {
                Wait::Person { asks, .. } => {
                    let mut said = Vec::new();
                    let mut variables = BTreeMap::new();
                    for name in asks {
                        let (value, is_assumed) = self.answers.next(&name, Some(&self.run));
                        said.push(format!("{name} = {value}{}", if is_assumed { " (assumed)" } else { "" }));
                        variables.insert(name, value);
                    }
                    let fails = if self.fails(token) { " FAILS" } else { "" };
                    self.say(
                        token,
                        format!("a person{fails}{}{}", if said.is_empty() { "" } else { ": " }, said.join(", ")),
                    );
                    self.end(token, variables);
                }
                Wait::Approval { rendered, quorum, from, .. } if approved < quorum => {
                    self.say(token, format!("{quorum} of role {from} agree"));
                    for number in 0..quorum {
                        let by = UserId::new(format!("usr-{number}"));
                        self.write(RunFact::Approved { token, rendered: rendered.clone(), by });
                    }
                }
                Wait::Evidence { classes } if !classes.iter().all(|class| self.around.sealed.contains(class)) => {
                    self.say(token, format!("evidence is sealed: {}", classes.join(", ")));
                    self.around.sealed.extend(classes);
                }
                _ => continue,
            }
            did = true;
        }
        did
    }
}
