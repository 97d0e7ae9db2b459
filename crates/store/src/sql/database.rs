//! The two engines behind one face: pools, and statements outside transactions.

use std::path::Path;
use std::time::Duration;

use futures_util::TryStreamExt;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteAutoVacuum, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{Connection, Row as _};

use super::{Row, Transaction, Value, fault, row, value};
use crate::StoreError;

const LITE_BEGIN: &str = "BEGIN IMMEDIATE";
const LITE_READERS: u32 = 4;
const LITE_BUSY_SECONDS: u64 = 10;
/// How long a write may wait for the one before it.
const LITE_ACQUIRE_SECONDS: u64 = 60;
const LITE_CACHE_KIB: u32 = 4_096;
const LITE_JOURNAL_BYTES_MAX: u32 = 64 << 20;
/// A commit that makes the journal longer than this works it into the file itself.
const LITE_JOURNAL_PAGES_MAX: u32 = 16_000;
/// A journal that is longer than this begins anew as soon as all of it is in the file.
const LITE_JOURNAL_PAGES: i64 = 8_000;
/// Often, so that it is little each time: commits wait for the disk at the same time.
const LITE_JOURNAL_EVERY: Duration = Duration::from_millis(150);
const LITE_JOURNAL_BUSY: Duration = Duration::from_millis(100);
const PG_CONNECTIONS: u32 = 8;
const PG_ACQUIRE_SECONDS: u64 = 5;

/// Which engine answers; for the few statements that differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// One of the files of a store on SQLite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LiteFile {
    /// Ledger and read models.
    Quell,
    /// The lake.
    Events,
}

impl LiteFile {
    /// Its file name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            LiteFile::Quell => "quell.db",
            LiteFile::Events => "events.db",
        }
    }

    // Chunks are read once, front to back; lists are read again and again.
    fn mmap_bytes(self) -> &'static str {
        match self {
            LiteFile::Quell => "67108864",
            LiteFile::Events => "0",
        }
    }
}

/// A database with its pools.
#[derive(Debug, Clone)]
pub(crate) enum Database {
    Lite { write: SqlitePool, read: SqlitePool },
    Pg(PgPool),
}

impl Database {
    /// Opens a file in `folder`, or makes it.
    pub(crate) async fn lite(folder: &Path, file: LiteFile) -> Result<Database, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(folder.join(file.name()))
            .create_if_missing(true)
            .auto_vacuum(SqliteAutoVacuum::Incremental)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(LITE_BUSY_SECONDS))
            .pragma("journal_size_limit", LITE_JOURNAL_BYTES_MAX.to_string())
            .pragma("wal_autocheckpoint", LITE_JOURNAL_PAGES_MAX.to_string())
            .pragma("cache_size", format!("-{LITE_CACHE_KIB}"))
            .pragma("mmap_size", file.mmap_bytes())
            .pragma("temp_store", "memory");
        let pool = || {
            let wait = Duration::from_secs(LITE_ACQUIRE_SECONDS);
            SqlitePoolOptions::new().acquire_timeout(wait).max_lifetime(None).test_before_acquire(false)
        };
        let write = pool().max_connections(1).min_connections(1).idle_timeout(None);
        let write = write.connect_with(options.clone()).await.map_err(fault)?;
        let journal = options.clone();
        let read = options.create_if_missing(false).pragma("query_only", "1");
        let read = pool().max_connections(LITE_READERS).idle_timeout(Duration::from_secs(60)).connect_lazy_with(read);
        tokio::spawn(keep_journal_short(journal, read.clone()));
        Ok(Database::Lite { write, read })
    }

    /// Copies one state of a file in `folder` to `path` while others write, and waits until the copy is on the disk.
    pub(crate) async fn copy(folder: &Path, file: LiteFile, path: &str) -> Result<(), StoreError> {
        // A connection of its own: readers are not allowed to do this, and the writer has other things to do.
        let options = SqliteConnectOptions::new()
            .filename(folder.join(file.name()))
            .busy_timeout(Duration::from_secs(LITE_BUSY_SECONDS));
        let mut connection = SqliteConnection::connect_with(&options).await.map_err(fault)?;
        value::lite("VACUUM INTO $1", &[path.into()]).execute(&mut connection).await.map_err(fault)?;
        connection.close().await.map_err(fault)?;
        let copy = tokio::fs::File::open(path).await.map_err(|error| fault(error.into()))?;
        copy.sync_all().await.map_err(|error| fault(error.into()))
    }

    /// Opens a database at a URL.
    pub(crate) async fn postgres(url: &str) -> Result<Database, StoreError> {
        let options: PgConnectOptions = url.parse().map_err(fault)?;
        // Plans are made for the values at hand: filters differ too much for one plan.
        let options = options.application_name("quell").options([
            ("statement_timeout", "60s"),
            ("idle_in_transaction_session_timeout", "300s"),
            ("plan_cache_mode", "force_custom_plan"),
            ("jit", "off"),
            ("synchronous_commit", "on"),
        ]);
        let wait = Duration::from_secs(PG_ACQUIRE_SECONDS);
        let pool = PgPoolOptions::new().max_connections(PG_CONNECTIONS).acquire_timeout(wait);
        Ok(Database::Pg(pool.connect_with(options).await.map_err(fault)?))
    }

    /// Which engine it is.
    pub(crate) fn engine(&self) -> Engine {
        match self {
            Database::Lite { .. } => Engine::Sqlite,
            Database::Pg(_) => Engine::Postgres,
        }
    }

    /// Rows of a statement that only reads.
    pub(crate) async fn query(&self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::new();
        let mut names = None;
        match self {
            Database::Lite { read, .. } => {
                let mut stream = value::lite(sql, values).fetch(read);
                while let Some(found) = stream.try_next().await.map_err(fault)? {
                    rows.push(row::lite(&found, &mut names));
                }
            }
            Database::Pg(pool) => {
                let mut stream = value::postgres(sql, values).fetch(pool);
                while let Some(found) = stream.try_next().await.map_err(fault)? {
                    rows.push(row::postgres(&found, &mut names));
                }
            }
        }
        Ok(rows)
    }

    /// The first row of a statement that only reads.
    pub(crate) async fn one(&self, sql: &str, values: &[Value]) -> Result<Option<Row>, StoreError> {
        Ok(self.query(sql, values).await?.into_iter().next())
    }

    /// Runs a statement that writes, by itself; answers how many rows it touched.
    pub(crate) async fn execute(&self, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
        match self {
            Database::Lite { write, .. } => {
                value::lite(sql, values).execute(write).await.map(|done| done.rows_affected()).map_err(fault)
            }
            Database::Pg(pool) => {
                value::postgres(sql, values).execute(pool).await.map(|done| done.rows_affected()).map_err(fault)
            }
        }
    }

    /// Begins a transaction that writes. On SQLite it is the only one.
    pub(crate) async fn begin(&self) -> Result<Transaction, StoreError> {
        match self {
            Database::Lite { write, .. } => {
                let begun = match write.begin_with(LITE_BEGIN).await {
                    // SQLite ended the transaction before by itself, as it does when the disk is full, and its driver does not
                    // know. Such a connection begins nothing any more; another one does.
                    Err(sqlx::Error::InvalidSavePointStatement) => {
                        drop(write.acquire().await.map_err(fault)?.close().await);
                        write.begin_with(LITE_BEGIN).await
                    }
                    begun => begun,
                };
                begun.map(Transaction::Lite).map_err(fault)
            }
            Database::Pg(pool) => pool.begin().await.map(Transaction::Pg).map_err(fault),
        }
    }

    /// Begins a transaction that reads one state, whatever others write.
    pub(crate) async fn snapshot(&self) -> Result<Transaction, StoreError> {
        match self {
            Database::Lite { read, .. } => read.begin().await.map(Transaction::Lite).map_err(fault),
            Database::Pg(pool) => {
                let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
                pool.begin_with(begin).await.map(Transaction::Pg).map_err(fault)
            }
        }
    }

    /// Ends all connections. On SQLite the journal is worked into the file first.
    pub(crate) async fn close(&self) {
        match self {
            Database::Lite { write, read } => {
                read.close().await;
                if let Err(error) = value::lite("PRAGMA wal_checkpoint(TRUNCATE)", &[]).execute(write).await {
                    tracing::warn!(%error, "the journal stays beside the database; it is read at the next start");
                }
                write.close().await;
            }
            Database::Pg(pool) => pool.close().await,
        }
    }
}

