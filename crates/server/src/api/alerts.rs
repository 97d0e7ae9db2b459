//! Alerts: what detection raised, and what people found it to be.

use axum::extract::{Path, State};
use axum::http::Method;
use axum::routing::{get, patch, post};
use quell_incident::{AlertFact, AlertStatus, Fact};
use quell_model::{AlertGroupId, AlertId, Expected, IncidentId, NewLedgerEntry, Right};
use quell_store::{AlertFilter, AlertRow};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::incident_views::{CountsView, LevelName, SortName};
use super::incidents::BulkOutcome;
use super::params::{id, level, listed, no_version, object, parsed, possible_version, short, time};
use crate::App;
use crate::http::{Access, ApiError, Caller, Json, Listing, PageParams, Params, Route};
use crate::hub::Change;

const BULK_MAX: usize = 1_000;
const REASON_CHARS_MAX: usize = 20_000;

pub(super) fn routes() -> Vec<Route> {
    let (read, triage) = (Access::Needs(Right::AlertsRead), Access::Needs(Right::AlertsTriage));
    vec![
        Route::api(Method::GET, "/api/v1/alerts", read, || get(list)),
        Route::api(Method::GET, "/api/v1/alerts/counts", read, || get(counts)),
        Route::api(Method::POST, "/api/v1/alerts/bulk", triage, || post(bulk)),
        Route::api(Method::GET, "/api/v1/alerts/{id}", read, || get(one)),
        Route::api(Method::PATCH, "/api/v1/alerts/{id}", triage, || patch(change)),
    ]
}

/// Which alerts.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AlertParams {
    /// Words of the alert; all of them.
    #[param(max_length = 200)]
    q: Option<String>,
    /// Any of these, divided by commas.
    #[serde(default, deserialize_with = "listed")]
    #[param(value_type = Vec<AlertStatusName>, min_items = 1, style = Form, explode = false)]
    status: Vec<String>,
    /// Any of these, divided by commas.
    #[serde(default, deserialize_with = "listed")]
    #[param(value_type = Vec<LevelName>, min_items = 1, style = Form, explode = false)]
    severity: Vec<String>,
    /// Rule id.
    #[param(max_length = 200)]
    rule: Option<String>,
    /// ATT&CK technique id.
    #[param(max_length = 32)]
    technique: Option<String>,
    /// Source.
    #[param(max_length = 64)]
    source: Option<String>,
    /// Incident id.
    #[param(max_length = 64)]
    incident: Option<String>,
    /// Group of alerts of one rule about one thing.
    #[param(max_length = 64)]
    group: Option<String>,
    /// Event at or after.
    #[param(format = DateTime)]
    since: Option<String>,
    /// Event at or before.
    #[param(format = DateTime)]
    until: Option<String>,
    /// `newest` (if not given) or `severity`.
    sort: Option<SortName>,
}

/// What an alert was found to be.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its description is used")]
pub(crate) enum AlertStatusName {
    /// Nobody looked yet.
    New,
    /// Somebody looks at it.
    Claimed,
    /// True and harmless.
    Benign,
    /// Not true.
    FalsePositive,
    /// True and hostile.
    Confirmed,
    /// Another alert says the same.
    Duplicate,
}

impl AlertParams {
    fn filter(&self) -> Result<AlertFilter, ApiError> {
        short([
            ("q", self.q.as_ref(), 200),
            ("rule", self.rule.as_ref(), 200),
            ("technique", self.technique.as_ref(), 32),
            ("source", self.source.as_ref(), 64),
            ("incident", self.incident.as_ref(), 64),
            ("group", self.group.as_ref(), 64),
        ])?;
        Ok(AlertFilter {
            text: self.q.clone(),
            status: parsed(&self.status, "status", AlertStatus::parse)?,
            severity: parsed(&self.severity, "severity", level)?,
            rule: self.rule.clone(),
            technique: self.technique.clone(),
            source: self.source.clone(),
            incident: self.incident.clone().map(IncidentId::new),
            group: self.group.clone().map(AlertGroupId::new),
            since: time(self.since.as_ref(), "since")?,
            until: time(self.until.as_ref(), "until")?,
        })
    }
}

