//! Local accounts that are locked, and keys that no longer let anybody in.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use quell_model::action::{ActionError, ActionKind, ActionSpec, Blast, With, parameter};
use serde_json::{Value, json};

use super::super::setting::Setting;
use super::{HostSettings, user};

const LOCK_USER: ActionSpec = ActionSpec {
    id: "host.lock_user",
    title: "Lock a local account",
    kind: ActionKind::Contain,
    needs: &["host", "user"],
    d3fend: "D3-AL",
    react: &["RA3601"],
    blast: Blast::Account,
    rights: "usermod and passwd -S (root)",
};
const REMOVE_KEY: ActionSpec = ActionSpec {
    id: "host.remove_key",
    title: "Take a public key out of the keys that let an account in",
    kind: ActionKind::Contain,
    needs: &["host", "user", "key"],
    d3fend: "D3-CR",
    react: &[],
    blast: Blast::Account,
    rights: "runuser for the account (root)",
};

pub(super) struct LockUser {
    pub(super) hosts: Arc<HostSettings>,
}

impl Setting for LockUser {
    fn spec(&self) -> &ActionSpec {
        &LOCK_USER
    }

    async fn read(&self, with: &With) -> Result<Value, ActionError> {
        let user = user(with)?;
        if user == "root" {
            return Err(ActionError::Unfit("root is no account that can be locked".to_owned()));
        }
        let line = self.hosts.program(with)?.must(&["passwd", "-S", user], None).await?;
        let locked = line.split_whitespace().nth(1).is_some_and(|state| state.starts_with('L'));
        Ok(json!({ "locked": locked }))
    }

    fn wanted(&self, _: &With, _: &Value) -> Value {
        json!({ "locked": true })
    }

    async fn put(&self, with: &With, to: &Value) -> Result<(), ActionError> {
        let flag = if to["locked"] == true { "-L" } else { "-U" };
        self.hosts.program(with)?.must(&["usermod", flag, user(with)?], None).await.map(drop)
    }
}

/// A key that may log in to an account. The file is written anew as a whole, and only if it is as it was read.
///
/// It lies where the account itself may put links: everything is done with the rights of the account, which could do it anyway.
pub(super) struct RemoveKey {
    pub(super) hosts: Arc<HostSettings>,
}

impl RemoveKey {
    async fn as_account(&self, with: &With, words: &[&str], input: Option<&str>) -> Result<String, ActionError> {
        let all: Vec<&str> = ["runuser", "-u", user(with)?, "--"].iter().chain(words).copied().collect();
        self.hosts.program(with)?.must(&all, input).await
    }

    async fn file(&self, with: &With) -> Result<String, ActionError> {
        let line = self.hosts.program(with)?.must(&["getent", "passwd", user(with)?], None).await?;
        let home = line.split(':').nth(5).filter(|home| home.starts_with('/'));
        let home = home.ok_or_else(|| ActionError::Refused("the account has no home".to_owned()))?;
        Ok(format!("{home}/.ssh/authorized_keys"))
    }
}

impl Setting for RemoveKey {
    fn spec(&self) -> &ActionSpec {
        &REMOVE_KEY
    }

    async fn read(&self, with: &With) -> Result<Value, ActionError> {
        key(with)?;
        let file = self.file(with).await?;
        // As it is, to the byte: blank lines and line ends are brought back, too.
        let coded = self.as_account(with, &["base64", "-w", "0", "--", &file], None).await?;
        let bytes = STANDARD.decode(coded).map_err(|error| ActionError::Refused(format!("{file}: {error}")))?;
        let text = String::from_utf8(bytes).map_err(|_| ActionError::Refused(format!("{file} is no text")))?;
        Ok(json!({ "keys": text.split_inclusive('\n').collect::<Vec<_>>() }))
    }

    fn wanted(&self, with: &With, was: &Value) -> Value {
        let key = key(with).unwrap_or_default();
        let stays = |line: &&Value| !line.as_str().is_some_and(|line| line.split_whitespace().any(|word| word == key));
        json!({ "keys": was["keys"].as_array().into_iter().flatten().filter(stays).collect::<Vec<_>>() })
    }

    async fn put(&self, with: &With, to: &Value) -> Result<(), ActionError> {
        let file = self.file(with).await?;
        let text: String = to["keys"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        // Written beside and moved over, with its owner and mode: who logs in meanwhile reads the old file or the new one.
        let beside = format!("{file}.quell");
        self.as_account(with, &["cp", "-p", "--", &file, &beside], None).await?;
        self.as_account(with, &["tee", "--", &beside], Some(&text)).await?;
        self.as_account(with, &["mv", "-f", "--", &beside, &file], None).await.map(drop)
    }
}

/// The part of a key that is long and random: comments and options are anybody's.
fn key(with: &With) -> Result<&str, ActionError> {
    let text = parameter(with, "key")?;
    let found = text.split_whitespace().find(|word| word.len() >= 40 && word.starts_with("AAAA"));
    found.ok_or_else(|| ActionError::Unfit(format!("{text:?} is no public key as authorized_keys has them")))
}
