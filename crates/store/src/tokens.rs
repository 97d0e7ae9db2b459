//! API tokens. Only the hash of a secret is kept.

use std::collections::BTreeSet;

use quell_model::{Right, Timestamp, TokenId, UserId};

use crate::sql::Row;
use crate::{Store, StoreError, TokenRow};

const COLUMNS: &str = "id, secret_hash, user_id, label, rights, source, created_at, expires_at, used_at, revoked";

impl Store {
    /// Keeps a token.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if one with this id or secret is there.
    pub async fn put_token(&self, token: &TokenRow) -> Result<(), StoreError> {
        let sql = format!("INSERT INTO user_token ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");
        let rights: Vec<&str> = token.rights.iter().map(|right| right.as_str()).collect();
        let values = [
            token.id.as_str().into(),
            (&token.secret_hash).into(),
            token.user.as_str().into(),
            token.label.as_str().into(),
            rights.join(" ").into(),
            token.source.as_deref().into(),
            token.created_at.into(),
            token.expires_at.into(),
            token.used_at.into(),
            token.revoked.into(),
        ];
        self.database().execute(&sql, &values).await.map(drop)
    }

    /// The token of a secret, also one that was revoked or has expired.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn token_by_hash(&self, hash: &[u8; 32]) -> Result<Option<TokenRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM user_token WHERE secret_hash = $1");
        self.database().one(&sql, &[hash.into()]).await?.as_ref().map(token).transpose()
    }

    /// Tokens of a user, newest first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn tokens(&self, user: &UserId) -> Result<Vec<TokenRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM user_token WHERE user_id = $1 ORDER BY created_at DESC, id");
        self.database().query(&sql, &[user.as_str().into()]).await?.iter().map(token).collect()
    }

    /// Revokes a token of a user; false if they have no such one that is in force.
    ///
    /// # Errors
    /// It could not be revoked.
    pub async fn revoke_token(&self, user: &UserId, id: &TokenId) -> Result<bool, StoreError> {
        let sql = "UPDATE user_token SET revoked = 1 WHERE user_id = $1 AND id = $2 AND revoked = 0";
        Ok(self.database().execute(sql, &[user.as_str().into(), id.as_str().into()]).await? == 1)
    }

    /// Notes that a token was used.
    ///
    /// # Errors
    /// It could not be stored.
    pub async fn touch_token(&self, id: &TokenId, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE user_token SET used_at = $1 WHERE id = $2 AND (used_at IS NULL OR used_at < $1)";
        self.database().execute(sql, &[at.into(), id.as_str().into()]).await.map(drop)
    }
}

/// Rights by name. One that this version does not know gives nothing.
fn rights(text: &str) -> BTreeSet<Right> {
    Right::ALL.into_iter().filter(|right| text.split(' ').any(|name| name == right.as_str())).collect()
}

fn token(row: &Row) -> Result<TokenRow, StoreError> {
    Ok(TokenRow {
        id: TokenId::new(row.text(0)?),
        secret_hash: row.hash(1)?,
        user: UserId::new(row.text(2)?),
        label: row.text(3)?.to_owned(),
        rights: rights(row.text(4)?),
        source: row.maybe_text(5)?.map(str::to_owned),
        created_at: row.time(6)?,
        expires_at: row.time(7)?,
        used_at: row.maybe_time(8)?,
        revoked: row.truth(9)?,
    })
}
