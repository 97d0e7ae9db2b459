//! Appending to the ledger and reading it. Entries, their read models, their stories and the signed head are one
//! transaction.

use std::collections::HashMap;

use quell_model::{AlertGroupId, Expected, IncidentId, LedgerEntry, NewLedgerEntry, Timestamp};
use sha2::{Digest, Sha256};

use crate::chain::Link;
use crate::signer::Head;
use crate::sql::{Row, Statement, Transaction, Value, clean};
use crate::{LedgerQuery, Store, StoreError, pack, project};

/// One signed head is kept for so many entries.
pub(crate) const CHECKPOINT_ENTRIES: i64 = 1_024;
/// Columns of an entry, in the order that [`entry`] reads.
pub(crate) const COLUMNS: &str = "seq, stream, version, at, actor, kind, body, hash";
/// Rows of one INSERT; nine values each.
const ROWS_MAX: usize = 500;
const LIST_MAX: u32 = 10_000;

impl Store {
    /// Appends entries, all or none, and brings the read models up to them.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if a stream is not at the expected version.
    pub async fn append(&self, at: Timestamp, entries: Vec<NewLedgerEntry>) -> Result<Vec<LedgerEntry>, StoreError> {
        self.append_told(at, entries, Vec::new()).await
    }

    /// Appends entries with the stories they name: SHA-256 in hex, and JSON.
    ///
    /// # Errors
    /// As [`Store::append`]; [`StoreError::Damaged`] if a story is not what its name says.
    pub async fn append_told(
        &self,
        at: Timestamp,
        entries: Vec<NewLedgerEntry>,
        stories: Vec<(String, Vec<u8>)>,
    ) -> Result<Vec<LedgerEntry>, StoreError> {
        if entries.is_empty() && stories.is_empty() {
            return Ok(Vec::new());
        }
        self.append_numbered(at, |_| entries, stories).await
    }

    /// Appends entries that move alerts, if each of these groups still belongs where it did.
    ///
    /// # Errors
    /// As [`Store::append`]; [`StoreError::Conflict`] also if a group belongs elsewhere by now.
    pub async fn append_owned(
        &self,
        at: Timestamp,
        entries: Vec<NewLedgerEntry>,
        owners: &[(AlertGroupId, Option<IncidentId>)],
    ) -> Result<Vec<LedgerEntry>, StoreError> {
        let mut transaction = self.serial().await?;
        for (group, owner) in owners {
            let sql = "SELECT incident_id FROM alert_group WHERE group_id = $1";
            let row = transaction.one(sql, &[group.as_str().into()]).await?;
            let now = row.map(|row| row.text(0).map(IncidentId::new)).transpose()?;
            if now != *owner {
                let (stream, expected) = (format!("alert group {group}"), 0);
                return Err(StoreError::Conflict { stream, expected, found: 0 });
            }
        }
        let written = write(&mut transaction, self, at, entries).await?;
        commit(transaction, written).await
    }

    /// Appends entries that name each other: `make` is told the number that the first of them gets.
    ///
    /// # Errors
    /// As [`Store::append_told`].
    pub async fn append_numbered(
        &self,
        at: Timestamp,
        make: impl FnOnce(u64) -> Vec<NewLedgerEntry> + Send,
        stories: Vec<(String, Vec<u8>)>,
    ) -> Result<Vec<LedgerEntry>, StoreError> {
        let stories = pack_stories(stories).await?;
        let mut transaction = self.serial().await?;
        let first = head(&mut transaction).await?.seq.unsigned_abs() + 1;
        let written = write(&mut transaction, self, at, make(first)).await?;
        for (name, digest, body) in stories {
            let sql = "INSERT INTO story (hash, digest, body) VALUES ($1, $2, $3) ON CONFLICT (hash) DO NOTHING";
            transaction.execute(sql, &[name.into(), digest.into(), body.into()]).await?;
        }
        commit(transaction, written).await
    }

