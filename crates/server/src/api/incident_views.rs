//! Incidents as lists show them, and which ones to list.

use quell_incident::Status;
use quell_model::{TeamId, UserId};
use quell_store::{IncidentFilter, IncidentRow, Sort};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::params::{level, listed, parsed, short, time};
use crate::http::ApiError;

/// Which incidents.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct IncidentParams {
    /// Words of title, hosts, accounts, techniques or id; all of them; the last letter may be `*`.
    #[param(max_length = 200)]
    q: Option<String>,
    /// Any of these, divided by commas.
    #[serde(default, deserialize_with = "listed")]
    #[param(value_type = Vec<StatusName>, min_items = 1, style = Form, explode = false)]
    status: Vec<String>,
    /// Any of these, divided by commas.
    #[serde(default, deserialize_with = "listed")]
    #[param(value_type = Vec<LevelName>, min_items = 1, style = Form, explode = false)]
    severity: Vec<String>,
    /// User id of who is responsible.
    #[param(max_length = 64)]
    assignee: Option<String>,
    /// Team id.
    #[param(max_length = 64)]
    team: Option<String>,
    /// ATT&CK technique id; with or without its sub-techniques' number.
    #[param(max_length = 32)]
    technique: Option<String>,
    /// A host in scope.
    #[param(max_length = 255)]
    host: Option<String>,
    /// Opened at or after.
    #[param(format = DateTime)]
    since: Option<String>,
    /// Opened at or before.
    #[param(format = DateTime)]
    until: Option<String>,
    /// Exercises only, or none of them; both, if not given.
    exercise: Option<bool>,
    /// `newest` (if not given) or `severity`.
    pub(super) sort: Option<SortName>,
}

/// Order of a list.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SortName {
    /// Newest first.
    Newest,
    /// Most serious first.
    Severity,
}

impl SortName {
    pub(super) fn sort(name: Option<SortName>) -> Sort {
        match name {
            Some(SortName::Severity) => Sort::Severity,
            _ => Sort::Newest,
        }
    }
}

/// How far work on an incident is.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its description is used")]
pub(crate) enum StatusName {
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
    /// With more records it is no incident any more.
    Withdrawn,
}

/// How serious.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LevelName {
    /// Context for others.
    Informational,
    /// Usually benign.
    Low,
    /// Worth a look.
    Medium,
    /// Likely hostile.
    High,
    /// Almost certainly hostile.
    Critical,
}

impl IncidentParams {
    pub(super) fn filter(&self) -> Result<IncidentFilter, ApiError> {
        short([
            ("q", self.q.as_ref(), 200),
            ("assignee", self.assignee.as_ref(), 64),
            ("team", self.team.as_ref(), 64),
            ("technique", self.technique.as_ref(), 32),
            ("host", self.host.as_ref(), 255),
        ])?;
        Ok(IncidentFilter {
            text: self.q.clone(),
            status: parsed(&self.status, "status", Status::parse)?,
            severity: parsed(&self.severity, "severity", level)?,
            assignee: self.assignee.clone().map(UserId::new),
            team: self.team.clone().map(TeamId::new),
            technique: self.technique.clone(),
            host: self.host.clone(),
            since: time(self.since.as_ref(), "since")?,
            until: time(self.until.as_ref(), "until")?,
            exercise: self.exercise,
        })
    }
}

/// An incident in a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct IncidentView {
    /// Its id.
    pub(crate) id: String,
    /// Version of its stream; send it with a change, to notice changes by others.
    version: u64,
    /// How far work is.
    status: &'static str,
    /// One line that says what happened and where.
    title: String,
    /// How serious.
    severity: &'static str,
    /// Time of its earliest event.
    #[schema(format = DateTime)]
    first_seen: Option<String>,
    /// Time of its latest event.
    #[schema(format = DateTime)]
    last_seen: Option<String>,
    /// When Quell opened it.
    #[schema(format = DateTime)]
    opened_at: String,
    /// When it was last written to.
    #[schema(format = DateTime)]
    updated_at: String,
    /// ATT&CK techniques.
    techniques: Vec<String>,
    /// Hosts in scope.
    hosts: Vec<String>,
    /// Accounts in scope.
    principals: Vec<String>,
    /// How many alerts.
    alerts: u64,
    /// Who is responsible.
    assignee: Option<String>,
    /// Whose it is.
    team: Option<String>,
    /// Only its members see it.
    restricted: bool,
    /// The incident it is part of.
    merged_into: Option<String>,
    /// Where it comes from, if Quell did not find it itself.
    #[schema(value_type = Option<OriginName>)]
    origin: Option<String>,
    /// Whether it is an exercise.
    exercise: bool,
}

/// Where an incident comes from that Quell did not find itself.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its description is used")]
pub(crate) enum OriginName {
    /// Somebody reported it.
    Report,
    /// It was a part of another one.
    Split,
    /// It was worked on elsewhere.
    Elsewhere,
}

impl From<IncidentRow> for IncidentView {
    fn from(row: IncidentRow) -> IncidentView {
        IncidentView {
            id: row.id.to_string(),
            version: row.version,
            status: row.status.as_str(),
            title: row.title,
            severity: row.severity.as_str(),
            first_seen: row.first_seen.map(|time| time.to_string()),
            last_seen: row.last_seen.map(|time| time.to_string()),
            opened_at: row.opened_at.to_string(),
            updated_at: row.updated_at.to_string(),
            techniques: row.techniques,
            hosts: row.hosts,
            principals: row.principals,
            alerts: row.alerts,
            assignee: row.assignee.map(|user| user.to_string()),
            team: row.team.map(|team| team.to_string()),
            restricted: row.restricted,
            merged_into: row.merged_into.map(|id| id.to_string()),
            origin: row.origin,
            exercise: row.exercise,
        }
    }
}

/// How many there are.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct CountsView {
    /// All together.
    total: u64,
    /// There may be more: alerts are counted to 5,000 where it is asked for what they say or when they were.
    at_least: bool,
    /// By status.
    by_status: std::collections::BTreeMap<String, u64>,
    /// By severity.
    by_severity: std::collections::BTreeMap<String, u64>,
}

impl From<quell_store::Counts> for CountsView {
    fn from(counts: quell_store::Counts) -> CountsView {
        CountsView {
            total: counts.total,
            at_least: counts.at_least,
            by_status: counts.by_status.into_iter().collect(),
            by_severity: counts.by_severity.into_iter().collect(),
        }
    }
}
