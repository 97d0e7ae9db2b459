//! Pads: notes on which several people write at once. A pad puts the changes of all in one order; whoever was overtaken takes in
//! what came before and sends again, so that no change is ever lost or refused for another. Nothing of it is in the ledger until
//! somebody saves: a pad is kept in memory, and of several servers each has its own.

mod change;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use quell_incident::work::{ItemId, Text};
use quell_model::{IncidentId, Timestamp, UserId};

pub(crate) use change::TextChange;

/// Whoever does not say so again within this time writes no more.
const STAYS: Duration = Duration::from_secs(45);
/// How long a text that nobody saved is kept after the last change.
const UNSAVED_KEPT: Duration = Duration::from_secs(24 * 60 * 60);
/// Pads at once.
const PADS_MAX: usize = 1_000;
/// Weight of the changes of a pad; beyond it nothing more is taken up until somebody saves.
const WEIGHT_MAX: usize = 4_000_000;
/// A pad with changes of more weight is let go when it is saved; whoever still writes begins the next.
const WEIGHT_RENEWED: usize = 500_000;
/// Weight of all pads.
const ALL_WEIGHT_MAX: usize = 200_000_000;
/// How much longer than a note a text may become between the changes that are sent together.
const SLACK: usize = 2;

/// All pads.
#[derive(Debug, Default)]
pub(crate) struct Pads {
    open: Mutex<BTreeMap<ItemId, Pad>>,
}

/// A note of an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) incident: IncidentId,
    pub(crate) note: ItemId,
}

/// A version of a note in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) entry: u64,
    pub(crate) text: String,
}

/// What somebody who writes sends.
#[derive(Debug)]
pub(crate) struct Sent {
    /// The pad that they are on; none at first.
    pub(crate) pad: Option<String>,
    /// Which of their windows.
    pub(crate) client: String,
    /// Number of changes that they have taken in.
    pub(crate) version: usize,
    /// Changes on top of those.
    pub(crate) changes: Vec<TextChange>,
}

/// What they get.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Got {
    pub(crate) pad: String,
    /// Entry of the version of the note that the pad builds on.
    pub(crate) on: u64,
    /// Number of changes.
    pub(crate) version: usize,
    /// The whole text, for those who were on no pad or another.
    pub(crate) text: Option<String>,
    /// Changes after those that they had, their own among them.
    pub(crate) changes: Vec<Made>,
    /// Who else writes.
    pub(crate) others: Vec<UserId>,
    /// Whether what they sent was taken up.
    pub(crate) is_taken: bool,
}

/// A change that was taken up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Made {
    pub(crate) by: UserId,
    pub(crate) client: String,
    pub(crate) change: TextChange,
}

/// What is saved.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Draft {
    /// The pad that it was on.
    pub(crate) pad: String,
    /// Entry of the version that it builds on.
    pub(crate) on: u64,
    /// Number of changes that are in it.
    pub(crate) version: usize,
    pub(crate) text: String,
    /// Who wrote since the last save.
    pub(crate) writers: BTreeSet<UserId>,
}

/// Why a pad does not do it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PadError {
    #[error(transparent)]
    Unfit(#[from] change::Unfit),
    #[error("a note has at most {} characters", Text::CHARS_MAX)]
    TooLong,
    #[error("too many notes are written on just now; save one")]
    TooMany,
    #[error("this note was changed too often since it was saved; save it")]
    Worn,
    #[error("others write on this note")]
    Shared,
}

#[derive(Debug)]
struct Pad {
    id: String,
    incident: IncidentId,
    on: u64,
    text: String,
    changes: Vec<Made>,
    /// Number of changes that are saved.
    saved: usize,
    weight: usize,
    changed_at: Timestamp,
    seen: BTreeMap<UserId, Timestamp>,
}

impl Pads {
    /// Begins a pad on a note as it is, unless there is one.
    ///
    /// # Errors
    /// There is no room.
    pub(crate) fn open(&self, place: &Place, latest: &Version, now: Timestamp, id: String) -> Result<(), PadError> {
        let mut open = self.lock();
        open.retain(|_, pad| pad.is_wanted(now));
        if let Some(pad) = open.get_mut(&place.note) {
            // Its incident may have become part of another.
            pad.incident = place.incident.clone();
            return Ok(());
        }
        let weight: usize = open.values().map(|pad| pad.weight).sum();
        if open.len() >= PADS_MAX || weight >= ALL_WEIGHT_MAX {
            return Err(PadError::TooMany);
        }
        open.insert(place.note, Pad::begin(id, place.incident.clone(), latest, now));
        Ok(())
    }

    /// Whether somebody writes on this note of this incident.
    pub(crate) fn has(&self, place: &Place) -> bool {
        self.lock().get(&place.note).is_some_and(|pad| pad.incident == place.incident)
    }

