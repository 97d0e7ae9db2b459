//! The ledger, for those who audit.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::Method;
use axum::routing::{get, post};
use quell_model::{IncidentId, LedgerEntry, Right};
use quell_store::LedgerQuery;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::params::{short, time};
use crate::App;
use crate::http::{Access, ApiError, Caller, Json, Params, Route};

const LIMIT_DEFAULT: u32 = 100;
const LIMIT_MAX: u32 = 1_000;

pub(super) fn routes() -> Vec<Route> {
    let read = Access::Needs(Right::LedgerRead);
    vec![
        Route::api(Method::GET, "/api/v1/ledger", read, || get(list)),
        Route::api(Method::POST, "/api/v1/ledger/verification", read, || post(verify)),
    ]
}

/// Which entries.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LedgerParams {
    /// Only entries after this one.
    #[param(minimum = 0, maximum = 9007199254740991u64)]
    after: Option<u64>,
    /// At most so many, 100 if not given.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// Only streams whose name begins so, for example `incident/`.
    #[param(max_length = 200)]
    stream: Option<String>,
    /// Only what this user did; `quell` for Quell itself.
    #[param(max_length = 64)]
    actor: Option<String>,
    /// Only entries of this kind, for example `incident.assigned`.
    #[param(max_length = 64)]
    kind: Option<String>,
    /// At or after.
    #[param(format = DateTime)]
    since: Option<String>,
    /// At or before.
    #[param(format = DateTime)]
    until: Option<String>,
}

/// An entry of the ledger.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct EntryView {
    /// Position in the ledger.
    seq: u64,
    /// What it is about.
    stream: String,
    /// Position in its stream.
    version: u64,
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// Who.
    actor: String,
    /// What happened.
    kind: String,
    /// The facts; null if they are withheld from the caller.
    body: serde_json::Value,
    /// Hash over it and the hash before it, SHA-256.
    hash: String,
    /// The facts are about something that the caller may not see.
    withheld: bool,
}

impl From<LedgerEntry> for EntryView {
    fn from(entry: LedgerEntry) -> EntryView {
        EntryView {
            seq: entry.seq,
            stream: entry.stream,
            version: entry.version,
            at: entry.at.to_string(),
            actor: entry.actor,
            kind: entry.kind,
            body: entry.body,
            hash: entry.hash,
            withheld: false,
        }
    }
}

/// Reads the ledger in order. That something happened is shown to every auditor; what happened to an incident, alert or
/// source that they may not see is withheld.
#[utoipa::path(get, path = "/api/v1/ledger", tag = "ledger", params(LedgerParams),
    responses((status = 200, body = Vec<EntryView>)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Params(params): Params<LedgerParams>,
) -> Result<Json<Vec<EntryView>>, ApiError> {
    short([
        ("stream", params.stream.as_ref(), 200),
        ("actor", params.actor.as_ref(), 64),
        ("kind", params.kind.as_ref(), 64),
    ])?;
    let limit = params.limit.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(ApiError::BadRequest(format!("limit is from 1 to {LIMIT_MAX}")));
    }
    let after = params.after.unwrap_or_default();
    if after >= 1 << 53 {
        return Err(ApiError::BadRequest("after is a position in the ledger".to_owned()));
    }
    let entries = app
        .store
        .entries(&LedgerQuery {
            after,
            limit,
            stream_prefix: params.stream,
            actor: params.actor,
            kind: params.kind,
            since: time(params.since.as_ref(), "since")?,
            until: time(params.until.as_ref(), "until")?,
        })
        .await?;
    let mut visible: BTreeMap<String, bool> = BTreeMap::new();
    let mut views = Vec::with_capacity(entries.len());
    for entry in entries {
        let mut view = EntryView::from(entry);
        if !may_see(&app, &caller, &view.stream, &mut visible).await? {
            view.body = serde_json::Value::Null;
            view.withheld = true;
        }
        views.push(view);
    }
    Ok(Json(views))
}

async fn may_see(
    app: &App,
    caller: &Caller,
    stream: &str,
    known: &mut BTreeMap<String, bool>,
) -> Result<bool, ApiError> {
    if let Some(visible) = known.get(stream) {
        return Ok(*visible);
    }
    let viewer = caller.viewer();
    let visible = match stream.split_once('/') {
        Some(("incident" | "timeline", id)) => app.store.incident(&viewer, &IncidentId::new(id)).await?.is_some(),
        Some(("alert", id)) => app.store.alert(&viewer, &quell_model::AlertId::new(id)).await?.is_some(),
        Some(("tuning", id)) => !app.store.tuning(&viewer, Some(id)).await?.is_empty(),
        Some(("run", id)) => !app.store.runs(&viewer, None, Some(id)).await?.is_empty(),
        Some(("source", name)) => !app.store.hidden_sources(&viewer).await?.iter().any(|hidden| hidden == name),
        _ => true,
    };
    known.insert(stream.to_owned(), visible);
    Ok(visible)
}

/// What a check of the whole ledger found.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct VerificationView {
    /// Nothing is wrong.
    whole: bool,
    /// Entries read.
    entries: u64,
    /// Signed checkpoints read.
    checkpoints: u64,
    /// Stories read.
    stories: u64,
    /// Hash of the last entry.
    head: Option<String>,
    /// The first problems.
    problems: Vec<String>,
}

/// Verifies the whole ledger: chain, signatures, stories.
#[utoipa::path(post, path = "/api/v1/ledger/verification", tag = "ledger",
    responses((status = 200, body = VerificationView)))]
pub(crate) async fn verify(State(app): State<App>) -> Result<Json<VerificationView>, ApiError> {
    let found = app.store.verify().await?;
    let problems = found.problems.iter().map(|problem| match (problem.seq, &problem.stream) {
        (Some(seq), Some(stream)) => format!("entry {seq} ({stream}): {}", problem.what),
        (Some(seq), None) => format!("entry {seq}: {}", problem.what),
        _ => problem.what.clone(),
    });
    Ok(Json(VerificationView {
        whole: found.problems.is_empty(),
        entries: found.entries,
        checkpoints: found.checkpoints,
        stories: found.stories,
        head: found.head,
        problems: problems.collect(),
    }))
}
