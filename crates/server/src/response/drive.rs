//! Carries a run on: decides, does, writes down. Every change is intended in the ledger before it is made, and the target is read
//! before it is changed: what was made already is not made again, and what somebody else changed stops the step.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use quell_model::action::{Action, ActionError, ActionKind, Containing, Plain, is_between};
use quell_model::{Expected, NewLedgerEntry, SYSTEM_ACTOR, Timestamp, Viewer, hex};
use quell_playbook::run::{
    Around, Call, Called, Decision, Outcome, Run, RunFact, Stage, StepWork, Token, Wait, decide,
};
use quell_store::{Standing, StoreError, Worked};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::owners::awaited;
use super::sweep::sweep;
use super::tell::tell;
use super::{case, entity, evidence};
use crate::App;
use crate::hub::Change;

/// How long a run belongs to who works on it, without a sign of life.
const LEASE: Duration = Duration::from_secs(120);
/// Rounds of one run at a time; then others have their turn.
const ROUNDS_MAX: usize = 1_000;
/// How often a run looks whether evidence was sealed.
const EVIDENCE_EVERY: Duration = Duration::from_secs(2);
/// When a run is taken up again in which nothing could be done: a target is down, or somebody else was faster.
const AGAIN_AFTER: Duration = Duration::from_secs(30);
/// How deep playbooks can call playbooks.
const CALLS_MAX: usize = 8;
/// Tries of a target that cannot be reached.
const TRIES_MAX: u32 = 3;

/// A server that carries runs on.
pub(crate) struct Driver<'a> {
    pub(crate) app: &'a App,
    pub(crate) holder: &'a str,
}

/// A run as the ledger says, and the version of its stream.
///
/// # Errors
/// The store cannot be read.
pub(crate) async fn load(app: &App, id: &str) -> Result<Option<(Run, u64)>, StoreError> {
    let entries = app.store.run_entries(id).await?;
    let Some(mut run) = entries.first().and_then(|entry| Run::begin(&entry.fact)) else { return Ok(None) };
    let version = entries.last().map_or(0, |entry| entry.version);
    for entry in entries.into_iter().skip(1) {
        run.apply(entry.seq, entry.at, entry.fact);
    }
    Ok(Some((run, version)))
}

/// How a run stands.
fn standing(run: &Run) -> Standing {
    let waits = |stage: &Stage| matches!(stage, Stage::Waiting { wait, .. } if !matches!(wait, Wait::Run { .. }));
    match run {
        Run { ended: Some(_), .. } => Standing::Ended,
        Run { paused: Some(_), .. } => Standing::Paused,
        _ if run.tokens.values().any(|token| waits(&token.stage)) => Standing::Waiting,
        _ => Standing::Running,
    }
}

/// Classes of evidence that are sealed for an incident, and whole.
pub(crate) fn sealed_classes(worked: &Worked) -> BTreeSet<String> {
    let kept = worked.work.evidence.iter().filter(|evidence| evidence.is_kept() && evidence.intact != Some(false));
    kept.filter_map(|evidence| serde_json::to_value(evidence.about.volatility).ok()?.as_str().map(str::to_owned))
        .collect()
}

