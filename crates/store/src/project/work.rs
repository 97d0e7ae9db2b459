//! The work on incidents, as lists and timelines show it.

use quell_incident::carried::CARRIED;
use quell_incident::timeline::{self, TimelineFact, TimelineItem};
use quell_incident::work::{
    Channel, ClockFact, EntityFact, EvidenceFact, MessageFact, ReviewFact, UndoFact, Verdict, WorkFact,
};
use quell_model::{LedgerEntry, Timestamp};

use super::list;
use crate::StoreError;
use crate::sql::{Transaction, Value};

/// An entry, and what it says: for work from elsewhere when and by whom it was done there.
#[derive(Clone, Copy)]
pub(super) struct Word<'a> {
    pub(super) entry: &'a LedgerEntry,
    pub(super) said: &'a LedgerEntry,
}

impl Word<'_> {
    fn is_from_elsewhere(&self) -> bool {
        self.entry.kind == CARRIED
    }
}

/// A piece of work: what it is on the timeline, and the version of the incident.
pub(super) async fn project(
    transaction: &mut Transaction,
    id: &str,
    word: Word<'_>,
    fact: WorkFact,
) -> Result<(), StoreError> {
    let entry = word.entry;
    if let WorkFact::Undo(UndoFact::Undone { entry: undone, .. }) = &fact {
        remove(transaction, *undone, entry).await?;
        transaction.execute("DELETE FROM entity_word WHERE seq = $1", &[(*undone).into()]).await?;
    }
    if let WorkFact::Entity(fact) = &fact {
        judge(transaction, id, word, fact).await?;
    }
    match &fact {
        WorkFact::Evidence(EvidenceFact::Sealed { sha256, .. })
        | WorkFact::Review(ReviewFact::Issued { sha256, .. }) => {
            let sql = "INSERT INTO evidence (seq, sha256, redacted) VALUES ($1, $2, 0)";
            transaction.execute(sql, &[entry.seq.into(), sha256.as_str().into()]).await?;
        }
        WorkFact::Evidence(EvidenceFact::Redacted { evidence, .. }) => {
            let sql = "UPDATE evidence SET redacted = 1 WHERE seq = $1";
            transaction.execute(sql, &[evidence.0.into()]).await?;
        }
        _ => {}
    }
    if let WorkFact::Message(fact) = &fact {
        dispatch(transaction, id, word, fact).await?;
    }
    if let Some((kind, title)) = timeline::moment(&fact) {
        // What was sent stands where it was sent, not where that was written down.
        let at = match &fact {
            WorkFact::Clock(ClockFact::Submitted { at, .. } | ClockFact::AnchorSet { at, .. }) => *at,
            _ => word.said.at,
        };
        let row = Row { item: entry.seq, kind: kind.as_str(), at, title: &title, ..Row::default() };
        insert(transaction, id, word, row).await?;
    }
    let sql = "UPDATE incident SET version = $1, updated_at = $2 WHERE id = $3";
    transaction.execute(sql, &[entry.version.into(), entry.at.into(), id.into()]).await.map(drop)
}

/// What was said about an entity, to look it up over all incidents.
async fn judge(transaction: &mut Transaction, id: &str, word: Word<'_>, fact: &EntityFact) -> Result<(), StoreError> {
    let said = match fact {
        EntityFact::Added { .. } => "in_scope",
        EntityFact::Judged { verdict: Verdict::Affected, .. } => "affected",
        EntityFact::Judged { verdict: Verdict::RuledOut, .. } => "ruled_out",
        EntityFact::Retired { .. } => "retired",
        _ => return Ok(()),
    };
    let entity = fact.entity();
    let sql = "INSERT INTO entity_word (seq, incident_id, kind, name, word, at) VALUES ($1, $2, $3, $4, $5, $6)";
    let values = [
        word.entry.seq.into(),
        id.into(),
        entity.kind.as_str().into(),
        entity.name.as_str().to_lowercase().into(),
        said.into(),
        word.said.at.into(),
    ];
    transaction.execute(sql, &values).await.map(drop)
}

