//! Playbooks: what there is, what fits an incident, and what a run would do before anything is touched.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::http::Method;
use axum::routing::{get, post};
use quell_model::action::{Action, ActionError, ActionSpec};
use quell_model::{IncidentId, Right};
use quell_playbook::run::{About, Call, Plan, Run, Step, StepWork};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::runs::{begun, story_of, text_of};
use super::work::worked;
use crate::App;
use crate::http::{Access, ApiError, Caller, Json, Route};
use crate::response::{Listed, Proposal, Radius, case, proposals, radius, sealed_classes, spared};

pub(super) fn routes() -> Vec<Route> {
    let read = Access::Needs(Right::IncidentsRead);
    // It starts programs on targets.
    let write = Access::Needs(Right::IncidentsWrite);
    vec![
        Route::api(Method::GET, "/api/v1/playbooks", read, || get(list)),
        Route::api(Method::GET, "/api/v1/playbooks/{name}", read, || get(one)),
        Route::api(Method::GET, "/api/v1/actions", read, || get(actions)),
        Route::api(Method::GET, "/api/v1/incidents/{id}/playbooks", read, || get(fitting)),
        Route::api(Method::POST, "/api/v1/incidents/{id}/runs/preview", write, || post(preview)),
    ]
}

/// A playbook in a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct PlaybookView {
    /// Short name.
    name: String,
    /// CACAO id.
    id: String,
    /// Title.
    title: String,
    /// One line.
    summary: String,
    /// ATT&CK techniques that it is for.
    techniques: Vec<String>,
    /// Actions that it calls.
    actions: Vec<String>,
    /// Those of them that there is no target for: people do them.
    by_hand: Vec<String>,
    /// Variables that somebody has to give, with what they are.
    asks: BTreeMap<String, String>,
}

/// All playbooks.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct PlaybookList {
    /// By id.
    items: Vec<PlaybookView>,
}

/// All playbooks that there are.
#[utoipa::path(get, path = "/api/v1/playbooks", tag = "playbooks", responses((status = 200, body = PlaybookList)))]
pub(crate) async fn list(State(app): State<App>) -> Json<PlaybookList> {
    let mut items: Vec<PlaybookView> = app.playbooks.iter().map(|listed| view(&app, listed)).collect();
    items.sort_by(|a, b| a.name.cmp(&b.name));
    Json(PlaybookList { items })
}

/// A playbook as a CACAO v2.0 document, for any other tool that reads them.
#[utoipa::path(get, path = "/api/v1/playbooks/{name}", tag = "playbooks",
    params(("name" = String, Path, description = "Short name or CACAO id")),
    responses((status = 200, body = Object)))]
pub(crate) async fn one(State(app): State<App>, Path(name): Path<String>) -> Result<Json<Value>, ApiError> {
    let listed = app.playbooks.get(&name).ok_or(ApiError::NotFound("playbook"))?;
    Ok(Json(Value::Object(listed.document.members().clone())))
}

/// Actions.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ActionList {
    /// By name.
    items: Vec<ActionSpec>,
}

/// Actions that there is a target for here; steps that call others are done by people.
#[utoipa::path(get, path = "/api/v1/actions", tag = "playbooks", responses((status = 200, body = ActionList)))]
pub(crate) async fn actions(State(app): State<App>) -> Json<ActionList> {
    Json(ActionList { items: app.actions.iter().map(|action| action.spec().clone()).collect() })
}

/// Playbooks that fit an incident.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ProposalList {
    /// The best first.
    items: Vec<Proposal>,
}

/// Playbooks that fit an incident, why, and what of the incident fills their variables.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/playbooks", tag = "playbooks", params(("id" = String, Path)),
    responses((status = 200, body = ProposalList)))]
pub(crate) async fn fitting(
    State(app): State<App>,
    caller: Caller,
    Path(incident): Path<String>,
) -> Result<Json<ProposalList>, ApiError> {
    let worked = worked(&app, &caller, &incident, None).await?;
    let id = IncidentId::new(&incident);
    let story = story_of(&app, &caller, &id).await?;
    let items = proposals(&app.playbooks, &worked.incident.told, &worked.work, story.as_ref());
    Ok(Json(ProposalList { items }))
}

/// A run of a playbook that somebody asks for.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRun {
    /// Short name or CACAO id of the playbook.
    #[schema(max_length = 100)]
    pub(super) playbook: String,
    /// Values of its variables, by name.
    #[serde(default)]
    pub(super) variables: BTreeMap<String, String>,
    /// Fill other variables from the incident.
    #[serde(default)]
    pub(super) fill: bool,
    /// Only play it: nothing outside of Quell is touched, and every action answers as if it had been done.
    #[serde(default)]
    pub(super) simulated: bool,
}

/// What a step would do.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct PreviewStep {
    /// Id of the step.
    step: String,
    /// Its name.
    name: String,
    /// Phase of incident response.
    phase: Option<String>,
    /// The action with its parameters as they would be, if it calls one and everything that it needs has a value.
    call: Option<Call>,
    /// Variables that it needs and that have no value yet: an earlier step may give them.
    missing: Vec<String>,
    /// Whether a person does it: it calls no action, or there is no target for it.
    by_hand: bool,
    /// What the target says about it now: whether it could be done.
    target: Option<String>,
    /// Whether the target refuses it or cannot be reached.
    refused: bool,
    /// Whether it is so already.
    already: bool,
    /// Classes of evidence that have to be sealed before, and are not.
    evidence_missing: Vec<String>,
    /// How many people have to agree to it.
    approvals: u64,
    /// Minutes after which it is taken back by itself.
    ttl_minutes: Option<u64>,
}