impl Driver<'_> {
    /// Carries a run on as far as it goes.
    ///
    /// # Errors
    /// The store cannot be read or written.
    pub(crate) async fn go_on(&self, id: &str) -> Result<(), StoreError> {
        let now = self.app.clock.now();
        if !self.app.store.take_run(id, self.holder, (now, later(now, LEASE))).await? {
            return Ok(());
        }
        for _ in 0..ROUNDS_MAX {
            let Some((run, version)) = load(self.app, id).await? else { break };
            let now = self.app.clock.now();
            let (decisions, next) = decide(&run, &self.around(&run).await?, now);
            if decisions.is_empty() {
                let told = tell(self.app, (id, &run), now).await;
                let again = next.into_iter().chain(look_again(&run, now)).chain(told).min();
                return self.app.store.leave_run((id, version), standing(&run), again).await;
            }
            if !self.app.store.take_run(id, self.holder, (now, later(now, LEASE))).await? {
                return Ok(());
            }
            let (mut written, mut is_overtaken) = (version, false);
            for decision in decisions {
                let facts = self.holding(id, self.perform((id, &run), decision)).await;
                match self.write(id, written, facts).await {
                    Ok(version) => written = version,
                    // Somebody said something about the run in the meantime: everything is decided anew.
                    Err(StoreError::Conflict { .. }) => {
                        is_overtaken = true;
                        break;
                    }
                    Err(error) => return Err(error),
                }
            }
            if written == version {
                let now = self.app.clock.now();
                let again = later(now, AGAIN_AFTER);
                if !is_overtaken {
                    tell(self.app, (id, &run), now).await;
                }
                return self.app.store.leave_run((id, version), standing(&run), Some(again)).await;
            }
            self.app.hub.publish(Change::Incident(run.incident.clone()));
        }
        Ok(())
    }

    /// Does something that takes as long as it takes, and keeps the run meanwhile.
    async fn holding<T>(&self, id: &str, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            if let Ok(done) = tokio::time::timeout(LEASE / 4, &mut work).await {
                return done;
            }
            let now = self.app.clock.now();
            if let Err(error) = self.app.store.take_run(id, self.holder, (now, later(now, LEASE))).await {
                tracing::warn!(%error, run = id, "the run could not be kept");
            }
        }
    }

    async fn around(&self, run: &Run) -> Result<Around, StoreError> {
        let worked = self.app.store.worked(&Viewer::System, &run.incident, None).await?;
        let sealed = worked.as_ref().map(sealed_classes).unwrap_or_default();
        let ours = case::ACTIONS.iter().map(|action| (*action).to_owned());
        let offered = self.app.actions.iter().map(|action| action.spec().id.to_owned()).chain(ours).collect();
        let mut called = BTreeMap::new();
        for token in run.tokens.values() {
            let Stage::Waiting { wait: Wait::Run { run: child, .. }, .. } = &token.stage else { continue };
            if let Some((child_run, _)) = load(self.app, child).await?
                && let Some(ended) = child_run.ended
            {
                called.insert(child.clone(), Called { ended, variables: child_run.variables });
            }
        }
        let owners = awaited(self.app, run).await?;
        Ok(Around { sealed, offered, called, owners })
    }

    async fn write(&self, id: &str, version: u64, facts: Vec<RunFact>) -> Result<u64, StoreError> {
        if facts.is_empty() {
            return Ok(version);
        }
        let entries: Vec<NewLedgerEntry> =
            (version..).zip(&facts).map(|(version, fact)| entry(id, version, fact)).collect();
        let written = self.app.store.append(self.app.clock.now(), entries).await?;
        Ok(written.last().map_or(version, |entry| entry.version))
    }

    /// Does what was decided; what is to be written down.
    async fn perform(&self, (id, run): (&str, &Run), decision: Decision) -> Vec<RunFact> {
        match decision {
            Decision::Record(fact) => vec![fact],
            Decision::Capture { token, call, ttl_minutes } => self.capture(run, (token, call), ttl_minutes).await,
            Decision::Apply { effect } => self.apply((id, run), effect).await,
            Decision::Verify { token, effect } => self.verify(run, token, effect).await,
            Decision::Undo { effect } => self.undo(run, effect).await,
            Decision::Call { token } => match self.call((id, run), token).await {
                Ok(wait) => vec![RunFact::StepWaits { token, wait }],
                Err(ActionError::Unavailable(reason)) => {
                    tracing::warn!(reason, token, "another playbook could not be begun; it is tried again");
                    Vec::new()
                }
                Err(error) => failed(token, error.to_string()),
            },
        }
    }

    /// Begins the playbook that a step calls, once: the id of its run follows from this run and the place.
    async fn call(&self, (of, run): (&str, &Run), token: u64) -> Result<Wait, ActionError> {
        let place = run.tokens.get(&token);
        let step = place.and_then(|place| run.step(place));
        let (Some(place), Some(StepWork::Playbook { id, version, in_args, out_args })) =
            (place, step.map(|step| &step.work))
        else {
            return Err(ActionError::Unfit("the step calls no playbook".to_owned()));
        };
        let unfit = |why: String| ActionError::Unfit(why);
        let listed = self.app.playbooks.get(id).ok_or_else(|| unfit(format!("there is no playbook {id}")))?;
        if let Some(version) = version.as_deref().filter(|version| *version != listed.document.text("modified")) {
            return Err(unfit(format!("{id} is there, but not in the version of {version}")));
        }
        let callers: Vec<String> = run.callers.iter().chain([&run.plan.id]).cloned().collect();
        if callers.contains(&listed.plan.id) || callers.len() >= CALLS_MAX {
            return Err(unfit(format!("{id} calls itself, or is called too deep")));
        }
        let given = |name: &String| Some((name.clone(), run.variables.get(name)?.clone()));
        let variables: BTreeMap<String, String> = in_args.iter().filter_map(given).collect();
        let (document, incident) = (Value::Object(listed.document.members().clone()), run.incident.clone());
        let fact = RunFact::Begun { document, incident, variables, simulated: run.simulated, callers };
        let called = Run::begin(&fact).ok_or_else(|| unfit(format!("{id} cannot be run")))?;
        let has = |name: &String| called.variables.contains_key(name);
        if let Some((missing, _)) = called.plan.asked().find(|(name, _)| !has(name)) {
            return Err(unfit(format!("{id} needs a value for {missing}; name it in `in_args`")));
        }
        // In a loop the same step calls again: how often it ended tells one call from the other.
        let times = run.done.iter().filter(|done| done.step == place.step).count();
        let named = Sha256::digest(format!("{of} {} {times}", place.step));
        let child = format!("run-{}", hex::encode(&named[..6]));
        match self.write(&child, 0, vec![fact]).await {
            Ok(_) | Err(StoreError::Conflict { .. }) => Ok(Wait::Run { run: child, asks: out_args.clone() }),
            Err(error) => Err(ActionError::Unavailable(error.to_string())),
        }
    }

    async fn capture(&self, run: &Run, (token, call): (u64, Call), ttl_minutes: Option<u64>) -> Vec<RunFact> {
        match self.captured(run, token, &call).await {
            Ok(captured) => {
                let now = self.app.clock.now();
                let expires_at = ttl_minutes.map(|minutes| later(now, Duration::from_secs(60 * minutes)));
                vec![RunFact::Intended { token, call, captured, expires_at }]
            }
            Err(ActionError::ByHand(reason)) => by_hand(run, token, &reason),
            Err(error) => failed(token, error.to_string()),
        }
    }

    async fn captured(&self, run: &Run, token: u64, call: &Call) -> Result<Value, ActionError> {
        if run.simulated {
            return Ok(json!({ "simulated": "as it is" }));
        }
        if case::is_ours(&call.action) {
            return case::check(self.app, call).map(|_| Value::Null);
        }
        self.guard(call).await?;
        match self.action(call)? {
            Action::Containing(action) => {
                reached(|| action.check(&call.with)).await?;
                reached(|| action.capture(&call.with)).await
            }
            Action::Plain(action) => {
                if action.spec().kind == ActionKind::Eradicate && !is_guarded(run, token) {
                    let why = "it cannot be undone, so the step has to ask for sealed evidence and two people";
                    return Err(ActionError::Unfit(why.to_owned()));
                }
                reached(|| action.check(&call.with)).await?;
                reached(|| action.capture(&call.with)).await
            }
            Action::Collecting(action) => reached(|| action.check(&call.with)).await.map(|_| Value::Null),
        }
    }

    /// What is never touched, and how often something may be changed.
    async fn guard(&self, call: &Call) -> Result<(), ActionError> {
        spared(&self.app.settings.never_touch, call)?;
        let hour = Timestamp::from_second(self.app.clock.now().as_second() - 3_600).unwrap_or_default();
        let intended = self.app.store.intended_since(hour).await;
        match intended.map_err(|error| ActionError::Unavailable(error.to_string()))? {
            intended if intended >= self.app.settings.changes_hourly_max => {
                Err(ActionError::Unfit(format!("{intended} changes in an hour are too many; look at what begins them")))
            }
            _ => Ok(()),
        }
    }

    fn action(&self, call: &Call) -> Result<&Action, ActionError> {
        let found = self.app.actions.get(&call.action);
        found.ok_or_else(|| ActionError::Unfit(format!("there is no target for {}; do it by hand", call.action)))
    }

    async fn apply(&self, (of, run): (&str, &Run), id: u64) -> Vec<RunFact> {
        let Some((token, effect)) = acting(run, id) else { return Vec::new() };
        let applied = match run.simulated {
            true => Ok(json!({ "simulated": "as it should be" })),
            false if effect.call.action == "case.sweep" => {
                let place = format!("{of}, change {id}");
                sweep(self.app, run, &effect.call, &place).await
            }
            false if case::is_ours(&effect.call.action) => case::write(self.app, &run.incident, &effect.call).await,
            false => match self.action(&effect.call) {
                Ok(Action::Containing(action)) => apply(&**action, &effect.call, &effect.captured).await,
                Ok(Action::Plain(action)) => act(&**action, &effect.call, &effect.captured).await,
                Ok(Action::Collecting(action)) => {
                    let place = format!("{of}, change {id}");
                    evidence::collect(self.app, run, (&**action, &effect.call), &place).await
                }
                Err(error) => Err(error),
            },
        };
        match applied {
            Ok(applied) => vec![RunFact::Applied { effect: id, applied }],
            Err(error) => failed(token, error.to_string()),
        }
    }

    async fn verify(&self, run: &Run, token: u64, id: u64) -> Vec<RunFact> {
        let Some(effect) = run.effects.get(&id) else { return Vec::new() };
        let observed = match run.simulated {
            true => Ok("simulated: nothing was looked at".to_owned()),
            false if effect.call.action == "case.sweep" => Ok(swept(effect.applied.as_ref())),
            false if case::is_ours(&effect.call.action) => Ok("it is in the ledger".to_owned()),
            false => match self.action(&effect.call) {
                Ok(Action::Containing(action)) => reached(|| action.verify(&effect.call.with, &effect.captured)).await,
                Ok(Action::Plain(_)) => Ok("it answered that it did it".to_owned()),
                Ok(Action::Collecting(_)) => Ok(collected(effect.applied.as_ref())),
                Err(error) => Err(error),
            },
        };
        let observed = match observed {
            Ok(observed) => observed,
            Err(error) => return failed(token, error.to_string()),
        };
        // The incident says it before the run does: after a crash in between it is looked at and said once more, to no harm.
        if !run.simulated
            && let Err(error) = entity::prove(self.app, run, (id, effect), &observed).await
        {
            tracing::warn!(%error, effect = id, "what a change proves could not be written into the incident");
        }
        vec![RunFact::Verified { effect: id, observed }]
    }

    async fn undo(&self, run: &Run, id: u64) -> Vec<RunFact> {
        let Some(effect) = run.effects.get(&id) else { return Vec::new() };
        let undone = match run.simulated {
            true => Ok("simulated: nothing was looked at".to_owned()),
            false if case::is_ours(&effect.call.action) => {
                Err(ActionError::Unfit("what was written into the incident is taken back there".to_owned()))
            }
            false => match self.action(&effect.call) {
                Ok(Action::Containing(action)) => undo(&**action, &effect.call, &effect.captured).await,
                Ok(Action::Plain(_)) => Err(ActionError::Unfit("it cannot be undone".to_owned())),
                Ok(Action::Collecting(_)) => Err(ActionError::Unfit("evidence is not taken back".to_owned())),
                Err(error) => Err(error),
            },
        };
        match undone {
            Ok(observed) => {
                if !run.simulated
                    && let Err(error) = entity::lift(self.app, run, effect).await
                {
                    tracing::warn!(%error, effect = id, "that a change was taken back could not be written into the incident");
                }
                vec![RunFact::Undone { effect: id, observed }]
            }
            // It stays asked for: what cuts somebody off is not forgotten because a firewall restarts.
            Err(ActionError::Unavailable(_)) => Vec::new(),
            Err(error) => vec![RunFact::UndoStopped { effect: id, reason: error.to_string() }],
        }
    }
}

