//! Checks the whole ledger: every stored byte of entries, signed heads and stories, against the chain and the signatures.
//!
//! What it cannot see: a ledger cut back to a signed head that was kept, with everything after it removed. Compare the head
//! with one that was noted elsewhere.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::chain::{FIRST, Link};
use crate::ledger::CHECKPOINT_ENTRIES;
use crate::signer::{Head, Signer};
use crate::sql::Row;
use crate::{LedgerProblem, Store, StoreError, Verification, pack};

/// More problems than this say nothing new.
const PROBLEMS_MAX: usize = 100;

impl Store {
    /// Reads the whole ledger and reports what is not as it was written.
    ///
    /// # Errors
    /// The store cannot be read at all. What is damaged is a problem in the answer, not an error.
    pub async fn verify(&self) -> Result<Verification, StoreError> {
        let mut transaction = self.database().snapshot().await?;
        transaction.without_time_limit().await?;
        let mut check = Check::default();
        let sql = "SELECT seq, stream, version, at, actor, kind, body, prev, hash FROM ledger_entry ORDER BY seq";
        transaction.each(sql, &[], |row| check.entry(&row)).await?;
        let sql = "SELECT seq, hash, at, key_id, signature FROM ledger_checkpoint ORDER BY seq";
        transaction.each(sql, &[], |row| check.checkpoint(&row, self.signer())).await?;
        let sql = "SELECT seq, hash, at FROM ledger_head WHERE id = 1";
        let head = transaction.one(sql, &[]).await?;
        check.head(head.as_ref());
        transaction.each("SELECT hash, digest, body FROM story ORDER BY hash", &[], |row| check.story(&row)).await?;
        Ok(check.finish())
    }
}

/// The story that an entry names.
#[derive(Deserialize)]
struct Naming {
    told: NamedStory,
}

#[derive(Deserialize)]
struct NamedStory {
    story: String,
}

#[derive(Default)]
struct Check {
    found: Verification,
    last: i64,
    last_at: i64,
    last_hash: [u8; 32],
    /// Whether the chain can be followed from the entry before.
    broken: bool,
    versions: HashMap<String, i64>,
    /// Time and hash of entries that must have a signed head; the last entry is one.
    marks: HashMap<i64, (i64, [u8; 32])>,
    signed: HashSet<i64>,
    last_signed: i64,
    /// Who names a story first.
    named: HashMap<String, (u64, String)>,
    stories: HashSet<String>,
}

impl Check {
    fn problem(&mut self, seq: Option<i64>, stream: Option<&str>, what: impl Into<String>) {
        if self.found.problems.len() < PROBLEMS_MAX {
            let seq = seq.and_then(|seq| u64::try_from(seq).ok());
            self.found.problems.push(LedgerProblem { seq, stream: stream.map(str::to_owned), what: what.into() });
        }
    }

    fn entry(&mut self, row: &Row) -> Result<(), StoreError> {
        self.found.entries += 1;
        let Ok(seq) = row.int(0) else {
            let stream = row.text(1).ok().map(str::to_owned);
            self.problem(Some(self.last + 1), stream.as_deref(), "an entry has no number");
            return Ok(());
        };
        if seq != self.last + 1 {
            let what = format!("entries {} to {} are missing", self.last + 1, seq - 1);
            self.problem(
                Some(self.last + 1),
                None,
                if seq > self.last { what } else { "its number is wrong".to_owned() },
            );
            self.broken = true;
        }
        self.last = seq;
        match read(row) {
            Ok(stored) => self.link(&stored),
            Err(error) => {
                self.problem(Some(seq), row.text(1).ok(), format!("the entry cannot be read: {error}"));
                // The next entry is judged by what it says itself.
                self.last_hash = row.hash(8).unwrap_or(FIRST);
                self.broken = row.hash(8).is_err();
            }
        }
        if seq % CHECKPOINT_ENTRIES == 0 {
            self.marks.insert(seq, (self.last_at, self.last_hash));
        }
        Ok(())
    }

    fn link(&mut self, stored: &Stored<'_>) {
        let link = &stored.link;
        let place = (Some(link.seq), Some(link.stream));
        let before = self.versions.get(link.stream).copied().unwrap_or(0);
        if link.version != before + 1 {
            let what = format!("it has version {} in its stream after version {before}", link.version);
            self.problem(place.0, place.1, what);
        }
        self.versions.insert(link.stream.to_owned(), link.version);
        if !self.broken && stored.prev != self.last_hash {
            self.problem(place.0, place.1, "it does not follow the entry before: its previous hash is another one");
        }
        if link.hash(&stored.prev) != stored.hash {
            self.problem(place.0, place.1, "its content does not have its hash");
        }
        if link.at < self.last_at {
            self.problem(place.0, place.1, "its time is before the entry before");
        }
        (self.last_at, self.last_hash, self.broken) = (link.at, stored.hash, false);
        if matches!(link.kind, "incident.opened" | "incident.grown")
            && let Ok(naming) = serde_json::from_str::<Naming>(link.body)
            && !naming.told.story.is_empty()
        {
            let by = (link.seq.unsigned_abs(), link.stream.to_owned());
            self.named.entry(naming.told.story).or_insert(by);
        }
    }

