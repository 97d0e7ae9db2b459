//! An incident: what Quell told about it, and what people decided.

use std::collections::BTreeSet;

use quell_model::{AlertGroupId, IncidentId, Level, TeamId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::work::Line;
use crate::{Fact, Refusal};

/// Longest reason or note.
pub(crate) const TEXT_CHARS_MAX: usize = 20_000;

/// How far work on an incident is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nobody took it yet.
    New,
    /// Somebody works on it.
    Open,
    /// Dealt with.
    Resolved,
    /// It was no intrusion.
    FalsePositive,
    /// It is part of another incident.
    Merged,
    /// With more records Quell no longer holds it for an incident, and nobody had worked on it.
    Withdrawn,
}

impl Status {
    /// All of them.
    pub const ALL: [Status; 6] =
        [Status::New, Status::Open, Status::Resolved, Status::FalsePositive, Status::Merged, Status::Withdrawn];

    /// Name, as in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Status::New => "new",
            Status::Open => "open",
            Status::Resolved => "resolved",
            Status::FalsePositive => "false_positive",
            Status::Merged => "merged",
            Status::Withdrawn => "withdrawn",
        }
    }

    /// The status of this name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Whether work on it has ended.
    #[must_use]
    pub fn is_closed(self) -> bool {
        matches!(self, Status::Resolved | Status::FalsePositive | Status::Merged | Status::Withdrawn)
    }
}

/// What Quell tells about an incident at one moment. The whole story is kept apart, under its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// One line.
    pub title: String,
    /// How serious.
    pub severity: Level,
    /// Time of its earliest event.
    pub first_seen: Option<Timestamp>,
    /// Time of its latest event.
    pub last_seen: Option<Timestamp>,
    /// ATT&CK technique ids.
    pub techniques: Vec<String>,
    /// Hosts in scope.
    pub hosts: Vec<String>,
    /// Accounts in scope.
    pub principals: Vec<String>,
    /// Its alerts, by group.
    pub groups: Vec<AlertGroupId>,
    /// How many alerts that are.
    pub alerts: u64,
    /// Sources that its evidence comes from.
    pub sources: Vec<String>,
    /// SHA-256 of the story, in hex.
    pub story: String,
}

/// Where an incident comes from that Quell did not find itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = IncidentOrigin))]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Somebody reported it.
    Report,
    /// It was a part of another one.
    Split {
        /// Which.
        #[cfg_attr(feature = "openapi", schema(value_type = String))]
        from: IncidentId,
    },
    /// It was worked on elsewhere.
    Elsewhere {
        /// Program, or Quell and the id of its key.
        program: Line,
        /// Its id there.
        id: Line,
        /// When it was opened there.
        #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
        opened_at: Timestamp,
    },
}

/// Alerts that people move from one incident to another: whole groups.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedAlerts {
    /// Which.
    pub groups: Vec<AlertGroupId>,
    /// How many alerts that are now.
    pub alerts: u64,
    /// Sources that they come from.
    pub sources: Vec<String>,
}

/// What an incident knew that people made part of another one, beside its alerts. Quell does not tell it there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brought {
    /// How serious.
    pub severity: Level,
    /// Time of the earliest event.
    pub first_seen: Option<Timestamp>,
    /// Time of the latest event.
    pub last_seen: Option<Timestamp>,
    /// ATT&CK technique ids.
    pub techniques: Vec<String>,
    /// Hosts in scope.
    pub hosts: Vec<String>,
    /// Accounts in scope.
    pub principals: Vec<String>,
}

