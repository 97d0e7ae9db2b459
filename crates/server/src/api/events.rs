//! Stored events: search, and one by its id.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::Method;
use axum::routing::{get, post};
use quell_engine::Trial;
use quell_model::{EventId, LogSource, Right};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::params::time;
use super::rules::trial;
use crate::App;
use crate::http::{Access, ApiError, Caller, Json, Listing, Route};
use crate::search::{EventQuery, Found, find, search};

const LIMIT_DEFAULT: usize = 50;
const LIMIT_MAX: usize = 500;

pub(super) fn routes() -> Vec<Route> {
    let read = Access::Needs(Right::EventsRead);
    vec![
        Route::api(Method::POST, "/api/v1/events/search", read, || post(look)),
        Route::api(Method::GET, "/api/v1/events/{id}", read, || get(one)),
    ]
}

/// What to look for. All conditions hold.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventSearch {
    /// Whole words of the record, without regard to case; all of them.
    #[serde(default)]
    #[schema(max_length = 1024)]
    text: String,
    /// Fields of the record with the value they have, `name:value`, without regard to case. The end of a path is enough.
    #[serde(default)]
    #[schema(max_items = 16)]
    fields: Vec<String>,
    /// Only this source.
    #[schema(max_length = 64)]
    source: Option<String>,
    /// Only what the rule in force with this id matches.
    #[schema(max_length = 200)]
    rule: Option<String>,
    /// Only what a rule of this Sigma text matches; it need not be in force.
    #[schema(max_length = 60000)]
    sigma: Option<String>,
    /// Event at or after.
    #[schema(format = DateTime)]
    since: Option<String>,
    /// Event at or before.
    #[schema(format = DateTime)]
    until: Option<String>,
    /// At most so many, 50 if not given.
    #[schema(minimum = 1, maximum = 500)]
    limit: Option<usize>,
    /// `next` of the page before.
    #[schema(max_length = 64)]
    cursor: Option<String>,
}

/// A stored event.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct EventView {
    /// Its id.
    id: String,
    /// Source that brought it.
    source: String,
    /// When it arrived.
    #[schema(format = DateTime)]
    received_at: String,
    /// When it happened.
    #[schema(format = DateTime)]
    time: Option<String>,
    /// Mapping that read it; none if no mapping knows it.
    mapping: Option<String>,
    /// What a rule has to be for to see it; none if no mapping knows it.
    log_source: Option<LogSourceView>,
    /// OCSF class.
    class_uid: Option<u32>,
    /// OCSF activity.
    activity_id: Option<u8>,
    /// Source's word for it.
    action: Option<String>,
    /// The record, untouched. It was written by others: treat it as hostile.
    raw: String,
}

/// Where an event comes from, in the words of Sigma.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct LogSourceView {
    /// Such as `windows`.
    product: String,
    /// Such as `process_creation`.
    categories: Vec<String>,
    /// Such as `sysmon`.
    services: Vec<String>,
}

impl From<LogSource> for LogSourceView {
    fn from(source: LogSource) -> LogSourceView {
        LogSourceView { product: source.product, categories: source.categories, services: source.services }
    }
}

impl From<Found> for EventView {
    fn from(found: Found) -> EventView {
        let event = found.event.as_ref();
        EventView {
            id: found.id.to_string(),
            source: found.source,
            received_at: found.received_at.to_string(),
            time: event.and_then(|event| event.time).map(|time| time.to_string()),
            mapping: event.map(|event| event.source.to_string()),
            log_source: found.log_source.map(LogSourceView::from),
            class_uid: event.map(|event| event.class.class_uid),
            activity_id: event.map(|event| event.class.activity_id),
            action: event.map(|event| event.action.clone()),
            raw: String::from_utf8_lossy(&found.raw).into_owned(),
        }
    }
}

/// Searches stored events, the latest arrivals first. A page can have fewer items than asked for and still have a next one:
/// then the search took long and can be continued.
#[utoipa::path(post, path = "/api/v1/events/search", tag = "events", request_body = EventSearch,
    responses((status = 200, body = Listing<EventView>)))]
pub(crate) async fn look(
    State(app): State<App>,
    caller: Caller,
    Json(asked): Json<EventSearch>,
) -> Result<Json<Listing<EventView>>, ApiError> {
    let limit = asked.limit.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(ApiError::BadRequest(format!("limit is from 1 to {LIMIT_MAX}")));
    }
    let cursor = asked.cursor.as_deref().map(|cursor| {
        EventId::parse(cursor).ok_or_else(|| ApiError::Unprocessable("the cursor is not one of ours".to_owned()))
    });
    let mut query =
        EventQuery::new(&asked.text, &asked.fields).map_err(|error| ApiError::Unprocessable(error.to_string()))?;
    query.since = time(asked.since.as_ref(), "since")?;
    query.until = time(asked.until.as_ref(), "until")?;
    // Held until the answer: rules are compiled, and may be slow.
    let _room = match asked.rule.is_some() || asked.sigma.is_some() {
        true => Some(app.trials.acquire().await.map_err(|error| ApiError::Internal(error.to_string()))?),
        false => None,
    };
    query.rules = rules(&app, asked.rule.as_deref(), asked.sigma).await?;
    query.source = asked.source;
    query.before = cursor.transpose()?;
    query.limit = limit;
    let hidden = app.store.hidden_sources(&caller.viewer()).await?;
    let answer = search(&*app.lake, &app.knowledge, query, hidden).await?;
    let items = answer.found.into_iter().map(EventView::from).collect();
    Ok(Json(Listing { items, next: answer.next.map(|id| id.to_string()) }))
}

async fn rules(app: &App, id: Option<&str>, text: Option<String>) -> Result<Option<Arc<Trial>>, ApiError> {
    let trial = match (id, text) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => return Err(ApiError::Unprocessable("name a rule or give its text, not both".to_owned())),
        (Some(id), None) => app.knowledge.trial_of(id).ok_or(ApiError::NotFound("rule"))?,
        (None, Some(text)) => trial(app, text).await?,
    };
    Ok(Some(Arc::new(trial)))
}

/// One event.
#[utoipa::path(get, path = "/api/v1/events/{id}", tag = "events", params(("id" = String, Path)),
    responses((status = 200, body = EventView)))]
pub(crate) async fn one(
    State(app): State<App>,
    caller: Caller,
    Path(event): Path<String>,
) -> Result<Json<EventView>, ApiError> {
    let id = EventId::parse(&event).ok_or(ApiError::NotFound("event"))?;
    let found = find(&*app.lake, &app.knowledge, id).await?.ok_or(ApiError::NotFound("event"))?;
    if app.store.hidden_sources(&caller.viewer()).await?.contains(&found.source) {
        return Err(ApiError::NotFound("event"));
    }
    Ok(Json(found.into()))
}
