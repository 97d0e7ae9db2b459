//! Runs of playbooks: people begin them, do their steps, agree to them, stop them and take back what they changed. What happens in
//! between is carried on by [`crate::response`].

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{Path, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use quell_incident::work::Line;
use quell_model::{Expected, IncidentId, NewLedgerEntry, Right};
use quell_playbook::run::{Done, Effect, Ended, Outcome, Run, RunFact, Stage, Wait};
use quell_store::{RunRow, StoreError, Worked};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::hand::OVERTAKEN;
use super::params::id;
use super::playbooks::NewRun;
use super::reach::after;
use super::work::worked;
use crate::App;
use crate::http::{Access, ApiError, Caller, Json, Route};
use crate::hub::Change;
use crate::response::{Radius, filled, load, owners};

/// Characters of one variable.
const VARIABLE_CHARS_MAX: usize = 4_000;
/// How often a run may be overtaken by itself before somebody who stops it is told so.
pub(super) const STEERING_TRIES: u32 = 10;

pub(super) fn routes() -> Vec<Route> {
    let (read, write) = (Access::Needs(Right::IncidentsRead), Access::Needs(Right::IncidentsWrite));
    vec![
        Route::api(Method::GET, "/api/v1/runs", read, || get(list)),
        Route::api(Method::GET, "/api/v1/runs/{id}", read, || get(one)),
        Route::api(Method::GET, "/api/v1/incidents/{id}/runs", read, || get(of_incident)),
        Route::api(Method::POST, "/api/v1/incidents/{id}/runs", write, || post(begin)),
        Route::api(Method::POST, "/api/v1/runs/{id}/steps", write, || post(end_step)),
        Route::api(Method::POST, "/api/v1/runs/{id}/approvals", write, || post(approve)),
        Route::api(Method::POST, "/api/v1/runs/{id}/state", write, || post(steer)),
    ]
}

/// A run in a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct RunSummary {
    /// Which.
    id: String,
    /// Version of its stream.
    version: u64,
    /// For which incident.
    incident: String,
    /// CACAO id of the playbook.
    playbook: String,
    /// Title of the playbook.
    title: String,
    /// When it began.
    #[schema(format = DateTime)]
    begun_at: String,
    /// When something last happened in it.
    #[schema(format = DateTime)]
    updated_at: String,
    /// `running`, `waiting` for people, `paused` or `ended`, when it was last carried on.
    standing: &'static str,
}

/// Runs.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct RunList {
    /// The newest first.
    items: Vec<RunSummary>,
}

/// A place of a run.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct PlaceView {
    /// Number of the place, for answers.
    token: u64,
    /// The step that it stands at.
    step: String,
    /// Its name.
    name: String,
    /// Phase of incident response.
    phase: Option<String>,
    /// `ready`, `begun`, `waiting`, `branched` or `acting`.
    stage: &'static str,
    /// What it waits for.
    wait: Option<Wait>,
    /// How many people agreed so far.
    approved: u64,
    /// Logins of whom one has to agree, because it is theirs.
    owners: BTreeSet<String>,
}

/// Something that a run changed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct EffectView {
    /// Ledger entry that intended it.
    entry: u64,
    /// What, how it was before and after, and whether it was taken back.
    #[serde(flatten)]
    effect: Effect,
}

/// A run.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct RunView {
    /// What it is.
    #[serde(flatten)]
    summary: RunSummary,
    /// SHA-256 of the canonical document that is run.
    digest: String,
    /// Nothing outside of Quell is touched.
    simulated: bool,
    /// Why it does not go on for now.
    paused: Option<String>,
    /// How it ended; null while it has not.
    ended: Option<Ended>,
    /// Variables as they are now.
    variables: BTreeMap<String, String>,
    /// Where it is.
    places: Vec<PlaceView>,
    /// What it changed, in order.
    effects: Vec<EffectView>,
    /// Steps that ended, in order.
    done: Vec<Done>,
    /// What the intruder holds, and what the changes that contain and are in force leave of it.
    radius: Radius,
}

