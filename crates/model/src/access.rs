//! Who may do what: roles and rights. What a right means for one object (teams, need-to-know) is decided where the object
//! is read; see [`Viewer`].

use serde::{Deserialize, Serialize};

use crate::{TeamId, UserId};

/// What somebody is in the organisation's incident response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads incidents and alerts.
    Viewer,
    /// Works on incidents.
    Responder,
    /// Leads incidents: also restricts them to those who need to know.
    Lead,
    /// Runs Quell: users, teams, sources. Sees no restricted incident without being a member.
    Admin,
    /// Reads the ledger and the state of the system, changes nothing.
    Auditor,
}

impl Role {
    /// All roles.
    pub const ALL: [Role; 5] = [Role::Viewer, Role::Responder, Role::Lead, Role::Admin, Role::Auditor];

    /// Lower-case name, as in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Responder => "responder",
            Role::Lead => "lead",
            Role::Admin => "admin",
            Role::Auditor => "auditor",
        }
    }

    /// The role of this name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// Whether this role carries a right.
    #[must_use]
    pub fn allows(self, right: Right) -> bool {
        use Right::{
            AlertsRead, AlertsTriage, BreakGlass, EventsRead, IncidentsLead, IncidentsRead, IncidentsRestrict,
            IncidentsWrite, IntakeWrite, LedgerRead, OwnAccount, SourcesManage, SourcesRead, SystemRead, UsersManage,
            UsersRead,
        };
        match right {
            OwnAccount | UsersRead | IncidentsRead | AlertsRead | SourcesRead => true,
            EventsRead => self != Role::Viewer,
            IncidentsWrite | AlertsTriage => matches!(self, Role::Responder | Role::Lead | Role::Admin),
            IncidentsRestrict | IncidentsLead | BreakGlass => matches!(self, Role::Lead | Role::Admin),
            IntakeWrite | SourcesManage | UsersManage => self == Role::Admin,
            LedgerRead | SystemRead => matches!(self, Role::Admin | Role::Auditor),
        }
    }
}

/// One thing that can be allowed. Tokens carry a set of these and never have more than their owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Right {
    /// One's own profile, sessions, second factors and tokens.
    #[serde(rename = "account:own")]
    OwnAccount,
    /// Names of users and teams.
    #[serde(rename = "users:read")]
    UsersRead,
    /// Create, change and disable users and teams.
    #[serde(rename = "users:manage")]
    UsersManage,
    /// Incidents and their stories.
    #[serde(rename = "incidents:read")]
    IncidentsRead,
    /// Work on incidents.
    #[serde(rename = "incidents:write")]
    IncidentsWrite,
    /// Decide what a lead decides: waive, declare recovered, hold and release evidence, sign off, decide on clocks.
    #[serde(rename = "incidents:lead")]
    IncidentsLead,
    /// Restrict incidents to members.
    #[serde(rename = "incidents:restrict")]
    IncidentsRestrict,
    /// Alerts.
    #[serde(rename = "alerts:read")]
    AlertsRead,
    /// Decide what alerts are.
    #[serde(rename = "alerts:triage")]
    AlertsTriage,
    /// Raw events.
    #[serde(rename = "events:read")]
    EventsRead,
    /// Deliver records.
    #[serde(rename = "intake:write")]
    IntakeWrite,
    /// Sources and their health.
    #[serde(rename = "sources:read")]
    SourcesRead,
    /// Register and change sources.
    #[serde(rename = "sources:manage")]
    SourcesManage,
    /// The ledger.
    #[serde(rename = "ledger:read")]
    LedgerRead,
    /// State and metrics of the system.
    #[serde(rename = "system:read")]
    SystemRead,
    /// Open a restricted incident in an emergency; raises an alarm.
    #[serde(rename = "incidents:break-glass")]
    BreakGlass,
}

impl Right {
    /// All rights.
    pub const ALL: [Right; 16] = [
        Right::OwnAccount,
        Right::UsersRead,
        Right::UsersManage,
        Right::IncidentsRead,
        Right::IncidentsWrite,
        Right::IncidentsLead,
        Right::IncidentsRestrict,
        Right::AlertsRead,
        Right::AlertsTriage,
        Right::EventsRead,
        Right::IntakeWrite,
        Right::SourcesRead,
        Right::SourcesManage,
        Right::LedgerRead,
        Right::SystemRead,
        Right::BreakGlass,
    ];

    /// Name, as in JSON and token scopes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Right::OwnAccount => "account:own",
            Right::UsersRead => "users:read",
            Right::UsersManage => "users:manage",
            Right::IncidentsRead => "incidents:read",
            Right::IncidentsWrite => "incidents:write",
            Right::IncidentsLead => "incidents:lead",
            Right::IncidentsRestrict => "incidents:restrict",
            Right::AlertsRead => "alerts:read",
            Right::AlertsTriage => "alerts:triage",
            Right::EventsRead => "events:read",
            Right::IntakeWrite => "intake:write",
            Right::SourcesRead => "sources:read",
            Right::SourcesManage => "sources:manage",
            Right::LedgerRead => "ledger:read",
            Right::SystemRead => "system:read",
            Right::BreakGlass => "incidents:break-glass",
        }
    }
}

/// In whose eyes something is read. Every read of an object that can be withheld takes one; there is no way around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Viewer {
    /// Quell itself: the pipeline, rebuilds, exports by the operator of the machine.
    System,
    /// A signed-in user or a token of theirs.
    User {
        /// Who.
        user: UserId,
        /// Teams they belong to.
        teams: Vec<TeamId>,
    },
}
