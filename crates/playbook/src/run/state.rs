//! A run as it stands: a fold over its facts. Tokens stand where the run is; a branch has a token of its own, and its parent waits
//! until it has come to its end.

use std::collections::{BTreeMap, BTreeSet};

use quell_model::{IncidentId, Timestamp, UserId};
use serde::Serialize;
use serde_json::Value;

use super::fact::{Call, Outcome, RunFact, Wait};
use super::plan::{Plan, Step, StepWork};

/// A run.
#[derive(Debug, Clone)]
pub struct Run {
    /// What is run.
    pub plan: Plan,
    /// For which incident.
    pub incident: IncidentId,
    /// Whether nothing outside of Quell is touched.
    pub simulated: bool,
    /// Ids of the playbooks that called it, the outermost first.
    pub callers: Vec<String>,
    /// Variables of the playbook, as they are now.
    pub variables: BTreeMap<String, String>,
    /// Where it is, by token.
    pub tokens: BTreeMap<u64, Token>,
    /// Everything that it changed, by the number of the entry that intended it.
    pub effects: BTreeMap<u64, Effect>,
    /// Every step that ended, in order.
    pub done: Vec<Done>,
    /// Why it does not go on for now.
    pub paused: Option<String>,
    /// How it ended.
    pub ended: Option<Ended>,
    /// The next token.
    next_token: u64,
}

/// A place of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// The token of the branching step that waits for it.
    pub parent: Option<u64>,
    /// The step that it stands at.
    pub step: String,
    /// How far that is.
    pub stage: Stage,
}

/// How far a step is.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    /// It has not begun.
    Ready,
    /// It began, and is to be done from this time on.
    Begun {
        /// When it began.
        at: Timestamp,
        /// After its delay.
        due_at: Timestamp,
    },
    /// It waits for people.
    Waiting {
        /// When it began.
        at: Timestamp,
        /// For what.
        wait: Wait,
        /// Who agreed so far.
        approved: BTreeSet<UserId>,
    },
    /// It waits for its branches.
    Branched,
    /// It changes something.
    Acting {
        /// When it began.
        at: Timestamp,
        /// Number of the entry that intended it.
        effect: u64,
    },
}

/// Something that a run changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Effect {
    /// By which step.
    pub step: String,
    /// What was done.
    pub call: Call,
    /// How the target was before.
    pub captured: Value,
    /// How it was after.
    pub applied: Option<Value>,
    /// What was seen from outside.
    pub verified: Option<String>,
    /// When it is taken back by itself.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub expires_at: Option<Timestamp>,
    /// How far taking it back is.
    pub undo: Undo,
}

/// How far taking something back is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Undo {
    /// Nobody asked for it.
    No,
    /// It is to be taken back.
    Asked {
        /// Why.
        reason: String,
    },
    /// It was, and that was seen from outside.
    Done {
        /// What was seen.
        observed: String,
    },
    /// It cannot be, as things stand.
    Stopped {
        /// Why.
        reason: String,
    },
}

/// A step that ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Done {
    /// Which.
    pub step: String,
    /// Its name.
    pub name: String,
    /// When.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    /// How.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "how")]
pub enum Ended {
    /// It came to its end.
    Completed,
    /// Something failed, and the playbook says what to do then.
    Handled,
    /// Something failed, and the playbook does not say what to do then.
    Failed,
    /// A person ended it.
    Cancelled {
        /// Why.
        reason: String,
    },
}

impl Run {
    /// The run after its first fact; none if that is not its beginning, or its document cannot be run.
    #[must_use]
    pub fn begin(fact: &RunFact) -> Option<Run> {
        let RunFact::Begun { document, incident, variables, simulated, callers } = fact else { return None };
        let plan = Plan::of(&crate::Document::of(document.clone()).ok()?).ok()?;
        let declared = plan.variables.iter().filter_map(|(name, one)| Some((name.clone(), one.value.clone()?)));
        let mut all: BTreeMap<String, String> = declared.collect();
        let given = |name: &String| plan.variables.get(name).is_some_and(|one| one.external || !one.constant);
        all.extend(variables.iter().filter(|(name, _)| given(name)).map(|(name, value)| (name.clone(), value.clone())));
        let token = Token { parent: None, step: plan.start.clone(), stage: Stage::Ready };
        Some(Run {
            plan,
            incident: incident.clone(),
            simulated: *simulated,
            callers: callers.clone(),
            variables: all,
            tokens: BTreeMap::from([(1, token)]),
            effects: BTreeMap::new(),
            done: Vec::new(),
            paused: None,
            ended: None,
            next_token: 2,
        })
    }