    /// Entries of one stream, in order; those up to `as_of`, if given.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn stream(&self, name: &str, as_of: Option<Timestamp>) -> Result<Vec<LedgerEntry>, StoreError> {
        let mut statement = Statement::new(&format!("SELECT {COLUMNS} FROM ledger_entry WHERE stream = "));
        statement.bind(name).with_some(" AND at <= ", as_of).push(" ORDER BY version");
        let rows = self.database().query(&statement.sql, &statement.values).await?;
        rows.iter().map(entry).collect()
    }

    /// Entries of the whole ledger, in order.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn entries(&self, query: &LedgerQuery) -> Result<Vec<LedgerEntry>, StoreError> {
        let mut statement = Statement::new(&format!("SELECT {COLUMNS} FROM ledger_entry WHERE seq > "));
        statement.bind(query.after);
        if let Some(prefix) = &query.stream_prefix {
            statement.with(" AND stream >= ", prefix).with(" AND stream < ", format!("{prefix}\u{10ffff}"));
        }
        statement.with_some(" AND actor = ", query.actor.as_deref());
        statement.with_some(" AND kind = ", query.kind.as_deref());
        statement.with_some(" AND at >= ", query.since).with_some(" AND at <= ", query.until);
        statement.with(" ORDER BY seq LIMIT ", query.limit.min(LIST_MAX));
        let rows = self.database().query(&statement.sql, &statement.values).await?;
        rows.iter().map(entry).collect()
    }
}

/// An entry from its row.
pub(crate) fn entry(row: &Row) -> Result<LedgerEntry, StoreError> {
    let seq = row.count(0)?;
    let body = serde_json::from_str(row.text(6)?);
    Ok(LedgerEntry {
        seq,
        stream: row.text(1)?.to_owned(),
        version: row.count(2)?,
        at: row.time(3)?,
        actor: row.text(4)?.to_owned(),
        kind: row.text(5)?.to_owned(),
        body: body.map_err(|error| StoreError::Damaged(format!("entry {seq} has a body that is no JSON: {error}")))?,
        hash: quell_model::hex::encode(&row.hash(7)?),
    })
}

/// Name, SHA-256 of the packed form, packed form.
type PackedStory = (String, Vec<u8>, Vec<u8>);

async fn pack_stories(stories: Vec<(String, Vec<u8>)>) -> Result<Vec<PackedStory>, StoreError> {
    let pack_one = |(name, body): (String, Vec<u8>)| {
        if quell_model::hex::encode(&Sha256::digest(&body)) != name {
            return Err(StoreError::Damaged(format!("the story {name} is not what its name says")));
        }
        let packed = pack::pack(&body, pack::STORY_LEVEL)?;
        Ok((name, Sha256::digest(&packed).to_vec(), packed))
    };
    if stories.is_empty() {
        return Ok(Vec::new());
    }
    pack::aside(move || stories.into_iter().map(pack_one).collect()).await
}

/// The head as the database has it, locked by [`Store::serial`].
pub(crate) async fn head(transaction: &mut Transaction) -> Result<Head, StoreError> {
    let row = transaction.one("SELECT seq, hash, at FROM ledger_head WHERE id = 1", &[]).await?;
    let row = row.ok_or_else(|| StoreError::Damaged("the head of the ledger is missing".to_owned()))?;
    Ok(Head { seq: row.int(0)?, hash: row.hash(1)?, at: row.int(2)? })
}

async fn write(
    transaction: &mut Transaction,
    store: &Store,
    at: Timestamp,
    entries: Vec<NewLedgerEntry>,
) -> Result<Vec<LedgerEntry>, StoreError> {
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let mut head = head(transaction).await?;
    let first = head.seq;
    head.at = head.at.max(at.as_microsecond());
    let mut versions = HashMap::new();
    let mut written = Vec::with_capacity(entries.len());
    let mut rows: Vec<[Value; 9]> = Vec::with_capacity(entries.len());
    for new in entries {
        let stream = clean(&new.stream).into_owned();
        let version = next_version(transaction, &mut versions, &stream, new.expected).await?;
        let row = link(&mut head, &stream, version, &new);
        rows.push(row.0);
        written.push(row.1?);
    }
    insert(transaction, rows).await?;
    sign(transaction, store, first, &head, &written).await?;
    Ok(written)
}

/// Brings the read models up to what was written, and ends the transaction.
async fn commit(mut transaction: Transaction, written: Vec<LedgerEntry>) -> Result<Vec<LedgerEntry>, StoreError> {
    for entry in &written {
        project::entry(&mut transaction, entry).await?;
    }
    transaction.commit().await?;
    Ok(written)
}