    fn checkpoint(&mut self, row: &Row, signer: &Signer) -> Result<(), StoreError> {
        if self.found.checkpoints == 0 && self.last > 0 {
            self.marks.insert(self.last, (self.last_at, self.last_hash));
        }
        self.found.checkpoints += 1;
        let read = || Ok::<_, StoreError>((row.int(0)?, row.hash(1)?, row.int(2)?, row.text(3)?, row.bytes(4)?));
        let (seq, hash, at, key, signature) = match read() {
            Ok(read) => read,
            Err(error) => {
                self.problem(row.int(0).ok(), None, format!("a checkpoint (signed head) cannot be read: {error}"));
                return Ok(());
            }
        };
        if key != signer.key_id() {
            let what = format!("the checkpoint was signed with the key {key}, not with {}", signer.key_id());
            self.problem(Some(seq), None, what);
        }
        if !signer.verifies(&Head { seq, hash, at }, signature) {
            self.problem(Some(seq), None, "the signature of the checkpoint is wrong");
        }
        match self.marks.get(&seq) {
            Some((_, marked)) if *marked != hash => {
                self.problem(Some(seq), None, "the checkpoint was made for an entry with another hash");
            }
            Some(_) => {}
            None if seq > self.last => {
                let what =
                    format!("the ledger ends at entry {}, but a checkpoint is for entry {seq}: it was cut", self.last);
                self.problem(Some(seq), None, what);
            }
            None => self.problem(Some(seq), None, "a checkpoint is where none belongs"),
        }
        self.signed.insert(seq);
        self.last_signed = self.last_signed.max(seq);
        Ok(())
    }

    fn head(&mut self, row: Option<&Row>) {
        if self.last > 0 {
            self.marks.insert(self.last, (self.last_at, self.last_hash));
        }
        let mut missing: Vec<i64> = self.marks.keys().filter(|seq| !self.signed.contains(seq)).copied().collect();
        missing.sort_unstable();
        for seq in missing {
            self.problem(Some(seq), None, "the entry has no checkpoint (signed head)");
        }
        let read = row.map(|row| Ok::<_, StoreError>((row.int(0)?, row.hash(1)?, row.int(2)?)));
        match read {
            Some(Ok((seq, ..))) if seq != self.last => {
                let what = format!("the ledger ends at entry {}, but its head is {seq}", self.last);
                self.problem(Some(self.last.max(seq)), None, what);
            }
            Some(Ok((_, hash, at))) if hash != self.last_hash || (self.last > 0 && at != self.last_at) => {
                self.problem(Some(self.last), None, "the head of the ledger is another one than its last entry");
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => self.problem(Some(self.last), None, format!("the head cannot be read: {error}")),
            None => self.problem(Some(self.last), None, "the head of the ledger is missing"),
        }
    }

    fn story(&mut self, row: &Row) -> Result<(), StoreError> {
        self.found.stories += 1;
        let name = row.text(0).unwrap_or("without a name").to_owned();
        let (seq, stream) = self.named.get(&name).cloned().unzip();
        let seq = seq.and_then(|seq| i64::try_from(seq).ok());
        let read = || Ok::<_, StoreError>((row.text(0)?, row.hash(1)?, row.bytes(2)?));
        let whole = read().and_then(|(name, digest, body)| {
            if <[u8; 32]>::from(Sha256::digest(body)) != digest {
                return Err(StoreError::Damaged("its stored bytes changed".to_owned()));
            }
            let story = pack::unpack(body)?;
            let damaged = || StoreError::Damaged("its content does not have its name as hash".to_owned());
            if quell_model::hex::encode(&Sha256::digest(&story)) == name { Ok(()) } else { Err(damaged()) }
        });
        if let Err(error) = whole {
            self.problem(seq, stream.as_deref(), format!("the story {name} is not as it was told: {error}"));
        }
        self.stories.insert(name);
        Ok(())
    }

    fn finish(mut self) -> Verification {
        let mut missing: Vec<(u64, String, String)> = Vec::new();
        for (name, (seq, stream)) in &self.named {
            if !self.stories.contains(name) {
                missing.push((*seq, stream.clone(), format!("the story {name} that the entry names is missing")));
            }
        }
        missing.sort_unstable();
        for (seq, stream, what) in missing {
            self.problem(i64::try_from(seq).ok(), Some(&stream), what);
        }
        self.found.head = (self.last > 0).then(|| quell_model::hex::encode(&self.last_hash));
        self.found
    }
}

struct Stored<'a> {
    link: Link<'a>,
    prev: [u8; 32],
    hash: [u8; 32],
}

fn read(row: &Row) -> Result<Stored<'_>, StoreError> {
    let link = Link {
        seq: row.int(0)?,
        stream: row.text(1)?,
        version: row.int(2)?,
        at: row.int(3)?,
        actor: row.text(4)?,
        kind: row.text(5)?,
        body: row.text(6)?,
    };
    Ok(Stored { link, prev: row.hash(7)?, hash: row.hash(8)? })
}
