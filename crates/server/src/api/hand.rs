//! Somebody working on an incident: decides on what it is now, appends, and decides anew if somebody else was faster.

use quell_incident::work::{Desk, Stamp, WorkFact};
use quell_incident::{Fact, IncidentCommand, Status};
use quell_model::{Expected, IncidentId, LedgerEntry, NewLedgerEntry, Viewer};
use quell_store::StoreError;
use serde_json::Value;

use super::incidents::{IncidentDetail, detail, stream_of};
use crate::App;
use crate::http::{ApiError, Caller};
use crate::hub::Change;

/// How often something is decided anew because somebody else was faster.
pub(super) const TRIES: u32 = 5;
pub(super) const OVERTAKEN: &str = "somebody else changed it in the meantime; read it again and retry";
/// Entries that are not written yet are numbered from here while several are decided together.
const PROVISIONAL: u64 = 1 << 62;

/// Somebody working on incidents.
pub(super) struct Hand<'a> {
    pub(super) app: &'a App,
    pub(super) caller: &'a Caller,
    pub(super) viewer: Viewer,
}

/// What somebody wants to happen.
enum Wanted {
    Commands(Vec<IncidentCommand>),
    Work(Vec<WorkFact>),
}

/// Kinds and bodies of what is to be appended, and the version that they build on.
type Decided = (u64, Vec<(String, Value)>);

impl<'a> Hand<'a> {
    /// The caller's own.
    pub(super) fn of(app: &'a App, caller: &'a Caller) -> Hand<'a> {
        Hand { app, caller, viewer: caller.viewer() }
    }

    /// Carries commands out and answers with the incident after it. Who names no version means the incident as it is: if
    /// somebody else, or Quell itself, writes at that moment, it is decided anew.
    ///
    /// # Errors
    /// It cannot be done, or somebody else was faster.
    pub(super) async fn command(
        &self,
        id: &IncidentId,
        version: Option<u64>,
        commands: Vec<IncidentCommand>,
    ) -> Result<IncidentDetail, ApiError> {
        self.carry_out(id, version, &Wanted::Commands(commands)).await?;
        self.detail(id).await
    }

    /// Records work, all or none, and answers with its entries.
    ///
    /// # Errors
    /// It cannot be done, or somebody else was faster.
    pub(super) async fn work(
        &self,
        id: &IncidentId,
        version: Option<u64>,
        facts: Vec<WorkFact>,
    ) -> Result<Vec<LedgerEntry>, ApiError> {
        self.carry_out(id, version, &Wanted::Work(facts)).await
    }

    /// The incident as it is now. Whoever gives an incident to another team may not see it any more; that they did it is still
    /// answered.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(super) async fn detail(&self, id: &IncidentId) -> Result<IncidentDetail, ApiError> {
        let store = &self.app.store;
        let row = store.incident(&Viewer::System, id).await?;
        let state = store.incident_state(&Viewer::System, id, None).await?;
        let (Some(row), Some((version, state))) = (row, state) else { return Err(ApiError::NotFound("incident")) };
        Ok(detail(row, version, state))
    }

    async fn carry_out(
        &self,
        id: &IncidentId,
        version: Option<u64>,
        wanted: &Wanted,
    ) -> Result<Vec<LedgerEntry>, ApiError> {
        let tries = if version.is_some() { 1 } else { TRIES };
        for _ in 0..tries {
            let (at, decided) = self.decide(id, wanted).await?;
            if version.is_some_and(|version| version != at) {
                break;
            }
            let entries = (at..).zip(decided).map(|(version, (kind, body))| {
                let (stream, expected) = (stream_of(id), Expected::Version(version));
                NewLedgerEntry { stream, expected, actor: self.caller.actor(), kind, body }
            });
            let entries: Vec<NewLedgerEntry> = entries.collect();
            if entries.is_empty() {
                return Ok(Vec::new());
            }
            match self.app.store.append(self.app.clock.now(), entries).await {
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
                Ok(written) => {
                    self.app.hub.publish(Change::Incident(id.clone()));
                    return Ok(written);
                }
            }
        }
        Err(ApiError::Conflict(OVERTAKEN.to_owned()))
    }

    async fn decide(&self, id: &IncidentId, wanted: &Wanted) -> Result<Decided, ApiError> {
        match wanted {
            Wanted::Commands(commands) => self.decide_commands(id, commands).await,
            Wanted::Work(facts) => self.decide_work(id, facts).await,
        }
    }

    async fn decide_commands(&self, id: &IncidentId, commands: &[IncidentCommand]) -> Result<Decided, ApiError> {
        let state = self.app.store.incident_state(&self.viewer, id, None).await?;
        let (at, mut state) = state.ok_or(ApiError::NotFound("incident"))?;
        let mut decided = Vec::new();
        for command in commands {
            let fact = state.decide(command.clone())?;
            decided.push(fact.parts());
            state.apply(fact);
        }
        Ok((at, decided))
    }

    async fn decide_work(&self, id: &IncidentId, facts: &[WorkFact]) -> Result<Decided, ApiError> {
        let worked = self.app.store.worked(&self.viewer, id, None).await?.ok_or(ApiError::NotFound("incident"))?;
        let now = self.app.clock.now();
        let desk = Desk { incident: &worked.incident, handbook: &self.app.handbook, now };
        let mut work = worked.work;
        let mut decided = Vec::new();
        // What people work on is not taken back by what Quell tells later; only a note does not take it on.
        let takes_on = facts.iter().any(|fact| !matches!(fact, WorkFact::Note(_)));
        if takes_on && worked.incident.status == Status::New && worked.incident.merged_into.is_none() {
            let reason = "work on it was recorded".to_owned();
            decided.push(worked.incident.decide(IncidentCommand::ChangeStatus(Status::Open, reason))?.parts());
        }
        for (number, fact) in (PROVISIONAL..).zip(facts) {
            self.caller.need(work.right(fact))?;
            let fact = work.decide(&desk, fact.clone())?;
            decided.push(fact.parts());
            work.apply(Stamp { entry: number, at: now, actor: self.caller.actor() }, fact);
        }
        Ok((worked.version, decided))
    }
}
