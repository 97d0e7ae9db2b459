//! Accounts and teams, as the ledger makes them.

use std::collections::{BTreeMap, BTreeSet};

use quell_incident::Account;
use quell_model::{Role, TeamId, UserId};

use crate::sql::{Row, Value};
use crate::{Store, StoreError, TeamRow, UserRow};

impl Store {
    /// All accounts, by login.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn users(&self) -> Result<Vec<UserRow>, StoreError> {
        self.users_where("1 = 1", &[]).await
    }

    /// One account.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn user(&self, id: &UserId) -> Result<Option<UserRow>, StoreError> {
        Ok(self.users_where("app_user.id = $1", &[id.as_str().into()]).await?.pop())
    }

    /// The account that signs in with this name, without regard to case.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn user_by_login(&self, login: &str) -> Result<Option<UserRow>, StoreError> {
        Ok(self.users_where("app_user.login_folded = $1", &[login.to_lowercase().into()]).await?.pop())
    }

    /// The account that an identity of an OpenID Connect provider signs in as.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn user_by_identity(&self, issuer: &str, subject: &str) -> Result<Option<UserRow>, StoreError> {
        let condition = "app_user.id IN (SELECT user_id FROM user_identity WHERE issuer = $1 AND subject = $2)";
        Ok(self.users_where(condition, &[issuer.into(), subject.into()]).await?.pop())
    }

    /// All teams, by name.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn teams(&self) -> Result<Vec<TeamRow>, StoreError> {
        let rows = self.database().query("SELECT id, name, version FROM team ORDER BY name_folded, id", &[]).await?;
        let team = |row: &Row| {
            Ok(TeamRow { id: TeamId::new(row.text(0)?), name: row.text(1)?.to_owned(), version: row.count(2)? })
        };
        rows.iter().map(team).collect()
    }

    async fn users_where(&self, condition: &str, values: &[Value]) -> Result<Vec<UserRow>, StoreError> {
        // A row for each team, so that one statement sees one state.
        let sql = format!(
            "SELECT app_user.id, login, display_name, role, enabled, version, team_id FROM app_user \
            LEFT JOIN user_team ON user_team.user_id = app_user.id WHERE {condition} ORDER BY login_folded, team_id"
        );
        let mut users: Vec<UserRow> = Vec::new();
        let mut places = BTreeMap::new();
        for row in self.database().query(&sql, values).await? {
            let place = *places.entry(row.text(0)?.to_owned()).or_insert(users.len());
            if place == users.len() {
                users.push(user(&row)?);
            }
            if let (Some(user), Some(team)) = (users.get_mut(place), row.maybe_text(6)?) {
                user.account.teams.insert(TeamId::new(team));
            }
        }
        Ok(users)
    }
}

fn user(row: &Row) -> Result<UserRow, StoreError> {
    let role = Role::parse(row.text(3)?).ok_or_else(|| StoreError::Damaged("the role of a user".to_owned()))?;
    let account = Account {
        login: row.text(1)?.to_owned(),
        display_name: row.text(2)?.to_owned(),
        role,
        enabled: row.truth(4)?,
        teams: BTreeSet::new(),
    };
    Ok(UserRow { id: UserId::new(row.text(0)?), account, version: row.count(5)? })
}
