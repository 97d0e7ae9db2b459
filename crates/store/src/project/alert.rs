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
    let AlertFact::StatusChanged { status, reason, by } = fact;
    let sql = "UPDATE alert SET status = $1, reason = $2, assignee = $3, version = $4 WHERE id = $5";
    let by = by.map(|by| by.to_string());
    let values = [status.as_str().into(), reason.into(), by.into(), entry.version.into(), id.into()];
    if transaction.execute(sql, &values).await? == 0 {
        tracing::warn!(seq = entry.seq, stream = entry.stream, "an entry is about an alert that is not there");
    }
    Ok(())
}
