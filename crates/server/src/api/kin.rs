//! What incidents have in common: similar ones, what was said about an entity anywhere, what to collect of each asset.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use axum::http::Method;
use axum::routing::get;
use quell_incident::collection::{self, EntityCollection};
use quell_incident::similar::{self, Similar, TraitKind};
use quell_model::{EntityKind, Right};
use quell_store::{EntityWordRow, IncidentFilter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::incidents::incident_id;
use super::params::short;
use super::work::worked;
use crate::App;
use crate::http::{Access, ApiError, Caller, Json, Params, Route};

pub(super) fn routes() -> Vec<Route> {
    let read = Access::Needs(Right::IncidentsRead);
    vec![
        Route::api(Method::GET, "/api/v1/incidents/{id}/similar", read, || get(similar)),
        Route::api(Method::GET, "/api/v1/incidents/{id}/collection", read, || get(collect)),
        Route::api(Method::GET, "/api/v1/entities", read, || get(entities)),
    ]
}

/// Incidents that have something in common with one.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct SimilarView {
    /// The most similar first.
    items: Vec<Similar>,
}

/// Incidents that share hosts, accounts, techniques, or what was judged to be part of the intrusion: what is rare counts
/// most, and each shows why it is named.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/similar", tag = "incidents", params(("id" = String, Path)),
    responses((status = 200, body = SimilarView)))]
pub(crate) async fn similar(
    State(app): State<App>,
    caller: Caller,
    Path(incident): Path<String>,
) -> Result<Json<SimilarView>, ApiError> {
    let worked = worked(&app, &caller, &incident, None).await?;
    let (id, viewer) = (incident_id(&incident)?, caller.viewer());
    let told = &worked.incident.told;
    let affected: BTreeSet<String> =
        worked.work.entities.affected().map(|one| one.entity.name.as_str().to_lowercase()).collect();
    let wanted = [
        (TraitKind::Affected, affected.into_iter().collect()),
        (TraitKind::Host, told.hosts.clone()),
        (TraitKind::Principal, told.principals.clone()),
        (TraitKind::Technique, told.techniques.clone()),
    ];
    let mut traits = Vec::new();
    for (kind, names) in wanted {
        traits.extend(app.store.sharing(&viewer, &id, (kind, &names)).await?);
    }
    let total = app.store.count_incidents(&viewer, &IncidentFilter::default()).await?.total;
    Ok(Json(SimilarView { items: similar::similar(&traits, total) }))
}

/// What to collect of the entities of an incident before they are touched.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct CollectionView {
    /// What is affected first.
    items: Vec<EntityCollection>,
}

/// What to collect of each entity in scope, the most volatile first, and what of it was sealed.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/collection", tag = "evidence", params(("id" = String, Path)),
    responses((status = 200, body = CollectionView)))]
pub(crate) async fn collect(
    State(app): State<App>,
    caller: Caller,
    Path(incident): Path<String>,
) -> Result<Json<CollectionView>, ApiError> {
    let worked = worked(&app, &caller, &incident, None).await?;
    let items = collection::collection(&app.handbook.collection, &worked.incident, &worked.work);
    Ok(Json(CollectionView { items }))
}

/// Which entity.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct EntityParams {
    /// Its name, as a whole, without regard to case.
    #[param(max_length = 300)]
    name: String,
}

/// What was last said about an entity in one incident.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct EntityWordView {
    /// In which incident.
    incident: String,
    /// What kind it is.
    kind: EntityKind,
    /// `in_scope`, `affected`, `ruled_out` or `retired`.
    word: String,
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// The ledger entry that says it.
    entry: u64,
}

impl From<EntityWordRow> for EntityWordView {
    fn from(row: EntityWordRow) -> EntityWordView {
        let (incident, at) = (row.incident.to_string(), row.at.to_string());
        EntityWordView { incident, kind: row.kind, word: row.word, at, entry: row.entry }
    }
}

/// What people said about an entity, over all incidents.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct EntityView {
    /// The latest first, one of each incident.
    items: Vec<EntityWordView>,
}

/// What people said about a host, account, address or anything else of this name, in all incidents that the caller sees.
#[utoipa::path(get, path = "/api/v1/entities", tag = "incidents", params(EntityParams),
    responses((status = 200, body = EntityView)))]
pub(crate) async fn entities(
    State(app): State<App>,
    caller: Caller,
    Params(params): Params<EntityParams>,
) -> Result<Json<EntityView>, ApiError> {
    short([("name", Some(&params.name), 300)])?;
    let words = app.store.entity_words(&caller.viewer(), &params.name).await?;
    Ok(Json(EntityView { items: words.into_iter().map(EntityWordView::from).collect() }))
}
