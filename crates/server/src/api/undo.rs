//! Changes that are taken back: some of a run, or everything that runs changed lately.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use axum::http::Method;
use axum::routing::post;
use quell_incident::work::Line;
use quell_model::action::ActionKind;
use quell_model::{Right, Timestamp};
use quell_playbook::run::{Effect, RunFact, Undo};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::hand::OVERTAKEN;
use super::runs::{RunView, STEERING_TRIES, append, known};
use crate::App;
use crate::http::{Access, ApiError, Caller, Json, Route};
use crate::hub::Change;
use crate::response::{case, load};

/// Minutes back to which changes are taken back at once: a week.
const UNDO_MINUTES_MAX: u32 = 10_080;

pub(super) fn routes() -> Vec<Route> {
    let (write, lead) = (Access::Needs(Right::IncidentsWrite), Access::Needs(Right::IncidentsLead));
    vec![
        Route::api(Method::POST, "/api/v1/runs/{id}/undo", write, || post(undo)),
        Route::api(Method::POST, "/api/v1/runs/undo", lead, || post(undo_last)),
    ]
}

/// What to take back.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UndoRequest {
    /// Ledger entries that intended it; everything that the run changed, if none is named.
    #[serde(default)]
    #[schema(max_items = 1000)]
    entries: Vec<u64>,
    /// Why.
    reason: Line,
}

/// Takes back what a run changed, the latest first. It is written down, done, and looked at from outside; what somebody else
/// changed in the meantime is left as it is, and said.
#[utoipa::path(post, path = "/api/v1/runs/{id}/undo", tag = "runs", params(("id" = String, Path)),
    request_body = UndoRequest, responses((status = 200, body = RunView)))]
pub(crate) async fn undo(
    State(app): State<App>,
    caller: Caller,
    Path(run): Path<String>,
    Json(asked): Json<UndoRequest>,
) -> Result<Json<RunView>, ApiError> {
    let known = known(&app, &caller, &run).await?;
    let open = |effect: &Effect| matches!(effect.undo, Undo::No | Undo::Stopped { .. });
    let wanted: Vec<u64> = match asked.entries.is_empty() {
        true => {
            let outside = |effect: &Effect| open(effect) && is_outside(&app, effect);
            known.run.effects.iter().filter(|(_, effect)| outside(effect)).map(|(entry, _)| *entry).collect()
        }
        false => asked.entries,
    };
    let unknown = wanted.iter().find(|entry| !known.run.effects.get(entry).is_some_and(open));
    if let Some(entry) = unknown {
        return Err(ApiError::Unprocessable(format!("entry {entry} is no change of this run that is in force")));
    }
    if wanted.is_empty() {
        return Err(ApiError::Conflict("there is nothing to take back".to_owned()));
    }
    let reason = asked.reason.as_str().to_owned();
    let facts = wanted.into_iter().map(|effect| RunFact::UndoAsked { effect, reason: reason.clone() }).collect();
    known.append(&app, &caller, facts).await
}

/// Whether it is a change of something outside: what was written into the incident is not, and who only looked changed nothing.
fn is_outside(app: &App, effect: &Effect) -> bool {
    let looks = app.actions.get(&effect.call.action).is_some_and(|action| action.spec().kind == ActionKind::Read);
    !case::is_ours(&effect.call.action) && !looks
}

/// Everything that runs changed lately, to be taken back.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UndoLast {
    /// Changes of how many minutes, up to a week.
    #[schema(minimum = 1, maximum = 10080)]
    minutes: u32,
    /// Why.
    reason: Line,
}

/// A run in which something is taken back.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Halted {
    /// Which.
    run: String,
    /// Ledger entries of the changes that are taken back.
    entries: Vec<u64>,
    /// Whether it went on until now, and does not any more.
    cancelled: bool,
}

/// What was stopped.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct HaltedList {
    /// Runs, the newest first.
    items: Vec<Halted>,
}

/// Stops every run that changed something lately, and takes those changes back: of all incidents that the caller sees.
#[utoipa::path(post, path = "/api/v1/runs/undo", tag = "runs", request_body = UndoLast,
    responses((status = 200, body = HaltedList)))]
pub(crate) async fn undo_last(
    State(app): State<App>,
    caller: Caller,
    Json(asked): Json<UndoLast>,
) -> Result<Json<HaltedList>, ApiError> {
    if !(1..=UNDO_MINUTES_MAX).contains(&asked.minutes) {
        return Err(ApiError::BadRequest(format!("minutes is from 1 to {UNDO_MINUTES_MAX}")));
    }
    let age = std::time::Duration::from_secs(60 * u64::from(asked.minutes));
    let since = app.clock.now().checked_sub(age).map_err(|error| ApiError::Internal(error.to_string()))?;
    let mut items = Vec::new();
    'runs: for row in
        app.store.runs(&caller.viewer(), None, None).await?.into_iter().filter(|row| row.updated_at >= since)
    {
        for _ in 0..STEERING_TRIES {
            match halted(&app, &caller, (&row.id, since), &asked.reason).await {
                Err(ApiError::Conflict(why)) if why == OVERTAKEN => {}
                other => {
                    items.extend(other?);
                    continue 'runs;
                }
            }
        }
        return Err(ApiError::Conflict(OVERTAKEN.to_owned()));
    }
    Ok(Json(HaltedList { items }))
}

/// Stops a run and asks for its changes since a time to be taken back; none if there is nothing to do.
async fn halted(
    app: &App,
    caller: &Caller,
    (id, since): (&str, Timestamp),
    reason: &Line,
) -> Result<Option<Halted>, ApiError> {
    let lately: BTreeSet<u64> =
        app.store.run_entries(id).await?.iter().filter(|entry| entry.at >= since).map(|entry| entry.seq).collect();
    let Some((run, version)) = load(app, id).await? else { return Ok(None) };
    let open = |(entry, effect): &(&u64, &Effect)| {
        lately.contains(entry) && effect.undo == Undo::No && is_outside(app, effect)
    };
    let entries: Vec<u64> = run.effects.iter().filter(open).map(|(entry, _)| *entry).collect();
    if entries.is_empty() {
        return Ok(None);
    }
    let (cancelled, reason) = (run.ended.is_none(), reason.as_str().to_owned());
    let stop = cancelled.then(|| RunFact::Cancelled { reason: reason.clone() });
    let back = entries.iter().map(|effect| RunFact::UndoAsked { effect: *effect, reason: reason.clone() });
    append(app, caller, (id, version), stop.into_iter().chain(back).collect()).await?;
    app.hub.publish(Change::Incident(run.incident));
    Ok(Some(Halted { run: id.to_owned(), entries, cancelled }))
}
