//! Preferences of each user, and saved views of lists, their own and shared. The store does not look into either.

use quell_model::{Timestamp, UserId};

use crate::sql::Row;
use crate::{Store, StoreError};

/// Views in one list: own ones and shared ones.
const LIST_MAX: i64 = 500;

/// A saved view of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewRow {
    /// Which.
    pub id: String,
    /// Whose.
    pub user: UserId,
    /// What they call it.
    pub name: String,
    /// Of which screen.
    pub screen: String,
    /// What stands after `?` in its address.
    pub search: String,
    /// Whether everybody sees it.
    pub shared: bool,
    /// When it was saved.
    pub created_at: Timestamp,
}

impl Store {
    /// Preferences of a user; none if they never changed one.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn preferences(&self, user: &UserId) -> Result<Option<String>, StoreError> {
        let sql = "SELECT body FROM preference WHERE user_id = $1";
        let row = self.database().one(sql, &[user.as_str().into()]).await?;
        row.map(|row| Ok(row.text(0)?.to_owned())).transpose()
    }

    /// Keeps preferences of a user.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn put_preferences(&self, user: &UserId, body: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO preference (user_id, body) VALUES ($1, $2) \
            ON CONFLICT (user_id) DO UPDATE SET body = excluded.body";
        self.database().execute(sql, &[user.as_str().into(), body.into()]).await.map(drop)
    }

    /// Views that a user sees: their own, and shared ones; by name.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn views(&self, user: &UserId) -> Result<Vec<ViewRow>, StoreError> {
        let sql = "SELECT id, user_id, name, screen, search, shared, created_at FROM saved_view \
            WHERE user_id = $1 OR shared = 1 ORDER BY name, id LIMIT $2";
        self.database().query(sql, &[user.as_str().into(), LIST_MAX.into()]).await?.iter().map(view).collect()
    }

    /// Saves a view.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if one with this id is there.
    pub async fn put_view(&self, view: &ViewRow) -> Result<(), StoreError> {
        let sql = "INSERT INTO saved_view (id, user_id, name, screen, search, shared, created_at) \
            VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let values = [
            view.id.as_str().into(),
            view.user.as_str().into(),
            view.name.as_str().into(),
            view.screen.as_str().into(),
            view.search.as_str().into(),
            i64::from(view.shared).into(),
            view.created_at.into(),
        ];
        self.database().execute(sql, &values).await.map(drop)
    }

    /// Removes a view; false if there is none.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn remove_view(&self, id: &str) -> Result<bool, StoreError> {
        Ok(self.database().execute("DELETE FROM saved_view WHERE id = $1", &[id.into()]).await? == 1)
    }
}

fn view(row: &Row) -> Result<ViewRow, StoreError> {
    Ok(ViewRow {
        id: row.text(0)?.to_owned(),
        user: UserId::new(row.text(1)?),
        name: row.text(2)?.to_owned(),
        screen: row.text(3)?.to_owned(),
        search: row.text(4)?.to_owned(),
        shared: row.count(5)? == 1,
        created_at: row.time(6)?,
    })
}
