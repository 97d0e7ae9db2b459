//! What is kept for a while: secrets that work once, answers to requests that may be sent twice; and small settings.

use quell_model::Timestamp;

use crate::{AnswerKey, BegunAnswer, RememberedAnswer, Store, StoreError};

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

    /// Begins a request under a name: it is the caller's to carry out, and nobody else's under that name until it is
    /// remembered, given up or expired; or it was begun before.
    ///
    /// # Errors
    /// It could not be stored that it begins.
    pub async fn begin_answer(
        &self,
        key: &AnswerKey,
        request_hash: &[u8; 32],
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<BegunAnswer, StoreError> {
        let sql = "INSERT INTO answer (user_id, name, request_hash, status, body, expires_at) \
            VALUES ($1, $2, $3, 0, $4, $5) ON CONFLICT (user_id, name) DO UPDATE SET \
            request_hash = excluded.request_hash, status = 0, body = excluded.body, expires_at = excluded.expires_at \
            WHERE answer.expires_at <= $6";
        let (user, name) = (key.user.as_str(), key.key.as_str());
        let values = [user.into(), name.into(), request_hash.into(), (&[][..]).into(), expires_at.into(), now.into()];
        if self.database().execute(sql, &values).await? > 0 {
            return Ok(BegunAnswer::Yours);
        }
        let sql = "SELECT request_hash, status, body FROM answer WHERE user_id = $1 AND name = $2";
        let row = self.database().one(sql, &[user.into(), name.into()]).await?;
        // Given up between the two: whoever did it may try again, and so may this one.
        let Some(row) = row else { return Ok(BegunAnswer::UnderWay { same: true }) };
        let before = row.hash(0)?;
        let status =
            u16::try_from(row.int(1)?).map_err(|_| StoreError::Damaged("the status of an answer".to_owned()))?;
        Ok(match status {
            0 => BegunAnswer::UnderWay { same: before == *request_hash },
            status => {
                BegunAnswer::Answered(RememberedAnswer { request_hash: before, status, body: row.bytes(2)?.to_vec() })
            }
        })
    }

    /// Gives a request up that was begun and not carried out.
    ///
    /// # Errors
    /// It could not be stored.
    pub async fn give_up_answer(&self, key: &AnswerKey) -> Result<(), StoreError> {
        let sql = "DELETE FROM answer WHERE user_id = $1 AND name = $2 AND status = 0";
        self.database().execute(sql, &[key.user.as_str().into(), key.key.as_str().into()]).await.map(drop)
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
