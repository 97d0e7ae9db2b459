//! Migrations: the schema in steps, each in one transaction, so that a stop at any moment is harmless. Steps only add; a
//! database that is newer than the program is left alone.

use quell_model::Timestamp;
use sha2::{Digest, Sha256};

use crate::sql::{Database, Engine, LiteFile, Transaction};
use crate::{Location, Store, StoreError};

/// Any number that no other program on the same database takes for its lock.
const LOCK: i64 = 0x5175_656c_6c01;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_version \
    (version BIGINT PRIMARY KEY, applied_at BIGINT NOT NULL, checksum TEXT NOT NULL)";

/// One step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Migration {
    version: u32,
    name: &'static str,
    sql: &'static str,
}

macro_rules! migration {
    ($version:literal, $path:literal) => {
        Migration { version: $version, name: $path, sql: include_str!(concat!("../../../migrations/", $path, ".sql")) }
    };
}

/// The step that added read models for which older entries already say something.
const ADDS_MODEL: &str = "0007_people";

/// Ledger and read models on SQLite.
const LITE_QUELL: [Migration; 10] = [
    migration!(1, "sqlite/quell/0001_ledger"),
    migration!(2, "sqlite/quell/0002_models"),
    migration!(3, "sqlite/quell/0003_totals"),
    migration!(4, "sqlite/quell/0004_vocabulary"),
    migration!(5, "sqlite/quell/0005_timeline"),
    migration!(6, "sqlite/quell/0006_messages"),
    migration!(7, "sqlite/quell/0007_people"),
    migration!(8, "sqlite/quell/0008_runs"),
    migration!(9, "sqlite/quell/0009_run_standing"),
    migration!(10, "sqlite/quell/0010_preferences"),
];
/// The lake on SQLite.
const LITE_EVENTS: [Migration; 1] = [migration!(1, "sqlite/events/0001_lake")];
/// All on PostgreSQL.
const POSTGRES: [Migration; 10] = [
    migration!(1, "postgres/0001_ledger"),
    migration!(2, "postgres/0002_models"),
    migration!(3, "postgres/0003_lake"),
    migration!(4, "postgres/0004_totals"),
    migration!(5, "postgres/0005_timeline"),
    migration!(6, "postgres/0006_messages"),
    migration!(7, "postgres/0007_people"),
    migration!(8, "postgres/0008_runs"),
    migration!(9, "postgres/0009_run_standing"),
    migration!(10, "postgres/0010_preferences"),
];

/// The steps of a file on SQLite.
pub(crate) fn lite(file: LiteFile) -> &'static [Migration] {
    match file {
        LiteFile::Quell => &LITE_QUELL,
        LiteFile::Events => &LITE_EVENTS,
    }
}

/// The steps on PostgreSQL.
pub(crate) fn postgres() -> &'static [Migration] {
    &POSTGRES
}

impl Migration {
    fn checksum(&self) -> String {
        quell_model::hex::encode(&Sha256::digest(self.sql.as_bytes()))
    }
}

/// Takes the steps that are missing; whether one of them added a read model, which is empty then.
pub(crate) async fn run(database: &Database, steps: &[Migration], at: Timestamp) -> Result<bool, StoreError> {
    let mut adds_model = false;
    for step in steps {
        let mut transaction = database.begin().await?;
        transaction.without_time_limit().await?;
        if transaction.engine() == Engine::Postgres {
            transaction.execute("SELECT pg_advisory_xact_lock($1)", &[LOCK.into()]).await?;
        }
        transaction.script(TABLE).await?;
        let found = applied(&mut transaction).await?;
        check(&found, steps)?;
        if found.iter().any(|(version, _)| *version == step.version) {
            continue;
        }
        transaction.script(step.sql).await?;
        let sql = "INSERT INTO schema_version (version, applied_at, checksum) VALUES ($1, $2, $3)";
        transaction.execute(sql, &[step.version.into(), at.into(), step.checksum().into()]).await?;
        transaction.commit().await?;
        tracing::info!(migration = step.name, "the database was migrated");
        adds_model |= step.name.ends_with(ADDS_MODEL);
    }
    Ok(adds_model)
}

async fn applied(transaction: &mut Transaction) -> Result<Vec<(u32, String)>, StoreError> {
    let rows = transaction.query("SELECT version, checksum FROM schema_version ORDER BY version", &[]).await?;
    let read = |row: &crate::sql::Row| {
        let version = u32::try_from(row.int(0)?).map_err(|_| StoreError::Damaged("schema_version".to_owned()))?;
        Ok((version, row.text(1)?.to_owned()))
    };
    rows.iter().map(read).collect()
}

fn check(found: &[(u32, String)], steps: &[Migration]) -> Result<(), StoreError> {
    let known = steps.last().map_or(0, |step| step.version);
    if let Some((found, _)) = found.iter().find(|(version, _)| *version > known) {
        return Err(StoreError::TooNew { found: *found, known });
    }
    for step in steps {
        if found.iter().any(|(version, checksum)| *version == step.version && *checksum != step.checksum()) {
            let what = format!("migration {} was applied in another form; restore a backup", step.name);
            return Err(StoreError::Damaged(what));
        }
    }
    Ok(())
}

impl Store {
    /// All migrations, and whether each was applied. Changes nothing and makes no file.
    ///
    /// # Errors
    /// The database cannot be read, or is newer than this program.
    pub async fn migrations(location: &Location) -> Result<Vec<(u32, String, bool)>, StoreError> {
        let mut all = Vec::new();
        match location {
            Location::Folder(folder) => {
                for file in [LiteFile::Quell, LiteFile::Events] {
                    let exists = std::path::Path::exists(&folder.join(file.name()));
                    let database = if exists { Some(Database::lite(folder, file).await?) } else { None };
                    all.extend(state(database, lite(file)).await?);
                }
            }
            Location::Postgres(url) => {
                all.extend(state(Some(Database::postgres(url).await?), postgres()).await?);
            }
        }
        Ok(all)
    }
}

async fn state(database: Option<Database>, steps: &[Migration]) -> Result<Vec<(u32, String, bool)>, StoreError> {
    let mut found = Vec::new();
    if let Some(database) = database {
        let table = match database.engine() {
            Engine::Sqlite => "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_version'",
            Engine::Postgres => "SELECT 1 WHERE to_regclass('schema_version') IS NOT NULL",
        };
        let mut transaction = database.snapshot().await?;
        if transaction.one(table, &[]).await?.is_some() {
            found = applied(&mut transaction).await?;
            check(&found, steps)?;
        }
        drop(transaction);
        database.close().await;
    }
    let applied = |step: &Migration| found.iter().any(|(version, _)| *version == step.version);
    Ok(steps.iter().map(|step| (step.version, step.name.to_owned(), applied(step))).collect())
}
