//! Incidents for lists, and who sees them.

use quell_incident::{IncidentFact, MovedAlerts, Origin, Status, Told};
use quell_model::{AlertGroupId, LedgerEntry, SYSTEM_ACTOR, Timestamp};

use super::{list, techniques};
use crate::sql::{Statement, Transaction, Value};
use crate::{StoreError, search};

/// Rows of one INSERT.
const ROWS_MAX: usize = 400;

pub(super) async fn project(
    transaction: &mut Transaction,
    id: &str,
    entry: &LedgerEntry,
    fact: IncidentFact,
) -> Result<(), StoreError> {
    let at = Value::from(entry.at);
    let by_people = entry.actor != SYSTEM_ACTOR;
    match fact {
        IncidentFact::Opened { told, .. } => {
            open(transaction, id, entry.at, Status::New).await?;
            tell(transaction, id, &told, false).await?;
        }
        IncidentFact::Reported { told, origin, exercise, .. } => {
            let (origin, opened_at) = match origin {
                Origin::Report => ("report", entry.at),
                Origin::Split { .. } => ("split", entry.at),
                Origin::Elsewhere { opened_at, .. } => ("elsewhere", opened_at),
            };
            open(transaction, id, opened_at, Status::Open).await?;
            set(transaction, id, "origin", origin.into()).await?;
            set(transaction, id, "exercise", exercise.into()).await?;
            tell(transaction, id, &told, true).await?;
        }
        IncidentFact::Grown { told, .. } => tell(transaction, id, &told, false).await?,
        IncidentFact::AlertsAdded { moved, .. } => take(transaction, id, &moved).await?,
        IncidentFact::AlertsRemoved { moved, .. } => {
            let sql = "UPDATE incident SET alerts = CASE WHEN alerts > $1 THEN alerts - $1 ELSE 0 END WHERE id = $2";
            transaction.execute(sql, &[moved.alerts.into(), id.into()]).await?;
        }
        IncidentFact::Merged { into, .. } => merge(transaction, id, into.as_str(), by_people).await?,
        IncidentFact::Withdrawn { .. } => set(transaction, id, "status", Status::Withdrawn.as_str().into()).await?,
        IncidentFact::StatusChanged { status, .. } => set(transaction, id, "status", status.as_str().into()).await?,
        IncidentFact::Assigned { to } => set(transaction, id, "assignee", to.map(|to| to.to_string()).into()).await?,
        IncidentFact::TeamChanged { team } => {
            set(transaction, id, "team", team.map(|team| team.to_string()).into()).await?;
        }
        IncidentFact::Restricted { members } => {
            let sql = "DELETE FROM incident_member WHERE incident_id = $1";
            transaction.execute(sql, &[id.into()]).await?;
            let members: Vec<String> = members.iter().map(ToString::to_string).collect();
            add(transaction, "incident_member (incident_id, user_id)", members.iter().map(|user| [id, user])).await?;
            set(transaction, id, "restricted", true.into()).await?;
        }
        IncidentFact::Unrestricted => {
            let sql = "DELETE FROM incident_member WHERE incident_id = $1";
            transaction.execute(sql, &[id.into()]).await?;
            set(transaction, id, "restricted", false.into()).await?;
        }
        IncidentFact::GlassBroken { by, .. } => {
            // Only who is kept out becomes a member.
            let sql = "INSERT INTO incident_member (incident_id, user_id) SELECT id, $2 FROM incident \
                WHERE id = $1 AND restricted = 1 ON CONFLICT (incident_id, user_id) DO NOTHING";
            transaction.execute(sql, &[id.into(), by.as_str().into()]).await?;
        }
        IncidentFact::Absorbed { .. } => {}
    }
    let sql = "UPDATE incident SET version = $1, updated_at = $2 WHERE id = $3";
    transaction.execute(sql, &[entry.version.into(), at, id.into()]).await.map(drop)
}

async fn open(transaction: &mut Transaction, id: &str, at: Timestamp, status: Status) -> Result<(), StoreError> {
    let sql = "INSERT INTO incident (id, version, status, severity, opened_at, updated_at, restricted, title, alerts, \
        techniques, hosts, principals, story) VALUES ($1, 0, $2, 0, $3, $3, 0, '', 0, '[]', '[]', '[]', '') \
        ON CONFLICT (id) DO NOTHING";
    transaction.execute(sql, &[id.into(), status.as_str().into(), at.into()]).await.map(drop)
}

async fn set(transaction: &mut Transaction, id: &str, column: &str, value: Value) -> Result<(), StoreError> {
    let sql = format!("UPDATE incident SET {column} = $1 WHERE id = $2");
    transaction.execute(&sql, &[value, id.into()]).await.map(drop)
}

/// Inserts pairs that may be there already.
async fn add<'a>(
    transaction: &mut Transaction,
    table: &str,
    pairs: impl Iterator<Item = [&'a str; 2]>,
) -> Result<(), StoreError> {
    let pairs: Vec<[&str; 2]> = pairs.collect();
    for pairs in pairs.chunks(ROWS_MAX) {
        let mut statement = Statement::new(&format!("INSERT INTO {table} VALUES "));
        for (index, pair) in pairs.iter().enumerate() {
            statement.push(if index == 0 { "" } else { ", " }).list(pair.iter().copied());
        }
        statement.push(" ON CONFLICT DO NOTHING");
        transaction.execute(&statement.sql, &statement.values).await?;
    }
    Ok(())
}