/// Chains one entry to the head: its row, and itself.
fn link(
    head: &mut Head,
    stream: &str,
    version: i64,
    new: &NewLedgerEntry,
) -> ([Value; 9], Result<LedgerEntry, StoreError>) {
    let (actor, kind, body) = (clean(&new.actor), clean(&new.kind), new.body.to_string());
    let prev = head.hash;
    head.seq += 1;
    let link = Link { seq: head.seq, stream, version, at: head.at, actor: &actor, kind: &kind, body: &body };
    head.hash = link.hash(&prev);
    let entry = Timestamp::from_microsecond(head.at).map(|at| LedgerEntry {
        seq: head.seq.unsigned_abs(),
        stream: stream.to_owned(),
        version: version.unsigned_abs(),
        at,
        actor: actor.clone().into_owned(),
        kind: kind.clone().into_owned(),
        body: new.body.clone(),
        hash: quell_model::hex::encode(&head.hash),
    });
    let row = [
        head.seq.into(),
        stream.into(),
        version.into(),
        head.at.into(),
        actor.as_ref().into(),
        kind.as_ref().into(),
        body.into(),
        (&prev).into(),
        (&head.hash).into(),
    ];
    (row, entry.map_err(|_| StoreError::Damaged("the time of the head of the ledger".to_owned())))
}

/// The version that the next entry of a stream gets.
async fn next_version(
    transaction: &mut Transaction,
    versions: &mut HashMap<String, i64>,
    stream: &str,
    expected: Expected,
) -> Result<i64, StoreError> {
    let found = match versions.get(stream) {
        Some(version) => *version,
        None => {
            let sql = "SELECT version FROM ledger_entry WHERE stream = $1 ORDER BY version DESC LIMIT 1";
            transaction.one(sql, &[stream.into()]).await?.map_or(Ok(0), |row| row.int(0))?
        }
    };
    if let Expected::Version(expected) = expected
        && i64::try_from(expected) != Ok(found)
    {
        return Err(StoreError::Conflict { stream: stream.to_owned(), expected, found: found.unsigned_abs() });
    }
    versions.insert(stream.to_owned(), found + 1);
    Ok(found + 1)
}

async fn insert(transaction: &mut Transaction, mut rows: Vec<[Value; 9]>) -> Result<(), StoreError> {
    while !rows.is_empty() {
        let rest = rows.split_off(rows.len().min(ROWS_MAX));
        let sql = "INSERT INTO ledger_entry (seq, stream, version, at, actor, kind, body, prev, hash) VALUES ";
        let mut statement = Statement::new(sql);
        for (index, row) in rows.into_iter().enumerate() {
            statement.push(if index == 0 { "" } else { ", " }).list(row);
        }
        transaction.execute(&statement.sql, &statement.values).await?;
        rows = rest;
    }
    Ok(())
}

/// Signs the new head and each of the entries for which a signed head is kept; the one before goes, unless it is kept.
async fn sign(
    transaction: &mut Transaction,
    store: &Store,
    first: i64,
    head: &Head,
    written: &[LedgerEntry],
) -> Result<(), StoreError> {
    let sql = "UPDATE ledger_head SET seq = $1, hash = $2, at = $3 WHERE id = 1";
    transaction.execute(sql, &[head.seq.into(), (&head.hash).into(), head.at.into()]).await?;
    if first % CHECKPOINT_ENTRIES != 0 {
        transaction.execute("DELETE FROM ledger_checkpoint WHERE seq = $1", &[first.into()]).await?;
    }
    let kept = |entry: &&LedgerEntry| entry.seq.is_multiple_of(CHECKPOINT_ENTRIES.unsigned_abs());
    let mut heads = vec![*head];
    for entry in written.iter().filter(kept).filter(|entry| entry.seq != head.seq.unsigned_abs()) {
        let hash = quell_model::hex::decode(&entry.hash).ok_or_else(|| StoreError::Damaged("a hash".to_owned()))?;
        heads.push(Head { seq: first + (entry.seq - first.unsigned_abs()) as i64, hash, at: head.at });
    }
    for head in heads {
        let sql = "INSERT INTO ledger_checkpoint (seq, hash, at, key_id, signature) VALUES ($1, $2, $3, $4, $5)";
        let (hash, signature) = (Value::from(&head.hash), store.signer().sign(&head));
        let values = [head.seq.into(), hash, head.at.into(), store.signer().key_id().into(), signature[..].into()];
        transaction.execute(sql, &values).await?;
    }
    Ok(())
}
