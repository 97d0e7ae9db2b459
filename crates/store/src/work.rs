//! The work on an incident: a fold over its stream and the streams of the incidents that became part of it.

use quell_incident::carried::original;
use quell_incident::timeline::MomentKind;
use quell_incident::work::{ItemId, Stamp, Work, WorkFact};
use quell_incident::{AlertStatus, Fact, Incident, IncidentFact};
use quell_model::{IncidentId, LedgerEntry, Timestamp, Viewer};

use crate::page::{self, Key};
use crate::sql::{Row, Statement};
use crate::{Page, PageQuery, Store, StoreError, TimelineQuery, TimelineRow, Worked};

const ITEM: &str = "item, seq, recorded_at, actor, incident_id, kind, at, discovered_at, title, text, parent, refs";
/// Most incidents that one is made of.
const PARTS_MAX: usize = 1_000;

impl Store {
    /// An incident with the work on it, now or at a time before; none if it is not there, or not for this viewer. Whether the
    /// viewer may see it is judged by what holds now.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn worked(
        &self,
        viewer: &Viewer,
        id: &IncidentId,
        as_of: Option<Timestamp>,
    ) -> Result<Option<Worked>, StoreError> {
        if self.incident(viewer, id).await?.is_none() {
            return Ok(None);
        }
        let parts = self.parts_of(id, as_of).await?;
        let (mut facts, mut own) = (Vec::new(), None);
        for part in &parts {
            let entries = self.stream(&format!("incident/{part}"), as_of).await?;
            let own = (part == id).then_some(&mut own);
            read_part(&entries, &mut facts, own);
        }
        facts.sort_by_key(|(stamp, _)| stamp.entry);
        let work = Work::of(facts);
        Ok(own.map(|(version, incident): (u64, Incident)| Worked { version, incident, work, parts }))
    }

    /// An incident, and those that had become part of it; none if it is not there, or not for this viewer.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn parts(
        &self,
        viewer: &Viewer,
        id: &IncidentId,
        as_of: Option<Timestamp>,
    ) -> Result<Option<Vec<IncidentId>>, StoreError> {
        match self.incident(viewer, id).await? {
            Some(_) => self.parts_of(id, as_of).await.map(Some),
            None => Ok(None),
        }
    }

    async fn parts_of(&self, id: &IncidentId, as_of: Option<Timestamp>) -> Result<Vec<IncidentId>, StoreError> {
        let mut parts = vec![id.clone()];
        let mut next = 0;
        while let Some(part) = parts.get(next) {
            let sql = "SELECT body FROM ledger_entry WHERE kind = 'incident.absorbed' AND stream = ";
            let mut statement = Statement::new(sql);
            statement.bind(format!("incident/{part}")).with_some(" AND at <= ", as_of).push(" ORDER BY version");
            for row in self.database().query(&statement.sql, &statement.values).await? {
                let body = serde_json::from_str(row.text(0)?).unwrap_or_default();
                let Ok(IncidentFact::Absorbed { from, .. }) = IncidentFact::read("incident.absorbed", &body) else {
                    continue;
                };
                if !parts.contains(&from) && parts.len() < PARTS_MAX {
                    parts.push(from);
                }
            }
            next += 1;
        }
        Ok(parts)
    }

    /// A page of the timeline of incidents that are one, the earliest first.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`], or the store cannot be read.
    pub async fn timeline(
        &self,
        parts: &[IncidentId],
        query: &TimelineQuery,
        page: &PageQuery,
    ) -> Result<Page<TimelineRow>, StoreError> {
        let mut statement = Statement::new(&format!("SELECT {ITEM} FROM timeline_item WHERE "));
        narrow(&mut statement, parts, query);
        if let Some(Key { numbers, .. }) = page::decode("t", page, 2)? {
            statement.push(" AND (at, seq) > (").bind(numbers[0]).with(", ", numbers[1]).push(")");
        }
        statement.push(" ORDER BY at, seq").with(" LIMIT ", page::limit(page) + 1);
        let rows = self.database().query(&statement.sql, &statement.values).await?;
        let mut items = rows.iter().map(item).collect::<Result<Vec<_>, _>>()?;
        let more = items.len() > page::limit(page) as usize;
        items.truncate(page::limit(page) as usize);
        let next = items.last().filter(|_| more).map(|last| {
            let numbers = vec![last.at.as_microsecond(), i64::try_from(last.stamp.entry).unwrap_or(i64::MAX)];
            page::encode("t", page.sort, &Key { numbers, id: String::new() })
        });
        Ok(Page { items, next })
    }

    /// An item of a timeline that holds.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn timeline_item(&self, parts: &[IncidentId], id: ItemId) -> Result<Option<TimelineRow>, StoreError> {
        let mut statement = Statement::new(&format!("SELECT {ITEM} FROM timeline_item WHERE "));
        narrow(&mut statement, parts, &TimelineQuery::default());
        statement.with(" AND item = ", id.0);
        let row = self.database().one(&statement.sql, &statement.values).await?;
        row.as_ref().map(item).transpose()
    }

    /// How many items of each kind a timeline has.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn timeline_counts(
        &self,
        parts: &[IncidentId],
        as_of: Option<Timestamp>,
    ) -> Result<Vec<(MomentKind, u64)>, StoreError> {
        let mut statement = Statement::new("SELECT kind, count(*) FROM timeline_item WHERE ");
        narrow(&mut statement, parts, &TimelineQuery { as_of, ..TimelineQuery::default() });
        statement.push(" GROUP BY kind ORDER BY kind");
        let rows = self.database().query(&statement.sql, &statement.values).await?;
        rows.iter().map(|row| Ok((kind(row.text(0)?)?, row.count(1)?))).collect()
    }

    /// Whether bytes of the vault are evidence of something, or a report that was given out.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn is_sealed(&self, sha256: &str) -> Result<bool, StoreError> {
        let sql = "SELECT seq FROM evidence WHERE sha256 = $1 AND redacted = 0 LIMIT 1";
        Ok(self.database().one(sql, &[sha256.into()]).await?.is_some())
    }

    /// How many alerts of an incident nobody has decided on.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn undecided_alerts(&self, id: &IncidentId) -> Result<u64, StoreError> {
        let open = [AlertStatus::New, AlertStatus::Claimed].map(AlertStatus::as_str);
        // A sum of whole numbers is a decimal on PostgreSQL.
        let sql = "SELECT CAST(coalesce(sum(number), 0) AS BIGINT) FROM alert_total WHERE incident_id = ";
        let mut statement = Statement::new(sql);
        statement.bind(id.as_str()).push(" AND status IN ").list(open);
        let row = self.database().one(&statement.sql, &statement.values).await?;
        row.map_or(Ok(0), |row| row.count(0))
    }
}

