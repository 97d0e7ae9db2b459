//! The timeline of an incident.

use axum::extract::{Path, State};
use axum::http::Method;
use axum::routing::{get, patch, post};
use quell_incident::Fact;
use quell_incident::timeline::{MomentKind, TimelineFact, TimelineItem};
use quell_incident::work::{ItemId, Reference, Text};
use quell_model::{Expected, IncidentId, NewLedgerEntry, Right};
use quell_store::{TimelineQuery, TimelineRow};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::incidents::incident_id;
use super::params::{listed, parsed, time};
use super::work::worked;
use crate::App;
use crate::http::{Access, ApiError, Caller, Json, Listing, PageParams, Params, Route};
use crate::hub::Change;

/// Most items that are added together.
const ITEMS_MAX: usize = 500;

pub(super) fn routes() -> Vec<Route> {
    let (read, write) = (Access::Needs(Right::IncidentsRead), Access::Needs(Right::IncidentsWrite));
    vec![
        Route::api(Method::GET, "/api/v1/incidents/{id}/timeline", read, || get(list)),
        Route::api(Method::POST, "/api/v1/incidents/{id}/timeline", write, || post(add)),
        Route::api(Method::PATCH, "/api/v1/incidents/{id}/timeline/{item}", write, || patch(change)),
        Route::api(Method::POST, "/api/v1/incidents/{id}/timeline/{item}/removal", write, || post(remove)),
    ]
}

/// Which items.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TimelineParams {
    /// Any of these, divided by commas.
    #[serde(default, deserialize_with = "listed")]
    #[param(value_type = Vec<MomentKind>, min_items = 1, style = Form, explode = false)]
    kind: Vec<String>,
    /// As it was known at this time; now, if not given.
    #[param(format = DateTime)]
    as_of: Option<String>,
    /// Happened at or after.
    #[param(format = DateTime)]
    since: Option<String>,
    /// Happened at or before.
    #[param(format = DateTime)]
    until: Option<String>,
}

impl TimelineParams {
    fn query(&self) -> Result<TimelineQuery, ApiError> {
        Ok(TimelineQuery {
            kinds: parsed(&self.kind, "kind", MomentKind::parse)?,
            as_of: time(self.as_of.as_ref(), "as_of")?,
            since: time(self.since.as_ref(), "since")?,
            until: time(self.until.as_ref(), "until")?,
        })
    }
}

/// An item of a timeline.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct TimelineItemView {
    /// Its id.
    id: u64,
    /// Ledger entry that says it.
    entry: u64,
    /// The incident whose it is: one that became part of this one, perhaps.
    incident: String,
    /// What it is.
    kind: MomentKind,
    /// When it happened.
    #[schema(format = DateTime)]
    at: String,
    /// When it became known.
    #[schema(format = DateTime)]
    discovered_at: Option<String>,
    /// When it was written down.
    #[schema(format = DateTime)]
    recorded_at: String,
    /// By whom.
    actor: String,
    /// What happened.
    title: String,
    /// More about it, in Markdown.
    text: Option<String>,
    /// What it is a part of.
    parent: Option<u64>,
    /// What shows it.
    references: Vec<Reference>,
}

impl From<TimelineRow> for TimelineItemView {
    fn from(row: TimelineRow) -> TimelineItemView {
        TimelineItemView {
            id: row.item.0,
            entry: row.stamp.entry,
            incident: row.incident.to_string(),
            kind: row.kind,
            at: row.at.to_string(),
            discovered_at: row.discovered_at.map(|at| at.to_string()),
            recorded_at: row.stamp.at.to_string(),
            actor: row.stamp.actor,
            title: row.title,
            text: row.text,
            parent: row.parent.map(|parent| parent.0),
            references: row.references,
        }
    }
}

/// The timeline of an incident, the earliest first: what people wrote, and what the work decided.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/timeline", tag = "work",
    params(("id" = String, Path), TimelineParams, PageParams), responses((status = 200, body = Listing<TimelineItemView>)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(incident): Path<String>,
    Params(params): Params<TimelineParams>,
    Params(page): Params<PageParams>,
) -> Result<Json<Listing<TimelineItemView>>, ApiError> {
    let id = incident_id(&incident)?;
    let query = params.query()?;
    let parts = app.store.parts(&caller.viewer(), &id, query.as_of).await?.ok_or(ApiError::NotFound("incident"))?;
    let page = page.query(quell_store::Sort::Newest)?;
    let rows = app.store.timeline(&parts, &query, &page).await?;
    Ok(Json(Listing::of(rows, TimelineItemView::from)))
}

/// Items to add.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewItems {
    /// What belongs on the timeline; all of it is added, or nothing.
    #[schema(min_items = 1, max_items = 500)]
    items: Vec<TimelineItem>,
}

/// Ids of what was added or changed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ItemIds {
    /// In the order of the request.
    ids: Vec<u64>,
}

/// Adds to the timeline.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/timeline", tag = "work", params(("id" = String, Path)),
    request_body = NewItems, responses((status = 200, body = ItemIds)))]
