//! The work on an incident: what was found, decided and done; the framework it is looked at under; its clocks.
//!
//! What somebody wants to happen is posted in the words of the ledger: kind and body of the entry that it becomes.

use axum::extract::{Path, State};
use axum::http::Method;
use axum::routing::{get, post};
use quell_incident::deadline::{self, Deadline};
use quell_incident::gate::{self, ActivityStates, FrameworkView, Surroundings};
use quell_incident::timeline::MomentKind;
use quell_incident::work::{Line, TaskFact, Work, WorkFact};
use quell_model::process::{Framework, TaskTemplate};
use quell_model::{IncidentId, LedgerEntry, Right, Timestamp};
use quell_store::Worked;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::hand::Hand;
use super::incidents::incident_id;
use super::params::{possible_version, time};
use crate::App;
use crate::http::{Access, ApiError, Caller, Json, Params, Route};

/// Kind of the entry that says that an incident is worked on.
const TAKEN_ON: &str = "incident.status_changed";
/// Most facts that are recorded together.
const FACTS_MAX: usize = 100;

pub(super) fn routes() -> Vec<Route> {
    let (read, write) = (Access::Needs(Right::IncidentsRead), Access::Needs(Right::IncidentsWrite));
    vec![
        Route::api(Method::GET, "/api/v1/incidents/{id}/work", read, || get(one)),
        Route::api(Method::POST, "/api/v1/incidents/{id}/work", write, || post(record)),
        Route::api(Method::POST, "/api/v1/incidents/{id}/tasks", write, || post(plan)),
        Route::api(Method::GET, "/api/v1/incidents/{id}/process", read, || get(process)),
        Route::api(Method::GET, "/api/v1/incidents/{id}/clocks", read, || get(clocks)),
    ]
}

/// Which moment, and which framework.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WorkParams {
    /// As it was known at this time; now, if not given.
    #[param(format = DateTime)]
    as_of: Option<String>,
    /// Id of a framework; that of the incident or of the organisation, if not given.
    framework: Option<String>,
}

/// The work on an incident.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct WorkView {
    /// Version of the stream of the incident.
    version: u64,
    /// The incident, and those that became part of it.
    parts: Vec<String>,
    /// Everything that was found, decided and done.
    work: Work,
}

/// The work on an incident, now or as it was known at a moment.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/work", tag = "work", params(("id" = String, Path), WorkParams),
    responses((status = 200, body = WorkView)))]
pub(crate) async fn one(
    State(app): State<App>,
    caller: Caller,
    Path(incident): Path<String>,
    Params(params): Params<WorkParams>,
) -> Result<Json<WorkView>, ApiError> {
    let worked = worked(&app, &caller, &incident, params.as_of.as_ref()).await?;
    let parts = worked.parts.iter().map(ToString::to_string).collect();
    Ok(Json(WorkView { version: worked.version, parts, work: worked.work }))
}

/// Work to record.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWork {
    /// Version that it builds on; if somebody else changed the incident since, it is refused.
    #[schema(maximum = 9007199254740991u64)]
    version: Option<u64>,
    /// What happened, in order; all of it is recorded, or nothing.
    #[schema(value_type = Vec<WorkFact>, min_items = 1, max_items = 100)]
    work: Vec<NewFact>,
}

/// A fact as it is posted.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewFact {
    kind: String,
    body: Value,
}

/// What was recorded.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Recorded {
    /// Version of the stream of the incident after it.
    version: u64,
    /// Position of each entry in the ledger; it is the id of what the entry made.
    entries: Vec<u64>,
}

impl Recorded {
    pub(super) fn of(entries: &[LedgerEntry]) -> Recorded {
        Recorded {
            version: entries.last().map_or(0, |entry| entry.version),
            // That it was taken on is no piece of work.
            entries: entries.iter().filter(|entry| entry.kind != TAKEN_ON).map(|entry| entry.seq).collect(),
        }
    }
}

/// Records work on an incident.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/work", tag = "work", params(("id" = String, Path)),
    request_body = NewWork, responses((status = 200, body = Recorded)))]
pub(crate) async fn record(
    State(app): State<App>,
    caller: Caller,
    Path(incident): Path<String>,
    Json(new): Json<NewWork>,
) -> Result<Json<Recorded>, ApiError> {
    possible_version(new.version)?;
    if !(1..=FACTS_MAX).contains(&new.work.len()) {
        return Err(ApiError::BadRequest(format!("name 1 to {FACTS_MAX} pieces of work")));
    }
    let facts = new.work.iter().map(said).collect::<Result<Vec<_>, _>>()?;
    for user in facts.iter().filter_map(WorkFact::user) {
        let known = app.store.user(user).await?.filter(|user| user.account.enabled);
        known.ok_or_else(|| ApiError::Unprocessable("there is no such user".to_owned()))?;
    }
    let entries = Hand::of(&app, &caller).work(&incident_id(&incident)?, new.version, facts).await?;
    Ok(Json(Recorded::of(&entries)))
}

/// A fact that somebody may say.
fn said(new: &NewFact) -> Result<WorkFact, ApiError> {
    let fact = WorkFact::read(&new.kind, &new.body);
    let fact = fact.map_err(|error| ApiError::Unprocessable(error.to_string()))?;
    if fact.is_quells() {
        return Err(ApiError::Unprocessable(format!("{} is recorded by Quell itself when it happens", new.kind)));
    }
    Ok(fact)
}

/// Tasks to set.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTasks {
    /// Id of the activity whose usual tasks are set.
    activity: Line,
}

/// Sets the tasks that an activity usually brings, due as its templates say from the declaration of the incident on.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/tasks", tag = "work", params(("id" = String, Path)),
    request_body = NewTasks, responses((status = 200, body = Recorded)))]
