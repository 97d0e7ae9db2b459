//! What can happen in a run: the entries of its stream in the ledger. Everything that a run is follows from them.

use std::collections::BTreeMap;

use quell_model::{IncidentId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Something that happened in a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body")]
pub enum RunFact {
    /// It began.
    #[serde(rename = "run.begun")]
    Begun {
        /// The whole playbook: what is run cannot change any more.
        document: Value,
        /// The incident that it is for.
        incident: IncidentId,
        /// Variables that were given.
        variables: BTreeMap<String, String>,
        /// Nothing outside of Quell is touched: every action answers as if it had been done.
        simulated: bool,
        /// Ids of the playbooks that called it, the outermost first.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        callers: Vec<String>,
    },
    /// A step began, at a place of the run.
    #[serde(rename = "run.step_begun")]
    StepBegun {
        /// Where.
        token: u64,
        /// Which.
        step: String,
        /// When it is to be done: after its delay.
        due_at: Timestamp,
    },
    /// A step waits for people.
    #[serde(rename = "run.step_waits")]
    StepWaits {
        /// Where.
        token: u64,
        /// For what.
        wait: Wait,
    },
    /// Somebody agreed to a step, as it was rendered.
    #[serde(rename = "run.approved")]
    Approved {
        /// Where.
        token: u64,
        /// Hash of the rendered step.
        rendered: String,
        /// Who.
        by: UserId,
    },
    /// A step is about to change something. Written before the change.
    #[serde(rename = "run.intended")]
    Intended {
        /// Where.
        token: u64,
        /// What.
        call: Call,
        /// How the target was before.
        captured: Value,
        /// When it is taken back by itself.
        expires_at: Option<Timestamp>,
    },
    /// The change was made.
    #[serde(rename = "run.applied")]
    Applied {
        /// Number of the entry that intended it.
        effect: u64,
        /// What the target is like now.
        applied: Value,
    },
    /// Somebody looked from outside: the change is in force.
    #[serde(rename = "run.verified")]
    Verified {
        /// Number of the entry that intended it.
        effect: u64,
        /// What was seen.
        observed: String,
    },
    /// A change is to be taken back.
    #[serde(rename = "run.undo_asked")]
    UndoAsked {
        /// Number of the entry that intended it.
        effect: u64,
        /// Why.
        reason: String,
    },
    /// A change was taken back, and somebody looked from outside.
    #[serde(rename = "run.undone")]
    Undone {
        /// Number of the entry that intended it.
        effect: u64,
        /// What was seen.
        observed: String,
    },
    /// A change cannot be taken back as things stand: the target is not as it was left.
    #[serde(rename = "run.undo_stopped")]
    UndoStopped {
        /// Number of the entry that intended it.
        effect: u64,
        /// Why.
        reason: String,
    },
    /// A step ended.
    #[serde(rename = "run.step_ended")]
    StepEnded {
        /// Where.
        token: u64,
        /// How.
        outcome: Outcome,
        /// Variables that it set.
        variables: BTreeMap<String, String>,
    },
    /// Somebody stopped the run for now.
    #[serde(rename = "run.paused")]
    Paused {
        /// Why.
        reason: String,
    },
    /// It goes on.
    #[serde(rename = "run.resumed")]
    Resumed,
    /// Somebody ended it. What was done stays done until it is taken back.
    #[serde(rename = "run.cancelled")]
    Cancelled {
        /// Why.
        reason: String,
    },
}

/// What a step waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "for")]
pub enum Wait {
    /// A person does it and says what came of it.
    Person {
        /// What to do, rendered.
        commands: Vec<String>,
        /// Variables that they have to set.
        asks: Vec<String>,
    },
    /// People agree to it.
    Approval {
        /// What it is, rendered.
        call: Call,
        /// Hash of that: another rendering needs another agreement.
        rendered: String,
        /// How many.
        quorum: u64,
        /// The least role.
        from: String,
        /// When the question lapses.
        #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
        expires_at: Timestamp,
    },
    /// Evidence is sealed.
    Evidence {
        /// Classes that are missing.
        classes: Vec<String>,
    },
    /// Another playbook ends.
    Run {
        /// Its run.
        run: String,
        /// Variables that it gives back.
        asks: Vec<String>,
    },
}

/// An action with its parameters, rendered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Call {
    /// Which.
    pub action: String,
    /// With what.
    pub with: BTreeMap<String, String>,
    /// On which entity of the incident, and what it is a step of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<About>,
}

/// What a step does to an entity of the incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = CallAbout))]
pub struct About {
    /// What the entity is, such as `host`.
    pub kind: String,
    /// What it is called.
    pub name: String,
    /// `contain`, `clean` or `restore`.
    pub step: String,
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = StepOutcome))]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Outcome {
    /// It did what it is for.
    Success,
    /// It did not.
    Failure {
        /// Why.
        reason: String,
    },
    /// A person left it out.
    Skipped {
        /// Why.
        reason: String,
    },
}

impl RunFact {
    /// Reads an entry; none if it is none of a run.
    #[must_use]
    pub fn read(kind: &str, body: &Value) -> Option<RunFact> {
        let body = if body.is_null() {
            serde_json::json!({ "kind": kind })
        } else {
            serde_json::json!({ "kind": kind, "body": body })
        };
        serde_json::from_value(body).ok()
    }

    /// Kind and body, as the ledger keeps them.
    #[must_use]
    pub fn parts(&self) -> (String, Value) {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        let kind = value["kind"].as_str().unwrap_or_default().to_owned();
        (kind, value["body"].take())
    }
}
