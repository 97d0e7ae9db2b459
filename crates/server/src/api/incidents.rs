//! Incidents: lists, stories, and work on them.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post, put};
use quell_incident::work::{NoteFact, Text};
use quell_incident::{Incident, IncidentCommand, Status};
use quell_model::{IncidentId, Right, TeamId, UserId, Viewer};
use quell_store::IncidentRow;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::hand::Hand;
use super::incident_views::{CountsView, IncidentParams, IncidentView, SortName, StatusName};
use super::params::{given, id, no_version, object, possible_version, short, time};
use crate::App;
use crate::http::{Access, ApiError, Caller, Json, Listing, PageParams, Params, Route};
use crate::hub::Change;

/// Most incidents of one bulk change.
const BULK_MAX: usize = 500;
const REASON_CHARS_MAX: usize = 20_000;

pub(super) fn routes() -> Vec<Route> {
    use Access::{Needs, Session};
    use Right::{BreakGlass, IncidentsRead, IncidentsRestrict, IncidentsWrite};
    let (read, write) = (Needs(IncidentsRead), Needs(IncidentsWrite));
    vec![
        Route::api(Method::GET, "/api/v1/incidents", read, || get(list)),
        Route::api(Method::GET, "/api/v1/incidents/counts", read, || get(counts)),
        Route::api(Method::POST, "/api/v1/incidents/bulk", write, || post(bulk)),
        Route::api(Method::GET, "/api/v1/incidents/{id}", read, || get(one)),
        Route::api(Method::PATCH, "/api/v1/incidents/{id}", write, || patch(change)),
        Route::api(Method::GET, "/api/v1/incidents/{id}/story", read, || get(story)),
        Route::api(Method::GET, "/api/v1/incidents/{id}/report", read, || get(report)),
        Route::api(Method::GET, "/api/v1/incidents/{id}/entries", read, || get(entries)),
        Route::api(Method::POST, "/api/v1/incidents/{id}/notes", write, || post(note)),
        Route::api(Method::PUT, "/api/v1/incidents/{id}/restriction", Needs(IncidentsRestrict), || put(restrict)),
        Route::api(Method::DELETE, "/api/v1/incidents/{id}/restriction", Needs(IncidentsRestrict), || {
            axum::routing::delete(unrestrict)
        }),
        Route::api(Method::POST, "/api/v1/incidents/{id}/break-glass", Session(BreakGlass), || post(break_glass)),
    ]
}

/// Lists incidents.
#[utoipa::path(get, path = "/api/v1/incidents", tag = "incidents", params(IncidentParams, PageParams),
    responses((status = 200, body = Listing<IncidentView>)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Params(params): Params<IncidentParams>,
    Params(page): Params<PageParams>,
) -> Result<Json<Listing<IncidentView>>, ApiError> {
    let page = page.query(SortName::sort(params.sort))?;
    let rows = app.store.incidents(&caller.viewer(), &params.filter()?, &page).await?;
    Ok(Json(Listing::of(rows, IncidentView::from)))
}

/// Counts incidents.
#[utoipa::path(get, path = "/api/v1/incidents/counts", tag = "incidents", params(IncidentParams),
    responses((status = 200, body = CountsView)))]
pub(crate) async fn counts(
    State(app): State<App>,
    caller: Caller,
    Params(params): Params<IncidentParams>,
) -> Result<Json<CountsView>, ApiError> {
    Ok(Json(app.store.count_incidents(&caller.viewer(), &params.filter()?).await?.into()))
}

/// A moment in the past.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AsOf {
    /// As it was known at this time; now, if not given.
    #[param(format = DateTime)]
    as_of: Option<String>,
}

/// An incident with what was decided about it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct IncidentDetail {
    /// As it stands in lists; for a past moment, as it stands now.
    incident: IncidentView,
    /// How far work was at the moment asked for.
    status: &'static str,
    /// Version of the stream at that moment.
    version: u64,
    /// Title at that moment.
    title: String,
    /// Severity at that moment.
    severity: &'static str,
    /// Who was responsible.
    assignee: Option<String>,
    /// Whose it was.
    team: Option<String>,
    /// Who could see it, if it was restricted.
    members: Option<Vec<String>>,
    /// Its alerts at that moment.
    alerts: u64,
}