/// Fails if an action would touch what is never touched: the same name, the host by its short name, the network around an address.
pub(crate) fn spared(never: &[String], call: &Call) -> Result<(), ActionError> {
    let hits = |value: &&String| never.iter().any(|never| is_same(never.trim(), value.trim()));
    match call.with.values().find(hits) {
        Some(value) => Err(ActionError::Unfit(format!("{value} is on the list of what is never touched"))),
        None => Ok(()),
    }
}

/// What a sweep found, in words.
fn swept(applied: Option<&Value>) -> String {
    let (looked_for, since) = applied.map(|applied| (&applied["looked_for"], &applied["since"])).unwrap_or_default();
    let count = looked_for.as_array().map_or(0, Vec::len);
    let lists = applied.and_then(|applied| applied["evidence"].as_array()).map_or(0, Vec::len);
    let asked = if lists == 0 { String::new() } else { format!(", nor in {lists} lists of the host itself") };
    format!(
        "nothing of {count} things of the intruder in stored events since {}{asked}",
        since.as_str().unwrap_or_default()
    )
}

/// What was collected, in words.
fn collected(applied: Option<&Value>) -> String {
    let count = applied.and_then(|applied| applied["evidence"].as_array()).map_or(0, Vec::len);
    if count == 0 { "nothing was found".to_owned() } else { format!("{count} pieces of evidence were sealed") }
}

