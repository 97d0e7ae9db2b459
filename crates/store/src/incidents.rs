//! Incidents as a viewer may see them.

use quell_incident::carried::original;
use quell_incident::{Fact, Incident, IncidentFact, Status};
use quell_model::{AlertGroupId, IncidentId, Level, TeamId, Timestamp, UserId, Viewer};

use crate::page::{self, Key};
use crate::sql::{Row, Statement};
use crate::{
    Counts, HeldGroup, History, IncidentFilter, IncidentRow, Page, PageQuery, Sort, Store, StoreError, pack, search,
    visibility,
};
use crate::{counts, ledger};

const COLUMNS: &str = "incident.id, incident.version, incident.status, incident.title, incident.severity, \
    incident.first_seen, incident.last_seen, incident.opened_at, incident.updated_at, incident.techniques, incident.hosts, \
    incident.principals, CASE WHEN EXISTS (SELECT 1 FROM alert_group WHERE alert_group.incident_id = incident.id \
    AND alert_group.held = 1) THEN (SELECT CAST(coalesce(sum(alert_total.number), 0) AS BIGINT) FROM alert_total \
    WHERE alert_total.incident_id = incident.id) ELSE incident.alerts END, incident.assignee, incident.team, incident.restricted, incident.merged_into, \
    incident.story, incident.origin, incident.exercise";
/// Values of one list in a statement.
const LIST_MAX: usize = 500;

impl Store {
    /// A page of incidents.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`], or the store cannot be read.
    pub async fn incidents(
        &self,
        viewer: &Viewer,
        filter: &IncidentFilter,
        page: &PageQuery,
    ) -> Result<Page<IncidentRow>, StoreError> {
        let mut statement = visibility::begin(viewer);
        statement.push(&format!("SELECT {COLUMNS} FROM incident WHERE 1 = 1"));
        visibility::incidents(&mut statement, viewer);
        self.narrow(&mut statement, filter).await?;
        after(&mut statement, page)?;
        statement.with(" LIMIT ", page::limit(page) + 1);
        let rows = self.database().query(&statement.sql, &statement.values).await?;
        let mut items = rows.iter().map(incident).collect::<Result<Vec<_>, _>>()?;
        let more = items.len() > page::limit(page) as usize;
        items.truncate(page::limit(page) as usize);
        let next = items.last().filter(|_| more).map(|last| cursor(page.sort, last));
        Ok(Page { items, next })
    }