/// Runs for all incidents that the caller sees, the newest 500.
#[utoipa::path(get, path = "/api/v1/runs", tag = "runs", responses((status = 200, body = RunList)))]
pub(crate) async fn list(State(app): State<App>, caller: Caller) -> Result<Json<RunList>, ApiError> {
    let rows = app.store.runs(&caller.viewer(), None, None).await?;
    Ok(Json(RunList { items: rows.into_iter().map(RunSummary::from).collect() }))
}

/// Runs for one incident.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/runs", tag = "runs", params(("id" = String, Path)),
    responses((status = 200, body = RunList)))]
pub(crate) async fn of_incident(
    State(app): State<App>,
    caller: Caller,
    Path(incident): Path<String>,
) -> Result<Json<RunList>, ApiError> {
    let incident = worked(&app, &caller, &incident, None).await.map(|_| IncidentId::new(&incident))?;
    let rows = app.store.runs(&caller.viewer(), Some(&incident), None).await?;
    Ok(Json(RunList { items: rows.into_iter().map(RunSummary::from).collect() }))
}

/// One run: where it is, what it waits for, what it changed.
#[utoipa::path(get, path = "/api/v1/runs/{id}", tag = "runs", params(("id" = String, Path)),
    responses((status = 200, body = RunView)))]
pub(crate) async fn one(
    State(app): State<App>,
    caller: Caller,
    Path(run): Path<String>,
) -> Result<Json<RunView>, ApiError> {
    Ok(Json(known(&app, &caller, &run).await?.view(&app.settings.owners)))
}

/// Begins a run of a playbook for an incident. The playbook is kept with it as it is now.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/runs", tag = "runs", params(("id" = String, Path)),
    request_body = NewRun, responses((status = 201, body = RunView)))]
pub(crate) async fn begin(
    State(app): State<App>,
    caller: Caller,
    Path(incident): Path<String>,
    Json(new): Json<NewRun>,
) -> Result<Response, ApiError> {
    let fact = begun(&app, &caller, &incident, new).await?.1;
    let run = Run::begin(&fact).ok_or_else(|| ApiError::Unprocessable("the playbook cannot be run".to_owned()))?;
    let missing: Vec<&str> =
        run.plan.asked().map(|(name, _)| name.as_str()).filter(|name| !run.variables.contains_key(*name)).collect();
    if !missing.is_empty() {
        return Err(ApiError::Unprocessable(format!("these variables need a value: {}", missing.join(", "))));
    }
    let id = format!("run-{}", app.hex::<6>());
    append(&app, &caller, (&id, 0), vec![fact]).await?;
    app.hub.publish(Change::Incident(run.incident));
    Ok((StatusCode::CREATED, Json(known(&app, &caller, &id).await?.view(&app.settings.owners))).into_response())
}

/// How a person ends a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StepEnd {
    /// It is done.
    Done,
    /// It did not do what it is for.
    Failed,
    /// It is left out.
    Skipped,
}

/// What came of a step that waits for people.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StepAnswer {
    /// The place that waits.
    token: u64,
    /// What came of it.
    outcome: StepEnd,
    /// Why, if it was not done.
    reason: Option<Line>,
    /// Variables that it gives.
    #[serde(default)]
    variables: BTreeMap<String, String>,
}

/// Ends a step that a person does; or, with a reason, one that waits for evidence or agreement.
#[utoipa::path(post, path = "/api/v1/runs/{id}/steps", tag = "runs", params(("id" = String, Path)),
    request_body = StepAnswer, responses((status = 200, body = RunView)))]