async fn tell(transaction: &mut Transaction, id: &str, told: &Told, held: bool) -> Result<(), StoreError> {
    let sql = "UPDATE incident SET title = $1, severity = $2, first_seen = $3, last_seen = $4, techniques = $5, hosts = $6, \
        principals = $7, alerts = $8, story = $9 WHERE id = $10";
    let values = [
        told.title.as_str().into(),
        i64::from(told.severity as u8).into(),
        told.first_seen.into(),
        told.last_seen.into(),
        list(&told.techniques).into(),
        list(&told.hosts).into(),
        list(&told.principals).into(),
        told.alerts.into(),
        told.story.as_str().into(),
        id.into(),
    ];
    transaction.execute(sql, &values).await?;
    // A source stays: what was told of it, or brought by people, is still known here.
    for table in ["incident_technique", "incident_host"] {
        transaction.execute(&format!("DELETE FROM {table} WHERE incident_id = $1"), &[id.into()]).await?;
    }
    let techniques = techniques(told.techniques.iter().map(String::as_str));
    let pairs = techniques.iter().map(|technique| [technique.as_str(), id]);
    add(transaction, "incident_technique (technique, incident_id)", pairs).await?;
    let hosts: Vec<String> = told.hosts.iter().map(|host| host.to_lowercase()).collect();
    add(transaction, "incident_host (host, incident_id)", hosts.iter().map(|host| [host.as_str(), id])).await?;
    let pairs = told.sources.iter().map(|source| [id, source.as_str()]);
    add(transaction, "incident_source (incident_id, source)", pairs).await?;
    let words = [&[told.title.clone(), id.to_owned()][..], &told.hosts, &told.principals, &told.techniques].concat();
    search::index(transaction, "incident", id, &search::tokens(words.iter().map(String::as_str))).await?;
    claim(transaction, id, &told.groups, held).await
}

/// Alerts that people gave to this incident.
async fn take(transaction: &mut Transaction, id: &str, moved: &MovedAlerts) -> Result<(), StoreError> {
    let sql = "UPDATE incident SET alerts = alerts + $1 WHERE id = $2";
    transaction.execute(sql, &[moved.alerts.into(), id.into()]).await?;
    let pairs = moved.sources.iter().map(|source| [id, source.as_str()]);
    add(transaction, "incident_source (incident_id, source)", pairs).await?;
    claim(transaction, id, &moved.groups, true).await
}

/// Alerts of these groups belong to this incident from now on. What people hold somewhere only people move.
async fn claim(transaction: &mut Transaction, id: &str, groups: &[AlertGroupId], held: bool) -> Result<(), StoreError> {
    let mut groups: Vec<&str> = groups.iter().map(AlertGroupId::as_str).collect();
    groups.sort_unstable();
    groups.dedup();
    for groups in groups.chunks(ROWS_MAX) {
        let mut statement = Statement::new("INSERT INTO alert_group (group_id, incident_id, held) VALUES ");
        for (index, group) in groups.iter().enumerate() {
            let row: [Value; 3] = [(*group).into(), id.into(), held.into()];
            statement.push(if index == 0 { "" } else { ", " }).list(row);
        }
        statement.push(if held {
            " ON CONFLICT (group_id) DO UPDATE SET incident_id = excluded.incident_id, held = 1 RETURNING group_id"
        } else {
            " ON CONFLICT (group_id) DO UPDATE SET incident_id = excluded.incident_id \
            WHERE alert_group.incident_id <> excluded.incident_id AND alert_group.held = 0 RETURNING group_id"
        });
        let claimed = transaction.query(&statement.sql, &statement.values).await?;
        if claimed.is_empty() {
            continue;
        }
        let claimed = claimed.iter().map(|row| row.text(0)).collect::<Result<Vec<_>, _>>()?;
        let mut statement = Statement::new("UPDATE alert SET incident_id = ");
        statement.bind(id).push(" WHERE group_id IN ").list(claimed);
        transaction.execute(&statement.sql, &statement.values).await?;
    }
    Ok(())
}

async fn merge(transaction: &mut Transaction, id: &str, into: &str, by_people: bool) -> Result<(), StoreError> {
    let sql = "UPDATE incident SET status = $1, merged_into = $2 WHERE id = $3";
    transaction.execute(sql, &[Status::Merged.as_str().into(), into.into(), id.into()]).await?;
    // Whoever must not see the sources of one part must not see the whole.
    let sql = "INSERT INTO incident_source (incident_id, source) SELECT $1, source FROM incident_source \
        WHERE incident_id = $2 ON CONFLICT DO NOTHING";
    transaction.execute(sql, &[into.into(), id.into()]).await?;
    let sql = "UPDATE alert SET incident_id = $1 WHERE incident_id = $2";
    transaction.execute(sql, &[into.into(), id.into()]).await?;
    let held = if by_people { ", held = 1" } else { "" };
    let sql = format!("UPDATE alert_group SET incident_id = $1{held} WHERE incident_id = $2");
    transaction.execute(&sql, &[into.into(), id.into()]).await.map(drop)
}
