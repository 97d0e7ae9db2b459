//! Playbooks that somebody is writing: what is wrong with one, how it would go. Nothing is kept, and nothing outside is touched.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::http::Method;
use axum::routing::post;
use quell_model::Right;
use quell_playbook::author;
use quell_playbook::run::{Plan, Rehearsed, Script, rehearse};
use quell_playbook::validate::{Finding, Grade, examine};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::params::short;
use crate::App;
use crate::http::{Access, ApiError, Json, Route};

/// What is wrong with a document is said so many times.
const FINDINGS_MAX: usize = 200;
/// Characters of a text.
const TEXT_CHARS_MAX: usize = 200_000;

pub(super) fn routes() -> Vec<Route> {
    let read = Access::Needs(Right::IncidentsRead);
    vec![
        Route::api(Method::POST, "/api/v1/playbooks/check", read, || post(check)),
        Route::api(Method::POST, "/api/v1/playbooks/rehearsal", read, || post(play)),
    ]
}

/// A playbook as it is written: YAML for authors, or JSON.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Draft {
    /// The text.
    #[schema(max_length = 200000)]
    text: String,
}

/// What a text is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Examined {
    /// The CACAO v2.0 document; null if the text is none.
    #[schema(value_type = Option<Object>)]
    document: Option<Value>,
    /// The same in YAML for authors.
    yaml: Option<String>,
    /// What is wrong, errors first; at most 200.
    findings: Vec<Finding>,
    /// Actions that it calls and that there is no target for here.
    by_hand: BTreeSet<String>,
}

/// A playbook to be played through.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Play {
    /// The text.
    #[schema(max_length = 200000)]
    text: String,
    /// Values of variables; of more than one the last stays.
    #[serde(default)]
    answers: BTreeMap<String, Vec<String>>,
    /// Names of steps that fail.
    #[serde(default)]
    failing: BTreeSet<String>,
}

/// Says what is wrong with a playbook.
#[utoipa::path(post, path = "/api/v1/playbooks/check", tag = "playbooks", request_body = Draft,
    responses((status = 200, body = Examined)))]
pub(crate) async fn check(State(app): State<App>, Json(draft): Json<Draft>) -> Result<Json<Examined>, ApiError> {
    short([("text", Some(&draft.text), TEXT_CHARS_MAX)])?;
    let document = match author::read(&draft.text) {
        Ok(document) => document,
        Err(error) => return Ok(Json(Examined::unreadable(error.to_string()))),
    };
    let plan = Plan::of(&document);
    let calls = plan.iter().flat_map(|plan| plan.steps.values()).filter_map(|step| step.ours.action.as_ref());
    let by_hand = calls.filter(|action| app.actions.get(action).is_none() && !crate::response::case::is_ours(action));
    let mut findings = examine(&document);
    findings.truncate(FINDINGS_MAX);
    Ok(Json(Examined {
        by_hand: by_hand.cloned().collect(),
        findings,
        yaml: Some(author::to_yaml(&document)),
        document: Some(Value::Object(document.members().clone())),
    }))
}

impl Examined {
    fn unreadable(message: String) -> Examined {
        let finding = Finding { rule: "unreadable", at: String::new(), message, grade: Grade::Error };
        Examined { document: None, yaml: None, findings: vec![finding], by_hand: BTreeSet::new() }
    }
}

/// Plays a playbook through: every action answers as if it had been done, people answer what is given, time passes in a moment.
#[utoipa::path(post, path = "/api/v1/playbooks/rehearsal", tag = "playbooks", request_body = Play,
    responses((status = 200, body = Rehearsed)))]
pub(crate) async fn play(State(app): State<App>, Json(play): Json<Play>) -> Result<Json<Rehearsed>, ApiError> {
    short([("text", Some(&play.text), TEXT_CHARS_MAX)])?;
    let document = author::read(&play.text).map_err(|error| ApiError::Unprocessable(error.to_string()))?;
    let script = Script { answers: play.answers, failing: play.failing };
    let now = app.clock.now();
    // It may go through thousands of rounds.
    let played = tokio::task::spawn_blocking(move || rehearse(&document, &script, now)).await;
    let played = played.map_err(|error| ApiError::Internal(error.to_string()))?;
    played.map(Json).map_err(|error| ApiError::Unprocessable(format!("at {}: {}", error.at, error.what)))
}
