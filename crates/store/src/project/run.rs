//! Runs of playbooks: what finds them.

use quell_model::LedgerEntry;
use quell_playbook::run::RunFact;

use crate::StoreError;
use crate::sql::Transaction;

pub(super) async fn project(transaction: &mut Transaction, id: &str, entry: &LedgerEntry) -> Result<(), StoreError> {
    let Some(fact) = RunFact::read(&entry.kind, &entry.body) else {
        tracing::warn!(seq = entry.seq, stream = entry.stream, "an entry of a run cannot be read");
        return Ok(());
    };
    if let RunFact::Begun { document, incident, simulated, .. } = &fact {
        let text = |name: &str| document[name].as_str().unwrap_or_default().to_owned();
        let sql = "INSERT INTO run (id, version, incident_id, playbook, name, begun_at, updated_at, next_at, \
            simulated) VALUES ($1, $2, $3, $4, $5, $6, $6, $6, $7) ON CONFLICT (id) DO NOTHING";
        let values = [
            id.into(),
            entry.version.into(),
            incident.as_str().into(),
            text("id").into(),
            text("name").into(),
            entry.at.into(),
            i64::from(*simulated).into(),
        ];
        return transaction.execute(sql, &values).await.map(drop);
    }
    // Whatever happened, somebody looks at it again.
    let sql = "UPDATE run SET version = $1, updated_at = $2, next_at = $2 WHERE id = $3";
    transaction.execute(sql, &[entry.version.into(), entry.at.into(), id.into()]).await.map(drop)
}
