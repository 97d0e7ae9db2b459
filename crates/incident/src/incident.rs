//! An incident: what Quell told about it, and what people decided.

use std::collections::BTreeSet;

use quell_model::{AlertGroupId, IncidentId, Level, TeamId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

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

/// What can happen to an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body")]
pub enum IncidentFact {
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
}

impl Incident {
    /// The incident after its first fact; none if that is not its opening.
    #[must_use]
    pub fn begin(fact: IncidentFact) -> Option<Incident> {
        let IncidentFact::Opened { told, .. } = fact else { return None };
        let (status, assignee, team, members, merged_into) = (Status::New, None, None, None, None);
        Some(Incident { status, told, assignee, team, members, merged_into })
    }

    /// Takes the next fact.
    pub fn apply(&mut self, fact: IncidentFact) {
        match fact {
            IncidentFact::Opened { told, .. } | IncidentFact::Grown { told, .. } => self.told = told,
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
            IncidentFact::Absorbed { .. } => {}
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
            IncidentCommand::BreakGlass(by, reason) => match &self.members {
                None => Err(Refusal::NotRestricted),
                Some(members) if members.contains(&by) => Err(Refusal::IsMember),
                Some(_) => Ok(IncidentFact::GlassBroken { by, reason: needed(reason)? }),
            },
        }
    }
}

fn short(text: String) -> Result<String, Refusal> {
    if text.chars().count() > TEXT_CHARS_MAX { Err(Refusal::TooLong) } else { Ok(text) }
}

fn needed(text: String) -> Result<String, Refusal> {
    if text.trim().is_empty() { Err(Refusal::ReasonMissing) } else { short(text) }
}
