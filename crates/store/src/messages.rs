//! Messages that Quell sends: which is next, and when it is tried again.

use quell_incident::work::ItemId;
use quell_model::{IncidentId, Timestamp};

use crate::{Store, StoreError};

/// A message that waits, or that nobody acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingMessage {
    /// Which.
    pub id: ItemId,
    /// Of which incident.
    pub incident: IncidentId,
    /// How often it was tried.
    pub tries: u32,
}

impl Store {
    /// The first message of a channel that is due. Those behind it that go to the same receivers wait, so that they arrive in
    /// order; others do not wait for a receiver that is out of order.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn next_message(&self, channel: &str, now: Timestamp) -> Result<Option<WaitingMessage>, StoreError> {
        let sql = "SELECT seq, incident_id, tries FROM message WHERE channel = $1 AND state = 'waiting' AND next_at <= $2 \
            AND NOT EXISTS (SELECT 1 FROM message AS ahead WHERE ahead.channel = message.channel \
            AND ahead.target = message.target AND ahead.seq < message.seq AND ahead.state = 'waiting') \
            ORDER BY seq LIMIT 1";
        let Some(row) = self.database().one(sql, &[channel.into(), now.into()]).await? else { return Ok(None) };
        let (id, incident) = (ItemId(row.count(0)?), IncidentId::new(row.text(1)?));
        Ok(Some(WaitingMessage { id, incident, tries: u32::try_from(row.int(2)?).unwrap_or(u32::MAX) }))
    }

    /// Notes that a message could not be delivered and is tried again then.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn put_off_message(&self, id: ItemId, until: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE message SET tries = tries + 1, next_at = $1 WHERE seq = $2";
        self.database().execute(sql, &[until.into(), id.0.into()]).await.map(drop)
    }

    /// Messages that somebody had to acknowledge by now, and nobody did.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn unheard_messages(&self, now: Timestamp) -> Result<Vec<WaitingMessage>, StoreError> {
        let sql = "SELECT seq, incident_id FROM message WHERE acknowledge_by <= $1 ORDER BY seq LIMIT 100";
        let rows = self.database().query(sql, &[now.into()]).await?;
        let message = |row: &crate::sql::Row| {
            Ok(WaitingMessage { id: ItemId(row.count(0)?), incident: IncidentId::new(row.text(1)?), tries: 0 })
        };
        rows.iter().map(message).collect()
    }
}
