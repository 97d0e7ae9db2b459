//! The residual radius of an incident: what the intruder holds, what of it is cut off by changes that are in force, and what is left.

use axum::extract::{Path, State};
use axum::http::Method;
use axum::routing::get;
use quell_model::{IncidentId, Right};
use quell_playbook::run::{Call, Effect, Run, Undo};

use super::incidents::incident_id;
use super::runs::story_of;
use crate::App;
use crate::http::{Access, ApiError, Caller, Json, Route};
use crate::response::{Radius, load, radius};

/// Runs of one incident whose changes are looked at.
const RUNS_MAX: usize = 100;

pub(super) fn routes() -> Vec<Route> {
    let read = Access::Needs(Right::IncidentsRead);
    vec![Route::api(Method::GET, "/api/v1/incidents/{id}/radius", read, || get(held))]
}

/// What the intruder of an incident holds now, after every change of its runs that contains and is in force. What was only played
/// does not count.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/radius", tag = "incidents", params(("id" = String, Path)),
    responses((status = 200, body = Radius)))]
pub(crate) async fn held(
    State(app): State<App>,
    caller: Caller,
    Path(incident): Path<String>,
) -> Result<Json<Radius>, ApiError> {
    let id = incident_id(&incident)?;
    app.store.incident(&caller.viewer(), &id).await?.ok_or(ApiError::NotFound("incident"))?;
    let mut runs = Vec::new();
    for row in app.store.runs(&caller.viewer(), Some(&id), None).await?.into_iter().take(RUNS_MAX) {
        runs.extend(load(&app, &row.id).await?.map(|(run, _)| run).filter(|run| !run.simulated));
    }
    Ok(Json(after(&app, &caller, &id, runs.iter()).await?))
}

/// What the changes of some runs leave of what the intruder holds.
pub(super) async fn after<'r>(
    app: &App,
    caller: &Caller,
    incident: &IncidentId,
    runs: impl Iterator<Item = &'r Run> + Clone,
) -> Result<Radius, ApiError> {
    let Some(worked) = app.store.worked(&caller.viewer(), incident, None).await? else {
        return Ok(Radius::default());
    };
    let story = story_of(app, caller, incident).await?;
    Ok(radius((&worked.incident.told, story.as_ref()), &app.settings.dependents, runs.flat_map(containing)))
}

/// Changes of a run that contain, were seen from outside, and are in force.
fn containing(run: &Run) -> impl Iterator<Item = &Call> + Clone {
    let contains = |effect: &&Effect| {
        let step = run.plan.steps.get(&effect.step);
        let is_in_force = effect.verified.is_some() && !matches!(effect.undo, Undo::Done { .. });
        is_in_force && step.is_some_and(|step| step.ours.phase.as_deref() == Some("contain"))
    };
    run.effects.values().filter(contains).map(|effect| &effect.call)
}