/// An alert.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct AlertView {
    /// Its id.
    id: String,
    /// All alerts of its rule about its subject.
    group: String,
    /// The stored event.
    event: String,
    /// Source that brought it.
    source: String,
    /// Mapping that read it.
    mapping: String,
    /// Rule id.
    rule: String,
    /// Rule title.
    title: String,
    /// How serious.
    severity: &'static str,
    /// Tags of the rule.
    tags: Vec<String>,
    /// Time of the event.
    #[schema(format = DateTime)]
    time: Option<String>,
    /// When it was raised.
    #[schema(format = DateTime)]
    raised_at: String,
    /// What it is about.
    subject: String,
    /// Fields that made the rule match.
    matched: std::collections::BTreeMap<String, String>,
    /// What it was found to be.
    status: &'static str,
    /// Who claimed it.
    assignee: Option<String>,
    /// Why it has its status.
    reason: String,
    /// Incident it belongs to.
    incident: Option<String>,
    /// The alert that says the same, for duplicates.
    duplicate_of: Option<String>,
    /// Version of its stream.
    version: u64,
}

impl From<AlertRow> for AlertView {
    fn from(row: AlertRow) -> AlertView {
        AlertView {
            id: row.id.to_string(),
            group: row.group.to_string(),
            event: row.event.to_string(),
            source: row.source,
            mapping: row.mapping,
            rule: row.rule_id,
            title: row.title,
            severity: row.level.as_str(),
            tags: row.tags,
            time: row.time.map(|time| time.to_string()),
            raised_at: row.raised_at.to_string(),
            subject: row.subject,
            matched: serde_json::from_str(&row.matched).unwrap_or_default(),
            status: row.status.as_str(),
            assignee: row.assignee.map(|user| user.to_string()),
            reason: row.reason,
            incident: row.incident.map(|id| id.to_string()),
            duplicate_of: row.duplicate_of.map(|id| id.to_string()),
            version: row.version,
        }
    }
}

/// Lists alerts.
#[utoipa::path(get, path = "/api/v1/alerts", tag = "alerts", params(AlertParams, PageParams),
    responses((status = 200, body = Listing<AlertView>)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Params(params): Params<AlertParams>,
    Params(page): Params<PageParams>,
) -> Result<Json<Listing<AlertView>>, ApiError> {
    let page = page.query(SortName::sort(params.sort))?;
    let rows = app.store.alerts(&caller.viewer(), &params.filter()?, &page).await?;
    Ok(Json(Listing::of(rows, AlertView::from)))
}

/// Counts alerts.
#[utoipa::path(get, path = "/api/v1/alerts/counts", tag = "alerts", params(AlertParams),
    responses((status = 200, body = CountsView)))]
pub(crate) async fn counts(
    State(app): State<App>,
    caller: Caller,
    Params(params): Params<AlertParams>,
) -> Result<Json<CountsView>, ApiError> {
    Ok(Json(app.store.count_alerts(&caller.viewer(), &params.filter()?).await?.into()))
}

/// One alert.
#[utoipa::path(get, path = "/api/v1/alerts/{id}", tag = "alerts", params(("id" = String, Path)),
    responses((status = 200, body = AlertView)))]
pub(crate) async fn one(
    State(app): State<App>,
    caller: Caller,
    Path(alert): Path<String>,
) -> Result<Json<AlertView>, ApiError> {
    let alert = app.store.alert(&caller.viewer(), &alert_id(&alert)?).await?;
    alert.map(|row| Json(row.into())).ok_or(ApiError::NotFound("alert"))
}

/// A decision about an alert.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertChange {
    /// What it is.
    #[schema(value_type = AlertStatusName)]
    status: AlertStatus,
    /// Why; needed for benign alerts and false positives.
    #[serde(default)]
    #[schema(max_length = 20000)]
    reason: String,
    /// The alert that says the same; needed for duplicates.
    duplicate_of: Option<String>,
    /// Version that the decision builds on.
    #[schema(maximum = 9007199254740991u64)]
    version: Option<u64>,
}

/// Decides about an alert.
#[utoipa::path(patch, path = "/api/v1/alerts/{id}", tag = "alerts", params(("id" = String, Path)),
    request_body = AlertChange, responses((status = 200, body = AlertView)))]
pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(alert): Path<String>,
    Json(change): Json<AlertChange>,
) -> Result<Json<AlertView>, ApiError> {
    possible_version(change.version)?;
    let id = alert_id(&alert)?;
    let row = app.store.alert(&caller.viewer(), &id).await?.ok_or(ApiError::NotFound("alert"))?;
    if change.version.is_some_and(|version| version != row.version) {
        return Err(ApiError::Conflict("somebody else decided in the meantime; read it again".to_owned()));
    }
    let original = original(&app, &caller, &change).await?;
    let entry = decision(&caller, (&id, row.version), &change, original.as_ref())?;
    app.store.append(app.clock.now(), vec![entry]).await?;
    app.hub.publish(Change::Triage(id.clone()));
    let row = app.store.alert(&caller.viewer(), &id).await?;
    row.map(|row| Json(row.into())).ok_or(ApiError::NotFound("alert"))
}

