//! Which alerts make an incident: people report one, give alerts to another, split and merge.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{Path, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use quell_incident::work::{Line, Text};
use quell_incident::{
    Brought, Fact, Incident, IncidentCommand, IncidentFact, MovedAlerts, Origin, Status, Told, carried_over,
    may_absorb, may_take,
};
use quell_model::{
    AlertGroupId, AlertId, Expected, IncidentId, Level, NewLedgerEntry, Right, TeamId, technique_of_tag,
};
use quell_store::{AlertGroup, StoreError};
use serde::Deserialize;
use utoipa::ToSchema;

use super::alerts::alert_id;
use super::hand::{Hand, OVERTAKEN, TRIES};
use super::incident_views::LevelName;
use super::incidents::{IncidentDetail, incident_id, stream_of};
use crate::App;
use crate::http::{Access, ApiError, Caller, Json, Route};
use crate::hub::Change;

/// Most alerts that are moved together.
const ALERTS_MAX: usize = 1_000;

pub(super) fn routes() -> Vec<Route> {
    let (write, lead) = (Access::Needs(Right::IncidentsWrite), Access::Needs(Right::IncidentsLead));
    vec![
        Route::api(Method::POST, "/api/v1/incidents", write, || post(create)),
        Route::api(Method::POST, "/api/v1/incidents/{id}/alerts", write, || post(take)),
        Route::api(Method::POST, "/api/v1/incidents/{id}/merge", lead, || post(merge)),
    ]
}

/// An incident that people report.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewIncident {
    /// One line that says what happened and where.
    title: Line,
    /// How serious it seems.
    #[schema(value_type = LevelName)]
    severity: Level,
    /// Why it is an incident.
    reason: Text,
    /// Alerts that belong to it, with all others of the same rule about the same thing. Those that belong to an incident are
    /// taken from it: if all come from one, this is how to split it.
    #[serde(default)]
    #[schema(max_items = 1000)]
    alerts: Vec<String>,
    /// Whether it is an exercise; figures count those apart.
    #[serde(default)]
    exercise: bool,
}

/// Reports an incident, with alerts or without.
#[utoipa::path(post, path = "/api/v1/incidents", tag = "incidents", request_body = NewIncident,
    responses((status = 201, body = IncidentDetail)))]
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    Json(new): Json<NewIncident>,
) -> Result<Response, ApiError> {
    let alerts = alert_ids(&new.alerts)?;
    let id = IncidentId::new(format!("inc-{}", app.hex::<6>()));
    let wanted = Wanted::Report { id: &id, new: &new, alerts };
    Desk { app: &app, caller: &caller }.carry_out(&wanted).await?;
    let detail = Hand::of(&app, &caller).detail(&id).await?;
    Ok((StatusCode::CREATED, Json(detail)).into_response())
}

/// Alerts that belong to an incident.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MoreAlerts {
    /// Which; all others of the same rule about the same thing come with them.
    #[schema(min_items = 1, max_items = 1000)]
    alerts: Vec<String>,
    /// Why.
    reason: Text,
}

/// Gives alerts to an incident, and takes them from those that they belong to. Quell leaves them there from now on.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/alerts", tag = "incidents", params(("id" = String, Path)),
    request_body = MoreAlerts, responses((status = 200, body = IncidentDetail)))]
pub(crate) async fn take(
    State(app): State<App>,
    caller: Caller,
    Path(incident): Path<String>,
    Json(more): Json<MoreAlerts>,
) -> Result<Json<IncidentDetail>, ApiError> {
    let id = incident_id(&incident)?;
    let alerts = alert_ids(&more.alerts)?;
    if alerts.is_empty() {
        return Err(ApiError::BadRequest(format!("name 1 to {ALERTS_MAX} alerts")));
    }
    let wanted = Wanted::Take { id: &id, alerts, reason: more.reason.as_str() };
    Desk { app: &app, caller: &caller }.carry_out(&wanted).await?;
    Hand::of(&app, &caller).detail(&id).await.map(Json)
}

/// What an incident becomes part of.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Merger {
    /// The incident that goes on.
    into: String,
    /// Why both are one.
    reason: Text,
}