/// Works the journal into the file again and again, beside those who write, until the pool is closed: no commit has to do it,
/// and none waits longer than it takes to work in what came in the meantime.
async fn keep_journal_short(options: SqliteConnectOptions, pool: SqlitePool) {
    // A connection of its own: one that gives up soon when others are in its way.
    let options = options.create_if_missing(false).busy_timeout(LITE_JOURNAL_BUSY);
    let mut connection = None;
    while !pool.is_closed() {
        tokio::time::sleep(LITE_JOURNAL_EVERY).await;
        // What does not work now works the next time, or at the commit that finds the journal too long.
        if let Err(error) = shorten(&options, &mut connection).await {
            tracing::debug!(%error, "the journal stays as it is for now");
        }
    }
}

async fn shorten(options: &SqliteConnectOptions, connection: &mut Option<SqliteConnection>) -> Result<(), sqlx::Error> {
    let connection = match connection {
        Some(connection) => connection,
        none => none.insert(SqliteConnection::connect_with(options).await?),
    };
    let work_in = "PRAGMA wal_checkpoint(PASSIVE)";
    // Answers whether something was in the way, pages in the journal, and pages worked in.
    let pages: i64 = value::lite(work_in, &[]).fetch_one(&mut *connection).await?.try_get(1)?;
    if pages > LITE_JOURNAL_PAGES {
        // The last step holds up who writes, so what came during the first one is not left to it.
        value::lite(work_in, &[]).execute(&mut *connection).await?;
        value::lite("PRAGMA wal_checkpoint(RESTART)", &[]).execute(connection).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn after_a_full_disk_the_next_transaction_works() {
        let folder = std::env::temp_dir().join(format!("quell-full-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let database = Database::lite(&folder, LiteFile::Quell).await.expect("a database");
        database.execute("CREATE TABLE thing (bytes BLOB)", &[]).await.expect("a table");
        let insert = async |bytes: usize| -> Result<(), StoreError> {
            let mut transaction = database.begin().await?;
            transaction.execute("INSERT INTO thing VALUES ($1)", &[vec![1; bytes].into()]).await?;
            transaction.commit().await
        };
        // SQLite's own bound does the same as a disk without room.
        database.execute("PRAGMA max_page_count = 20", &[]).await.expect("a bound");
        let refused = insert(1 << 20).await;
        assert!(matches!(&refused, Err(StoreError::Unavailable(what)) if what.contains("full")), "{refused:?}");
        let Database::Lite { write, .. } = &database else { panic!("SQLite was asked for") };
        let stuck = write.begin_with(LITE_BEGIN).await;
        assert!(matches!(stuck, Err(sqlx::Error::InvalidSavePointStatement)), "or this test says nothing: {stuck:?}");
        insert(1 << 20).await.expect("a connection without the bound");
        database.close().await;
        std::fs::remove_dir_all(&folder).expect("gone");
    }
}
