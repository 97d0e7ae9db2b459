//! Sessions. Only the hash of a secret is kept.

use quell_model::{SessionId, Timestamp, UserId};

use crate::sql::Row;
use crate::{SessionRow, Store, StoreError};

const COLUMNS: &str = "id, secret_hash, user_id, created_at, used_at, expires_at, method, address, agent";

impl Store {
    /// Keeps a session.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if one with this id or secret is there.
    pub async fn put_session(&self, session: &SessionRow) -> Result<(), StoreError> {
        let sql = format!("INSERT INTO user_session ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
        let values = [
            session.id.as_str().into(),
            (&session.secret_hash).into(),
            session.user.as_str().into(),
            session.created_at.into(),
            session.used_at.into(),
            session.expires_at.into(),
            session.method.as_str().into(),
            session.address.as_str().into(),
            session.agent.as_str().into(),
        ];
        self.database().execute(&sql, &values).await.map(drop)
    }

    /// The session of a secret, also one that has expired; the caller knows the time.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn session_by_hash(&self, hash: &[u8; 32]) -> Result<Option<SessionRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM user_session WHERE secret_hash = $1");
        self.database().one(&sql, &[hash.into()]).await?.as_ref().map(session).transpose()
    }

    /// Notes that a session was used.
    ///
    /// # Errors
    /// It could not be stored.
    pub async fn touch_session(&self, id: &SessionId, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE user_session SET used_at = $1 WHERE id = $2 AND used_at < $1";
        self.database().execute(sql, &[at.into(), id.as_str().into()]).await.map(drop)
    }

    /// Ends a session of a user; false if they have no such one.
    ///
    /// # Errors
    /// It could not be ended.
    pub async fn end_session(&self, user: &UserId, id: &SessionId) -> Result<bool, StoreError> {
        let sql = "DELETE FROM user_session WHERE user_id = $1 AND id = $2";
        Ok(self.database().execute(sql, &[user.as_str().into(), id.as_str().into()]).await? == 1)
    }

    /// Ends all sessions of a user; answers how many.
    ///
    /// # Errors
    /// They could not be ended.
    pub async fn end_sessions(&self, user: &UserId) -> Result<u64, StoreError> {
        self.database().execute("DELETE FROM user_session WHERE user_id = $1", &[user.as_str().into()]).await
    }

    /// Sessions of a user, newest first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn sessions(&self, user: &UserId) -> Result<Vec<SessionRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM user_session WHERE user_id = $1 ORDER BY created_at DESC, id");
        self.database().query(&sql, &[user.as_str().into()]).await?.iter().map(session).collect()
    }
}

fn session(row: &Row) -> Result<SessionRow, StoreError> {
    Ok(SessionRow {
        id: SessionId::new(row.text(0)?),
        secret_hash: row.hash(1)?,
        user: UserId::new(row.text(2)?),
        created_at: row.time(3)?,
        used_at: row.time(4)?,
        expires_at: row.time(5)?,
        method: row.text(6)?.to_owned(),
        address: row.text(7)?.to_owned(),
        agent: row.text(8)?.to_owned(),
    })
}
