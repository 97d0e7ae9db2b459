//! The directory of stakeholders, and tuning proposals.

use quell_incident::{StakeholderFact, TuningFact, TuningState};
use quell_model::LedgerEntry;

use crate::StoreError;
use crate::sql::Transaction;

pub(super) async fn project(
    transaction: &mut Transaction,
    id: &str,
    entry: &LedgerEntry,
    fact: StakeholderFact,
) -> Result<(), StoreError> {
    let StakeholderFact::Set { stakeholder } = fact else {
        return transaction.execute("DELETE FROM stakeholder WHERE id = $1", &[id.into()]).await.map(drop);
    };
    let sql = "INSERT INTO stakeholder (id, version, name, body) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO UPDATE SET \
        version = excluded.version, name = excluded.name, body = excluded.body";
    let body = serde_json::to_string(&stakeholder).unwrap_or_default();
    let values = [id.into(), entry.version.into(), stakeholder.name.as_str().into(), body.into()];
    transaction.execute(sql, &values).await.map(drop)
}

pub(super) async fn project_tuning(
    transaction: &mut Transaction,
    id: &str,
    entry: &LedgerEntry,
    fact: TuningFact,
) -> Result<(), StoreError> {
    match fact {
        TuningFact::Proposed { proposal } => {
            let sql = "INSERT INTO tuning (id, version, alert_id, state, reason, proposed_at, body) \
                VALUES ($1, $2, $3, $4, '', $5, $6) ON CONFLICT (id) DO NOTHING";
            let body = serde_json::to_string(&proposal).unwrap_or_default();
            let state = TuningState::Proposed.as_str();
            let values = [
                id.into(),
                entry.version.into(),
                proposal.alert.as_str().into(),
                state.into(),
                entry.at.into(),
                body.into(),
            ];
            transaction.execute(sql, &values).await.map(drop)
        }
        TuningFact::Decided { accepted, reason } => {
            let sql = "UPDATE tuning SET version = $1, state = $2, reason = $3 WHERE id = $4";
            let state = TuningState::decided(accepted).as_str();
            let values = [entry.version.into(), state.into(), reason.as_str().into(), id.into()];
            transaction.execute(sql, &values).await.map(drop)
        }
    }
}
