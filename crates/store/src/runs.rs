//! Runs of playbooks: finding and reading them, and who works on which.

use quell_model::{IncidentId, Timestamp, Viewer};
use quell_playbook::run::RunFact;

use crate::sql::{Row, Statement};
use crate::{RunEntry, RunRow, Standing, Store, StoreError, visibility};

const COLUMNS: &str =
    "run.id, run.version, run.incident_id, run.playbook, run.name, run.begun_at, run.updated_at, run.standing";
/// Runs that are looked at in one go.
const DUE_MAX: i64 = 100;
/// Runs of one list.
const LIST_MAX: i64 = 500;

impl Store {
    /// Runs for incidents that the viewer may see, the newest first: of one incident, or one of them, if named.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn runs(
        &self,
        viewer: &Viewer,
        incident: Option<&IncidentId>,
        id: Option<&str>,
    ) -> Result<Vec<RunRow>, StoreError> {
        let mut statement = visible(viewer);
        statement.with_some(" AND run.incident_id = ", incident.map(IncidentId::as_str));
        statement.with_some(" AND run.id = ", id);
        statement.push(" ORDER BY run.begun_at DESC, run.id LIMIT ").bind(LIST_MAX);
        self.database().query(&statement.sql, &statement.values).await?.iter().map(row).collect()
    }

    /// Runs that are not over, the oldest first, for incidents that the viewer may see.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn open_runs(&self, viewer: &Viewer) -> Result<Vec<RunRow>, StoreError> {
        let mut statement = visible(viewer);
        statement.push(" AND run.standing <> 'ended' ORDER BY run.begun_at, run.id LIMIT ").bind(LIST_MAX);
        self.database().query(&statement.sql, &statement.values).await?.iter().map(row).collect()
    }

    /// Everything that happened in a run, in order. For who may see it.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn run_entries(&self, id: &str) -> Result<Vec<RunEntry>, StoreError> {
        let entries = self.stream(&format!("run/{id}"), None).await?;
        let entry = |entry: quell_model::LedgerEntry| {
            let fact = RunFact::read(&entry.kind, &entry.body)?;
            Some(RunEntry { seq: entry.seq, version: entry.version, at: entry.at, actor: entry.actor, fact })
        };
        Ok(entries.into_iter().filter_map(entry).collect())
    }

    /// Runs that somebody has to look at by now, and that nobody else works on.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn due_runs(&self, now: Timestamp) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT id FROM run WHERE next_at <= $1 AND (lease_until IS NULL OR lease_until < $1) \
            ORDER BY next_at, id LIMIT $2";
        let rows = self.database().query(sql, &[now.into(), DUE_MAX.into()]).await?;
        rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
    }

    /// Takes a run to work on it, or goes on having it, until a time; false if somebody else has it.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn take_run(
        &self,
        id: &str,
        holder: &str,
        (now, until): (Timestamp, Timestamp),
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE run SET lease_holder = $1, lease_until = $2 WHERE id = $3 \
            AND (lease_until IS NULL OR lease_until < $4 OR lease_holder = $1)";
        Ok(self.database().execute(sql, &[holder.into(), until.into(), id.into(), now.into()]).await? > 0)
    }

    /// Frees runs whose worker died, if nobody else can be working on them: an embedded store belongs to one server. Elsewhere
    /// their time runs out.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn free_runs(&self) -> Result<(), StoreError> {
        if !self.is_embedded() {
            return Ok(());
        }
        let sql = "UPDATE run SET lease_holder = NULL, lease_until = NULL WHERE lease_holder IS NOT NULL";
        self.database().execute(sql, &[]).await.map(drop)
    }

    /// Gives a run back, and says how it stands and when somebody has to look at it next, unless something happened in it since.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn leave_run(
        &self,
        (id, version): (&str, u64),
        standing: Standing,
        next_at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE run SET lease_holder = NULL, lease_until = NULL, standing = $1, \
            next_at = CASE WHEN version = $2 THEN $3 ELSE next_at END WHERE id = $4";
        let values = [standing.as_str().into(), version.into(), next_at.into(), id.into()];
        self.database().execute(sql, &values).await.map(drop)
    }

    /// How many changes outside runs intended since a time.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn intended_since(&self, since: Timestamp) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM ledger_entry JOIN run ON ledger_entry.stream = 'run/' || run.id \
            WHERE ledger_entry.at >= $1 AND ledger_entry.kind = 'run.intended' AND run.simulated = 0";
        self.database().one(sql, &[since.into()]).await?.map_or(Ok(0), |row| row.count(0))
    }
}

/// Runs for incidents that the viewer may see.
fn visible(viewer: &Viewer) -> Statement {
    let mut statement = visibility::begin(viewer);
    let tables = "run JOIN incident ON incident.id = run.incident_id";
    statement.push(&format!("SELECT {COLUMNS} FROM {tables} WHERE 1 = 1"));
    visibility::incidents(&mut statement, viewer);
    statement
}

fn row(row: &Row) -> Result<RunRow, StoreError> {
    Ok(RunRow {
        id: row.text(0)?.to_owned(),
        version: row.count(1)?,
        incident: IncidentId::new(row.text(2)?),
        playbook: row.text(3)?.to_owned(),
        name: row.text(4)?.to_owned(),
        begun_at: row.time(5)?,
        updated_at: row.time(6)?,
        standing: Standing::read(row.text(7)?).unwrap_or(Standing::Running),
    })
}
