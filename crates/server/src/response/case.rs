//! Actions of playbooks on the incident itself: notes, tasks, a closer watch. They are written once: what is there already is not
//! written again.

use std::time::Duration;

use quell_incident::Status;
use quell_incident::work::{Desk, Line, NoteFact, RecoveryFact, TaskFact, Text, WorkFact};
use quell_incident::{Fact, IncidentCommand};
use quell_model::action::{ActionError, With, parameter};
use quell_model::{Expected, IncidentId, NewLedgerEntry, SYSTEM_ACTOR, Viewer};
use quell_playbook::run::{Call, TAKE_BACK};
use quell_store::{StoreError, Worked};
use serde_json::{Value, json};

use super::drive::later;
use crate::App;
use crate::hub::Change;

/// Actions that the server does itself.
pub(crate) const ACTIONS: [&str; 5] = ["case.note", "case.task", "case.sweep", "case.watch", TAKE_BACK];
/// Facts that one change can be worth, with tries if somebody else writes at the same moment.
const WORK_MAX: usize = 20;
/// How often it is tried if somebody else writes at the same moment.
const TRIES_MAX: usize = 5;
/// Longest chain of merged incidents that is followed.
const MERGES_MAX: usize = 20;
/// Hours until a task is due; more is no term.
const HOURS_MAX: u64 = 24 * 366;

/// Whether the server does an action itself.
pub(crate) fn is_ours(action: &str) -> bool {
    ACTIONS.contains(&action)
}

/// What it would write, without writing it.
///
/// # Errors
/// A parameter is missing, or is none that fits.
pub(crate) fn check(app: &App, call: &Call) -> Result<String, ActionError> {
    match call.action.as_str() {
        "case.sweep" if call.about.is_none() => {
            Err(ActionError::Unfit("the step names no `entity` to sweep".to_owned()))
        }
        "case.sweep" => Ok("Quell looks through stored events".to_owned()),
        TAKE_BACK => Ok("Quell takes back what the run changed to contain".to_owned()),
        _ => fact(app, call).map(|_| "Quell writes it into the incident".to_owned()),
    }
}

/// Writes work into an incident, one fact after the other, until there is none to be said.
///
/// # Errors
/// The incident takes no more work, or the store cannot be written.
pub(super) async fn work(
    app: &App,
    incident: &IncidentId,
    next: impl Fn(&Worked) -> Option<WorkFact>,
) -> Result<(), ActionError> {
    for _ in 0..WORK_MAX {
        let (incident, worked) = current(app, incident).await?;
        let Some(fact) = next(&worked) else { return Ok(()) };
        let entries = entries(app, &incident, worked, vec![fact])?;
        match app.store.append(app.clock.now(), entries).await {
            Ok(_) => app.hub.publish(Change::Incident(incident)),
            Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(unavailable(error)),
        }
    }
    Err(ActionError::Unavailable("others write at the same moment".to_owned()))
}

/// Writes it.
///
/// # Errors
/// A parameter does not fit, the incident takes no more work, or the store cannot be written.
pub(crate) async fn write(app: &App, incident: &IncidentId, call: &Call) -> Result<Value, ActionError> {
    let fact = fact(app, call)?;
    for _ in 0..TRIES_MAX {
        let (incident, worked) = current(app, incident).await?;
        if is_written(&worked, &fact) {
            return Ok(json!({ "written": true }));
        }
        let entries = entries(app, &incident, worked, vec![fact.clone()])?;
        match app.store.append(app.clock.now(), entries).await {
            Ok(_) => return Ok(json!({ "written": true })),
            Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(unavailable(error)),
        }
    }
    Err(ActionError::Unavailable("others write at the same moment".to_owned()))
}

/// The incident as it is worked on now: what it became part of, if it was merged.
pub(super) async fn current(app: &App, incident: &IncidentId) -> Result<(IncidentId, Worked), ActionError> {
    let mut id = incident.clone();
    for _ in 0..MERGES_MAX {
        let worked = app.store.worked(&Viewer::System, &id, None).await.map_err(unavailable)?;
        let worked = worked.ok_or_else(|| ActionError::Refused("the incident is not there".to_owned()))?;
        match worked.incident.merged_into.clone() {
            Some(into) => id = into,
            None => return Ok((id, worked)),
        }
    }
    Err(ActionError::Refused("the incident was merged too often".to_owned()))
}