/// A decision about many alerts.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertBulk {
    /// Which; at most 1,000.
    #[schema(min_items = 1, max_items = 1000)]
    ids: Vec<String>,
    /// What they are.
    #[serde(deserialize_with = "object")]
    change: AlertChange,
}

/// Decides about many alerts: about all that the caller sees, in one entry each, all or none.
#[utoipa::path(post, path = "/api/v1/alerts/bulk", tag = "alerts", request_body = AlertBulk,
    responses((status = 200, body = Vec<BulkOutcome>)))]
pub(crate) async fn bulk(
    State(app): State<App>,
    caller: Caller,
    Json(bulk): Json<AlertBulk>,
) -> Result<Json<Vec<BulkOutcome>>, ApiError> {
    if !(1..=BULK_MAX).contains(&bulk.ids.len()) {
        return Err(ApiError::BadRequest(format!("name 1 to {BULK_MAX} alerts")));
    }
    no_version(bulk.change.version)?;
    short([("reason", Some(&bulk.change.reason), REASON_CHARS_MAX)])?;
    let ids: Vec<AlertId> = bulk.ids.iter().filter_map(|text| alert_id(text).ok()).collect();
    let visible = app.store.alert_versions(&caller.viewer(), &ids).await?;
    let original = original(&app, &caller, &bulk.change).await?;
    let entry = |(id, version): &(AlertId, u64)| decision(&caller, (id, *version), &bulk.change, original.as_ref());
    let entries: Vec<NewLedgerEntry> = visible.iter().map(entry).collect::<Result<_, _>>()?;
    if !entries.is_empty() {
        app.store.append(app.clock.now(), entries).await?;
        visible.iter().for_each(|(id, _)| app.hub.publish(Change::Triage(id.clone())));
    }
    let outcome = |text: String| {
        let done = visible.iter().any(|(id, _)| id.as_str() == text);
        BulkOutcome::of(text, if done { Ok(()) } else { Err(ApiError::NotFound("alert")) })
    };
    Ok(Json(bulk.ids.into_iter().map(outcome).collect()))
}

/// The alert that says the same, if it is one that the caller sees and no duplicate itself.
async fn original(app: &App, caller: &Caller, change: &AlertChange) -> Result<Option<AlertId>, ApiError> {
    let unfit = |why: &str| ApiError::Unprocessable(why.to_owned());
    let of = match (change.status, &change.duplicate_of) {
        (AlertStatus::Duplicate, Some(of)) => of,
        (AlertStatus::Duplicate, None) => return Err(unfit("say of which alert it is a duplicate")),
        (_, Some(_)) => return Err(unfit("only duplicates are duplicates of an alert")),
        (_, None) => return Ok(None),
    };
    let id = alert_id(of).map_err(|_| unfit("there is no such alert"))?;
    match app.store.alert(&caller.viewer(), &id).await? {
        None => Err(unfit("there is no such alert")),
        Some(row) if row.status == AlertStatus::Duplicate => Err(unfit("this alert is a duplicate itself")),
        Some(_) => Ok(Some(id)),
    }
}

fn decision(
    caller: &Caller,
    (id, version): (&AlertId, u64),
    change: &AlertChange,
    original: Option<&AlertId>,
) -> Result<NewLedgerEntry, ApiError> {
    let status = change.status;
    if original == Some(id) {
        return Err(ApiError::Unprocessable("an alert is no duplicate of itself".to_owned()));
    }
    let needs_reason = matches!(status, AlertStatus::Benign | AlertStatus::FalsePositive);
    if needs_reason && change.reason.trim().is_empty() {
        return Err(ApiError::Unprocessable("a reason is needed".to_owned()));
    }
    if change.reason.chars().count() > REASON_CHARS_MAX {
        return Err(ApiError::Unprocessable(format!("the reason is longer than {REASON_CHARS_MAX} characters")));
    }
    let duplicate_of = original.cloned();
    let by = (status == AlertStatus::Claimed).then(|| caller.user.clone());
    let (kind, body) = AlertFact::StatusChanged { status, reason: change.reason.clone(), by, duplicate_of }.parts();
    let (stream, expected) = (format!("alert/{id}"), Expected::Version(version));
    Ok(NewLedgerEntry { stream, expected, actor: caller.actor(), kind, body })
}

pub(super) fn alert_id(text: &str) -> Result<AlertId, ApiError> {
    id(text, "alr-", "alert").map(AlertId::new)
}