/// What a run would do.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct PreviewView {
    /// Steps that do something, in the order in which they are first reached.
    items: Vec<PreviewStep>,
    /// What the intruder holds, and what the changes that contain would leave of it, if every one of them is made.
    radius: Radius,
}

/// Shows what a run would do, asking every target whether it could be done. Changes nothing.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/runs/preview", tag = "playbooks", params(("id" = String, Path)),
    request_body = NewRun, responses((status = 200, body = PreviewView)))]
pub(crate) async fn preview(
    State(app): State<App>,
    caller: Caller,
    Path(incident): Path<String>,
    Json(new): Json<NewRun>,
) -> Result<Json<PreviewView>, ApiError> {
    let (worked, fact) = begun(&app, &caller, &incident, new).await?;
    let run = Run::begin(&fact).ok_or_else(|| ApiError::Unprocessable("the playbook cannot be run".to_owned()))?;
    let sealed = sealed_classes(&worked);
    let mut items = Vec::new();
    for (id, step) in in_order(&run.plan) {
        let StepWork::Action { .. } = step.work else { continue };
        let mut seen = looked_at(&app, &run, (id, step)).await;
        seen.evidence_missing = step.ours.evidence.iter().filter(|class| !sealed.contains(*class)).cloned().collect();
        items.push(seen);
    }
    let contains = |seen: &&PreviewStep| seen.phase.as_deref() == Some("contain") && !seen.by_hand && !seen.refused;
    let calls: Vec<&Call> = items.iter().filter(contains).filter_map(|seen| seen.call.as_ref()).collect();
    let story = story_of(&app, &caller, &run.incident).await?;
    let holds = (&worked.incident.told, story.as_ref());
    let radius = radius(holds, &app.settings.dependents, calls.into_iter());
    Ok(Json(PreviewView { items, radius }))
}

async fn looked_at(app: &App, run: &Run, (id, step): (&str, &Step)) -> PreviewStep {
    let rendered = |(name, text): (&String, &String)| Ok((name.clone(), run.rendered(step, text)?));
    let parts: Vec<Result<(String, String), String>> = step.ours.with.iter().map(rendered).collect();
    let missing: Vec<String> = parts.iter().filter_map(|part| part.as_ref().err().cloned()).collect();
    let action = step.ours.action.as_ref().filter(|_| missing.is_empty());
    let about = step.ours.entity.as_ref().zip(step.ours.entity_step());
    let about = about.and_then(|((kind, name), of)| {
        Some(About { kind: kind.clone(), name: run.rendered(step, name).ok()?, step: of.to_owned() })
    });
    let call = action.map(|action| Call { action: action.clone(), with: parts.into_iter().flatten().collect(), about });
    let target = step.ours.action.as_ref().and_then(|action| app.actions.get(action));
    let mut seen = PreviewStep {
        step: id.to_owned(),
        name: step.name.clone(),
        phase: step.ours.phase.clone(),
        missing,
        by_hand: target.is_none() && !step.ours.action.as_deref().is_some_and(case::is_ours),
        target: None,
        refused: false,
        already: false,
        evidence_missing: Vec::new(),
        approvals: step.ours.approval.as_ref().map_or(0, |approval| approval.quorum),
        ttl_minutes: step.ours.ttl_minutes,
        call,
    };
    let Some(call) = &seen.call else { return seen };
    let Some(action) = target else {
        if case::is_ours(&call.action) {
            let answer = case::check(app, call);
            seen.refused = answer.is_err();
            seen.target = Some(answer.unwrap_or_else(|error| error.to_string()));
        }
        return seen;
    };
    let answer = match (spared(&app.settings.never_touch, call), action) {
        (Err(error), _) => Err(error),
        (Ok(()), Action::Containing(action)) => {
            let captured = action.capture(&call.with).await;
            seen.already = !action.is_blind() && captured.is_ok_and(|now| now == action.wanted(&call.with, &now));
            action.check(&call.with).await
        }
        (Ok(()), Action::Plain(action)) => action.check(&call.with).await,
        (Ok(()), Action::Collecting(action)) => action.check(&call.with).await,
    };
    seen.refused = !matches!(answer, Ok(_) | Err(ActionError::ByHand(_)));
    seen.target = Some(match answer {
        Ok(answer) => answer,
        Err(ActionError::ByHand(reason)) => format!("{reason}; a person is asked"),
        Err(error) => error.to_string(),
    });
    seen
}

/// Steps in the order in which they are first reached.
fn in_order(plan: &Plan) -> Vec<(&str, &Step)> {
    let mut order: Vec<(&str, &Step)> = Vec::new();
    let mut waiting: Vec<&str> = plan.exception.as_deref().into_iter().chain([plan.start.as_str()]).collect();
    while let Some(id) = waiting.pop() {
        if order.iter().any(|(known, _)| *known == id) {
            continue;
        }
        let Some((id, step)) = plan.steps.get_key_value(id) else { continue };
        order.push((id, step));
        let mut next: Vec<&str> = step.named().collect();
        next.reverse();
        waiting.extend(next);
    }
    order
}

fn view(app: &App, listed: &Listed) -> PlaybookView {
    let ours = listed.ours();
    let mut actions: Vec<String> = listed.plan.steps.values().filter_map(|step| step.ours.action.clone()).collect();
    actions.sort();
    actions.dedup();
    PlaybookView {
        name: listed.slug.clone(),
        id: listed.plan.id.clone(),
        title: listed.plan.name.clone(),
        summary: text_of(&ours["summary"]),
        techniques: ours["techniques"].as_array().into_iter().flatten().map(text_of).collect(),
        by_hand: actions
            .iter()
            .filter(|action| app.actions.get(action).is_none() && !case::is_ours(action))
            .cloned()
            .collect(),
        asks: listed.plan.asked().map(|(name, one)| (name.clone(), one.description.clone())).collect(),
        actions,
    }
}