pub(crate) async fn plan(
    State(app): State<App>,
    caller: Caller,
    Path(incident): Path<String>,
    Json(new): Json<NewTasks>,
) -> Result<Json<Recorded>, ApiError> {
    let worked = worked(&app, &caller, &incident, None).await?;
    let activity = app.handbook.process.activity(new.activity.as_str());
    let activity = activity.ok_or_else(|| ApiError::Unprocessable("there is no such activity".to_owned()))?;
    let declared = worked.work.triage.declared.as_ref().map(|declared| declared.stamp.at);
    let set = |template: &TaskTemplate| task(&new.activity, template, declared);
    let facts: Vec<WorkFact> = activity.tasks.iter().map(set).collect::<Result<_, _>>()?;
    if facts.is_empty() {
        return Err(ApiError::Unprocessable("this activity brings no usual tasks".to_owned()));
    }
    let entries = Hand::of(&app, &caller).work(&incident_id(&incident)?, None, facts).await?;
    Ok(Json(Recorded::of(&entries)))
}

fn task(activity: &Line, template: &TaskTemplate, declared: Option<Timestamp>) -> Result<WorkFact, ApiError> {
    let title = Line::try_from(template.title.clone()).map_err(|error| ApiError::Internal(error.to_string()))?;
    let hours = template.due_hours.map(|hours| std::time::Duration::from_secs(u64::from(hours) * 3_600));
    let due_at = declared.zip(hours).and_then(|(declared, hours)| declared.checked_add(hours).ok());
    let (activity, role) = (Some(activity.clone()), Some(template.role));
    Ok(TaskFact::Set { title, activity, role, assignee: None, due_at }.into())
}

/// The work on an incident under a framework: phases, activities, gates.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/process", tag = "work", params(("id" = String, Path), WorkParams),
    responses((status = 200, body = FrameworkView)))]
pub(crate) async fn process(
    State(app): State<App>,
    caller: Caller,
    Path(incident): Path<String>,
    Params(params): Params<WorkParams>,
) -> Result<Json<Value>, ApiError> {
    let worked = worked(&app, &caller, &incident, params.as_of.as_ref()).await?;
    let framework = framework(&app, &worked.work, params.framework.as_deref())?;
    let states = states(&app, &incident_id(&incident)?, &worked, time(params.as_of.as_ref(), "as_of")?).await?;
    let view = gate::view(&app.handbook.process, framework, &states);
    serde_json::to_value(view).map(Json).map_err(|error| ApiError::Internal(error.to_string()))
}

/// Clocks of an incident.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ClocksView {
    /// What is due under the regimes that apply, and what was sent.
    deadlines: Vec<Deadline>,
    /// Regimes of the organisation on which nobody decided yet.
    undecided: Vec<String>,
}

/// What is due, to whom, by when.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/clocks", tag = "work", params(("id" = String, Path), WorkParams),
    responses((status = 200, body = ClocksView)))]
pub(crate) async fn clocks(
    State(app): State<App>,
    caller: Caller,
    Path(incident): Path<String>,
    Params(params): Params<WorkParams>,
) -> Result<Json<ClocksView>, ApiError> {
    let worked = worked(&app, &caller, &incident, params.as_of.as_ref()).await?;
    let as_of = time(params.as_of.as_ref(), "as_of")?;
    let undecided = app.settings.process.regimes.iter();
    let undecided = undecided.filter(|regime| worked.work.clocks.decision(regime).is_none()).cloned().collect();
    Ok(Json(ClocksView { deadlines: deadlines(&app, &worked.work, as_of), undecided }))
}

/// An incident with its work, if the caller may see it.
pub(super) async fn worked(
    app: &App,
    caller: &Caller,
    incident: &str,
    as_of: Option<&String>,
) -> Result<Worked, ApiError> {
    let (id, as_of) = (incident_id(incident)?, time(as_of, "as_of")?);
    app.store.worked(&caller.viewer(), &id, as_of).await?.ok_or(ApiError::NotFound("incident"))
}

/// How far each activity of an incident is.
pub(super) async fn states(
    app: &App,
    id: &IncidentId,
    worked: &Worked,
    as_of: Option<Timestamp>,
) -> Result<ActivityStates, ApiError> {
    let counts = app.store.timeline_counts(&worked.parts, as_of).await?;
    let count = |wanted: &[MomentKind]| counts.iter().filter(|(kind, _)| wanted.contains(kind)).map(|(_, n)| n).sum();
    let around = Surroundings {
        alerts_undecided: app.store.undecided_alerts(id).await?,
        findings: count(&[MomentKind::Event, MomentKind::Finding]),
        decisions: count(&[MomentKind::Decision]),
        regimes: app.settings.process.regimes.clone(),
        deadlines: deadlines(app, &worked.work, as_of),
    };
    Ok(gate::assess(&app.handbook, &worked.incident, &worked.work, &around))
}

pub(super) fn deadlines(app: &App, work: &Work, as_of: Option<Timestamp>) -> Vec<Deadline> {
    let now = as_of.unwrap_or_else(|| app.clock.now());
    deadline::deadlines(&app.handbook.regimes, &work.clocks, &app.settings.process.calendar, now)
}

/// The framework that was asked for, or that of the incident, or that of the organisation.
pub(super) fn framework<'a>(app: &'a App, work: &Work, asked: Option<&str>) -> Result<&'a Framework, ApiError> {
    let own = work.choices.framework.as_ref().map(|own| own.as_str());
    let id = asked.or(own).unwrap_or(&app.settings.process.framework);
    app.handbook.process.framework(id).ok_or(ApiError::NotFound("framework"))
}
