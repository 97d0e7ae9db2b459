//! Sources: their settings, and whether they are silent.

use quell_incident::SourceFact;
use quell_model::LedgerEntry;

use crate::StoreError;
use crate::sql::{Transaction, Value};

pub(super) async fn project(
    transaction: &mut Transaction,
    name: &str,
    entry: &LedgerEntry,
    fact: SourceFact,
) -> Result<(), StoreError> {
    let version = Value::from(entry.version);
    match fact {
        SourceFact::Configured { source } => {
            let sql = "INSERT INTO source (name, description, team, silent_after_seconds, silent, version) \
                VALUES ($1, $2, $3, $4, 0, $5) ON CONFLICT (name) DO UPDATE SET description = excluded.description, \
                team = excluded.team, silent_after_seconds = excluded.silent_after_seconds, version = excluded.version";
            let team = source.team.map(|team| team.to_string());
            let values =
                [name.into(), source.description.into(), team.into(), source.silent_after_seconds.into(), version];
            transaction.execute(sql, &values).await.map(drop)
        }
        SourceFact::WentSilent { .. } => silent(transaction, name, version, true).await,
        SourceFact::Resumed => silent(transaction, name, version, false).await,
    }
}

async fn silent(transaction: &mut Transaction, name: &str, version: Value, silent: bool) -> Result<(), StoreError> {
    let sql = "INSERT INTO source (name, description, silent, version) VALUES ($1, '', $2, $3) ON CONFLICT (name) \
        DO UPDATE SET silent = excluded.silent, version = excluded.version";
    transaction.execute(sql, &[name.into(), silent.into(), version]).await.map(drop)
}