/// One incident, now or as it was known at a moment.
#[utoipa::path(get, path = "/api/v1/incidents/{id}", tag = "incidents", params(("id" = String, Path), AsOf),
    responses((status = 200, body = IncidentDetail)))]
pub(crate) async fn one(
    State(app): State<App>,
    caller: Caller,
    Path(incident): Path<String>,
    Params(as_of): Params<AsOf>,
) -> Result<Json<IncidentDetail>, ApiError> {
    let incident = incident_id(&incident)?;
    let as_of = time(as_of.as_of.as_ref(), "as_of")?;
    let row = app.store.incident(&caller.viewer(), &incident).await?;
    let state = app.store.incident_state(&caller.viewer(), &incident, as_of).await?;
    let (Some(row), Some((version, state))) = (row, state) else { return Err(ApiError::NotFound("incident")) };
    Ok(Json(detail(row, version, state)))
}

pub(super) fn detail(row: IncidentRow, version: u64, state: Incident) -> IncidentDetail {
    IncidentDetail {
        incident: row.into(),
        status: state.status.as_str(),
        version,
        title: state.told.title,
        severity: state.told.severity.as_str(),
        assignee: state.assignee.map(|user| user.to_string()),
        team: state.team.map(|team| team.to_string()),
        members: state.members.map(|members| members.iter().map(ToString::to_string).collect()),
        alerts: state.told.alerts,
    }
}

/// The story of an incident: root cause, chain, scope, evidence, next actions.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/story", tag = "incidents", params(("id" = String, Path), AsOf),
    responses((status = 200, description = "See docs/CONTRACT.md, an incident", body = Object)))]
pub(crate) async fn story(
    State(app): State<App>,
    caller: Caller,
    Path(incident): Path<String>,
    Params(as_of): Params<AsOf>,
) -> Result<Response, ApiError> {
    let as_of = time(as_of.as_of.as_ref(), "as_of")?;
    let story = app.store.story(&caller.viewer(), &incident_id(&incident)?, as_of).await?;
    let story =
        story.ok_or(ApiError::NotFound("story of an incident; Quell tells none of one that people reported"))?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], story).into_response())
}

/// Form of a report.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReportForm {
    /// Markdown.
    Markdown,
    /// One self-contained page without scripts.
    Html,
}

/// Which report.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReportParams {
    /// `markdown` or `html`.
    form: ReportForm,
}

/// A report of an incident, as a file.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/report", tag = "incidents",
    params(("id" = String, Path), ReportParams), responses(
        (status = 200, content((String = "text/markdown"), (String = "text/html")))))]
pub(crate) async fn report(
    State(app): State<App>,
    caller: Caller,
    Path(incident): Path<String>,
    Params(params): Params<ReportParams>,
) -> Result<Response, ApiError> {
    let id = incident_id(&incident)?;
    let story = app.store.story(&caller.viewer(), &id, None).await?.ok_or(ApiError::NotFound("story"))?;
    let incident: quell_model::Incident =
        serde_json::from_slice(&story).map_err(|error| ApiError::Internal(format!("story of {id}: {error}")))?;
    let (kind, extension, text) = match params.form {
        ReportForm::Markdown => ("text/markdown; charset=utf-8", "md", quell_report::incident_markdown(&incident)),
        ReportForm::Html => ("text/html; charset=utf-8", "html", quell_report::incident_html(&incident)),
    };
    let disposition = format!("attachment; filename=\"{id}.{extension}\"");
    let mut response = text.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let disposition = HeaderValue::from_str(&disposition).map_err(|error| ApiError::Internal(error.to_string()))?;
    response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    Ok(response)
}

/// The entries of an incident's stream, in order.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/entries", tag = "incidents", params(("id" = String, Path), AsOf),
    responses((status = 200, body = Vec<super::ledger::EntryView>)))]
pub(crate) async fn entries(
    State(app): State<App>,
    caller: Caller,
    Path(incident): Path<String>,
    Params(as_of): Params<AsOf>,
) -> Result<Json<Vec<super::ledger::EntryView>>, ApiError> {
    let id = incident_id(&incident)?;
    app.store.incident(&caller.viewer(), &id).await?.ok_or(ApiError::NotFound("incident"))?;
    let entries = app.store.stream(&stream_of(&id), time(as_of.as_of.as_ref(), "as_of")?).await?;
    Ok(Json(entries.into_iter().map(super::ledger::EntryView::from).collect()))
}