    /// How many incidents there are.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn count_incidents(&self, viewer: &Viewer, filter: &IncidentFilter) -> Result<Counts, StoreError> {
        let mut statement = visibility::begin(viewer);
        statement.push("SELECT incident.status, incident.severity, count(*) FROM incident WHERE 1 = 1");
        visibility::incidents(&mut statement, viewer);
        self.narrow(&mut statement, filter).await?;
        statement.push(" GROUP BY incident.status, incident.severity");
        let rows = self.database().query(&statement.sql, &statement.values).await?;
        counts::counts(&rows, &Status::ALL.map(Status::as_str))
    }

    /// One incident; none if it is not there or not for this viewer.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn incident(&self, viewer: &Viewer, id: &IncidentId) -> Result<Option<IncidentRow>, StoreError> {
        let mut statement = visibility::begin(viewer);
        statement.push(&format!("SELECT {COLUMNS} FROM incident WHERE incident.id = ")).bind(id.as_str());
        visibility::incidents(&mut statement, viewer);
        let row = self.database().one(&statement.sql, &statement.values).await?;
        row.as_ref().map(incident).transpose()
    }

    /// Version and state of an incident, now or at a time before. Whether the viewer may see it is judged by what holds now.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn incident_state(
        &self,
        viewer: &Viewer,
        id: &IncidentId,
        as_of: Option<Timestamp>,
    ) -> Result<Option<(u64, Incident)>, StoreError> {
        if self.incident(viewer, id).await?.is_none() {
            return Ok(None);
        }
        let mut state: Option<Incident> = None;
        let mut version = 0;
        for entry in self.stream(&format!("incident/{id}"), as_of).await? {
            version = entry.version;
            let entry = original(&entry);
            let Ok(fact) = IncidentFact::read(&entry.kind, &entry.body) else { continue };
            match &mut state {
                Some(state) => state.apply(fact),
                None => state = Incident::begin(fact),
            }
        }
        Ok(state.map(|state| (version, state)))
    }

    /// A page of incidents with everything that was done about them, without those that became part of others and those that
    /// were withdrawn.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`], or the store cannot be read.
    pub async fn histories(
        &self,
        viewer: &Viewer,
        filter: &IncidentFilter,
        page: &PageQuery,
    ) -> Result<Page<History>, StoreError> {
        let listed = self.incidents(viewer, filter, page).await?;
        let counts = |row: &&IncidentRow| !matches!(row.status, Status::Merged | Status::Withdrawn);
        let streams = listed.items.iter().filter(counts).map(|row| format!("incident/{}", row.id));
        let mut statement = Statement::new(&format!("SELECT {} FROM ledger_entry WHERE stream IN ", ledger::COLUMNS));
        // What Quell told in between is many entries that say nothing of the work.
        statement.list(streams).push(" AND kind <> 'incident.grown' ORDER BY stream, version");
        let rows = self.database().query(&statement.sql, &statement.values).await?;
        let entries = rows.iter().map(ledger::entry).collect::<Result<Vec<_>, _>>()?;
        let mut histories = Vec::new();
        for entries in entries.chunk_by(|a, b| a.stream == b.stream) {
            let id = entries[0].stream.strip_prefix("incident/").unwrap_or_default();
            let Some(row) = listed.items.iter().find(|row| row.id.as_str() == id) else { continue };
            let Some(mut history) = History::of(entries) else { continue };
            history.incident.told.first_seen = row.first_seen;
            history.incident.told.severity = row.severity;
            if entries.iter().any(|entry| entry.kind == "incident.absorbed")
                && let Some(worked) = self.worked(viewer, &row.id, None).await?
            {
                history.work = worked.work;
                for part in &worked.parts {
                    let part = self.incident(&Viewer::System, part).await?;
                    history.opened.0 = history.opened.0.min(part.map_or(history.opened.0, |part| part.opened_at));
                }
            }
            histories.push(history);
        }
        Ok(Page { items: histories, next: listed.next })
    }

    /// The story of an incident, now or as it was told at a time before.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn story(
        &self,
        viewer: &Viewer,
        id: &IncidentId,
        as_of: Option<Timestamp>,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let hash = if as_of.is_some() {
            self.incident_state(viewer, id, as_of).await?.map(|(_, incident)| incident.told.story)
        } else {
            self.incident(viewer, id).await?.map(|incident| incident.story)
        };
        let Some(hash) = hash else { return Ok(None) };
        let row = self.database().one("SELECT body FROM story WHERE hash = $1", &[hash.into()]).await?;
        let Some(row) = row else { return Ok(None) };
        let packed = row.bytes(0)?.to_vec();
        pack::aside(move || pack::unpack(&packed)).await.map(Some)
    }

    /// Which of these groups belong to an incident that is worked on, and to which. For the pipeline.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn open_incidents_by_groups(
        &self,
        groups: &[AlertGroupId],
    ) -> Result<Vec<(AlertGroupId, IncidentId)>, StoreError> {
        let closed = Status::ALL.into_iter().filter(|status| status.is_closed()).map(Status::as_str);
        let mut found = Vec::new();
        for groups in groups.chunks(LIST_MAX) {
            let sql = "SELECT alert_group.group_id, incident.id FROM alert_group \
                JOIN incident ON incident.id = alert_group.incident_id WHERE incident.status NOT IN ";
            let mut statement = Statement::new(sql);
            statement.list(closed.clone()).push(" AND alert_group.group_id IN ");
            statement.list(groups.iter().map(AlertGroupId::as_str)).push(" ORDER BY alert_group.group_id");
            for row in self.database().query(&statement.sql, &statement.values).await? {
                found.push((AlertGroupId::new(row.text(0)?), IncidentId::new(row.text(1)?)));
            }
        }
        Ok(found)
    }

    /// Groups of alerts that people said belong to an incident, and how many alerts each has. For the pipeline.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn held_groups(&self) -> Result<Vec<HeldGroup>, StoreError> {
        let sql = "SELECT alert_group.group_id, alert_group.incident_id, alert.source, count(*), max(alert.raised_at), \
            incident.status, incident.updated_at FROM alert_group \
            JOIN incident ON incident.id = alert_group.incident_id JOIN alert ON alert.group_id = alert_group.group_id \
            WHERE alert_group.held = 1 GROUP BY alert_group.group_id, alert_group.incident_id, alert.source, \
            incident.status, incident.updated_at ORDER BY alert_group.group_id, alert.source";
        let mut groups: Vec<HeldGroup> = Vec::new();
        for row in self.database().query(sql, &[]).await? {
            let (group, incident) = (AlertGroupId::new(row.text(0)?), IncidentId::new(row.text(1)?));
            let closed = Status::parse(row.text(5)?).is_some_and(Status::is_closed);
            let is_late = closed && row.maybe_time(4)? > Some(row.time(6)?);
            match groups.last_mut().filter(|last| last.group == group) {
                Some(last) => {
                    last.alerts += row.count(3)?;
                    last.sources.push(row.text(2)?.to_owned());
                    last.is_late |= is_late;
                }
                None => {
                    let (alerts, sources) = (row.count(3)?, vec![row.text(2)?.to_owned()]);
                    groups.push(HeldGroup { group, incident, alerts, sources, is_late });
                }
            }
        }
        Ok(groups)
    }

    /// How many alerts of groups there are. For the pipeline.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn group_sizes(&self, groups: &[AlertGroupId]) -> Result<Vec<(AlertGroupId, u64)>, StoreError> {
        let mut found = Vec::new();
        for groups in groups.chunks(LIST_MAX) {
            let mut statement = Statement::new("SELECT group_id, count(*) FROM alert WHERE group_id IN ");
            statement.list(groups.iter().map(AlertGroupId::as_str)).push(" GROUP BY group_id");
            for row in self.database().query(&statement.sql, &statement.values).await? {
                found.push((AlertGroupId::new(row.text(0)?), row.count(1)?));
            }
        }
        Ok(found)
    }

    async fn narrow(&self, statement: &mut Statement, filter: &IncidentFilter) -> Result<(), StoreError> {
        if !filter.status.is_empty() {
            statement.push(" AND incident.status IN ").list(filter.status.iter().map(|status| status.as_str()));
        }
        if !filter.severity.is_empty() {
            statement
                .push(" AND incident.severity IN ")
                .list(filter.severity.iter().map(|level| i64::from(*level as u8)));
        }
        statement.with_some(" AND incident.assignee = ", filter.assignee.as_ref().map(UserId::as_str));
        statement.with_some(" AND incident.team = ", filter.team.as_ref().map(TeamId::as_str));
        statement.with_some(" AND incident.exercise = ", filter.exercise);
        if let Some(technique) = &filter.technique {
            statement.push(" AND incident.id IN (SELECT incident_id FROM incident_technique WHERE technique = ");
            statement.bind(technique.to_uppercase()).push(")");
        }
        if let Some(host) = &filter.host {
            statement.push(" AND incident.id IN (SELECT incident_id FROM incident_host WHERE host = ");
            statement.bind(host.to_lowercase()).push(")");
        }
        statement.with_some(" AND incident.opened_at >= ", filter.since);
        statement.with_some(" AND incident.opened_at <= ", filter.until);
        if let Some(text) = &filter.text
            && let Some(query) = search::query(self.database(), "incident", text).await?
        {
            search::condition(statement, self.database().engine(), ("incident", "incident.num"), &query);
        }
        Ok(())
    }
}

