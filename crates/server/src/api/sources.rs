//! Sources: where records come from, and how they are.

use axum::extract::{Path, State};
use axum::http::Method;
use axum::routing::{get, put};
use quell_incident::{Fact, Source, SourceFact};
use quell_model::{Expected, NewLedgerEntry, Right, TeamId, Viewer};
use quell_store::SourceRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::params::is_source_name;
use crate::App;
use crate::http::{Access, ApiError, Caller, Json, Route};
use crate::hub::Change;

const REJECTED_LISTED: u32 = 100;
/// Silence shorter than this cannot be told from a pause.
const SILENT_SECONDS_MIN: u64 = 5;
const SILENT_SECONDS_MAX: u64 = 366 * 86_400;
const DESCRIPTION_CHARS_MAX: usize = 1_000;

pub(super) fn routes() -> Vec<Route> {
    let (read, manage) = (Access::Needs(Right::SourcesRead), Access::Needs(Right::SourcesManage));
    vec![
        Route::api(Method::GET, "/api/v1/sources", read, || get(list)),
        Route::api(Method::PUT, "/api/v1/sources/{name}", manage, || put(configure)),
        Route::api(Method::GET, "/api/v1/sources/{name}/rejected", Access::Needs(Right::EventsRead), || get(rejected)),
    ]
}

/// A source.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct SourceView {
    /// Its name.
    name: String,
    /// What it is.
    description: String,
    /// Whose events and alerts these are; null for all.
    team: Option<String>,
    /// After how long without a record it counts as silent.
    silent_after_seconds: Option<u64>,
    /// Whether it is silent.
    silent: bool,
    /// Records that arrived.
    records: u64,
    /// Records that no mapping knows, and parts that were no records.
    rejected: u64,
    /// Records that had arrived before.
    duplicates: u64,
    /// Alerts on its records.
    alerts: u64,
    /// When the last record arrived.
    #[schema(format = DateTime)]
    last_received_at: Option<String>,
    /// Time of the latest event.
    #[schema(format = DateTime)]
    last_event_at: Option<String>,
    /// Seconds between the latest event and its arrival.
    lag_seconds: Option<i64>,
    /// Version of its stream.
    version: u64,
}

impl From<SourceRow> for SourceView {
    fn from(row: SourceRow) -> SourceView {
        let lag = row.last_received_at.zip(row.last_event_at);
        SourceView {
            name: row.name,
            description: row.source.description,
            team: row.source.team.map(|team| team.to_string()),
            silent_after_seconds: row.source.silent_after_seconds,
            silent: row.silent,
            records: row.records,
            rejected: row.rejected,
            duplicates: row.duplicates,
            alerts: row.alerts,
            last_received_at: row.last_received_at.map(|time| time.to_string()),
            last_event_at: row.last_event_at.map(|time| time.to_string()),
            lag_seconds: lag.map(|(received, event)| received.as_second() - event.as_second()),
            version: row.version,
        }
    }
}

/// Lists sources with their health.
#[utoipa::path(get, path = "/api/v1/sources", tag = "sources", responses((status = 200, body = Vec<SourceView>)))]
pub(crate) async fn list(State(app): State<App>, caller: Caller) -> Result<Json<Vec<SourceView>>, ApiError> {
    Ok(Json(app.store.sources(&caller.viewer()).await?.into_iter().map(SourceView::from).collect()))
}

/// Settings of a source.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SourceSettings {
    /// What it is.
    #[serde(default)]
    #[schema(max_length = 1000)]
    description: String,
    /// Whose events and alerts these are; null for all.
    team: Option<String>,
    /// After how long without a record it counts as silent; null for never.
    #[schema(minimum = 5, maximum = 31622400)]
    silent_after_seconds: Option<u64>,
}

/// Sets up a source, or changes its settings.
#[utoipa::path(put, path = "/api/v1/sources/{name}", tag = "sources", params(("name" = String, Path)),
    request_body = SourceSettings, responses((status = 200, body = SourceView)))]
pub(crate) async fn configure(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    Json(settings): Json<SourceSettings>,
) -> Result<Json<SourceView>, ApiError> {
    if !is_source_name(&name) {
        let rule = "a source is named by 1 to 64 letters, digits, dots, dashes and underscores";
        return Err(ApiError::Unprocessable(rule.to_owned()));
    }
    if app.store.hidden_sources(&caller.viewer()).await?.contains(&name) {
        return Err(ApiError::NotFound("source"));
    }
    if settings.description.chars().count() > DESCRIPTION_CHARS_MAX {
        return Err(ApiError::Unprocessable("the description is too long".to_owned()));
    }
    let seconds = SILENT_SECONDS_MIN..=SILENT_SECONDS_MAX;
    if settings.silent_after_seconds.is_some_and(|silent| !seconds.contains(&silent)) {
        return Err(ApiError::Unprocessable("silent_after_seconds is from 5 seconds to 366 days".to_owned()));
    }
    let team = settings.team.map(TeamId::new);
    if let Some(team) = &team
        && !app.store.teams().await?.iter().any(|known| known.id == *team)
    {
        return Err(ApiError::Unprocessable("there is no such team".to_owned()));
    }
    let (description, silent_after_seconds) = (settings.description, settings.silent_after_seconds);
    let (kind, body) = SourceFact::Configured { source: Source { description, team, silent_after_seconds } }.parts();
    let (stream, expected) = (format!("source/{name}"), Expected::Any);
    let entry = NewLedgerEntry { stream, expected, actor: caller.actor(), kind, body };
    app.store.append(app.clock.now(), vec![entry]).await?;
    app.hub.publish(Change::Source(name.clone()));
    // Whoever gives a source to another team may not see it any more; that they did it is still answered.
    let rows = app.store.sources(&Viewer::System).await?;
    let row = rows.into_iter().find(|row| row.name == name);
    row.map(|row| Json(row.into())).ok_or(ApiError::NotFound("source"))
}

/// A part of a delivery that was no record.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct RejectedView {
    /// When it arrived.
    #[schema(format = DateTime)]
    received_at: String,
    /// Byte offset in its delivery.
    offset: u64,
    /// What is wrong.
    reason: String,
    /// Its beginning.
    excerpt: String,
}

/// The latest parts of a source's deliveries that were no records.
#[utoipa::path(get, path = "/api/v1/sources/{name}/rejected", tag = "sources", params(("name" = String, Path)),
    responses((status = 200, body = Vec<RejectedView>)))]
pub(crate) async fn rejected(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<Vec<RejectedView>>, ApiError> {
    if !app.store.sources(&caller.viewer()).await?.iter().any(|row| row.name == name) {
        return Err(ApiError::NotFound("source"));
    }
    let parts = app.lake.rejected(name, REJECTED_LISTED).await?;
    let view = |(at, part): (quell_model::Timestamp, quell_model::ports::RejectedPart)| RejectedView {
        received_at: at.to_string(),
        offset: part.offset,
        reason: part.reason,
        excerpt: String::from_utf8_lossy(&part.bytes).into_owned(),
    };
    Ok(Json(parts.into_iter().map(view).collect()))
}
