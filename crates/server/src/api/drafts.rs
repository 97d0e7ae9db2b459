//! Playbooks that somebody is writing: what is wrong with one, how it would go. Nothing is kept, and nothing outside is touched.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::http::Method;
use axum::routing::post;
use quell_model::Right;
use quell_playbook::run::{Ended, Plan, Rehearsed, Script, rehearse};
use quell_playbook::validate::{Grade, check};
use quell_playbook::{Document, author};
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
        Route::api(Method::POST, "/api/v1/playbooks/check", read, || post(examine)),
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

/// One thing that is wrong.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct FindingView {
    /// Id of the rule.
    rule: String,
    /// Where: a JSON pointer (RFC 6901).
    at: String,
    /// What is wrong and what to do.
    message: String,
    /// Whether it cannot be run as it is; a warning otherwise.
    is_error: bool,
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
    findings: Vec<FindingView>,
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

/// Something that happened.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct HappenedView {
    /// Minutes since the beginning.
    after_minutes: u64,
    /// Name of the step.
    step: String,
    /// What.
    what: String,
}

/// How it went.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Played {
    /// In order.
    happened: Vec<HappenedView>,
    /// How it ended; null if it stands still, or goes on for ever.
    ended: Option<Ended>,
    /// Names of actions, conditions and calls that were not reached.
    not_reached: Vec<String>,
}

/// Says what is wrong with a playbook.
#[utoipa::path(post, path = "/api/v1/playbooks/check", tag = "playbooks", request_body = Draft,
    responses((status = 200, body = Examined)))]
pub(crate) async fn examine(State(app): State<App>, Json(draft): Json<Draft>) -> Result<Json<Examined>, ApiError> {
    short([("text", Some(&draft.text), TEXT_CHARS_MAX)])?;
    let document = match read(&draft.text) {
        Ok(document) => document,
        Err(message) => {
            let finding = FindingView { rule: "unreadable".to_owned(), at: String::new(), message, is_error: true };
            let (document, yaml, by_hand) = (None, None, BTreeSet::new());
            return Ok(Json(Examined { document, yaml, findings: vec![finding], by_hand }));
        }
    };
    let plan = Plan::of(&document);
    let calls = plan.iter().flat_map(|plan| plan.steps.values()).filter_map(|step| step.ours.action.as_ref());
    let by_hand = calls.filter(|action| app.actions.get(action).is_none() && !crate::response::case::is_ours(action));
    Ok(Json(Examined {
        by_hand: by_hand.cloned().collect(),
        findings: findings(&document, plan.as_ref().err().map(|error| (error.at.clone(), error.what.clone()))),
        yaml: Some(author::to_yaml(&document)),
        document: Some(Value::Object(document.members().clone())),
    }))
}

/// Plays a playbook through: every action answers as if it had been done, people answer what is given, time passes in a moment.
#[utoipa::path(post, path = "/api/v1/playbooks/rehearsal", tag = "playbooks", request_body = Play,
    responses((status = 200, body = Played)))]
pub(crate) async fn play(State(app): State<App>, Json(play): Json<Play>) -> Result<Json<Played>, ApiError> {
    short([("text", Some(&play.text), TEXT_CHARS_MAX)])?;
    let document = read(&play.text).map_err(ApiError::Unprocessable)?;
    let script = Script { answers: play.answers, failing: play.failing };
    let now = app.clock.now();
    // It may go through thousands of rounds.
    let played = tokio::task::spawn_blocking(move || rehearse(&document, &script, now)).await;
    let played = played.map_err(|error| ApiError::Internal(error.to_string()))?;
    let Rehearsed { happened, ended, not_reached } =
        played.map_err(|error| ApiError::Unprocessable(format!("at {}: {}", error.at, error.what)))?;
    let happened = happened.into_iter().map(|one| HappenedView {
        after_minutes: one.after_minutes,
        step: one.step,
        what: one.what,
    });
    Ok(Json(Played { happened: happened.collect(), ended, not_reached }))
}

fn read(text: &str) -> Result<Document, String> {
    let read = if text.trim_start().starts_with('{') { Document::from_json(text) } else { author::from_yaml(text) };
    read.map_err(|error| error.to_string())
}

fn findings(document: &Document, cannot_run: Option<(String, String)>) -> Vec<FindingView> {
    let mut all: Vec<FindingView> = check(document)
        .into_iter()
        .map(|found| FindingView {
            rule: found.rule.to_owned(),
            at: found.at,
            message: found.message,
            is_error: found.grade == Grade::Error,
        })
        .collect();
    let cannot_run =
        cannot_run.map(|(at, message)| FindingView { rule: "cannot-be-run".to_owned(), at, message, is_error: true });
    all.extend(cannot_run);
    all.sort_by(|a, b| (!a.is_error, &a.at, &a.rule).cmp(&(!b.is_error, &b.at, &b.rule)));
    all.truncate(FINDINGS_MAX);
    all
}
