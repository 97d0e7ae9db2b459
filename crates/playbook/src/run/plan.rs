//! A document as a plan that can be run: steps by id, with what follows each of them. Made of a document that was validated; what
//! a plan cannot be made of is named.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::condition::Condition;
use crate::{Document, EXTENSION};

/// Why a document cannot be run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {what}")]
pub struct PlanError {
    /// The step, or the member of the playbook.
    pub at: String,
    /// What is wrong.
    pub what: String,
}

/// A playbook that can be run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// SHA-256 of the canonical document.
    pub digest: String,
    /// The first step.
    pub start: String,
    /// Where a failure goes that nobody handles.
    pub exception: Option<String>,
    /// All steps, by id.
    pub steps: BTreeMap<String, Step>,
    /// Variables of the playbook, by name.
    pub variables: BTreeMap<String, Variable>,
}

/// A variable as it is declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// CACAO type.
    pub kind: String,
    /// Its value, if it has one.
    pub value: Option<String>,
    /// Whether a run may change it.
    pub constant: bool,
    /// Whether somebody gives it when a run begins.
    pub external: bool,
    /// What it is.
    pub description: String,
}

/// A step.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its name, for people.
    pub name: String,
    /// What it does.
    pub work: StepWork,
    /// Milliseconds to wait before.
    pub delay_ms: u64,
    /// Milliseconds after which it has failed; none for never.
    pub timeout_ms: Option<u64>,
    /// What follows, whether it succeeds or not.
    pub on_completion: Option<String>,
    /// What follows if it succeeds.
    pub on_success: Option<String>,
    /// What follows if it fails.
    pub on_failure: Option<String>,
    /// Its own variables.
    pub variables: BTreeMap<String, Variable>,
    /// What our extension says about it.
    pub ours: Ours,
}

/// What a step does.
#[derive(Debug, Clone)]
pub enum StepWork {
    /// Begins.
    Start,
    /// Ends a branch, or the run.
    End,
    /// Somebody or something does something.
    Action {
        /// What to do by hand, in order, with variables.
        commands: Vec<String>,
        /// Variables that it gives back.
        out_args: Vec<String>,
    },
    /// Another playbook.
    Playbook {
        /// Which.
        id: String,
        /// Which version; the newest, if none.
        version: Option<String>,
        /// Variables that it is given.
        in_args: Vec<String>,
        /// Variables that it gives back.
        out_args: Vec<String>,
    },
    /// All of these, at the same time.
    Parallel(Vec<String>),
    /// One or the other.
    If {
        /// On what it depends.
        condition: Condition,
        /// If it holds.
        on_true: String,
        /// If it does not.
        on_false: Option<String>,
    },
    /// As long as something holds.
    While {
        /// What.
        condition: Condition,
        /// What is repeated.
        on_true: String,
    },
    /// One of many.
    Switch {
        /// Name of the variable that decides.
        variable: String,
        /// By its value; `default` for any other.
        cases: BTreeMap<String, String>,
    },
}

/// What our extension says about a step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ours {
    /// Phase of incident response.
    pub phase: Option<String>,
    /// Action of Quell; a person does the step, if there is none.
    pub action: Option<String>,
    /// Its parameters, with variables.
    pub with: BTreeMap<String, String>,
    /// Classes of evidence that have to be sealed before.
    pub evidence: Vec<String>,
    /// Who has to agree.
    pub approval: Option<Approval>,
    /// Minutes that it holds.
    pub ttl_minutes: Option<u64>,
    /// Variables from fields of its result.
    pub keeps: BTreeMap<String, String>,
    /// The entity that it contains, cleans or restores: kind, and name with variables.
    pub entity: Option<(String, String)>,
}

impl Ours {
    /// What the step does to its entity, by its phase.
    #[must_use]
    pub fn entity_step(&self) -> Option<&'static str> {
        match self.phase.as_deref() {
            Some("contain") => Some("contain"),
            Some("eradicate") => Some("clean"),
            Some("recover") => Some("restore"),
            _ => None,
        }
    }
}

/// Who has to agree to a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// How many.
    pub quorum: u64,
    /// The least role.
    pub from: String,
    /// Minutes until the question lapses.
    pub expires_minutes: u64,
    /// One of them has to own what is acted on, if somebody is known to.
    pub owner: bool,
}

impl Plan {
    /// The plan of a document.
    ///
    /// # Errors
    /// What it cannot be made of; validation says more.
    pub fn of(document: &Document) -> Result<Plan, PlanError> {
        let members = document.members();
        let wrong = |what: &str| PlanError { at: "playbook".to_owned(), what: what.to_owned() };
        let workflow = members.get("workflow").and_then(Value::as_object).ok_or_else(|| wrong("has no workflow"))?;
        let steps = workflow.iter().map(|(id, value)| Ok((id.clone(), step(id, value)?))).collect::<Result<_, _>>()?;
        let plan = Plan {
            id: document.text("id").to_owned(),
            name: document.text("name").to_owned(),
            digest: document.digest(),
            start: document.text("workflow_start").to_owned(),
            exception: members.get("workflow_exception").and_then(Value::as_str).map(str::to_owned),
            steps,
            variables: variables(members.get("playbook_variables")),
        };
        plan.check()?;
        Ok(plan)
    }

    /// Variables that somebody has to give before a run begins: nothing in it gives them later.
    pub fn asked(&self) -> impl Iterator<Item = (&String, &Variable)> {
        let given_later = |name: &String| {
            self.steps.values().any(|step| {
                let gives = matches!(&step.work, StepWork::Action { out_args, .. } | StepWork::Playbook { out_args, .. }
                    if out_args.contains(name));
                gives || step.ours.keeps.contains_key(name)
            })
        };
        let needed =
            move |(name, one): &(&String, &Variable)| one.external && one.value.is_none() && !given_later(name);
        self.variables.iter().filter(needed)
    }

