//! What detection made of records, stored together with how far it is: after a stop it goes on there, and what it does twice
//! changes nothing.

use std::collections::BTreeMap;

use quell_incident::AlertStatus;
use quell_model::{Timestamp, technique_of_tag};

use crate::sql::{Engine, Statement, Transaction, Value};
use crate::{NewAlert, Outputs, Progress, SourceDelta, Store, StoreError, project, search};

/// Rows of one INSERT. Few, so that the same statement comes again and need not be read anew.
const ROWS_MAX: usize = 64;
const PAIRS_MAX: usize = 256;

impl Store {
    /// Stores outputs of detection; answers how many alerts are new.
    ///
    /// # Errors
    /// Nothing was stored; the same call can be made again.
    pub async fn commit(&self, at: Timestamp, outputs: &Outputs) -> Result<u64, StoreError> {
        let mut transaction = self.serial().await?;
        let before = progress(&mut transaction).await?;
        let mut raised: BTreeMap<String, u64> = BTreeMap::new();
        for alerts in outputs.alerts.chunks(ROWS_MAX) {
            for source in insert(&mut transaction, at, alerts).await? {
                *raised.entry(source).or_default() += 1;
            }
        }
        if outputs.processed > before.processed {
            for delta in &outputs.health {
                arrived(&mut transaction, delta).await?;
            }
        }
        for (source, alerts) in &raised {
            let sql = "INSERT INTO source_health (source, records, rejected, duplicates, alerts) VALUES ($1, 0, 0, 0, $2) \
                ON CONFLICT (source) DO UPDATE SET alerts = source_health.alerts + excluded.alerts";
            transaction.execute(sql, &[source.into(), (*alerts).into()]).await?;
        }
        let sql = "UPDATE progress SET processed = $1, window_start = $2 WHERE id = 1 AND processed <= $1";
        transaction.execute(sql, &[outputs.processed.into(), outputs.window.into()]).await?;
        transaction.commit().await?;
        Ok(raised.values().sum())
    }

    /// How far detection is.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn progress(&self) -> Result<Progress, StoreError> {
        let row = self.database().one("SELECT processed, window_start FROM progress WHERE id = 1", &[]).await?;
        row.map_or(Ok(Progress::default()), |row| Ok(Progress { processed: row.count(0)?, window: row.count(1)? }))
    }
}

async fn progress(transaction: &mut Transaction) -> Result<Progress, StoreError> {
    let row = transaction.one("SELECT processed, window_start FROM progress WHERE id = 1", &[]).await?;
    row.map_or(Ok(Progress::default()), |row| Ok(Progress { processed: row.count(0)?, window: row.count(1)? }))
}

/// Inserts those alerts that are new; answers the source of each.
async fn insert(transaction: &mut Transaction, at: Timestamp, alerts: &[NewAlert]) -> Result<Vec<String>, StoreError> {
    let postgres = transaction.engine() == Engine::Postgres;
    let mut statement = Statement::new(
        "INSERT INTO alert (id, group_id, source, rule_id, severity, status, incident_id, \
        time, raised_at, version, event, mapping, title, subject, reason, tags, matched",
    );
    statement.push(if postgres { ", tokens) VALUES " } else { ") VALUES " });
    let words: BTreeMap<&str, String> = alerts.iter().map(|alert| (alert.id.as_str(), words(alert))).collect();
    for (index, alert) in alerts.iter().enumerate() {
        statement.push(if index == 0 { "" } else { ", " });
        values(&mut statement, at, alert);
        if postgres {
            let words = words.get(alert.id.as_str()).map_or("", String::as_str);
            statement.with(", array_to_tsvector(string_to_array(", words).push(", ' '))");
        }
        statement.push(")");
    }
    statement.push(" ON CONFLICT (id) DO NOTHING RETURNING num, id, source, tags");
    let rows = transaction.query(&statement.sql, &statement.values).await?;
    let mut texts = Statement::new("INSERT INTO alert_text (rowid, words) VALUES ");
    let mut techniques: Vec<(String, i64)> = Vec::new();
    let mut raised = Vec::with_capacity(rows.len());
    for row in &rows {
        let (number, words) = (row.int(0)?, words.get(row.text(1)?).map_or("", String::as_str));
        texts.push(if texts.values.is_empty() { "" } else { ", " }).list([Value::from(number), words.into()]);
        let tags: Vec<String> = crate::counts::list(row, 3)?;
        let named: Vec<String> = tags.iter().filter_map(|tag| technique_of_tag(tag)).collect();
        let all = project::techniques(named.iter().map(String::as_str));
        techniques.extend(all.into_iter().map(|technique| (technique, number)));
        raised.push(row.text(2)?.to_owned());
    }
    if !postgres && !texts.values.is_empty() {
        transaction.execute(&texts.sql, &texts.values).await?;
    }
    for techniques in techniques.chunks(PAIRS_MAX) {
        let mut statement = Statement::new("INSERT INTO alert_technique (technique, num) VALUES ");
        for (technique, number) in techniques {
            statement.push(if statement.values.is_empty() { "" } else { ", " });
            statement.list([Value::from(technique), (*number).into()]);
        }
        transaction.execute(&statement.sql, &statement.values).await?;
    }
    Ok(raised)
}

fn words(alert: &NewAlert) -> String {
    let texts = [&alert.words, &alert.title, &alert.subject, &alert.rule_id, &alert.source];
    search::joined(&search::tokens(texts.into_iter().map(String::as_str).chain([alert.id.as_str()])))
}

fn values(statement: &mut Statement, at: Timestamp, alert: &NewAlert) {
    statement.with("(", alert.id.as_str()).with(", ", alert.group.as_str()).with(", ", alert.source.as_str());
    statement.with(", ", alert.rule_id.as_str()).with(", ", i64::from(alert.level as u8));
    statement.with(", ", AlertStatus::New.as_str());
    statement.with(", (SELECT incident_id FROM alert_group WHERE group_id = ", alert.group.as_str()).push(")");
    statement.with(", ", alert.time).with(", ", at).push(", 0").with(", ", alert.event.number());
    statement.with(", ", alert.mapping.as_str()).with(", ", alert.title.as_str()).with(", ", alert.subject.as_str());
    statement.push(", ''").with(", ", project::list(&alert.tags)).with(", ", alert.matched.as_str());
}

async fn arrived(transaction: &mut Transaction, delta: &SourceDelta) -> Result<(), StoreError> {
    let later = |column: &str| {
        format!(
            "{column} = CASE WHEN source_health.{column} IS NULL OR excluded.{column} > source_health.{column} \
            THEN excluded.{column} ELSE source_health.{column} END"
        )
    };
    let sql = format!(
        "INSERT INTO source_health (source, records, rejected, duplicates, alerts, last_received_at, last_event_at) \
        VALUES ($1, $2, $3, $4, 0, $5, $6) ON CONFLICT (source) DO UPDATE SET \
        records = source_health.records + excluded.records, rejected = source_health.rejected + excluded.rejected, \
        duplicates = source_health.duplicates + excluded.duplicates, {}, {}",
        later("last_received_at"),
        later("last_event_at")
    );
    let values = [
        delta.source.as_str().into(),
        delta.records.into(),
        delta.rejected.into(),
        delta.duplicates.into(),
        delta.last_received_at.into(),
        delta.last_event_at.into(),
    ];
    transaction.execute(&sql, &values).await.map(drop)
}
