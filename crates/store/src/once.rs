//! What is kept for a while: secrets that work once, answers to requests that may be sent twice; and small settings.

use quell_model::Timestamp;

use crate::{AnswerKey, RememberedAnswer, Store, StoreError};

impl Store {
    /// Keeps the hash of a secret that works once, and what it is for.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if it is there.
    pub async fn put_once(
        &self,
        hash: &[u8; 32],
        purpose: &str,
        subject: &str,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO once (hash, purpose, subject, expires_at) VALUES ($1, $2, $3, $4)";
        self.database().execute(sql, &[hash.into(), purpose.into(), subject.into(), expires_at.into()]).await.map(drop)
    }

    /// Uses a secret: answers what it is for, to one caller only, and to none after it ended.
    ///
    /// # Errors
    /// It could not be stored that it is used.
    pub async fn take_once(
        &self,
        hash: &[u8; 32],
        purpose: &str,
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        let mut transaction = self.database().begin().await?;
        let sql = "DELETE FROM once WHERE hash = $1 AND purpose = $2 RETURNING subject, expires_at";
        let row = transaction.one(sql, &[hash.into(), purpose.into()]).await?;
        transaction.commit().await?;
        let Some(row) = row else { return Ok(None) };
        Ok(if row.time(1)? > now { Some(row.text(0)?.to_owned()) } else { None })
    }

    /// Keeps the answer to a request, instead of one before under the same name.
    ///
    /// # Errors
    /// It could not be stored.
    pub async fn remember_answer(
        &self,
        key: &AnswerKey,
        answer: &RememberedAnswer,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO answer (user_id, name, request_hash, status, body, expires_at) \
            VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (user_id, name) DO UPDATE SET \
            request_hash = excluded.request_hash, status = excluded.status, body = excluded.body, \
            expires_at = excluded.expires_at";
        let values = [
            key.user.as_str().into(),
            key.key.as_str().into(),
            (&answer.request_hash).into(),
            u32::from(answer.status).into(),
            answer.body.as_slice().into(),
            expires_at.into(),
        ];
        self.database().execute(sql, &values).await.map(drop)
    }

    /// The answer that a request got before.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn remembered_answer(
        &self,
        key: &AnswerKey,
        now: Timestamp,
    ) -> Result<Option<RememberedAnswer>, StoreError> {
        let sql = "SELECT request_hash, status, body FROM answer WHERE user_id = $1 AND name = $2 AND expires_at > $3";
        let row = self.database().one(sql, &[key.user.as_str().into(), key.key.as_str().into(), now.into()]).await?;
        let Some(row) = row else { return Ok(None) };
        let status =
            u16::try_from(row.int(1)?).map_err(|_| StoreError::Damaged("the status of an answer".to_owned()))?;
        Ok(Some(RememberedAnswer { request_hash: row.hash(0)?, status, body: row.bytes(2)?.to_vec() }))
    }

    /// Removes sessions, one-time secrets and answers that have ended; answers how many.
    ///
    /// # Errors
    /// They could not be removed.
    pub async fn forget_expired(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut removed = 0;
        for table in ["user_session", "once", "answer"] {
            let sql = format!("DELETE FROM {table} WHERE expires_at <= $1");
            removed += self.database().execute(&sql, &[now.into()]).await?;
        }
        Ok(removed)
    }

    /// A small value that Quell keeps for itself.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        let row = self.database().one("SELECT value FROM setting WHERE name = $1", &[name.into()]).await?;
        row.map(|row| Ok(row.text(0)?.to_owned())).transpose()
    }

    /// Keeps such a value.
    ///
    /// # Errors
    /// It could not be stored.
    pub async fn put_setting(&self, name: &str, value: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO setting (name, value) VALUES ($1, $2) \
            ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        self.database().execute(sql, &[name.into(), value.into()]).await.map(drop)
    }
}