fn fact(app: &App, call: &Call) -> Result<WorkFact, ActionError> {
    let with: &With = &call.with;
    let unfit = |what: String| ActionError::Unfit(what);
    if call.action == "case.note" {
        let text = Text::try_from(parameter(with, "text")?.to_owned()).map_err(|error| unfit(error.to_string()))?;
        return Ok(WorkFact::Note(NoteFact::Written { text }));
    }
    if call.action == "case.watch" {
        let what = Text::try_from(parameter(with, "what")?.to_owned()).map_err(|error| unfit(error.to_string()))?;
        let hours =
            parameter(with, "hours")?.trim().parse::<u64>().ok().filter(|hours| (1..=HOURS_MAX).contains(hours));
        let hours = hours.ok_or_else(|| unfit(format!("hours is a number from 1 to {HOURS_MAX}")))?;
        let until = later(app.clock.now(), Duration::from_secs(3_600 * hours));
        return Ok(WorkFact::Recovery(RecoveryFact::WatchStarted { until, what }));
    }
    let title = Line::try_from(parameter(with, "title")?.to_owned()).map_err(|error| unfit(error.to_string()))?;
    let hours = with.get("hours").map(|hours| hours.trim().parse::<u64>().ok().filter(|hours| *hours <= HOURS_MAX));
    let due_at = match hours {
        None => None,
        Some(Some(hours)) => Some(later(app.clock.now(), Duration::from_secs(3_600 * hours))),
        Some(None) => return Err(unfit(format!("hours is a number up to {HOURS_MAX}"))),
    };
    Ok(WorkFact::Task(TaskFact::Set { title, activity: None, role: None, assignee: None, due_at }))
}

/// Whether Quell wrote the same before: after a crash nobody knows otherwise.
fn is_written(worked: &Worked, fact: &WorkFact) -> bool {
    match fact {
        WorkFact::Note(NoteFact::Written { text }) => worked.work.notes.iter().any(|note| {
            note.versions.iter().any(|version| version.stamp.actor == SYSTEM_ACTOR && version.text == *text)
        }),
        WorkFact::Task(TaskFact::Set { title, .. }) => {
            worked.work.tasks.iter().any(|task| task.stamp.actor == SYSTEM_ACTOR && task.title == *title)
        }
        WorkFact::Recovery(RecoveryFact::WatchStarted { what, .. }) => {
            worked.work.recovery.watches.iter().any(|watch| watch.stamp.actor == SYSTEM_ACTOR && watch.what == *what)
        }
        _ => false,
    }
}

/// What is written so that the incident says these facts, none of which depends on another.
///
/// # Errors
/// The incident takes no more work.
pub(super) fn entries(
    app: &App,
    incident: &IncidentId,
    worked: Worked,
    facts: Vec<WorkFact>,
) -> Result<Vec<NewLedgerEntry>, ActionError> {
    let refused = |refusal: quell_incident::Refusal| ActionError::Refused(refusal.to_string());
    let mut decided = Vec::new();
    let takes_on = facts.iter().any(|fact| !matches!(fact, WorkFact::Note(_) | WorkFact::Message(_)));
    if takes_on && worked.incident.status == Status::New && worked.incident.merged_into.is_none() {
        let open = IncidentCommand::ChangeStatus(Status::Open, "a playbook works on it".to_owned());
        decided.push(worked.incident.decide(open).map_err(refused)?.parts());
    }
    let desk = Desk { incident: &worked.incident, handbook: &app.handbook, now: app.clock.now() };
    for fact in facts {
        decided.push(worked.work.decide(&desk, fact).map_err(refused)?.parts());
    }
    let entry = |(version, (kind, body)): (u64, (String, Value))| NewLedgerEntry {
        stream: format!("incident/{incident}"),
        expected: Expected::Version(version),
        actor: SYSTEM_ACTOR.to_owned(),
        kind,
        body,
    };
    Ok((worked.version..).zip(decided).map(entry).collect())
}

pub(super) fn unavailable(error: StoreError) -> ActionError {
    ActionError::Unavailable(error.to_string())
}
