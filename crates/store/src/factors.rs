//! Passwords and second factors. Side tables: they are never in the ledger, and a rebuild keeps them.

use quell_incident::FactorKind;
use quell_model::UserId;

use crate::sql::{Row, Value};
use crate::{FactorRow, Store, StoreError};

const COLUMNS: &str = "id, user_id, kind, label, secret, last_step, created_at";

impl Store {
    /// Keeps the hash of a password, a PHC string.
    ///
    /// # Errors
    /// It could not be stored.
    pub async fn set_password(&self, user: &UserId, phc: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO user_password (user_id, phc) VALUES ($1, $2) \
            ON CONFLICT (user_id) DO UPDATE SET phc = excluded.phc";
        self.database().execute(sql, &[user.as_str().into(), phc.into()]).await.map(drop)
    }

    /// The hash of a user's password, a PHC string.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn password(&self, user: &UserId) -> Result<Option<String>, StoreError> {
        let row =
            self.database().one("SELECT phc FROM user_password WHERE user_id = $1", &[user.as_str().into()]).await?;
        row.map(|row| Ok(row.text(0)?.to_owned())).transpose()
    }

    /// Keeps a second factor.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if one with this id is there.
    pub async fn put_factor(&self, factor: &FactorRow) -> Result<(), StoreError> {
        let sql = format!("INSERT INTO user_factor ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7)");
        let values = [
            factor.id.as_str().into(),
            factor.user.as_str().into(),
            kind_name(factor.kind).into(),
            factor.label.as_str().into(),
            factor.secret.as_slice().into(),
            factor.last_step.into(),
            factor.created_at.into(),
        ];
        self.database().execute(&sql, &values).await.map(drop)
    }

    /// Second factors of a user, oldest first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn factors(&self, user: &UserId) -> Result<Vec<FactorRow>, StoreError> {
        self.factors_where("user_id = $1", &[user.as_str().into()]).await
    }

    /// Second factors of all users, to seal them anew.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn all_factors(&self) -> Result<Vec<FactorRow>, StoreError> {
        self.factors_where("1 = 1", &[]).await
    }

    async fn factors_where(&self, condition: &str, values: &[Value]) -> Result<Vec<FactorRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM user_factor WHERE {condition} ORDER BY created_at, id");
        self.database().query(&sql, values).await?.iter().map(factor).collect()
    }

    /// Keeps another secret and step of a factor.
    ///
    /// # Errors
    /// It could not be stored.
    pub async fn update_factor(&self, id: &str, secret: &[u8], last_step: i64) -> Result<(), StoreError> {
        let sql = "UPDATE user_factor SET secret = $1, last_step = $2 WHERE id = $3";
        self.database().execute(sql, &[secret.into(), last_step.into(), id.into()]).await.map(drop)
    }

    /// Uses a time step of a factor; false if this one or a later one was used before, so that no code works twice.
    ///
    /// # Errors
    /// It could not be stored.
    pub async fn use_totp_step(&self, id: &str, step: i64) -> Result<bool, StoreError> {
        let sql = "UPDATE user_factor SET last_step = $1 WHERE id = $2 AND last_step < $1";
        Ok(self.database().execute(sql, &[step.into(), id.into()]).await? == 1)
    }

    /// Removes a factor of a user; false if they have no such one.
    ///
    /// # Errors
    /// It could not be removed.
    pub async fn remove_factor(&self, user: &UserId, id: &str) -> Result<bool, StoreError> {
        let sql = "DELETE FROM user_factor WHERE user_id = $1 AND id = $2";
        Ok(self.database().execute(sql, &[user.as_str().into(), id.into()]).await? == 1)
    }
}

fn kind_name(kind: FactorKind) -> &'static str {
    match kind {
        FactorKind::Totp => "totp",
        FactorKind::Webauthn => "webauthn",
    }
}

fn factor(row: &Row) -> Result<FactorRow, StoreError> {
    let kind = match row.text(2)? {
        "totp" => FactorKind::Totp,
        "webauthn" => FactorKind::Webauthn,
        other => return Err(StoreError::Damaged(format!("{other} is no second factor"))),
    };
    Ok(FactorRow {
        id: row.text(0)?.to_owned(),
        user: UserId::new(row.text(1)?),
        kind,
        label: row.text(3)?.to_owned(),
        secret: row.bytes(4)?.to_vec(),
        last_step: row.int(5)?,
        created_at: row.time(6)?,
    })
}