pub(crate) async fn end_step(
    State(app): State<App>,
    caller: Caller,
    Path(run): Path<String>,
    Json(answer): Json<StepAnswer>,
) -> Result<Json<RunView>, ApiError> {
    let known = known(&app, &caller, &run).await?;
    let Some(Stage::Waiting { wait, .. }) = known.run.tokens.get(&answer.token).map(|token| &token.stage) else {
        return Err(ApiError::Conflict("no step waits there".to_owned()));
    };
    let why = || answer.reason.as_ref().map(|reason| reason.as_str().to_owned());
    let reason = || why().ok_or_else(|| ApiError::Unprocessable("say why".to_owned()));
    let outcome = match (answer.outcome, wait) {
        (StepEnd::Done, Wait::Person { asks, .. }) => {
            let missing: Vec<&str> =
                asks.iter().filter(|name| !answer.variables.contains_key(*name)).map(String::as_str).collect();
            if !missing.is_empty() {
                return Err(ApiError::Unprocessable(format!("these variables need a value: {}", missing.join(", "))));
            }
            Outcome::Success
        }
        (StepEnd::Failed | StepEnd::Skipped, Wait::Run { run, .. }) => {
            return Err(ApiError::Conflict(format!("it waits for {run}; cancel that, or do what it waits for")));
        }
        (StepEnd::Done, _) => {
            return Err(ApiError::Conflict("Quell does this step itself when what it waits for is there".to_owned()));
        }
        (StepEnd::Failed, _) => Outcome::Failure { reason: reason()? },
        (StepEnd::Skipped, _) => Outcome::Skipped { reason: reason()? },
    };
    fitting(&known.run, &answer.variables)?;
    let fact = RunFact::StepEnded { token: answer.token, outcome, variables: answer.variables };
    known.append(&app, &caller, vec![fact]).await
}

/// An agreement to a step.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Agreement {
    /// The place that waits.
    token: u64,
    /// Hash of the step as it was shown: an agreement to anything else does not count.
    #[schema(max_length = 64)]
    rendered: String,
}

/// Agrees to a step, exactly as it was shown. Needs the role that the playbook names; each person counts once.
#[utoipa::path(post, path = "/api/v1/runs/{id}/approvals", tag = "runs", params(("id" = String, Path)),
    request_body = Agreement, responses((status = 200, body = RunView)))]
pub(crate) async fn approve(
    State(app): State<App>,
    caller: Caller,
    Path(run): Path<String>,
    Json(agreement): Json<Agreement>,
) -> Result<Json<RunView>, ApiError> {
    let known = known(&app, &caller, &run).await?;
    let stage = known.run.tokens.get(&agreement.token).map(|token| &token.stage);
    let Some(Stage::Waiting { wait: Wait::Approval { call, rendered, from, expires_at, .. }, approved, .. }) = stage
    else {
        return Err(ApiError::Conflict("no step waits there for an agreement".to_owned()));
    };
    let login = app.store.user(&caller.user).await?.map(|user| user.account.login).unwrap_or_default();
    let is_owner = known.asks_owner(agreement.token) && owners(&app.settings.owners, call).contains(&login);
    caller.need(match from.as_str() {
        // Whose it is may say so, whatever their role.
        _ if is_owner => Right::IncidentsWrite,
        "admin" => Right::UsersManage,
        "lead" => Right::IncidentsLead,
        _ => Right::IncidentsWrite,
    })?;
    if *rendered != agreement.rendered || *expires_at <= app.clock.now() {
        return Err(ApiError::Conflict("the step is not as it was shown; look at it again".to_owned()));
    }
    if approved.contains(&caller.user) {
        return Err(ApiError::Conflict("you agreed already; it needs somebody else".to_owned()));
    }
    let (token, by) = (agreement.token, caller.user.clone());
    known.append(&app, &caller, vec![RunFact::Approved { token, rendered: agreement.rendered, by }]).await
}

/// What a run is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RunState {
    /// Not go on for now.
    Paused,
    /// Go on.
    Resumed,
    /// End. What it changed stays until it is taken back.
    Cancelled,
}

/// Stops a run, lets it go on, or ends it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Steering {
    /// What it is to do.
    state: RunState,
    /// Why.
    reason: Line,
}

/// Stops a run for now, lets it go on, or ends it.
#[utoipa::path(post, path = "/api/v1/runs/{id}/state", tag = "runs", params(("id" = String, Path)),
    request_body = Steering, responses((status = 200, body = RunView)))]