    /// Takes the next fact: number of its entry, its time, what it says.
    pub fn apply(&mut self, entry: u64, at: Timestamp, fact: RunFact) {
        match fact {
            RunFact::Begun { .. } => {}
            RunFact::StepBegun { token, due_at, .. } => self.stage(token, Stage::Begun { at, due_at }),
            RunFact::StepWaits { token, wait } => {
                let at = self.begun_at(token).unwrap_or(at);
                self.stage(token, Stage::Waiting { at, wait, approved: BTreeSet::new() });
            }
            RunFact::Approved { token, rendered: agreed, by } => {
                if let Some(Stage::Waiting { wait: Wait::Approval { rendered, .. }, approved, .. }) =
                    self.tokens.get_mut(&token).map(|token| &mut token.stage)
                    && *rendered == agreed
                {
                    approved.insert(by);
                }
            }
            RunFact::Intended { token, call, captured, expires_at } => {
                let step = self.tokens.get(&token).map(|token| token.step.clone()).unwrap_or_default();
                let at = self.begun_at(token).unwrap_or(at);
                self.stage(token, Stage::Acting { at, effect: entry });
                let (applied, verified, undo) = (None, None, Undo::No);
                self.effects.insert(entry, Effect { step, call, captured, applied, verified, expires_at, undo });
            }
            RunFact::Applied { effect, applied } => self.effect(effect, |effect| effect.applied = Some(applied)),
            RunFact::Verified { effect, observed } => self.effect(effect, |effect| effect.verified = Some(observed)),
            RunFact::UndoAsked { effect, reason } => self.effect(effect, |effect| effect.undo = Undo::Asked { reason }),
            RunFact::Undone { effect, observed } => self.effect(effect, |effect| effect.undo = Undo::Done { observed }),
            RunFact::UndoStopped { effect, reason } => {
                self.effect(effect, |effect| effect.undo = Undo::Stopped { reason });
            }
            RunFact::StepEnded { token, outcome, variables } => self.end_step(token, at, outcome, variables),
            RunFact::Paused { reason } => self.paused = Some(reason),
            RunFact::Resumed => self.paused = None,
            RunFact::Cancelled { reason } => {
                self.tokens.clear();
                self.ended = Some(Ended::Cancelled { reason });
            }
        }
    }

    /// A step of the plan. Tokens stand at steps that are there.
    #[must_use]
    pub fn step(&self, token: &Token) -> Option<&Step> {
        self.plan.steps.get(&token.step)
    }

    /// A variable as a step sees it: its own before that of the playbook.
    #[must_use]
    pub fn variable(&self, step: &Step, name: &str) -> Option<String> {
        if let Some(own) = step.variables.get(name) {
            return own.value.clone();
        }
        self.variables.get(name).cloned()
    }

    /// What a person is asked for who does a step; none if it is no action.
    #[must_use]
    pub fn by_hand(&self, step: &Step) -> Option<Wait> {
        let StepWork::Action { out_args, .. } = &step.work else { return None };
        Some(Wait::Person { commands: self.told(step), asks: out_args.clone() })
    }

    /// What a person is told; variables that have no value yet stay names.
    pub(super) fn told(&self, step: &Step) -> Vec<String> {
        let StepWork::Action { commands, .. } = &step.work else { return Vec::new() };
        commands.iter().map(|text| self.rendered(step, text).unwrap_or_else(|_| text.clone())).collect()
    }

