//! Sources as a viewer may see them, with their health.

use quell_incident::Source;
use quell_model::{TeamId, Viewer};

use crate::sql::{Row, Statement};
use crate::{SourceRow, Store, StoreError, visibility};

impl Store {
    /// Sources by name: those that are configured, and those that only delivered.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn sources(&self, viewer: &Viewer) -> Result<Vec<SourceRow>, StoreError> {
        let mut statement = visibility::begin(viewer);
        statement.push(
            "SELECT known.name, description, team, silent_after_seconds, silent, version, records, rejected, duplicates, \
            alerts, last_received_at, last_event_at \
            FROM (SELECT name FROM source UNION SELECT source AS name FROM source_health) AS known \
            LEFT JOIN source ON source.name = known.name LEFT JOIN source_health ON source_health.source = known.name \
            WHERE known.name NOT IN (SELECT name FROM hidden_source) ORDER BY known.name",
        );
        let rows = self.database().query(&statement.sql, &statement.values).await?;
        rows.iter().map(source).collect()
    }

    /// Names of sources whose events and alerts this viewer must not see.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn hidden_sources(&self, viewer: &Viewer) -> Result<Vec<String>, StoreError> {
        let mut statement = Statement::new("SELECT source.name FROM source WHERE ");
        visibility::hidden(&mut statement, viewer);
        statement.push(" ORDER BY source.name");
        let rows = self.database().query(&statement.sql, &statement.values).await?;
        rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
    }
}

fn source(row: &Row) -> Result<SourceRow, StoreError> {
    let number = |column: &str| Ok::<u64, StoreError>(row.maybe_int(column)?.unwrap_or(0).unsigned_abs());
    let source = Source {
        description: row.maybe_text("description")?.unwrap_or_default().to_owned(),
        team: row.maybe_text("team")?.map(TeamId::new),
        silent_after_seconds: row.maybe_int("silent_after_seconds")?.map(i64::unsigned_abs),
    };
    Ok(SourceRow {
        name: row.text("name")?.to_owned(),
        source,
        silent: number("silent")? != 0,
        records: number("records")?,
        rejected: number("rejected")?,
        duplicates: number("duplicates")?,
        alerts: number("alerts")?,
        last_received_at: row.maybe_time("last_received_at")?,
        last_event_at: row.maybe_time("last_event_at")?,
        version: number("version")?,
    })
}