/// Makes an incident part of another. Work on both is one from then on; who may see it is who could see both.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/merge", tag = "incidents", params(("id" = String, Path)),
    request_body = Merger, responses((status = 200, description = "The incident that goes on", body = IncidentDetail)))]
pub(crate) async fn merge(
    State(app): State<App>,
    caller: Caller,
    Path(incident): Path<String>,
    Json(merger): Json<Merger>,
) -> Result<Json<IncidentDetail>, ApiError> {
    let (from, into) = (incident_id(&incident)?, IncidentId::new(merger.into));
    let wanted = Wanted::Merge { from: &from, into: &into, reason: merger.reason.as_str() };
    Desk { app: &app, caller: &caller }.carry_out(&wanted).await?;
    Hand::of(&app, &caller).detail(&into).await.map(Json)
}

/// What somebody wants to happen.
enum Wanted<'a> {
    Report { id: &'a IncidentId, new: &'a NewIncident, alerts: Vec<AlertId> },
    Take { id: &'a IncidentId, alerts: Vec<AlertId>, reason: &'a str },
    Merge { from: &'a IncidentId, into: &'a IncidentId, reason: &'a str },
}

/// What is to be written.
struct Plan {
    entries: Vec<NewLedgerEntry>,
    /// Incidents that it changes.
    changed: Vec<IncidentId>,
    /// Where alerts that it moves belong now.
    owners: Vec<(AlertGroupId, Option<IncidentId>)>,
}

/// What people work on is not taken back by what Quell tells later.
fn taken_on(state: &Incident) -> Option<IncidentFact> {
    let reason = "people said what belongs to it".to_owned();
    (state.status == Status::New).then_some(IncidentFact::StatusChanged { status: Status::Open, reason })
}

/// Alerts on their way to an incident.
struct Shift {
    moved: MovedAlerts,
    groups: Vec<AlertGroup>,
    /// Incidents that give, each with how many groups.
    givers: BTreeMap<IncidentId, (Incident, usize)>,
    /// Entries of those that give.
    entries: Vec<NewLedgerEntry>,
}

impl Shift {
    /// The incident that all of it comes from.
    fn only_giver(&self) -> Option<IncidentId> {
        let (giver, (_, groups)) = self.givers.first_key_value()?;
        (*groups == self.groups.len()).then(|| giver.clone())
    }

    fn owners(&self) -> Vec<(AlertGroupId, Option<IncidentId>)> {
        self.groups.iter().map(|group| (group.id.clone(), group.incident.clone())).collect()
    }

    /// Who may see the givers may see the incident that is made of what they give, and nobody else.
    fn inherited(&self) -> Result<Vec<IncidentFact>, ApiError> {
        let givers = || self.givers.values().map(|(giver, _)| giver);
        let members =
            givers().filter_map(|giver| giver.members.clone()).reduce(|a, b| a.intersection(&b).cloned().collect());
        let teams: BTreeSet<&TeamId> = givers().filter_map(|giver| giver.team.as_ref()).collect();
        if teams.len() > 1 {
            let why = "these alerts belong to incidents of different teams; give those to one team first";
            return Err(ApiError::Unprocessable(why.to_owned()));
        }
        let team = teams.first().map(|team| IncidentFact::TeamChanged { team: Some((*team).clone()) });
        Ok(members.map(|members| IncidentFact::Restricted { members }).into_iter().chain(team).collect())
    }
}

/// Somebody who says which alerts belong together.
struct Desk<'a> {
    app: &'a App,
    caller: &'a Caller,
}