    /// Takes up what somebody sends, if they know all that came before, and answers with what they do not have; nothing if
    /// nobody writes on this note of this incident.
    ///
    /// # Errors
    /// A change fits no text, or the text becomes too long.
    pub(crate) fn exchange(
        &self,
        place: &Place,
        (by, sent): (&UserId, Sent),
        now: Timestamp,
    ) -> Result<Option<Got>, PadError> {
        let mut open = self.lock();
        let Some(pad) = open.get_mut(&place.note).filter(|pad| pad.incident == place.incident) else {
            return Ok(None);
        };
        pad.seen.retain(|_, at| is_fresh(*at, now, STAYS));
        pad.seen.insert(by.clone(), now);
        let knows_it = sent.pad.as_ref() == Some(&pad.id) && sent.version <= pad.changes.len();
        let from = if knows_it { sent.version } else { pad.changes.len() };
        let is_taken = knows_it && sent.version == pad.changes.len() && !sent.changes.is_empty();
        if is_taken {
            pad.take(by, &sent.client, sent.changes, now)?;
        }
        Ok(Some(Got {
            pad: pad.id.clone(),
            on: pad.on,
            version: pad.changes.len(),
            text: (!knows_it).then(|| pad.text.clone()),
            changes: pad.changes[from..].to_vec(),
            others: pad.seen.keys().filter(|user| *user != by).cloned().collect(),
            is_taken,
        }))
    }

    /// What there is to save of a note; nothing if nobody writes on it.
    pub(crate) fn draft(&self, note: ItemId) -> Option<Draft> {
        let open = self.lock();
        let pad = open.get(&note)?;
        let written = pad.changes[pad.saved..].iter().filter(|made| !made.change.is_idle());
        let writers = written.map(|made| made.by.clone()).collect();
        Some(Draft { pad: pad.id.clone(), on: pad.on, version: pad.changes.len(), text: pad.text.clone(), writers })
    }

    /// Notes that a draft became the version with this entry.
    pub(crate) fn saved(&self, note: ItemId, draft: &Draft, entry: u64) {
        let mut open = self.lock();
        let Some(pad) = open.get_mut(&note).filter(|pad| pad.id == draft.pad) else { return };
        // Two who save at once may end the other way round.
        pad.on = pad.on.max(entry);
        pad.saved = pad.saved.max(draft.version);
        if pad.saved == pad.changes.len() && pad.weight > WEIGHT_RENEWED {
            open.remove(&note);
        }
    }

    /// Throws away what was not saved.
    ///
    /// # Errors
    /// Others write on it.
    pub(crate) fn drop(&self, note: ItemId, by: &UserId, now: Timestamp) -> Result<(), PadError> {
        let mut open = self.lock();
        let is_here = |(user, at): (&UserId, &Timestamp)| user != by && is_fresh(*at, now, STAYS);
        if open.get(&note).is_some_and(|pad| pad.seen.iter().any(is_here)) {
            return Err(PadError::Shared);
        }
        open.remove(&note);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<ItemId, Pad>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pad {
    /// Editors know one kind of line break.
    fn begin(id: String, incident: IncidentId, latest: &Version, now: Timestamp) -> Pad {
        let (on, text) = (latest.entry, latest.text.replace("\r\n", "\n").replace('\r', "\n"));
        Pad { id, incident, on, text, changes: Vec::new(), saved: 0, weight: 0, changed_at: now, seen: BTreeMap::new() }
    }

    /// Forgets who is not there any more; whether anybody is, or a text that is not saved.
    fn is_wanted(&mut self, now: Timestamp) -> bool {
        self.seen.retain(|_, at| is_fresh(*at, now, STAYS));
        let is_unsaved = self.saved < self.changes.len() && is_fresh(self.changed_at, now, UNSAVED_KEPT);
        !self.seen.is_empty() || is_unsaved
    }

    fn take(&mut self, by: &UserId, client: &str, changes: Vec<TextChange>, now: Timestamp) -> Result<(), PadError> {
        let weight = self.weight + changes.iter().map(TextChange::weight).sum::<usize>();
        if weight > WEIGHT_MAX {
            return Err(PadError::Worn);
        }
        let mut text = self.text.clone();
        for change in &changes {
            text = change.apply(&text)?;
            if text.len() > Text::CHARS_MAX * 4 * SLACK {
                return Err(PadError::TooLong);
            }
        }
        if text.chars().count() > Text::CHARS_MAX {
            return Err(PadError::TooLong);
        }
        let made = |change| Made { by: by.clone(), client: client.to_owned(), change };
        self.changes.extend(changes.into_iter().map(made));
        self.text = text;
        self.weight = weight;
        self.changed_at = now;
        Ok(())
    }
}

fn is_fresh(at: Timestamp, now: Timestamp, within: Duration) -> bool {
    now.duration_since(at).unsigned_abs() < within
}

#[cfg(test)]
mod tests;
