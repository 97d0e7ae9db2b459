//! What false positives teach: a filter for the rule, held against the alerts that there are, and decided upon by people.

use axum::extract::{Path, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use quell_engine::{Sample, TuningError};
use quell_incident::work::{Line, Text};
use quell_incident::{AlertStatus, Fact, Replayed, TuningFact, TuningProposal, TuningState};
use quell_model::{AlertId, Expected, NewLedgerEntry, Right, Viewer};
use quell_store::{AlertFilter, AlertRow, PageQuery, Sort, StoreError, TuningRow};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::alerts::alert_id;
use super::hand::OVERTAKEN;
use super::params::id;
use crate::App;
use crate::http::{Access, ApiError, Caller, Json, Route};
use crate::search::find_all;

/// Alerts of the rule that a filter is held against, the newest.
const REPLAYED_MAX: u32 = 500;

pub(super) fn routes() -> Vec<Route> {
    let (read, triage) = (Access::Needs(Right::AlertsRead), Access::Needs(Right::AlertsTriage));
    let lead = Access::Needs(Right::IncidentsLead);
    vec![
        Route::api(Method::POST, "/api/v1/alerts/{id}/tuning", triage, || post(propose)),
        Route::api(Method::GET, "/api/v1/tuning", read, || get(list)),
        Route::api(Method::GET, "/api/v1/tuning/filters", read, || get(filters)),
        Route::api(Method::POST, "/api/v1/tuning/{id}/decision", lead, || post(decide)),
    ]
}

/// What to filter by.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTuning {
    /// Fields, as the rule names them, in which the harmless alerts have the same value; found by Quell, if none is named.
    #[serde(default)]
    #[schema(max_items = 8)]
    fields: Vec<String>,
}

/// A tuning proposal.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct TuningView {
    /// Which.
    id: String,
    /// Version of its stream.
    version: u64,
    /// How far it is.
    state: TuningState,
    /// Why it was decided so.
    reason: String,
    /// When it was made.
    #[schema(format = DateTime)]
    proposed_at: String,
    /// Whether its filter is in force now; an accepted one is from the next start of the server on.
    in_force: bool,
    /// What it proposes.
    proposal: TuningProposal,
}

/// Tuning proposals.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct TuningList {
    /// The newest first.
    items: Vec<TuningView>,
}

/// Proposes a filter that keeps a rule silent on what an alert, found to be harmless, shows; and holds it against the newest
/// 500 alerts of the rule.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/tuning", tag = "tuning", params(("id" = String, Path)),
    request_body = NewTuning, responses((status = 201, body = TuningView)))]
pub(crate) async fn propose(
    State(app): State<App>,
    caller: Caller,
    Path(alert): Path<String>,
    Json(new): Json<NewTuning>,
) -> Result<Response, ApiError> {
    if new.fields.len() > 8 || new.fields.iter().any(|field| field.chars().count() > 200) {
        return Err(ApiError::BadRequest("name at most 8 fields of at most 200 characters".to_owned()));
    }
    let alert = alert_id(&alert)?;
    let row = app.store.alert(&caller.viewer(), &alert).await?.ok_or(ApiError::NotFound("alert"))?;
    if !is_harmless(row.status) {
        return Err(ApiError::Unprocessable("first say that the alert is benign or a false positive".to_owned()));
    }
    let id = format!("tun-{}", app.hex::<6>());
    let proposal = work_out(&app, &caller, (&id, row), new.fields).await?;
    append(&app, &caller, (&id, 0), &TuningFact::Proposed { proposal }).await?;
    Ok((StatusCode::CREATED, Json(one(&app, &caller, &id).await?)).into_response())
}

/// All proposals about alerts that the caller sees.
#[utoipa::path(get, path = "/api/v1/tuning", tag = "tuning", responses((status = 200, body = TuningList)))]
pub(crate) async fn list(State(app): State<App>, caller: Caller) -> Result<Json<TuningList>, ApiError> {
    let rows = app.store.tuning(&caller.viewer(), None).await?;
    Ok(Json(TuningList { items: rows.into_iter().map(|row| view(&app, row)).collect() }))
}

/// All accepted filters as one file of Sigma documents, for another Quell or another engine.
#[utoipa::path(get, path = "/api/v1/tuning/filters", tag = "tuning",
    responses((status = 200, content((String = "text/plain")))))]
pub(crate) async fn filters(State(app): State<App>, caller: Caller) -> Result<Response, ApiError> {
    let rows = app.store.tuning(&caller.viewer(), None).await?;
    let accepted = rows.into_iter().filter(|row| row.state == TuningState::Accepted);
    let documents: Vec<String> = accepted.map(|row| row.proposal.filter).collect();
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], documents.join("---\n")).into_response())
}

/// A decision on a proposal.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TuningDecision {
    /// Whether its filter comes into force, when the server starts the next time.
    accepted: bool,
    /// Why.
    reason: Text,
}

/// Accepts or rejects a proposal; a decision can be changed.
#[utoipa::path(post, path = "/api/v1/tuning/{id}/decision", tag = "tuning", params(("id" = String, Path)),
    request_body = TuningDecision, responses((status = 200, body = TuningView)))]
pub(crate) async fn decide(
    State(app): State<App>,
    caller: Caller,
    Path(tuning): Path<String>,
    Json(decision): Json<TuningDecision>,
) -> Result<Json<TuningView>, ApiError> {
    let known = one(&app, &caller, id(&tuning, "tun-", "tuning proposal")?).await?;
    if known.state == TuningState::decided(decision.accepted) {
        return Err(ApiError::Conflict("it is so already".to_owned()));
    }
    let fact = TuningFact::Decided { accepted: decision.accepted, reason: decision.reason };
    append(&app, &caller, (&known.id, known.version), &fact).await?;
    Ok(Json(one(&app, &caller, &known.id).await?))
}