/// Whether two names are one: an address in a network, a host by its short name, an account in any of its forms.
pub(super) fn is_same(never: &str, value: &str) -> bool {
    let network = |text: &str| text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
    match (network(never), network(value)) {
        (Some(never), Some(value)) => never.contains(&value) || value.contains(&never),
        (None, None) => {
            // The host in `dc-01.corp.example`; the account in `CORP\ada` and `ada@corp.example`.
            let account = |name: &str| {
                let name = name.rsplit('\\').next().unwrap_or_default();
                name.split('@').next().unwrap_or_default().to_lowercase()
            };
            let short = |name: &str| account(name).split('.').next().unwrap_or_default().to_owned();
            let is_account = |name: &str| name.contains(['@', '\\']);
            let is_short = |name: &str| !name.contains(['.', '@', '\\']);
            let one_is_short = is_short(never) || is_short(value);
            never.eq_ignore_ascii_case(value)
                || (one_is_short && short(never) == short(value))
                || (is_account(never) != is_account(value) && account(never) == account(value))
                || (value.starts_with("arn:")
                    && value.rsplit('/').next().is_some_and(|last| last.eq_ignore_ascii_case(never)))
        }
        _ => false,
    }
}

/// Makes a change, if it was not made already and nobody else changed the target.
async fn apply(action: &dyn Containing, call: &Call, captured: &Value) -> Result<Value, ActionError> {
    let wanted = action.wanted(&call.with, captured);
    if action.is_blind() {
        return reached(|| action.apply(&call.with, captured)).await.map(|()| wanted);
    }
    let now = reached(|| action.capture(&call.with)).await?;
    if now == wanted {
        return Ok(now);
    }
    // A change that was cut off halfway is made whole.
    if !is_between(&now, captured, &wanted) {
        return Err(ActionError::Drifted(format!("it was {captured}, and is {now}")));
    }
    reached(|| action.apply(&call.with, captured)).await?;
    let after = reached(|| action.capture(&call.with)).await?;
    if after == wanted {
        Ok(after)
    } else {
        Err(ActionError::Refused(format!("it should be {wanted}, and is {after}")))
    }
}