pub(crate) async fn steer(
    State(app): State<App>,
    caller: Caller,
    Path(run): Path<String>,
    Json(steering): Json<Steering>,
) -> Result<Json<RunView>, ApiError> {
    // A run goes on while somebody stops it: it is stopped where it is by then.
    for _ in 0..STEERING_TRIES {
        match steered(&app, &caller, &run, &steering).await {
            Err(ApiError::Conflict(why)) if why == OVERTAKEN => {}
            other => return other,
        }
    }
    Err(ApiError::Conflict(OVERTAKEN.to_owned()))
}

async fn steered(app: &App, caller: &Caller, run: &str, steering: &Steering) -> Result<Json<RunView>, ApiError> {
    let known = known(app, caller, run).await?;
    if known.run.ended.is_some() {
        return Err(ApiError::Conflict("the run has ended".to_owned()));
    }
    if known.run.paused.is_some() == (steering.state == RunState::Paused) && steering.state != RunState::Cancelled {
        return Err(ApiError::Conflict("it is so already".to_owned()));
    }
    let reason = steering.reason.as_str().to_owned();
    let fact = match steering.state {
        RunState::Paused => RunFact::Paused { reason },
        RunState::Resumed => RunFact::Resumed,
        RunState::Cancelled => RunFact::Cancelled { reason },
    };
    known.append(app, caller, vec![fact]).await
}

/// The incident, and the beginning of a run for it.
///
/// # Errors
/// There is no such playbook, or a variable is none that can be given.
pub(super) async fn begun(
    app: &App,
    caller: &Caller,
    incident: &str,
    new: NewRun,
) -> Result<(Worked, RunFact), ApiError> {
    let worked = worked(app, caller, incident, None).await?;
    let incident = IncidentId::new(incident);
    let listed = app.playbooks.get(&new.playbook);
    let listed = listed.ok_or_else(|| ApiError::Unprocessable("there is no such playbook".to_owned()))?;
    let mut variables = BTreeMap::new();
    if new.fill {
        let story = story_of(app, caller, &incident).await?;
        variables = filled(listed, &worked.incident.told, &worked.work, story.as_ref());
    }
    for (name, value) in new.variables {
        let declared = listed.plan.variables.get(&name).filter(|one| one.external || !one.constant);
        if declared.is_none() {
            return Err(ApiError::Unprocessable(format!("the playbook has no variable {} to be given", shown(&name))));
        }
        short_variable(&name, &value)?;
        variables.insert(name, value);
    }
    let document = Value::Object(listed.document.members().clone());
    Ok((worked, RunFact::Begun { document, incident, variables, simulated: new.simulated, callers: Vec::new() }))
}

/// What Quell tells of an incident, if it does.
pub(super) async fn story_of(
    app: &App,
    caller: &Caller,
    incident: &IncidentId,
) -> Result<Option<quell_model::Incident>, ApiError> {
    let story = app.store.story(&caller.viewer(), incident, None).await?.filter(|story| !story.is_empty());
    let story = story.map(|story| serde_json::from_slice(&story)).transpose();
    story.map_err(|error| ApiError::Internal(format!("story of {incident}: {error}")))
}

/// A text member of a document; empty if it is none.
pub(super) fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A run that the caller sees.
pub(super) struct Known {
    row: RunRow,
    pub(super) run: Run,
    version: u64,
    radius: Radius,
}

impl Known {
    /// Whether a place waits for an owner to agree.
    fn asks_owner(&self, token: u64) -> bool {
        let step = self.run.tokens.get(&token).and_then(|token| self.run.step(token));
        step.and_then(|step| step.ours.approval.as_ref()).is_some_and(|approval| approval.owner)
    }

