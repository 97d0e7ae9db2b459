//! Processes that are suspended so that their memory stays, and processes that are ended.

use std::sync::Arc;
use std::time::Duration;

use quell_model::action::{Acted, ActionError, ActionKind, ActionSpec, Blast, Plain, With, parameter};
use serde_json::{Value, json};

use super::super::setting::Setting;
use super::HostSettings;

const SUSPEND_PROCESS: ActionSpec = ActionSpec {
    id: "host.suspend_process",
    title: "Suspend a process, so that its memory stays",
    kind: ActionKind::Contain,
    needs: &["host", "pid"],
    d3fend: "D3-PS",
    react: &[],
    blast: Blast::Item,
    rights: "kill for the owner of the process (root)",
};
const KILL_PROCESS: ActionSpec = ActionSpec {
    id: "host.kill_process",
    title: "End a process",
    kind: ActionKind::Eradicate,
    needs: &["host", "pid"],
    d3fend: "D3-PT",
    react: &[],
    blast: Blast::Item,
    rights: "kill for the owner of the process (root)",
};

impl HostSettings {
    /// The state letter of a process, and when it began: another process can have the same number later. None if there is none.
    async fn process(&self, with: &With) -> Result<Option<(char, String)>, ActionError> {
        let ran = self.program(with)?.run(&["cat", &format!("/proc/{}/stat", pid(with)?)], None).await?;
        if !ran.success && (ran.err.contains("No such file") || ran.err.contains("No such process")) {
            return Ok(None);
        }
        // The name stands in parentheses and can hold anything.
        let (_, rest) = ran.out.rsplit_once(')').ok_or_else(|| ActionError::Refused(ran.err.clone()))?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let letter = fields.first().and_then(|state| state.chars().next()).unwrap_or('?');
        Ok(Some((letter, fields.get(19).copied().unwrap_or_default().to_owned())))
    }

    async fn signal(&self, with: &With, signal: &str) -> Result<(), ActionError> {
        self.program(with)?.must(&["kill", signal, &pid(with)?.to_string()], None).await.map(drop)
    }
}

fn pid(with: &With) -> Result<u32, ActionError> {
    let text = parameter(with, "pid")?;
    let pid = text.trim().parse().ok().filter(|pid| *pid > 1);
    pid.ok_or_else(|| ActionError::Unfit(format!("{text:?} is no process that can be stopped")))
}

/// How often it is looked whether a signal arrived, and how long between two looks.
const SIGNAL_LOOKS_MAX: u32 = 50;
const EVERY: Duration = Duration::from_millis(20);

pub(super) struct SuspendProcess {
    pub(super) hosts: Arc<HostSettings>,
}

impl Setting for SuspendProcess {
    fn spec(&self) -> &ActionSpec {
        &SUSPEND_PROCESS
    }

    async fn read(&self, with: &With) -> Result<Value, ActionError> {
        let process = self.hosts.process(with).await?;
        let (state, began) = process.ok_or_else(|| ActionError::Refused("there is no such process".to_owned()))?;
        Ok(json!({ "stopped": matches!(state, 'T' | 't'), "began": began }))
    }

    fn wanted(&self, _: &With, was: &Value) -> Value {
        json!({ "stopped": true, "began": was["began"] })
    }

    async fn put(&self, with: &With, to: &Value) -> Result<(), ActionError> {
        self.hosts.signal(with, if to["stopped"] == true { "-STOP" } else { "-CONT" }).await?;
        // A signal arrives when the process is next looked at by the kernel.
        for _ in 0..SIGNAL_LOOKS_MAX {
            if self.read(with).await? == *to {
                break;
            }
            tokio::time::sleep(EVERY).await;
        }
        Ok(())
    }
}

pub(super) struct KillProcess {
    pub(super) hosts: Arc<HostSettings>,
}

impl Plain for KillProcess {
    fn spec(&self) -> &ActionSpec {
        &KILL_PROCESS
    }

    fn check(&self, with: &With) -> Acted<'_, String> {
        let with = with.clone();
        Box::pin(async move {
            match self.hosts.process(&with).await? {
                Some((state, began)) => Ok(format!("it runs: state {state}, since tick {began}")),
                None => Err(ActionError::Refused("there is no such process".to_owned())),
            }
        })
    }

    fn capture(&self, with: &With) -> Acted<'_, Value> {
        let with = with.clone();
        Box::pin(async move {
            let process = self.hosts.process(&with).await?;
            Ok(json!({ "began": process.map(|(_, began)| began) }))
        })
    }

    fn is_done(&self, with: &With, captured: &Value) -> Acted<'_, Option<Value>> {
        let (with, captured) = (with.clone(), captured.clone());
        Box::pin(async move {
            let process = self.hosts.process(&with).await?;
            let is_gone =
                process.is_none_or(|(state, began)| matches!(state, 'Z' | 'X' | 'x') || captured["began"] != began);
            Ok(is_gone.then(|| json!({ "running": false })))
        })
    }

    fn act(&self, with: &With, captured: &Value) -> Acted<'_, Value> {
        let (with, captured) = (with.clone(), captured.clone());
        Box::pin(async move {
            self.hosts.signal(&with, "-KILL").await?;
            for _ in 0..SIGNAL_LOOKS_MAX {
                if let Some(done) = self.is_done(&with, &captured).await? {
                    return Ok(done);
                }
                tokio::time::sleep(EVERY).await;
            }
            Err(ActionError::Refused("it was told to end, and is still there".to_owned()))
        })
    }
}