/// What to change. What is left out stays as it is.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IncidentChange {
    /// Version that the change builds on; if somebody else changed it since, the change is refused.
    #[schema(maximum = 9007199254740991u64)]
    version: Option<u64>,
    /// How far work is now.
    #[schema(value_type = Option<StatusName>)]
    status: Option<Status>,
    /// Why; needed when work ends.
    #[serde(default)]
    #[schema(max_length = 20000)]
    reason: String,
    /// Who is responsible now; null for nobody.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    assignee: Option<Option<String>>,
    /// Whose it is now; null for all.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    team: Option<Option<String>>,
}

impl IncidentChange {
    fn commands(&self) -> Vec<IncidentCommand> {
        let status = self.status.map(|status| IncidentCommand::ChangeStatus(status, self.reason.clone()));
        let assignee = self.assignee.clone().map(|user| IncidentCommand::Assign(user.map(UserId::new)));
        let team = self.team.clone().map(|team| IncidentCommand::ChangeTeam(team.map(TeamId::new)));
        status.into_iter().chain(assignee).chain(team).collect()
    }
}

/// Changes an incident.
#[utoipa::path(patch, path = "/api/v1/incidents/{id}", tag = "incidents", params(("id" = String, Path)),
    request_body = IncidentChange, responses((status = 200, body = IncidentDetail)))]
pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(incident): Path<String>,
    Json(change): Json<IncidentChange>,
) -> Result<Json<IncidentDetail>, ApiError> {
    let id = incident_id(&incident)?;
    known_people(&app, &change).await?;
    let hand = Hand::of(&app, &caller);
    hand.command(&id, change.version, change.commands()).await.map(Json)
}

/// An assignee and a team have to exist.
async fn known_people(app: &App, change: &IncidentChange) -> Result<(), ApiError> {
    possible_version(change.version)?;
    short([("reason", Some(&change.reason), REASON_CHARS_MAX)])?;
    if let Some(Some(user)) = &change.assignee {
        let user = app.store.user(&UserId::new(user.as_str())).await?;
        user.filter(|user| user.account.enabled)
            .ok_or_else(|| ApiError::Unprocessable("there is no such user".to_owned()))?;
    }
    if let Some(Some(team)) = &change.team
        && !app.store.teams().await?.iter().any(|known| known.id.as_str() == team)
    {
        return Err(ApiError::Unprocessable("there is no such team".to_owned()));
    }
    Ok(())
}

/// A change of many incidents.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BulkChange {
    /// Which; at most 500.
    #[schema(min_items = 1, max_items = 500)]
    ids: Vec<String>,
    /// What to change.
    #[serde(deserialize_with = "object")]
    change: IncidentChange,
}

/// What became of one item of a bulk change.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct BulkOutcome {
    /// Which.
    pub(super) id: String,
    /// HTTP status that the change alone would have had.
    pub(super) status: u16,
    /// Why not, if it was not done.
    pub(super) detail: Option<String>,
}

impl BulkOutcome {
    pub(super) fn of<T>(id: String, outcome: Result<T, ApiError>) -> BulkOutcome {
        match outcome {
            Ok(_) => BulkOutcome { id, status: 200, detail: None },
            Err(error) => BulkOutcome { id, status: error.status().as_u16(), detail: Some(error.to_string()) },
        }
    }
}

/// Changes many incidents; each by itself, with its own outcome.
#[utoipa::path(post, path = "/api/v1/incidents/bulk", tag = "incidents", request_body = BulkChange,
    responses((status = 200, body = Vec<BulkOutcome>)))]
pub(crate) async fn bulk(
    State(app): State<App>,
    caller: Caller,
    Json(bulk): Json<BulkChange>,
) -> Result<Json<Vec<BulkOutcome>>, ApiError> {
    if !(1..=BULK_MAX).contains(&bulk.ids.len()) {
        return Err(ApiError::BadRequest(format!("name 1 to {BULK_MAX} incidents")));
    }
    no_version(bulk.change.version)?;
    known_people(&app, &bulk.change).await?;
    let hand = Hand::of(&app, &caller);
    let mut outcomes = Vec::with_capacity(bulk.ids.len());
    for text in bulk.ids {
        let outcome = match incident_id(&text) {
            Ok(id) => hand.command(&id, None, bulk.change.commands()).await,
            Err(error) => Err(error),
        };
        outcomes.push(BulkOutcome::of(text, outcome));
    }
    Ok(Json(outcomes))
}