/// What can happen to an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body")]
pub enum IncidentFact {
    /// People say that it is one.
    #[serde(rename = "incident.reported")]
    Reported {
        /// What is known.
        told: Told,
        /// Where it comes from.
        origin: Origin,
        /// Whether it is an exercise.
        exercise: bool,
        /// Why it is an incident.
        reason: String,
    },
    /// People say that these alerts belong to it.
    #[serde(rename = "incident.alerts_added")]
    AlertsAdded {
        /// Which.
        moved: MovedAlerts,
        /// Why.
        reason: String,
    },
    /// People say that these alerts belong to another incident.
    #[serde(rename = "incident.alerts_removed")]
    AlertsRemoved {
        /// Which.
        moved: MovedAlerts,
        /// To which.
        to: IncidentId,
        /// Why.
        reason: String,
    },
    /// Quell opened it.
    #[serde(rename = "incident.opened")]
    Opened {
        /// What is told.
        told: Told,
        /// Why it is an incident.
        why: Vec<String>,
    },
    /// New records changed what is told.
    #[serde(rename = "incident.grown")]
    Grown {
        /// What is told now.
        told: Told,
        /// What changed.
        why: Vec<String>,
    },
    /// It turned out to be part of another incident.
    #[serde(rename = "incident.merged")]
    Merged {
        /// Which.
        into: IncidentId,
        /// Why.
        why: String,
    },
    /// Another incident turned out to be part of it.
    #[serde(rename = "incident.absorbed")]
    Absorbed {
        /// Which.
        from: IncidentId,
        /// Why.
        why: String,
        /// What it knew, if people made it part of this one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        brought: Option<Brought>,
    },
    /// With more records it is no incident any more.
    #[serde(rename = "incident.withdrawn")]
    Withdrawn {
        /// Why.
        why: String,
    },
    /// Its status changed.
    #[serde(rename = "incident.status_changed")]
    StatusChanged {
        /// To what.
        status: Status,
        /// Why.
        reason: String,
    },
    /// Somebody is responsible now, or nobody.
    #[serde(rename = "incident.assigned")]
    Assigned {
        /// Who.
        to: Option<UserId>,
    },
    /// It belongs to a team now, or to all.
    #[serde(rename = "incident.team_changed")]
    TeamChanged {
        /// Which.
        team: Option<TeamId>,
    },
    /// Only these may see it.
    #[serde(rename = "incident.restricted")]
    Restricted {
        /// Who.
        members: BTreeSet<UserId>,
    },
    /// Whoever may see its team's incidents may see it again.
    #[serde(rename = "incident.unrestricted")]
    Unrestricted,
    /// Somebody got in without being a member, in an emergency.
    #[serde(rename = "incident.glass_broken")]
    GlassBroken {
        /// Who.
        by: UserId,
        /// Why.
        reason: String,
    },
}

impl Fact for IncidentFact {}

/// An incident as its entries make it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// How far work is.
    pub status: Status,
    /// What is told.
    pub told: Told,
    /// Who is responsible.
    pub assignee: Option<UserId>,
    /// Which team's it is; none for all.
    pub team: Option<TeamId>,
    /// Who may see it, if not everybody.
    pub members: Option<BTreeSet<UserId>>,
    /// The incident it is part of.
    pub merged_into: Option<IncidentId>,
    /// Where it comes from, if Quell did not find it itself.
    pub origin: Option<Origin>,
    /// Whether it is an exercise.
    pub exercise: bool,
    /// What those knew that people made part of it.
    pub brought: Option<Brought>,
}

/// Something a person or Quell wants to happen to an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IncidentCommand {
    /// Change the status, for a reason.
    ChangeStatus(Status, String),
    /// Make somebody responsible, or nobody.
    Assign(Option<UserId>),
    /// Give it to a team, or to all.
    ChangeTeam(Option<TeamId>),
    /// Only these may see it; never empty.
    Restrict(BTreeSet<UserId>),
    /// Lift the restriction.
    Unrestrict,
    /// Get in without being a member, for a reason.
    BreakGlass(UserId, String),
    /// Take alerts, for a reason.
    AddAlerts(MovedAlerts, String),
    /// Give alerts to another incident, for a reason.
    RemoveAlerts(MovedAlerts, IncidentId, String),
    /// Become part of another incident, for a reason.
    Merge(IncidentId, String),
    /// Take another incident in, for a reason.
    Absorb(IncidentId, Brought, String),
}

impl Incident {
    /// The incident after its first fact; none if that is not its opening.
    #[must_use]
    pub fn begin(fact: IncidentFact) -> Option<Incident> {
        // What people report is worked on: Quell does not take it back.
        let (told, status, origin, exercise) = match fact {
            IncidentFact::Opened { told, .. } => (told, Status::New, None, false),
            IncidentFact::Reported { told, origin, exercise, .. } => (told, Status::Open, Some(origin), exercise),
            _ => return None,
        };
        let (assignee, team, members, merged_into) = (None, None, None, None);
        Some(Incident { status, told, assignee, team, members, merged_into, origin, exercise, brought: None })
    }

    /// Takes the next fact.
    pub fn apply(&mut self, fact: IncidentFact) {
        match fact {
            IncidentFact::Opened { told, .. }
            | IncidentFact::Reported { told, .. }
            | IncidentFact::Grown { told, .. } => {
                self.told = told;
            }
            IncidentFact::AlertsAdded { moved, .. } => self.told.take(moved),
            IncidentFact::AlertsRemoved { moved, .. } => self.told.give(&moved),
            IncidentFact::Merged { into, .. } => {
                self.status = Status::Merged;
                self.merged_into = Some(into);
            }
            IncidentFact::Withdrawn { .. } => self.status = Status::Withdrawn,
            IncidentFact::StatusChanged { status, .. } => self.status = status,
            IncidentFact::Assigned { to } => self.assignee = to,
            IncidentFact::TeamChanged { team } => self.team = team,
            IncidentFact::Restricted { members } => self.members = Some(members),
            IncidentFact::Unrestricted => self.members = None,
            IncidentFact::GlassBroken { by, .. } => {
                if let Some(members) = &mut self.members {
                    members.insert(by);
                }
            }
            IncidentFact::Absorbed { brought: None, .. } => {}
            IncidentFact::Absorbed { brought: Some(brought), .. } => {
                let all = match self.brought.take() {
                    Some(before) => before.with(&brought),
                    None => brought,
                };
                self.told = self.told.clone().with(&all);
                self.brought = Some(all);
            }
        }
    }