    /// A text with its variables filled in; the name of one that has no value, if there is one.
    ///
    /// # Errors
    /// A variable has no value.
    pub fn rendered(&self, step: &Step, text: &str) -> Result<String, String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("__") {
            out.push_str(&rest[..at]);
            let found = rest[at + 2..].find("__:value");
            let Some(end) = found.filter(|end| is_name(&rest[at + 2..at + 2 + end])) else {
                out.push_str("__");
                rest = &rest[at + 2..];
                continue;
            };
            let name = &rest[at..at + 2 + end + 2];
            match self.variable(step, name) {
                // What a variable holds is never looked at for further variables.
                Some(value) => out.push_str(&value),
                None => return Err(name.to_owned()),
            }
            rest = &rest[at + 2 + end + "__:value".len()..];
        }
        out.push_str(rest);
        Ok(out)
    }

    fn stage(&mut self, token: u64, stage: Stage) {
        if let Some(token) = self.tokens.get_mut(&token) {
            token.stage = stage;
        }
    }

    fn effect(&mut self, effect: u64, change: impl FnOnce(&mut Effect)) {
        if let Some(effect) = self.effects.get_mut(&effect) {
            change(effect);
        }
    }

    /// When the step began at which a token stands.
    #[must_use]
    pub fn begun_at(&self, token: u64) -> Option<Timestamp> {
        match self.tokens.get(&token)?.stage {
            Stage::Begun { at, .. } | Stage::Waiting { at, .. } | Stage::Acting { at, .. } => Some(at),
            Stage::Ready | Stage::Branched => None,
        }
    }

    fn end_step(&mut self, id: u64, at: Timestamp, outcome: Outcome, variables: BTreeMap<String, String>) {
        let Some(token) = self.tokens.get(&id).cloned() else { return };
        let Some(step) = self.step(&token).cloned() else { return };
        let kept = |name: &String| self.plan.variables.get(name).is_some_and(|declared| !declared.constant);
        let kept: Vec<(String, String)> = variables.into_iter().filter(|(name, _)| kept(name)).collect();
        self.variables.extend(kept);
        self.done.push(Done { step: token.step.clone(), name: step.name.clone(), at, outcome: outcome.clone() });
        if let Outcome::Failure { .. } = outcome {
            return self.fail(id, &step);
        }
        match self.branches(&step) {
            Some(branches) if token.stage != Stage::Branched && !branches.is_empty() => self.branch(id, branches),
            _ => self.go_on(id, step.on_success.or(step.on_completion)),
        }
    }

    /// Branches that a step begins now; none if it has none.
    fn branches(&self, step: &Step) -> Option<Vec<String>> {
        match &step.work {
            StepWork::Parallel(branches) => Some(branches.clone()),
            StepWork::If { on_true, on_false, .. } => {
                Some(if self.holds(step) { vec![on_true.clone()] } else { on_false.clone().into_iter().collect() })
            }
            StepWork::While { on_true, .. } => Some(if self.holds(step) { vec![on_true.clone()] } else { Vec::new() }),
            StepWork::Switch { variable, cases } => {
                let value = self.variable(step, variable).unwrap_or_default();
                Some(cases.get(&value).or_else(|| cases.get("default")).cloned().into_iter().collect())
            }
            _ => None,
        }
    }

    /// Whether the condition of a step holds; the decider lets none end as a success of which that cannot be said.
    fn holds(&self, step: &Step) -> bool {
        super::decide::condition(self, step).is_some_and(|held| held.unwrap_or(false))
    }

    fn branch(&mut self, id: u64, branches: Vec<String>) {
        self.stage(id, Stage::Branched);
        for step in branches {
            let token = Token { parent: Some(id), step, stage: Stage::Ready };
            self.tokens.insert(self.next_token, token);
            self.next_token += 1;
        }
    }

    /// The token goes to the next step; without one its branch is over.
    fn go_on(&mut self, id: u64, next: Option<String>) {
        if let Some(next) = next {
            if let Some(token) = self.tokens.get_mut(&id) {
                (token.step, token.stage) = (next, Stage::Ready);
            }
            return;
        }
        let Some(token) = self.tokens.remove(&id) else { return };
        let Some(parent) = token.parent else {
            let failed = self.ended_by_exception();
            self.ended = Some(if failed { Ended::Handled } else { Ended::Completed });
            self.tokens.clear();
            return;
        };
        if self.tokens.values().any(|other| other.parent == Some(parent)) {
            return;
        }
        let Some(waiting) = self.tokens.get(&parent).cloned() else { return };
        let Some(step) = self.step(&waiting).cloned() else { return };
        // A loop looks at its condition again; everything else is done.
        if matches!(step.work, StepWork::While { .. }) {
            self.stage(parent, Stage::Ready);
        } else {
            self.go_on(parent, step.on_success.or(step.on_completion));
        }
    }

    fn ended_by_exception(&self) -> bool {
        self.done.iter().any(|done| matches!(done.outcome, Outcome::Failure { .. }))
            && self
                .plan
                .exception
                .as_ref()
                .is_some_and(|exception| self.done.iter().any(|done| done.step == *exception))
    }

    /// A failure goes where the step says, else where the playbook says, else it ends the run. What was changed stays: whether
    /// containment is taken back is decided by people.
    fn fail(&mut self, id: u64, step: &Step) {
        if let Some(next) = &step.on_failure {
            return self.go_on(id, Some(next.clone()));
        }
        self.tokens.clear();
        let in_exception = self.ended_by_exception();
        match self.plan.exception.clone().filter(|_| !in_exception) {
            Some(exception) => {
                let token = Token { parent: None, step: exception, stage: Stage::Ready };
                self.tokens.insert(self.next_token, token);
                self.next_token += 1;
            }
            None => self.ended = Some(Ended::Failed),
        }
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}
