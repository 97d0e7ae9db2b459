//! Actions on what is outside: the port to targets, by what can be undone.
//!
//! What contains can be undone by construction (invariant 8): a [`Containing`] action cannot exist without capture, apply, verify,
//! undo, and a look from outside after the undo. What cannot be undone is a [`Plain`] action of kind [`ActionKind::Eradicate`].

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use crate::EntityKind;
use crate::handbook::Volatility;
use crate::ports::Answer;

/// Parameters of an action, by name. They come from logs and people: never part of a command line without being quoted.
pub type With = BTreeMap<String, String>;

/// What kind of change an action is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// It changes nothing outside of Quell.
    Read,
    /// It can be undone.
    Contain,
    /// It cannot be undone.
    Eradicate,
    /// It brings something back.
    Recover,
}

/// What one use of an action can cut off at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Blast {
    /// Nothing: it only looks.
    Nothing,
    /// A file, a process, a message, a key.
    Item,
    /// Whoever uses one account.
    Account,
    /// One machine.
    Host,
    /// Whoever uses one service, address or name.
    Service,
    /// Everybody in a network or an organisation.
    Network,
}

/// What an action is, for people and for checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ActionSpec {
    /// Name in playbooks, such as `net.block_address`.
    pub id: &'static str,
    /// One line.
    pub title: &'static str,
    /// What kind of change it is.
    pub kind: ActionKind,
    /// Parameters that it needs.
    pub needs: &'static [&'static str],
    /// What it is called in MITRE D3FEND; empty if nothing there fits.
    pub d3fend: &'static str,
    /// What it is called in RE&CT, such as `RA3101`. The undo of `RA3101` is `RA5101`.
    pub react: &'static [&'static str],
    /// What one use can cut off at most.
    pub blast: Blast,
    /// Rights that it needs on the target.
    pub rights: &'static str,
}

/// Why an action does not do what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActionError {
    /// A parameter is missing, or is none that fits.
    #[error("{0}")]
    Unfit(String),
    /// Quell cannot do it to this one: the target does not know it, there is no way to it, or it would not be held. People may.
    #[error("{0}")]
    ByHand(String),
    /// The target cannot be reached now; it can be tried again.
    #[error("the target cannot be reached: {0}")]
    Unavailable(String),
    /// The target refuses, or does not do what it was asked.
    #[error("the target refuses: {0}")]
    Refused(String),
    /// The target is not as it was left: somebody else changed it.
    #[error("the target is not as it was left: {0}")]
    Drifted(String),
}

/// What an action answers.
pub type Acted<'a, T> = Answer<'a, Result<T, ActionError>>;

/// An action that contains, and can be undone. Values describe the target, so that they can be compared.
pub trait Containing: Send + Sync {
    /// What it is.
    fn spec(&self) -> &ActionSpec;
    /// Whether it could be done now, with everything that the target itself can check. Changes nothing.
    fn check(&self, with: &With) -> Acted<'_, String>;
    /// How the target is now, as far as this action changes it.
    fn capture(&self, with: &With) -> Acted<'_, Value>;
    /// How the target should be after the change, given how it was.
    fn wanted(&self, with: &With, captured: &Value) -> Value;
    /// Makes the change. Made twice, it is as if it were made once.
    fn apply(&self, with: &With, captured: &Value) -> Acted<'_, ()>;
    /// Looks from outside whether the change is in force; what was seen.
    fn verify(&self, with: &With, captured: &Value) -> Acted<'_, String>;
    /// Brings back what was captured.
    fn undo(&self, with: &With, captured: &Value) -> Acted<'_, ()>;
    /// Looks from outside whether the change is no longer in force; what was seen.
    fn verify_undone(&self, with: &With, captured: &Value) -> Acted<'_, String>;
    /// Whether the target cannot be asked how it is. Then the change is made and taken back without comparing, and drift is not seen.
    fn is_blind(&self) -> bool {
        false
    }
}

/// An action that is done and stays done.
pub trait Plain: Send + Sync {
    /// What it is; never of kind [`ActionKind::Contain`].
    fn spec(&self) -> &ActionSpec;
    /// Whether it could be done now. Changes nothing.
    fn check(&self, with: &With) -> Acted<'_, String>;
    /// What tells the target from another of the same name, such as when a process began.
    fn capture(&self, with: &With) -> Acted<'_, Value>;
    /// Whether it was done already: after a crash that is asked before anything is tried again.
    fn is_done(&self, with: &With, captured: &Value) -> Acted<'_, Option<Value>>;
    /// Does it; what came of it.
    fn act(&self, with: &With, captured: &Value) -> Acted<'_, Value>;
}

/// Something that was collected, to be sealed as evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artefact {
    /// Its name, such as `ws-07-processes.txt`.
    pub name: String,
    /// What it is.
    pub description: String,
    /// How quickly its origin would have lost it.
    pub volatility: Volatility,
    /// What it was taken from.
    pub entity: Option<(EntityKind, String)>,
    /// With what it was taken.
    pub tool: String,
    /// What taking it changed there.
    pub changes: Option<String>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What was collected, and what else is said of it: figures that a playbook can keep.