    /// Decides on a command: the fact to append.
    ///
    /// # Errors
    /// Why not.
    pub fn decide(&self, command: IncidentCommand) -> Result<IncidentFact, Refusal> {
        if let (Some(into), false) = (&self.merged_into, matches!(command, IncidentCommand::BreakGlass(..))) {
            return Err(Refusal::Merged(into.clone()));
        }
        match command {
            IncidentCommand::ChangeStatus(Status::Merged | Status::Withdrawn, _) => Err(Refusal::NotByHand),
            IncidentCommand::ChangeStatus(status, _) if status == self.status => Err(Refusal::NoChange),
            IncidentCommand::ChangeStatus(status, reason) => {
                let reason = if status.is_closed() { needed(reason)? } else { short(reason)? };
                Ok(IncidentFact::StatusChanged { status, reason })
            }
            IncidentCommand::Assign(to) if to == self.assignee => Err(Refusal::NoChange),
            IncidentCommand::Assign(to) => Ok(IncidentFact::Assigned { to }),
            IncidentCommand::ChangeTeam(team) if team == self.team => Err(Refusal::NoChange),
            IncidentCommand::ChangeTeam(team) => Ok(IncidentFact::TeamChanged { team }),
            IncidentCommand::Restrict(members) if members.is_empty() => Err(Refusal::NoMember),
            IncidentCommand::Restrict(members) if self.members.as_ref() == Some(&members) => Err(Refusal::NoChange),
            IncidentCommand::Restrict(members) => Ok(IncidentFact::Restricted { members }),
            IncidentCommand::Unrestrict if self.members.is_none() => Err(Refusal::NotRestricted),
            IncidentCommand::Unrestrict => Ok(IncidentFact::Unrestricted),
            IncidentCommand::AddAlerts(moved, _) | IncidentCommand::RemoveAlerts(moved, ..)
                if moved.groups.is_empty() =>
            {
                Err(Refusal::NoChange)
            }
            IncidentCommand::AddAlerts(moved, reason) => {
                Ok(IncidentFact::AlertsAdded { moved, reason: needed(reason)? })
            }
            IncidentCommand::RemoveAlerts(moved, to, reason) => {
                Ok(IncidentFact::AlertsRemoved { moved, to, reason: needed(reason)? })
            }
            IncidentCommand::Merge(into, reason) => Ok(IncidentFact::Merged { into, why: needed(reason)? }),
            IncidentCommand::Absorb(from, brought, reason) => {
                Ok(IncidentFact::Absorbed { from, why: needed(reason)?, brought: Some(brought) })
            }
            IncidentCommand::BreakGlass(by, reason) => match &self.members {
                None => Err(Refusal::NotRestricted),
                Some(members) if members.contains(&by) => Err(Refusal::IsMember),
                Some(_) => Ok(IncidentFact::GlassBroken { by, reason: needed(reason)? }),
            },
        }
    }
}

impl Incident {
    /// Whether Quell may find that it is part of another one: not of what people reported.
    #[must_use]
    pub fn is_absorbable(&self) -> bool {
        self.merged_into.is_none() && self.origin.is_none()
    }
}

/// Whether alerts of one incident may go to another: nobody may see more by it, and nothing gets lost in what is closed.
///
/// # Errors
/// Why not.
pub fn may_take(receiver: &Incident, giver: &Incident) -> Result<(), Refusal> {
    may_join(receiver, giver)?;
    let hidden = |members: &BTreeSet<UserId>| receiver.members.as_ref().is_none_or(|own| !own.is_subset(members));
    if giver.members.as_ref().is_some_and(hidden) {
        return Err(Refusal::State(
            "they belong to a restricted incident, and others would see them; restrict this one first",
        ));
    }
    if giver.team.is_some() && receiver.team != giver.team {
        return Err(Refusal::State("they belong to an incident of another team; give both to one team first"));
    }
    Ok(())
}

