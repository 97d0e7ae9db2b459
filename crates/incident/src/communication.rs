//! The communication plan held against what was said: who has to hear of an incident, by when, and who did. Pure.

use quell_model::handbook::CommunicationPlan;
use quell_model::{Level, Timestamp};
use serde::Serialize;

use crate::work::{ItemId, Message, Work};
use crate::{Incident, Status};

/// Somebody who has to be told, and how far that is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlannedMessage {
    /// Who.
    pub audience: String,
    /// With which template.
    pub template: String,
    /// Only if this is so; somebody has to judge it.
    pub only_if: Option<String>,
    /// What they were told, in order.
    pub messages: Vec<ItemId>,
    /// When the next message is due, if one is.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub due_at: Option<Timestamp>,
    /// How far it is.
    pub state: PlannedState,
}

/// How far telling somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PlannedState {
    /// The incident was not declared; the time does not run.
    NotDeclared,
    /// They have to be told.
    Due,
    /// They should have been told, or told more.
    Overdue,
    /// They were told, and will hear more.
    Told,
    /// They were told all there is.
    Done,
}

/// Severity that decides who is told: as people assessed it, or else as Quell tells it.
#[must_use]
pub fn severity(incident: &Incident, work: &Work) -> Level {
    work.triage.severity().map_or(incident.told.severity, |assessed| assessed.result.level)
}

/// Who has to be told, by the plan, at the severity as it stands.
#[must_use]
pub fn planned(plan: &CommunicationPlan, incident: &Incident, work: &Work, now: Timestamp) -> Vec<PlannedMessage> {
    let declared = work.triage.declared.as_ref().map(|declared| declared.stamp.at);
    let over = matches!(incident.status, Status::Resolved | Status::FalsePositive | Status::Merged | Status::Withdrawn);
    let over = over || work.recovery.declared.is_some();
    plan.at(severity(incident, work))
        .iter()
        .map(|audience| {
            let told: Vec<&Message> =
                work.messages.iter().filter(|message| message.audience.as_str() == audience.audience).collect();
            let last = told.iter().map(|message| message.stamp.at).max();
            let hours = if last.is_some() { audience.updates_every_hours } else { Some(audience.within_hours) };
            let due_at = hours.and_then(|hours| hours_after(last.or(declared)?, hours));
            let due_at = due_at.filter(|_| last.is_none() || !over);
            let state = match (declared, last, due_at) {
                (None, None, _) => PlannedState::NotDeclared,
                (_, _, Some(due_at)) if due_at < now => PlannedState::Overdue,
                (_, Some(_), Some(_)) => PlannedState::Told,
                (_, Some(_), None) => PlannedState::Done,
                (Some(_), None, _) => PlannedState::Due,
            };
            PlannedMessage {
                audience: audience.audience.clone(),
                template: audience.template.clone(),
                only_if: audience.only_if.clone(),
                messages: told.iter().map(|message| message.id).collect(),
                due_at,
                state,
            }
        })
        .collect()
}

fn hours_after(at: Timestamp, hours: u32) -> Option<Timestamp> {
    at.checked_add(std::time::Duration::from_secs(u64::from(hours) * 3_600)).ok()
}
