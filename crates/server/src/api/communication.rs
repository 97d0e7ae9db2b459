//! Who has to hear of an incident, by when; and messages drawn up from templates.

use axum::extract::{Path, State};
use axum::http::Method;
use axum::routing::get;
use quell_incident::communication::{self, PlannedMessage};
use quell_incident::gate;
use quell_model::Right;
use quell_report::{DraftContext, message_draft};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::directory::StakeholderView;
use super::incident_views::LevelName;
use super::incidents::incident_id;
use super::reports::Gathered;
use super::work::{framework, states, worked};
use crate::App;
use crate::http::{Access, ApiError, Caller, Json, Params, Route};

pub(super) fn routes() -> Vec<Route> {
    let read = Access::Needs(Right::IncidentsRead);
    vec![
        Route::api(Method::GET, "/api/v1/incidents/{id}/communication", read, || get(plan)),
        Route::api(Method::GET, "/api/v1/incidents/{id}/communication/draft", read, || get(draft)),
    ]
}

/// Who has to hear of an incident.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct CommunicationView {
    /// The severity that decides: as people assessed it, or else as Quell tells it.
    #[schema(value_type = LevelName)]
    severity: String,
    /// Who, and how far that is.
    planned: Vec<PlannedView>,
}

/// Somebody who has to be told, and who that is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct PlannedView {
    #[serde(flatten)]
    planned: PlannedMessage,
    /// Those of the directory who stand for them.
    who: Vec<StakeholderView>,
}

/// Who has to hear of an incident by the communication plan, by when, and what they were told.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/communication", tag = "communication",
    params(("id" = String, Path)), responses((status = 200, body = CommunicationView)))]
pub(crate) async fn plan(
    State(app): State<App>,
    caller: Caller,
    Path(incident): Path<String>,
) -> Result<Json<CommunicationView>, ApiError> {
    let worked = worked(&app, &caller, &incident, None).await?;
    let directory: Vec<StakeholderView> = app.store.stakeholders().await?.into_iter().map(Into::into).collect();
    let planned = communication::planned(&app.handbook.plan, &worked.incident, &worked.work, app.clock.now());
    let with_names = |planned: PlannedMessage| {
        let who = directory.iter().filter(|known| known.stands_for(&planned.audience)).cloned().collect();
        PlannedView { planned, who }
    };
    let severity = worked.work.severity(&worked.incident).as_str().to_owned();
    Ok(Json(CommunicationView { severity, planned: planned.into_iter().map(with_names).collect() }))
}

/// Which message.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct MessageParams {
    /// Id of a template of the handbook.
    #[param(max_length = 64)]
    template: String,
}

/// A message as far as it can be drawn up.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct MessageDraftView {
    /// For whom, as the communication plan calls them.
    audience: String,
    /// Its usual marking.
    tlp: String,
    /// What about.
    subject: String,
    /// Markdown. What comes from records is escaped.
    text: String,
    /// Names in double braces that are still to be filled in: nobody recorded it.
    open: Vec<String>,
}

/// Draws a message up from a template and what is recorded. Nothing is recorded or sent.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/communication/draft", tag = "communication",
    params(("id" = String, Path), MessageParams), responses((status = 200, body = MessageDraftView)))]
pub(crate) async fn draft(
    State(app): State<App>,
    caller: Caller,
    Path(incident): Path<String>,
    Params(params): Params<MessageParams>,
) -> Result<Json<MessageDraftView>, ApiError> {
    let gathered = Gathered::of(&app, &caller, &incident).await?;
    let template = app.handbook.templates.iter().find(|template| template.id == params.template);
    let template = template.ok_or_else(|| ApiError::Unprocessable("there is no such template".to_owned()))?;
    let worked = gathered.worked();
    let states = states(&app, &incident_id(&incident)?, worked, None).await?;
    let view = gate::view(&app.handbook.process, framework(&app, &worked.work, None)?, &states);
    let phase = match view.current {
        Some(id) => view.phases.iter().find(|phase| phase.id == id).map(|phase| phase.name),
        None => Some("everything is done"),
    };
    let planned = communication::planned(&app.handbook.plan, &worked.incident, &worked.work, app.clock.now());
    let hours = app.handbook.plan.at(worked.work.severity(&worked.incident));
    let hours = hours.iter().find(|planned| planned.template == template.id).and_then(|it| it.updates_every_hours);
    let from_now = hours
        .and_then(|hours| app.clock.now().checked_add(std::time::Duration::from_secs(u64::from(hours) * 3_600)).ok());
    // Whoever was told already hears more when that is due; whoever is told now, so long after it.
    let due = planned.iter().find(|planned| planned.template == template.id && !planned.messages.is_empty());
    let next_update = due.map_or(from_now, |planned| planned.due_at);
    let drawn = message_draft(&gathered.dossier(), template, DraftContext { phase, next_update });
    Ok(Json(MessageDraftView {
        audience: template.audience.clone(),
        tlp: template.tlp.clone(),
        subject: drawn.subject,
        text: drawn.text,
        open: drawn.open,
    }))
}
