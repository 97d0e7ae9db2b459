//! Roles of a PostgreSQL server that may no longer sign in, through `psql`.

use quell_model::action::{ActionError, ActionKind, ActionSpec, Actions, Blast, With, parameter};
use serde_json::{Value, json};

use super::Program;
use super::setting::{Setting, hold};

/// A database server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseSettings {
    /// `psql` and how it connects: `psql -h db -U quell postgres`.
    pub program: Program,
}

/// The actions of a database server.
pub fn database_actions(settings: DatabaseSettings, actions: &mut Actions) {
    hold(LockRole { settings }, actions);
}

const LOCK_ROLE: ActionSpec = ActionSpec {
    id: "sql.lock_role",
    title: "Let a role of the database no longer sign in, and end its sessions",
    kind: ActionKind::Contain,
    needs: &["role"],
    d3fend: "D3-AL",
    react: &["RA3601"],
    blast: Blast::Account,
    rights: "CREATEROLE, pg_signal_backend and what ALTER ROLE asks for",
};

struct LockRole {
    settings: DatabaseSettings,
}

impl LockRole {
    /// psql puts the name into the statement itself, quoted as what it stands for: `:'role'` a text, `:"role"` a name.
    async fn query(&self, with: &With, statement: &str) -> Result<String, ActionError> {
        let role = parameter(with, "role")?;
        if role.len() > 63 || role.contains('\0') {
            return Err(ActionError::Unfit(format!("{role:?} is no role")));
        }
        let name = format!("role={role}");
        let words = ["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-v", &name, "-f", "-"];
        self.settings.program.must(&words, Some(statement)).await
    }
}

impl Setting for LockRole {
    fn spec(&self) -> &ActionSpec {
        &LOCK_ROLE
    }

    async fn read(&self, with: &With) -> Result<Value, ActionError> {
        let asked = "SELECT rolcanlogin, rolname = current_user FROM pg_catalog.pg_roles WHERE rolname = :'role';";
        match self.query(with, asked).await?.as_str() {
            "t|f" => Ok(json!({ "may_sign_in": true })),
            "f|f" => Ok(json!({ "may_sign_in": false })),
            "" => Err(ActionError::ByHand("there is no such role".to_owned())),
            _ => Err(ActionError::Unfit("it is the role that Quell itself signs in with".to_owned())),
        }
    }

    fn wanted(&self, _: &With, _: &Value) -> Value {
        json!({ "may_sign_in": false })
    }

    async fn put(&self, with: &With, to: &Value) -> Result<(), ActionError> {
        let statement = match to["may_sign_in"] == true {
            true => "ALTER ROLE :\"role\" LOGIN;",
            false => {
                "ALTER ROLE :\"role\" NOLOGIN;
                SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE usename = :'role';"
            }
        };
        self.query(with, statement).await.map(drop)
    }
}