/// Appends where the page begins, and the order.
fn after(statement: &mut Statement, page: &PageQuery) -> Result<(), StoreError> {
    match page.sort {
        Sort::Newest => {
            if let Some(Key { numbers, id }) = page::decode("i", page, 1)? {
                statement.push(" AND (incident.opened_at, incident.id) < (").bind(numbers[0]);
                statement.with(", ", id).push(")");
            }
            statement.push(" ORDER BY incident.opened_at DESC, incident.id DESC");
        }
        Sort::Severity => {
            if let Some(Key { numbers, id }) = page::decode("i", page, 2)? {
                statement.push(" AND (incident.severity, incident.opened_at, incident.id) < (").bind(numbers[0]);
                statement.with(", ", numbers[1]).with(", ", id).push(")");
            }
            statement.push(" ORDER BY incident.severity DESC, incident.opened_at DESC, incident.id DESC");
        }
    }
    Ok(())
}

fn cursor(sort: Sort, last: &IncidentRow) -> String {
    let (severity, opened) = (i64::from(last.severity as u8), last.opened_at.as_microsecond());
    let numbers = match sort {
        Sort::Newest => vec![opened],
        Sort::Severity => vec![severity, opened],
    };
    page::encode("i", sort, &Key { numbers, id: last.id.to_string() })
}

fn incident(row: &Row) -> Result<IncidentRow, StoreError> {
    let status =
        Status::parse(row.text(2)?).ok_or_else(|| StoreError::Damaged("the status of an incident".to_owned()))?;
    let severity: Level = counts::level(row.int(4)?)?;
    Ok(IncidentRow {
        id: IncidentId::new(row.text(0)?),
        version: row.count(1)?,
        status,
        title: row.text(3)?.to_owned(),
        severity,
        first_seen: row.maybe_time(5)?,
        last_seen: row.maybe_time(6)?,
        opened_at: row.time(7)?,
        updated_at: row.time(8)?,
        techniques: counts::list(row, 9)?,
        hosts: counts::list(row, 10)?,
        principals: counts::list(row, 11)?,
        alerts: row.count(12)?,
        assignee: row.maybe_text(13)?.map(UserId::new),
        team: row.maybe_text(14)?.map(TeamId::new),
        restricted: row.truth(15)?,
        merged_into: row.maybe_text(16)?.map(IncidentId::new),
        story: row.text(17)?.to_owned(),
        origin: row.maybe_text(18)?.map(str::to_owned),
        exercise: row.truth(19)?,
    })
}
