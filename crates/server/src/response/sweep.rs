//! A sweep: whether anything of the intruder was seen on an entity since it was contained. Stored events are searched for the
//! entity together with each thing that is known of the intruder; a host that there is a way to is asked what runs on it and whom
//! it speaks to, and that is sealed. Nothing found is only worth something if the entity was heard of since: a silent one is
//! neither clean nor dirty.

use std::collections::BTreeSet;
use std::sync::Arc;

use quell_incident::work::{EntityName, Step};
use quell_model::action::{Action, ActionError};
use quell_model::{EntityKind, Timestamp, Viewer};
use quell_playbook::run::{Call, Run};
use serde_json::{Value, json};

use super::case::current;
use super::entity::named;
use super::evidence::collect;
use crate::App;
use crate::search::{EventQuery, Found, search};

/// Asks a host.
const COLLECT: &str = "host.collect_volatile";
/// Things of the intruder that are looked for.
const INDICATORS_MAX: usize = 100;
/// Events of one page, and pages of one search.
const PAGE: usize = 200;
const PAGES_MAX: usize = 500;
/// Error codes of CloudTrail for calls that were denied.
const DENIED: [&str; 5] = [
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "Client.UnauthorizedOperation",
    "InvalidClientTokenId",
];
/// Events of one search that are named.
const NAMED_MAX: usize = 10;

/// Looks; what was looked for, if it is clean.
///
/// # Errors
/// It is dirty, or nothing was heard of it since it was contained, or events cannot be read.
pub(super) async fn sweep(app: &App, run: &Run, call: &Call, place: &str) -> Result<Value, ActionError> {
    let unavailable = |error: String| ActionError::Unavailable(error);
    let about = call.about.as_ref().and_then(named);
    let (entity, _) = about.ok_or_else(|| ActionError::Unfit("the step names no `entity` to sweep".to_owned()))?;
    let (incident, worked) = current(app, &run.incident).await?;
    let contained = worked.work.entities.get(&entity).and_then(|known| known.step(Step::Contain));
    let since = contained.and_then(|state| state.verified.as_ref()).map(|verified| verified.stamp.at);
    let since = since
        .ok_or_else(|| ActionError::Refused(format!("{entity} is not contained: what it does now says nothing")))?;
    let story = app.store.story(&Viewer::System, &incident, None).await;
    let story = story.map_err(|error| unavailable(error.to_string()))?.filter(|story| !story.is_empty());
    let story: Option<quell_model::Incident> = story.and_then(|story| serde_json::from_slice(&story).ok());
    let name = short(entity.name.as_str());
    let known: Vec<String> = story.map(|story| indicators(&story, entity.name.as_str())).unwrap_or_default();
    if known.is_empty() {
        return Err(ActionError::Refused(format!(
            "nothing of the intruder is known that {entity} could be searched for"
        )));
    }
    let mut seen = Vec::new();
    for indicator in &known {
        let events = after(app, &format!("{name} {indicator}"), since).await?;
        // A try that was denied shows that the cut holds.
        seen.extend(events.into_iter().filter(|event| !is_refused(event)).map(|event| (indicator, event.id)));
    }
    if !seen.is_empty() {
        let events: Vec<String> =
            seen.iter().take(NAMED_MAX).map(|(what, id)| format!("{what} in event {id}")).collect();
        return Err(ActionError::Refused(format!("{entity} is not clean, seen since {since}: {}", events.join(", "))));
    }
    let asked = ask_host(app, run, &entity, place).await?;
    if let Some((what, list)) = asked.iter().flat_map(|asked| &asked.lists).find_map(|list| seen_in(list, &known)) {
        return Err(ActionError::Refused(format!("{entity} is not clean, {what} stands in {list} of it now")));
    }
    let heard = after(app, &name, since).await?;
    let evidence = asked.map(|asked| asked.evidence);
    let last = heard.first().map(|event| event.id.to_string());
    if last.is_none() && evidence.is_none() {
        let why =
            format!("{entity} is neither clean nor dirty: no event of it arrived since it was contained at {since}");
        return Err(ActionError::Refused(why));
    }
    let since = since.to_string();
    Ok(json!({ "clean": true, "looked_for": known, "since": since, "heard_in": last, "evidence": evidence }))
}

/// What a host said of itself just now.
struct Asked {
    /// Names and texts of its lists.
    lists: Vec<(String, String)>,
    /// Ids of the evidence that they were sealed as.
    evidence: Value,
}

