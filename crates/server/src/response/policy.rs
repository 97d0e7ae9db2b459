//! Playbooks that begin without a person: what the organisation allowed, when an incident is told that fits.
//!
//! A playbook begins once for an incident, however often it is told: its run has an id that follows from both. It still waits for
//! the evidence and the agreements that its steps name. Nothing begins for an incident that people closed, or for an
//! exercise.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::tz::TimeZone;
use quell_incident::work::{Line, RecoveryFact, Reference, Text, WorkFact};
use quell_model::action::{Action, ActionError, ActionKind};
use quell_model::{Confidence, Expected, IncidentId, Level, NewLedgerEntry, SYSTEM_ACTOR, Timestamp, Viewer, hex};
use quell_playbook::run::{Run, RunFact};
use quell_store::StoreError;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Listed, case, proposals};
use crate::App;
use crate::hub::Change;

/// When a playbook begins by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Automatic {
    /// Its short name.
    pub playbook: String,
    /// Least severity of the incident.
    pub severity: Level,
    /// Least confidence in the root cause that is told; none asks for none.
    pub confidence: Option<Confidence>,
    /// Also a playbook with changes that cannot be taken back.
    pub irreversible: bool,
    /// Hours of the day in the organisation's time zone, from and to; none for always. `(18, 8)` is the night.
    pub hours: Option<(u8, u8)>,
    /// Seconds for which what it would act on has to stand still; with 0 it begins with what is known at once.
    pub still_seconds: u32,
}

/// Playbooks that wait until what they would act on stands still.
#[derive(Debug, Default)]
pub(super) struct Patience {
    waits: BTreeMap<IncidentId, Waits>,
}

/// By the short name of the playbook.
type Waits = BTreeMap<String, Wait>;

#[derive(Debug, Clone)]
struct Wait {
    variables: BTreeMap<String, String>,
    until: Timestamp,
}

impl Patience {
    /// Incidents that have to be considered again by now.
    pub(super) fn due(&self, now: Timestamp) -> Vec<IncidentId> {
        let is_due = |waits: &Waits| waits.values().any(|wait| wait.until <= now);
        self.waits.iter().filter(|(_, waits)| is_due(waits)).map(|(id, _)| id.clone()).collect()
    }
}

/// Writes down that the intruder was seen again, if a closer watch runs and the incident grew since it began.
///
/// # Errors
/// The incident takes no more work, or the store cannot be written.
pub(super) async fn look_for_hits(app: &App, id: &IncidentId) -> Result<(), ActionError> {
    case::work(app, id, |worked| {
        let watch =
            worked.work.recovery.watches.last().filter(|watch| watch.ended.is_none() && watch.hits.is_empty())?;
        let seen = worked.incident.told.last_seen.filter(|seen| *seen > watch.stamp.at)?;
        let reference = Reference::Elsewhere(Line::try_from(format!("alerts of the incident up to {seen}")).ok()?);
        let text = Text::try_from("The incident has alerts about events after the watch began.".to_owned()).ok()?;
        Some(WorkFact::Recovery(RecoveryFact::WatchHit { reference, text }))
    })
    .await
}

/// Begins what the organisation allowed for an incident, or notes that it waits.
///
/// # Errors
/// The store cannot be read or written; what waited waits on.
pub(super) async fn consider(app: &App, patience: &mut Patience, id: &IncidentId) -> Result<(), StoreError> {
    let waited = patience.waits.get(id).cloned().unwrap_or_default();
    let waits = begin_due(app, waited, id).await?;
    match waits.is_empty() {
        true => patience.waits.remove(id),
        false => patience.waits.insert(id.clone(), waits),
    };
    Ok(())
}

/// Answers what waits from now on.
async fn begin_due(app: &App, mut waited: Waits, id: &IncidentId) -> Result<Waits, StoreError> {
    let mut waits = Waits::new();
    let now = app.clock.now();
    let zone = &app.settings.process.calendar.zone;
    let due: Vec<&Automatic> = app.settings.automatic.iter().filter(|policy| policy.is_on(now, zone)).collect();
    if due.is_empty() {
        return Ok(waits);
    }
    let Some(worked) = app.store.worked(&Viewer::System, id, None).await? else { return Ok(waits) };
    let is_over = worked.incident.status.is_closed() || worked.incident.merged_into.is_some();
    if is_over || worked.incident.exercise {
        return Ok(waits);
    }
    let story = app.store.story(&Viewer::System, id, None).await?.filter(|story| !story.is_empty());
    let story: Option<quell_model::Incident> = story.and_then(|story| serde_json::from_slice(&story).ok());
    let told = &worked.incident.told;
    let confidence = story.as_ref().map(|story| story.root_cause.confidence);
    let fitting = proposals(&app.playbooks, told, &worked.work, story.as_ref());
    for policy in due.into_iter().filter(|policy| policy.allows(told.severity, confidence)) {
        let Some(listed) = app.playbooks.get(&policy.playbook) else { continue };
        let proposal = fitting.iter().find(|one| one.playbook == listed.slug && one.missing.is_empty());
        let Some(proposal) = proposal else { continue };
        if !policy.irreversible && !can_be_undone(app, listed) {
            continue;
        }
        let variables = proposal.variables.clone();
        if let Some(wait) = policy.waits(waited.remove(&policy.playbook), &variables, now) {
            waits.insert(policy.playbook.clone(), wait);
            continue;
        }
        let document = Value::Object(listed.document.members().clone());
        begin(app, RunFact::Begun { document, incident: id.clone(), variables, simulated: false, callers: Vec::new() })
            .await?;
    }
    Ok(waits)
}