pub(crate) async fn add(
    State(app): State<App>,
    caller: Caller,
    Path(incident): Path<String>,
    Json(new): Json<NewItems>,
) -> Result<Json<ItemIds>, ApiError> {
    if !(1..=ITEMS_MAX).contains(&new.items.len()) {
        return Err(ApiError::BadRequest(format!("name 1 to {ITEMS_MAX} items")));
    }
    let desk = Desk::open(&app, &caller, &incident).await?;
    for item in &new.items {
        desk.check(item).await?;
    }
    let facts = new.items.into_iter().map(|item| TimelineFact::Added { item });
    desk.append(facts.collect()).await.map(|ids| Json(ItemIds { ids }))
}

/// Another word about an item.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ItemChange {
    /// What holds now, whole.
    item: TimelineItem,
    /// Why.
    reason: Text,
}

/// Says an item of the timeline better. What was said before stays in the ledger.
#[utoipa::path(patch, path = "/api/v1/incidents/{id}/timeline/{item}", tag = "work",
    params(("id" = String, Path), ("item" = u64, Path)), request_body = ItemChange,
    responses((status = 200, body = ItemIds)))]
pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    Path((incident, item)): Path<(String, String)>,
    Json(change): Json<ItemChange>,
) -> Result<Json<ItemIds>, ApiError> {
    let desk = Desk::open(&app, &caller, &incident).await?;
    let id = desk.written(&item).await?;
    desk.check(&change.item).await?;
    let fact = TimelineFact::Changed { id, item: change.item, reason: change.reason };
    desk.append(vec![fact]).await.map(|_| Json(ItemIds { ids: vec![id.0] }))
}

/// Why an item does not belong there.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ItemRemoval {
    /// Why.
    reason: Text,
}

/// Takes an item off the timeline. It stays in the ledger.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/timeline/{item}/removal", tag = "work",
    params(("id" = String, Path), ("item" = u64, Path)), request_body = ItemRemoval,
    responses((status = 200, body = ItemIds)))]
pub(crate) async fn remove(
    State(app): State<App>,
    caller: Caller,
    Path((incident, item)): Path<(String, String)>,
    Json(removal): Json<ItemRemoval>,
) -> Result<Json<ItemIds>, ApiError> {
    let desk = Desk::open(&app, &caller, &incident).await?;
    let id = desk.written(&item).await?;
    let fact = TimelineFact::Removed { id, reason: removal.reason };
    desk.append(vec![fact]).await.map(|_| Json(ItemIds { ids: vec![id.0] }))
}

/// Somebody writing on the timeline of an incident that they may see.
struct Desk<'a> {
    app: &'a App,
    caller: &'a Caller,
    id: IncidentId,
    worked: quell_store::Worked,
}

impl<'a> Desk<'a> {
    async fn open(app: &'a App, caller: &'a Caller, incident: &str) -> Result<Desk<'a>, ApiError> {
        let worked = worked(app, caller, incident, None).await?;
        if let Some(into) = &worked.incident.merged_into {
            return Err(quell_incident::Refusal::Merged(into.clone()).into());
        }
        Ok(Desk { app, caller, id: incident_id(incident)?, worked })
    }

    /// An item that people wrote: what the work decided is undone with the work.
    async fn written(&self, item: &str) -> Result<ItemId, ApiError> {
        let id = item.parse().map(ItemId).map_err(|_| ApiError::NotFound("item"))?;
        let found = self.app.store.timeline_item(&self.worked.parts, id).await?;
        found.ok_or(ApiError::NotFound("item"))?;
        match self.worked.work.entry(id.0) {
            Some(_) => Err(ApiError::Unprocessable("this is what the work decided; undo its entry instead".to_owned())),
            None => Ok(id),
        }
    }

    /// What an item names has to be there.
    async fn check(&self, item: &TimelineItem) -> Result<(), ApiError> {
        if let Some(parent) = item.parent {
            let found = self.app.store.timeline_item(&self.worked.parts, parent).await?;
            found.ok_or_else(|| ApiError::Unprocessable(format!("there is no item {parent} to be a part of")))?;
        }
        let sealed = |reference: &&Reference| match reference {
            Reference::Evidence(id) => self.worked.work.evidence.get(*id).is_none(),
            _ => false,
        };
        match item.references.as_slice().iter().find(sealed) {
            Some(_) => Err(ApiError::Unprocessable("there is no such evidence".to_owned())),
            None => Ok(()),
        }
    }

    async fn append(&self, facts: Vec<TimelineFact>) -> Result<Vec<u64>, ApiError> {
        let entry = |fact: &TimelineFact| {
            let ((kind, body), stream) = (fact.parts(), format!("timeline/{}", self.id));
            NewLedgerEntry { stream, expected: Expected::Any, actor: self.caller.actor(), kind, body }
        };
        let written = self.app.store.append(self.app.clock.now(), facts.iter().map(entry).collect()).await?;
        self.app.hub.publish(Change::Incident(self.id.clone()));
        Ok(written.iter().map(|entry| entry.seq).collect())
    }
}