/// What is to be sent, and who has to say that they know. What was sent elsewhere is not sent again.
async fn dispatch(
    transaction: &mut Transaction,
    id: &str,
    word: Word<'_>,
    fact: &MessageFact,
) -> Result<(), StoreError> {
    if word.is_from_elsewhere() {
        return Ok(());
    }
    let entry = word.entry;
    let (column, value, message) = match fact {
        MessageFact::Recorded { channel, to, acknowledge_by, .. } => {
            let (channel, state) = match channel {
                Channel::Mail => ("mail", "waiting"),
                Channel::Webhook => ("webhook", "waiting"),
                _ => ("none", "said"),
            };
            let sql = "INSERT INTO message (seq, incident_id, channel, target, state, tries, next_at, acknowledge_by) \
                VALUES ($1, $2, $3, $4, $5, 0, $6, $7)";
            let target: Vec<&str> = to.as_slice().iter().map(|to| to.as_str()).collect();
            let values = [
                entry.seq.into(),
                id.into(),
                channel.into(),
                target.join(" ").into(),
                state.into(),
                entry.at.into(),
                (*acknowledge_by).into(),
            ];
            return transaction.execute(sql, &values).await.map(drop);
        }
        MessageFact::Delivered { message, .. } => ("state", "delivered".into(), message),
        MessageFact::Failed { message, .. } => ("state", "failed".into(), message),
        MessageFact::Acknowledged { message, .. } | MessageFact::Escalated { message } => {
            ("acknowledge_by", Value::from(None::<i64>), message)
        }
    };
    let sql = format!("UPDATE message SET {column} = $1 WHERE seq = $2");
    transaction.execute(&sql, &[value, message.0.into()]).await.map(drop)
}

/// What people wrote on the timeline.
pub(super) async fn project_timeline(
    transaction: &mut Transaction,
    id: &str,
    word: Word<'_>,
    fact: TimelineFact,
) -> Result<(), StoreError> {
    match fact {
        TimelineFact::Added { item } => put(transaction, id, word, word.entry.seq, &item).await,
        TimelineFact::Changed { id: changed, item, .. } => {
            remove(transaction, changed.0, word.entry).await?;
            put(transaction, id, word, changed.0, &item).await
        }
        TimelineFact::Removed { id: removed, .. } => remove(transaction, removed.0, word.entry).await,
    }
}

async fn put(
    transaction: &mut Transaction,
    id: &str,
    word: Word<'_>,
    item: u64,
    said: &TimelineItem,
) -> Result<(), StoreError> {
    let row = Row {
        item,
        kind: said.kind.as_str(),
        at: said.at,
        discovered_at: said.discovered_at,
        title: said.title.as_str(),
        text: said.text.as_ref().map(|text| text.as_str()),
        parent: said.parent.map(|parent| parent.0),
        references: list(said.references.as_slice()),
    };
    insert(transaction, id, word, row).await
}

/// What a row has beside the entry that says it.
#[derive(Default)]
struct Row<'a> {
    item: u64,
    kind: &'a str,
    at: Timestamp,
    discovered_at: Option<Timestamp>,
    title: &'a str,
    text: Option<&'a str>,
    parent: Option<u64>,
    references: String,
}

async fn insert(transaction: &mut Transaction, id: &str, word: Word<'_>, row: Row<'_>) -> Result<(), StoreError> {
    let sql = "INSERT INTO timeline_item (seq, item, incident_id, kind, at, discovered_at, title, text, parent, refs, actor, \
        recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let references = if row.references.is_empty() { "[]" } else { &row.references };
    let values = [
        word.entry.seq.into(),
        row.item.into(),
        id.into(),
        row.kind.into(),
        row.at.into(),
        row.discovered_at.into(),
        row.title.into(),
        row.text.into(),
        row.parent.into(),
        references.into(),
        word.said.actor.as_str().into(),
        word.entry.at.into(),
    ];
    transaction.execute(sql, &values).await.map(drop)
}

async fn remove(transaction: &mut Transaction, item: u64, entry: &LedgerEntry) -> Result<(), StoreError> {
    let sql = "UPDATE timeline_item SET removed_at = $1 WHERE item = $2 AND removed_at IS NULL";
    transaction.execute(sql, &[entry.at.into(), item.into()]).await.map(drop)
}
