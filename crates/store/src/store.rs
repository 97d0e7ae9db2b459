//! Opening and closing the store.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use quell_model::Timestamp;
use quell_model::ports::EventLake;

use crate::lake::Lake;
use crate::sql::{Database, Engine, LiteFile, Transaction};
use crate::{Location, Signer, StoreError, migrate};

/// Ledger, read models and lake. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    database: Database,
    lake: Arc<Lake>,
    signer: Signer,
    folder: Option<PathBuf>,
}

impl Store {
    /// Opens the store, makes it if it is not there, and takes the migrations that are missing.
    ///
    /// # Errors
    /// It cannot be reached, or a newer program wrote it.
    pub async fn open(location: &Location, signer: Signer, at: Timestamp) -> Result<Store, StoreError> {
        let (database, events, folder, adds_model) = match location {
            Location::Folder(folder) => {
                make_private(folder)?;
                let database = Database::lite(folder, LiteFile::Quell).await?;
                let adds_model = migrate::run(&database, migrate::lite(LiteFile::Quell), at).await?;
                let events = Database::lite(folder, LiteFile::Events).await?;
                migrate::run(&events, migrate::lite(LiteFile::Events), at).await?;
                (database, events, Some(folder.clone()), adds_model)
            }
            Location::Postgres(url) => {
                let database = Database::postgres(url).await?;
                let adds_model = migrate::run(&database, migrate::postgres(), at).await?;
                (database, Database::postgres(url).await?, None, adds_model)
            }
        };
        let lake = Arc::new(Lake::new(events));
        let store = Store { inner: Arc::new(Inner { database, lake, signer, folder }) };
        if adds_model && store.database().one("SELECT seq FROM ledger_entry LIMIT 1", &[]).await?.is_some() {
            store.rebuild().await?;
        }
        Ok(store)
    }

    /// Whether it lies in a folder that belongs to one server.
    pub(crate) fn is_embedded(&self) -> bool {
        self.inner.folder.is_some()
    }

    /// Works journals into the files and ends all connections. Calls after it fail.
    pub async fn close(&self) {
        self.inner.database.close().await;
        self.inner.lake.database().close().await;
    }

    /// Whether both databases answer.
    ///
    /// # Errors
    /// One does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.database().one("SELECT seq FROM ledger_head", &[]).await?;
        self.inner.lake.database().one("SELECT name FROM source_checkpoint LIMIT 1", &[]).await?;
        Ok(())
    }

    /// Where records are kept.
    #[must_use]
    pub fn lake(&self) -> Arc<dyn EventLake> {
        Arc::<Lake>::clone(&self.inner.lake)
    }

    pub(crate) fn database(&self) -> &Database {
        &self.inner.database
    }

    pub(crate) fn events(&self) -> &Database {
        self.inner.lake.database()
    }

    /// The key that heads of the ledger and bundles are signed with.
    #[must_use]
    pub fn signing_key(&self) -> &Signer {
        self.signer()
    }

    pub(crate) fn signer(&self) -> &Signer {
        &self.inner.signer
    }

    pub(crate) fn folder(&self) -> Option<&Path> {
        self.inner.folder.as_deref()
    }

    /// Begins a transaction that is the only one to write ledger or read models until it ends.
    pub(crate) async fn serial(&self) -> Result<Transaction, StoreError> {
        let mut transaction = self.database().begin().await?;
        if transaction.engine() == Engine::Postgres {
            transaction.execute("SELECT seq FROM ledger_head WHERE id = 1 FOR UPDATE", &[]).await?;
        }
        Ok(transaction)
    }
}

/// Makes a folder that only its owner can enter.
pub(crate) fn make_private(folder: &Path) -> Result<(), StoreError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let said = |error| StoreError::Unavailable(format!("the folder {} cannot be made ({error})", folder.display()));
    builder.create(folder).map_err(said)
}
