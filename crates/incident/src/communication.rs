//! The communication plan held against what was said: who has to hear of an incident, by when, and who did. Pure.

use quell_model::Timestamp;
use quell_model::handbook::CommunicationPlan;
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
    /// Somebody has to judge whether they have to be told.
    Conditional,
    /// They have to be told.
    Due,
    /// They should have been told, or told more.
    Overdue,
    /// They were told, and will hear more.
    Told,
    /// They were told all there is.
    Done,
    /// They were not told, and need not be: it is no incident of its own.
    NotNeeded,
}

/// Who has to be told, by the plan, at the severity as it stands.
#[must_use]
pub fn planned(plan: &CommunicationPlan, incident: &Incident, work: &Work, now: Timestamp) -> Vec<PlannedMessage> {
    let declared = work.triage.declared.as_ref().map(|declared| declared.stamp.at);
    let over = incident.status.is_closed() || work.recovery.declared.is_some();
    let needless = matches!(incident.status, Status::FalsePositive | Status::Merged | Status::Withdrawn);
    plan.at(work.severity(incident))
        .iter()
        .map(|audience| {
            let told: Vec<&Message> = work.messages.all_that_reached(&audience.audience).collect();
            let last = told.iter().map(|message| message.stamp.at).max();
            let hours = if last.is_some() { audience.updates_every_hours } else { Some(audience.within_hours) };
            let due_at = hours.and_then(|hours| hours_after(last.or(declared)?, hours));
            let due_at = due_at.filter(|_| !needless && (last.is_none() || !over));
            let state = match (declared, last, due_at) {
                (_, None, _) if needless => PlannedState::NotNeeded,
                (None, None, _) => PlannedState::NotDeclared,
                (_, None, _) if audience.only_if.is_some() => PlannedState::Conditional,
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

#[cfg(test)]
mod tests {
    use quell_model::Level;
    use quell_model::handbook::{PlannedAudience, PlannedAudiences};

    use super::*;
    use crate::work::{Channel, Few, Line, MessageFact, RecoveryFact, Stamp, Text, Tlp, TriageFact};
    use crate::{IncidentFact, Told};

    const HOUR: i64 = 3_600;

    fn plan() -> CommunicationPlan {
        let audience = |audience: &str, only_if: Option<&str>, updates_every_hours| PlannedAudience {
            audience: audience.to_owned(),
            within_hours: 4,
            template: "notice".to_owned(),
            updates_every_hours,
            only_if: only_if.map(str::to_owned),
        };
        let audiences = vec![audience("management", None, Some(12)), audience("customers", Some("theirs"), None)];
        CommunicationPlan {
            note: String::new(),
            severities: vec![PlannedAudiences { severity: Level::High, audiences }],
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_770_000_000 + seconds).expect("a time")
    }

    fn stamp(seconds: i64) -> Stamp {
        Stamp { entry: seconds.unsigned_abs() + 1, at: at(seconds), actor: "usr-1".to_owned() }
    }

    fn told(seconds: i64, audience: &str) -> (Stamp, crate::work::WorkFact) {
        let fact = MessageFact::Recorded {
            audience: Line::shortened(audience),
            to: Few::default(),
            channel: Channel::Phone,
            subject: Line::shortened("it"),
            text: Text::try_from("it".to_owned()).expect("a text"),
            tlp: Tlp::Amber,
            acknowledge_by: None,
            escalate_to: Few::default(),
        };
        (stamp(seconds), fact.into())
    }

    /// State and hours until it is due, for management and customers, so many seconds on.
    fn check(now: i64, facts: &[(Stamp, crate::work::WorkFact)], expected: [(PlannedState, Option<i64>); 2]) {
        let told = Told {
            title: String::new(),
            severity: Level::High,
            first_seen: None,
            last_seen: None,
            techniques: Vec::new(),
            hosts: Vec::new(),
            principals: Vec::new(),
            groups: Vec::new(),
            alerts: 0,
            sources: Vec::new(),
            story: String::new(),
        };
        let incident = Incident::begin(IncidentFact::Opened { told, why: Vec::new() }).expect("an incident");
        let work = Work::of(facts.iter().cloned());
        let planned = planned(&plan(), &incident, &work, at(now));
        let shown: Vec<_> = planned
            .iter()
            .map(|one| (one.state, one.due_at.map(|due| (due.as_second() - at(0).as_second()) / HOUR)))
            .collect();
        assert_eq!(shown, expected, "after {now} s");
    }

    #[test]
    fn the_time_runs_from_the_declaration_and_then_from_the_last_message() {
        use PlannedState::{Conditional, Done, Due, NotDeclared, Overdue, Told};
        let reason = Text::try_from("so".to_owned()).expect("a text");
        let declared = TriageFact::Declared { criteria: Few::default(), reason: reason.clone() };
        let declared = (stamp(0), declared.into());
        let recovered = (stamp(9 * HOUR), RecoveryFact::Declared { text: reason }.into());
        check(0, &[], [(NotDeclared, None), (NotDeclared, None)]);
        let only = std::slice::from_ref(&declared);
        check(HOUR, only, [(Due, Some(4)), (Conditional, Some(4))]);
        check(5 * HOUR, only, [(Overdue, Some(4)), (Conditional, Some(4))]);
        let first = told(2 * HOUR, "management");
        check(5 * HOUR, &[declared.clone(), first.clone()], [(Told, Some(14)), (Conditional, Some(4))]);
        check(15 * HOUR, &[declared.clone(), first.clone()], [(Overdue, Some(14)), (Conditional, Some(4))]);
        check(15 * HOUR, &[declared.clone(), first.clone(), recovered], [(Done, None), (Conditional, Some(4))]);
        check(15 * HOUR, &[declared, first, told(3 * HOUR, "customers")], [(Overdue, Some(14)), (Done, None)]);
        // Told before it was declared: they were told.
        check(HOUR, &[told(0, "management")], [(Told, Some(12)), (NotDeclared, None)]);
    }
}