/// Asks a host what runs on it and whom it speaks to, if there is a way to it.
async fn ask_host(app: &App, run: &Run, entity: &EntityName, place: &str) -> Result<Option<Asked>, ActionError> {
    let Some(Action::Collecting(action)) = app.actions.get(COLLECT).filter(|_| entity.kind == EntityKind::Host) else {
        return Ok(None);
    };
    let with = [("host".to_owned(), entity.name.to_string())].into();
    let call = Call { action: COLLECT.to_owned(), with, about: None };
    let said = match collect(app, run, (&**action, &call), place).await {
        Ok(said) => said,
        // Events have to be enough then.
        Err(ActionError::ByHand(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let (_, worked) = current(app, &run.incident).await?;
    let ids: Vec<u64> = said["evidence"].as_array().into_iter().flatten().filter_map(Value::as_u64).collect();
    let sealed = worked.work.evidence.iter().filter(|evidence| ids.contains(&evidence.id.0));
    let mut lists = Vec::new();
    for evidence in sealed {
        let (vault, sha256) = (Arc::clone(&app.vault), evidence.sha256.as_str().to_owned());
        let read = tokio::task::spawn_blocking(move || {
            let mut text = Vec::new();
            vault.read(&sha256)?.read_to_end(&mut text).map(|_| text)
        });
        let failed = |error: String| ActionError::Unavailable(format!("the vault: {error}"));
        let text = read.await.map_err(|error| failed(error.to_string()))?.map_err(|error| failed(error.to_string()))?;
        lists.push((evidence.about.name.to_string(), String::from_utf8_lossy(&text).into_owned()));
    }
    Ok(Some(Asked { lists, evidence: said["evidence"].clone() }))
}

/// The first thing of the intruder that a list holds as a whole word, and the name of the list.
fn seen_in((name, text): &(String, String), known: &[String]) -> Option<(String, String)> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    let stands = |what: &str| {
        text.match_indices(what).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let mut behind = text[at + what.len()..].chars();
            // A dot ends a sentence; in an address it goes on.
            let goes_on = match behind.next() {
                Some('.') => behind.next().is_some_and(char::is_alphanumeric),
                Some(c) => is_part(c),
                None => false,
            };
            !before.is_some_and(is_part) && !goes_on
        })
    };
    known.iter().find(|what| stands(what)).map(|what| (what.clone(), name.clone()))
}

/// What is known of the intruder, beside the entity itself.
fn indicators(story: &quell_model::Incident, entity: &str) -> Vec<String> {
    let endpoints = story.endpoints.iter().map(|endpoint| endpoint.address.to_string());
    let credentials = story.scope.credentials.iter().cloned();
    let processes = story.scope.processes.iter().map(|process| file_name(&process.image).to_owned());
    // Programs of the system are used by everybody.
    let own = processes
        .filter(|image| story.root_cause.entry.process.as_ref().is_some_and(|entry| file_name(&entry.image) == *image));
    let all: BTreeSet<String> = endpoints.chain(credentials).chain(own).filter(|one| one != entity).collect();
    all.into_iter().take(INDICATORS_MAX).collect()
}

/// Events with these words that happened after a time: all of them, however many pages that are.
async fn after(app: &App, text: &str, since: Timestamp) -> Result<Vec<Found>, ActionError> {
    let mut found = Vec::new();
    let mut before = None;
    for _ in 0..PAGES_MAX {
        let mut query = EventQuery::new(text, &[]).map_err(|error| ActionError::Unfit(error.to_string()))?;
        (query.since, query.limit, query.before) = (Some(since), PAGE, before);
        let answer = search(&*app.lake, &app.knowledge, query, Vec::new()).await;
        let answer = answer.map_err(|error| ActionError::Unavailable(error.to_string()))?;
        let happened =
            |found: &Found| found.event.as_ref().and_then(|event| event.time).unwrap_or(found.received_at) > since;
        found.extend(answer.found.into_iter().filter(happened));
        before = answer.next;
        if before.is_none() {
            return Ok(found);
        }
    }
    Err(ActionError::Unavailable("there are too many events to look through at once".to_owned()))
}

/// Whether the source itself says that the call was denied. What else a record holds is the intruder's to write.
fn is_refused(found: &Found) -> bool {
    let is_trail = found.event.as_ref().is_some_and(|event| event.source.contains("cloudtrail"));
    let record = serde_json::from_slice::<Value>(&found.raw).ok().filter(|_| is_trail);
    record.is_some_and(|record| record["errorCode"].as_str().is_some_and(|code| DENIED.contains(&code)))
}

/// The word that records name an entity with: a host without its domain, a role without its account.
fn short(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let is_address = last.parse::<std::net::IpAddr>().is_ok();
    let host = if is_address || name.contains('\\') { last } else { last.split('.').next().unwrap_or(last) };
    host.to_owned()
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_host_lists_is_searched_for_whole_words() {
        let known = ["203.0.113.45".to_owned(), "beacon.exe".to_owned(), "SVC-1".to_owned()];
        for (text, is_seen) in [
            ("tcp ESTAB 10.0.0.7:50122 203.0.113.45:443 users", true),
            ("tcp ESTAB 10.0.0.7:50122 203.0.113.450:443 users", false),
            ("tcp ESTAB 10.0.0.7:50122 1203.0.113.45:443 users", false),
            ("it speaks to 203.0.113.45.", true),
            ("203.0.113.45.example.org", false),
            ("/proc/77/exe /tmp/beacon.exe (deleted)", true),
            ("/tmp/my-beacon.exe", false),
            ("SVC-1", true),
            ("", false),
        ] {
            let list = ("ws-07-connections.txt".to_owned(), text.to_owned());
            assert_eq!(seen_in(&list, &known).is_some(), is_seen, "{text:?}");
        }
    }
}