#[derive(Debug, Clone, PartialEq)]
pub struct Collected {
    /// To be sealed.
    pub artefacts: Vec<Artefact>,
    /// An object of what a playbook can keep.
    pub said: Value,
}

/// An action that only looks, and whose findings are evidence.
pub trait Collecting: Send + Sync {
    /// What it is; of kind [`ActionKind::Read`].
    fn spec(&self) -> &ActionSpec;
    /// Whether it could be done now. Changes nothing.
    fn check(&self, with: &With) -> Acted<'_, String>;
    /// Looks.
    fn collect(&self, with: &With) -> Acted<'_, Collected>;
}

/// An action by what can be undone.
#[derive(Clone)]
pub enum Action {
    /// It can be undone.
    Containing(Arc<dyn Containing>),
    /// It cannot.
    Plain(Arc<dyn Plain>),
    /// There is nothing to undo: it collects evidence.
    Collecting(Arc<dyn Collecting>),
}

impl Action {
    /// What it is.
    #[must_use]
    pub fn spec(&self) -> &ActionSpec {
        match self {
            Action::Containing(action) => action.spec(),
            Action::Plain(action) => action.spec(),
            Action::Collecting(action) => action.spec(),
        }
    }
}

/// All actions that there are targets for, by name.
#[derive(Clone, Default)]
pub struct Actions(BTreeMap<&'static str, Action>);

impl Actions {
    /// Adds an action that can be undone; one of the same name is replaced.
    pub fn contain(&mut self, action: Arc<dyn Containing>) {
        self.0.insert(action.spec().id, Action::Containing(action));
    }

    /// Adds one that cannot.
    pub fn plain(&mut self, action: Arc<dyn Plain>) {
        self.0.insert(action.spec().id, Action::Plain(action));
    }

    /// Adds one that collects evidence.
    pub fn collect(&mut self, action: Arc<dyn Collecting>) {
        self.0.insert(action.spec().id, Action::Collecting(action));
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Action> {
        self.0.get(id)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Action> {
        self.0.values()
    }
}

impl std::fmt::Debug for Actions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Whether a target stands somewhere between how it was and how it should be, as a change leaves it that was cut off halfway: each
/// part is as it was or as it should be, and nothing is there that was in neither.
#[must_use]
pub fn is_between(now: &Value, was: &Value, wanted: &Value) -> bool {
    match (now, was, wanted) {
        (Value::Object(now), Value::Object(was), Value::Object(wanted)) => {
            let names = was.keys().chain(wanted.keys()).chain(now.keys());
            let part = |of: &serde_json::Map<String, Value>, name: &str| of.get(name).cloned().unwrap_or_default();
            names.into_iter().all(|name| is_between(&part(now, name), &part(was, name), &part(wanted, name)))
        }
        (Value::Array(now), Value::Array(was), Value::Array(wanted)) => {
            let is_known = |part: &Value| was.contains(part) || wanted.contains(part);
            let stays = |part: &&Value| wanted.contains(part);
            now.iter().all(is_known) && was.iter().filter(stays).all(|part| now.contains(part))
        }
        _ => now == was || now == wanted,
    }
}

/// A parameter.
///
/// # Errors
/// It is missing.
pub fn parameter<'w>(with: &'w With, name: &str) -> Result<&'w str, ActionError> {
    let found = with.get(name).map(String::as_str).filter(|value| !value.trim().is_empty());
    found.ok_or_else(|| ActionError::Unfit(format!("the parameter {name} is missing")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_cut_off_halfway_is_told_from_what_somebody_else_did() {
        let files = |free: &[&str], held: &[&str]| json!({ "in_place": free, "held": held });
        let (was, wanted) = (files(&["a", "b"], &[]), files(&[], &["a", "b"]));
        for (now, is_ours) in [
            (was.clone(), true),
            (wanted.clone(), true),
            (files(&["b"], &["a"]), true),
            // Somewhere on the way, and looked at between taking away and putting there.
            (files(&["b"], &[]), true),
            (files(&["b", "c"], &["a"]), false),
            (files(&["b"], &["a", "c"]), false),
            (json!({ "in_place": ["a", "b"] }), false),
            (json!(null), false),
        ] {
            assert_eq!(is_between(&now, &was, &wanted), is_ours, "{now}");
        }
        let (was, wanted) = (json!({ "in": false, "out": false }), json!({ "in": true, "out": true }));
        assert!(is_between(&json!({ "in": true, "out": false }), &was, &wanted));
        assert!(!is_between(&json!({ "in": "half", "out": false }), &was, &wanted));
        // What should be there before and after is there in between.
        let (was, wanted) = (json!(["keep", "go"]), json!(["keep", "come"]));
        assert!(is_between(&json!(["keep"]), &was, &wanted) && !is_between(&json!(["go"]), &was, &wanted));
    }
}