/// Does what cannot be undone, if it was not done already.
async fn act(action: &dyn Plain, call: &Call, captured: &Value) -> Result<Value, ActionError> {
    match reached(|| action.is_done(&call.with, captured)).await? {
        Some(done) => Ok(done),
        None => action.act(&call.with, captured).await,
    }
}

/// Brings back what was captured, if the target is as it was left.
async fn undo(action: &dyn Containing, call: &Call, captured: &Value) -> Result<String, ActionError> {
    let wanted = action.wanted(&call.with, captured);
    if action.is_blind() {
        reached(|| action.undo(&call.with, captured)).await?;
        return reached(|| action.verify_undone(&call.with, captured)).await;
    }
    let now = reached(|| action.capture(&call.with)).await?;
    if now != *captured {
        if !is_between(&now, captured, &wanted) {
            return Err(ActionError::Drifted(format!("it was left as {wanted}, and is {now}")));
        }
        reached(|| action.undo(&call.with, captured)).await?;
    }
    reached(|| action.verify_undone(&call.with, captured)).await
}

/// Tries again what cannot be reached for a moment.
async fn reached<'a, T>(mut call: impl FnMut() -> quell_model::action::Acted<'a, T>) -> Result<T, ActionError> {
    for attempt in 1.. {
        match call().await {
            Err(ActionError::Unavailable(reason)) if attempt < TRIES_MAX => {
                tracing::warn!(reason, attempt, "a target cannot be reached");
                tokio::time::sleep(Duration::from_millis(300 << attempt)).await;
            }
            other => return other,
        }
    }
    Err(ActionError::Unavailable("it was not tried".to_owned()))
}