    /// Everything that a step names is there.
    fn check(&self) -> Result<(), PlanError> {
        let known = |at: &str, id: &str| match self.steps.contains_key(id) {
            true => Ok(()),
            false => Err(PlanError { at: at.to_owned(), what: format!("there is no step {id}") }),
        };
        known("workflow_start", &self.start)?;
        self.exception.iter().try_for_each(|id| known("workflow_exception", id))?;
        for (id, step) in &self.steps {
            step.named().try_for_each(|named| known(id, named))?;
        }
        Ok(())
    }
}

impl Step {
    /// Steps that it names: what is inside of it first, then what follows it.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        let after = [&self.on_completion, &self.on_success, &self.on_failure].into_iter().flatten();
        let inside: Vec<&String> = match &self.work {
            StepWork::Parallel(branches) => branches.iter().collect(),
            StepWork::If { on_true, on_false, .. } => [on_true].into_iter().chain(on_false).collect(),
            StepWork::While { on_true, .. } => vec![on_true],
            StepWork::Switch { cases, .. } => cases.values().collect(),
            _ => Vec::new(),
        };
        inside.into_iter().chain(after).map(String::as_str)
    }
}

fn step(id: &str, value: &Value) -> Result<Step, PlanError> {
    let wrong = |what: String| PlanError { at: id.to_owned(), what };
    let object = value.as_object().ok_or_else(|| wrong("is no object".to_owned()))?;
    let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
    let needed = |name: &str| text(name).ok_or_else(|| wrong(format!("{name} is missing")));
    let condition = || Condition::parse(&needed("condition")?).map_err(|error| wrong(error.to_string()));
    let work = match text("type").as_deref() {
        Some("start") => StepWork::Start,
        Some("end") => StepWork::End,
        Some("action") => StepWork::Action { commands: commands(object), out_args: texts(object.get("out_args")) },
        Some("playbook-action") => StepWork::Playbook {
            id: needed("playbook_id")?,
            version: text("playbook_version"),
            in_args: texts(object.get("in_args")),
            out_args: texts(object.get("out_args")),
        },
        Some("parallel") => StepWork::Parallel(texts(object.get("next_steps"))),
        Some("if-condition") => {
            StepWork::If { condition: condition()?, on_true: needed("on_true")?, on_false: text("on_false") }
        }
        Some("while-condition") => StepWork::While { condition: condition()?, on_true: needed("on_true")? },
        Some("switch-condition") => {
            let variable = needed("switch")?;
            let variable = variable.strip_suffix(":value").unwrap_or(&variable).to_owned();
            StepWork::Switch { variable, cases: pairs(object.get("cases")) }
        }
        other => return Err(wrong(format!("there is no kind of step {}", other.unwrap_or("without a name")))),
    };
    Ok(Step {
        name: text("name").unwrap_or_else(|| id.to_owned()),
        work,
        delay_ms: object.get("delay").and_then(Value::as_u64).unwrap_or_default(),
        timeout_ms: object.get("timeout").and_then(Value::as_u64).filter(|timeout| *timeout > 0),
        on_completion: text("on_completion"),
        on_success: text("on_success"),
        on_failure: text("on_failure"),
        variables: variables(object.get("step_variables")),
        ours: object.get("step_extensions").map(|all| ours(&all[EXTENSION])).unwrap_or_default(),
    })
}

/// What a person reads: the command, or what it says in base64.
fn commands(step: &Map<String, Value>) -> Vec<String> {
    let commands = step.get("commands").and_then(Value::as_array).into_iter().flatten();
    commands.filter_map(|command| command["command"].as_str()).map(str::to_owned).collect()
}

fn ours(value: &Value) -> Ours {
    let approval = value["approval"].as_object().map(|approval| Approval {
        quorum: approval.get("quorum").and_then(Value::as_u64).unwrap_or(1).max(1),
        from: approval.get("from").and_then(Value::as_str).unwrap_or("responder").to_owned(),
        expires_minutes: approval.get("expires_minutes").and_then(Value::as_u64).unwrap_or(24 * 60),
        owner: approval.get("owner").and_then(Value::as_bool).unwrap_or_default(),
    });
    Ours {
        phase: value["phase"].as_str().map(str::to_owned),
        action: value["action"].as_str().map(str::to_owned),
        with: pairs(value.get("with")),
        evidence: texts(value.get("evidence")),
        approval,
        ttl_minutes: value["ttl_minutes"].as_u64(),
        keeps: pairs(value.get("keeps")),
        entity: value["entity"]["kind"]
            .as_str()
            .zip(value["entity"]["name"].as_str())
            .map(|(kind, name)| (kind.to_owned(), name.to_owned())),
    }
}

fn variables(value: Option<&Value>) -> BTreeMap<String, Variable> {
    let all = value.and_then(Value::as_object).into_iter().flatten();
    all.map(|(name, declared)| {
        let flag = |name: &str| declared[name].as_bool().unwrap_or_default();
        let value = match &declared["value"] {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other => Some(other.to_string()),
        };
        let variable = Variable {
            kind: declared["type"].as_str().unwrap_or("string").to_owned(),
            value,
            constant: flag("constant"),
            external: flag("external"),
            description: declared["description"].as_str().unwrap_or_default().to_owned(),
        };
        (name.clone(), variable)
    })
    .collect()
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let all = value.and_then(Value::as_array).into_iter().flatten();
    all.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn pairs(value: Option<&Value>) -> BTreeMap<String, String> {
    let all = value.and_then(Value::as_object).into_iter().flatten();
    all.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}
