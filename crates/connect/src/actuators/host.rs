//! Linux hosts over SSH, or this one: accounts that are locked, processes that are stopped.

use std::collections::BTreeMap;
use std::sync::Arc;

use quell_model::action::{Acted, ActionError, ActionKind, ActionSpec, Actions, Containing, With, parameter};
use serde_json::{Value, json};

use super::Program;

/// Hosts, by name in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostSettings {
    /// How programs are started on each.
    pub hosts: BTreeMap<String, Program>,
}

/// The actions on hosts.
pub fn host_actions(settings: HostSettings, actions: &mut Actions) {
    let hosts = Arc::new(settings);
    actions.contain(Arc::new(LockUser { hosts: Arc::clone(&hosts) }));
    actions.contain(Arc::new(SuspendProcess { hosts }));
}

const LOCK_USER: ActionSpec = ActionSpec {
    id: "host.lock_user",
    title: "Lock a local account",
    kind: ActionKind::Contain,
    needs: &["host", "user"],
    d3fend: "D3-AL",
    rights: "usermod and passwd -S (root)",
};
const SUSPEND_PROCESS: ActionSpec = ActionSpec {
    id: "host.suspend_process",
    title: "Suspend a process, so that its memory stays",
    kind: ActionKind::Contain,
    needs: &["host", "pid"],
    d3fend: "D3-PS",
    rights: "kill for the owner of the process (root)",
};

impl HostSettings {
    fn program(&self, with: &With) -> Result<&Program, ActionError> {
        let host = parameter(with, "host")?.to_lowercase();
        let short = host.split('.').next().unwrap_or(&host);
        let found = self.hosts.get(&host).or_else(|| self.hosts.get(short));
        found.ok_or_else(|| ActionError::Unfit(format!("there is no way to the host {host}")))
    }
}

/// Names that useradd allows: nothing else can be taken for an option.
fn user(with: &With) -> Result<&str, ActionError> {
    let user = parameter(with, "user")?;
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let fits = user.len() <= 32 && user.bytes().all(allowed) && !user.starts_with('-') && user != "root";
    if fits { Ok(user) } else { Err(ActionError::Unfit(format!("{user:?} is no account that can be locked"))) }
}

struct LockUser {
    hosts: Arc<HostSettings>,
}

impl LockUser {
    async fn state(&self, with: &With) -> Result<Value, ActionError> {
        let line = self.hosts.program(with)?.must(&["passwd", "-S", user(with)?], None).await?;
        let locked = line.split_whitespace().nth(1).is_some_and(|state| state.starts_with('L'));
        Ok(json!({ "locked": locked }))
    }

    async fn look(&self, with: &With, locked: bool) -> Result<String, ActionError> {
        let seen = self.state(with).await?["locked"] == true;
        let state = if seen { "locked" } else { "not locked" };
        if seen == locked {
            Ok(format!("passwd says that it is {state}"))
        } else {
            Err(ActionError::Refused(format!("it is {state}")))
        }
    }
}

impl Containing for LockUser {
    fn spec(&self) -> &ActionSpec {
        &LOCK_USER
    }

    fn check(&self, with: &With) -> Acted<'_, String> {
        let with = with.clone();
        Box::pin(async move { self.state(&with).await.map(|state| format!("the account is there: {state}")) })
    }

    fn capture(&self, with: &With) -> Acted<'_, Value> {
        let with = with.clone();
        Box::pin(async move { self.state(&with).await })
    }

    fn wanted(&self, _: &With, _: &Value) -> Value {
        json!({ "locked": true })
    }

    fn apply(&self, with: &With, _: &Value) -> Acted<'_, ()> {
        let with = with.clone();
        Box::pin(async move { self.hosts.program(&with)?.must(&["usermod", "-L", user(&with)?], None).await.map(drop) })
    }

    fn verify(&self, with: &With) -> Acted<'_, String> {
        let with = with.clone();
        Box::pin(async move { self.look(&with, true).await })
    }

    fn undo(&self, with: &With, captured: &Value) -> Acted<'_, ()> {
        let (with, was) = (with.clone(), captured["locked"] == true);
        Box::pin(async move {
            match was {
                true => Ok(()),
                false => self.hosts.program(&with)?.must(&["usermod", "-U", user(&with)?], None).await.map(drop),
            }
        })
    }

    fn verify_undone(&self, with: &With, captured: &Value) -> Acted<'_, String> {
        let (with, was) = (with.clone(), captured["locked"] == true);
        Box::pin(async move { self.look(&with, was).await })
    }
}

struct SuspendProcess {
    hosts: Arc<HostSettings>,
}

impl SuspendProcess {
    /// The state letter of a process, and when it began: another process can have the same number later.
    async fn state(&self, with: &With) -> Result<Value, ActionError> {
        let stat = self.hosts.program(with)?.must(&["cat", &format!("/proc/{}/stat", pid(with)?)], None).await?;
        // The name stands in parentheses and can hold anything.
        let (_, rest) =
            stat.rsplit_once(')').ok_or_else(|| ActionError::Refused("no state of the process".to_owned()))?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let stopped = fields.first().is_some_and(|state| matches!(*state, "T" | "t"));
        Ok(json!({ "stopped": stopped, "began": fields.get(19).copied().unwrap_or_default() }))
    }

    async fn signal(&self, with: &With, signal: &str) -> Result<(), ActionError> {
        self.hosts.program(with)?.must(&["kill", signal, &pid(with)?.to_string()], None).await.map(drop)
    }

    async fn look(&self, with: &With, stopped: bool) -> Result<String, ActionError> {
        let seen = self.state(with).await?["stopped"] == true;
        let state = if seen { "stopped" } else { "running" };
        if seen == stopped {
            Ok(format!("/proc says that it is {state}"))
        } else {
            Err(ActionError::Refused(format!("it is {state}")))
        }
    }
}

fn pid(with: &With) -> Result<u32, ActionError> {
    let text = parameter(with, "pid")?;
    let pid = text.trim().parse().ok().filter(|pid| *pid > 1);
    pid.ok_or_else(|| ActionError::Unfit(format!("{text:?} is no process that can be suspended")))
}

impl Containing for SuspendProcess {
    fn spec(&self) -> &ActionSpec {
        &SUSPEND_PROCESS
    }

    fn check(&self, with: &With) -> Acted<'_, String> {
        let with = with.clone();
        Box::pin(async move { self.state(&with).await.map(|state| format!("the process is there: {state}")) })
    }

    fn capture(&self, with: &With) -> Acted<'_, Value> {
        let with = with.clone();
        Box::pin(async move { self.state(&with).await })
    }

    fn wanted(&self, _: &With, captured: &Value) -> Value {
        json!({ "stopped": true, "began": captured["began"] })
    }

    fn apply(&self, with: &With, _: &Value) -> Acted<'_, ()> {
        let with = with.clone();
        Box::pin(async move { self.signal(&with, "-STOP").await })
    }

    fn verify(&self, with: &With) -> Acted<'_, String> {
        let with = with.clone();
        Box::pin(async move { self.look(&with, true).await })
    }

    fn undo(&self, with: &With, captured: &Value) -> Acted<'_, ()> {
        let (with, was) = (with.clone(), captured["stopped"] == true);
        Box::pin(async move { if was { Ok(()) } else { self.signal(&with, "-CONT").await } })
    }

    fn verify_undone(&self, with: &With, captured: &Value) -> Acted<'_, String> {
        let (with, was) = (with.clone(), captured["stopped"] == true);
        Box::pin(async move { self.look(&with, was).await })
    }
}
