//! What waits for people, across all incidents: decisions of runs, deadlines, tasks. What is merely open is in the lists.

use axum::extract::State;
use axum::http::Method;
use axum::routing::get;
use quell_incident::Status;
use quell_incident::deadline::{Deadline, DeadlineState};
use quell_incident::work::{Task, Work};
use quell_model::{Right, UserId};
use quell_playbook::run::{Stage, Wait};
use quell_store::{IncidentFilter, IncidentRow, PageQuery, RunRow, Sort, Standing};
use serde::Serialize;
use utoipa::ToSchema;

use super::work::deadlines;
use crate::App;
use crate::http::{Access, ApiError, Caller, Json, Route};
use crate::response::load;

/// Incidents whose clocks and tasks are looked at: the most severe that are open. Beyond it, the lists say more.
const INCIDENTS_MAX: u32 = 50;
/// Runs that are looked into.
const RUNS_MAX: usize = 50;

pub(super) fn routes() -> Vec<Route> {
    vec![Route::api(Method::GET, "/api/v1/now", Access::Needs(Right::IncidentsRead), || get(now))]
}

/// What waits for people.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub(crate) struct NowView {
    /// Steps of runs that wait for somebody, the oldest run first.
    decisions: Vec<DecisionView>,
    /// Notifications whose time runs, the next first.
    deadlines: Vec<DueView>,
    /// Open tasks of the caller, or of a role that they hold, or of nobody; the next first.
    tasks: Vec<TaskView>,
    /// Runs that are stopped for now.
    paused: u64,
}

/// A step of a run that waits for somebody.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct DecisionView {
    /// For which incident.
    incident: String,
    /// Which run.
    run: String,
    /// Title of the playbook.
    playbook: String,
    /// The place that waits.
    token: u64,
    /// Name of the step.
    step: String,
    /// `approval`, `person` or `evidence`.
    wait: &'static str,
    /// Since when.
    #[schema(format = DateTime)]
    since: String,
    /// When the question lapses, if it does.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// Whether the caller agreed already: then it waits for somebody else.
    agreed: bool,
}

/// A deadline of an incident.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct DueView {
    /// Which incident.
    incident: String,
    /// Its title.
    title: String,
    /// The deadline.
    deadline: Deadline,
}

/// A task of an incident.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct TaskView {
    /// Which incident.
    incident: String,
    /// Its title.
    title: String,
    /// The task.
    task: Task,
}

/// What waits for people, in all open incidents that the caller sees: of the 50 most severe, and of 50 runs.
#[utoipa::path(get, path = "/api/v1/now", tag = "incidents", responses((status = 200, body = NowView)))]
pub(crate) async fn now(State(app): State<App>, caller: Caller) -> Result<Json<NowView>, ApiError> {
    let mut view = NowView::default();
    let runs = app.store.open_runs(&caller.viewer()).await?;
    view.paused = runs.iter().filter(|row| row.standing == Standing::Paused).count() as u64;
    for row in runs.into_iter().filter(|row| row.standing == Standing::Waiting).take(RUNS_MAX) {
        view.decisions.extend(decisions(&app, &caller.user, &row).await?);
    }
    for row in app.store.incidents(&caller.viewer(), &open(), &most_severe()).await?.items {
        let Some(worked) = app.store.worked(&caller.viewer(), &row.id, None).await? else { continue };
        view.deadlines.extend(due(&app, &row, &worked.work));
        view.tasks.extend(tasks(&caller.user, &row, &worked.work));
    }
    view.deadlines.sort_by_key(|one| one.deadline.due_at);
    view.tasks.sort_by_key(|one| (one.task.due_at.is_none(), one.task.due_at));
    Ok(Json(view))
}

async fn decisions(app: &App, user: &UserId, row: &RunRow) -> Result<Vec<DecisionView>, ApiError> {
    let Some((run, _)) = load(app, &row.id).await? else { return Ok(Vec::new()) };
    let waiting = run.tokens.iter().filter_map(|(number, token)| {
        let Stage::Waiting { at, wait, approved } = &token.stage else { return None };
        let (wait, expires_at) = match wait {
            Wait::Approval { expires_at, .. } => ("approval", Some(expires_at.to_string())),
            Wait::Person { .. } => ("person", None),
            Wait::Evidence { .. } => ("evidence", None),
            Wait::Run { .. } => return None,
        };
        Some(DecisionView {
            incident: row.incident.to_string(),
            run: row.id.clone(),
            playbook: row.name.clone(),
            token: *number,
            step: run.step(token).map(|step| step.name.clone()).unwrap_or_default(),
            wait,
            since: at.to_string(),
            expires_at,
            agreed: approved.contains(user),
        })
    });
    Ok(waiting.collect())
}

fn due(app: &App, row: &IncidentRow, work: &Work) -> Vec<DueView> {
    let running =
        |deadline: &Deadline| matches!(deadline.state, DeadlineState::Running { .. }) && deadline.due_at.is_some();
    let all = deadlines(app, work, None).into_iter().filter(running);
    all.map(|deadline| DueView { incident: row.id.to_string(), title: row.title.clone(), deadline }).collect()
}

fn tasks(user: &UserId, row: &IncidentRow, work: &Work) -> Vec<TaskView> {
    let holds = |role| work.roles.holders(role).any(|held| held.user == *user);
    let is_theirs = |task: &&Task| match (&task.assignee, task.role) {
        (Some(assignee), _) => assignee == user,
        (None, Some(role)) => holds(role),
        (None, None) => true,
    };
    let open = work.tasks.iter().filter(|task| task.end.is_none()).filter(is_theirs);
    open.map(|task| TaskView { incident: row.id.to_string(), title: row.title.clone(), task: task.clone() }).collect()
}

fn open() -> IncidentFilter {
    IncidentFilter { status: vec![Status::New, Status::Open], ..IncidentFilter::default() }
}

fn most_severe() -> PageQuery {
    PageQuery { limit: INCIDENTS_MAX, sort: Sort::Severity, ..PageQuery::default() }
}