/// Whether an incident may become part of another: who sees the whole could see both.
///
/// # Errors
/// Why not.
pub fn may_absorb(whole: &Incident, part: &Incident) -> Result<(), Refusal> {
    may_join(whole, part)?;
    if whole.team.is_some() && part.team.is_some() && whole.team != part.team {
        return Err(Refusal::State("they belong to different teams; give both to one team first"));
    }
    // Who is a member of the one need not be in the team of the other.
    let crossed =
        |one: &Incident, other: &Incident| one.members.is_some() && other.members.is_none() && other.team.is_some();
    if crossed(whole, part) || crossed(part, whole) {
        return Err(Refusal::State("one is restricted and the other belongs to a team; restrict both first"));
    }
    Ok(())
}

fn may_join(receiver: &Incident, giver: &Incident) -> Result<(), Refusal> {
    if receiver.status.is_closed() && receiver.merged_into.is_none() {
        return Err(Refusal::State("the incident that goes on is closed; open it first"));
    }
    if receiver.exercise != giver.exercise {
        return Err(Refusal::State("an exercise and an incident cannot be one"));
    }
    Ok(())
}

impl Brought {
    /// Together with what another one brought.
    #[must_use]
    pub fn with(mut self, other: &Brought) -> Brought {
        self.severity = self.severity.max(other.severity);
        self.first_seen = self.first_seen.into_iter().chain(other.first_seen).min();
        self.last_seen = self.last_seen.max(other.last_seen);
        add(&mut self.techniques, &other.techniques);
        add(&mut self.hosts, &other.hosts);
        add(&mut self.principals, &other.principals);
        self
    }
}

impl From<&Told> for Brought {
    fn from(told: &Told) -> Brought {
        Brought {
            severity: told.severity,
            first_seen: told.first_seen,
            last_seen: told.last_seen,
            techniques: told.techniques.clone(),
            hosts: told.hosts.clone(),
            principals: told.principals.clone(),
        }
    }
}

/// Adds what is not there yet.
fn add(names: &mut Vec<String>, more: &[String]) {
    for name in more {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
}

impl MovedAlerts {
    /// With those of another move.
    pub fn extend(&mut self, other: MovedAlerts) {
        self.groups.extend(other.groups);
        self.alerts += other.alerts;
        self.sources.extend(other.sources);
    }
}

impl Told {
    /// With what people brought in by merging.
    #[must_use]
    pub fn with(mut self, brought: &Brought) -> Told {
        let all = Brought::from(&self).with(brought);
        self.severity = all.severity;
        (self.first_seen, self.last_seen) = (all.first_seen, all.last_seen);
        (self.techniques, self.hosts, self.principals) = (all.techniques, all.hosts, all.principals);
        self
    }

    fn take(&mut self, moved: MovedAlerts) {
        self.groups.extend(moved.groups);
        self.alerts += moved.alerts;
        add(&mut self.sources, &moved.sources);
    }

    /// Sources stay: what was told of them is still known here.
    fn give(&mut self, moved: &MovedAlerts) {
        self.groups.retain(|group| !moved.groups.contains(group));
        self.alerts = self.alerts.saturating_sub(moved.alerts);
    }
}

/// What people decided about incidents holds for the one that absorbs them. What was restricted stays so: only who may see
/// all of it may see it.
#[must_use]
pub fn carried_over(state: Option<&Incident>, others: &[&Incident]) -> Vec<IncidentFact> {
    let mut facts = Vec::new();
    let restricted = others.iter().filter_map(|other| other.members.as_ref());
    let own = state.and_then(|state| state.members.as_ref());
    // With no member in common nobody is left: who has to see it breaks the glass, which is told and kept.
    let members = restricted.chain(own).cloned().reduce(|a, b| a.intersection(&b).cloned().collect());
    if let Some(members) = members.filter(|members| Some(members) != own) {
        facts.push(IncidentFact::Restricted { members });
    }
    let team = others.iter().find_map(|other| other.team.clone());
    if let Some(team) = team.filter(|_| state.is_none_or(|state| state.team.is_none())) {
        facts.push(IncidentFact::TeamChanged { team: Some(team) });
    }
    let assignee = others.iter().find_map(|other| other.assignee.clone());
    if let Some(assignee) = assignee.filter(|_| state.is_none_or(|state| state.assignee.is_none())) {
        facts.push(IncidentFact::Assigned { to: Some(assignee) });
    }
    let worked_on = others.iter().any(|other| other.status == Status::Open);
    if worked_on && state.is_none_or(|state| state.status == Status::New) {
        let reason = "an incident that was worked on became part of it".to_owned();
        facts.push(IncidentFact::StatusChanged { status: Status::Open, reason });
    }
    facts
}

fn short(text: String) -> Result<String, Refusal> {
    if text.chars().count() > TEXT_CHARS_MAX { Err(Refusal::TooLong) } else { Ok(text) }
}

fn needed(text: String) -> Result<String, Refusal> {
    if text.trim().is_empty() { Err(Refusal::ReasonMissing) } else { short(text) }
}