/// Reads the stream of one part: its work, and the incident itself if that is wanted.
fn read_part(
    entries: &[LedgerEntry],
    facts: &mut Vec<(Stamp, WorkFact)>,
    mut own: Option<&mut Option<(u64, Incident)>>,
) {
    for entry in entries {
        let entry = &*original(entry);
        let told = IncidentFact::read(&entry.kind, &entry.body).ok();
        if told.is_none() {
            facts.extend(WorkFact::read(&entry.kind, &entry.body).ok().map(|fact| (Stamp::of(entry), fact)));
        }
        match (own.as_deref_mut(), told) {
            (None, _) | (Some(None), None) => {}
            (Some(own @ None), Some(fact)) => *own = Incident::begin(fact).map(|incident| (entry.version, incident)),
            (Some(Some((version, incident))), told) => {
                *version = entry.version;
                if let Some(fact) = told {
                    incident.apply(fact);
                }
            }
        }
    }
}

fn narrow(statement: &mut Statement, parts: &[IncidentId], query: &TimelineQuery) {
    statement.push("incident_id IN ").list(parts.iter().map(IncidentId::as_str));
    match query.as_of {
        None => statement.push(" AND removed_at IS NULL"),
        Some(then) => {
            statement.with(" AND recorded_at <= ", then);
            statement.with(" AND (removed_at IS NULL OR removed_at > ", then).push(")")
        }
    };
    if !query.kinds.is_empty() {
        statement.push(" AND kind IN ").list(query.kinds.iter().map(|kind| kind.as_str()));
    }
    statement.with_some(" AND at >= ", query.since).with_some(" AND at <= ", query.until);
}

fn kind(text: &str) -> Result<MomentKind, StoreError> {
    MomentKind::parse(text).ok_or_else(|| StoreError::Damaged("the kind of an item of a timeline".to_owned()))
}

fn item(row: &Row) -> Result<TimelineRow, StoreError> {
    let references = serde_json::from_str(row.text(11)?);
    Ok(TimelineRow {
        item: ItemId(row.count(0)?),
        stamp: Stamp { entry: row.count(1)?, at: row.time(2)?, actor: row.text(3)?.to_owned() },
        incident: IncidentId::new(row.text(4)?),
        kind: kind(row.text(5)?)?,
        at: row.time(6)?,
        discovered_at: row.maybe_time(7)?,
        title: row.text(8)?.to_owned(),
        text: row.maybe_text(9)?.map(str::to_owned),
        parent: row.maybe_int(10)?.map(|parent| ItemId(parent.unsigned_abs())),
        references: references.map_err(|_| StoreError::Damaged("references of a timeline".to_owned()))?,
    })
}