impl Automatic {
    fn allows(&self, severity: Level, confidence: Option<Confidence>) -> bool {
        severity >= self.severity && self.confidence.is_none_or(|least| confidence.is_some_and(|has| has >= least))
    }

    /// What it waits for from now on, if what it would act on is not still for long enough.
    fn waits(&self, waited: Option<Wait>, variables: &BTreeMap<String, String>, now: Timestamp) -> Option<Wait> {
        if self.still_seconds == 0 {
            return None;
        }
        let wait = waited.filter(|wait| wait.variables == *variables).unwrap_or_else(|| Wait {
            variables: variables.clone(),
            until: now + Duration::from_secs(self.still_seconds.into()),
        });
        (wait.until > now).then_some(wait)
    }

    fn is_on(&self, now: Timestamp, zone: &TimeZone) -> bool {
        let Some((from, to)) = self.hours else { return true };
        let hour = u8::try_from(now.to_zoned(zone.clone()).hour()).unwrap_or_default();
        if from <= to { (from..to).contains(&hour) } else { hour >= from || hour < to }
    }
}

/// Whether everything that it changes outside can be taken back. A step of a person is a person's to judge.
fn can_be_undone(app: &App, listed: &Listed) -> bool {
    let actions = listed.plan.steps.values().filter_map(|step| step.ours.action.as_deref());
    let mut outside = actions.filter(|action| !case::is_ours(action)).filter_map(|action| app.actions.get(action));
    outside.all(|action| matches!(action, Action::Containing(_)) || action.spec().kind == ActionKind::Read)
}

async fn begin(app: &App, fact: RunFact) -> Result<(), StoreError> {
    let Some(run) = Run::begin(&fact) else { return Ok(()) };
    let named = Sha256::digest(format!("{} {}", run.incident, run.plan.id));
    let (kind, body) = fact.parts();
    let stream = format!("run/run-{}", hex::encode(&named[..6]));
    let (expected, actor) = (Expected::Version(0), SYSTEM_ACTOR.to_owned());
    match app.store.append(app.clock.now(), vec![NewLedgerEntry { stream, expected, actor, kind, body }]).await {
        // It began before.
        Err(StoreError::Conflict { .. }) => Ok(()),
        Err(error) => Err(error),
        Ok(_) => {
            tracing::info!(incident = %run.incident, playbook = run.plan.name, "a playbook began by policy");
            app.hub.publish(Change::Incident(run.incident));
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_holds_in_its_hours_and_from_its_severity_on() {
        let policy = |hours, confidence| Automatic {
            playbook: "x".to_owned(),
            severity: Level::High,
            confidence,
            irreversible: false,
            hours,
            still_seconds: 0,
        };
        let at = |text: &str| text.parse::<Timestamp>().expect("a time");
        let berlin = TimeZone::get("Europe/Berlin").expect("a zone");
        for (hours, time, is_on) in [
            (None, "2026-11-30T03:00:00Z", true),
            (Some((18, 8)), "2026-11-30T06:59:00Z", true),
            (Some((18, 8)), "2026-11-30T07:00:00Z", false),
            (Some((18, 8)), "2026-11-30T17:00:00Z", true),
            (Some((8, 18)), "2026-11-30T17:00:00Z", false),
            (Some((8, 18)), "2026-11-30T16:59:00Z", true),
        ] {
            assert_eq!(policy(hours, None).is_on(at(time), &berlin), is_on, "{hours:?} {time}");
        }
        let (any, sure) = (policy(None, None), policy(None, Some(Confidence::Medium)));
        assert!(any.allows(Level::Critical, None) && any.allows(Level::High, Some(Confidence::Low)));
        assert!(!any.allows(Level::Medium, Some(Confidence::High)));
        assert!(sure.allows(Level::High, Some(Confidence::High)) && !sure.allows(Level::High, None));
        assert!(!sure.allows(Level::High, Some(Confidence::Low)));
    }

    #[test]
    fn a_policy_waits_until_what_it_would_act_on_stands_still() {
        let at = |second: i64| Timestamp::from_second(second).expect("a time");
        let of = |text: &str| BTreeMap::from([("__host__".to_owned(), text.to_owned())]);
        let policy = |still_seconds| Automatic {
            playbook: "x".to_owned(),
            severity: Level::High,
            confidence: None,
            irreversible: false,
            hours: None,
            still_seconds,
        };
        assert!(policy(0).waits(None, &of("a"), at(0)).is_none());

        let patient = policy(5);
        let first = patient.waits(None, &of("a"), at(0));
        let again = patient.waits(first, &of("a"), at(4)).expect("it waits");
        assert_eq!(again.until, at(5));
        // Another machine turns up: it waits anew.
        let grown = patient.waits(Some(again), &of("b"), at(4)).expect("it waits");
        assert_eq!(grown.until, at(9));
        assert!(patient.waits(Some(grown), &of("b"), at(9)).is_none());
    }
}
