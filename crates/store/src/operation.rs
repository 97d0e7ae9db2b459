//! Rebuilds, backups and sizes.

use std::path::Path;

use quell_incident::AlertStatus;

use crate::sql::{Database, Engine, LiteFile};
use crate::{Sizes, Store, StoreError, ledger, project, store};

/// Entries projected between two reads.
const BATCH: u32 = 1_000;

impl Store {
    /// Makes all read models again from the entries, in one transaction; answers how many entries. Secrets of accounts and
    /// health of sources stay, and alerts keep what records say.
    ///
    /// # Errors
    /// Nothing was changed.
    pub async fn rebuild(&self) -> Result<u64, StoreError> {
        let mut transaction = self.serial().await?;
        transaction.without_time_limit().await?;
        for table in project::TABLES {
            transaction.execute(&format!("DELETE FROM {table}"), &[]).await?;
        }
        if transaction.engine() == Engine::Sqlite {
            transaction.execute("INSERT INTO incident_text (incident_text) VALUES ('delete-all')", &[]).await?;
        }
        let sql = "UPDATE alert SET status = $1, assignee = NULL, duplicate_of = NULL, reason = '', version = 0, incident_id = NULL \
            WHERE version <> 0 OR incident_id IS NOT NULL";
        transaction.execute(sql, &[AlertStatus::New.as_str().into()]).await?;
        let mut last = 0;
        let sql = format!("SELECT {} FROM ledger_entry WHERE seq > $1 ORDER BY seq LIMIT $2", ledger::COLUMNS);
        loop {
            let rows = transaction.query(&sql, &[u64::into(last), BATCH.into()]).await?;
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                let entry = ledger::entry(row)?;
                project::entry(&mut transaction, &entry).await?;
                last = entry.seq;
            }
        }
        transaction.commit().await?;
        Ok(last)
    }

    /// Copies the whole store into a folder, while it runs. The ledger comes first, so that detection is never ahead of the
    /// chunks in the copy.
    ///
    /// # Errors
    /// The folder holds a store already, or cannot be written; on PostgreSQL always: it has its own tools.
    pub async fn back_up(&self, folder: &Path) -> Result<(), StoreError> {
        let Some(own) = self.folder() else {
            let what = "PostgreSQL makes its own backups; use pg_dump, or archive its log";
            return Err(StoreError::Unavailable(what.to_owned()));
        };
        store::make_private(folder)?;
        for file in [LiteFile::Quell, LiteFile::Events] {
            let path = folder.join(file.name());
            if Path::exists(&path) {
                return Err(StoreError::Unavailable(format!("{} exists; name an empty folder", path.display())));
            }
            let shown = path.to_str().ok_or_else(|| StoreError::Unavailable("the path is no UTF-8".to_owned()))?;
            Database::copy(own, file, shown).await?;
        }
        Ok(())
    }

    /// How much there is.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn sizes(&self) -> Result<Sizes, StoreError> {
        let count = async |database: &Database, table: &str| {
            let row = database.one(&format!("SELECT count(*) FROM {table}"), &[]).await?;
            row.map_or(Ok(0), |row| row.count(0))
        };
        Ok(Sizes {
            entries: count(self.database(), "ledger_entry").await?,
            alerts: count(self.database(), "alert").await?,
            incidents: count(self.database(), "incident").await?,
            chunks: count(self.events(), "event_chunk").await?,
            bytes: self.bytes().await?,
        })
    }

    async fn bytes(&self) -> Result<Option<u64>, StoreError> {
        let Some(folder) = self.folder() else {
            let row = self.database().one("SELECT pg_database_size(current_database())", &[]).await?;
            return row.map(|row| row.count(0)).transpose();
        };
        let mut bytes = 0;
        for file in [LiteFile::Quell, LiteFile::Events] {
            for end in ["", "-wal"] {
                // A journal that is not there has no bytes.
                let path = folder.join(format!("{}{end}", file.name()));
                bytes += tokio::fs::metadata(path).await.map_or(0, |found| found.len());
            }
        }
        Ok(Some(bytes))
    }
}