    fn view(self, known: &BTreeMap<String, Vec<String>>) -> RunView {
        let asked = |token: &u64, stage: &Stage| match stage {
            Stage::Waiting { wait: Wait::Approval { call, .. }, .. } if self.asks_owner(*token) => owners(known, call),
            _ => BTreeSet::new(),
        };
        let asked: BTreeMap<u64, BTreeSet<String>> =
            self.run.tokens.iter().map(|(token, place)| (*token, asked(token, &place.stage))).collect();
        let Known { row, run, version, radius } = self;
        let places = run.tokens.iter().map(|(token, place)| {
            let step = run.step(place);
            let (stage, wait, approved) = match &place.stage {
                Stage::Ready => ("ready", None, 0),
                Stage::Begun { .. } => ("begun", None, 0),
                Stage::Waiting { wait, approved, .. } => ("waiting", Some(wait.clone()), approved.len() as u64),
                Stage::Branched => ("branched", None, 0),
                Stage::Acting { .. } => ("acting", None, 0),
            };
            PlaceView {
                token: *token,
                step: place.step.clone(),
                name: step.map(|step| step.name.clone()).unwrap_or_default(),
                phase: step.and_then(|step| step.ours.phase.clone()),
                stage,
                wait,
                approved,
                owners: asked.get(token).cloned().unwrap_or_default(),
            }
        });
        RunView {
            places: places.collect(),
            summary: RunSummary { version, ..RunSummary::from(row) },
            digest: run.plan.digest,
            simulated: run.simulated,
            paused: run.paused,
            ended: run.ended,
            variables: run.variables,
            effects: run.effects.into_iter().map(|(entry, effect)| EffectView { entry, effect }).collect(),
            done: run.done,
            radius,
        }
    }

    pub(super) async fn append(
        self,
        app: &App,
        caller: &Caller,
        facts: Vec<RunFact>,
    ) -> Result<Json<RunView>, ApiError> {
        append(app, caller, (&self.row.id, self.version), facts).await?;
        app.hub.publish(Change::Incident(self.row.incident.clone()));
        Ok(Json(known(app, caller, &self.row.id).await?.view(&app.settings.owners)))
    }
}

pub(super) async fn known(app: &App, caller: &Caller, run: &str) -> Result<Known, ApiError> {
    let run = id(run, "run-", "run")?;
    let row = app.store.runs(&caller.viewer(), None, Some(run)).await?.pop().ok_or(ApiError::NotFound("run"))?;
    let (run, version) = load(app, run).await?.ok_or(ApiError::NotFound("run"))?;
    let radius = after(app, caller, &run.incident, std::iter::once(&run)).await?;
    Ok(Known { row, run, version, radius })
}

pub(super) async fn append(
    app: &App,
    caller: &Caller,
    (id, version): (&str, u64),
    facts: Vec<RunFact>,
) -> Result<(), ApiError> {
    let entries = (version..).zip(&facts).map(|(version, fact)| {
        let (kind, body) = fact.parts();
        let (stream, actor) = (format!("run/{id}"), caller.actor());
        NewLedgerEntry { stream, expected: Expected::Version(version), actor, kind, body }
    });
    match app.store.append(app.clock.now(), entries.collect()).await {
        Err(StoreError::Conflict { .. }) => Err(ApiError::Conflict(OVERTAKEN.to_owned())),
        other => other.map(drop).map_err(ApiError::from),
    }
}

/// Fails if one of some variables is none that a step may set.
fn fitting(run: &Run, variables: &BTreeMap<String, String>) -> Result<(), ApiError> {
    for (name, value) in variables {
        if run.plan.variables.get(name).is_none_or(|declared| declared.constant) {
            return Err(ApiError::Unprocessable(format!("the playbook has no variable {} to be set", shown(name))));
        }
        short_variable(name, value)?;
    }
    Ok(())
}

fn short_variable(name: &str, value: &str) -> Result<(), ApiError> {
    if value.chars().count() > VARIABLE_CHARS_MAX {
        return Err(ApiError::BadRequest(format!("{name} is longer than {VARIABLE_CHARS_MAX} characters")));
    }
    Ok(())
}

fn shown(name: &str) -> String {
    name.chars().take(80).collect()
}

impl From<RunRow> for RunSummary {
    fn from(row: RunRow) -> RunSummary {
        RunSummary {
            id: row.id,
            version: row.version,
            incident: row.incident.to_string(),
            playbook: row.playbook,
            title: row.name,
            begun_at: row.begun_at.to_string(),
            updated_at: row.updated_at.to_string(),
            standing: row.standing.as_str(),
        }
    }
}
