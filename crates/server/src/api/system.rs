//! The state of the system: for load balancers, operators, and programs that read the API's description.

use axum::extract::State;
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use quell_model::Right;
use serde::Serialize;
use utoipa::ToSchema;

use crate::App;
use crate::http::{Access, ApiError, Json, Route};

pub(super) fn routes() -> Vec<Route> {
    let read = Access::Needs(Right::SystemRead);
    let plain = |path, handler| Route { described: false, ..Route::api(Method::GET, path, Access::Public, handler) };
    vec![
        plain("/healthz", || get(|| async { "ok\n" })),
        plain("/readyz", || get(ready)),
        plain("/api/v1/openapi.json", || get(description)),
        Route { described: false, ..Route::api(Method::GET, "/metrics", read, || get(metrics)) },
        Route::api(Method::GET, "/api/v1/system", read, || get(system)),
        Route::api(Method::GET, "/api/v1/system/content", read, || get(content)),
    ]
}

/// Ready when the store answers and what was stored before the start has been read again.
async fn ready(State(app): State<App>) -> Result<&'static str, ApiError> {
    app.store.ping().await?;
    if !app.gauges.caught_up.get() {
        return Err(ApiError::Unavailable("Quell is reading again what it stored before its start".to_owned()));
    }
    Ok("ready\n")
}

async fn description() -> Response {
    let json = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, json)], crate::openapi::description()).into_response()
}

async fn metrics(State(app): State<App>) -> String {
    let set = |name: &'static str, value: u64| metrics::gauge!(name).set(value as f64);
    set("quell_intake_backlog_chunks", app.intake.backlog());
    set("quell_story_observations", app.gauges.observations.get());
    set("quell_incidents_told", app.gauges.incidents.get());
    set("quell_subscribers", app.hub.subscribers() as u64);
    app.metrics.run_upkeep();
    app.metrics.render()
}

/// State of the system.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct SystemView {
    /// Version of Quell.
    version: &'static str,
    /// Rules in force.
    rules: u64,
    /// Entries of the ledger.
    entries: u64,
    /// Incidents.
    incidents: u64,
    /// Alerts.
    alerts: u64,
    /// Chunks of stored events.
    chunks: u64,
    /// Bytes of the store, where that is known.
    bytes: Option<u64>,
    /// Chunks that are stored and not yet matched.
    backlog_chunks: u64,
    /// Whether detection waits for the store.
    waiting: bool,
    /// Whether what was stored before the start has been read again.
    caught_up: bool,
    /// Observations held for stories.
    observations: u64,
    /// How long the last telling took.
    telling_ms: u64,
    /// Who listens.
    subscribers: u64,
}

/// How Quell is.
#[utoipa::path(get, path = "/api/v1/system", tag = "system", responses((status = 200, body = SystemView)))]
pub(crate) async fn system(State(app): State<App>) -> Result<Json<SystemView>, ApiError> {
    let sizes = app.store.sizes().await?;
    Ok(Json(SystemView {
        version: env!("CARGO_PKG_VERSION"),
        rules: app.knowledge.rule_count() as u64,
        entries: sizes.entries,
        incidents: sizes.incidents,
        alerts: sizes.alerts,
        chunks: sizes.chunks,
        bytes: sizes.bytes,
        backlog_chunks: app.intake.backlog(),
        waiting: app.gauges.waiting.get(),
        caught_up: app.gauges.caught_up.get(),
        observations: app.gauges.observations.get(),
        telling_ms: app.gauges.telling_ms.get(),
        subscribers: app.hub.subscribers() as u64,
    }))
}

/// Content of one kind.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ContentPack {
    /// What it is.
    kind: ContentKind,
    /// How much of it came with Quell.
    shipped: usize,
    /// How much is the organisation's own.
    own: usize,
    /// How much cannot be used.
    refused: usize,
    /// Setting that names the organisation's own; none if there can be none.
    setting: Option<&'static str>,
}

/// What content is.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ContentKind {
    /// Detection rules.
    Rules,
    /// How records of sources are read.
    Mappings,
    /// Playbooks.
    Playbooks,
    /// Frameworks of incident response.
    Frameworks,
    /// Duties to report.
    Regimes,
    /// Messages to begin from.
    Templates,
    /// Scripted intrusions for exercises.
    Scenarios,
}

/// All content.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ContentList {
    /// By kind.
    items: Vec<ContentPack>,
}

/// What detects, reads, acts and advises: what came with Quell and what is the organisation's own. It is read when the server starts.
#[utoipa::path(get, path = "/api/v1/system/content", tag = "system", responses((status = 200, body = ContentList)))]
pub(crate) async fn content(State(app): State<App>) -> Json<ContentList> {
    let shipped = |kind, shipped| ContentPack { kind, shipped, own: 0, refused: 0, setting: None };
    let rules = app.knowledge.rules();
    let shipped_rules = rules.iter().filter(|rule| quell_content::file(&rule.file).is_some()).count();
    let shipped_mappings = quell_content::mappings().count();
    let own_playbooks = app.playbooks.iter().filter(|listed| listed.is_own).count();
    let items = vec![
        ContentPack {
            own: rules.len() - shipped_rules,
            refused: app.knowledge.refused().len(),
            setting: Some("rules.folders"),
            ..shipped(ContentKind::Rules, shipped_rules)
        },
        ContentPack {
            own: app.knowledge.mappings().count().saturating_sub(shipped_mappings),
            setting: Some("rules.mappings"),
            ..shipped(ContentKind::Mappings, shipped_mappings)
        },
        ContentPack {
            own: own_playbooks,
            setting: Some("response.playbooks"),
            ..shipped(ContentKind::Playbooks, app.playbooks.iter().count() - own_playbooks)
        },
        shipped(ContentKind::Frameworks, app.handbook.process.frameworks.len()),
        shipped(ContentKind::Regimes, app.handbook.regimes.len()),
        shipped(ContentKind::Templates, app.handbook.templates.len()),
        shipped(ContentKind::Scenarios, quell_content::scenario_names().count()),
    ];
    Json(ContentList { items })
}
