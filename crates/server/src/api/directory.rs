//! The directory of stakeholders: who has to hear of incidents, and how they are reached.

use axum::extract::{Path, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post};
use quell_incident::{Fact, Stakeholder, StakeholderFact};
use quell_model::{Expected, NewLedgerEntry, Right};
use quell_store::{StakeholderRow, StoreError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::hand::OVERTAKEN;
use super::params::{id, possible_version};
use crate::App;
use crate::http::{Access, ApiError, Caller, Json, Route};

pub(super) fn routes() -> Vec<Route> {
    let (read, lead) = (Access::Needs(Right::IncidentsRead), Access::Needs(Right::IncidentsLead));
    vec![
        Route::api(Method::GET, "/api/v1/stakeholders", read, || get(list)),
        Route::api(Method::POST, "/api/v1/stakeholders", lead, || post(create)),
        Route::api(Method::PATCH, "/api/v1/stakeholders/{id}", lead, || patch(change)),
        Route::api(Method::DELETE, "/api/v1/stakeholders/{id}", lead, || axum::routing::delete(remove)),
    ]
}

/// Somebody in the directory.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct StakeholderView {
    /// Which.
    id: String,
    /// Version of the entry.
    version: u64,
    /// What the directory says.
    stakeholder: Stakeholder,
}

impl StakeholderView {
    /// Whether they stand for an audience of the communication plan.
    pub(super) fn stands_for(&self, audience: &str) -> bool {
        self.stakeholder.audiences.as_slice().iter().any(|own| own.as_str() == audience)
    }
}

impl From<StakeholderRow> for StakeholderView {
    fn from(row: StakeholderRow) -> StakeholderView {
        StakeholderView { id: row.id, version: row.version, stakeholder: row.stakeholder }
    }
}

/// The directory.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct StakeholderList {
    /// Everybody, by name.
    items: Vec<StakeholderView>,
}

/// Everybody who has to hear of incidents.
#[utoipa::path(get, path = "/api/v1/stakeholders", tag = "communication",
    responses((status = 200, body = StakeholderList)))]
pub(crate) async fn list(State(app): State<App>) -> Result<Json<StakeholderList>, ApiError> {
    let items = app.store.stakeholders().await?.into_iter().map(StakeholderView::from).collect();
    Ok(Json(StakeholderList { items }))
}

/// Enters somebody into the directory.
#[utoipa::path(post, path = "/api/v1/stakeholders", tag = "communication", request_body = Stakeholder,
    responses((status = 201, body = StakeholderView)))]
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    Json(stakeholder): Json<Stakeholder>,
) -> Result<Response, ApiError> {
    let id = format!("stk-{}", app.hex::<6>());
    append(&app, &caller, (&id, 0), &StakeholderFact::Set { stakeholder }).await?;
    Ok((StatusCode::CREATED, Json(StakeholderView::from(row(&app, &id).await?))).into_response())
}

/// Somebody as the directory should have them.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StakeholderChange {
    /// Version that the change builds on.
    #[schema(maximum = 9007199254740991u64)]
    version: Option<u64>,
    /// All of what the directory should say.
    stakeholder: Stakeholder,
}

/// Says anew who somebody is and how they are reached.
#[utoipa::path(patch, path = "/api/v1/stakeholders/{id}", tag = "communication", params(("id" = String, Path)),
    request_body = StakeholderChange, responses((status = 200, body = StakeholderView)))]
pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(stakeholder): Path<String>,
    Json(change): Json<StakeholderChange>,
) -> Result<Json<StakeholderView>, ApiError> {
    possible_version(change.version)?;
    let known = row(&app, &stakeholder).await?;
    if change.version.is_some_and(|version| version != known.version) {
        return Err(ApiError::Conflict(OVERTAKEN.to_owned()));
    }
    let fact = StakeholderFact::Set { stakeholder: change.stakeholder };
    append(&app, &caller, (&known.id, known.version), &fact).await?;
    Ok(Json(row(&app, &known.id).await?.into()))
}

/// Takes somebody out of the directory. What was said about them stays in the ledger.
#[utoipa::path(delete, path = "/api/v1/stakeholders/{id}", tag = "communication", params(("id" = String, Path)),
    responses((status = 204)))]
pub(crate) async fn remove(
    State(app): State<App>,
    caller: Caller,
    Path(stakeholder): Path<String>,
) -> Result<StatusCode, ApiError> {
    let known = row(&app, &stakeholder).await?;
    append(&app, &caller, (&known.id, known.version), &StakeholderFact::Removed).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn row(app: &App, stakeholder: &str) -> Result<StakeholderRow, ApiError> {
    let id = id(stakeholder, "stk-", "stakeholder")?;
    let found = app.store.stakeholders().await?.into_iter().find(|row| row.id == id);
    found.ok_or(ApiError::NotFound("stakeholder"))
}

async fn append(
    app: &App,
    caller: &Caller,
    (id, version): (&str, u64),
    fact: &StakeholderFact,
) -> Result<(), ApiError> {
    let ((kind, body), stream) = (fact.parts(), format!("stakeholder/{id}"));
    let entry = NewLedgerEntry { stream, expected: Expected::Version(version), actor: caller.actor(), kind, body };
    match app.store.append(app.clock.now(), vec![entry]).await {
        Err(StoreError::Conflict { .. }) => Err(ApiError::Conflict(OVERTAKEN.to_owned())),
        other => other.map(drop).map_err(ApiError::from),
    }
}
