//! What nearly all actions are: something of a target that has a value, is given another, and is given the old one back.
//!
//! A target is described by how it is read, what it should be, how it is put, and how one looks from outside. Everything that
//! [`Containing`] asks for follows from these four, so that no action can undo something else than it did.

use std::sync::Arc;

use quell_model::action::{Acted, ActionError, ActionSpec, Actions, Containing, With};
use serde_json::Value;

/// Something of a target that has a value.
pub(super) trait Setting: Send + Sync + 'static {
    /// What the action is.
    fn spec(&self) -> &ActionSpec;

    /// The value now. Changes nothing.
    fn read(&self, with: &With) -> impl Future<Output = Result<Value, ActionError>> + Send;

    /// The value that the action gives it, if this is the one it had.
    fn wanted(&self, with: &With, was: &Value) -> Value;

    /// Gives it a value: the wanted one, or the one it had. Done twice it is as if it were done once.
    fn put(&self, with: &With, to: &Value) -> impl Future<Output = Result<(), ActionError>> + Send;

    /// Looks from outside whether the target does what it says of itself.
    fn look(&self, with: &With, expected: &Value) -> impl Future<Output = Result<Look, ActionError>> + Send {
        let _ = (with, expected);
        std::future::ready(Ok(Look::None))
    }

    /// Whether it could be put, with everything that the target can check by itself. Changes nothing.
    fn check(&self, with: &With) -> impl Future<Output = Result<String, ActionError>> + Send {
        async { self.read(with).await.map(|now| format!("now {}", told(&now))) }
    }
}

/// What was seen from outside.
pub(super) enum Look {
    /// Nobody looked: the target was only asked.
    None,
    /// The target does what it says, or nothing speaks against it.
    Fits(String),
    /// It does not.
    Contradicts(String),
}

/// Adds an action that puts a setting.
pub(super) fn hold(setting: impl Setting, actions: &mut Actions) {
    actions.contain(Arc::new(Held(setting)));
}

struct Held<S>(S);

impl<S: Setting> Held<S> {
    async fn seen(&self, with: &With, expected: &Value) -> Result<String, ActionError> {
        let now = self.0.read(with).await?;
        if now != *expected {
            return Err(ActionError::Refused(format!("it should be {}, and is {}", told(expected), told(&now))));
        }
        match self.0.look(with, expected).await? {
            Look::None => Ok(format!("{}; read back, not looked at from outside", told(&now))),
            Look::Fits(seen) => Ok(format!("{}; {seen}", told(&now))),
            Look::Contradicts(seen) => Err(ActionError::Refused(format!("{}, but {seen}", told(&now)))),
        }
    }
}

impl<S: Setting> Containing for Held<S> {
    fn spec(&self) -> &ActionSpec {
        self.0.spec()
    }

    fn check(&self, with: &With) -> Acted<'_, String> {
        let with = with.clone();
        Box::pin(async move { self.0.check(&with).await })
    }

    fn capture(&self, with: &With) -> Acted<'_, Value> {
        let with = with.clone();
        Box::pin(async move { self.0.read(&with).await })
    }

    fn wanted(&self, with: &With, captured: &Value) -> Value {
        self.0.wanted(with, captured)
    }

    fn apply(&self, with: &With, captured: &Value) -> Acted<'_, ()> {
        let (with, to) = (with.clone(), self.0.wanted(with, captured));
        Box::pin(async move { self.0.put(&with, &to).await })
    }

    fn verify(&self, with: &With, captured: &Value) -> Acted<'_, String> {
        let (with, expected) = (with.clone(), self.0.wanted(with, captured));
        Box::pin(async move { self.seen(&with, &expected).await })
    }

    fn undo(&self, with: &With, captured: &Value) -> Acted<'_, ()> {
        let (with, to) = (with.clone(), captured.clone());
        Box::pin(async move { self.0.put(&with, &to).await })
    }

    fn verify_undone(&self, with: &With, captured: &Value) -> Acted<'_, String> {
        let (with, expected) = (with.clone(), captured.clone());
        Box::pin(async move { self.seen(&with, &expected).await })
    }
}

/// A value in words: `locked: true`.
fn told(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let words: Vec<String> = fields.iter().map(|(name, value)| format!("{name}: {}", told(value))).collect();
            words.join(", ")
        }
        Value::Array(all) if all.is_empty() => "none".to_owned(),
        Value::Array(all) if all.iter().any(Value::is_object) || all.len() > 4 => format!("{} of them", all.len()),
        Value::Array(all) => all.iter().map(told).collect::<Vec<_>>().join(" "),
        Value::String(text) => text.clone(),
        Value::Null => "nothing".to_owned(),
        other => other.to_string(),
    }
}