impl Desk<'_> {
    async fn state(&self, id: &IncidentId) -> Result<(u64, Incident), ApiError> {
        let state = self.app.store.incident_state(&self.caller.viewer(), id, None).await?;
        state.ok_or(ApiError::NotFound("incident"))
    }

    /// Plans and appends; plans anew if somebody else was faster.
    async fn carry_out(&self, wanted: &Wanted<'_>) -> Result<(), ApiError> {
        for _ in 0..TRIES {
            let plan = match wanted {
                Wanted::Report { id, new, alerts } => self.report(id, new, alerts).await?,
                Wanted::Take { id, alerts, reason } => self.take(id, alerts, reason).await?,
                Wanted::Merge { from, into, reason } => self.merge(from, into, reason).await?,
            };
            match self.app.store.append_owned(self.app.clock.now(), plan.entries, &plan.owners).await {
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
                Ok(_) => {
                    plan.changed.into_iter().for_each(|id| self.app.hub.publish(Change::Incident(id)));
                    return Ok(());
                }
            }
        }
        Err(ApiError::Conflict(OVERTAKEN.to_owned()))
    }

    async fn report(&self, id: &IncidentId, new: &NewIncident, alerts: &[AlertId]) -> Result<Plan, ApiError> {
        if new.exercise && !alerts.is_empty() {
            return Err(ApiError::Unprocessable("alerts belong to incidents, not to exercises".to_owned()));
        }
        let shift = self.shift_to(id, alerts, new.reason.as_str()).await?;
        let fact = IncidentFact::Reported {
            told: told(new, &shift),
            origin: shift.only_giver().map_or(Origin::Report, |from| Origin::Split { from }),
            exercise: new.exercise,
            reason: new.reason.as_str().to_owned(),
        };
        let mut entries = self.entries(id, 0, [fact].into_iter().chain(shift.inherited()?));
        let owners = shift.owners();
        entries.extend(shift.entries);
        Ok(Plan { entries, changed: shift.givers.into_keys().chain([id.clone()]).collect(), owners })
    }

    async fn take(&self, id: &IncidentId, alerts: &[AlertId], reason: &str) -> Result<Plan, ApiError> {
        let (version, state) = self.state(id).await?;
        let shift = self.shift_to(id, alerts, reason).await?;
        shift.givers.values().try_for_each(|(giver, _)| may_take(&state, giver))?;
        let owners = shift.owners();
        let fact = state.decide(IncidentCommand::AddAlerts(shift.moved, reason.to_owned()))?;
        let mut entries = self.entries(id, version, [fact].into_iter().chain(taken_on(&state)));
        entries.extend(shift.entries);
        Ok(Plan { entries, changed: shift.givers.into_keys().chain([id.clone()]).collect(), owners })
    }

    async fn merge(&self, from: &IncidentId, into: &IncidentId, reason: &str) -> Result<Plan, ApiError> {
        let (version, part) = self.state(from).await?;
        if into == from {
            return Err(ApiError::Unprocessable("an incident cannot become part of itself".to_owned()));
        }
        let (whole_version, whole) = self.state(into).await.map_err(|error| match error {
            ApiError::NotFound(_) => ApiError::Unprocessable("there is no such incident to become part of".to_owned()),
            error => error,
        })?;
        let merged = part.decide(IncidentCommand::Merge(into.clone(), reason.to_owned()))?;
        may_absorb(&whole, &part)?;
        let groups = self.app.store.groups_of(from).await?;
        let facts = absorbed((from, &part, &groups), &whole, reason)?;
        let entries = [self.entries(into, whole_version, facts), self.entries(from, version, [merged])].concat();
        let owners = groups.into_iter().map(|group| (group.id, group.incident)).collect();
        Ok(Plan { entries, changed: vec![from.clone(), into.clone()], owners })
    }

    /// Alerts to an incident, from wherever they are.
    async fn shift_to(&self, to: &IncidentId, alerts: &[AlertId], reason: &str) -> Result<Shift, ApiError> {
        let groups = self.app.store.alert_groups(&self.caller.viewer(), alerts).await?;
        let groups = groups.ok_or_else(|| ApiError::Unprocessable("there is no such alert".to_owned()))?;
        let groups: Vec<AlertGroup> = groups.into_iter().filter(|group| group.incident.as_ref() != Some(to)).collect();
        let mut by_giver: BTreeMap<IncidentId, Vec<&AlertGroup>> = BTreeMap::new();
        for group in &groups {
            if let Some(giver) = &group.incident {
                by_giver.entry(giver.clone()).or_default().push(group);
            }
        }
        let (mut entries, mut givers) = (Vec::new(), BTreeMap::new());
        for (giver, groups) in &by_giver {
            let (version, state) = self.state(giver).await?;
            let command = IncidentCommand::RemoveAlerts(moved(groups), to.clone(), reason.to_owned());
            let fact = state.decide(command)?;
            entries.extend(self.entries(giver, version, [fact].into_iter().chain(taken_on(&state))));
            givers.insert(giver.clone(), (state, groups.len()));
        }
        Ok(Shift { moved: moved(&groups.iter().collect::<Vec<_>>()), groups, givers, entries })
    }

    fn entries(
        &self,
        id: &IncidentId,
        version: u64,
        facts: impl IntoIterator<Item = IncidentFact>,
    ) -> Vec<NewLedgerEntry> {
        (version..).zip(facts).map(|(version, fact)| self.entry(id, version, &fact)).collect()
    }

    fn entry(&self, id: &IncidentId, version: u64, fact: &IncidentFact) -> NewLedgerEntry {
        let ((kind, body), stream) = (fact.parts(), stream_of(id));
        NewLedgerEntry { stream, expected: Expected::Version(version), actor: self.caller.actor(), kind, body }
    }
}

