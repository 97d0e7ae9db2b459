//! What people decided about alerts.

use quell_incident::AlertFact;
use quell_model::LedgerEntry;

use crate::StoreError;
use crate::sql::Transaction;

pub(super) async fn project(
    transaction: &mut Transaction,
    id: &str,
    entry: &LedgerEntry,
    fact: AlertFact,
) -> Result<(), StoreError> {
    let AlertFact::StatusChanged { status, reason, by, duplicate_of } = fact;
    let sql = "UPDATE alert SET status = $1, reason = $2, assignee = $3, duplicate_of = $4, version = $5 WHERE id = $6";
    let (by, of) = (by.map(|by| by.to_string()), duplicate_of.map(|of| of.to_string()));
    let values = [status.as_str().into(), reason.into(), by.into(), of.into(), entry.version.into(), id.into()];
    if transaction.execute(sql, &values).await? == 0 {
        tracing::warn!(seq = entry.seq, stream = entry.stream, "an entry is about an alert that is not there");
    }
    Ok(())
}