/// Evidence is sealed, and other runs end, without a word to the run, so it looks from time to time.
fn look_again(run: &Run, now: Timestamp) -> Option<Timestamp> {
    let waits =
        |token: &Token| matches!(token.stage, Stage::Waiting { wait: Wait::Evidence { .. } | Wait::Run { .. }, .. });
    run.tokens.values().any(waits).then(|| later(now, EVIDENCE_EVERY))
}

/// Where a step acts on an effect.
fn acting(run: &Run, id: u64) -> Option<(u64, &quell_playbook::run::Effect)> {
    let stands = |stage: &Stage| matches!(stage, Stage::Acting { effect, .. } if *effect == id);
    let token = run.tokens.iter().find(|(_, token)| stands(&token.stage))?.0;
    Some((*token, run.effects.get(&id)?))
}

fn is_guarded(run: &Run, token: u64) -> bool {
    let step = run.tokens.get(&token).and_then(|token| run.step(token));
    step.is_some_and(|step| {
        !step.ours.evidence.is_empty() && step.ours.approval.as_ref().is_some_and(|approval| approval.quorum >= 2)
    })
}

/// A step that Quell would do, and cannot do on this one: a person is asked, and told why.
fn by_hand(run: &Run, token: u64, reason: &str) -> Vec<RunFact> {
    let step = run.tokens.get(&token).and_then(|token| run.step(token));
    let Some(Wait::Person { mut commands, asks }) = step.and_then(|step| run.by_hand(step)) else {
        return failed(token, reason.to_owned());
    };
    commands.push(format!("Quell cannot do it: {reason}. Do it where it can be done, or leave it out and say why."));
    vec![RunFact::StepWaits { token, wait: Wait::Person { commands, asks } }]
}

fn failed(token: u64, reason: String) -> Vec<RunFact> {
    vec![RunFact::StepEnded { token, outcome: Outcome::Failure { reason }, variables: BTreeMap::new() }]
}

fn entry(id: &str, version: u64, fact: &RunFact) -> NewLedgerEntry {
    let ((kind, body), stream) = (fact.parts(), format!("run/{id}"));
    NewLedgerEntry { stream, expected: Expected::Version(version), actor: SYSTEM_ACTOR.to_owned(), kind, body }
}

pub(super) fn later(at: Timestamp, after: Duration) -> Timestamp {
    at.checked_add(after).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_never_touched_is_known_by_any_of_its_names() {
        let never = [
            "dc-01",
            "10.0.0.53",
            "192.0.2.0/24",
            "alice@example.com",
            "edge.example.com",
            "administrator",
            "m.webb",
            "break-glass",
        ];
        let never: Vec<String> = never.into_iter().map(str::to_owned).collect();
        for (value, is_spared) in [
            ("DC-01", true),
            ("dc-01.example.com", true),
            ("edge", true),
            ("edge.example.org", false),
            ("dc-011", false),
            ("10.0.0.53", true),
            ("10.0.0.0/8", true),
            ("10.0.0.54", false),
            ("192.0.2.9", true),
            ("192.0.2.128/25", true),
            ("::1", false),
            ("alice@example.com", true),
            ("alice@example.org", false),
            ("alice", true),
            ("CORP\\administrator", true),
            ("administrator@corp.example", true),
            ("administrators", false),
            ("CORP\\m.webb", true),
            ("m.webber", false),
            ("arn:aws:iam::111122223333:role/break-glass", true),
            ("", false),
        ] {
            let with = BTreeMap::from([("any".to_owned(), value.to_owned())]);
            let call = Call { action: "net.block_address".to_owned(), with, about: None };
            assert_eq!(spared(&never, &call).is_err(), is_spared, "{value:?}");
        }
    }
}