/// What happens to an incident that takes another one in.
fn absorbed(
    (from, part, groups): (&IncidentId, &Incident, &[AlertGroup]),
    whole: &Incident,
    reason: &str,
) -> Result<Vec<IncidentFact>, ApiError> {
    let brought = Brought::from(&part.told);
    let told = whole.told.clone().with(&brought);
    let mut facts = vec![whole.decide(IncidentCommand::Absorb(from.clone(), brought, reason.to_owned()))?];
    if told != whole.told {
        facts.push(IncidentFact::Grown { told, why: vec![format!("{from} became part of it")] });
    }
    let mut moved = moved(&groups.iter().collect::<Vec<_>>());
    // Sources of which no alert is left are known there all the same.
    moved
        .sources
        .extend(part.told.sources.iter().filter(|source| !moved.sources.contains(source)).cloned().collect::<Vec<_>>());
    if !moved.groups.is_empty() || !moved.sources.is_empty() {
        facts.push(IncidentFact::AlertsAdded { moved, reason: reason.to_owned() });
    }
    let carried = carried_over(Some(whole), &[part]);
    let opens = carried.iter().any(|fact| matches!(fact, IncidentFact::StatusChanged { .. }));
    facts.extend(carried);
    facts.extend(taken_on(whole).filter(|_| !opens));
    Ok(facts)
}

fn moved(groups: &[&AlertGroup]) -> MovedAlerts {
    let sources: BTreeSet<&String> = groups.iter().flat_map(|group| &group.sources).collect();
    MovedAlerts {
        groups: groups.iter().map(|group| group.id.clone()).collect(),
        alerts: groups.iter().map(|group| group.alerts).sum(),
        sources: sources.into_iter().cloned().collect(),
    }
}

/// What is known about an incident from its report and its alerts.
fn told(new: &NewIncident, shift: &Shift) -> Told {
    let tags = shift.groups.iter().flat_map(|group| &group.tags);
    let techniques: BTreeSet<String> = tags.filter_map(|tag| technique_of_tag(tag)).collect();
    Told {
        title: new.title.to_string(),
        severity: new.severity,
        first_seen: shift.groups.iter().filter_map(|group| group.first).min(),
        last_seen: shift.groups.iter().filter_map(|group| group.last).max(),
        techniques: techniques.into_iter().collect(),
        hosts: Vec::new(),
        principals: Vec::new(),
        groups: shift.moved.groups.clone(),
        alerts: shift.moved.alerts,
        sources: shift.moved.sources.clone(),
        story: String::new(),
    }
}

fn alert_ids(texts: &[String]) -> Result<Vec<AlertId>, ApiError> {
    if texts.len() > ALERTS_MAX {
        return Err(ApiError::BadRequest(format!("name at most {ALERTS_MAX} alerts")));
    }
    let unknown = |_| ApiError::Unprocessable("there is no such alert".to_owned());
    texts.iter().map(|text| alert_id(text).map_err(unknown)).collect()
}