/// A note.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewNote {
    /// Markdown.
    text: Text,
}

/// Writes a note into an incident's stream.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/notes", tag = "incidents", params(("id" = String, Path)),
    request_body = NewNote, responses((status = 200, body = IncidentDetail)))]
pub(crate) async fn note(
    State(app): State<App>,
    caller: Caller,
    Path(incident): Path<String>,
    Json(note): Json<NewNote>,
) -> Result<Json<IncidentDetail>, ApiError> {
    let (hand, id) = (Hand::of(&app, &caller), incident_id(&incident)?);
    hand.work(&id, None, vec![NoteFact::Written { text: note.text }.into()]).await?;
    hand.detail(&id).await.map(Json)
}

/// Who may see an incident.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Restriction {
    /// User ids; whoever restricts is always among them.
    #[schema(max_items = 200)]
    members: BTreeSet<String>,
}

/// Restricts an incident to those who need to know.
#[utoipa::path(put, path = "/api/v1/incidents/{id}/restriction", tag = "incidents", params(("id" = String, Path)),
    request_body = Restriction, responses((status = 200, body = IncidentDetail)))]
pub(crate) async fn restrict(
    State(app): State<App>,
    caller: Caller,
    Path(incident): Path<String>,
    Json(restriction): Json<Restriction>,
) -> Result<Json<IncidentDetail>, ApiError> {
    for member in &restriction.members {
        let known = app.store.user(&UserId::new(member.as_str())).await?;
        known.ok_or_else(|| ApiError::Unprocessable("a member is no user".to_owned()))?;
    }
    let members = restriction.members.into_iter().map(UserId::new).chain([caller.user.clone()]).collect();
    let hand = Hand::of(&app, &caller);
    hand.command(&incident_id(&incident)?, None, vec![IncidentCommand::Restrict(members)]).await.map(Json)
}

/// Lifts the restriction.
#[utoipa::path(delete, path = "/api/v1/incidents/{id}/restriction", tag = "incidents", params(("id" = String, Path)),
    responses((status = 200, body = IncidentDetail)))]
pub(crate) async fn unrestrict(
    State(app): State<App>,
    caller: Caller,
    Path(incident): Path<String>,
) -> Result<Json<IncidentDetail>, ApiError> {
    let hand = Hand::of(&app, &caller);
    hand.command(&incident_id(&incident)?, None, vec![IncidentCommand::Unrestrict]).await.map(Json)
}

/// An emergency.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Emergency {
    /// Why it cannot wait for a member. All members are told, and it stays in the ledger.
    #[schema(min_length = 1, max_length = 20000)]
    reason: String,
}

/// Gets into a restricted incident without being a member. Raises an alarm.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/break-glass", tag = "incidents", params(("id" = String, Path)),
    request_body = Emergency, responses((status = 200, body = IncidentDetail)))]
pub(crate) async fn break_glass(
    State(app): State<App>,
    caller: Caller,
    Path(incident): Path<String>,
    Json(emergency): Json<Emergency>,
) -> Result<Json<IncidentDetail>, ApiError> {
    let id = incident_id(&incident)?;
    // Only what is restricted is there for those who do not see it.
    let row = app.store.incident(&Viewer::System, &id).await?.ok_or(ApiError::NotFound("incident"))?;
    if !row.restricted && app.store.incident(&caller.viewer(), &id).await?.is_none() {
        return Err(ApiError::NotFound("incident"));
    }
    let hand = Hand { app: &app, caller: &caller, viewer: Viewer::System };
    let command = IncidentCommand::BreakGlass(caller.user.clone(), emergency.reason);
    let detail = hand.command(&id, None, vec![command]).await?;
    tracing::warn!(incident = %id, user = caller.login, "glass broken: a restricted incident was opened by a non-member");
    metrics::counter!("quell_glass_broken_total").increment(1);
    app.hub.publish(Change::Alarm(id, caller.user.clone()));
    Ok(Json(detail))
}

pub(super) fn incident_id(text: &str) -> Result<IncidentId, ApiError> {
    id(text, "inc-", "incident").map(IncidentId::new)
}

pub(super) fn stream_of(id: &IncidentId) -> String {
    format!("incident/{id}")
}
