//! Accounts and teams.

use quell_incident::{AccountFact, TeamFact};
use quell_model::LedgerEntry;

use crate::StoreError;
use crate::sql::{Transaction, Value};

pub(super) async fn project(
    transaction: &mut Transaction,
    id: &str,
    entry: &LedgerEntry,
    fact: AccountFact,
) -> Result<(), StoreError> {
    match fact {
        AccountFact::Created { login, display_name, role } => {
            let folded = login.to_lowercase();
            free(transaction, "SELECT id FROM app_user WHERE login_folded = $1", &[folded.as_str().into()], &login)
                .await?;
            let sql = "INSERT INTO app_user (id, login, login_folded, display_name, role, enabled, version) \
                VALUES ($1, $2, $3, $4, $5, 1, 0) ON CONFLICT (id) DO NOTHING";
            let values = [id.into(), login.into(), folded.into(), display_name.into(), role.as_str().into()];
            transaction.execute(sql, &values).await?;
        }
        AccountFact::Renamed { display_name } => set(transaction, id, "display_name", display_name.into()).await?,
        AccountFact::RoleChanged { role } => set(transaction, id, "role", role.as_str().into()).await?,
        AccountFact::Disabled { .. } => set(transaction, id, "enabled", false.into()).await?,
        AccountFact::Enabled => set(transaction, id, "enabled", true.into()).await?,
        AccountFact::TeamsChanged { teams } => {
            transaction.execute("DELETE FROM user_team WHERE user_id = $1", &[id.into()]).await?;
            for team in teams {
                let sql = "INSERT INTO user_team (user_id, team_id) VALUES ($1, $2)";
                transaction.execute(sql, &[id.into(), team.as_str().into()]).await?;
            }
        }
        AccountFact::IdentityLinked { issuer, subject } => {
            let known = [issuer.as_str().into(), subject.as_str().into(), id.into()];
            let sql = "SELECT user_id FROM user_identity WHERE issuer = $1 AND subject = $2 AND user_id <> $3";
            free(transaction, sql, &known, &subject).await?;
            let sql = "INSERT INTO user_identity (issuer, subject, user_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
            transaction.execute(sql, &known).await?;
        }
        _ => {}
    }
    set(transaction, id, "version", entry.version.into()).await
}

pub(super) async fn project_team(
    transaction: &mut Transaction,
    id: &str,
    entry: &LedgerEntry,
    fact: TeamFact,
) -> Result<(), StoreError> {
    let (TeamFact::Created { name } | TeamFact::Renamed { name }) = fact;
    let folded = name.to_lowercase();
    let sql = "SELECT id FROM team WHERE name_folded = $1 AND id <> $2";
    free(transaction, sql, &[folded.as_str().into(), id.into()], &name).await?;
    let sql = "INSERT INTO team (id, name, name_folded, version) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO UPDATE SET \
        name = excluded.name, name_folded = excluded.name_folded, version = excluded.version";
    transaction.execute(sql, &[id.into(), name.into(), folded.into(), entry.version.into()]).await.map(drop)
}

async fn set(transaction: &mut Transaction, id: &str, column: &str, value: Value) -> Result<(), StoreError> {
    let sql = format!("UPDATE app_user SET {column} = $1 WHERE id = $2");
    transaction.execute(&sql, &[value, id.into()]).await.map(drop)
}

/// Refuses a name that somebody else has.
async fn free(transaction: &mut Transaction, sql: &str, values: &[Value], name: &str) -> Result<(), StoreError> {
    match transaction.one(sql, values).await? {
        Some(_) => Err(StoreError::Taken(name.to_owned())),
        None => Ok(()),
    }
}