fn is_harmless(status: AlertStatus) -> bool {
    matches!(status, AlertStatus::Benign | AlertStatus::FalsePositive)
}

async fn work_out(
    app: &App,
    caller: &Caller,
    (id, row): (&str, AlertRow),
    fields: Vec<String>,
) -> Result<TuningProposal, ApiError> {
    let of_rule = AlertFilter { rule: Some(row.rule_id.clone()), ..AlertFilter::default() };
    let confirmed = AlertFilter { status: vec![AlertStatus::Confirmed], ..of_rule.clone() };
    let total = app.store.count_alerts(&caller.viewer(), &of_rule).await?.total;
    let mut rows = newest(app, &caller.viewer(), &of_rule).await?;
    rows.retain(|known| known.id != row.id);
    rows.insert(0, row.clone());
    // What it names is what the alert itself says; others only show what they have in common with it.
    if kept(app, &rows[..1]).await?.0.is_empty() {
        return Err(ApiError::Unprocessable(TuningError::NoRecord.to_string()));
    }
    let (samples, statuses) = kept(app, &rows).await?;
    // A filter holds for everybody: what it would hide of what only others see counts, too.
    let (hostile, _) = kept(app, &newest(app, &Viewer::System, &confirmed).await?).await?;
    let (knowledge, rule, seed) = (app.knowledge.clone(), row.rule_id.clone(), id.to_owned());
    let worked_out = tokio::task::spawn_blocking(move || {
        let filter = knowledge.propose_filter((&rule, &seed), &samples, &fields)?;
        let replay = knowledge.replay(&filter.text);
        let raises = |sample: &Sample| {
            replay.as_ref().is_none_or(|replay| replay.raises(&sample.event.fields, &sample.event.raw))
        };
        let hides_confirmed = !hostile.iter().all(raises);
        Ok::<_, TuningError>((filter.text, samples.iter().map(raises).collect::<Vec<bool>>(), hides_confirmed))
    });
    let worked_out = worked_out.await.map_err(|error| ApiError::Internal(error.to_string()))?;
    let (filter, raised, hides_confirmed) = worked_out.map_err(|error| ApiError::Unprocessable(error.to_string()))?;
    let not_replayed = total.saturating_sub(raised.len() as u64);
    let alert: AlertId = row.id;
    let (rule, title) = (Line::shortened(&row.rule_id), Line::shortened(&row.title));
    let replay = tally(&statuses, &raised);
    Ok(TuningProposal { alert, rule, title, filter, replay, not_replayed, hides_confirmed })
}

async fn newest(app: &App, viewer: &Viewer, filter: &AlertFilter) -> Result<Vec<AlertRow>, ApiError> {
    let page = PageQuery { limit: REPLAYED_MAX, sort: Sort::Newest, ..PageQuery::default() };
    Ok(app.store.alerts(viewer, filter, &page).await?.items)
}

/// Alerts of which the record is kept, with their statuses.
async fn kept(app: &App, rows: &[AlertRow]) -> Result<(Vec<Sample>, Vec<AlertStatus>), ApiError> {
    let events: Vec<_> = rows.iter().map(|row| row.event).collect();
    let mut found = find_all(&*app.lake, &app.knowledge, events).await?;
    let mut pairs = (Vec::new(), Vec::new());
    for row in rows {
        let Some(event) = found.remove(&row.event) else { continue };
        let (harmless, hostile) = (is_harmless(row.status), row.status == AlertStatus::Confirmed);
        pairs.0.push(Sample { harmless, hostile, event });
        pairs.1.push(row.status);
    }
    Ok(pairs)
}

fn tally(statuses: &[AlertStatus], raised: &[bool]) -> Vec<Replayed> {
    let of = |status: AlertStatus| {
        let of_status = statuses.iter().zip(raised).filter(|(known, _)| **known == status);
        let (raised, silenced): (Vec<_>, Vec<_>) = of_status.partition(|(_, raised)| **raised);
        Replayed { status, silenced: silenced.len() as u64, raised: raised.len() as u64 }
    };
    AlertStatus::ALL.into_iter().map(of).filter(|replayed| replayed.silenced + replayed.raised > 0).collect()
}

async fn one(app: &App, caller: &Caller, id: &str) -> Result<TuningView, ApiError> {
    let row = app.store.tuning(&caller.viewer(), Some(id)).await?.pop();
    row.map(|row| view(app, row)).ok_or(ApiError::NotFound("tuning proposal"))
}

fn view(app: &App, row: TuningRow) -> TuningView {
    let in_force = app.knowledge.has_filter(&row.proposal.filter);
    TuningView {
        id: row.id,
        version: row.version,
        state: row.state,
        reason: row.reason,
        proposed_at: row.proposed_at.to_string(),
        in_force,
        proposal: row.proposal,
    }
}

async fn append(app: &App, caller: &Caller, (id, version): (&str, u64), fact: &TuningFact) -> Result<(), ApiError> {
    let ((kind, body), stream) = (fact.parts(), format!("tuning/{id}"));
    let entry = NewLedgerEntry { stream, expected: Expected::Version(version), actor: caller.actor(), kind, body };
    match app.store.append(app.clock.now(), vec![entry]).await {
        Err(StoreError::Conflict { .. }) => Err(ApiError::Conflict(OVERTAKEN.to_owned())),
        other => other.map(drop).map_err(ApiError::from),
    }
}
